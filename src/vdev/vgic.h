#pragma once
/*
 * Virtual GICv2 (ARM IHI 0048B) for one processor, without the GIC Security
 * Extensions: distributor and CPU interface, both groups, eight priority bits.
 *
 * Group 0 interrupts leave as IRQ, or as FIQ with GICC_CTLR.FIQEn; Group 1 ones
 * as IRQ.  What the manual leaves to the implementation is as QEMU's "virt" has
 * it with EL3 off: SGIs are always enabled, GICD_ITARGETSR is RAZ/WI (one
 * processor), IDs 0 to 287.
 *
 * Both outputs are cached: reading them costs one load.
 */
#include <stdbool.h>
#include <stdint.h>
#include "vdev/vdev.h"

#define VGIC_IRQS 288 /* 16 SGIs, 16 PPIs, 256 SPIs */
#define VGIC_WORDS (VGIC_IRQS / 32)
#define VGIC_SPURIOUS 1023u
#define VGIC_IDLE_PRIORITY 0x100u

struct vgic {
    struct vdev dist, cpuif;

    /* distributor, one bit per interrupt */
    uint32_t ctlr;
    uint32_t group[VGIC_WORDS], enabled[VGIC_WORDS], active[VGIC_WORDS], edge[VGIC_WORDS];
    uint32_t latch[VGIC_WORDS]; /* pending by an edge, an SGI or GICD_ISPENDR */
    uint32_t level[VGIC_WORDS]; /* input lines */
    uint8_t priority[VGIC_IRQS];

    /* CPU interface; one bit of apr and nsapr per preemption level */
    uint32_t cpu_ctlr, pmr, bpr, abpr;
    uint32_t apr[4], nsapr[4];

    /* derived */
    uint32_t ready[VGIC_WORDS]; /* pending, enabled, not active */
    uint32_t ready_words;       /* bit n: ready[n] is not zero */
    uint32_t running_priority;  /* VGIC_IDLE_PRIORITY when nothing is active */
    uint32_t best;              /* highest-priority pending interrupt below PMR, or VGIC_SPURIOUS */
    bool irq, fiq;
};

/* Places distributor and CPU interface and resets both.  Lines start low. */
void vgic_init(struct vgic *gic, gpa_t dist_base, gpa_t cpuif_base);

/* Drives input line 'id' (16..VGIC_IRQS-1; others are ignored).  'gic' is a struct vgic:
 * this is an irq_line's set function. */
void vgic_set_line(void *gic, unsigned id, bool level);

/* GICC_IAR: acknowledges and returns the interrupt ID, 1022 or 1023. */
uint32_t vgic_read_iar(struct vgic *gic);
/* GICC_EOIR */
void vgic_write_eoir(struct vgic *gic, uint32_t value);

/* The processor's IRQ and FIQ inputs, now. */
static inline bool vgic_irq_pending(const struct vgic *gic) { return gic->irq; }
static inline bool vgic_fiq_pending(const struct vgic *gic) { return gic->fiq; }
