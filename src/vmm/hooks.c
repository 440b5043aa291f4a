/* What the virtual CP15 asks of the engines. */
#include "core/cp15.h"
#include "core/gmem.h"
#include "shadow/ats.h"
#include "shadow/walk.h"
#include "vmm/vmm.h"
#include "xlate/xlate.h"

static const enum tlb_op tlb_ops[] = {
    [TLBI_ALL] = TLB_ALL, [TLBI_ASID] = TLB_ASID, [TLBI_MVA] = TLB_MVA, [TLBI_MVAA] = TLB_MVAA,
};

void cp15_hook_tlbi(struct vcpu *vcpu, enum tlbi_kind kind, uint32_t arg)
{
    (void)vcpu;
    shadow_tlb_op(&vmm.shadow, tlb_ops[kind], arg);
    fault_forget_code();
    if (kind == TLBI_ALL || kind == TLBI_ASID)
        vmm.claims_dirty = true;
}

void cp15_hook_icache(struct vcpu *vcpu, bool all, uint32_t mva)
{
    struct walk_result w;

    vcpu->vm->stats.icache_inv++;
    if (all) {
        codesync_icache_all();
        return;
    }
    access_walk(vcpu, mva, &w);
    if (w.fault == FSR_NONE)
        codesync_icache_line(w.pa);
}

void cp15_hook_space(struct vcpu *vcpu)
{
    struct walk_regs regs;

    access_walk_regs(vcpu, &regs);
    shadow_set_space(&vmm.shadow, &regs, vcpu->cp15.contextidr);
    vmm.state->contextidr = vcpu->cp15.contextidr; /* where the guest reads them */
    vmm.state->ttbr0 = vcpu->cp15.ttbr0;
    vmm.state->ttbr1 = vcpu->cp15.ttbr1;
    fault_forget_code();
    vmm.claims_dirty = true;
}

void cp15_hook_dacr(struct vcpu *vcpu)
{
    shadow_set_dacr(&vmm.shadow, vcpu->cp15.dacr);
}

void cp15_hook_cpacr(struct vcpu *vcpu)
{
    (void)vcpu; /* looked at on every entry */
}

uint64_t cp15_hook_time(struct vcpu *vcpu)
{
    (void)vcpu;
    return clock_now();
}

void cp15_hook_timer_read(struct vcpu *vcpu, enum timer_reg reg, uint64_t *value)
{
    struct vtimer *t = vcpu->vm->vtimer;
    enum vtimer_which which = reg >= TIMER_CNTV_CTL ? VTIMER_VIRT : VTIMER_PHYS;
    uint64_t now = clock_now();

    switch (reg) {
    case TIMER_CNTP_CTL:
    case TIMER_CNTV_CTL: *value = vtimer_read_ctl(t, which, now); break;
    case TIMER_CNTP_TVAL:
    case TIMER_CNTV_TVAL: *value = vtimer_read_tval(t, which, now); break;
    case TIMER_CNTP_CVAL:
    case TIMER_CNTV_CVAL: *value = vtimer_read_cval(t, which); break;
    }
}

void cp15_hook_timer_write(struct vcpu *vcpu, enum timer_reg reg, uint64_t value)
{
    struct vtimer *t = vcpu->vm->vtimer;
    enum vtimer_which which = reg >= TIMER_CNTV_CTL ? VTIMER_VIRT : VTIMER_PHYS;
    uint64_t now = clock_now();

    switch (reg) {
    case TIMER_CNTP_CTL:
    case TIMER_CNTV_CTL: vtimer_write_ctl(t, which, (uint32_t)value, now); break;
    case TIMER_CNTP_TVAL:
    case TIMER_CNTV_TVAL: vtimer_write_tval(t, which, (uint32_t)value, now); break;
    case TIMER_CNTP_CVAL:
    case TIMER_CNTV_CVAL: vtimer_write_cval(t, which, value, now); break;
    }
    clock_program_at(now);
}

static bool read_guest(void *ctx, gpa_t addr, uint32_t *value)
{
    return gmem_read32(ctx, addr, value);
}

bool cp15_hook_ats(struct vcpu *vcpu, enum ats_kind kind, uint32_t va, uint32_t *par)
{
    bool write = kind == ATS_PRIV_WRITE || kind == ATS_USER_WRITE;
    bool privileged = kind == ATS_PRIV_READ || kind == ATS_PRIV_WRITE;
    struct walk_regs regs;
    enum walk_fault fault;

    access_walk_regs(vcpu, &regs);
    fault = ats_par(&regs, gva(va), write ? ACCESS_WRITE : ACCESS_READ, privileged, read_guest, vcpu->vm, par);
    if (fault == FSR_NONE)
        return true;
    vcpu_inject_dabt(vcpu, va, access_dfsr(fault, NULL, false));
    return false;
}
