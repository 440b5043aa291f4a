/*
 * Jumps into the places where translations live: to y with y + D in an arena, at a stub's middle, in the
 * state page's aliases, in umbra's window; even and odd; by every instruction that branches.
 * And stack pointers that point nowhere, in every mode.
 */
#include "hostile.h"

/* Each followed by SVCs; r0: the target, r1: a word that holds it. */
static const uint32_t branches[][2] = {
    { 0xe12fff10 },             /* bx r0 */
    { 0xe12fff30 },             /* blx r0 */
    { 0xe1a0f000 },             /* mov pc, r0 */
    { 0xe591f000 },             /* ldr pc, [r1] */
    { 0xe8918000 },             /* ldm r1, {pc} */
    { 0xe1a0e000, 0xe12fff1e }, /* mov lr, r0; bx lr */
    { 0xe1a0e000, 0xe1a0f00e }, /* mov lr, r0; mov pc, lr */
    { 0xe280f000 },             /* add pc, r0, #0 */
    { 0xf8910a00 },             /* rfeia r1 */
    { 0x4700 },                 /* T32: bx r0 */
    { 0x4780 },                 /* T32: blx r0 */
    { 0x4687 },                 /* T32: mov pc, r0 */
};
#define BRANCHES (sizeof(branches) / sizeof(branches[0]))

static uint32_t target(void)
{
    uint32_t near = (pick(3) ? CODE_VA : 0x40010000) >> 20, y;

    switch (pick(8)) {
    case 0: y = odd_value(); break;
    case 1: y = odd_value() - UMBRA_D; break;
    case 2: y = UMBRA_WINDOW + (rnd() & 0x01ffffff) - UMBRA_D; break;
    case 3: y = UMBRA_STATE - UMBRA_D + (rnd() & 0xfff); break;
    /* an arena: 20 MiB below the translation comes first */
    case 4: y = (near + 31 - pick(62)) << 20 | (rnd() & 0xfffff); break;
    default: y = (near - 20) << 20 | pick(256) << 12 | (rnd() & 0x3ff); break;
    }
    if (y - RAM_BASE < 0x100000)
        y += CODE_VA - RAM_BASE; /* not into the program itself: it would hurt nobody else */
    return pick(4) ? y & ~3u : y;
}

void attack_jumps(void)
{
    struct chunk c;

    chunk_setup();
    chunk_tame = false; /* whatever stands there may change modes */
    for (uint32_t i = 0; i < BRANCHES; i++) {
        chunk_code[4 * i] = branches[i][0];
        chunk_code[4 * i + 1] = branches[i][1] ? branches[i][1] : 0xef000000;
    }
    /* so that there are stubs to be hit: of all kinds */
    for (uint32_t i = 4 * BRANCHES; i < 1000; i++)
        chunk_code[i] = random_a32();
    chunk_seal(1000 - 80);
    for (uint32_t n = 0; n < (rounds ? rounds : 2000); n++) {
        uint32_t i = pick(BRANCHES);

        chunk_random_regs(&c);
        c.r[0] = target();
        c.r[1] = DATA_VA;
        write32(DATA_PA, c.r[0]);
        write32(DATA_PA + 4, MODE_SYS | (c.r[0] & 1) << 5);
        c.pc = CODE_VA + 16 * i + (branches[i][0] < 0x10000);
        c.cpsr = (pick(8) ? MODE_SYS : MODE_USR) | (rnd() & 0xf0000000);
        chunk_run(&c);
    }
}

/* Each uses the stack of r1's mode, which r0 points to nowhere: r0 is moved to sp first. */
static const uint32_t stack_users[] = {
    0xe92d5fff, 0xe8bd9fff, 0xe8fd9fff, 0xe8dd7fff, 0xe8cd7fff, 0xf96d0513, 0xf96d051f, 0xf96d0512, 0xf8bd0a00,
    0xe52de004, 0xe49df004, 0xe1a0f00d, 0xe4bd0000, 0xe4ad0000, 0xed2d0b10, 0xecbd0b10, 0xe10d0091, 0xe1cd00d0,
    0xe19d0f9f, 0xe18d1f90, 0xef000000, 0xe7f000f0, 0xe1200070, 0xe28dd004, 0xf57ff01f,
};

void attack_stacks(void)
{
    static const uint8_t modes[] = { MODE_SVC, MODE_SYS, MODE_IRQ, MODE_FIQ, MODE_ABT, MODE_UND };
    struct chunk c;

    chunk_setup();
    chunk_tame = false;
    chunk_code[0] = 0xe121f001; /* msr cpsr_c, r1 */
    chunk_code[1] = 0xe1a0d000; /* mov sp, r0 */
    for (uint32_t n = 0; n < (rounds ? rounds : 3000); n++) {
        if (n % 8 == 0) {
            for (uint32_t i = 2; i < 6; i++)
                chunk_code[i] = stack_users[pick(sizeof(stack_users) / 4)];
            chunk_seal(6);
        }
        chunk_random_regs(&c);
        c.r[0] = odd_value();
        c.r[1] = modes[pick(6)] | (rnd() & 0x80);
        c.pc = CODE_VA;
        c.cpsr = MODE_SVC;
        chunk_run(&c);
    }
}
