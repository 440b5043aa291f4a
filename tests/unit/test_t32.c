/*
 * The T32 decoder against predicates written from the manual (DDI 0406C A6, A8, B9), and
 * the translation of pages: what is put in place, what is trapped, what may be entered.
 */
#include <string.h>

#include "lib/bits.h"
#include "test.h"
#include "xlate/sweep.h"
#include "xlate/t32.h"

#define RN(i) BITS(i, 19, 16)
#define RT(i) BITS(i, 15, 12)
#define RD(i) BITS(i, 11, 8)
#define RM(i) BITS(i, 3, 0)
#define S(i) BITS(i, 20, 20)

enum verdict {
    PLAIN,     /* runs as it is, and must */
    ANY,       /* UNPREDICTABLE or UNDEFINED in every mode, without the PC: all answers are right */
    SENSITIVE, /* must not run: privileged, UNDEFINED by what the guest may see, or names the PC */
    BRANCH_IN, /* B, B<c>, CBZ: may stand in place */
};

static enum verdict no_pc(bool used)
{
    return used ? SENSITIVE : PLAIN;
}

/* A6.3.5 */
static enum verdict multiple(uint32_t i)
{
    bool load = S(i);

    if (BITS(i, 24, 23) == 0 || BITS(i, 24, 23) == 3)
        return SENSITIVE; /* SRS, RFE */
    if (i & BIT(15))
        return SENSITIVE;
    if (RN(i) == 15)
        return SENSITIVE;
    if ((i & BIT(13)) || __builtin_popcount(i & 0xffff) < 2)
        return ANY;
    return load ? PLAIN : no_pc(i & BIT(15));
}

/* A6.3.6 */
static enum verdict exclusive(uint32_t i)
{
    unsigned op3 = BITS(i, 7, 4);
    bool load = S(i);

    if (!BITS(i, 24, 23)) {
        if (load && RD(i) != 15)
            return ANY;
        return no_pc(RN(i) == 15 || RT(i) == 15 || (!load && RD(i) == 15));
    }
    if (load && op3 < 2)
        return SENSITIVE; /* TBB, TBH */
    if (op3 != 4 && op3 != 5 && op3 != 7)
        return ANY;
    if (load ? RM(i) != 15 || (op3 != 7 && RD(i) != 15) : op3 != 7 && RD(i) != 15)
        return ANY;
    return no_pc(RN(i) == 15 || RT(i) == 15 || (op3 == 7 && RD(i) == 15) || (!load && RM(i) == 15));
}

static enum verdict dual_exclusive(uint32_t i)
{
    if (!(i & BIT(24)) && !(i & BIT(21)))
        return exclusive(i);
    return no_pc(RN(i) == 15 || RT(i) == 15 || RD(i) == 15);
}

/* A6.3.1, A6.3.11; 'rm' names the PC */
static enum verdict data_processing(uint32_t i, bool rm)
{
    bool d = RD(i) == 15, n = RN(i) == 15;

    switch (BITS(i, 24, 21)) {
    case 0:
    case 4:
    case 8:
    case 13: return no_pc(n || rm || (d && !S(i))); /* TST, TEQ, CMN, CMP */
    case 2:
    case 3: return no_pc(d || rm); /* MOV, MVN */
    case 1:
    case 10:
    case 11:
    case 14: return no_pc(n || d || rm);
    default: return ANY;
    }
}

static enum verdict shifted_register(uint32_t i)
{
    if (i & BIT(15))
        return ANY;
    if (BITS(i, 24, 21) == 6) /* PKH */
        return S(i) || (i & BIT(4)) ? ANY : no_pc(RN(i) == 15 || RD(i) == 15 || RM(i) == 15);
    return data_processing(i, RM(i) == 15);
}

/* A6.3.3 */
static enum verdict plain_immediate(uint32_t i)
{
    switch (BITS(i, 24, 20)) {
    case 0:
    case 10: return no_pc(RN(i) == 15 || RD(i) == 15);
    case 4:
    case 12: return no_pc(RD(i) == 15);
    case 16:
    case 18:
    case 20:
    case 24:
    case 26:
    case 28: return i & (BIT(26) | BIT(5)) ? ANY : no_pc(RN(i) == 15 || RD(i) == 15);
    case 22: return i & (BIT(26) | BIT(5)) ? ANY : no_pc(RD(i) == 15);
    default: return ANY;
    }
}

