#pragma once
/* What a host device tree says, beyond libfdt: addresses, clocks, the bundle. */
#include <stdint.h>

/* reg entry 'index' of 'node', as 32-bit CPU addresses (no ranges translation:
 * umbra's boards have none).  0, or -1 when absent or above 4 GiB. */
int fdt_get_reg(const void *fdt, int node, unsigned index, uint32_t *base, uint32_t *size);
/* The first memory bank, cut to whole MiB below 4 GiB.  0, or -1. */
int fdt_get_memory(const void *fdt, uint32_t *base, uint32_t *size);
/* linux,initrd-start/-end of /chosen.  0, or -1 when there is no initrd. */
int fdt_get_initrd(const void *fdt, uint32_t *start, uint32_t *end);
/* Rate of the first of a node's clocks (a fixed-clock), or 0. */
uint32_t fdt_get_clock(const void *fdt, int node);
/* The console: /chosen stdout-path, by path or alias, options after ':' ignored.
 * Node offset or negative. */
int fdt_get_stdout(const void *fdt);
