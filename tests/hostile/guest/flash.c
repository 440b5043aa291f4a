/* The flash banks of a VM that starts in firmware: commands, cycles and data at random, code that runs there. */
#include "hostile.h"

#define FLASH_END 0x08000000u
#define BANK 0x04000000u

static uint32_t place(void)
{
    static const uint32_t edges[] = { 0, 0x1000, BANK - 4, BANK, BANK + 0x40000, FLASH_END - 4, 0x00040000 };

    return pick(3) ? edges[pick(7)] + (rnd() & 0xffc) : rnd() & (FLASH_END - 1);
}

static void store(uint32_t at)
{
    static const uint8_t commands[] = { 0x10, 0x20, 0x40, 0x50, 0x60, 0x70, 0x90, 0x98, 0xe8, 0xff, 0xd0, 0x01, 0 };
    uint32_t value = pick(3) ? commands[pick(13)] * 0x00010001u : rnd();

    switch (pick(4)) {
    case 0: *(volatile uint8_t *)at = (uint8_t)value; break;
    case 1: *(volatile uint16_t *)(at & ~1u) = (uint16_t)value; break;
    default: write32(at & ~3u, value); break;
    }
}

/* Until an exception, or the return that may stand there. */
static void execute(uint32_t at)
{
    ((void (*)(void))at)();
}

void attack_flash(void)
{
    uint32_t aborts = 0;

    chunk_setup();
    for (uint32_t at = 0; at < FLASH_END; at += 0x100000)
        l1_set(l1_table, at, at | L1_SECTION | L1_AP(AP_ALL) | L1_NG);
    tlbi_all();
    for (uint32_t n = 0; n < (rounds ? rounds : 6000); n++) {
        uint32_t at = place();

        switch (pick(6)) {
        case 0: aborts += probe_read(at) != 0; break;
        case 1: aborts += probe_user_read(at) != 0; break;
        case 2:
            if (pick(4) == 0) { /* code that returns: programmed where erased bits allow it */
                write32(at & ~3u, 0x00400040);
                write32(at & ~3u, 0xe12fff1e);
                write32(at & ~3u, 0x00ff00ff);
                aborts += read32(at & ~3u) == 0xe12fff1e && catch_call(execute, at & ~3u) != 0;
            }
            break;
        default: aborts += catch_call(store, at) != 0; break;
        }
    }
    print("  %u aborts\n", (unsigned)aborts);
}
