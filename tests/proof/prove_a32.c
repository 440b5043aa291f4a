/*
 * The proof of the A32 translator.  For every encoding of kinds.c:
 *
 *   static     no word of what is emitted is sensitive, and what names the PC is one of a few forms;
 *   factoring  the stub does not depend on the condition, the entry word has the instruction's own;
 *   dynamic    the translation, run by an emulated core in User mode, leaves the registers, flags,
 *              memory and next PC that the interpreters leave for the instruction; an exit before it
 *              leaves nothing changed;
 *   precise    an interrupt before any of its words unwinds to the state before or the state after.
 *
 * usage: prove_a32 [--full] [KIND...]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "arch/armv7/layout.h"
#include "forms.h"
#include "kinds.h"
#include "machine.h"
#include "xlate/arena.h"
#include "xlate/emit.h"
#include "xlate/stubs.h"

typedef unsigned long long count_t;

static struct counts {
    count_t encodings, stub_encodings, words, runs, run_exits, run_stubs, run_aborts, pending, points, odd,
        conditions, unpredictable;
} count, total;
static unsigned failures;

static bool fail(uint32_t insn, const char *what, uint32_t a, uint32_t b)
{
    if (failures++ < 40)
        printf("  %08x: %s (%08x %08x)\n", insn, what, a, b);
    return false;
}

/* --- static --- */

/* Is va a word of the state page's alias in an arena? */
static bool is_state(uint32_t va)
{
    return xlate_arena_at(&xlate, va) && !(va & 0x1000) && (va & 0xfff) < offsetof(struct state_page, unused);
}

/* The literals of a stub that has been looked at up to 'from': its last words. */
static uint32_t literals_from;

/* A load PC-relative: of the state page, or of a literal behind the stub's last instruction. */
static void check_target(uint32_t insn, uint32_t word, uint32_t va, uint32_t target, uint32_t end)
{
    bool literal = (word & BIT(20)) && target > va && target < end;

    if (literal && target < literals_from)
        literals_from = target;
    if (!literal && !is_state(target))
        fail(insn, "PC-relative access to what is no state", word, va);
}

static void check_stub_word(uint32_t insn, uint32_t word, uint32_t va, uint32_t end)
{
    const char *name = form_sensitive(word);
    uint32_t target;
    bool apsr = (word & 0x0fff0fff) == 0x010f0000;

    count.words++;
    if (name && !apsr && !form_same_in_user(word) && (word & 0x0f000000) != 0x0f000000)
        fail(insn, name, word, va);
    switch (form_pc(word, va, &target)) {
    case FORM_STATE:
    case FORM_LOAD_PC:
        check_target(insn, word, va, target, end);
        break;
    case FORM_OTHER_PC:
        fail(insn, "the PC as an operand in a stub", word, va);
        break;
    case FORM_SKIP:
        if (va + (BITS(word, 6, 5) ? 24 : 16) >= end)
            fail(insn, "a skip at the end of a stub", word, va);
        break;
    default: break;
    }
}

static void check_stubs(const struct arena *a)
{
    for (unsigned n = 0; n < XLATE_ARENA_PAGES; n++) {
        const struct arena_page *page = &a->pages[n];
        uint32_t va = (a->mib << 20) + (2 * n + 1) * 4096;

        for (unsigned i = 0; page->kind == ARENA_STUBS && i < page->site_count; i++) {
            const struct stub_site *s = &page->sites[i];
            unsigned end = i + 1 < page->site_count ? s[1].start : page->used_words;
            uint32_t insn = source[(s->guest_pc - CODE_PAGE) / 4 & 1023];

            if (end - s->start > STUB_MAX_WORDS)
                fail(insn, "a stub is too long", end - s->start, 0);
            literals_from = va + 4 * end;
            for (unsigned w = s->start; va + 4 * w < literals_from; w++)
                check_stub_word(insn, page->words[w], va + 4 * w, va + 4 * end);
        }
    }
}

/* Does a stub begin at va? */
static bool is_stub(uint32_t va, uint32_t pc)
{
    struct arena_page *page = arena_page_at(&xlate, va);

    for (unsigned i = 0; page && page->kind == ARENA_STUBS && i < page->site_count; i++) {
        if (page->sites[i].start == BITS(va, 11, 2))
            return page->sites[i].guest_pc == pc;
    }
    return false;
}

