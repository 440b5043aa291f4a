#pragma once
/* What arch.h promises and is called too often for a call: the usual case of it. */
#include <stddef.h>
#include <stdint.h>
#include "arch/armv7/layout.h"
#include "arch/armv7/sysreg.h"

#define KMAP_SLOTS 256u

/* What each slot shows: bits 31:20 of the page's address, + 1; the others are the slot's number. */
extern uint32_t kmap_shown[KMAP_SLOTS];
/* Gives the page its slot. */
void *kmap_replace(uint32_t page);

/* Where the slots show the physical address, or NULL where they do not. */
static inline void *arch_mapped(uint32_t pa)
{
    return kmap_shown[(pa >> 12) % KMAP_SLOTS] - 1 == pa >> 20 ? (void *)(VMM_KMAP | (pa & 0xfffff)) : NULL;
}

static inline void *arch_map_page(uint32_t page)
{
    void *at = arch_mapped(page);

    return at ? at : kmap_replace(page);
}

static inline void arch_clean_entry(const void *entry)
{
    write_dccmvau((uint32_t)entry);
    dsb();
}
