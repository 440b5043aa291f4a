/*
 * Policy tlb: the shadows are one very large TLB.  Entries stay, stale or not, until the guest's TLB
 * maintenance drops what it names (DDI 0406C B3.10); guest tables are never looked at meanwhile.
 */
#include "shadow/internal.h"
#include "shadow/policy.h"

/* A page and the translation of its code, if any: what is fetched is looked up as va was. */
static void drop_page(struct shadow *s, uint32_t va, bool all_asids, uint32_t asid)
{
    drop_va(s, va, all_asids, asid);
    drop_va(s, va + s->code_offset, all_asids, asid);
}

static void tlb_mva(struct shadow *s, uint32_t arg, bool all_asids)
{
    uint32_t va = ALIGN_DOWN(arg, 4096), base = ALIGN_DOWN(arg, 16 * MiB);

    if (!bitmap_test(s->super, va >> 24)) {
        drop_page(s, va, all_asids, arg & 0xff);
        return;
    }
    for (unsigned i = 0; i < 16; i++)
        drop_page(s, i == BITS(va, 23, 20) ? va : base + i * MiB, all_asids, arg & 0xff);
}

static void tlb_asid(struct shadow *s, uint32_t asid)
{
    for (uint64_t set = s->asid_spaces[asid]; set;) {
        struct space *sp = next_space(s, &set);

        for (unsigned m = 0; m < 2; m++) {
            struct view *v = &sp->views[m];

            for (unsigned w = 0; w < SHADOW_BITMAP; w++) {
                while (v->touched[w]) {
                    view_clear_mib(v, w * 32 + (unsigned)__builtin_ctz(v->touched[w]));
                    s->vm->stats.shadow_drop++;
                }
            }
        }
    }
}

static void tlb_op(struct shadow *s, enum tlb_op op, uint32_t arg)
{
    switch (op) {
    case TLB_ALL: shadow_flush(s); break;
    case TLB_ASID: tlb_asid(s, arg & 0xff); break;
    case TLB_MVA: tlb_mva(s, arg, false); break;
    case TLB_MVAA: tlb_mva(s, arg, true); break;
    }
}

const struct shadow_policy shadow_policy_tlb = { .name = "tlb", .tlb_op = tlb_op };
