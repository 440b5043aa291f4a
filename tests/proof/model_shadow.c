/*
 * Model checking of the shadow tables: src/shadow itself, linked here, in every state that a small
 * guest can bring it to.  A model is a few pages of one or two MiB in two or three address spaces, with
 * a few things that may be mapped there; its operations are all that a guest does to its tables,
 * its TLB and its registers, and accesses.  States are found breadth first, a state being reached again
 * by running its shortest path; they are equal when everything that decides the future is.
 *
 * After every operation, in both views and in a host TLB that forgets nothing it was not told to:
 * each translation must be one that a TLB may hold (DDI 0406C B3.10): of the current tables, or of
 * earlier ones and not yet invalidated; with rights that it has; never executable in the kernel view; and
 * translations of code never of a page whose mapping is gone.
 *
 * usage: model_shadow [--full] [MODEL...]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "arch/armv7/layout.h"
#include "arch/fake/fake.h"
#include "core/gmem.h"
#include "core/pool.h"
#include "models.h"
#include "shadow/desc.h"
#include "shadow/l2.h"
#include "shadow/policy.h"
#include "shadow/quick.h"
#include "shadow/tables.h"

#define RAM 0x40000000u
#define RAM_SIZE (4 * MiB)
#define HOST 0x80000000u
#define CODE_OFFSET 0x36000000u
#define CODE_HPA 0x30000000u
#define L1_AT(t) (RAM + (t) * 0x4000u)
#define L2_AT(t, m) (RAM + 0x10000u + ((t) * 2u + (m)) * 0x400u)
#define FLAT MODEL_TABLES

static const struct shadow_policy *const policies[] = { &shadow_policy_tlb, &shadow_policy_trap,
                                                       &shadow_policy_oos };
static const struct shadow_policy *policy;
static const struct model *model;
static struct vm vm;
static struct shadow shadow;
static uint32_t window[4096];
static uint8_t *pool;

/* --- the guest --- */

static struct {
    struct walk_regs regs;
    unsigned space;                                        /* a table, or FLAT */
    uint8_t option[MODEL_TABLES][MODEL_MIBS][MODEL_PAGES]; /* what is mapped: index + 1 in model->options */
    bool code[RAM_SIZE / 4096];                            /* is the page translated? */
    uint64_t held;                                         /* what a TLB may hold: by number() */
} guest;

/* Translation of option o of table t at page p: its number in 'held'. */
static unsigned number(unsigned t, unsigned m, unsigned p, unsigned o)
{
    const struct model_option *opt = &model->options[o];
    unsigned first = opt->size == MiB ? 0 : p; /* one for a section, whatever page is looked at */

    return ((t * model->mibs + m) * model->pages + first) * model->option_count + o;
}

static uint32_t page_va(unsigned m, unsigned p)
{
    return (model->mib[m] << 20) + ((uint32_t)model->page[p] << 12);
}

static void hold_mapped(void)
{
    if (guest.space == FLAT)
        return;
    for (unsigned m = 0; m < model->mibs; m++) {
        for (unsigned p = 0; p < model->pages; p++) {
            unsigned o = guest.option[guest.space][m][p];

            if (o)
                guest.held |= 1ull << number(guest.space, m, p, o - 1);
        }
    }
}

static bool wrong;
static char wrong_what[160];

static void complain(const char *what, const struct view *v, uint32_t va, uint32_t desc)
{
    if (!wrong)
        snprintf(wrong_what, sizeof(wrong_what), "%s: %s view, space %u, va %08x, descriptor %08x", what,
                 v->kernel ? "kernel" : "user", guest.space, va, desc);
    wrong = true;
}

static bool guarded(uint32_t pa)
{
    return policy->guarded && policy->guarded(&shadow, gpa(ALIGN_DOWN(pa, 4096)));
}

