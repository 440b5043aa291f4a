/*
 * A guest that does everything wrong.  It must see what the architecture says, or at least nobody but
 * itself may suffer; what is UNPREDICTABLE is not looked at.
 */
#include "lib/gic.h"
#include "lib/mmu.h"

#define CHUNK_WORDS 48
#define SANDBOX 0xa0000000u /* code here, read-only; one page of data after it */
#define WILD_END 0xf8000000u /* umbra has its window above, and stops a guest that uses it */
#define NOWHERE 0x0b800000u /* no device and no RAM */

void hostile_run(uint32_t regs[13], uint32_t code, uint32_t cpsr);
extern uint32_t hostile_vectors[];

static void jump(uint32_t va)
{
    ((void (*)(void))va)();
}

static void nowhere(void)
{
    static const uint32_t places[] = { 0x0b800000, 0x0bfffffc, 0x0a100000 };
    bool ok = true;

    for (unsigned i = 0; i < 3; i++) {
        ok &= check_eq(probe_read(places[i]), FAULT_D(0x8), "read") && last_trap.dfar == places[i];
        ok &= check_eq(probe_write(places[i], 1), FAULT_D(0x8), "write") && last_trap.dfar == places[i];
        ok &= check_eq(catch_call(jump, places[i]), EXC_PABT, "jump") && last_trap.ifar == places[i];
        ok &= check_eq(fsr_status(last_trap.ifsr), 0x8, "IFSR");
    }
    report(ok, "physical addresses with nothing: external aborts");
}

static void nowhere_mapped(void)
{
    bool ok;

    l1_set(l1_table, TEST_VA, NOWHERE | L1_SECTION | L1_AP(AP_ALL));
    isb();
    ok = probe_read(TEST_VA) == FAULT_D(0x8) && fault_at(TEST_VA, false);
    ok &= probe_write(TEST_VA + 4, 1) == FAULT_D(0x8) && fault_at(TEST_VA + 4, true);
    ok &= probe_user_read(TEST_VA + 8) == FAULT_D(0x8) && fault_at(TEST_VA + 8, false);
    ok &= probe_user_write(TEST_VA + 12) == FAULT_D(0x8) && fault_at(TEST_VA + 12, true);
    report(ok, "mapped addresses with nothing: external aborts");
    l1_set(l1_table, TEST_VA, 0);
    tlbi_all();
}

static void jumps(void)
{
    static const uint32_t places[] = { 0x10000000, 0x3ffffffc, 0x7ffffffc, 0xfffffff0, 0xc0000000,
                                       0xfa000000, 0xfbfffffc };
    bool ok = true;

    for (unsigned i = 0; i < sizeof(places) / 4; i++) {
        ok &= check_eq(probe_exec(places[i]), FAULT_I(5), "jump") && fault_at(places[i], false);
        ok &= check_eq(probe_user_exec(places[i]), FAULT_I(5), "user jump") && fault_at(places[i], false);
        ok &= check_eq(probe_read(places[i]), FAULT_D(5), "read") && fault_at(places[i], false);
        ok &= check_eq(probe_write(places[i], 0), FAULT_D(5), "write") && fault_at(places[i], true);
    }
    report(ok, "jumps and accesses to unmapped addresses");
}

/* Which words would take the test itself away: they are left out. */
static bool ends_the_guest(uint32_t w)
{
    uint32_t cond = w >> 28, crn = w >> 16 & 15;

    if ((w & 0x0e000000) == 0x0a000000)
        return true; /* B, BL: to the program itself, maybe */
    if ((w & 0x0f000010) == 0x0e000010 && !(w & 0x00100000) && (w >> 8 & 15) == 15)
        return crn == 1 || crn == 2 || crn == 3 || crn == 10 || crn == 12 || crn == 14 || crn == 9;
    if ((w & 0x0ff00f00) == 0x0c400f00)
        return true; /* MCRR p15 */
    if ((w & 0x0fb00000) == 0x03200000 || (w & 0x0fb000f0) == 0x01200000)
        return w & 0x00010000; /* MSR of the control field: masks */
    if (cond == 15 && (w & 0x0ff00000) == 0x01000000)
        return true; /* CPS: masks; SETEND */
    if ((w & 0x0ff000f0) == 0x01400070 || (w & 0x0ff000f0) == 0x01600070)
        return true; /* HVC, SMC: PSCI */
    if (cond == 15 && (w & 0x0e500000) == 0x08100000)
        return true; /* RFE: masks, from memory */
    if ((w & 0x0e108000) == 0x08108000 && (w & 0x00400000))
        return true; /* LDM pc ^: the same by way of SPSR */
    if ((w & 0x0c10f000) == 0x0010f000 && (w >> 23 & 3) != 2)
        return true; /* data processing to pc with S */
    return (w & 0x0dd0f000) == 0x01d0f000 || (w & 0x0dd0f000) == 0x0190f000;
}

