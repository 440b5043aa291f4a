/* Negative guest for the test driver: uses the addresses that umbra keeps (CAVEATS.md), and is stopped. */
#include "lib/mmu.h"

void test_main(void)
{
    print("window: RAM mapped at 0xfa000000\n");
    mmu_setup();
    l1_set(l1_table, 0xfa000000, SECTION(TEST_PA, AP_PRIV));
    isb();
    write32(0xfa000000, 1);
    print("window: written\n");
}
