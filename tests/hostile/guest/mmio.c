/* Devices, by every load and store there is, every width and alignment, from kernel and user mode. */
#include "hostile.h"

static uint32_t device_address(void)
{
    static const struct { uint32_t base, size; } windows[] = {
        { 0x08000000, 0x1000 }, { 0x08010000, 0x2000 }, { 0x08000000, 0x20000 }, { 0x09000004, 0xffc },
        { 0x09010000, 0x1000 }, { 0x0a000000, 0x4000 }, { 0x09000000, 0x100000 }, { 0x08000000, 0x100000 },
        { 0x0a000000, 0x100000 }, { 0, 0x1000 },
    };
    uint32_t i = pick(sizeof(windows) / sizeof(windows[0])), at = windows[i].base + rnd() % windows[i].size;

    return pick(4) ? at & ~3u : at;
}

/* Loads and stores; what else the bits say is random. */
static uint32_t access_a32(void)
{
    static const struct { uint32_t mask, value; } forms[] = {
        { 0x0e0f0000, 0x04000000 }, { 0x0e0f0010, 0x06000000 }, { 0x0e0f0090, 0x00000090 }, { 0x0e0f8000, 0x08000000 },
        { 0x0f0f0ff0, 0x01000f90 }, { 0x0fbf0ff0, 0x01000090 }, { 0x0e0f0f00, 0x0c000a00 }, { 0x0e0f0f00, 0x0c000b00 },
        { 0xff0f0000, 0xf4000000 }, { 0x0e0f0060, 0x00000060 },
    };
    uint32_t i = pick(sizeof(forms) / sizeof(forms[0])), w = (rnd() & ~forms[i].mask) | forms[i].value;

    w |= pick(8) << 16;
    return forms[i].mask >> 28 ? w : (w & 0x0fffffff) | 0xe0000000;
}

static uint32_t access_t32(void)
{
    uint32_t w = rnd();

    switch (pick(4)) {
    case 0: return (w & 0xfffffe00) | 0xf800 | (w & 0x1f0) | pick(8);
    case 1: return (w & 0xfffff600) | 0xe800 | (w & 0x1f0) | pick(8);
    case 2: return (w & 0x0fff0fff) | 0x60006000;
    default: return (w & 0x1fff1fff) | 0x80005000;
    }
}

void attack_mmio(void)
{
    struct chunk c;

    chunk_setup();
    chunk_map_devices();
    for (uint32_t n = 0; n < (rounds ? rounds : 120); n++) {
        bool thumb = pick(4) == 0;

        for (uint32_t i = 0; i < 12; i++) {
            do
                chunk_code[i] = thumb ? access_t32() : access_a32();
            while (thumb ? hurts_t32(chunk_code[i]) : hurts_a32(chunk_code[i]));
        }
        chunk_seal(12);
        for (uint32_t at = 0; at < 12; at++) {
            chunk_random_regs(&c);
            for (unsigned i = 0; i < 8; i++)
                c.r[i] = device_address();
            c.pc = CODE_VA + 4 * at + thumb;
            c.cpsr = (pick(3) ? MODE_SYS : MODE_USR) | (rnd() & 0xf0000000);
            chunk_run(&c);
        }
        if (n % 16 == 0)
            quiet_gic();
    }
    quiet_gic();
    write32(0x0900002c, 0x70); /* UART: 8 bits, FIFO; enabled; no interrupts */
    write32(0x09000030, 0x301);
    write32(0x09000038, 0);
}
