#pragma once
/*
 * T32 code of a guest kernel: pages that are translated as execution reaches
 * them (xlate/sweep.h), and the slot where one instruction runs out of line.
 */
#include "xlate/sweep.h"
#include "xlate/xlate.h"

/* Gives p a page of an arena and an empty translation; false when the pool is dry. */
bool thumb_alloc(struct xlate *x, struct xpage *p);
void thumb_free(struct xlate *x, struct xpage *p);
/* Forgets what is translated; the page stays. */
void thumb_reset(struct xpage *p);

/* What is known of guest address pc of the page, with it_left instructions of an IT block to come. */
enum thumb_entry thumb_known(const struct xpage *p, uint32_t pc, unsigned it_left);
/*
 * How to go on at guest address pc of the page with it_left instructions of an IT block to
 * come; translates what is needed.  'watched': writes to the guest's page from here on will be
 * seen.  Never THUMB_UNKNOWN.
 */
enum thumb_entry thumb_enter(struct xlate *x, struct xpage *p, uint32_t pc, unsigned it_left, bool watched);
/* Is what stands at hardware address hw_pc of the page the guest's own instruction? */
bool thumb_is_own(const struct xpage *p, uint32_t hw_pc);

/*
 * Puts a harmless T32 instruction of guest address pc into x->slot.  Returns where to enter
 * it, or 0 when the pool is dry.  At that address plus the instruction's size is a UDF.
 * xlate_unwind takes the slot's addresses for pc's.
 */
uint32_t thumb_slot(struct xlate *x, uint32_t pc, uint32_t insn);
static inline bool thumb_in_slot(const struct xlate *x, uint32_t hw_pc)
{
    return x->slot.words && ALIGN_DOWN(hw_pc, 4096) == x->slot.va;
}
