/* A32: loads and stores, in every form, where memory is and where it is not. */
#include "fuzz.h"

static bool may_write_back;

/* r11 := an address; r10 is the middle of the data.  Returns the base to be used. */
static uint32_t base_register(void)
{
    may_write_back = true;
    if (pick(4) == 0) {
        emit_const(11, any_place());
        return 11;
    }
    if (pick(2)) {
        emit32(AL | 0x01a0b00a); /* mov r11, r10 */
        return 11;
    }
    may_write_back = false;
    return 10;
}

/* P, U and W for a base; no write-back to r10. */
static uint32_t index_bits(void)
{
    uint32_t up = pick(2) << 23;

    if (!may_write_back)
        return up | 1u << 24;
    return up | (pick(2) ? 1u << 24 | pick(2) << 21 : 0);
}

static void word_or_byte(void)
{
    uint32_t base = base_register(), rd = a32_rd(), word, byte = pick(2) << 22, load = pick(2) << 20;

    word = a32_cond() | 0x04000000 | byte | load | base << 16 | index_bits();
    if (pick(2)) {
        emit32(word | rd << 12 | (byte ? pick(1024) : pick(256) * 4 + (pick(8) ? 0 : pick(4))));
        return;
    }
    emit32(AL | 0x03a09000 | pick(256) * 4 % 256); /* mov r9, #n: an index of some size */
    emit32(word | 1u << 25 | rd << 12 | pick(3) << 7 | 9);
}

static void half_or_signed(void)
{
    uint32_t base = base_register(), rd = a32_rd(), offset = pick(128) * 2 + (pick(16) == 0);
    uint32_t load = pick(2) << 20, sh = load ? 1 + pick(3) : 1;

    emit32(a32_cond() | 0x00400090 | sh << 5 | load | base << 16 | index_bits() | rd << 12 |
           (offset & 0xf0) << 4 | (offset & 0xf));
}

static void dual(void)
{
    uint32_t base = base_register(), rd = pick(5) * 2, offset = pick(32) * 8 + (pick(16) ? 0 : 4);

    emit32(a32_cond() | 0x004000d0 | pick(2) << 5 | base << 16 | index_bits() | rd << 12 | (offset & 0xf0) << 4 |
           (offset & 0xf));
    emit_const(rd, any_value()); /* an LDRD that aborts leaves them UNKNOWN */
    emit_const(rd + 1, any_value());
}

static void unprivileged(void)
{
    uint32_t base, rd = a32_rd(), c = a32_cond(), up = pick(2) << 23, offset = pick(64) * 2;

    base = base_register();
    if (base == 10)
        emit32(AL | 0x01a0b00a);
    if (pick(2))
        emit32(c | 0x04200000 | up | pick(2) << 22 | pick(2) << 20 | 11 << 16 | rd << 12 | offset * 2);
    else if (pick(2))
        emit32(c | 0x00700090 | (1 + pick(3)) << 5 | up | 11 << 16 | rd << 12 | (offset & 0xf0) << 4 |
               (offset & 0xf));
    else
        emit32(c | 0x006000b0 | up | 11 << 16 | rd << 12 | (offset & 0xf0) << 4 | (offset & 0xf)); /* STRHT */
}

/* Block transfers, aligned or not; what an aborted one may have changed is set again. */
static void block(void)
{
    uint32_t list = any_word() & 0x53ff, load = pick(2) << 20, base = base_register(), mode = pick(4) << 23;

    if (base == 10)
        emit32(AL | 0x01a0b00a);
    if (!list)
        list = 1;
    if (!load && pick(4) == 0)
        list |= 0x8000; /* pc + 8 */
    emit32(a32_cond() | 0x08000000 | mode | pick(2) << 21 | load | 11 << 16 | list);
    for (unsigned r = 0; load && r < 15; r++) {
        if (list >> r & 1)
            emit32(AL | 0x03a00000 | r << 12 | pick(4096)); /* mov r, #n */
    }
}

