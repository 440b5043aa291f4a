/* Filling: from a guest mapping to entries of the current space's views. */
#include "shadow/internal.h"

#include <string.h>

#include "core/gmem.h"
#include "core/pool.h"
#include "lib/check.h"
#include "shadow/policy.h"

/* Mappings without the MMU are of their own space: no TLB ever holds them (B3.2). */
static bool is_global(const struct view *v, const struct walk_result *w)
{
    return !w->ng && !v->flat;
}

hpa_t host_page(const struct shadow *s, gpa_t pa)
{
    return gmem_hpa(s->vm, gpa(ALIGN_DOWN(pa.v, 4096)));
}

static bool mib_has_code(const struct shadow *s, gpa_t pa)
{
    return bitmap_test(s->code_mib, ((pa.v - s->vm->ram_base.v) >> 20) & 0xfff);
}

static uint32_t *l2_get(struct shadow *s, enum l2_kind kind)
{
    uint32_t *l2;

    while (!(l2 = l2_alloc(kind))) {
        if (!shadow_evict(s))
            return NULL;
    }
    return l2;
}

/* Empties the MiB in the view, and for kernel views where it came from. */
static void clear_for_refill(struct shadow *s, struct view *v, unsigned mib)
{
    if (v->kernel && v->l1[mib] && v->l1[mib] == s->global_l1[mib])
        drop_global_mib(s, mib);
    else
        view_clear_mib(v, mib);
}

/* The table for entries that all spaces share, linked into the view. */
static uint32_t *global_table(struct shadow *s, struct view *v, unsigned mib, unsigned domain)
{
    uint32_t entry = s->global_l1[mib], *l2;

    if (entry && (!desc_is_table(entry) || desc_l1_domain(entry) != domain)) {
        drop_global_mib(s, mib);
        entry = 0;
    }
    if (!entry) {
        l2 = l2_get(s, L2_GLOBAL);
        if (!l2)
            return NULL;
        entry = desc_table(pool_hpa(l2), domain);
        put_global(s, mib, entry);
    }
    put_desc(&v->l1[mib], entry);
    return view_l2(entry);
}

/* The view's own table; it starts as a copy of the shared one where there is one. */
static uint32_t *private_table(struct shadow *s, struct view *v, unsigned mib, unsigned domain)
{
    uint32_t entry = v->l1[mib], *l2 = l2_get(s, L2_PRIVATE);

    if (!l2)
        return NULL;
    if (desc_is_table(entry) && desc_l1_domain(entry) == domain) {
        memcpy(l2, view_l2(entry), 1024);
        arch_clean_range(l2, 1024);
        l2_meta(l2)->flags = l2_meta(view_l2(entry))->flags;
        l2_meta(l2)->write_mask = l2_meta(view_l2(entry))->write_mask;
        bitmap_set(s->mixed, mib);
    }
    put_desc(&v->l1[mib], desc_table(pool_hpa(l2), domain));
    touch(s, v, mib);
    return l2;
}

/* A table in which an entry of the MiB may be written, or NULL when the pool is dry. */
static uint32_t *make_table(struct shadow *s, struct view *v, unsigned mib, unsigned domain, bool global)
{
    uint32_t entry = v->l1[mib];

    if (desc_is_section(entry) || (desc_is_table(entry) && desc_l1_domain(entry) != domain))
        clear_for_refill(s, v, mib);
    if (global && v->kernel)
        return global_table(s, v, mib, domain);
    return private_table(s, v, mib, domain);
}

static inline uint32_t *table_for(struct shadow *s, struct view *v, unsigned mib, unsigned domain, bool global)
{
    uint32_t entry = v->l1[mib], *l2 = NULL;

    if ((entry & DESC_TABLE_MASK) == (domain << 5 | DESC_L1_TABLE)) {
        enum l2_kind kind = l2_meta(view_l2(entry))->kind;

        if (kind == L2_PRIVATE || (kind == L2_GLOBAL && global))
            l2 = view_l2(entry);
    }
    if (!l2)
        l2 = make_table(s, v, mib, domain, global);
    if (global && l2 && l2_meta(l2)->kind == L2_PRIVATE)
        bitmap_set(s->mixed, mib); /* whatever ASID drops it must find it here */
    return l2;
}

bool page_writable(const struct shadow *s, gpa_t pa)
{
    return !s->page_has_code(s->ctx, pa) && !(s->policy->guarded && s->policy->guarded(s, pa));
}

static void note_write(struct l2_meta *meta, gpa_t pa, uint32_t entry)
{
    if (desc_small_writable(entry))
        meta->write_mask |= BIT((pa.v >> 20) & 31);
}

uint32_t small_entry(struct shadow *s, uint32_t *l2, gpa_t pa, unsigned perms)
{
    uint32_t entry = desc_small(host_page(s, pa), (perms & PERM_W) && page_writable(s, pa), perms & PERM_X);

    note_write(l2_meta(l2), pa, entry);
    return entry;
}

