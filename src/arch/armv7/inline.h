#pragma once
/* What arch.h promises and is called too often for a call: the usual case of it. */
#include <stddef.h>
#include <stdint.h>
#include "arch/armv7/layout.h"
#include "arch/armv7/sysreg.h"

#define KMAP_SLOTS 256u

/* The page that each slot shows, its address | 1. */
extern uint32_t kmap_pages[KMAP_SLOTS];
/* Gives the page its slot. */
void *kmap_replace(uint32_t pa);

/* The page if its slot shows it, NULL otherwise. */
static inline void *arch_mapped_page(uint32_t pa)
{
    unsigned slot = (pa >> 12) % KMAP_SLOTS;

    return kmap_pages[slot] == (pa | 1) ? (void *)(VMM_KMAP + slot * 4096) : NULL;
}

static inline void *arch_map_page(uint32_t pa)
{
    void *page = arch_mapped_page(pa);

    return page ? page : kmap_replace(pa);
}

static inline void arch_clean_entry(const void *entry)
{
    write_dccmvau((uint32_t)entry);
    dsb();
}
