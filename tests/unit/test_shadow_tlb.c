/*
 * Shadow tables as a TLB (DDI 0406C B3.10): a guest that maps, unmaps, remaps, changes spaces
 * and invalidates at random, against the set of translations that a TLB may hold.  Checked are
 * both views of the shadow and a model of the host's TLB that only forgets what it is told to.
 */
#include <stdlib.h>
#include <string.h>

#include "arch/armv7/layout.h"
#include "arch/fake/fake.h"
#include "core/gmem.h"
#include "core/pool.h"
#include "shadow/desc.h"
#include "shadow/l2.h"
#include "shadow/policy.h"
#include "shadow/quick.h"
#include "test.h"

#define RAM 0x40000000u
#define RAM_SIZE (32 * MiB)
#define HOST 0x80000000u
#define CODE_OFFSET 0x36000000u
#define CODE_HPA 0x30000000u  /* stands for translations: + the guest page's offset in RAM */
#define TABLES 3
#define FLAT TABLES           /* the space with the MMU off */
#define L1_AT(t) (RAM + (t) * 0x4000u)
#define L2_AT(t, n) (RAM + 0x10000u + ((t) * 8u + (n)) * 0x400u)

static struct vm vm;
static struct shadow shadow;
static struct walk_regs regs;
static uint32_t window[4096];
static uint8_t has_code_map[RAM_SIZE / 4096];
static unsigned space;        /* current: a table, or FLAT */
static uint8_t *pool;
static const struct shadow_policy *policy = &shadow_policy_tlb;
static bool no_space_cache;

/* --- what a TLB may hold --- */

struct translation {
    uint32_t va, size, pa;
    uint8_t ap, table;
    bool ng, xn;
};

#define MAX_HELD 512
static struct translation held[MAX_HELD];
static unsigned held_count;

static const uint32_t mibs[] = { 0x001, 0x002, 0x003, 0x401, 0xc00, 0xc10 };
#define MIBS ARRAY_SIZE(mibs)
static const uint8_t pages[] = { 0, 1, 0x10, 0x1f, 0xff }; /* looked at, of each */
static struct translation mapped[TABLES][MIBS][256];       /* size 0: none */

static void hold(const struct translation *t)
{
    for (unsigned i = 0; i < held_count; i++) {
        if (!memcmp(&held[i], t, sizeof(*t)))
            return;
    }
    if (held_count == MAX_HELD) {
        printf("FAIL too many translations\n");
        exit(1);
    }
    held[held_count++] = *t;
}

/* What the processor may walk at any time: the current tables. */
static void hold_mapped(void)
{
    for (unsigned m = 0; m < MIBS && space != FLAT; m++) {
        for (unsigned p = 0; p < sizeof(pages); p++) {
            if (mapped[space][m][pages[p]].size)
                hold(&mapped[space][m][pages[p]]);
        }
    }
}

static bool op_covers(const struct translation *t, enum tlb_op op, uint32_t arg)
{
    bool asid = t->table + 1u == (arg & 0xff);

    switch (op) {
    case TLB_ALL: return true;
    case TLB_ASID: return t->ng && asid;
    case TLB_MVA: return (ALIGN_DOWN(arg, 4096) - t->va) < t->size && (!t->ng || asid);
    default: return (ALIGN_DOWN(arg, 4096) - t->va) < t->size;
    }
}

static void tlb_op(enum tlb_op op, uint32_t arg)
{
    shadow_tlb_op(&shadow, op, arg);
    for (unsigned i = 0; i < held_count;) {
        if (op_covers(&held[i], op, arg))
            held[i] = held[--held_count];
        else
            i++;
    }
    hold_mapped();
}

static const uint8_t ap_rights[8][2] = { /* { user, kernel }: 1 read, 2 write */
    { 0, 0 }, { 0, 3 }, { 1, 3 }, { 3, 3 }, { 0, 0 }, { 0, 1 }, { 1, 1 }, { 1, 1 },
};