/* The guest writes its tables: emulated, or let through, as the policy says. */
static void write32(uint32_t addr, uint32_t value)
{
    gpa_t page = gpa(ALIGN_DOWN(addr, 4096));
    bool emulate = shadow_write_fault(&shadow, page);

    if (emulate && model->exclusive) { /* by an instruction that is not emulated */
        shadow_let_write(&shadow, page);
        emulate = false;
    }
    if (!emulate && guarded(addr))
        complain("watched, but written", shadow_view(&shadow, VIEW_KERNEL), addr, value);
    gmem_write(&vm, gpa(addr), &value, 4);
    if (emulate)
        shadow_written(&shadow, gpa(addr), 4);
}

static uint32_t option_pa(const struct model_option *o, unsigned page)
{
    uint32_t pa = RAM + o->pa;

    return o->size == 4096 ? pa : pa + (((uint32_t)model->page[page] << 12) & (o->size - 1));
}

static void write_section(unsigned t, unsigned m, const struct model_option *o)
{
    uint32_t desc = o ? (RAM + o->pa) | 2u | (o->ap & 3u) << 10 | (o->ap & 4u) << 13 | (uint32_t)o->ng << 17 |
                            (uint32_t)o->xn << 4 | (uint32_t)o->domain << 5
                      : 0;

    write32(L1_AT(t) + model->mib[m] * 4, desc);
}

static void write_page(unsigned t, unsigned m, unsigned p, const struct model_option *o)
{
    uint32_t attributes = o ? (o->ap & 3u) << 4 | (o->ap & 4u) << 7 | (uint32_t)o->ng << 11 : 0;
    unsigned first = model->page[p], n = 1;

    if (o && o->size == 64 * KiB) {
        first &= ~15u;
        n = 16;
    }
    for (unsigned i = 0; i < n; i++) {
        uint32_t desc = !o    ? 0
                        : n == 1 ? (RAM + o->pa) | attributes | 2u | o->xn
                                 : (RAM + o->pa) | attributes | 1u | (uint32_t)o->xn << 15;

        write32(L2_AT(t, m) + 4 * (first + i), desc);
    }
}

/* Takes away what overlaps the page in other sizes; both may not be in a table at once. */
static void unmap(unsigned t, unsigned m, unsigned p)
{
    unsigned old = guest.option[t][m][p];
    uint32_t size = old ? model->options[old - 1].size : 0;

    for (unsigned i = 0; i < model->pages; i++) {
        bool same = size == MiB || i == p || (size == 64 * KiB && !((model->page[i] ^ model->page[p]) & ~15));

        if (same && guest.option[t][m][i] == old)
            guest.option[t][m][i] = 0;
    }
    if (size == MiB) {
        write_section(t, m, NULL);
    } else if (size) {
        for (unsigned i = 0; i < (size >> 12); i++)
            write32(L2_AT(t, m) + 4 * (((unsigned)model->page[p] & ~((size >> 12) - 1)) + i), 0);
    }
}

static bool covers(const struct model_option *o, unsigned p, unsigned i)
{
    return i == p || o->size == MiB || (o->size == 64 * KiB && !((model->page[i] ^ model->page[p]) & ~15));
}

static void map(unsigned t, unsigned m, unsigned p, unsigned option)
{
    const struct model_option *o = option ? &model->options[option - 1] : NULL;

    for (unsigned i = 0; i < model->pages; i++) {
        bool replaced = o ? covers(o, p, i) : i == p;
        unsigned old = guest.option[t][m][i];

        /* a page over a page of the same size is one write, as kernels do it */
        if (old && replaced && (!o || i != p || model->options[old - 1].size != 4096 || o->size != 4096))
            unmap(t, m, i);
    }
    if (!o)
        return;
    for (unsigned i = 0; i < model->pages; i++) {
        if (covers(o, p, i))
            guest.option[t][m][i] = (uint8_t)option;
    }
    if (o->size == MiB) {
        write_section(t, m, o);
    } else {
        write_page(t, m, p, o);
        write32(L1_AT(t) + model->mib[m] * 4, L2_AT(t, m) | 1 | (uint32_t)o->domain << 5);
    }
}

static bool read_guest(void *ctx, gpa_t addr, uint32_t *value) { return gmem_read32(ctx, addr, value); }

