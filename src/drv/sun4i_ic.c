/*
 * Allwinner A10 interrupt controller (A10 User Manual 1.20, chapter 11): 96
 * level-sensitive sources, no priorities used, nothing to complete.
 */
#include "drv/driver.h"
#include "drv/mmio.h"
#include "lib/bits.h"

#define INTC_PROTECT 0x08
#define INTC_PENDING(n) (0x10 + 4 * (n))
#define INTC_SELECT(n) (0x30 + 4 * (n))
#define INTC_ENABLE(n) (0x40 + 4 * (n))
#define INTC_MASK(n) (0x50 + 4 * (n))

#define BANKS 3

static volatile uint8_t *regs;
static uint32_t enabled[BANKS];

/* Enable and mask are both kept: QEMU's model looks only at the mask. */
static void update(unsigned bank)
{
    mmio_write(regs, INTC_ENABLE(bank), enabled[bank]);
    mmio_write(regs, INTC_MASK(bank), ~enabled[bank]);
}

static void sun4i_ic_enable(unsigned irq)
{
    enabled[irq / 32] |= BIT(irq % 32);
    update(irq / 32);
}

static void sun4i_ic_disable(unsigned irq)
{
    enabled[irq / 32] &= ~BIT(irq % 32);
    update(irq / 32);
}

/* Not the vector register: it reads 0 for source 0 and for none. */
static int sun4i_ic_ack(void)
{
    for (unsigned bank = 0; bank < BANKS; bank++) {
        uint32_t pending = enabled[bank] ? mmio_read(regs, INTC_PENDING(bank)) & enabled[bank] : 0;

        if (pending)
            return (int)(bank * 32 + (unsigned)__builtin_ctz(pending));
    }
    return IRQ_NONE;
}

static void sun4i_ic_eoi(unsigned irq)
{
    (void)irq; /* levels: quiet as soon as the device is */
}

static int sun4i_ic_xlate(const uint32_t *cells, unsigned count)
{
    return count >= 1 && cells[0] < 32 * BANKS ? (int)cells[0] : -1;
}

static const struct irqchip sun4i_ic = {
    .name = "sun4i-ic",
    .enable = sun4i_ic_enable, .disable = sun4i_ic_disable, .ack = sun4i_ic_ack, .eoi = sun4i_ic_eoi,
    .xlate = sun4i_ic_xlate,
};

const struct irqchip *sun4i_ic_probe(const struct device *dev)
{
    regs = dev->regs[0];
    mmio_write(regs, INTC_PROTECT, 1); /* registers for privileged access only */
    for (unsigned bank = 0; bank < BANKS; bank++) {
        enabled[bank] = 0;
        mmio_write(regs, INTC_SELECT(bank), 0); /* IRQ, not FIQ */
        mmio_write(regs, INTC_PENDING(bank), ~0u);
        update(bank);
    }
    return &sun4i_ic;
}
