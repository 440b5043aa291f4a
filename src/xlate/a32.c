/* The A32 decode table and its index. */
#include "xlate/a32.h"

#include <string.h>

#include "lib/bits.h"

const struct a32_row a32_table[] = {
#define A32(name, mask, value, class, fields) { #name, mask, value, A32_##class, fields },
#include "xlate/a32.def"
#undef A32
};

const unsigned a32_table_size = ARRAY_SIZE(a32_table);

#define OP_BITS 0x0ff00000u
#define LOW_BITS 0x000000f0u /* with OP_BITS: what a32_index is made of */
#define INDEXES 4096u

/*
 * Rows are tried in order, starting at the first one that any word with the
 * same index can match: a few compares a word instead of ninety.
 * The last index is for cond == 1111, whose rows come first.
 */
static uint8_t first_row[INDEXES + 1];

uint32_t a32_quick[256], a32_quick_low[INDEXES];

/* Where more bits than the index decide: a word with no bit of 'clear' and one of 'some' is of the last row. */
struct quick_more { uint32_t not_pc, clear, some; };
static struct quick_more more[64];
static unsigned more_count;

static uint32_t other_bits(const struct a32_row *row)
{
    return row->mask & ~(OP_BITS | LOW_BITS);
}

/* What a32_quick says when all words are of this row. */
static uint32_t quick_fields(const struct a32_row *row)
{
    uint32_t fields = BIT(28);

    switch ((enum a32_class)row->class) {
    case A32_COPY:
    case A32_NEON:
    case A32_DP_IMM:
    case A32_DP_REG:
    case A32_LDST: break;
    case A32_B: return A32_QUICK_NOT | A32_QUICK_B;
    case A32_MSR_CPSR:
    case A32_CP15: return A32_QUICK_NOT; /* some of them can be executed where they are */
    default: return A32_QUICK_NOT | A32_QUICK_SENSITIVE;
    }
    fields |= row->fields & (F_N | F_n) ? BIT(16) : 0;
    fields |= row->fields & (F_D | F_d) ? BIT(12) : 0;
    fields |= row->fields & F_s ? BIT(8) : 0;
    fields |= row->fields & (F_M | F_m) ? BIT(0) : 0;
    return fields;
}

/* Adds that the row does not match; false when that takes more than can be said. */
static bool rule_out(struct quick_more *m, const struct a32_row *row)
{
    uint32_t ones = row->value & other_bits(row);

    if (ones)
        m->clear |= ones & -ones;
    else if (!m->some)
        m->some = other_bits(row);
    else
        return false;
    return true;
}

static uint32_t quick_more(const struct quick_more *m)
{
    if (m->not_pc & A32_QUICK_NOT)
        return A32_QUICK_NOT;
    if (!more_count || memcmp(&more[more_count - 1], m, sizeof(*m))) {
        if (more_count == ARRAY_SIZE(more))
            return A32_QUICK_NOT;
        more[more_count++] = *m;
    }
    return A32_QUICK_NOT | A32_QUICK_MORE | (more_count - 1);
}

/* 'rows' are those that words with bits 27:20 of this index can match. */
static void build_index(unsigned index, uint32_t low, const uint8_t *rows)
{
    struct quick_more m = { 0, 0, 0 };
    const struct a32_row *row;
    bool alone = true, can_say = true;

    for (;; rows++) {
        row = &a32_table[*rows];
        if ((low ^ row->value) & row->mask & LOW_BITS)
            continue;
        if (alone)
            first_row[index] = *rows;
        if (!other_bits(row))
            break;
        alone = false;
        can_say = can_say && rule_out(&m, row);
    }
    m.not_pc = quick_fields(row);
    a32_quick_low[index] = alone ? m.not_pc : can_say ? quick_more(&m) : A32_QUICK_NOT;
}

static void build_op(unsigned op)
{
    uint8_t rows[256] = { 0 };
    unsigned count = 0;

    for (unsigned i = 0; i < a32_table_size; i++) {
        if (!((op << 20 ^ a32_table[i].value) & a32_table[i].mask & (OP_BITS | 0xf0000000u)))
            rows[count++] = (uint8_t)i;
    }
    for (uint32_t low = 0; low < 16; low++)
        build_index(op | low << 8, low << 4, rows);
    a32_quick[op] = a32_table[rows[0]].mask & ~OP_BITS ? A32_QUICK_NOT : quick_fields(&a32_table[rows[0]]);
}

void a32_init(void)
{
    more_count = 0;
    for (unsigned op = 0; op < 256; op++)
        build_op(op);
    first_row[INDEXES] = 0;
}

bool a32_plain_more(uint32_t insn, uint32_t ones)
{
    uint32_t entry = a32_quick_low[a32_index(insn)];
    const struct quick_more *m = &more[entry & 0xff];

    return (entry & A32_QUICK_MORE) && !(ones & m->not_pc) && !(insn & m->clear) && (!m->some || (insn & m->some));
}

const struct a32_row *a32_decode(uint32_t insn)
{
    const struct a32_row *row = &a32_table[first_row[insn >> 28 == 15 ? INDEXES : a32_index(insn)]];

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