/* With the MMU on before and after, TTBR0 and CONTEXTIDR alone change. */
static void use_space(unsigned n)
{
    bool alone = shadow.current && guest.regs.ttbr0 && n != FLAT;

    guest.space = n;
    guest.regs.sctlr = n == FLAT ? 0 : SCTLR_M;
    guest.regs.ttbr0 = n == FLAT ? 0 : L1_AT(n);
    if (alone)
        shadow_set_table(&shadow, guest.regs.ttbr0, n + 1);
    else
        shadow_set_space(&shadow, &guest.regs, n == FLAT ? 0 : n + 1);
}

/* Does the operation invalidate translation t, m, p, o? */
static bool op_covers(enum tlb_op op, uint32_t arg, unsigned t, unsigned m, unsigned p, unsigned o)
{
    const struct model_option *opt = &model->options[o];
    uint32_t va = ALIGN_DOWN(page_va(m, p), opt->size);
    bool asid = t + 1 == (arg & 0xff), there = ALIGN_DOWN(arg, 4096) - va < opt->size;

    switch (op) {
    case TLB_ALL: return true;
    case TLB_ASID: return opt->ng && asid;
    case TLB_MVA: return there && (!opt->ng || asid);
    default: return there;
    }
}

static void tlb_op(enum tlb_op op, uint32_t arg)
{
    shadow_tlb_op(&shadow, op, arg);
    for (unsigned t = 0; t < model->tables; t++)
        for (unsigned m = 0; m < model->mibs; m++)
            for (unsigned p = 0; p < model->pages; p++)
                for (unsigned o = 0; o < model->option_count; o++)
                    if (op_covers(op, arg, t, m, p, o))
                        guest.held &= ~(1ull << number(t, m, p, o));
}

/* --- what is allowed --- */

static const uint8_t ap_rights[8][2] = { /* { user, kernel }: 1 read, 2 write */
    { 0, 0 }, { 0, 3 }, { 1, 3 }, { 3, 3 }, { 0, 0 }, { 0, 1 }, { 1, 1 }, { 1, 1 },
};

struct use { bool kernel, write, exec; };

static bool option_allows(const struct model_option *o, struct use u)
{
    unsigned domain = (guest.regs.dacr >> (2 * o->domain)) & 3, rights = ap_rights[o->ap][u.kernel];

    if (domain == 3)
        return true;
    return domain == 1 && (rights & 1) && (!u.write || (rights & 2)) && (!u.exec || !o->xn);
}

/* May va of page m, p be translated to pa and used so now? */
static bool allowed(unsigned m, unsigned p, uint32_t pa, struct use u)
{
    if (guest.space == FLAT)
        return page_va(m, p) == pa;
    for (unsigned t = 0; t < model->tables; t++) {
        for (unsigned o = 0; o < model->option_count; o++) {
            const struct model_option *opt = &model->options[o];
            bool held = guest.held >> number(t, m, p, o) & 1;

            if (held && (!opt->ng || t == guest.space) && option_pa(opt, p) == pa && option_allows(opt, u))
                return true;
        }
    }
    return false;
}

/* --- the host's TLB: holds what was used until it is told otherwise --- */

struct host_entry { uint32_t va, size, desc, domain; unsigned asid; };
static struct host_entry host_tlb[128];
static unsigned host_count;

static void host_drop(unsigned i) { host_tlb[i] = host_tlb[--host_count]; }

static void host_flush_va(uint32_t va, unsigned asid)
{
    for (unsigned i = host_count; i-- > 0;)
        if (host_tlb[i].asid == asid && va - host_tlb[i].va < host_tlb[i].size)
            host_drop(i);
}

static void host_flush_asid(unsigned asid)
{
    for (unsigned i = host_count; i-- > 0;)
        if (host_tlb[i].asid == asid)
            host_drop(i);
}

static void host_flush_all(void) { host_count = 0; }

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

    *e = (struct host_entry){ ALIGN_DOWN(va, MiB), MiB, l1, desc_l1_domain(l1), v->asid };
    if (desc_is_section(l1))
        return true;
    if (!desc_is_table(l1))
        return false;
    e->desc = ((uint32_t *)pool_ptr(desc_table_pa(l1)))[BITS(va, 19, 12)];
    e->va = ALIGN_DOWN(va, 4096);
    e->size = 4096;
    return e->desc != 0;
}

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
    host_tlb[host_count++] = *e;
    return true;
}

