/*
 * Mappings for a moment: a kernel that patches code maps it elsewhere, stores, unmaps, at the same address each time,
 * with TLB maintenance after each change (DDI 0406C B3.10.1).  What is stored must arrive, nothing that was
 * unmapped may be seen, and what else is done through such a mapping must work as through any other.
 */
#include "lib/mmu.h"

#define PAGES 64
#define PA(n) (TEST_PA + 0x1000u * (n))
#define VA (TEST_VA + 0x5000)
#define FAULT_L2 FAULT_D(0x7)

static uint32_t *l2;

static void map(uint32_t pa, uint32_t ap)
{
    l2_set(l2, VA, SMALL(pa, ap));
    tlbi_mva(VA, 0);
}

static void unmap(void)
{
    l2_set(l2, VA, 0);
    tlbi_mva(VA, 0);
}

static void clear(void)
{
    for (uint32_t i = 0; i < PAGES * 1024; i++)
        write32(PA(0) + 4 * i, 0);
}

/* 'rounds' stores of one word, a page and a place each; then each must be where it was stored, and nowhere else. */
static bool one_word_each(unsigned rounds, uint32_t step)
{
    uint32_t found = 0;
    bool ok = true;

    clear();
    for (uint32_t n = 0; n < rounds; n++) {
        map(PA(n * 7 % PAGES), AP_PRIV);
        write32(VA + (n * step & 0xffc), n + 1);
        unmap();
        if (n % 16 == 15)
            ok &= probe_read(VA) == FAULT_L2 && probe_write(VA, 1) == FAULT_L2;
    }
    for (uint32_t n = 0; n < PAGES * 1024; n++) {
        uint32_t word = read32(PA(0) + 4 * n);

        found += word != 0;
        ok &= !word || (4 * n == 0x1000 * ((word - 1) * 7 % PAGES) + ((word - 1) * step & 0xffc));
    }
    return ok && found == rounds;
}

/* More than one access to each mapping. */
static void several_accesses(void)
{
    bool ok = true;

    clear();
    for (uint32_t n = 0; n < 100; n++) {
        uint32_t pa = PA(n % PAGES), count = n % 5;

        write32(pa + 0x800, n);
        map(pa, AP_PRIV);
        for (uint32_t i = 0; i < count; i++)
            write32(VA + 0x10 * i, 0x100 * n + i);
        ok &= n % 3 || read32(VA + 0x800) == n;
        for (uint32_t i = 0; i < count; i++)
            ok &= n % 3 == 1 || read32(VA + 0x10 * i) == 0x100 * n + i;
        unmap();
        for (uint32_t i = 0; i < count; i++)
            ok &= read32(pa + 0x10 * i) == 0x100 * n + i;
    }
    report(ok, "one to four stores, and loads, for each mapping");
}

/* The page changes without being unmapped: after TLBIMVA the new one is seen, whatever was done to the old one. */
static void changed_pages(void)
{
    bool ok = true;

    clear();
    for (uint32_t n = 0; n < PAGES; n++)
        write32(PA(n) + 0xff0, n);
    map(PA(0), AP_PRIV);
    for (uint32_t n = 1; n < 200; n++) {
        uint32_t page = n % PAGES;

        map(PA(page), AP_PRIV);
        if (n % 2)
            write32(VA + 0xff4, n);
        if (n % 3)
            ok &= read32(VA + 0xff0) == page;
        if (n % 5 == 0)
            write32(VA + 0xff8, n);
        ok &= n % 2 == 0 || read32(PA(page) + 0xff4) == n;
    }
    report(ok, "another page each time, without unmapping");
    map(PA(3), AP_PRIV);
    ok = read32(VA + 0xff0) == 3;
    l2_set(l2, VA, SMALL(PA(4), AP_PRIV));
    tlbi_mvaa(VA);
    ok &= read32(VA + 0xff0) == 4;
    l2_set(l2, VA, SMALL(PA(5), AP_PRIV));
    tlbi_all();
    ok &= read32(VA + 0xff0) == 5;
    l2_set(l2, VA, SMALL(PA(6), AP_PRIV));
    tlbi_mva(VA, 9); /* global: whatever the ASID */
    ok &= read32(VA + 0xff0) == 6;
    report(ok, "by TLBIMVAA, TLBIALL and TLBIMVA of another ASID");
    unmap();
}

