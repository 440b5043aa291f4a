/*
 * Stubs: every word is harmless, and running one is the same as the guest's instruction,
 * whatever word of it an exception comes before.
 */
#include <stdlib.h>

#include "stub_sim.h"
#include "xlate/arena.h"
#include "xlate/emit.h"
#include "xlate/stubs.h"

static unsigned failures, runs, stubs_run, exits, interrupted, aborts, waited;

static bool fail(uint32_t insn, const char *what, uint32_t a, uint32_t b)
{
    if (failures++ < 40)
        printf("  %08x: %s (%08x %08x)\n", insn, what, a, b);
    return false;
}

/* --- static properties --- */

static bool is_state_field(uint32_t offset)
{
    return offset < offsetof(struct state_page, unused) && !(offset & 3);
}

/* LDR, STR or STRB of the PC-relative word at va: a field of an alias of the state page beside the page? */
static bool reaches_state(uint32_t insn, uint32_t va)
{
    uint32_t imm = insn & 0xfff, target = va + 8 + (insn & BIT(23) ? imm : -imm);
    int32_t pages = (int32_t)(target >> 12) - (int32_t)(va >> 12);

    return (pages == 1 || pages == -1) && is_state_field(target & 4095);
}

static bool is_harmless(uint32_t insn, uint32_t va)
{
    const struct a32_row *row = a32_decode(insn);
    enum a32_class class = a32_classify(insn, row);
    unsigned pc = a32_pc_operands(insn, row);

    if ((insn & 0xffff0fff) == 0xe10f0000) /* MRS of the APSR */
        return true;
    if ((insn & ~0xfu) == 0xf57ff040 || (insn & 0x0fff0fff) == 0x0e070f9a) /* DSB */
        return true;
    if ((insn & ~0xfu) == A32_SKIP_ONE(0) || (insn & ~0xfu) == A32_SKIP_FOUR(0))
        return true;
    if (insn >> 24 == 0xef || insn == A32_NOP) /* an exit */
        return true;
    if ((insn & ~0xf0000u) == (0xe280f000 | XLATE_D_IMM12)) /* add pc, rm, #D */
        return true;
    if ((insn & 0xfe5f0000) == 0xe41f0000 || (insn & 0xfe1f0000) == 0xe40f0000)
        return reaches_state(insn, va);
    switch (class) {
    case A32_COPY:
    case A32_NEON:
    case A32_B:
        return true;
    case A32_DP_IMM:
    case A32_DP_REG:
    case A32_LDST:
        return pc == 0;
    default:
        return false;
    }
}

/* The word that words[i] loads from behind it among them; count when it does not. */
static unsigned literal_at(const uint32_t *words, unsigned i, unsigned count)
{
    unsigned imm = (words[i] & 0xfff) / 4, at = words[i] & BIT(23) ? i + 2 + imm : i + 2 - imm;

    return (words[i] & 0xff7f0000) == 0xe51f0000 && at > i && at < count ? at : count;
}

/* Checks words[0..count-1], which execute at va. */
static bool check_words(uint32_t insn, const uint32_t *words, unsigned count, uint32_t va)
{
    unsigned literals = count;

    for (unsigned i = 0; i < literals; i++) {
        unsigned literal = literal_at(words, i, count);

        if (literal < count) {
            literals = literal < literals ? literal : literals;
            continue;
        }
        if ((words[i] & 0x0f7f0000) == 0x051f0000 || (words[i] & 0x0f3f0000) == 0x050f0000) {
            if (!reaches_state(words[i], va + 4 * i))
                return fail(insn, "PC-relative access elsewhere", words[i], i);
        } else if (!is_harmless(words[i], va + 4 * i)) {
            return fail(insn, "sensitive word in a stub", words[i], i);
        }
    }
    return count <= STUB_MAX_WORDS || fail(insn, "too long", count, 0);
}

static const uint32_t every_kind[] = {
    0xf10c0080, 0xf1080080, 0xe10f0000, 0xe10fe000, 0xe121f000, 0xe121f00e, 0xeb000010, 0xeaffff00,
    0xe12fff1e, 0xe12fff13, 0xe12fff33, 0xe1a0f00e, 0xe1a0f003, 0xe8bd8010, 0xe8bd9fff, 0xe89da800,
    0xe8908003, 0xe49df004, 0xe5b1f008, 0xe791f102, 0xe59ff018, 0xe51ff004, 0xe08ff102, 0xe28f0010,
    0xe24f0008, 0xe08f0001, 0xe1a0000f, 0xe59f0010, 0xe5cf1010, 0xe1df01d2, 0xe1cf20d8, 0xe52df004,
    0xe58ff000, 0xe58df004, 0xed9f0b02, 0xe79f1002, 0xe14f8000, 0xe16ff001, 0xe9486000, 0xe9527ffe,
    0xe8d20003, 0xe8c46007, 0xee13cf10, 0xee030f10, 0xee153f10, 0xee160f50, 0xee1d3f30, 0xee0d3f50,
    0xee0d2f50, 0xeef83a10, 0xeee83a10, 0xee113f10, 0xee083f37, 0xf57ff04f, 0xee073f9a, 0xe4e3c001, 0xe47c3002,
};