static bool is_replacement(uint32_t insn, uint32_t word)
{
    if ((insn & 0x0f000f10) != 0x0e000f10 || insn >> 28 != word >> 28)
        return false;
    return (word & 0x0fffffff) == 0x0320f000 || form_same_in_user(word);
}

static void check_entry(const struct xpage *p, unsigned i)
{
    uint32_t insn = source[i], word = p->words[i], va = p->va + 4 * i, target;
    uint32_t cc = insn >> 28 == 15 ? CC_AL : insn >> 28;
    const char *name = form_sensitive(insn);

    count.words++;
    count.encodings++;
    if (word == insn) {
        if (name && !form_same_in_user(insn) && (insn & 0x0f000000) != 0x0f000000)
            fail(insn, name, word, i);
        else if (form_pc(insn, va, &target) != FORM_NO_PC)
            fail(insn, "copied with the PC as an operand", word, i);
        else if ((insn & 0x0f000000) == 0x0a000000 && insn >> 28 != 15 && p->alt)
            fail(insn, "a branch copied to another place", word, i);
        return;
    }
    if (word >> 28 != cc && !((word & 0x0f000000) == 0x0f000000 && word >> 28 == CC_AL))
        fail(insn, "another condition", word, i);
    if ((word & 0x0e000000) == 0x0a000000) {
        count.stub_encodings++;
        target = va + 8 + ((uint32_t)sign_extend(word & 0xffffff, 24) << 2);
        if (!is_stub(target, CODE_PAGE + 4 * i))
            fail(insn, "branches to what is not its stub", word, target);
        if ((word & BIT(24)) && (insn & 0x0f000000) != 0x0b000000 && (insn & 0x0ffffff0) != 0x012fff30)
            fail(insn, "changes LR", word, i);
    } else if ((word & 0x0f000000) != 0x0f000000 && !is_replacement(insn, word)) {
        fail(insn, "another word", word, i);
    }
}

static void check_static(const struct xpage *p, unsigned used)
{
    const struct arena *a;

    for (unsigned i = 0; i < used; i++)
        check_entry(p, i);
    for (unsigned i = 0; (a = machine_arena(i)); i++)
        check_stubs(a);
}

/* --- factoring --- */

static uint32_t saved[128 * 1024], saved_entry[1024];

static unsigned copy_stubs(uint32_t *to)
{
    const struct arena *a;
    unsigned n = 0;

    for (unsigned i = 0; (a = machine_arena(i)); i++) {
        for (unsigned p = 0; p < XLATE_ARENA_PAGES; p++) {
            const struct arena_page *page = &a->pages[p];

            if (page->kind != ARENA_STUBS)
                continue;
            memcpy(to + n, page->words, page->used_words * 4);
            memset(to + n, 0, 32); /* the head of a page is nobody's */
            n += page->used_words;
        }
    }
    return n;
}

/* With every condition in the place of AL: the same stubs, entered under that condition. */
static void check_conditions(bool in_place, unsigned used)
{
    static uint32_t stubs[128 * 1024], always[1024];
    const struct xpage *p = machine_translate(in_place);
    unsigned words = copy_stubs(saved);

    memcpy(saved_entry, p->words, 4096);
    memcpy(always, source, 4096);
    for (uint32_t cc = 0; cc < 14; cc++) {
        for (unsigned i = 0; i < used; i++)
            source[i] = always[i] >> 28 == 14 ? (always[i] & 0x0fffffff) | cc << 28 : always[i];
        p = machine_translate(in_place);
        if (copy_stubs(stubs) != words || memcmp(stubs, saved, words * 4))
            fail(always[0], "stubs depend on the condition", cc, words);
        for (unsigned i = 0; i < used; i++) {
            uint32_t want = saved_entry[i];

            if (source[i] != always[i])
                want = (want & 0x0fffffff) | cc << 28;
            count.conditions++;
            if ((want & 0x0f000000) == 0x0f000000) /* which exit it is, is the VMM's affair */
                want = (want & ~0xffffffu) | (p->words[i] & 0xffffff);
            if (p->words[i] != want)
                fail(source[i], "entry depends on the condition", p->words[i], want);
        }
    }
    memcpy(source, always, 4096);
}

/* --- dynamic --- */

static struct machine before, after, got;
static struct reference expected;
static const struct xpage *page;
static uint32_t insn_now, start;
static bool bad_point, pending_now;
static uint32_t kept_dacr;     /* what the hardware's DACR grants */

/* Where the architecture gives no value, what came is right. */
static void forgive(struct machine *m)
{
    for (unsigned r = 0; expected.lenient && r < 15; r++)
        if (expected.unknown & BIT(r))
            m->vcpu.r[r] = before.vcpu.r[r];
}

