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
#include "core/pool.h"
#include "lib/log.h"
#include "vmm/trace.h"
#include "vmm/vmm.h"
#include "vmm/world.h"

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

bool vmm_check_claims(void)
{
    if (vmm.claims_dirty)
        vmm.claims_lost |= shadow_check_claims(&vmm.shadow) != 0;
    vmm.claims_dirty = false;
    return vmm.claims_lost;
}

/* The guest's place is ours no longer: translations move. */
static void move_translations(void)
{
    vmm.claims_lost = false;
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
    case GUEST_EXIT_DONE: break;
    }
}

/* A branch to an odd address left the A32 entry map. */
static void enter_thumb(struct vcpu *vcpu, uint32_t hw_pc)
{
    uint32_t call = vcpu->r[14] - 4, insn = 0;
    const uint32_t *now;

    if (!(call & 3) && !codesync_word_at(call + XLATE_D, &insn) && (now = access_peek(vcpu, call)))
        insn = *now;
    vcpu->r[15] = xlate_thumb_target(&vmm.xlate, hw_pc, vcpu->r, insn);
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

static void exit_kernel(struct vcpu *vcpu, const struct world_exit *exit)
{
    uint32_t hw_pc = exit->hw_pc, word;
    enum guest_exit why = exit->why;
    enum unwind_result unwound;

    if (why == GUEST_EXIT_DONE)
        return;
    thumb_left(vcpu, hw_pc);
    if (why == GUEST_EXIT_PABT) {
        world_sync(vcpu);
        kernel_fetch(vcpu, hw_pc);
        return;
    }
    unwound = xlate_unwind(&vmm.xlate, hw_pc, vcpu->r, &vcpu->cpsr);
    world_sync(vcpu);
    if (why == GUEST_EXIT_IRQ && (vcpu->cpsr & PSR_T) && !xlate_arena_at(&vmm.xlate, hw_pc) &&
        !codesync_word_at(hw_pc & ~3u, &word)) {
        enter_thumb(vcpu, hw_pc); /* between the branch and the fetch that will abort */
        count_exit(vcpu, REASON_exit_irq);
        clock_host_irq();
        return;
    }
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
        if ((exit->word & 0xff) == XLATE_SVC_LAZY && !(vcpu->cpsr & PSR_T) && codesync_make_stub(hw_pc)) {
            count_exit(vcpu, REASON_exit_lazy);
            break;
        }
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
    case GUEST_EXIT_DONE: break;
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

/*
 * Spaces were evicted and came back, again and again, for want of memory of which translations have half: much of that
 * is code that ran once.  All go, and what is needed comes again.  It pays less each time, so each time is further off.
 */
static void make_room_for_spaces(void)
{
    static struct { uint32_t returned, patience; } seen = { 0, 16 };
    uint32_t returned = vmm.shadow.returned;

    if (returned - seen.returned < seen.patience)
        return;
    seen.returned = returned;
    if (2 * vmm.xlate.stats.pages < pool_pages_total())
        return;
    if (seen.patience < BIT(30))
        seen.patience *= 2;
    codesync_flush();
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
    if (vmm_claims_lost())
        move_translations();
    make_room_for_spaces();
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
