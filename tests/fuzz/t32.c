/* T32: data processing, 16 and 32 bits, IT blocks; and the choice of items. */
#include "fuzz.h"

/* r0-r12 and lr: T32 has hardly a use for sp and pc as operands. */
static uint32_t any_rn(void)
{
    uint32_t r = pick(14);

    return r == 13 ? 14 : r;
}

/* A field of 12 bits that is i, imm3 and imm8; never a rotation of zero (A6.3.2). */
static uint32_t modified_immediate(void)
{
    return pick(2) << 26 | pick(8) << 12 | (1 + pick(255));
}

static uint32_t imm12(uint32_t n)
{
    return (n >> 11 & 1) << 26 | (n >> 8 & 7) << 12 | (n & 0xff);
}

static void short_low(void)
{
    uint32_t rd = pick(8), rm = pick(8) << 3;

    switch (pick(8)) {
    case 0: emit16(pick(3) << 11 | pick(32) << 6 | rm | rd); break;        /* shifts */
    case 1: emit16(0x1800 | pick(4) << 9 | pick(8) << 6 | rm | rd); break; /* add, sub */
    case 2: emit16(0x2000 | pick(4) << 11 | rd << 8 | pick(256)); break;   /* mov, cmp, add, sub */
    case 3: case 4: emit16(0x4000 | pick(16) << 6 | rm | rd); break;
    case 5: emit16(0xb200 | pick(4) << 6 | rm | rd); break;                /* extensions */
    case 6: emit16(0xba00 | (pick(3) ? pick(2) : 3) << 6 | rm | rd); break; /* rev */
    case 7: emit16(pick(2) ? 0xa000 | rd << 8 | pick(256) : 0xa800 | rd << 8 | pick(256)); break; /* add pc, sp */
    }
}

/* add, cmp, mov of high registers; the PC as what is read */
static void short_high(void)
{
    uint32_t op = pick(3), rd = a32_rd(), rm = pick(16);

    if (op == 1) {
        rm = any_rn();
        rd |= rm < 8 ? 8 : 0; /* never two low ones */
    }
    if (op == 1 && (rd == 13 || rd == 15))
        rd = 9;
    emit16(0x4400 | op << 8 | (rd & 8) << 4 | rm << 3 | (rd & 7));
}

static void immediate(void)
{
    static const uint8_t ops[] = { 0, 1, 2, 3, 4, 8, 10, 11, 13, 14 };
    uint32_t op = ops[pick(10)], s = pick(2), rd = a32_rd(), rn = any_rn();

    if (op == 2 || op == 3)
        rn = pick(2) ? 15 : rn; /* mov, mvn */
    if (s && (op == 0 || op == 4 || op == 8 || op == 13) && pick(3) == 0)
        rd = 15;                /* tst, teq, cmn, cmp */
    emit_t32(0xf0000000 | op << 21 | s << 20 | rn << 16 | rd << 8 | modified_immediate());
}

static void shifted_register(void)
{
    static const uint8_t ops[] = { 0, 1, 2, 3, 4, 6, 8, 10, 11, 13, 14 };
    uint32_t op = ops[pick(11)], s = op != 6 && pick(2), rd = a32_rd(), rn = any_rn(), type = pick(4);

    if (op == 6)
        type &= 2; /* pkh */
    if (op == 2 || op == 3)
        rn = pick(2) ? 15 : rn;
    if (s && (op == 0 || op == 4 || op == 8 || op == 13) && pick(3) == 0)
        rd = 15;
    emit_t32(0xea000000 | op << 21 | s << 20 | rn << 16 | pick(8) << 12 | rd << 8 | pick(4) << 6 | type << 4 |
             any_rn());
}

static void plain_immediate(void)
{
    uint32_t rd = a32_rd() << 8, rn = any_rn() << 16, lsb = pick(32), msb = lsb + pick(32 - lsb);
    uint32_t at = (lsb >> 2) << 12 | (lsb & 3) << 6, sh = pick(2) << 21;

    switch (pick(8)) {
    case 0: emit_t32(0xf2000000 | rn | rd | imm12(pick(4096))); break;               /* addw */
    case 1: emit_t32(0xf2a00000 | rn | rd | imm12(pick(4096))); break;               /* subw */
    case 2: emit_t32((pick(2) ? 0xf2400000 : 0xf2c00000) | pick(16) << 16 | rd | imm12(pick(4096))); break;
    case 3: emit_t32(0xf3600000 | (pick(4) ? rn : 0xf0000) | rd | at | msb); break;  /* bfi, bfc */
    case 4: emit_t32((pick(2) ? 0xf3400000 : 0xf3c00000) | rn | rd | at | (msb - lsb)); break;
    case 5: /* ssat, usat */
        emit_t32((pick(2) ? 0xf3000000 : 0xf3800000) | (lsb ? sh : 0) | rn | rd | at | pick(32));
        break;
    case 6: emit_t32((pick(2) ? 0xf3200000 : 0xf3a00000) | rn | rd | pick(16)); break; /* ssat16, usat16 */
    case 7: emit_t32((pick(2) ? 0xf20f0000 : 0xf2af0000) | rd | imm12(pick(4096))); break; /* adr */
    }
}

