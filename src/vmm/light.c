/*
 * Light exits: what a guest kernel does thousands of times a second and what needs nothing of the vcpu but r[0..15].
 * The vectors call these functions before the run loop knows; each either does all there is to do, and the guest goes
 * on, or changes nothing, and the exit takes the long way, where the same is done by the book (run.c).
 *
 * In here the vcpu is the hardware's: r[15] and cpsr as the exception left them, banked registers in the
 * state page.  An instruction in a stub has not been undone; only what resumes at that very word may be light then.
 */
#include <string.h>

#include "arch/armv7/frame.h"
#include "arch/armv7/guest.h"
#include "arch/armv7/layout.h"
#include "arch/armv7/sysreg.h"
#include "core/cp15.h"
#include "core/gmem.h"
#include "lib/bits.h"
#include "shadow/quick.h"
#include "vmm/vmm.h"
#include "vmm/world.h"
#include "xlate/ldst.h"

/* CP15's c2, c7 (less address translation, which may abort), c8, c13 (CONTEXTIDR only), c14: what they do is outside
 * the vcpu's registers. */
#define LIGHT_CP15 (BIT(2) | BIT(7) | BIT(8) | BIT(13) | BIT(14))
#define GO_ON 0u
/* ldr ra, [ra, #STATE_QUEUE_PROBE]: only the stub of a DSB has it; the word before loads ra. */
#define DSB_PROBE (0x05900000u | STATE_QUEUE_PROBE)
/* ldr ra, [ra], of others */
#define LDR_SAME 0x05900000u

static void count(enum exit_reason reason)
{
    world_light[reason]++;
}

static unsigned counted(enum exit_reason reason)
{
    count(reason);
    return GO_ON;
}

/* May the guest take an interrupt here?  Then the run loop must. */
static bool interrupted(const struct vcpu *vcpu)
{
    const struct vgic *gic = vcpu->vm->vgic;

    return (vgic_irq_pending(gic) && !(vmm.state->ctl & PSR_I)) || (vgic_fiq_pending(gic) && !(guest_fast.ctl & PSR_F));
}

/* Who may fill, or remember something of the guest's tables: then no page is known to be absent (arch/state.h).  The
 * run loop always may. */
static void forget_absent(void)
{
    vmm.state->tlbi_absent = STATE_NONE_ABSENT;
}

/* The space that was written, if any, is the current one, and the hardware has it, whatever comes of the exit.  What
 * the exit needs of translated code must have been read: this view may not have it. */
static bool enter_space(struct vcpu *vcpu)
{
    if (!world_enter_space(vcpu))
        return false;
    world_reload(vcpu, true);
    return true;
}

/* DACR as the guest kernel has written it.  False: that changes the hardware's or the shadows, the long way. */
static inline bool sync_dacr(struct vcpu *vcpu)
{
    if (vmm.state->dacr == vcpu->cp15.dacr)
        return true;
    world_sync_shared(vcpu);
    return !guest_fast.dacr_block && !world_dacr_is_shadows();
}

/* Is there something that only the run loop can do? */
static bool must_leave(const struct vcpu *vcpu)
{
    return vmm_claims_lost() || interrupted(vcpu) || vcpu->vm->state != VM_RUNNING;
}

/* The instruction at pc is complete: by the entry map, since what stands behind it may be the guest's no longer. */
static unsigned go_on_anew(struct vcpu *vcpu, uint32_t pc)
{
    vcpu->r[15] = pc + 4;
    if (must_leave(vcpu))
        return EXIT_DONE | EXIT_KERNEL;
    world_reload(vcpu, true);
    vcpu->r[15] = fault_code_entry(pc + 4);
    return GO_ON;
}

/*
 * The instruction that left at hw_pc is complete.  What comes next stands behind it, in place and in a stub, as long
 * as translations are where they were: 'entries' is what fault_code_changes was before, which tells of displaced ones.
 */
static unsigned go_on_behind(struct vcpu *vcpu, uint32_t hw_pc, uint32_t entries)
{
    if (must_leave(vcpu) || entries != fault_code_changes) {
        xlate_unwind(&vmm.xlate, hw_pc, vcpu->r, &vcpu->cpsr);
        return go_on_anew(vcpu, vcpu->r[15]);
    }
    world_reload(vcpu, true);
    vcpu->r[15] = hw_pc + 4;
    return GO_ON;
}

