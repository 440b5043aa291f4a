/*
 * Demand paging under every kind of access: the fault's address, the base register restored, and the
 * same result after the restart as when nothing faults.
 */
#include "lib/mmu.h"

struct access { uint32_t (*fn)(uint32_t address); int offset; const char *name; };
extern const struct access access_table[];

#define EDGE (TEST_VA + 0x1000)
#define WINDOW 64u /* bytes looked at on each side of the edge */

static uint32_t *l2;
static uint32_t fault_count, base_wanted;
static bool base_wrong, address_wrong;

static uint32_t page_pa(uint32_t va)
{
    return TEST_PA + ((va - TEST_VA) & 0xf000);
}

static bool is_mapped(uint32_t va)
{
    return l2[va >> 12 & 0xff] != 0;
}

static void map_page(uint32_t va)
{
    l2_set(l2, va, SMALL(page_pa(va), AP_ALL));
    isb();
}

static void unmap_page(uint32_t va)
{
    l2_set(l2, va, 0);
    tlbi_mva(va, 0);
}

/* Maps the missing page and restarts.  r0 is the base of every access in the table but PUSH, POP, SRS. */
static bool page_in(struct trap *t)
{
    uint32_t va = t->dfar;

    if (t->kind != EXC_DABT || fsr_status(t->dfsr) != 0x7)
        return false;
    if (is_mapped(va))
        va += 0x1000; /* the access begins in the page before */
    address_wrong |= is_mapped(va) || va < TEST_VA || va >= TEST_VA + 0x2000;
    base_wrong |= t->r[0] != base_wanted;
    fault_count++;
    map_page(va);
    t->lr -= 8;
    return true;
}

static void fill(void)
{
    for (uint32_t n = 0; n < 2 * WINDOW; n += 4)
        write32(page_pa(EDGE - WINDOW + n) + ((EDGE - WINDOW + n) & 0xfff), 0x9e3779b9u * (n + 1));
}

static uint32_t contents(void)
{
    uint32_t low = page_pa(EDGE - 4) + 0x1000, high = page_pa(EDGE);

    return sum_words((void *)(low - WINDOW), (void *)low) ^ ~sum_words((void *)high, (void *)(high + WINDOW));
}

static bool same_with(const struct access *a, bool low, bool high, uint32_t result, uint32_t memory)
{
    uint32_t got;
    bool ok;

    fill();
    fault_count = 0;
    if (!low)
        unmap_page(EDGE - 4);
    if (!high)
        unmap_page(EDGE);
    got = a->fn(EDGE + (uint32_t)a->offset);
    map_page(EDGE - 4);
    map_page(EDGE);
    ok = check_eq(got, result, "registers") && check_eq(contents(), memory, "memory");
    return ok && check_eq(fault_count <= 2, 1, "faults");
}

static void demand_paging(const struct access *a)
{
    uint32_t result, memory;
    bool ok;

    base_wanted = EDGE + (uint32_t)a->offset;
    base_wrong = address_wrong = false;
    fill();
    result = a->fn(base_wanted);
    memory = contents();
    ok = same_with(a, true, false, result, memory);
    if (!check_eq(fault_count, 1, "faults"))
        ok = false;
    ok &= same_with(a, false, true, result, memory);
    ok &= same_with(a, false, false, result, memory);
    ok &= !base_wrong && !address_wrong;
    print("%s, at edge %s%u: ", a->name, a->offset < 0 ? "-" : "+",
          (unsigned)(a->offset < 0 ? -a->offset : a->offset));
    report(ok, "restarted");
}

static bool page_in_code(struct trap *t)
{
    if (t->kind == EXC_DABT)
        return page_in(t);
    if (t->kind != EXC_PABT || fsr_status(t->ifsr) != 0x7 || is_mapped(t->ifar))
        return false;
    address_wrong |= t->lr != t->ifar + 4;
    fault_count++;
    map_page(t->ifar);
    t->lr -= 4;
    return true;
}

