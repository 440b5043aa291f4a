/* Storms of interrupts, floods of maintenance, and guests that are as good as dead. */
#include "hostile.h"

static volatile uint32_t taken;

static bool take_interrupt(struct trap *t)
{
    uint32_t id;

    if (t->kind != EXC_IRQ && t->kind != EXC_FIQ)
        return false;
    t->lr -= 4;
    id = read32(GICC_IAR);
    taken++;
    switch (id & 1023) {
    case IRQ_CNTV: CNTV_TVAL_WRITE(pick(4) ? 0 : rnd()); break;
    case IRQ_CNTP: CNTP_TVAL_WRITE(pick(4) ? 0u - pick(1000) : 1); break;
    default: break;
    }
    if (pick(16))
        write32(GICC_EOIR, id);
    if (pick(4) == 0)
        write32(GICD_SGIR, (rnd() & 0x0300000f) | 0x00010000);
    if ((taken & 0xffff) == 0 || pick(200) == 0) {
        quiet_gic();
        write32(GICD_ISENABLER, 0x4800ffff);
    }
    if (taken % 3000 == 0) { /* an interrupt that never ends would leave no room for the program */
        CNTV_CTL_WRITE(0);
        CNTP_CTL_WRITE(0);
    }
    return true;
}

static void wait(void)
{
    irq_disable();
    quiet_gic();
    gic_enable(IRQ_CNTV);
    CNTV_TVAL_WRITE(pick(2) ? 0 : pick(2000));
    CNTV_CTL_WRITE(1);
    __asm__ volatile("wfi" ::: "memory");
    write32(GICD_ISENABLER, 0x4800ffff);
    irq_enable();
}

void attack_storm(void)
{
    chunk_setup();
    CP15_WRITE(0, c12, c0, 0, (uint32_t)vectors);
    trap_hook = take_interrupt;
    quiet_gic();
    write32(GICD_ISENABLER, 0x4800ffff);
    for (uint32_t n = 0; n < (rounds ? rounds : 10); n++) {
        CNTV_TVAL_WRITE(0);
        CNTV_CTL_WRITE(1);
        cntp_cval_write(0);
        CNTP_CTL_WRITE(1);
        irq_enable();
        for (unsigned i = 0; i < 100; i++) {
            write32(GICD_SGIR, 0x00010000 | pick(16));
            write32(GICD_ISPENDR, rnd());
            *(volatile uint8_t *)(GICD_IPRIORITYR + pick(64)) = (uint8_t)rnd();
            if (pick(32) == 0)
                wait();
        }
        irq_disable();
        quiet_gic();
        write32(GICD_ISENABLER, 0x4800ffff);
    }
    CNTV_CTL_WRITE(0);
    CNTP_CTL_WRITE(0);
    trap_hook = NULL;
    print("  %u interrupts\n", (unsigned)taken);
}

static void flood_once(uint32_t n)
{
    uint32_t va = rnd();

    switch (pick(12)) {
    case 0: CP15_WRITE(0, c8, c7, 0, 0); break;
    case 1: CP15_WRITE(0, c8, c7, 1, va); break;
    case 2: CP15_WRITE(0, c8, c7, 2, va); break;
    case 3: CP15_WRITE(0, c8, c7, 3, va); break;
    case 4: CP15_WRITE(0, c7, c5, 0, 0); break;
    case 5: CP15_WRITE(0, c7, c5, 1, (va & 0x000fffe0) | RAM_BASE); break;
    case 6: CP15_WRITE(0, c13, c0, 1, 1 + (n & 0xfe)); break;
    case 7: CP15_WRITE(0, c3, c0, 0, (va & ~3u) | 1); break;
    case 8: CP15_WRITE(0, c7, c14, 2, va); break;
    case 9: CP15_WRITE(0, c7, c5, 1, va); break;
    case 10: dsb(); isb(); break;
    default: CP15_WRITE(0, c8, c5, 1, (va & 0x000ff0ff) | RAM_BASE); break;
    }
}

