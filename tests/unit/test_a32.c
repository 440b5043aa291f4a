/*
 * The decoder against predicates written from the manual (DDI 0406C A5, A8, B9): nothing
 * sensitive may be of a class that the translator copies, and nothing plain may be refused.
 */
#include "lib/bits.h"
#include "test.h"
#include "xlate/a32.h"

#define RN(i) BITS(i, 19, 16)
#define RD(i) BITS(i, 15, 12)
#define RS(i) BITS(i, 11, 8)
#define RM(i) BITS(i, 3, 0)
#define P(i) BITS(i, 24, 24)
#define W(i) BITS(i, 21, 21)
#define L(i) BITS(i, 20, 20)

/* What may be done with an instruction of a guest kernel. */
enum verdict {
    PLAIN,     /* runs as it is, and must */
    ANY,       /* UNPREDICTABLE or UNDEFINED in every mode: running it or not are both right */
    SENSITIVE, /* must not run: privileged, or reads or writes the PC */
};

static enum verdict pc_in(bool used)
{
    return used ? SENSITIVE : PLAIN;
}

/* A5.2.12, bits 24:23 = 10, bit 20 = 0, bit 7 = 0 */
static enum verdict miscellaneous(uint32_t i)
{
    unsigned op = BITS(i, 22, 21);

    switch (BITS(i, 7, 4)) {
    case 1:
        if (op == 3 && RN(i) == 15 && RS(i) == 15)
            return pc_in(RD(i) == 15 || RM(i) == 15); /* CLZ */
        return SENSITIVE;                             /* BX */
    case 5:
        return RS(i) ? ANY : pc_in(RN(i) == 15 || RD(i) == 15 || RM(i) == 15); /* QADD... */
    default:
        return SENSITIVE; /* MRS, MSR, banked forms, BXJ, BLX, ERET, BKPT, HVC, SMC, UNDEFINED */
    }
}

/* A5.2.7: RdHi or Rd in 19:16, RdLo or Ra in 15:12 */
static enum verdict halfword_multiply(uint32_t i)
{
    return pc_in(RN(i) == 15 || RD(i) == 15 || RS(i) == 15 || RM(i) == 15);
}

static enum verdict multiply(uint32_t i)
{
    if (BITS(i, 23, 20) == 5 || BITS(i, 23, 20) == 7)
        return ANY; /* UNDEFINED */
    return pc_in(RN(i) == 15 || RD(i) == 15 || RS(i) == 15 || RM(i) == 15);
}

/* A5.2.10: SWP and exclusives */
static enum verdict synchronization(uint32_t i)
{
    unsigned op = BITS(i, 23, 20);
    bool pc = RN(i) == 15 || RD(i) == 15;

    if (!(op & 8))
        return (op & 3) || RS(i) ? ANY : pc_in(pc || RM(i) == 15);
    if (RS(i) != 15 || (L(i) && RM(i) != 15))
        return ANY;
    if (op == 11)
        pc |= RD(i) == 14;
    if (!L(i))
        pc |= RM(i) == 15 || (op == 10 && RM(i) == 14);
    return pc_in(pc);
}

/* A5.2.8, A5.2.9: halfwords, signed bytes, doublewords */
static enum verdict extra_load_store(uint32_t i)
{
    bool dual = !L(i) && (BITS(i, 7, 4) & 13) == 13, reg = !BITS(i, 22, 22);

    if (!P(i) && W(i))
        return SENSITIVE; /* LDRHT... */
    if (RN(i) == 15 || RD(i) == 15 || (dual && RD(i) == 14) || (reg && RM(i) == 15))
        return SENSITIVE;
    return reg && RS(i) ? ANY : PLAIN;
}

/* A5.2.1 to A5.2.3.  The operands that an opcode has: MOV and MVN no Rn, comparisons no Rd;
 * there Rd = 15 was the P form of old. */
static enum verdict data_processing(uint32_t i)
{
    unsigned op = BITS(i, 24, 21);
    bool imm = BITS(i, 25, 25), move = op == 13 || op == 15;

    return pc_in((!move && RN(i) == 15) || RD(i) == 15 || (!imm && RM(i) == 15) ||
                 (!imm && BITS(i, 4, 4) && RS(i) == 15));
}

