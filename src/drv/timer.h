#pragma once
/*
 * The host's clock: a monotonic 64-bit counter and one deadline.
 * Units are ticks of 'hz'; now() never goes back, and misses no
 * wrap as long as the caller asks it whenever the interrupt 'irq' comes, and
 * arms the timer again when it does not go on by itself.
 */
#include <stdint.h>

/* 1 ms: an interrupt that came again sooner could keep everybody from arming the timer anew. */
#define HOST_TIMER_AGAIN(hz) ((hz) / 1000)

struct host_timer {
    const char *name;
    uint32_t hz;
    int irq;
    uint64_t (*now)(void);
    /* Interrupts at or just after the deadline, at once when it has passed, or sooner when it is further than
     * DOWNCOUNTER_MAX_DELAY.  Returns how many ticks from now that is if it does so again and again with that period
     * until armed anew, or 0: it is less than HOST_TIMER_AGAIN. */
    uint32_t (*arm)(uint64_t deadline);
    void (*handle_irq)(void); /* acknowledges the device; ask now() what has passed, do not assume */
    /* For those who cannot call now(): a 32-bit down counter, of which the complement is its low word. */
    const volatile uint32_t *counter_reg;
};
