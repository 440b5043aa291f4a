/*
 * Shadow tables against guest tables: what each view shows, what TLB maintenance takes
 * away, and a random walk with an oracle of what the architecture allows.
 */
#include <stdlib.h>
#include <string.h>

#include "arch/armv7/layout.h"
#include "arch/fake/fake.h"
#include "core/gmem.h"
#include "core/pool.h"
#include "shadow/desc.h"
#include "shadow/l2.h"
#include "shadow/quick.h"
#include "shadow/shadow.h"
#include "test.h"

#define RAM 0x40000000u
#define RAM_SIZE (8 * MiB)
#define HOST 0x80000000u
#define TABLES 3
#define L1_AT(t) (RAM + (t) * 0x4000u)
#define L2_AT(t, n) (RAM + 0x10000u + ((t) * 4u + (n)) * 0x400u)
#define CODE_OFFSET 0x36000000u
#define SMALL(pa, ap, ng) ((pa) | 2u | ((ap) & 3u) << 4 | ((ap) & 4u) << 7 | (ng) << 11)
#define SECTION(pa, ap, domain) ((pa) | 2u | ((ap) & 3u) << 10 | ((ap) & 4u) << 13 | (domain) << 5)
#define AP_KERNEL 1u
#define AP_USER_RO 2u
#define AP_ALL 3u

static struct vm vm;
static struct shadow shadow;
static struct walk_regs regs;
static uint32_t window[4096];
static uint32_t code_page;

static bool has_code(void *ctx, gpa_t page)
{
    (void)ctx;
    return code_page && ALIGN_DOWN(page.v, 4096) == code_page;
}

static void write32(uint32_t addr, uint32_t value)
{
    gmem_write(&vm, gpa(addr), &value, 4);
}

static void use_space(unsigned table, unsigned asid)
{
    regs.ttbr0 = L1_AT(table);
    shadow_set_space(&shadow, &regs, asid);
}

static void set_up(void)
{
    static uint8_t *pool;
    struct shadow_config config = { .vm = &vm, .window_l1 = window, .state_entry = 0,
                                    .code_offset = CODE_OFFSET, .page_has_code = has_code };

    if (!pool)
        pool = aligned_alloc(16384, VMM_POOL_SIZE);
    memset(fake_arch.ram, 0, RAM_SIZE);
    memset(&vm.stats, 0, sizeof(vm.stats));
    code_page = 0;
    pool_init(pool, hpa(0x20000000), VMM_POOL_SIZE, 2 * SHADOW_MAX_SPACES + 1);
    shadow_init(&shadow, &config);
    regs = (struct walk_regs){ .sctlr = SCTLR_M, .dacr = 1 };
    use_space(0, 1);
}

static bool read_guest(void *ctx, gpa_t addr, uint32_t *value)
{
    return gmem_read32(ctx, addr, value);
}

/* An access to va; false when the guest's own table refuses it. */
static bool touch(uint32_t va)
{
    struct walk_result w;

    guest_walk(&regs, gva(va), read_guest, &vm, &w);
    if (w.fault != FSR_NONE || walk_check(&regs, &w, ACCESS_READ, true) != FSR_NONE)
        return false;
    shadow_fill(&shadow, VIEW_KERNEL, gva(va), &w);
    shadow_fill(&shadow, VIEW_USER, gva(va), &w);
    return true;
}

static uint32_t lookup_l1(enum shadow_mode mode, uint32_t va)
{
    return shadow_view(&shadow, mode)->l1[va >> 20];
}

/* The descriptor that hardware would use, or 0. */
static uint32_t lookup(enum shadow_mode mode, uint32_t va)
{
    uint32_t entry = lookup_l1(mode, va);

    if (!desc_is_table(entry))
        return entry;
    return ((uint32_t *)pool_ptr(desc_table_pa(entry)))[BITS(va, 19, 12)];
}

static void map_small(unsigned table, uint32_t va, uint32_t desc)
{
    unsigned n = (va >> 20) & 3;

    write32(L1_AT(table) + (va >> 20) * 4, L2_AT(table, n) | 1);
    write32(L2_AT(table, n) + BITS(va, 19, 12) * 4, desc);
}

static uint32_t host_of(uint32_t pa) { return HOST + (pa - RAM); }