/* A replaced entry may be in the host TLB; an empty one cannot be (B3.10.1). */
static void put_entry(struct shadow *s, const struct view *v, uint32_t va, uint32_t *l2, uint32_t desc)
{
    uint32_t *entry = &l2[BITS(va, 19, 12)], old = *entry;

    put_desc(entry, desc);
    if (!old)
        return;
    arch_tlb_flush_va(va, v->asid);
    if (l2_meta(l2)->kind == L2_GLOBAL)
        mark_all_stale(s);
}

static inline bool put_small(struct shadow *s, struct view *v, gva_t va, const struct walk_result *w, uint32_t desc)
{
    uint32_t *l2 = table_for(s, v, va.v >> 20, w->domain, is_global(v, w));
    struct l2_meta *meta;

    if (!l2)
        return false;
    meta = l2_meta(l2);
    if (w->size != MAP_4K)
        meta->flags |= w->size == MAP_64K ? L2_HAS_LARGE : L2_HAS_SECTION;
    note_write(meta, w->pa, desc);
    put_entry(s, v, va.v, l2, desc);
    s->vm->stats.shadow_fill++;
    return true;
}

static bool fill_small(struct shadow *s, struct view *v, gva_t va, const struct walk_result *w, unsigned perms)
{
    bool write = (perms & PERM_W) && page_writable(s, w->pa);

    return put_small(s, v, va, w, desc_small(host_page(s, w->pa), write, perms & PERM_X));
}

/* A guest section that cannot be one on the host (it holds translated code): all of it at once. */
static bool fill_split_section(struct shadow *s, struct view *v, gva_t va, const struct walk_result *w,
                               unsigned perms)
{
    uint32_t *l2 = table_for(s, v, va.v >> 20, w->domain, is_global(v, w));
    gpa_t base = gpa(ALIGN_DOWN(w->pa.v, MiB));

    if (!l2)
        return false;
    if (l2[BITS(va.v, 19, 12)]) /* one page of it may now be written */
        return fill_small(s, v, va, w, perms);
    for (unsigned i = 0; i < 256; i++)
        l2[i] = small_entry(s, l2, gpa(base.v + i * 4096), perms);
    s->vm->stats.shadow_fill += 256;
    l2_meta(l2)->flags |= L2_HAS_SECTION;
    arch_clean_range(l2, 1024);
    v->stale = true;
    if (l2_meta(l2)->kind == L2_GLOBAL)
        mark_all_stale(s);
    return true;
}

static void fill_section(struct shadow *s, struct view *v, gva_t va, const struct walk_result *w, unsigned perms)
{
    unsigned mib = va.v >> 20;
    hpa_t base = host_page(s, gpa(ALIGN_DOWN(w->pa.v, MiB)));
    uint32_t entry = desc_section(base, w->domain, perms & PERM_W, perms & PERM_X);

    if (v->l1[mib]) {
        clear_for_refill(s, v, mib);
        v->stale = true;
    }
    if (w->size == MAP_16M)
        bitmap_set(s->super, mib >> 4);
    if (v->kernel && is_global(v, w)) {
        if (s->global_l1[mib] != entry) {
            drop_global_mib(s, mib); /* a table there may be linked in other views */
            put_global(s, mib, entry);
        }
        put_desc(&v->l1[mib], entry);
    } else {
        put_desc(&v->l1[mib], entry);
        touch(s, v, mib);
    }
    if (is_global(v, w))
        bitmap_set(s->mixed, mib);
    s->vm->stats.shadow_fill++;
}

/* False when the pool is dry. */
static bool fill_large(struct shadow *s, struct view *v, gva_t va, const struct walk_result *w)
{
    unsigned perms = mapping_perms(s, &s->regs, w, v->kernel);
    gpa_t mib_base = gpa(ALIGN_DOWN(w->pa.v, MiB));

    if (!perms)
        return true;
    if (w->size == MAP_16M)
        bitmap_set(s->super, va.v >> 24);
    if (!gmem_is_memory(s->vm, mib_base, MiB))
        return fill_small(s, v, va, w, perms);
    if (mib_has_code(s, mib_base))
        return fill_split_section(s, v, va, w, perms);
    fill_section(s, v, va, w, perms);
    return true;
}

static bool fill_view(struct shadow *s, struct view *v, gva_t va, const struct walk_result *w)
{
    unsigned perms;

    if (w->size != MAP_4K && w->size != MAP_64K)
        return fill_large(s, v, va, w);
    perms = mapping_perms(s, &s->regs, w, v->kernel);
    return !perms || fill_small(s, v, va, w, perms);
}

