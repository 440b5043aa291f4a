/*
 * Pages with translation tables in them, written in every way there is, mixed with data and code, mapped
 * twice, and put to other use: what a VMM that watches such pages might get wrong.
 */
#include "lib/mmu.h"

#define PAGE_ID(n) (0x1d000000u | (n))
#define PA(n) (TEST_PA + 0x1000u * (n))
#define VA(n) (TEST_VA + 0x1000u * (n))
#define NEW(n) SMALL(PA(n), AP_PRIV)
#define TABLE_PA 0x41800000u /* pages that become tables and other things */
#define ALIAS 0x90000000u

static void number_pages(void)
{
    for (uint32_t n = 0; n < 0x100; n++)
        write32(PA(n), PAGE_ID(n));
}

static int seen(uint32_t va)
{
    uint32_t fault = probe_read(va);

    return fault ? -(int)fault : (int)(probe_value - PAGE_ID(0));
}

#define FAULT_L2 (-(int)FAULT_D(0x7))

/* --- ways to write a descriptor --- */

typedef void store_fn(uint32_t *at, uint32_t a, uint32_t b);

static void by_word(uint32_t *at, uint32_t a, uint32_t b)
{
    at[0] = a;
    at[1] = b;
}

static void by_bytes(uint32_t *at, uint32_t a, uint32_t b)
{
    volatile uint8_t *p = (volatile uint8_t *)at;

    for (unsigned i = 0; i < 4; i++) {
        p[i] = (uint8_t)(a >> (8 * i));
        p[4 + i] = (uint8_t)(b >> (8 * i));
    }
}

static void by_halves(uint32_t *at, uint32_t a, uint32_t b)
{
    volatile uint16_t *p = (volatile uint16_t *)at;

    p[0] = (uint16_t)a;
    p[1] = (uint16_t)(a >> 16);
    p[3] = (uint16_t)(b >> 16);
    p[2] = (uint16_t)b;
}

static void by_strd(uint32_t *at, uint32_t a, uint32_t b)
{
    register uint32_t r2 __asm__("r2") = a, r3 __asm__("r3") = b;

    __asm__ volatile("strd r2, r3, [%0]" :: "r"(at), "r"(r2), "r"(r3) : "memory");
}

static void by_stm(uint32_t *at, uint32_t a, uint32_t b)
{
    register uint32_t r2 __asm__("r2") = a, r3 __asm__("r3") = b;

    __asm__ volatile("stmia %0!, {r2, r3}" : "+r"(at) : "r"(r2), "r"(r3) : "memory");
}

static void by_stmdb(uint32_t *at, uint32_t a, uint32_t b)
{
    register uint32_t r2 __asm__("r2") = a, r3 __asm__("r3") = b;

    at += 2;
    __asm__ volatile("stmdb %0!, {r2, r3}" : "+r"(at) : "r"(r2), "r"(r3) : "memory");
}

static void by_stm_user(uint32_t *at, uint32_t a, uint32_t b)
{
    register uint32_t r2 __asm__("r2") = a, r3 __asm__("r3") = b;

    __asm__ volatile("stmia %0, {r2, r3}^" :: "r"(at), "r"(r2), "r"(r3) : "memory");
}

static void by_push(uint32_t *at, uint32_t a, uint32_t b)
{
    register uint32_t r2 __asm__("r2") = a, r3 __asm__("r3") = b;

    __asm__ volatile("mov r1, sp\n add sp, %0, #8\n push {r2, r3}\n mov sp, r1"
                     :: "r"(at), "r"(r2), "r"(r3) : "r1", "memory");
}

static void by_writeback(uint32_t *at, uint32_t a, uint32_t b)
{
    __asm__ volatile("str %1, [%0], #4\n str %2, [%0]" : "+r"(at) : "r"(a), "r"(b) : "memory");
}

static void by_strex(uint32_t *at, uint32_t a, uint32_t b)
{
    uint32_t failed, tries = 0;

    for (unsigned i = 0; i < 2; i++) {
        do {
            __asm__ volatile("ldrex %0, [%1]\n strex %0, %2, [%1]"
                             : "=&r"(failed) : "r"(at + i), "r"(i ? b : a) : "memory");
        } while (failed && ++tries < 1000);
    }
}

static void by_strexd(uint32_t *at, uint32_t a, uint32_t b)
{
    register uint32_t r2 __asm__("r2") = a, r3 __asm__("r3") = b;
    uint32_t failed, tries = 0;

    do {
        __asm__ volatile("ldrexd r4, r5, [%1]\n strexd %0, r2, r3, [%1]" : "=&r"(failed) : "r"(at), "r"(r2), "r"(r3)
                         : "r4", "r5", "memory");
    } while (failed && ++tries < 1000);
}

static void by_strt(uint32_t *at, uint32_t a, uint32_t b)
{
    uint32_t alias = ALIAS | ((uint32_t)at & 0xfff); /* the mapping that User mode may write */

    probe_strt(alias, a);
    probe_strt(alias + 4, b);
}

