/* Sensitive instructions in software: what each class of the decode table means. */
#include "arch/armv7/guest.h"
#include "core/cp15.h"
#include "core/gmem.h"
#include "core/psci.h"
#include "lib/bits.h"
#include "lib/log.h"
#include "vmm/vmm.h"
#include "vmm/world.h"
#include "xlate/a32.h"
#include "xlate/pcinsn.h"
#include "xlate/sysinsn.h"
#include "xlate/t32.h"

#define FPEXC_EN BIT(30)
#define FPEXC_WRITABLE (FPEXC_EN)

static void done(struct vcpu *vcpu, unsigned size)
{
    vcpu->r[15] += size;
    if (vcpu->cpsr & PSR_T)
        vcpu->cpsr = it_advance(vcpu->cpsr);
}

void emulate_inject_undefined(struct vcpu *vcpu)
{
    vcpu_take_exception(vcpu, EXC_UND);
}

static void unsupported(struct vcpu *vcpu, uint32_t insn)
{
    log_limited(8, "%s: instruction 0x%08lx at 0x%08lx is UNDEFINED", vcpu->vm->name, (unsigned long)insn,
                (unsigned long)vcpu->r[15]);
    vcpu->vm->stats.unsupported++;
    emulate_inject_undefined(vcpu);
}

static void system_insn(struct vcpu *vcpu, uint32_t insn)
{
    if (sysinsn_execute(vcpu, insn, vcpu->cpsr & PSR_T, &access_mem_ops, vcpu) == EXEC_UNDEF)
        unsupported(vcpu, insn);
}

static void pc_insn(struct vcpu *vcpu, uint32_t insn)
{
    vcpu->vm->stats.emul_branch++;
    if (pcinsn_execute(vcpu, insn, vcpu->cpsr & PSR_T, &access_mem_ops, vcpu) == EXEC_UNDEF)
        unsupported(vcpu, insn);
}

static void no_register(struct vcpu *vcpu, unsigned cp, unsigned crn, unsigned op1, unsigned crm, unsigned op2,
                        bool read)
{
    log_limited(16, "%s: no register p%u c%u %u c%u %u (%s at 0x%08lx): UNDEFINED", vcpu->vm->name, cp, crn, op1, crm,
                op2, read ? "MRC" : "MCR", (unsigned long)vcpu->r[15]);
    emulate_inject_undefined(vcpu);
}

/* MCR and MRC; the fields stand at the same places in A32 and T32. */
static void cp_reg(struct vcpu *vcpu, uint32_t insn, unsigned size)
{
    unsigned cp = BITS(insn, 11, 8), crn = BITS(insn, 19, 16), op1 = BITS(insn, 23, 21), crm = BITS(insn, 3, 0),
             op2 = BITS(insn, 7, 5), rt = BITS(insn, 15, 12);
    bool read = insn & BIT(20);
    enum cp_result result;
    uint32_t value = 0;

    if (cp == 15 && crn == 3)
        vcpu->vm->stats.emul_dacr++;
    else
        vcpu->vm->stats.emul_cp15++;
    if (rt == 15) {
        unsupported(vcpu, insn);
        return;
    }
    if (read)
        result = cp == 15 ? cp15_read(vcpu, crn, op1, crm, op2, &value) : cp14_read(vcpu, crn, op1, crm, op2, &value);
    else
        result = cp == 15 ? cp15_write(vcpu, crn, op1, crm, op2, vcpu->r[rt])
                          : cp14_write(vcpu, crn, op1, crm, op2, vcpu->r[rt]);
    if (result == CP_UNDEF) {
        no_register(vcpu, cp, crn, op1, crm, op2, read);
    } else if (result == CP_OK) {
        if (read)
            vcpu->r[rt] = value;
        if (read && cp == 15 && crn == 0 && op1 == 0)
            deadend_asked(crm, op2, value);
        done(vcpu, size);
    }
}

static void cp_reg64(struct vcpu *vcpu, uint32_t insn, unsigned size)
{
    unsigned op1 = BITS(insn, 7, 4), crm = BITS(insn, 3, 0), rt = BITS(insn, 15, 12), rt2 = BITS(insn, 19, 16);
    uint64_t value = 0;
    enum cp_result result;

    vcpu->vm->stats.emul_cp15++;
    if (rt == 15 || rt2 == 15) {
        unsupported(vcpu, insn);
        return;
    }
    if (insn & BIT(20))
        result = cp15_read64(vcpu, crm, op1, &value);
    else
        result = cp15_write64(vcpu, crm, op1, (uint64_t)vcpu->r[rt2] << 32 | vcpu->r[rt]);
    if (result != CP_OK && crm == 2 && op1 <= 1)
        log_limited(2, "%s: a 64-bit TTBR%u: long descriptors need LPAE, which this processor does not have",
                    vcpu->vm->name, op1);
    if (result != CP_OK) {
        unsupported(vcpu, insn);
        return;
    }
    if (insn & BIT(20)) {
        vcpu->r[rt] = (uint32_t)value;
        vcpu->r[rt2] = (uint32_t)(value >> 32);
    }
    done(vcpu, size);
}

