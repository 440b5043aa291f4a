#include "machine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arch/armv7/layout.h"
#include "core/cp15.h"
#include "core/pool.h"
#include "xlate/arena.h"
#include "xlate/pcinsn.h"
#include "xlate/sysinsn.h"

#define MAX_ARENAS 4
#define PSR_MASKS (PSR_A | PSR_I | PSR_F)
#define FAULTING (VMM_STATE + 4096)

struct xlate xlate;
struct state_page *state;
uint32_t source[1024];
struct memory *memory, *expected_memory, *initial_memory;

static uint8_t code_bits[16];
static uint32_t *entry_page;                       /* at CODE_PAGE + XLATE_D */
static struct { uint32_t mib; uint32_t *code; unsigned used; } shown[MAX_ARENAS];
static unsigned shown_count;

/* --- the translator's owner --- */

static bool mib_free(void *ctx, uint32_t mib)
{
    (void)ctx;
    return mib != (CODE_PAGE + XLATE_D) >> 20 && mib != VMM_STATE >> 20 && mib >= 0xe00;
}

static bool read_page(void *ctx, gpa_t page, uint32_t words[1024])
{
    (void)ctx;
    (void)page;
    memcpy(words, source, 4096);
    return true;
}

static uint32_t make_entry(hpa_t page) { return page.v | 2; }

static void unmap(void *ctx, uint32_t va)
{
    (void)ctx;
    (void)va;
}

static const struct xlate_ops ops = { mib_free, NULL, read_page, make_entry, make_entry, unmap, NULL };

static void *pages(uint32_t size)
{
    void *p = aligned_alloc(16 * KiB, ALIGN_UP(size, 16 * KiB));

    memset(p, 0, size);
    return p;
}

void machine_init(void)
{
    uint32_t size = 8 * MiB;

    pool_init(pages(size), hpa(0x10000000), size, 0);
    state = pool_page_alloc();
    memset(state, 0, 4096);
    xlate_init(&xlate, &ops, NULL, state, gpa(0x40000000), 128, code_bits);
    memory = pages(sizeof(*memory));
    expected_memory = pages(sizeof(*memory));
    initial_memory = pages(sizeof(*memory));
    entry_page = pages(4096);
    cpu_init();
    cpu_map(DATA, DATA_SIZE, memory->data, true, false);
    cpu_map(LITERALS, LITERALS_SIZE, memory->literals, true, false);
    cpu_map(CODE_PAGE + XLATE_D, 4096, entry_page, false, true);
    cpu_map(VMM_STATE, 4096, state, true, false);
}

static unsigned show_arena(uint32_t mib)
{
    unsigned i = 0;

    while (i < shown_count && shown[i].mib != mib)
        i++;
    if (i < shown_count)
        return i;
    if (i == MAX_ARENAS) {
        printf("FAIL too many arenas\n");
        exit(2);
    }
    shown_count++;
    shown[i].mib = mib;
    shown[i].code = pages(XLATE_ARENA_PAGES * 4096);
    for (unsigned p = 0; p < 2 * XLATE_ARENA_PAGES + 1; p++) {
        uint32_t va = (mib << 20) + p * 4096;

        if (p & 1)
            cpu_map(va, 4096, shown[i].code + p / 2 * 1024, false, true);
        else
            cpu_map(va, 4096, state, true, false);
    }
    return i;
}

/* Copies an arena's code to where the core sees it. */
static void copy_arena(const struct arena *a)
{
    unsigned i = show_arena(a->mib);

    for (unsigned p = 0; p < XLATE_ARENA_PAGES; p++) {
        uint32_t va = (a->mib << 20) + (2 * p + 1) * 4096;
        uint32_t *to = shown[i].code + p * 1024;

        if (a->pages[p].words) {
            memcpy(to, a->pages[p].words, 4096);
            shown[i].used = p + 1 > shown[i].used ? p + 1 : shown[i].used;
        } else if (p < shown[i].used) {
            memset(to, 0xff, 4096);
        }
        if (p < shown[i].used)
            cpu_code_changed(va, 4096);
    }
}

