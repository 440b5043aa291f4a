/* Negative guest for the test driver: prints a line and never ends. */
#include "lib/bare.h"

void test_main(void)
{
    print("hang: spinning for ever\n");
    for (;;)
        __asm__ volatile("nop");
}