static bool left(uint32_t pc, unsigned step)
{
    uint32_t va = ALIGN_DOWN(pc, 4096);

    return step > 1 && (va == page->va || va == CODE_PAGE + XLATE_D);
}

/* What an LDM was to load is UNKNOWN once it is abandoned (B1.9.8), and it will be loaded again. */
static void forgive_list(struct machine *m, bool user_regs)
{
    uint32_t list = insn_now & (user_regs ? 0x1fff : 0x7fff) & ~BIT(BITS(insn_now, 19, 16));

    for (unsigned r = 0; r < 15; r++)
        if (list & BIT(r))
            m->vcpu.r[r] = before.vcpu.r[r];
    if (user_regs && (insn_now & BIT(13)))
        m->vcpu.bank[BANK_USR].r13 = before.vcpu.bank[BANK_USR].r13;
    if (user_regs && (insn_now & BIT(14)))
        m->vcpu.bank[BANK_USR].r14 = before.vcpu.bank[BANK_USR].r14;
}

/* Undone: the state before, but for an LDM's list, and an STM may have stored some of its words. */
static bool undone(struct machine *m)
{
    unsigned class = a32_decode(insn_now)->class;
    bool user_regs = class == A32_USR_REGS;

    if (class == A32_LDM_PC || (user_regs && (insn_now & BIT(20))))
        forgive_list(m, user_regs);
    if (!machine_same(m, &before))
        return false;
    if (!expected.stores || !memcmp(memory, initial_memory, sizeof(*memory)))
        return true;
    for (unsigned i = 0; user_regs && i < sizeof(*memory); i++) {
        uint8_t byte = ((uint8_t *)memory)[i];

        if (byte != ((uint8_t *)initial_memory)[i] && byte != ((uint8_t *)expected_memory)[i])
            return false;
    }
    return user_regs || expected.result != EXEC_DONE;
}

/* An exception before the instruction at pc: the state before or the one after it. */
static bool check_point(struct cpu *cpu, uint32_t pc)
{
    struct state_page keep = *state;
    enum unwind_result result = machine_unwind(&before, &cpu->regs, &got);
    bool ok;

    *state = keep;
    count.points++;
    if (expected.vfp)
        cpu_read_vfp(got.vfp);
    forgive(&got);
    if (result == UNWIND_CLEAN)
        ok = undone(&got);
    else
        ok = result == UNWIND_COMPLETED && expected.result == EXEC_DONE && machine_same(&got, &after) &&
             (!expected.stores || memory_same(memory, expected_memory));
    if (!ok)
        return fail(insn_now, result == UNWIND_CLEAN ? "undone wrongly" : "finished wrongly", pc - start,
                    got.vcpu.r[15]);
    return true;
}

static bool on_step(struct cpu *cpu, uint32_t pc)
{
    if (left(pc, cpu->steps) || (cpu->regs.cpsr & PSR_T))
        return false;
    if (!check_point(cpu, pc)) {
        bad_point = true;
        return false;
    }
    return true;
}

static bool is_dsb(uint32_t insn)
{
    return a32_decode(insn)->class == A32_BARRIER || (insn & 0x0fff0fff) == 0x0e070f9a;
}

/* May the stub fault in the state window, so that the VMM does the instruction? */
static bool asks_for_the_vmm(uint32_t insn)
{
    switch (a32_decode(insn)->class) {
    case A32_MSR_CPSR:
    case A32_VFP_SYS: return true;
    case A32_CPS: return pending_now;
    case A32_BARRIER: return !machine_queue_is_empty();
    case A32_CP15: return (is_dsb(insn) && !machine_queue_is_empty()) || state->tlbi_next == VMM_STATE + 4096;
    case A32_USR_REGS: return state->usr_ptr != VMM_STATE;
    default: return false;
    }
}

static bool is_block(uint32_t insn)
{
    return (insn & 0x0e000000) == 0x08000000 || (insn & 0x0f000000) == 0x0c000000;
}

/* VLDM and VSTM of no register, of more than 16 double ones, or beyond the last (A8.8.332, A8.8.412). */
static bool vfp_list_is_odd(uint32_t insn)
{
    bool d = insn & BIT(8);
    uint32_t vd = BITS(insn, 15, 12), high = BITS(insn, 22, 22), count = BITS(insn, 7, 0) >> d;
    uint32_t first = d ? high << 4 | vd : vd << 1 | high;

    return !count || (d && count > 16) || first + count > 32;
}

