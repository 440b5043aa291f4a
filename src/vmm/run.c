/* The run loop: enter the guest, make its state precise, act on why it came back. */
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include "arch/armv7/guest.h"
#include "arch/armv7/layout.h"
#include "arch/armv7/sysreg.h"
#include "core/cp15.h"
#include "core/gmem.h"
#include "core/pool.h"
#include "lib/check.h"
#include "lib/log.h"
#include "vmm/trace.h"
#include "vmm/vmm.h"
#include "vmm/world.h"

/* CP15's c2, c7 (less address translation, which may abort), c8, c13 (CONTEXTIDR only), c14: what they do is outside
 * the vcpu's registers. */
#define LIGHT_CP15 (BIT(2) | BIT(7) | BIT(8) | BIT(13) | BIT(14))

#define EXITS_FIRST (offsetof(struct vm_stats, exit_svc_user) / sizeof(uint64_t))
/* Rounds of the loop in software before host interrupts are looked at. */
#define SOFTWARE_STEPS_MAX 32

void vmm_dump(void)
{
    const struct vcpu *v = &vmm.vm.vcpu;

    log_info("%s: pc %08lx cpsr %08lx sp %08lx lr %08lx", vmm.vm.name, (unsigned long)v->r[15],
             (unsigned long)v->cpsr, (unsigned long)v->r[13], (unsigned long)v->r[14]);
    for (unsigned i = 0; i < 12; i += 4)
        log_info("  r%-2u %08lx %08lx %08lx %08lx", i, (unsigned long)v->r[i], (unsigned long)v->r[i + 1],
                 (unsigned long)v->r[i + 2], (unsigned long)v->r[i + 3]);
    log_info("  r12 %08lx", (unsigned long)v->r[12]);
    log_info("  SCTLR %08lx TTBR0 %08lx TTBR1 %08lx TTBCR %lx DACR %08lx CONTEXTIDR %08lx",
             (unsigned long)v->cp15.sctlr, (unsigned long)v->cp15.ttbr0, (unsigned long)v->cp15.ttbr1,
             (unsigned long)v->cp15.ttbcr, (unsigned long)v->cp15.dacr, (unsigned long)v->cp15.contextidr);
    log_info("  DFSR %lx DFAR %08lx IFSR %lx IFAR %08lx VBAR %08lx", (unsigned long)v->cp15.dfsr,
             (unsigned long)v->cp15.dfar, (unsigned long)v->cp15.ifsr, (unsigned long)v->cp15.ifar,
             (unsigned long)v->cp15.vbar);
}

void vmm_stop(const char *fmt, ...)
{
    va_list ap;

    log_raw("umbra: %s: stopped: ", vmm.vm.name);
    va_start(ap, fmt);
    log_vraw(fmt, ap);
    va_end(ap);
    log_raw("\n");
    vmm_dump();
    vmm.vm.state = VM_STOPPED;
}

/* The guest's place may be ours no longer: translations move. */
static void recheck_claims(void)
{
    vmm.claims_dirty = false;
    if (!shadow_check_claims(&vmm.shadow))
        return;
    log_limited(8, "%s: the guest now maps where translations were; they move", vmm.vm.name);
    codesync_flush();
}

/* VFP is enabled in hardware when it is first used, and stays so until the guest disables it. */
static bool vfp_was_off(const struct vcpu *vcpu)
{
    return world_vfp_usable(vcpu) && !guest_vfp_enabled();
}

/* Once for each exit, with the vcpu as the guest left it. */
static void count_exit(struct vcpu *vcpu, enum exit_reason reason)
{
    struct vm_stats *stats = &vcpu->vm->stats;
    uint64_t *counters = (uint64_t *)stats;

    stats->exit_total++;
    counters[EXITS_FIRST + reason]++;
    trace_exit(vcpu, reason);
}

static void exit_user(struct vcpu *vcpu, enum guest_exit why)
{
    switch (why) {
    case GUEST_EXIT_SVC:
        count_exit(vcpu, REASON_exit_svc_user);
        vcpu_take_exception(vcpu, EXC_SVC);
        break;
    case GUEST_EXIT_UND:
        count_exit(vcpu, REASON_exit_und_user);
        if (!vfp_was_off(vcpu))
            emulate_undefined_user(vcpu);
        break;
    case GUEST_EXIT_PABT:
        count_exit(vcpu, REASON_exit_pabt_user);
        fault_fetch_exit(vcpu);
        break;
    case GUEST_EXIT_DABT:
        count_exit(vcpu, REASON_exit_dabt_user);
        fault_data_exit(vcpu);
        break;
    case GUEST_EXIT_IRQ:
        count_exit(vcpu, REASON_exit_irq);
        world_count();
        clock_host_irq();
        break;
    }
}

/* A branch to an odd address left the A32 entry map: undo what the stubs added (stubs.c). */
static void enter_thumb(struct vcpu *vcpu, uint32_t hw_pc)
{
    uint32_t *target = &vmm.state->slot[SLOT_T];

    vcpu->r[15] = (hw_pc - XLATE_D) ^ XLATE_THUMB_TAG;
    if (*target & 1)
        *target = 0;
    else if (vcpu->r[14] & 1)
        vcpu->r[14] ^= XLATE_THUMB_TAG;
}

