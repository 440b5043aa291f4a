/* The T32 decode table. */
#include "xlate/t32.h"

#include "lib/bits.h"

static const struct a32_row t16_table[] = {
#define T16(name, mask, value, class, fields) { #name, mask, value, A32_##class, fields },
#define T32(name, mask, value, class, fields)
#include "xlate/t32.def"
#undef T16
#undef T32
};

static const struct a32_row t32_table[] = {
#define T16(name, mask, value, class, fields)
#define T32(name, mask, value, class, fields) { #name, mask, value, A32_##class, fields },
#include "xlate/t32.def"
#undef T16
#undef T32
};

/*
 * Rows are tried in order, from the first one that any instruction with the same upper bits can
 * match: bits 15:8, or 31:20 of a long one.
 */
static uint8_t first_short[256], first_long[4096];

static unsigned first_match(const struct a32_row *rows, uint32_t bits, uint32_t mask)
{
    unsigned row = 0;

    while ((bits ^ rows[row].value) & rows[row].mask & mask)
        row++;
    return row;
}

static void build_index(void)
{
    for (uint32_t i = 0; i < 256; i++)
        first_short[i] = (uint8_t)first_match(t16_table, i << 8, 0xff00);
    for (uint32_t i = 0xe80; i < 4096; i++)
        first_long[i] = (uint8_t)first_match(t32_table, i << 20, 0xfff00000);
}

const struct a32_row *t32_decode(uint32_t insn)
{
    static bool indexed;
    const struct a32_row *row;

    if (!indexed) {
        build_index();
        indexed = true;
    }
    row = insn >> 16 ? &t32_table[first_long[insn >> 20]] : &t16_table[first_short[insn >> 8 & 0xff]];
    while ((insn & row->mask) != row->value)
        row++;
    return row;
}

static bool field_is_pc(uint32_t insn, unsigned lsb)
{
    return ((insn >> lsb) & 15) == 15;
}

/* Conditions 1111, and 1110 with an "else", are UNPREDICTABLE (A8.8.54). */
static bool it_is_valid(uint32_t insn)
{
    uint32_t cond = BITS(insn, 7, 4), mask = insn & 15;

    return cond != 15 && (cond != 14 || (mask & (mask - 1)) == 0);
}

enum a32_class t32_classify(uint32_t insn)
{
    const struct a32_row *row = t32_decode(insn);

    if (((row->fields & F_n) && field_is_pc(insn, 16)) || ((row->fields & F_d) && field_is_pc(insn, 12)) ||
        ((row->fields & F_s) && field_is_pc(insn, 8)) || ((row->fields & F_m) && field_is_pc(insn, 0)))
        return A32_UNDEF;
    if ((row->fields & F_D) && field_is_pc(insn, 12))
        return A32_BRANCH;
    if ((row->fields & F_N) && field_is_pc(insn, 16))
        return A32_PC_OPERAND;
    if (t32_is_it(insn) && !it_is_valid(insn))
        return A32_UNDEF;
    return (enum a32_class)row->class;
}

/* B.W: S:I1:I2:imm10:imm11:0 with I = NOT(J EOR S) (T4), S:J2:J1:imm6:imm11:0 (T3). */
static uint32_t long_offset(uint32_t insn, bool always)
{
    uint32_t s = BITS(insn, 26, 26), j1 = BITS(insn, 13, 13), j2 = BITS(insn, 11, 11);

    if (always)
        return (uint32_t)sign_extend(s << 24 | (j1 == s) << 23 | (j2 == s) << 22 | BITS(insn, 25, 16) << 12 |
                                         BITS(insn, 10, 0) << 1,
                                     25);
    return (uint32_t)sign_extend(
        s << 20 | j2 << 19 | j1 << 18 | BITS(insn, 21, 16) << 12 | BITS(insn, 10, 0) << 1, 21);
}

uint32_t t32_branch_target(uint32_t insn, uint32_t pc, bool *always)
{
    *always = insn >> 16 ? (insn & 0x1000) != 0 : (insn & 0xf800) == 0xe000;
    if (insn >> 16)
        return pc + 4 + long_offset(insn, *always);
    if (*always)
        return pc + 4 + (uint32_t)sign_extend((insn & 0x7ff) << 1, 12);
    if ((insn & 0xf000) == 0xb000) /* CBZ, CBNZ */
        return pc + 4 + (BITS(insn, 9, 9) << 6 | BITS(insn, 7, 3) << 1);
    return pc + 4 + (uint32_t)sign_extend((insn & 0xff) << 1, 9);
}
