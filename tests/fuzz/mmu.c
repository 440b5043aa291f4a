/*
 * Programs of page table edits, TLB maintenance, changes of context, and accesses.  After an edit without
 * maintenance an access may go by the old table or the new: the model says what is possible.
 * The digest has the outcome where there is only one; any other must be one of those possible.
 */
#include "mmu_parts.h"

#define PA_BASE 0x42000000u            /* 16 MiB, also as a supersection */
#define SLOTS 6
#define TABLES 3

static const uint32_t mib_va[4] = { 0x80000000, 0x80100000, 0x10000000, 0x10100000 };
static const uint32_t slot_page[SLOTS] = { 0, 1, 15, 16, 17, 255 };
/* Where those can be, by pages of any size. */
#define PLACES 9
static const uint32_t place_page[PLACES] = { 0, 1, 15, 16, 17, 31, 240, 241, 255 };
static uint32_t tables[TABLES][256] __attribute__((aligned(1024)));
static uint32_t *const roots[2] = { l1_table, l1_other };
static uint32_t written = 0x10000000; /* never the same value twice */
static bool has_mvaa, on_qemu;

uint32_t mmu_any_pa(void)
{
    return PA_BASE + pick(4) * 0x100000 + slot_page[pick(SLOTS)] * 0x1000;
}

static uint32_t any_ap(void)
{
    static const uint8_t ap[] = { 0, 1, 2, 3, 3, 3, 5, 6, 7 };

    return ap[pick(9)];
}

static uint32_t any_texcb(void)
{
    static const uint8_t texcb[] = { 0x07, 0x03, 0x02, 0x04 };

    return texcb[pick(4)];
}

static uint32_t any_small(void)
{
    return mmu_any_pa() | L2_SMALL | L2_AP(any_ap()) | (pick(2) ? L2_NG : 0) | (pick(4) ? 0 : L2_SMALL_XN) |
           L2_SMALL_TEXCB(any_texcb());
}

static uint32_t any_large(void)
{
    return (mmu_any_pa() & 0xffff0000) | L2_LARGE | L2_AP(any_ap()) | (pick(2) ? L2_NG : 0) |
           (pick(4) ? 0 : L2_LARGE_XN) | L2_LARGE_TEXCB(any_texcb());
}

static uint32_t any_section(void)
{
    return (mmu_any_pa() & 0xfff00000) | L1_SECTION | L1_AP(any_ap()) | (pick(2) ? L1_NG : 0) | (pick(4) ? 0 : L1_XN) |
           L1_TEXCB(any_texcb()) | L1_DOMAIN(pick(4));
}

static uint32_t any_va(void)
{
    return mib_va[pick(4)] + slot_page[pick(SLOTS)] * 0x1000;
}

void mmu_edit_page(void)
{
    uint32_t *table = tables[pick(TABLES)], page = slot_page[pick(SLOTS)], large = any_large();

    if (pick(4)) {
        desc_write(&table[page], pick(5) ? any_small() : 0);
    } else {
        for (unsigned i = 0; i < 16; i++) {
            desc_write(&table[(page & 0xf0) + i], large);
            model_walk_all();
        }
    }
}

static void edit_first_level(void)
{
    uint32_t *root = roots[pick(2)], va = mib_va[pick(4)], super;

    switch (pick(8)) {
    case 0: l1_set(root, va, 0); break;
    case 1: case 2: l1_set(root, va, any_section()); break;
    case 3:
        super = PA_BASE | L1_SUPER | L1_AP(any_ap()) | (pick(2) ? L1_NG : 0) | (pick(4) ? 0 : L1_XN) |
                L1_TEXCB(TEXCB_NORMAL);
        for (unsigned i = 0; i < 16; i++) {
            l1_set(root, (va & 0xff000000) + i * 0x100000, super);
            model_walk_all();
        }
        break;
    default: l1_set(root, va, (uint32_t)tables[pick(TABLES)] | L1_TABLE | L1_DOMAIN(pick(4))); break;
    }
}

/* By the operations for the two kinds of TLB, one after the other. */
static void maintain_split(uint32_t va, uint32_t asid, unsigned what)
{
    dsb();
    switch (what) {
    case 0:
        CP15_WRITE(0, c8, c5, 0, 0);
        CP15_WRITE(0, c8, c6, 0, 0);
        break;
    case 1:
        CP15_WRITE(0, c8, c6, 1, va | asid);
        CP15_WRITE(0, c8, c5, 1, va | asid);
        break;
    default:
        CP15_WRITE(0, c8, c5, 2, asid);
        CP15_WRITE(0, c8, c6, 2, asid);
        break;
    }
    dsb();
    isb();
    if (what == 0)
        model_invalidate_all();
    else if (what == 1)
        model_invalidate_va(va, asid);
    else
        model_invalidate_asid(asid);
}

