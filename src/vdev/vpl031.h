#pragma once
/*
 * Virtual PL031 real-time clock (ARM DDI 0224): seconds, and a match interrupt.
 */
#include <stdbool.h>
#include <stdint.h>
#include "vdev/vdev.h"

struct vpl031_host {
    uint32_t (*seconds)(void *ctx); /* a clock that counts seconds, from any origin */
    void *ctx;
};

struct vpl031 {
    struct vdev dev;
    struct irq_line irq;
    struct vpl031_host host;
    uint32_t offset; /* RTCDR = seconds + offset */
    uint32_t match, load, last; /* 'last': RTCDR when the match was last looked for */
    bool imsc, ris;
};

/* The clock starts at what seconds() says. */
void vpl031_init(struct vpl031 *rtc, gpa_t base, struct irq_line irq, struct vpl031_host host);
/* Looks whether the match time has passed; to be called now and then (any device access does). */
void vpl031_update(struct vpl031 *rtc);
