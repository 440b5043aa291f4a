/*
 * Allwinner A10 timers (A10 User Manual 1.20, chapter 10): timer 1 is the
 * clock, timer 0 (whose interrupt the tree gives) the deadline.  The 64-bit
 * counter of the block would serve better, but QEMU's does not count.
 */
#include "drv/downcounter.h"
#include "drv/driver.h"
#include "drv/mmio.h"
#include "lib/bits.h"

#define TMR_IRQ_EN 0x00
#define TMR_IRQ_STA 0x04
#define TMR_CTRL(n) (0x10 + 0x10 * (n))
#define TMR_INTV(n) (0x14 + 0x10 * (n))
#define TMR_CUR(n) (0x18 + 0x10 * (n))

#define CTRL_ENABLE BIT(0)
#define CTRL_RELOAD BIT(1)
#define CTRL_OSC24M (1u << 2)
#define CTRL_ONESHOT BIT(7)

#define OSC24M_HZ 24000000
#define DEADLINE 0
#define CLOCK 1
/* The timers run on the 24 MHz side of the chip: a reload takes some of its
 * cycles to arrive, until then the next must not be written. */
#define RELOAD_TICKS 3

static volatile uint8_t *regs;
static struct downcounter counter;
static uint64_t armed_at;

static uint64_t sun4i_timer_now(void)
{
    return downcounter_update(&counter, mmio_read(regs, TMR_CUR(CLOCK)));
}

/* Reloads the running timer.  An older deadline that passes meanwhile gives an
 * interrupt too many. */
static uint32_t sun4i_timer_arm(uint64_t deadline)
{
    uint64_t now;
    uint32_t delay, period;

    do
        now = sun4i_timer_now();
    while (now - armed_at < RELOAD_TICKS);
    armed_at = now;
    delay = downcounter_delay(now, deadline);
    period = delay < HOST_TIMER_AGAIN(OSC24M_HZ) ? 0 : delay;
    mmio_write(regs, TMR_INTV(DEADLINE), delay < RELOAD_TICKS ? RELOAD_TICKS : delay);
    mmio_write(regs, TMR_CTRL(DEADLINE), CTRL_OSC24M | CTRL_RELOAD | CTRL_ENABLE | (period ? 0 : CTRL_ONESHOT));
    return period;
}

static void sun4i_timer_handle_irq(void)
{
    mmio_write(regs, TMR_IRQ_STA, BIT(DEADLINE));
}

static struct host_timer sun4i_timer = {
    .name = "sun4i-timer", .hz = OSC24M_HZ,
    .now = sun4i_timer_now, .arm = sun4i_timer_arm, .handle_irq = sun4i_timer_handle_irq,
};

const struct host_timer *sun4i_timer_probe(const struct device *dev)
{
    regs = dev->regs[0];
    sun4i_timer.irq = dev->irq;
    mmio_write(regs, TMR_IRQ_EN, 0);
    mmio_write(regs, TMR_CTRL(CLOCK), CTRL_OSC24M);
    mmio_write(regs, TMR_INTV(CLOCK), ~0u);
    mmio_write(regs, TMR_CTRL(CLOCK), CTRL_OSC24M | CTRL_RELOAD | CTRL_ENABLE);
    counter = (struct downcounter){ 0 };
    sun4i_timer.counter_reg = (const volatile uint32_t *)(regs + TMR_CUR(CLOCK));
    sun4i_timer_arm(UINT64_MAX);
    mmio_write(regs, TMR_IRQ_EN, BIT(DEADLINE));
    return &sun4i_timer;
}