static void test_every_place(void)
{
    static uint32_t words[1024];
    unsigned bad = 0;

    for (unsigned n = 0; n < ARRAY_SIZE(every_kind); n++) {
        for (uint32_t off = 128; off + 4 * STUB_MAX_WORDS <= 4096; off += 4) {
            for (unsigned in_place = 0; in_place < 2; in_place++) {
                struct stub_site sites[2];
                struct stub_literal literals[STUB_MAX_LITERALS];
                struct stub_writer w = { .words = words + off / 4, .va = 0xf5001000 + off, .page_off = off,
                                         .sites = sites, .literals = literals, .in_place = in_place,
                                         .lazy_dacr = true, .tlbi_queue = true };
                uint32_t entry = 0xf6010000 + off, word;
                const struct a32_row *row = a32_decode(every_kind[n]);
                struct stub_code code = { NULL, NULL, CODE_PAGE + off, entry, in_place, &every_kind[n], 1, row,
                                          a32_classify(every_kind[n], row), 0 };

                word = stub_emit(&w, &code);
                if (word == 0 && !in_place && code.class == A32_BLX_REG)
                    continue; /* exits */
                if (word == 0 || !check_words(every_kind[n], w.words, w.count, w.va)) {
                    bad++;
                    if (bad < 20)
                        printf("  %08x at %x\n", every_kind[n], off);
                }
                bad += word && ((word & 0x0e000000) != 0x0a000000 ||
                                 entry + 8 + ((uint32_t)sign_extend(word & 0xffffff, 24) << 2) != w.va);
            }
        }
    }
    report(bad == 0, "stubs of all kinds at every place of a page: no sensitive word, state fields reached");
}

static void test_no_stub(void)
{
    static const uint32_t none[] = {
        0xf1020013, 0xf10c0040, 0xf10e00c0, 0xf10a0093, 0xe12ff000, 0xe129f000, 0xe321f0d3, 0xe12fff1f,
        0xe12fff3e, 0xe91d8001, 0xe93d8010, 0xe8bd8000, 0xe8bda000, 0xe69df004, 0xe4bdf004, 0xe161f001,
        0xe36ff001, 0xe8fd0001, 0xee030f10, 0xee020f10, 0xee053f10, 0xeef73a10,
    };
    uint32_t words[STUB_MAX_WORDS];
    unsigned bad = 0;

    for (unsigned n = 0; n < ARRAY_SIZE(none); n++) {
        struct stub_site sites[2];
        struct stub_literal literals[STUB_MAX_LITERALS];
        struct stub_writer w = { .words = words, .va = 0xf5001020, .page_off = 32, .sites = sites,
                                 .literals = literals };
        const struct a32_row *row = a32_decode(none[n]);
        struct stub_code code = { NULL, NULL, CODE_PAGE, 0xf6010000, true, &none[n], 1, row,
                                  a32_classify(none[n], row), 0 };

        if (stub_emit(&w, &code)) {
            printf("  %08x has a stub\n", none[n]);
            bad++;
        }
    }
    report(bad == 0, "mode changes, A and F, LDMDB and others exit instead");
}

/* --- running --- */

static struct machine before, after, now;
static enum exec_result expected;

/* The virtual processor's control bits: what the state page would hold for this machine. */
static uint32_t ctl_of(const struct machine *m)
{
    return m->vcpu.cpsr & (PSR_MODE | PSR_A | PSR_I | PSR_F);
}

/* The registers that live in the state page (vmm/world.c). */
static uint32_t *cp15_of(struct machine *m, unsigned i)
{
    struct vcpu_cp15 *c = &m->vcpu.cp15;
    uint32_t *const all[] = { &c->dacr, &c->tpidrurw, &m->vcpu.fpexc, &c->dfsr, &c->ifsr, &c->dfar, &c->ifar,
                              &c->contextidr, &c->sctlr };

    return all[i];
}

static uint32_t *field_at(unsigned i)
{
    uint32_t *const all[] = { &state->dacr, &state->tpidrurw, &state->fpexc, &state->dfsr, &state->ifsr, &state->dfar,
                              &state->ifar, &state->contextidr, &state->sctlr };

    return all[i];
}

