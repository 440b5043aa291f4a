/* The guest table walk against hand-made tables (DDI 0406C B3.5, B3.7, B3.13). */
#include "shadow/walk.h"

#include <string.h>

#include "core/vcpu.h"
#include "test.h"

#define MEM_BASE 0x40000000u
#define L1_A MEM_BASE
#define L1_B (MEM_BASE + 0x4000)
#define L2_A (MEM_BASE + 0x8000)

static uint32_t memory[0x9000 / 4];
static struct walk_regs regs;

static bool read_memory(void *ctx, gpa_t addr, uint32_t *value)
{
    (void)ctx;
    if (addr.v < MEM_BASE || addr.v - MEM_BASE >= sizeof(memory))
        return false;
    *value = memory[(addr.v - MEM_BASE) / 4];
    return true;
}

static void poke(uint32_t addr, uint32_t value)
{
    memory[(addr - MEM_BASE) / 4] = value;
}

static void setup(void)
{
    memset(memory, 0, sizeof(memory));
    regs = (struct walk_regs){ .sctlr = SCTLR_M, .ttbr0 = L1_A | 0x5b, .ttbr1 = L1_B, .dacr = 0x55555555 };
}

static struct walk_result walk(uint32_t va)
{
    struct walk_result out;

    memset(&out, 0xa5, sizeof(out));
    guest_walk(&regs, gva(va), read_memory, NULL, &out);
    return out;
}

static void test_sections(void)
{
    struct walk_result w;

    setup();
    poke(L1_A + 0xc01 * 4, 0x48100000 | 1 << 17 | 1 << 16 | 1 << 15 | 5 << 12 | 1 << 10 | 9 << 5 | 1 << 4 | 0xe);
    w = walk(0xc0123456);
    report(w.fault == FSR_NONE && w.pa.v == 0x48123456 && w.size == MAP_1M && !w.l2, "section: address");
    report(w.domain == 9 && w.domain_valid && w.ap == 5 && w.xn && w.ng && w.shared && w.texcb == (5 << 2 | 3),
           "section: attributes");

    poke(L1_A + 0x123 * 4, 0x56f40000 | 0x1e0 | 3 << 10 | 2);
    w = walk(0x12345678);
    report(w.fault == FSR_NONE && w.pa.v == 0x56345678 && w.size == MAP_16M && w.domain == 0 && w.ap == 3 &&
               !w.xn && !w.ng && !w.shared,
           "supersection: domain 0, extended base ignored");
}

static void test_pages(void)
{
    struct walk_result w;

    setup();
    poke(L1_A + 4, L2_A | 7 << 5 | 1);
    poke(L2_A + 0x45 * 4, 0x50045000 | 1 << 11 | 1 << 9 | 6 << 6 | 2 << 4 | 1 << 2 | 3);
    w = walk(0x00145678);
    report(w.fault == FSR_NONE && w.pa.v == 0x50045678 && w.size == MAP_4K && w.l2, "small page: address");
    report(w.domain == 7 && w.ap == 6 && w.xn && w.ng && !w.shared && w.texcb == (6 << 2 | 1),
           "small page: attributes");

    poke(L2_A + 0x9a * 4, 0x60090000 | 1 << 15 | 3 << 12 | 1 << 10 | 1 << 4 | 1 << 3 | 1);
    w = walk(0x0019abcd);
    report(w.fault == FSR_NONE && w.pa.v == 0x6009abcd && w.size == MAP_64K && w.l2, "large page: address");
    report(w.xn && w.shared && !w.ng && w.ap == 1 && w.texcb == (3 << 2 | 2), "large page: attributes");
}

static void test_faults(void)
{
    struct walk_result w;

    setup();
    w = walk(0x100000);
    report(w.fault == FSR_TRANS_L1 && !w.domain_valid, "invalid first-level entry");
    poke(L1_A + 4, L2_A | 3 << 5 | 3);
    w = walk(0x100000);
    report(w.fault == FSR_TRANS_L1 && !w.domain_valid, "first-level type 3 is reserved without PXN");
    poke(L1_A + 4, L2_A | 3 << 5 | 1);
    w = walk(0x100000);
    report(w.fault == FSR_TRANS_L2 && w.domain_valid && w.domain == 3, "invalid second-level entry has a domain");
    poke(L1_A + 4, 0x20000000 | 3 << 5 | 1);
    w = walk(0x100000);
    report(w.fault == FSR_EXT_WALK_L2 && w.domain_valid && w.domain == 3, "second-level table outside RAM");
    regs.ttbr0 = 0x20000000;
    w = walk(0x100000);
    report(w.fault == FSR_EXT_WALK_L1 && !w.domain_valid, "first-level table outside RAM");
}

