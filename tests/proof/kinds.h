#pragma once
/*
 * The A32 encodings that are proven: kinds with a base value and fields that run through all
 * their values, or in the short run through a list of them.
 */
#include <stdbool.h>
#include <stdint.h>

struct kind_field {
    uint8_t lsb, width;          /* width 0 ends the list */
    const uint16_t *few;         /* values of the short run; NULL: all */
    uint16_t few_count;
};

enum kind_how {
    CONDITIONS = 1,              /* the condition is among the fields, or there is none */
    LISTS = 2,                   /* the long run has the lists of values too: all would be hundreds of millions */
    LONG_ONLY = 4,
};

struct kind {
    const char *name;
    uint32_t base;
    struct kind_field fields[8];
    bool (*keep)(uint32_t insn); /* NULL: all */
    unsigned states;             /* random states each encoding runs from */
    unsigned how;                /* enum kind_how */
};

extern const struct kind kinds[];

struct kind_iter {
    const struct kind *kind;
    bool full, done;
    uint32_t at[8];
};

void kind_begin(struct kind_iter *it, const struct kind *k, bool full);
bool kind_next(struct kind_iter *it, uint32_t *insn);
