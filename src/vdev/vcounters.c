/* The counters' window: see vcounters.h. */
#include "vdev/vcounters.h"
#include <assert.h>
#include <libfdt.h>
#include <string.h>
#include "lib/bits.h"
#include "lib/check.h"
#include "vdev/vdev_fdt.h"

#define VERSION_VALUE 1u
#define BANK_SIZE (8 + 8 * VCOUNTERS_MAX + 4 * VCOUNTERS_MAX_GAUGES)

static_assert(VCOUNTERS_VALUES + BANK_SIZE <= VCOUNTERS_BEFORE &&
                  VCOUNTERS_BEFORE + BANK_SIZE <= VCOUNTERS_NAMES,
              "the parts of the window do not overlap");

static uint32_t half(uint64_t value, uint32_t offset)
{
    return (uint32_t)(offset & 4 ? value >> 32 : value);
}

/* The time, the counters, then the gauges without a gap. */
static uint32_t bank_read(const struct vcounters *c, unsigned bank, uint32_t offset)
{
    const struct vcounters_bank *b = &c->banks[bank];
    uint32_t index = offset / 8, gauge;

    if (index == 0)
        return half(b->ticks, offset);
    if (index <= c->host.count)
        return half(b->counters[index - 1], offset);
    gauge = (offset - 8 * (c->host.count + 1)) / 4;
    return gauge < c->host.gauge_count ? b->gauges[gauge] : 0;
}

static uint32_t names_read(const struct vcounters *c, uint32_t offset)
{
    uint32_t word = 0;

    for (unsigned i = 0; i < 4 && offset + i < c->host.names_size; i++)
        word |= (uint32_t)(uint8_t)c->host.names[offset + i] << 8 * i;
    return word;
}

static uint32_t header_read(const struct vcounters *c, uint32_t offset)
{
    switch (offset) {
    case VCOUNTERS_ID: return VCOUNTERS_MAGIC;
    case VCOUNTERS_VERSION: return VERSION_VALUE;
    case VCOUNTERS_COUNT: return c->host.count;
    case VCOUNTERS_GAUGES: return c->host.gauge_count;
    case VCOUNTERS_LATCH: return c->latches;
    case VCOUNTERS_VALUES_AT: return VCOUNTERS_VALUES;
    case VCOUNTERS_BEFORE_AT: return VCOUNTERS_BEFORE;
    case VCOUNTERS_NAMES_AT: return VCOUNTERS_NAMES;
    case VCOUNTERS_NAMES_SIZE: return c->host.names_size;
    case VCOUNTERS_TICK_HZ: return c->host.tick_hz;
    }
    return 0;
}

static uint32_t word_read(const struct vcounters *c, uint32_t offset)
{
    if (offset >= VCOUNTERS_NAMES)
        return names_read(c, offset - VCOUNTERS_NAMES);
    if (offset >= VCOUNTERS_BEFORE)
        return bank_read(c, c->last ^ 1, offset - VCOUNTERS_BEFORE);
    if (offset >= VCOUNTERS_VALUES)
        return bank_read(c, c->last, offset - VCOUNTERS_VALUES);
    return header_read(c, offset);
}

/* Bytes and half words read as parts of their word. */
static uint32_t counters_read(struct vdev *dev, uint32_t offset, unsigned size)
{
    uint32_t word = word_read(container_of(dev, struct vcounters, dev), ALIGN_DOWN(offset, 4));

    word >>= 8 * (offset & 3);
    return size == 4 ? word : word & (BIT(8 * size) - 1);
}

static void latch(struct vcounters *c)
{
    struct vcounters_bank *b = &c->banks[c->last ^= 1];

    if (c->host.gauges) /* first: it brings the counters up to date */
        c->host.gauges(c->host.ctx, b->gauges);
    if (c->host.count)
        memcpy(b->counters, c->host.counters, c->host.count * sizeof(b->counters[0]));
    if (c->host.ticks)
        b->ticks = c->host.ticks(c->host.ctx);
    c->latches++;
}

static void counters_write(struct vdev *dev, uint32_t offset, unsigned size, uint32_t value)
{
    (void)value;
    if (offset == VCOUNTERS_LATCH && size == 4)
        latch(container_of(dev, struct vcounters, dev));
}

static void counters_reset(struct vdev *dev)
{
    struct vcounters *c = container_of(dev, struct vcounters, dev);

    memset(c->banks, 0, sizeof(c->banks));
    c->last = 0;
    c->latches = 0;
}

static int counters_fdt_node(const struct vdev *dev, void *fdt)
{
    int err = vdev_fdt_begin(fdt, "counters", dev->base, dev->size);

    err = err ? err : fdt_property_string(fdt, "compatible", "umbra,counters");
    return err ? err : fdt_end_node(fdt);
}

static const struct vdev_ops counters_ops = {
    .name = "vcounters",
    .read = counters_read,
    .write = counters_write,
    .fdt_node = counters_fdt_node,
    .reset = counters_reset,
};

void vcounters_init(struct vcounters *c, gpa_t base, struct vcounters_host host)
{
    CHECK(host.count <= VCOUNTERS_MAX && host.gauge_count <= VCOUNTERS_MAX_GAUGES);
    CHECK(host.names_size <= VCOUNTERS_SIZE - VCOUNTERS_NAMES);
    c->dev = (struct vdev){ .ops = &counters_ops, .base = base, .size = VCOUNTERS_SIZE };
    c->host = host;
    counters_reset(&c->dev);
}
