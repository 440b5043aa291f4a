/*
 * Shadows against the guest's tables as they are now.  An entry that a fill would not make
 * any more is dropped, or made anew; one that gives less than it might stays.
 */
#include "shadow/internal.h"
#include "shadow/policy.h"
#include "shadow/tables.h"

#include "arch/arch.h"
#include "core/gmem.h"

/* --- first level --- */

static bool section_ok(const struct shadow *s, uint32_t entry, uint32_t mib, uint32_t l1_desc,
                       const struct walk_regs *regs, bool kernel, bool shared)
{
    struct walk_result w;
    uint32_t want;
    unsigned perms;

    guest_walk_from(regs, gva(mib << 20), l1_desc, 0, &w);
    if (w.fault != FSR_NONE || w.l2 || (shared && w.ng) || !gmem_is_memory(s->vm, w.pa, MiB))
        return false;
    perms = mapping_perms(s, regs, &w, kernel);
    want = desc_section(host_page(s, w.pa), w.domain, perms & PERM_W, perms & PERM_X);
    return perms && (entry | SECTION_AP2) == (want | SECTION_AP2) && ((perms & PERM_W) || (entry & SECTION_AP2));
}

static bool table_ok(const struct origin *o, uint32_t l1_desc, const struct walk_regs *regs)
{
    return o->l1_desc == l1_desc && (o->flags & ORIGIN_HOW) == tables_origin_flags(regs);
}

/* Does the entry of kind 'kind' say what l1_desc, the descriptor of guest_mib, says? */
static bool entry_ok(const struct shadow *s, uint32_t entry, enum l2_kind kind, uint32_t guest_mib, uint32_t l1_desc,
                     const struct walk_regs *regs, bool kernel, bool code)
{
    const struct origin *o;

    if (desc_is_section(entry))
        return code || section_ok(s, entry, guest_mib, l1_desc, regs, kernel, kind == L2_GLOBAL);
    if (!desc_is_table(entry) || l2_meta(view_l2(entry))->kind != kind)
        return true;
    o = tables_origin(view_l2(entry));
    return !o || !(o->flags & ORIGIN_CODE) == code || table_ok(o, l1_desc, regs);
}

static void sync_view(struct shadow *s, struct view *v, uint32_t mib, uint32_t guest_mib, uint32_t l1_desc,
                      const struct walk_regs *regs)
{
    uint32_t entry = v->l1[mib];

    if (!bitmap_test(v->touched.words, mib) || in_window(mib) ||
        entry_ok(s, entry, L2_PRIVATE, guest_mib, l1_desc, regs, v->kernel, mib != guest_mib))
        return;
    view_clear_mib(v, mib);
    s->code_drops += mib != guest_mib;
    s->vm->stats.policy_mirror++;
}

static uint32_t code_mib(const struct shadow *s, uint32_t mib)
{
    return (mib + (s->code_offset >> 20)) & 0xfff;
}

static void sync_space(struct shadow *s, struct space *sp, const struct walk_regs *regs, uint32_t mib, uint32_t l1_desc)
{
    sync_view(s, &sp->views[VIEW_USER], mib, mib, l1_desc, regs);
    sync_view(s, &sp->views[VIEW_KERNEL], mib, mib, l1_desc, regs);
    sync_view(s, &sp->views[VIEW_KERNEL], code_mib(s, mib), mib, l1_desc, regs);
}

static void sync_shared_at(struct shadow *s, uint32_t mib, uint32_t guest_mib, uint32_t l1_desc,
                           const struct walk_regs *regs)
{
    uint32_t entry = s->global_l1[mib];

    if (!entry || in_window(mib) || entry_ok(s, entry, L2_GLOBAL, guest_mib, l1_desc, regs, true, mib != guest_mib))
        return;
    drop_global_mib(s, mib);
    s->code_drops += mib != guest_mib;
    s->vm->stats.policy_mirror++;
}

