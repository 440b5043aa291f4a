/*
 * The proof of what the translator copies: an instruction that is executed in User mode at another address
 * does what it does in a privileged mode at its own.
 *
 *   a32     every word that the translator leaves as it is, for all of bits 27:20 and 7:4, with and without
 *           the PC in each register field: the emulated core runs it in Supervisor mode at one address and
 *           in User mode at another, with the same registers and memory; all that it leaves is compared.
 *           A word that reads or writes the PC, or means something else in User mode, shows.
 *   t32     the same for every 16-bit encoding and for 32-bit ones
 *   tables  every T32 encoding: none that the table calls harmless is in the list of forms.c
 *   blocks  IT blocks, all conditions and lengths, with everything inside: the translation goes step by
 *           step as the original does, until a trap
 *
 * usage: prove_copies [--full]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arch/armv7/layout.h"
#include "forms.h"
#include "machine.h"
#include "xlate/sweep.h"
#include "xlate/t32.h"

#define ORIGINAL 0x70010000u             /* where the privileged run is */
#define COPY (CODE_PAGE + XLATE_D)
#define T32_COPY 0x72010000u
#define COMPARED (FLAGS | PSR_T | PSR_E | PSR_IT)

typedef unsigned long long count_t;

static uint32_t *original, *t32_copy;
static unsigned failures;
static count_t compared, skipped, undefined;

static void fail(uint32_t insn, const char *what, uint32_t a, uint32_t b)
{
    if (failures++ < 40)
        printf("  %08x: %s (%08x %08x)\n", insn, what, a, b);
}

/* --- one instruction, twice --- */

struct outcome {
    enum cpu_stop stop;
    struct cpu_regs regs;
    uint32_t fault_va, offset;           /* of the next instruction, from the start */
    uint64_t vfp[32];
    struct memory memory;
};

static bool one_step(struct cpu *cpu, uint32_t pc)
{
    (void)pc;
    return cpu->steps == 1;
}

static void run_at(uint32_t pc, uint32_t mode, const struct machine *m, bool thumb, struct outcome *o)
{
    static struct cpu cpu;

    memcpy(memory, initial_memory, sizeof(*memory));
    memcpy(cpu.regs.r, m->vcpu.r, sizeof(cpu.regs.r));
    cpu.regs.r[15] = pc;
    cpu.regs.cpsr = (m->vcpu.cpsr & FLAGS) | mode | (thumb ? PSR_T : 0);
    cpu_write_vfp(m->vfp);
    cpu_write_tpidr(m->vcpu.cp15.tpidrurw, m->vcpu.cp15.tpidruro);
    o->stop = cpu_run(&cpu, one_step);
    if (o->stop == CPU_FETCH)
        o->stop = CPU_LEFT; /* a branch to where one of the two has something else */
    o->regs = cpu.regs;
    o->fault_va = o->stop == CPU_ABORT ? cpu.fault_va : 0;
    o->offset = cpu.regs.r[15] - pc;
    cpu_read_vfp(o->vfp);
    memcpy(&o->memory, memory, sizeof(*memory));
}

static void compare(uint32_t insn, const struct outcome *a, const struct outcome *b)
{
    compared++;
    undefined += a->stop == CPU_UNDEF;
    if (a->stop != b->stop)
        fail(insn, "ends otherwise", a->stop, b->stop);
    else if (a->offset != b->offset)
        fail(insn, "goes elsewhere", a->offset, b->offset);
    else if (memcmp(a->regs.r, b->regs.r, 15 * 4))
        fail(insn, "other registers", 0, 0);
    else if ((a->regs.cpsr ^ b->regs.cpsr) & COMPARED)
        fail(insn, "other flags", a->regs.cpsr, b->regs.cpsr);
    else if (a->fault_va != b->fault_va)
        fail(insn, "aborts elsewhere", a->fault_va, b->fault_va);
    else if (memcmp(a->vfp, b->vfp, sizeof(a->vfp)))
        fail(insn, "other VFP registers", 0, 0);
    else if (!memory_same(&a->memory, &b->memory))
        fail(insn, "other memory", 0, 0);
}

