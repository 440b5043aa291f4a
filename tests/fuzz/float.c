/* VFP and NEON in both instruction sets, as far as a Cortex-A8, A9 and A15 agree; and their being off. */
#include "fuzz.h"

/* An A32 word, condition AL or 1111, in the instruction set of now. */
static void emit_float(uint32_t word)
{
    uint32_t top = word >> 24;

    if (!gen.thumb)
        emit32(word);
    else if ((top & 0xfe) == 0xf2)
        emit_t32((word & 0x00ffffff) | 0xef000000 | (top & 1) << 28);
    else if (top == 0xf4)
        emit_t32((word & 0x00ffffff) | 0xf9000000);
    else
        emit_t32(word);
}

static uint32_t registers(void)
{
    return pick(2) << 22 | pick(16) << 16 | pick(16) << 12 | pick(2) << 7 | pick(2) << 5 | pick(16);
}

static void arithmetic(void)
{
    static const uint32_t forms[] = {
        0xee000a00, 0xee000a40, 0xee100a00, 0xee200a00, 0xee200a40, 0xee300a00, 0xee300a40, 0xee800a00,
    };
    static const uint32_t unary[] = { 0xeeb00a40, 0xeeb00ac0, 0xeeb10a40, 0xeeb10ac0, 0xeeb70ac0, 0xeeb80a40,
                                      0xeebd0ac0, 0xeebc0ac0, 0xeeb40a40, 0xeeb50a40 };

    if (pick(2))
        emit_float(forms[pick(8)] | pick(2) << 8 | registers());
    else
        emit_float(unary[pick(10)] | pick(2) << 8 | pick(2) << 22 | pick(16) << 12 | pick(2) << 5 | pick(16));
}

static void advanced(void)
{
    static const uint32_t forms[] = {
        0xf2000110, 0xf3000110, 0xf2100110, 0xf2200110, 0xf3200110,  /* logical */
        0xf2000800, 0xf3000800, 0xf2000300, 0xf2000600, 0xf2000910,  /* add, sub, cgt, max, mul */
        0xf2000d00, 0xf3000d10, 0xf2000e00,                          /* .f32 */
    };
    uint32_t kind = pick(13), size = kind < 5 || kind >= 10 ? 0 : pick(3) << 20;

    emit_float(forms[kind] | size | registers());
}

static void moves(void)
{
    uint32_t rt = a32_rd(), rt2 = rt == 3 ? 4 : 3;

    switch (pick(5)) {
    case 0: emit_float(0xee000a10 | pick(2) << 20 | pick(16) << 16 | rt << 12 | pick(2) << 7); break;
    case 1: emit_float(0xee000b10 | pick(2) << 20 | pick(2) << 21 | pick(16) << 16 | rt << 12 | pick(2) << 7); break;
    case 2: emit_float(0xec400b10 | pick(2) << 20 | rt2 << 16 | rt << 12 | pick(2) << 5 | pick(16)); break;
    case 3: emit_float(0xee800b10 | pick(16) << 16 | rt << 12 | pick(2) << 7); break; /* vdup */
    case 4: emit_float(0xeef1fa10); break;                                            /* vmrs apsr_nzcv */
    }
}

static void memory(void)
{
    uint32_t n = 1 + pick(4), d = pick(28);

    emit_const(11, pick(4) ? DATA_MID : any_place());
    switch (pick(5)) {
    case 0: emit_float(0xed0b0a00 | pick(2) << 23 | pick(2) << 20 | pick(2) << 8 | pick(16) << 12 | pick(64)); break;
    case 1: /* vldmia, vstmdb */
        emit_float((pick(2) ? 0xecab0b00 : 0xed2b0b00) | pick(2) << 20 | (d >> 4) << 22 | (d & 15) << 12 | n * 2);
        break;
    case 2: emit_float(0xf40b070f | pick(2) << 21 | (d >> 4) << 22 | (d & 15) << 12); break; /* vld1, vst1 {d} */
    case 3: emit_float(0xf40b0a0d | pick(2) << 21 | (d >> 4) << 22 | (d & 15) << 12); break; /* two, write-back */
    case 4: emit_float(0xed1f0a00 | pick(2) << 8 | pick(16) << 12 | (4 + pick(8))); break;   /* [pc, #-n] */
    }
}

/* FPSCR: rounding, flush-to-zero, default NaN, flags; no vectors, no traps. */
static void status(void)
{
    emit_const(9, any_word() & 0xf3c0001f);
    emit_float(0xeee10a10 | 9 << 12);
    emit_float(0xeef10a10 | a32_rd() << 12);
}

static void off_and_on(void)
{
    emit_const(9, 0);
    emit_float(0xeee80a10 | 9 << 12);        /* vmsr fpexc, r9 */
    arithmetic();
    moves();
    emit_const(9, 0x40000000);
    emit_float(0xeee80a10 | 9 << 12);
    emit_float(0xeef80a10 | a32_rd() << 12);
}

void float_item(void)
{
    switch (pick(8)) {
    case 0: case 1: arithmetic(); break;
    case 2: advanced(); break;
    case 3: case 4: moves(); break;
    case 5: memory(); break;
    case 6: status(); break;
    case 7: off_and_on(); break;
    }
}
