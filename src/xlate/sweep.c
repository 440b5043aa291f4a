/* T32 pages: the sweep over the code that an entry reaches, and what may be entered. */
#include "xlate/sweep.h"

#include <string.h>

#include "lib/bits.h"

#define PAGE_BYTES (2 * THUMB_HALFWORDS)
#define LAST (PAGE_BYTES - 2)

/* Traps: UDF #0x80+class, UDF.W #class (A8.8.247).  STEP: the class has nothing to do with it. */
#define STEP 0x7fu
#define UDF 0xde80u
#define UDF_W 0xf7f0a000u

struct sweep {
    struct thumb_code *code;
    const uint16_t *source;
    uint32_t todo[THUMB_HALFWORDS / 32];  /* targets of branches in place */
    unsigned placed;
};

static bool test(const uint32_t *map, unsigned offset)
{
    return map[offset >> 6] & BIT((offset >> 1) & 31);
}

static void set(uint32_t *map, unsigned offset)
{
    map[offset >> 6] |= BIT((offset >> 1) & 31);
}

static uint16_t half_at(const struct thumb_code *code, unsigned offset)
{
    return code->half[offset >> 1];
}

static bool is_second(const struct thumb_code *code, unsigned offset)
{
    return test(code->map->second, offset);
}

static bool is_empty(const struct thumb_code *code, unsigned offset)
{
    return half_at(code, offset) == THUMB_NONE && !is_second(code, offset);
}

static bool is_trap(const struct thumb_code *code, unsigned offset)
{
    uint16_t half = half_at(code, offset);

    return (half & 0xff80u) == UDF || half == UDF_W >> 16;
}

static bool is_crossing(const struct thumb_code *code, unsigned offset)
{
    return offset == LAST && half_at(code, offset) == UDF_W >> 16;
}

void thumb_clear(struct thumb_code *code)
{
    for (unsigned i = 0; i < THUMB_HALFWORDS; i++)
        code->half[i] = THUMB_NONE;
    memset(code->map, 0, sizeof(*code->map));
}

/* The instruction at 'offset' of a page; at the end, all of it that is there. */
static uint32_t insn_at(const uint16_t *page, unsigned offset)
{
    uint32_t half = page[offset >> 1];

    if (!t32_is_long(half))
        return half;
    return half << 16 | (offset < LAST ? page[(offset >> 1) + 1] : 0);
}

static void write_insn(struct sweep *s, unsigned offset, uint32_t insn)
{
    uint16_t *half = &s->code->half[offset >> 1];

    if (insn >> 16) {
        half[0] = (uint16_t)(insn >> 16);
        half[1] = (uint16_t)insn;
        set(s->code->map->second, offset + 2);
    } else {
        half[0] = (uint16_t)insn;
    }
    s->placed++;
}

static void write_trap(struct sweep *s, unsigned offset, unsigned size, unsigned class)
{
    write_insn(s, offset, size == 4 ? UDF_W | class : UDF | class);
}

/* A branch goes in place when its target lies in the page and an instruction may begin there. */
static bool place_branch(struct sweep *s, unsigned offset, uint32_t insn)
{
    bool always;
    uint32_t target = t32_branch_target(insn, offset, &always);

    if (target >= PAGE_BYTES || is_second(s->code, target) ||
        (t32_size(insn) == 4 && target == offset + 2))
        return false;
    write_insn(s, offset, insn);
    set(s->code->map->target, target);
    if (is_empty(s->code, target))
        set(s->todo, target);
    return true;
}

/* Writes the translation of an instruction into empty halfwords. */
static void place(struct sweep *s, unsigned offset, uint32_t insn)
{
    enum a32_class class = t32_classify(insn);
    unsigned size = t32_size(insn), next = offset + size;

    if (size == 4 && offset == LAST) { /* crosses the page's end: it cannot even be fetched */
        write_insn(s, offset, UDF_W >> 16);
        return;
    }
    if (size == 4 && (!is_empty(s->code, offset + 2) || test(s->code->map->target, offset + 2))) {
        write_trap(s, offset, 2, STEP); /* overlaps another reading of the code */
        return;
    }
    if ((next < PAGE_BYTES && is_second(s->code, next)) || t32_is_it(insn)) {
        write_trap(s, offset, size, STEP); /* runs into a second half; or IT, which is place_it's */
        return;
    }
    if (t32_class_harmless(class))
        write_insn(s, offset, insn);
    else if (class != A32_B || !place_branch(s, offset, insn))
        write_trap(s, offset, size, class);
}

/* Is the translation at 'offset' fit to run as one of an IT block's instructions?  What a failed
 * condition must not pass over, and what is UNPREDICTABLE there (A8.8.54), is not. */
static bool fits_it(const struct thumb_code *code, unsigned offset, bool last)
{
    uint32_t insn = insn_at(code->half, offset);
    bool always;

    if (is_second(code, offset) || is_empty(code, offset) || t32_is_it(insn))
        return false;
    if (is_crossing(code, offset))
        return true;
    if ((insn & 0xffffff80u) == UDF)
        return (insn & 0x7f) != STEP && (insn & 0x7f) != A32_BKPT && (insn & 0x7f) != A32_B;
    if ((insn & 0xffffff80u) == UDF_W)
        return (insn & 0x7f) != STEP && (insn & 0x7f) != A32_B;
    if (t32_classify(insn) != A32_B)
        return true;
    t32_branch_target(insn, offset, &always);
    return always && last;
}

