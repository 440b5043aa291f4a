#include "core/vcpu.h"
#include "core/vm.h"

#include <string.h>

int vcpu_mode_bank(uint32_t mode)
{
    switch (mode & PSR_MODE) {
    case MODE_USR:
    case MODE_SYS:
        return BANK_USR;
    case MODE_FIQ:
        return BANK_FIQ;
    case MODE_IRQ:
        return BANK_IRQ;
    case MODE_SVC:
        return BANK_SVC;
    case MODE_ABT:
        return BANK_ABT;
    case MODE_UND:
        return BANK_UND;
    default: /* Monitor and Hyp do not exist for the guest */
        return -1;
    }
}

static void swap_fiq_registers(struct vcpu *vcpu, bool to_fiq)
{
    uint32_t *save = to_fiq ? vcpu->usr_r8 : vcpu->fiq_r8;
    const uint32_t *load = to_fiq ? vcpu->fiq_r8 : vcpu->usr_r8;

    memcpy(save, &vcpu->r[8], sizeof(vcpu->usr_r8));
    memcpy(&vcpu->r[8], load, sizeof(vcpu->usr_r8));
}

void vcpu_set_cpsr(struct vcpu *vcpu, uint32_t cpsr)
{
    int from = vcpu_mode_bank(vcpu->cpsr);
    int to = vcpu_mode_bank(cpsr);

    if (to < 0) {
        cpsr = (cpsr & ~PSR_MODE) | (vcpu->cpsr & PSR_MODE);
        to = from;
    }
    if (from != to) {
        vcpu->bank[from].r13 = vcpu->r[13];
        vcpu->bank[from].r14 = vcpu->r[14];
        vcpu->r[13] = vcpu->bank[to].r13;
        vcpu->r[14] = vcpu->bank[to].r14;
        if (from == BANK_FIQ || to == BANK_FIQ)
            swap_fiq_registers(vcpu, to == BANK_FIQ);
    }
    vcpu->cpsr = cpsr;
}

uint32_t *vcpu_spsr(struct vcpu *vcpu)
{
    int bank = vcpu_mode_bank(vcpu->cpsr);

    return bank == BANK_USR ? NULL : &vcpu->bank_spsr[bank];
}

uint32_t *vcpu_reg_of_mode(struct vcpu *vcpu, unsigned n, uint32_t mode)
{
    int bank = vcpu_mode_bank(mode);
    int current = vcpu_mode_bank(vcpu->cpsr);

    if (n < 8 || bank == current)
        return &vcpu->r[n];
    if (n >= 13)
        return n == 13 ? &vcpu->bank[bank].r13 : &vcpu->bank[bank].r14;
    if (bank == BANK_FIQ)
        return &vcpu->fiq_r8[n - 8];
    return current == BANK_FIQ ? &vcpu->usr_r8[n - 8] : &vcpu->r[n];
}

bool cond_holds(uint32_t cond, uint32_t cpsr)
{
    bool n = cpsr & PSR_N, z = cpsr & PSR_Z, c = cpsr & PSR_C, v = cpsr & PSR_V;
    bool holds;

    switch (cond >> 1) {
    case 0:
        holds = z;
        break;
    case 1:
        holds = c;
        break;
    case 2:
        holds = n;
        break;
    case 3:
        holds = v;
        break;
    case 4:
        holds = c && !z;
        break;
    case 5:
        holds = n == v;
        break;
    case 6:
        holds = n == v && !z;
        break;
    default:
        return true;
    }
    return holds != (cond & 1);
}

/* ITSTATE is CPSR[15:10]:CPSR[26:25] (A2.5.2). */
static uint32_t itstate(uint32_t cpsr)
{
    return BITS(cpsr, 15, 10) << 2 | BITS(cpsr, 26, 25);
}

uint32_t it_cond(uint32_t cpsr)
{
    uint32_t it = itstate(cpsr);

    return it & 0xf ? it >> 4 : 14;
}

