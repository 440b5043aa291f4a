/* Devices, by every load and store there is, every width and alignment, from kernel and user mode. */
#include "hostile.h"

static uint32_t device_address(void)
{
    static const struct {
        uint32_t base, size;
    } windows[] = {
        { 0x08000000, 0x1000 },
        { 0x08010000, 0x2000 },
        { 0x08000000, 0x20000 },
        { 0x09000004, 0xffc },
        { 0x09010000, 0x1000 },
        { 0x0a000000, 0x4000 },
        { 0x09020000, 0x20 },
        { 0x09030000, 0x1000 },
        { 0x0b000000, 0x2000 },
        { 0x09000000, 0x100000 },
        { 0x08000000, 0x100000 },
        { 0x0a000000, 0x100000 },
        { 0, 0x1000 },
    };
    uint32_t i = pick(sizeof(windows) / sizeof(windows[0])), at = windows[i].base + rnd() % windows[i].size;

    return pick(4) ? at & ~3u : at;
}

/* Loads and stores; what else the bits say is random. */
static uint32_t access_a32(void)
{
    static const struct {
        uint32_t mask, value;
    } forms[] = {
        { 0x0e0f0000, 0x04000000 },
        { 0x0e0f0010, 0x06000000 },
        { 0x0e0f0090, 0x00000090 },
        { 0x0e0f8000, 0x08000000 },
        { 0x0f0f0ff0, 0x01000f90 },
        { 0x0fbf0ff0, 0x01000090 },
        { 0x0e0f0f00, 0x0c000a00 },
        { 0x0e0f0f00, 0x0c000b00 },
        { 0xff0f0000, 0xf4000000 },
        { 0x0e0f0060, 0x00000060 },
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

#define FWCFG 0x09020000u
#define DMA_REQUEST DATA_PA

static uint32_t dma_place(void)
{
    switch (pick(6)) {
    case 0: return RAM_BASE - pick(600);
    case 1: return RAM_END - pick(600);
    case 2: return 0u - pick(600);
    case 3: return 0x48000000 + (rnd() & 0x03ffffff);
    case 4: return pick(2) ? UMBRA_WINDOW + (rnd() & 0x01ffffff) : 0x60000000 + (rnd() & 0x1fffffff);
    default: return rnd() | 0x80000000;
    }
}

static uint32_t big_endian(uint32_t v)
{
    return __builtin_bswap32(v);
}

/* fw_cfg's DMA, to and from anywhere, of any length: into the VM's memory or nowhere. */
void attack_dma(void)
{
    static const uint16_t keys[] = { 0, 1, 2, 5, 0x0e, 0x19, 8, 0xb, 0x14, 0x20, 0x21, 0x22, 0x4000, 0xffff };
    volatile uint32_t *request = (uint32_t *)DMA_REQUEST;
    uint32_t errors = 0;

    chunk_setup();
    for (uint32_t n = 0; n < (rounds ? rounds : 8000); n++) {
        uint32_t control = pick(8) ? 2 | (rnd() & 0x1d) | (uint32_t)keys[pick(14)] << 16 | 8 : rnd();
        uint32_t length = pick(100) ? pick(700) : pick(4) ? rnd() & 0xfffff
                                                          : 0xffffffff;
        uint32_t at = pick(16) ? DMA_REQUEST : dma_place() | (pick(2) ? 0x80000000u : 0);

        request[0] = big_endian(control);
        request[1] = big_endian(length);
        request[2] = pick(16) ? 0 : rnd();
        request[3] = big_endian(dma_place());
        dsb();
        if (pick(16) == 0)
            write32(FWCFG + 16, rnd());
        write32(FWCFG + 20, big_endian(at));
        errors += request[0] & big_endian(1);
        if (pick(4) == 0)
            errors += *(volatile uint8_t *)FWCFG;
    }
    print("  %u errors\n", (unsigned)errors);
}
