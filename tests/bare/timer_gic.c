/* Generic timer, GICv2, WFI, and the identity of UART and RTC. */
#include "lib/gic.h"

static volatile uint32_t irq_count, irq_last;
static void (*volatile irq_action)(uint32_t id);

/* Acknowledges, lets the test quiet the source, ends the interrupt. */
static bool on_irq(struct trap *t)
{
    uint32_t id;

    if (t->kind != EXC_IRQ)
        return false;
    t->lr -= 4;
    id = read32(GICC_IAR) & 0x3ff;
    irq_last = id;
    irq_count++;
    if (id == IRQ_SPURIOUS)
        return true;
    if (irq_action)
        irq_action(id);
    write32(GICC_EOIR, id);
    return true;
}

static void start(void (*action)(uint32_t id))
{
    irq_count = 0;
    irq_last = 0;
    irq_action = action;
}

static uint32_t ack(void)
{
    dsb();
    return read32(GICC_IAR);
}

static void eoi(uint32_t id)
{
    write32(GICC_EOIR, id);
    dsb();
}

/* The line of a source reaches the GIC in finite time. */
static bool soon_pending(uint32_t id, bool want)
{
    uint64_t end = cntvct() + CNTFRQ();

    while (gic_is_pending(id) != want)
        if (cntvct() > end)
            return false;
    return true;
}

static void sgis(void)
{
    report(ack() == IRQ_SPURIOUS, "nothing pending: IAR is 1023");
    gic_send_sgi(5);
    report(gic_is_pending(5) && read32(GICC_HPPIR) == 5, "SGI pending, highest pending");
    report(ack() == 5 && gic_is_active(5) && !gic_is_pending(5), "SGI acknowledged: active");
    report(read32(GICC_RPR) == 0xa0, "running priority");
    gic_send_sgi(5);
    report(gic_is_pending(5) && gic_is_active(5), "SGI again: active and pending");
    report(ack() == IRQ_SPURIOUS, "not signalled while active");
    eoi(5);
    report(!gic_is_active(5) && ack() == 5, "signalled after EOI");
    eoi(5);
    report(ack() == IRQ_SPURIOUS && read32(GICC_RPR) == 0xff, "idle again");
}

static void priorities(void)
{
    gic_set_priority(1, 0x80);
    gic_set_priority(2, 0x40);
    gic_set_priority(3, 0x80);
    gic_send_sgi(3);
    gic_send_sgi(1);
    gic_send_sgi(2);
    report(ack() == 2 && read32(GICC_RPR) == 0x40, "highest priority first");
    report(ack() == IRQ_SPURIOUS, "lower ones wait");
    eoi(2);
    report(ack() == 1, "equal priority: lowest ID first");
    gic_send_sgi(2);
    report(ack() == 2, "a higher one preempts");
    eoi(2);
    report(read32(GICC_RPR) == 0x80, "back to the running priority before");
    eoi(1);
    report(ack() == 3, "then the other");
    eoi(3);
    write32(GICC_PMR, 0x80);
    gic_send_sgi(1);
    gic_send_sgi(2);
    report(ack() == 2 && (eoi(2), ack()) == IRQ_SPURIOUS, "PMR masks its own level");
    write32(GICC_PMR, 0xff);
    report(ack() == 1, "and no longer");
    eoi(1);
}

static void enables(void)
{
    uint32_t spi = 60;

    write32(GICD_ICFGR + 4 * (spi / 16), read32(GICD_ICFGR + 4 * (spi / 16)) | 2u << 2 * (spi % 16));
    report(!gic_is_enabled(spi), "SPI starts disabled");
    write32(GICD_ISPENDR + 4, 1u << (spi - 32));
    report(gic_is_pending(spi) && ack() == IRQ_SPURIOUS, "pending and disabled: not signalled");
    gic_enable(spi);
    report(gic_is_enabled(spi) && ack() == spi, "enabled: signalled");
    eoi(spi);
    report(!gic_is_pending(spi) && ack() == IRQ_SPURIOUS, "edge: once");
    write32(GICD_ISPENDR + 4, 1u << (spi - 32));
    write32(GICD_ICPENDR + 4, 1u << (spi - 32));
    report(!gic_is_pending(spi) && ack() == IRQ_SPURIOUS, "ICPENDR takes it back");
    write32(GICD_ISPENDR + 4, 1u << (spi - 32));
    write32(GICD_CTLR, 0);
    report(ack() == IRQ_SPURIOUS, "distributor off");
    write32(GICD_CTLR, 1);
    write32(GICC_CTLR, 0);
    start(NULL);
    irq_enable();
    isb();
    irq_disable();
    write32(GICC_CTLR, 1);
    report(irq_count == 0, "interface off: no exception");
    report(ack() == spi, "both on: signalled");
    eoi(spi);
    gic_disable(spi);
    report(!gic_is_enabled(spi), "ICENABLER");
}