static void test_ttbcr(void)
{
    bool split = true;
    gpa_t addr;

    setup();
    for (unsigned n = 0; n < 8; n++) {
        uint32_t base = L1_A + 0x80, low = n ? (1u << (32 - n)) - 1 : 0xffffffff;

        regs.ttbcr = n;
        regs.ttbr0 = base | 0x7f; /* attribute bits 6:0 are never address */
        split &= guest_walk_l1_addr(&regs, gva(low), &addr);
        split &= addr.v == ((base & ~((0x4000u >> n) - 1)) | (low >> 20) << 2);
        if (n) {
            split &= guest_walk_l1_addr(&regs, gva(low + 1), &addr);
            split &= addr.v == L1_B + ((low + 1) >> 20 << 2);
        }
    }
    report(split, "TTBCR.N splits between TTBR0 and TTBR1");
    regs.ttbcr = 1 | BIT(4);
    poke(L1_B + 0xc00 * 4, 0x40000000 | 3 << 10 | 2);
    report(walk(0).fault == FSR_TRANS_L1 && walk(0xc0000000).fault == FSR_NONE, "TTBCR.PD0");
    regs.ttbcr = 1 | BIT(5);
    poke(L1_A, 0x40000000 | 3 << 10 | 2);
    report(walk(0xc0000000).fault == FSR_TRANS_L1 && walk(0).fault == FSR_NONE,
           "TTBCR.PD1");
}

static void test_afe(void)
{
    struct walk_result w;

    setup();
    regs.sctlr |= SCTLR_AFE;
    poke(L1_A, 0x40000000 | 2 << 10 | 4 << 5 | 2);
    w = walk(0);
    report(w.fault == FSR_ACCESS_L1 && w.domain_valid && w.domain == 4, "access flag clear: section");
    poke(L1_A, 0x40000000 | 3 << 10 | 2);
    report(walk(0).fault == FSR_NONE && walk(0).ap == 3, "access flag set: section");
    poke(L1_A + 4, L2_A | 1);
    poke(L2_A, 0x40000000 | 2 << 4 | 2);
    report(walk(0x100000).fault == FSR_ACCESS_L2, "access flag clear: small page");
    poke(L2_A, 0x40000000 | 2 << 4 | 1);
    report(walk(0x100000).fault == FSR_ACCESS_L2, "access flag clear: large page");
    regs.sctlr |= SCTLR_EE;
    poke(L1_A, __builtin_bswap32(0x40000000 | 3 << 10 | 2));
    report(walk(0).fault == FSR_NONE && walk(0x1234).pa.v == 0x40001234, "SCTLR.EE: big-endian tables");
}

static void test_permissions(void)
{
    static const char *const table[8] = { "-- --", "-- rw", "r- rw", "rw rw", "-- --", "-- r-", "r- r-", "r- r-" };
    struct walk_result w = { .domain = 1, .l2 = true };
    bool ok = true, exec = true;

    setup();
    for (unsigned i = 0; i < 32; i++) {
        const char *want = table[i & 7] + (i & 8 ? 3 : 0);
        bool priv = i & 8, r = want[0] == 'r', wr = want[1] == 'w';

        w.ap = i & 7;
        w.xn = i & 16;
        ok &= (walk_check(&regs, &w, ACCESS_READ, priv) == FSR_NONE) == r;
        ok &= walk_check(&regs, &w, ACCESS_WRITE, priv) == (wr ? FSR_NONE : FSR_PERM_L2);
        exec &= walk_check(&regs, &w, ACCESS_FETCH, priv) == (r && !w.xn ? FSR_NONE : FSR_PERM_L2);
    }
    report(ok, "AP table B3-8");
    report(exec, "execution needs read permission and XN clear");
}

static void test_domains(void)
{
    struct walk_result w = { .domain = 15, .ap = 0, .xn = true };

    setup();
    regs.dacr = 0xc0000000;
    report(walk_check(&regs, &w, ACCESS_WRITE, false) == FSR_NONE && walk_check(&regs, &w, ACCESS_FETCH, false) == 0,
           "manager: neither permissions nor XN");
    regs.dacr = 0x3fffffff;
    report(walk_check(&regs, &w, ACCESS_READ, true) == FSR_DOMAIN_L1, "no access: domain fault, first level");
    w.l2 = true;
    report(walk_check(&regs, &w, ACCESS_READ, true) == FSR_DOMAIN_L2, "no access: domain fault, second level");
    w.l2 = false;
    regs.dacr = 0x40000000;
    report(walk_check(&regs, &w, ACCESS_READ, true) == FSR_PERM_L1, "client: permission fault, first level");
}

static void test_mmu_off(void)
{
    struct walk_result w;

    setup();
    regs.sctlr = 0;
    regs.dacr = 0;
    w = walk(0x89abcdef);
    report(w.fault == FSR_NONE && w.pa.v == 0x89abcdef && !w.ng && !w.domain_valid, "MMU off: identity, global");
    report(walk_check(&regs, &w, ACCESS_FETCH, false) == FSR_NONE, "MMU off: no permissions, DACR ignored");
}

int main(void)
{
    test_sections();
    test_pages();
    test_faults();
    test_ttbcr();
    test_afe();
    test_permissions();
    test_domains();
    test_mmu_off();
    return test_summary();
}