/* Words of CP15 accesses but for Rt (arch/state.h) */
#define CP15_WORD(crn, crm, op2) (XLATE_SVC_CP15 | (op2) << 10 | (crm) << 13 | (crn) << 17)
#define CP15_WORD_MASK 0x00fffc3fu

/* MCR and MRC of CP15, as the exit's word tells them; false: nothing was done. */
static bool cp15_access(struct vcpu *vcpu, uint32_t word)
{
    unsigned rt = BITS(word, 9, 6), op2 = BITS(word, 12, 10), crm = BITS(word, 16, 13), crn = BITS(word, 20, 17);
    uint32_t psr = vcpu->cpsr, value = 0;
    enum cp_result result;

    if (!(BIT(crn) & LIGHT_CP15) || rt == 15 || (crn == 13 && op2 != 1) || (crn == 7 && crm == 8))
        return false;
    vcpu->cpsr = guest_fast.ctl; /* a privileged mode, for who asks */
    if (word & BIT(21))
        result = cp15_read(vcpu, crn, 0, crm, op2, &value);
    else
        result = cp15_write(vcpu, crn, 0, crm, op2, vcpu->r[rt]);
    vcpu->cpsr = psr;
    if (result != CP_OK)
        return false;
    if (word & BIT(21))
        vcpu->r[rt] = value;
    count(REASON_exit_emulate);
    return true;
}

/* How often translations were changed or dropped, which I-cache maintenance and flash do. */
static uint32_t translation_changes(const struct vcpu *vcpu)
{
    const struct vm_stats *stats = &vcpu->vm->stats;

    return (uint32_t)(stats->xlate_resync + stats->xlate_inval + stats->xlate_flush);
}

/* ICIMVAU of what was not written since it was translated, if it was: nothing is to be done. */
static bool line_is_clean(struct vcpu *vcpu, uint32_t word)
{
    unsigned rt = BITS(word, 9, 6);
    gpa_t pa;

    if ((word & CP15_WORD_MASK) != CP15_WORD(7u, 5u, 1u) || rt == 15 ||
        !shadow_quick_ram(&vmm.shadow, vcpu->r[rt], &pa) || codesync_is_dirty(pa))
        return false;
    vcpu->vm->stats.icache_inv++;
    return true;
}

/* CP15's c7. */
static unsigned cache_access(struct vcpu *vcpu, unsigned why, uint32_t word, uint32_t hw_pc)
{
    uint32_t changes = translation_changes(vcpu), entries = fault_code_changes, pc;
    enum unwind_result unwound;
    bool done = false;

    if (line_is_clean(vcpu, word)) {
        vcpu->r[15] = hw_pc + 4;
        return counted(REASON_exit_emulate);
    }
    forget_absent();
    /* now, since the page may be gone afterwards */
    unwound = xlate_unwind(&vmm.xlate, hw_pc, vcpu->r, &vcpu->cpsr);
    if (unwound == UNWIND_COMPLETED)
        return EXIT_DONE | EXIT_KERNEL;
    if (unwound == UNWIND_CLEAN)
        done = cp15_access(vcpu, word);
    pc = vcpu->r[15];
    vcpu->r[15] = hw_pc + 4;
    if (!done)
        return why;
    return changes == translation_changes(vcpu) ? go_on_behind(vcpu, hw_pc, entries) : go_on_anew(vcpu, pc);
}

/* MRRC of the counters: sched_clock() and delay loops. */
static bool counter_read(struct vcpu *vcpu, uint32_t word)
{
    unsigned rt = BITS(word, 9, 6), rt2 = BITS(word, 13, 10);
    uint64_t now;

    if ((word & 0x3f) != XLATE_SVC_CP15_64 || rt == 15 || rt2 == 15 || BITS(word, 17, 14) != 14 ||
        BITS(word, 21, 18) > 1 || !(word & BIT(22)))
        return false;
    now = clock_now();
    vcpu->r[rt] = (uint32_t)now;
    vcpu->r[rt2] = (uint32_t)(now >> 32);
    return true;
}