/* What all spaces share, against the table of one. */
static void sync_shared(struct shadow *s, const struct walk_regs *regs, uint32_t mib)
{
    uint32_t l1_desc;

    if (!s->global_l1[mib] && !s->global_l1[code_mib(s, mib)])
        return;
    l1_desc = tables_l1_desc(s, regs, mib);
    sync_shared_at(s, mib, mib, l1_desc, regs);
    sync_shared_at(s, code_mib(s, mib), mib, l1_desc, regs);
}

void sync_mib(struct shadow *s, struct space *sp, const struct walk_regs *regs, uint32_t mib)
{
    sync_space(s, sp, regs, mib, tables_l1_desc(s, regs, mib));
    sync_shared(s, regs, mib);
}

/* --- second level --- */

static struct view *owner_view(struct shadow *s, const struct origin *o)
{
    return &s->spaces[o->owner / 2].views[o->owner & 1];
}

/* Translations leave with the whole ASID: after TLBIMVA and BPIALL of their page alone QEMU 7.2 was seen to
 * go on executing it, though a walk faults. */
static void flush_entry(struct shadow *s, const struct origin *o, unsigned index)
{
    uint32_t va = (uint32_t)o->mib << 20 | index << 12;

    if (o->flags & ORIGIN_CODE) {
        s->code_drops++;
        mark_all_stale(s);
    } else if (o->owner != ORIGIN_SHARED) {
        flush_host(s, owner_view(s, o), va);
    } else {
        flush_host(s, &s->current->views[VIEW_KERNEL], va);
        mark_others_stale(s, VIEW_KERNEL);
    }
}

/* Is it what the processor could walk now?  Of what is shared, that is so if the current space has it from there. */
static bool is_current(struct shadow *s, const struct origin *o)
{
    uint32_t mib = o->mib;

    if (o->owner != ORIGIN_SHARED)
        return &s->spaces[o->owner / 2] == s->current;
    return table_ok(o, tables_l1_desc(s, &s->regs, mib), &s->regs);
}

/* What a fill of the entry would make of the guest's descriptor; 0: nothing. */
static uint32_t wanted(struct shadow *s, const struct origin *o, unsigned index, uint32_t desc)
{
    bool shared = o->owner == ORIGIN_SHARED, kernel = shared || (o->owner & 1);
    uint32_t va = (uint32_t)o->mib << 20 | index << 12;
    struct walk_regs regs = { .sctlr = SCTLR_M | (o->flags & ORIGIN_AFE ? SCTLR_AFE : 0), .dacr = s->regs.dacr };
    struct walk_result w;
    unsigned perms;

    guest_walk_from(&regs, gva(va), o->l1_desc, desc, &w);
    if (w.fault != FSR_NONE || (shared && w.ng) || !gmem_is_memory(s->vm, gpa(ALIGN_DOWN(w.pa.v, 4096)), 4096))
        return 0;
    perms = mapping_perms(s, &regs, &w, kernel);
    if (!perms)
        return 0;
    note_mapping(s, &w);
    if (!w.ng && !shared)
        bitmap_set(s->mixed, o->mib);
    if (w.size == MAP_64K)
        l2_meta(o->l2)->flags |= L2_HAS_LARGE;
    return small_entry(s, o->l2, w.pa, perms);
}

static void put_entry(struct shadow *s, struct origin *o, unsigned index, uint32_t want)
{
    uint32_t old = o->l2[index];

    put_desc(&o->l2[index], want);
    if (want && !old) {
        s->vm->stats.policy_eager++;
        s->vm->stats.shadow_fill++;
        return;
    }
    s->vm->stats.policy_mirror++;
    flush_entry(s, o, index);
}

