/* Virtual PL061: see vpl061.h. */
#include <libfdt.h>
#include "lib/bits.h"
#include "vdev/vdev_fdt.h"
#include "vdev/vpl061.h"

enum {
    GPIODATA_END = 0x400, GPIODIR = 0x400, GPIOIS = 0x404, GPIOIBE = 0x408, GPIOIEV = 0x40c, GPIOIE = 0x410,
    GPIORIS = 0x414, GPIOMIS = 0x418, GPIOIC = 0x41c, GPIOAFSEL = 0x420, GPIOPERIPHID0 = 0xfe0,
};

static const uint8_t gpio_id[] = { 0x61, 0x10, 0x04, 0x00, 0x0d, 0xf0, 0x05, 0xb1 };

/* Outputs as they were written, inputs low. */
static uint8_t pins(const struct vpl061 *gpio)
{
    return gpio->data & gpio->dir;
}

/* Pins that wait for a level and have it. */
static uint8_t raw(const struct vpl061 *gpio)
{
    return (uint8_t)(~(pins(gpio) ^ gpio->iev) & gpio->is);
}

static void update_irq(struct vpl061 *gpio)
{
    irq_line_set(&gpio->irq, raw(gpio) & gpio->ie);
}

/* GPIODATA stands at 256 addresses: bits 9:2 say which pins are meant (3.3.1). */
static uint32_t gpio_read(struct vdev *dev, uint32_t offset, unsigned size)
{
    const struct vpl061 *gpio = container_of(dev, struct vpl061, dev);

    (void)size;
    if (offset < GPIODATA_END)
        return pins(gpio) & BITS(offset, 9, 2);
    switch (offset) {
    case GPIODIR: return gpio->dir;
    case GPIOIS: return gpio->is;
    case GPIOIBE: return gpio->ibe;
    case GPIOIEV: return gpio->iev;
    case GPIOIE: return gpio->ie;
    case GPIORIS: return raw(gpio);
    case GPIOMIS: return raw(gpio) & gpio->ie;
    case GPIOAFSEL: return gpio->afsel;
    }
    if (offset >= GPIOPERIPHID0 && offset < 0x1000 && offset % 4 == 0)
        return gpio_id[(offset - GPIOPERIPHID0) / 4];
    return 0;
}

static void gpio_write(struct vdev *dev, uint32_t offset, unsigned size, uint32_t value)
{
    struct vpl061 *gpio = container_of(dev, struct vpl061, dev);
    uint8_t byte = (uint8_t)value, mask = (uint8_t)BITS(offset, 9, 2) & gpio->dir;

    (void)size;
    if (offset < GPIODATA_END)
        gpio->data = (uint8_t)((gpio->data & ~mask) | (byte & mask));
    switch (offset) {
    case GPIODIR: gpio->dir = byte; break;
    case GPIOIS: gpio->is = byte; break;
    case GPIOIBE: gpio->ibe = byte; break;
    case GPIOIEV: gpio->iev = byte; break;
    case GPIOIE: gpio->ie = byte; break;
    case GPIOAFSEL: gpio->afsel = byte; break;
    }
    update_irq(gpio);
}

static void gpio_reset(struct vdev *dev)
{
    struct vpl061 *gpio = container_of(dev, struct vpl061, dev);

    gpio->data = gpio->dir = gpio->is = gpio->ibe = gpio->iev = gpio->ie = gpio->afsel = 0;
    update_irq(gpio);
}

static int gpio_fdt_node(const struct vdev *dev, void *fdt)
{
    static const char compatible[] = "arm,pl061\0arm,primecell";
    const struct vpl061 *gpio = container_of((struct vdev *)dev, struct vpl061, dev);
    int err = vdev_fdt_begin(fdt, "pl061", dev->base, dev->size);

    err = err ? err : fdt_property(fdt, "compatible", compatible, sizeof(compatible));
    err = err ? err : vdev_fdt_interrupt(fdt, gpio->irq.irq, FDT_IRQ_LEVEL_HIGH);
    err = err ? err : fdt_property(fdt, "gpio-controller", NULL, 0);
    err = err ? err : fdt_property_u32(fdt, "#gpio-cells", 2);
    err = err ? err : fdt_property_u32(fdt, "clocks", FDT_PHANDLE_APB_CLOCK);
    err = err ? err : fdt_property_string(fdt, "clock-names", "apb_pclk");
    return err ? err : fdt_end_node(fdt);
}

static const struct vdev_ops gpio_ops = {
    .name = "vpl061",
    .read = gpio_read,
    .write = gpio_write,
    .fdt_node = gpio_fdt_node,
    .reset = gpio_reset,
};

void vpl061_init(struct vpl061 *gpio, gpa_t base, struct irq_line irq)
{
    *gpio = (struct vpl061){ .dev = { .ops = &gpio_ops, .base = base, .size = 0x1000 }, .irq = irq };
}
