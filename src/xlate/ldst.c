#include "xlate/ldst.h"

#include "lib/bits.h"

#define NO_REG 0xff

static bool is_load(const struct ldst *ls)
{
    return ls->kind == LDST_LOAD || ls->kind == LDST_LOAD_EX;
}

/* Index, writeback and sign from P, U and W as every addressing mode has them (A8.5). */
static void set_puw(struct ldst *ls, bool p, bool u, bool w)
{
    ls->index = p;
    ls->subtract = !u;
    ls->wback = !p || w;
}

/* LDM and STM as an immediate offset before the lowest access, and one for the base. */
static bool set_multiple(struct ldst *ls, uint32_t list)
{
    ls->multiple = true;
    ls->list = (uint16_t)list;
    ls->count = (uint8_t)__builtin_popcount(list);
    ls->align = 4;
    return list != 0 && ls->rn != 15;
}

static void set_dual(struct ldst *ls, unsigned rt2, uint8_t align)
{
    ls->rt2 = (uint8_t)rt2;
    ls->size = 4;
    ls->count = 2;
    ls->align = align;
}

/* Forms that name the same register twice or the PC where it cannot be are
 * UNPREDICTABLE; those that would write the PC by accident are refused. */
static bool single_ok(const struct ldst *ls)
{
    bool byte_like = ls->size != 4 || ls->unpriv;

    if (ls->rn == 15 && (ls->wback || ls->unpriv))
        return false;
    if (ls->rt == 15 && (byte_like || (ls->thumb && ls->kind == LDST_STORE)))
        return false;
    return ls->rm != 15;
}

/* DecodeImmShift (A8.4.3) */
static void set_shift(struct ldst *ls, uint32_t type, uint32_t imm5)
{
    ls->shift = (uint8_t)type;
    ls->shift_amount = (uint8_t)imm5;
    if (imm5 == 0 && (type == LDST_LSR || type == LDST_ASR))
        ls->shift_amount = 32;
    else if (imm5 == 0 && type == LDST_ROR)
        ls->shift = LDST_RRX;
}

/* LDR, STR, LDRB, STRB and their T forms (A5.3) */
static bool a32_word_byte(uint32_t insn, struct ldst *ls)
{
    bool p = insn & BIT(24), w = insn & BIT(21);

    ls->size = insn & BIT(22) ? 1 : 4;
    ls->kind = insn & BIT(20) ? LDST_LOAD : LDST_STORE;
    set_puw(ls, p, insn & BIT(23), w);
    ls->unpriv = !p && w;
    if (insn & BIT(25)) {
        if (insn & BIT(4))
            return false; /* media instructions */
        ls->rm = insn & 15;
        set_shift(ls, BITS(insn, 6, 5), BITS(insn, 11, 7));
    } else {
        ls->imm = BITS(insn, 11, 0);
    }
    return single_ok(ls);
}

/* Halfword, dual and signed byte: A5.2.8, A5.2.9 */
static bool a32_extra(uint32_t insn, struct ldst *ls)
{
    bool p = insn & BIT(24), w = insn & BIT(21), load = insn & BIT(20);
    uint32_t op = BITS(insn, 6, 5);

    ls->kind = load ? LDST_LOAD : LDST_STORE;
    set_puw(ls, p, insn & BIT(23), w);
    if (insn & BIT(22))
        ls->imm = BITS(insn, 11, 8) << 4 | BITS(insn, 3, 0);
    else
        ls->rm = insn & 15;
    if (!load && op >= 2) { /* LDRD, STRD: there is no unprivileged form */
        ls->kind = op == 2 ? LDST_LOAD : LDST_STORE;
        set_dual(ls, ls->rt + 1u, 4);
        return !(ls->rt & 1) && ls->rt != 14 && !(!p && w) && ls->rm != 15 &&
               !(ls->rn == 15 && ls->wback);
    }
    ls->size = op == 2 ? 1 : 2;
    ls->sign = load && op >= 2;
    ls->unpriv = !p && w;
    return single_ok(ls);
}