static void random_chunk(uint32_t *seed, uint32_t mode)
{
    uint32_t regs[13], code = TEST_PA, n = 0;

    while (n < CHUNK_WORDS) {
        uint32_t w = random_next(seed);

        if (random_next(seed) & 1)
            w = (w & 0x0fffffff) | 0xe0000000;
        if (!ends_the_guest(w))
            write32(code + 4 * n++, w);
    }
    for (; n < CHUNK_WORDS + 16; n++)
        write32(code + 4 * n, 0xef000000); /* SVC */
    CP15_WRITE(0, c7, c5, 0, 0);
    CP15_WRITE(0, c7, c5, 6, 0);
    dsb();
    isb();
    for (unsigned i = 0; i < 13; i++)
        regs[i] = i & 1 ? SANDBOX + 0x1000 + (random_next(seed) & 0xffc) : random_next(seed) | 0xb0000000;
    CNTV_TVAL_WRITE(CNTFRQ() / 500);
    CNTV_CTL_WRITE(CNT_ENABLE);
    hostile_run(regs, SANDBOX + 4 * (random_next(seed) % CHUNK_WORDS), mode);
    CNTV_CTL_WRITE(0);
    write32(GICC_EOIR, read32(GICC_IAR));
}

static void random_words(void)
{
    uint32_t seed = 0x5eed, vbar = CP15_READ(0, c12, c0, 0);
    uint32_t *l2 = l2_under(l1_table, SANDBOX, 0);

    l2_set(l2, SANDBOX, SMALL(TEST_PA, AP_ALL_RO));
    l2_set(l2, SANDBOX + 0x1000, SMALL(TEST_PA + 0x1000, AP_ALL));
    isb();
    gic_init();
    gic_enable(IRQ_CNTV);
    CP15_WRITE(0, c12, c0, 0, (uint32_t)hostile_vectors);
    isb();
    for (unsigned n = 0; n < 8000; n++)
        random_chunk(&seed, n % 4 == 3 ? MODE_USR : MODE_SYS);
    CP15_WRITE(0, c12, c0, 0, vbar);
    gic_disable(IRQ_CNTV);
    isb();
    report(true, "8000 chunks of random words survived");
}

/* The upper half of the space, through TTBR1, has tables made of noise. */
static void wild_tables(void)
{
    uint32_t *l2 = l2_new(), seed = 4711, aborts = 0;

    mmu_identity(l1_other);
    CP15_WRITE(0, c2, c0, 1, (uint32_t)l1_other);
    CP15_WRITE(0, c2, c0, 2, 1);
    isb();
    tlbi_all();
    for (unsigned round = 0; round < 60; round++) {
        for (uint32_t i = 2048; i < WILD_END >> 20; i++) {
            uint32_t d = random_next(&seed);

            if (i % 8 == 0)
                d = (uint32_t)l2 | L1_TABLE;
            else if (i % 8 == 1)
                d = (uint32_t)&l1_other[i & ~0xffu] | L1_TABLE; /* the first level is its own second level */
            else if (i % 8 == 2)
                d = (d & 0x000fffff) | (RAM_BASE + 0x02000000);
            l1_other[i] = d;
        }
        for (uint32_t i = 0; i < 256; i++)
            l2[i] = i & 1 ? random_next(&seed) : (random_next(&seed) & 0xfff) | (RAM_BASE + 0x02000000);
        tlbi_all();
        for (unsigned n = 0; n < 300; n++)
            aborts += probe_read(random_next(&seed) | 0x80000000) != 0;
        for (unsigned n = 0; n < 20; n++)
            aborts += probe_user_read(random_next(&seed) | 0x80000000) != 0;
    }
    CP15_WRITE(0, c2, c0, 2, 0);
    CP15_WRITE(0, c2, c0, 1, (uint32_t)l1_table);
    isb();
    tlbi_all();
    report(aborts > 0, "tables of noise: reads survived");
}

