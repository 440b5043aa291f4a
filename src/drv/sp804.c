/* ARM Dual-Timer Module (SP804), DDI 0271: timer 1 is the clock, timer 2 the deadline. */
#include "drv/downcounter.h"
#include "drv/driver.h"
#include "drv/mmio.h"
#include "lib/bits.h"

#define TIMER1 0x00
#define TIMER2 0x20
#define TIMER_LOAD 0x00
#define TIMER_VALUE 0x04
#define TIMER_CONTROL 0x08
#define TIMER_INTCLR 0x0c

#define CONTROL_ONESHOT BIT(0)
#define CONTROL_32BIT BIT(1)
#define CONTROL_IE BIT(5)
#define CONTROL_PERIODIC BIT(6)
#define CONTROL_ENABLE BIT(7)

static volatile uint8_t *regs;
static struct downcounter counter;

static struct host_timer sp804;

static uint64_t sp804_now(void)
{
    return downcounter_update(&counter, mmio_read(regs, TIMER1 + TIMER_VALUE));
}

static uint32_t sp804_arm(uint64_t deadline)
{
    uint32_t delay, period;

    mmio_write(regs, TIMER2 + TIMER_CONTROL, 0);
    mmio_write(regs, TIMER2 + TIMER_INTCLR, 1);
    delay = downcounter_delay(sp804_now(), deadline);
    period = delay < HOST_TIMER_AGAIN(sp804.hz) ? 0 : delay;
    mmio_write(regs, TIMER2 + TIMER_LOAD, delay);
    mmio_write(regs, TIMER2 + TIMER_CONTROL,
               CONTROL_ENABLE | CONTROL_IE | CONTROL_32BIT | (period ? CONTROL_PERIODIC : CONTROL_ONESHOT));
    return period;
}

static void sp804_handle_irq(void)
{
    mmio_write(regs, TIMER2 + TIMER_INTCLR, 1);
}

static struct host_timer sp804 = {
    .name = "sp804",
    .now = sp804_now, .arm = sp804_arm, .handle_irq = sp804_handle_irq,
};

const struct host_timer *sp804_probe(const struct device *dev)
{
    regs = dev->regs[0];
    sp804.hz = dev->clock_hz;
    sp804.irq = dev->irq;
    mmio_write(regs, TIMER1 + TIMER_CONTROL, 0);
    mmio_write(regs, TIMER1 + TIMER_LOAD, ~0u);
    mmio_write(regs, TIMER1 + TIMER_CONTROL, CONTROL_ENABLE | CONTROL_32BIT);
    counter = (struct downcounter){ 0 };
    sp804.counter_reg = (const volatile uint32_t *)(regs + TIMER1 + TIMER_VALUE);
    sp804_arm(UINT64_MAX);
    return &sp804;
}
