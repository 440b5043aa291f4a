#pragma once
/*
 * The host's clock: a monotonic 64-bit counter and one deadline.
 * Units are ticks of 'hz'; now() never goes back, and misses no
 * wrap as long as the interrupt 'irq' is enabled and handled when it comes: the
 * driver keeps a far deadline armed of its own, disarmed or not.
 */
#include <stdint.h>


struct host_timer {
    const char *name;
    uint32_t hz;
    int irq;
    uint64_t (*now)(void);
    void (*arm)(uint64_t deadline);  /* interrupt at or just after; past = at once */
    void (*disarm)(void);
    /* Acknowledges the device.  Interrupts come when the deadline has passed,
     * and now and then without one, to keep the clock: ask now(), do not assume. */
    void (*handle_irq)(void);
    /* For those who cannot call now(): a 32-bit down counter, of which the complement is its low word. */
    const volatile uint32_t *counter_reg;
};