void sync_entries(struct shadow *s, struct origin *o, unsigned first, unsigned count, enum sync_how how)
{
    static uint32_t words[256];

    if (!desc_is_table(o->l1_desc))
        return; /* from a section: the first level told all */
    bool current = is_current(s, o);

    gmem_read(s->vm, gpa(ALIGN_DOWN(o->l1_desc, 0x400) + first * 4), words, count * 4);
    for (unsigned i = 0; i < count; i++) {
        unsigned index = first + i;
        uint32_t want = 0, desc = o->flags & ORIGIN_EE ? __builtin_bswap32(words[i]) : words[i];

        if (!o->l2[index] && !(how == SYNC_FILL && current))
            continue;
        if (!(o->flags & ORIGIN_CODE) && how != SYNC_DROP)
            want = wanted(s, o, index, desc);
        if (want == o->l2[index])
            continue;
        if (want && !(current && !meets_arena(s, (uint32_t)o->mib << 20)))
            want = 0; /* what may be executed is for shadow_fill to look at */
        if (want || o->l2[index])
            put_entry(s, o, index, want);
    }
}

/* --- pages out of sync --- */

static void sync_page_l1(struct shadow *s, struct space *sp, uint32_t page)
{
    const uint32_t *user = sp->views[VIEW_USER].touched.words, *kernel = sp->views[VIEW_KERNEL].touched.words;
    unsigned left = 0, code_words = s->code_offset >> 25;
    struct walk_regs regs;

    tables_space_regs(s, sp, &regs);
    for (unsigned w = 0; w < SHADOW_BITMAP; w++) {
        uint32_t bits = user[w] | kernel[w] | kernel[(w + code_words) % SHADOW_BITMAP];

        for (; bits; bits &= bits - 1) {
            uint32_t mib = w * 32 + (unsigned)__builtin_ctz(bits);

            if (tables_l1_in_page(&regs, mib, page))
                sync_space(s, sp, &regs, mib, tables_l1_desc(s, &regs, mib));
        }
        left |= user[w] | kernel[w];
    }
    if (!left && sp != s->current)
        space_free(s, sp); /* a table that was freed, most likely */
}

void sync_page(struct shadow *s, struct guest_page *p)
{
    uint32_t page = p->page;

    s->vm->stats.policy_resync++;
    for (unsigned i = s->used_count; i-- > 0 && p->used && p->l1_users;) {
        if (tables_space_uses(s, s->used[i], page))
            sync_page_l1(s, used_space(s, i), page); /* which may free the space */
    }
    if (!p->used)
        return;
    for (struct origin *o = p->made; o; o = o->next)
        sync_entries(s, o, 0, 256, SYNC_COMPARE);
    tables_watch(s, p);
}

static bool asid_has(const struct shadow *s, const struct guest_page *p, uint32_t asid)
{
    for (const struct origin *o = p->made; o; o = o->next) {
        if (o->owner != ORIGIN_SHARED && s->spaces[o->owner / 2].key.asid == asid)
            return true;
    }
    for (unsigned i = 0; i < s->used_count && p->l1_users; i++) {
        if (s->spaces[s->used[i]].key.asid == asid && tables_space_uses(s, s->used[i], p->page))
            return true;
    }
    return false;
}

/* Each comparison may free pages and so reorder the list: then from its start. */
static void sync_pages(struct shadow *s, bool all, uint32_t asid)
{
    for (unsigned i = 0; i < tables_oos_count;) {
        if (all || asid_has(s, tables_oos[i], asid)) {
            sync_page(s, tables_oos[i]);
            i = 0;
        } else {
            i++;
        }
    }
}

/* --- TLB maintenance --- */

static bool is_oos(uint32_t page)
{
    const struct guest_page *p = tables_find(page);

    return p && p->oos;
}

/*
 * The entries at va, or the large page's, of one table that may be out of sync.  What another space has
 * goes whatever the guest's table says now: that may change again before the space is
 * back, and nothing but the current tables can be walked until then.
 */