/* May va be translated to pa with these rights now? */
static bool allowed(uint32_t va, uint32_t pa, bool kernel, bool write, bool exec)
{
    if (space == FLAT)
        return va == pa;
    for (unsigned i = 0; i < held_count; i++) {
        const struct translation *t = &held[i];
        unsigned rights = ap_rights[t->ap][kernel];

        if (va - t->va < t->size && pa - t->pa == va - t->va && (!t->ng || t->table == space) &&
            (rights & 1) && (!write || (rights & 2)) && (!exec || !t->xn))
            return true;
    }
    return false;
}

/* --- the host's TLB --- */

struct host_entry { uint32_t va, size, desc; unsigned asid; bool section; };
static struct host_entry host_tlb[256];
static unsigned host_count;

static void host_flush_va(uint32_t va, unsigned asid)
{
    for (unsigned i = 0; i < host_count;) {
        if (host_tlb[i].asid == asid && va - host_tlb[i].va < host_tlb[i].size)
            host_tlb[i] = host_tlb[--host_count];
        else
            i++;
    }
}

static void host_flush_asid(unsigned asid)
{
    for (unsigned i = 0; i < host_count;) {
        if (host_tlb[i].asid == asid)
            host_tlb[i] = host_tlb[--host_count];
        else
            i++;
    }
}

static void host_flush_all(void)
{
    host_count = 0;
}

/* As vmm/run.c does before the guest runs. */
static struct view *enter(enum shadow_mode mode)
{
    struct view *v = shadow_view(&shadow, mode);

    if (v->stale)
        host_flush_asid(v->asid);
    v->stale = false;
    return v;
}

static bool walk_view(const struct view *v, uint32_t va, struct host_entry *e)
{
    uint32_t l1 = v->l1[va >> 20];

    *e = (struct host_entry){ .va = ALIGN_DOWN(va, MiB), .size = MiB, .desc = l1, .asid = v->asid };
    e->section = true;
    if (desc_is_section(l1))
        return true;
    if (!desc_is_table(l1))
        return false;
    e->desc = ((uint32_t *)pool_ptr(desc_table_pa(l1)))[BITS(va, 19, 12)];
    e->va = ALIGN_DOWN(va, 4096);
    e->size = 4096;
    e->section = false;
    return e->desc != 0;
}

/* The translation that the host uses for va, by its TLB or a walk. */
static bool host_lookup(struct view *v, uint32_t va, struct host_entry *e)
{
    for (unsigned i = 0; i < host_count; i++) {
        if (host_tlb[i].asid == v->asid && va - host_tlb[i].va < host_tlb[i].size) {
            *e = host_tlb[i];
            return true;
        }
    }
    if (!walk_view(v, va, e))
        return false;
    if (host_count == ARRAY_SIZE(host_tlb)) {
        host_count--;
        host_tlb[(unsigned)rand() % host_count] = host_tlb[host_count];
    }
    host_tlb[host_count++] = *e;
    return true;
}

static bool entry_writable(const struct host_entry *e)
{
    return e->section ? !(e->desc & 0x8000) : desc_small_writable(e->desc);
}

static bool entry_exec(const struct host_entry *e)
{
    return !(e->desc & (e->section ? SECTION_XN : SMALL_XN));
}

static uint32_t entry_pa(const struct host_entry *e, uint32_t va)
{
    return (e->desc & ~(e->size - 1)) | (va & (e->size - 1));
}

static unsigned wrong, quick_answers[4];
static const char *last_op = "";

static bool complain(const char *what, const struct view *v, uint32_t va, uint32_t desc)
{
    if (wrong++ < 10)
        printf("  %s: %s view, space %u, va %08x, descriptor %08x, after %s\n", what,
               v->kernel ? "kernel" : "user", space, va, desc, last_op);
    return false;
}

static bool is_guarded(uint32_t pa)
{
    return policy->guarded && policy->guarded(&shadow, gpa(ALIGN_DOWN(pa, 4096)));
}

