#pragma once
/* What arch.h promises and is called too often for a call: the usual case of it. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "arch/armv7/layout.h"
#include "arch/armv7/sysreg.h"

#define KMAP_SLOTS (VMM_KMAP_SIZE / 4096u)

/* What each slot shows: its page's address / VMM_KMAP_SIZE, + 1; the remainder is the slot's number. */
extern uint32_t kmap_shown[KMAP_SLOTS];
/* Gives the page its slot. */
void *kmap_replace(uint32_t page);

/* Where the slots show the physical address, or NULL where they do not. */
static inline void *arch_mapped(uint32_t pa)
{
    bool shown = kmap_shown[(pa >> 12) % KMAP_SLOTS] - 1 == pa / VMM_KMAP_SIZE;

    return shown ? (void *)(VMM_KMAP | pa % VMM_KMAP_SIZE) : NULL;
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