static void delivery(void)
{
    start(NULL);
    gic_send_sgi(7);
    delay_us(100);
    report(irq_count == 0, "CPSR.I masks");
    irq_enable();
    wait_change(&irq_count, 0);
    irq_disable();
    report(irq_count == 1 && irq_last == 7, "SGI taken when unmasked");
    start(NULL);
    irq_enable();
    for (uint32_t n = 0; n < 100; n++) {
        gic_send_sgi(n & 15);
        if (!wait_change(&irq_count, n))
            break;
    }
    irq_disable();
    report(irq_count == 100, "100 SGIs taken");
}

struct timer { const char *name; uint32_t id; };

static void timer_ctl(uint32_t id, uint32_t value)
{
    if (id == IRQ_CNTV)
        CNTV_CTL_WRITE(value);
    else
        CNTP_CTL_WRITE(value);
}

static uint32_t timer_status(uint32_t id)
{
    return (id == IRQ_CNTV ? CNTV_CTL_READ() : CNTP_CTL_READ()) & 7;
}

static void timer_after(uint32_t id, uint32_t ticks)
{
    if (id == IRQ_CNTV)
        CNTV_TVAL_WRITE(ticks);
    else
        CNTP_TVAL_WRITE(ticks);
}

static void timer_quiet(uint32_t id)
{
    timer_ctl(id, CNT_ENABLE | CNT_IMASK);
}

static volatile uint32_t ticks_left;

/* A periodic tick, as kernels make it. */
static void timer_again(uint32_t id)
{
    if (ticks_left && --ticks_left)
        timer_after(id, CNTFRQ() / 5000);
    else
        timer_ctl(id, 0);
}

static void line(const struct timer *t, bool ok, const char *what)
{
    print("%s: ", t->name);
    report(ok, what);
}

static void timer_levels(const struct timer *t)
{
    timer_ctl(t->id, 0);
    timer_after(t->id, 0);
    line(t, timer_status(t->id) == 0 || timer_status(t->id) == CNT_ISTATUS, "disabled");
    line(t, !gic_is_pending(t->id), "disabled: line low");
    timer_ctl(t->id, CNT_ENABLE | CNT_IMASK);
    line(t, timer_status(t->id) == 7 && !gic_is_pending(t->id), "met and masked: ISTATUS, line low");
    timer_ctl(t->id, CNT_ENABLE);
    line(t, soon_pending(t->id, true), "met: line high");
    line(t, ack() == t->id, "acknowledged");
    line(t, gic_is_active(t->id), "active");
    eoi(t->id);
    line(t, ack() == t->id, "level: again after EOI");
    timer_after(t->id, 0x7fffffff);
    line(t, timer_status(t->id) == CNT_ENABLE, "moved ahead: ISTATUS clear");
    eoi(t->id);
    line(t, soon_pending(t->id, false) && ack() == IRQ_SPURIOUS, "line low: no longer pending");
    timer_after(t->id, 0xffffffff);
    line(t, timer_status(t->id) == 5 && soon_pending(t->id, true), "negative TVAL: met");
    gic_disable(t->id);
    line(t, ack() == IRQ_SPURIOUS, "disabled at the GIC");
    timer_ctl(t->id, 0);
    line(t, soon_pending(t->id, false), "off: line low");
    gic_enable(t->id);
}

static void timer_interrupts(const struct timer *t)
{
    uint64_t before, after;

    start(timer_quiet);
    before = cntvct();
    timer_after(t->id, CNTFRQ() / 1000);
    timer_ctl(t->id, CNT_ENABLE);
    irq_enable();
    wait_change(&irq_count, 0);
    after = cntvct();
    irq_disable();
    line(t, irq_count == 1 && irq_last == t->id, "interrupt");
    line(t, after - before >= CNTFRQ() / 1000, "not before its time");
    start(timer_again);
    ticks_left = 50;
    timer_after(t->id, 1000);
    timer_ctl(t->id, CNT_ENABLE);
    irq_enable();
    while (ticks_left && wait_change(&ticks_left, ticks_left))
        ;
    irq_disable();
    line(t, ticks_left == 0 && irq_count == 50, "50 ticks");
    timer_ctl(t->id, 0);
}

