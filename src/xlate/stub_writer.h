#pragma once
/* The words that stubs are made of, shared by stubs.c, sysstubs.c and trace.c. */
#include <stddef.h>

#include "arch/armv7/layout.h"
#include "arch/state.h"
#include "lib/bits.h"
#include "xlate/a32.h"
#include "xlate/emit.h"
#include "xlate/stubs.h"

#define R_SP 13u
#define R_LR 14u
#define R_PC 15u
#define R_NONE 15u         /* in stub_site: no register */

#define IMM12_I 0x080u     /* PSR_I */
#define IMM12_STATE (0x400u | (VMM_STATE >> 24))

#define FIELD(name) ((uint32_t)offsetof(struct state_page, name))
#define FIELD_SLOT(n) ((uint32_t)(offsetof(struct state_page, slot) + 4 * (n)))

static inline void put(struct stub_writer *w, uint32_t insn)
{
    w->words[w->count++] = insn;
}

static inline uint32_t here(const struct stub_writer *w)
{
    return w->va + 4 * w->count;
}

/* Distance from the next word's PC to a field of the nearest alias of the state
 * page: the alias before this page where that is in reach, the one after it otherwise. */
static inline int32_t state_offset(const struct stub_writer *w, uint32_t field)
{
    uint32_t pc_off = w->page_off + 4 * w->count + 8;

    if (pc_off + 4096 - field <= 4095)
        return -(int32_t)(pc_off + 4096 - field);
    return (int32_t)(4096 + field - pc_off);
}

static inline void put_load(struct stub_writer *w, unsigned rt, uint32_t field)
{
    put(w, a32_ldr_pc(rt, state_offset(w, field)));
}

static inline void put_store(struct stub_writer *w, unsigned rt, uint32_t field)
{
    put(w, a32_str_pc(rt, state_offset(w, field)));
}

static inline void put_store_byte(struct stub_writer *w, unsigned rt, uint32_t field)
{
    put(w, a32_strb_pc(rt, state_offset(w, field)));
}

/* A literal is where the guest kernel can fetch: it must be a word that may execute as well. */
static inline bool may_be_literal(uint32_t value)
{
    return a32_is_plain(value);
}

/* ldr rd, =value: stub_finish() puts the word behind the stub.  Or two moves; rd must be one whose value is lost
 * anyway, or spilled.  The PC takes only what may_be_literal(). */
static inline void put_const(struct stub_writer *w, unsigned rd, uint32_t value)
{
    if (rd != R_PC && !may_be_literal(value)) {
        put(w, a32_movw(rd, value & 0xffff));
        put(w, a32_movt(rd, value >> 16));
        return;
    }
    w->literals[w->literal_count++] = (struct stub_literal){ w->count, rd, value };
    put(w, 0);
}

/* A register that is not used; the one that the last word restores, if that will do. */
static inline unsigned pick_scratch(const struct stub_writer *w, uint32_t used)
{
    unsigned r = 0;

    if (w->restored_at == w->count && w->count && !(used & BIT(w->restored)))
        return w->restored;
    while (used & BIT(r))
        r++;
    return r;
}

static inline void commit_here(struct stub_writer *w)
{
    w->site->commit = (w->count - w->begin) & 15;
}

/* Kind, the register that word 0 spills and undoing restores, the one that finishing restores.  What the stub before
 * would restore, to be spilled again at once, stays in U0. */
static inline void begin(struct stub_writer *w, enum stub_kind kind, unsigned ra)
{
    w->site->kind = kind;
    w->site->ra = ra & 15;
    if (w->restored_at == w->count && w->count && w->restored == ra && kind != STUB_MRS) {
        w->site->rb = 1;
        w->site->start--;
        w->begin = --w->count;
    } else {
        put_store(w, ra, FIELD_SLOT(SLOT_U0));
    }
}

/* ldr ra, U0 */
static inline void end_simple(struct stub_writer *w, unsigned ra)
{
    put_load(w, ra, FIELD_SLOT(SLOT_U0));
    w->restored = ra;
    w->restored_at = w->count;
}

/* Where a direct branch at pc goes in the entry map. */
static inline uint32_t branch_target(uint32_t insn, uint32_t pc)
{
    return pc + 8 + ((uint32_t)sign_extend(insn & 0xffffff, 24) << 2) + XLATE_D;
}
