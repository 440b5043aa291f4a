/* The GIC by register script (IHI 0048B). */
#include <string.h>
#include "lib/bits.h"
#include "test.h"
#include "vdev/vgic.h"

enum { CTLR = 0, TYPER = 4, IGROUPR = 0x80, ISENABLER = 0x100, ICENABLER = 0x180, ISPENDR = 0x200,
       ICPENDR = 0x280, ISACTIVER = 0x300, ICACTIVER = 0x380, IPRIORITYR = 0x400, ITARGETSR = 0x800,
       ICFGR = 0xc00, SGIR = 0xf00, CPENDSGIR = 0xf10, SPENDSGIR = 0xf20 };
enum { GICC_CTLR = 0, PMR = 4, BPR = 8, IAR = 0xc, EOIR = 0x10, RPR = 0x14, HPPIR = 0x18, ABPR = 0x1c,
       AIAR = 0x20, AEOIR = 0x24, APR = 0xd0, NSAPR = 0xe0, IIDR = 0xfc, DIR = 0x1000 };

static struct vgic gic;

static uint32_t rd(uint32_t offset) { return gic.dist.ops->read(&gic.dist, offset, 4); }
static void wr(uint32_t offset, uint32_t value) { gic.dist.ops->write(&gic.dist, offset, 4, value); }
static void wr8(uint32_t offset, uint32_t value) { gic.dist.ops->write(&gic.dist, offset, 1, value); }
static uint32_t crd(uint32_t offset) { return gic.cpuif.ops->read(&gic.cpuif, offset, 4); }
static void cwr(uint32_t offset, uint32_t value) { gic.cpuif.ops->write(&gic.cpuif, offset, 4, value); }
static bool irq(void) { return vgic_irq_pending(&gic); }
static bool fiq(void) { return vgic_fiq_pending(&gic); }

/* Group 0 on, all priorities pass, interrupts 27, 33 and 40 enabled at 0xa0. */
static void setup(void)
{
    vgic_init(&gic, gpa(0x08000000), gpa(0x08010000));
    wr(CTLR, 1);
    cwr(GICC_CTLR, 1);
    cwr(PMR, 0xf0);
    wr8(IPRIORITYR + 27, 0xa0);
    wr8(IPRIORITYR + 33, 0xa0);
    wr8(IPRIORITYR + 40, 0xa0);
    wr(ISENABLER, BIT(27));
    wr(ISENABLER + 4, BIT(1) | BIT(8));
}

static void test_identity(void)
{
    static const uint8_t id[] = { 0x04, 0, 0, 0, 0x90, 0xb4, 0x2b, 0, 0x0d, 0xf0, 0x05, 0xb1 };
    bool same = true;

    vgic_init(&gic, gpa(0), gpa(0x10000));
    report(rd(TYPER) == 8, "GICD_TYPER: 288 interrupts, one processor, no security");
    report(rd(8) == 0x0000043b && crd(IIDR) == 0x0002043b, "GICD_IIDR, GICC_IIDR");
    for (unsigned i = 0; i < sizeof(id); i++)
        same = same && rd(0xfd0 + 4 * i) == id[i];
    report(same, "GICD_PIDR, GICD_CIDR");
    report(rd(CTLR) == 0 && crd(GICC_CTLR) == 0 && crd(PMR) == 0 && crd(BPR) == 0 && crd(ABPR) == 1,
           "reset values");
    report(crd(IAR) == 1023 && crd(HPPIR) == 1023 && crd(RPR) == 0xff && !irq() && !fiq(),
           "nothing pending at reset");
    report(rd(ISENABLER) == 0xffff && rd(ICFGR) == 0xaaaaaaaa, "SGIs are enabled and edge-triggered");
    wr(ITARGETSR + 32, 0x01010101);
    report(rd(ITARGETSR) == 0 && rd(ITARGETSR + 32) == 0, "GICD_ITARGETSR is RAZ/WI with one processor");
    wr(CTLR, ~0u);
    cwr(GICC_CTLR, ~0u);
    report(rd(CTLR) == 3 && crd(GICC_CTLR) == 0x21f, "reserved bits of the control registers");
    wr(ICENABLER, ~0u);
    report(rd(ISENABLER) == 0xffff, "SGIs cannot be disabled");
    wr(ISENABLER + 4 * 8, ~0u);
    wr(ISENABLER + 4 * 9, ~0u);
    report(rd(ISENABLER + 4 * 8) == ~0u && rd(ISENABLER + 4 * 9) == 0, "IDs above 287 do not exist");
    vgic_set_line(&gic, 288, true);
    vgic_set_line(&gic, 5, true);
    report(rd(ISPENDR) == 0, "no line for an SGI or an ID that does not exist");
}

