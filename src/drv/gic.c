/*
 * ARM Generic Interrupt Controller, versions 1 and 2, IHI 0048.  One processor,
 * one priority, no groups: works the same from either security state.
 */
#include "drv/driver.h"
#include "drv/mmio.h"
#include "lib/bits.h"
#include "lib/log.h"

#define GICD_CTLR 0x000
#define GICD_TYPER 0x004
#define GICD_ISENABLER 0x100
#define GICD_ICENABLER 0x180
#define GICD_ICPENDR 0x280
#define GICD_IPRIORITYR 0x400
#define GICD_ITARGETSR 0x800
#define GICC_CTLR 0x00
#define GICC_PMR 0x04
#define GICC_IAR 0x0c
#define GICC_EOIR 0x10

#define IAR_ID 0x3ffu
#define FIRST_SPI 32u
#define FIRST_SPECIAL 1020u /* 1020..1023: no interrupt for us */

static volatile uint8_t *dist, *cpuif;
static unsigned irq_count;

static void gic_enable(unsigned irq)
{
    mmio_write(dist, GICD_ISENABLER + irq / 32 * 4, BIT(irq % 32));
}

static void gic_disable(unsigned irq)
{
    mmio_write(dist, GICD_ICENABLER + irq / 32 * 4, BIT(irq % 32));
}

static int gic_ack(void)
{
    uint32_t iar = mmio_read(cpuif, GICC_IAR) & IAR_ID;

    return iar >= FIRST_SPECIAL ? IRQ_NONE : (int)iar;
}

/* Software-generated interrupts are not used, so IAR's CPU field is 0. */
static void gic_eoi(unsigned irq)
{
    mmio_write(cpuif, GICC_EOIR, irq);
}

/* Three cells: 0 = SPI or 1 = PPI, number, flags. */
static int gic_xlate(const uint32_t *cells, unsigned count)
{
    uint32_t base, limit;

    if (count < 3 || cells[0] > 1)
        return -1;
    base = cells[0] ? 16 : FIRST_SPI;
    limit = cells[0] ? FIRST_SPI : irq_count;
    return cells[1] < limit - base ? (int)(base + cells[1]) : -1;
}

static const struct irqchip gic = {
    .name = "gic",
    .enable = gic_enable, .disable = gic_disable, .ack = gic_ack, .eoi = gic_eoi, .xlate = gic_xlate,
};

const struct irqchip *gic_probe(const struct device *dev)
{
    dist = dev->regs[0];
    cpuif = dev->regs[1];
    if (!cpuif) {
        log_info("host: gic: reg needs a distributor and a CPU interface");
        return NULL;
    }
    irq_count = ((mmio_read(dist, GICD_TYPER) & 0x1f) + 1) * 32;
    mmio_write(dist, GICD_CTLR, 0);
    for (unsigned i = 0; i < irq_count; i += 32) {
        mmio_write(dist, GICD_ICENABLER + i / 8, ~0u);
        mmio_write(dist, GICD_ICPENDR + i / 8, ~0u);
    }
    for (unsigned i = 0; i < irq_count; i += 4)
        mmio_write(dist, GICD_IPRIORITYR + i, 0xa0a0a0a0);
    for (unsigned i = FIRST_SPI; i < irq_count; i += 4)
        mmio_write(dist, GICD_ITARGETSR + i, 0x01010101);
    mmio_write(dist, GICD_CTLR, 1);
    mmio_write(cpuif, GICC_PMR, 0xff);
    mmio_write(cpuif, GICC_CTLR, 1);
    return &gic;
}
