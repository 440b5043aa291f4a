#pragma once
/* Between host.c and the drivers: what a driver is told about its device. */
#include <stdint.h>
#include "drv/irqchip.h"
#include "drv/timer.h"
#include "drv/uart.h"

struct device {
    volatile uint8_t *regs[2]; /* mapped reg entries; [1] NULL when there is one only */
    uint32_t clock_hz;         /* first clock, 0 when unknown */
    int irq;                   /* as the irqchip numbers it, or -1 */
};

/* One row of a driver table; 'probe' starts the device and returns its
 * operations, or NULL when the device cannot be used. */
struct uart_driver {
    const char *compatible;
    struct uart *(*probe)(const struct device *dev);
};
struct irqchip_driver {
    const char *compatible;
    const struct irqchip *(*probe)(const struct device *dev);
};
struct timer_driver {
    const char *compatible;
    const struct host_timer *(*probe)(const struct device *dev);
};

struct uart *pl011_probe(const struct device *dev);
struct uart *ns16550_probe(const struct device *dev);
const struct irqchip *gic_probe(const struct device *dev);
const struct irqchip *sun4i_ic_probe(const struct device *dev);
const struct host_timer *sp804_probe(const struct device *dev);
const struct host_timer *sun4i_timer_probe(const struct device *dev);