static bool entry_writable(const struct host_entry *e)
{
    return e->size == MiB ? !(e->desc & SECTION_AP2) : desc_small_writable(e->desc);
}

static bool entry_exec(const struct host_entry *e)
{
    return !(e->desc & (e->size == MiB ? SECTION_XN : SMALL_XN));
}

/* Does the domain let the host use the entry? */
static bool entry_usable(const struct host_entry *e)
{
    uint32_t dacr = guest.space == FLAT ? 0x55555555u : shadow_host_dacr(guest.regs.dacr);

    return (dacr >> (2 * e->domain)) & 1;
}

static uint32_t entry_pa(const struct host_entry *e, uint32_t va)
{
    return (e->desc & ~(e->size - 1)) | (va & (e->size - 1));
}

/* --- checks --- */

static void check_entry(const struct view *v, unsigned m, unsigned p, const struct host_entry *e,
                        const char *what)
{
    uint32_t va = page_va(m, p), pa = entry_pa(e, va) - HOST + RAM;
    struct use u = { v->kernel, entry_writable(e), entry_exec(e) };

    if (!entry_usable(e))
        return;
    if (!allowed(m, p, pa, u))
        complain(what, v, va, e->desc);
    if (v->kernel && u.exec)
        complain("executable", v, va, e->desc);
    if (u.write && guest.code[(pa - RAM) >> 12])
        complain("translated page writable", v, va, e->desc);
    for (uint32_t i = 0; u.write && i < e->size; i += 4096) {
        if (guarded(ALIGN_DOWN(pa, e->size) + i))
            complain("watched page writable", v, va, e->desc);
    }
}

/* A translation at va + CODE_OFFSET tells of the guest page that it was made from.  The guest's own
 * domain does not matter to the host: it was checked when the code was found. */
static void check_code(const struct view *v, unsigned m, unsigned p, const struct host_entry *e,
                       const char *what)
{
    uint32_t pa = entry_pa(e, page_va(m, p)) - CODE_HPA + RAM;
    struct use fetch = { true, false, true };

    if (e->size != 4096 || entry_writable(e) || !v->kernel || !allowed(m, p, pa, fetch))
        complain(what, v, page_va(m, p), e->desc);
}

static void check_everything(void)
{
    struct host_entry e;

    for (unsigned mode = 0; mode < 2; mode++) {
        struct view *v = shadow_view(&shadow, (enum shadow_mode)mode);

        for (unsigned m = 0; m < model->mibs; m++) {
            for (unsigned p = 0; p < model->pages; p++) {
                uint32_t va = page_va(m, p);

                if (walk_view(v, va, &e))
                    check_entry(v, m, p, &e, "shadow entry");
                if (walk_view(v, va + CODE_OFFSET, &e))
                    check_code(v, m, p, &e, "translation");
                for (unsigned i = 0; !v->stale && i < host_count; i++) {
                    const struct host_entry *h = &host_tlb[i];

                    if (h->asid == v->asid && va - h->va < h->size)
                        check_entry(v, m, p, h, "host TLB entry");
                    if (h->asid == v->asid && va + CODE_OFFSET - h->va < h->size)
                        check_code(v, m, p, h, "host TLB entry of a translation");
                }
            }
        }
    }
}

/* --- accesses --- */

static bool guest_allows(uint32_t va, enum access_kind kind, bool kernel, struct walk_result *w)
{
    guest_walk(&guest.regs, gva(va), read_guest, &vm, w);
    return w->fault == FSR_NONE && walk_check(&guest.regs, w, kind, kernel) == FSR_NONE &&
           gmem_is_ram(&vm, w->pa, 1);
}