/*
 * UNPREDICTABLE whatever the mode: LDRD and STRD of an odd register, lists of VLDM and VSTM that are none, compares
 * and moves with a register where zeros should be.  The processor decides; the VMM injects what it takes.
 */


static bool is_unpredictable(uint32_t insn)
{
    bool compare = (insn & 0x0d900000) == 0x01100000, move = (insn & 0x0da00000) == 0x01a00000;

    if ((insn & 0x0e1000d0) == 0x000000d0)
        return insn & BIT(12);
    if ((insn & 0x0f800e00) == 0x0c800a00)
        return vfp_list_is_odd(insn);
    return (compare && BITS(insn, 15, 12)) || (move && BITS(insn, 19, 16));
}

static void check_undefined(struct cpu *cpu)
{
    if (machine_unwind(&before, &cpu->regs, &got) != UNWIND_CLEAN || !machine_same(&got, &before))
        fail(insn_now, "not undone", cpu->regs.r[15], 0);
    else if (!is_unpredictable(insn_now))
        fail(insn_now, "UNDEFINED in a stub", cpu->regs.r[15], 0);
    count.unpredictable++;
}

/* The translation gave up before its instruction; an access of it aborted, or the VMM will do it. */
static bool check_undone(struct cpu *cpu, enum cpu_stop stop)
{
    bool state_fault = stop == CPU_ABORT && cpu->fault_va >> 20 == VMM_STATE >> 20;
    enum unwind_result result = machine_unwind(&before, &cpu->regs, &got);
    uint32_t distance;

    if (result == UNWIND_COMPLETED) {
        count.pending++;
        return (state_fault && pending_now && !(got.vcpu.cpsr & PSR_I) && machine_same(&got, &after)) ||
               fail(insn_now, "an exit after the instruction", cpu->regs.r[15], cpu->fault_va);
    }
    if (result != UNWIND_CLEAN || !undone(&got))
        return fail(insn_now, "not undone", cpu->regs.r[15], cpu->fault_va);
    if (stop == CPU_SVC) {
        count.run_exits++;
        return true;
    }
    count.run_aborts++;
    count.pending += state_fault && pending_now;
    if (state_fault)
        return asks_for_the_vmm(insn_now) || fail(insn_now, "faults in the state page", cpu->fault_va, 0);
    /* which of several addresses is told is IMPLEMENTATION DEFINED (B1.9.8) */
    distance = cpu->fault_va - expected.fault_va;
    return (expected.result == EXEC_ABORTED && (is_block(insn_now) ? distance < 64 : distance < 8)) ||
           fail(insn_now, "an abort that the instruction does not take", cpu->fault_va, expected.fault_va);
}

static bool check_done(struct cpu *cpu)
{
    bool unmasks;

    count.run_stubs++;
    machine_arrive(&before, &cpu->regs, page, insn_now, &got);
    if (expected.vfp)
        cpu_read_vfp(got.vfp);
    if (expected.result == EXEC_UNDEF)
        return fail(insn_now, "ran what is UNDEFINED", got.vcpu.r[15], 0);
    if (expected.result == EXEC_ABORTED)
        return fail(insn_now, "ran, but had to abort", expected.fault_va, 0);
    forgive(&got);
    unmasks = (before.vcpu.cpsr & PSR_I) && !(after.vcpu.cpsr & PSR_I);
    if (pending_now && unmasks)
        return fail(insn_now, "unmasked without an exit", 0, 0);
    if (!machine_same(&got, &after))
        return fail(insn_now, "another result", got.vcpu.r[15], after.vcpu.r[15]);
    if (is_dsb(insn_now) && before.vcpu.r[15] + 4 == got.vcpu.r[15] && !machine_queue_is_empty() &&
        (insn_now >> 28 == 15 || cond_holds(insn_now >> 28, before.vcpu.cpsr)))
        return fail(insn_now, "TLB maintenance that waits for it is not done", 0, 0);
    if (kept_dacr & ~got.vcpu.cp15.dacr && got.vcpu.cp15.dacr != before.vcpu.cp15.dacr)
        return fail(insn_now, "the hardware gives what DACR does not", kept_dacr, got.vcpu.cp15.dacr);
    if (state->hw_fpexc & ~got.vcpu.fpexc & BIT(30) && got.vcpu.fpexc != before.vcpu.fpexc)
        return fail(insn_now, "VFP stays enabled", state->hw_fpexc, got.vcpu.fpexc);
    return memory_same(memory, expected_memory) || fail(insn_now, "another memory", 0, 0);
}

