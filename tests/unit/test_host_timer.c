/* The host's timers against their registers in memory: wraps, far and past deadlines. */
#include <string.h>

#include "drv/downcounter.h"
#include "drv/driver.h"
#include "lib/bits.h"
#include "test.h"

static uint32_t regs[64];

#define REG(offset) regs[(offset) / 4]

static void test_downcounter(void)
{
    struct downcounter c = { 0 };
    uint64_t last = 0, now = 0;
    bool monotonic = true;

    report(downcounter_update(&c, ~0u) == 0 && downcounter_update(&c, ~5u) == 5, "counts up from 0");
    /* seven wraps in steps that do not divide 2^32 */
    for (uint64_t t = 5; t < 7ull << 32; t += 0x3fffffff) {
        now = downcounter_update(&c, ~(uint32_t)t);
        monotonic &= now >= last && now == t;
        last = now;
    }
    report(monotonic, "64 bits across wraps");
    report(downcounter_update(&c, ~(uint32_t)now) == now, "same value, same time");
    report(downcounter_delay(100, 100) == 1 && downcounter_delay(100, 1) == 1, "past deadline");
    report(downcounter_delay(100, 150) == 50, "near deadline");
    report(downcounter_delay(0, UINT64_MAX) == DOWNCOUNTER_MAX_DELAY, "far deadline is cut");
}

static void test_sp804(void)
{
    const struct device dev = { .regs = { (volatile uint8_t *)regs }, .clock_hz = 1000000, .irq = 34 };
    const struct host_timer *t;

    REG(0x04) = ~0u;
    t = sp804_probe(&dev);

    report(REG(0x08) == 0x82, "sp804: timer 1 runs free, without interrupt");
    report(REG(0x28) == 0xe2 && REG(0x20) == DOWNCOUNTER_MAX_DELAY, "sp804: runs from the start");
    REG(0x04) = ~1000u;
    report(t->now() == 1000, "sp804: now");
    report(t->arm(1500) == 0 && REG(0x20) == 500 && REG(0x28) == 0xa3, "sp804: delay, once when it is short");
    report(t->arm(4000) == 3000 && REG(0x20) == 3000 && REG(0x28) == 0xe2, "sp804: again and again when it is long");
    REG(0x2c) = 0;
    t->handle_irq();
    report(REG(0x2c) == 1 && REG(0x20) == 3000 && REG(0x28) == 0xe2, "sp804: acknowledged, goes on");
}

static void test_sun4i(void)
{
    const struct device dev = { .regs = { (volatile uint8_t *)regs }, .irq = 22 };
    const struct host_timer *t;

    memset(regs, 0, sizeof(regs));
    REG(0x28) = ~10u;
    t = sun4i_timer_probe(&dev);
    report(t->hz == 24000000 && t->irq == 22 && REG(0) == 1, "sun4i: rate and interrupt");
    report(REG(0x20) == 0x07 && REG(0x24) == ~0u, "sun4i: timer 1 runs free from 24 MHz");
    REG(0x28) = ~2000u;
    report(t->arm(2500) == 0 && REG(0x14) == 500 && REG(0x10) == 0x87, "sun4i: delay, once when it is short");
    REG(0x28) = ~2100u;
    report(t->arm(98100) == 96000 && REG(0x14) == 96000 && REG(0x10) == 0x07, "sun4i: again and again when it is long");
    REG(0x28) = ~2600u;
    t->arm(0);
    report(REG(0x14) >= 1 && REG(0x14) < 10, "sun4i: past deadline");
    REG(0x28) = ~2700u;
    t->arm(UINT64_MAX);
    t->handle_irq();
    report(REG(0x04) == 1 && REG(0x14) == DOWNCOUNTER_MAX_DELAY, "sun4i: acknowledged, a far deadline is cut");
}

int main(void)
{
    test_downcounter();
    test_sp804();
    test_sun4i();
    return test_summary();
}