static bool entry_ok(const struct view *v, uint32_t va, const struct host_entry *e, const char *what)
{
    uint32_t pa = entry_pa(e, va) - HOST + RAM;

    if (!allowed(va, pa, v->kernel, entry_writable(e), entry_exec(e)))
        return complain(what, v, va, e->desc);
    if (v->kernel && entry_exec(e))
        return complain("executable", v, va, e->desc);
    if (entry_writable(e) && has_code_map[(pa - RAM) >> 12])
        return complain("translated page writable", v, va, e->desc);
    for (uint32_t offset = 0; entry_writable(e) && offset < e->size; offset += 4096) {
        if (is_guarded(ALIGN_DOWN(pa, e->size) + offset))
            return complain("watched page writable", v, va, e->desc);
    }
    return true;
}

/* A translation mapped at va + CODE_OFFSET tells of the guest page that it was made from. */
static bool code_ok(const struct view *v, uint32_t va, const struct host_entry *e, const char *what)
{
    uint32_t pa = entry_pa(e, va) - CODE_HPA + RAM;

    return (e->size == 4096 && !entry_writable(e) && v->kernel && allowed(va, pa, true, false, true)) ||
           complain(what, v, va, e->desc);
}

static void check_everything(void)
{
    struct host_entry e;

    for (unsigned mode = 0; mode < 2; mode++) {
        struct view *v = enter((enum shadow_mode)mode);

        for (unsigned m = 0; m < MIBS; m++) {
            for (unsigned p = 0; p < sizeof(pages); p++) {
                uint32_t va = mibs[m] << 20 | (uint32_t)pages[p] << 12;

                if (walk_view(v, va, &e))
                    entry_ok(v, va, &e, "shadow entry");
                if (walk_view(v, va + CODE_OFFSET, &e))
                    code_ok(v, va, &e, "translation");
            }
        }
        for (unsigned i = 0; i < host_count; i++) {
            struct host_entry *h = &host_tlb[i];

            if (h->asid != v->asid)
                continue;
            if (h->desc >= HOST)
                entry_ok(v, h->va, h, "host TLB entry");
            else
                code_ok(v, h->va - CODE_OFFSET, h, "host TLB entry of a translation");
        }
    }
}

/* --- the guest --- */

static bool has_code(void *ctx, gpa_t page)
{
    (void)ctx;
    return has_code_map[(page.v - RAM) >> 12];
}

/* The guest writes its tables: emulated, or let through, as the policy says. */
static void write32(uint32_t addr, uint32_t value)
{
    gpa_t page = gpa(ALIGN_DOWN(addr, 4096));
    bool emulate = shadow_write_fault(&shadow, page);

    if (emulate && rand() % 16 == 0) { /* as for STREX */
        shadow_let_write(&shadow, page);
        emulate = false;
    }
    if (!emulate && is_guarded(addr)) {
        printf("FAIL watched, but not to be emulated\n");
        exit(1);
    }
    gmem_write(&vm, gpa(addr), &value, 4);
    if (emulate)
        shadow_written(&shadow, gpa(addr), 4);
}

static bool read_guest(void *ctx, gpa_t addr, uint32_t *value)
{
    return gmem_read32(ctx, addr, value);
}

/* Every other time that TTBR0 and CONTEXTIDR alone change, by the shorter way. */
static void use_space(unsigned n)
{
    static unsigned times;
    bool alone = (regs.sctlr & SCTLR_M) && n != FLAT && shadow.current && times++ % 2;

    space = n;
    regs.sctlr = n == FLAT ? 0 : SCTLR_M;
    regs.ttbr0 = n == FLAT ? 0 : L1_AT(n);
    if (alone)
        shadow_set_table(&shadow, regs.ttbr0, n + 1);
    else
        shadow_set_space(&shadow, &regs, n == FLAT ? 0 : n + 1);
    hold_mapped();
}

static void clear_mib(unsigned t, unsigned m)
{
    memset(mapped[t][m], 0, sizeof(mapped[t][m]));
    for (unsigned i = 0; i < 256; i++)
        write32(L2_AT(t, m) + 4 * i, 0);
}

static uint32_t random_pa(uint32_t size)
{
    if (rand() % 8 == 0) /* where tables are */
        return RAM + ALIGN_DOWN((uint32_t)rand() % 0x16000, size);
    return RAM + MiB + ALIGN_DOWN((uint32_t)rand() % (8 * MiB), size);
}

