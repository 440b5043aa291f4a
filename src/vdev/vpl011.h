#pragma once
/*
 * Virtual PL011 UART (ARM DDI 0183).  Output leaves at once; input comes through a
 * FIFO of 16 (or one character with FEN = 0).  The receive timeout interrupt is
 * asserted for as long as the FIFO holds anything, so no input waits for more.
 */
#include <stdbool.h>
#include <stdint.h>
#include "vdev/vdev.h"

#define VPL011_FIFO 16u

struct vpl011_host {
    void (*tx)(void *ctx, uint8_t c);
    void (*rx_ready)(void *ctx); /* may be NULL: there is room again after vpl011_rx() refused */
    void *ctx;
};

struct vpl011 {
    struct vdev dev;
    struct irq_line irq;
    struct vpl011_host host;
    uint32_t ibrd, fbrd, lcr_h, cr, ifls, imsc, dmacr, ilpr;
    uint32_t latched; /* interrupts that stay until cleared: TX and OE */
    bool rx_level;    /* RX: the FIFO reached its trigger level */
    bool rx_refused;
    uint8_t fifo[VPL011_FIFO];
    unsigned head, count;
};

void vpl011_init(struct vpl011 *uart, gpa_t base, struct irq_line irq, struct vpl011_host host);
/* One character from the outside; false (and nothing lost, try again later) when the FIFO is full. */
bool vpl011_rx(struct vpl011 *uart, uint8_t c);
/* Characters that vpl011_rx() will take now. */
unsigned vpl011_rx_room(const struct vpl011 *uart);
