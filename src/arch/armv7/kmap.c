/*
 * kmap: direct-mapped slots of 4 KiB onto physical memory, in second-level
 * tables that every view links.  Many, since to give one away costs a TLB operation.
 */
#include "arch/arch.h"
#include "arch/armv7/cache.h"
#include "arch/armv7/mmu.h"

uint32_t kmap_shown[KMAP_SLOTS];

void *kmap_replace(uint32_t page)
{
    unsigned slot = (page >> 12) % KMAP_SLOTS;
    uint32_t va = VMM_KMAP + slot * 4096, old = kmap_l2[slot];

    kmap_l2[slot] = page | L2_VMM_PAGE;
    arch_clean_entry(&kmap_l2[slot]);
    if (old) /* an empty entry is in no TLB (B3.10.1) */
        tlb_inval_mva(va, 0);
    else
        isb();
    kmap_shown[slot] = page / VMM_KMAP_SIZE + 1;
    return (void *)va;
}