/* SWP, LDREX and STREX families (A5.2.10) */
static bool a32_sync(uint32_t insn, struct ldst *ls)
{
    static const uint8_t sizes[4] = { 4, 8, 1, 2 };
    uint32_t op = BITS(insn, 23, 20);
    bool load = op & 1;

    ls->index = true;
    if (!(op & 8)) {
        if ((op & 3) || BITS(insn, 11, 8))
            return false;
        ls->kind = LDST_SWP;
        ls->size = op & 4 ? 1 : 4;
        ls->align = ls->size;
        ls->rm = insn & 15;
        return ls->rt != 15 && ls->rm != 15 && ls->rn != 15;
    }
    if (BITS(insn, 11, 8) != 15 || (load && BITS(insn, 3, 0) != 15))
        return false;
    ls->kind = load ? LDST_LOAD_EX : LDST_STORE_EX;
    if (!load) {
        ls->rd = BITS(insn, 15, 12);
        ls->rt = insn & 15;
    }
    ls->size = ls->align = sizes[BITS(op, 2, 1)];
    if (ls->size == 8) {
        if ((ls->rt & 1) || ls->rt == 14)
            return false;
        set_dual(ls, ls->rt + 1u, 8);
    }
    return ls->rt != 15 && ls->rn != 15 && ls->rd != 15;
}

static bool a32_multiple(uint32_t insn, struct ldst *ls)
{
    if (insn & BIT(22))
        return false; /* user registers, exception return */
    ls->kind = insn & BIT(20) ? LDST_LOAD : LDST_STORE;
    ls->index = insn & BIT(24);
    ls->subtract = !(insn & BIT(23));
    ls->wback = insn & BIT(21);
    return set_multiple(ls, insn & 0xffff);
}

static bool decode_a32(uint32_t insn, struct ldst *ls)
{
    if (insn >> 28 == 15)
        return false;
    ls->rn = BITS(insn, 19, 16);
    ls->rt = BITS(insn, 15, 12);
    switch (BITS(insn, 27, 25)) {
    case 0:
        if ((insn & 0x90) != 0x90)
            return false;
        if (insn & 0x60)
            return a32_extra(insn, ls);
        return (insn & BIT(24)) && a32_sync(insn, ls);
    case 2:
    case 3:
        return a32_word_byte(insn, ls);
    case 4:
        return a32_multiple(insn, ls);
    default:
        return false;
    }
}

/* Register offset: A6.2.4, opB in bits 11:9 */
static bool t16_register(uint32_t insn, struct ldst *ls)
{
    static const struct { uint8_t kind, size, sign; } ops[8] = {
        { LDST_STORE, 4, 0 }, { LDST_STORE, 2, 0 }, { LDST_STORE, 1, 0 }, { LDST_LOAD, 1, 1 },
        { LDST_LOAD, 4, 0 },  { LDST_LOAD, 2, 0 },  { LDST_LOAD, 1, 0 },  { LDST_LOAD, 2, 1 },
    };
    uint32_t op = BITS(insn, 11, 9);

    ls->kind = ops[op].kind;
    ls->size = ops[op].size;
    ls->sign = ops[op].sign;
    ls->rm = BITS(insn, 8, 6);
    return true;
}

static bool t16_immediate(uint32_t insn, struct ldst *ls, uint8_t size)
{
    ls->kind = insn & BIT(11) ? LDST_LOAD : LDST_STORE;
    ls->size = size;
    ls->imm = BITS(insn, 10, 6) * size;
    return true;
}

static bool t16_relative(uint32_t insn, struct ldst *ls, unsigned base)
{
    ls->kind = base == 15 || (insn & BIT(11)) ? LDST_LOAD : LDST_STORE;
    ls->rt = BITS(insn, 10, 8);
    ls->rn = (uint8_t)base;
    ls->imm = BITS(insn, 7, 0) * 4;
    return true;
}

static bool t16_multiple(uint32_t insn, struct ldst *ls)
{
    uint32_t list = insn & 0xff;

    ls->index = false;
    ls->rn = BITS(insn, 10, 8);
    ls->kind = insn & BIT(11) ? LDST_LOAD : LDST_STORE;
    ls->wback = ls->kind == LDST_STORE || !(list & BIT(ls->rn));
    return set_multiple(ls, list);
}

static bool t16_push_pop(uint32_t insn, struct ldst *ls)
{
    bool pop = insn & BIT(11);
    uint32_t extra = insn & BIT(8) ? (pop ? BIT(15) : BIT(14)) : 0;

    if (BITS(insn, 10, 9) != 2)
        return false;
    ls->kind = pop ? LDST_LOAD : LDST_STORE;
    ls->rn = 13;
    ls->index = ls->subtract = !pop;
    ls->wback = true;
    return set_multiple(ls, (insn & 0xff) | extra);
}