/*
 * An exit that the vectors serve without C (fastpath.S): MCR DACR.  The hardware's follows, and the stub
 * goes on behind the SVC.
 */
static void serve_dacr(struct cpu *cpu)
{
    uint32_t pc = cpu->regs.r[15], word = *machine_code_page(pc);

    if (!machine_is_dacr_exit(word) || expected.result != EXEC_DONE)
        return;
    kept_dacr = cpu->regs.r[BITS(word, 11, 8)] & 0x15555555u;
    state->hw_dacr = kept_dacr;
    cpu->regs.r[15] = pc + 4;
    if (cpu_run(cpu, on_step) == CPU_LEFT && !bad_point)
        check_done(cpu);
    else
        fail(insn_now, "the short path ends elsewhere", cpu->regs.r[15], 0);
}

static bool lands_in_translations(uint32_t pc)
{
    uint32_t va = pc + XLATE_D;

    return xlate_arena_at(&xlate, va) || xlate_arena_at(&xlate, va ^ XLATE_THUMB_TAG) ||
           (ALIGN_DOWN(va ^ XLATE_THUMB_TAG, 4096) == CODE_PAGE + XLATE_D);
}

static void run(const struct xpage *p, unsigned i, bool pending)
{
    static struct cpu cpu;
    enum cpu_stop stop;

    page = p;
    insn_now = source[i];
    if (p->words[i] == insn_now && !a32_class_sensitive(a32_decode(insn_now)->class))
        return; /* copied: prove_copy.c */
    start = p->va + 4 * i;
    before.vcpu.r[15] = CODE_PAGE + 4 * i;
    memcpy(&after, &before, sizeof(after));
    expected = machine_reference(&after, insn_now);
    count.runs++;
    if (expected.odd || lands_in_translations(after.vcpu.r[15])) {
        count.odd++;
        goto restore;
    }
    if (expected.vfp)
        cpu_write_vfp(before.vfp);
    machine_enter(&before, pending, &cpu);
    cpu.regs.r[15] = start;
    kept_dacr = state->hw_dacr == ~0u ? 0 : state->hw_dacr; /* ~0: any write of DACR exits */
    if (state->hw_dacr == ~0u && (insn_now & 0x0fff0fff) == 0x0e030f10)
        kept_dacr = ~0u;
    pending_now = pending;
    bad_point = false;
    stop = cpu_run(&cpu, on_step);
    if (bad_point)
        goto restore;
    switch (stop) {
    case CPU_LEFT:
    case CPU_FETCH: check_done(&cpu); break;
    case CPU_SVC:
        if (check_undone(&cpu, stop))
            serve_dacr(&cpu);
        break;
    case CPU_ABORT: check_undone(&cpu, stop); break;
    case CPU_UNDEF: check_undefined(&cpu); break;
    default: fail(insn_now, "does not end", cpu.regs.r[15], stop); break;
    }
    if (memcmp(memory, initial_memory, sizeof(*memory)))
        memcpy(memory, initial_memory, sizeof(*memory));
restore:
    if (expected.stores)
        memcpy(expected_memory, initial_memory, sizeof(*memory));
}

static void new_memory(void)
{
    for (unsigned i = 0; i < DATA_SIZE; i += 4) {
        uint32_t value = rnd() & 0x7fffffff; /* as a branch target: not where the arenas are */

        memcpy(initial_memory->data + i, &value, 4);
    }
    for (unsigned i = 0; i < LITERALS_SIZE; i += 4) {
        uint32_t value = rnd() & 0x7fffffff;

        if (i < 4096 || i >= 8192)
            memcpy(initial_memory->literals + i, &value, 4);
    }
    memcpy(memory, initial_memory, sizeof(*memory));
    memcpy(expected_memory, initial_memory, sizeof(*memory));
}

static void run_page(const struct xpage *p, unsigned used, unsigned states)
{
    new_memory();
    for (unsigned i = 0; i < used; i++) {
        for (unsigned n = 0; n < states; n++) {
            machine_random(&before, source[i]);
            run(p, i, n & 1);
        }
    }
}

/* --- all of it --- */