/* A6.3.4, second halfword 1 0x0, first x111 */
static enum verdict control(uint32_t i)
{
    unsigned low = i & 0xff;

    if (i & BIT(13))
        return SENSITIVE;
    switch (BITS(i, 26, 20)) {
    case 0x38:
        if (low)
            return SENSITIVE; /* banked, or not as it should be */
        return RN(i) != 15 && BITS(i, 9, 8) == 0 && BITS(i, 11, 10) ? PLAIN : SENSITIVE;
    case 0x3a:
        if (RN(i) != 15 || BITS(i, 10, 8) || (i & BIT(11)))
            return SENSITIVE;
        if (low == 2 || low == 3)
            return SENSITIVE;
        return low < 5 || low >= 0xf0 ? PLAIN : ANY;
    case 0x3b:
        if (RN(i) != 15 || RD(i) != 15 || (low >> 4 == 2 && RM(i) != 15))
            return ANY;
        return low >> 4 == 2 || (low >> 4 >= 4 && low >> 4 <= 6) ? PLAIN : SENSITIVE;
    default: return SENSITIVE;
    }
}

static enum verdict branches(uint32_t i)
{
    switch (i & 0x5000) {
    case 0: return BITS(i, 25, 23) == 7 ? control(i) : BRANCH_IN;
    case 0x1000: return BRANCH_IN;
    default: return SENSITIVE;
    }
}

/* Register offset, immediates: what A6.3.7 to A6.3.10 share */
static enum verdict single_form(uint32_t i, bool t)
{
    if (i & BIT(23))
        return no_pc(t);
    if (!(i & BIT(11)))
        return BITS(i, 10, 6) ? ANY : no_pc(t || RM(i) == 15);
    if (BITS(i, 10, 8) == 6)
        return SENSITIVE; /* LDRT, STRT */
    return (i & BIT(10)) || (i & BIT(8)) ? no_pc(t) : ANY;
}

static enum verdict single_load(uint32_t i)
{
    unsigned size = BITS(i, 22, 21);

    if (size == 3 || (size == 2 && (i & BIT(24))))
        return ANY;
    if (size == 2)
        return no_pc(RT(i) == 15) == PLAIN ? (RN(i) == 15 ? SENSITIVE : single_form(i, false)) : SENSITIVE;
    if (RT(i) != 15)
        return RN(i) == 15 ? SENSITIVE : single_form(i, false);
    if (size == 1 || RN(i) == 15 || (i & BIT(23)))
        return RN(i) != 15 && !(i & BIT(23)) && !(i & BIT(11)) && RM(i) == 15 ? SENSITIVE : ANY;
    if (!(i & BIT(11)))
        return BITS(i, 10, 6) ? ANY : no_pc(RM(i) == 15);
    return BITS(i, 10, 8) == 4 ? PLAIN : BITS(i, 10, 8) == 6 ? SENSITIVE : ANY;
}

/* A6.3.12 to A6.3.15 */
static enum verdict register_ops(uint32_t i)
{
    unsigned op1 = BITS(i, 23, 20), op2 = BITS(i, 7, 4);
    bool all = RN(i) == 15 || RD(i) == 15 || RM(i) == 15;

    if (RT(i) != 15)
        return ANY;
    if (op1 < 8)
        return op2 == 0 ? no_pc(all) : op2 >= 8 && op2 < 12 && op1 < 6 ? no_pc(RD(i) == 15 || RM(i) == 15) : ANY;
    if (op2 < 8)
        return (op1 & 7) == 3 || (op1 & 7) == 7 || (op2 & 3) == 3 ? ANY : no_pc(all);
    if (op1 >= 12 || op2 >= 12 || (op1 >= 10 && op2 != 8))
        return ANY;
    return no_pc(all);
}

/* A6.3.16, A6.3.17 */
static enum verdict multiplies(uint32_t i)
{
    unsigned op1 = BITS(i, 22, 20), op2 = BITS(i, 7, 4);
    bool all = RN(i) == 15 || RD(i) == 15 || RM(i) == 15;

