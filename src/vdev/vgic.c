/* Virtual GICv2: see vgic.h.  Section numbers are those of ARM IHI 0048B. */
#include <libfdt.h>
#include <string.h>
#include "lib/bits.h"
#include "vdev/vdev_fdt.h"
#include "vdev/vgic.h"

/* Distributor registers (4.1.2) */
enum {
    GICD_CTLR = 0x000, GICD_TYPER = 0x004, GICD_IIDR = 0x008, GICD_IGROUPR = 0x080,
    GICD_ISENABLER = 0x100, GICD_ICENABLER = 0x180, GICD_ISPENDR = 0x200, GICD_ICPENDR = 0x280,
    GICD_ISACTIVER = 0x300, GICD_ICACTIVER = 0x380, GICD_IPRIORITYR = 0x400, GICD_ITARGETSR = 0x800,
    GICD_ICFGR = 0xc00, GICD_SGIR = 0xf00, GICD_CPENDSGIR = 0xf10, GICD_SPENDSGIR = 0xf20,
    GICD_PIDR4 = 0xfd0, GICD_ID_END = 0x1000,
};

/* CPU interface registers (4.1.3) */
enum {
    GICC_CTLR = 0x00, GICC_PMR = 0x04, GICC_BPR = 0x08, GICC_IAR = 0x0c, GICC_EOIR = 0x10, GICC_RPR = 0x14,
    GICC_HPPIR = 0x18, GICC_ABPR = 0x1c, GICC_AIAR = 0x20, GICC_AEOIR = 0x24, GICC_AHPPIR = 0x28,
    GICC_APR = 0xd0, GICC_NSAPR = 0xe0, GICC_IIDR = 0xfc, GICC_DIR = 0x1000,
};

#define CTLR_ENABLE_GRP0 BIT(0)
#define CTLR_ENABLE_GRP1 BIT(1)
#define GICC_CTLR_ACKCTL BIT(2)
#define GICC_CTLR_FIQEN BIT(3)
#define GICC_CTLR_CBPR BIT(4)
#define GICC_CTLR_EOIMODE BIT(9)
#define GICC_CTLR_MASK 0x21fu

#define SGI_MASK 0x0000ffffu
#define GICD_IIDR_VALUE 0x0000043bu /* implementer ARM */
#define GICC_IIDR_VALUE 0x0002043bu /* architecture version 2, implementer ARM */
#define ABPR_MIN 1u

static const uint8_t gicd_id[] = { 0x04, 0, 0, 0, 0x90, 0xb4, 0x2b, 0, 0x0d, 0xf0, 0x05, 0xb1 };

static bool in_group1(const struct vgic *gic, uint32_t id)
{
    return gic->group[id / 32] >> (id % 32) & 1;
}

static uint32_t pending_word(const struct vgic *gic, unsigned w)
{
    return gic->latch[w] | (gic->level[w] & ~gic->edge[w]);
}

/* Interrupts of word w that both the distributor and the CPU interface let through. */
static uint32_t forwarded_word(const struct vgic *gic, unsigned w)
{
    uint32_t enables = gic->ctlr & gic->cpu_ctlr;
    uint32_t word = gic->ready[w];

    if (!(enables & CTLR_ENABLE_GRP0))
        word &= gic->group[w];
    if (!(enables & CTLR_ENABLE_GRP1))
        word &= ~gic->group[w];
    return word;
}

/* Chooses the highest-priority pending interrupt (the lowest ID among equals, 3.3) and
 * drives the outputs.  To be called after any change to anything it reads. */
static void update_output(struct vgic *gic)
{
    uint32_t best = VGIC_SPURIOUS, best_priority = gic->pmr;

    for (uint32_t words = gic->ready_words; words; words &= words - 1) {
        unsigned w = (unsigned)__builtin_ctz(words);

        for (uint32_t bits = forwarded_word(gic, w); bits; bits &= bits - 1) {
            uint32_t id = w * 32 + (unsigned)__builtin_ctz(bits);

            if (gic->priority[id] < best_priority) {
                best = id;
                best_priority = gic->priority[id];
            }
        }
    }
    gic->best = best;
    bool signal = best != VGIC_SPURIOUS && best_priority < gic->running_priority;
    bool as_fiq = signal && (gic->cpu_ctlr & GICC_CTLR_FIQEN) && !in_group1(gic, best);
    gic->fiq = as_fiq;
    gic->irq = signal && !as_fiq;
}