static void timer_wfi(const struct timer *t)
{
    start(timer_quiet);
    timer_after(t->id, CNTFRQ() / 500);
    timer_ctl(t->id, CNT_ENABLE);
    for (unsigned n = 0; n < 1000 && !gic_is_pending(t->id); n++)
        __asm__ volatile("dsb\n wfi" ::: "memory");
    line(t, gic_is_pending(t->id) && irq_count == 0, "WFI wakes with interrupts masked");
    irq_enable();
    isb();
    wait_change(&irq_count, 0);
    line(t, irq_count == 1, "then taken");
    timer_after(t->id, CNTFRQ() / 500);
    timer_ctl(t->id, CNT_ENABLE);
    for (;;) {
        irq_disable(); /* else the interrupt could come between the test and WFI */
        if (irq_count != 1)
            break;
        __asm__ volatile("dsb\n wfi" ::: "memory");
        irq_enable();
        isb();
    }
    line(t, irq_count == 2, "WFI wakes, interrupt taken after");
    timer_ctl(t->id, 0);
}

static void counters(void)
{
    uint64_t p = cntpct(), v = cntvct(), cval;
    bool ok = true;

    report(CNTFRQ() != 0, "CNTFRQ is set");
    for (unsigned n = 0; n < 1000; n++) {
        uint64_t p2 = cntpct(), v2 = cntvct();

        ok &= p2 >= p && v2 >= v;
        p = p2;
        v = v2;
    }
    delay_us(1000);
    report(ok && cntpct() > p && cntvct() > v, "counters rise");
    cntv_cval_write(0x123456789abcdef0);
    report(cntv_cval_read() == 0x123456789abcdef0, "CNTV_CVAL is 64 bits");
    v = cntvct();
    CNTV_TVAL_WRITE(1000000);
    cval = cntv_cval_read();
    report(cval >= v + 1000000 && cval <= cntvct() + 1000000, "CVAL = count + TVAL");
    report(CNTV_TVAL_READ() <= 1000000, "TVAL counts down");
}

static void identities(void)
{
    static const uint8_t cell[] = { 0x0d, 0xf0, 0x05, 0xb1 };
    bool uart = (read32(0x09000fe0) & 0xff) == 0x11 && (read32(0x09000fe4) & 0xff) == 0x10;
    bool rtc = (read32(0x09010fe0) & 0xff) == 0x31 && (read32(0x09010fe4) & 0xff) == 0x10;

    for (unsigned i = 0; i < 4; i++) {
        uart &= (read32(0x09000ff0 + 4 * i) & 0xff) == cell[i];
        rtc &= (read32(0x09010ff0 + 4 * i) & 0xff) == cell[i];
    }
    report(uart, "PL011 peripheral and cell identification");
    report(rtc, "PL031 peripheral and cell identification");
}

static void uart_quiet(uint32_t id)
{
    write32(0x09000038, 0); /* UARTIMSC */
}

static void uart_interrupt(void)
{
    write32(0x09000044, 0x7ff); /* UARTICR */
    report((read32(0x09000018) & 0x10) != 0, "UART receiver is empty");
    write32(0x09000038, 0x20);
    report(read32(0x09000038) == 0x20, "UARTIMSC reads back");
    gic_enable(IRQ_UART);
    start(uart_quiet);
    print("\n");
    irq_enable();
    wait_change(&irq_count, 0);
    irq_disable();
    report(irq_count >= 1 && irq_last == IRQ_UART, "UART transmit interrupt");
    write32(0x09000038, 0);
    gic_disable(IRQ_UART);
}

static void rtc_quiet(uint32_t id)
{
    write32(0x0901001c, 1); /* RTCICR */
}

static void rtc(void)
{
    uint32_t now;

    write32(0x09010008, 0x12345678); /* RTCLR */
    now = read32(0x09010000);
    report(now - 0x12345678 < 3, "RTCLR sets RTCDR");
    write32(0x09010010, 1); /* RTCIMSC */
    gic_enable(IRQ_RTC);
    start(rtc_quiet);
    write32(0x09010004, read32(0x09010000) + 1); /* RTCMR */
    irq_enable();
    for (unsigned n = 0; n < 3 && !irq_count; n++)
        wait_change(&irq_count, 0);
    irq_disable();
    report(irq_count == 1 && irq_last == IRQ_RTC, "RTC alarm interrupt");
    write32(0x09010010, 0);
    gic_disable(IRQ_RTC);
}

void test_main(void)
{
    static const struct timer timers[] = { { "CNTV", IRQ_CNTV }, { "CNTP", IRQ_CNTP } };

    gic_init();
    write32(GICD_ISENABLER, 0xffff); /* SGIs, where they can be disabled */
    trap_hook = on_irq;
    sgis();
    priorities();
    enables();
    delivery();
    counters();
    for (unsigned i = 0; i < 2; i++) {
        gic_enable(timers[i].id);
        timer_levels(&timers[i]);
        timer_interrupts(&timers[i]);
        timer_wfi(&timers[i]);
        gic_disable(timers[i].id);
    }
    identities();
    uart_interrupt();
    rtc();
}
