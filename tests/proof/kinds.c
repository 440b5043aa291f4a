#include "kinds.h"

#include <stddef.h>

#include "lib/bits.h"

#define FEW(list) list, ARRAY_SIZE(list)
#define ALL NULL, 0
#define REG(lsb) { lsb, 4, ALL }
#define COND { 28, 4, ALL }

static const uint16_t imm12s[] = { 0, 1, 2, 4, 8, 0x0f, 0x14, 0x80, 0xfc, 0xff, 0x100, 0x1ff, 0x4ff, 0x7fc,
                                   0xffc, 0xfff };
static const uint16_t rotations[] = { 0, 1, 0x04, 0x80, 0xff, 0x104, 0x2ff, 0x43f, 0xb01, 0xf0f };
/* imm5:type, 11:5 */
static const uint16_t shifts[] = { 0, 1, 2, 3, 4, 8, 0x0a, 0x1f, 0x21, 0x7c, 0x7e, 0x7f };
static const uint16_t index_shifts[] = { 0, 1, 2, 3, 4, 8, 5, 0x7f };
static const uint16_t nibbles[] = { 0, 4, 8, 0xc, 0xf };
static const uint16_t modes[] = { 0x10, 0x11, 0x12, 0x13, 0x16, 0x17, 0x1a, 0x1b, 0x1f, 0, 0x1c };
static const uint16_t imm8s[] = { 0, 1, 0x10, 0x13, 0x1f, 0x80, 0x93, 0xd3, 0xdf, 0xff, 0x5a };
static const uint16_t branch_low[] = { 0, 1, 2, 0x3fe, 0x3ff, 0x400, 0x7fe, 0x7ff, 0xffe, 0xfff };
static const uint16_t branch_high[] = { 0, 1, 2, 0x123, 0x600, 0x7fe, 0x7ff, 0x800, 0x801, 0xabc, 0xe00,
                                        0xff0, 0xfff };
static const uint16_t few_regs[] = { 0, 1, 4, 7, 12, 13, 14, 15 };
static const uint16_t lists8[] = { 0, 1, 2, 3, 0x10, 0x40, 0x80, 0x88, 0xf0, 0xff };
static const uint16_t lists7[] = { 0, 1, 2, 8, 0x10, 0x1f, 0x20, 0x40, 0x50, 0x60, 0x7f };
static const uint16_t comments[] = { 0, 1, 0x800, 0xfff };

/* Does a field of those that the PC may be in (19:16, 15:12) name it? */
static bool pc_n_or_d(uint32_t insn) { return BITS(insn, 19, 16) == 15 || BITS(insn, 15, 12) == 15; }
static bool pc_n_d_or_m(uint32_t insn) { return pc_n_or_d(insn) || (insn & 15) == 15; }

/* Bits 24:20 of compares without S are other instructions. */
static bool is_dp(uint32_t insn) { return BITS(insn, 24, 23) != 2 || (insn & BIT(20)); }
static bool dp_imm_pc(uint32_t insn) { return is_dp(insn) && pc_n_or_d(insn); }
static bool dp_reg_pc(uint32_t insn) { return is_dp(insn) && pc_n_d_or_m(insn); }
static bool ldm_sensitive(uint32_t insn) { return insn & (BIT(22) | BIT(15)); }

/* LDRH and relatives with some of op 01, 10, 11 in 6:5 */
static bool extra_pc(uint32_t insn)
{
    bool immediate = insn & BIT(22);

    return BITS(insn, 6, 5) && (immediate ? pc_n_or_d(insn) : pc_n_d_or_m(insn));
}

static bool extra(uint32_t insn) { return BITS(insn, 6, 5); }

/* VLDR, VSTR, VLDM, VSTM with the PC as the base; writeback is UNPREDICTABLE. */
static bool vfp_pc(uint32_t insn) { return BITS(insn, 24, 21) != 2 && BITS(insn, 24, 23) != 0; }
static bool not_hint(uint32_t insn) { return (insn & 0x0fff0000) != 0x03200000; }