/* Stubs of MCR DACR have a form for each habit; the same each time, as other conditions' are compared. */
static void guess_habits(void)
{
    for (unsigned i = 0; i < 1024; i++) {
        uint32_t pc = CODE_PAGE + 4 * i, slot = (pc >> 2 ^ pc >> 11) % ARRAY_SIZE(xlate.dacr_sites);

        if (i % 5 == 0)
            xlate.dacr_sites[slot] = (struct dacr_site){ .pc = pc, .habit = (uint8_t)(i / 5 % 4) };
    }
}

struct xpage *machine_translate(bool in_place)
{
    struct xpage *p;

    guess_habits();

    xlate_flush(&xlate);
    p = xlate_get(&xlate, gva(CODE_PAGE), gpa(CODE_GPA), in_place);
    if (!p || p->alt == in_place) {
        printf("FAIL no translation\n");
        exit(2);
    }
    for (unsigned i = 0; i < XLATE_MAX_ARENAS; i++) {
        if (xlate.arenas[i].mib)
            copy_arena(&xlate.arenas[i]);
    }
    if (in_place)
        memcpy(entry_page, p->words, 4096);
    else
        memset(entry_page, 0xff, 4096);
    cpu_code_changed(CODE_PAGE + XLATE_D, 4096);
    memcpy(initial_memory->literals + 4096, source, 4096);
    return p;
}

struct arena *machine_arena(unsigned i)
{
    for (unsigned n = 0; n < XLATE_MAX_ARENAS; n++) {
        if (xlate.arenas[n].mib && i-- == 0)
            return &xlate.arenas[n];
    }
    return NULL;
}

uint32_t *machine_code_page(uint32_t va)
{
    for (unsigned i = 0; i < shown_count; i++) {
        if (va >> 20 == shown[i].mib && (va & 0x1000))
            return shown[i].code + BITS(va, 19, 13) * 1024 + BITS(va, 11, 2);
    }
    return entry_page + BITS(va, 11, 2);
}

/* --- the reference --- */

static struct reference ref;
static struct machine *ref_machine;

static uint8_t *at(uint32_t va, unsigned size)
{
    if (va - DATA < DATA_SIZE && va - DATA + size <= DATA_SIZE)
        return expected_memory->data + (va - DATA);
    if (va - LITERALS < LITERALS_SIZE && va - LITERALS + size <= LITERALS_SIZE)
        return expected_memory->literals + (va - LITERALS);
    if (xlate_arena_at(&xlate, va) || va >> 20 == VMM_STATE >> 20 ||
        va >> 12 == (CODE_PAGE + XLATE_D) >> 12)
        ref.odd = true;
    return NULL;
}

/* A page at a time, so that the first byte that is not there is told. */
static uint8_t *access(uint32_t va, unsigned size, unsigned align)
{
    uint8_t *p = at(va, size);

    if (va & (align - 1))
        ref.odd = true; /* the emulated core of this version does not check it */
    if (!p)
        ref.fault_va = va;
    return p;
}

static bool ref_load(void *ctx, gva_t addr, unsigned size, unsigned align, bool unpriv, uint32_t *value)
{
    const uint8_t *p = access(addr.v, size, align);

    (void)ctx;
    (void)unpriv;
    *value = 0;
    if (!p)
        return false;
    memcpy(value, p, size);
    ref.loads++;
    return true;
}

static bool ref_store(void *ctx, gva_t addr, unsigned size, unsigned align, bool unpriv, uint32_t value)
{
    uint8_t *p = access(addr.v, size, align);

    (void)ctx;
    (void)unpriv;
    if (!p)
        return false;
    memcpy(p, &value, size);
    ref.stores++;
    return true;
}

static const struct mem_ops ref_mem = { ref_load, ref_store };