static enum verdict space_000(uint32_t i)
{
    bool misc = BITS(i, 24, 23) == 2 && !L(i);

    if (BITS(i, 7, 7) && BITS(i, 4, 4)) {
        if (BITS(i, 6, 5))
            return extra_load_store(i);
        return P(i) ? synchronization(i) : multiply(i);
    }
    if (misc)
        return BITS(i, 7, 7) ? halfword_multiply(i) : miscellaneous(i);
    return data_processing(i);
}

static enum verdict space_001(uint32_t i)
{
    switch (BITS(i, 24, 20)) {
    case 0x10:
    case 0x14:
        return pc_in(RD(i) == 15); /* MOVW, MOVT */
    case 0x12:
        if (RN(i) == 0 && RD(i) == 15 && RS(i) == 0)
            return BITS(i, 7, 0) == 2 || BITS(i, 7, 0) == 3 ? SENSITIVE : PLAIN; /* WFE, WFI; hints */
        return SENSITIVE;
    case 0x16:
        return SENSITIVE;
    default:
        return data_processing(i);
    }
}

static enum verdict load_store(uint32_t i)
{
    bool reg = BITS(i, 25, 25);

    if (!P(i) && W(i))
        return SENSITIVE; /* LDRT... */
    return pc_in(RN(i) == 15 || RD(i) == 15 || (reg && RM(i) == 15));
}

/* A5.4: no register may be the PC, where a field is a register: 19:16 is the width of a saturation or, 1111,
 * tells an extension without addition, 3:0 is 1111 in BFC, 15:12 is 1111 in multiplies without addition. */
static enum verdict media(uint32_t i)
{
    unsigned op = BITS(i, 24, 20), op2 = BITS(i, 7, 5);

    if (op == 31 && op2 == 7)
        return SENSITIVE; /* UDF */
    if ((op & 0x18) == 0x10 || (op == 0x18 && op2 == 0))
        return pc_in(RN(i) == 15 || RS(i) == 15 || RM(i) == 15);
    if ((op & 0x18) == 0 || (op == 8 && (!(op2 & 1) || op2 == 5))) /* parallel; PKH, SEL */
        return pc_in(RN(i) == 15 || RD(i) == 15 || RM(i) == 15);
    if ((op & 0x1e) == 0x1c && (op2 & 3) == 0) /* BFI, BFC */
        return pc_in(RD(i) == 15);
    return pc_in(RD(i) == 15 || RM(i) == 15);
}

static enum verdict block_transfer(uint32_t i)
{
    if (BITS(i, 22, 22) || BITS(i, 15, 15) || RN(i) == 15 || !BITS(i, 15, 0))
        return SENSITIVE;
    return PLAIN;
}

/* A7.5 to A7.9: VFP; every other coprocessor is UNDEFINED or privileged. */
static enum verdict coprocessor(uint32_t i)
{
    if (P(i) && BITS(i, 25, 25))
        return SENSITIVE; /* SVC */
    if (RS(i) != 10 && RS(i) != 11)
        return SENSITIVE;
    if (!BITS(i, 25, 25)) {
        if (BITS(i, 24, 21) == 2)
            return pc_in(RN(i) == 15 || RD(i) == 15); /* two core registers */
        return pc_in(RN(i) == 15);
    }
    if (!BITS(i, 4, 4))
        return PLAIN;
    if (RS(i) == 10 && BITS(i, 23, 21) == 7) { /* VMRS, VMSR */
        if (RN(i) != 1 || BITS(i, 7, 0) != 0x10)
            return SENSITIVE;
        return pc_in(!L(i) && RD(i) == 15);
    }
    return pc_in(RD(i) == 15);
}

static enum verdict unconditional(uint32_t i)
{
    switch (BITS(i, 27, 24)) {
    case 2:
    case 3:
        return PLAIN; /* NEON */
    case 4:
        if (!L(i))
            return pc_in(RN(i) == 15);
        return ANY;
    case 5:
        if (i == 0xf57ff040 || i == 0xf57ff05f || i == 0xf57ff06f || i == 0xf57ff01f)
            return PLAIN;
        return ANY;
    case 6:
    case 7:
        return ANY; /* preloads */
    default:
        return SENSITIVE; /* CPS, SETEND, SRS, RFE, BLX, coprocessors */
    }
}

