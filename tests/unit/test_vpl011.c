/* The PL011 by register script (DDI 0183). */
#include <string.h>
#include "lib/bits.h"
#include "test.h"
#include "vdev/vpl011.h"

enum { DR = 0, FR = 0x18, IBRD = 0x24, FBRD = 0x28, LCR_H = 0x2c, CR = 0x30, IFLS = 0x34, IMSC = 0x38,
       RIS = 0x3c, MIS = 0x40, ICR = 0x44 };
#define RXFE 0x10
#define RXFF 0x40
#define TXFE 0x80
#define RX BIT(4)
#define TX BIT(5)
#define RT BIT(6)
#define OE BIT(10)

static struct vpl011 uart;
static char sent[64];
static unsigned sent_count, ready_count;
static bool line;

static void tx(void *ctx, uint8_t c) { (void)ctx; sent[sent_count++] = (char)c; }
static void rx_ready(void *ctx) { (void)ctx; ready_count++; }
static void set(void *ctx, unsigned irq, bool level) { (void)ctx; line = irq == 33 && level; }

static uint32_t rd(uint32_t offset) { return uart.dev.ops->read(&uart.dev, offset, 4); }
static void wr(uint32_t offset, uint32_t value) { uart.dev.ops->write(&uart.dev, offset, 4, value); }

static void setup(void)
{
    vpl011_init(&uart, gpa(0x09000000), (struct irq_line){ set, NULL, 33 },
                (struct vpl011_host){ tx, rx_ready, NULL });
    memset(sent, 0, sizeof(sent));
    sent_count = ready_count = 0;
}

static void test_identity(void)
{
    static const uint8_t id[] = { 0x11, 0x10, 0x14, 0x00, 0x0d, 0xf0, 0x05, 0xb1 };
    bool same = true;

    setup();
    for (unsigned i = 0; i < 8; i++)
        same = same && rd(0xfe0 + 4 * i) == id[i];
    report(same, "PrimeCell identification");
    report(rd(FR) == (TXFE | RXFE) && rd(CR) == 0x300 && rd(IFLS) == 0x12 && rd(RIS) == 0, "reset values");
    wr(IBRD, 0x1ffff);
    wr(FBRD, 0xff);
    wr(LCR_H, 0x170);
    report(rd(IBRD) == 0xffff && rd(FBRD) == 0x3f && rd(LCR_H) == 0x70, "widths of the line registers");
    report(rd(0x48c) == 0, "an unused offset reads as zero");
}

static void test_tx(void)
{
    setup();
    wr(DR, 'o');
    wr(DR, 'k');
    report(!strcmp(sent, "ok") && rd(FR) & TXFE, "output leaves at once");
    report(rd(RIS) == TX && !line, "TX interrupt, masked");
    wr(IMSC, TX);
    report(line && rd(MIS) == TX, "unmasked");
    wr(ICR, TX);
    report(!line && rd(RIS) == 0, "cleared");
    wr(DR, '!');
    report(line, "and set by the next character");
}

static void test_rx(void)
{
    bool all = true;

    setup();
    wr(LCR_H, 0x70);
    wr(IMSC, RX | RT);
    report(vpl011_rx_room(&uart) == 16, "room for 16");
    report(vpl011_rx(&uart, 'a') && line && rd(MIS) == RT && !(rd(FR) & RXFE),
           "one character: receive timeout");
    for (unsigned i = 1; i < 16; i++) {
        all = all && vpl011_rx(&uart, (uint8_t)('a' + i));
        all = all && !(rd(RIS) & RX) == (i + 1 < 8);
    }
    report(all, "RX from the trigger level (half) on");
    report(rd(FR) & RXFF && !vpl011_rx(&uart, 'X') && vpl011_rx_room(&uart) == 0, "full: refused");
    report(rd(DR) == 'a' && ready_count == 1 && vpl011_rx_room(&uart) == 1, "room again is announced, once");
    all = true;
    for (unsigned i = 1; i < 16; i++)
        all = all && rd(DR) == 'a' + i;
    report(all && rd(FR) & RXFE && !line && rd(RIS) == 0 && ready_count == 1,
           "in order, then empty and quiet");
    report(rd(DR) == 0, "reading an empty FIFO gives 0");
    wr(LCR_H, 0x60);
    report(vpl011_rx(&uart, 'z') && !vpl011_rx(&uart, 'y') && rd(RIS) & RX, "FEN 0: one character");
    wr(LCR_H, 0x70);
    report(rd(FR) & RXFE && rd(RIS) == 0, "changing FEN flushes");
}

static void test_loopback(void)
{
    setup();
    wr(LCR_H, 0x70);
    wr(CR, 0x381);
    for (unsigned i = 0; i < 17; i++)
        wr(DR, 'l');
    report(sent_count == 0 && rd(DR) == 'l' && rd(RIS) & OE, "loopback, and its overrun");
    uart.dev.ops->reset(&uart.dev);
    report(rd(FR) == (TXFE | RXFE) && rd(CR) == 0x300 && rd(RIS) == 0, "reset");
}

int main(void)
{
    test_identity();
    test_tx();
    test_rx();
    test_loopback();
    return test_summary();
}
