#pragma once
/* Negative guests for the test driver: use the addresses that umbra keeps (CAVEATS.md), and are stopped. */
#include "lib/mmu.h"

#define WINDOW 0xfa000000u

static inline void window_map(void)
{
    print("window: RAM mapped at 0xfa000000\n");
    mmu_setup();
    put_code(TEST_PA, 1);
    l1_set(l1_table, WINDOW, SECTION(TEST_PA, AP_ALL));
    isb();
}