/* The same page under another first-level entry, a section. */
static void by_section(void)
{
    bool ok = true;

    for (uint32_t n = 0; n < 20; n++) {
        map(PA(1), AP_PRIV);
        write32(VA, n);
        unmap();
        ok &= read32(PA(1)) == n;
        l1_set(l1_table, TEST_VA, SECTION(TEST_PA + 0x100000 * (n % 4), AP_PRIV));
        tlbi_mva(VA, 0);
        write32(TEST_PA + 0x100000 * (n % 4) + 0x5000, n);
        ok &= read32(VA) == n;
        l1_set(l1_table, TEST_VA, (uint32_t)l2 | L1_TABLE);
        tlbi_mva(VA, 0);
        ok &= probe_read(VA) == FAULT_L2;
    }
    report(ok, "in turn with a section");
}

static void refused(void)
{
    bool ok = true;

    write32(PA(2), 77);
    for (uint32_t n = 0; n < 20; n++) {
        map(PA(2), AP_PRIV | 4);
        ok &= probe_write(VA, n) == FAULT_D(0xf) && fault_at(VA, true) && probe_read(VA) == 0 && probe_value == 77;
        unmap();
    }
    report(ok && read32(PA(2)) == 77, "stores to a read-only one fault");
}

#define STORE(insn) __asm__ volatile(insn : "+r"(at), "+r"(value) :: "memory", "r4", "r5", "cc")

/* Other stores than STR of a word. */
static void other_stores(void)
{
    bool ok = true;

    for (uint32_t n = 0; n < 60; n++) {
        uint32_t pa = PA(8), at = VA + 0x40, value = 0x11223344 + n;

        for (uint32_t i = 0; i < 8; i++)
            write32(pa + 0x40 + 4 * i, 0xffffffff);
        map(pa, AP_PRIV);
        switch (n % 10) {
        case 0: STORE("strb %1, [%0]"); break;
        case 1: STORE("strh %1, [%0]"); break;
        case 2: STORE("str %1, [%0], #8"); break;
        case 3: STORE("str %1, [%0, #8]!"); break;
        case 4: STORE("mov r4, %1\n mvn r5, %1\n strd r4, r5, [%0]"); break;
        case 5: STORE("mov r4, %1\n mvn r5, %1\n stm %0!, {r4, r5}"); break;
        case 6: STORE("cmp %0, %0\n strne %1, [%0]"); break;
        case 7: STORE("mov r4, #4\n str %1, [%0, r4, lsl #1]"); break;
        case 8: STORE("1: ldrex r4, [%0]\n strex r5, %1, [%0]\n cmp r5, #0\n bne 1b"); break;
        case 9: STORE("add r4, %0, #2\n str %1, [r4]"); break;
        }
        unmap();
        value = 0x11223344 + n;
        switch (n % 10) {
        case 0: ok &= read32(pa + 0x40) == (0xffffff00 | (value & 0xff)); break;
        case 1: ok &= read32(pa + 0x40) == (0xffff0000 | (value & 0xffff)); break;
        case 2: ok &= read32(pa + 0x40) == value && at == VA + 0x48; break;
        case 3: ok &= read32(pa + 0x48) == value && at == VA + 0x48; break;
        case 4: ok &= read32(pa + 0x40) == value && read32(pa + 0x44) == ~value && at == VA + 0x40; break;
        case 5: ok &= read32(pa + 0x40) == value && read32(pa + 0x44) == ~value && at == VA + 0x48; break;
        case 6: ok &= read32(pa + 0x40) == 0xffffffff; break;
        case 7: ok &= read32(pa + 0x48) == value; break;
        case 8: ok &= read32(pa + 0x40) == value; break;
        default:
            ok &= read32(pa + 0x40) == (value << 16 | 0xffff) && read32(pa + 0x44) == (0xffff0000 | value >> 16);
            break;
        }
    }
    report(ok, "bytes, half words, two words, write-back, exclusive, unaligned");
}

/* Made valid without TLB maintenance, which needs none, and used otherwise than by a store of the kernel's. */
static void become(uint32_t pa, uint32_t ap)
{
    l2_set(l2, VA, SMALL(pa, ap));
    isb();
}

static void executed(void)
{
    bool ok = true;

    for (uint32_t n = 0; n < 20; n++) {
        put_code(PA(20), (uint8_t)n);
        put_code(PA(21), (uint8_t)(n + 100));
        unmap();
        become(PA(20), AP_PRIV);
        ok &= probe_exec(VA) == 0 && probe_value == n;
        unmap();
        ok &= probe_exec(VA) == FAULT_I(0x7);
        become(PA(20), AP_PRIV);
        ok &= probe_exec(VA) == 0 && probe_value == n;
        map(PA(21), AP_PRIV);
        ok &= probe_exec(VA) == 0 && probe_value == n + 100;
        unmap();
    }
    report(ok, "executed, and another page, and none");
}