static void maintain(void)
{
    uint32_t va = any_va(), asid = 1 + pick(3);

    switch (pick(9)) {
    case 0:
        tlbi_all();
        model_invalidate_all();
        break;
    case 8:
        maintain_split(va, asid, pick(3));
        break;
    case 1: case 2:
        tlbi_asid(asid);
        model_invalidate_asid(asid);
        break;
    case 3:
        if (!has_mvaa)
            return;
        tlbi_mvaa(va);
        model_invalidate_va(va, 256);
        break;
    default:
        tlbi_mva(va + (pick(2) ? 0 : pick(4096)), asid);
        model_invalidate_va(va, asid);
        break;
    }
}

static void set_afe(bool on)
{
    SCTLR_WRITE((SCTLR_READ() & ~SCTLR_AFE) | (on ? SCTLR_AFE : 0));
    isb();
    model_regs.afe = on;
    tlbi_all();
    model_invalidate_all();
}

/* All eight kinds of memory are Normal, of different cacheability: nothing that an access shows. */
static void set_tre(bool on)
{
    CP15_WRITE(0, c10, c2, 0, 0x000aaaaa);
    CP15_WRITE(0, c10, c2, 1, any_word());
    SCTLR_WRITE((SCTLR_READ() & ~SCTLR_TRE) | (on ? SCTLR_TRE : 0));
    isb();
    tlbi_all();
    model_invalidate_all();
}

static void set_n(uint32_t n)
{
    CP15_WRITE(0, c2, c0, 2, n);
    isb();
    model_regs.n = n;
    tlbi_all(); /* which table an address belongs to may be held as well */
    model_invalidate_all();
}

void mmu_set_dacr(uint32_t dacr)
{
    CP15_WRITE(0, c3, c0, 0, dacr);
    isb();
    model_regs.dacr = dacr;
}

/* Domain 0 stays Client; 2 is reserved. */
uint32_t mmu_any_dacr(void)
{
    static const uint8_t rights[] = { 0, 1, 1, 3 };

    return 1 | rights[pick(4)] << 2 | rights[pick(4)] << 4 | rights[pick(4)] << 6;
}

static void change_context(void)
{
    uint32_t asid = 1 + pick(3), root = (uint32_t)roots[pick(2)];

    switch (pick(8)) {
    case 0: case 1:
        CP15_WRITE(0, c13, c0, 1, asid);
        isb();
        model_regs.asid = asid;
        break;
    case 2: case 3: case 4:
        space_set((const uint32_t *)root, asid);
        model_regs.ttbr0 = root;
        model_regs.asid = asid;
        break;
    case 5:
        CP15_WRITE(0, c2, c0, 1, root);
        isb();
        model_regs.ttbr1 = root;
        break;
    case 6: set_n(pick(3)); break;
    case 7:
        if (pick(2))
            set_tre(pick(2));
        else
            set_afe(!model_regs.afe);
        break;
    }
    model_walk_all();
}

uint32_t mmu_new_value(void)
{
    return ++written;
}

uint32_t mmu_find_written(uint32_t value, uint32_t offset)
{
    for (unsigned mib = 0; mib < 16; mib++) {
        for (unsigned i = 0; i < PLACES; i++) {
            uint32_t pa = PA_BASE + mib * 0x100000 + place_page[i] * 0x1000;

            if (read32(pa + offset) == value)
                return pa;
        }
    }
    return 0;
}

uint32_t mmu_code_page(uint32_t n)
{
    return PA_BASE + n / PLACES * 0x100000 + place_page[n % PLACES] * 0x1000;
}

/* The outcome in the model's terms. */
static uint32_t probe(uint32_t va, enum mmu_kind kind)
{
    uint32_t f = 0;

    switch (kind) {
    case DO_READ: f = probe_read(va); break;
    case DO_WRITE: f = probe_write(va + 0x10, mmu_new_value()); break;
    case DO_FETCH: f = probe_exec(va + CODE_AT); break;
    case DO_LDRT: f = probe_ldrt(va); break;
    case DO_STRT: f = probe_strt(va + 0x10, mmu_new_value()); break;
    case DO_USER_READ: f = probe_user_read(va); break;
    default: f = probe_user_exec(va + CODE_AT); break;
    }
    if (f)
        return 0x100 | (f & 0x1f);
    if (kind == DO_WRITE || kind == DO_STRT)
        return mmu_find_written(written, 0x10);
    return kind == DO_FETCH || kind == DO_USER_FETCH ? mmu_code_page(probe_value) : probe_value;
}