static enum verdict judge(uint32_t i)
{
    if (i >> 28 == 15)
        return unconditional(i);
    switch (BITS(i, 27, 25)) {
    case 0: return space_000(i);
    case 1: return space_001(i);
    case 2: return load_store(i);
    case 3: return BITS(i, 4, 4) ? media(i) : load_store(i);
    case 4: return block_transfer(i);
    case 5: return BITS(i, 24, 24) ? SENSITIVE : PLAIN;
    default: return coprocessor(i);
    }
}

/* Does the translator leave a word of this class alone? (xlate.c, translate_word) */
static bool copied(uint32_t i)
{
    const struct a32_row *row = a32_decode(i);

    switch (a32_classify(i, row)) {
    case A32_COPY:
    case A32_NEON:
    case A32_BARRIER:
    case A32_B:
        return true;
    case A32_DP_IMM:
    case A32_DP_REG:
    case A32_LDST:
        return !a32_pc_operands(i, row);
    default:
        return false;
    }
}

static unsigned long looked_at;
static unsigned wrong_copied, wrong_refused, wrong_index, wrong_quick;

/* The first row that matches, without the index. */
static const struct a32_row *decode_slowly(uint32_t i)
{
    const struct a32_row *row = a32_table;

    while ((i & row->mask) != row->value)
        row++;
    return row;
}

/* The quick answers (a32.h) may say less than the table, not more; cond is not 1111. */
static bool quick_is_true(uint32_t i)
{
    uint32_t quick = a32_quick[BITS(i, 27, 20)], ones = a32_quick_ones(i);
    enum a32_class class = a32_classify(i, a32_decode(i));
    bool plain = copied(i) && class != A32_B;

    if (quick == A32_QUICK_NOT)
        quick = a32_quick_low[a32_index(i)];
    if ((quick & A32_QUICK_B) && class != A32_B)
        return false;
    if ((quick & A32_QUICK_SENSITIVE) && (!a32_class_sensitive(class) || class == A32_MSR_CPSR || class == A32_CP15))
        return false;
    if (!(quick & A32_QUICK_NOT))
        return plain == !(quick & ones);
    return plain || !a32_plain_more(i, ones);
}

static void look_at(uint32_t i)
{
    enum verdict v = judge(i);
    bool c = copied(i);

    looked_at++;
    if (c && v == SENSITIVE && wrong_copied++ < 20)
        printf("  %08x %s copied\n", i, a32_decode(i)->name);
    if (!c && v == PLAIN && wrong_refused++ < 20)
        printf("  %08x %s not copied\n", i, a32_decode(i)->name);
    if (!(looked_at & 7) && a32_decode(i) != decode_slowly(i))
        wrong_index++;
    if (i >> 28 != 15 && !quick_is_true(i) && wrong_quick++ < 20)
        printf("  %08x %s: a wrong quick answer\n", i, a32_decode(i)->name);
}

/* All opcode bits, 27:20 and 7:4, with these values of cond and of the register fields. */
static void sweep(unsigned cond, const uint8_t *regs, unsigned count, const uint8_t *rs, unsigned rs_count)
{
    for (uint32_t op = 0; op < 4096; op++) {
        uint32_t base = cond << 28 | (op >> 4) << 20 | (op & 15) << 4;

        for (unsigned n = 0; n < count * count * count * rs_count; n++) {
            uint32_t k = n, i = base | (uint32_t)rs[k % rs_count] << 8;

            k /= rs_count;
            i |= (uint32_t)regs[k % count] << 16;
            k /= count;
            look_at(i | (uint32_t)regs[k % count] << 12 | regs[k / count]);
        }
    }
}

static void verdict_on(const char *what)
{
    report(wrong_copied == 0, "%s: nothing sensitive is copied", what);
    report(wrong_refused == 0, "%s: everything plain is copied", what);
    report(wrong_index == 0, "%s: the index finds the first row that matches", what);
    report(wrong_quick == 0, "%s: quick answers are right", what);
    wrong_copied = wrong_refused = wrong_index = wrong_quick = 0;
}