static void by_vstr(uint32_t *at, uint32_t a, uint32_t b)
{
    __asm__ volatile(".fpu neon\n vmov d0, %1, %2\n vstr d0, [%0]" :: "r"(at), "r"(a), "r"(b) : "memory");
}

static void by_vst1(uint32_t *at, uint32_t a, uint32_t b)
{
    __asm__ volatile(".fpu neon\n vmov d0, %1, %2\n vst1.32 {d0}, [%0]" :: "r"(at), "r"(a), "r"(b) : "memory");
}

__attribute__((target("thumb"), noinline)) static void by_thumb(uint32_t *at, uint32_t a, uint32_t b)
{
    *(volatile uint32_t *)at = a;
    *(volatile uint32_t *)(at + 1) = b;
}

/* VA is mapped for User mode too: STRT needs it, and the User mode store below. */
static uint32_t *table_alias(uint32_t *l2)
{
    static uint32_t *l2_alias;

    if (!l2_alias)
        l2_alias = l2_under(l1_table, ALIAS, 0);
    l2_set(l2_alias, ALIAS, SMALL((uint32_t)l2 & 0xfffff000u, AP_ALL));
    tlbi_mva(ALIAS, 0);
    return (uint32_t *)(ALIAS | ((uint32_t)l2 & 0xfff));
}

static void store_kinds(void)
{
    static const struct { store_fn *store; const char *name; } kinds[] = {
        { by_word, "STR" }, { by_bytes, "STRB" }, { by_halves, "STRH" }, { by_strd, "STRD" }, { by_stm, "STMIA" },
        { by_stmdb, "STMDB" }, { by_stm_user, "STM of user registers" }, { by_push, "PUSH" },
        { by_writeback, "STR with writeback" }, { by_strex, "STREX" }, { by_strexd, "STREXD" }, { by_strt, "STRT" },
        { by_vstr, "VSTR" }, { by_vst1, "VST1" }, { by_thumb, "STR in Thumb" },
    };
    uint32_t *l2 = l2_under(l1_table, TEST_VA, 0), *alias = table_alias(l2);

    for (unsigned k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
        bool ok = true;

        for (unsigned round = 0; round < 4; round++) {
            uint32_t n = 2 * (k + 16 * round), *at = (round & 1 ? alias : l2) + 4;

            kinds[k].store(at, NEW(n), NEW(n + 1));
            dsb();
            tlbi_mva(VA(4), 0);
            ok &= seen(VA(4)) == (int)n;
            tlbi_mva(VA(5), 0);
            ok &= seen(VA(5)) == (int)n + 1;
            ok &= l2[4] == NEW(n) && l2[5] == NEW(n + 1);
            kinds[k].store(at, 0, 0);
            dsb();
            tlbi_all();
            ok &= seen(VA(4)) == FAULT_L2 && seen(VA(5)) == FAULT_L2;
        }
        print("%s: ", kinds[k].name);
        report(ok, "two descriptors, seen after TLB maintenance");
    }
}

/* User mode with a writable mapping of a table. */
static void from_user(void)
{
    uint32_t *l2 = l2_under(l1_table, TEST_VA + 0x100000, 0), *alias = table_alias(l2);

    l2_set(l2, TEST_VA + 0x100000, NEW(7));
    isb();
    report(seen(TEST_VA + 0x100000) == 7, "page before");
    report(probe_user_write((uint32_t)alias) == 0 && *l2 == 0x5a, "User mode writes a descriptor");
    dsb();
    tlbi_mva(TEST_VA + 0x100000, 0);
    *l2 = NEW(8);
    dsb();
    tlbi_mva(TEST_VA + 0x100000, 0);
    report(seen(TEST_VA + 0x100000) == 8, "page after");
}

/* --- pages that are tables and something else --- */

static void data_beside(void)
{
    uint32_t *page = (uint32_t *)TABLE_PA, *l2 = page + 256, sum = 0;
    uint32_t va = TEST_VA + 0x200000;
    bool ok = true;

    memset(page, 0, 4096);
    l1_set(l1_table, va, (uint32_t)l2 | L1_TABLE);
    for (uint32_t n = 0; n < 4000; n++) {
        page[n & 255] += n;
        page[512 + (n & 255)] = n;
        if (n % 100 == 0) {
            l2[n / 100] = NEW(n / 100);
            dsb();
            ok &= seen(va + 0x1000 * (n / 100)) == (int)(n / 100);
        }
    }
    for (unsigned i = 0; i < 256; i++)
        sum += page[i];
    report(ok, "mappings by a table with data around it");
    report_eq(sum, 4000 * 3999 / 2, "the data");
}

static void code_beside(void)
{
    uint32_t *page = (uint32_t *)(TABLE_PA + 0x1000), *l2 = page + 512;
    uint32_t va = TEST_VA + 0x300000;
    bool ok = true;

    memset(page, 0, 4096);
    l1_set(l1_table, va, (uint32_t)l2 | L1_TABLE);
    for (uint32_t n = 1; n < 100; n++) {
        put_code((uint32_t)page, (uint8_t)n);
        l2[0] = NEW(n);
        dsb();
        tlbi_mva(va, 0);
        ok &= probe_exec((uint32_t)page) == 0 && probe_value == n && seen(va) == (int)n;
    }
    report(ok, "code in the page of a table, both changing");
}