/* MCRR of the timers' compare values, false: nothing was done. */
static bool timer_write(struct vcpu *vcpu, uint32_t word)
{
    unsigned rt = BITS(word, 9, 6), rt2 = BITS(word, 13, 10), op1 = BITS(word, 21, 18);

    if ((word & BIT(22)) || rt == 15 || rt2 == 15 || BITS(word, 17, 14) != 14 || op1 < 2 || op1 > 3)
        return false;
    cp15_hook_timer_write(vcpu, op1 == 2 ? TIMER_CNTP_CVAL : TIMER_CNTV_CVAL,
                          (uint64_t)vcpu->r[rt2] << 32 | vcpu->r[rt]);
    count(REASON_exit_emulate);
    return true;
}

/* TTBR0 and CONTEXTIDR; between spaces the vectors do it. */
static bool space_write(struct vcpu *vcpu, uint32_t word)
{
    uint32_t *reg = word & XLATE_SVC_CONTEXTIDR ? &vcpu->cp15.contextidr : &vcpu->cp15.ttbr0;

    return (word & XLATE_SVC_SPACE) && world_write_space(vcpu, reg, vcpu->r[BITS(word, 9, 6)]);
}

/* The guest's registers and flags at an instruction that is to be done, and has not begun; false: one that has. */
struct boundary { uint32_t r[16], cpsr; };

static bool at_boundary(const struct vcpu *vcpu, uint32_t hw_pc, struct boundary *b)
{
    uint32_t slot = vmm.state->slot[SLOT_T];
    enum unwind_result result;

    memcpy(b->r, vcpu->r, sizeof(b->r));
    b->cpsr = vcpu->cpsr;
    result = xlate_unwind(&vmm.xlate, hw_pc, b->r, &b->cpsr);
    if (result == UNWIND_CLEAN)
        return true;
    vmm.state->slot[SLOT_T] = slot; /* the long way will finish the instruction */
    return false;
}

static void go_to_boundary(struct vcpu *vcpu, const struct boundary *b)
{
    memcpy(vcpu->r, b->r, sizeof(b->r));
    vcpu->cpsr = b->cpsr;
}

#define LDMIA_RETURN 0xe8d08000u /* LDMIA rn, {..., pc}^, always */
#define LDMIA_RETURN_MASK 0xfff08000u

/* The LDM at hw_pc, if it is of that form. */
static bool is_ldm_return(struct vcpu *vcpu, uint32_t hw_pc, uint32_t *insn)
{
    const uint32_t *word;
    struct boundary b;

    if (!at_boundary(vcpu, hw_pc, &b) || !(word = access_peek(vcpu, b.r[15])))
        return false;
    *insn = *word;
    return (*insn & LDMIA_RETURN_MASK) == LDMIA_RETURN && BITS(*insn, 19, 16) != 15;
}

/* A kernel's return from an exception that it took in a privileged mode: all registers by one LDM. */
static unsigned ldm_return(struct vcpu *vcpu, unsigned why, uint32_t hw_pc)
{
    uint32_t insn, psr = vmm.state->spsr, addr;
    const uint32_t *words;

    world_sync_shared(vcpu);
    if (!world_may_return(psr) || vmm_claims_lost() || !is_ldm_return(vcpu, hw_pc, &insn))
        return why;
    addr = vcpu->r[BITS(insn, 19, 16)];
    if ((addr & 3) || (addr & 4095) + 4 * 16 > 4096 || !(words = access_peek(vcpu, addr)))
        return why;
    for (unsigned i = 0; i < 15; i++) {
        if (insn & BIT(i))
            vcpu->r[i] = *words++;
    }
    world_return(vcpu, psr);
    vcpu->r[15] = fault_code_entry(ALIGN_DOWN(*words, 4));
    return counted(REASON_exit_emulate);
}

/* MOVS pc, lr between spaces: now the short path can take it. */
static unsigned return_again(struct vcpu *vcpu, unsigned why, uint32_t hw_pc)
{
    if (vmm_claims_lost() || guest_fast.eret_block)
        return why;
    vcpu->r[15] = hw_pc;
    return GO_ON;
}