static struct translation random_translation(unsigned t, uint32_t va, uint32_t size)
{
    static const uint8_t aps[] = { 1, 2, 3, 3, 5, 7 };
    struct translation n;

    memset(&n, 0, sizeof(n)); /* compared as bytes */
    n.va = ALIGN_DOWN(va, size);
    n.size = size;
    n.pa = random_pa(size);
    n.ap = aps[(unsigned)rand() % sizeof(aps)];
    n.table = (uint8_t)t;
    n.ng = rand() & 1;
    n.xn = !(rand() % 4);
    return n;
}

static void map_section(unsigned t, unsigned m)
{
    struct translation n = random_translation(t, mibs[m] << 20, MiB);

    clear_mib(t, m);
    for (unsigned i = 0; i < 256; i++)
        mapped[t][m][i] = n;
    write32(L1_AT(t) + mibs[m] * 4, n.pa | 2u | (n.ap & 3u) << 10 | (n.ap & 4u) << 13 | (uint32_t)n.ng << 17 |
                                        (uint32_t)n.xn << 4);
}

static void map_pages(unsigned t, unsigned m, unsigned page, bool large)
{
    struct translation n = random_translation(t, mibs[m] << 20 | page << 12, large ? 65536 : 4096);
    uint32_t attributes = (n.ap & 3u) << 4 | (n.ap & 4u) << 7 | (uint32_t)n.ng << 11;
    unsigned first = BITS(n.va, 19, 12);
    uint32_t desc = n.pa | attributes | (large ? 1u | (uint32_t)n.xn << 15 : 2u | n.xn);

    if (mapped[t][m][page].size && mapped[t][m][page].size != n.size)
        clear_mib(t, m); /* what it was part of goes altogether */
    for (unsigned i = 0; i < n.size / 4096; i++) {
        mapped[t][m][first + i] = n;
        write32(L2_AT(t, m) + 4 * (first + i), desc);
    }
    write32(L1_AT(t) + mibs[m] * 4, L2_AT(t, m) | 1);
}

static void remap(unsigned t, unsigned m, unsigned page)
{
    switch (rand() % 8) {
    case 0: map_section(t, m); break;
    case 1: map_pages(t, m, page, true); break;
    case 2:
        clear_mib(t, m);
        write32(L1_AT(t) + mibs[m] * 4, 0);
        break;
    default: map_pages(t, m, page, false); break;
    }
    hold_mapped();
}

/* Walks the guest's tables; false when the guest sees a fault, or no RAM is there. */
static bool guest_allows(uint32_t va, enum access_kind kind, bool kernel, struct walk_result *w)
{
    guest_walk(&regs, gva(va), read_guest, &vm, w);
    return w->fault == FSR_NONE && walk_check(&regs, w, kind, kernel) == FSR_NONE && gmem_is_ram(&vm, w->pa, 1);
}

/* The hot path of a fault, where it knows: it must say what the guest's tables say. */
static enum quick_answer quick(uint32_t va, enum shadow_mode mode, enum access_kind kind, bool allowed,
                               const struct walk_result *book)
{
    enum walk_fault fault = book->fault != FSR_NONE ? book->fault : walk_check(&regs, book, kind, mode == VIEW_KERNEL);
    struct walk_result w = { .fault = FSR_NONE };
    enum quick_answer answer = shadow_quick(&shadow, mode, va, kind, &w);

    quick_answers[answer]++;
    if ((answer == QUICK_FAULT && (w.fault != fault || w.domain != book->domain || !w.domain_valid)) ||
        (answer == QUICK_FILLED && !allowed) ||
        (answer == QUICK_OUTSIDE && (fault != FSR_NONE || w.pa.v != book->pa.v || gmem_is_ram(&vm, w.pa, 1))))
        complain("the hot path does not agree", shadow_view(&shadow, mode), va, (uint32_t)answer);
    return answer;
}