    if (!(i & BIT(23))) {
        if (op2 > 3 || (op2 > 1 && op1 != 1) || (op1 == 7 && op2))
            return ANY;
        return no_pc(all || (RT(i) == 15 && ((op1 == 0 && op2 == 1) || op1 == 6)));
    }
    if (op1 == 1 || op1 == 3)
        return op2 == 15 && RT(i) == 15 ? no_pc(all) : ANY;
    if (op1 == 7 || (op1 == 5 ? op2 < 12 || op2 > 13 : op1 == 4 ? op2 && (op2 < 8 || op2 > 13) :
                     op1 == 6 ? op2 && op2 != 6 : op2 != 0))
        return ANY;
    return no_pc(all || RT(i) == 15);
}

/* A6.3.18, A7.5 to A7.9 */
static enum verdict coprocessor(uint32_t i)
{
    unsigned cp = BITS(i, 11, 8);

    if (BITS(i, 25, 24) == 3)
        return PLAIN; /* Advanced SIMD */
    if (i >> 28 == 15 || (cp != 10 && cp != 11))
        return SENSITIVE;
    if (BITS(i, 25, 21) == 2)
        return no_pc(RN(i) == 15 || RT(i) == 15);
    if (!(i & BIT(25)))
        return no_pc(RN(i) == 15);
    if (!(i & BIT(4)))
        return PLAIN;
    if (BITS(i, 23, 21) == 7 && cp == 10) {
        if (RN(i) != 1)
            return SENSITIVE;
        return i & 0xef ? ANY : S(i) ? PLAIN : no_pc(RT(i) == 15);
    }
    return no_pc(RT(i) == 15);
}

static enum verdict verdict32(uint32_t i)
{
    unsigned op2 = BITS(i, 26, 20);

    if (BITS(i, 26, 26) && BITS(i, 28, 27) != 2)
        return coprocessor(i);
    switch (BITS(i, 28, 27)) {
    case 1: return op2 & 0x20 ? shifted_register(i) : op2 & 4 ? dual_exclusive(i) : multiple(i);
    case 2:
        if (i & BIT(15))
            return branches(i);
        return i & BIT(25) ? plain_immediate(i) : data_processing(i, false);
    default: break;
    }
    if (op2 & 0x20)
        return op2 & 0x10 ? multiplies(i) : register_ops(i);
    if (op2 & 1)
        return single_load(i);
    if (op2 & 0x10)
        return no_pc(RN(i) == 15); /* element and structure transfers */
    return BITS(i, 22, 21) == 3 ? ANY : RN(i) == 15 || RT(i) == 15 ? SENSITIVE : single_form(i, false);
}

/* A6.2 */
static enum verdict verdict16(uint32_t i)
{
    unsigned op = i >> 10;

    if (op < 0x11)
        return PLAIN;
    if (op == 0x11) { /* special data, branch and exchange */
        bool d = (i & 0x87) == 0x87, m = BITS(i, 6, 3) == 15;
        return BITS(i, 9, 8) == 3 ? SENSITIVE : no_pc(d || m);
    }
    if (op < 0x14)
        return SENSITIVE; /* literal */
    if (op < 0x28)
        return PLAIN;
    if (op < 0x2c)
        return no_pc(op < 0x2a); /* ADR, ADD of SP */
    if (op >= 0x38)
        return BRANCH_IN;
    if (op >= 0x34)
        return BITS(i, 11, 8) >= 14 ? SENSITIVE : BRANCH_IN;
    if (op >= 0x30)
        return i & 0xff ? PLAIN : ANY;
    switch (BITS(i, 11, 8)) {
    case 0:
    case 2: return PLAIN;
    case 1:
    case 3:
    case 9:
    case 11: return BRANCH_IN;
    case 4:
    case 12: return i & 0xff ? PLAIN : ANY;
    case 5: return PLAIN;
    case 10: return BITS(i, 7, 6) == 2 ? ANY : PLAIN;
    case 15: /* hints, IT */
        if (i & 15)
            return BITS(i, 7, 4) == 15 || (BITS(i, 7, 4) == 14 && __builtin_popcount(i & 15) != 1) ? ANY : PLAIN;
        return BITS(i, 7, 4) == 2 || BITS(i, 7, 4) == 3 ? SENSITIVE : BITS(i, 7, 4) < 5 ? PLAIN : ANY;
    default: return SENSITIVE;
    }
}

static bool agrees(enum verdict verdict, enum a32_class class)
{
    switch (verdict) {
    case PLAIN: return t32_class_harmless(class);
    case SENSITIVE: return !t32_class_harmless(class) && class != A32_B;
    case BRANCH_IN: return class == A32_B;
    default: return class != A32_B;
    }
}

