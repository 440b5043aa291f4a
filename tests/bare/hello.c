/* The smallest guest: prints, checks how it was entered, powers off. */
#include "lib/bare.h"

void test_main(void)
{
    print("hello, world\n");
    report(boot_dtb_magic == 0xedfe0dd0, "r2 points to a device tree");
    report((read_cpsr() & PSR_MODE) == MODE_SVC, "in SVC mode");
    report((SCTLR_READ() & SCTLR_M) == 0, "MMU off");
    report(psci_hvc(0x84000000, 0, 0, 0) >= 2, "PSCI_VERSION is 0.2 or later");
}
