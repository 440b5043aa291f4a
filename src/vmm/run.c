/* The run loop: enter the guest, make its state precise, act on why it came back. */
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include "arch/armv7/guest.h"
#include "arch/armv7/layout.h"
#include "arch/armv7/sysreg.h"
#include "core/gmem.h"
#include "core/pool.h"
#include "lib/check.h"
#include "lib/log.h"
#include "vmm/trace.h"
#include "vmm/vmm.h"

#define PSR_MASKS (PSR_A | PSR_I | PSR_F)
#define FPEXC_EN BIT(30)

#define EXITS_FIRST (offsetof(struct vm_stats, exit_svc_user) / sizeof(uint64_t))

/* What the hardware has loaded. */
static struct { const struct view *view; uint32_t dacr; } loaded;

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

static void load_translation(struct vcpu *vcpu, enum shadow_mode mode)
{
    struct view *view = shadow_view(&vmm.shadow, mode);
    uint32_t dacr = shadow_host_dacr(vcpu->cp15.dacr);

    if (!(vcpu->cp15.sctlr & SCTLR_M))
        dacr = 0x55555555u;
    if (view != loaded.view || view->stale) {
        guest_load_view(pool_hpa(view->l1).v, view->asid, view->stale);
        view->stale = false;
        loaded.view = view;
    }
    guest_load_alignment(vcpu->cp15.sctlr & SCTLR_A);
    if (dacr != loaded.dacr) {
        guest_load_dacr(dacr);
        loaded.dacr = dacr;
    }
}

static bool vfp_usable(const struct vcpu *vcpu)
{
    unsigned access = BITS(vcpu->cp15.cpacr, 21, 20);

    return (vcpu->fpexc & FPEXC_EN) && (access == 3 || (access == 1 && !vcpu_is_user(vcpu)));
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

static enum guest_exit enter_user(struct vcpu *vcpu)
{
    uint32_t masks = vcpu->cpsr & PSR_MASKS; /* the guest's: hardware runs with interrupts on */
    enum guest_exit why;

    load_translation(vcpu, VIEW_USER);
    write_tpidrurw(vcpu->cp15.tpidrurw);
    write_tpidruro(vcpu->cp15.tpidruro);
    vcpu->cpsr &= ~PSR_MASKS;
    why = guest_enter(vcpu);
    vcpu->cpsr = (vcpu->cpsr & ~PSR_MASKS) | masks;
    vcpu->cp15.tpidrurw = read_tpidrurw();
    return why;
}

/* The hardware's registers and PSR on the way in; the masks and mode live in the state page. */
static enum guest_exit enter_kernel(struct vcpu *vcpu, uint32_t *hw_pc)
{
    const uint32_t ctl_bits = PSR_MODE | PSR_MASKS;
    uint32_t ctl = vcpu->cpsr & ctl_bits;
    enum guest_exit why;

    load_translation(vcpu, VIEW_KERNEL);
    write_tpidrurw(vcpu->cp15.tpidruro);
    write_tpidruro(vcpu->cp15.tpidrprw);
    vmm.state->ctl = ctl;
    vmm.state->pend = vgic_irq_pending(vcpu->vm->vgic) ? PSR_I : 0;
    vmm.state->pend_ptr = VMM_STATE + (vmm.state->pend ? 4096 : 0);
    vcpu->r[15] = fault_code_entry(vcpu);
    vcpu->cpsr = (vcpu->cpsr & ~ctl_bits) | MODE_USR;
    why = guest_enter(vcpu);
    *hw_pc = vcpu->r[15];
    /* of the state page only the I bit is the guest's to change */
    ctl = (ctl & ~PSR_I) | (vmm.state->ctl & PSR_I);
    vcpu->cpsr = (vcpu->cpsr & ~ctl_bits) | ctl;
    vcpu->cp15.tpidruro = read_tpidrurw();
    return why;
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

static void kernel_fetch(struct vcpu *vcpu, uint32_t hw_pc)
{
    struct arena *arena = xlate_arena_at(&vmm.xlate, hw_pc);

    if (arena) {
        bool linked = shadow_link_arena(&vmm.shadow, arena->mib, arena->l2);

        if (xlate_unwind(&vmm.xlate, hw_pc, vcpu->r, &vcpu->cpsr) == UNWIND_UNKNOWN) {
            vmm_stop("fetch at 0x%08lx, in no translation", (unsigned long)hw_pc);
            return;
        }
        if (!linked)
            codesync_flush(); /* the guest took the arena's place: everything moves */
    } else if (vcpu->cpsr & PSR_T) {
        enter_thumb(vcpu, hw_pc);
    } else {
        vcpu->r[15] = hw_pc - XLATE_D;
    }
    count_exit(vcpu, REASON_exit_pabt_kernel);
    if (vcpu->cpsr & PSR_T)
        thumb_forget(); /* thumb_prepare does what is to be done */
    else
        fault_map_code(vcpu);
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

static void exit_kernel(struct vcpu *vcpu, enum guest_exit why, uint32_t hw_pc)
{
    enum unwind_result unwound;

    thumb_left(vcpu, hw_pc);
    if (why == GUEST_EXIT_PABT) {
        kernel_fetch(vcpu, hw_pc);
        return;
    }
    unwound = xlate_unwind(&vmm.xlate, hw_pc, vcpu->r, &vcpu->cpsr);
    if ((vcpu->cpsr & PSR_T) && !xlate_arena_at(&vmm.xlate, hw_pc)) {
        vmm_stop("a branch to Thumb code met translated ARM code at 0x%08lx: see CAVEATS.md", (unsigned long)hw_pc);
        return;
    }
    if (unwound == UNWIND_UNKNOWN) {
        vmm_stop("exit %d at 0x%08lx, in no translation", (int)why, (unsigned long)hw_pc);
        return;
    }
    switch (why) {
    case GUEST_EXIT_SVC:
        count_exit(vcpu, REASON_exit_emulate);
        emulate_kernel(vcpu);
        break;
    case GUEST_EXIT_UND:
        count_exit(vcpu, REASON_exit_und_kernel);
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

    if (vgic_fiq_pending(gic) && !(vcpu->cpsr & PSR_F))
        vcpu_take_exception(vcpu, EXC_FIQ);
    else if (vgic_irq_pending(gic) && !(vcpu->cpsr & PSR_I))
        vcpu_take_exception(vcpu, EXC_IRQ);
}

static void run_kernel(struct vcpu *vcpu)
{
    enum guest_exit why;
    uint32_t hw_pc;

    if (vmm.claims_dirty)
        recheck_claims();
    if ((vcpu->cpsr & PSR_T) && !thumb_prepare(vcpu))
        return;
    why = enter_kernel(vcpu, &hw_pc);
    exit_kernel(vcpu, why, hw_pc);
}

void vmm_run(void)
{
    struct vcpu *vcpu = &vmm.vm.vcpu;

    loaded.view = NULL;
    loaded.dacr = 0;
    clock_program(); /* starts the ticks of umbra's own */
    while (vmm.vm.state == VM_RUNNING) {
        if (vcpu->wfi) {
            clock_wait(vcpu);
            vcpu->wfi = false;
        }
        inject_interrupts(vcpu);
        trace_entry();
        guest_load_vfp(vfp_usable(vcpu));
        if (vcpu_is_user(vcpu)) {
            exit_user(vcpu, enter_user(vcpu));
        } else if (vcpu->cpsr & PSR_E) {
            vmm_stop("big-endian data in a privileged mode is not supported");
        } else {
            run_kernel(vcpu);
        }
    }
}
