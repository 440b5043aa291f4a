/*
 * The proof of traces: pages of random instructions, of which most need a stub, each entered at every word.
 * A reference goes the same way by the interpreters, one instruction at a time.  Before every word that the
 * emulated core executes an interrupt is assumed: what xlate_unwind() makes of it must be the state
 * of the reference, or the one an instruction later, and the reference never falls behind.
 *
 * usage: prove_traces [--full]
 */
#include <stdio.h>
#include <string.h>

#include "arch/armv7/layout.h"
#include "lib/bits.h"
#include "machine.h"
#include "xlate/arena.h"
#include "xlate/check.h"
#include "xlate/emit.h"

static struct { unsigned long long runs, instructions, points, left, exits, aborts, abandoned; } count;
static unsigned failures;

static struct machine before, now, got;
static const struct xpage *page;
static uint32_t start;
static bool abandoned, bad_point;

static bool fail(const char *what, uint32_t a, uint32_t b)
{
    if (failures++ < 20) {
        printf("  %s (%08x %08x) from word %u, at %u:", what, a, b, (start - page->va) / 4,
               BITS(now.vcpu.r[15], 11, 2));
        for (unsigned i = BITS(start, 11, 2); i < 1024 && i < BITS(start, 11, 2) + 6; i++)
            printf(" %08x", source[i]);
        printf("\n");
    }
    return false;
}

/* --- the reference --- */

static bool in_page(uint32_t pc) { return ALIGN_DOWN(pc, 4096) == CODE_PAGE; }
static uint32_t insn_now(void) { return source[BITS(now.vcpu.r[15], 11, 2)]; }

static bool lands_in_translations(uint32_t pc)
{
    uint32_t va = pc + XLATE_D;

    return xlate_arena_at(&xlate, va) || xlate_arena_at(&xlate, va ^ XLATE_THUMB_TAG) ||
           ALIGN_DOWN(va ^ XLATE_THUMB_TAG, 4096) == CODE_PAGE + XLATE_D;
}

static enum exec_result one_step(struct machine *m, struct reference *r, uint32_t insn)
{
    enum a32_class class = a32_classify(insn, a32_decode(insn));

    *r = machine_reference(m, insn);
    if (class == A32_COPY && r->result == EXEC_UNDEF) { /* only NOPs are generated */
        exec_next(&m->vcpu, insn);
        r->result = EXEC_DONE;
    }
    return r->result;
}

/* The reference goes on to the next instruction, with what is UNKNOWN as it came in 'seen'. */
static bool advance(const struct machine *seen)
{
    struct reference r;
    enum exec_result result;

    if (!in_page(now.vcpu.r[15]))
        return false;
    result = one_step(&now, &r, insn_now());
    count.instructions++;
    if (r.odd || lands_in_translations(now.vcpu.r[15])) {
        abandoned = true;
        return false;
    }
    for (unsigned i = 0; r.lenient && i < 15; i++) {
        if (r.unknown & BIT(i))
            now.vcpu.r[i] = seen->vcpu.r[i];
    }
    return result == EXEC_DONE;
}

/* What an LDM was to load is UNKNOWN once it is abandoned (B1.9.8), and it will be loaded again; an STM of user
 * registers may have stored some words. */
static bool same_here(const struct machine *seen)
{
    static struct machine m;
    uint32_t insn = insn_now(), list = insn & 0x7fff & ~BIT(BITS(insn, 19, 16));
    unsigned class = in_page(now.vcpu.r[15]) ? a32_decode(insn)->class : A32_UNDEF;
    bool user_regs = class == A32_USR_REGS, load = insn & BIT(20);

    memcpy(&m, seen, sizeof(m));
    for (unsigned r = 0; r < 15; r++) {
        if ((class == A32_LDM_PC || (user_regs && load && r < 13)) && (list & BIT(r)))
            m.vcpu.r[r] = now.vcpu.r[r];
    }
    if (user_regs && load) {
        m.vcpu.bank[BANK_USR].r13 = now.vcpu.bank[BANK_USR].r13;
        m.vcpu.bank[BANK_USR].r14 = now.vcpu.bank[BANK_USR].r14;
    }
    return machine_same(&m, &now) && ((user_regs && !load) || memory_same(memory, expected_memory));
}

