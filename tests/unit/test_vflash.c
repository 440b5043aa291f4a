/* The flash by command cycles, as a driver for Intel's command set gives them. */
#include <string.h>
#include "test.h"
#include "lib/bits.h"
#include "vdev/vflash.h"

#define BANK 0x4000000u
#define STORE 0x100000u /* the part of each bank that this test has */

static struct vflash flash;
static uint8_t store[VFLASH_BANKS][STORE];
static bool array[VFLASH_BANKS] = { true, true };
static unsigned modes;

static void host_read(void *ctx, unsigned bank, uint32_t offset, void *buf, uint32_t size)
{
    (void)ctx;
    memcpy(buf, &store[bank][offset], size);
}

static void host_program(void *ctx, unsigned bank, uint32_t offset, const void *buf, uint32_t size)
{
    (void)ctx;
    memcpy(&store[bank][offset], buf, size);
}

static void host_erase(void *ctx, unsigned bank, uint32_t offset, uint32_t size)
{
    (void)ctx;
    memset(&store[bank][offset], 0xff, size);
}

static void host_mode(void *ctx, unsigned bank, bool is_array)
{
    (void)ctx;
    array[bank] = is_array;
    modes++;
}

static uint32_t rd(uint32_t offset, unsigned size) { return flash.dev.ops->read(&flash.dev, offset, size); }
static void wr(uint32_t offset, uint32_t value) { flash.dev.ops->write(&flash.dev, offset, 4, value); }
static uint32_t word(unsigned bank, uint32_t offset) { uint32_t v; memcpy(&v, &store[bank][offset], 4); return v; }

static void test_query(void)
{
    char text[8] = { 0 };

    wr(0x55 * 4, 0x00980098);
    report(!array[0] && array[1], "a command makes its bank a device, and no other");
    for (unsigned i = 0; i < 3; i++)
        text[i] = (char)rd((0x10 + i) * 4, 4);
    report(!strcmp(text, "QRY") && rd(0x10 * 4, 4) == 0x00510051, "CFI query, the same from both chips");
    report(rd(0x13 * 4, 2) == 1, "Intel's command set");
    report(1u << rd(0x27 * 4, 1) == BANK / 2, "size of a chip");
    report((rd(0x2d * 4, 1) | rd(0x2e * 4, 1) << 8) + 1 == 256, "blocks");
    report((rd(0x2f * 4, 1) << 8 | rd(0x30 * 4, 1) << 16) == VFLASH_BLOCK / 2, "bytes of a chip's block");
    report(rd(0x10 * 4 + 1, 1) == 0 && rd(0x10 * 4 + 2, 1) == 'Q', "bytes by their lane");
    report(rd(0x1000, 4) == 0, "nothing behind the table");
    wr(0, 0x90);
    report(rd(0, 4) == 0x00890089 && rd(4, 4) == 0x00180018 && rd(8, 4) == 0, "identification");
    wr(0, 0xff);
    report(array[0] && rd(0, 4) == 0x03020100, "back to memory");
    wr(0, 0xf0);
    report(array[0] && rd(0, 4) == 0x03020100, "a probe for another command set changes nothing");
}

static void test_program(void)
{
    wr(BANK + 0x40000, 0x00200020);
    report(word(1, 0x40000) == 0, "an erase waits for its confirmation");
    wr(BANK + 0x40010, 0x00d000d0);
    report(word(1, 0x40000) == ~0u && word(1, 0x7fffc) == ~0u && word(1, 0x3fffc) == 0 && word(1, 0x80000) == 0,
           "it erases one block");
    report(rd(BANK, 4) == 0x00800080 && !array[1] && array[0], "and reads are status");
    wr(BANK + 0x40004, 0x00400040);
    wr(BANK + 0x40004, 0x11223344);
    report(word(1, 0x40004) == 0x11223344 && rd(BANK + 8, 4) == 0x00800080, "program a word");
    wr(BANK + 0x40008, 0x10);
    flash.dev.ops->write(&flash.dev, BANK + 0x4000a, 2, 0x5566);
    report(word(1, 0x40008) == 0x5566ffff, "half a word");
    wr(BANK, 0x00700070);
    report(rd(BANK, 2) == 0x80, "read status");
    wr(BANK, 0x00500050);
    report(array[1], "clear status");
    report(rd(BANK + 0x40004, 4) == 0x11223344, "the array holds it");
}

static void test_buffer(void)
{
    wr(BANK + 0x40100, 0x00e800e8);
    report(rd(BANK + 0x40100, 4) == 0x00800080, "the buffer is free");
    wr(BANK + 0x40100, 0x00030003);
    for (uint32_t i = 0; i < 4; i++)
        wr(BANK + 0x40100 + 4 * i, 0x1000 + i);
    wr(BANK + 0x40100, 0x00d000d0);
    report(word(1, 0x40100) == 0x1000 && word(1, 0x4010c) == 0x1003 && word(1, 0x40110) == ~0u, "four words");
    report(rd(BANK, 4) == 0x00800080, "done");
    wr(BANK + 0x40100, 0x00e800e8);
    wr(BANK + 0x40100, 0);
    wr(BANK + 0x40200, 7);
    wr(BANK + 0x40200, 0);
    report(rd(BANK, 4) == 0x00b000b0, "a buffer that is not confirmed is an error");
    wr(BANK, 0x50);
    wr(BANK, 0x70);
    report(rd(BANK, 4) == 0x00800080, "which can be cleared");
}

static void test_broken_off(void)
{
    uint32_t before = word(1, 0x40000);

    wr(BANK, 0xff);
    wr(BANK + 0x40000, 0x20);
    wr(BANK + 0x40000, 0xff);
    report(array[1] && word(1, 0x40000) == before, "an erase broken off by 0xff");
    wr(BANK, 0x60);
    wr(BANK, 0xd0);
    report(rd(BANK, 4) == 0x00800080, "unlock");
    modes = 0;
    wr(BANK, 0x98);
    wr(BANK, 0x90);
    report(modes == 0, "from one command to another the bank stays a device");
    flash.dev.ops->reset(&flash.dev);
    report(array[0] && array[1] && modes == 1, "reset");
}

int main(void)
{
    for (unsigned i = 0; i < 4; i++)
        store[0][i] = (uint8_t)i;
    vflash_init(&flash, gpa(0), BANK,
                (struct vflash_host){ host_read, host_program, host_erase, host_mode, NULL });
    report(rd(0, 4) == 0x03020100 && rd(2, 2) == 0x0302, "starts as memory");
    test_query();
    test_program();
    test_buffer();
    test_broken_off();
    return test_summary();
}
