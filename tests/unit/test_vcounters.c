/* The counters' window by register script (docs/counters.md). */
#include <string.h>
#include "test.h"
#include "vdev/vcounters.h"

static struct vcounters dev;
static uint64_t live[3] = { 1, 0x1122334455667788ull, 3 };
static uint32_t gauge = 7;
static uint64_t late = 3;
static uint64_t now = 0xabc00000def;
static const char names[] = "one\0two\0three\0gauge\0last";

static void gauges(void *ctx, uint32_t *values)
{
    (void)ctx;
    values[0] = gauge;
    values[1] = 0xffffffff;
    live[2] = late; /* as what umbra adds up only when somebody looks */
}
static uint64_t ticks(void *ctx) { (void)ctx; return now; }
static uint32_t rd(uint32_t offset) { return dev.dev.ops->read(&dev.dev, offset, 4); }
static uint32_t rdn(uint32_t offset, unsigned size) { return dev.dev.ops->read(&dev.dev, offset, size); }
static void wr(uint32_t offset, unsigned size) { dev.dev.ops->write(&dev.dev, offset, size, 1); }
static uint64_t value(uint32_t at, unsigned i) { return rd(at + 8 + 8 * i) | (uint64_t)rd(at + 12 + 8 * i) << 32; }

static void test_header(void)
{
    report(rd(0) == 0x544e4355 && rd(4) == 1, "magic, version");
    report(rd(8) == 3 && rd(12) == 2, "three counters, two gauges");
    report(rd(0x14) == 0x400 && rd(0x18) == 0x1000 && rd(0x1c) == 0x2000, "where the parts are");
    report(rd(0x20) == sizeof(names) && rd(0x24) == 24000000, "size of the names, frequency");
    report(rd(0x28) == 0 && rd(0x3fc) == 0, "the rest of the header reads as zero");
}

static void test_latch(void)
{
    bool zero = true;

    for (uint32_t offset = 0x400; offset < 0x2000; offset += 4)
        zero &= rd(offset) == 0;
    report(zero && rd(0x10) == 0, "zeros before the first latch");
    wr(0x10, 4);
    report(value(0x400, 0) == 1 && value(0x400, 1) == 0x1122334455667788ull && value(0x400, 2) == 3, "counters");
    report(rd(0x400) == 0xdef && rd(0x404) == 0xabc, "time");
    report(rd(0x420) == 7 && rd(0x424) == 0xffffffff && rd(0x428) == 0, "gauges follow without a gap");
    live[1]++;
    gauge = 8;
    late = 99;
    now++;
    report(value(0x400, 1) == 0x1122334455667788ull && rd(0x420) == 7, "nothing moves until the next latch");
    wr(0x10, 4);
    report(value(0x400, 1) == 0x1122334455667789ull && rd(0x420) == 8 && rd(0x400) == 0xdf0, "the second latch");
    report(value(0x1000, 1) == 0x1122334455667788ull && rd(0x1020) == 7 && rd(0x1000) == 0xdef, "the one before it");
    report(value(0x400, 2) == 99 && value(0x1000, 2) == 3, "a counter that is brought up to date for the latch");
    report(rd(0x10) == 2, "two latches");
}

static void test_sizes(void)
{
    report(rdn(0x410, 1) == 0x89 && rdn(0x411, 1) == 0x77 && rdn(0x412, 2) == 0x5566, "bytes and half words");
    wr(0x10, 1);
    wr(0x10, 2);
    wr(0x400, 4);
    wr(0, 4);
    report(rd(0x10) == 2 && rd(0) == 0x544e4355, "other writes do nothing");
}

static void test_names(void)
{
    char copy[sizeof(names) + 3] = { 0 };

    for (uint32_t i = 0; i < sizeof(names); i += 4) {
        uint32_t word = rd(0x2000 + i);
        memcpy(copy + i, &word, 4);
    }
    report(!memcmp(copy, names, sizeof(names)), "the names");
    report(rd(0x2000 + sizeof(copy)) == 0 && rd(0x3ffc) == 0, "nothing after them");
}

int main(void)
{
    vcounters_init(&dev, gpa(0x0b000000), (struct vcounters_host){
        .counters = live, .count = 3, .gauge_count = 2, .gauges = gauges, .ticks = ticks, .tick_hz = 24000000,
        .names = names, .names_size = sizeof(names),
    });
    test_header();
    test_latch();
    test_sizes();
    test_names();
    dev.dev.ops->reset(&dev.dev);
    report(rd(0x10) == 0 && value(0x400, 0) == 0 && value(0x1000, 0) == 0, "reset");
    return test_summary();
}
