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

/* For a32_is_plain: which fields must not be the PC, where one row takes every word of the index. */
static uint8_t plain_fields[4096];
#define PLAIN_NOT 0x80u
#define FIELD_N 1u
#define FIELD_D 2u
#define FIELD_S 4u
#define FIELD_M 8u

static bool row_reachable(const struct a32_row *row, uint32_t bits, uint32_t bits_mask)
{
    return ((bits ^ row->value) & row->mask & bits_mask) == 0;
}

static uint8_t fields_of(const struct a32_row *row)
{
    uint8_t fields = 0;

    if (row->mask & ~0x0ff000f0u & 0x0fffffffu)
        return PLAIN_NOT; /* other bits decide too */
    if (row->class != A32_COPY && row->class != A32_NEON && row->class != A32_DP_IMM && row->class != A32_DP_REG &&
        row->class != A32_LDST)
        return PLAIN_NOT;
    fields |= row->fields & (F_N | F_n) ? FIELD_N : 0;
    fields |= row->fields & (F_D | F_d) ? FIELD_D : 0;
    fields |= row->fields & F_s ? FIELD_S : 0;
    fields |= row->fields & (F_M | F_m) ? FIELD_M : 0;
    return fields;
}

bool a32_is_plain(uint32_t insn)
{
    uint32_t fields = plain_fields[(BITS(insn, 27, 20) << 4) | BITS(insn, 7, 4)], not = ~insn;

    return !(fields & PLAIN_NOT) && insn < 0xf0000000u && (!(fields & FIELD_N) || (not & 0x000f0000u)) &&
           (!(fields & FIELD_D) || (not & 0x0000f000u)) && (!(fields & FIELD_M) || (not & 0x0000000fu)) &&
           (!(fields & FIELD_S) || (not & 0x00000f00u));
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
        plain_fields[i] = fields_of(&a32_table[row]);
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
