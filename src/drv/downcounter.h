#pragma once
/*
 * A free-running 32-bit down counter extended to 64 bits, counting up.
 * Must be read at least once per wrap; the drivers never let their deadline
 * timer run for longer than DOWNCOUNTER_MAX_DELAY ticks, and who gets its interrupt arms it again (clock.c).
 */
#include <stdint.h>

#define DOWNCOUNTER_MAX_DELAY 0x40000000u

struct downcounter {
    uint64_t ticks;
};

static inline uint64_t downcounter_update(struct downcounter *c, uint32_t hardware)
{
    uint32_t low = ~hardware;

    c->ticks += low - (uint32_t)c->ticks;
    return c->ticks;
}

/* Ticks to program for 'deadline': at least 1, at most DOWNCOUNTER_MAX_DELAY. */
static inline uint32_t downcounter_delay(uint64_t now, uint64_t deadline)
{
    if (deadline <= now)
        return 1;
    return deadline - now > DOWNCOUNTER_MAX_DELAY ? DOWNCOUNTER_MAX_DELAY : (uint32_t)(deadline - now);
}