void mmu_judge(unsigned page, enum mmu_kind kind, uint32_t got)
{
    static const char *const names[] = { "read", "write", "fetch", "ldrt", "strt", "user read", "user fetch" };
    static const uint8_t kinds[] = { MODEL_READ, MODEL_WRITE, MODEL_FETCH, MODEL_READ, MODEL_WRITE, MODEL_READ,
                                     MODEL_FETCH };
    uint32_t out[MODEL_HELD + 4];
    unsigned n = model_outcomes(page, kinds[kind], kind <= DO_FETCH, out);
    uint32_t deviation = model_deviation(page, kinds[kind]), code[MODEL_HELD];
    unsigned kept = kind == DO_FETCH ? model_code_kept(page, code) : 0;
    bool deviant = model_held[page].deviant, fits = n == 0 || (on_qemu && deviant);

    for (unsigned i = 0; i < n; i++)
        fits |= out[i] == got;
    fits |= on_qemu && deviation && got == deviation;
    for (unsigned i = 0; !on_qemu && i < kept; i++)
        fits |= code[i] == got;
    note(!fits || (n == 1 && !deviation && !deviant && !kept) ? got : n);
    if (verbose())
        print("  %s %08x -> %x of %u\n", names[kind], (unsigned)model_held[page].va, (unsigned)got, n);
    if (fits)
        return;
    print("ILLEGAL %s at %08x: %x, possible:", names[kind], (unsigned)model_held[page].va, (unsigned)got);
    for (unsigned i = 0; i < n; i++)
        print(" %x", (unsigned)out[i]);
    print("\n");
}

static void access(void)
{
    uint32_t page = pick(MODEL_PAGES);
    enum mmu_kind kind = pick(DO_COUNT);

    mmu_judge(page, kind, probe(model_held[page].va, kind));
}

/* Each page knows its address, and has a function that returns its number. */
static void fill_pages(void)
{
    static bool done;

    for (unsigned n = 0; !done && n < 16 * PLACES; n++) {
        uint32_t pa = mmu_code_page(n);

        write32(pa, pa);
        put_code(pa + CODE_AT, (uint8_t)n);
    }
    done = true;
}

static void reset(void)
{
    for (unsigned r = 0; r < 2; r++) {
        for (unsigned i = 0; i < 32; i++)
            roots[r][(i < 16 ? 0x800 : 0xf0) + i] = 0;
    }
    memset(tables, 0, sizeof(tables));
    mmu_set_dacr(0x0d);
    model_regs.ttbr0 = model_regs.ttbr1 = (uint32_t)l1_table;
    CP15_WRITE(0, c2, c0, 1, (uint32_t)l1_table);
    set_n(0);
    set_afe(false);
    set_tre(false);
    space_set(l1_table, 0);
    tlbi_all();
}

static void note_item(unsigned i, const char *what)
{
    if (verbose())
        print("  item %u: %s\n", i, what);
}

static void mvaa_works(uint32_t arg)
{
    CP15_WRITE(0, c8, c7, 3, 0);
}

static void start(void)
{
    static bool done;

    if (!done) {
        mmu_identity(l1_other);
        on_qemu = (CP15_READ(0, c0, c0, 0) >> 4 & 0xfff) == 0xc0f; /* umbra's is a Cortex-A8 */
        has_mvaa = catch_call(mvaa_works, 0) == EXC_NONE;
    }
    done = true;
    fill_pages();
    reset();
    for (unsigned i = 0; i < MODEL_PAGES; i++)
        model_held[i].va = mib_va[i / SLOTS] + slot_page[i % SLOTS] * 0x1000;
    for (unsigned r = 0; r < 2; r++) {
        for (unsigned i = 0; i < 4; i++)
            l1_set(roots[r], mib_va[i], (uint32_t)tables[pick(TABLES)] | L1_TABLE | L1_DOMAIN(pick(3)));
    }
    for (unsigned i = 0; i < TABLES * SLOTS; i++)
        desc_write(&tables[i / SLOTS][slot_page[i % SLOTS]], any_small());
    space_set(l1_table, 1);
    model_regs.asid = 1;
    mmu_set_dacr(0x15);
    tlbi_all();
    model_begin();
}

void mmu_program(uint32_t seed, const uint32_t keep[2])
{
    start();
    for (uint32_t i = 0; i < MAX_ITEMS; i++) {
        item_seed(seed, i);
        if (!(keep[i / 32] >> i % 32 & 1))
            continue;
        switch (pick(16)) {
        case 0: case 1: note_item(i, "page"); mmu_edit_page(); model_walk_all(); break;
        case 2: note_item(i, "first level"); edit_first_level(); model_walk_all(); break;
        case 3: case 4: note_item(i, "maintenance"); maintain(); break;
        case 5: note_item(i, "context"); change_context(); break;
        case 6: note_item(i, "DACR"); mmu_set_dacr(mmu_any_dacr()); model_walk_all(); break;
        case 7: case 8: note_item(i, "DACR chain"); mmu_dacr_chain(); break;
        case 9: note_item(i, "MMU off"); mmu_flat_visit(); break;
        default: note_item(i, "access"); access(); break;
        }
    }
    reset();
}
