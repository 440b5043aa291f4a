#pragma once
/* Stubs for instructions that reach system registers; conventions in stubs.c. */
#include "xlate/stub_writer.h"

/* Each returns false when this instruction has no stub form. */
bool sysstub_cps(struct stub_writer *w, uint32_t insn, uint32_t next);
void sysstub_mrs_cpsr(struct stub_writer *w, uint32_t insn, uint32_t next);
bool sysstub_msr_cpsr(struct stub_writer *w, uint32_t insn, uint32_t next);
bool sysstub_spsr(struct stub_writer *w, uint32_t insn, uint32_t next);
/* LDM and STM of User registers */
bool sysstub_user_registers(struct stub_writer *w, uint32_t insn, uint32_t next);
void sysstub_dsb(struct stub_writer *w, uint32_t insn, uint32_t next);
bool sysstub_cp15(struct stub_writer *w, uint32_t insn, uint32_t next);
/* LDRBT and STRBT */
bool sysstub_unprivileged(struct stub_writer *w, uint32_t insn, uint32_t next);
/* VMRS and VMSR of FPEXC */
bool sysstub_vfp(struct stub_writer *w, uint32_t insn, uint32_t next);