#define SHARED 9

static void load_state(struct machine *m, bool pending)
{
    uint32_t ctl = ctl_of(m);

    state->ctl = ctl;
    state->ctl_on = ctl & ~PSR_I;
    state->ctl_off = ctl | PSR_I;
    state->msr_key = state_msr_key(ctl, pending);
    state->usr_ptr = state->vfp_ptr = VMM_STATE;
    state->spsr = m->vcpu.bank_spsr[BANK_SVC];
    state->usr_sp = m->vcpu.bank[BANK_USR].r13;
    state->usr_lr = m->vcpu.bank[BANK_USR].r14;
    state->hw_dacr = rnd() & 1 ? m->vcpu.cp15.dacr & 0x55 : 0x55;
    state->hw_fpexc = rnd() & BIT(30);
    state->tlbi_next = VMM_STATE + STATE_QUEUE;
    state->tlbi_absent = sim_absent;
    state->user_page[0] = rnd() & 3 ? DATA >> 12 : ~0u;
    state->user_page[1] = rnd() & 3 ? DATA >> 12 : ~0u;
    for (unsigned i = 0; i < SHARED; i++)
        *field_at(i) = *cp15_of(m, i);
}

/* What is queued stands for the TLB in vcpu.cp15: PAR counts, CSSELR sums. */
static void queue_of(struct machine *m)
{
    uint32_t count = (state->tlbi_next - VMM_STATE - STATE_QUEUE) / 4;

    m->vcpu.cp15.par = before.vcpu.cp15.par + count;
    m->vcpu.cp15.csselr = before.vcpu.cp15.csselr + (count ? state->tlbi[0] : 0);
}

static void leave_state(struct machine *m)
{
    queue_of(m);
    m->vcpu.bank_spsr[BANK_SVC] = state->spsr;
    m->vcpu.bank[BANK_USR].r13 = state->usr_sp;
    m->vcpu.bank[BANK_USR].r14 = state->usr_lr;
    for (unsigned i = 0; i < SHARED; i++)
        *cp15_of(m, i) = *field_at(i);
}

static bool same(const struct machine *a, const struct machine *b)
{
    return !memcmp(&a->vcpu, &b->vcpu, sizeof(a->vcpu)) && a->vfp == b->vfp &&
           !memcmp(a->data, b->data, sizeof(a->data)) &&
           !memcmp(a->literals, b->literals, sizeof(a->literals));
}

/* Undone: the machine is that of before, but for what an LDM was to load (B1.9.8) and what an STM has stored. */
static bool same_as_before(struct machine *m, uint32_t insn)
{
    enum a32_class class = a32_decode(insn)->class;

    if ((class == A32_LDM_PC || class == A32_USR_REGS) && (insn & BIT(20))) {
        for (unsigned r = 0; r < 13; r++) {
            if ((insn & BIT(r)) && r != BITS(insn, 19, 16))
                m->vcpu.r[r] = before.vcpu.r[r];
        }
        if (class == A32_LDM_PC && (insn & BIT(14)) && BITS(insn, 19, 16) != 14)
            m->vcpu.r[14] = before.vcpu.r[14];
        if (class == A32_USR_REGS) {
            m->vcpu.bank[BANK_USR].r13 = before.vcpu.bank[BANK_USR].r13;
            m->vcpu.bank[BANK_USR].r14 = before.vcpu.bank[BANK_USR].r14;
        }
    }
    for (unsigned i = 0; class == A32_USR_REGS && !(insn & BIT(20)) && i < DATA_SIZE; i++) {
        if (m->data[i] == after.data[i])
            m->data[i] = before.data[i];
    }
    for (unsigned i = 0; class == A32_USR_REGS && !(insn & BIT(20)) && i < sizeof(m->literals); i++) {
        if (m->literals[i] == after.literals[i])
            m->literals[i] = before.literals[i];
    }
    return same(m, &before);
}

/* What the exit path makes of the machine at hw_pc (vmm/run.c). */
static enum unwind_result precise(const struct machine *hw, struct machine *out)
{
    uint32_t ctl = (ctl_of(&before) & ~PSR_I) | (state->ctl & PSR_I);

    memcpy(out, hw, sizeof(*out));
    out->vcpu.cpsr = (hw->vcpu.cpsr & ~(PSR_MODE | PSR_A | PSR_I | PSR_F)) | ctl;
    leave_state(out);
    return xlate_unwind(&xlate, hw->vcpu.r[15], out->vcpu.r, &out->vcpu.cpsr);
}