static void test_16bit(void)
{
    unsigned bad = 0;

    for (uint32_t i = 0; i < 0xe800; i++) {
        if (!agrees(verdict16(i), t32_classify(i)) && bad++ < 8)
            printf("  %04x is %s, %s\n", i, t32_decode(i)->name, a32_class_name(t32_classify(i)));
    }
    report(bad == 0, "every 16-bit encoding");
}

/* All of the opcode bits, registers at the edges. */
static void test_32bit(void)
{
    static const uint8_t rn[] = { 0, 1, 13, 15 }, rm[] = { 0, 1, 15 };
    static const uint8_t rd[] = { 0, 1, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 };
    unsigned bad = 0, seen = 0;

    for (uint32_t hw1 = 0xe800; hw1 < 0x10000; hw1 += 16)
        for (unsigned n = 0; n < sizeof(rn); n++)
            for (uint32_t t = 0; t < 16; t++)
                for (unsigned d = 0; d < sizeof(rd); d++)
                    for (uint32_t op = 0; op < 16; op++)
                        for (unsigned m = 0; m < sizeof(rm); m++, seen++) {
                            uint32_t i = (hw1 | rn[n]) << 16 | t << 12 | (uint32_t)rd[d] << 8 | op << 4 | rm[m];

                            if (!agrees(verdict32(i), t32_classify(i)) && bad++ < 20)
                                printf("  %08x is %s, %s; verdict %d\n", i, t32_decode(i)->name,
                                       a32_class_name(t32_classify(i)), verdict32(i));
                        }
    report(bad == 0, "%u 32-bit encodings", seen);
}

/* Each sensitive instruction gets the class that executes it. */
static void test_classes(void)
{
    static const struct { uint32_t insn; enum a32_class class; const char *text; } rows[] = {
        { 0xb672, A32_CPS, "cpsid i" }, { 0xf3af8613, A32_CPS, "cpsid i, #19" },
        { 0xf3af8113, A32_CPS, "cps #19" },
        { 0xf3ef8000, A32_MRS_CPSR, "mrs r0, cpsr" }, { 0xf3ff8100, A32_SPSR, "mrs r1, spsr" },
        { 0xf3808100, A32_MSR_CPSR, "msr cpsr_c, r0" }, { 0xf3818900, A32_MSR_CPSR, "msr cpsr_fc, r1" },
        { 0xf3808800, A32_COPY, "msr cpsr_f, r0" }, { 0xf3908f00, A32_SPSR, "msr spsr_fsxc, r0" },
        { 0xe82dc013, A32_SRS, "srsdb sp!, #19" }, { 0xe98dc013, A32_SRS, "srsia sp, #19" },
        { 0xe9bdc000, A32_RFE, "rfeia sp!" }, { 0xe81dc000, A32_RFE, "rfedb sp" },
        { 0xf3de8f04, A32_ERET, "subs pc, lr, #4" }, { 0xf3de8f00, A32_ERET, "eret" },
        { 0xe8bd8010, A32_LDM_PC, "pop.w {r4, pc}" },
        { 0xe8bdc001, A32_UNDEF, "pop.w {r0, lr, pc}" }, { 0xbd10, A32_LDM_PC, "pop {r4, pc}" },
        { 0x4770, A32_BX, "bx lr" }, { 0x4798, A32_BLX_REG, "blx r3" },
        { 0xf3c18f00, A32_BRANCH, "bxj r1" },
        { 0xf000f800, A32_BL, "bl" }, { 0xf000e800, A32_BL, "blx" }, { 0xf000e801, A32_UNDEF, "blx, H" },
        { 0xe8dff000, A32_BRANCH, "tbb" }, { 0xe8d1f010, A32_BRANCH, "tbh" },
        { 0xf8dff004, A32_BRANCH, "ldr.w pc, =" },
        { 0xf85df000, A32_BRANCH, "ldr.w pc, [sp, r0]" }, { 0xf85dfb04, A32_BRANCH, "ldr.w pc, [sp], #4" },
        { 0x4687, A32_BRANCH, "mov pc, r0" }, { 0x4487, A32_BRANCH, "add pc, r0" },
        { 0x4678, A32_PC_OPERAND, "mov r0, pc" },
        { 0x4478, A32_PC_OPERAND, "add r0, pc" }, { 0x4801, A32_PC_OPERAND, "ldr r0, =" },
        { 0xa001, A32_PC_OPERAND, "adr" },
        { 0xf20f0004, A32_PC_OPERAND, "adr.w" }, { 0xf2af0004, A32_PC_OPERAND, "adr.w back" },
        { 0xf8df0004, A32_PC_OPERAND, "ldr.w =" }, { 0xf99f1004, A32_PC_OPERAND, "ldrsb =" },
        { 0xe9df0102, A32_PC_OPERAND, "ldrd =" }, { 0xed9f0b02, A32_PC_OPERAND, "vldr =" },
        { 0xf8510e04, A32_UNPRIV, "ldrt" }, { 0xf8010e04, A32_UNPRIV, "strbt" },
        { 0xf9310e04, A32_UNPRIV, "ldrsht" },
        { 0xbf30, A32_WFI, "wfi" }, { 0xf3af8003, A32_WFI, "wfi.w" }, { 0xbf20, A32_WFE, "wfe" },
        { 0xf3af8002, A32_WFE, "wfe.w" },
        { 0xdf00, A32_SVC, "svc" }, { 0xf7e08000, A32_HVC, "hvc" }, { 0xf7f08000, A32_SMC, "smc" },
        { 0xbe00, A32_BKPT, "bkpt" },
        { 0xde00, A32_UNDEF, "udf" }, { 0xf7f0a000, A32_UNDEF, "udf.w" },
        { 0xb658, A32_SETEND, "setend be" },
        { 0xee111f10, A32_CP15, "mrc p15" }, { 0xee100e10, A32_CP14, "mrc p14" },
        { 0xec510f0e, A32_CP15_64, "mrrc p15" },
        { 0xfe111f10, A32_UNDEF, "mrc2" }, { 0xeef80a10, A32_VFP_SYS, "vmrs fpexc" },
        { 0xeef1fa10, A32_NEON, "vmrs apsr" },
        { 0xf3bf8f4f, A32_BARRIER, "dsb" }, { 0xe7fe, A32_B, "b" }, { 0xf000b800, A32_B, "b.w" },
        { 0xd000, A32_B, "beq" },
        { 0xf0008000, A32_B, "beq.w" }, { 0xb100, A32_B, "cbz" }, { 0xbf08, A32_COPY, "it eq" },
        { 0xbff8, A32_UNDEF, "it nv" },
    };

    for (unsigned i = 0; i < ARRAY_SIZE(rows); i++)
        report(t32_classify(rows[i].insn) == rows[i].class, "%s", rows[i].text);
}

