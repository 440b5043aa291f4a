/* See vm.h. */
#include <stddef.h>
#include "core/vm.h"

/* A handful of devices, the busiest first: walking the list is the fast way. */
struct vdev *vm_find_vdev(const struct vm *vm, gpa_t addr, uint32_t size)
{
    for (unsigned i = 0; i < vm->vdev_count; i++) {
        struct vdev *dev = vm->vdevs[i];
        uint32_t offset = addr.v - dev->base.v;

        if (offset < dev->size)
            return size <= dev->size - offset ? dev : NULL;
    }
    return NULL;
}