static void run_both(uint32_t insn, uint32_t offset, uint32_t copy, bool thumb)
{
    static struct machine m;
    static struct outcome privileged, user;

    machine_random(&m, insn);
    for (unsigned i = 0; i < 32; i++)
        m.vfp[i] = (uint64_t)rnd() << 32 | rnd();
    run_at(ORIGINAL + offset, MODE_SVC, &m, thumb, &privileged);
    run_at(copy + offset, MODE_USR, &m, thumb, &user);
    compare(insn, &privileged, &user);
}

/* --- a32 --- */

static void a32_page(unsigned used)
{
    const struct xpage *p;

    for (unsigned i = used; i < 1024; i++)
        source[i] = 0xe1a00000;
    p = machine_translate(true);
    memcpy(original, source, 4096);
    cpu_code_changed(ORIGINAL, 4096);
    for (unsigned i = 0; i < used; i++) {
        if (p->words[i] != source[i] || (source[i] & 0x0f000000) == 0x0f000000)
            skipped++;
        else
            run_both(source[i], 4 * i, COPY, false);
    }
}

/* Every encoding class, with the PC in every subset of the register fields. */
static void prove_a32(bool full)
{
    /* N D S M */
    static const uint8_t regs[4][3] = { { 1, 15, 13 }, { 2, 15, 14 }, { 4, 15, 5 }, { 3, 15, 14 } };
    unsigned used = 0, choices = full ? 3 : 2;

    for (uint32_t bits = 0; bits < 4096; bits++) {
        for (unsigned c = 0; c < 2; c++) {
            for (unsigned f = 0; f < choices * choices * choices * choices; f++) {
                unsigned n = f % choices, d = f / choices % choices, s = f / choices / choices % choices;
                unsigned m = f / choices / choices / choices;

                source[used++] = (c ? 0xf0000000u : 0xe0000000u) | (bits >> 4) << 20 | (bits & 15) << 4 |
                                 (uint32_t)regs[0][n] << 16 | (uint32_t)regs[1][d] << 12 |
                                 (uint32_t)regs[2][s] << 8 | regs[3][m];
                if (used == 1024) {
                    a32_page(used);
                    used = 0;
                }
            }
        }
    }
    a32_page(used);
}

/* --- t32 --- */

static unsigned t32_used;                /* halfwords */

static void t32_flush(void)
{
    const uint16_t *half = (const uint16_t *)original;

    memcpy(t32_copy, original, 4096);
    cpu_code_changed(ORIGINAL, 4096);
    cpu_code_changed(T32_COPY, 4096);
    for (unsigned i = 0; i < t32_used;) {
        bool wide = t32_is_long(half[i]);

        run_both(wide ? (uint32_t)half[i] << 16 | half[i + 1] : half[i], 2 * i, T32_COPY, true);
        i += wide ? 2 : 1;
    }
    t32_used = 0;
}

static void t32_add(uint32_t insn)
{
    uint16_t *half = (uint16_t *)original;

    if (!t32_class_harmless(t32_classify(insn)) || t32_is_it(insn)) {
        skipped++;
        return;
    }
    if (insn >> 16)
        half[t32_used++] = (uint16_t)(insn >> 16);
    half[t32_used++] = (uint16_t)insn;
    if (t32_used > 2040)
        t32_flush();
}

