#pragma once
/*
 * The host's interrupt controller, one per board.  Interrupt numbers are the
 * controller's own (GIC: interrupt ID, 32 + n for SPI n; sun4i: 0..95).
 */
#include <stdint.h>

#define IRQ_NONE (-1)

struct irqchip {
    const char *name;
    void (*enable)(unsigned irq);
    void (*disable)(unsigned irq);
    int (*ack)(void);            /* the pending interrupt, or IRQ_NONE */
    void (*eoi)(unsigned irq);
    /* interrupt number of cell(s) of a device tree "interrupts" property, or -1 */
    int (*xlate)(const uint32_t *cells, unsigned count);
};