void attack_floods(void)
{
    uint32_t wrong = 0;

    chunk_setup();
    CP15_WRITE(0, c12, c0, 0, (uint32_t)vectors);
    write32(FREE_PA, 0x600d);
    for (uint32_t n = 0; n < (rounds ? rounds : 30000); n++) {
        flood_once(n);
        if (n % 8 == 0)
            wrong += read32(FREE_PA) != 0x600d;
        if (n % 1024 == 0) {
            mmu_off();
            mmu_on();
        }
    }
    CP15_WRITE(0, c3, c0, 0, 1);
    CP15_WRITE(0, c13, c0, 1, 1);
    isb();
    report_eq(wrong, 0, "memory through floods of maintenance");
}

static void no_vectors(uint32_t vbar, uint32_t sctlr)
{
    CP15_WRITE(0, c12, c0, 0, vbar);
    SCTLR_WRITE(SCTLR_READ() | sctlr);
    isb();
    __asm__ volatile("udf #0");
}

static void spin(uint32_t code)
{
    chunk_code[0] = code;
    chunk_seal(1);
    ((void (*)(void))CODE_PA)();
}

/* Handlers that push to a stack which is not there. */
static void no_stack(uint32_t sp)
{
    __asm__ volatile("msr cpsr_c, #0xdb\n mov sp, %0\n udf #0" ::"r"(sp) : "memory");
}

/* Interrupts that nobody acknowledges, to a handler that returns at once. */
static void endless_interrupts(void)
{
    static const uint32_t handler[8] = { 0xe25ef004, 0xe1b0f00e, 0xe1b0f00e, 0xe25ef004, 0xe25ef004, 0xe25ef004,
                                         0xe25ef004, 0xe25ef004 }; /* subs pc, lr, #4 */

    for (unsigned i = 0; i < 8; i++)
        chunk_code[i] = handler[i];
    chunk_seal(8);
    CP15_WRITE(0, c12, c0, 0, CODE_PA);
    gic_enable(IRQ_CNTV);
    CNTV_TVAL_WRITE(0);
    CNTV_CTL_WRITE(1);
    irq_enable();
    for (;;)
        ;
}

/* The virtual machine hangs, one way or another, for ever; umbra does not. */
void attack_dead(void)
{
    chunk_setup();
    switch (seed = rounds) {
    case 0: no_vectors(0x10000000, 0); break;                  /* each abort's handler aborts */
    case 1: no_vectors(0x10000000, SCTLR_TE); break;           /* the same in Thumb state */
    case 2: no_vectors(0x09000000, 0); break;                  /* in a device */
    case 3: no_vectors(UMBRA_WINDOW, 0); break;
    case 4: no_vectors(UMBRA_STATE, SCTLR_TE); break;
    case 5: spin(0xeafffffe); break;                           /* b . */
    case 6: spin(0xe320f003); break;                           /* wfi, then SVCs: handlers */
    case 7: no_stack(0xb0000000); break;
    case 8: no_stack(UMBRA_STATE + 0x100); break;
    case 9: endless_interrupts(); break;
    case 10: CP15_WRITE(0, c2, c0, 0, 0); isb(); tlbi_all(); break;          /* no tables */
    case 11: CP15_WRITE(0, c3, c0, 0, 0); isb(); break;                      /* no domains */
    case 12: __asm__ volatile("1: wfi\n b 1b"); break;                        /* waits for nothing */
    case 13: __asm__ volatile("1: wfe\n .word 0xeafffffd"); break;
    case 14: __asm__ volatile("1: svc #0\n b 1b"); break;
    case 15: no_vectors(0x10000000, SCTLR_V | SCTLR_TE); break;
    default: __asm__ volatile(".arm\n 1: blx 2f\n .thumb\n .balign 4\n 2: bx pc\n nop\n .arm\n b 1b\n"); break;
    }
    for (;;)
        ;
}