static void test_views(void)
{
    set_up();
    write32(L1_AT(0) + 0xc00 * 4, SECTION(RAM + 2 * MiB, AP_KERNEL, 0));
    map_small(0, 0x00101000, SMALL(RAM + 0x300000, AP_ALL, 1));
    map_small(0, 0x00102000, SMALL(RAM + 0x301000, AP_KERNEL, 1));
    map_small(0, 0x00103000, SMALL(RAM + 0x302000, AP_USER_RO, 1));
    report(touch(0xc0012345) && touch(0x00101000) && touch(0x00102000) && touch(0x00103000), "fills");
    report(desc_is_section(lookup(VIEW_KERNEL, 0xc0012345)), "a section stays one");
    report((lookup(VIEW_KERNEL, 0xc0012345) & 0xfff00000) == host_of(RAM + 2 * MiB), "section: host address");
    report(lookup(VIEW_KERNEL, 0xc0012345) & SECTION_XN, "section: not executable in the kernel view");
    report(lookup(VIEW_USER, 0xc0012345) == 0, "kernel section: absent from the user view");
    report(lookup(VIEW_KERNEL, 0x00102000) && !lookup(VIEW_USER, 0x00102000), "kernel page: kernel view only");
    report((lookup(VIEW_KERNEL, 0x00101000) & SMALL_XN) && !(lookup(VIEW_USER, 0x00101000) & SMALL_XN),
           "user page: executable in the user view alone");
    report(desc_small_writable(lookup(VIEW_KERNEL, 0x00103000)) &&
               !desc_small_writable(lookup(VIEW_USER, 0x00103000)),
           "AP 2: written by the kernel, read by user");
    report(shadow_audit(&shadow) == 0, "audit finds nothing");
    shadow_view(&shadow, VIEW_KERNEL)->l1[0x123] = desc_section(hpa(HOST + RAM_SIZE), 0, true, false);
    report(shadow_audit(&shadow) == 1, "audit finds a section outside the VM");
    shadow_view(&shadow, VIEW_KERNEL)->l1[0x123] = desc_section(hpa(HOST), 0, true, true);
    report(shadow_audit(&shadow) == 1, "audit finds an executable section in a kernel view");
    shadow_view(&shadow, VIEW_KERNEL)->l1[0x123] = 0;
}

/* The hot path of faults leaves what is not plain to the others. */
static void test_quick(void)
{
    uint32_t hole = VMM_POOL + VMM_POOL_SIZE;
    struct walk_result w;

    set_up();
    map_small(0, 0x00101000, SMALL(RAM + 0x300000, AP_ALL, 1) | 1u);
    map_small(0, hole, SMALL(RAM + 0x300000, AP_ALL, 1) | 1u); /* XN */
    report(shadow_quick(&shadow, VIEW_USER, 0x00101000, ACCESS_WRITE, &w) == QUICK_FILLED &&
               lookup(VIEW_USER, 0x00101000) && !lookup(VIEW_KERNEL, 0x00101000), "hot path: one view is filled");
    report(shadow_quick(&shadow, VIEW_USER, hole, ACCESS_READ, &w) == QUICK_NONE && !lookup(VIEW_USER, hole),
           "hot path: nothing of the guest in the window, even where umbra has nothing");
    code_page = RAM + 0x300000;
    report(shadow_quick(&shadow, VIEW_KERNEL, 0x00101000, ACCESS_WRITE, &w) == QUICK_NONE,
           "hot path: a write to translated code takes another");
    code_page = 0;
    report(shadow_quick(&shadow, VIEW_USER, 0x00102000, ACCESS_FETCH, &w) == QUICK_FAULT && w.fault == FSR_TRANS_L2,
           "hot path: a fault of the guest");
}

static void test_tlb_ops(void)
{
    set_up();
    map_small(0, 0x00101000, SMALL(RAM + 0x300000, AP_ALL, 1));
    map_small(0, 0xc0101000, SMALL(RAM + 0x301000, AP_KERNEL, 0));
    touch(0x00101000);
    touch(0xc0101000);
    shadow_tlb_op(&shadow, TLB_MVA, 0x00101000 | 2);
    shadow_tlb_op(&shadow, TLB_MVA, 0x00101000 | 1);
    report(!lookup(VIEW_USER, 0x00101000) && !lookup(VIEW_KERNEL, 0x00101000), "TLBIMVA: gone from both views");
    report(lookup(VIEW_KERNEL, 0xc0101000), "TLBIMVA: others stay");
    touch(0x00101000);
    shadow_tlb_op(&shadow, TLB_ASID, 1);
    report(!lookup(VIEW_USER, 0x00101000), "TLBIASID: non-global entries go");
    report(lookup(VIEW_KERNEL, 0xc0101000), "TLBIASID: global ones stay");
    use_space(1, 2);
    report(lookup(VIEW_KERNEL, 0xc0101000) == desc_small(hpa(host_of(RAM + 0x301000)), true, false),
           "a new space starts with the global entries");
    shadow_tlb_op(&shadow, TLB_MVA, 0xc0101000 | 2);
    report(!lookup(VIEW_KERNEL, 0xc0101000), "TLBIMVA under another ASID drops a global entry here");
    use_space(0, 1);
    report(!lookup(VIEW_KERNEL, 0xc0101000), "and in every other space");
    touch(0xc0101000);
    touch(0x00101000);
    shadow_tlb_op(&shadow, TLB_MVAA, 0x00101000);
    report(!lookup(VIEW_USER, 0x00101000), "TLBIMVAA");
    shadow_tlb_op(&shadow, TLB_ALL, 0);
    report(!lookup(VIEW_KERNEL, 0xc0101000) && l2_count() == 0, "TLBIALL: nothing left");
}