static bool check_interrupt(uint32_t insn, unsigned k)
{
    static struct machine m;
    uint32_t slots[3];
    enum unwind_result result;
    bool ok;

    memcpy(slots, state->slot, sizeof(slots));
    result = precise(&now, &m);
    ok = !arena_page_at(&xlate, now.vcpu.r[15]) || !(state->slot[SLOT_T] & 1);
    memcpy(state->slot, slots, sizeof(slots));
    if (!ok)
        return fail(insn, "a branch to Thumb code is still under way", k, slots[SLOT_T]);
    interrupted++;
    if (result == UNWIND_CLEAN)
        ok = same_as_before(&m, insn);
    else
        ok = result == UNWIND_COMPLETED && expected == EXEC_DONE && same(&m, &after);
    return ok || fail(insn, result == UNWIND_CLEAN ? "undone wrongly" : "finished wrongly", k, m.vcpu.r[15]);
}

static enum exec_result sim_nop(struct machine *m)
{
    m->vcpu.r[15] += 4;
    return EXEC_DONE;
}

static bool fetch(const struct xpage *p, uint32_t pc, uint32_t *word)
{
    struct arena_page *page = arena_page_at(&xlate, pc);

    if (page && page->kind == ARENA_STUBS)
        *word = page->words[BITS(pc, 11, 2)];
    else if (ALIGN_DOWN(pc, 4096) == p->va)
        *word = p->words[BITS(pc, 11, 2)];
    else
        return false;
    return true;
}

/* The stub is left: where is the guest? */
static void arrive(const struct xpage *p, uint32_t insn, struct machine *m)
{
    uint32_t hw_pc = m->vcpu.r[15];

    m->vcpu.cpsr = (m->vcpu.cpsr & ~0x1dfu) | (ctl_of(&before) & ~PSR_I) | (state->ctl & PSR_I);
    leave_state(m);
    if (m->vcpu.cpsr & PSR_T) {
        m->vcpu.r[15] = xlate_thumb_target(&xlate, hw_pc, m->vcpu.r, insn);
    } else if (hw_pc - p->va <= 4096) {
        m->vcpu.r[15] = p->gva.v + (hw_pc - p->va);
    } else {
        m->vcpu.r[15] = hw_pc - XLATE_D;
    }
}

static bool slow_msr(uint32_t insn)
{
    return a32_decode(insn)->class == A32_MSR_CPSR &&
           ((before.vcpu.r[insn & 15] ^ before.vcpu.cpsr) & 0x7f);
}

static bool is_fpexc_write(uint32_t insn)
{
    return (insn & 0x0fff0fff) == 0x0ee80a10;
}

static bool check_abort(uint32_t insn, unsigned k, bool pending)
{
    static struct machine m;
    enum unwind_result result = precise(&now, &m);
    bool state_fault = fault_va >> 20 == VMM_STATE >> 20;

    aborts++;
    if (result != UNWIND_CLEAN || !same_as_before(&m, insn))
        return fail(insn, "abort not undone", k, fault_va);
    waited += state_fault && pending;
    return expected == EXEC_ABORTED || (state_fault && (slow_msr(insn) || pending || is_fpexc_write(insn))) ||
           fail(insn, "unexpected abort", k, fault_va);
}

/* Runs instruction 'index' of the page from the machine 'before'. */
static bool run_one(const struct xpage *p, unsigned index, bool pending)
{
    uint32_t insn = source[index], start = p->va + 4 * index, word = 0;
    bool jumped = false;

    before.vcpu.r[15] = p->gva.v + 4 * index;
    sim_absent = runs & 1 ? STATE_NONE_ABSENT : before.vcpu.r[BITS(insn, 15, 12)];
    memcpy(&after, &before, sizeof(after));
    memcpy(&now, &before, sizeof(now));
    expected = guest_execute(&after, insn);
    if (expected == EXEC_UNDEF)
        return fail(insn, "the reference does not know it", 0, 0);
    load_state(&before, pending);
    state->pend_ptr = VMM_STATE + (pending ? 4096 : 0);
    now.vcpu.cpsr = (before.vcpu.cpsr & ~0x1dfu) | MODE_USR;
    now.vcpu.r[15] = start;
    runs++;
    for (unsigned k = 0; k < 40; k++) {
        uint32_t pc = now.vcpu.r[15];

        if (!fetch(p, pc, &word) || (jumped && ALIGN_DOWN(pc, 4096) == p->va) || (now.vcpu.cpsr & PSR_T))
            break;
        if ((word & 0x0f000000) == 0x0f000000) { /* an exit: what was begun is undone */
            exits++;
            return check_interrupt(insn, k);
        }
        jumped = true;
        if (!check_interrupt(insn, k))
            return false;
        if (k && !is_harmless(word, pc) && (word & 0x0f6f0000) != 0x050f0000 && (word & 0x0f7f0000) != 0x051f0000)
            return fail(insn, "sensitive word executed", word, pc);
        switch (word == A32_NOP ? sim_nop(&now) : sim_execute(&now, word)) {
        case EXEC_DONE: break;
        case EXEC_ABORTED: return check_abort(insn, k, pending);
        default: return fail(insn, "not executable", word, pc);
        }
    }
    stubs_run++;
    arrive(p, insn, &now);
    if (expected != EXEC_DONE)
        return fail(insn, "ran, but had to abort", 0, 0);
    if (slow_msr(insn) && insn >> 28 == 14)
        return fail(insn, "MSR ran without an exit", 0, 0);
    if (pending && (before.vcpu.cpsr & PSR_I) && !(after.vcpu.cpsr & PSR_I))
        return fail(insn, "unmasked without an exit", 0, 0);
    return same(&now, &after) || fail(insn, "another result", now.vcpu.r[15], after.vcpu.r[15]);
}

