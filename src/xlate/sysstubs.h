#pragma once
/* Stubs for instructions that reach system registers; conventions in stubs.c. */
#include "xlate/stub_writer.h"

/* Each returns false when this instruction has no stub form. */
bool sysstub_cps(struct stub_writer *w, uint32_t insn);
void sysstub_mrs_cpsr(struct stub_writer *w, uint32_t insn);
bool sysstub_msr_cpsr(struct stub_writer *w, uint32_t insn);
bool sysstub_spsr(struct stub_writer *w, uint32_t insn);
/* LDM and STM of User registers */
bool sysstub_user_registers(struct stub_writer *w, uint32_t insn);
void sysstub_dsb(struct stub_writer *w, uint32_t insn);
bool sysstub_cp15(struct stub_writer *w, uint32_t insn);
/* LDRBT and STRBT */
bool sysstub_unprivileged(struct stub_writer *w, uint32_t insn);
/* VMRS and VMSR of FPEXC */
bool sysstub_vfp(struct stub_writer *w, uint32_t insn);
