/* Dropping: what the guest's TLB maintenance, and the VMM's own needs, take out of shadows. */
#include "shadow/internal.h"

#include <string.h>

#include "arch/arch.h"
#include "arch/armv7/layout.h"
#include "core/gmem.h"
#include "core/pool.h"
#include "shadow/policy.h"

static void for_each_view(struct shadow *s, void (*fn)(struct shadow *, struct view *, uint32_t), uint32_t arg)
{
    for (uint64_t set = s->used_spaces; set;) {
        struct space *sp = next_space(s, &set);

        fn(s, &sp->views[VIEW_USER], arg);
        fn(s, &sp->views[VIEW_KERNEL], arg);
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
    bitmap_clear(s->claimed, mib);
}

/* Removes the entry for va from one second-level table, with those of the same guest mapping. */
static bool drop_in_table(struct shadow *s, uint32_t *l2, uint32_t va)
{
    struct l2_meta *meta = l2_meta(l2);
    unsigned index = BITS(va, 19, 12), n = 1;

    if (meta->kind == L2_ARENA)
        return false;
    if (meta->flags & L2_HAS_SECTION) {
        index = 0;
        n = 256;
    } else if (meta->flags & L2_HAS_LARGE) {
        index &= ~15u;
        n = 16;
    } else if (!l2[index]) {
        return false;
    }
    if (n == 1) {
        put_desc(&l2[index], 0);
    } else {
        memset(&l2[index], 0, n * 4);
        arch_clean_range(&l2[index], n * 4);
    }
    if (n == 256)
        meta->flags = 0;
    s->vm->stats.shadow_drop++;
    return true;
}

/* The views of the running space are what the host TLB is likely to hold: flush there at once. */
void flush_host(struct shadow *s, struct view *v, uint32_t va)
{
    bool running = v == &s->current->views[0] || v == &s->current->views[1];

    if (running && !v->stale)
        arch_tlb_flush_va(va, v->asid);
    else
        v->stale = true;
}

static void drop_in_view(struct shadow *s, struct view *v, uint32_t va)
{
    unsigned mib = va >> 20;
    uint32_t entry = v->l1[mib];

    if (desc_is_section(entry)) {
        view_clear_mib(v, mib);
        s->vm->stats.shadow_drop++;
        flush_host(s, v, va);
    } else if (desc_is_table(entry) && l2_meta(view_l2(entry))->kind == L2_PRIVATE) {
        uint8_t flags = l2_meta(view_l2(entry))->flags;

        if (drop_in_table(s, view_l2(entry), va)) {
            if (flags)
                v->stale = true;
            flush_host(s, v, va);
        }
    }
}

static void drop_shared(struct shadow *s, uint32_t va)
{
    unsigned mib = va >> 20;
    uint32_t entry = s->global_l1[mib];
    uint8_t flags;

    if (desc_is_section(entry)) {
        drop_global_mib(s, mib);
    } else if (desc_is_table(entry)) {
        flags = l2_meta(view_l2(entry))->flags;
        if (!drop_in_table(s, view_l2(entry), va))
            return;
        s->global_stale = true;
        for (uint64_t set = s->used_spaces; set;) {
            struct view *v = &next_space(s, &set)->views[VIEW_KERNEL];

            if (flags)
                v->stale = true;
            flush_host(s, v, va);
        }
    }
}

/* One address out of every space that the operation covers. Dropping more than the guest
 * asked for is always allowed. */
void drop_va(struct shadow *s, uint32_t va, bool all_asids, uint32_t asid)
{
    unsigned mib = va >> 20;
    bool everywhere = all_asids || bitmap_test(s->mixed, mib);

    if (in_window(mib))
        return;
    drop_shared(s, va);
    if (!bitmap_test(s->private, mib) && !bitmap_test(s->mixed, mib))
        return;
    for (uint64_t set = everywhere ? s->used_spaces : s->asid_spaces[asid] | s->flat_spaces; set;) {
        struct space *sp = next_space(s, &set);

        drop_in_view(s, &sp->views[VIEW_USER], va);
        drop_in_view(s, &sp->views[VIEW_KERNEL], va);
    }
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
    for (unsigned i = 0; i < SHADOW_MAX_SPACES; i++) {
        struct space *sp = &s->spaces[i];

        if (sp->used && sp != s->current)
            space_free(s, sp);
    }
    view_reset(s, &s->current->views[VIEW_USER]);
    view_reset(s, &s->current->views[VIEW_KERNEL]);
    if (s->policy->space_freed)
        s->policy->space_freed(s, s->current);
    memset(s->mixed, 0, sizeof(s->mixed));
    memset(s->private, 0, sizeof(s->private));
    memset(s->super, 0, sizeof(s->super));
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
    uint64_t *const counters[] = {
        [TLB_ALL] = &s->vm->stats.tlbi_all, [TLB_ASID] = &s->vm->stats.tlbi_asid,
        [TLB_MVA] = &s->vm->stats.tlbi_mva, [TLB_MVAA] = &s->vm->stats.tlbi_mvaa,
    };

    ++*counters[op];
    s->policy->tlb_op(s, op, arg);
}

void shadow_drop_kernel_va(struct shadow *s, uint32_t va)
{
    drop_va(s, va, true, 0);
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

static bool guest_uses_mib(struct shadow *s, uint32_t mib);

bool shadow_mib_free(struct shadow *s, uint32_t mib)
{
    struct view *v = &s->current->views[VIEW_KERNEL];
    uint32_t entry = v->l1[mib];

    if (in_window(mib) || bitmap_test(s->blocked, mib))
        return false;
    if (view_has_claim(v, mib))
        return true;
    if (entry && !(desc_is_table(entry) && desc_l1_domain(entry) == HOST_DOMAIN_VMM))
        return false;
    return !guest_uses_mib(s, mib);
}

unsigned shadow_mib_code(struct shadow *s, uint32_t mib)
{
    return bitmap_test(s->exec_mib, mib) ? 2 : guest_uses_mib(s, mib);
}

void shadow_code_at(struct shadow *s, uint32_t va)
{
    bitmap_set(s->exec_mib, va >> 20);
}

static bool read_guest(void *ctx, gpa_t addr, uint32_t *value)
{
    return gmem_read32(ctx, addr, value);
}

/* Does the guest map anything there that an access could reach? */
static bool guest_uses_mib(struct shadow *s, uint32_t mib)
{
    struct walk_result w;
    gpa_t l1_addr;
    uint32_t desc;

    if (s->regs.sctlr & SCTLR_M) {
        if (!guest_walk_l1_addr(&s->regs, gva(mib << 20), &l1_addr) || !gmem_read32(s->vm, l1_addr, &desc))
            return false;
        if ((desc & 3) == 1)
            return true; /* a table: pages may appear in it without notice */
        if ((desc & 3) != 2)
            return false;
    }
    guest_walk(&s->regs, gva(mib << 20), read_guest, s->vm, &w);
    if (w.fault != FSR_NONE)
        return false;
    return gmem_is_ram(s->vm, w.pa, 4) || vm_find_vdev(s->vm, w.pa, 4);
}

void shadow_surrender(struct shadow *s, unsigned mib)
{
    struct view *v = &s->current->views[VIEW_KERNEL];

    bitmap_set(s->blocked, mib);
    for (unsigned i = 0; i < v->claim_count; i++) {
        if (v->claims[i] == mib)
            v->claims[i] = v->claims[--v->claim_count];
    }
    if (v->l1[mib] == s->global_l1[mib])
        drop_global_mib(s, mib);
    else
        view_clear_mib(v, mib);
}

/*
 * Is the guest's first-level descriptor for the MiB a fault?  Then nothing is mapped there.  Asked for many MiBs in a
 * row, so it looks at the table directly where there is one for all addresses: *table is the page of it at hand.
 */
static bool l1_faults(struct shadow *s, unsigned mib, const uint32_t **table, unsigned *table_part)
{
    gpa_t part = gpa(ALIGN_DOWN(s->regs.ttbr0, 0x4000) + (mib >> 10) * 4096);

    if (s->regs.ttbcr || !(s->regs.sctlr & SCTLR_M))
        return false;
    if (*table_part != mib >> 10) {
        if (!gmem_is_ram(s->vm, part, 4096))
            return false;
        *table = arch_map_page(gmem_hpa(s->vm, part).v);
        *table_part = mib >> 10;
    }
    return ((*table)[mib & 1023] & DESC_TYPE_MASK) == 0;
}

unsigned shadow_check_claims(struct shadow *s)
{
    struct view *v = &s->current->views[VIEW_KERNEL];
    const uint32_t *table = NULL;
    unsigned lost = 0, part = ~0u;

    for (unsigned i = 0; i < v->claim_count;) {
        unsigned mib = v->claims[i];

        if (l1_faults(s, mib, &table, &part)) {
            i++;
            continue;
        }
        part = ~0u; /* what follows may take the mapping away */
        if (!guest_uses_mib(s, mib)) {
            i++;
            continue;
        }
        shadow_surrender(s, mib);
        lost++;
    }
    return lost;
}
