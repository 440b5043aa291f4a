/* The PL061 by register script (DDI 0190). */
#include "test.h"
#include "vdev/vpl061.h"

enum { DATA = 0, DIR = 0x400, IS = 0x404, IEV = 0x40c, IE = 0x410, RIS = 0x414, MIS = 0x418, AFSEL = 0x420 };

static struct vpl061 gpio;
static bool line;

static void set(void *ctx, unsigned irq, bool level) { (void)ctx; line = irq == 39 && level; }
static uint32_t rd(uint32_t offset) { return gpio.dev.ops->read(&gpio.dev, offset, 4); }
static void wr(uint32_t offset, uint32_t value) { gpio.dev.ops->write(&gpio.dev, offset, 4, value); }

int main(void)
{
    vpl061_init(&gpio, gpa(0x09030000), (struct irq_line){ set, NULL, 39 });
    report(rd(0xfe0) == 0x61 && rd(0xfe4) == 0x10 && rd(0xff0) == 0x0d && rd(0xffc) == 0xb1, "identification");
    report(rd(0x3fc) == 0 && rd(DIR) == 0 && rd(RIS) == 0, "reset: inputs, low");
    wr(0x3fc, 0xff);
    report(rd(0x3fc) == 0, "inputs cannot be written");
    wr(DIR, 0x0f);
    wr(0x3fc, 0xa5);
    report(rd(0x3fc) == 0x05, "outputs can");
    wr(0x02 << 2, 0xff);
    report(rd(0x3fc) == 0x07 && rd(0x06 << 2) == 0x06, "only those that the address names");
    wr(IS, 0x80);
    report(rd(RIS) == 0x80 && rd(MIS) == 0 && !line, "a low level, not enabled");
    wr(IE, 0x80);
    report(line && rd(MIS) == 0x80, "enabled");
    wr(IEV, 0x80);
    report(!line && rd(RIS) == 0, "a high level does not come");
    wr(IS, 0x01);
    wr(IEV, 0x01);
    wr(IE, 0x01);
    report(line, "but of an output it does");
    gpio.dev.ops->reset(&gpio.dev);
    report(!line && rd(DIR) == 0 && rd(IE) == 0, "reset");
    return test_summary();
}
