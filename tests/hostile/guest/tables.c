/* Translation tables of noise, tables that point to themselves, outside RAM or everywhere. */
#include "hostile.h"

#define WILD_END 0xf8000000u

static uint32_t wild_l2[4][256] __attribute__((aligned(4096)));

static uint32_t wild_l1_entry(uint32_t i)
{
    uint32_t d = rnd();

    switch (pick(8)) {
    case 0: return (uint32_t)wild_l2[pick(4)] | (d & 0x1e0) | L1_TABLE;
    case 1: return (uint32_t)&l1_other[i & ~0xffu] | L1_TABLE;        /* its own second level */
    case 2: return (d & 0x000fffff) | (RAM_BASE + 0x02000000);
    case 3: return (odd_value() & ~0x3ffu) | L1_TABLE;                /* walks to anywhere */
    case 4: return (d & 0x0003fc1f) | L1_SUPER | (RAM_BASE + 0x02000000);
    case 5: return (uint32_t)l1_table | (d & 0x3c00) | L1_TABLE;      /* the program's first level */
    case 6: return (odd_value() & 0xfff00000) | (d & 0x3fc1f) | L1_SECTION;
    default: return d;
    }
}

static void noise(void)
{
    for (uint32_t i = 2048; i < WILD_END >> 20; i++)
        l1_other[i] = wild_l1_entry(i);
    for (uint32_t i = 0; i < 4 * 256; i++)
        wild_l2[i / 256][i % 256] = pick(3) ? rnd() : (rnd() & 0xfff) | (RAM_BASE + 0x02000000);
}

/* Operations that walk, each with its own idea of what to do with a fault. */
static void maintain(uint32_t va)
{
    switch (va >> 4 & 3) {
    case 0: CP15_WRITE(0, c7, c8, 0, va); break; /* ATS1CPR */
    case 1: CP15_WRITE(0, c7, c8, 3, va); break; /* ATS1CUW */
    case 2: CP15_WRITE(0, c8, c7, 1, va); break;
    default: CP15_WRITE(0, c7, c5, 1, va); break;
    }
}

static uint32_t probe_any(void)
{
    uint32_t va = rnd() | 0x80000000;

    if (va >= WILD_END)
        va -= 0x10000000;
    if (pick(4) == 0)
        va |= 0xffe; /* across pages */
    switch (pick(6)) {
    case 0: return probe_user_read(va);
    case 1: return probe_user_exec(va & ~3u);
    case 2: return catch_call(maintain, va);
    case 3: return probe_ldrt(va);
    default: return probe_read(va);
    }
}

/* A first-level table where there is no RAM, at its end, or in a device. */
static uint32_t no_table(void)
{
    static const uint32_t places[] = { 0, 0x08000000, 0x09000000, 0x0fffc000, 0x50000000, 0x4fffc000,
                                       0xfa000000, 0xfb000000, 0x3fffc000, 0x60000000, 0x70000000, 0x5ff00000 };

    return places[pick(sizeof(places) / 4)] | (rnd() & 0x7f);
}

static void set_half(uint32_t ttbr1)
{
    CP15_WRITE(0, c2, c0, 1, ttbr1);
    CP15_WRITE(0, c2, c0, 2, 1 | (pick(8) == 0) << 5);
    isb();
    tlbi_all();
}

void attack_tables(void)
{
    uint32_t aborts = 0;

    chunk_setup();
    CP15_WRITE(0, c12, c0, 0, (uint32_t)vectors);
    for (uint32_t round = 0; round < (rounds ? rounds : 25); round++) {
        noise();
        CP15_WRITE(0, c3, c0, 0, (rnd() & ~3u) | 1);
        set_half((uint32_t)l1_other);
        for (unsigned n = 0; n < 250; n++)
            aborts += probe_any() != 0;
        set_half(no_table());
        for (unsigned n = 0; n < 40; n++)
            aborts += probe_any() != 0;
    }
    CP15_WRITE(0, c2, c0, 2, 0);
    CP15_WRITE(0, c3, c0, 0, 1);
    tlbi_all();
    print("  %u aborts\n", (unsigned)aborts);
}

/*
 * All 4 GiB mapped to RAM, umbra's window and every place of translations included: by sections
 * (even seeds) or by second-level tables.  The program's own addresses stay as they are.
 */
void attack_map4g(void)
{
    uint32_t sum = 0, step = rnd() & 1;
    uint32_t *pages = (uint32_t *)FREE_PA;

    chunk_setup();
    for (uint32_t i = 0; i < 256; i++)
        pages[i] = SMALL(FREE_PA + 0x100000 + (i << 12), AP_PRIV) | L2_NG;
    for (uint32_t i = 0; i < 4096; i++) {
        l1_other[i] = l1_table[i];
        if (!l1_other[i])
            l1_other[i] = step ? FREE_PA | L1_TABLE : SECTION(FREE_PA + 0x100000 + (i % 64 << 20), AP_PRIV) | L1_NG;
    }
    print("  by %s\n", step ? "tables" : "sections");
    for (uint32_t round = 0; round < 3; round++) {
        space_set(l1_other, 3);
        for (uint32_t i = 1; i < 4096; i++) {
            if (i < UMBRA_WINDOW >> 20 || i >= UMBRA_END >> 20)
                sum += read32((i << 20) + (rnd() & 0xffffc & (step ? 0xfffff : 0xffffc)));
            if (i % 64 == 0)
                put_code(0x44000000 + (i << 6), 7);
        }
        tlbi_all();
        space_set(l1_table, 1);
    }
    print("  read all\n");
}

/* RAM at umbra's own addresses: touching it ends the VM, and umbra says why. */
void attack_window(void)
{
    uint32_t va = UMBRA_WINDOW + (rnd() & (UMBRA_END - UMBRA_WINDOW - 4)), fault = 0;

    chunk_setup();
    for (uint32_t at = UMBRA_WINDOW; at < UMBRA_END; at += 0x100000)
        l1_set(l1_table, at, SECTION(FREE_PA, AP_ALL));
    tlbi_all();
    if (va >> 20 == UMBRA_STATE >> 20)
        va += 0x00200000; /* the state page is there for all to see */
    print("  about to touch %08x\n", (unsigned)va);
    switch (pick(5)) {
    case 0: fault = probe_read(va); break;
    case 1: fault = probe_write(va, 1); break;
    case 2: fault = probe_exec(va & ~3u); break;
    case 3: fault = probe_user_read(va); break;
    default: fault = probe_user_exec(va & ~3u); break;
    }
    print("  still here: %x\n", (unsigned)fault);
}
