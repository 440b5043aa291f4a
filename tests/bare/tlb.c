/*
 * What a TLB may and may not do (DDI 0406C B3.9, B3.10): an entry that changes may be stale until it
 * is invalidated, and never after; an entry that was invalid is seen at once.
 */
#include "lib/mmu.h"

#define PAGE_ID(n) (0x1d000000u | (n))
#define PA(n) (TEST_PA + 0x1000u * (n))
#define SECTION_PA(n) (TEST_PA + 0x100000u * (n))
#define NG_SMALL(pa) (SMALL(pa, AP_PRIV) | L2_NG)

/* Every physical page of the test area holds its number. */
static void number_pages(void)
{
    for (uint32_t n = 0; n < 0x800; n++)
        write32(PA(n), PAGE_ID(n));
}

/* What va reads as: a page number, or the fault as a negative number. */
static int seen(uint32_t va)
{
    uint32_t fault = probe_read(va);

    if (fault)
        return -(int)fault;
    return (int)(probe_value - PAGE_ID(0));
}

static void either(int got, int old, int new, const char *name)
{
    if (got != old && got != new)
        print("  saw %x\n", (unsigned)got);
    report(got == old || got == new, name);
}

static void is(int got, int want, const char *name)
{
    report_eq((uint32_t)got, (uint32_t)want, name);
}

#define FAULT_L1 (-(int)FAULT_D(0x5))
#define FAULT_L2 (-(int)FAULT_D(0x7))

static void invalid_to_valid(void)
{
    uint32_t *l2 = l2_under(l1_table, TEST_VA, 0);
    bool ok = true;

    is(seen(TEST_VA + 0x100000), FAULT_L1, "unmapped section faults");
    l1_set(l1_table, TEST_VA + 0x100000, SECTION(SECTION_PA(1), AP_PRIV));
    isb();
    is(seen(TEST_VA + 0x100000), 0x100, "section made valid is seen without TLBI");
    is(seen(TEST_VA), FAULT_L2, "unmapped page faults");
    l2_set(l2, TEST_VA, SMALL(PA(1), AP_PRIV));
    isb();
    is(seen(TEST_VA), 1, "page made valid is seen without TLBI");
    for (uint32_t n = 2; n < 256; n++) {
        ok &= seen(TEST_VA + 0x1000 * n) == FAULT_L2;
        l2_set(l2, TEST_VA + 0x1000 * n, SMALL(PA(n), AP_PRIV));
        isb();
        ok &= seen(TEST_VA + 0x1000 * n) == (int)n;
    }
    report(ok, "255 pages, each faults and then is seen");
}

/* One change of a leaf or of a table, seen before and after the TLB operation. */
static void changed_entries(void)
{
    uint32_t va = TEST_VA + 0x200000;
    uint32_t *l2 = l2_under(l1_table, va, 0), *other = l2_new();

    l2_set(other, va, SMALL(PA(40), AP_PRIV));
    l2_set(l2, va, SMALL(PA(30), AP_PRIV));
    isb();
    is(seen(va), 30, "page");
    l2_set(l2, va, SMALL(PA(31), AP_PRIV));
    either(seen(va), 30, 31, "changed page, no TLBI: old or new");
    tlbi_mva(va, 0);
    is(seen(va), 31, "changed page, TLBIMVA: new");
    l2_set(l2, va, SMALL(PA(32), AP_PRIV));
    tlbi_all();
    is(seen(va), 32, "changed page, TLBIALL: new");
    l2_set(l2, va, SMALL(PA(33), AP_PRIV));
    tlbi_mvaa(va);
    is(seen(va), 33, "changed page, TLBIMVAA (or ALL): new");
    l2_set(l2, va, 0);
    either(seen(va), 33, FAULT_L2, "removed page, no TLBI: old or fault");
    tlbi_mva(va, 0);
    is(seen(va), FAULT_L2, "removed page, TLBIMVA: fault");
    l2_set(l2, va, SMALL(PA(34), AP_PRIV));
    isb();
    is(seen(va), 34, "page again");
    l1_set(l1_table, va, (uint32_t)other | L1_TABLE);
    either(seen(va), 34, 40, "other table, no TLBI: old or new");
    tlbi_mva(va, 0);
    is(seen(va), 40, "other table, TLBIMVA: new");
    l1_set(l1_table, va, SECTION(SECTION_PA(2), AP_PRIV));
    either(seen(va), 40, 0x200, "table to section, no TLBI: old or new");
    tlbi_mva(va, 0);
    is(seen(va), 0x200, "table to section, TLBIMVA: new");
    l1_set(l1_table, va, SECTION(SECTION_PA(3), AP_PRIV));
    either(seen(va), 0x200, 0x300, "changed section, no TLBI: old or new");
    tlbi_mva(va + 0x5000, 0);
    is(seen(va), 0x300, "changed section, TLBIMVA of any page in it: new");
    l1_set(l1_table, va, (uint32_t)l2 | L1_TABLE);
    tlbi_mva(va, 0);
    is(seen(va), 34, "section to table, TLBIMVA: new");
    l1_set(l1_table, va, 0);
    tlbi_all();
    is(seen(va), FAULT_L1, "removed table, TLBIALL: fault");
}

