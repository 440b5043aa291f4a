/* World switch, the C half.  The assembly half is entry.S. */
#include "arch/armv7/guest.h"

#include "arch/armv7/cache.h"
#include "arch/armv7/mmu.h"
#include "lib/check.h"

#define CPACR_CP10_CP11 0x00f00000u
#define FPEXC_EN 0x40000000u
#define RESERVED_ASID 0u

extern char guest_vectors[];
extern enum guest_exit guest_switch(struct vcpu *vcpu);
void guest_set_frames(struct vcpu *vcpu);
void vmm_exception(uint32_t kind, uint32_t pc, uint32_t spsr) __attribute__((noreturn));

static bool vfp_enabled;

static void write_fpexc(uint32_t value) { __asm__ volatile(".fpu vfpv3\n\tvmsr fpexc, %0" ::"r"(value)); }

void guest_init(struct vcpu *vcpu)
{
    write_vbar((uint32_t)guest_vectors);
    write_cpacr(read_cpacr() | CPACR_CP10_CP11);
    isb();
    write_fpexc(0);
    vfp_enabled = false;
    guest_set_frames(vcpu);
}

enum guest_exit guest_enter(struct vcpu *vcpu)
{
    enum guest_exit why = guest_switch(vcpu);
    uint32_t thumb = vcpu->cpsr & PSR_T;

    /* The preferred return address of each exception (B1.8.3), back to the instruction's. */
    switch (why) {
    case GUEST_EXIT_UND:
    case GUEST_EXIT_SVC: vcpu->r[15] -= thumb ? 2 : 4; break;
    case GUEST_EXIT_PABT:
    case GUEST_EXIT_IRQ: vcpu->r[15] -= 4; break;
    case GUEST_EXIT_DABT: vcpu->r[15] -= 8; break;
    }
    return why;
}

void guest_load_view(uint32_t l1_pa, unsigned asid, bool flush)
{
    /* B3.10.4: no fetch or walk may combine the new table with the old ASID, so go by a
     * reserved ASID of which nothing is ever kept. */
    dsb();
    write_contextidr(RESERVED_ASID);
    isb();
    write_ttbr0(l1_pa | HOST_TTBR_FLAGS);
    isb();
    write_contextidr(asid);
    isb();
    if (flush)
        tlb_inval_asid(asid);
}

void guest_load_dacr(uint32_t dacr)
{
    write_dacr(dacr);
    isb();
}

void guest_load_alignment(bool check)
{
    static bool checked;

    if (check == checked)
        return;
    write_sctlr((read_sctlr() & ~SCTLR_A) | (check ? SCTLR_A : 0));
    isb();
    checked = check;
}

void guest_load_vfp(bool enabled)
{
    if (enabled == vfp_enabled)
        return;
    write_fpexc(enabled ? FPEXC_EN : 0);
    vfp_enabled = enabled;
}

uint32_t guest_vfp_id(unsigned reg)
{
    uint32_t value = 0;

    switch (reg) {
    case 0: __asm__ volatile(".fpu vfpv3\n\tvmrs %0, fpsid" : "=r"(value)); break;
    case 6: __asm__ volatile(".fpu vfpv3\n\tvmrs %0, mvfr1" : "=r"(value)); break;
    case 7: __asm__ volatile(".fpu vfpv3\n\tvmrs %0, mvfr0" : "=r"(value)); break;
    default: break;
    }
    return value;
}

void vmm_exception(uint32_t kind, uint32_t pc, uint32_t spsr)
{
    static const char *const names[] = { "reset", "undefined instruction", "SVC", "prefetch abort",
                                         "data abort", "IRQ", "FIQ" };

    panic("%s in umbra at 0x%08lx, spsr 0x%08lx, DFSR 0x%lx DFAR 0x%08lx IFSR 0x%lx IFAR 0x%08lx",
          kind < 7 ? names[kind] : "?", (unsigned long)pc, (unsigned long)spsr, (unsigned long)read_dfsr(),
          (unsigned long)read_dfar(), (unsigned long)read_ifsr(), (unsigned long)read_ifar());
}
