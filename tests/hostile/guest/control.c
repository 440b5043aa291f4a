/*
 * Every control register with random values for a moment: the program writes it, does a few things under it, and
 * puts it back.  Only what would take the program itself away keeps its bits.
 */
#include "hostile.h"

struct reg { uint8_t crn, op1, crm, op2; uint32_t random; }; /* random: the bits that may be anything */

#define ALL_BITS 0xffffffffu
static const struct reg regs[] = {
    { 1, 0, 0, 0, ~(SCTLR_M | 1u << 25) },             /* SCTLR, without M and EE */
    { 1, 0, 0, 1, ALL_BITS }, { 1, 0, 0, 2, ALL_BITS }, /* ACTLR, CPACR */
    { 2, 0, 0, 0, 0x3fff }, { 2, 0, 0, 1, ALL_BITS },  /* TTBR0: its attributes; TTBR1 */
    { 2, 0, 0, 2, 0xffffffe8 },                        /* TTBCR, without N and PD0 */
    { 3, 0, 0, 0, ~3u },                               /* DACR */
    { 5, 0, 0, 0, ALL_BITS }, { 5, 0, 0, 1, ALL_BITS }, { 5, 0, 1, 0, ALL_BITS }, { 5, 0, 1, 1, ALL_BITS },
    { 6, 0, 0, 0, ALL_BITS }, { 6, 0, 0, 2, ALL_BITS }, { 7, 0, 4, 0, ALL_BITS },
    { 10, 0, 2, 0, ALL_BITS }, { 10, 0, 2, 1, ALL_BITS }, { 10, 0, 0, 0, ALL_BITS },
    { 12, 0, 0, 0, ALL_BITS }, { 12, 0, 0, 1, ALL_BITS },
    { 13, 0, 0, 0, 0 }, { 13, 0, 0, 1, ALL_BITS }, { 13, 0, 0, 2, ALL_BITS }, { 13, 0, 0, 3, ALL_BITS },
    { 13, 0, 0, 4, ALL_BITS },
    { 14, 0, 0, 0, ALL_BITS }, { 14, 0, 1, 0, ALL_BITS }, { 14, 0, 2, 0, ALL_BITS }, { 14, 0, 2, 1, ALL_BITS },
    { 14, 0, 3, 0, ALL_BITS }, { 14, 0, 3, 1, ALL_BITS },
};

static struct reg any_reg(void)
{
    switch (pick(4)) {
    case 0: return (struct reg){ 9, 0, 12 + pick(3), pick(8), ALL_BITS }; /* performance monitors */
    case 1: return (struct reg){ pick(2) ? 9 : 15, pick(8), pick(16), pick(8), ALL_BITS };
    default: return regs[pick(sizeof(regs) / sizeof(regs[0]))];
    }
}

static uint32_t access_word(const struct reg *r, bool read, uint32_t rt)
{
    return 0xee000f10 | (uint32_t)read << 20 | (uint32_t)r->op1 << 21 | (uint32_t)r->crn << 16 | rt << 12 |
           (uint32_t)r->op2 << 5 | r->crm;
}

/* What happens meanwhile; r1 is a word of RAM, r3 and r12 are free. */
static const uint32_t meanwhile[] = {
    0xe5913000, 0xe5813004, 0xe4913000, 0xe5d13001,     /* ldr, str, ldr post-indexed, ldrb */
    0xee08cf17, 0xee08cf57, 0xee081f37, 0xee07cf15,     /* TLBIALL, TLBIASID, TLBIMVA, ICIALLU */
    0xf57ff04f, 0xf57ff06f, 0xe10f3000, 0xe1a0c003, /* dsb, isb, mrs; mov r12, r3 */
    0xee113f10, 0xee123f10, 0xee133f10, 0xee1d3f30,     /* reads of SCTLR, TTBR0, DACR, CONTEXTIDR */
    0xf10c0080,                                         /* cpsid i */
};

/* r0: the random bits; r1: RAM. */
static void make_code(const struct reg *r)
{
    uint32_t n = 0;

    chunk_code[n++] = access_word(r, true, 2);   /* r2: what it was */
    chunk_code[n++] = 0xe0220000;                /* eor r0, r2, r0 */
    chunk_code[n++] = access_word(r, false, 0);
    if (pick(4))
        chunk_code[n++] = 0xf57ff06f;
    for (unsigned i = pick(6); i; i--)
        chunk_code[n++] = meanwhile[pick(sizeof(meanwhile) / 4)];
    chunk_code[n++] = access_word(r, false, 2);
    chunk_code[n++] = 0xf57ff06f;
    chunk_code[n++] = 0xe12fff1e;
    chunk_seal(n);
}

static void call(uint32_t bits)
{
    ((void (*)(uint32_t, uint32_t))CODE_PA)(bits, FREE_PA);
}

void attack_control(void)
{
    uint32_t undefined = 0, wrong = 0;

    chunk_setup();
    CP15_WRITE(0, c12, c0, 0, (uint32_t)vectors);
    for (uint32_t n = 0; n < (rounds ? rounds : 4000); n++) {
        struct reg r = any_reg();

        make_code(&r);
        write32(FREE_PA, 0x600d);
        undefined += catch_call(call, (pick(3) ? rnd() : odd_value()) & r.random) != EXC_NONE;
        wrong += read32(FREE_PA) != 0x600d;
        CNTV_CTL_WRITE(0);
        CNTP_CTL_WRITE(0);
    }
    print("  %u exceptions\n", (unsigned)undefined);
    report_eq(wrong, 0, "memory as it was under all control registers");
}
