#pragma once
/*
 * The machine model "virt": an address map compatible with the widely supported
 * ARM "virt" board, so that any multiplatform ARMv7 kernel boots.
 *
 *   0x00000000  flash, 2 banks         0x09020000  fw_cfg
 *   0x08000000  GICv2 distributor      0x0a000000  virtio-mmio, 32 empty slots
 *   0x08010000  GICv2 CPU interface    0x0b000000  umbra's counters (docs/counters.md)
 *   0x09000000  PL011                  0x40000000  RAM
 *   0x09010000  PL031                  0x09030000  PL061
 *
 * Flash is there when the VM has firmware.
 */
#include <stdint.h>
#include "core/vm.h"
#include "vdev/vcounters.h"
#include "vdev/vflash.h"
#include "vdev/vfwcfg.h"
#include "vdev/vgic.h"
#include "vdev/virtio_empty.h"
#include "vdev/vpl011.h"
#include "vdev/vpl031.h"
#include "vdev/vpl061.h"
#include "vdev/vtimer.h"

#define VIRT_FLASH_BASE 0x00000000u
#define VIRT_FLASH_BANK 0x04000000u /* 64 MiB */
#define VIRT_GICD_BASE 0x08000000u
#define VIRT_GICC_BASE 0x08010000u
#define VIRT_UART_BASE 0x09000000u
#define VIRT_RTC_BASE 0x09010000u
#define VIRT_FWCFG_BASE 0x09020000u
#define VIRT_GPIO_BASE 0x09030000u
#define VIRT_VIRTIO_BASE 0x0a000000u
/* QEMU's virt has nothing between virtio-mmio and the platform bus at 0x0c000000. */
#define VIRT_COUNTERS_BASE 0x0b000000u
#define VIRT_RAM_BASE 0x40000000u

#define VIRT_VIRTIO_SLOTS 32u
#define VIRT_TIMER_HZ 24000000u /* CNTFRQ, and the clock of the peripherals */

/* GIC interrupt IDs */
#define VIRT_IRQ_HYP_TIMER 26u /* in the device tree only */
#define VIRT_IRQ_VIRT_TIMER 27u
#define VIRT_IRQ_PHYS_TIMER_S 29u /* in the device tree only */
#define VIRT_IRQ_PHYS_TIMER 30u
#define VIRT_IRQ_UART 33u
#define VIRT_IRQ_RTC 34u
#define VIRT_IRQ_GPIO 39u
#define VIRT_IRQ_VIRTIO 48u

struct vmdesc;

/* What the machine needs from outside. */
struct vm_virt_hooks {
    void (*console_tx)(void *ctx, uint8_t c);
    void (*console_rx_ready)(void *ctx); /* may be NULL; see vpl011.h */
    uint32_t (*seconds)(void *ctx);      /* time of day for the RTC, since 1970 */
    void (*gauges)(void *ctx, struct vm_gauges *gauges); /* what is used now, and counters up to date; may be NULL */
    uint64_t (*ticks)(void *ctx);        /* guest time at VIRT_TIMER_HZ; may be NULL */
    void *ctx;
    struct vflash_host flash; /* of a VM with firmware */
    struct vfwcfg_host fwcfg;
};

struct vm_virt {
    struct vm_virt_hooks hooks;
    struct vgic gic;
    struct vpl011 uart;
    struct vpl031 rtc;
    struct vpl061 gpio;
    struct virtio_empty virtio;
    struct vcounters counters;
    struct vtimer timer;
    struct vflash flash;
    struct vfwcfg fwcfg;
};

/* Names the VM, sets ram_base and ram_size, and gives it the devices in 'machine', which must live as
 * long as the VM.  ram_hpa, hpa of the roms and the vcpu's own reset state are the caller's. */
void vm_create_virt(struct vm *vm, struct vm_virt *machine, const struct vmdesc *d,
                    const struct vm_virt_hooks *hooks);

/*
 * Fills guest memory: zeros, the images, the device tree; and sets the vcpu's
 * r0 = 0, r1 = 0xffffffff, r2 = device tree, pc and PSR_T for the entry; or for firmware leaves it as after
 * reset.  'ram' is the VM's memory as the VMM can write it now, ram_size bytes; 'flash' both banks.  0, or
 * negative with a message and a VM not to be run.
 */
int vm_virt_load(struct vm *vm, const struct vmdesc *d, void *ram, void *flash);

/* Every device as after power-on. */
void vm_virt_reset(struct vm *vm);
