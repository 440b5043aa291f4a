/* T32: branches, calls and returns, tables, loops, interworking, branches into nowhere. */
#include "fuzz.h"

static void some_plain(unsigned most)
{
    for (unsigned n = pick(most + 1); n; n--)
        t32_plain();
}

static bool to_arm(void)
{
    return gen.kind != KIND_T32 && pick(3) == 0;
}

/* B.W, BL and BLX: S, J1 and J2 of an offset (A6.7.12) */
static uint32_t wide_offset(uint32_t n)
{
    uint32_t s = n >> 31, i1 = n >> 23 & 1, i2 = n >> 22 & 1;

    return s << 26 | (n >> 12 & 0x3ff) << 16 | (!(i1 ^ s)) << 13 | (!(i2 ^ s)) << 11 | (n >> 1 & 0x7ff);
}

static void write_t32(uint32_t at, uint32_t insn)
{
    write16(at, insn >> 16);
    write16(at + 2, insn & 0xffff);
}

static void patch_adr(uint32_t at, unsigned rd, uint32_t more)
{
    uint32_t n = gen.pc - ((at + 4) & ~3u) + more;

    write_t32(at, 0xf20f0000 | (n >> 11 & 1) << 26 | (n >> 8 & 7) << 12 | rd << 8 | (n & 0xff));
}

static void align_for(bool arm)
{
    if (arm && (gen.pc & 2))
        emit16(any_word() & 0xffff);
}

static void skip_forward(void)
{
    uint32_t at = gen.pc, kind = pick(5), rn = pick(8), nz = pick(2), cond = pick(14);

    emit16(0);
    if (kind >= 3)
        emit16(0);
    some_plain(4);
    switch (kind) {
    case 0: write16(at, 0xd000 | cond << 8 | (((gen.pc - at - 4) >> 1) & 0xff)); break;
    case 1: write16(at, 0xe000 | (((gen.pc - at - 4) >> 1) & 0x7ff)); break;
    case 2: /* cbz, cbnz: not backwards */
        if (gen.pc - at < 4)
            emit16(0xbf00);
        write16(at, 0xb100 | nz << 11 | (((gen.pc - at - 4) >> 1 & 0x1f) << 3) | rn);
        break;
    case 3: write_t32(at, 0xf0009000 | wide_offset(gen.pc - at - 4)); break;
    case 4: /* b<c>.w has a short offset without J */
        write_t32(at, 0xf0008000 | cond << 22 | ((gen.pc - at - 4) >> 1 & 0x7ff));
        break;
    }
}

/* The last of an IT block: to right behind it, taken or not. */
void t32_jump_one(void)
{
    if (pick(2))
        emit_t32(0xf0009000 | wide_offset(0));
    else if (pick(2))
        emit_t32(0xf000d000 | wide_offset(0));
    else
        emit16(0xe7ff); /* b to the next */
}

static void jump_register(void)
{
    static const uint16_t jumps[] = { 0x4748, 0x47c8, 0x46cf };  /* bx r9, blx r9, mov pc, r9 */
    uint32_t at = gen.pc, kind = pick(4);
    bool arm = kind < 2 && to_arm();

    emit_t32(0xf20f0900);
    if (kind == 3)
        emit_t32(0xf3c98f00); /* bxj r9 */
    else
        emit16(jumps[kind]);
    for (unsigned n = pick(4); n; n--)
        emit16(any_word() & 0xffff);
    align_for(arm);
    patch_adr(at, 9, kind == 2 ? pick(2) : !arm);
    gen.thumb = !arm;
}

static void body(uint32_t begin, uint32_t last, uint32_t ret)
{
    emit_t32(begin);
    some_plain(3);
    emit_t32(last);
    if (ret)
        emit16(ret);
}

