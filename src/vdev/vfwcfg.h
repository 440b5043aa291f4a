#pragma once
/*
 * Virtual fw_cfg device: the items that QEMU's machines offer their firmware, through a
 * selector and a data register or by DMA (QEMU's docs/specs/fw_cfg).
 */
#include <stdbool.h>
#include <stdint.h>
#include "vdev/vdev.h"

#define FWCFG_SIGNATURE 0x0000u
#define FWCFG_ID 0x0001u
#define FWCFG_NB_CPUS 0x0005u
#define FWCFG_KERNEL_SIZE 0x0008u
#define FWCFG_INITRD_SIZE 0x000bu
#define FWCFG_MAX_CPUS 0x000fu
#define FWCFG_KERNEL_DATA 0x0011u
#define FWCFG_INITRD_DATA 0x0012u
#define FWCFG_CMDLINE_SIZE 0x0014u
#define FWCFG_CMDLINE_DATA 0x0015u
#define FWCFG_FILE_DIR 0x0019u
#define VFWCFG_MAX_ITEMS 16

struct vfwcfg_host {
    /* bytes of an item that lies outside the device */
    void (*fetch)(void *ctx, uint32_t source, void *buf, uint32_t size);
    /* DMA; false when the guest has no RAM there */
    bool (*read)(void *ctx, gpa_t from, void *buf, uint32_t size);
    bool (*write)(void *ctx, gpa_t to, const void *buf, uint32_t size);
    void *ctx;
};

struct vfwcfg_item {
    uint16_t key;
    uint32_t size;
    uint8_t bytes[8];   /* of a small item */
    uint32_t source;    /* of another: where fetch() has it; 0: small */
};

struct vfwcfg {
    struct vdev dev;
    struct vfwcfg_host host;
    struct vfwcfg_item items[VFWCFG_MAX_ITEMS];
    unsigned count;
    const struct vfwcfg_item *selected; /* NULL: there is none of that key, and it reads as zeros */
    uint32_t position;
    uint32_t dma_high;
};

/* With the signature, the revision, one processor, an empty directory of files. */
void vfwcfg_init(struct vfwcfg *f, gpa_t base, struct vfwcfg_host host);
/* A number of 2 or 4 bytes, little-endian as all of them. */
void vfwcfg_add_number(struct vfwcfg *f, uint16_t key, unsigned size, uint32_t value);
/* 'source' is not 0. */
void vfwcfg_add_data(struct vfwcfg *f, uint16_t key, uint32_t source, uint32_t size);
