/*
 * 16550 UART with 32-bit registers four bytes apart, as in the DesignWare APB
 * UART of Allwinner chips.  Line settings stay as the loader left them; LCR is
 * not written, since the DesignWare UART ignores that while it is busy.
 */
#include "drv/driver.h"
#include "drv/mmio.h"
#include "lib/bits.h"

#define UART_RBR 0x00 /* read: received byte; write: byte to send */
#define UART_IER 0x04
#define UART_IIR 0x08
#define UART_FCR 0x08
#define UART_MCR 0x10
#define UART_LSR 0x14
#define UART_USR 0x7c /* DesignWare only */

#define IER_RDI BIT(0)
#define IIR_ID 0x0f
#define IIR_BUSY 0x07 /* DesignWare: cleared by reading USR */
#define FCR_ENABLE BIT(0)
#define MCR_DTR_RTS_OUT2 0x0b
#define LSR_DR BIT(0)
#define LSR_THRE BIT(5)

#define TX_SPINS 1000000

static volatile uint8_t *regs;

static void ns16550_putc(int c)
{
    for (unsigned i = 0; i < TX_SPINS && !(mmio_read(regs, UART_LSR) & LSR_THRE); i++)
        ;
    mmio_write(regs, UART_RBR, (uint8_t)c);
}

static int ns16550_getc(void)
{
    if (!(mmio_read(regs, UART_LSR) & LSR_DR)) {
        if ((mmio_read(regs, UART_IIR) & IIR_ID) == IIR_BUSY)
            (void)mmio_read(regs, UART_USR);
        return -1;
    }
    return mmio_read(regs, UART_RBR) & 0xff;
}

static void ns16550_enable_rx_irq(void)
{
    mmio_write(regs, UART_IER, IER_RDI);
}

static struct uart ns16550 = {
    .name = "ns16550", .irq = -1,
    .putc = ns16550_putc, .getc = ns16550_getc, .enable_rx_irq = ns16550_enable_rx_irq,
};

struct uart *ns16550_probe(const struct device *dev)
{
    regs = dev->regs[0];
    mmio_write(regs, UART_IER, 0);
    mmio_write(regs, UART_FCR, FCR_ENABLE);
    mmio_write(regs, UART_MCR, MCR_DTR_RTS_OUT2);
    return &ns16550;
}