/* A T32 SVC is not at hw_pc, and nothing may be mapped there. */
static uint32_t read_word(const struct vcpu *vcpu)
{
    world_word = vcpu->cpsr & PSR_T ? 0 : load_unprivileged(vcpu->r[15] - 4);
    return world_word;
}

/* MCR DACR where it is not known yet whether it takes access away (xlate/habit.c): what the vectors do, and a look. */
static unsigned dacr_tried(struct vcpu *vcpu, unsigned why, uint32_t word, uint32_t hw_pc)
{
    uint32_t dacr = vcpu->r[BITS(word, XLATE_SVC_REG + 3, XLATE_SVC_REG)];
    bool tightens = guest_dacr() & ~dacr & guest_fast.dacr_keep;
    struct boundary b;

    if (guest_fast.dacr_block || !at_boundary(vcpu, hw_pc, &b))
        return why;
    if (tightens)
        world_tighten_dacr(dacr);
    if (xlate_dacr_written(&vmm.xlate, b.r[15], tightens))
        codesync_forget_stub(b.r[15]);
    vcpu->r[15] = hw_pc + 4; /* this stub stays as it is until all go */
    return counted(REASON_exit_emulate);
}

static unsigned kernel_svc(struct vcpu *vcpu, unsigned why)
{
    uint32_t hw_pc = vcpu->r[15] - 4, entries = fault_code_changes, word = read_word(vcpu);
    bool was_between;

    if (!word)
        return why;
    if ((word & 0xff) == XLATE_SVC_DACR_TRY)
        return dacr_tried(vcpu, why, word, hw_pc);
    if ((word & 0x3f) == XLATE_SVC_CP15 ? space_write(vcpu, word) : counter_read(vcpu, word))
        return counted(REASON_exit_emulate);
    was_between = enter_space(vcpu);
    if (was_between)
        forget_absent();
    if (was_between && vmm_claims_lost())
        return why;
    if ((word & 0x3f) == XLATE_SVC_CP15 && BITS(word, 20, 17) == 7)
        return cache_access(vcpu, why, word, hw_pc);
    forget_absent();
    if ((word & 0x3f) == XLATE_SVC_CP15)
        return cp15_access(vcpu, word) ? go_on_behind(vcpu, hw_pc, entries) : why;
    if ((word & 0x3f) == XLATE_SVC_CP15_64)
        return timer_write(vcpu, word) ? go_on_behind(vcpu, hw_pc, entries) : why;
    if ((word & 0xff) == A32_ERET)
        return ldm_return(vcpu, why, hw_pc);
    if (was_between && (word & 0xffffff) == XLATE_SVC_ERET)
        return return_again(vcpu, why, hw_pc);
    if ((word & 0xff) != XLATE_SVC_LAZY || !codesync_make_stub(hw_pc))
        return why;
    vcpu->r[15] = hw_pc;
    return counted(REASON_exit_lazy);
}

#define VMSR_FPEXC 0x0ee80a10u
#define VMSR_FPEXC_MASK 0x0fff0fffu

/* VMSR of FPEXC that disables what the hardware has enabled: once it has not, the stub can do the rest. */
static unsigned disable_vfp(struct vcpu *vcpu, unsigned why, uint32_t hw_pc)
{
    const uint32_t *insn;
    struct boundary b;

    if (!guest_vfp_enabled() || !at_boundary(vcpu, hw_pc, &b) || !(insn = access_peek(vcpu, b.r[15])) ||
        (*insn & VMSR_FPEXC_MASK) != VMSR_FPEXC)
        return why;
    world_switch_vfp(false);
    go_to_boundary(vcpu, &b);
    vcpu->r[15] = fault_code_entry(b.r[15]);
    return counted(REASON_exit_dabt_kernel);
}

/* A VFP instruction that the guest has enabled, and the hardware not yet. */
static unsigned undefined(struct vcpu *vcpu, unsigned why)
{
    world_sync_shared(vcpu);
    if (guest_vfp_enabled() || BITS(vcpu->cp15.cpacr, 21, 20) != 3 || !world_vfp_usable(vcpu))
        return why;
    world_switch_vfp(true);
    vcpu->r[15] -= vcpu->cpsr & PSR_T ? 2 : 4;
    return counted(why & EXIT_KERNEL ? REASON_exit_und_kernel : REASON_exit_und_user);
}

