/*
 * kmap: 256 direct-mapped slots of 4 KiB onto physical memory, in one
 * second-level table that every view links.
 */
#include "arch/arch.h"
#include "arch/armv7/cache.h"
#include "arch/armv7/mmu.h"

uint32_t kmap_shown[KMAP_SLOTS];

void *kmap_replace(uint32_t page)
{
    unsigned slot = (page >> 12) % KMAP_SLOTS;
    uint32_t va = VMM_KMAP + slot * 4096;

    kmap_l2[slot] = page | L2_VMM_PAGE;
    arch_clean_entry(&kmap_l2[slot]);
    tlb_inval_mva(va, 0);
    kmap_shown[slot] = (page >> 20) + 1;
    return (void *)va;
}