static bool vfp_access(const struct vcpu *vcpu)
{
    return BITS(vcpu->cp15.cpacr, 21, 20) & 1;
}

/* VMRS and VMSR of what User mode may not touch (B4.1.57, B6.1). */
static void vfp_system(struct vcpu *vcpu, uint32_t insn, unsigned size)
{
    unsigned reg = BITS(insn, 19, 16), rt = BITS(insn, 15, 12);

    vcpu->vm->stats.emul_vfp++;
    if (!vfp_access(vcpu) || rt == 15) {
        emulate_inject_undefined(vcpu);
        return;
    }
    if (insn & BIT(20)) {
        if (reg == 8)
            vcpu->r[rt] = vcpu->fpexc;
        else if (reg == 0 || reg == 6 || reg == 7)
            vcpu->r[rt] = guest_vfp_id(reg);
        else {
            unsupported(vcpu, insn);
            return;
        }
    } else if (reg == 8) {
        vcpu->fpexc = vcpu->r[rt] & FPEXC_WRITABLE;
    } else if (reg != 0) { /* writes to FPSID are ignored */
        unsupported(vcpu, insn);
        return;
    }
    done(vcpu, size);
}

static void hypercall(struct vcpu *vcpu, unsigned size)
{
    struct vm *vm = vcpu->vm;

    vm->stats.emul_hypercall++;
    switch (psci_call(vcpu)) {
    case PSCI_NONE: break;
    case PSCI_WAIT: vcpu->wfi = true; break;
    case PSCI_CPU_STOP:
        log_info("%s: the only processor was switched off", vm->name);
        vm->state = VM_POWERED_OFF;
        break;
    case PSCI_POWER_OFF: vm->state = VM_POWERED_OFF; break;
    case PSCI_RESET: vm->state = VM_RESET; break;
    }
    done(vcpu, size);
}

/* SPSR has ITSTATE for the instruction behind (B1.9.4). */
static void supervisor_call(struct vcpu *vcpu)
{
    vcpu->vm->stats.emul_svc++;
    if (vcpu->cpsr & PSR_T)
        vcpu->cpsr = it_advance(vcpu->cpsr);
    vcpu_take_exception(vcpu, EXC_SVC);
}

/* The page that LDRBT or STRBT has just reached with User mode's own rights: the next time it needs no exit. */
static void remember_user_page(struct vcpu *vcpu, uint32_t va, bool write)
{
    struct walk_regs regs;
    struct walk_result w;

    access_walk_regs(vcpu, &regs);
    access_walk(vcpu, va, &w);
    if (w.fault == FSR_NONE && gmem_is_ram(vcpu->vm, gpa(ALIGN_DOWN(w.pa.v, 4096)), 4096) && (regs.sctlr & SCTLR_M) &&
        (walk_perms(&regs, &w, false) & (write ? PERM_W : PERM_R)))
        vmm.state->user_page[write] = va >> 12;
}

static void unprivileged(struct vcpu *vcpu, uint32_t insn)
{
    uint32_t va = vcpu->r[BITS(insn, 19, 16)], pc = vcpu->r[15];
    bool thumb = vcpu->cpsr & PSR_T;

    pc_insn(vcpu, insn);
    if (!thumb && vcpu->r[15] == pc + 4)
        remember_user_page(vcpu, va, !(insn & BIT(20)));
}

