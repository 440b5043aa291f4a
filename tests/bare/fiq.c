/* Fast interrupts: GICv2 group 0 with FIQEn, the FIQ mode's own registers, priorities over IRQ. */
#include "lib/gic.h"

static volatile uint32_t fiq_count, irq_count, last_id, seen_cpsr, seen_spsr;

static bool on_interrupt(struct trap *t)
{
    if (t->kind != EXC_FIQ && t->kind != EXC_IRQ)
        return false;
    t->lr -= 4;
    seen_cpsr = t->cpsr;
    seen_spsr = t->spsr;
    if (t->kind == EXC_FIQ) {
        fiq_count++;
        last_id = read32(GICC_IAR) & 0x3ff;
        write32(GICC_EOIR, last_id);
    } else {
        irq_count++;
        last_id = read32(GICC_IAR) & 0x3ff; /* group 1 by AckCtl */
        write32(GICC_EOIR, last_id);
        if (last_id == IRQ_CNTV)
            CNTV_CTL_WRITE(0);
    }
    return true;
}

/* r8-r12 of the caller and of FIQ mode hold different values while FIQs come. */
static bool banked_over_fiq(void)
{
    uint32_t bad;

    __asm__ volatile(
        "mrs r1, cpsr\n"
        "msr cpsr_c, #0xd1\n mov r8, #0x81\n mov r12, #0xc1\n"
        "msr cpsr_c, r1\n"
        "mov r8, #0x88\n mov r9, #0x99\n mov r10, #0xaa\n mov r11, #0xbb\n mov r12, #0xcc\n"
        "cpsie f\n"
        "ldr r2, =0x08000f00\n ldr r3, =0x00010004\n"
        "mov r0, #50\n"
        "1: str r3, [r2]\n dsb\n isb\n subs r0, r0, #1\n bne 1b\n"
        "cpsid f\n"
        "cmp r8, #0x88\n cmpeq r9, #0x99\n cmpeq r10, #0xaa\n cmpeq r11, #0xbb\n cmpeq r12, #0xcc\n"
        "movne r0, #1\n"
        "msr cpsr_c, #0xd1\n mov r2, r8\n mov r3, r12\n msr cpsr_c, r1\n"
        "cmp r2, #0x81\n orrne r0, r0, #2\n"
        "cmp r3, #0xc1\n orrne r0, r0, #4\n"
        "mov %0, r0\n"
        : "=r"(bad) :: "r0", "r1", "r2", "r3", "r8", "r9", "r10", "r11", "r12", "cc", "memory");
    return check_eq(bad, 0, "registers");
}

static void groups(void)
{
    gic_init();
    write32(GICD_IGROUPR, 0xffff0000 | ~(1u << 4)); /* SGI 4 is group 0, everything else group 1 */
    write32(GICD_CTLR, 3);
    write32(GICC_CTLR, 1 | 2 | 4 | 8); /* both groups, AckCtl, FIQEn */
    gic_enable(IRQ_CNTV);
}

static bool spin_until(volatile uint32_t *count)
{
    return wait_change(count, 0);
}

static void deliver(void)
{
    fiq_count = irq_count = 0;
    gic_send_sgi(4);
    delay_us(200);
    report(fiq_count == 0, "CPSR.F masks");
    irq_enable();
    delay_us(200);
    irq_disable();
    report(fiq_count == 0 && irq_count == 0, "CPSR.I does not unmask it");
    __asm__ volatile("cpsie f" ::: "memory");
    spin_until(&fiq_count);
    __asm__ volatile("cpsid f" ::: "memory");
    report(fiq_count == 1 && last_id == 4, "FIQ taken");
    report_eq(seen_cpsr & (PSR_MODE | PSR_I | PSR_F | PSR_A),
              MODE_FIQ | PSR_I | PSR_F | PSR_A, "CPSR on entry");
    report_eq(seen_spsr & (PSR_MODE | PSR_F), MODE_SVC, "SPSR");
    irq_count = 0;
    CNTV_TVAL_WRITE(0);
    CNTV_CTL_WRITE(CNT_ENABLE);
    irq_enable();
    spin_until(&irq_count);
    irq_disable();
    report(irq_count == 1 && last_id == IRQ_CNTV && fiq_count == 1, "group 1 is an IRQ");
}

void test_main(void)
{
    trap_hook = on_interrupt;
    groups();
    deliver();
    fiq_count = 0;
    report(banked_over_fiq() && fiq_count == 50, "50 FIQs, r8-r12 of both kinds kept");
    trap_hook = NULL;
}
