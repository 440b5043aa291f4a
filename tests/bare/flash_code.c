/*
 * Code in flash that is erased and programmed again.  No oracle: QEMU keeps executing what it
 * translated before, whatever cache maintenance there is.
 */
#include "flash.h"

static void again(const char *how, uint32_t code)
{
    bool a32 = true, t32 = true;

    for (uint32_t n = 1; n < 100; n += 9) {
        put_functions(code, n);
        a32 &= check_eq(call(code), n, "A32");
        t32 &= check_eq(call(code + 9), n + 1, "T32");
    }
    print("%s\n", how);
    report(a32, "A32 code programmed anew");
    report(t32, "T32 code");
}

void test_main(void)
{
    again("MMU off", BANK1 + 4 * BLOCK);
    mmu_setup();
    for (uint32_t va = 0; va < 0x08000000; va += 0x100000)
        l1_set(l1_table, va, SECTION(va, AP_ALL));
    tlbi_all();
    again("MMU on", BANK1 + 4 * BLOCK);
    again("another block", BANK1 + 8 * BLOCK);
    report(read32(bank0() + 0xffc) == 0x600df1a5, "the first bank is as it was");
}