static void permissions(void)
{
    uint32_t va = TEST_VA + 0x300000, fault;
    uint32_t *l2 = l2_under(l1_table, va, 0);

    l2_set(l2, va, SMALL(PA(50), AP_PRIV));
    isb();
    report(probe_write(va, PAGE_ID(50)) == 0, "writable page");
    l2_set(l2, va, SMALL(PA(50), AP_PRIV | 4));
    fault = probe_write(va, PAGE_ID(50));
    report(fault == 0 || fault == FAULT_D(0xf), "made read-only, no TLBI: either");
    tlbi_mva(va, 0);
    report(probe_write(va, 1) == FAULT_D(0xf) && fault_at(va, true), "made read-only, TLBIMVA: fault");
    is(seen(va), 50, "and still readable");
    l2_set(l2, va, SMALL(PA(50), AP_PRIV));
    fault = probe_write(va, PAGE_ID(50));
    report(fault == 0 || fault == FAULT_D(0xf), "made writable, no TLBI: either");
    tlbi_mva(va, 0);
    report(probe_write(va, PAGE_ID(50)) == 0, "made writable, TLBIMVA: writes");
    put_code(PA(51), 7);
    l2_set(l2, va + 0x1000, SMALL(PA(51), AP_PRIV));
    isb();
    report(probe_exec(va + 0x1000) == 0 && probe_value == 7, "executable page");
    l2_set(l2, va + 0x1000, SMALL(PA(51), AP_PRIV) | L2_SMALL_XN);
    tlbi_mva(va + 0x1000, 0);
    report(probe_exec(va + 0x1000) == FAULT_I(0xf), "made XN, TLBIMVA: fault");
    put_code(PA(52), 8);
    l2_set(l2, va + 0x1000, SMALL(PA(52), AP_PRIV));
    tlbi_mva(va + 0x1000, 0);
    report(probe_exec(va + 0x1000) == 0 && probe_value == 8, "other code page, TLBIMVA: new code");
    l2_set(l2, va + 0x1000, SMALL(PA(51), AP_PRIV));
    tlbi_all();
    report(probe_exec(va + 0x1000) == 0 && probe_value == 7, "first code page, TLBIALL: its code");
    write32(PA(51), PAGE_ID(51));
    write32(PA(52), PAGE_ID(52));
}

/* Two spaces that share the kernel, with pages of their own at one address. */
static void spaces(void)
{
    uint32_t va = TEST_VA + 0x400000, global = TEST_VA + 0x500000;
    uint32_t *a, *b, *g = l2_under(l1_table, global, 0);
    bool ok = true;

    mmu_identity(l1_other);
    a = l2_under(l1_table, va, 0);
    b = l2_under(l1_other, va, 0);
    l1_set(l1_other, global, (uint32_t)g | L1_TABLE);
    l2_set(a, va, NG_SMALL(PA(60)));
    l2_set(b, va, NG_SMALL(PA(61)));
    l2_set(g, global, SMALL(PA(62), AP_PRIV));
    space_set(l1_table, 1);
    is(seen(va), 60, "ASID 1 sees its page");
    space_set(l1_other, 2);
    is(seen(va), 61, "ASID 2 sees its page");
    is(seen(global), 62, "global page in ASID 2");
    for (unsigned n = 0; n < 50; n++) {
        space_set(l1_table, 1);
        ok &= seen(va) == 60 && seen(global) == 62;
        space_set(l1_other, 2);
        ok &= seen(va) == 61 && seen(global) == 62;
    }
    report(ok, "50 switches, each sees its own");
    l2_set(b, va, NG_SMALL(PA(63)));
    tlbi_asid(2);
    is(seen(va), 63, "changed page, TLBIASID: new");
    l2_set(a, va, NG_SMALL(PA(64)));
    tlbi_asid(1);
    space_set(l1_table, 1);
    is(seen(va), 64, "changed page of the other ASID, TLBIASID: new there");
    l2_set(b, va, NG_SMALL(PA(65)));
    tlbi_mva(va, 2);
    space_set(l1_other, 2);
    is(seen(va), 65, "changed page of the other ASID, TLBIMVA: new there");
    l2_set(g, global, SMALL(PA(66), AP_PRIV));
    tlbi_mva(global, 2);
    is(seen(global), 66, "changed global page, TLBIMVA: new");
    space_set(l1_table, 1);
    is(seen(global), 66, "changed global page, TLBIMVA: new in the other ASID");
    l2_set(g, global, SMALL(PA(67), AP_PRIV));
    tlbi_asid(1);
    either(seen(global), 66, 67, "changed global page, TLBIASID: old or new");
    tlbi_mvaa(global);
    is(seen(global), 67, "changed global page, TLBIMVAA (or ALL): new");
    space_set(l1_other, 1);
    either(seen(va), 64, 65, "other table under the same ASID, no TLBI: old or new");
    tlbi_asid(1);
    is(seen(va), 65, "other table under the same ASID, TLBIASID: new");
    space_set(l1_table, 0);
    tlbi_all();
}