static void test_registers(void)
{
    setup();
    wr(IPRIORITYR + 32, 0x11223344);
    report(gic.dist.ops->read(&gic.dist, IPRIORITYR + 33, 1) == 0x33, "GICD_IPRIORITYR by bytes, reading");
    wr8(IPRIORITYR + 34, 0xff);
    report(rd(IPRIORITYR + 32) == 0x11ff3344, "GICD_IPRIORITYR by bytes, writing");
    gic.dist.ops->write(&gic.dist, ISENABLER + 5, 1, 0x02);
    report(rd(ISENABLER + 4) == (BIT(1) | BIT(8) | BIT(9)), "GICD_ISENABLER by bytes");
    gic.dist.ops->write(&gic.dist, IGROUPR + 4, 4, ~0u);
    gic.dist.ops->write(&gic.dist, IGROUPR + 6, 2, 0);
    report(rd(IGROUPR + 4) == 0x0000ffff, "GICD_IGROUPR by halfwords keeps the other half");
    wr(ICFGR, 0);
    wr(ICFGR + 8, 0xffffffff);
    report(rd(ICFGR) == 0xaaaaaaaa && rd(ICFGR + 8) == 0xaaaaaaaa, "GICD_ICFGR: SGIs fixed, even bits zero");
    wr(ICENABLER + 4, BIT(1));
    report(rd(ISENABLER + 4) == (BIT(8) | BIT(9)) && rd(ICENABLER + 4) == (BIT(8) | BIT(9)),
           "GICD_ICENABLER");
    report(gic.cpuif.ops->read(&gic.cpuif, IAR, 1) == 0, "a byte of GICC_IAR is not an acknowledge");
}

static void test_level(void)
{
    setup();
    vgic_set_line(&gic, 33, true);
    report(irq() && !fiq() && rd(ISPENDR + 4) == BIT(1) && crd(HPPIR) == 33, "a level raises IRQ");
    report(crd(IAR) == 33 && !irq() && rd(ISACTIVER + 4) == BIT(1) && crd(RPR) == 0xa0,
           "IAR makes it active");
    report(rd(ISPENDR + 4) == BIT(1), "and it stays pending while the line is high");
    report(crd(IAR) == 1023, "it cannot be acknowledged twice");
    cwr(EOIR, 33);
    report(irq() && rd(ISACTIVER + 4) == 0 && crd(RPR) == 0xff, "EOIR with the line high: pending again");
    crd(IAR);
    vgic_set_line(&gic, 33, false);
    cwr(EOIR, 33);
    report(!irq() && rd(ISPENDR + 4) == 0, "EOIR with the line low: idle");
    vgic_set_line(&gic, 33, true);
    vgic_set_line(&gic, 33, false);
    report(!irq() && crd(IAR) == 1023, "a level that goes away is spurious");
    wr(ISPENDR + 4, BIT(1));
    report(irq() && crd(IAR) == 33, "GICD_ISPENDR pends a level interrupt");
    cwr(EOIR, 33);
    report(!irq(), "once");
    vgic_set_line(&gic, 33, true);
    wr(ICPENDR + 4, BIT(1));
    report(irq(), "GICD_ICPENDR does not clear a level that is high");
}

static void test_edge(void)
{
    setup();
    wr(ICFGR + 8, 2u << (2 * 1));
    vgic_set_line(&gic, 33, true);
    vgic_set_line(&gic, 33, false);
    report(irq() && rd(ISPENDR + 4) == BIT(1), "an edge is latched");
    report(crd(IAR) == 33 && rd(ISPENDR + 4) == 0, "and taken by IAR");
    vgic_set_line(&gic, 33, true);
    report(rd(ISPENDR + 4) == BIT(1) && !irq(), "a second edge pends while active");
    cwr(EOIR, 33);
    report(irq(), "and is signalled after EOIR");
    wr(ICPENDR + 4, BIT(1));
    report(!irq() && rd(ISPENDR + 4) == 0, "GICD_ICPENDR clears an edge");
}

