/* ARM PrimeCell UART (PL011), DDI 0183.  Line settings stay as the loader left them. */
#include "drv/driver.h"
#include "drv/mmio.h"
#include "lib/bits.h"

#define UARTDR 0x00
#define UARTFR 0x18
#define UARTLCR_H 0x2c
#define UARTCR 0x30
#define UARTIFLS 0x34
#define UARTIMSC 0x38
#define UARTICR 0x44

#define FR_RXFE BIT(4)
#define FR_TXFF BIT(5)
#define LCR_H_FEN BIT(4)
#define LCR_H_WLEN8 (3u << 5)
#define CR_UARTEN BIT(0)
#define CR_TXE BIT(8)
#define CR_RXE BIT(9)
#define INT_RX BIT(4)
#define INT_RT BIT(6)

#define TX_SPINS 1000000

static volatile uint8_t *regs;

static void pl011_putc(int c)
{
    for (unsigned i = 0; i < TX_SPINS && (mmio_read(regs, UARTFR) & FR_TXFF); i++)
        ;
    mmio_write(regs, UARTDR, (uint8_t)c);
}

static int pl011_getc(void)
{
    if (mmio_read(regs, UARTFR) & FR_RXFE)
        return -1;
    return mmio_read(regs, UARTDR) & 0xff;
}

static void pl011_enable_rx_irq(void)
{
    mmio_write(regs, UARTICR, 0x7ff);
    mmio_write(regs, UARTIMSC, INT_RX | INT_RT);
}

static struct uart pl011 = {
    .name = "pl011", .irq = -1,
    .putc = pl011_putc, .getc = pl011_getc, .enable_rx_irq = pl011_enable_rx_irq,
};

struct uart *pl011_probe(const struct device *dev)
{
    regs = dev->regs[0];
    mmio_write(regs, UARTIMSC, 0);
    mmio_write(regs, UARTIFLS, 0); /* receive interrupt at 1/8 full; the time-out covers less */
    mmio_write(regs, UARTLCR_H, LCR_H_WLEN8 | LCR_H_FEN);
    mmio_write(regs, UARTCR, CR_UARTEN | CR_TXE | CR_RXE);
    return &pl011;
}