/* Registers that make sense as bases, indices and targets. */
static uint32_t random_value(void)
{
    switch (rnd() & 7) {
    case 0: return rnd() & 0x7fffffff; /* not where the arenas are */
    case 1: return rnd() & 0x3c;
    case 2: return (0xc0000000 | (rnd() & 0xffffff));
    default: return DATA + 0x180 + (rnd() & 0x7c);
    }
}

static void random_machine(void)
{
    memset(&before.vcpu, 0, sizeof(before.vcpu));
    for (unsigned i = 0; i < 15; i++)
        before.vcpu.r[i] = random_value();
    for (unsigned i = 0; i < sizeof(before.data); i += 4) {
        uint32_t value = rnd() & 0x7fffffff; /* as a branch target: not where the arenas are */

        memcpy(before.data + i, &value, 4);
    }
    for (unsigned i = 0; i < 64; i++)
        before.literals[rnd() % sizeof(before.literals)] = (uint8_t)rnd();
    before.vcpu.bank_spsr[BANK_SVC] = rnd() & ~0x00f00000u;
    before.vcpu.bank[BANK_USR].r13 = rnd();
    before.vcpu.bank[BANK_USR].r14 = rnd();
    for (unsigned i = 0; i < SHARED; i++)
        *cp15_of(&before, i) = rnd();
    before.vcpu.fpexc &= BIT(30);
    before.vcpu.cpsr = (rnd() & FLAGS) | MODE_SVC | (rnd() & (PSR_I | PSR_A | PSR_F));
    before.vfp = 0;
}

/* MSR needs sources that change little. */
static void prepare_operands(uint32_t insn)
{
    static const uint32_t flips[] = { 0, PSR_I, PSR_I, 0, PSR_F, PSR_T, 0x0c, PSR_I | 0x04 };

    if ((insn & 0x0ffffff0) == 0x016ff000) /* MSR SPSR: bits 23:20 are reserved */
        before.vcpu.r[insn & 15] &= ~0x00f00000u;
    if (a32_decode(insn)->class == A32_MSR_CPSR)
        before.vcpu.r[insn & 15] = (rnd() & ~0xffu) | ((before.vcpu.cpsr ^ flips[rnd() & 7]) & 0xff);
}

static bool page_ok(bool in_place, unsigned states)
{
    struct xpage *p;
    unsigned was = failures;

    xlate_flush(&xlate);
    p = xlate_get(&xlate, gva(CODE_PAGE), gpa(CODE_GPA), in_place);
    if (!p || p->alt == in_place)
        return fail(0, "no page", 0, 0);
    for (unsigned i = 0; xlate.lazy_stubs && i < 1024; i += XLATE_BLOCK)
        xlate_make(&xlate, p, i, &source[i], 1);
    for (unsigned i = 0; i < 1024; i++) {
        for (unsigned n = 0; n < states; n++) {
            random_machine();
            prepare_operands(source[i]);
            run_one(p, i, n & 1);
        }
    }
    return failures == was;
}

static uint32_t random_cond(void)
{
    return (rnd() & 3 ? 14u : rnd() % 14) << 28;
}

static uint32_t reg(unsigned lsb)
{
    return (rnd() % 15) << lsb;
}

static uint32_t gen_psr(void)
{
    switch (rnd() & 3) {
    case 0: return rnd() & 1 ? 0xf10c0080 : 0xf1080080;
    case 1: return random_cond() | 0x010f0000 | reg(12);
    default: return random_cond() | 0x0121f000 | reg(0);
    }
}

