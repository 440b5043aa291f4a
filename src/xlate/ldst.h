#pragma once
/*
 * Loads and stores in software: decode one A32 or T32 instruction, compute what
 * it accesses, and complete it.  Pure functions; memory is the caller's business:
 *
 *   ldst_decode, ldst_address, then for i < count an access of 'size' bytes at
 *   addr + i * size (a store takes ldst_store_value(i)), then ldst_commit.
 *
 * Nothing is written to r[] before ldst_commit, so an access that aborts leaves the
 * instruction as if it had not run (the base restored abort model, B1.9.8).
 * Here r[15] is the address of the instruction itself, as in struct vcpu.
 */
#include <stdbool.h>
#include <stdint.h>

enum ldst_kind {
    LDST_LOAD,
    LDST_STORE,
    LDST_LOAD_EX,  /* LDREX family */
    LDST_STORE_EX, /* STREX family: status register in rd */
    LDST_SWP,      /* SWP, SWPB: load to rt and store of rm, count 1 */
};

enum ldst_shift { LDST_LSL, LDST_LSR, LDST_ASR, LDST_ROR, LDST_RRX };

struct ldst {
    uint8_t kind;      /* enum ldst_kind */
    uint8_t size;      /* of one access: 1, 2 or 4 */
    uint8_t count;     /* accesses: 2 for the dual forms, 1 to 16 for LDM/STM */
    uint8_t align;     /* required whatever SCTLR.A says (A3.2.1); 1 = none */
    bool sign;         /* sign-extend the loaded value */
    bool unpriv;       /* LDRT, STRT and relatives: as from unprivileged mode */
    bool thumb;
    uint8_t rn;        /* base; 15 = literal, aligned PC */
    uint8_t rt, rt2;   /* first and second register of single and dual forms */
    uint8_t rd;        /* status register of LDST_STORE_EX */
    uint8_t rm;        /* offset register, or 0xff; stored register of LDST_SWP */
    uint8_t shift, shift_amount;
    bool index;        /* the offset applies before the access */
    bool wback;
    bool subtract;
    bool multiple;     /* LDM/STM: 'list' replaces rt */
    uint16_t list;
    uint32_t imm;      /* offset when rm is 0xff */
};

/* One instruction about to run. */
struct ldst_access {
    uint32_t addr;     /* of the lowest access */
    uint32_t base;     /* what the base register becomes with writeback */
};

/*
 * Decodes insn: A32, a 16-bit T32 instruction as it is, or a 32-bit one as first
 * halfword << 16 | second.  False for anything but the loads and stores of ARMv7-A core
 * registers: preloads, LDM/STM of user registers and exception return, RFE, SRS,
 * coprocessor and NEON transfers, UNDEFINED encodings, and those UNPREDICTABLE ones
 * that have no natural meaning.  The condition field of A32 is not looked at, but 0b1111 is refused.
 */
bool ldst_decode(uint32_t insn, bool thumb, struct ldst *out);

/* cpsr is only read for the carry of an RRX offset. */
void ldst_address(const struct ldst *ls, const uint32_t r[16], uint32_t cpsr, struct ldst_access *out);

/* The value that access i stores, truncated to size. */
uint32_t ldst_store_value(const struct ldst *ls, const uint32_t r[16], unsigned i);

/*
 * Completes the instruction: loaded[0..count-1] (zero-extended, unused by stores) go to their
 * registers, then the base is written back unless it was loaded.  For LDST_STORE_EX
 * loaded[0] is the status, 0 = stored.  True when the PC is loaded: *pc is the value, bit 0
 * still says ARM or Thumb, r[15] is unchanged and the caller branches.
 */
bool ldst_commit(const struct ldst *ls, uint32_t r[16], const struct ldst_access *access,
                 const uint32_t *loaded, uint32_t *pc);

/* A value of 'size' bytes between register and little-endian memory order, for CPSR.E. */
uint32_t ldst_endian(uint32_t value, unsigned size, bool big_endian);
