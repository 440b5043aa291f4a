/* The boards, as QEMU knows them. */
#include "umbra.h"
#include <string.h>

static const struct board boards[] = {
    { "cubieboard", "cubieboard", "Allwinner A10, Cortex-A8 (default)", { 512, 1024 }, 0x40000000,
      "console=ttyS0 earlycon panic=-1 cryptomgr.notests", "sun4i-a10-cubieboard.dtb" },
    { "realview-pb-a8", "realview-pb-a8", "ARM RealView PB, Cortex-A8", { 512, 0 }, 0x70000000, NULL, NULL },
    /* secure=off: in Secure state QEMU takes User mode's SCTLR.A from the Non-secure bank */
    { "vexpress-a9", "vexpress-a9,secure=off", "ARM Versatile Express, Cortex-A9", { 512, 1024 }, 0x60000000,
      "console=ttyAMA0 earlycon=pl011,0x10009000 panic=-1 cryptomgr.notests", "vexpress-v2p-ca9.dtb" },
};

const struct board *board_at(unsigned i)
{
    return i < sizeof(boards) / sizeof(boards[0]) ? &boards[i] : NULL;
}

const struct board *board_find(const char *name)
{
    for (unsigned i = 0; board_at(i); i++)
        if (!strcmp(boards[i].name, name))
            return &boards[i];
    return NULL;
}

/* QEMU puts the bundle 128 MiB into RAM; umbra itself lies below it, and the
 * VM's memory, one contiguous piece, above it. */
#define BELOW_BUNDLE (128u * MiB)
#define ROUNDING (2u * MiB)

unsigned board_ram_for(const struct board *board, uint32_t memory, size_t bundle_size)
{
    uint64_t need = (uint64_t)memory + BELOW_BUNDLE + bundle_size + ROUNDING;
    unsigned largest = 0;
    for (unsigned i = 0; i < 2 && board->ram_mib[i]; i++) {
        largest = board->ram_mib[i];
        if (need <= (uint64_t)largest * MiB)
            return largest;
    }
    die(EXIT_USAGE,
        "a VM of %u MiB does not fit on %s: %u MiB of RAM, %llu left beside umbra and the bundle",
        memory / MiB, board->name, largest,
        ((unsigned long long)largest * MiB + memory - need) / MiB);
}