uint32_t it_advance(uint32_t cpsr)
{
    uint32_t it = itstate(cpsr);

    it = it & 7 ? (it & 0xe0) | ((it << 1) & 0x1f) : 0;
    return (cpsr & ~PSR_IT) | (it >> 2) << 10 | (it & 3) << 25;
}

void vcpu_reset(struct vcpu *vcpu)
{
    struct vm *vm = vcpu->vm;

    memset(vcpu, 0, sizeof(*vcpu));
    vcpu->vm = vm;
    vcpu->cpsr = MODE_SVC | PSR_A | PSR_I | PSR_F;
    vcpu->cp15.sctlr = SCTLR_RESET;
    vcpu->cp15.actlr = ACTLR_RESET;
}

/*
 * B1.8.3 and B1.9: lr_* is added to the address of the instruction concerned.
 * Which of A and F each exception masks assumes SCR.AW = SCR.FW = 1, the
 * Non-secure view that a guest has.
 */
static const struct exception_entry {
    uint8_t mode, lr_arm, lr_thumb;
    uint32_t mask;
} exception_entries[] = {
    [EXC_UND] = { MODE_UND, 4, 2, PSR_I },
    [EXC_SVC] = { MODE_SVC, 4, 2, PSR_I },
    [EXC_PABT] = { MODE_ABT, 4, 4, PSR_I | PSR_A },
    [EXC_DABT] = { MODE_ABT, 8, 8, PSR_I | PSR_A },
    [EXC_IRQ] = { MODE_IRQ, 4, 4, PSR_I | PSR_A },
    [EXC_FIQ] = { MODE_FIQ, 4, 4, PSR_I | PSR_A | PSR_F },
};

static void count_exception(struct vm_stats *stats, enum vcpu_exception exc)
{
    switch (exc) {
    case EXC_RESET: break;
    case EXC_UND: stats->exc_und++; break;
    case EXC_SVC: stats->exc_svc++; break;
    case EXC_PABT: stats->exc_pabt++; break;
    case EXC_DABT: stats->exc_dabt++; break;
    case EXC_IRQ: stats->exc_irq++; break;
    case EXC_FIQ: stats->exc_fiq++; break;
    }
}

void vcpu_take_exception(struct vcpu *vcpu, enum vcpu_exception exc)
{
    const struct exception_entry *entry = &exception_entries[exc];
    uint32_t old = vcpu->cpsr;
    uint32_t sctlr = vcpu->cp15.sctlr;
    uint32_t cpsr, base;

    if (exc == EXC_RESET) {
        vcpu_reset(vcpu);
        return;
    }
    if (vcpu->vm)
        count_exception(&vcpu->vm->stats, exc);
    cpsr = (old & ~(PSR_MODE | PSR_IT | PSR_J | PSR_T | PSR_E)) | entry->mode | entry->mask;
    if (sctlr & SCTLR_TE)
        cpsr |= PSR_T;
    if (sctlr & SCTLR_EE)
        cpsr |= PSR_E;

    vcpu_set_cpsr(vcpu, cpsr);
    *vcpu_spsr(vcpu) = old;
    vcpu->r[14] = vcpu->r[15] + (old & PSR_T ? entry->lr_thumb : entry->lr_arm);
    base = sctlr & SCTLR_V ? 0xffff0000 : vcpu->cp15.vbar;
    vcpu->r[15] = base + 4 * exc;
    vcpu->wfi = false;
}

void vcpu_inject_dabt(struct vcpu *vcpu, uint32_t dfar, uint32_t dfsr)
{
    vcpu->cp15.dfar = dfar;
    vcpu->cp15.dfsr = dfsr;
    vcpu_take_exception(vcpu, EXC_DABT);
}

void vcpu_inject_pabt(struct vcpu *vcpu, uint32_t ifar, uint32_t ifsr)
{
    vcpu->cp15.ifar = ifar;
    vcpu->cp15.ifsr = ifsr;
    vcpu_take_exception(vcpu, EXC_PABT);
}
