/*
 * What a place in the guest kernel does with DACR.  A stub that asks whether access is taken away costs six words
 * (sysstubs.c), and a place that closes user memory after use takes it away nearly every time.  So the first time
 * that it does, it is tried: the next writes there exit to C, which counts; and if most of them took access away, the
 * stub exits without asking from then on.  Either way is exact.
 */
#include "lib/bits.h"
#include "xlate/xlate.h"

#define TRIES 16
#define MOST 14

static struct dacr_site *site_of(struct xlate *x, uint32_t pc)
{
    return &x->dacr_sites[(pc >> 2 ^ pc >> 11) % ARRAY_SIZE(x->dacr_sites)];
}

enum dacr_habit xlate_dacr_habit(struct xlate *x, uint32_t pc)
{
    const struct dacr_site *s = site_of(x, pc);

    if (s->habit == DACR_NEW)
        return DACR_NEW;
    return s->pc == pc ? (enum dacr_habit)s->habit : DACR_MIXED;
}

bool xlate_dacr_written(struct xlate *x, uint32_t pc, bool tightened)
{
    struct dacr_site *s = site_of(x, pc);

    if (s->habit == DACR_NEW)
        *s = (struct dacr_site){ .pc = pc, .habit = DACR_TRIED };
    if (s->pc != pc || s->habit != DACR_TRIED)
        return true;
    s->tightened = (uint8_t)(s->tightened + tightened);
    if (++s->seen == TRIES)
        s->habit = s->tightened >= MOST ? DACR_TIGHTENS : DACR_MIXED;
    return s->seen == 1 || s->habit != DACR_TRIED;
}
