/* More spaces, mappings and code than umbra has memory for. */
#include "hostile.h"

#define VA 0x80000000u
#define SPACE_TABLES 256u

static uint32_t *table_at(uint32_t n)
{
    return (uint32_t *)(0x44000000 + n * 0x4000);
}

static void make_table(uint32_t n)
{
    uint32_t *l1 = table_at(n), *l2 = (uint32_t *)(0x45000000 + n * 0x400);

    for (uint32_t i = 0; i < 4096; i++)
        l1[i] = l1_table[i];
    for (uint32_t i = 0; i < 256; i++)
        l2[i] = SMALL(0x46000000 + ((n * 7 + i) % 4096 << 12), AP_ALL) | L2_NG;
    for (uint32_t i = 0; i < 64; i++) {
        l1[(VA >> 20) + 2 * i] = (uint32_t)l2 | L1_TABLE;
        l1[(VA >> 20) + 2 * i + 1] = SECTION(0x46000000 + ((n + i) % 16 << 20), AP_ALL) | L1_NG;
    }
}

/* What must be read at page i of a table's mebibytes: its physical page's number. */
static bool look(uint32_t n)
{
    uint32_t mib = pick(64), i = pick(256);
    bool ok = read32(VA + (mib << 21) + (i << 12)) == (n * 7 + i) % 4096;

    return ok && read32(VA + (mib << 21) + 0x100000 + (i << 12)) == (((n + mib) % 16) << 8) + i;
}

/* More tables than ASIDs: 4 KiB each, for the lowest GiB (TTBCR.N = 2); the program is in TTBR1's. */
#define MANY 4096u
#define LOW_VA 0x10000000u

static uint32_t *small_table(uint32_t n)
{
    return (uint32_t *)(0x48000000 + n * 0x1000);
}

static void many_spaces(uint32_t total)
{
    static uint16_t owner[256];
    uint32_t wrong = 0;

    for (uint32_t n = 0; n < MANY; n++) {
        uint32_t *l1 = small_table(n);

        for (uint32_t i = 0; i < 1024; i++)
            l1[i] = 0x080 <= i && i < 0x0a1 ? l1_table[i] : 0;
        l1[LOW_VA >> 20] = (0x45000000 + n % SPACE_TABLES * 0x400) | L1_TABLE;
        l1[(LOW_VA >> 20) + 1] = SECTION(0x46000000 + (n / SPACE_TABLES << 20), AP_ALL) | L1_NG;
    }
    CP15_WRITE(0, c2, c0, 1, (uint32_t)l1_table);
    space_set(small_table(0), 0);
    CP15_WRITE(0, c2, c0, 2, 2);
    tlbi_all();
    for (uint32_t n = 0; n < total; n++) {
        uint32_t t = pick(MANY), asid = t % 255 + 1, i = pick(256);

        space_set(small_table(t), asid);
        if (owner[asid] != t)
            tlbi_asid(asid);
        owner[asid] = (uint16_t)t;
        wrong += read32(LOW_VA + (i << 12)) != (t % SPACE_TABLES * 7 + i) % 4096;
        wrong += read32(LOW_VA + 0x100000 + (i << 12)) != (t / SPACE_TABLES << 8) + i;
    }
    CP15_WRITE(0, c2, c0, 2, 0);
    space_set(l1_table, 1);
    tlbi_all();
    report_eq(wrong, 0, "each of 4096 spaces shows its own pages");
}

/* Thousands of (table, ASID) pairs in random order, with and without TLB operations. */
void attack_spaces(void)
{
    uint32_t wrong = 0, total = rounds ? rounds : 4000;

    chunk_setup();
    for (uint32_t i = 0; i < 4096; i++)
        write32(0x46000000 + (i << 12), i);
    for (uint32_t n = 0; n < SPACE_TABLES; n++)
        make_table(n);
    for (uint32_t n = 0; n < total; n++) {
        uint32_t t = pick(SPACE_TABLES);

        space_set(table_at(t), t & 255); /* one ASID is one table's, so nothing is stale */
        for (unsigned i = 0; i < 8; i++)
            wrong += !look(t);
        if (pick(64) == 0)
            tlbi_all();
        if (pick(16) == 0)
            tlbi_asid(pick(256));
    }
    space_set(l1_table, 1);
    tlbi_all();
    report_eq(wrong, 0, "each space shows its own pages");
    many_spaces(total);
}

static uint32_t call(uint32_t va)
{
    return ((uint32_t (*)(void))va)();
}

/* Thousands of pages of code, A32 and T32, at one address each and one page at thousands. */
void attack_code(void)
{
    uint32_t wrong = 0, pages = rounds ? rounds : 3000, pa = 0x44000000;
    uint32_t *l2 = (uint32_t *)0x43000000;

    chunk_setup();
    for (uint32_t n = 0; n < pages; n++) {
        uint32_t at = pa + (n << 12) + (n * 52 & 0xff0);

        put_code(at, (uint8_t)n);
        write32(at + 8, 0x47702000 | (n & 0xff)); /* T32: movs r0, #n; bx lr */
    }
    CP15_WRITE(0, c7, c5, 0, 0);
    for (uint32_t n = 0; n < 2 * pages; n++) {
        uint32_t i = pick(pages), at = pa + (i << 12) + (i * 52 & 0xff0);

        uint32_t to = pick(4) ? at : (at + 8) | 1, got = call(to);

        if (got != (i & 0xff) && wrong++ < 8)
            print("  %u: %08x gives %x, should be %x\n", (unsigned)n, (unsigned)to, (unsigned)got, (unsigned)i & 0xff);
    }
    report_eq(wrong, 0, "thousands of pages of code");
    for (uint32_t i = 0; i < 256 * 16; i++) /* 4096 addresses of 8 pages */
        l2[i] = SMALL(pa + (i % 8 << 12), AP_PRIV);
    for (uint32_t i = 0; i < 16; i++)
        l1_set(l1_table, VA + (i << 20), (uint32_t)(l2 + 256 * i) | L1_TABLE);
    tlbi_all();
    for (uint32_t n = 0; n < pages; n++) {
        uint32_t i = pick(256 * 16), at = VA + (i << 12) + (i % 8 * 52 & 0xff0);

        wrong += call(pick(4) ? at : (at + 8) | 1) != i % 8;
    }
    report_eq(wrong, 0, "one page of code at thousands of addresses");
}