static bool block_fits(const struct thumb_code *code, unsigned offset, unsigned count)
{
    for (; count && offset < PAGE_BYTES; count--) {
        if (!fits_it(code, offset, count == 1))
            return false;
        offset += t32_is_long(half_at(code, offset)) ? 4 : 2;
    }
    return true;
}

/* Places 'count' instructions of an IT block; returns the offset behind them. */
static unsigned place_block(struct sweep *s, unsigned offset, unsigned count)
{
    for (; count && offset < PAGE_BYTES; count--) {
        uint32_t insn = insn_at(s->source, offset);

        if (is_empty(s->code, offset))
            place(s, offset, insn);
        offset += t32_size(insn);
    }
    return offset;
}

/* The IT instruction last: only what is there says whether it may run. */
static unsigned place_it(struct sweep *s, unsigned offset, uint32_t insn)
{
    unsigned count = t32_it_count(insn), end;

    end = place_block(s, offset + 2, count);
    if (block_fits(s->code, offset + 2, count))
        write_insn(s, offset, insn);
    else
        write_trap(s, offset, 2, STEP);
    return end;
}

/* Nothing is known to follow these. */
static bool ends_flow(uint32_t insn, enum a32_class class)
{
    bool always;

    switch (class) {
    case A32_BRANCH:
    case A32_BX:
    case A32_LDM_PC:
    case A32_ERET:
    case A32_RFE:
    case A32_BKPT:
    case A32_UNDEF: return true;
    case A32_B: t32_branch_target(insn, 0, &always); return always;
    default: return false;
    }
}

static void sweep_from(struct sweep *s, unsigned offset)
{
    while (offset < PAGE_BYTES && is_empty(s->code, offset)) {
        uint32_t insn = insn_at(s->source, offset);
        enum a32_class class = t32_classify(insn);

        if (t32_is_it(insn) && class != A32_UNDEF) {
            offset = place_it(s, offset, insn);
            continue;
        }
        place(s, offset, insn);
        if (ends_flow(insn, class))
            break;
        offset += t32_size(insn);
    }
}

unsigned thumb_translate(struct thumb_code *code, const uint16_t *source, unsigned offset, unsigned it_left)
{
    struct sweep s = { .code = code, .source = source };

    offset = place_block(&s, offset, it_left);
    sweep_from(&s, offset);
    for (unsigned i = 0; i < ARRAY_SIZE(s.todo);) {
        if (!s.todo[i]) {
            i++;
            continue;
        }
        offset = i * 64 + 2 * (unsigned)__builtin_ctz(s.todo[i]);
        s.todo[i] &= s.todo[i] - 1;
        sweep_from(&s, offset);
        i = 0; /* branches go backwards as well */
    }
    return s.placed;
}

enum thumb_entry thumb_entry_at(const struct thumb_code *code, unsigned offset, unsigned it_left)
{
    if (is_second(code, offset))
        return THUMB_STEP;
    if (it_left && block_fits(code, offset, it_left))
        return is_trap(code, offset) ? THUMB_STEP : THUMB_RUN;
    if (is_empty(code, offset))
        return THUMB_UNKNOWN;
    if (it_left) { /* stepped, unless some of the block has yet to be seen */
        for (unsigned at = offset; it_left && at < PAGE_BYTES; it_left--) {
            if (is_empty(code, at))
                return THUMB_UNKNOWN;
            at += t32_is_long(half_at(code, at)) ? 4 : 2;
        }
        return THUMB_STEP;
    }
    return is_trap(code, offset) ? THUMB_STEP : THUMB_RUN;
}

/* What hardware can do with the instruction at 'offset', against the rules in sweep.h. */
static bool breaks_rules(const struct thumb_code *code, unsigned offset)
{
    uint32_t insn = insn_at(code->half, offset), target;
    unsigned next = offset + t32_size(insn);
    enum a32_class class = t32_classify(insn);
    bool always = false;

    if (is_empty(code, offset) || is_crossing(code, offset))
        return false;
    if (t32_size(insn) == 4 && (offset == LAST || !is_second(code, offset + 2)))
        return true;
    if (is_trap(code, offset))
        return false;
    if (class == A32_B) {
        target = t32_branch_target(insn, offset, &always);
        if (target >= PAGE_BYTES || is_second(code, target))
            return true;
    } else if (!t32_class_harmless(class)) {
        return true;
    }
    if (t32_is_it(insn) && !block_fits(code, next, t32_it_count(insn)))
        return true;
    return !always && next < PAGE_BYTES && is_second(code, next);
}

unsigned thumb_audit(const struct thumb_code *code)
{
    unsigned bad = 0;

    for (unsigned offset = 0; offset < PAGE_BYTES; offset += 2) {
        if (!is_second(code, offset) && breaks_rules(code, offset))
            bad++;
    }
    return bad;
}
