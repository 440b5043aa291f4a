/*
 * The state page, corrupted at every point: translated code may write it, so the guest's kernel may.
 * Chunks mix stores of odd values to it (at its own address and through the arenas' aliases) with the
 * instructions whose stubs use it.
 */
#include "hostile.h"

/* r0: the page or an alias, r1-r4: odd values, r5: data, r6: an address in the chunk. */
static const uint32_t users[] = {
    0xf10c0080, 0xf1080080,             /* cpsid i, cpsie i */
    0xe10f7000, 0xe10f1000,             /* mrs r7, cpsr; mrs r1, cpsr */
    0xe121f008, 0xe121f009,             /* msr cpsr_c, r8; r9 */
    0xebffffff, 0xeb000000, 0x1b000001, /* bl */
    0xe12fff16, 0xe1a0f006, 0xe12fff36, /* bx r6, mov pc, r6, blx r6 */
    0xe495f004, 0xe8b58004, 0xe8bd8080, /* ldr pc, [r5], #4; ldm r5!, {r2, pc}; pop {r7, pc} */
    0xe59af000, 0xe08f7001, 0xe28f7004, /* ldr pc, [r10]; add r7, pc, r1; add r7, pc, #4 */
    0xe59f7010, 0xe24ff004, 0xe1a0700f, /* ldr r7, [pc, #16]; sub pc, pc, #4; mov r7, pc */
    0xee1d7f70, 0xee1d7f90, 0xee0d1f90, /* TPIDRURO, TPIDRPRW */
    0xe14f7000, 0xe16ff001, 0xe161f001, /* mrs r7, spsr; msr spsr_cxsf, r1; msr spsr_c */
    0xee137f10, 0xee033f10,             /* DACR */
    0xee087f37, 0xee081f37, 0xf57ff04f, /* TLBIMVA of r7, r1; dsb */
    0xee077f9a, 0xee087f17, 0xee0d7f30, /* CP15DSB, TLBIALL, CONTEXTIDR */
    0xee157f10, 0xee167f10, 0xee117f10, /* DFSR, DFAR, SCTLR */
    0xeef87a10, 0xeee81a10, 0xeee83a10, /* vmrs, vmsr fpexc */
    0xe8d56000, 0xe8c56000, 0xf57ff06f, /* ldm r5, {sp, lr}^, stm; isb */
    0xe8d57f80, 0xe8c57f80,             /* ldm r5, {..}^, stm */
    0xe4b57000, 0xe4a57000,             /* ldrt, strt */
    0xf96d0513, 0xe1b0f00e, 0xe25ef004, /* srsdb sp!, #0x13; movs pc, lr; subs pc, lr, #4 */
    0xe8fdffff, 0xf8bd0a00, 0xef000000, /* ldm sp!, {..pc}^; rfeia sp!; svc */
};

#define STATE_DACR 32u

static uint32_t corrupting(void)
{
    uint32_t rt = 1 + pick(4), at = pick(8) ? 4 * pick(28) : 4 * pick(1024);

    uint32_t form = pick(5);

    if (form == 1)
        at &= 0xff; /* what strh reaches */
    if (at == STATE_DACR)
        rt = 3;
    switch (form) {
    case 0: return 0xe5c00000 | rt << 12 | (at + pick(4));                     /* strb */
    case 1: return 0xe1c000b0 | rt << 12 | (at & 0xf0) << 4 | (at & 0xe);      /* strh */
    case 2: return 0xe880001e;                                                /* stm r0, {r1-r4} */
    default: return 0xe5800000 | rt << 12 | at;                               /* str */
    }
}

static uint32_t page_or_alias(void)
{
    uint32_t near = (pick(4) ? CODE_VA : 0x40000000) + UMBRA_D - 20 * 0x100000;

    switch (pick(4)) {
    case 0: return near + 0x2000 * pick(128);
    case 1: return (near & ~0xfffffu) + 0x100000 * pick(40) + 0x2000 * pick(128);
    default: return UMBRA_STATE;
    }
}

/* A PSR that is right but for its mode, which may be none, or not. */
static uint32_t psr_value(void)
{
    return (rnd() & 0xf8000000) | pick(32) | (pick(2) ? PSR_I : 0) | (pick(4) ? 0 : rnd() & 0x160);
}