/* VLDR, VSTR, VLDM and VSTM with the PC as the base (A8.8.332, A8.8.333, A8.8.412, A8.8.413). */
static enum exec_result reference_vfp(struct machine *m, uint32_t insn)
{
    bool single = !(insn & BIT(24)) ? false : true, load = insn & BIT(20), doubles = insn & BIT(8);
    uint32_t addr = m->vcpu.r[15] + 8, imm = (insn & 0xff) * 4;
    unsigned words = single ? (doubles ? 2 : 1) : insn & 0xff;
    unsigned first = doubles ? (BITS(insn, 22, 22) << 4 | BITS(insn, 15, 12)) * 2
                             : BITS(insn, 15, 12) << 1 | BITS(insn, 22, 22);
    uint32_t *s = (uint32_t *)m->vfp;

    ref.vfp = true;
    if (single)
        addr = insn & BIT(23) ? addr + imm : addr - imm;
    if (doubles)
        words &= ~1u; /* FLDMX: the odd word is not transferred */
    if (!words || first + words > (doubles ? 64 : 32)) {
        ref.odd = true; /* UNPREDICTABLE */
        return EXEC_UNDEF;
    }
    for (unsigned i = 0; i < words; i++) {
        if (load ? !ref_load(NULL, gva(addr + 4 * i), 4, 4, false, &s[first + i])
                 : !ref_store(NULL, gva(addr + 4 * i), 4, 4, false, s[first + i]))
            return EXEC_ABORTED;
    }
    exec_next(&m->vcpu, insn);
    return EXEC_DONE;
}

static enum exec_result reference_cp15(struct vcpu *vcpu, uint32_t insn)
{
    unsigned crn = BITS(insn, 19, 16), op1 = BITS(insn, 23, 21), crm = BITS(insn, 3, 0);
    unsigned op2 = BITS(insn, 7, 5), rt = BITS(insn, 15, 12);
    enum cp_result result;
    uint32_t value = 0;

    if (rt == 15)
        return EXEC_UNDEF;
    if (insn & BIT(20)) {
        result = cp15_read(vcpu, crn, op1, crm, op2, &value);
        if (result == CP_OK)
            vcpu->r[rt] = value;
    } else {
        result = cp15_write(vcpu, crn, op1, crm, op2, vcpu->r[rt]);
    }
    if (result != CP_OK)
        return EXEC_UNDEF;
    exec_next(vcpu, insn);
    return EXEC_DONE;
}

/* As vmm/emulate.c, vfp_system. */
static enum exec_result reference_vfp_system(struct vcpu *vcpu, uint32_t insn)
{
    unsigned rt = BITS(insn, 15, 12);

    if (!(vcpu->cp15.cpacr & BIT(20)) || rt == 15 || BITS(insn, 19, 16) != 8)
        return EXEC_UNDEF; /* or the host's identification, which the VMM gives */
    if (insn & BIT(20))
        vcpu->r[rt] = vcpu->fpexc;
    else
        vcpu->fpexc = vcpu->r[rt] & BIT(30);
    exec_next(vcpu, insn);
    return EXEC_DONE;
}

/* In System mode there is no SPSR: UNPREDICTABLE (B9.3.9, B9.3.12), and nothing but rd may change. */
static enum exec_result reference_spsr(struct vcpu *vcpu, uint32_t insn)
{
    if (vcpu_spsr(vcpu))
        return sysinsn_execute(vcpu, insn, false, &ref_mem, NULL);
    ref.lenient = true;
    if (!(insn & BIT(21)))
        ref.unknown = BIT(BITS(insn, 15, 12));
    exec_next(vcpu, insn);
    return EXEC_DONE;
}

