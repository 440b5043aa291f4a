#pragma once
/*
 * The A32 decode table: which instruction is this, and what must be done with
 * it when a guest kernel executes it.  One table (a32.def) serves the
 * translator, the emulator, the checker and the tests.
 */
#include <stdbool.h>
#include <stdint.h>

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
 * True only for conditional instructions that any mode may execute wherever they are: classes COPY, NEON, DP, LDST
 * without the PC as operand.  Quick, and not complete: what is not known at once is false.
 */
bool a32_is_plain(uint32_t insn);

const char *a32_class_name(enum a32_class class);
bool a32_class_sensitive(enum a32_class class);