static void fill_registers(struct chunk *c)
{
    static const uint8_t modes[] = { MODE_SYS, MODE_SVC, MODE_IRQ, MODE_FIQ, MODE_ABT, MODE_UND };

    for (unsigned i = 1; i < 5; i++)
        c->r[i] = pick(2) ? odd_value() & ~PSR_E : psr_value(); /* SPSR.E would stop the VM */
    c->r[3] |= 1; /* what DACR gets: without domain 0 the vectors are gone */
    c->r[0] = page_or_alias();
    c->r[5] = DATA_VA + 0x1000 + (rnd() & 0x7ffc);
    c->r[6] = CODE_VA + 4 * pick(CHUNK_WORDS) + (pick(8) == 0);
    c->r[7] = rnd();
    c->r[8] = MODE_SYS | (rnd() & 0x80); /* F stays clear: the watchdog */
    c->r[9] = modes[pick(6)] | (rnd() & 0x80);
    c->r[10] = DATA_VA + 0x100 + 4 * pick(64);
    c->r[11] = rnd();
    c->r[12] = rnd();
    c->pc = CODE_VA + 4 * pick(CHUNK_WORDS);
    c->cpsr = modes[pick(6)] | (rnd() & 0xf0000000);
}

/* Where loads of the pc find a way back into the chunk. */
static void fill_data(void)
{
    for (uint32_t i = 0; i < DATA_SIZE; i += 4)
        write32(DATA_PA + i, CODE_VA + 4 * pick(CHUNK_WORDS) + (pick(16) == 0));
}

void attack_state(void)
{
    struct chunk c;

    chunk_setup();
    chunk_tame = false; /* modes change, so the stacks are not kept */
    fill_data();
    for (uint32_t n = 0; n < (rounds ? rounds : 600); n++) {
        for (uint32_t i = 0; i < CHUNK_WORDS; i++)
            chunk_code[i] = pick(5) < 2 ? corrupting() : users[pick(sizeof(users) / 4)];
        chunk_seal(CHUNK_WORDS);
        for (unsigned i = 0; i < 4; i++) {
            fill_registers(&c);
            chunk_run(&c);
        }
    }
}

/*
 * Every value of the mode field, with each of the masks, returned to from every mode: through the SPSR that
 * MSR writes and through the one in the state page.
 */
void attack_modes(void)
{
    static const uint8_t modes[] = { MODE_SVC, MODE_IRQ, MODE_ABT, MODE_UND, MODE_FIQ, MODE_SYS };
    static const uint32_t code[][4] = {
        { 0xe16ff001, 0xe1b0f00e }, /* msr spsr_cxsf, r1; movs pc, lr */
        { 0xe161f001, 0xe1b0f00e }, /* msr spsr_c, r1 */
        { 0xe5801014, 0xe1b0f00e }, /* str r1, [r0, #20]: the SPSR in the state page */
        { 0xe5c01014, 0xe1b0f00e }, /* strb */
        { 0xe16ff001, 0xe8d58000 }, /* msr; ldm r5, {pc}^ */
        { 0xe121f001, 0xe321f013 }, /* msr cpsr_c, r1; msr cpsr_c, #0x13 */
        { 0xe5c01000, 0xf1080080 }, /* strb r1, [r0]: ctl; cpsie i */
    };
    const uint32_t legal = 0x888f0000; /* a bit for each mode */
    struct chunk c = { { 0 }, 0, 0, { 0 }, 0, 0, 0 };
    uint32_t illegal = 0;

    chunk_setup();
    chunk_tame = false;
    fill_data();
    for (uint32_t i = 0; i < sizeof(code) / 16; i++) {
        chunk_code[4 * i] = 0xe1a0e006; /* mov lr, r6 */
        chunk_code[4 * i + 1] = code[i][0];
        chunk_code[4 * i + 2] = code[i][1];
        chunk_code[4 * i + 3] = 0xef000000;
    }
    chunk_code[CHUNK_WORDS] = 0xe10f7000;     /* mrs r7, cpsr */
    chunk_code[CHUNK_WORDS + 1] = 0xe5857004; /* str r7, [r5, #4] */
    chunk_seal(CHUNK_WORDS + 2);
    for (uint32_t n = 0; n < sizeof(code) / 16 * 6 * 32 * 4; n++) {
        uint32_t i = n % 7, mode = n / 7 % 6, bits = n / 42;

        c.r[0] = UMBRA_STATE;
        c.r[1] = (bits & 31) | (bits >> 5 & 3) << 7;
        c.r[5] = DATA_VA;
        c.r[6] = CODE_VA + 4 * CHUNK_WORDS;
        c.pc = CODE_VA + 16 * i;
        c.cpsr = modes[mode] | (bits & 0x40 ? PSR_A : 0) | (bits & 0x20 ? PSR_I : 0);
        write32(DATA_PA, c.r[6]);
        write32(DATA_PA + 4, MODE_SVC);
        chunk_run(&c);
        if (i == 6)
            continue; /* ctl is its own copy of the CPSR: what it reads there is its own affair */
        illegal += !(legal >> (read32(DATA_PA + 4) & 31) & 1);
    }
    report_eq(illegal, 0, "no mode is current that the processor does not have");
}
