/*
 * Programs of whatever the decode tables of the translator have rows for, operands at random: UNPREDICTABLE
 * ones among them.  Nothing is compared: umbra has to survive.
 */
#include "fuzz.h"
#include "xlate/a32.h"

static const struct a32_row rows_a32[] = {
#define A32(name, mask, value, class, fields) { #name, mask, value, A32_##class, fields },
#include "xlate/a32.def"
#undef A32
};

static const struct a32_row rows_t16[] = {
#define T16(name, mask, value, class, fields) { #name, mask, value, A32_##class, fields },
#define T32(name, mask, value, class, fields)
#include "xlate/t32.def"
#undef T16
#undef T32
};

static const struct a32_row rows_t32[] = {
#define T16(name, mask, value, class, fields)
#define T32(name, mask, value, class, fields) { #name, mask, value, A32_##class, fields },
#include "xlate/t32.def"
#undef T16
#undef T32
};

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

/* What would end the run rather than the program is rare. */
static bool keep_class(uint32_t class)
{
    switch (class) {
    case A32_B: case A32_BL: case A32_BX: case A32_BLX_REG: case A32_BRANCH: case A32_LDM_PC: case A32_ERET:
    case A32_RFE: case A32_HVC: case A32_SMC:
        return pick(12) == 0;
    default:
        return true;
    }
}

/* MCR: not the registers that the guest itself stands on (c1, c2, c3, c10, c12, the counters of c14). */
static bool keep_word(uint32_t word)
{
    uint32_t crn = word >> 16 & 15;

    if ((word & 0x0f100f10) != 0x0e000f10)
        return true;
    return (crn >= 5 && crn <= 9) || (crn == 13 && (word & 0xe0) != 0);
}

static uint32_t any_of(const struct a32_row *rows, uint32_t count)
{
    for (;;) {
        const struct a32_row *row = &rows[pick(count)];
        uint32_t word = row->value | (any_word() & ~row->mask);

        if (pick(4) == 0)
            word |= row->fields & (F_N | F_n) ? 0xf0000 & ~row->mask : 0xf & ~row->mask;
        if (keep_class(row->class) && keep_word(word))
            return word;
    }
}

static void wild_a32(void)
{
    uint32_t word = any_of(rows_a32, COUNT(rows_a32));

    if (word >> 28 != 15 && pick(4))
        word = (word & 0x0fffffff) | AL;
    emit32(word);
}

static void wild_t32(void)
{
    if (pick(2))
        emit16(any_of(rows_t16, COUNT(rows_t16)) & 0xffff);
    else
        emit_t32(any_of(rows_t32, COUNT(rows_t32)));
}

void wild_item(void)
{
    uint32_t words = 1 + pick(6);

    if (pick(6) == 0)
        emit_const(pick(15), pick(2) ? any_place() : DATA_MID);
    for (; words; words--) {
        if (gen.thumb)
            wild_t32();
        else
            wild_a32();
    }
    if (pick(12) == 0 && !gen.thumb)
        a32_to_thumb();
    if (pick(5) == 0) { /* into any mode */
        if (gen.thumb)
            emit16(0xdf00 | SVC_MODE | any_mode());
        else
            emit32(AL | 0x0f000000 | SVC_MODE | (pick(3) ? any_mode() : MODE_USR));
    }
}
