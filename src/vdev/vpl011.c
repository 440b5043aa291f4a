/* Virtual PL011: see vpl011.h.  Section numbers are those of ARM DDI 0183. */
#include <libfdt.h>
#include <string.h>
#include "lib/bits.h"
#include "vdev/vdev_fdt.h"
#include "vdev/vpl011.h"

enum {
    UARTDR = 0x00, UARTRSR = 0x04, UARTFR = 0x18, UARTILPR = 0x20, UARTIBRD = 0x24, UARTFBRD = 0x28,
    UARTLCR_H = 0x2c, UARTCR = 0x30, UARTIFLS = 0x34, UARTIMSC = 0x38, UARTRIS = 0x3c, UARTMIS = 0x40,
    UARTICR = 0x44, UARTDMACR = 0x48, UARTPERIPHID0 = 0xfe0,
};

#define FR_RXFE BIT(4)
#define FR_RXFF BIT(6)
#define FR_TXFE BIT(7)
#define LCR_H_FEN BIT(4)
#define CR_LBE BIT(7)
#define CR_RESET 0x300u /* RXE, TXE */
#define INT_RX BIT(4)
#define INT_TX BIT(5)
#define INT_RT BIT(6)
#define INT_OE BIT(10)
#define INT_MASK 0x7ffu

static const uint8_t uart_id[] = { 0x11, 0x10, 0x14, 0x00, 0x0d, 0xf0, 0x05, 0xb1 };

static unsigned depth(const struct vpl011 *uart)
{
    return uart->lcr_h & LCR_H_FEN ? VPL011_FIFO : 1;
}

/* Characters that raise the receive interrupt (UARTIFLS, 3.3.9). */
static unsigned rx_trigger(const struct vpl011 *uart)
{
    static const uint8_t eighths[] = { 1, 2, 4, 6, 7, 7, 7, 7 };

    return uart->lcr_h & LCR_H_FEN ? eighths[BITS(uart->ifls, 5, 3)] * VPL011_FIFO / 8 : 1;
}

static uint32_t raw_interrupts(const struct vpl011 *uart)
{
    return uart->latched | (uart->rx_level ? INT_RX : 0) | (uart->count ? INT_RT : 0);
}

static void update_irq(struct vpl011 *uart)
{
    irq_line_set(&uart->irq, raw_interrupts(uart) & uart->imsc);
}

unsigned vpl011_rx_room(const struct vpl011 *uart)
{
    unsigned max = depth(uart);

    return uart->count < max ? max - uart->count : 0;
}

bool vpl011_rx(struct vpl011 *uart, uint8_t c)
{
    if (!vpl011_rx_room(uart)) {
        uart->rx_refused = true;
        return false;
    }
    uart->fifo[(uart->head + uart->count++) % VPL011_FIFO] = c;
    if (uart->count >= rx_trigger(uart))
        uart->rx_level = true;
    update_irq(uart);
    return true;
}

static uint32_t read_data(struct vpl011 *uart)
{
    uint8_t c = 0;

    if (uart->count) {
        c = uart->fifo[uart->head];
        uart->head = (uart->head + 1) % VPL011_FIFO;
        uart->count--;
    }
    if (uart->count < rx_trigger(uart))
        uart->rx_level = false;
    update_irq(uart);
    if (uart->rx_refused && vpl011_rx_room(uart)) {
        uart->rx_refused = false;
        if (uart->host.rx_ready)
            uart->host.rx_ready(uart->host.ctx);
    }
    return c;
}

/* Transmission takes no time, so the FIFO is always at its trigger level afterwards.
 * UARTEN and TXE are not asked: early consoles write before they enable. */
static void write_data(struct vpl011 *uart, uint8_t c)
{
    uart->latched |= INT_TX;
    if (!(uart->cr & CR_LBE))
        uart->host.tx(uart->host.ctx, c);
    else if (!vpl011_rx(uart, c))
        uart->latched |= INT_OE;
    update_irq(uart);
}

static uint32_t read_flags(const struct vpl011 *uart)
{
    return FR_TXFE | (uart->count ? 0 : FR_RXFE) | (vpl011_rx_room(uart) ? 0 : FR_RXFF);
}

