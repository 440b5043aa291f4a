#pragma once
/*
 * The virtual system control coprocessor (DDI 0406C B3.17, B4) and what exists of
 * CP14.  One table row per register; everything not in a table is UNDEFINED.
 *
 * Privilege comes from vcpu->cpsr.  Effects that concern the engines leave
 * through the hooks below, which the VMM implements; registers are already
 * updated when a hook runs.
 */
#include <stdbool.h>
#include <stdint.h>
#include "core/vcpu.h"

enum cp_result {
    CP_OK,
    CP_UNDEF,   /* no such register, or not from this privilege level: nothing was done */
    CP_ABORTED, /* a data abort was injected (by an address translation): pc has moved */
};

/* MRC and MCR, p15 and p14.  PC-as-Rt forms (MRC to APSR) are the caller's. */
enum cp_result cp15_read(struct vcpu *vcpu, unsigned crn, unsigned op1, unsigned crm, unsigned op2,
                         uint32_t *value);
enum cp_result cp15_write(struct vcpu *vcpu, unsigned crn, unsigned op1, unsigned crm, unsigned op2,
                          uint32_t value);
enum cp_result cp14_read(struct vcpu *vcpu, unsigned crn, unsigned op1, unsigned crm, unsigned op2,
                         uint32_t *value);
enum cp_result cp14_write(struct vcpu *vcpu, unsigned crn, unsigned op1, unsigned crm, unsigned op2,
                          uint32_t value);
/* MRRC and MCRR p15. */
enum cp_result cp15_read64(struct vcpu *vcpu, unsigned crm, unsigned op1, uint64_t *value);
enum cp_result cp15_write64(struct vcpu *vcpu, unsigned crm, unsigned op1, uint64_t value);

/* Does the register always read as the same? */
bool cp15_constant(unsigned crn, unsigned op1, unsigned crm, unsigned op2, uint32_t *value);

/* The register's architectural name for logs, or NULL. */
const char *cp15_name(unsigned crn, unsigned op1, unsigned crm, unsigned op2);

/* Ticks per second of the generic timer (CNTFRQ). */
#define CP15_CNTFRQ 24000000u

/* CNTKCTL, PL0 access (B8.1.6) */
#define CNTKCTL_PL0PCTEN BIT(0)
#define CNTKCTL_PL0VCTEN BIT(1)
#define CNTKCTL_PL0VTEN BIT(8)
#define CNTKCTL_PL0PTEN BIT(9)

enum tlbi_kind { TLBI_ALL, TLBI_ASID, TLBI_MVA, TLBI_MVAA };
enum timer_reg {
    TIMER_CNTP_CTL, TIMER_CNTP_TVAL, TIMER_CNTP_CVAL,
    TIMER_CNTV_CTL, TIMER_CNTV_TVAL, TIMER_CNTV_CVAL,
};
/* ATS1CPR, ATS1CPW, ATS1CUR, ATS1CUW */
enum ats_kind { ATS_PRIV_READ, ATS_PRIV_WRITE, ATS_USER_READ, ATS_USER_WRITE };

/* arg is the register written: MVA in 31:12, ASID in 7:0. */
void cp15_hook_tlbi(struct vcpu *vcpu, enum tlbi_kind kind, uint32_t arg);
/* ICIALLU (all) or ICIMVAU of the 64-byte line at mva. */
void cp15_hook_icache(struct vcpu *vcpu, bool all, uint32_t mva);
/* TTBR0, TTBR1, TTBCR, CONTEXTIDR, PRRR, NMRR or SCTLR.{M,TRE,AFE,EE} has a new value. */
void cp15_hook_space(struct vcpu *vcpu);
void cp15_hook_dacr(struct vcpu *vcpu);
void cp15_hook_cpacr(struct vcpu *vcpu);
/* The guest's counter, CNTPCT = CNTVCT. */
uint64_t cp15_hook_time(struct vcpu *vcpu);
/* CTL and TVAL in the low 32 bits. */
void cp15_hook_timer_read(struct vcpu *vcpu, enum timer_reg reg, uint64_t *value);
void cp15_hook_timer_write(struct vcpu *vcpu, enum timer_reg reg, uint64_t value);
/* Fills *par; false when it injected a data abort instead (external abort on the walk). */
bool cp15_hook_ats(struct vcpu *vcpu, enum ats_kind kind, uint32_t va, uint32_t *par);