/* Runs one access as the guest would: the host's translation, or a fault and another try. */
static bool access(uint32_t va, bool kernel, bool write)
{
    enum shadow_mode mode = kernel ? VIEW_KERNEL : VIEW_USER;
    enum access_kind kind = write ? ACCESS_WRITE : ACCESS_READ;
    struct host_entry e;
    struct walk_result w;

    for (unsigned attempt = 0; attempt < 4; attempt++) {
        struct view *v = enter(mode);
        bool allowed;

        if (host_lookup(v, va, &e) && (!write || entry_writable(&e)))
            return entry_ok(v, va, &e, "access");
        allowed = guest_allows(va, kind, kernel, &w);
        if (quick(va, mode, kind, allowed, &w) == QUICK_FILLED)
            continue;
        if (!allowed)
            return true;
        if (write && shadow_write_fault(&shadow, gpa(ALIGN_DOWN(w.pa.v, 4096))))
            return true; /* emulated */
        if (write)
            has_code_map[(w.pa.v - RAM) >> 12] = 0;
        shadow_fill(&shadow, mode, gva(va), &w);
    }
    return complain("no progress", shadow_view(&shadow, kernel ? VIEW_KERNEL : VIEW_USER), va, 0);
}

/* The guest kernel executes at va. */
static bool execute(uint32_t va)
{
    struct host_entry e;
    struct walk_result w;

    for (unsigned attempt = 0; attempt < 3; attempt++) {
        struct view *v = enter(VIEW_KERNEL);

        if (host_lookup(v, va + CODE_OFFSET, &e))
            return code_ok(v, va, &e, "execution");
        if (!guest_allows(va, ACCESS_FETCH, true, &w))
            return true;
        if (!has_code_map[(w.pa.v - RAM) >> 12]) {
            has_code_map[(w.pa.v - RAM) >> 12] = 1;
            shadow_protect(&shadow, w.pa);
        }
        if (!shadow_map_code(&shadow, va + CODE_OFFSET, hpa(CODE_HPA + (w.pa.v - RAM)), &w))
            return complain("no place for code", v, va, 0);
    }
    return complain("no progress executing", shadow_view(&shadow, VIEW_KERNEL), va, 0);
}

static void random_tlb_op(uint32_t va)
{
    switch (rand() % 16) {
    case 0: last_op = "TLBIALL"; tlb_op(TLB_ALL, 0); break;
    case 1:
    case 2: last_op = "TLBIASID"; tlb_op(TLB_ASID, 1 + (unsigned)rand() % TABLES); break;
    case 3:
    case 4:
    case 5: last_op = "TLBIMVAA"; tlb_op(TLB_MVAA, va); break;
    default: last_op = "TLBIMVA"; tlb_op(TLB_MVA, va | (1 + (unsigned)rand() % TABLES)); break;
    }
}

static void set_up(uint32_t pool_size)
{
    struct shadow_config config = { .vm = &vm, .window_l1 = window, .code_offset = CODE_OFFSET,
                                    .page_has_code = has_code, .policy = policy,
                                    .no_space_cache = no_space_cache };

    memset(fake_arch.ram, 0, RAM_SIZE);
    memset(mapped, 0, sizeof(mapped));
    memset(has_code_map, 0, sizeof(has_code_map));
    host_count = held_count = wrong = 0;
    pool_init(pool, hpa(0x20000000), pool_size, 2 * SHADOW_MAX_SPACES + 1);
    shadow_init(&shadow, &config);
    regs = (struct walk_regs){ .sctlr = SCTLR_M, .dacr = 1 };
    use_space(0);
}

static unsigned random_steps(unsigned seed, unsigned steps, bool code, bool flat)
{
    srand(seed);
    for (unsigned step = 0; step < steps && !wrong; step++) {
        unsigned t = (unsigned)rand() % TABLES, m = (unsigned)rand() % MIBS;
        unsigned page = pages[(unsigned)rand() % sizeof(pages)];
        uint32_t va = mibs[m] << 20 | page << 12;

        switch (rand() % 10) {
        case 0:
        case 1: last_op = "remap"; remap(t, m, page); break;
        case 2: random_tlb_op(va); break;
        case 3:
            last_op = "a space switch";
            use_space(flat && rand() % 4 == 0 ? FLAT : t);
            break;
        case 4:
            last_op = "execution";
            if (code)
                execute(va);
            break;
        default:
            last_op = "an access";
            access(va, rand() & 1, rand() & 1);
            break;
        }
        check_everything();
    }
    return wrong;
}