static void test_masks(void)
{
    setup();
    vgic_set_line(&gic, 33, true);
    cwr(PMR, 0xa0);
    report(!irq() && crd(IAR) == 1023, "a priority equal to PMR is masked");
    cwr(PMR, 0xa1);
    report(irq(), "a higher one is not");
    wr(ICENABLER + 4, BIT(1));
    report(!irq() && rd(ISPENDR + 4) == BIT(1), "disabled: pending, not signalled");
    wr(ISENABLER + 4, BIT(1));
    wr(CTLR, 0);
    report(!irq() && crd(IAR) == 1023, "distributor off");
    wr(CTLR, 1);
    cwr(GICC_CTLR, 0);
    report(!irq(), "CPU interface off");
    cwr(GICC_CTLR, 1);
    report(irq() && crd(IAR) == 33, "both on");
}

static void test_priority(void)
{
    setup();
    wr8(IPRIORITYR + 40, 0x40);
    vgic_set_line(&gic, 27, true);
    vgic_set_line(&gic, 33, true);
    report(crd(IAR) == 27 && crd(RPR) == 0xa0, "among equals the lowest ID wins");
    report(!irq() && crd(HPPIR) == 33 && crd(IAR) == 1023, "an equal priority does not preempt");
    vgic_set_line(&gic, 40, true);
    report(irq() && crd(IAR) == 40 && crd(RPR) == 0x40, "a higher one does");
    cwr(EOIR, 40);
    report(crd(RPR) == 0xa0 && irq(), "EOIR drops to the preempted priority");
    vgic_set_line(&gic, 40, false);
    report(!irq(), "and the equal one still waits");
    cwr(EOIR, 27);
    vgic_set_line(&gic, 27, false);
    report(irq() && crd(IAR) == 33, "until the first ends");
    cwr(EOIR, 33);
    cwr(EOIR, 33);
    report(crd(RPR) == 0xff, "an EOIR too many is ignored");
    cwr(EOIR, 1023);
    report(crd(RPR) == 0xff, "so is the spurious one");
}

static void test_binary_point(void)
{
    setup();
    cwr(BPR, 7);
    wr8(IPRIORITYR + 40, 0x10);
    vgic_set_line(&gic, 33, true);
    report(crd(IAR) == 33 && crd(RPR) == 0 && crd(APR) == BIT(0), "BPR 7: one preemption level");
    vgic_set_line(&gic, 40, true);
    report(!irq() && crd(HPPIR) == 40, "so nothing preempts");
    cwr(EOIR, 33);
    report(irq() && crd(IAR) == 40, "but order is by whole priority");
    setup();
    cwr(BPR, 3);
    wr8(IPRIORITYR + 33, 0xaf);
    vgic_set_line(&gic, 33, true);
    report(crd(IAR) == 33 && crd(RPR) == 0xa0 && crd(APR + 8) == BIT(0xa0 / 2 - 64),
           "BPR 3: group priority 0xa0");
}

static void test_groups(void)
{
    setup();
    wr(IGROUPR + 4, BIT(1));
    vgic_set_line(&gic, 33, true);
    report(!irq() && !fiq(), "Group 1 needs its own enables");
    wr(CTLR, 3);
    cwr(GICC_CTLR, 3 | BIT(3));
    report(irq() && !fiq(), "Group 1 is IRQ even with FIQEn");
    report(crd(HPPIR) == 1022 && crd(IAR) == 1022 && irq(), "without AckCtl IAR gives 1022");
    report(crd(AIAR) == 33 && crd(NSAPR + 8) == BIT(0xa0 / 2 - 64), "GICC_AIAR acknowledges it");
    cwr(AEOIR, 33);
    vgic_set_line(&gic, 33, false);
    report(crd(RPR) == 0xff, "GICC_AEOIR ends it");
    vgic_set_line(&gic, 40, true);
    report(!irq() && fiq(), "Group 0 with FIQEn is FIQ");
    report(crd(AIAR) == 1023 && crd(IAR) == 40 && !fiq(), "which GICC_AIAR does not give");
    cwr(EOIR, 40);
    vgic_set_line(&gic, 40, false);
    vgic_set_line(&gic, 33, true);
    cwr(GICC_CTLR, 3 | BIT(2));
    report(crd(IAR) == 33, "with AckCtl IAR acknowledges Group 1");
}