const struct kind kinds[] = {
    { "cps", 0xf1000000, { { 0, 5, ALL }, { 6, 3, ALL }, { 17, 3, ALL } }, NULL, 8, CONDITIONS },
    { "setend", 0xf1010000, { { 9, 1, ALL } }, NULL, 8, CONDITIONS },
    { "barriers", 0xf57ff000, { { 0, 4, ALL }, { 4, 4, ALL } }, NULL, 16, CONDITIONS },
    { "mrs", 0x010f0000, { COND, { 22, 1, ALL }, REG(12) }, NULL, 8, CONDITIONS },
    { "msr", 0x0120f000, { COND, { 22, 1, ALL }, REG(16), REG(0) }, NULL, 4, CONDITIONS },
    { "msr-imm", 0xe320f000, { { 22, 1, ALL }, REG(16), { 8, 4, FEW(nibbles) },
      { 0, 8, FEW(imm8s) } }, not_hint, 2, 0 },
    { "hints", 0x0320f000, { COND, { 0, 8, ALL } }, NULL, 1, CONDITIONS },
    { "mrs-msr-banked", 0xe1000200, { { 21, 2, ALL }, { 8, 1, ALL }, REG(16), { 12, 4, ALL },
      { 0, 4, FEW(few_regs) } }, NULL, 1, 0 },
    { "bx", 0x012fff10, { COND, { 5, 1, ALL }, REG(0) }, NULL, 12, CONDITIONS },
    { "bxj", 0x012fff20, { COND, REG(0) }, NULL, 4, CONDITIONS },
    { "b", 0x0a000000, { COND, { 24, 1, ALL }, { 12, 12, FEW(branch_high) },
      { 0, 12, FEW(branch_low) } }, NULL, 2, CONDITIONS | LISTS },
    /* all values of one half of the offset with some of the other */
    { "b-low", 0xea000000, { { 24, 1, ALL }, { 12, 12, FEW(branch_high) }, { 0, 12, ALL } }, NULL, 2,
      LISTS | LONG_ONLY },
    { "b-high", 0xea000000, { { 24, 1, ALL }, { 12, 12, ALL }, { 0, 12, FEW(branch_low) } }, NULL, 2,
      LISTS | LONG_ONLY },
    { "ldm-stm-pc", 0xe8008000, { { 20, 2, ALL }, { 23, 2, ALL }, REG(16), { 0, 7, ALL },
      { 7, 8, FEW(lists8) } }, NULL, 2, 0 },
    { "ldm-stm-user", 0xe8400000, { { 20, 2, ALL }, { 23, 2, ALL }, REG(16), { 0, 8, FEW(lists8) },
      { 8, 8, FEW(lists7) } }, ldm_sensitive, 2, 0 },
    { "ldr-str-imm", 0xe4000000, { { 20, 5, ALL }, REG(16),
      REG(12), { 0, 12, FEW(imm12s) } }, pc_n_or_d, 3, 0 },
    { "ldr-str-reg", 0xe6000000, { { 20, 5, ALL }, REG(16), REG(12), { 5, 7, FEW(index_shifts) },
      REG(0) }, pc_n_or_d, 2, 0 },
    { "ldrt", 0xe4200000, { { 20, 1, ALL }, { 22, 2, ALL }, { 25, 1, ALL }, REG(16), REG(12),
      { 5, 7, FEW(index_shifts) }, REG(0) }, NULL, 1, 0 },
    { "extra-imm", 0xe0400090, { { 20, 2, ALL }, { 23, 2, ALL }, REG(16), REG(12), { 5, 2, ALL },
      { 8, 4, FEW(nibbles) }, { 0, 4, FEW(nibbles) } }, extra_pc, 2, 0 },
    { "extra-reg", 0xe0000090, { { 20, 2, ALL }, { 23, 2, ALL }, REG(16), REG(12), { 5, 2, ALL },
      REG(0) }, extra_pc, 2, 0 },
    { "dp-imm", 0xe2000000, { { 20, 5, ALL }, REG(16),
      REG(12), { 0, 12, FEW(rotations) } }, dp_imm_pc, 2, 0 },
    { "dp-reg", 0xe0000000, { { 20, 5, ALL }, REG(16), REG(12), { 5, 7, FEW(shifts) },
      REG(0) }, dp_reg_pc, 2, 0 },
    { "dp-rsr", 0xe0000010, { { 20, 5, ALL }, { 16, 4, FEW(few_regs) }, { 12, 4, FEW(few_regs) },
      { 8, 4, FEW(nibbles) }, { 0, 4, FEW(nibbles) } }, dp_reg_pc, 1, 0 },
    { "ldrht", 0xe0200090, { { 20, 1, ALL }, { 22, 2, ALL }, REG(16), REG(12), { 5, 2, ALL },
      { 8, 4, FEW(nibbles) }, { 0, 4, FEW(nibbles) } }, extra, 1, 0 },
    { "vldr-vldm", 0xec0f0a00, { { 20, 5, ALL }, REG(12), { 8, 1, ALL },
      { 0, 8, FEW(imm8s) } }, vfp_pc, 3, 0 },
    { "cp15-mcr-mrc", 0xee000e10, { { 20, 4, ALL }, REG(16), { 12, 4, FEW(nibbles) }, { 8, 1, ALL },
      { 5, 3, ALL }, REG(0) }, NULL, 2, 0 },
    { "cp15-64", 0xec400e00, { { 20, 1, ALL }, { 16, 4, FEW(few_regs) }, { 12, 4, FEW(few_regs) },
      { 8, 1, ALL }, { 4, 4, FEW(nibbles) }, REG(0) }, NULL, 1, 0 },
    { "vmsr-vmrs", 0x0ee00a10, { COND, { 20, 1, ALL }, REG(16), REG(12) }, NULL, 1, CONDITIONS },
    { "rfe", 0xf8100a00, { { 21, 1, ALL }, { 23, 2, ALL }, REG(16) }, NULL, 4, CONDITIONS },
    { "srs", 0xf84d0500, { { 21, 1, ALL }, { 23, 2, ALL }, { 0, 5, FEW(modes) } }, NULL, 4, CONDITIONS },
    { "svc", 0x0f000000, { COND, { 0, 12, FEW(comments) } }, NULL, 1, CONDITIONS },
    { "smc-hvc-bkpt", 0x01000070, { COND, { 21, 2, ALL }, { 8, 4, ALL },
      { 0, 4, FEW(nibbles) } }, NULL, 1, CONDITIONS },
    { "blx-imm", 0xfa000000, { { 24, 1, ALL }, { 12, 12, FEW(branch_high) },
      { 0, 12, FEW(branch_low) } }, NULL, 2, CONDITIONS | LISTS },
    { "blx-low", 0xfa000000, { { 24, 1, ALL }, { 12, 12, FEW(branch_high) }, { 0, 12, ALL } }, NULL, 2,
      CONDITIONS | LISTS | LONG_ONLY },
    { "blx-high", 0xfa000000, { { 24, 1, ALL }, { 12, 12, ALL }, { 0, 12, FEW(branch_low) } }, NULL, 2,
      CONDITIONS | LISTS | LONG_ONLY },
    { NULL, 0, { { 0, 0, ALL } }, NULL, 0, 0 },
};