/* Tables that point to themselves, everywhere. */
static void looping_tables(void)
{
    bool ok = true;

    for (uint32_t i = 2048; i < WILD_END >> 20; i++)
        l1_set(l1_other, i << 20, (uint32_t)&l1_other[i & ~0xffu] | L1_TABLE);
    CP15_WRITE(0, c2, c0, 1, (uint32_t)l1_other);
    CP15_WRITE(0, c2, c0, 2, 1);
    isb();
    tlbi_all();
    for (uint32_t i = 2048; i < WILD_END >> 20; i += 3) {
        uint32_t fault = probe_read(i << 20 | (i & 0xff) << 12);

        /* As a second-level entry each one is a large page with whatever attributes. */
        ok &= fault == 0 || fault == FAULT_D(0x8) || fault == FAULT_D(0xf) || fault == FAULT_D(0xb);
    }
    CP15_WRITE(0, c2, c0, 2, 0);
    CP15_WRITE(0, c2, c0, 1, (uint32_t)l1_table);
    isb();
    tlbi_all();
    report(ok, "tables that point to themselves");
}

static void floods(void)
{
    uint32_t va = TEST_VA + 0x200000, *l2 = l2_under(l1_table, va, 0), seed = 1;
    bool ok = true;

    l2_set(l2, va, SMALL(TEST_PA, AP_PRIV));
    isb();
    write32(TEST_PA, 0x600d);
    for (unsigned n = 0; n < 20000; n++) {
        CP15_WRITE(0, c8, c7, 1, random_next(&seed)); /* TLBIMVA of anything */
        CP15_WRITE(0, c8, c7, 2, random_next(&seed)); /* TLBIASID */
        if (n % 16 == 0)
            CP15_WRITE(0, c8, c7, 0, 0);
        if (n % 64 == 0)
            ok &= read32(va) == 0x600d;
    }
    dsb();
    isb();
    report(ok && read32(va) == 0x600d, "flood of TLB operations without barriers");
    for (unsigned n = 0; n < 1000; n++) {
        tlbi_all();
        ok &= read32(va) == 0x600d;
    }
    report(ok, "1000 TLBIALL, each with an access");
    for (unsigned n = 0; n < 3000; n++) {
        CP15_WRITE(0, c7, c5, 0, 0);
        CP15_WRITE(0, c7, c5, 1, (random_next(&seed) & 0x000fffe0) | RAM_BASE);
        CP15_WRITE(0, c7, c5, 6, 0);
        isb();
    }
    report(read32(va) == 0x600d, "flood of I-cache operations");
    for (unsigned n = 0; n < 2000; n++) {
        CP15_WRITE(0, c13, c0, 1, n & 0xff);
        CP15_WRITE(0, c3, c0, 0, (random_next(&seed) & ~3u) | 1);
        isb();
        ok &= read32(va) == 0x600d;
    }
    CP15_WRITE(0, c13, c0, 1, 0);
    CP15_WRITE(0, c3, c0, 0, 1);
    isb();
    report(ok, "flood of ASIDs and domains");
    for (unsigned n = 0; n < 100; n++) {
        mmu_off();
        mmu_on();
        ok &= read32(va) == 0x600d;
    }
    report(ok, "flood of MMU off and on");
}

/* Every coprocessor register there is a number for: read, or UNDEFINED, and nothing else. */
static void read_any(uint32_t at)
{
    ((void (*)(void))at)();
}

static void register_scan(void)
{
    uint32_t at = TEST_PA + 0x2000, odd = 0;

    write32(at + 4, 0xe12fff1e);
    for (uint32_t n = 0; n < 8 * 16 * 16 * 8; n += 5) {
        uint32_t op1 = n & 7, op2 = n >> 3 & 7, crm = n >> 6 & 15, crn = n >> 10 & 15, kind;

        write32(at, 0xee100f10 | op1 << 21 | crn << 16 | op2 << 5 | crm);
        sync_line(at);
        kind = catch_call(read_any, at);
        odd += kind != EXC_NONE && kind != EXC_UND;
    }
    report_eq(odd, 0, "CP15 reads of all kinds: a value or UNDEFINED");
}

void test_main(void)
{
    nowhere();
    mmu_setup();
    nowhere_mapped();
    jumps();
    floods();
    wild_tables();
    looping_tables();
    register_scan();
    random_words();
}