static bool decode_t16(uint32_t insn, struct ldst *ls)
{
    ls->rn = BITS(insn, 5, 3);
    ls->rt = BITS(insn, 2, 0);
    ls->index = true;
    switch (BITS(insn, 15, 12)) {
    case 4:
        return (insn & BIT(11)) && t16_relative(insn, ls, 15);
    case 5:
        return t16_register(insn, ls);
    case 6:
        return t16_immediate(insn, ls, 4);
    case 7:
        return t16_immediate(insn, ls, 1);
    case 8:
        return t16_immediate(insn, ls, 2);
    case 9:
        return t16_relative(insn, ls, 13);
    case 11:
        return t16_push_pop(insn, ls);
    case 12:
        return t16_multiple(insn, ls);
    default:
        return false;
    }
}

static bool t32_multiple(uint32_t insn, struct ldst *ls)
{
    uint32_t op = BITS(insn, 24, 23), list = insn & 0xffff;
    bool load = insn & BIT(20);

    if (op == 0 || op == 3)
        return false; /* SRS, RFE */
    if ((list & BIT(13)) || (!load && (list & BIT(15))))
        return false;
    ls->kind = load ? LDST_LOAD : LDST_STORE;
    ls->index = ls->subtract = op == 2;
    ls->wback = insn & BIT(21);
    return set_multiple(ls, list);
}

/* LDREX[B,H,D], STREX[B,H,D] (A6.3.6); TBB and TBH are branches */
static bool t32_exclusive(uint32_t insn, struct ldst *ls)
{
    static const uint8_t sizes[4] = { 1, 2, 0, 8 };
    uint32_t op = BITS(insn, 7, 4);
    bool load = insn & BIT(20);

    ls->index = true;
    ls->kind = load ? LDST_LOAD_EX : LDST_STORE_EX;
    if (!(insn & BIT(23))) {
        ls->imm = BITS(insn, 7, 0) * 4;
        ls->align = 4;
        ls->rd = load ? 0 : BITS(insn, 11, 8);
        return ls->rt != 15 && ls->rn != 15 && ls->rd != 15;
    }
    if (op < 4 || op > 7 || op == 6)
        return false;
    ls->size = ls->align = sizes[op & 3];
    ls->rd = load ? 0 : BITS(insn, 3, 0);
    if (ls->size == 8)
        set_dual(ls, BITS(insn, 11, 8), 8);
    return ls->rt != 15 && ls->rt2 != 15 && ls->rn != 15 && ls->rd != 15;
}

static bool t32_dual(uint32_t insn, struct ldst *ls)
{
    bool p = insn & BIT(24), w = insn & BIT(21);

    if (!p && !w)
        return t32_exclusive(insn, ls);
    ls->kind = insn & BIT(20) ? LDST_LOAD : LDST_STORE;
    ls->imm = BITS(insn, 7, 0) * 4;
    set_puw(ls, p, insn & BIT(23), w);
    set_dual(ls, BITS(insn, 11, 8), 4);
    if (ls->rn == 15 && (ls->wback || ls->kind == LDST_STORE))
        return false;
    return ls->rt != 15 && ls->rt2 != 15;
}

/* Offset of the T32 single forms: imm12, register, or imm8 with P, U, W. */
static bool t32_single_offset(uint32_t insn, struct ldst *ls)
{
    bool p = insn & BIT(10), u = insn & BIT(9), w = insn & BIT(8);

    if (ls->rn == 15 || (insn & BIT(23))) {
        ls->imm = BITS(insn, 11, 0);
        ls->subtract = !(insn & BIT(23));
        return true;
    }
    if (!(insn & BIT(11))) {
        ls->rm = insn & 15;
        set_shift(ls, LDST_LSL, BITS(insn, 5, 4));
        return !BITS(insn, 10, 6);
    }
    ls->imm = BITS(insn, 7, 0);
    set_puw(ls, p, u, w);
    ls->unpriv = p && u && !w;
    return p || w;
}

static bool t32_single(uint32_t insn, struct ldst *ls)
{
    uint32_t size = BITS(insn, 22, 21);

    ls->kind = insn & BIT(20) ? LDST_LOAD : LDST_STORE;
    ls->sign = insn & BIT(24);
    ls->size = (uint8_t)(1u << size);
    ls->index = true;
    if (size == 3 || (ls->sign && (size == 2 || ls->kind == LDST_STORE)))
        return false;
    if (ls->kind == LDST_STORE && ls->rn == 15)
        return false;
    return t32_single_offset(insn, ls) && single_ok(ls);
}