/* "add r0, r0, #1" up to the edge and past it, a literal in the second page, return. */
static void code_at_edge(void)
{
    static const uint32_t code[] = {
        0xe2800001, 0xe2800001, 0xe2800001, 0xe2800001, 0xe59f1004, 0xe0800001, 0xe12fff1e, 0x100,
    };
    uint32_t (*fn)(uint32_t);
    bool ok = true;

    /* Two words before the edge, the literal load after it. */
    for (unsigned n = 0; n < 8; n++)
        write32(page_pa(EDGE - 8 + 4 * n) + ((EDGE - 8 + 4 * n) & 0xfff), code[n]);
    CP15_WRITE(0, c7, c5, 0, 0);
    dsb();
    isb();
    fn = (uint32_t (*)(uint32_t))(EDGE - 8);
    trap_hook = page_in_code;
    address_wrong = false;
    for (unsigned n = 0; n < 20; n++) {
        fault_count = 0;
        if (n & 1)
            unmap_page(EDGE - 4);
        if (n & 2)
            unmap_page(EDGE);
        ok &= check_eq(fn(n), n + 0x104, "sum");
        ok &= check_eq(fault_count, (n & 1) + (n >> 1 & 1), "faults");
    }
    trap_hook = NULL;
    report(ok && !address_wrong, "instruction fetch across the edge, restarted");
}

static void read_word(uint32_t va)
{
    __asm__ volatile("ldr r1, [%0]" :: "r"(va) : "r1", "memory");
}

#define MISALIGNED(name, insn) \
    static void name(uint32_t va) \
    { \
        __asm__ volatile("mov r0, %0\n " insn :: "r"(va) : "r0", "r1", "r2", "r3", "memory"); \
    }
MISALIGNED(a_ldr, "ldr r2, [r0]")
MISALIGNED(a_ldrh, "ldrh r2, [r0]")
MISALIGNED(a_strh, "mov r2, #1\n strh r2, [r0]")
MISALIGNED(a_ldm, "ldm r0!, {r2, r3}")
MISALIGNED(a_stm, "stm r0!, {r2, r3}")
MISALIGNED(a_ldrd, "ldrd r2, r3, [r0]")
MISALIGNED(a_strd, "strd r2, r3, [r0]")
MISALIGNED(a_ldrex, "ldrex r2, [r0]")
MISALIGNED(a_ldrt, "ldrt r2, [r0], #0")

static void alignment_one(void (*fn)(uint32_t), bool write, bool always, const char *name)
{
    uint32_t va = TEST_VA + 0x101, kind = catch_call(fn, va);
    bool faulted = kind == EXC_DABT && fsr_status(last_trap.dfsr) == 1 && fault_at(va, write);
    bool ok = always ? faulted : kind == EXC_NONE;

    SCTLR_WRITE(SCTLR_READ() | SCTLR_A);
    isb();
    kind = catch_call(fn, va);
    SCTLR_WRITE(SCTLR_READ() & ~SCTLR_A);
    isb();
    ok &= kind == EXC_DABT && fsr_status(last_trap.dfsr) == 1 && fault_at(va, write);
    /* LDM and friends: the base is as it was. */
    ok &= last_trap.r[0] == va;
    report(ok, name);
}

static void alignment(void)
{
    alignment_one(a_ldr, false, false, "LDR unaligned: faults with SCTLR.A only");
    alignment_one(a_ldrh, false, false, "LDRH unaligned: faults with SCTLR.A only");
    alignment_one(a_strh, true, false, "STRH unaligned: faults with SCTLR.A only");
    alignment_one(a_ldrt, false, false, "LDRT unaligned: faults with SCTLR.A only");
    alignment_one(a_ldm, false, true, "LDM unaligned: always faults, base kept");
    alignment_one(a_stm, true, true, "STM unaligned: always faults, base kept");
    alignment_one(a_ldrd, false, true, "LDRD unaligned: always faults");
    alignment_one(a_strd, true, true, "STRD unaligned: always faults");
    alignment_one(a_ldrex, false, true, "LDREX unaligned: always faults");
    SCTLR_WRITE(SCTLR_READ() | SCTLR_A);
    isb();
    report(catch_call(read_word, TEST_VA + 0x100) == EXC_NONE, "aligned LDR with SCTLR.A");
    SCTLR_WRITE(SCTLR_READ() & ~SCTLR_A);
    isb();
}

void test_main(void)
{
    mmu_setup();
    l2 = l2_under(l1_table, TEST_VA, 0);
    map_page(TEST_VA);
    map_page(EDGE);
    trap_hook = page_in;
    for (const struct access *a = access_table; a->fn; a++)
        demand_paging(a);
    trap_hook = NULL;
    code_at_edge();
    alignment();
}