static enum exec_result reference_class(struct machine *m, enum a32_class class, uint32_t insn)
{
    switch (class) {
    case A32_CPS:
    case A32_MRS_CPSR:
    case A32_MSR_CPSR:
    case A32_ERET:
    case A32_RFE:
    case A32_SRS:
    case A32_USR_REGS: return sysinsn_execute(&m->vcpu, insn, false, &ref_mem, NULL);
    case A32_SPSR: return reference_spsr(&m->vcpu, insn);
    case A32_VFP_SYS: return reference_vfp_system(&m->vcpu, insn);
    case A32_SETEND:
        if (insn & BIT(9))
            return EXEC_UNDEF; /* refused in a privileged mode: CAVEATS.md */
        exec_next(&m->vcpu, insn);
        return EXEC_DONE;
    case A32_BARRIER: exec_next(&m->vcpu, insn); return EXEC_DONE;
    case A32_CP15: return reference_cp15(&m->vcpu, insn);
    case A32_BRANCH:
    case A32_B:
    case A32_BL:
    case A32_BX:
    case A32_BLX_REG:
    case A32_LDM_PC:
    case A32_STM_PC:
    case A32_PC_OPERAND:
    case A32_DP_IMM:
    case A32_DP_REG:
    case A32_UNPRIV: return pcinsn_execute(&m->vcpu, insn, false, &ref_mem, NULL);
    case A32_LDST:
        if ((insn & 0x0e000e00) == 0x0c000a00)
            return reference_vfp(m, insn);
        return pcinsn_execute(&m->vcpu, insn, false, &ref_mem, NULL);
    default: return EXEC_UNDEF; /* the VMM's own: it must exit */
    }
}

struct reference machine_reference(struct machine *m, uint32_t insn)
{
    memset(&ref, 0, sizeof(ref));
    ref_machine = m;
    if (insn >> 28 != 15 && !cond_holds(insn >> 28, m->vcpu.cpsr)) {
        exec_next(&m->vcpu, insn);
        ref.result = EXEC_DONE;
    } else {
        ref.result = reference_class(m, a32_classify(insn, a32_decode(insn)), insn);
    }
    return ref;
}

/* --- entry and exit --- */

static uint32_t queued;

bool machine_queue_is_empty(void) { return queued == 0; }

/* The registers of a guest kernel in any of its modes (vmm/world.c, load_state_page, sync_shared). */
static void load_shared(const struct vcpu *v, bool pending)
{
    bool blocked = rnd() % 4 == 0;

    state->pend_ptr = pending ? FAULTING : VMM_STATE;
    state->fpexc = v->fpexc;
    state->hw_fpexc = v->fpexc & rnd();
    state->vfp_ptr = v->cp15.cpacr & BIT(20) ? VMM_STATE : FAULTING;
    state->dfsr = v->cp15.dfsr;
    state->ifsr = v->cp15.ifsr;
    state->dfar = v->cp15.dfar;
    state->ifar = v->cp15.ifar;
    state->contextidr = v->cp15.contextidr;
    state->sctlr = v->cp15.sctlr;
    /* TLBIMVAs that wait already: none, some, or no room for more */
    queued = rnd() % 4 == 0 ? rnd() % (ARRAY_SIZE(state->tlbi) + 1) : 0;
    if (rnd() % 16 == 0)
        queued = ARRAY_SIZE(state->tlbi);
    state->tlbi_next = VMM_STATE + STATE_QUEUE + 4 * queued;
    state->dacr = v->cp15.dacr;
    state->hw_dacr = blocked ? ~0u : v->cp15.dacr & rnd() & 0x15555555u;
}

/* vmm/world.c, enter_kernel */
void machine_enter(const struct machine *m, bool pending, struct cpu *cpu)
{
    const struct vcpu *v = &m->vcpu;
    uint32_t ctl = v->cpsr & (PSR_MODE | PSR_MASKS);
    int bank = vcpu_mode_bank(v->cpsr);

    load_shared(v, pending);
    state->ctl = ctl;
    state->ctl_on = ctl & ~PSR_I;
    state->ctl_off = ctl | PSR_I;
    state->msr_key = state_msr_key(ctl, pending);
    state->spsr = v->bank_spsr[bank];
    state->usr_sp = v->bank[BANK_USR].r13;
    state->usr_lr = v->bank[BANK_USR].r14;
    state->usr_ptr = bank == BANK_FIQ || bank == BANK_USR ? FAULTING : VMM_STATE;
    state->tpidrurw = v->cp15.tpidrurw;
    memcpy(cpu->regs.r, v->r, sizeof(cpu->regs.r));
    /* User mode reads UNKNOWN bits where the masks are (B9.3.8) */
    cpu->regs.cpsr = (v->cpsr & ~(PSR_MODE | PSR_MASKS)) | MODE_USR | (rnd() & PSR_MASKS);
    cpu_write_tpidr(v->cp15.tpidruro, v->cp15.tpidrprw);
}

