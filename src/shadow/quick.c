/*
 * The hot path of faults: walk, check and fill for what nearly all of them are about, a small page of RAM in a Client
 * domain, under tables that the views have.  It answers as walk.c and fill.c do, or not at all.
 */
#include "shadow/quick.h"

#include "core/gmem.h"
#include "shadow/internal.h"
#include "shadow/policy.h"

/* A second-level descriptor of a small page (B3.5.1). */
#define SMALL_PAGE BIT(1)
#define SMALL_NG BIT(11)

void quick_set_table(struct shadow *s)
{
    bool plain = (s->regs.sctlr & (SCTLR_M | SCTLR_EE)) == SCTLR_M && !s->regs.ttbcr;
    gpa_t l1 = gpa(ALIGN_DOWN(s->regs.ttbr0, 0x4000));

    s->plain_l1 = plain && gmem_is_ram(s->vm, l1, 0x4000) ? gmem_hpa(s->vm, l1).v : 0;
}

void quick_set_space(struct shadow *s)
{
    const struct shadow_policy *policy = s->policy;

    s->quick = !(policy->track || policy->filled || policy->guarded || (s->regs.sctlr & SCTLR_AFE));
    quick_set_table(s);
}

static inline uint32_t read_host(uint32_t pa)
{
    const uint32_t *word = arch_mapped(pa);

    if (!word)
        word = (const uint32_t *)arch_map_page(ALIGN_DOWN(pa, 4096)) + BITS(pa, 11, 2);
    return *word;
}

/* Is there anything about the address but its mapping? */
static inline bool is_special(const struct shadow *s, uint32_t va, bool xn)
{
    return in_window(va >> 20) || bitmap_test(s->claimable, va >> 20) ||
           (!xn && (!bitmap_test(s->exec_mib, va >> 20) || meets_arena(s, va)));
}

/* A small page of the guest's as its tables have it; its offset in RAM. */
struct quick_page { uint32_t l2, l2_at, offset; unsigned domain, perms; };

/* The first page of its MiB in the view.  False: no room, or something is there. */
static __attribute__((noinline)) bool start_table(struct shadow *s, struct view *v, unsigned mib, unsigned domain)
{
    uint32_t *l2 = v->l1[mib] ? NULL : l2_alloc(L2_PRIVATE);

    if (!l2)
        return false;
    put_desc(&v->l1[mib], desc_table(pool_hpa(l2), domain));
    touch(s, v, mib);
    return true;
}

/* 'desc' allows what 'perms' says in the view of that mode, where entries of this kind belong in its table. */
static inline enum quick_answer fill(struct shadow *s, enum shadow_mode mode, uint32_t va,
                                     const struct quick_page *page, bool write)
{
    struct view *v = &s->current->views[mode];
    uint32_t desc = page->l2, mib = va >> 20, *l2, *entry, value;
    enum l2_kind kind = desc & SMALL_NG ? L2_PRIVATE : L2_GLOBAL;
    struct l2_meta *meta;
    bool held;

    if (is_special(s, va, desc & 1))
        return QUICK_NONE;
    if ((v->l1[mib] & DESC_TABLE_MASK) != (page->domain << 5 | DESC_L1_TABLE) &&
        (kind != L2_PRIVATE || !start_table(s, v, mib, page->domain)))
        return QUICK_NONE;
    l2 = view_l2(v->l1[mib]);
    meta = l2_meta(l2);
    entry = l2 + BITS(va, 19, 12);
    held = *entry;
    if (meta->kind != kind || (held && kind == L2_GLOBAL))
        return QUICK_NONE;
    value = (s->vm->ram_hpa.v + page->offset) | SMALL_BASE | SMALL_RO;
    if (mode == VIEW_KERNEL || (desc & 1))
        value |= SMALL_XN;
    if (page->perms & PERM_W) {
        if (!s->page_has_code(s->ctx, gpa(desc))) {
            value ^= SMALL_RO ^ SMALL_RW;
            meta->write_mask |= BIT((desc >> 20) & 31);
        } else if (write) {
            return QUICK_NONE;
        }
    }
    put_desc(entry, value);
    s->current->pristine = false;
    s->vm->stats.shadow_fill++;
    if (held)
        arch_tlb_flush_va(va, v->asid);
    return QUICK_FILLED;
}

/*
 * Code of guest user: what runs a page is likely to run its neighbours.  Those of the same line of the guest's table
 * that are mapped in the same way are filled, as a TLB may hold any mapping that would not fault (B3.10).
 */