static void prove_t32(bool full)
{
    static const uint16_t seconds[] = {
        0x0000, 0x0102, 0x0f00, 0x0f03, 0x1203, 0x2304, 0x3c04, 0x4e05, 0x5806, 0x6085, 0x7123, 0x80f3,
        0x8102, 0x9f03, 0xa201, 0xb300, 0xc4a3, 0xd080, 0xf000, 0xf0f1, 0xf182, 0xf2c3, 0xfb04, 0xfc05,
        0x0a10, 0x1b10, 0x2a01, 0x3b42, 0x8f5f, 0xf7ff,
    };

    for (uint32_t insn = 0; insn < 0xe800; insn++)
        t32_add(insn);
    for (uint32_t first = 0xe800; first < 0x10000; first++) {
        for (unsigned i = 0; i < sizeof(seconds) / sizeof(seconds[0]); i++)
            t32_add(first << 16 | seconds[i]);
        for (uint32_t second = 0; full && second < 0x10000; second += 0x101)
            t32_add(first << 16 | second);
    }
    t32_flush();
}

static count_t t32_encodings;

static void check_t32_encoding(uint32_t insn)
{
    enum a32_class class = t32_classify(insn);
    const char *name;

    t32_encodings++;
    if (!t32_class_harmless(class) && class != A32_B)
        return;
    name = form_sensitive_t32(insn);
    if (name)
        fail(insn, name, class, 0);
}

static void prove_tables(bool full)
{
    static const uint8_t some[] = { 0, 2, 13, 15 }, more[] = { 0, 1, 5, 7, 8, 13, 14, 15 };

    for (uint32_t insn = 0; insn < 0xe800; insn++)
        check_t32_encoding(insn);
    for (uint32_t first = 0xe800; first < 0x10000; first++) {
        for (uint32_t n = 0; full && n < 0x10000; n++)
            check_t32_encoding(first << 16 | n);
        for (uint32_t n = 0; !full && n < 16 * 16 * 8 * 4; n++)
            check_t32_encoding(first << 16 | (n & 15) << 12 | (uint32_t)more[BITS(n, 6, 4)] << 8 |
                               BITS(n, 10, 7) << 4 | some[BITS(n, 12, 11)]);
    }
}

/* --- IT blocks: step by step --- */

#define STEPS 12

struct trace {
    unsigned count;
    struct cpu_regs at[STEPS];
    uint32_t base;
};
static struct trace *tracing;

static bool trace_step(struct cpu *cpu, uint32_t pc)
{
    struct trace *t = tracing;

    if (t->count == STEPS || ALIGN_DOWN(pc, 4096) != t->base)
        return false;
    t->at[t->count] = cpu->regs;
    t->at[t->count++].r[15] = pc - t->base;
    return true;
}

static void trace_run(struct trace *t, uint32_t base, uint32_t mode, const struct machine *m)
{
    static struct cpu cpu;

    t->count = 0;
    t->base = base;
    tracing = t;
    memcpy(memory, initial_memory, sizeof(*memory));
    memcpy(cpu.regs.r, m->vcpu.r, sizeof(cpu.regs.r));
    cpu.regs.r[15] = base;
    cpu.regs.cpsr = (m->vcpu.cpsr & FLAGS) | mode | PSR_T;
    cpu_run(&cpu, trace_step);
}

/* The translation's steps are the original's. */
static void compare_traces(const struct trace *o, const struct trace *t, uint32_t it)
{
    for (unsigned i = 0; i < t->count; i++) {
        if (i >= o->count)
            fail(it, "goes on where the original does not", i, t->at[i].r[15]);
        else if (memcmp(o->at[i].r, t->at[i].r, sizeof(o->at[i].r)) ||
                 ((o->at[i].cpsr ^ t->at[i].cpsr) & FLAGS))
            fail(it, "goes another way", i, t->at[i].r[15]);
        else
            continue;
        return;
    }
}