static uint32_t uart_read(struct vdev *dev, uint32_t offset, unsigned size)
{
    struct vpl011 *uart = container_of(dev, struct vpl011, dev);

    (void)size;
    switch (offset) {
    case UARTDR:
        return read_data(uart);
    case UARTFR:
        return read_flags(uart);
    case UARTILPR:
        return uart->ilpr;
    case UARTIBRD:
        return uart->ibrd;
    case UARTFBRD:
        return uart->fbrd;
    case UARTLCR_H:
        return uart->lcr_h;
    case UARTCR:
        return uart->cr;
    case UARTIFLS:
        return uart->ifls;
    case UARTIMSC:
        return uart->imsc;
    case UARTRIS:
        return raw_interrupts(uart);
    case UARTMIS:
        return raw_interrupts(uart) & uart->imsc;
    case UARTDMACR:
        return uart->dmacr;
    }
    if (offset >= UARTPERIPHID0 && offset < 0x1000 && offset % 4 == 0)
        return uart_id[(offset - UARTPERIPHID0) / 4];
    return 0;
}

/* Switching the FIFOs on or off empties them (3.3.7). */
static void write_lcr_h(struct vpl011 *uart, uint32_t value)
{
    if ((value ^ uart->lcr_h) & LCR_H_FEN) {
        uart->head = uart->count = 0;
        uart->rx_level = false;
    }
    uart->lcr_h = value & 0xff;
    update_irq(uart);
}

static void uart_write(struct vdev *dev, uint32_t offset, unsigned size, uint32_t value)
{
    struct vpl011 *uart = container_of(dev, struct vpl011, dev);

    (void)size;
    switch (offset) {
    case UARTDR:
        write_data(uart, (uint8_t)value);
        break;
    case UARTILPR:
        uart->ilpr = value & 0xff;
        break;
    case UARTIBRD:
        uart->ibrd = value & 0xffff;
        break;
    case UARTFBRD:
        uart->fbrd = value & 0x3f;
        break;
    case UARTLCR_H:
        write_lcr_h(uart, value);
        break;
    case UARTCR:
        uart->cr = value & 0xffff;
        break;
    case UARTIFLS:
        uart->ifls = value & 0x3f;
        break;
    case UARTIMSC:
        uart->imsc = value & INT_MASK;
        update_irq(uart);
        break;
    case UARTICR:
        uart->latched &= ~value;
        if (value & INT_RX)
            uart->rx_level = false;
        update_irq(uart);
        break;
    case UARTDMACR:
        uart->dmacr = value & 7;
        break;
    }
}

static void uart_reset(struct vdev *dev)
{
    struct vpl011 *uart = container_of(dev, struct vpl011, dev);

    uart->ibrd = uart->fbrd = uart->lcr_h = uart->imsc = uart->dmacr = uart->ilpr = uart->latched = 0;
    uart->cr = CR_RESET;
    uart->ifls = 0x12;
    uart->rx_level = uart->rx_refused = false;
    uart->head = uart->count = 0;
    update_irq(uart);
}

static int uart_fdt_node(const struct vdev *dev, void *fdt)
{
    static const char compatible[] = "arm,pl011\0arm,primecell";
    static const char names[] = "uartclk\0apb_pclk";
    const struct vpl011 *uart = container_of((struct vdev *)dev, struct vpl011, dev);
    const uint32_t clocks[] = { cpu_to_fdt32(FDT_PHANDLE_APB_CLOCK), cpu_to_fdt32(FDT_PHANDLE_APB_CLOCK) };
    int err = vdev_fdt_begin(fdt, "pl011", dev->base, dev->size);

    err = err ? err : fdt_property(fdt, "compatible", compatible, sizeof(compatible));
    err = err ? err : vdev_fdt_interrupt(fdt, uart->irq.irq, FDT_IRQ_LEVEL_HIGH);
    err = err ? err : fdt_property(fdt, "clocks", clocks, sizeof(clocks));
    err = err ? err : fdt_property(fdt, "clock-names", names, sizeof(names));
    return err ? err : fdt_end_node(fdt);
}

static const struct vdev_ops uart_ops = {
    .name = "vpl011",
    .read = uart_read,
    .write = uart_write,
    .fdt_node = uart_fdt_node,
    .reset = uart_reset,
};

void vpl011_init(struct vpl011 *uart, gpa_t base, struct irq_line irq, struct vpl011_host host)
{
    memset(uart, 0, sizeof(*uart));
    uart->dev = (struct vdev){ .ops = &uart_ops, .base = base, .size = 0x1000 };
    uart->irq = irq;
    uart->host = host;
    uart_reset(&uart->dev);
}
