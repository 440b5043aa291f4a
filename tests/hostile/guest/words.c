/* Chunks of random words: any mode, A32 and T32; with "tame" the guest lives on, "wild" is anything. */
#include "hostile.h"

/* Families that umbra has to do something about; the bits outside the mask are random. */
static const struct family { uint32_t mask, value; } families[] = {
    { 0x0fb000f0, 0x01000000 }, { 0x0fb000f0, 0x01200000 }, { 0x0fb00000, 0x03200000 }, /* MRS, MSR */
    { 0xfff1fe20, 0xf1000000 }, { 0xfffffdff, 0xf1010000 },                             /* CPS, SETEND */
    { 0xfe50ffff, 0xf8100a00 }, { 0xfe5fffe0, 0xf84d0500 },                             /* RFE, SRS */
    { 0x0e700000, 0x08500000 }, { 0x0e700000, 0x08400000 },                             /* LDM^, STM^ */
    { 0x0d200000, 0x04200000 }, { 0x0f200090, 0x00200090 },                             /* LDRT..., LDRHT... */
    { 0x0f000f10, 0x0e000f10 }, { 0x0f000f10, 0x0e000e10 }, { 0x0ff00f00, 0x0c400f00 }, /* CP15, CP14, MCRR */
    { 0x0ff000f0, 0x01200010 }, { 0x0ff000f0, 0x01200030 }, { 0x0ff000f0, 0x01200020 }, /* BX, BLX, BXJ */
    { 0x0e108000, 0x08108000 }, { 0x0e108000, 0x08008000 },                             /* LDM, STM with pc */
    { 0x0c10f000, 0x0410f000 }, { 0x0c00f000, 0x0000f000 },                             /* LDR pc, op pc */
    { 0x0c0f0000, 0x040f0000 }, { 0x0c0f0000, 0x000f0000 }, { 0x0c00000f, 0x0000000f }, /* pc read */
    { 0x0e000000, 0x0a000000 }, { 0xfe000000, 0xfa000000 },                             /* B, BL, BLX */
    { 0x0fffff00, 0x0320f000 }, { 0x0ff000f0, 0x01600070 }, { 0x0ff000f0, 0x01400070 }, /* hints, SMC, HVC */
    { 0x0f000000, 0x0f000000 }, { 0x0ff000f0, 0x01200070 }, { 0x0f800f90, 0x01800f90 }, /* SVC, BKPT, STREX */
    { 0x0fb00ff0, 0x01000090 }, { 0x0ff00f10, 0x0ef00a10 }, { 0x0ff00f10, 0x0ee00a10 }, /* SWP, VMRS, VMSR */
};

uint32_t random_a32(void)
{
    uint32_t w = rnd();

    if (pick(2)) {
        const struct family *f = &families[pick(sizeof(families) / sizeof(families[0]))];

        w = (w & ~f->mask) | f->value;
        if ((f->mask >> 28) == 15)
            return w;
    }
    if (pick(2))
        w = (w & 0x0fffffff) | 0xe0000000;
    return w;
}

/* MCR and MCRR that take the program's own processor state away. */
static bool hurts_cp15(uint32_t w)
{
    uint32_t crn = w >> 16 & 15;

    if ((w & 0x0f000010) == 0x0e000010 && !(w & 0x00100000) && (w >> 8 & 15) == 15)
        return crn == 1 || crn == 2 || crn == 3 || crn == 10 || crn == 12 || crn == 14 || crn == 9;
    return (w & 0x0ff00f00) == 0x0c400f00;
}

/* Words that would end a tame guest: other masks or modes, big-endian data, PSCI. */
bool hurts_a32(uint32_t w)
{
    uint32_t cond = w >> 28;

    if (hurts_cp15(w))
        return true;
    if ((w & 0x0fb00000) == 0x03200000 || (w & 0x0fb000f0) == 0x01200000)
        return w & 0x00070000; /* MSR of c, x, s */
    if (cond == 15 && (w & 0x0ff00000) == 0x01000000)
        return true; /* CPS, SETEND */
    if ((w & 0x0ff000f0) == 0x01400070 || (w & 0x0ff000f0) == 0x01600070)
        return true; /* HVC, SMC */
    if (cond == 15 && (w & 0x0e500000) == 0x08100000)
        return true; /* RFE */
    if ((w & 0x0e108000) == 0x08108000 && (w & 0x00400000))
        return true; /* LDM pc ^ */
    if ((w & 0x0c10f000) == 0x0010f000 && (w >> 23 & 3) != 2)
        return true; /* op pc with S */
    return (w & 0x0dd0f000) == 0x01d0f000 || (w & 0x0dd0f000) == 0x0190f000;
}

