#pragma once
/* What the portable engines need from the processor; arch/fake has it for unit tests. */
#include <stdint.h>

/* Makes code written through 'va' visible to instruction fetch at every alias. */
void arch_sync_code(const void *va, uint32_t size);
/* Makes a page-table entry just written visible to the table walker (Cortex-A8
 * walks do not look in the L1 data cache). */
void arch_clean_entry(const void *entry);
