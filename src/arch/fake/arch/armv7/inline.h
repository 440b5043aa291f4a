#pragma once
/* The build machine's: calls, in fake.c. */
#include <stdint.h>

void arch_clean_entry(const void *entry);
void *arch_map_page(uint32_t pa);

static inline void *arch_mapped(uint32_t pa)
{
    return (uint8_t *)arch_map_page(pa & ~4095u) + (pa & 4095);
}