/*
 * TLBIMVA of one page, among global ones, of which no shadow had anything: the guest kernel has just mapped it, and is
 * about to use it.  Any mapping that does not fault may be held (B3.10.1).  Otherwise nothing of the page is held
 * now, and the next TLBIMVA of it, when it is mapped again, need not exit: a kernel patches code so, through the same
 * page for each place.
 */
static void complete_tlbi(void)
{
    uint32_t arg = vmm.state->tlbi[0];
    bool one = vmm.state->tlbi_next == VMM_STATE + STATE_QUEUE + 4;
    uint64_t drops = vmm.vm.stats.shadow_drop;
    struct walk_result w;

    world_complete_tlbi();
    forget_absent();
    if (!one || (drops == vmm.vm.stats.shadow_drop && shadow_has_global_table(&vmm.shadow, arg) &&
                 shadow_quick(&vmm.shadow, VIEW_KERNEL, ALIGN_DOWN(arg, 4096), ACCESS_READ, &w) == QUICK_FILLED))
        return;
    if (vmm.shadow.quick)
        vmm.state->tlbi_absent = arg;
}

/* A DSB with TLB operations waiting: back to where its stub looks at the queue. */
static unsigned barrier(struct vcpu *vcpu, unsigned why, uint32_t word)
{
    uint32_t hw_pc = vcpu->r[15] - 8;
    uint32_t drops = vmm.shadow.code_drops, entries = fault_code_changes;

    if ((word & 0x0ff00fffu) == LDR_SAME && BITS(word, 19, 16) == BITS(word, 15, 12))
        return disable_vfp(vcpu, why, hw_pc);
    if ((word & 0x0ff00fffu) != DSB_PROBE || BITS(word, 19, 16) != BITS(word, 15, 12))
        return why;
    complete_tlbi();
    if ((vmm.shadow.code_drops != drops || entries != fault_code_changes) &&
        xlate_unwind(&vmm.xlate, hw_pc, vcpu->r, &vcpu->cpsr) == UNWIND_CLEAN) {
        count(REASON_exit_dabt_kernel);
        return go_on_anew(vcpu, vcpu->r[15]); /* perhaps of the very code that goes on here */
    }
    world_reload(vcpu, true);
    count(REASON_exit_dabt_kernel);
    vcpu->r[15] = hw_pc - 4;
    return GO_ON;
}

/* A load or store of one register without write-back. */
struct single { uint32_t addr; uint8_t rt, size; bool store, sign; };

/* The forms that drivers and patchers use: LDR, STR, LDRB, STRB, LDRH, STRH with an immediate offset (A8.8.63,
 * A8.8.80). */
static bool usual_single(uint32_t insn, const uint32_t r[16], struct single *s)
{
    bool word = (insn & 0x0f200000u) == 0x05000000u, half = (insn & 0x0f6000f0u) == 0x014000b0u;
    unsigned rn = BITS(insn, 19, 16);
    uint32_t offset = word ? insn & 0xfff : BITS(insn, 11, 8) << 4 | (insn & 15);

    *s = (struct single){ .rt = BITS(insn, 15, 12), .store = !(insn & BIT(20)) };
    if (insn >> 28 == 15 || !(word || half) || rn == 15 || s->rt == 15)
        return false;
    s->addr = r[rn] + (insn & BIT(23) ? offset : -offset);
    s->size = half ? 2 : insn & BIT(22) ? 1 : 4;
    return true;
}

static bool any_single(uint32_t insn, const struct vcpu *vcpu, struct single *s)
{
    struct ldst_access access;
    struct ldst ls;

    if (!ldst_decode(insn, false, &ls) || (ls.kind != LDST_STORE && ls.kind != LDST_LOAD) || ls.count != 1 ||
        ls.unpriv || ls.wback || ls.rt == 15 || ls.rn == 15)
        return false;
    ldst_address(&ls, vcpu->r, vcpu->cpsr, &access);
    *s = (struct single){ access.addr, ls.rt, ls.size, ls.kind == LDST_STORE, ls.sign };
    return true;
}

