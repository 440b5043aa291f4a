#pragma once
/*
 * Virtual PL061 general purpose I/O (ARM DDI 0190): eight pins with nothing connected.  As
 * inputs they are low, so no edge ever comes; a level may be waited for.
 */
#include <stdint.h>
#include "vdev/vdev.h"

struct vpl061 {
    struct vdev dev;
    struct irq_line irq;
    uint8_t data, dir, is, ibe, iev, ie, afsel;
};

void vpl061_init(struct vpl061 *gpio, gpa_t base, struct irq_line irq);