static void literal(void)
{
    uint32_t rd = a32_rd() << 12, up = pick(2) << 23, c = a32_cond(), n = up ? 4 : 8 + pick(48) * 4;

    switch (pick(5)) {
    case 0: emit32(c | 0x051f0000 | up | rd | n); break;                             /* ldr rd, [pc, #n] */
    case 1: emit32(c | 0x055f0000 | up | rd | (n + pick(4))); break;                 /* ldrb */
    case 2: emit32(c | 0x015f00b0 | up | rd | (n & 0xf0) << 4 | (n & 0xf)); break;   /* ldrh */
    case 3: emit32(c | 0x015f00d0 | pick(2) << 5 | up | rd | (n & 0xf0) << 4 | (n & 0xf)); break; /* ldrs */
    case 4: /* ldrd from 8-aligned */
        if (gen.pc & 4)
            emit32(AL | 0x0320f000);
        n = up ? 0x8 : 8 + pick(24) * 8;
        emit32(c | 0x014f00d0 | up | (rd & 0x6000) | (n & 0xf0) << 4 | (n & 0xf));
        break;
    }
    emit32(AL | 0x0a000002); /* b over the pool, whose words may look like anything */
    for (unsigned i = 0; i < 3; i++)
        emit32(pick(2) ? any_word() : AL | 0x0121f000 | pick(16));
    if (up == 0)
        return;
    emit32(AL | 0x028f0000 | rd); /* adr */
}

static void exclusive(void)
{
    uint32_t rd = pick(4) * 2, rn = 11, size = pick(4) << 21;

    emit_const(11, DATA_MID + pick(128) * 8);
    switch (pick(4)) {
    case 0: /* a pair, again until it works */
        emit32(AL | 0x01900f9f | size | rn << 16 | rd << 12);
        emit32(AL | 0x01800f90 | size | rn << 16 | 9 << 12 | rd);
        emit32(AL | 0x03590000); /* cmp r9, #0 */
        emit32(0x1afffffb);      /* bne */
        break;
    case 1: /* without a monitor */
        emit32(0xf57ff01f);
        emit32(a32_cond() | 0x01800f90 | size | rn << 16 | 9 << 12 | rd);
        break;
    case 2:
        emit32(a32_cond() | 0x01900f9f | size | rn << 16 | rd << 12);
        emit32(0xf57ff01f);
        break;
    case 3:
        emit32(a32_cond() | 0x01000090 | pick(2) << 22 | rn << 16 | a32_rd() << 12 | a32_rn(false) % 9); /* SWP */
        break;
    }
}

static void preload(void)
{
    emit32((pick(2) ? 0xf550f000 : 0xf450f000) | pick(2) << 23 | (pick(2) ? 15 : 10) << 16 | pick(4096));
}

/* push and pop on the stack of the mode */
static void stack(void)
{
    uint32_t list = any_word() & 0x53ff;

    if (!list)
        list = 0x11;
    if (in_user())
        return;
    emit32(AL | 0x092d0000 | list);
    a32_plain();
    emit32(AL | 0x08bd0000 | list);
}

/* Big-endian data, in User mode and for these alone. */
static void big_endian(void)
{
    emit32(0xf1010200); /* SETEND BE */
    for (unsigned n = 1 + pick(3); n; n--) {
        switch (pick(4)) {
        case 0: half_or_signed(); break;
        case 1: dual(); break;
        case 2: block(); break;
        default: word_or_byte(); break;
        }
    }
    emit32(0xf1010000);
}

void a32_memory(void)
{
    if (in_user() && pick(6) == 0) {
        big_endian();
        return;
    }
    switch (pick(12)) {
    case 0: case 1: case 2: word_or_byte(); break;
    case 3: half_or_signed(); break;
    case 4: dual(); break;
    case 5: unprivileged(); break;
    case 6: case 7: block(); break;
    case 8: literal(); break;
    case 9: exclusive(); break;
    case 10: preload(); break;
    case 11: stack(); break;
    }
}