static void used_by_user(void)
{
    bool ok = true;

    for (uint32_t n = 0; n < 20; n++) {
        put_code(PA(22), 1);
        unmap();
        become(PA(23), AP_ALL);
        ok &= probe_user_read(VA) == 0;
        unmap();
        ok &= probe_user_read(VA) == FAULT_L2;
        become(PA(23), AP_ALL);
        ok &= probe_user_write(VA) == 0;
        unmap();
        ok &= probe_user_write(VA) == FAULT_L2;
        become(PA(22), AP_ALL);
        ok &= probe_user_exec(VA) == 0;
        unmap();
        ok &= probe_user_exec(VA) == FAULT_I(0x7);
        become(PA(23), AP_ALL);
        ok &= probe_ldrt(VA) == 0 && probe_strt(VA, n) == 0;
        unmap();
        ok &= probe_ldrt(VA) == FAULT_L2 && probe_strt(VA, n) == FAULT_L2;
        become(PA(23), AP_PRIV);
        ok &= probe_ldrt(VA) == FAULT_D(0xf) && probe_strt(VA, n) == FAULT_D(0xf);
        unmap();
        map(PA(24), AP_PRIV);
        write32(VA, n);
        unmap();
        ok &= read32(PA(24)) == n;
    }
    report(ok, "by User mode, and by LDRT and STRT");
}

/* The same page of two address spaces. */
static void of_two_asids(void)
{
    bool ok = true;

    for (uint32_t n = 0; n < 20; n++) {
        for (uint32_t asid = 1; asid < 3; asid++) {
            space_set(l1_table, asid);
            l2_set(l2, VA, SMALL(PA(24 + asid), AP_PRIV) | L2_NG);
            tlbi_mva(VA, asid);
            if (n & asid)
                write32(VA + 8, n);
            write32(VA + 4, 16 * n + asid);
            ok &= read32(VA + 4) == 16 * n + asid && read32(PA(24 + asid) + 4) == 16 * n + asid;
            l2_set(l2, VA, 0);
            tlbi_mva(VA, asid);
            ok &= n % 4 || probe_read(VA) == FAULT_L2;
        }
    }
    space_set(l1_table, 0);
    report(ok, "not global, in two address spaces by turns");
}

/* Code that has run is patched: what it is after I-cache maintenance counts. */
static void patched_code(void)
{
    uint32_t code = PA(16);
    bool ok = true;

    for (uint32_t n = 0; n < 8; n++)
        put_code(code + 0x100 * n, (uint8_t)n);
    for (uint32_t n = 0; n < 200; n++) {
        uint32_t at = 0x100 * (n % 8);

        ok &= probe_exec(code + at) == 0 && probe_value == (n < 8 ? n : n - 8);
        map(code, AP_PRIV);
        write32(VA + at, 0xe3a00000 | n); /* mov r0, #n */
        unmap();
        sync_line(code + at);
        ok &= probe_exec(code + at) == 0 && probe_value == n;
        ok &= probe_exec(code + 0x100 * ((n + 1) % 8)) == 0;
    }
    report(ok, "one instruction each time");
    for (uint32_t n = 0; n < 50; n++) {
        map(code, AP_PRIV);
        write32(VA, 0xe3a00000 | n);
        write32(VA + 4, 0xe2800000 | n); /* add r0, r0, #n; over the return */
        write32(VA + 8, 0xe12fff1e);
        unmap();
        sync_line(code);
        ok &= probe_exec(code) == 0 && probe_value == 2 * n;
        put_code(code, 99);
        ok &= probe_exec(code) == 0 && probe_value == 99;
    }
    report(ok, "three instructions, in turn with stores at its own address");
}

void test_main(void)
{
    mmu_setup();
    l2 = l2_under(l1_table, TEST_VA, 0);
    report(one_word_each(64, 4), "64 mappings, one store each");
    report(one_word_each(64, 0x104), "64 more, across their pages");
    several_accesses();
    report(one_word_each(64, 0x40), "one store each again");
    changed_pages();
    by_section();
    refused();
    other_stores();
    executed();
    used_by_user();
    of_two_asids();
    patched_code();
    report(one_word_each(64, 0xffc), "one store each, at last");
}
