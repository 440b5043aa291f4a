#pragma once
/*
 * The virtual processor: ARMv7-A state as the guest sees it (DDI 0406C, B1).
 *
 * While C code runs on behalf of an exit this structure is precise: r[] holds
 * the registers of the current virtual mode, r[15] the guest address of the
 * instruction that exits (or of the next one, for interrupts), cpsr the whole
 * virtual CPSR.  It is never a translated address.
 */
#include <stdbool.h>
#include <stdint.h>
#include "lib/addr.h"
#include "lib/bits.h"

/* PSR fields (B1.3.3) */
#define PSR_MODE 0x1fu
#define PSR_T BIT(5)
#define PSR_F BIT(6)
#define PSR_I BIT(7)
#define PSR_A BIT(8)
#define PSR_E BIT(9)
#define PSR_IT_HI 0x0000fc00u
#define PSR_GE 0x000f0000u
#define PSR_J BIT(24)
#define PSR_IT_LO 0x06000000u
#define PSR_Q BIT(27)
#define PSR_V BIT(28)
#define PSR_C BIT(29)
#define PSR_Z BIT(30)
#define PSR_N BIT(31)
#define PSR_IT (PSR_IT_HI | PSR_IT_LO)

enum psr_mode {
    MODE_USR = 0x10, MODE_FIQ = 0x11, MODE_IRQ = 0x12, MODE_SVC = 0x13,
    MODE_MON = 0x16, MODE_ABT = 0x17, MODE_HYP = 0x1a, MODE_UND = 0x1b, MODE_SYS = 0x1f,
};

enum vcpu_bank { BANK_USR, BANK_SVC, BANK_ABT, BANK_UND, BANK_IRQ, BANK_FIQ, BANK_COUNT };

/* SCTLR bits that umbra acts on (B4.1.130) */
#define SCTLR_M BIT(0)
#define SCTLR_A BIT(1)
#define SCTLR_C BIT(2)
#define SCTLR_Z BIT(11)
#define SCTLR_I BIT(12)
#define SCTLR_V BIT(13)
#define SCTLR_EE BIT(25)
#define SCTLR_TRE BIT(28)
#define SCTLR_AFE BIT(29)
#define SCTLR_TE BIT(30)

/* What a Cortex-A8 resets to; SCTLR's RES1 bits are among them (B4.1.130). */
#define SCTLR_RESET 0x00c50078u
#define ACTLR_RESET 0x00000002u

struct vcpu_cp15 {
    uint32_t sctlr, actlr, cpacr;
    uint32_t ttbr0, ttbr1, ttbcr, dacr;
    uint32_t dfsr, ifsr, adfsr, aifsr, dfar, ifar;
    uint32_t par, prrr, nmrr, vbar, contextidr;
    uint32_t tpidrurw, tpidruro, tpidrprw;
    uint32_t csselr;
    uint32_t cntkctl;
    uint32_t pmcr, pmuserenr;
};

struct vm;

/* The first fields are where the vectors expect them (arch/armv7/frame.h). */
struct vcpu {
    uint32_t r[16];
    uint32_t cpsr;
    struct { uint32_t r13, r14; } bank[BANK_COUNT]; /* valid for the banks that are not current */
    uint32_t bank_spsr[BANK_COUNT];  /* always valid (BANK_USR unused) */
    uint32_t usr_r8[5], fiq_r8[5];   /* r8-r12 of the set that is not current */
    struct vcpu_cp15 cp15;
    uint32_t fpexc;
    bool wfi;                        /* waiting for an interrupt */
    struct vm *vm;
};

/* State after reset (B1.9.1): Supervisor, A/I/F masked, MMU off, pc 0. */
void vcpu_reset(struct vcpu *vcpu);

/* The bank of a mode, or -1 when M is not a mode of this processor (B1.3.1). */
int vcpu_mode_bank(uint32_t mode);
static inline bool vcpu_is_user(const struct vcpu *vcpu) { return (vcpu->cpsr & PSR_MODE) == MODE_USR; }

/* Replaces the virtual CPSR, swapping banked registers.  An illegal mode
 * keeps the current one (the architecture makes it UNPREDICTABLE). */
void vcpu_set_cpsr(struct vcpu *vcpu, uint32_t cpsr);
/* SPSR of the current mode, or NULL in User and System mode. */
uint32_t *vcpu_spsr(struct vcpu *vcpu);
/* Register n as mode 'mode' sees it; n <= 14; mode must be legal. */
uint32_t *vcpu_reg_of_mode(struct vcpu *vcpu, unsigned n, uint32_t mode);

/* Does condition 'cond' (0..15, 14 and 15 = always) hold for these flags? (A8.3) */
bool cond_holds(uint32_t cond, uint32_t cpsr);
/* Condition of the current instruction: 'cond' for A32, the IT state's for T32. */
uint32_t it_cond(uint32_t cpsr);
/* The CPSR after one T32 instruction of an IT block (A2.5.2). */
uint32_t it_advance(uint32_t cpsr);

/* Exceptions taken by the guest, as DDI 0406C B1.8/B1.9 defines each: banks,
 * SPSR, LR, mode, mask bits, IT/J/T/E and the vector (SCTLR.V, VBAR). */
enum vcpu_exception { EXC_RESET, EXC_UND, EXC_SVC, EXC_PABT, EXC_DABT, EXC_IRQ = 6, EXC_FIQ = 7 };
/* r[15] must be the address of the instruction concerned: the one that is
 * UNDEFINED or aborts, the SVC itself, or for interrupts the next one to run. */
void vcpu_take_exception(struct vcpu *vcpu, enum vcpu_exception exc);
/* Data abort / prefetch abort with fault registers set from a guest fault. */
void vcpu_inject_dabt(struct vcpu *vcpu, uint32_t dfar, uint32_t dfsr);
void vcpu_inject_pabt(struct vcpu *vcpu, uint32_t ifar, uint32_t ifsr);