static bool decode_t32(uint32_t insn, struct ldst *ls)
{
    ls->rn = BITS(insn, 19, 16);
    ls->rt = BITS(insn, 15, 12);
    switch (insn >> 25) {
    case 0x74: /* 1110 100 */
        return insn & BIT(22) ? t32_dual(insn, ls) : t32_multiple(insn, ls);
    case 0x7c: /* 1111 100 */
        return t32_single(insn, ls);
    default:
        return false;
    }
}

bool ldst_decode(uint32_t insn, bool thumb, struct ldst *out)
{
    *out = (struct ldst){ .size = 4, .count = 1, .align = 1, .rm = NO_REG, .thumb = thumb };
    if (!thumb)
        return decode_a32(insn, out);
    return insn >> 16 ? decode_t32(insn, out) : decode_t16(insn, out);
}

static uint32_t read_pc(const struct ldst *ls, uint32_t pc)
{
    return pc + (ls->thumb ? 4 : 8);
}

static uint32_t shifted(uint32_t v, unsigned type, unsigned amount, bool carry)
{
    switch (type) {
    case LDST_LSL:
        return v << amount;
    case LDST_LSR:
        return amount == 32 ? 0 : v >> amount;
    case LDST_ASR:
        return (uint32_t)((int32_t)v >> (amount == 32 ? 31 : amount));
    case LDST_ROR:
        return ror32(v, amount);
    default: /* RRX */
        return (uint32_t)carry << 31 | v >> 1;
    }
}

void ldst_address(const struct ldst *ls, const uint32_t r[16], uint32_t cpsr, struct ldst_access *out)
{
    uint32_t base = ls->rn == 15 ? ALIGN_DOWN(read_pc(ls, r[15]), 4) : r[ls->rn];
    uint32_t offset = ls->imm, moved;

    if (ls->multiple)
        offset = 4u * ls->count;
    else if (ls->rm != NO_REG && ls->kind != LDST_SWP)
        offset = shifted(r[ls->rm], ls->shift, ls->shift_amount, cpsr & BIT(29));
    moved = ls->subtract ? base - offset : base + offset;
    out->base = moved;
    if (!ls->multiple)
        out->addr = ls->index ? moved : base;
    else if (ls->subtract) /* DB starts at the new base, DA one word higher */
        out->addr = ls->index ? moved : moved + 4;
    else
        out->addr = ls->index ? base + 4 : base;
}

/* The register of access i. */
static unsigned access_reg(const struct ldst *ls, unsigned i)
{
    uint32_t list = ls->list;

    if (!ls->multiple)
        return i ? ls->rt2 : ls->rt;
    while (i--)
        list &= list - 1;
    return (unsigned)__builtin_ctz(list);
}

uint32_t ldst_store_value(const struct ldst *ls, const uint32_t r[16], unsigned i)
{
    unsigned reg = ls->kind == LDST_SWP ? ls->rm : access_reg(ls, i);
    uint32_t value = reg == 15 ? read_pc(ls, r[15]) : r[reg];

    return ls->size == 4 ? value : value & ((1u << 8 * ls->size) - 1);
}

bool ldst_commit(const struct ldst *ls, uint32_t r[16], const struct ldst_access *access,
                 const uint32_t *loaded, uint32_t *pc)
{
    bool branch = false;

    if (ls->wback)
        r[ls->rn] = access->base;
    if (ls->kind == LDST_STORE_EX)
        r[ls->rd] = loaded[0];
    if (!is_load(ls) && ls->kind != LDST_SWP)
        return false;
    for (unsigned i = 0; i < ls->count; i++) {
        unsigned reg = access_reg(ls, i);
        uint32_t value = ls->sign ? (uint32_t)sign_extend(loaded[i], 8u * ls->size) : loaded[i];

        if (reg == 15) {
            *pc = value;
            branch = true;
        } else {
            r[reg] = value;
        }
    }
    return branch;
}

uint32_t ldst_endian(uint32_t value, unsigned size, bool big_endian)
{
    if (!big_endian || size == 1)
        return value;
    return size == 2 ? __builtin_bswap16((uint16_t)value) : __builtin_bswap32(value);
}