static void access(unsigned m, unsigned p, bool kernel, bool write)
{
    enum shadow_mode mode = kernel ? VIEW_KERNEL : VIEW_USER;
    enum access_kind kind = write ? ACCESS_WRITE : ACCESS_READ;
    uint32_t va = page_va(m, p);
    struct host_entry e;
    struct walk_result w;

    for (unsigned attempt = 0; attempt < 4; attempt++) {
        struct view *v = enter(mode);

        if (host_lookup(v, va, &e) && entry_usable(&e) && (!write || entry_writable(&e))) {
            check_entry(v, m, p, &e, "access");
            return;
        }
        if (shadow_quick(&shadow, mode, va, kind, &w) == QUICK_FILLED)
            continue;
        if (!guest_allows(va, kind, kernel, &w))
            return;
        if (write && shadow_write_fault(&shadow, gpa(ALIGN_DOWN(w.pa.v, 4096))))
            return; /* emulated; what it writes is what was there */
        if (write)
            guest.code[(w.pa.v - RAM) >> 12] = false;
        shadow_fill(&shadow, mode, gva(va), &w);
    }
    complain("no progress", shadow_view(&shadow, kernel ? VIEW_KERNEL : VIEW_USER), va, 0);
}

static void execute(unsigned m, unsigned p)
{
    uint32_t va = page_va(m, p);
    struct host_entry e;
    struct walk_result w;

    for (unsigned attempt = 0; attempt < 3; attempt++) {
        struct view *v = enter(VIEW_KERNEL);

        if (host_lookup(v, va + CODE_OFFSET, &e)) {
            check_code(v, m, p, &e, "execution");
            return;
        }
        if (!guest_allows(va, ACCESS_FETCH, true, &w))
            return;
        if (!guest.code[(w.pa.v - RAM) >> 12]) {
            guest.code[(w.pa.v - RAM) >> 12] = true;
            shadow_protect(&shadow, w.pa);
        }
        if (!shadow_map_code(&shadow, va + CODE_OFFSET, hpa(CODE_HPA + (w.pa.v - RAM)), &w))
            complain("no place for code", v, va, 0);
    }
    complain("no progress executing", shadow_view(&shadow, VIEW_KERNEL), va, 0);
}

/* --- operations --- */

static bool has_code(void *ctx, gpa_t page)
{
    (void)ctx;
    return guest.code[(page.v - RAM) >> 12];
}

static void set_up(void)
{
    struct shadow_config config = { .vm = &vm, .window_l1 = window, .code_offset = CODE_OFFSET,
                                    .page_has_code = has_code,
                                    .policy = policy };
    unsigned l1_tables = 2 * (model->cached ? model->cached : 3) + 1;
    unsigned pages = model->pool_pages ? model->pool_pages : 8;

    for (unsigned t = 0; t < model->tables; t++) {
        for (unsigned m = 0; m < model->mibs; m++) {
            memset(fake_arch.ram + (L2_AT(t, m) - RAM), 0, 1024);
            memset(fake_arch.ram + (L1_AT(t) - RAM) + model->mib[m] * 4, 0, 4);
        }
    }
    memset(&guest, 0, sizeof(guest));
    host_count = 0;
    pool_init(pool, hpa(0x20000000), l1_tables * 16 * KiB + pages * 4096, l1_tables);
    shadow_init(&shadow, &config);
    guest.regs = (struct walk_regs){ .sctlr = SCTLR_M, .dacr = 0x55555555 };
    use_space(0);
}

static void apply(const struct model_op *op)
{
    static const uint32_t dacrs[] = { 0x55555555, 0x55555557, 0x55555554 };

    switch (op->kind) {
    case OP_MAP: map(op->a, op->b, op->c, op->d); break;
    case OP_TLBI:
        tlb_op((enum tlb_op)op->a, op->b | (op->d == MODEL_NO_VA ? 0 : page_va(op->d, op->c)));
        break;
    case OP_SWITCH: use_space(op->a); break;
    case OP_ACCESS: access(op->a, op->b, op->c & 1, op->c & 2); break;
    case OP_EXECUTE: execute(op->a, op->b); break;
    case OP_DACR:
        guest.regs.dacr = dacrs[op->a];
        shadow_set_dacr(&shadow, dacrs[op->a]);
        break;
    }
    hold_mapped();
    enter(VIEW_KERNEL); /* which executes the next one */
}