/* Is an interrupted one finished from its first word on? */
static bool finished_at_once(void)
{
    unsigned class = in_page(now.vcpu.r[15]) ? a32_decode(insn_now())->class : A32_UNDEF;

    return class == A32_BL || class == A32_BLX_REG;
}

/* Is this the reference's state, or the next one? */
static bool follows(const struct machine *seen, const char *what)
{
    if (same_here(seen))
        return true;
    if (advance(seen) && (same_here(seen) || (finished_at_once() && advance(seen) && same_here(seen))))
        return true;
    return abandoned || fail(what, seen->vcpu.r[15], now.vcpu.r[15]);
}

/* --- runs --- */

static bool on_step(struct cpu *cpu, uint32_t pc)
{
    struct state_page keep = *state;
    uint32_t va = ALIGN_DOWN(pc, 4096);

    if ((cpu->steps > 1 && (va == page->va || va == CODE_PAGE + XLATE_D)) || (cpu->regs.cpsr & PSR_T))
        return false;
    count.points++;
    machine_unwind(&before, &cpu->regs, &got);
    *state = keep;
    bad_point = !follows(&got, "interrupted wrongly");
    return !bad_point && !abandoned;
}

/* May the stub of the reference's instruction fault in the state window, so that the VMM does it? */
static bool asks_for_the_vmm(void)
{
    switch (a32_decode(insn_now())->class) {
    case A32_MSR_CPSR:
    case A32_VFP_SYS:
    case A32_CPS:
    case A32_BARRIER:
    case A32_CP15:
    case A32_USR_REGS: return true;
    default: return false;
    }
}

static bool check_abort(const struct cpu *cpu)
{
    struct reference r;

    count.aborts++;
    if (cpu->fault_va >> 20 == VMM_STATE >> 20 && asks_for_the_vmm())
        return true;
    one_step(&now, &r, insn_now());
    return r.odd || r.result == EXEC_ABORTED || fail("an abort that the instruction does not take", cpu->fault_va, 0);
}

/* Exits of the first word's own, and those that the vectors serve without C (fastpath.S): true when it goes on. */
static bool serve_exit(struct cpu *cpu)
{
    uint32_t pc = cpu->regs.r[15], word = *machine_code_page(pc);

    count.exits++;
    if (!machine_is_dacr_exit(word))
        return false;
    state->hw_dacr = cpu->regs.r[BITS(word, 11, 8)] & 0x15555555u;
    cpu->regs.r[15] = pc + 4;
    return true;
}

static uint32_t word_before(uint32_t lr)
{
    uint32_t i = (lr - 4 - page->gva.v) / 4;

    return i < 1024 ? source[i] : 0;
}

static void check_end(struct cpu *cpu, enum cpu_stop stop)
{
    if (stop == CPU_LEFT || stop == CPU_FETCH) {
        count.left++;
        machine_arrive(&before, &cpu->regs, page, word_before(cpu->regs.r[14]), &got);
        follows(&got, "another result");
        return;
    }
    if (stop == CPU_ABORT) /* before the page that aborts a store may have written (B1.9.8); on_step saw the rest */
        memcpy(memory, expected_memory, sizeof(*memory));
    machine_unwind(&before, &cpu->regs, &got);
    if (!follows(&got, "not undone") || abandoned)
        return;
    if (stop == CPU_ABORT)
        check_abort(cpu);
    else if (stop != CPU_SVC)
        fail("ends", cpu->regs.r[15], stop);
}