static const uint16_t inside[][2] = {
    { 0x1888 }, { 0x2a05 }, { 0xf102, 0x0301 }, { 0x6811 }, { 0xf8d0, 0x1004 }, /* adds ... ldr.w */
    { 0xe002 }, { 0xf000, 0xb802 }, { 0xd001 }, { 0xb101 },                     /* b, b.w, beq, cbz */
    { 0x4770 }, { 0xf000, 0xf802 }, { 0xbd10 }, { 0x4478 },                     /* bx lr ... add r0, pc */
    { 0xdf01 }, { 0xde01 }, { 0xbe01 }, { 0xb672 },                             /* svc, udf, bkpt, cpsid */
    { 0xf3ef, 0x8000 }, { 0xee1d, 0x0f70 }, { 0xbf08 }, { 0xbf20 },             /* mrs, mrc, it, wfe */
};

static void prove_block(uint32_t it, unsigned kinds)
{
    static struct thumb_map map;
    static struct trace o, t;
    static struct machine m;
    uint16_t *half = (uint16_t *)original;
    struct thumb_code code = { (uint16_t *)t32_copy, &map };
    unsigned at = 1;

    half[0] = (uint16_t)it;
    for (unsigned i = 0; i < 6; i++, kinds /= ARRAY_SIZE(inside)) {
        const uint16_t *insn = inside[i < 4 ? kinds % ARRAY_SIZE(inside) : 0];

        half[at++] = insn[0];
        if (t32_is_long(insn[0]))
            half[at++] = insn[1];
    }
    for (; at < 64; at++)
        half[at] = 0x1c40; /* adds r0, r0, #1 */
    thumb_clear(&code);
    thumb_translate(&code, half, 0, 0);
    if (thumb_audit(&code))
        fail(it, "breaks the rules of translations", half[1], half[2]);
    cpu_code_changed(ORIGINAL, 128);
    cpu_code_changed(T32_COPY, 128);
    machine_random(&m, 0);
    m.vcpu.cpsr = (m.vcpu.cpsr & ~0xf0000000u) | rnd() << 28;
    trace_run(&t, T32_COPY, MODE_USR, &m);
    trace_run(&o, ORIGINAL, MODE_SVC, &m);
    compare_traces(&o, &t, it << 16 | half[1]);
    compared++;
}

static void prove_blocks(bool full)
{
    for (uint32_t it = 0xbf01; it < 0xbfe2; it++) {
        unsigned blocks = full ? 2000 : 150;

        if (t32_classify(it) == A32_UNDEF || !(it & 15))
            continue;
        for (unsigned n = 0; n < blocks; n++)
            prove_block(it, n < ARRAY_SIZE(inside) ? n * 9261u + n : rnd() % (21u * 21 * 21 * 21));
    }
}

static void proof(const char *name, void (*prove)(bool), bool full, unsigned *bad)
{
    failures = 0;
    compared = skipped = undefined = t32_encodings = 0;
    prove(full);
    printf("%s %s: %llu compared (%llu UNDEFINED both ways), %llu not copied", failures ? "FAIL" : "ok", name,
           compared, undefined, skipped);
    if (t32_encodings)
        printf(", %llu encodings looked at", t32_encodings);
    printf("\n");
    fflush(stdout);
    *bad += failures != 0;
}

int main(int argc, char **argv)
{
    bool full = argc > 1 && !strcmp(argv[1], "--full");
    unsigned bad = 0;

    machine_init();
    original = aligned_alloc(4096, 4096);
    t32_copy = aligned_alloc(4096, 4096);
    cpu_map(ORIGINAL, 4096, original, false, true);
    cpu_map(T32_COPY, 4096, t32_copy, false, true);
    for (unsigned i = 0; i < sizeof(*initial_memory); i++)
        ((uint8_t *)initial_memory)[i] = (uint8_t)rnd();
    proof("a32 copies", prove_a32, full, &bad);
    proof("t32 copies", prove_t32, full, &bad);
    proof("t32 table", prove_tables, full, &bad);
    proof("t32 IT blocks", prove_blocks, full, &bad);
    printf("prove_copies: %u failed\n", bad);
    return bad != 0;
}