/* --- what makes two states the same --- */

static uint64_t hash;

static void mix(uint64_t value)
{
    hash = (hash ^ value) * 0x9e3779b97f4a7c15ull;
    hash ^= hash >> 29;
}

static void mix_words(const void *data, size_t bytes)
{
    const uint32_t *w = data;

    for (size_t i = 0; i < bytes / 4; i++)
        if (w[i])
            mix((uint64_t)i << 32 | w[i]);
    mix(bytes);
}

static void mix_origin(const struct origin *o)
{
    mix(o ? (uint64_t)o->l1_desc << 32 | o->mib << 16 | (uint32_t)o->owner << 8 | o->flags : 1);
}

/* What the policies that watch tables know of a guest page. */
static void mix_guest_page(uint32_t page)
{
    const struct guest_page *p = tables_find(ALIGN_DOWN(page, 4096));

    mix(p ? 1u | p->oos << 1 | p->used << 2 | p->writes << 3 | p->l1_users << 16 : 0);
    for (const struct origin *o = p ? p->made : NULL; o; o = o->next)
        mix_origin(o);
    for (unsigned i = 0; i < SHADOW_MAX_SPACES; i++)
        if (shadow.spaces[i].used)
            mix(tables_space_uses(&shadow, i, ALIGN_DOWN(page, 4096)));
}

static void mix_watched(void)
{
    for (unsigned t = 0; t < model->tables; t++) {
        for (unsigned m = 0; m < model->mibs; m++) {
            mix_guest_page(L2_AT(t, m));
            mix_guest_page(L1_AT(t) + model->mib[m] * 4);
        }
    }
    for (unsigned i = 0; i < tables_oos_count; i++)
        mix(tables_oos[i]->page);
}

/* Tables by their contents, since where they are does not matter. */
static void mix_l1_entry(uint32_t entry, uint32_t global)
{
    if (!desc_is_table(entry)) {
        mix(entry);
    } else {
        const uint32_t *l2 = pool_ptr(desc_table_pa(entry));
        const struct l2_meta *meta = l2_meta(l2);

        mix(desc_l1_domain(entry) << 16 | (uint32_t)meta->kind << 8 | meta->flags);
        mix(meta->write_mask);
        mix_words(l2, 1024);
        if (policy->track)
            mix_origin(tables_origin(l2));
    }
    mix(entry && entry == global);
}

static void mix_l1(const uint32_t *l1)
{
    for (unsigned m = 0; m < model->mibs; m++) {
        unsigned data = model->mib[m], code = data + (CODE_OFFSET >> 20);

        mix_l1_entry(l1[data], shadow.global_l1[data]);
        mix_l1_entry(l1[code], shadow.global_l1[code]);
    }
    for (unsigned i = 0; i < 4; i++) /* where the MMU is off */
        mix_l1_entry(l1[(RAM >> 20) + i], shadow.global_l1[(RAM >> 20) + i]);
}

static void mix_claims(const struct claims *c)
{
    mix(c->count);
    for (unsigned i = 0; i < c->count; i++)
        mix(c->mibs[i]);
}

static void mix_view(const struct view *v)
{
    mix((v->stale || v->stale_seen != shadow.stale_count[v->kernel]) | v->flat << 1);
    mix_words(v->touched.words, sizeof(v->touched.words));
    mix_l1(v->l1);
}

/* What a table that is used again, with its slot, takes from its seed. */
static void mix_seed(const struct view *v)
{
    uint32_t since = shadow.seed_count - v->seeded;

    mix((since > SHADOW_SEED_LOG) | (v->seeded == 0) << 1 | v->seeded_flat << 2);
    for (uint32_t mib = 0, i; since <= SHADOW_SEED_LOG && mib < 4096; mib++) {
        for (i = v->seeded; i != shadow.seed_count && shadow.seed_log[i % SHADOW_SEED_LOG] != mib; i++)
            continue;
        if (i != shadow.seed_count)
            mix(mib);
    }
    mix_l1(v->l1);
}

