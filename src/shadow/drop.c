/* Dropping: what the guest's TLB maintenance, and the VMM's own needs, take out of shadows. */
#include "shadow/internal.h"

#include <string.h>

#include "core/gmem.h"
#include "shadow/policy.h"

static void for_each_view(struct shadow *s, void (*fn)(struct shadow *, struct view *, uint32_t), uint32_t arg)
{
    for (unsigned i = 0; i < s->used_count; i++) {
        fn(s, &used_space(s, i)->views[VIEW_USER], arg);
        fn(s, &used_space(s, i)->views[VIEW_KERNEL], arg);
    }
}

static void unlink_from_view(struct shadow *s, struct view *v, uint32_t mib)
{
    if (v->l1[mib] == s->global_l1[mib]) {
        put_desc(&v->l1[mib], 0);
        v->stale = true;
    }
}

void drop_global_mib(struct shadow *s, unsigned mib)
{
    uint32_t entry = s->global_l1[mib];

    if (!entry)
        return;
    for_each_view(s, unlink_from_view, mib);
    if (desc_is_table(entry) && l2_meta(view_l2(entry))->kind == L2_GLOBAL)
        l2_free(view_l2(entry));
    put_global(s, mib, 0);
    if (bitmap_test(s->claimable, mib))
        claims_remove(&s->claimed, mib);
}

/* The views of the running space are what the host TLB is likely to hold: flush there at once. */
void flush_host(struct shadow *s, struct view *v, uint32_t va)
{
    if (is_running(s, v) && !v->stale)
        arch_tlb_flush_va(va, v->asid);
    else
        v->stale = true;
}

/* The entries of the same guest mapping as the page: 16, or all of the table. */
static void drop_block(struct shadow *s, uint32_t *l2, unsigned index)
{
    struct l2_meta *meta = l2_meta(l2);
    unsigned n = meta->flags & L2_HAS_SECTION ? 256 : 16;

    index &= ~(n - 1);
    memset(&l2[index], 0, n * 4);
    arch_clean_range(&l2[index], n * 4);
    if (n == 256)
        meta->flags = 0;
    s->vm->stats.shadow_drop++;
}

/* The same where entries come from larger mappings of the guest, too. */
static bool drop_blocks(struct shadow *s, struct view *v, uint32_t *l2, const struct drop_pages *p)
{
    for (unsigned i = 0; i < p->count; i++)
        drop_block(s, l2, BITS(p->args[i], 19, 12));
    v->stale = true;
    return true;
}

/* What v, which has them from table l2, loses of the pages; false: nothing. */
static bool drop_in_table(struct shadow *s, struct view *v, uint32_t *l2, const struct drop_pages *p)
{
    const uint32_t *arg = p->args, *end = arg + p->count;
    unsigned dropped = 0;

    if (l2_meta(l2)->flags)
        return drop_blocks(s, v, l2, p);
    for (; arg < end; arg++) { /* most of what a kernel unmaps was never mapped */
        uint32_t *entry = &l2[BITS(*arg, 19, 12)];

        if (!*entry)
            continue;
        put_desc(entry, 0);
        flush_host(s, v, p->mib << 20 | (*arg & 0xff000));
        dropped++;
    }
    s->vm->stats.shadow_drop += dropped;
    return dropped;
}

static void drop_in_view(struct shadow *s, struct view *v, const struct drop_pages *p)
{
    uint32_t entry = v->l1[p->mib];

    if (desc_is_table(entry)) {
        if (l2_meta(view_l2(entry))->kind == L2_PRIVATE)
            drop_in_table(s, v, view_l2(entry), p);
    } else if (desc_is_section(entry)) {
        view_clear_mib(v, p->mib);
        s->vm->stats.shadow_drop++;
    }
}

static void drop_in_space(struct shadow *s, struct space *sp, const struct drop_pages *p)
{
    drop_in_view(s, &sp->views[VIEW_USER], p);
    drop_in_view(s, &sp->views[VIEW_KERNEL], p);
}

static void drop_shared(struct shadow *s, const struct drop_pages *p)
{
    uint32_t entry = s->global_l1[p->mib];

    if (desc_is_section(entry)) {
        drop_global_mib(s, p->mib);
    } else if (desc_is_table(entry) && l2_meta(view_l2(entry))->kind != L2_ARENA) {
        if (drop_in_table(s, &s->current->views[VIEW_KERNEL], view_l2(entry), p))
            mark_others_stale(s, VIEW_KERNEL);
    }
}

/* Dropping more than the guest asked for is always allowed. */
void drop_pages(struct shadow *s, const struct drop_pages *p, bool all_asids, uint32_t asid)
{
    unsigned mib = p->mib;

    if (in_window(mib))
        return;
    if (s->global_l1[mib])
        drop_shared(s, p);
    if (!bitmap_test(s->private, mib) && !bitmap_test(s->mixed, mib))
        return;
    if (all_asids || bitmap_test(s->mixed, mib)) {
        for (unsigned i = 0; i < s->used_count; i++)
            drop_in_space(s, used_space(s, i), p);
        return;
    }
    for (unsigned n = s->asid_spaces[asid]; n; n = nth_space(s, n)->next)
        drop_in_space(s, nth_space(s, n), p);
    for (unsigned n = s->flat_spaces; n; n = nth_space(s, n)->next)
        drop_in_space(s, nth_space(s, n), p);
}