/* The access that aborted at va: the word in place is the instruction, and its condition held.  False: something
 * else. */
static bool single_access(const struct vcpu *vcpu, uint32_t va, bool write, struct single *s)
{
    uint32_t hw_pc = vcpu->r[15] - 8, insn;

    if (xlate_arena_at(&vmm.xlate, hw_pc))
        return false;
    insn = load_unprivileged(hw_pc);
    return (usual_single(insn, vcpu->r, s) || any_single(insn, vcpu, s)) && s->store == write &&
           s->addr == va; /* or it began in another page */
}

/* An instruction in place is complete, and may have changed code. */
static unsigned go_on_after(struct vcpu *vcpu, uint32_t hw_pc, uint32_t changes, uint32_t entries)
{
    if (changes != translation_changes(vcpu))
        return go_on_anew(vcpu, hw_pc - XLATE_D);
    return go_on_behind(vcpu, hw_pc, entries);
}

/* A device's register. */
static unsigned device(struct vcpu *vcpu, unsigned why, const struct walk_result *w, uint32_t va, bool write)
{
    uint32_t hw_pc = vcpu->r[15] - 8, value = 0, changes = translation_changes(vcpu), entries = fault_code_changes;
    struct single s;

    if (!single_access(vcpu, va, write, &s))
        return why;
    if (write)
        value = s.size == 4 ? vcpu->r[s.rt] : vcpu->r[s.rt] & (BIT(8 * s.size) - 1);
    if (!access_device(vcpu, w->pa, s.size, write, &value))
        return why;
    if (!write)
        vcpu->r[s.rt] = s.sign ? (uint32_t)sign_extend(value, 8 * s.size) : value;
    count(REASON_exit_dabt_kernel);
    return go_on_after(vcpu, hw_pc, changes, entries);
}

#define MANY_STORES 8
#define NO_TLBI (STATE_NONE_ABSENT + 1)

/*
 * One word stored to a page that has just been mapped, and of which nothing is held: it is stored here, and nothing
 * comes to be held, so that the TLBIMVA when the page is unmapped needs no exit, either.  Where a second store to the
 * same mapping follows, the next few are filled at once.  False: the guest is as it was; otherwise *next answers the
 * exit.
 */
static bool poke(struct vcpu *vcpu, uint32_t va, uint32_t absent, unsigned *next)
{
    uint32_t changes = translation_changes(vcpu), entries = fault_code_changes;
    static unsigned distrust;
    struct single s;
    gpa_t pa;

    if (vmm.state->tlbi_last != absent)
        distrust = MANY_STORES;
    else if (distrust)
        distrust--;
    if (distrust || !single_access(vcpu, va, true, &s) || s.size != 4 || (va & 3) ||
        !shadow_quick_store(&vmm.shadow, va, &pa))
        return false;
    codesync_store(pa, vcpu->r[s.rt]);
    vmm.state->tlbi_absent = absent;
    vmm.state->tlbi_last = NO_TLBI;
    count(REASON_exit_dabt_kernel);
    vcpu->vm->stats.fault_poked++;
    *next = go_on_after(vcpu, vcpu->r[15] - 8, changes, entries);
    return true;
}

static void note_data_fault(struct vcpu *vcpu, uint32_t va, bool write, const struct walk_result *w)
{
    vcpu->cp15.dfar = vmm.state->dfar = va;
    vcpu->cp15.dfsr = vmm.state->dfsr = access_dfsr(w->fault, w, write);
    vcpu->vm->stats.fault_reflected++;
    vcpu->vm->stats.exc_dabt++;
}

static unsigned kernel_data_fault(struct vcpu *vcpu, unsigned why, uint32_t va, bool write, const struct walk_result *w)
{
    struct boundary b;

    if (!world_kernel_aborts() || !at_boundary(vcpu, vcpu->r[15] - 8, &b))
        return why;
    go_to_boundary(vcpu, &b);
    world_kernel_abort(vcpu, EXC_DABT, b.r[15] + 8);
    note_data_fault(vcpu, va, write, w);
    return counted(REASON_exit_dabt_kernel);
}