static void test_random(const char *name)
{
    unsigned bad = 0;

    for (unsigned seed = 1; seed <= 4; seed++) {
        set_up(VMM_POOL_SIZE);
        bad += random_steps(seed, 30000, false, false);
    }
    report(bad == 0 && shadow_audit(&shadow) == 0, "%s: pages, large pages and sections, global and not", name);
    bad = 0;
    for (unsigned seed = 1; seed <= 4; seed++) {
        set_up(VMM_POOL_SIZE);
        bad += random_steps(seed, 30000, true, false);
    }
    report(bad == 0 && shadow_audit(&shadow) == 0, "%s: with translated code", name);
    bad = 0;
    for (unsigned seed = 1; seed <= 4; seed++) {
        set_up(VMM_POOL_SIZE);
        bad += random_steps(seed, 30000, false, true);
    }
    report(bad == 0 && shadow_audit(&shadow) == 0, "%s: with the MMU off at times", name);
    bad = 0;
    for (unsigned seed = 1; seed <= 4; seed++) {
        set_up((2 * SHADOW_MAX_SPACES + 1) * 16 * KiB + 3 * 4096); /* 12 tables, fewer than the guest uses */
        bad += random_steps(seed, 30000, true, true);
    }
    report(bad == 0 && shadow_audit(&shadow) == 0, "%s: everything, in a pool that is dry", name);
    shadow_flush(&shadow);
    report(pool_pages_free() == 3 && l2_count() == 0, "%s: all memory came back", name);
}

static void fill(uint32_t va)
{
    struct walk_result w;

    guest_walk(&regs, gva(va), read_guest, &vm, &w);
    shadow_fill(&shadow, VIEW_KERNEL, gva(va), &w);
    shadow_fill(&shadow, VIEW_USER, gva(va), &w);
}

/* Translations and a guest that wants their place. */
static void test_claims(void)
{
    uint32_t *arena, va = 0x36100000;
    struct view *v;

    set_up(VMM_POOL_SIZE);
    arena = pool_page_alloc();
    memset(arena, 0, 4096);
    arena[0] = desc_small(hpa(CODE_HPA), true, false);
    report(shadow_link_arena(&shadow, va >> 20, arena), "an arena in one space");
    use_space(1);
    v = shadow_view(&shadow, VIEW_KERNEL);
    report(desc_is_table(v->l1[va >> 20]) && !shadow_view(&shadow, VIEW_USER)->l1[va >> 20],
           "is there in the kernel view of the next");
    write32(L1_AT(1) + (va >> 20) * 4, (RAM + MiB) | 2u | 3u << 10);
    report(shadow_check_claims(&shadow) == 1 && !v->l1[va >> 20] && !shadow_mib_free(&shadow, va >> 20),
           "and goes when that space maps the place");
    va += MiB;
    report(shadow_link_arena(&shadow, va >> 20, arena), "another");
    write32(L1_AT(1) + (va >> 20) * 4, (RAM + MiB) | 2u | 3u << 10);
    fill(va);
    report(desc_is_section(v->l1[va >> 20]) && !shadow_mib_free(&shadow, va >> 20),
           "a guest mapping that is found by its access alone wins too");
    va += MiB;
    shadow_link_arena(&shadow, va >> 20, arena);
    write32(L1_AT(1) + ((va - CODE_OFFSET) >> 20) * 4, (RAM + MiB) | 2u | 3u << 10 | SECTION_XN);
    fill(va - CODE_OFFSET);
    report(v->l1[va >> 20], "data may be where translations would meet an arena");
    write32(L1_AT(1) + ((va - CODE_OFFSET) >> 20) * 4, (RAM + MiB) | 2u | 3u << 10);
    fill(va - CODE_OFFSET);
    report(!v->l1[va >> 20], "code may not");
    va += MiB;
    shadow_link_arena(&shadow, va >> 20, arena);
    enter(VIEW_KERNEL);
    shadow_drop_kernel_va(&shadow, va + 4096);
    report(v->stale, "a page that leaves an arena leaves the host TLB");
    report(shadow_audit(&shadow) == 0, "audit finds nothing");
}

