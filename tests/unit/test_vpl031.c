/* The PL031 by register script (DDI 0224). */
#include "test.h"
#include "vdev/vpl031.h"

enum { DR = 0, MR = 4, LR = 8, CR = 0xc, IMSC = 0x10, RIS = 0x14, MIS = 0x18, ICR = 0x1c };

static struct vpl031 rtc;
static uint32_t clock_seconds;
static bool line;

static uint32_t seconds(void *ctx) { (void)ctx; return clock_seconds; }
static void set(void *ctx, unsigned irq, bool level) { (void)ctx; line = irq == 34 && level; }
static uint32_t rd(uint32_t offset) { return rtc.dev.ops->read(&rtc.dev, offset, 4); }
static void wr(uint32_t offset, uint32_t value) { rtc.dev.ops->write(&rtc.dev, offset, 4, value); }

int main(void)
{
    clock_seconds = 1700000000;
    vpl031_init(&rtc, gpa(0x09010000), (struct irq_line){ set, NULL, 34 },
                (struct vpl031_host){ seconds, NULL });
    report(rd(DR) == 1700000000 && rd(CR) == 1 && rd(RIS) == 0, "starts at the host's time, running");
    report(rd(0xfe0) == 0x31 && rd(0xfe4) == 0x10 && rd(0xff0) == 0x0d && rd(0xffc) == 0xb1,
           "identification");
    clock_seconds += 5;
    report(rd(DR) == 1700000005, "counts");
    wr(LR, 1000);
    report(rd(DR) == 1000 && rd(LR) == 1000, "RTCLR sets the time");
    clock_seconds += 2;
    report(rd(DR) == 1002, "and it goes on from there");
    wr(IMSC, 1);
    wr(MR, 1004);
    clock_seconds += 1;
    vpl031_update(&rtc);
    report(!line, "before the match");
    clock_seconds += 3;
    vpl031_update(&rtc);
    report(line && rd(MIS) == 1, "the match is not missed when looked at later");
    wr(ICR, 1);
    report(!line && rd(RIS) == 0, "RTCICR clears it");
    vpl031_update(&rtc);
    report(!line, "and it does not come again");
    wr(MR, rd(DR));
    report(line, "a match now");
    wr(IMSC, 0);
    report(!line && rd(RIS) == 1, "masked");
    wr(ICR, 1);
    wr(LR, 0xfffffffe);
    wr(MR, 1);
    clock_seconds += 4;
    report(rd(RIS) == 1 && rd(DR) == 2, "across the wrap");
    return test_summary();
}