static uint32_t values(const struct kind_iter *it, const struct kind_field *f)
{
    return it->full || !f->few ? 1u << f->width : f->few_count;
}

void kind_begin(struct kind_iter *it, const struct kind *k, bool full)
{
    *it = (struct kind_iter){ .kind = k, .full = full && !(k->how & LISTS) };
}

static uint32_t current(const struct kind_iter *it)
{
    uint32_t insn = it->kind->base;

    for (unsigned i = 0; it->kind->fields[i].width; i++) {
        const struct kind_field *f = &it->kind->fields[i];
        uint32_t value = it->full || !f->few ? it->at[i] : f->few[it->at[i]];

        insn |= value << f->lsb;
    }
    return insn;
}

static void advance(struct kind_iter *it)
{
    for (unsigned i = 0; it->kind->fields[i].width; i++) {
        if (++it->at[i] < values(it, &it->kind->fields[i]))
            return;
        it->at[i] = 0;
    }
    it->done = true;
}

bool kind_next(struct kind_iter *it, uint32_t *insn)
{
    while (!it->done) {
        *insn = current(it);
        advance(it);
        /* cond 1111 is another instruction where there is a condition */
        if (*insn >> 28 == 15 && it->kind->base >> 28 != 15)
            continue;
        if (!it->kind->keep || it->kind->keep(*insn))
            return true;
    }
    return false;
}