static void update_word(struct vgic *gic, unsigned w)
{
    uint32_t ready = pending_word(gic, w) & gic->enabled[w] & ~gic->active[w];

    gic->ready[w] = ready;
    gic->ready_words = (gic->ready_words & ~BIT(w)) | (ready ? BIT(w) : 0);
    update_output(gic);
}

void vgic_set_line(void *controller, unsigned id, bool level)
{
    struct vgic *gic = controller;
    unsigned w = id / 32;
    uint32_t bit = BIT(id % 32);

    if (id < 16 || id >= VGIC_IRQS || level == !!(gic->level[w] & bit))
        return;
    gic->level[w] ^= bit;
    if (level)
        gic->latch[w] |= bit & gic->edge[w];
    update_word(gic, w);
}

/* Group priority (3.3.3): the part of the priority that decides preemption. */
static uint32_t group_priority(const struct vgic *gic, uint32_t id)
{
    bool own_point = in_group1(gic, id) && !(gic->cpu_ctlr & GICC_CTLR_CBPR);
    uint32_t point = own_point ? gic->abpr - 1 : gic->bpr;

    return gic->priority[id] & (0xffffff00u | (0xfeu << point));
}

static void update_running_priority(struct vgic *gic)
{
    gic->running_priority = VGIC_IDLE_PRIORITY;
    for (unsigned i = 0; i < ARRAY_SIZE(gic->apr); i++) {
        uint32_t levels = gic->apr[i] | gic->nsapr[i];

        if (levels) {
            gic->running_priority = (i * 32 + (unsigned)__builtin_ctz(levels)) << 1;
            return;
        }
    }
}

uint32_t vgic_read_iar(struct vgic *gic)
{
    uint32_t id = gic->best;

    if (id == VGIC_SPURIOUS)
        return VGIC_SPURIOUS;
    bool group1 = in_group1(gic, id);
    if (group1 && !(gic->cpu_ctlr & GICC_CTLR_ACKCTL))
        return 1022;
    if (gic->priority[id] >= gic->running_priority)
        return VGIC_SPURIOUS;

    unsigned w = id / 32;
    uint32_t level = group_priority(gic, id) >> 1;
    uint32_t *apr = group1 ? gic->nsapr : gic->apr;
    apr[level / 32] |= BIT(level % 32);
    gic->running_priority = level << 1;
    gic->active[w] |= BIT(id % 32);
    gic->latch[w] &= ~BIT(id % 32);
    update_word(gic, w);
    return id;
}

static void deactivate(struct vgic *gic, uint32_t id)
{
    gic->active[id / 32] &= ~BIT(id % 32);
    update_word(gic, id / 32);
}

void vgic_write_eoir(struct vgic *gic, uint32_t value)
{
    uint32_t id = value & 0x3ff;

    if (id >= VGIC_IRQS || gic->running_priority == VGIC_IDLE_PRIORITY)
        return;
    uint32_t *apr = in_group1(gic, id) ? gic->nsapr : gic->apr;
    for (unsigned i = 0; i < ARRAY_SIZE(gic->apr); i++) {
        if (apr[i]) {
            apr[i] &= apr[i] - 1;
            break;
        }
    }
    update_running_priority(gic);
    if (gic->cpu_ctlr & GICC_CTLR_EOIMODE)
        update_output(gic);
    else
        deactivate(gic, id);
}

/* The aliases serve Group 1 alone (4.4.11 to 4.4.13). */
static uint32_t read_aliased_iar(struct vgic *gic)
{
    if (gic->best == VGIC_SPURIOUS || !in_group1(gic, gic->best))
        return VGIC_SPURIOUS;
    uint32_t saved = gic->cpu_ctlr;
    gic->cpu_ctlr |= GICC_CTLR_ACKCTL;
    uint32_t id = vgic_read_iar(gic);
    gic->cpu_ctlr = saved;
    return id;
}

static uint32_t read_hppir(const struct vgic *gic, bool alias)
{
    if (gic->best == VGIC_SPURIOUS)
        return VGIC_SPURIOUS;
    bool group1 = in_group1(gic, gic->best);
    if (alias)
        return group1 ? gic->best : VGIC_SPURIOUS;
    return group1 && !(gic->cpu_ctlr & GICC_CTLR_ACKCTL) ? 1022 : gic->best;
}

/* ---- distributor ---- */

