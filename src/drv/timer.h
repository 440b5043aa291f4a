#pragma once
/*
 * The host's clock: a monotonic 64-bit counter and one deadline.
 * Units are ticks of 'hz'; now() never goes back and never misses a wrap as
 * long as it is called (or the interrupt is handled) once per hardware wrap.
 */
#include <stdint.h>

struct host_timer {
    const char *name;
    uint32_t hz;
    int irq;
    uint64_t (*now)(void);
    void (*arm)(uint64_t deadline);  /* interrupt at or just after; past = at once */
    void (*disarm)(void);
    void (*handle_irq)(void);        /* acknowledge the device */
};
