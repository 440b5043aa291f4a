#pragma once
/* Between start.S and boot.c. */
#include <stdint.h>

/* Set by the linker script: its address is the size of the image with .bss. */
extern char image_total_size[];
/* Text and constants, in the window. */
extern char image_start[], image_const_end[];

/* In the window, on vmm_stack, MMU and caches on.  dtb_pa is 0 when the loader
 * gave no tree; its first MiB at least is identity mapped.  image_pa: where the
 * image lives now, loaded_at: where the loader had put it.  Returns only when
 * there is no tree, hence no way to say anything. */
void boot_main(uint32_t dtb_pa, uint32_t dtb_size, uint32_t image_pa, uint32_t loaded_at);