static void test_targets(void)
{
    bool always;

    report(t32_branch_target(0xe7fe, 0x100, &always) == 0x100 && always, "b to itself");
    report(t32_branch_target(0xd0fe, 0x100, &always) == 0x100 && !always, "beq to itself");
    report(t32_branch_target(0xb170, 0x100, &always) == 0x120 && !always, "cbz");
    report(t32_branch_target(0xbb70, 0x100, &always) == 0x160 && !always, "cbnz with i");
    report(t32_branch_target(0xf001b918, 0x1000, &always) == 0x2234 && always, "b.w");
    report(t32_branch_target(0xf7febee4, 0x1000, &always) == 0x1000u - 0x1234u && always, "b.w back");
    report(t32_branch_target(0xf000807e, 0x1000, &always) == 0x1100 && !always, "beq.w");
}

/* --- pages --- */

static uint16_t page[THUMB_HALFWORDS], made[THUMB_HALFWORDS];
static struct thumb_map map;
static struct thumb_code code = { made, &map };

static void fresh(const uint16_t *insns, unsigned count, unsigned offset)
{
    for (unsigned i = 0; i < THUMB_HALFWORDS; i++)
        page[i] = 0xbf00;
    memcpy(&page[offset / 2], insns, 2 * count);
    thumb_clear(&code);
}

#define FRESH(offset, ...)                                        \
    do {                                                          \
        static const uint16_t insns_[] = { __VA_ARGS__ };         \
        fresh(insns_, ARRAY_SIZE(insns_), offset);                \
    } while (0)

static bool kept(unsigned offset) { return made[offset / 2] == page[offset / 2]; }
static bool trap16(unsigned offset) { return (made[offset / 2] & 0xff00) == 0xde00 && made[offset / 2] != THUMB_NONE; }
static bool trap32(unsigned offset) { return made[offset / 2] == 0xf7f0 && made[offset / 2 + 1] >> 12 == 0xa; }
static bool none(unsigned offset) { return made[offset / 2] == THUMB_NONE; }
static enum thumb_entry at(unsigned offset) { return thumb_entry_at(&code, offset, 0); }