static void test_flat_is_alone(void)
{
    set_up(VMM_POOL_SIZE);
    use_space(FLAT);
    fill(RAM + 2 * MiB);
    report(shadow_view(&shadow, VIEW_KERNEL)->l1[(RAM + 2 * MiB) >> 20], "MMU off: mapped flat");
    use_space(0);
    report(!shadow_view(&shadow, VIEW_KERNEL)->l1[(RAM + 2 * MiB) >> 20], "MMU on: that is not seen");
}

static void test_audit(void)
{
    const struct { uint32_t desc; const char *what; } plants[] = {
        { desc_section(hpa(HOST), 0, true, false) | SECTION_SUPER, "a supersection" },
        { desc_section(hpa(HOST - MiB), 0, true, false), "memory below the VM's" },
        { desc_section(hpa(HOST + RAM_SIZE), 0, false, false), "memory above the VM's" },
        { desc_section(hpa(HOST), 0, true, true), "an executable section" },
        { 3, "the reserved type" },
    };
    struct view *v;
    uint32_t *l2;

    set_up(VMM_POOL_SIZE);
    map_pages(0, 0, 0, false);
    fill(mibs[0] << 20);
    v = shadow_view(&shadow, VIEW_KERNEL);
    for (unsigned i = 0; i < ARRAY_SIZE(plants); i++) {
        v->l1[0x123] = plants[i].desc;
        report(shadow_audit(&shadow) == 1, "audit finds %s", plants[i].what);
    }
    v->l1[0x123] = 0;
    l2 = pool_ptr(desc_table_pa(v->l1[mibs[0]]));
    l2[5] = desc_small(hpa(HOST), true, true);
    report(shadow_audit(&shadow) == 1, "audit finds an executable page");
    l2[5] = desc_small(hpa(0x20000000), false, false);
    report(shadow_audit(&shadow) == 1, "audit finds a page of umbra");
    l2[5] = (HOST & 0xffff0000) | 1;
    report(shadow_audit(&shadow) == 1, "audit finds a large page");
    l2[5] = desc_small(hpa(HOST), true, false);
    has_code_map[0] = 1;
    report(shadow_audit(&shadow) == 1, "audit finds a writable page that is translated");
    l2[5] = 0;
    report(shadow_audit(&shadow) == 0, "audit finds nothing else");
}

int main(void)
{
    vm.ram_base = gpa(RAM);
    vm.ram_size = RAM_SIZE;
    vm.ram_hpa = hpa(HOST);
    pool = aligned_alloc(16384, VMM_POOL_SIZE);
    fake_arch.ram = malloc(RAM_SIZE);
    fake_arch.ram_pa = HOST;
    fake_arch.ram_size = RAM_SIZE;
    fake_arch.tlb_flush_va = host_flush_va;
    fake_arch.tlb_flush_asid = host_flush_asid;
    fake_arch.tlb_flush_all = host_flush_all;
    test_random("tlb");
    report(quick_answers[QUICK_NONE] && quick_answers[QUICK_FILLED] && quick_answers[QUICK_FAULT],
           "the hot path of faults: %u filled, %u the guest's, %u by the book", quick_answers[QUICK_FILLED],
           quick_answers[QUICK_FAULT], quick_answers[QUICK_NONE]);
    policy = &shadow_policy_trap;
    test_random("trap");
    policy = &shadow_policy_oos;
    test_random("oos");
    no_space_cache = true;
    test_random("oos, no cache of spaces");
    policy = &shadow_policy_tlb;
    test_random("tlb, no cache of spaces");
    no_space_cache = false;
    test_claims();
    test_flat_is_alone();
    test_audit();
    free(fake_arch.ram);
    free(pool);
    return test_summary();
}
