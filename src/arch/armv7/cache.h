#pragma once
/*
 * Cache and TLB maintenance of the host processor.
 *
 * Ranges are virtual addresses of mapped memory, any alignment; a size of 0
 * does nothing.  Every range and "all" function ends with a DSB.
 */
#include <stdint.h>
#include "arch/armv7/sysreg.h"

/* Smallest D-cache / I-cache line of any level, in bytes (CTR, B4.1.42). */
static inline uint32_t dcache_line(void) { return 4u << ((read_ctr() >> 16) & 15); }
static inline uint32_t icache_line(void) { return 4u << (read_ctr() & 15); }

/* What was stored becomes visible to instruction fetch and table walks (PoU)... */
void dcache_clean_pou(const void *start, uint32_t size);
/* ... or to every observer, devices and MMU-off accesses included (PoC). */
void dcache_clean_poc(const void *start, uint32_t size);
void dcache_clean_inval_poc(const void *start, uint32_t size);
/* Lines partly inside the range are cleaned first, so that neighbours survive. */
void dcache_inval_poc(const void *start, uint32_t size);
/* All levels by set/way. */
void dcache_clean_inval_all(void);

static inline void icache_inval_all(void)
{
    write_iciallu(0);
    write_bpiall(0);
    dsb();
    isb();
}

/* Code written at [start, start + size) may be executed there afterwards. */
void icache_sync(const void *start, uint32_t size);

/* Call after writing translation table entries, before relying on them: walks
 * of Cortex-A8 do not look in the L1 D-cache.  Valid entries that were replaced
 * need a TLB operation as well. */
static inline void pte_written(const void *start, uint32_t size) { dcache_clean_pou(start, size); }

/* Branch predictors hold virtual addresses: they go with the TLB entries
 * (B2.2.4 asks for it when a mapping that was executed from changes). */
static inline void tlb_sync(void)
{
    write_bpiall(0);
    dsb();
    isb();
}
static inline void tlb_inval_all(void) { write_tlbiall(0); tlb_sync(); }
static inline void tlb_inval_asid(uint32_t asid) { write_tlbiasid(asid); tlb_sync(); }
/* Global entries of the page are dropped whatever the ASID. */
static inline void tlb_inval_mva(uint32_t va, uint32_t asid)
{
    write_tlbimva((va & 0xfffff000u) | (asid & 0xff));
    tlb_sync();
}
