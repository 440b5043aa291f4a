/* World switch, the C half.  The assembly half is entry.S. */
#include "arch/armv7/guest.h"

#include <stddef.h>

#include "arch/armv7/cache.h"
#include "arch/armv7/frame.h"
#include "arch/armv7/layout.h"
#include "arch/armv7/mmu.h"
#include "lib/check.h"

#define CPACR_CP10_CP11 0x00f00000u
#define FPEXC_EN 0x40000000u

extern char guest_vectors_user[], guest_vectors_kernel[];
unsigned guest_switch(struct vcpu *vcpu);
void guest_set_frames(struct vcpu *vcpu);
void vmm_exception(uint32_t kind, uint32_t pc, uint32_t spsr) __attribute__((noreturn));

struct guest_fast guest_fast;
guest_light_fn guest_light[EXIT_REASONS];
static bool vfp_enabled;

#define AT(type, member, offset) _Static_assert(offsetof(struct type, member) == (offset), "frame.h: " #member)
AT(vcpu, r[13], VCPU_R13);
AT(vcpu, r[15], VCPU_PC);
AT(vcpu, cpsr, VCPU_PSR);
AT(vcpu, bank, VCPU_BANK);
AT(vcpu, bank[1].r14, VCPU_BANK + 12);
AT(vcpu, bank_spsr, VCPU_BANK_SPSR);
AT(vcpu, cp15.ttbr0, VCPU_TTBR0);
AT(vcpu, cp15.contextidr, VCPU_CONTEXTIDR);
AT(guest_fast, svc_entry, FAST_SVC_ENTRY);
AT(guest_fast, state, FAST_STATE);
AT(guest_fast, kernel, FAST_KERNEL_VIEW);
AT(guest_fast, window, FAST_KERNEL_VIEW + 12);
AT(guest_fast, state_too, FAST_STATE_TOO);
AT(guest_fast, ctl, FAST_CTL);
AT(guest_fast, bank, FAST_BANK);
AT(guest_fast, user, FAST_USER_VIEW);
AT(guest_fast, window_too, FAST_USER_VIEW + 12);
AT(guest_fast, dacr_keep, FAST_DACR_KEEP);
AT(guest_fast, eret_block, FAST_ERET_BLOCK);
AT(guest_fast, entry_dacr, FAST_ENTRY_DACR);
AT(guest_fast, dacr_block, FAST_DACR_BLOCK);
AT(guest_fast, tpidrprw, FAST_TPIDRPRW);
AT(guest_fast, svc, FAST_ENTRY_DACR + 4);
AT(guest_fast, eret, FAST_ERET);
AT(guest_fast, counter, FAST_COUNTER);
AT(guest_fast, between, FAST_BETWEEN);
AT(guest_fast, space, FAST_SPACE);
AT(guest_fast, dacr, FAST_DACR_BLOCK + 8);
AT(guest_fast, state_dacr, FAST_DACR_BLOCK + 20);
AT(guest_fast, dacr_fault, FAST_DACR_AT + 8);
AT(guest_fast, counter_reg, FAST_COUNTER + 20);
AT(guest_fast, dacr_at, FAST_DACR_AT);
_Static_assert(GUEST_EXIT_UND == EXIT_UND && GUEST_EXIT_DONE == EXIT_DONE, "frame.h: reasons");
/* bank_of_mode in fastpath.S */
_Static_assert(BANK_SVC == 1 && BANK_ABT == 2 && BANK_UND == 3 && BANK_IRQ == 4, "banks");

static void write_fpexc(uint32_t value) { __asm__ volatile(".fpu vfpv3\n\tvmsr fpexc, %0" ::"r"(value)); }

void guest_init(struct vcpu *vcpu, struct state_page *state)
{
    uint32_t *base = (uint32_t *)state + STATE_BASE / 4;

    guest_fast.state = guest_fast.state_too = guest_fast.state_dacr = guest_fast.state_dabt = base;
    guest_fast.svc_keep = PSR_N | PSR_Z | PSR_C | PSR_V | PSR_Q | PSR_GE | MODE_USR;
    guest_fast.psr_check = ~(PSR_N | PSR_Z | PSR_C | PSR_V | PSR_Q | PSR_GE | PSR_T);
    guest_fast.queue_empty = VMM_STATE + STATE_QUEUE;
    /* Manager becomes Client, domain 15 is the VMM's */
    guest_fast.dacr_keep = guest_fast.keep = guest_fast.keep_too = 0x15555555u;
    guest_fast.entry_dacr = ~0u;
    guest_fast.dacr_at = &guest_fast.hw_dacr;
    guest_fast.vectors_kernel = (uint32_t)guest_vectors_kernel;
    guest_fast.vectors_user = (uint32_t)guest_vectors_user;
    write_vbar((uint32_t)guest_vectors_user);
    write_cpacr(read_cpacr() | CPACR_CP10_CP11);
    isb();
    write_fpexc(0);
    vfp_enabled = false;
    guest_set_frames(vcpu);
}

void guest_set_vectors(bool kernel)
{
    write_vbar((uint32_t)(kernel ? guest_vectors_kernel : guest_vectors_user));
}

enum guest_exit guest_enter(struct vcpu *vcpu, bool *kernel)
{
    unsigned why;
    uint32_t thumb;

    guest_set_vectors(*kernel);
    why = guest_switch(vcpu);
    *kernel = why & EXIT_KERNEL;
    why &= ~(unsigned)EXIT_KERNEL;
    thumb = vcpu->cpsr & PSR_T;
    /* The preferred return address of each exception (B1.8.3), back to the instruction's. */
    switch ((enum guest_exit)why) {
    case GUEST_EXIT_UND:
    case GUEST_EXIT_SVC: vcpu->r[15] -= thumb ? 2 : 4; break;
    case GUEST_EXIT_PABT:
    case GUEST_EXIT_IRQ: vcpu->r[15] -= 4; break;
    case GUEST_EXIT_DABT: vcpu->r[15] -= 8; break;
    case GUEST_EXIT_DONE: break;
    }
    return (enum guest_exit)why;
}

void guest_forget_boot(uint32_t window_l1_pa)
{
    guest_fast.window = guest_fast.window_too = window_l1_pa | HOST_TTBR_FLAGS;
    dsb();
    write_ttbr0(guest_fast.window);
    isb();
    tlb_inval_all();
}

void guest_load_view(const struct guest_view *view)
{
    /* B3.10.4: no fetch or walk may combine the new table with the old ASID, so go by one that has nothing but
     * the window, which is global. */
    dsb();
    write_ttbr0(guest_fast.window);
    isb();
    dsb(); /* Cortex-A9 erratum 754322: see fastpath.S */
    write_contextidr(view->contextidr);
    isb();
    write_ttbr0(view->ttbr0);
    isb();
}

void guest_flush_view(const struct guest_view *view)
{
    tlb_inval_asid(view->contextidr);
}

void guest_load_dacr(uint32_t dacr)
{
    write_dacr(dacr | 1u << (2 * HOST_DOMAIN_VMM));
    isb();
    guest_fast.hw_dacr = dacr;
}

uint32_t guest_dacr(void)
{
    return read_dacr() & ~(3u << (2 * HOST_DOMAIN_VMM));
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

bool guest_vfp_enabled(void)
{
    return vfp_enabled;
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
