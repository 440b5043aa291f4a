/* Virtual fw_cfg device: see vfwcfg.h. */
#include <libfdt.h>
#include <string.h>
#include "lib/bits.h"
#include "lib/check.h"
#include "vdev/vdev_fdt.h"
#include "vdev/vfwcfg.h"

enum { REG_DATA = 0, REG_SELECTOR = 8, REG_DMA = 16, REG_END = 24 };

#define REVISION_TRADITIONAL 1u
#define REVISION_DMA 2u

/* The control word of a DMA request; the key to select is in its upper half. */
#define DMA_ERROR BIT(0)
#define DMA_READ BIT(1)
#define DMA_SKIP BIT(2)
#define DMA_SELECT BIT(3)
#define DMA_WRITE BIT(4)

static struct vfwcfg_item *add(struct vfwcfg *f, uint16_t key, uint32_t size)
{
    struct vfwcfg_item *item = &f->items[f->count++];

    CHECK(f->count <= VFWCFG_MAX_ITEMS);
    *item = (struct vfwcfg_item){ .key = key, .size = size };
    return item;
}

void vfwcfg_add_number(struct vfwcfg *f, uint16_t key, unsigned size, uint32_t value)
{
    struct vfwcfg_item *item = add(f, key, size);

    for (unsigned i = 0; i < size; i++)
        item->bytes[i] = (uint8_t)(value >> 8 * i);
}

void vfwcfg_add_data(struct vfwcfg *f, uint16_t key, uint32_t source, uint32_t size)
{
    add(f, key, size)->source = source;
}

static void select_item(struct vfwcfg *f, uint16_t key)
{
    f->selected = NULL;
    f->position = 0;
    for (unsigned i = 0; i < f->count; i++) {
        if (f->items[i].key == key)
            f->selected = &f->items[i];
    }
}

/* The next bytes of the item; zeros behind its end. */
static void take(struct vfwcfg *f, uint8_t *buf, uint32_t size)
{
    const struct vfwcfg_item *item = f->selected;
    uint32_t left = item && f->position < item->size ? item->size - f->position : 0, n = size < left ? size : left;

    if (n && item->source)
        f->host.fetch(f->host.ctx, item->source + f->position, buf, n);
    else if (n)
        memcpy(buf, item->bytes + f->position, n);
    memset(buf + n, 0, size - n);
    f->position += n;
}

/* In pieces; the end of RAM ends it, whatever length it asks for. */
static bool dma_read(struct vfwcfg *f, uint32_t to, uint32_t size)
{
    uint8_t piece[256];

    while (size) {
        uint32_t n = size < sizeof(piece) ? size : sizeof(piece);

        take(f, piece, n);
        if (!f->host.write(f->host.ctx, gpa(to), piece, n))
            return false;
        to += n;
        size -= n;
    }
    return true;
}

static uint32_t skip(const struct vfwcfg *f, uint32_t size)
{
    uint32_t left = f->selected && f->position < f->selected->size ? f->selected->size - f->position : 0;

    return size < left ? size : left;
}

/* { control, length, address[2] }, all big-endian */
static void dma(struct vfwcfg *f, uint32_t request)
{
    fdt32_t words[4];
    uint32_t control, length;
    bool good;

    if (f->dma_high || !f->host.read(f->host.ctx, gpa(request), words, sizeof(words)))
        return;
    control = fdt32_to_cpu(words[0]);
    length = fdt32_to_cpu(words[1]);
    if (control & DMA_SELECT)
        select_item(f, (uint16_t)(control >> 16));
    good = !(control & DMA_WRITE); /* nothing here can be written */
    if (good && (control & DMA_READ))
        good = words[2] == 0 && dma_read(f, fdt32_to_cpu(words[3]), length);
    else if (good && (control & DMA_SKIP))
        f->position += skip(f, length);
    words[0] = cpu_to_fdt32(good ? 0 : DMA_ERROR);
    f->host.write(f->host.ctx, gpa(request), words, 4);
}

/* The value of a load whose bytes stand in memory like that. */
static uint32_t memory_order(const uint8_t *bytes, unsigned size)
{
    uint32_t value = 0;

    for (unsigned i = 0; i < size; i++)
        value |= (uint32_t)bytes[i] << 8 * i;
    return value;
}

static uint32_t fwcfg_read(struct vdev *dev, uint32_t offset, unsigned size)
{
    static const uint8_t signature[] = "QEMU CFG";
    struct vfwcfg *f = container_of(dev, struct vfwcfg, dev);
    uint8_t bytes[4];

    if (offset < REG_SELECTOR) {
        take(f, bytes, size);
        return memory_order(bytes, size);
    }
    if (offset >= REG_DMA && offset + size <= REG_END)
        return memory_order(signature + (offset - REG_DMA), size);
    return 0;
}

static void fwcfg_write(struct vdev *dev, uint32_t offset, unsigned size, uint32_t value)
{
    struct vfwcfg *f = container_of(dev, struct vfwcfg, dev);

    if (offset == REG_SELECTOR && size == 2)
        select_item(f, (uint16_t)(value >> 8 & 0xff) | (uint16_t)(value << 8));
    if (offset == REG_DMA && size == 4)
        f->dma_high = fdt32_to_cpu(value);
    if (offset == REG_DMA + 4 && size == 4) {
        dma(f, fdt32_to_cpu(value));
        f->dma_high = 0;
    }
}

static void fwcfg_reset(struct vdev *dev)
{
    struct vfwcfg *f = container_of(dev, struct vfwcfg, dev);

    select_item(f, FWCFG_SIGNATURE);
    f->dma_high = 0;
}

static int fwcfg_fdt_node(const struct vdev *dev, void *fdt)
{
    int err = vdev_fdt_begin(fdt, "fw-cfg", dev->base, dev->size);

    err = err ? err : fdt_property_string(fdt, "compatible", "qemu,fw-cfg-mmio");
    err = err ? err : fdt_property(fdt, "dma-coherent", NULL, 0);
    return err ? err : fdt_end_node(fdt);
}

static const struct vdev_ops fwcfg_ops = {
    .name = "vfwcfg",
    .read = fwcfg_read,
    .write = fwcfg_write,
    .fdt_node = fwcfg_fdt_node,
    .reset = fwcfg_reset,
};

void vfwcfg_init(struct vfwcfg *f, gpa_t base, struct vfwcfg_host host)
{
    memset(f, 0, sizeof(*f));
    f->dev = (struct vdev){ .ops = &fwcfg_ops, .base = base, .size = REG_END };
    f->host = host;
    vfwcfg_add_number(f, FWCFG_SIGNATURE, 4, 0x554d4551); /* "QEMU" */
    vfwcfg_add_number(f, FWCFG_ID, 4, REVISION_TRADITIONAL | REVISION_DMA);
    vfwcfg_add_number(f, FWCFG_NB_CPUS, 2, 1);
    vfwcfg_add_number(f, FWCFG_MAX_CPUS, 2, 1);
    vfwcfg_add_number(f, FWCFG_FILE_DIR, 4, 0); /* the number of files */
    select_item(f, FWCFG_SIGNATURE);
}