/* vmm/world.c, leave_kernel and sync_shared */
static void from_hardware(const struct machine *entered, const struct cpu_regs *hw, struct machine *out)
{
    uint32_t ctl = (entered->vcpu.cpsr & (PSR_MODE | PSR_MASKS) & ~PSR_I) | (state->ctl & PSR_I), ro;
    struct vcpu *v = &out->vcpu;
    int bank = vcpu_mode_bank(entered->vcpu.cpsr);

    memcpy(out, entered, sizeof(*out));
    memcpy(v->r, hw->r, sizeof(hw->r));
    v->cpsr = (hw->cpsr & ~(PSR_MODE | PSR_MASKS)) | ctl;
    if (bank != BANK_USR) {
        v->bank_spsr[bank] = state->spsr & ~0x00f00000u;
        v->bank[BANK_USR].r13 = state->usr_sp;
        v->bank[BANK_USR].r14 = state->usr_lr;
    }
    v->cp15.tpidrurw = state->tpidrurw;
    v->cp15.dacr = state->dacr;
    v->fpexc = state->fpexc & BIT(30);
    out->tlbi_count = (state->tlbi_next - VMM_STATE - STATE_QUEUE) / 4 - queued;
    out->tlbi_sum = 0;
    for (uint32_t i = 0; i < out->tlbi_count && queued + i < ARRAY_SIZE(state->tlbi); i++)
        out->tlbi_sum += state->tlbi[queued + i];
    cpu_read_tpidr(&v->cp15.tpidruro, &ro);
    if (ro != entered->vcpu.cp15.tpidrprw)
        v->cp15.tpidrprw = ~ro; /* it cannot change */
}

enum unwind_result machine_unwind(const struct machine *entered, const struct cpu_regs *hw,
                                  struct machine *out)
{
    from_hardware(entered, hw, out);
    return xlate_unwind(&xlate, hw->r[15], out->vcpu.r, &out->vcpu.cpsr);
}

void machine_arrive(const struct machine *entered, const struct cpu_regs *hw, const struct xpage *p, uint32_t call,
                    struct machine *out)
{
    uint32_t hw_pc = hw->r[15];
    struct vcpu *v = &out->vcpu;

    from_hardware(entered, hw, out);
    if (v->cpsr & PSR_T) {
        v->r[15] = xlate_thumb_target(&xlate, hw_pc, v->r, call);
    } else if (p->alt && hw_pc - p->va <= 4096) {
        v->r[15] = p->gva.v + (hw_pc - p->va);
    } else {
        v->r[15] = ALIGN_DOWN(hw_pc - XLATE_D, 4); /* 0b10 is UNPREDICTABLE; an entry aligns it */
    }
}

bool machine_is_dacr_exit(uint32_t word)
{
    return (word & 0xfff0ff) == (XLATE_SVC_DACR & 0xffffff) || (word & 0xfff0ff) == XLATE_SVC_DACR_TRY;
}

bool machine_same(const struct machine *a, const struct machine *b)
{
    return !memcmp(&a->vcpu, &b->vcpu, sizeof(a->vcpu)) && !memcmp(a->vfp, b->vfp, sizeof(a->vfp)) &&
           a->tlbi_count == b->tlbi_count && a->tlbi_sum == b->tlbi_sum;
}

bool memory_same(const struct memory *a, const struct memory *b)
{
    return !memcmp(a, b, sizeof(*a));
}

/* --- random states --- */

static uint32_t random_state = 1;

uint32_t rnd(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 17;
    random_state ^= random_state << 5;
    return random_state;
}

static uint32_t random_value(void)
{
    switch (rnd() & 7) {
    case 0: return rnd() & 0x7fffffff;
    case 1: return rnd() & 0x3c;
    case 2: return 0xc0000000 | (rnd() & 0xffffff);
    case 3: return DATA + (rnd() & 1 ? rnd() & 0x3c : 0xfc0 + (rnd() & 0x3c)); /* near an end */
    default: return DATA + 0x800 + (rnd() & 0x7c);
    }
}

