/* arch.h for ARMv7-A: DDI 0406C B2.2.9 (ordering), B3.10 (TLB), B2.2.4 (I-cache types). */
#include "arch/arch.h"
#include "arch/armv7/cache.h"

#define CTR_L1IP ((read_ctr() >> 14) & 3)
#define L1IP_PIPT 3

void arch_sync_code(const void *va, uint32_t size)
{
    if (CTR_L1IP == L1IP_PIPT) {
        icache_sync(va, size);
        return;
    }
    /* A VIPT I-cache (Cortex-A8, A9) may hold other aliases of the line in other
     * sets, which ICIMVAU for this address does not reach. */
    dcache_clean_pou(va, size);
    icache_inval_all();
}

void arch_clean_range(const void *start, uint32_t size)
{
    dcache_clean_pou(start, size);
}

void arch_tlb_flush_va(uint32_t va, unsigned asid)
{
    tlb_inval_mva(va, asid);
}

void arch_tlb_flush_asid(unsigned asid)
{
    tlb_inval_asid(asid);
}

void arch_tlb_flush_all(void)
{
    tlb_inval_all();
}