static void test_opcode_space(void)
{
    static const uint8_t regs[] = { 0, 1, 13, 14, 15 }, ends[] = { 0, 15 };
    static const uint8_t rs[] = { 0, 1, 2, 10, 11, 14, 15 };

    sweep(14, regs, 5, rs, 7);
    verdict_on("cond al");
    sweep(15, regs, 5, rs, 7);
    verdict_on("cond 1111");
    for (unsigned cond = 0; cond < 14; cond++)
        sweep(cond, ends, 2, ends, 2);
    verdict_on("the other conditions");
    for (uint32_t low = 0; low < 0x10000; low++) {
        look_at(0xe3200000 | low);
        look_at(0xe1200000 | low);
        look_at(0xe8b00000 | low);
        look_at(0xe89d0000 | low);
    }
    verdict_on("all low halves of MSR, hints and LDM");
    printf("  %lu encodings\n", looked_at);
}

static bool is(uint32_t i, enum a32_class class)
{
    return a32_classify(i, a32_decode(i)) == class;
}

static void test_classes(void)
{
    report(is(0xf10c0080, A32_CPS) && is(0xf1020013, A32_CPS) && is(0xf1010200, A32_SETEND), "cps, setend");
    report(is(0xe10f0000, A32_MRS_CPSR) && is(0xe14f0000, A32_SPSR) && is(0xe121f000, A32_MSR_CPSR) &&
               is(0xe169f000, A32_SPSR) && is(0xe321f0d3, A32_MSR_CPSR) && is(0xe369f000, A32_SPSR),
           "mrs, msr");
    report(is(0xe12fff1e, A32_BX) && is(0xe12fff33, A32_BLX_REG) && is(0xe12fff23, A32_BRANCH) &&
               is(0xfa000000, A32_BRANCH) && is(0xeb000000, A32_BL),
           "branches");
    report(is(0xe8bd8010, A32_LDM_PC) && is(0xe8fd8000, A32_ERET) && is(0xe8dd6000, A32_USR_REGS) &&
               is(0xe8cd7fff, A32_USR_REGS) && is(0xe92d8000, A32_STM_PC),
           "block transfers");
    report(is(0xe1b0f00e, A32_ERET) && is(0xe25ef004, A32_ERET) && is(0xe1a0f00e, A32_DP_REG), "subs pc, lr");
    report(is(0xf8bd0a00, A32_RFE) && is(0xf96d0513, A32_SRS), "rfe, srs");
    report(is(0xe4b10000, A32_UNPRIV) && is(0xe6a10002, A32_UNPRIV) && is(0xe0f100b0, A32_UNPRIV) &&
               is(0xe03100d2, A32_UNPRIV),
           "ldrt, strt, ldrht, ldrsbt");
    report(is(0xe320f003, A32_WFI) && is(0xe320f002, A32_WFE) && is(0xef000000, A32_SVC) &&
               is(0xe1400070, A32_HVC) && is(0xe1600070, A32_SMC) && is(0xe1200070, A32_BKPT),
           "wfi, wfe, svc, hvc, smc, bkpt");
    report(is(0xee070fd5, A32_CP15) && is(0xec510f0e, A32_CP15_64) && is(0xee100e10, A32_CP14) &&
               is(0xeee80a10, A32_VFP_SYS) && is(0xeef10a10, A32_NEON),
           "coprocessors");
    report(is(0xe52df004, A32_LDST) && a32_pc_operands(0xe52df004, a32_decode(0xe52df004)) == F_D &&
               is(0xed9f0b02, A32_LDST) && a32_pc_operands(0xed9f0b02, a32_decode(0xed9f0b02)) == F_N,
           "pc operands");
    report(is(0xed8f0b02, A32_LDST) && is(0xec9f0b04, A32_LDST) && is(0xecbf0b04, A32_UNDEF),
           "vstr and vldm of pc are allowed in A32, not with writeback");
    for (unsigned c = 0; c < A32_CLASS_COUNT; c++) {
        if (a32_class_name((enum a32_class)c)[0] == '?')
            wrong_index++;
    }
    report(wrong_index == 0 && a32_class_sensitive(A32_CLASS_COUNT), "every class has a name");
}

int main(void)
{
    a32_init();
    test_opcode_space();
    test_classes();
    return test_summary();
}