static unsigned user_data_fault(struct vcpu *vcpu, unsigned why, uint32_t va, bool write, const struct walk_result *w)
{
    if (!world_user_exception(vcpu, EXC_DABT, vcpu->r[15]))
        return why;
    note_data_fault(vcpu, va, write, w);
    return counted(REASON_exit_dabt_user);
}

static unsigned user_fetch_fault(struct vcpu *vcpu, unsigned why, uint32_t pc, const struct walk_result *w)
{
    if (!world_user_exception(vcpu, EXC_PABT, vcpu->r[15]))
        return why;
    vcpu->cp15.ifar = vmm.state->ifar = pc;
    vcpu->cp15.ifsr = vmm.state->ifsr = access_dfsr(w->fault, w, false);
    vcpu->vm->stats.fault_reflected++;
    vcpu->vm->stats.exc_pabt++;
    return counted(REASON_exit_pabt_user);
}

/* The hot path of faults: once it has filled, the guest can go on as it was, since nothing else has changed. */
static inline enum quick_answer quick(struct vcpu *vcpu, enum shadow_mode mode, uint32_t va, enum access_kind kind,
                                      struct walk_result *w)
{
    enum quick_answer answer = shadow_quick(&vmm.shadow, mode, va, kind, w);

    if (answer == QUICK_FILLED)
        vcpu->vm->stats.fault_hidden++;
    return answer;
}

/* The access that aborted is tried again. */
static unsigned again(struct vcpu *vcpu, enum exit_reason reason)
{
    vcpu->r[15] -= 8;
    return counted(reason);
}

static unsigned again_anew(struct vcpu *vcpu, bool kernel)
{
    world_reload(vcpu, kernel);
    return again(vcpu, kernel ? REASON_exit_dabt_kernel : REASON_exit_dabt_user);
}

static bool is_device(const struct vcpu *vcpu, uint32_t va, gpa_t pa)
{
    return (va < VMM_BASE || va >= VMM_END) && !gmem_is_rom(vcpu->vm, pa, 1);
}

/* Between spaces: the space's own shadow may have it. */
static unsigned data_between(struct vcpu *vcpu, unsigned why, uint32_t dfsr)
{
    enter_space(vcpu);
    forget_absent();
    if (vmm_claims_lost() || !fault_is_mapping(dfsr) || !sync_dacr(vcpu))
        return why;
    return again(vcpu, REASON_exit_dabt_kernel);
}

static unsigned kernel_data(struct vcpu *vcpu, unsigned why)
{
    uint32_t va = read_dfar(), dfsr = read_dfsr(), absent, word;
    bool thumb = vcpu->cpsr & PSR_T, probe = !thumb && ALIGN_DOWN(va, MiB) == VMM_STATE, write = dfsr & DFSR_WNR;
    enum access_kind kind = write ? ACCESS_WRITE : ACCESS_READ;
    struct walk_result w;
    unsigned next;

    if (guest_fast.between && !thumb && !probe)
        return data_between(vcpu, why, dfsr);
    word = probe ? load_unprivileged(vcpu->r[15] - 8) : 0;
    enter_space(vcpu);
    absent = vmm.state->tlbi_absent;
    forget_absent();
    if (thumb || vmm_claims_lost())
        return why;
    if (probe)
        return barrier(vcpu, why, word);
    if (!fault_is_mapping(dfsr) || !sync_dacr(vcpu))
        return why;
    if (write && !((va ^ absent) >> 12) && poke(vcpu, va, absent, &next))
        return next;
    switch (quick(vcpu, VIEW_KERNEL, va, kind, &w)) {
    case QUICK_FILLED: return again(vcpu, REASON_exit_dabt_kernel);
    case QUICK_FAULT: return kernel_data_fault(vcpu, why, va, write, &w);
    case QUICK_OUTSIDE:
        if (is_device(vcpu, va, w.pa))
            return device(vcpu, why, &w, va, write);
        break;
    case QUICK_NONE: break;
    }
    switch (fault_try(vcpu, va, kind, true, &w)) {
    case FAULT_FILLED: return world_dacr_late() ? why : again_anew(vcpu, true);
    case FAULT_DEVICE: return device(vcpu, why, &w, va, write);
    case FAULT_REFLECT: return kernel_data_fault(vcpu, why, va, write, &w);
    default: return why;
    }
}

