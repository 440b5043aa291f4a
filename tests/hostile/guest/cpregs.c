/* Coprocessor accesses of every kind, p0 to p15, from kernel and user mode. */
#include "hostile.h"

static uint32_t cp_word(void)
{
    uint32_t w = rnd() & 0x0fffffff, cp = pick(4) ? 14 + (pick(4) != 0) : pick(16);

    w = (w & ~0xf00u) | cp << 8 | 0xe0000000;
    switch (pick(8)) {
    case 0: return (w & ~0x0f000000u) | 0x0c000000;             /* LDC, STC, MCRR, MRRC */
    case 1: return (w & ~0x0fe00000u) | 0x0c400000;
    case 2: return (w & ~0x0f000010u) | 0x0e000000;             /* CDP */
    case 3: return ((w & ~0x0f000000u) | 0x0e000010) | 0xf0000000; /* the unconditional forms */
    default: return (w & ~0x0f000000u) | 0x0e000010;            /* MCR, MRC */
    }
}

void attack_cpregs(void)
{
    struct chunk c;

    chunk_setup();
    for (uint32_t n = 0; n < (rounds ? rounds : 600); n++) {
        bool thumb = pick(4) == 0;

        for (uint32_t i = 0; i < 32; i++) {
            do
                chunk_code[i] = cp_word();
            while (hurts_a32(chunk_code[i]));
            if (thumb) /* the same, with the halves exchanged */
                chunk_code[i] = chunk_code[i] << 16 | chunk_code[i] >> 16;
        }
        chunk_seal(32);
        for (unsigned i = 0; i < 4; i++) {
            chunk_random_regs(&c);
            c.r[pick(13)] = odd_value();
            c.pc = CODE_VA + 4 * pick(32) + thumb;
            c.cpsr = (pick(4) ? MODE_SYS : MODE_USR) | (rnd() & 0xf0000000);
            chunk_run(&c);
        }
    }
}