static void left_translation(struct vcpu *vcpu, uint32_t hw_pc)
{
    if (vcpu->cpsr & PSR_T)
        enter_thumb(vcpu, hw_pc);
    else
        vcpu->r[15] = hw_pc - XLATE_D;
}

static void kernel_fetch(struct vcpu *vcpu, uint32_t hw_pc)
{
    struct arena *arena = xlate_arena_at(&vmm.xlate, hw_pc);

    if (arena) {
        bool linked = shadow_link_arena(&vmm.shadow, arena->mib, arena->l2);

        /* In no stub: the guest's own branch to an address whose place has become an arena's. */
        if (xlate_unwind(&vmm.xlate, hw_pc, vcpu->r, &vcpu->cpsr) == UNWIND_UNKNOWN)
            left_translation(vcpu, hw_pc);
        if (!linked)
            codesync_flush(); /* the guest took the arena's place: everything moves */
    } else {
        left_translation(vcpu, hw_pc);
    }
    count_exit(vcpu, REASON_exit_pabt_kernel);
    if (!(vcpu->cpsr & PSR_T))
        fault_map_code(vcpu);
    else if (arena)
        thumb_forget(); /* thumb_prepare does what is to be done */
}

static void kernel_data_abort(struct vcpu *vcpu, uint32_t hw_pc, enum unwind_result unwound)
{
    uint32_t va = read_dfar();

    if (unwound == UNWIND_COMPLETED) {
        count_exit(vcpu, REASON_exit_pending); /* a load that tells of a waiting interrupt */
        return;
    }
    count_exit(vcpu, REASON_exit_dabt_kernel);
    if (ALIGN_DOWN(va, MiB) == VMM_STATE && !(vcpu->cpsr & PSR_T) && xlate_arena_at(&vmm.xlate, hw_pc)) {
        emulate_kernel(vcpu); /* an MSR that does more than its stub can */
        return;
    }
    fault_data_exit(vcpu);
}

/* MCR and MRC of CP15 that leave the rest of the vcpu alone (world.h), as the exit's word tells them. */
static bool light_cp15(struct vcpu *vcpu, uint32_t word)
{
    unsigned rt = BITS(word, 9, 6), op2 = BITS(word, 12, 10), crm = BITS(word, 16, 13), crn = BITS(word, 20, 17);

    if (!(BIT(crn) & LIGHT_CP15) || rt == 15 ||
        (crn == 13 && op2 != 1) || (crn == 7 && crm == 8))
        return false;
    count_exit(vcpu, REASON_exit_emulate);
    vcpu->vm->stats.emul_total++;
    emulate_cp15(vcpu, word & BIT(21), crn, crm, op2, rt);
    return true;
}

/* MRRC of the counters: sched_clock() and delay loops. */
static bool light_counter(struct vcpu *vcpu, uint32_t word)
{
    unsigned rt = BITS(word, 9, 6), rt2 = BITS(word, 13, 10);
    uint64_t value;

    if (rt == 15 || rt2 == 15 || BITS(word, 17, 14) != 14 ||
        cp15_read64(vcpu, BITS(word, 17, 14), BITS(word, 21, 18), &value) != CP_OK)
        return false;
    count_exit(vcpu, REASON_exit_emulate);
    vcpu->vm->stats.emul_total++;
    vcpu->vm->stats.emul_cp15++;
    vcpu->r[rt] = (uint32_t)value;
    vcpu->r[rt2] = (uint32_t)(value >> 32);
    vcpu->r[15] += 4;
    return true;
}

/* The first execution of what takes a stub or an exit. */
static bool make_stub(struct vcpu *vcpu, uint32_t hw_pc)
{
    hpa_t words = shadow_kernel_page(&vmm.shadow, hw_pc);
    struct xpage *page = words.v ? xlate_page_at(&vmm.xlate, hw_pc, pool_ptr(words)) : NULL;
    unsigned index = BITS(hw_pc, 11, 2);
    uint32_t insn;

    if (!page || !codesync_word(page->gpa, index, &insn))
        return false;
    count_exit(vcpu, REASON_exit_lazy);
    xlate_make(&vmm.xlate, page, index, insn);
    return true;
}

/* A data abort that filling ends, or a DSB: what was queued is complete with any exit. */
static bool light_data_abort(struct vcpu *vcpu)
{
    uint32_t va = read_dfar(), insn;
    unsigned size;

    if (ALIGN_DOWN(va, MiB) == VMM_STATE) {
        if (!access_insn(vcpu, &insn, &size) || a32_decode(insn)->class != A32_BARRIER)
            return false;
        count_exit(vcpu, REASON_exit_dabt_kernel);
        vcpu->vm->stats.emul_total++;
        vcpu->vm->stats.emul_barrier++;
        vcpu->r[15] += 4;
        return true;
    }
    if (!fault_fill(vcpu, va))
        return false;
    count_exit(vcpu, REASON_exit_dabt_kernel);
    return true;
}