static void registers(void)
{
    static const uint8_t op1[] = { 0, 1, 2, 4, 5, 6 };
    uint32_t rd = a32_rd() << 8, rn = any_rn(), rm = any_rn();

    switch (pick(7)) {
    case 0: emit_t32(0xfa00f000 | pick(4) << 21 | pick(2) << 20 | rn << 16 | rd | rm); break; /* shifts */
    case 1: /* extensions */
        emit_t32(0xfa00f080 | pick(6) << 20 | (pick(2) ? 15 : rn) << 16 | rd | pick(4) << 4 | rm);
        break;
    case 2: case 3: emit_t32(0xfa80f000 | op1[pick(6)] << 20 | rn << 16 | rd | op1[pick(6)] << 4 | rm); break;
    case 4: emit_t32(0xfa80f080 | rn << 16 | rd | pick(4) << 4 | rm); break;            /* qadd */
    case 5: emit_t32(0xfa90f080 | rm << 16 | rd | pick(4) << 4 | rm); break;            /* rev */
    case 6:
        emit_t32(pick(2) ? 0xfaa0f080 | rn << 16 | rd | rm : 0xfab0f080 | rm << 16 | rd | rm); /* sel, clz */
        break;
    }
}

static void multiply(void)
{
    static const uint8_t op2_of[] = { 2, 4, 2, 2, 2, 2, 2, 1 }; /* by op1: how many op2 */
    static const uint32_t longs[] = { 0xfb800000, 0xfba00000, 0xfbc00000, 0xfbc00080, 0xfbc000b0, 0xfbc000c0,
                                      0xfbc000d0, 0xfbd000c0, 0xfbd000d0, 0xfbe00000, 0xfbe00060 };
    uint32_t rn = any_rn() << 16, rm = any_rn(), ra = any_rn(), rd = a32_rd(), op1 = pick(8), op2;

    if (pick(2)) {
        uint32_t lo = a32_rd();

        if (lo == rd)
            lo = rd == 3 ? 4 : 3;
        emit_t32(longs[pick(11)] | rn | lo << 12 | rd << 8 | rm);
        return;
    }
    op2 = pick(op2_of[op1]);
    if (op1 != 6 && !(op1 == 0 && op2 == 1) && pick(2))
        ra = 15;
    emit_t32(0xfb000000 | op1 << 20 | rn | ra << 12 | rd << 8 | op2 << 4 | rm);
}

void t32_plain(void)
{
    switch (pick(10)) {
    case 0: case 1: case 2: short_low(); break;
    case 3: short_high(); break;
    case 4: immediate(); break;
    case 5: shifted_register(); break;
    case 6: plain_immediate(); break;
    case 7: registers(); break;
    case 8: multiply(); break;
    case 9: t32_memory_one(10); break;
    }
}

/* What may stand in an IT block anywhere; the last one may also leave it. */
static void it_member(bool last)
{
    uint32_t r = pick(12);

    if (r < 6)
        t32_plain();
    else if (r < 8)
        t32_memory_one(11);
    else if (r == 8)
        t32_system_one();
    else if (r == 9)
        emit16(0xdf00 | pick(64));
    else if (r == 10)
        pick(2) ? emit16(0xde00 | pick(256)) : emit_t32(0xf7f0a000 | pick(16) << 16 | pick(4096));
    else if (last)
        t32_jump_one();
    else
        emit16(0xbf00);
}

static void it_block(void)
{
    uint32_t cond = pick(15), count = 1 + pick(4), mask = 1u << (4 - count);

    t32_set_base();
    for (unsigned i = 1; i < count; i++)
        mask |= (cond == 14 ? 0 : (cond ^ pick(2)) & 1) << (4 - i);
    emit16(0xbf00 | cond << 4 | mask);
    for (unsigned i = 0; i < count; i++)
        it_member(i == count - 1);
}

void t32_item(void)
{
    switch (pick(20)) {
    case 0: case 1: case 2: case 3: t32_memory(); break;
    case 4: case 5: case 6: t32_branch(); break;
    case 7: case 8: case 9: case 10: t32_system(); break;
    case 11: case 12: case 13: it_block(); break;
    case 14: float_item(); break;
    default:
        for (uint32_t n = 1 + pick(4); n; n--)
            t32_plain();
        break;
    }
}
