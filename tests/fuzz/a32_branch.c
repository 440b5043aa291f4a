/* A32: branches, calls and returns, jump tables, loops, and branches into nowhere. */
#include "fuzz.h"

static bool other_isa(void)
{
    return gen.kind != KIND_A32 && pick(2) == 0;
}

static void some_plain(unsigned most)
{
    for (unsigned n = pick(most + 1); n; n--)
        a32_plain();
}

/* B, and what it jumps over, which is plain. */
static void skip_forward(void)
{
    uint32_t at = gen.pc;

    emit32(0);
    some_plain(4);
    write32(at, a32_cond() | 0x0a000000 | ((gen.pc - at - 8) >> 2 & 0xffffff));
}

/* mov pc, bx, blx, bxj, add pc, ldr pc through r9: forward, perhaps to the other set. */
static void jump_register(void)
{
    static const uint32_t jumps[] = { 0x01a0f009, 0x012fff19, 0x012fff39, 0x012fff29, 0x0289f000 };
    uint32_t at = gen.pc, kind = pick(5);
    bool thumb = kind != 4 && other_isa();
    uint32_t c = thumb ? AL : a32_cond();

    emit32(0);
    emit32(c | jumps[kind]);
    if (thumb) {
        for (unsigned n = pick(3); n; n--)
            emit32(any_word());
    } else {
        some_plain(3);
    }
    write32(at, AL | 0x028f9000 | (gen.pc - at - 8 + thumb)); /* add r9, pc, #n */
    gen.thumb = thumb;
}

/* A call over a function: bl f; b end; f: ..; return; end: */
static void call(void)
{
    static const uint32_t returns[] = { 0x012fff1e, 0x01a0f00e, 0x028ef000, 0x024ef000 };
    uint32_t at = gen.pc, over, kind = in_user() ? pick(4) : pick(6);

    emit32(0);
    over = gen.pc;
    emit32(0);
    write32(at, a32_cond() | 0x0b000000 | ((gen.pc - at - 8) >> 2 & 0xffffff));
    if (kind >= 4)
        emit32(AL | 0x092d4010); /* push {r4, lr} */
    else
        emit32(AL | 0x01a0b00e); /* mov r11, lr: what is plain leaves it alone */
    some_plain(3);
    if (kind >= 4) {
        emit32(AL | (kind == 4 ? 0x08bd8010 : 0x08bd4010)); /* pop {r4, pc} */
        if (kind == 5)
            emit32(AL | 0x012fff1e);
    } else {
        emit32(AL | 0x01a0e00b);
        emit32(AL | returns[kind]);
    }
    write32(over, AL | 0x0a000000 | ((gen.pc - over - 8) >> 2 & 0xffffff));
}

/* Loads into the PC: pop, ldm, ldr in all its forms. */
static void jump_load(void)
{
    uint32_t at = gen.pc, kind = pick(5), c = AL;
    bool thumb = other_isa();

    emit32(0);                                      /* add r9, pc, #n */
    emit32(AL | 0x01a0b00a);                        /* mov r11, r10 */
    switch (kind) {
    case 0: /* str r9, [r11, #4]!; ldr pc, [r11], #n */
        emit32(AL | 0x05ab9004);
        emit32(c | 0x049bf000 | pick(2) << 23 | pick(64));
        break;
    case 1: /* ldr pc, [r11, -r8, lsl #2] */
        emit32(AL | (0x03a08001 + pick(8)));
        emit32(AL | 0x070b9108);
        emit32(c | 0x071bf108);
        break;
    case 2: /* stmdb r11!, {r7, r9}; ldmia r11!, {r6, pc} */
        emit32(AL | 0x092b0280);
        emit32(c | 0x089b8040 | pick(2) << 21);
        break;
    case 3: /* ldmdb with more registers */
        emit32(AL | 0x050b9004);
        emit32(c | 0x091b8027 | pick(2) << 21);
        break;
    case 4: /* ldr pc, [pc, #n] */
        emit32(c | 0x051ff004);
        write32(gen.pc, gen.pc + 4 + thumb);
        gen.pc += 4;
        break;
    }
    for (unsigned n = kind == 4 ? 0 : pick(3); n; n--)
        emit32(any_word());
    write32(at, AL | 0x028f9000 | (gen.pc - at - 8 + thumb));
    gen.thumb = thumb;
}

/* add pc, pc, r, lsl #2 and ldr pc, [pc, r, lsl #2] over a table of four */
static void jump_table(void)
{
    uint32_t n = pick(4), at;

    emit32(AL | 0x03a09000 | n);
    if (pick(2)) {
        emit32(AL | 0x079ff109);                   /* ldr pc, [pc, r9, lsl #2] */
        emit32(AL | 0x0320f000);
        at = gen.pc;
        for (unsigned i = 0; i < 4; i++)
            emit32(at + 16 + i * 4);
    } else {
        emit32(AL | 0x008ff109);                   /* add pc, pc, r9, lsl #2 */
        emit32(any_word());
    }
    for (unsigned i = 0; i < 4; i++)
        emit32(AL | 0x02844001 | (i << 4));        /* add r4, r4, #... */
}

static void loop(void)
{
    uint32_t back;

    emit32(AL | (0x03a0b001 + pick(6)));             /* r11 counts */
    back = gen.pc;
    some_plain(3);
    emit32(AL | 0x025bb001);                       /* subs r11, r11, #1 */
    emit32(0x1a000000 | ((back - gen.pc - 8) >> 2 & 0xffffff));
}

/* To where nothing can be executed; r12 tells the handler where to go on. */
static void nowhere(void)
{
    uint32_t place = any_nowhere(), at;

    if (gen.mode == MODE_FIQ)
        return; /* the handler sees another r12 */
    emit_const(9, place);
    at = gen.pc;
    emit32(0);                                     /* add r12, pc, #n */
    if (pick(2))
        emit32(a32_cond() | (pick(2) ? 0x012fff19 : 0x01a0f009));
    else
        emit32(a32_cond() | 0x012fff39);
    write32(at, AL | 0x028fc000 | (gen.pc - at - 8));
}

void a32_to_thumb(void)
{
    uint32_t n = pick(3);

    if (gen.kind == KIND_A32)
        return;
    emit32(0xfa000000 | (n ? n - 1 : 0xffffff)); /* BLX #n: right behind what is never executed */
    for (; n; n--)
        emit32(any_word());
    gen.thumb = true;
}

void a32_branch(void)
{
    switch (pick(gen.kind == KIND_A32 ? 9 : 11)) {
    case 0: case 1: skip_forward(); break;
    case 2: jump_register(); break;
    case 3: case 4: call(); break;
    case 5: jump_load(); break;
    case 6: jump_table(); break;
    case 7: loop(); break;
    case 8: nowhere(); break;
    default: a32_to_thumb(); break;
    }
}