void shadow_flush(struct shadow *s)
{
    s->vm->stats.shadow_flush++;
    for (unsigned i = 0; i < 4096; i++) {
        uint32_t entry = s->global_l1[i];

        if (!in_window(i) && desc_is_table(entry) && l2_meta(view_l2(entry))->kind == L2_GLOBAL)
            l2_free(view_l2(entry));
    }
    seed_global(s);
    for (unsigned i = s->used_count; i-- > 0;) {
        if (used_space(s, i) != s->current)
            space_free(s, used_space(s, i));
    }
    view_reset(s, s->current, VIEW_USER);
    view_reset(s, s->current, VIEW_KERNEL);
    if (s->policy->space_freed)
        s->policy->space_freed(s, s->current);
    memset(s->mixed, 0, sizeof(s->mixed));
    memset(s->private, 0, sizeof(s->private));
    memset(s->super, 0, sizeof(s->super));
    memset(s->claimable, 0, sizeof(s->claimable));
    s->manager_domains = 0;
    s->domain15_used = false;
    if (l2_count() == 0)
        l2_release();
}

bool shadow_write_fault(struct shadow *s, gpa_t page)
{
    return s->policy->write_fault && s->policy->write_fault(s, page);
}

void shadow_let_write(struct shadow *s, gpa_t page)
{
    if (s->policy->let_write)
        s->policy->let_write(s, page);
}

void shadow_written(struct shadow *s, gpa_t addr, unsigned size)
{
    if (s->policy->written)
        s->policy->written(s, addr, size);
}

void shadow_tlb_op(struct shadow *s, enum tlb_op op, uint32_t arg)
{
    struct vm_stats *stats = &s->vm->stats;

    s->checked_claims = 0;
    switch (op) {
    case TLB_ALL: stats->tlbi_all++; break;
    case TLB_ASID: stats->tlbi_asid++; break;
    case TLB_MVA: shadow_tlb_mva_many(s, &arg, 1); return;
    case TLB_MVAA: stats->tlbi_mvaa++; break;
    }
    s->policy->tlb_op(s, op, arg);
}

void shadow_tlb_mva_many(struct shadow *s, const uint32_t *args, unsigned count)
{
    s->vm->stats.tlbi_mva += count;
    if (s->policy->tlb_mva_many) {
        s->policy->tlb_mva_many(s, args, count);
        return;
    }
    for (unsigned i = 0; i < count; i++)
        s->policy->tlb_op(s, TLB_MVA, args[i]);
}

void shadow_drop_kernel_va(struct shadow *s, uint32_t va)
{
    struct drop_pages p = { va >> 20, 1, &va };

    drop_pages(s, &p, true, 0);
    mark_all_stale(s); /* an arena's entry is not ours to find, but in the host TLB all the same */
}

static void drop_sections_of(struct shadow *s, struct view *v, uint32_t host_mib)
{
    (void)s;
    for (unsigned i = 0; i < 4096; i++) {
        if (!in_window(i) && desc_is_section(v->l1[i]) && (v->l1[i] & 0xfff00000u) == host_mib)
            view_clear_mib(v, i);
    }
}

/* From now on this MiB of guest memory is mapped in small pages only. */
static void split_mib(struct shadow *s, unsigned ram_mib)
{
    uint32_t host_mib = s->vm->ram_hpa.v + ram_mib * MiB;

    bitmap_set(s->code_mib, ram_mib);
    for_each_view(s, drop_sections_of, host_mib);
    for (unsigned i = 0; i < 4096; i++) {
        if (!in_window(i) && desc_is_section(s->global_l1[i]) && (s->global_l1[i] & 0xfff00000u) == host_mib)
            put_global(s, i, 0);
    }
}

void shadow_protect(struct shadow *s, gpa_t page)
{
    unsigned ram_mib = (page.v - s->vm->ram_base.v) >> 20;
    uint32_t host = s->vm->ram_hpa.v + (page.v - s->vm->ram_base.v);
    bool changed = false;

    if (!bitmap_test(s->code_mib, ram_mib)) {
        split_mib(s, ram_mib);
        changed = true;
    }
    for (unsigned t = 0; t < l2_count(); t++) {
        uint32_t *l2 = l2_at(t);

        if (!(l2_meta(l2)->write_mask & BIT((page.v >> 20) & 31)))
            continue;
        for (unsigned i = 0; i < 256; i++) {
            if ((l2[i] & 0xfffff000u) == host && desc_small_writable(l2[i])) {
                put_desc(&l2[i], l2[i] | SMALL_RO);
                changed = true;
            }
        }
    }
    if (changed)
        mark_all_stale(s);
}