static void run(unsigned i, bool pending)
{
    static struct cpu cpu;
    enum cpu_stop stop;

    machine_random(&before, source[i]);
    before.vcpu.r[15] = CODE_PAGE + 4 * i;
    before.vcpu.r[1] = (rnd() & 0xff0fff00u) | ((before.vcpu.cpsr ^ (rnd() & 1 ? PSR_I : 0)) & 0xff);
    memcpy(&now, &before, sizeof(now));
    start = page->va + 4 * i;
    machine_enter(&before, pending, &cpu);
    state->user_page[0] = rnd() & 3 ? DATA >> 12 : ~0u;
    state->user_page[1] = rnd() & 3 ? DATA >> 12 : ~0u;
    cpu.regs.r[15] = start;
    abandoned = bad_point = false;
    count.runs++;
    do
        stop = cpu_run(&cpu, on_step);
    while (stop == CPU_SVC && !bad_point && serve_exit(&cpu));
    if (!bad_point && !abandoned)
        check_end(&cpu, stop);
    count.abandoned += abandoned;
    memcpy(memory, initial_memory, sizeof(*memory));
    memcpy(expected_memory, initial_memory, sizeof(*memory));
}

/* --- programs --- */

static uint32_t reg(unsigned lsb) { return (rnd() % 13) << lsb; }

/* A register that an instruction writes: never r1, which holds a value for MSR. */
static uint32_t dest(unsigned lsb)
{
    uint32_t r = rnd() % 12;

    return (r + (r >= 1)) << lsb;
}

static uint32_t plain(void)
{
    switch (rnd() % 7) {
    case 0: return 0x0320f000;                                    /* nop */
    case 1: return 0x02900000 | reg(16) | dest(12) | (rnd() & 0xf); /* adds */
    case 2: return 0x01a00000 | dest(12) | reg(0);
    case 3: return 0x05900000 | reg(16) | dest(12) | (rnd() & 0x3c);
    case 4: return 0x05800000 | reg(16) | reg(12) | (rnd() & 0x3c);
    case 5: return 0x03500000 | reg(16) | (rnd() & 0xf);          /* cmp */
    default: return 0x0a000000 | (rnd() & 7);
    }
}

static uint32_t system_insn(void)
{
    static const uint32_t insns[] = {
        0x010f0000, 0x010f0000, 0x014f0000, 0x0e130f10, 0x0e150f10, 0x0e110f10, 0x0e1d0f50, 0x0e030f10, 0x0e030f10,
        0x0e010f10, 0x0e080f37, 0x0e070f9a, 0x0ef80a10, 0x0ee80a10, 0x0e1d0f70, 0x0e0d0f70, 0x0e1d0f90, 0x0e070f3e,
    };

    switch (rnd() & 7) {
    case 0: return 0x0121f001; /* MSR CPSR_c, r1 */
    case 1: return 0x016ff001; /* MSR SPSR, r1: bits 23:20 are reserved */
    case 2: return 0x04600000 | (rnd() & 0x00900000) | 2u << 16 | 3u << 12 | (rnd() & 0x3f); /* LDRBT, STRBT */
    case 3: return 0x08400000 | (rnd() & 0x01900000) | reg(16) | (rnd() & 1 ? 0x6000 : 0x6005);
    default: return insns[rnd() % ARRAY_SIZE(insns)] | dest(12);
    }
}

static uint32_t reads_pc(void)
{
    switch (rnd() & 7) {
    case 0: return 0x028f0000 | dest(12) | (rnd() & 0xff);
    case 1: return 0x024f0000 | dest(12) | (rnd() & 0xff);
    case 2: return 0x01a0000f | dest(12);
    case 3: return 0x058f0000 | dest(12) | (rnd() & 0x3fc);
    case 4: return 0x008f0000 | dest(12) | reg(0);
    case 5: return 0x015f00b0 | (rnd() & BIT(23)) | dest(12) | (rnd() & 0xe);
    default: return 0x051f0000 | (rnd() & BIT(23)) | dest(12) | (rnd() & 0x3fc);
    }
}

