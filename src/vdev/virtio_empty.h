#pragma once
/*
 * virtio-mmio transports with no device behind them (virtio 1.2, 4.2.2): every
 * slot identifies itself and says device ID 0, which drivers pass over.
 */
#include "vdev/vdev.h"

#define VIRTIO_SLOT_SIZE 0x200u

struct virtio_empty {
    struct vdev dev;
    unsigned slots;
    unsigned first_irq; /* GIC interrupt ID of slot 0; never raised */
};

void virtio_empty_init(struct virtio_empty *v, gpa_t base, unsigned slots, unsigned first_irq);