static void sync_table_va(struct shadow *s, const uint32_t *l1, uint32_t at, uint32_t va)
{
    uint32_t entry = in_window(at >> 20) ? 0 : l1[at >> 20]; /* the window's tables are not in the pool */
    struct origin *o = desc_is_table(entry) ? tables_origin(view_l2(entry)) : NULL;
    unsigned index = BITS(va, 19, 12);
    enum sync_how how;

    if (!o || !desc_is_table(o->l1_desc) || !is_oos(ALIGN_DOWN(o->l1_desc, 4096)))
        return;
    how = is_current(s, o) ? SYNC_COMPARE : SYNC_DROP;
    if ((l2_meta(o->l2)->flags & L2_HAS_LARGE) || (o->flags & ORIGIN_CODE))
        sync_entries(s, o, index & ~15u, 16, how);
    else
        sync_entries(s, o, index, 1, how);
}

static void sync_space_va(struct shadow *s, struct space *sp, uint32_t va)
{
    struct walk_regs regs;
    gpa_t l1_addr;

    tables_space_regs(s, sp, &regs);
    if (!(regs.sctlr & SCTLR_M))
        return;
    if (guest_walk_l1_addr(&regs, gva(va), &l1_addr) && is_oos(ALIGN_DOWN(l1_addr.v, 4096)))
        sync_space(s, sp, &regs, va >> 20, sp == s->current ? tables_l1_desc(s, &regs, va >> 20) : 0);
    sync_table_va(s, sp->views[VIEW_USER].l1, va, va);
    sync_table_va(s, sp->views[VIEW_KERNEL].l1, va, va);
    sync_table_va(s, sp->views[VIEW_KERNEL].l1, va + s->code_offset, va);
}

/* Entries of guest tables out of sync at va, in all spaces that the operation covers. */
static void sync_va(struct shadow *s, uint32_t va, bool all_asids, uint32_t asid)
{
    uint32_t mib = va >> 20, code = code_mib(s, mib);
    bool everywhere = all_asids || bitmap_test(s->mixed, mib) || bitmap_test(s->mixed, code);

    sync_table_va(s, s->global_l1, va, va);
    sync_table_va(s, s->global_l1, va + s->code_offset, va);
    if (!bitmap_test(s->private, mib) && !bitmap_test(s->private, code))
        return;
    for (unsigned i = 0; i < s->used_count && everywhere; i++)
        sync_space_va(s, used_space(s, i), va);
    for (unsigned n = everywhere ? 0 : s->asid_spaces[asid]; n; n = nth_space(s, n)->next)
        sync_space_va(s, nth_space(s, n), va);
}

static void tlb_mva(struct shadow *s, uint32_t va, bool all_asids, uint32_t asid)
{
    bool super = bitmap_test(s->super, va >> 24);

    for (unsigned i = super ? 0 : BITS(va, 23, 20); i <= (super ? 15 : BITS(va, 23, 20)); i++) {
        uint32_t at = (va & 0xff000000u) | i << 20 | (va & 0xff000);

        if (in_window(at >> 20))
            continue;
        sync_shared(s, &s->regs, at >> 20);
        if (tables_oos_count)
            sync_va(s, at, all_asids, asid);
    }
}

static void tlb_all(struct shadow *s)
{
    for (uint32_t mib = 0; mib < 4096; mib++) {
        if (s->global_l1[mib] && !in_window(mib)) {
            sync_shared(s, &s->regs, mib);
            sync_shared(s, &s->regs, (mib - (s->code_offset >> 20)) & 0xfff);
        }
    }
    sync_pages(s, true, 0);
}

void tables_tlb_op(struct shadow *s, enum tlb_op op, uint32_t arg)
{
    switch (op) {
    case TLB_ALL: tlb_all(s); break;
    case TLB_ASID: sync_pages(s, false, arg & 0xff); break;
    case TLB_MVA: tlb_mva(s, arg, false, arg & 0xff); break;
    case TLB_MVAA: tlb_mva(s, arg, true, 0); break;
    }
}