void machine_random(struct machine *m, uint32_t insn)
{
    static const uint32_t modes[8] = { MODE_SVC, MODE_SVC, MODE_SVC, MODE_IRQ, MODE_ABT, MODE_UND, MODE_FIQ,
                                       MODE_SYS };
    static const uint32_t flips[] = { 0, PSR_I, PSR_I, 0, PSR_F, PSR_T, 0x0c, PSR_I | 0x04 };
    struct vcpu *v = &m->vcpu;

    memset(m, 0, sizeof(*m));
    for (unsigned i = 0; i < 15; i++)
        v->r[i] = random_value();
    for (unsigned i = 0; i < BANK_COUNT; i++) {
        v->bank[i].r13 = rnd();
        v->bank[i].r14 = rnd();
        v->bank_spsr[i] = (rnd() & FLAGS) | modes[rnd() & 7] | (rnd() & PSR_MASKS);
    }
    for (unsigned i = 0; i < 5; i++) {
        v->usr_r8[i] = rnd();
        v->fiq_r8[i] = rnd();
    }
    v->cpsr = (rnd() & FLAGS) | modes[rnd() & 7] | (rnd() & PSR_MASKS);
    v->cp15.tpidrurw = rnd();
    v->cp15.tpidruro = rnd();
    v->cp15.tpidrprw = rnd();
    v->cp15.dfsr = rnd();
    v->cp15.ifsr = rnd();
    v->cp15.dfar = rnd();
    v->cp15.ifar = rnd();
    v->cp15.contextidr = rnd();
    v->cp15.dacr = rnd() & rnd();
    v->cp15.sctlr = SCTLR_RESET | (rnd() & (SCTLR_M | SCTLR_C | SCTLR_V));
    v->cp15.cpacr = rnd() & 0x00f00000u;
    v->fpexc = rnd() & BIT(30);
    if (a32_decode(insn)->class == A32_MSR_CPSR && !(insn & BIT(25)) && (insn & 15) != 15)
        v->r[insn & 15] = (rnd() & ~0xffu) | ((v->cpsr ^ flips[rnd() & 7]) & 0xff);
    /* MCR DACR: one that gives more */
    if ((insn & 0x0fff0fff) == 0x0e030f10 && BITS(insn, 15, 12) != 15 && (rnd() & 1))
        v->r[BITS(insn, 15, 12)] = v->cp15.dacr | (rnd() & rnd());
    /* TLBIMVA of what is not held, or not that */
    state->tlbi_absent = rnd() % 2 ? STATE_NONE_ABSENT : v->r[BITS(insn, 15, 12) % 15];
}

/* --- what cp15.c leaves to the VMM --- */

void cp15_hook_tlbi(struct vcpu *vcpu, enum tlbi_kind kind, uint32_t arg)
{
    (void)vcpu;
    if (kind == TLBI_MVA && arg != state->tlbi_absent) {
        ref_machine->tlbi_count++;
        ref_machine->tlbi_sum += arg;
    }
}

void cp15_hook_icache(struct vcpu *vcpu, bool all, uint32_t mva)
{
    (void)vcpu;
    (void)all;
    (void)mva;
}

void cp15_hook_space(struct vcpu *vcpu) { (void)vcpu; }
void cp15_hook_dacr(struct vcpu *vcpu) { (void)vcpu; }
void cp15_hook_cpacr(struct vcpu *vcpu) { (void)vcpu; }

uint64_t cp15_hook_time(struct vcpu *vcpu)
{
    (void)vcpu;
    return 0;
}

void cp15_hook_timer_read(struct vcpu *vcpu, enum timer_reg reg, uint64_t *value)
{
    (void)vcpu;
    (void)reg;
    *value = 0;
}

void cp15_hook_timer_write(struct vcpu *vcpu, enum timer_reg reg, uint64_t value)
{
    (void)vcpu;
    (void)reg;
    (void)value;
}

bool cp15_hook_ats(struct vcpu *vcpu, enum ats_kind kind, uint32_t va, uint32_t *par)
{
    (void)vcpu;
    (void)kind;
    (void)va;
    *par = 0;
    return true;
}