static void test_straight(void)
{
    FRESH(0, 0x2001, 0xb672, 0xf3ef, 0x8100, 0x4801, 0x1840, 0x4770, 0xffff, 0xffff);
    report(at(0) == THUMB_UNKNOWN, "nothing translated at first");
    thumb_translate(&code, page, 0, 0);
    report(kept(0) && kept(10), "harmless instructions are copied");
    report(trap16(2) && trap32(4) && trap16(8) && trap16(12), "traps have the size of what they stand for");
    report(none(14) && none(16), "nothing behind bx lr");
    report(at(0) == THUMB_RUN && at(2) == THUMB_STEP && at(4) == THUMB_STEP && at(14) == THUMB_UNKNOWN, "entries");
    report(at(6) == THUMB_STEP, "an entry in the middle of an instruction is stepped");
    report(thumb_audit(&code) == 0, "audit");
    made[1] = 0xb672;
    report(thumb_audit(&code) == 1, "the audit sees cpsid");
}

static void test_branches(void)
{
    /* 0: cbz r0, 0xc; 2: b.w 0xa; 6: bne 0; 8: bl; 0xc: bx lr; 0xa is in bl's middle */
    FRESH(0, 0xb120, 0xf000, 0xb802, 0xd1fb, 0xf000, 0xf800, 0x4770);
    thumb_translate(&code, page, 6, 0);
    report(kept(6) && kept(0) && trap16(12), "branches in the page are followed");
    report(trap32(8), "bl");
    report(trap32(2), "no branch into an instruction");
    report(thumb_audit(&code) == 0, "audit");
    FRESH(0, 0xf000, 0xb800, 0xe7ff, 0x4770);
    thumb_translate(&code, page, 0, 0);
    report(kept(0) && kept(2) && kept(4) && trap16(6), "b.w and b to what follows");
    FRESH(0, 0xf7ff, 0xbfff);
    thumb_translate(&code, page, 0, 0);
    report(trap32(0), "b.w into itself");
    FRESH(0xffc, 0xe000, 0xd0fd);
    thumb_translate(&code, page, 0xffc, 0);
    report(trap16(0xffc), "b out of the page");
    thumb_translate(&code, page, 0xffe, 0);
    report(kept(0xffe), "beq back from the last halfword");
    report(thumb_audit(&code) == 0, "audit");
}

static void test_overlap(void)
{
    /* 0: 2 of movw; at 2 the same halfwords read as an instruction of their own */
    FRESH(0, 0xf240, 0xf240, 0x0001, 0x4770);
    thumb_translate(&code, page, 2, 0);
    report(kept(2) && kept(4), "one reading");
    thumb_translate(&code, page, 0, 0);
    report(trap16(0) && at(0) == THUMB_STEP && at(4) == THUMB_STEP, "the other is stepped");
    report(thumb_audit(&code) == 0, "audit");
    /* a branch made 4 a target before movw at 2 would swallow it */
    FRESH(0, 0xe000, 0xf240, 0x0001, 0x4770);
    thumb_translate(&code, page, 0, 0);
    thumb_translate(&code, page, 2, 0);
    report(kept(0) && kept(4) && trap16(2), "what a branch goes to is not swallowed");
    report(thumb_audit(&code) == 0, "audit");
}