static unsigned age(const struct space *sp)
{
    unsigned n = 0;

    for (unsigned i = 0; i < SHADOW_MAX_SPACES; i++)
        n += shadow.spaces[i].used && shadow.spaces[i].last_use < sp->last_use;
    return n;
}

static int compare_host(const void *a, const void *b) { return memcmp(a, b, sizeof(struct host_entry)); }

static uint64_t state_hash(void)
{
    hash = 1;
    mix(guest.space);
    mix(guest.regs.dacr);
    mix(guest.held);
    for (unsigned t = 0; t < model->tables; t++)
        for (unsigned m = 0; m < model->mibs; m++)
            for (unsigned p = 0; p < model->pages; p++)
                mix(guest.option[t][m][p]);
    for (unsigned i = 0; i < sizeof(guest.code); i++)
        if (guest.code[i])
            mix(i);
    for (unsigned i = 0; i < SHADOW_MAX_SPACES; i++) {
        const struct space *sp = &shadow.spaces[i];

        if (sp->views[0].l1) {
            mix_seed(&sp->views[0]);
            mix_seed(&sp->views[1]);
        }
        if (!sp->used)
            continue;
        mix(i << 16 | age(sp) << 8 | sp->pristine << 1 | (sp == shadow.current));
        mix_words(&sp->key, sizeof(sp->key));
        mix_claims(&sp->claims);
        mix_view(&sp->views[0]);
        mix_view(&sp->views[1]);
    }
    mix_l1(shadow.global_l1);
    mix_words(shadow.mixed, sizeof(shadow.mixed));
    mix_words(shadow.private, sizeof(shadow.private));
    mix_claims(&shadow.claimed);
    mix_words(shadow.claimable, sizeof(shadow.claimable));
    mix_words(shadow.super, sizeof(shadow.super));
    mix_words(shadow.blocked, sizeof(shadow.blocked));
    mix_words(shadow.code_mib, sizeof(shadow.code_mib));
    mix_words(shadow.exec_mib, sizeof(shadow.exec_mib));
    for (unsigned n = shadow.free_spaces; n; n = shadow.spaces[n - 1].next)
        mix(n);
    mix(shadow.spare ? (uint64_t)(shadow.spare - shadow.spaces) : SHADOW_MAX_SPACES);
    mix(shadow.manager_domains | (uint32_t)shadow.domain15_used << 16);
    if (policy->track)
        mix_watched();
    mix(pool_pages_free() << 8 | l2_count());
    qsort(host_tlb, host_count, sizeof(host_tlb[0]), compare_host);
    mix_words(host_tlb, host_count * sizeof(host_tlb[0]));
    return hash ? hash : 1;
}

/* --- the search --- */

struct node { uint32_t parent; uint8_t op, depth; };

static struct node *nodes;
static uint32_t node_count, node_max;
static uint64_t *seen;
static uint32_t seen_mask;

/* False: known already. */
static bool remember(uint64_t h)
{
    uint32_t i = (uint32_t)(h >> 17) & seen_mask;

    while (seen[i]) {
        if (seen[i] == h)
            return false;
        i = (i + 1) & seen_mask;
    }
    seen[i] = h;
    return true;
}

static unsigned path_of(uint32_t node, uint8_t *path)
{
    unsigned depth = nodes[node].depth;

    for (unsigned i = depth; i-- > 0; node = nodes[node].parent)
        path[i] = nodes[node].op;
    return depth;
}

static void tell_path(const uint8_t *path, unsigned length, const struct model_op *ops)
{
    char text[80];

    printf("  %s: %s\n  after", model->name, wrong_what);
    for (unsigned i = 0; i < length; i++)
        printf("%s %s", i ? "," : "", model_op_name(&ops[path[i]], text, sizeof(text)));
    printf("\n");
}

static double seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

#define LONG_SECONDS 10 /* of processor time, for a model of the long run */

struct result { uint64_t states, transitions; unsigned depth; bool complete, bad; };

