#pragma once
/*
 * Translating T32 code inside one page, halfword by halfword in place.
 *
 * Which halfwords begin instructions cannot be told from a page of T32, so the
 * translation grows from the entries that execution takes.  A halfword of the
 * translation is one of
 *
 *   THUMB_NONE        nothing yet: a UDF
 *   an instruction    harmless, as the guest has it
 *   a direct branch   in place, to a halfword of the page where an instruction may begin
 *   a trap            UDF or, for a 32-bit instruction, UDF.W: an instruction that fails
 *                     its IT condition is passed over, and must be by the right size
 *   a second half     of one of the above
 *
 * Nothing ever runs into a second half: a branch to one, or an instruction that ends before
 * one, is a trap; and what a branch goes to never becomes one.
 *
 * An IT instruction is in place only when all it covers is, with sizes as the guest's;
 * otherwise it is a trap, and the block is stepped in software.
 */
#include <stdbool.h>
#include <stdint.h>
#include "xlate/t32.h"

#define THUMB_HALFWORDS 2048u
#define THUMB_NONE 0xde00u      /* UDF #0 */

/* A bit for each halfword. */
struct thumb_map {
    uint32_t second[THUMB_HALFWORDS / 32];  /* second half of an instruction */
    uint32_t target[THUMB_HALFWORDS / 32];  /* a branch in place goes to it */
};

struct thumb_code {
    uint16_t *half;          /* the translation */
    struct thumb_map *map;
};

/* Empties a translation. */
void thumb_clear(struct thumb_code *code);

/*
 * Translates what can be reached from the instruction at 'offset' (even, in bytes); the first
 * it_left instructions are the rest of an IT block.  'source' is the guest's page.  Returns the
 * number of instructions that were placed.
 */
unsigned thumb_translate(struct thumb_code *code, const uint16_t *source, unsigned offset, unsigned it_left);

enum thumb_entry {
    THUMB_RUN,        /* enter there */
    THUMB_STEP,       /* execute the one instruction in software */
    THUMB_UNKNOWN,    /* translate from there first */
};
/* How execution may go on at 'offset' with it_left instructions of an IT block to come. */
enum thumb_entry thumb_entry_at(const struct thumb_code *code, unsigned offset, unsigned it_left);

/* The number of places that break the rules above, or hold an instruction that is not harmless. */
unsigned thumb_audit(const struct thumb_code *code);
