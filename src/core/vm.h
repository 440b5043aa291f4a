#pragma once
/* A virtual machine: memory, one vcpu, devices, the engines' state, counters. */
#include <stdint.h>
#include "core/stats.h"
#include "core/vcpu.h"
#include "lib/addr.h"
#include "vdev/vdev.h"

#define VM_MAX_VDEVS 16
#define VM_MAX_ROMS 2

enum vm_state { VM_RUNNING, VM_POWERED_OFF, VM_RESET, VM_STOPPED /* by umbra, with a dump */ };

/* Memory that the guest may read and execute but not write: a write goes to the device there,
 * and so does everything while it is not 'mapped'. */
struct vm_rom {
    gpa_t base;
    uint32_t size;         /* bytes, a multiple of 1 MiB */
    hpa_t hpa;             /* contiguous, 1 MiB aligned */
    bool mapped;
};

struct vm {
    char name[32];
    gpa_t ram_base;
    uint32_t ram_size;     /* bytes, a multiple of 1 MiB */
    hpa_t ram_hpa;         /* contiguous, 1 MiB aligned */
    struct vm_rom roms[VM_MAX_ROMS];
    unsigned rom_count;
    enum vm_state state;
    struct vcpu vcpu;
    struct vdev *vdevs[VM_MAX_VDEVS];
    unsigned vdev_count;
    struct vdev *last_vdev; /* that vm_find_vdev found, or NULL */
    struct vgic *vgic;
    struct vtimer *vtimer;
    struct vm_stats stats;
};

/* The device whose window holds [addr, addr + size), or NULL. */
struct vdev *vm_find_vdev(struct vm *vm, gpa_t addr, uint32_t size);
