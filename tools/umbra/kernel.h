#pragma once
/* Recognizing and preparing a guest's kernel. */
#include "umbra.h"

struct kernel {
    const char *format;
    struct blob image;
    uint32_t load, entry; /* guest physical */
    /* First address above what the kernel uses before it knows its memory map:
     * image, bss, decompressor.  The RAM disk goes no lower. */
    uint32_t end;
    bool is_linux; /* by its format: it wants a RAM disk */
    /* A program in no format of Linux's finds its device tree where the "virt" board has it for
     * such: at the start of memory, when that is free. */
    bool tree_at_base;
};

/* Prepares 'path' for RAM at 'ram_base'; dies with EXIT_FILE and a reason. */
struct kernel kernel_prepare(const char *path, uint32_t ram_base, bool decompress);

/* --- zimage.c ------------------------------------------------------------------ */

struct zimage_info {
    uint32_t text_offset; /* where its own head puts the kernel, from the start of RAM */
    uint32_t bss_size;    /* of the kernel proper; 0: not told */
    struct blob image;    /* the kernel proper, unpacked */
};

bool zimage_is(const struct blob *file);
/* Bytes from the start of RAM that the zImage needs to unpack itself; 0 when it does not tell. */
uint64_t zimage_working_size(const struct blob *file);
/* Unpacks the kernel inside; dies with EXIT_FILE when it cannot be found. */
struct zimage_info zimage_unpack(const char *path, const struct blob *file);
