/* The A32 decode table and its index. */
#include "xlate/a32.h"

#include "lib/bits.h"

const struct a32_row a32_table[] = {
#define A32(name, mask, value, class, fields) { #name, mask, value, A32_##class, fields },
#include "xlate/a32.def"
#undef A32
};

const unsigned a32_table_size = ARRAY_SIZE(a32_table);

/*
 * Rows are tried in order, starting at the first one that any word with the
 * same bits 27:20 and 7:4 can match: a few compares a word instead of ninety.
 * Index 4096 is for cond == 1111, whose rows come first.
 */
static uint8_t first_row[4097];

static bool row_reachable(const struct a32_row *row, uint32_t bits, uint32_t bits_mask)
{
    return ((bits ^ row->value) & row->mask & bits_mask) == 0;
}

void a32_init(void)
{
    for (unsigned i = 0; i < 4096; i++) {
        uint32_t bits = ((i >> 4) << 20) | ((i & 15) << 4);
        unsigned row = 0;
        while ((a32_table[row].mask & 0xf0000000u) ||
               !row_reachable(&a32_table[row], bits, 0x0ff000f0u))
            row++;
        first_row[i] = (uint8_t)row;
    }
    first_row[4096] = 0;
}

const struct a32_row *a32_decode(uint32_t insn)
{
    unsigned index = (insn >> 28) == 15 ? 4096 : (BITS(insn, 27, 20) << 4) | BITS(insn, 7, 4);
    const struct a32_row *row = &a32_table[first_row[index]];

    while ((insn & row->mask) != row->value)
        row++;
    return row;
}

static bool field_is_pc(uint32_t insn, unsigned lsb)
{
    return ((insn >> lsb) & 15) == 15;
}

unsigned a32_pc_operands(uint32_t insn, const struct a32_row *row)
{
    unsigned pc = 0;

    if ((row->fields & F_N) && field_is_pc(insn, 16))
        pc |= F_N;
    if ((row->fields & F_D) && field_is_pc(insn, 12))
        pc |= F_D;
    if ((row->fields & F_M) && field_is_pc(insn, 0))
        pc |= F_M;
    return pc;
}

enum a32_class a32_classify(uint32_t insn, const struct a32_row *row)
{
    if (((row->fields & F_n) && field_is_pc(insn, 16)) || ((row->fields & F_d) && field_is_pc(insn, 12)) ||
        ((row->fields & F_s) && field_is_pc(insn, 8)) || ((row->fields & F_m) && field_is_pc(insn, 0)))
        return A32_UNDEF;
    if (row->class == A32_DP_IMM || row->class == A32_DP_REG) {
        if ((insn & BIT(20)) && (row->fields & F_D) && field_is_pc(insn, 12))
            return A32_ERET;
    }
    return (enum a32_class)row->class;
}

static const struct {
    const char *name;
    bool sensitive;
} classes[] = {
#define A32_CLASS(name, sensitive) { #name, sensitive },
    A32_CLASSES(A32_CLASS)
#undef A32_CLASS
};

const char *a32_class_name(enum a32_class class)
{
    return class < A32_CLASS_COUNT ? classes[class].name : "?";
}

bool a32_class_sensitive(enum a32_class class)
{
    return class >= A32_CLASS_COUNT || classes[class].sensitive;
}