static uint32_t gen_branch(void)
{
    switch (rnd() % 6) {
    case 0: return random_cond() | 0x0b000000 | (rnd() & 0x7fffff); /* forwards: the arenas are behind */
    case 1: return random_cond() | 0x0a000000 | (rnd() & 0x7fffff);
    case 2: return random_cond() | 0x012fff10 | reg(0);
    case 3: return random_cond() | 0x012fff30 | reg(0);
    case 4: return random_cond() | 0x012fff1e;
    default: return random_cond() | 0x01a0f000 | reg(0);
    }
}

static uint32_t gen_ldm_pc(void)
{
    uint32_t rn = rnd() % 15, list = rnd() & rnd() & 0x7fff, wb = rnd() & BIT(21);

    if (wb)
        list &= ~BIT(rn);
    return random_cond() | 0x08908000 | wb | rn << 16 | list;
}

static uint32_t gen_ldr_pc(void)
{
    uint32_t base = random_cond() | 0x0410f000 | (rnd() & BIT(23)), imm = rnd() & 0x7c;

    switch (rnd() % 5) {
    case 0: return base | BIT(24) | reg(16) | imm;
    case 1: return base | BIT(24) | BIT(21) | reg(16) | imm;
    case 2: return base | reg(16) | imm;
    case 3: return base | BIT(24) | 15u << 16 | (rnd() & 0xffc);
    default: return base | BIT(24) | BIT(25) | (rnd() & 1 ? 15u << 16 : reg(16)) | reg(0) | (rnd() & 0x060);
    }
}

/* <op> with at least one PC: as destination, first or second operand */
static uint32_t gen_dp(void)
{
    static const uint8_t ops[] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 4, 4, 2, 13 };
    uint32_t op = ops[rnd() % sizeof(ops)], cmp = (op & 12) == 8, set = cmp || (rnd() & 1);
    uint32_t insn = random_cond() | op << 21 | set << 20;
    bool to_pc = !cmp && !(rnd() & 3), imm = rnd() & 1, move = op == 13 || op == 15;

    if (to_pc)
        insn = (insn & ~BIT(20)) | 15u << 12;
    else if (!cmp)
        insn |= reg(12);
    if (imm)
        return insn | BIT(25) | (move ? 0 : 15u << 16) | (rnd() & 0xfff);
    return insn | (move ? 0 : rnd() & 1 ? 15u << 16 : reg(16)) | (rnd() & 1 ? 15 : reg(0)) | (rnd() & 0xfe0);
}

/* The immediate of the extra loads and stores. */
static uint32_t split_imm(uint32_t imm)
{
    return (imm & 0xf0) << 4 | (imm & 15);
}

/* loads and stores with pc as base or as what is stored */
static uint32_t gen_ldst(void)
{
    uint32_t insn = random_cond() | 0x050f0000 | (rnd() & BIT(23)), imm = rnd() & 0xff;

    switch (rnd() % 8) {
    case 0: return insn | BIT(20) | reg(12) | (rnd() & 0xffc);
    case 1: return insn | BIT(22) | (rnd() & BIT(20)) | reg(12) | (rnd() & 0xfff);
    case 2: return insn | reg(12) | (rnd() & 0xffc);
    case 3: return (insn & ~0x05000000u) | 0x014000b0 | (rnd() & BIT(20)) | reg(12) | split_imm(imm & ~1u);
    case 4: return (insn & ~0x05000000u) | 0x015000d0 | (rnd() & 0x20) | reg(12) | split_imm(imm & ~1u);
    case 5: /* LDRD, STRD */
        return (insn & ~0x05000000u) | 0x014000d0 | (rnd() & 0x20) | (rnd() % 7) << 13 | split_imm(imm & ~3u);
    case 6: return random_cond() | 0x0500f000 | (rnd() & 0x01a00000) | reg(16) | (imm & 0x7c) | BIT(24);
    default: return insn | 0x08000a00 | (rnd() & BIT(20)) | (rnd() & 0x0000f100) | imm;
    }
}

static uint32_t gen_user_registers(void)
{
    uint32_t rn = rnd() % 13, list = rnd() & 0x7fff & (rnd() & 1 ? 0x6000u : ~0u);

    return random_cond() | 0x08400000 | (rnd() & 0x01900000) | rn << 16 | (list ? list : 0x2000);
}

static uint32_t gen_unprivileged(void)
{
    uint32_t rn = rnd() % 15, rt = (rn + 1 + rnd() % 14) % 15;

    return random_cond() | 0x04600000 | (rnd() & 0x00900000) | rn << 16 | rt << 12 | (rnd() & 0xff);
}

