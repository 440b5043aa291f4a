/* Empty virtio-mmio slots: see virtio_empty.h. */
#include <libfdt.h>
#include "lib/bits.h"
#include "vdev/vdev_fdt.h"
#include "vdev/virtio_empty.h"

enum { VIRTIO_MAGIC = 0x000, VIRTIO_VERSION = 0x004, VIRTIO_DEVICE_ID = 0x008, VIRTIO_VENDOR_ID = 0x00c };

#define MAGIC_VALUE 0x74726976u  /* "virt" */
#define VERSION_VALUE 2u
#define VENDOR_VALUE 0x52424d55u /* "UMBR" */

static uint32_t slot_read(struct vdev *dev, uint32_t offset, unsigned size)
{
    (void)dev;
    if (size != 4)
        return 0;
    switch (offset % VIRTIO_SLOT_SIZE) {
    case VIRTIO_MAGIC:
        return MAGIC_VALUE;
    case VIRTIO_VERSION:
        return VERSION_VALUE;
    case VIRTIO_VENDOR_ID:
        return VENDOR_VALUE;
    }
    return 0; /* VIRTIO_DEVICE_ID above all */
}

static void slot_write(struct vdev *dev, uint32_t offset, unsigned size, uint32_t value)
{
    (void)dev;
    (void)offset;
    (void)size;
    (void)value;
}

static int slot_fdt_nodes(const struct vdev *dev, void *fdt)
{
    const struct virtio_empty *v = container_of((struct vdev *)dev, struct virtio_empty, dev);
    int err = 0;

    for (unsigned i = 0; i < v->slots && !err; i++) {
        err = vdev_fdt_begin(fdt, "virtio_mmio", gpa(dev->base.v + i * VIRTIO_SLOT_SIZE), VIRTIO_SLOT_SIZE);
        err = err ? err : fdt_property_string(fdt, "compatible", "virtio,mmio");
        err = err ? err : vdev_fdt_interrupt(fdt, v->first_irq + i, FDT_IRQ_EDGE_RISING);
        err = err ? err : fdt_property(fdt, "dma-coherent", NULL, 0);
        err = err ? err : fdt_end_node(fdt);
    }
    return err;
}

static const struct vdev_ops slot_ops = {
    .name = "virtio-empty",
    .read = slot_read,
    .write = slot_write,
    .fdt_node = slot_fdt_nodes,
};

void virtio_empty_init(struct virtio_empty *v, gpa_t base, unsigned slots, unsigned first_irq)
{
    *v = (struct virtio_empty){
        .dev = { .ops = &slot_ops, .base = base, .size = slots * VIRTIO_SLOT_SIZE },
        .slots = slots,
        .first_irq = first_irq,
    };
}
