/*
 * Policy tlb: the shadows are one very large TLB.  Entries stay, stale or not, until the guest's TLB
 * maintenance drops what it names (DDI 0406C B3.10); guest tables are never looked at meanwhile.
 */
#include "shadow/internal.h"
#include "shadow/policy.h"

/* Pages and the translations of their code, if any: what is fetched is looked up as va was. */
static void drop_both(struct shadow *s, const uint32_t *args, unsigned count, uint32_t va, bool all_asids)
{
    struct drop_pages data = { va >> 20, count, args }, code = { (va + s->code_offset) >> 20, count, args };

    uint32_t before;

    drop_pages(s, &data, all_asids, args[0] & 0xff);
    before = (uint32_t)s->vm->stats.shadow_drop;
    drop_pages(s, &code, all_asids, args[0] & 0xff);
    s->code_drops += (uint32_t)s->vm->stats.shadow_drop - before;
}

/* Pages in one MiB, of one ASID. */
static void drop_near(struct shadow *s, const uint32_t *args, unsigned count, bool all_asids)
{
    uint32_t base = ALIGN_DOWN(args[0], 16 * MiB);

    if (!bitmap_test(s->super, args[0] >> 24)) {
        drop_both(s, args, count, args[0], all_asids);
        return;
    }
    for (unsigned i = 0; i < 16; i++)
        drop_both(s, args, count, base + i * MiB, all_asids);
}

static bool has_own(const struct shadow *s, unsigned mib)
{
    return in_window(mib) || bitmap_test(s->private, mib) || bitmap_test(s->mixed, mib);
}

/* A page that is mapped global alone, such as one that a kernel maps for a moment; false: not known to be. */
static bool drop_global_page(struct shadow *s, uint32_t va)
{
    unsigned mib = va >> 20, code_mib = (va + s->code_offset) >> 20;
    uint32_t entry = s->global_l1[mib], *l2;

    if (!desc_is_table(entry) || s->global_l1[code_mib] || has_own(s, mib) || has_own(s, code_mib) ||
        bitmap_test(s->super, mib >> 4))
        return false;
    l2 = view_l2(entry);
    if (l2_meta(l2)->kind != L2_GLOBAL || l2_meta(l2)->flags)
        return false;
    l2 += BITS(va, 19, 12);
    if (!*l2)
        return true;
    put_desc(l2, 0);
    flush_host(s, &s->current->views[VIEW_KERNEL], va);
    mark_others_stale(s, VIEW_KERNEL);
    s->vm->stats.shadow_drop++;
    return true;
}

static void tlb_mva_many(struct shadow *s, const uint32_t *args, unsigned count)
{
    if (count == 1 && drop_global_page(s, args[0]))
        return;
    while (count) {
        unsigned n = 1;

        while (n < count && !((args[n] ^ args[0]) & 0xfff000ff))
            n++;
        drop_near(s, args, n, false);
        args += n;
        count -= n;
    }
}

static void drop_view(struct shadow *s, struct view *v)
{
    for (int mib; (mib = mib_set_first(&v->touched)) >= 0;) {
        view_clear_mib(v, (unsigned)mib);
        s->vm->stats.shadow_drop++;
    }
}

/* Nothing is left of these spaces, as when a process ends: others get their memory. */
static void tlb_asid(struct shadow *s, uint32_t asid)
{
    for (unsigned n = s->asid_spaces[asid], next; n; n = next) {
        struct space *sp = nth_space(s, n);

        next = sp->next;
        if (sp == s->current) {
            drop_view(s, &sp->views[VIEW_USER]);
            drop_view(s, &sp->views[VIEW_KERNEL]);
            sp->pristine = true;
        } else {
            s->vm->stats.shadow_drop++;
            space_free(s, sp);
        }
    }
}

static void tlb_op(struct shadow *s, enum tlb_op op, uint32_t arg)
{
    switch (op) {
    case TLB_ALL: shadow_flush(s); break;
    case TLB_ASID: tlb_asid(s, arg & 0xff); break;
    case TLB_MVA: tlb_mva_many(s, &arg, 1); break;
    case TLB_MVAA: drop_near(s, &arg, 1, true); break;
    }
}

const struct shadow_policy shadow_policy_tlb = { .name = "tlb", .tlb_op = tlb_op,
                                                .tlb_mva_many = tlb_mva_many };
