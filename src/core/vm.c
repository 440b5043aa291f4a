/* See vm.h. */
#include <stddef.h>
#include "core/vm.h"

static struct vdev *holds(struct vdev *dev, gpa_t addr, uint32_t size)
{
    uint32_t offset = addr.v - dev->base.v;

    return offset < dev->size && size <= dev->size - offset ? dev : NULL;
}

/* A handful of devices, the busiest first; an access is often to the same one as the last. */
struct vdev *vm_find_vdev(struct vm *vm, gpa_t addr, uint32_t size)
{
    struct vdev *dev = vm->last_vdev ? holds(vm->last_vdev, addr, size) : NULL;

    for (unsigned i = 0; !dev && i < vm->vdev_count; i++)
        dev = holds(vm->vdevs[i], addr, size);
    if (dev)
        vm->last_vdev = dev;
    return dev;
}
