/* Virtual PL031: see vpl031.h. */
#include <libfdt.h>
#include <string.h>
#include "lib/bits.h"
#include "vdev/vdev_fdt.h"
#include "vdev/vpl031.h"

enum {
    RTCDR = 0x00, RTCMR = 0x04, RTCLR = 0x08, RTCCR = 0x0c, RTCIMSC = 0x10, RTCRIS = 0x14, RTCMIS = 0x18,
    RTCICR = 0x1c, RTCPERIPHID0 = 0xfe0,
};

static const uint8_t rtc_id[] = { 0x31, 0x10, 0x14, 0x00, 0x0d, 0xf0, 0x05, 0xb1 };

static uint32_t rtc_now(const struct vpl031 *rtc)
{
    return rtc->host.seconds(rtc->host.ctx) + rtc->offset;
}

static void update_irq(struct vpl031 *rtc)
{
    irq_line_set(&rtc->irq, rtc->ris && rtc->imsc);
}

void vpl031_update(struct vpl031 *rtc)
{
    uint32_t now = rtc_now(rtc);

    /* modular: the match time lies in (last, now] */
    if (now != rtc->last && rtc->match - rtc->last - 1 < now - rtc->last)
        rtc->ris = true;
    rtc->last = now;
    update_irq(rtc);
}

static uint32_t rtc_read(struct vdev *dev, uint32_t offset, unsigned size)
{
    struct vpl031 *rtc = container_of(dev, struct vpl031, dev);

    (void)size;
    vpl031_update(rtc);
    switch (offset) {
    case RTCDR:
        return rtc->last;
    case RTCMR:
        return rtc->match;
    case RTCLR:
        return rtc->load;
    case RTCCR:
        return 1; /* always running */
    case RTCIMSC:
        return rtc->imsc;
    case RTCRIS:
        return rtc->ris;
    case RTCMIS:
        return rtc->ris && rtc->imsc;
    }
    if (offset >= RTCPERIPHID0 && offset < 0x1000 && offset % 4 == 0)
        return rtc_id[(offset - RTCPERIPHID0) / 4];
    return 0;
}

static void rtc_write(struct vdev *dev, uint32_t offset, unsigned size, uint32_t value)
{
    struct vpl031 *rtc = container_of(dev, struct vpl031, dev);

    (void)size;
    vpl031_update(rtc);
    switch (offset) {
    case RTCMR:
        rtc->match = value;
        rtc->ris = rtc->ris || value == rtc->last;
        break;
    case RTCLR:
        rtc->load = value;
        rtc->offset += value - rtc->last;
        rtc->last = value;
        rtc->ris = rtc->ris || value == rtc->match;
        break;
    case RTCIMSC:
        rtc->imsc = value & 1;
        break;
    case RTCICR:
        if (value & 1)
            rtc->ris = false;
        break;
    }
    update_irq(rtc);
}

static void rtc_reset(struct vdev *dev)
{
    struct vpl031 *rtc = container_of(dev, struct vpl031, dev);

    rtc->offset = rtc->match = rtc->load = 0;
    rtc->imsc = rtc->ris = false;
    rtc->last = rtc_now(rtc);
    update_irq(rtc);
}

static int rtc_fdt_node(const struct vdev *dev, void *fdt)
{
    static const char compatible[] = "arm,pl031\0arm,primecell";
    const struct vpl031 *rtc = container_of((struct vdev *)dev, struct vpl031, dev);
    int err = vdev_fdt_begin(fdt, "pl031", dev->base, dev->size);

    err = err ? err : fdt_property(fdt, "compatible", compatible, sizeof(compatible));
    err = err ? err : vdev_fdt_interrupt(fdt, rtc->irq.irq, FDT_IRQ_LEVEL_HIGH);
    err = err ? err : fdt_property_u32(fdt, "clocks", FDT_PHANDLE_APB_CLOCK);
    err = err ? err : fdt_property_string(fdt, "clock-names", "apb_pclk");
    return err ? err : fdt_end_node(fdt);
}

static const struct vdev_ops rtc_ops = {
    .name = "vpl031",
    .read = rtc_read,
    .write = rtc_write,
    .fdt_node = rtc_fdt_node,
    .reset = rtc_reset,
};

void vpl031_init(struct vpl031 *rtc, gpa_t base, struct irq_line irq, struct vpl031_host host)
{
    memset(rtc, 0, sizeof(*rtc));
    rtc->dev = (struct vdev){ .ops = &rtc_ops, .base = base, .size = 0x1000 };
    rtc->irq = irq;
    rtc->host = host;
    rtc_reset(&rtc->dev);
}
