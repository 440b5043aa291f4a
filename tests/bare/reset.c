/* Negative guest for the test driver: asks for a reset (PSCI SYSTEM_RESET). */
#include "lib/bare.h"

void test_main(void)
{
    print("reset: asking for a reset\n");
    system_reset();
}