static uint32_t read_icfgr(const struct vgic *gic, unsigned first)
{
    uint32_t edge = gic->edge[first / 32] >> (first % 32), value = 0;

    for (unsigned i = 0; i < 16; i++)
        value |= (edge >> i & 1) << (2 * i + 1);
    return value;
}

static void write_icfgr(struct vgic *gic, unsigned first, uint32_t value, uint32_t lanes)
{
    if (first < 16)
        return; /* SGIs are edge-triggered */
    for (unsigned i = 0; i < 16; i++) {
        uint32_t bit = BIT((first + i) % 32);

        if (!(lanes >> (2 * i + 1) & 1))
            continue;
        if (value >> (2 * i + 1) & 1)
            gic->edge[first / 32] |= bit;
        else
            gic->edge[first / 32] &= ~bit;
    }
    update_word(gic, first / 32);
}

static uint32_t read_priority(const struct vgic *gic, unsigned first)
{
    const uint8_t *p = &gic->priority[first];

    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static void write_priority(struct vgic *gic, unsigned first, uint32_t value, uint32_t lanes)
{
    for (unsigned i = 0; i < 4; i++) {
        if (lanes >> (8 * i) & 1)
            gic->priority[first + i] = (uint8_t)(value >> (8 * i));
    }
    update_output(gic);
}

/* Pending state of SGIs, a byte each; with one processor only source 0 exists. */
static uint32_t read_sgi_pending(const struct vgic *gic, unsigned first)
{
    uint32_t value = 0;

    for (unsigned i = 0; i < 4; i++)
        value |= (gic->latch[0] >> (first + i) & 1) << (8 * i);
    return value;
}

static void write_sgi_pending(struct vgic *gic, unsigned first, uint32_t value, bool set)
{
    for (unsigned i = 0; i < 4; i++) {
        uint32_t bit = (value >> (8 * i) & 1) << (first + i);

        gic->latch[0] = set ? gic->latch[0] | bit : gic->latch[0] & ~bit;
    }
    update_word(gic, 0);
}

/* GICD_SGIR (4.3.15): a target list, everyone else (nobody), or oneself. */
static void write_sgir(struct vgic *gic, uint32_t value)
{
    uint32_t filter = BITS(value, 25, 24);

    if (filter == 2 || (filter == 0 && (value & BIT(16)))) {
        gic->latch[0] |= BIT(value & 15);
        update_word(gic, 0);
    }
}

static uint32_t dist_read_bitmap(const struct vgic *gic, uint32_t reg, unsigned w)
{
    if (w >= VGIC_WORDS)
        return 0;
    switch (reg) {
    case GICD_IGROUPR:
        return gic->group[w];
    case GICD_ISENABLER:
    case GICD_ICENABLER:
        return gic->enabled[w];
    case GICD_ISPENDR:
    case GICD_ICPENDR:
        return pending_word(gic, w);
    case GICD_ISACTIVER:
    case GICD_ICACTIVER:
        return gic->active[w];
    }
    return 0;
}

static uint32_t dist_read_word(const struct vgic *gic, uint32_t offset)
{
    if (offset >= GICD_IGROUPR && offset < GICD_IPRIORITYR)
        return dist_read_bitmap(gic, offset & ~0x7fu, (offset & 0x7f) / 4);
    if (offset >= GICD_IPRIORITYR && offset < GICD_IPRIORITYR + VGIC_IRQS)
        return read_priority(gic, offset - GICD_IPRIORITYR);
    if (offset >= GICD_ICFGR && offset < GICD_ICFGR + VGIC_IRQS / 4)
        return read_icfgr(gic, (offset - GICD_ICFGR) * 4);
    if (offset >= GICD_CPENDSGIR && offset < GICD_SPENDSGIR + 16)
        return read_sgi_pending(gic, offset & 15);
    if (offset >= GICD_PIDR4 && offset < GICD_ID_END)
        return gicd_id[(offset - GICD_PIDR4) / 4];
    switch (offset) {
    case GICD_CTLR:
        return gic->ctlr;
    case GICD_TYPER:
        return VGIC_WORDS - 1;
    case GICD_IIDR:
        return GICD_IIDR_VALUE;
    }
    return 0;
}

/* 'value' has zeros outside 'lanes', the bits that the access covers. */
static void dist_write_bitmap(struct vgic *gic, uint32_t reg, unsigned w, uint32_t value, uint32_t lanes)
{
    uint32_t not_sgi = w == 0 ? value & ~SGI_MASK : value;

    if (w >= VGIC_WORDS)
        return;
    switch (reg) {
    case GICD_IGROUPR:
        gic->group[w] = (gic->group[w] & ~lanes) | value;
        break;
    case GICD_ISENABLER:
        gic->enabled[w] |= value;
        break;
    case GICD_ICENABLER:
        gic->enabled[w] &= ~not_sgi;
        break;
    case GICD_ISPENDR:
        gic->latch[w] |= not_sgi;
        break;
    case GICD_ICPENDR:
        gic->latch[w] &= ~not_sgi;
        break;
    case GICD_ISACTIVER:
        gic->active[w] |= value;
        break;
    case GICD_ICACTIVER:
        gic->active[w] &= ~value;
        break;
    }
    update_word(gic, w);
}

static void dist_write_word(struct vgic *gic, uint32_t offset, uint32_t value, uint32_t lanes)
{
    if (offset >= GICD_IGROUPR && offset < GICD_IPRIORITYR) {
        dist_write_bitmap(gic, offset & ~0x7fu, (offset & 0x7f) / 4, value, lanes);
    } else if (offset >= GICD_IPRIORITYR && offset < GICD_IPRIORITYR + VGIC_IRQS) {
        write_priority(gic, offset - GICD_IPRIORITYR, value, lanes);
    } else if (offset >= GICD_ICFGR && offset < GICD_ICFGR + VGIC_IRQS / 4) {
        write_icfgr(gic, (offset - GICD_ICFGR) * 4, value, lanes);
    } else if (offset >= GICD_CPENDSGIR && offset < GICD_SPENDSGIR + 16) {
        write_sgi_pending(gic, offset & 15, value, offset >= GICD_SPENDSGIR);
    } else if (offset == GICD_SGIR) {
        write_sgir(gic, value);
    } else if (offset == GICD_CTLR && (lanes & 1)) {
        gic->ctlr = value & (CTLR_ENABLE_GRP0 | CTLR_ENABLE_GRP1);
        update_output(gic);
    }
}

/* The bits of the word at offset & ~3 that an access covers. */
static uint32_t access_lanes(uint32_t offset, unsigned size)
{
    return (size == 4 ? ~0u : BIT(8 * size) - 1) << (8 * (offset & 3));
}

static uint32_t dist_read(struct vdev *dev, uint32_t offset, unsigned size)
{
    const struct vgic *gic = container_of(dev, struct vgic, dist);
    uint32_t word = dist_read_word(gic, offset & ~3u);

    return (word & access_lanes(offset, size)) >> (8 * (offset & 3));
}

static void dist_write(struct vdev *dev, uint32_t offset, unsigned size, uint32_t value)
{
    uint32_t lanes = access_lanes(offset, size);

    dist_write_word(container_of(dev, struct vgic, dist), offset & ~3u,
                    (value << (8 * (offset & 3))) & lanes, lanes);
}

/* ---- CPU interface ---- */

static uint32_t cpuif_read_word(struct vgic *gic, uint32_t offset)
{
    switch (offset) {
    case GICC_CTLR:
        return gic->cpu_ctlr;
    case GICC_PMR:
        return gic->pmr;
    case GICC_BPR:
        return gic->bpr;
    case GICC_IAR:
        return vgic_read_iar(gic);
    case GICC_RPR:
        return gic->running_priority > 0xff ? 0xff : gic->running_priority;
    case GICC_HPPIR:
        return read_hppir(gic, false);
    case GICC_ABPR:
        return gic->abpr;
    case GICC_AIAR:
        return read_aliased_iar(gic);
    case GICC_AHPPIR:
        return read_hppir(gic, true);
    case GICC_IIDR:
        return GICC_IIDR_VALUE;
    }
    if (offset >= GICC_APR && offset < GICC_APR + 16)
        return gic->apr[(offset - GICC_APR) / 4];
    if (offset >= GICC_NSAPR && offset < GICC_NSAPR + 16)
        return gic->nsapr[(offset - GICC_NSAPR) / 4];
    return 0;
}

static uint32_t cpuif_read(struct vdev *dev, uint32_t offset, unsigned size)
{
    /* only words are architected; a part of GICC_IAR must not acknowledge */
    if (size != 4)
        return 0;
    return cpuif_read_word(container_of(dev, struct vgic, cpuif), offset);
}

static void write_active_priorities(struct vgic *gic, uint32_t offset, uint32_t value)
{
    if (offset >= GICC_APR && offset < GICC_APR + 16)
        gic->apr[(offset - GICC_APR) / 4] = value;
    else if (offset >= GICC_NSAPR && offset < GICC_NSAPR + 16)
        gic->nsapr[(offset - GICC_NSAPR) / 4] = value;
    update_running_priority(gic);
}

static void cpuif_write(struct vdev *dev, uint32_t offset, unsigned size, uint32_t value)
{
    struct vgic *gic = container_of(dev, struct vgic, cpuif);

    if (size != 4)
        return;
    switch (offset) {
    case GICC_EOIR:
    case GICC_AEOIR:
        vgic_write_eoir(gic, value);
        return;
    case GICC_CTLR:
        gic->cpu_ctlr = value & GICC_CTLR_MASK;
        break;
    case GICC_PMR:
        gic->pmr = value & 0xff;
        break;
    case GICC_BPR:
        gic->bpr = value & 7;
        break;
    case GICC_ABPR:
        gic->abpr = (value & 7) < ABPR_MIN ? ABPR_MIN : value & 7;
        break;
    case GICC_DIR: /* UNPREDICTABLE while GICC_EOIR deactivates: ignored (4.4.15) */
        if ((value & 0x3ff) < VGIC_IRQS && (gic->cpu_ctlr & GICC_CTLR_EOIMODE))
            deactivate(gic, value & 0x3ff);
        return;
    default:
        write_active_priorities(gic, offset, value);
        break;
    }
    update_output(gic);
}

/* ---- assembly ---- */

/* Input lines are the devices' and survive a reset. */
static void vgic_reset(struct vgic *gic)
{
    gic->ctlr = gic->cpu_ctlr = gic->pmr = gic->bpr = 0;
    gic->abpr = ABPR_MIN;
    memset(gic->group, 0, sizeof(gic->group));
    memset(gic->enabled, 0, sizeof(gic->enabled));
    memset(gic->active, 0, sizeof(gic->active));
    memset(gic->edge, 0, sizeof(gic->edge));
    memset(gic->latch, 0, sizeof(gic->latch));
    memset(gic->priority, 0, sizeof(gic->priority));
    memset(gic->apr, 0, sizeof(gic->apr));
    memset(gic->nsapr, 0, sizeof(gic->nsapr));
    gic->edge[0] = gic->enabled[0] = SGI_MASK;
    gic->running_priority = VGIC_IDLE_PRIORITY;
    for (unsigned w = 0; w < VGIC_WORDS; w++)
        update_word(gic, w);
}

static void dist_reset(struct vdev *dev)
{
    vgic_reset(container_of(dev, struct vgic, dist));
}

static int dist_fdt_node(const struct vdev *dev, void *fdt)
{
    const struct vgic *gic = container_of((struct vdev *)dev, struct vgic, dist);
    const uint32_t reg[] = {
        0, cpu_to_fdt32(gic->dist.base.v), 0, cpu_to_fdt32(gic->dist.size),
        0, cpu_to_fdt32(gic->cpuif.base.v), 0, cpu_to_fdt32(gic->cpuif.size),
    };
    int err = vdev_fdt_begin_unit(fdt, "interrupt-controller", dev->base.v);

    err = err ? err : fdt_property_string(fdt, "compatible", "arm,cortex-a15-gic");
    err = err ? err : fdt_property(fdt, "reg", reg, sizeof(reg));
    err = err ? err : fdt_property_u32(fdt, "#interrupt-cells", 3);
    err = err ? err : fdt_property_u32(fdt, "#address-cells", 0);
    err = err ? err : fdt_property(fdt, "interrupt-controller", NULL, 0);
    err = err ? err : fdt_property_u32(fdt, "phandle", FDT_PHANDLE_GIC);
    return err ? err : fdt_end_node(fdt);
}

static const struct vdev_ops dist_ops = {
    .name = "vgic-dist",
    .read = dist_read,
    .write = dist_write,
    .fdt_node = dist_fdt_node,
    .reset = dist_reset,
};

static const struct vdev_ops cpuif_ops = {
    .name = "vgic-cpuif",
    .read = cpuif_read,
    .write = cpuif_write,
};

void vgic_init(struct vgic *gic, gpa_t dist_base, gpa_t cpuif_base)
{
    memset(gic, 0, sizeof(*gic));
    gic->dist = (struct vdev){ .ops = &dist_ops, .base = dist_base, .size = 0x10000 };
    gic->cpuif = (struct vdev){ .ops = &cpuif_ops, .base = cpuif_base, .size = 0x10000 };
    vgic_reset(gic);
}