/* A MiB with a global and a private page: the private copy must lose the global entry too. */
static void test_mixed(void)
{
    set_up();
    map_small(0, 0x00101000, SMALL(RAM + 0x300000, AP_KERNEL, 0));
    map_small(0, 0x00102000, SMALL(RAM + 0x301000, AP_KERNEL, 1));
    touch(0x00101000);
    touch(0x00102000);
    report(lookup(VIEW_KERNEL, 0x00101000) && lookup(VIEW_KERNEL, 0x00102000), "mixed MiB holds both");
    use_space(1, 2);
    report(lookup(VIEW_KERNEL, 0x00101000) && !lookup(VIEW_KERNEL, 0x00102000), "another space: the global one");
    shadow_tlb_op(&shadow, TLB_MVA, 0x00101000 | 2);
    use_space(0, 1);
    report(!lookup(VIEW_KERNEL, 0x00101000), "TLBIMVA elsewhere reaches the copy of a global entry");
}

static void test_sizes(void)
{
    set_up();
    for (unsigned i = 0; i < 16; i++) /* a 64 KiB page is sixteen equal descriptors */
        map_small(0, 0x00110000 + i * 4096, (RAM + 0x310000) | 1u | AP_ALL << 4 | 1u << 11);
    touch(0x00113000);
    touch(0x00117000);
    report((lookup(VIEW_USER, 0x00113000) & 0xfffff000) == host_of(RAM + 0x313000), "64 KiB page: offset inside it");
    shadow_tlb_op(&shadow, TLB_MVA, 0x00117000 | 1);
    report(!lookup(VIEW_USER, 0x00113000), "64 KiB page: one TLBIMVA takes all of it");
    for (unsigned i = 0; i < 16; i++) /* supersection: 16 MiB of which RAM_SIZE is RAM */
        write32(L1_AT(0) + (0xd00 + i) * 4, RAM | 2u | 1u << 18 | AP_ALL << 10);
    touch(0xd0000000);
    touch(0xd0300000);
    report(desc_is_section(lookup(VIEW_KERNEL, 0xd0300000)), "supersection: sections");
    shadow_tlb_op(&shadow, TLB_MVA, 0xd0000000 | 1);
    report(!lookup(VIEW_KERNEL, 0xd0300000), "supersection: one TLBIMVA takes all of it");
}

static void test_code(void)
{
    struct walk_result w;

    set_up();
    write32(L1_AT(0) + 0xc00 * 4, SECTION(RAM + 2 * MiB, AP_ALL, 0));
    touch(0xc0000000);
    map_small(0, 0x00101000, SMALL(RAM + 0x205000, AP_ALL, 1)); /* an alias */
    touch(0x00101000);
    code_page = RAM + 0x205000;
    shadow_protect(&shadow, gpa(code_page));
    report(!desc_is_section(lookup(VIEW_KERNEL, 0xc0005000)), "the section of a translated page is gone");
    report(!desc_small_writable(lookup(VIEW_USER, 0x00101000)) && lookup(VIEW_USER, 0x00101000),
           "an alias became read-only");
    touch(0xc0000000);
    report(desc_small_writable(lookup(VIEW_KERNEL, 0xc0004000)) &&
               !desc_small_writable(lookup(VIEW_KERNEL, 0xc0005000)) && lookup(VIEW_KERNEL, 0xc0005000),
           "refilled in small pages, the translated one read-only");
    report(shadow_audit(&shadow) == 0, "audit finds nothing");
    guest_walk(&regs, gva(0xc0005000), read_guest, &vm, &w);
    report(shadow_map_code(&shadow, 0xc0005000 + CODE_OFFSET, hpa(0x20100000), &w) &&
               lookup(VIEW_KERNEL, 0xc0005000 + CODE_OFFSET) == desc_small(hpa(0x20100000), false, true),
           "code is mapped read-only and executable");
    report(!lookup(VIEW_USER, 0xc0005000 + CODE_OFFSET), "and not in the user view");
    shadow_tlb_op(&shadow, TLB_MVA, 0xc0005000 | 1);
    report(!lookup(VIEW_KERNEL, 0xc0005000 + CODE_OFFSET), "it goes with the mapping of the guest's code");
    write32(L1_AT(0) + ((0xc0000000 + CODE_OFFSET) >> 20) * 4, SECTION(RAM, AP_ALL, 0));
    report(shadow_check_claims(&shadow) == 1 && !shadow_mib_free(&shadow, (0xc0000000 + CODE_OFFSET) >> 20),
           "a place that the guest takes is given up");
}

