#pragma once
/* A virtual machine: memory, one vcpu, devices, the engines' state, counters. */
#include <stdint.h>
#include "core/stats.h"
#include "core/vcpu.h"
#include "lib/addr.h"
#include "vdev/vdev.h"

#define VM_MAX_VDEVS 16

enum vm_state { VM_RUNNING, VM_POWERED_OFF, VM_RESET, VM_STOPPED /* by umbra, with a dump */ };

struct vm {
    char name[32];
    gpa_t ram_base;
    uint32_t ram_size;     /* bytes, a multiple of 1 MiB */
    hpa_t ram_hpa;         /* contiguous, 1 MiB aligned */
    enum vm_state state;
    struct vcpu vcpu;
    struct vdev *vdevs[VM_MAX_VDEVS];
    unsigned vdev_count;
    struct vgic *vgic;
    struct vtimer *vtimer;
    struct vm_stats stats;
};

/* The device whose window holds [addr, addr + size), or NULL. */
struct vdev *vm_find_vdev(const struct vm *vm, gpa_t addr, uint32_t size);
