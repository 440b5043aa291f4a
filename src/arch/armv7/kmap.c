/*
 * kmap: 256 direct-mapped slots of 4 KiB onto physical memory, in one
 * second-level table that every view links.
 */
#include "arch/arch.h"
#include "arch/armv7/cache.h"
#include "arch/armv7/mmu.h"

#define SLOTS 256u

static uint32_t slot_page[SLOTS]; /* page address | 1 */

void *arch_map_page(uint32_t pa)
{
    unsigned slot = (pa >> 12) % SLOTS;
    uint32_t va = VMM_KMAP + slot * 4096;

    if (slot_page[slot] != (pa | 1)) {
        kmap_l2[slot] = pa | L2_VMM_PAGE;
        pte_written(&kmap_l2[slot], 4);
        tlb_inval_mva(va, 0);
        slot_page[slot] = pa | 1;
    }
    return (void *)va;
}
