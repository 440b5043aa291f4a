/* A32: data processing, multiplies, media; and the choice of items. */
#include "fuzz.h"

uint32_t a32_cond(void)
{
    return pick(2) ? AL : pick(15) << 28;
}

/* A register that may be written: r0-r9, r12, lr. */
uint32_t a32_rd(void)
{
    uint32_t r = pick(12);

    return r < 10 ? r : r == 10 ? 12 : 14;
}

/* One that may be read. */
uint32_t a32_rn(bool pc_too)
{
    return pick(pc_too ? 16 : 15);
}

static void data_processing(void)
{
    uint32_t op = pick(16), form = pick(4), compare = op >= 8 && op < 12;
    uint32_t s = compare || pick(2), rd = compare ? 0 : a32_rd();
    uint32_t rn = op == 13 || op == 15 ? 0 : a32_rn(form < 3), word;

    word = a32_cond() | op << 21 | s << 20 | rn << 16 | rd << 12;
    if (form == 0)
        emit32(word | 1u << 25 | pick(4096));
    else if (form < 3)
        emit32(word | pick(32) << 7 | pick(4) << 5 | a32_rn(true));
    else
        emit32(word | a32_rn(false) << 8 | pick(4) << 5 | 0x10 | a32_rn(false));
}

static void multiply(void)
{
    static const uint32_t kinds[] = {
        0x00000090, 0x00100090, 0x00200090, 0x00300090, 0x00600090, 0x00400090, /* MUL MLA MLS UMAAL */
        0x00800090, 0x00900090, 0x00a00090, 0x00b00090, 0x00c00090, 0x00d00090, 0x00e00090, 0x00f00090,
        0x01000080, 0x01200080, 0x012000a0, 0x01400080, 0x01600080,             /* SMLAxy and so on */
        0x07000010, 0x07000050, 0x07400010, 0x07400050, 0x07500010, 0x075000d0, 0x07800010,
    };
    uint32_t lo = a32_rd(), hi = a32_rd(), kind = kinds[pick(sizeof(kinds) / sizeof(kinds[0]))], x;

    if (lo == hi)
        hi = lo == 3 ? 4 : 3;
    if ((kind & 0x0fe000f0) == 0x00000090 || kind == 0x012000a0 || kind == 0x01600080)
        lo = 0; /* SBZ */
    x = kind >> 24 == 1 && kind != 0x012000a0 && kind != 0x01200080 ? pick(4) << 5 : 0;
    if (kind == 0x012000a0 || kind == 0x01200080)
        x = pick(2) << 6;
    if (kind >> 20 == 0x070 || kind >> 20 == 0x074 || kind >> 20 == 0x075)
        x = pick(2) << 5;
    if (kind >> 20 == 0x070 && pick(2))
        lo = 15; /* SMUAD, SMUSD */
    if (kind == 0x07500010 && pick(2))
        lo = 15;
    if (kind == 0x07800010 && pick(2))
        lo = 15;
    emit32(a32_cond() | kind | x | hi << 16 | lo << 12 | a32_rn(false) << 8 | a32_rn(false));
}

/* Parallel additions: the prefixes are 1-3 and 5-7, the operations 0-4 and 7. */
static uint32_t parallel(void)
{
    static const uint8_t prefix[] = { 1, 2, 3, 5, 6, 7 }, op[] = { 0, 1, 2, 3, 4, 7 };

    return 0x06000f10 | (uint32_t)prefix[pick(6)] << 20 | (uint32_t)op[pick(6)] << 5;
}

static void media(void)
{
    uint32_t rd = a32_rd() << 12, rm = a32_rn(false), rn = a32_rn(false) << 16, c = a32_cond();
    uint32_t lsb = pick(32), msb = lsb + pick(32 - lsb), ext = pick(2) ? 0xf0000 : rn;

    switch (pick(24)) {
    case 0: emit32(c | 0x016f0f10 | rd | rm); break;                               /* CLZ */
    case 1: emit32(c | 0x06bf0f30 | rd | rm); break;                               /* REV */
    case 2: emit32(c | 0x06bf0fb0 | rd | rm); break;                               /* REV16 */
    case 3: emit32(c | 0x06ff0f30 | rd | rm); break;                               /* RBIT */
    case 4: emit32(c | 0x06ff0fb0 | rd | rm); break;                               /* REVSH */
    case 5: emit32(c | 0x06a00070 | pick(2) << 22 | ext | rd | rm | pick(4) << 10); break; /* xXTAB */
    case 6: emit32(c | 0x06b00070 | pick(2) << 22 | ext | rd | rm | pick(4) << 10); break; /* xXTAH */
    case 7: emit32(c | 0x06800070 | pick(2) << 22 | ext | rd | rm | pick(4) << 10); break; /* xXTAB16 */
    case 8: emit32(c | 0x07e00050 | (msb - lsb) << 16 | rd | lsb << 7 | rm); break; /* UBFX */
    case 9: emit32(c | 0x07a00050 | (msb - lsb) << 16 | rd | lsb << 7 | rm); break; /* SBFX */
    case 10: emit32(c | 0x07c00010 | msb << 16 | rd | lsb << 7 | rm); break;       /* BFI */
    case 11: emit32(c | 0x07c0001f | msb << 16 | rd | lsb << 7); break;            /* BFC */
    case 12: case 13:
        emit32(c | 0x06a00010 | pick(2) << 22 | pick(32) << 16 | rd | pick(32) << 7 | pick(2) << 6 | rm);
        break;                                                                     /* xSAT */
    case 14: emit32(c | 0x06a00f30 | pick(2) << 22 | pick(16) << 16 | rd | rm); break; /* xSAT16 */
    case 15: emit32(c | 0x06800fb0 | rn | rd | rm); break;                         /* SEL */
    case 16: emit32(c | 0x01000050 | pick(4) << 21 | rn | rd | rm); break;         /* QADD and so on */
    case 17: emit32(c | 0x03000000 | pick(16) << 16 | rd | pick(4096)); break;     /* MOVW */
    case 18: emit32(c | 0x03400000 | pick(16) << 16 | rd | pick(4096)); break;     /* MOVT */
    case 19: emit32(c | 0x06800010 | rn | rd | pick(32) << 7 | pick(2) << 6 | rm); break; /* PKH */
    default: emit32(c | parallel() | rn | rd | rm); break;
    }
}

void a32_plain(void)
{
    switch (pick(8)) {
    case 0: multiply(); break;
    case 1: case 2: media(); break;
    default: data_processing(); break;
    }
}

void a32_item(void)
{
    switch (pick(20)) {
    case 0: case 1: case 2: case 3: case 4: a32_memory(); break;
    case 5: case 6: case 7: case 8: a32_branch(); break;
    case 9: case 10: case 11: case 12: case 13: a32_system(); break;
    case 14: float_item(); break;
    default:
        for (uint32_t n = 1 + pick(4); n; n--)
            a32_plain();
        break;
    }
}
