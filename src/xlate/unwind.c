/* From the middle of a translation to a precise state of the guest (DDI 0406C B1.8.1). */
#include "xlate/arena.h"
#include "xlate/xlate.h"

#include "core/vcpu.h"
#include "lib/bits.h"

static const struct stub_site *find_site(const struct arena_page *page, unsigned word)
{
    unsigned low = 0, high = page->site_count;

    while (low < high) {
        unsigned mid = (low + high) / 2;

        if (page->sites[mid].start <= word)
            low = mid + 1;
        else
            high = mid;
    }
    return low ? &page->sites[low - 1] : NULL;
}

/* A branch target as a stub left it in slot T, back to the guest's. */
static void set_target(uint32_t hw_target, uint32_t r[16], uint32_t *cpsr)
{
    uint32_t target = hw_target - XLATE_D;

    if (target & 1) {
        target ^= XLATE_THUMB_TAG;
        *cpsr |= PSR_T;
    }
    r[15] = target & (target & 1 ? ~1u : ~3u); /* 0b10 is UNPREDICTABLE (A2.3.1): as 0b00 */
}

/* Where the jump at the end of a BL stub goes: a B, or LDR pc of a literal behind it. */
static uint32_t bl_target(const struct arena_page *page, const struct stub_site *s, uint32_t page_va)
{
    unsigned i = s->start;

    for (;; i++) {
        uint32_t insn = page->words[i];

        if ((insn & 0xff000000u) == 0xea000000u)
            return page_va + 4 * i + 8 + ((uint32_t)sign_extend(insn & 0xffffff, 24) << 2);
        if ((insn & 0xfffff000u) == 0xe59ff000u)
            return page->words[i + 2 + BITS(insn, 11, 2)];
        if (insn == 0xe51ff004u)
            return page->words[i + 1];
    }
}

static enum unwind_result finish(struct xlate *x, const struct arena_page *page, const struct stub_site *s,
                                 unsigned k, uint32_t page_va, uint32_t r[16], uint32_t *cpsr)
{
    const struct state_page *state = x->state;

    switch ((enum stub_kind)s->kind) {
    case STUB_SIMPLE:
    case STUB_MRS:
        if (s->kind == STUB_MRS)
            r[s->rb] = (*cpsr & 0xf80f0000u) | state->ctl;
        r[s->ra] = state->slot[SLOT_U0];
        r[15] = s->guest_pc + 4;
        break;
    case STUB_DONE:
        r[15] = s->guest_pc + 4;
        break;
    case STUB_BL:
        r[14] = s->guest_pc + 4;
        r[15] = bl_target(page, s, page_va) - XLATE_D;
        break;
    case STUB_CALL: /* of whom, LR tells */
        r[14] -= k == 0 ? XLATE_D : 0;
        r[15] = bl_target(page, s, page_va) - XLATE_D;
        break;
    case STUB_RETURN:
        if (k == 1 && (r[14] & 1))
            r[14] ^= XLATE_THUMB_TAG;
        set_target(r[14] + XLATE_D + (r[14] & 1 ? XLATE_THUMB_TAG : 0), r, cpsr);
        break;
    case STUB_JUMP:
        r[s->ra] = state->slot[SLOT_U0];
        set_target(state->slot[SLOT_T], r, cpsr);
        break;
    case STUB_POP:
        if (k == s->commit && s->rb != 15)
            r[s->rb] += 4;
        set_target(state->slot[SLOT_T], r, cpsr);
        break;
    case STUB_BLX:
        if (k > 0 && (r[s->rb] & 1))
            r[s->rb] ^= XLATE_THUMB_TAG;
        r[14] = s->guest_pc + 4;
        set_target(r[s->rb] + XLATE_D + (r[s->rb] & 1 ? XLATE_THUMB_TAG : 0), r, cpsr);
        break;
    case STUB_BX_LR:
    case STUB_COPY:
        break;
    }
    return UNWIND_COMPLETED;
}

static enum unwind_result unwind_stub(struct xlate *x, const struct arena_page *page, uint32_t hw_pc,
                                      uint32_t r[16], uint32_t *cpsr)
{
    unsigned word = BITS(hw_pc, 11, 2);
    const struct stub_site *s = find_site(page, word);
    unsigned k;

    if (!s)
        return UNWIND_UNKNOWN;
    k = word - s->start;
    if (s->kind == STUB_COPY) {
        r[15] = s->guest_pc + 4 * k;
        return UNWIND_CLEAN;
    }
    if (k >= s->commit)
        return finish(x, page, s, k, ALIGN_DOWN(hw_pc, 4096), r, cpsr);
    if (s->kind == STUB_BX_LR) {
        if (k == 1 && (r[14] & 1))
            r[14] ^= XLATE_THUMB_TAG;
    } else if (s->ra != 15 && (k >= 1 || (s->rb && s->kind != STUB_MRS))) {
        r[s->ra] = x->state->slot[SLOT_U0];
    }
    r[15] = s->guest_pc;
    return UNWIND_CLEAN;
}

enum unwind_result xlate_unwind(struct xlate *x, uint32_t hw_pc, uint32_t r[16], uint32_t *cpsr)
{
    struct arena *a = xlate_arena_at(x, hw_pc);
    struct arena_page *page;
    enum unwind_result result;

    if (!a) {
        r[15] = hw_pc - XLATE_D;
        return UNWIND_CLEAN;
    }
    page = arena_page_at(x, hw_pc);
    if (page && page->kind == ARENA_STUBS) {
        result = unwind_stub(x, page, hw_pc, r, cpsr);
        x->state->slot[SLOT_T] = 0; /* no branch through it is under way any more */
        return result;
    }
    if (page && page->kind == ARENA_ALT) {
        r[15] = page->alt->gva.v + (hw_pc & 0xfff);
        return UNWIND_CLEAN;
    }
    /* ran off the end of a displaced page into the alias behind it */
    page = (hw_pc & 0xfff) == 0 ? arena_page_at(x, hw_pc - 4) : NULL;
    if (page && page->kind == ARENA_ALT) {
        r[15] = page->alt->gva.v + 4096;
        return UNWIND_CLEAN;
    }
    return UNWIND_UNKNOWN;
}

/* r0 to r12 or SP, which a BLX in place went through; 14: none. */
static unsigned register_of_call(uint32_t target, const uint32_t r[16], uint32_t call)
{
    unsigned rm = call & 15;

    if ((call & 0x0ffffff0u) == 0x012fff30u && rm < 14 && r[rm] == target)
        return rm;
    for (rm = 0; rm < 14 && r[rm] != target; rm++)
        ;
    return rm;
}

uint32_t xlate_thumb_target(struct xlate *x, uint32_t hw_pc, uint32_t r[16], uint32_t call)
{
    uint32_t *slot = &x->state->slot[SLOT_T], target = (hw_pc | 1) - XLATE_D;
    unsigned rm;

    if (*slot == (hw_pc | 1)) {
        *slot = 0;
    } else if (r[14] & 1) {
        r[14] ^= XLATE_THUMB_TAG;
    } else {
        rm = register_of_call(target, r, call);
        if (rm < 14)
            r[rm] ^= XLATE_THUMB_TAG;
    }
    return (hw_pc - XLATE_D) ^ XLATE_THUMB_TAG;
}