static __attribute__((noinline)) void fill_around(struct shadow *s, uint32_t va, uint32_t desc, uint32_t table_pa)
{
    uint32_t first = BITS(va, 19, 12) & ~15u, base = s->vm->ram_base.v, size = s->vm->ram_size;
    uint32_t *entries = view_l2(s->current->views[VIEW_USER].l1[va >> 20]) + first;
    const uint32_t *guest = arch_map_page(ALIGN_DOWN(table_pa, 4096));
    uint32_t host = s->vm->ram_hpa.v | SMALL_BASE | SMALL_RO;
    unsigned filled = 0;

    guest += BITS(table_pa, 11, 2) & ~15u;
    for (unsigned i = 0; i < 16; i++) {
        uint32_t offset = (guest[i] ^ (desc & 0xfff)) - base; /* of a page that is mapped in the same way */

        if ((offset & 0xfff) || offset >= size || entries[i])
            continue;
        entries[i] = host + offset;
        filled++;
    }
    arch_clean_range(entries, 16 * sizeof(entries[0]));
    s->vm->stats.shadow_fill += filled;
}

bool shadow_quick_ram(const struct shadow *s, uint32_t va, gpa_t *pa)
{
    uint32_t entry = s->current->views[VIEW_KERNEL].l1[va >> 20], offset;

    if (in_window(va >> 20))
        return false; /* such tables are not in the pool */
    if (desc_is_section(entry)) {
        offset = (entry & 0xfff00000u) | (va & 0x000fffffu);
    } else {
        entry = desc_is_table(entry) ? view_l2(entry)[BITS(va, 19, 12)] : 0;
        offset = (entry & 0xfffff000u) | (va & 0xfffu);
    }
    offset -= s->vm->ram_hpa.v;
    *pa = gpa(s->vm->ram_base.v + offset);
    return entry && offset < s->vm->ram_size;
}

bool shadow_has_global_table(const struct shadow *s, uint32_t va)
{
    return !in_window(va >> 20) && desc_is_table(s->global_l1[va >> 20]);
}

/* QUICK_FILLED: the access is allowed, to RAM, and nothing is filled yet. */
static inline enum quick_answer walk(const struct shadow *s, enum shadow_mode mode, uint32_t va,
                                     enum access_kind kind, struct walk_result *w, struct quick_page *page)
{
    uint32_t base = s->vm->ram_base.v, size = s->vm->ram_size, l1, l2, table;
    unsigned domain, perms;
    bool allowed;

    if (!s->plain_l1 || !s->quick)
        return QUICK_NONE;
    l1 = read_host(s->plain_l1 + (va >> 20) * 4);
    table = ALIGN_DOWN(l1, 1024) - base;
    domain = BITS(l1, 8, 5);
    if ((l1 & 3) != 1 || table >= size || ((s->regs.dacr >> (2 * domain)) & 3) != DOMAIN_CLIENT ||
        domain == HOST_DOMAIN_VMM)
        return QUICK_NONE;
    page->l2_at = s->vm->ram_hpa.v + table + BITS(va, 19, 12) * 4;
    l2 = read_host(page->l2_at);
    perms = walk_ap_perms[BITS(l2, 9, 9) << 2 | BITS(l2, 5, 4)][mode];
    if (kind == ACCESS_FETCH)
        allowed = !(l2 & 1) && (perms & PERM_R);
    else
        allowed = perms & (kind == ACCESS_WRITE ? PERM_W : PERM_R);
    page->offset = ALIGN_DOWN(l2, 4096) - base;
    page->l2 = l2;
    page->domain = domain;
    page->perms = perms;
    if ((l2 & SMALL_PAGE) && allowed && page->offset < size)
        return QUICK_FILLED;
    w->domain = (uint8_t)domain;
    w->domain_valid = true;
    w->pa = gpa(ALIGN_DOWN(l2, 4096) | BITS(va, 11, 0));
    w->fault = l2 & 3 ? FSR_PERM_L2 : FSR_TRANS_L2;
    if (!(l2 & 3))
        return QUICK_FAULT;
    if (!(l2 & SMALL_PAGE))
        return QUICK_NONE;
    return allowed ? QUICK_OUTSIDE : QUICK_FAULT;
}

enum quick_answer shadow_quick(struct shadow *s, enum shadow_mode mode, uint32_t va, enum access_kind kind,
                               struct walk_result *w)
{
    struct quick_page page;
    enum quick_answer answer = walk(s, mode, va, kind, w, &page);

    if (answer != QUICK_FILLED)
        return answer;
    answer = fill(s, mode, va, &page, kind == ACCESS_WRITE);
    if (kind == ACCESS_FETCH && answer == QUICK_FILLED && !(page.perms & PERM_W))
        fill_around(s, va, page.l2, page.l2_at);
    return answer;
}

bool shadow_quick_store(const struct shadow *s, uint32_t va, gpa_t *pa)
{
    struct quick_page page;
    struct walk_result w;

    if (in_window(va >> 20) || bitmap_test(s->claimable, va >> 20) ||
        walk(s, VIEW_KERNEL, va, ACCESS_WRITE, &w, &page) != QUICK_FILLED)
        return false;
    *pa = gpa(s->vm->ram_base.v + page.offset + BITS(va, 11, 0));
    return true;
}