static void flush(unsigned used, const struct kind *k)
{
    if (!used)
        return;
    for (unsigned i = used; i < 1024; i++)
        source[i] = 0xe1a00000;
    for (unsigned place = 0; place < 2; place++) {
        const struct xpage *p;

        if (!(k->how & CONDITIONS))
            check_conditions(place == 0, used);
        p = machine_translate(place == 0);
        check_static(p, used);
        run_page(p, used, k->states);
    }
}

/* Struct counts has nothing but counters. */
static void add_up(struct counts *to, const struct counts *c)
{
    for (unsigned i = 0; i < sizeof(*c) / sizeof(count_t); i++)
        ((count_t *)to)[i] += ((const count_t *)c)[i];
}

/*
 * A kind is proven in parts, each by a process of its own: Unicorn's cache of translated pages does not last for ever
 * (it fails after some six million pages that changed).
 */
#define PART_PAGES 256

struct outcome {
    struct counts count;
    unsigned failures;
    bool more;
};

/* Part n of a kind; true when there is one more. */
static bool run_part(const struct kind *k, bool full, unsigned n)
{
    struct kind_iter it;
    uint32_t insn;
    unsigned used = 0, page = 0;

    kind_begin(&it, k, full);
    while (kind_next(&it, &insn)) {
        source[used++] = insn;
        if (used < 1024)
            continue;
        if (page / PART_PAGES == n)
            flush(used, k);
        used = 0;
        if (++page == (n + 1) * PART_PAGES)
            return true;
    }
    flush(used, k);
    return false;
}

static void child(const struct kind *k, bool full, unsigned n, int to)
{
    struct outcome o;

    for (unsigned i = 0; i < n; i++)
        rnd(); /* not the numbers of the other parts */
    memset(&count, 0, sizeof(count));
    failures = 0;
    o.more = run_part(k, full, n);
    o.count = count;
    o.failures = failures;
    fflush(stdout);
    _exit(write(to, &o, sizeof(o)) != sizeof(o));
}

/* Runs part n, and adds up what it found; true when there is one more. */
static bool prove_part(const struct kind *k, bool full, unsigned n, struct counts *sum, unsigned *bad)
{
    struct outcome o = { .failures = 1 };
    int fds[2];

    fflush(stdout);
    if (pipe(fds)) {
        perror("pipe");
        exit(1);
    }
    if (fork() == 0)
        child(k, full, n, fds[1]);
    close(fds[1]);
    if (read(fds[0], &o, sizeof(o)) != sizeof(o))
        printf("  part %u of %s: its process died\n", n, k->name);
    close(fds[0]);
    wait(NULL);
    add_up(sum, &o.count);
    *bad += o.failures;
    return o.more;
}

static bool wanted(int argc, char **argv, const char *name)
{
    bool any = false;

    for (int i = 1; i < argc; i++) {
        if (argv[i][0] == '-')
            continue;
        any = true;
        if (!strcmp(argv[i], name))
            return true;
    }
    return !any;
}

static double seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void tell(const struct kind *k, double time)
{
    printf("%s a32 %s: %llu encodings in %s, %llu under other conditions, %llu stubs, %llu words\n",
           failures ? "FAIL" : "ok", k->name, count.encodings / 2, "2 places", count.conditions,
           count.stub_encodings, count.words);
    printf("     %llu runs: %llu done, %llu exits, %llu aborts, %llu told of an interrupt, "
           "%llu UNPREDICTABLE, %llu not comparable; %llu points of interruption; %.1f s\n",
           count.runs, count.run_stubs, count.run_exits, count.run_aborts, count.pending, count.unpredictable,
           count.odd, count.points, time);
    add_up(&total, &count);
}

int main(int argc, char **argv)
{
    bool full = argc > 1 && !strcmp(argv[1], "--full");
    unsigned bad = 0;

    machine_init();
    for (const struct kind *k = kinds; k->name; k++) {
        double begin = seconds();
        struct counts sum = { 0 };
        unsigned found = 0;

        if (!wanted(argc, argv, k->name) || ((k->how & LONG_ONLY) && !full))
            continue;
        for (unsigned n = 0; prove_part(k, full, n, &sum, &found); n++)
            ;
        count = sum;
        failures = found;
        tell(k, seconds() - begin);
        fflush(stdout);
        bad += failures != 0;
    }
    printf("prove_a32: %llu encodings (%llu with their conditions), %llu words emitted and checked, ",
           total.encodings / 2, (total.encodings + total.conditions) / 2, total.words);
    printf("%llu runs, %llu points of interruption; %u kinds failed\n", total.runs, total.points, bad);
    return bad != 0;
}