/* More spaces than anybody keeps shadows or ASIDs for. */
static void many_asids(void)
{
    uint32_t va = TEST_VA + 0x600000;
    uint32_t *l2[2] = { l2_under(l1_table, va, 0), l2_under(l1_other, va, 0) };
    bool ok = true;

    for (uint32_t round = 0; round < 3; round++)
        for (uint32_t asid = 1; asid < 256; asid++) {
            l2_set(l2[asid & 1], va, NG_SMALL(PA(asid + round)));
            space_set(asid & 1 ? l1_other : l1_table, asid);
            tlbi_asid(asid);
            ok &= seen(va) == (int)(asid + round);
        }
    report(ok, "255 ASIDs, reused three times");
    space_set(l1_table, 0);
    tlbi_all();
}

static void ttbcr_set(uint32_t value, const uint32_t *ttbr0, const uint32_t *ttbr1)
{
    CP15_WRITE(0, c2, c0, 2, 0);
    CP15_WRITE(0, c2, c0, 0, (uint32_t)ttbr0);
    CP15_WRITE(0, c2, c0, 1, (uint32_t)ttbr1);
    CP15_WRITE(0, c2, c0, 2, value);
    isb();
    tlbi_all();
}

static void ttbcr_n(void)
{
    bool ok = true;

    for (uint32_t n = 1; n <= 7; n++) {
        uint32_t edge = 1u << (32 - n), below = edge - 0x100000, above = edge + 0x18000000;

        mmu_identity(l1_table);
        mmu_identity(l1_other);
        l1_set(l1_table, below, SECTION(SECTION_PA(1), AP_PRIV));
        l1_set(l1_other, below, SECTION(SECTION_PA(2), AP_PRIV));
        l1_set(l1_table, above, SECTION(SECTION_PA(3), AP_PRIV));
        l1_set(l1_other, above, SECTION(SECTION_PA(4), AP_PRIV));
        ttbcr_set(n, l1_table, l1_other);
        ok &= seen(below) == 0x100 && seen(above) == 0x400;
        ttbcr_set(0, l1_table, l1_other);
        ok &= seen(below) == 0x100 && seen(above) == 0x300;
        print("TTBCR.N = %u: ", (unsigned)n);
        report(ok, "TTBR0 below, TTBR1 above");
    }
    ttbcr_set(2 | 1u << 4, l1_table, l1_other);
    ok = seen(0x3ff00000) == FAULT_L1;
    ttbcr_set(0, l1_table, l1_other);
    report(ok, "TTBCR.PD0: translation fault");
    mmu_identity(l1_table);
    l1_set(l1_table, 0x10000000, SECTION(SECTION_PA(1), AP_PRIV));
    ttbcr_set(1 | 1u << 5, l1_table, l1_other);
    ok = seen(0x98000000) == FAULT_L1 && seen(0x10000000) == 0x100;
    ttbcr_set(0, l1_table, l1_other);
    report(ok, "TTBCR.PD1: translation fault");
    mmu_identity(l1_table);
    tlbi_all();
}

/*
 * Random mappings and invalidations against a model: for each page the set of values that the TLB may
 * still hold.  Bit 8 stands for "fault".
 */