void note_mapping(struct shadow *s, const struct walk_result *w)
{
    if ((s->regs.sctlr & SCTLR_M) && ((s->regs.dacr >> (2 * w->domain)) & 3) == DOMAIN_MANAGER)
        s->manager_domains |= (uint16_t)BIT(w->domain);
    if (w->domain == HOST_DOMAIN_VMM)
        s->domain15_used = true;
}

static bool try_fill(struct shadow *s, enum shadow_mode mode, gva_t va, const struct walk_result *w)
{
    s->current->pristine = false;
    note_mapping(s, w);
    if (s->policy->track && !s->policy->track(s, va, w))
        return false;
    if (!fill_view(s, &s->current->views[mode], va, w))
        return false;
    if (s->policy->filled)
        s->policy->filled(s, va.v, w, false);
    return true;
}

bool meets_arena(const struct shadow *s, uint32_t va)
{
    uint32_t mib = (va + s->code_offset) >> 20, entry = s->current->views[VIEW_KERNEL].l1[mib];

    return !in_window(mib) && desc_is_table(entry) && desc_l1_domain(entry) == HOST_DOMAIN_VMM &&
           l2_meta(view_l2(entry))->kind == L2_ARENA;
}

bool shadow_fill(struct shadow *s, enum shadow_mode mode, gva_t va, const struct walk_result *w)
{
    CHECK(gmem_is_memory(s->vm, gpa(ALIGN_DOWN(w->pa.v, 4096)), 4096));
    CHECK(!in_window(va.v >> 20));
    if (space_has_claim(s, s->current, va.v >> 20))
        shadow_surrender(s, va.v >> 20);
    /* What the guest kernel may execute must not be entered in the middle of an arena: code
     * is written, and so mapped here, before it runs. */
    if (!w->xn)
        shadow_code_at(s, va.v);
    if (!w->xn && meets_arena(s, va.v))
        shadow_surrender(s, (va.v + s->code_offset) >> 20);
    if (try_fill(s, mode, va, w))
        return true;
    shadow_flush(s); /* a TLB that is full */
    return try_fill(s, mode, va, w);
}

static uint32_t *code_table(struct shadow *s, struct view *v, uint32_t va, const struct walk_result *w)
{
    if (s->policy->track && !s->policy->track(s, gva(va - s->code_offset), w))
        return NULL;
    return table_for(s, v, va >> 20, HOST_DOMAIN_VMM, is_global(v, w));
}

bool shadow_map_code(struct shadow *s, uint32_t va, hpa_t code, const struct walk_result *w)
{
    struct view *v = &s->current->views[VIEW_KERNEL];
    unsigned mib = va >> 20;
    uint32_t *l2;

    if (!shadow_mib_free(s, mib) || !claim_mib(s, mib, false))
        return false;
    l2 = code_table(s, v, va, w);
    if (!l2) {
        shadow_flush(s);
        claim_mib(s, mib, false);
        l2 = code_table(s, v, va, w);
    }
    if (!l2)
        return false;
    if (v->l1[mib] == s->global_l1[mib] && !claim_mib(s, mib, true))
        return false;
    /* The guest may map the code by a section: a TLB operation on any part of it takes all. */
    l2_meta(l2)->flags |= L2_HAS_SECTION;
    s->current->pristine = false;
    put_entry(s, v, va, l2, desc_small(code, false, true));
    if (s->policy->filled)
        s->policy->filled(s, va, w, true);
    return true;
}

void shadow_map_more_code(struct shadow *s, uint32_t va, hpa_t code, const struct walk_result *w)
{
    uint32_t *l2 = view_l2(s->current->views[VIEW_KERNEL].l1[va >> 20]);

    if (l2[BITS(va, 19, 12)])
        return;
    put_desc(&l2[BITS(va, 19, 12)], desc_small(code, false, true));
    if (s->policy->filled)
        s->policy->filled(s, va, w, true);
}

hpa_t shadow_kernel_page(struct shadow *s, uint32_t va)
{
    uint32_t entry = in_window(va >> 20) ? 0 : s->current->views[VIEW_KERNEL].l1[va >> 20]; /* others' tables */

    return hpa(desc_is_table(entry) ? view_l2(entry)[BITS(va, 19, 12)] & 0xfffff000u : 0);
}

bool shadow_link_arena(struct shadow *s, uint32_t mib, uint32_t *l2)
{
    struct view *v = &s->current->views[VIEW_KERNEL];

    if (!shadow_mib_free(s, mib) || !claim_mib(s, mib, !v->flat))
        return false;
    l2_meta(l2)->kind = L2_ARENA;
    s->current->pristine = false;
    put_desc(&v->l1[mib], desc_table(pool_hpa(l2), HOST_DOMAIN_VMM));
    if (v->flat)
        return true;
    put_global(s, mib, v->l1[mib]);
    return true;
}