/* system registers that live in the state page */
static uint32_t gen_system(void)
{
    static const uint32_t insns[] = {
        0x014f0000, 0x0e130f10, 0x0e150f10, 0x0e150f30, 0x0e160f10, 0x0e160f50, 0x0e1d0f30, 0x0e1d0f50, 0x0e0d0f50,
        0x0e030f10, 0x0e030f10, 0x0ef80a10, 0x0ee80a10, 0x0e110f10, 0x0e080f37, 0x0e080f35,
    };

    if (rnd() % 16 == 0)
        return rnd() & 1 ? 0xf57ff04f : random_cond() | 0x0e070f9a; /* barriers */

    if (rnd() % 16 == 0)
        return random_cond() | 0x016ff000 | reg(0);
    return random_cond() | insns[rnd() % ARRAY_SIZE(insns)] | reg(12);
}

static const struct { const char *name; uint32_t (*gen)(void); unsigned pages; } kinds[] = {
    { "user registers", gen_user_registers, 6 }, { "system registers", gen_system, 4 },
    { "ldrbt, strbt", gen_unprivileged, 4 },
    { "cps, mrs, msr", gen_psr, 6 }, { "branches", gen_branch, 4 },
    { "ldm with pc", gen_ldm_pc, 6 }, { "ldr pc", gen_ldr_pc, 6 },
    { "data processing with pc", gen_dp, 8 }, { "loads and stores with pc", gen_ldst, 8 },
};

/* Calls to a few places, returns and pops: what is there before it executes. */
static uint32_t gen_shared(void)
{
    uint32_t list = rnd() & rnd() & 0x5fff;

    switch (rnd() % 4) {
    case 0: return random_cond() | 0x012fff1e;
    case 1: return random_cond() | 0x08bd8000 | list;
    default: return random_cond() | 0x0b000000 | (0x4000 + (rnd() & 7));
    }
}

static void test_shared(void)
{
    unsigned was_run = stubs_run, was_exits = exits, words = 0, others = 0;
    struct xpage *p;
    bool ok = true;

    xlate.lazy_stubs = xlate.traces = true;
    for (unsigned n = 0; n < 6; n++) {
        for (unsigned i = 0; i < 1024; i++)
            source[i] = gen_shared();
        for (unsigned i = 0; i < 8; i++) /* of eight places from each word: the same ones from many */
            source[rnd() % 1024] = 0xeb000000 | (0x4000 - i);
        ok &= page_ok(true, 4);
    }
    for (unsigned n = 0; n < XLATE_ARENA_PAGES; n++) {
        const struct arena_page *page = &xlate.arenas[0].pages[n];

        for (unsigned i = 0; page->kind == ARENA_STUBS && i < page->site_count; i++) {
            words += page->sites[i].kind == STUB_RETURN;
            others += page->sites[i].kind == STUB_CALL;
        }
    }
    report(ok, "shared stubs and pops: the same as the instruction, interrupted anywhere");
    report(stubs_run - was_run > 10000 && exits - was_exits < 200, "%u runs, %u exits", stubs_run - was_run,
           exits - was_exits);
    report(words == 1 && others > 100, "one stub for all returns (%u), %u for calls", words, others);
    xlate_flush(&xlate);
    ok = true;
    for (unsigned i = 0; i < 1024; i++) /* BLX, and what is no BX LR and no POP */
        source[i] = (i % 3 == 0 ? 0xfb000000 : i % 3 == 1 ? 0xf12fff1e : 0xf8bd8010) | (i % 3 ? 0 : rnd() & 0xffffff);
    p = xlate_get(&xlate, gva(CODE_PAGE), gpa(CODE_GPA), true);
    xlate_make(&xlate, p, 0, source, 1);
    for (unsigned i = 0; i < XLATE_BLOCK; i++)
        ok &= (p->words[i] & 0x0f000000) == 0x0f000000;
    report(ok, "unconditional words that look like them exit");
    xlate.lazy_stubs = xlate.traces = false;
    xlate_flush(&xlate);
}

static void test_kind(unsigned kind)
{
    unsigned was_run = stubs_run, was_exits = exits, was_interrupted = interrupted, was_aborts = aborts;

    for (unsigned place = 0; place < 2; place++) {
        bool ok = true;

        for (unsigned n = 0; n < kinds[kind].pages; n++) {
            for (unsigned i = 0; i < 1024; i++)
                source[i] = kinds[kind].gen();
            ok &= page_ok(place == 0, 4);
        }
        report(ok, "%s, %s: the same as the instruction, interrupted anywhere", kinds[kind].name,
               place ? "displaced" : "in place");
    }
    report(stubs_run - was_run > 3000 && (exits - was_exits) < 2 * (stubs_run - was_run),
           "%s: %u runs, %u exits, %u interruptions, %u aborts", kinds[kind].name, stubs_run - was_run,
           exits - was_exits, interrupted - was_interrupted, aborts - was_aborts);
}