#define MODEL_PAGES 32

static uint32_t model_step(uint32_t *l2, uint32_t *now, uint32_t *maybe, uint32_t *seed)
{
    uint32_t page = random_next(seed) % MODEL_PAGES, va = TEST_VA + 0x700000 + 0x1000 * page;
    uint32_t value = random_next(seed) % 9, what = random_next(seed) % 16;
    int got;

    if (what < 5) {
        l2_set(l2, va, value == 8 ? 0 : SMALL(PA(value), AP_PRIV));
        isb();
        now[page] = value;
    } else if (what == 5) {
        tlbi_mva(va, 0);
        maybe[page] = 0;
    } else if (what == 6 && value == 0) {
        tlbi_all();
        for (unsigned i = 0; i < MODEL_PAGES; i++) /* what is valid may be walked again at once, unasked */
            maybe[i] = now[i] == 8 ? 0 : 1u << now[i];
    } else {
        got = seen(va);
        if (got == FAULT_L2)
            got = 8;
        if (got < 0 || got > 8 || !((maybe[page] | 1u << now[page]) >> got & 1))
            return 1;
        /* A valid entry may now be held; a walk may also have happened without being seen. */
    }
    if (now[page] != 8)
        maybe[page] |= 1u << now[page];
    return 0;
}

static void random_stream(void)
{
    uint32_t now[MODEL_PAGES], maybe[MODEL_PAGES], seed = 2024, wrong = 0;
    uint32_t *l2 = l2_under(l1_table, TEST_VA + 0x700000, 0);

    for (unsigned i = 0; i < MODEL_PAGES; i++) {
        now[i] = 8;
        maybe[i] = 0;
    }
    tlbi_all();
    for (unsigned n = 0; n < 20000; n++)
        wrong += model_step(l2, now, maybe, &seed);
    report_eq(wrong, 0, "20000 random mappings, invalidations and reads");
}

static void barriers_if(uint32_t arg)
{
    __asm__ volatile("cmp %0, #1\n"
                     "mcrlo p15, 0, %0, c7, c10, 4\n mcrlo p15, 0, %0, c7, c10, 5\n mcrlo p15, 0, %0, c7, c5, 4\n"
                     "mcrhs p15, 0, %0, c7, c10, 4\n mcrhs p15, 0, %0, c7, c10, 5\n mcrhs p15, 0, %0, c7, c5, 4"
                     :: "r"(arg) : "cc", "memory");
}

static void conditional_barriers(void)
{
    bool ok = catch_call(barriers_if, 0) == EXC_NONE;

    report(ok && catch_call(barriers_if, 1) == EXC_NONE, "CP15 barriers with a condition, true and false");
}

static void call_code(uint32_t va)
{
    ((void (*)(uint32_t))va)(va + 0x3000);
}

/* The SVC comes while an invalidation may still be under way, of the page it is on or of one beside it. */
static void exception_before_dsb(void)
{
    uint32_t va = TEST_VA + 0x700000, *l2 = l2_under(l1_table, va, 0), kind = 0;
    bool ok = true;

    write32(PA(60), 0xee080f37); /* TLBIMVA r0 */
    write32(PA(60) + 4, 0xef000001);
    l2_set(l2, va, SMALL(PA(60), AP_ALL));
    l2_set(l2, va + 0x3000, SMALL(PA(61), AP_ALL));
    CP15_WRITE(0, c7, c11, 1, PA(60));
    CP15_WRITE(0, c7, c5, 0, 0);
    tlbi_all();
    for (unsigned i = 0; i < 3; i++) {
        kind = catch_call(call_code, va);
        ok &= kind == EXC_SVC;
    }
    write32(PA(60), 0xe2400a03); /* sub r0, r0, #0x3000: its own page */
    write32(PA(60) + 4, 0xee080f37);
    write32(PA(60) + 8, 0xef000001);
    CP15_WRITE(0, c7, c11, 1, PA(60));
    CP15_WRITE(0, c7, c5, 0, 0);
    tlbi_all();
    for (unsigned i = 0; i < 3; i++)
        ok &= catch_call(call_code, va) == EXC_SVC;
    report(ok, "TLBIMVA, then an exception without a DSB");
}

void test_main(void)
{
    mmu_setup();
    number_pages();
    invalid_to_valid();
    changed_entries();
    permissions();
    spaces();
    many_asids();
    random_stream();
    ttbcr_n();
    exception_before_dsb();
    conditional_barriers();
}