static void test_domains(void)
{
    set_up();
    regs.dacr = 0x3;
    shadow_set_dacr(&shadow, regs.dacr);
    write32(L1_AT(0) + 0xc00 * 4, SECTION(RAM + 2 * MiB, 5u /* read-only, privileged */, 0));
    touch(0xc0000000);
    report((lookup(VIEW_KERNEL, 0xc0000000) & SECTION_RO) == SECTION_RW, "Manager: permissions are not checked");
    report((shadow_host_dacr(0x3) & 3) == DOMAIN_CLIENT, "Manager is never given to hardware");
    report((shadow_host_dacr(0xffffffff) >> 30) == DOMAIN_CLIENT, "nor umbra's own domain to the guest");
    regs.dacr = 0x1;
    shadow_set_dacr(&shadow, regs.dacr);
    report(!lookup(VIEW_KERNEL, 0xc0000000), "no longer Manager: entries filled so are gone");
}

/* TTBR0 and CONTEXTIDR alone lead where all registers lead; these ASIDs have the same hash. */
static void test_set_table(void)
{
    static const uint32_t asid[] = { 1, 1 + SHADOW_HASH, 1 + 2 * SHADOW_HASH };
    const struct space *spaces[2][3];
    bool same = true, apart = true, walks = true;

    set_up();
    map_small(0, 0x00101000, SMALL(RAM + 0x300000, AP_ALL, 1));
    map_small(1, 0x00101000, SMALL(RAM + 0x400000, AP_ALL, 1));
    for (unsigned i = 0; i < 6; i++) {
        use_space(i / 3, asid[i % 3]);
        touch(0x00101000);
        spaces[i / 3][i % 3] = shadow.current;
    }
    for (unsigned i = 0; i < 36; i++) {
        unsigned from = i / 6, to = i % 6;

        use_space(from / 3, asid[from % 3]);
        regs.ttbr0 = L1_AT(to / 3);
        shadow_set_table(&shadow, regs.ttbr0, 0xabcd00 | asid[to % 3]);
        same &= shadow.current == spaces[to / 3][to % 3];
        walks &= shadow.regs.ttbr0 == regs.ttbr0;
        apart &= from == to || shadow.current != spaces[from / 3][from % 3];
    }
    report(same && apart, "TTBR0 and the ASID find the space that all registers find");
    regs.sctlr |= SCTLR_TRE;
    use_space(0, 1);
    shadow_set_table(&shadow, L1_AT(1), 1);
    report(shadow.current != spaces[1][0] && walks, "and not one of another SCTLR; walks are by the new table");
    regs.sctlr &= ~SCTLR_TRE;
    report(shadow_audit(&shadow) == 0, "audit finds nothing");
}

/* Nothing may be left in the host TLB of another space that had the view's ASID. */
static bool asid_is_fresh(enum shadow_mode mode)
{
    static const struct space *last[256];
    struct view *v = shadow_view(&shadow, mode);
    bool ok = v->asid && (last[v->asid] == shadow.current || v->stale);

    last[v->asid] = shadow.current;
    v->stale = false;
    return ok;
}