static void call(void)
{
    uint32_t at = gen.pc, over, kind = in_user() ? pick(2) : pick(4);

    emit_t32(0xf3af8000);
    over = gen.pc;
    emit16(0);
    write_t32(at, 0xf000d000 | wide_offset(gen.pc - at - 4));
    switch (kind) {
    case 0: body(0x46f3, 0x46de, 0x4770); break; /* mov r11, lr; ..; mov lr, r11; bx lr */
    case 1: body(0x46f3, 0x46de, 0x46f7); break; /* mov pc, lr */
    case 2: body(0xb511, 0xbd11, 0); break;      /* push {r0, r4, lr}; pop {r0, r4, pc} */
    case 3: body(0xe92d4030, 0xe8bd8030, 0); break;
    }
    write16(over, 0xe000 | ((gen.pc - over - 4) >> 1));
}

static void jump_load(void)
{
    uint32_t at = gen.pc, kind = pick(5);
    bool arm = to_arm();

    emit_t32(0xf20f0900);
    emit16(0x46d3); /* mov r11, r10 */
    switch (kind) {
    case 0: /* str r9, [r11, #4]!; ldr pc, [r11], #n */
        emit_t32(0xf84b9f04);
        emit_t32(0xf85bfb00 | pick(64));
        break;
    case 1: /* ldr pc, [r11, r8, lsl #2] */
        emit_t32(0xf04f0800 | pick(8));
        emit_t32(0xf84b9028);
        emit_t32(0xf85bf028);
        break;
    case 2: /* stmdb r11!, {r7, r9}; ldmia r11{!}, {r6, pc} */
        emit_t32(0xe92b0280);
        emit_t32(0xe89b8040 | pick(2) << 21);
        break;
    case 3:
        emit_t32(0xf84b9c04);
        emit_t32(0xe91b8027 | pick(2) << 21);
        break;
    case 4:
        emit_t32(0xf8cb9010);
        emit_t32(0xf8dbf010);
        break;
    }
    for (unsigned n = pick(4); n; n--)
        emit16(any_word() & 0xffff);
    align_for(arm);
    patch_adr(at, 9, !arm);
    gen.thumb = !arm;
}

/* tbb, tbh [pc, r9] */
static void table(void)
{
    uint32_t half = pick(2), n = pick(4);

    emit_t32(0xf04f0900 | n);
    emit_t32(0xe8dff000 | half << 4 | 9);
    for (unsigned i = 0; i < 4; i++) {
        if (half)
            emit16(4 + i);
        else if (i & 1)
            emit16((2 + i - 1) | (2 + i) << 8);
    }
    for (unsigned i = 0; i < 4; i++)
        emit16(0x3401 + i); /* adds r4, #n */
}

static void loop(void)
{
    uint32_t back;

    emit_t32(0xf04f0b01 + pick(6)); /* r11 counts */
    back = gen.pc;
    some_plain(3);
    emit_t32(0xf1bb0b01); /* subs r11, r11, #1 */
    if (pick(2))
        emit16(0xd100 | ((back - gen.pc - 4) >> 1 & 0xff));
    else
        emit_t32(0xf47fa800 | ((back - gen.pc - 4) >> 1 & 0x7ff));
}

static void nowhere(void)
{
    uint32_t place = any_nowhere(), at;

    if (gen.mode == MODE_FIQ)
        return;
    emit_const(9, place | pick(2));
    at = gen.pc;
    emit_t32(0xf20f0c00);
    emit16(pick(2) ? 0x4748 : 0x47c8);
    patch_adr(at, 12, 1);
}

static void blx_immediate(void)
{
    uint32_t at;

    if (gen.kind == KIND_T32)
        return;
    at = gen.pc;
    emit_t32(0xf3af8000);
    for (unsigned n = pick(4); n; n--)
        emit16(any_word() & 0xffff);
    align_for(true);
    write_t32(at, 0xf000c000 | wide_offset(gen.pc - ((at + 4) & ~3u)));
    gen.thumb = false;
}

void t32_branch(void)
{
    switch (pick(11)) {
    case 0: case 1: case 2: skip_forward(); break;
    case 3: jump_register(); break;
    case 4: case 5: call(); break;
    case 6: jump_load(); break;
    case 7: table(); break;
    case 8: loop(); break;
    case 9: nowhere(); break;
    case 10: blx_immediate(); break;
    }
}
