/*
 * Traces.  A stub that would branch back goes on with the guest's next instructions instead, if within
 * XLATE_TRACE one follows that needs a stub too: plain words are copied, others become what their stubs would
 * be, and two branches are saved for each.  Every instruction has a site, plain ones one for a row of them
 * (STUB_COPY), so that an exception at any word finds its guest instruction.  A trace is entered by its first
 * word, or behind the word that it was left at: after what may have changed code the guest goes on in the entry map.
 * It stays in one page of the guest, so it changes only with that page's words (xlate_resync).
 */
#include "xlate/stub_writer.h"

enum step { STEP_NONE, STEP_PLAIN, STEP_STUB, STEP_JUMP };

/* What has been written, to go back to. */
struct position { unsigned count, site_count, begin, restored_at, literal_count; struct stub_site site; };

static struct position position(const struct stub_writer *w)
{
    return (struct position){ w->count, w->site_count, w->begin, w->restored_at, w->literal_count, *w->site };
}

static void go_back(struct stub_writer *w, const struct position *to)
{
    w->count = to->count;
    w->site_count = to->site_count;
    w->site = &w->sites[to->site_count - 1];
    *w->site = to->site;
    w->begin = to->begin;
    w->restored_at = to->restored_at;
    w->literal_count = to->literal_count;
}

static bool falls_through(const struct stub_site *s)
{
    return s->kind == STUB_SIMPLE || s->kind == STUB_MRS || s->kind == STUB_DONE;
}

/* The next word is the one for the guest's instruction at pc. */
static void copy_site(struct stub_writer *w, uint32_t pc)
{
    if (w->site->kind == STUB_COPY && w->site->guest_pc + 4 * (w->count - w->begin) == pc)
        return;
    stub_start(w, pc);
    w->site->kind = STUB_COPY;
}

static enum step put_plain(struct stub_writer *w, uint32_t insn, uint32_t word, uint32_t pc)
{
    bool branch = (insn & 0x0f000000u) == 0x0a000000u && insn >> 28 != 15;

    if (branch) {
        if (!a32_b_reaches(here(w), branch_target(insn, pc)))
            return STEP_NONE;
        word = a32_b(insn >> 28, here(w), branch_target(insn, pc));
    }
    copy_site(w, pc);
    put(w, word);
    return branch && insn >> 28 == CC_AL ? STEP_JUMP : STEP_PLAIN;
}

/* Writes of c2, c8 and c13 may take the mapping away from what is executing. */
static bool changes_mapping(uint32_t insn, enum a32_class class)
{
    unsigned crn = BITS(insn, 19, 16);

    return class == A32_CP15 && !(insn & BIT(20)) && (crn == 2 || crn == 8 || crn == 13);
}

/* One that exits: its own SVC is as good here as in the entry map.  Behind accesses of CP15 the guest may go on
 * right here; behind others it does not. */
static enum step put_exit(struct stub_writer *w, uint32_t insn, uint32_t word, enum a32_class class, uint32_t pc)
{
    if (changes_mapping(insn, class))
        return STEP_NONE;
    copy_site(w, pc);
    put(w, word);
    return word >> 28 != CC_AL || class == A32_CP15 || class == A32_CP15_64 ? STEP_PLAIN : STEP_JUMP;
}

/* A conditional one is branched around.  Without a stub form: STEP_NONE. */
static enum step put_stub(struct stub_writer *w, uint32_t insn, enum a32_class class, const struct a32_row *row,
                          uint32_t pc)
{
    uint32_t cc = insn >> 28, around = 0;
    struct position before = position(w);

    if (cc < CC_AL) {
        copy_site(w, pc);
        around = w->count;
        put(w, 0);
    }
    stub_start(w, pc);
    if (!stub_body(w, insn, class, row, pc, false)) {
        go_back(w, &before);
        return STEP_NONE;
    }
    if (cc >= CC_AL)
        return falls_through(w->site) ? STEP_STUB : STEP_JUMP;
    w->words[around] = a32_b(cc ^ 1, w->va + 4 * around, here(w));
    w->restored_at = 0;
    copy_site(w, pc + 4);
    return STEP_STUB;
}

static enum step put_next(struct stub_writer *w, const struct stub_code *code, unsigned i)
{
    uint32_t insn = code->words[i], pc = code->pc + 4 * i, word;
    enum step step = STEP_NONE;
    const struct a32_row *row;
    enum a32_class class;

    if (a32_is_plain(insn))
        return put_plain(w, insn, insn, pc);
    row = a32_decode(insn);
    class = a32_classify(insn, row);
    word = xlate_place(code->x, code->p, insn, class, row);
    if (word)
        return put_plain(w, insn, word, pc);
    if (xlate_may_stub(code->x, class))
        step = put_stub(w, insn, class, row, pc);
    return step != STEP_NONE ? step : put_exit(w, insn, xlate_exit(insn, class, row), class, pc);
}

static bool has_room(const struct stub_writer *w)
{
    return w->count + w->literal_count + STUB_MAX_WORDS < TRACE_MAX_WORDS && w->site_count + 4 < TRACE_MAX_SITES &&
           w->literal_count + 2 < STUB_MAX_LITERALS;
}

static bool is_call(uint32_t insn)
{
    return (insn & 0x0f000000u) == 0x0b000000u || (insn & 0x0ffffff0u) == 0x012fff30u; /* BL, BLX of a register */
}

/* Goes on behind the first instruction, and back to the entry map at last. */
static void extend(struct stub_writer *w, struct stub_code *code)
{
    struct position end = position(w);
    unsigned done = 1;

    for (unsigned i = 1; i < code->count && has_room(w);) {
        enum step step = put_next(w, code, i);

        if (step == STEP_NONE)
            break;
        i++;
        if (step == STEP_JUMP) {
            code->behind_call = is_call(code->words[i - 1]) ? i : 0;
            return;
        }
        if (step == STEP_STUB) {
            end = position(w);
            done = i;
        }
    }
    go_back(w, &end);
    put(w, a32_b(CC_AL, here(w), code->entry + 4 * done));
}

static void put_literals(struct stub_writer *w)
{
    for (unsigned i = 0; i < w->literal_count; i++) {
        const struct stub_literal *l = &w->literals[i];

        w->words[l->word] = a32_ldr_pc(l->rd, (int32_t)(4 * (w->count - l->word)) - 8);
        put(w, l->value);
    }
}

uint32_t stub_emit(struct stub_writer *w, struct stub_code *code)
{
    uint32_t insn = code->words[0], cc = insn >> 28 == 15 ? CC_AL : insn >> 28;
    bool linked = (code->class == A32_BL || code->class == A32_BLX_REG) && code->in_place;

    stub_start(w, code->pc);
    if (!stub_body(w, insn, code->class, code->row, code->pc, linked))
        return 0;
    code->behind_call = is_call(insn);
    if (falls_through(w->site))
        extend(w, code);
    put_literals(w);
    return linked ? a32_bl(cc, code->entry, w->va) : a32_b(cc, code->entry, w->va);
}
