#pragma once
/*
 * What software execution of instructions on a struct vcpu shares: memory callbacks,
 * results, the ALU, and the ways to write the PC (DDI 0406C A2.3.1, A8.4, B1.3).
 *
 * r[15] is the address of the instruction being executed.  The caller has checked its
 * condition, the A32 field or ITSTATE (B<c> of T32 checks its own); on EXEC_DONE the PC and
 * ITSTATE have moved on.
 */
#include <stdbool.h>
#include <stdint.h>
#include "core/vcpu.h"

/*
 * Guest memory, at the virtual address, of 1, 2 or 4 bytes in little-endian order whatever
 * CPSR.E says, with the privilege of the current mode or, if unpriv, as from User mode.
 * align is the alignment required besides SCTLR.A's.  False: the access aborted and the
 * exception has been injected; nothing else of the vcpu may change then.
 */
struct mem_ops {
    bool (*load)(void *ctx, gva_t addr, unsigned size, unsigned align, bool unpriv, uint32_t *value);
    bool (*store)(void *ctx, gva_t addr, unsigned size, unsigned align, bool unpriv, uint32_t value);
};

enum exec_result {
    EXEC_DONE,
    EXEC_UNDEF,   /* not one of the module's instructions, UNDEFINED or refused as UNPREDICTABLE */
    EXEC_ABORTED, /* a memory access aborted; the exception has been taken */
};

/* The bytes of one T32 instruction, or 4. */
static inline unsigned exec_length(uint32_t insn, bool thumb)
{
    return thumb && insn < 0x10000 ? 2 : 4;
}

/* The PC as an operand. */
static inline uint32_t exec_pc(const struct vcpu *vcpu)
{
    return vcpu->r[15] + (vcpu->cpsr & PSR_T ? 4 : 8);
}

static inline uint32_t exec_reg(const struct vcpu *vcpu, unsigned n)
{
    return n == 15 ? exec_pc(vcpu) : vcpu->r[n];
}

/* Leaves the instruction: to the next one, */
void exec_next(struct vcpu *vcpu, uint32_t insn);
/* to an address in the same state (BranchWritePC), */
void exec_branch(struct vcpu *vcpu, uint32_t addr);
/* or to one whose bit 0 chooses the state (BXWritePC; in ARM state also ALUWritePC). */
void exec_bx(struct vcpu *vcpu, uint32_t addr);
/* CPSR from an SPSR value with all fields, then the PC (B1.8.3, exception return). */
void exec_exception_return(struct vcpu *vcpu, uint32_t psr, uint32_t addr);

/* A32 data processing, opcode 0-15 as in bits 24:21. */
struct alu_result {
    uint32_t value;
    uint32_t cpsr;  /* with N, Z, C and V as the S form sets them */
};
struct alu_result exec_alu(unsigned opcode, uint32_t rn, uint32_t operand, bool shift_carry, uint32_t cpsr);
/* Second operand of an A32 data-processing instruction, and the shifter's carry. */
uint32_t exec_operand(const struct vcpu *vcpu, uint32_t insn, bool *carry);
/* Is insn (cond not 0b1111) A32 data processing at all: not multiply, load, store, MSR...? */
bool exec_is_data_processing(uint32_t insn);

/* One aligned word in the endianness of CPSR.E. */
bool exec_load_word(const struct vcpu *vcpu, const struct mem_ops *mem, void *ctx, uint32_t addr, uint32_t *value);
bool exec_store_word(const struct vcpu *vcpu, const struct mem_ops *mem, void *ctx, uint32_t addr, uint32_t value);
