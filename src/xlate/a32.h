#pragma once
/*
 * The A32 decode table: which instruction is this, and what must be done with
 * it when a guest kernel executes it.  One table (a32.def) serves the
 * translator, the emulator, the checker and the tests.
 */
#include <stdbool.h>
#include <stdint.h>
#include "lib/bits.h"

#define F_N 0x01u  /* may be the PC: 19:16 */
#define F_D 0x02u  /* 15:12 */
#define F_M 0x04u  /* 3:0 */
#define F_n 0x10u  /* the PC is UNPREDICTABLE here */
#define F_d 0x20u
#define F_s 0x40u
#define F_m 0x80u

/*
 * Classes.  SENSITIVE ones may never be executed by hardware on behalf of a
 * guest kernel; the others may, as long as no operand is the PC.
 * X(name, sensitive)
 */
#define A32_CLASSES(X)                                             \
    X(COPY, 0) X(NEON, 0) X(DP_IMM, 0) X(DP_REG, 0) X(LDST, 0)     \
    X(B, 0)                                                        \
    X(BARRIER, 0)                                                  \
    X(BL, 1) X(BX, 1) X(BLX_REG, 1) X(BRANCH, 1)                   \
    X(LDM_PC, 1) X(STM_PC, 1)                                      \
    X(CPS, 1) X(MRS_CPSR, 1) X(MSR_CPSR, 1) X(SPSR, 1)             \
    X(SETEND, 1) X(SRS, 1) X(RFE, 1) X(ERET, 1) X(USR_REGS, 1)     \
    X(UNPRIV, 1) X(WFI, 1) X(WFE, 1)                               \
    X(CP15, 1) X(CP15_64, 1) X(CP14, 1) X(VFP_SYS, 1)              \
    X(SVC, 1) X(HVC, 1) X(SMC, 1) X(BKPT, 1)                       \
    X(UNDEF, 1)                                                    \
    X(PC_OPERAND, 1) /* not in the table: any class above 0 with the PC as operand */

enum a32_class {
#define A32_CLASS(name, sensitive) A32_##name,
    A32_CLASSES(A32_CLASS)
#undef A32_CLASS
    A32_CLASS_COUNT
};

struct a32_row {
    const char *name;
    uint32_t mask, value;
    uint8_t class;
    uint8_t fields;
};

extern const struct a32_row a32_table[];
extern const unsigned a32_table_size;

/* Builds the index used by a32_decode; call once. */
void a32_init(void);

/* The row of an instruction word; never NULL (the last row takes everything). */
const struct a32_row *a32_decode(uint32_t insn);

/*
 * The class after looking at the operands: A32_UNDEF when a field that may not
 * be the PC is the PC, A32_ERET for <op>S pc, the row's class otherwise.
 */
enum a32_class a32_classify(uint32_t insn, const struct a32_row *row);

/* Does an operand that may be the PC name it? Set of F_N, F_D, F_M. */
unsigned a32_pc_operands(uint32_t insn, const struct a32_row *row);

/*
 * Quick answers, for translating whole pages.  a32_quick has, by bits 27:20, the fields of four bits that must not be
 * 15 (registers, and the condition), each by its lowest bit, for the instruction to be plain: one that any mode may
 * execute wherever it is, of class COPY, NEON, DP or LDST and without the PC as operand.  Or A32_QUICK_NOT:
 * bits 7:4 decide too (a32_quick_low, by a32_index), or more do (A32_QUICK_MORE), or these never are plain.
 */
#define A32_QUICK_NOT BIT(31)
#define A32_QUICK_B BIT(30)         /* unless cond is 1111: class B */
#define A32_QUICK_SENSITIVE BIT(29) /* unless cond is 1111: of a class that nothing but a stub or an exit can do */
#define A32_QUICK_MORE BIT(27)

extern uint32_t a32_quick[256], a32_quick_low[4096];

static inline unsigned a32_index(uint32_t insn)
{
    return BITS(insn, 27, 20) | (insn & 0xf0) << 4;
}

/* The fields that are 15, in the form of a32_quick; A32_QUICK_NOT is always there. */
static inline uint32_t a32_quick_ones(uint32_t insn)
{
    insn &= insn >> 1;
    insn &= insn >> 2;
    return insn | A32_QUICK_NOT;
}

/* With those fields: is the instruction plain, as far as A32_QUICK_MORE tells? */
bool a32_plain_more(uint32_t insn, uint32_t ones);
/* All of it, for one instruction. */
static inline bool a32_is_plain(uint32_t insn)
{
    uint32_t ones = a32_quick_ones(insn), quick = a32_quick[BITS(insn, 27, 20)];

    if (quick == A32_QUICK_NOT && insn < 0xf0000000u)
        quick = a32_quick_low[a32_index(insn)];
    return !(quick & ones) || a32_plain_more(insn, ones);
}

const char *a32_class_name(enum a32_class class);
bool a32_class_sensitive(enum a32_class class);