static void test_it(void)
{
    FRESH(0, 0xbf04, 0x4801, 0xf3ef, 0x8100, 0x2001, 0x4770);
    thumb_translate(&code, page, 0, 0);
    report(kept(0) && trap16(2) && trap32(4) && kept(8), "itt with traps inside");
    report(thumb_entry_at(&code, 2, 2) == THUMB_STEP && at(0) == THUMB_RUN, "its entries");
    report(thumb_entry_at(&code, 8, 1) == THUMB_RUN, "an entry in IT state");
    FRESH(0, 0xbf08, 0x4770, 0x2001, 0x4770);
    thumb_translate(&code, page, 0, 0);
    report(kept(0) && trap16(2) && kept(4), "bxeq does not end the code");
    FRESH(0, 0xbf08, 0xbe00, 0x4770);
    thumb_translate(&code, page, 0, 0);
    report(at(0) == THUMB_STEP && thumb_entry_at(&code, 2, 1) == THUMB_STEP, "BKPT in an IT block: all stepped");
    FRESH(0, 0xbf04, 0xbf08, 0x2001, 0x4770);
    thumb_translate(&code, page, 0, 0);
    report(at(0) == THUMB_STEP && at(2) == THUMB_STEP, "IT in an IT block");
    FRESH(0, 0xbf04, 0xe000, 0x2001, 0x4770);
    thumb_translate(&code, page, 0, 0);
    report(at(0) == THUMB_STEP, "b that is not last");
    FRESH(0, 0xbf04, 0x2001, 0xe000, 0x2002, 0x4770);
    thumb_translate(&code, page, 0, 0);
    report(kept(0) && kept(4), "b that is last");
    FRESH(0, 0xbf04, 0xf240, 0x0001, 0x2001, 0x4770);
    thumb_translate(&code, page, 4, 0);
    thumb_translate(&code, page, 0, 0);
    report(at(0) == THUMB_STEP && kept(4), "a block that overlaps another reading");
    report(thumb_audit(&code) == 0, "audit");
    FRESH(0, 0x2001, 0x2002, 0xbe00, 0x4770);
    report(thumb_entry_at(&code, 0, 2) == THUMB_UNKNOWN && thumb_translate(&code, page, 0, 2) &&
               thumb_entry_at(&code, 0, 2) == THUMB_RUN && thumb_entry_at(&code, 0, 3) == THUMB_STEP,
           "entered in the middle of a block");
}

static void test_edge(void)
{
    FRESH(0xffa, 0xbf04, 0x2001, 0xf240);
    thumb_translate(&code, page, 0xffa, 0);
    report(kept(0xffa) && kept(0xffc) && made[0x7ff] == 0xf7f0 && at(0xffe) == THUMB_STEP,
           "an instruction across the end");
    report(thumb_audit(&code) == 0, "audit");
    FRESH(0xffe, 0xbf01);
    thumb_translate(&code, page, 0xffe, 0);
    report(kept(0xffe) && at(0xffe) == THUMB_RUN, "itttt at the end");
}

static uint32_t random_next(void)
{
    static uint64_t state = 0x9e3779b97f4a7c15u;

    state = state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(state >> 33);
}

/* Pages of noise, some thick with branches and IT, entered everywhere. */
static void test_random(void)
{
    static const uint16_t seeds[] = { 0xbf00, 0xe000, 0xd000, 0xb100, 0xf000, 0xf240, 0xe7f0, 0xf7ff, 0xb660 };
    static const uint16_t masks[] = { 0x00ff, 0x07ff, 0x0fff, 0x0aff, 0x07ff, 0x003f, 0x000f, 0x0000, 0x001f };
    unsigned bad = 0, foreign = 0, stuck = 0;

    for (unsigned round = 0; round < 60; round++) {
        for (unsigned i = 0; i < THUMB_HALFWORDS; i++) {
            unsigned k = random_next() % (ARRAY_SIZE(seeds) + round % 4);
            page[i] = (uint16_t)(k < ARRAY_SIZE(seeds) ? seeds[k] | (random_next() & masks[k]) : random_next());
        }
        thumb_clear(&code);
        for (unsigned n = 0; n < 200; n++) {
            unsigned offset = random_next() & 0xffe, it_left = n % 5;

            if (thumb_entry_at(&code, offset, it_left) == THUMB_UNKNOWN) {
                thumb_translate(&code, page, offset, it_left);
                stuck += thumb_entry_at(&code, offset, it_left) == THUMB_UNKNOWN;
            }
        }
        bad += thumb_audit(&code);
        for (unsigned i = 0; i < 0x1000; i += 2) {
            bool second = map.second[i >> 6] & BIT((i >> 1) & 31);
            if (!second && !none(i) && !trap16(i) && made[i / 2] != 0xf7f0 && !kept(i))
                foreign++;
        }
    }
    report(bad == 0, "random pages: the audit finds nothing");
    report(foreign == 0, "random pages: what is in place is the guest's");
    report(stuck == 0, "random pages: every entry becomes known");
}

int main(void)
{
    test_16bit();
    test_32bit();
    test_classes();
    test_targets();
    test_straight();
    test_branches();
    test_overlap();
    test_it();
    test_edge();
    test_random();
    return test_summary();
}