/* A stub page's words that belong to no stub, and addresses that are no code. */
static void test_elsewhere(void)
{
    uint32_t r[16] = { 0 }, cpsr = MODE_USR, stub_va;
    struct xpage *p;

    xlate_flush(&xlate);
    source[0] = 0xe10f0000;
    p = xlate_get(&xlate, gva(CODE_PAGE), gpa(CODE_GPA), true);
    stub_va = p->va + 8 + ((uint32_t)sign_extend(p->words[0] & 0xffffff, 24) << 2);
    report(xlate_unwind(&xlate, ALIGN_DOWN(stub_va, 4096), r, &cpsr) == UNWIND_UNKNOWN &&
               xlate_unwind(&xlate, ALIGN_DOWN(stub_va, 4096) + 4096, r, &cpsr) == UNWIND_UNKNOWN &&
               xlate_unwind(&xlate, ALIGN_DOWN(stub_va, MiB) + 253 * 4096, r, &cpsr) == UNWIND_UNKNOWN,
           "head of a stub page, alias, free page: not ours");
    report(xlate_unwind(&xlate, p->va + 0x40, r, &cpsr) == UNWIND_CLEAN && r[15] == CODE_PAGE + 0x40,
           "entry map");
    xlate_flush(&xlate);
    p = xlate_get(&xlate, gva(CODE_PAGE), gpa(CODE_GPA), false);
    report(xlate_unwind(&xlate, p->va + 0x40, r, &cpsr) == UNWIND_CLEAN && r[15] == CODE_PAGE + 0x40 &&
               xlate_unwind(&xlate, p->va + 4096, r, &cpsr) == UNWIND_CLEAN && r[15] == CODE_PAGE + 4096,
           "displaced page and the word behind it");
}

#define THUMB_AT ((0x40001235u ^ XLATE_THUMB_TAG) + XLATE_D)

/* A BLX in place has turned its register into the address it jumps to.  Which one it was is known by the BLX or, where
 * that is not to be had, by the value; no other is touched. */
static void test_thumb_target(void)
{
    static const struct { uint32_t call; unsigned holds, also, undone; const char *what; uint32_t slot; } cases[] = {
        { 0xe12fff35, 5, 5, 5, "by the BLX", 0 },
        { 0x012fff37, 7, 2, 7, "by the BLX, not the first of two", 0 },
        { 0, 6, 6, 6, "without the BLX", 0 },
        { 0, 13, 13, 13, "without the BLX, through SP", 0 },
        { 0xe12fff33, 9, 9, 9, "by the value, when the BLX is another's", 0 },
        { 0xe12fff33, 16, 16, 16, "none when none holds it", 0 },
        { 0, 16, 16, 16, "none when none holds it and there is no BLX", 0 },
        { 0xe12fff35, 5, 5, 16, "none when the branch went through the state page", THUMB_AT },
        { 0xe12fff35, 5, 5, 5, "the BLX's, whatever is left in the state page", 0x1235 },
    };
    const uint32_t guest = 0x40001235, tagged = guest ^ XLATE_THUMB_TAG, hw_pc = THUMB_AT & ~1u;

    for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
        uint32_t r[18], want[18], target;

        for (unsigned n = 0; n < 18; n++)
            r[n] = 0x1001 + 0x100 * n; /* odd, as a flipped one would have to be */
        r[14] = 0x2000;
        r[cases[i].holds] = r[cases[i].also] = tagged;
        memcpy(want, r, sizeof(want));
        want[cases[i].undone] = cases[i].undone < 16 ? guest : want[cases[i].undone];
        state->slot[SLOT_T] = cases[i].slot;
        target = xlate_thumb_target(&xlate, hw_pc, r, cases[i].call);
        report(target == (guest & ~1u) && !memcmp(r, want, 16 * 4), "BLX to Thumb: which register: %s", cases[i].what);
    }
}

int main(void)
{
    uint32_t size = 4 * MiB;
    void *pool = aligned_alloc(16 * KiB, size);

    sim_init(pool, size);
    test_every_place();
    test_no_stub();
    for (unsigned i = 0; i < ARRAY_SIZE(kinds); i++)
        test_kind(i);
    test_shared();
    report(waited > 100, "%u aborts that told of a pending interrupt", waited);
    test_elsewhere();
    test_thumb_target();
    printf("  %u runs\n", runs);
    free(pool);
    return test_summary();
}