/* 16-bit forms that change masks, mode's state or endianness; and long ones. */
bool hurts_t32(uint32_t w)
{
    uint32_t hw1 = w & 0xffff, hw2 = w >> 16;

    for (unsigned i = 0; i < 2; i++) {
        uint32_t h = i ? hw2 : hw1;

        if ((h & 0xffc0) == 0xb640 || (h & 0xfff7) == 0xb650)
            return true; /* SETEND, CPS */
        if ((h & 0xfff0) == 0xf380 || (h & 0xfff0) == 0xf390 || (h & 0xfff0) == 0xf3a0 || (h & 0xfff0) == 0xf3c0 ||
            (h & 0xfff0) == 0xf3d0 || (h & 0xffe0) == 0xf7e0 || (h & 0xfff0) == 0xf7f0)
            return true; /* MSR, CPS and hints, BXJ, SUBS pc, HVC, SMC */
        if ((h & 0xfe50) == 0xe810)
            return true; /* RFE and LDM */
        if ((h & 0xef00) == 0xee00 || (h & 0xeff0) == 0xec40)
            return true; /* MCR, MCRR of whatever coprocessor */
    }
    return false;
}

uint32_t random_t32(void)
{
    static const uint16_t firsts[] = { 0xf3ef, 0xf3ff, 0xf380, 0xf3af, 0xf3de, 0xe8bd, 0xe990, 0xe80d, 0xee1d, 0xee0d,
                                       0xf7f0, 0xf7ef, 0xf8df, 0xf85f, 0xe8df, 0xe8d0, 0xf000, 0xf7ff, 0xe850, 0xf8d0 };
    uint32_t w = rnd();

    switch (pick(5)) {
    case 0: return (w & 0xffff0000) | firsts[pick(sizeof(firsts) / 2)] | (w & 0xf);
    case 1: return (w & 0x00ffffff) | 0xbf000000; /* IT */
    case 2: return (w & 0x00ff00ff) | 0x47004400; /* high registers, BX, BLX */
    default: return w;
    }
}

static void fill(bool thumb)
{
    for (uint32_t n = 0; n < CHUNK_WORDS; n++) {
        uint32_t w;

        do {
            w = thumb ? random_t32() : random_a32();
        } while (chunk_tame && (thumb ? hurts_t32(w) : hurts_a32(w)));
        chunk_code[n] = w;
    }
    chunk_seal(CHUNK_WORDS);
}

static void run_words(uint32_t count, bool thumb, uint32_t mode)
{
    struct chunk c;

    for (uint32_t n = 0; n < count; n++) {
        if (n % 4 == 0)
            fill(thumb);
        chunk_random_regs(&c);
        c.pc = CODE_VA + 4 * pick(CHUNK_WORDS) + (thumb ? 1 | pick(2) << 1 : 0);
        c.cpsr = mode | (rnd() & 0xf80f0000);
        chunk_run(&c);
    }
}

void attack_words(void)
{
    chunk_setup();
    run_words(rounds ? rounds : 3000, false, MODE_SYS);
}

void attack_user_words(void)
{
    chunk_setup();
    run_words(rounds ? rounds : 1500, false, MODE_USR);
    run_words(rounds ? rounds : 1500, true, MODE_USR);
}

void attack_thumb(void)
{
    chunk_setup();
    run_words(rounds ? rounds : 2500, true, MODE_SYS);
}

/* Anything, from any mode: the guest seldom survives. */
void attack_wild(void)
{
    static const uint8_t modes[] = { MODE_SVC, MODE_SYS, MODE_IRQ, MODE_FIQ, MODE_ABT, MODE_UND };

    chunk_setup();
    chunk_map_devices();
    chunk_tame = false;
    for (uint32_t n = 0; n < (rounds ? rounds : 400); n++)
        run_words(8, pick(3) == 0, modes[pick(6)]);
}