static void run_class(struct vcpu *vcpu, enum a32_class class, uint32_t insn, unsigned size)
{
    struct vm_stats *stats = &vcpu->vm->stats;

    switch (class) {
    case A32_CPS:
    case A32_MRS_CPSR:
    case A32_MSR_CPSR: stats->emul_cps++; system_insn(vcpu, insn); break;
    case A32_SPSR: stats->emul_spsr++; system_insn(vcpu, insn); break;
    case A32_ERET:
    case A32_RFE:
    case A32_SRS: stats->emul_eret++; system_insn(vcpu, insn); break;
    case A32_USR_REGS: stats->emul_usr_regs++; system_insn(vcpu, insn); break;
    case A32_SETEND: /* stubs need little-endian data: see CAVEATS.md */
        if (insn & (size == 2 ? BIT(3) : BIT(9)))
            unsupported(vcpu, insn);
        else
            done(vcpu, size);
        break;
    case A32_BARRIER: stats->emul_barrier++; done(vcpu, size); break; /* every exit completes what was queued */
    case A32_CP15:
    case A32_CP14: cp_reg(vcpu, insn, size); break;
    case A32_CP15_64: cp_reg64(vcpu, insn, size); break;
    case A32_VFP_SYS: vfp_system(vcpu, insn, size); break;
    case A32_UNPRIV: stats->emul_unpriv++; unprivileged(vcpu, insn); break;
    case A32_WFI: stats->emul_wfi++; vcpu->wfi = true; done(vcpu, size); break;
    case A32_WFE: stats->emul_wfi++; done(vcpu, size); break;
    case A32_SMC:
    case A32_HVC: hypercall(vcpu, size); break;
    case A32_SVC: supervisor_call(vcpu); break;
    case A32_BKPT: vcpu_inject_pabt(vcpu, vcpu->cp15.ifar, FSR_DEBUG); break;
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
    case A32_LDST: pc_insn(vcpu, insn); break;
    default: stats->emul_other++; unsupported(vcpu, insn); break;
    }
}

static void start_it(struct vcpu *vcpu, uint32_t insn)
{
    vcpu->cpsr = (vcpu->cpsr & ~PSR_IT) | BITS(insn, 7, 2) << 10 | BITS(insn, 1, 0) << 25;
    vcpu->r[15] += 2;
}

/* Any T32 instruction; harmless ones in the slot. */
static void emulate_thumb(struct vcpu *vcpu)
{
    uint32_t insn, pc = vcpu->r[15];
    enum a32_class class;
    unsigned size;

    /* each half in turn, since they may be in two pages */
    if (!access_fetchable(vcpu, pc) || !access_insn(vcpu, &insn, &size)) {
        if (fault_may_fetch(vcpu, pc))
            fault_may_fetch(vcpu, pc + 2);
        return;
    }
    if (size == 4 && (pc & 0xfff) == 0xffe && !fault_may_fetch(vcpu, pc + 2))
        return;
    class = t32_classify(insn);
    if (t32_is_it(insn) && (vcpu->cpsr & PSR_IT))
        class = A32_UNDEF;
    if (class != A32_BKPT && !cond_holds(it_cond(vcpu->cpsr), vcpu->cpsr))
        done(vcpu, size);
    else if (t32_is_it(insn) && class != A32_UNDEF)
        start_it(vcpu, insn);
    else if (t32_class_harmless(class) || t32_is_vldr_literal(insn))
        thumb_run_slot(vcpu, insn);
    else
        run_class(vcpu, class, insn, size);
}

/* The trap that brought us here is of an instruction that memory holds no longer, and what it holds
 * needs no trap.  A stale one may be executed or the new one (B2.2.9), not a mixture: translate again. */
static void stale_translation(struct vcpu *vcpu)
{
    struct walk_result w;

    access_walk(vcpu, vcpu->r[15], &w);
    if (w.fault != FSR_NONE) {
        fault_fetch(vcpu);
        return;
    }
    codesync_drop(gpa(ALIGN_DOWN(w.pa.v, 4096)));
}

void emulate_kernel(struct vcpu *vcpu)
{
    enum a32_class class;
    uint32_t insn;
    unsigned size;

    vcpu->vm->stats.emul_total++;
    if (vcpu->cpsr & PSR_T) {
        emulate_thumb(vcpu);
        return;
    }
    if (!access_insn(vcpu, &insn, &size)) {
        fault_fetch(vcpu); /* the mapping went away under the translation: as a fetch now would see */
        return;
    }
    class = a32_classify(insn, a32_decode(insn));
    if ((insn >> 28) != 15 && !cond_holds(insn >> 28, vcpu->cpsr))
        done(vcpu, size);
    else if (class == A32_COPY || class == A32_NEON)
        stale_translation(vcpu);
    else
        run_class(vcpu, class, insn, size);
}

/* From User mode the counter and a few CP15 registers may be readable (B8.1.2, B3.17);
 * no such access executes on the host. */
void emulate_undefined_user(struct vcpu *vcpu)
{
    uint32_t insn, body;
    unsigned size;

    if (!access_insn(vcpu, &insn, &size)) {
        emulate_inject_undefined(vcpu);
        return;
    }
    body = insn & 0x0fffffffu;
    if (size == 4 && (insn >> 28) != 15 && ((body & 0x0fe00f00u) == 0x0c400f00u))
        cp_reg64(vcpu, insn, size);
    else if (size == 4 && (insn >> 28) != 15 && (body & 0x0f000e10u) == 0x0e000e10u)
        cp_reg(vcpu, insn, size);
    else
        emulate_inject_undefined(vcpu);
}
