#pragma once
/*
 * A virtual device: a register window in guest physical space.
 *
 * Devices know nothing of the processor or of the host: they get register
 * accesses, the time in guest timer ticks when they ask, and drive interrupt
 * lines.  Every one runs in a unit test on the build machine.
 */
#include <stdbool.h>
#include <stdint.h>
#include "lib/addr.h"

struct vdev;

struct vdev_ops {
    const char *name;
    /* offset is naturally aligned to size (1, 2 or 4), inside the window.  An
     * access the device does not decode reads as zero and ignores writes. */
    uint32_t (*read)(struct vdev *dev, uint32_t offset, unsigned size);
    void (*write)(struct vdev *dev, uint32_t offset, unsigned size, uint32_t value);
    /* adds the device's node(s) to the device tree being built with libfdt's
     * sequential-write or read-write interface; 0 or a libfdt error */
    int (*fdt_node)(const struct vdev *dev, void *fdt);
    void (*reset)(struct vdev *dev);
};

struct vdev {
    const struct vdev_ops *ops;
    gpa_t base;
    uint32_t size;
};

/* An interrupt output: level-sensitive, wired to one input of a controller. */
struct irq_line {
    void (*set)(void *controller, unsigned irq, bool level);
    void *controller;
    unsigned irq;     /* GIC interrupt ID */
};

static inline void irq_line_set(const struct irq_line *line, bool level)
{
    if (line->set)
        line->set(line->controller, line->irq, level);
}
