#pragma once
/* What the portable engines need from the processor; arch/fake has it for unit tests. */
#include <stdint.h>
#include "arch/armv7/inline.h"

/* Makes code written through 'va' visible to instruction fetch at every alias. */
void arch_sync_code(const void *va, uint32_t size);
/* Makes page-table entries just written visible to the table walker (Cortex-A8
 * walks do not look in the L1 data cache).  arch_clean_entry(const void *entry) is in inline.h. */
void arch_clean_range(const void *start, uint32_t size);
/* Invalidate host TLB entries: one page of one host ASID, all of one ASID, everything.
 * Complete on return. */
void arch_tlb_flush_va(uint32_t va, unsigned asid);
void arch_tlb_flush_asid(unsigned asid);
void arch_tlb_flush_all(void);
/* void *arch_map_page(uint32_t page), in inline.h: a page of physical memory, readable and writable at
 * the pointer until some later call replaces the slot: use it at once, never keep it.  arch_mapped(pa)
 * is where an address in it is, or NULL where that would replace what a slot shows. */