static void test_sgi(void)
{
    setup();
    wr(SGIR, 0x00010003);
    report(irq() && rd(ISPENDR) == BIT(3) && rd(SPENDSGIR) == 0x01000000, "an SGI to CPU 0");
    report(crd(IAR) == 3 && rd(ISPENDR) == 0, "acknowledged");
    cwr(EOIR, 3);
    wr(SGIR, 0x02000004);
    report(crd(IAR) == 4, "an SGI to oneself");
    cwr(EOIR, 4);
    wr(SGIR, 0x01000005);
    wr(SGIR, 0x00020005);
    report(rd(ISPENDR) == 0, "an SGI to others goes nowhere");
    wr8(SPENDSGIR + 6, 1);
    report(rd(ISPENDR) == BIT(6), "GICD_SPENDSGIR");
    wr8(CPENDSGIR + 6, 1);
    report(rd(ISPENDR) == 0 && !irq(), "GICD_CPENDSGIR");
    wr(ISPENDR, BIT(7));
    report(rd(ISPENDR) == 0, "GICD_ISPENDR does not pend SGIs");
}

static void test_eoimode(void)
{
    setup();
    cwr(GICC_CTLR, 1 | BIT(9));
    vgic_set_line(&gic, 33, true);
    crd(IAR);
    cwr(EOIR, 33);
    report(crd(RPR) == 0xff && rd(ISACTIVER + 4) == BIT(1) && !irq(),
           "EOImode 1: EOIR only drops the priority");
    cwr(DIR, 33);
    report(rd(ISACTIVER + 4) == 0 && irq(), "GICC_DIR deactivates");
    cwr(GICC_CTLR, 1);
    crd(IAR);
    cwr(DIR, 33);
    report(rd(ISACTIVER + 4) == BIT(1), "GICC_DIR with EOImode 0 is ignored");
    wr(ICACTIVER + 4, BIT(1));
    report(rd(ISACTIVER + 4) == 0, "GICD_ICACTIVER");
    wr(ISACTIVER + 4, BIT(8));
    vgic_set_line(&gic, 40, true);
    cwr(EOIR, 33);
    vgic_set_line(&gic, 33, false);
    report(!irq(), "GICD_ISACTIVER holds an interrupt back");
}

/* The cached output against the definition, over random histories. */
static void test_random(void)
{
    uint32_t seed = 1;
    bool same = true;

    setup();
    for (unsigned n = 0; n < 20000 && same; n++) {
        seed = seed * 1664525 + 1013904223;
        uint32_t id = 16 + (seed >> 8) % 48, best = 1023, best_priority;

        switch (seed >> 28) {
        case 0 ... 4: vgic_set_line(&gic, id, seed & BIT(20)); break;
        case 5: wr(ISENABLER + id / 32 * 4, BIT(id % 32)); break;
        case 6: wr(ICENABLER + id / 32 * 4, BIT(id % 32)); break;
        case 7: wr8(IPRIORITYR + id, seed >> 16 & 0xff); break;
        case 8: wr(ISPENDR + id / 32 * 4, BIT(id % 32)); break;
        case 9: wr(ICPENDR + id / 32 * 4, BIT(id % 32)); break;
        case 10: wr(IGROUPR + id / 32 * 4, seed & 0xff << (id % 24)); break;
        case 11: wr(ICFGR + id / 16 * 4, seed); break;
        case 12: cwr(PMR, seed >> 16); break;
        case 13: crd(IAR); break;
        case 14: cwr(EOIR, id); break;
        default: cwr(GICC_CTLR, seed >> 16 & 0x21f); wr(CTLR, seed >> 9); break;
        }
        best_priority = crd(PMR);
        for (uint32_t i = 0; i < VGIC_IRQS; i++) {
            uint32_t w = i / 32 * 4, bit = BIT(i % 32), group = rd(IGROUPR + w) & bit ? 2 : 1;
            uint32_t priority = gic.dist.ops->read(&gic.dist, IPRIORITYR + i, 1);

            if ((rd(ISPENDR + w) & rd(ISENABLER + w) & ~rd(ISACTIVER + w) & bit) &&
                (rd(CTLR) & crd(GICC_CTLR) & group) && priority < best_priority) {
                best = i;
                best_priority = priority;
            }
        }
        bool signal = best != 1023 && best_priority < (crd(RPR) == 0xff ? 0x100 : crd(RPR));
        same = (irq() || fiq()) == signal && gic.best == best;
    }
    report(same, "outputs agree with the registers over 20000 random operations");
}

int main(void)
{
    test_identity();
    test_registers();
    test_level();
    test_edge();
    test_masks();
    test_priority();
    test_binary_point();
    test_groups();
    test_sgi();
    test_eoimode();
    test_random();
    return test_summary();
}