/* Applies every operation to the state of a node; false: something is wrong. */
static bool expand(uint32_t node, const struct model_op *ops, unsigned op_count, struct result *r)
{
    uint8_t path[256];
    unsigned depth = path_of(node, path);

    for (unsigned o = 0; o < op_count; o++) {
        set_up();
        for (unsigned i = 0; i < depth; i++)
            apply(&ops[path[i]]);
        apply(&ops[o]);
        check_everything();
        r->transitions++;
        if (wrong) {
            path[depth] = (uint8_t)o;
            tell_path(path, depth + 1, ops);
            return false;
        }
        if (remember(state_hash()) && node_count < node_max)
            nodes[node_count++] = (struct node){ node, (uint8_t)o, (uint8_t)(depth + 1) };
    }
    return true;
}

static struct result explore(uint32_t max_nodes, unsigned depth, double limit)
{
    struct model_op ops[MODEL_MAX_OPS];
    unsigned op_count = model_ops(model, ops);
    struct result r = { 0 };
    double end = seconds() + limit;
    uint32_t next = 0;

    node_max = max_nodes;
    memset(seen, 0, (seen_mask + 1ul) * sizeof(*seen));
    node_count = 0;
    wrong = false;
    nodes[node_count++] = (struct node){ 0, 0, 0 };
    set_up();
    remember(state_hash());
    while (next < node_count && nodes[next].depth < depth) {
        if ((next & 15) == 0 && seconds() > end)
            break;
        if (!expand(next, ops, op_count, &r)) {
            r.bad = true;
            break;
        }
        next++;
    }
    r.complete = next == node_count && node_count < node_max;
    r.depth = next < node_count ? nodes[next].depth : nodes[next - 1].depth;
    r.states = next;
    return r;
}

static void tell(const struct result *r, double time)
{
    printf("%s shadow %s, policy %s: %llu states, %llu transitions, ", r->bad ? "FAIL" : "ok", model->name,
           policy->name, (unsigned long long)r->states, (unsigned long long)r->transitions);
    if (r->complete)
        printf("all that there are (depth %u)", r->depth);
    else
        printf("all sequences of %u operations", r->depth);
    printf("; %.1f s\n", time);
    fflush(stdout);
}

static bool wanted(int argc, char **argv, const char *name)
{
    bool any = false;

    for (int i = 1; i < argc; i++) {
        if (argv[i][0] == '-')
            continue;
        any = true;
        if (!strcmp(argv[i], name))
            return true;
    }
    return !any;
}

int main(int argc, char **argv)
{
    bool full = argc > 1 && !strcmp(argv[1], "--full");
    uint32_t max_nodes = full ? 1u << 24 : 1u << 20;
    unsigned bad = 0;
    uint64_t states = 0, transitions = 0;

    vm.ram_base = gpa(RAM);
    vm.ram_size = RAM_SIZE;
    vm.ram_hpa = hpa(HOST);
    pool = aligned_alloc(16 * KiB, 4 * MiB);
    fake_arch = (struct fake_arch){ .ram = calloc(1, RAM_SIZE), .ram_pa = HOST, .ram_size = RAM_SIZE,
                                    .tlb_flush_va = host_flush_va, .tlb_flush_asid = host_flush_asid,
                                    .tlb_flush_all = host_flush_all };
    nodes = malloc(max_nodes * sizeof(*nodes));
    seen_mask = 4 * max_nodes - 1;
    seen = malloc((seen_mask + 1ul) * sizeof(*seen));
    for (unsigned i = 0; i < ARRAY_SIZE(policies); i++) {
        policy = policies[i];
        for (model = models; model->name; model++) {
            double begin = seconds();
            struct result r;

            if (!wanted(argc, argv, model->name))
                continue;
            r = full ? explore(max_nodes, 250, LONG_SECONDS) : explore(max_nodes, model->depth - (i > 0), 300);
            tell(&r, seconds() - begin);
            bad += r.bad;
            states += r.states;
            transitions += r.transitions;
        }
    }
    printf("model_shadow: %llu states, %llu transitions; %u models failed\n", (unsigned long long)states,
           (unsigned long long)transitions, bad);
    return bad != 0;
}
