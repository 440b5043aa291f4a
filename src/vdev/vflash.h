#pragma once
/*
 * Virtual NOR flash: banks of two 16-bit chips side by side with Intel's command set
 * and a CFI table (JESD68, Intel's "Common Flash Interface and Command Sets"), as the
 * "virt" board has them.  In read-array mode a bank is memory, which the owner may map for
 * the guest to read and execute; writes are commands.
 */
#include <stdbool.h>
#include <stdint.h>
#include "vdev/vdev.h"

#define VFLASH_BANKS 2
#define VFLASH_BLOCK 0x40000u /* 256 KiB: what one erase clears */

/* The contents are kept by the owner. */
struct vflash_host {
    void (*read)(void *ctx, unsigned bank, uint32_t offset, void *buf, uint32_t size);
    void (*program)(void *ctx, unsigned bank, uint32_t offset, const void *buf, uint32_t size);
    void (*erase)(void *ctx, unsigned bank, uint32_t offset, uint32_t size); /* to 0xff */
    /* the bank has entered or left read-array mode */
    void (*mode)(void *ctx, unsigned bank, bool array);
    void *ctx;
};

struct vflash_bank {
    uint8_t command;   /* what reads show, and what further cycles belong to */
    uint8_t cycle;     /* bus cycles of the command so far */
    uint8_t status;
    uint16_t left;     /* writes to come into the buffer */
};

struct vflash {
    struct vdev dev;
    struct vflash_host host;
    uint32_t bank_size;
    struct vflash_bank banks[VFLASH_BANKS];
};

/* Banks of bank_size bytes, one behind the other, in read-array mode. */
void vflash_init(struct vflash *f, gpa_t base, uint32_t bank_size, struct vflash_host host);
