#pragma once
/*
 * Software execution of the instructions that read or write the PSRs, return from
 * exceptions or reach another mode's registers (DDI 0406C B9.3):
 *
 *   MRS, MSR (register, immediate; CPSR and SPSR), CPS, SETEND, RFE, SRS,
 *   <op>S pc (A32), SUBS pc, lr, #n (T32),
 *   LDM (exception return), LDM and STM (user registers)
 *
 * Anything else, and what is UNPREDICTABLE in the current mode (no SPSR, for instance), gives
 * EXEC_UNDEF.  From virtual User mode privileged fields are left alone and CPS does
 * nothing, as the architecture says.
 */
#include "xlate/exec.h"

enum exec_result sysinsn_execute(struct vcpu *vcpu, uint32_t insn, bool thumb, const struct mem_ops *mem,
                                 void *ctx);
