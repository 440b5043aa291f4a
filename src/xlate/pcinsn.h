#pragma once
/*
 * Software execution of the instructions that read or write the PC, for whatever the
 * translator does not copy or rewrite:
 *
 *   B, BL, BLX, BX, BXJ, CBZ, CBNZ, TBB, TBH, ADR
 *   A32 data processing (any registers, unless S and Rd = pc: that is sysinsn's)
 *   T32 ADD, MOV and CMP of high registers
 *   every load and store of ldst.h but the exclusive ones
 *
 * Anything else gives EXEC_UNDEF.
 */
#include "xlate/exec.h"

enum exec_result pcinsn_execute(struct vcpu *vcpu, uint32_t insn, bool thumb, const struct mem_ops *mem,
                                void *ctx);

/* The load and store part alone: LDRT, STRT and accesses to devices too. */
enum exec_result ldst_execute(struct vcpu *vcpu, uint32_t insn, bool thumb, const struct mem_ops *mem,
                              void *ctx);