/* What leaves most of the vcpu alone, so that it need not be made precise. */
static bool light_exit(struct vcpu *vcpu, const struct world_exit *exit)
{
    if (vcpu->cpsr & PSR_T)
        return false;
    if (exit->why != GUEST_EXIT_SVC)
        return exit->why == GUEST_EXIT_DABT && light_data_abort(vcpu);
    switch (exit->word & 0x3f) {
    case XLATE_SVC_CP15: return light_cp15(vcpu, exit->word);
    case XLATE_SVC_CP15_64: return light_counter(vcpu, exit->word);
    default: return (exit->word & 0xff) == XLATE_SVC_LAZY && make_stub(vcpu, exit->hw_pc);
    }
}

static void exit_kernel(struct vcpu *vcpu, const struct world_exit *exit)
{
    uint32_t hw_pc = exit->hw_pc;
    enum guest_exit why = exit->why;
    enum unwind_result unwound;

    thumb_left(vcpu, hw_pc);
    if (why == GUEST_EXIT_PABT) {
        world_sync(vcpu);
        kernel_fetch(vcpu, hw_pc);
        return;
    }
    unwound = xlate_unwind(&vmm.xlate, hw_pc, vcpu->r, &vcpu->cpsr);
    if (unwound == UNWIND_CLEAN && light_exit(vcpu, exit))
        return;
    world_sync(vcpu);
    if ((vcpu->cpsr & PSR_T) && !xlate_arena_at(&vmm.xlate, hw_pc)) {
        vmm_stop("a branch to Thumb code met translated ARM code at 0x%08lx: see CAVEATS.md", (unsigned long)hw_pc);
        return;
    }
    if (unwound == UNWIND_UNKNOWN) {
        /* In an arena but in no stub: the guest's own branch to an address whose place that is. */
        log_limited(4, "%s: a branch to where stubs are, 0x%08lx", vcpu->vm->name, (unsigned long)hw_pc);
        left_translation(vcpu, hw_pc);
        if (why == GUEST_EXIT_IRQ)
            clock_host_irq();
        else if (!(vcpu->cpsr & PSR_T))
            fault_map_code(vcpu);
        return;
    }
    switch (why) {
    case GUEST_EXIT_SVC:
        count_exit(vcpu, REASON_exit_emulate);
        emulate_kernel(vcpu);
        break;
    case GUEST_EXIT_UND:
        count_exit(vcpu, REASON_exit_und_kernel);
        if (vfp_was_off(vcpu))
            break;
        if (vcpu->cpsr & PSR_T)
            thumb_undefined(vcpu, hw_pc);
        else
            emulate_inject_undefined(vcpu);
        break;
    case GUEST_EXIT_DABT:
        kernel_data_abort(vcpu, hw_pc, unwound);
        break;
    case GUEST_EXIT_IRQ:
        count_exit(vcpu, REASON_exit_irq);
        world_count();
        clock_host_irq();
        deadend_look(vcpu);
        break;
    case GUEST_EXIT_PABT:
        break;
    }
}

static void inject_interrupts(struct vcpu *vcpu)
{
    const struct vgic *gic = vcpu->vm->vgic;

    if (vgic_fiq_pending(gic) && !(vcpu->cpsr & PSR_F)) {
        world_sync(vcpu);
        vcpu_take_exception(vcpu, EXC_FIQ);
    } else if (vgic_irq_pending(gic) && !(vcpu->cpsr & PSR_I)) {
        world_sync(vcpu);
        vcpu_take_exception(vcpu, EXC_IRQ);
    }
}

/* Is the guest's next instruction ready to execute? Otherwise the run loop starts over. */
static bool prepare(struct vcpu *vcpu)
{
    if (vcpu_is_user(vcpu))
        return true;
    if (vcpu->cpsr & PSR_E) {
        vmm_stop("big-endian data in a privileged mode is not supported");
        return false;
    }
    if (vmm.claims_dirty)
        recheck_claims();
    if (!(vcpu->cpsr & PSR_T) || thumb_prepare(vcpu))
        return true;
    if (++vmm.software_steps % SOFTWARE_STEPS_MAX == 0) {
        world_count();
        clock_host_irq(); /* a guest may run long, or fault for ever, without entering the hardware */
    }
    return false;
}

void vmm_run(void)
{
    struct vcpu *vcpu = &vmm.vm.vcpu;
    struct world_exit exit;

    clock_program(); /* starts the ticks of umbra's own */
    while (vmm.vm.state == VM_RUNNING) {
        if (vcpu->wfi) {
            clock_wait(vcpu);
            vcpu->wfi = false;
        }
        inject_interrupts(vcpu);
        if (!prepare(vcpu))
            continue;
        trace_entry();
        world_run(vcpu, &exit);
        trace_left();
        if (exit.kernel)
            exit_kernel(vcpu, &exit);
        else
            exit_user(vcpu, exit.why);
    }
    world_count();
}
