/*
 * Flash: started from the first bank at address 0 (rom.S), this guest reads and executes both banks
 * and programs the second through its command set.  QEMU's virt board is the oracle of what the chips say.
 */
#include "flash.h"

static void test_chips(void)
{
    command(BANK1 + 0x55 * 4, QUERY);
    for (uint32_t i = 0; i < 0x50; i++)
        print("%08x%c", (unsigned)read32(BANK1 + 4 * i), i % 8 == 7 ? '\n' : ' ');
    report(read32(BANK1 + 0x40) == BOTH('Q'), "CFI query");
    report(read32(bank0() + 0xffc) == 0x600df1a5, "the other bank is memory all the while");
    command(BANK1, ARRAY); /* QEMU's chips take no other command after a query */
    command(BANK1, ID);
    print("%08x %08x %08x\n", (unsigned)read32(BANK1), (unsigned)read32(BANK1 + 4), (unsigned)read32(BANK1 + 8));
    command(BANK1, STATUS);
    report_eq(read32(BANK1 + 0x1230), BOTH(0x80), "status");
    command(BANK1, CLEAR);
    report_eq(read32(BANK1), 0, "an empty bank");
}

static bool block_is(uint32_t addr, uint32_t value)
{
    for (uint32_t i = 0; i < BLOCK; i += 4) {
        if (read32(addr + i) != value)
            return check_eq(read32(addr + i), value, "word");
    }
    return true;
}

static void test_write(void)
{
    uint32_t status[4];

    write32(BANK1 + 8, 0x12345678);
    report_eq(read32(BANK1 + 8), 0, "memory does not take writes");
    command(BANK1 + BLOCK, ERASE);
    command(BANK1 + BLOCK, CONFIRM);
    __asm__ volatile("ldmia %1, {r4-r7}\n stmia %0, {r4-r7}" :: "r"(status), "r"(BANK1)
                     : "r4", "r5", "r6", "r7", "memory");
    report(status[0] == BOTH(0x80) && status[3] == BOTH(0x80), "status by LDM");
    command(BANK1, ARRAY);
    report(block_is(BANK1 + BLOCK, 0xffffffff), "a block erased");
    report(read32(BANK1 + BLOCK - 4) == 0 && read32(BANK1 + 2 * BLOCK) == 0, "and no other");
    program(BANK1 + BLOCK + 0x10, 0xcafef00d);
    report_eq(read32(BANK1 + BLOCK + 0x10), 0xcafef00d, "a word programmed");
    report_eq(*(volatile uint16_t *)(BANK1 + BLOCK + 0x12), 0xcafe, "half of it");
    report_eq(*(volatile uint8_t *)(BANK1 + BLOCK + 0x11), 0xf0, "a byte of it");
    command(BANK1 + BLOCK + 0x400, BUFFER);
    report(ready(BANK1), "a buffer");
    write32(BANK1 + BLOCK + 0x400, BOTH(15));
    for (uint32_t i = 0; i < 16; i++)
        write32(BANK1 + BLOCK + 0x400 + 4 * i, 0x11110000 + i);
    command(BANK1 + BLOCK + 0x400, CONFIRM);
    ready(BANK1);
    command(BANK1, ARRAY);
    report(read32(BANK1 + BLOCK + 0x400) == 0x11110000 && read32(BANK1 + BLOCK + 0x43c) == 0x1111000f &&
               read32(BANK1 + BLOCK + 0x440) == 0xffffffff,
           "16 words through it");
}

static void test_execute(const char *how, uint32_t code, uint32_t n)
{
    put_functions(code, n);
    print("%s\n", how);
    report(call(code) == n && call(code + 9) == n + 1, "code in flash");
    report(call(code) == n && call(code + 9) == n + 1, "once more");
    command(code, STATUS);
    command(code, ARRAY);
    report(call(code) == n && call(code + 9) == n + 1, "after the bank was a device");
}

static USER_TEXT void user_call(uint32_t va)
{
    ((uint32_t (*)(void))va)();
}

void test_main(void)
{
    uint32_t code = BANK1 + 5 * BLOCK;

    test_chips();
    test_write();
    test_execute("MMU off", BANK1 + 4 * BLOCK, 3);
    mmu_setup();
    for (uint32_t va = 0; va < 0x08000000; va += 0x100000)
        l1_set(l1_table, va, SECTION(va, AP_ALL));
    tlbi_all();
    test_execute("MMU on", code, 40);
    report(catch_user(user_call, code) == EXC_SVC && user_returned() && last_trap.r[0] == 40, "from User mode");
    command(BANK1, STATUS);
    report_eq(probe_user_read(BANK1), 0, "User mode reads the status");
    report_eq(probe_value, BOTH(0x80), "which it is");
    command(BANK1, ARRAY);
    report(probe_user_read(code) == 0 && probe_value == (0xe3a00000 | 40), "and memory");
    report(read32(bank0() + 0xffc) == 0x600df1a5, "the first bank is as it was");
}