static unsigned user_data(struct vcpu *vcpu, unsigned why)
{
    uint32_t va = read_dfar(), dfsr = read_dfsr();
    bool write = dfsr & DFSR_WNR;
    enum access_kind kind = write ? ACCESS_WRITE : ACCESS_READ;
    struct walk_result w;

    forget_absent();
    if (!fault_is_mapping(dfsr) || !sync_dacr(vcpu))
        return why;
    switch (quick(vcpu, VIEW_USER, va, kind, &w)) {
    case QUICK_FILLED: return again(vcpu, REASON_exit_dabt_user);
    case QUICK_FAULT: return user_data_fault(vcpu, why, va, write, &w);
    default: break;
    }
    switch (fault_try(vcpu, va, kind, false, &w)) {
    case FAULT_FILLED: return world_dacr_late() ? why : again_anew(vcpu, false);
    case FAULT_REFLECT: return user_data_fault(vcpu, why, va, write, &w);
    default: return why;
    }
}

static unsigned user_fetch(struct vcpu *vcpu, unsigned why)
{
    uint32_t pc = vcpu->r[15] - 4, ifsr = read_ifsr();
    struct walk_result w;

    forget_absent();
    if (!fault_is_mapping(ifsr) || ((vcpu->cpsr & PSR_T) && (pc & 0xfff) == 0xffe))
        return why; /* two pages, perhaps */
    if (!sync_dacr(vcpu))
        return why;
    switch (quick(vcpu, VIEW_USER, pc, ACCESS_FETCH, &w)) {
    case QUICK_FILLED: vcpu->r[15] = pc; return counted(REASON_exit_pabt_user);
    case QUICK_FAULT: return user_fetch_fault(vcpu, why, pc, &w);
    default: break;
    }
    switch (fault_try(vcpu, pc, ACCESS_FETCH, false, &w)) {
    case FAULT_FILLED: break;
    case FAULT_REFLECT: return user_fetch_fault(vcpu, why, pc, &w);
    default: return why;
    }
    if (world_dacr_late())
        return why;
    count(REASON_exit_pabt_user);
    world_reload(vcpu, false);
    vcpu->r[15] = pc;
    return GO_ON;
}

/* An interrupt in guest user becomes one of the guest's, or was umbra's own. */
static unsigned user_interrupt(struct vcpu *vcpu, unsigned why)
{
    const struct vgic *gic = vcpu->vm->vgic;

    clock_host_irq(); /* once more, with nothing to do, should this not be all */
    if (vgic_fiq_pending(gic) || vcpu->vm->state != VM_RUNNING)
        return why;
    if (!vgic_irq_pending(gic) || (guest_fast.masks & PSR_I)) {
        world_reload(vcpu, false); /* one that waits must be known when the guest kernel unmasks */
        vcpu->r[15] -= 4;
    } else if (world_user_exception(vcpu, EXC_IRQ, vcpu->r[15])) {
        vcpu->vm->stats.exc_irq++;
    } else {
        return why;
    }
    return counted(REASON_exit_irq);
}

static unsigned stay(struct vcpu *vcpu, unsigned why)
{
    if (why == (EXIT_SVC | EXIT_KERNEL))
        read_word(vcpu);
    return why;
}

void light_init(bool on)
{
    guest_light[EXIT_UND] = guest_light[EXIT_UND + EXIT_KERNEL] = on ? undefined : stay;
    guest_light[EXIT_PABT] = on ? user_fetch : stay;
    guest_light[EXIT_DABT] = on ? user_data : stay;
    guest_light[EXIT_IRQ] = on ? user_interrupt : stay;
    guest_light[EXIT_SVC + EXIT_KERNEL] = on ? kernel_svc : stay;
    guest_light[EXIT_DABT + EXIT_KERNEL] = on ? kernel_data : stay;
    if (on)
        clock_init_fast();
}