static void test_eviction(void)
{
    bool ok = true, fresh = true;

    set_up();
    map_small(0, 0x00101000, SMALL(RAM + 0x300000, AP_ALL, 1));
    for (unsigned i = 0; i < 5 * SHADOW_MAX_SPACES; i++) {
        use_space(0, i & 0xff);
        ok &= touch(0x00101000) && lookup(VIEW_USER, 0x00101000);
        fresh &= asid_is_fresh(VIEW_USER) && asid_is_fresh(VIEW_KERNEL);
        if (i % 3 == 0)
            use_space(0, 0);
    }
    report(fresh, "an ASID that another space had is flushed");
    report(ok && shadow_usage(&shadow).spaces <= SHADOW_MAX_SPACES, "more spaces than there is room for");
    report(shadow_audit(&shadow) == 0, "audit finds nothing");
}

/* --- a random walk ----------------------------------------------------------------------- */

#define PAGES 6
#define FRAMES 8

static const uint32_t page_va[PAGES] = { 0x00101000, 0x00102000, 0x001ff000, 0x00200000, 0x00201000, 0x00345000 };
/* Frames that a TLB may still translate (space, page) to, and what the table says now (or -1). */
static uint32_t allowed[TABLES][PAGES];
static int now[TABLES][PAGES];

static uint32_t frame_pa(int f) { return RAM + 0x400000u + (uint32_t)f * 4096; }

static void set_now(unsigned t, unsigned p, int f)
{
    now[t][p] = f;
    map_small(t, page_va[p], f < 0 ? 0 : SMALL(frame_pa(f), AP_ALL, 1));
    if (f >= 0)
        allowed[t][p] |= BIT(f);
}

static void forget(unsigned t, unsigned p)
{
    allowed[t][p] = now[t][p] < 0 ? 0 : BIT(now[t][p]);
}

static void random_tlb_op(unsigned t, unsigned p)
{
    switch (rand() % 4) {
    case 0:
        shadow_tlb_op(&shadow, TLB_MVA, page_va[p] | (t + 1));
        forget(t, p);
        break;
    case 1:
        shadow_tlb_op(&shadow, TLB_MVAA, page_va[p]);
        for (unsigned i = 0; i < TABLES; i++)
            forget(i, p);
        break;
    case 2:
        shadow_tlb_op(&shadow, TLB_ASID, t + 1);
        for (unsigned i = 0; i < PAGES; i++)
            forget(t, i);
        break;
    default:
        if (rand() % 8)
            break;
        shadow_tlb_op(&shadow, TLB_ALL, 0);
        for (unsigned i = 0; i < TABLES * PAGES; i++)
            forget(i / PAGES, i % PAGES);
        break;
    }
}

static bool entry_allowed(unsigned t, unsigned p, enum shadow_mode mode)
{
    uint32_t entry = lookup(mode, page_va[p]);

    for (int f = 0; entry && f < FRAMES; f++) {
        if ((entry & 0xfffff000) == host_of(frame_pa(f)))
            return allowed[t][p] & BIT(f);
    }
    return entry == 0;
}

static void test_random(void)
{
    unsigned current = 0;
    bool ok = true;

    set_up();
    srand(1);
    memset(allowed, 0, sizeof(allowed));
    for (unsigned i = 0; i < TABLES * PAGES; i++)
        set_now(i / PAGES, i % PAGES, -1);
    for (unsigned step = 0; ok && step < 200000; step++) {
        unsigned t = (unsigned)rand() % TABLES, p = (unsigned)rand() % PAGES;

        switch (rand() % 5) {
        case 0: set_now(t, p, rand() % (FRAMES + 2) - 2 < 0 ? -1 : rand() % FRAMES); break;
        case 1: random_tlb_op(t, p); break;
        case 2:
            current = t;
            use_space(t, t + 1);
            break;
        default:
            if (!lookup(VIEW_USER, page_va[p]))
                ok &= touch(page_va[p]) == (now[current][p] >= 0);
            break;
        }
        for (unsigned i = 0; i < PAGES; i++)
            ok &= entry_allowed(current, i, VIEW_USER) && entry_allowed(current, i, VIEW_KERNEL);
    }
    report(ok, "200000 random steps: no entry that a TLB could not hold");
    report(shadow_audit(&shadow) == 0, "audit finds nothing");
}

int main(void)
{
    vm.ram_base = gpa(RAM);
    vm.ram_size = RAM_SIZE;
    vm.ram_hpa = hpa(HOST);
    fake_arch.ram = malloc(RAM_SIZE);
    fake_arch.ram_pa = HOST;
    fake_arch.ram_size = RAM_SIZE;
    test_views();
    test_quick();
    test_tlb_ops();
    test_mixed();
    test_sizes();
    test_code();
    test_domains();
    test_set_table();
    test_eviction();
    test_random();
    return test_summary();
}