static uint32_t jump(void)
{
    switch (rnd() % 10) {
    case 0: return 0x012fff1e;
    case 9: return 0x01b0f00e; /* MOVS pc, lr */
    case 1: return 0x012fff10 | reg(0);
    case 2: return 0x012fff30 | reg(0);
    case 3: return 0x0b000000 | (rnd() & 0x1fffff);
    case 4: return 0x0a000000 | (rnd() & 0x1fffff);
    case 5: return 0x008ff100 | reg(0);
    case 6: return 0x059ff000 | reg(16) | (rnd() & 0x3c);
    default: return 0x08bd8000 | (rnd() & 1 ? BIT(dest(0)) : 1 + (rnd() & rnd() & 0x1ffc));
    }
}

static uint32_t program_word(void)
{
    uint32_t cond = (rnd() & 3 ? 14u : rnd() % 14) << 28;

    switch (rnd() % 12) {
    case 0: return rnd() & 1 ? 0xf10c0080 : 0xf1080080;
    case 1: return 0xf57ff04f;
    case 2:
    case 3:
    case 4:
    case 5: return cond | system_insn();
    case 6:
    case 7: return cond | reads_pc();
    case 8: return cond | jump();
    default: return cond | plain();
    }
}

static void new_memory(void)
{
    uint32_t *words = (uint32_t *)initial_memory;

    for (unsigned i = 0; i < sizeof(*initial_memory) / 4; i++)
        words[i] = rnd() & 0x7fffffff; /* as a branch target: not where the arenas are */
}

static void run_page(bool in_place, unsigned states)
{
    struct check_result checked;

    for (unsigned i = 0; i < 1024; i++)
        source[i] = program_word();
    new_memory();
    page = machine_translate(in_place);
    memcpy(memory, initial_memory, sizeof(*memory));
    memcpy(expected_memory, initial_memory, sizeof(*memory));
    checked = xlate_check(&xlate);
    if (checked.bad)
        fail("words that may not be there", (uint32_t)checked.bad, 0);
    for (unsigned i = 0; i < 1024; i++) {
        for (unsigned n = 0; n < states; n++)
            run(i, n & 1);
    }
}

/* How many stubs the instructions of the last page took, and how many registers stayed spilled. */
static void look(unsigned *stubs, unsigned *sites, unsigned *held)
{
    const struct arena *a;

    *stubs = *sites = *held = 0;
    for (unsigned i = 0; i < 1024; i++)
        *stubs += (page->words[i] & 0x0e000000) == 0x0a000000 && page->words[i] != source[i];
    for (unsigned i = 0; (a = machine_arena(i)); i++) {
        for (unsigned p = 0; p < XLATE_ARENA_PAGES; p++) {
            *sites += a->pages[p].kind == ARENA_STUBS ? a->pages[p].site_count : 0;
            for (unsigned s = 0; a->pages[p].kind == ARENA_STUBS && s < a->pages[p].site_count; s++)
                *held += a->pages[p].sites[s].rb == 1 && a->pages[p].sites[s].kind != STUB_MRS &&
                         a->pages[p].sites[s].kind != STUB_POP && a->pages[p].sites[s].kind != STUB_BLX;
        }
    }
}

int main(int argc, char **argv)
{
    unsigned pages = argc > 1 && !strcmp(argv[1], "--full") ? 2000 : 60, stubs, sites, held;

    machine_init();
    xlate.traces = true;
    for (unsigned n = 0; n < pages; n++)
        run_page(n & 1, 8);
    look(&stubs, &sites, &held);
    if (sites < 3 * stubs || held < 20)
        failures++;
    printf("%s traces: the last page's %u stubs go through %u sites, %u without a spill of their own\n",
           failures ? "FAIL" : "ok", stubs, sites, held);
    printf("prove_traces: %u pages, %llu runs of %llu instructions: %llu to their ends, %llu exits, %llu aborts, "
           "%llu not comparable; %llu points of interruption; %u failures\n",
           pages, count.runs, count.instructions, count.left, count.exits, count.aborts, count.abandoned, count.points,
           failures);
    return failures != 0;
}
