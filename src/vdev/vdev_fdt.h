#pragma once
/*
 * What devices share when they describe themselves in the guest's device tree,
 * with libfdt's sequential-write interface.  All return 0 or a libfdt error.
 */
#include <stdint.h>
#include "vdev/vdev.h"

/* Phandles of the generated tree. */
#define FDT_PHANDLE_GIC 1u
#define FDT_PHANDLE_APB_CLOCK 2u

/* Interrupt flags of the "arm,gic" binding. */
#define FDT_IRQ_EDGE_RISING 1u
#define FDT_IRQ_LEVEL_HIGH 4u

/* Opens the node name@base with its "reg", of two cells each as firmware expects; the caller closes it. */
int vdev_fdt_begin(void *fdt, const char *name, gpa_t base, uint32_t size);
/* Opens the node name@unit. */
int vdev_fdt_begin_unit(void *fdt, const char *name, uint32_t unit);
/* "interrupts" of one GIC interrupt ID, 16 or above. */
int vdev_fdt_interrupt(void *fdt, uint32_t id, uint32_t flags);
/* The three cells of an interrupt ID in the "arm,gic" binding, big-endian. */
void vdev_fdt_irq_cells(uint32_t cells[3], uint32_t id, uint32_t flags);