/* A table that is taken down, and its page used for data, then as another table. */
static void reuse(void)
{
    uint32_t *page = (uint32_t *)(TABLE_PA + 0x2000), va = TEST_VA + 0x400000, wrong = 0;
    bool ok = true;

    for (uint32_t round = 0; round < 20; round++) {
        memset(page, 0, 4096);
        l1_set(l1_table, va, (uint32_t)page | L1_TABLE);
        for (uint32_t n = 0; n < 32; n++)
            page[n] = NEW((n + round) & 0xff);
        dsb();
        for (uint32_t n = 0; n < 32; n++)
            ok &= seen(va + 0x1000 * n) == (int)((n + round) & 0xff);
        l1_set(l1_table, va, 0);
        tlbi_all();
        for (uint32_t n = 0; n < 1024; n++)
            page[n] = round * n;
        for (uint32_t n = 0; n < 1024; n++)
            wrong += page[n] != round * n;
        ok &= probe_read(va) == FAULT_D(0x5);
    }
    report(ok, "20 times a table");
    report_eq(wrong, 0, "20 times data");
}

/* One table under two addresses and in two first-level tables. */
static void shared(void)
{
    uint32_t va[2] = { TEST_VA + 0x500000, TEST_VA + 0x600000 }, *l2 = l2_under(l1_table, va[0], 0);
    bool ok = true;

    mmu_identity(l1_other);
    l1_set(l1_table, va[1], (uint32_t)l2 | L1_TABLE);
    l1_set(l1_other, va[0], (uint32_t)l2 | L1_TABLE);
    l1_set(l1_other, va[1], (uint32_t)l2 | L1_TABLE);
    for (uint32_t n = 0; n < 64; n++) {
        l2_set(l2, va[0], SMALL(PA(n), AP_PRIV) | (n & 1 ? L2_NG : 0));
        space_set(n & 2 ? l1_table : l1_other, 1 + (n & 2));
        tlbi_mva(va[0], 1);
        tlbi_mva(va[0], 3);
        tlbi_mva(va[1], 1);
        tlbi_mva(va[1], 3);
        for (unsigned i = 0; i < 4; i++) {
            space_set(i & 1 ? l1_table : l1_other, 1 + 2 * (i & 1));
            ok &= seen(va[i / 2]) == (int)n;
        }
    }
    report(ok, "a table under two addresses in two spaces, global and not");
    space_set(l1_table, 0);
    tlbi_all();
}

/* Invalidated from another space, then changed, then looked at: what was there before must not be seen. */
static void from_afar(void)
{
    uint32_t va = TEST_VA + 0x700000, *l2 = l2_under(l1_table, va, 0);
    bool ok = true;

    mmu_identity(l1_other);
    for (uint32_t n = 0; n < 40; n++) {
        space_set(l1_table, 1);
        l2_set(l2, va, SMALL(PA(n), AP_PRIV) | L2_NG);
        tlbi_mva(va, 1);
        ok &= seen(va) == (int)n;
        space_set(l1_other, 2);
        if (n & 1)
            tlbi_mva(va, 1);
        else if (n & 2)
            tlbi_asid(1);
        else
            tlbi_all();
        l2_set(l2, va, SMALL(PA(n + 100), AP_PRIV) | L2_NG);
        space_set(l1_table, 1);
        ok &= seen(va) == (int)n + 100;
    }
    report(ok, "invalidated and then changed while another space is current");
    space_set(l1_table, 0);
    tlbi_all();
}

/* First-level tables come and go, their pages are data between. */
static void first_level(void)
{
    uint32_t *l1 = (uint32_t *)(TABLE_PA + 0x10000), va = TEST_VA + 0x800000;
    bool ok = true;

    for (uint32_t round = 0; round < 12; round++) {
        mmu_identity(l1);
        l1_set(l1, va, SECTION(TEST_PA + 0x100000 * (round & 3), AP_PRIV) | L1_NG);
        space_set(l1, 5);
        tlbi_asid(5);
        ok &= probe_read(va) == 0 && probe_value == read32(TEST_PA + 0x100000 * (round & 3));
        l1_set(l1, va, 0);
        tlbi_asid(5);
        ok &= probe_read(va) == FAULT_D(0x5);
        space_set(l1_table, 0);
        for (uint32_t n = 0; n < 4096; n++)
            l1[n] = n ^ round;
        for (uint32_t n = 0; n < 4096; n++)
            ok &= l1[n] == (n ^ round);
    }
    tlbi_all();
    report(ok, "a first-level table, then data, 12 times");
}

void test_main(void)
{
    uint32_t fpexc = 1u << 30;

    CP15_WRITE(0, c1, c0, 2, 0xf << 20);
    isb();
    __asm__ volatile(".fpu neon\n vmsr fpexc, %0" :: "r"(fpexc));
    mmu_setup();
    number_pages();
    store_kinds();
    from_user();
    data_beside();
    code_beside();
    reuse();
    shared();
    from_afar();
    first_level();
}
