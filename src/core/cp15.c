#include "core/cp15.h"

#include <stddef.h>

#define ANY 0xff /* as crm or op2: matches everything not matched by an earlier row */

/* Where PL0 may go.  Gated rows ask a register that the kernel sets. */
enum pl0 {
    PL0_NONE,
    PL0_R,
    PL0_RW,
    PL0_PMU,     /* RW with PMUSERENR.EN */
    PL0_CNT,     /* R when either counter is open */
    PL0_CNTP,    /* RW with CNTKCTL.PL0PTEN */
    PL0_CNTV,    /* RW with CNTKCTL.PL0VTEN */
};

struct cp_reg;
typedef uint32_t (*cp_read_fn)(struct vcpu *vcpu, const struct cp_reg *reg);
typedef enum cp_result (*cp_write_fn)(struct vcpu *vcpu, const struct cp_reg *reg, uint32_t value);

struct cp_reg {
    uint8_t crn, op1, crm, op2;
    uint8_t pl0;       /* enum pl0 */
    uint8_t field;     /* word in struct vcpu_cp15, or what a handler needs to know */
    uint32_t value;    /* read as a constant, or the bits that a write changes */
    cp_read_fn read;   /* NULL: UNDEFINED */
    cp_write_fn write; /* NULL: UNDEFINED */
    const char *name;
};

#define FIELD(name) (offsetof(struct vcpu_cp15, name) / 4)

static uint32_t *field_of(struct vcpu *vcpu, const struct cp_reg *reg)
{
    return (uint32_t *)(void *)&vcpu->cp15 + reg->field;
}

static uint32_t rd_const(struct vcpu *vcpu, const struct cp_reg *reg)
{
    (void)vcpu;
    return reg->value;
}

static enum cp_result wr_ignore(struct vcpu *vcpu, const struct cp_reg *reg, uint32_t value)
{
    (void)vcpu, (void)reg, (void)value;
    return CP_OK;
}

static uint32_t rd_field(struct vcpu *vcpu, const struct cp_reg *reg)
{
    return *field_of(vcpu, reg);
}

static enum cp_result wr_field(struct vcpu *vcpu, const struct cp_reg *reg, uint32_t value)
{
    *field_of(vcpu, reg) = value & reg->value;
    return CP_OK;
}

/* Registers that select or describe translation tables. */
static enum cp_result wr_space(struct vcpu *vcpu, const struct cp_reg *reg, uint32_t value)
{
    uint32_t *field = field_of(vcpu, reg);

    value &= reg->value;
    if (*field != value) {
        *field = value;
        cp15_hook_space(vcpu);
    }
    return CP_OK;
}

/* Cortex-A8: what is not listed is RAZ/WI or, in SCTLR_RESET, RAO/WI (B4.1.130). */
#define SCTLR_WRITABLE \
    (SCTLR_M | SCTLR_A | SCTLR_C | SCTLR_Z | SCTLR_I | SCTLR_V | SCTLR_EE | SCTLR_TRE | SCTLR_AFE | SCTLR_TE)
#define SCTLR_SPACE (SCTLR_M | SCTLR_TRE | SCTLR_AFE | SCTLR_EE)

static enum cp_result wr_sctlr(struct vcpu *vcpu, const struct cp_reg *reg, uint32_t value)
{
    uint32_t old = vcpu->cp15.sctlr;

    (void)reg;
    vcpu->cp15.sctlr = (value & SCTLR_WRITABLE) | (SCTLR_RESET & ~SCTLR_WRITABLE);
    if ((old ^ vcpu->cp15.sctlr) & SCTLR_SPACE)
        cp15_hook_space(vcpu);
    return CP_OK;
}

static enum cp_result wr_dacr(struct vcpu *vcpu, const struct cp_reg *reg, uint32_t value)
{
    (void)reg;
    if (vcpu->cp15.dacr != value) {
        vcpu->cp15.dacr = value;
        cp15_hook_dacr(vcpu);
    }
    return CP_OK;
}

static enum cp_result wr_cpacr(struct vcpu *vcpu, const struct cp_reg *reg, uint32_t value)
{
    vcpu->cp15.cpacr = value & reg->value;
    cp15_hook_cpacr(vcpu);
    return CP_OK;
}

static enum cp_result wr_tlbi(struct vcpu *vcpu, const struct cp_reg *reg, uint32_t value)
{
    cp15_hook_tlbi(vcpu, (enum tlbi_kind)reg->field, value);
    return CP_OK;
}

static enum cp_result wr_icache(struct vcpu *vcpu, const struct cp_reg *reg, uint32_t value)
{
    cp15_hook_icache(vcpu, reg->field, value);
    return CP_OK;
}

static enum cp_result wr_ats(struct vcpu *vcpu, const struct cp_reg *reg, uint32_t value)
{
    uint32_t par;

    if (!cp15_hook_ats(vcpu, (enum ats_kind)reg->field, value, &par))
        return CP_ABORTED;
    vcpu->cp15.par = par;
    return CP_OK;
}

static uint32_t rd_timer(struct vcpu *vcpu, const struct cp_reg *reg)
{
    uint64_t value = 0;

    cp15_hook_timer_read(vcpu, (enum timer_reg)reg->field, &value);
    return (uint32_t)value;
}

static enum cp_result wr_timer(struct vcpu *vcpu, const struct cp_reg *reg, uint32_t value)
{
    cp15_hook_timer_write(vcpu, (enum timer_reg)reg->field, value);
    return CP_OK;
}

/*
 * One level, 2 ways of 8 sets of 64 bytes, LoC = LoUU = LoUIS = 1.  The contents of the
 * caches are the host's business, so the geometry is the smallest that no shift
 * count of a set/way loop finds degenerate: such a loop has 16 steps.
 */
#define CLIDR_VALUE 0x09200003
#define CCSIDR_GEOMETRY (7u << 13 | 1u << 3 | 2u)
#define CCSIDR_DATA (0x70000000u | CCSIDR_GEOMETRY)
#define CCSIDR_INSTR (0x20000000u | CCSIDR_GEOMETRY)

static uint32_t rd_ccsidr(struct vcpu *vcpu, const struct cp_reg *reg)
{
    (void)reg;
    switch (vcpu->cp15.csselr) {
    case 0:
        return CCSIDR_DATA;
    case 1:
        return CCSIDR_INSTR;
    default: /* no such cache: UNKNOWN */
        return 0;
    }
}

/* Table shorthands: K constant, R storage with a write mask, Z RAZ/WI, W write-only. */
#define K(crn, op1, crm, op2, name, value) { crn, op1, crm, op2, PL0_NONE, 0, value, rd_const, NULL, name }
#define R(crn, op1, crm, op2, name, field, mask) \
    { crn, op1, crm, op2, PL0_NONE, FIELD(field), mask, rd_field, wr_field, name }
#define Z(crn, op1, crm, op2, name, pl0) { crn, op1, crm, op2, pl0, 0, 0, rd_const, wr_ignore, name }
#define W(crn, op1, crm, op2, name, pl0, write, arg) { crn, op1, crm, op2, pl0, arg, 0, NULL, write, name }
#define S(crn, op1, crm, op2, name, field, mask) \
    { crn, op1, crm, op2, PL0_NONE, FIELD(field), mask, rd_field, wr_space, name }
#define T(crn, op1, crm, op2, name, pl0, reg) { crn, op1, crm, op2, pl0, reg, 0, rd_timer, wr_timer, name }

#define MIDR_VALUE 0x413fc082 /* Cortex-A8 r3p2 */

/*
 * The identification is a Cortex-A8's, less what a guest is not given: ThumbEE,
 * FCSE, debug, the Security Extensions (ID_PFR1), and with MVA-all-ASID and Inner
 * Shareable TLB operations and the generic timer added.  VBAR exists although the
 * Security Extensions are hidden, as on the reference machine; SCR, SDER, NSACR
 * and MVBAR do not.
 */
static const struct cp_reg cp15_regs[] = {
    K(0, 0, 0, 0, "MIDR", MIDR_VALUE),
    K(0, 0, 0, 1, "CTR", 0x82048004), /* 64-byte lines, VIPT instruction cache */
    K(0, 0, 0, 2, "TCMTR", 0),
    K(0, 0, 0, 3, "TLBTR", 0), /* unified */
    K(0, 0, 0, 4, "MIDR", MIDR_VALUE),
    K(0, 0, 0, 5, "MPIDR", 0xc0000000), /* multiprocessing format, uniprocessor */
    K(0, 0, 0, 6, "REVIDR", MIDR_VALUE),
    K(0, 0, 0, 7, "MIDR", MIDR_VALUE),
    K(0, 0, 1, 0, "ID_PFR0", 0x00000131),
    K(0, 0, 1, 1, "ID_PFR1", 0x00010001),
    K(0, 0, 1, 2, "ID_DFR0", 0),
    K(0, 0, 1, 3, "ID_AFR0", 0),
    K(0, 0, 1, 4, "ID_MMFR0", 0x30100003),
    K(0, 0, 1, 5, "ID_MMFR1", 0x20000000),
    K(0, 0, 1, 6, "ID_MMFR2", 0x01230000),
    K(0, 0, 1, 7, "ID_MMFR3", 0x00100211),
    K(0, 0, 2, 0, "ID_ISAR0", 0x00101111),
    K(0, 0, 2, 1, "ID_ISAR1", 0x12112111),
    K(0, 0, 2, 2, "ID_ISAR2", 0x21232031),
    K(0, 0, 2, 3, "ID_ISAR3", 0x11112131),
    K(0, 0, 2, 4, "ID_ISAR4", 0x00111142),
    K(0, 0, ANY, ANY, "ID (reserved)", 0),
    { 0, 1, 0, 0, PL0_NONE, 0, 0, rd_ccsidr, NULL, "CCSIDR" },
    K(0, 1, 0, 1, "CLIDR", CLIDR_VALUE),
    K(0, 1, 0, 7, "AIDR", 0),
    R(0, 2, 0, 0, "CSSELR", csselr, 0xf),

    { 1, 0, 0, 0, PL0_NONE, FIELD(sctlr), 0, rd_field, wr_sctlr, "SCTLR" },
    R(1, 0, 0, 1, "ACTLR", actlr, ~0u),
    { 1, 0, 0, 2, PL0_NONE, FIELD(cpacr), 0x00f00000, rd_field, wr_cpacr, "CPACR" },

    S(2, 0, 0, 0, "TTBR0", ttbr0, ~0u),
    S(2, 0, 0, 1, "TTBR1", ttbr1, ~0u),
    S(2, 0, 0, 2, "TTBCR", ttbcr, 0x37), /* N, PD0, PD1 */

    { 3, 0, 0, 0, PL0_NONE, FIELD(dacr), 0, rd_field, wr_dacr, "DACR" },

    R(5, 0, 0, 0, "DFSR", dfsr, ~0u),
    R(5, 0, 0, 1, "IFSR", ifsr, ~0u),
    R(5, 0, 1, 0, "ADFSR", adfsr, ~0u),
    R(5, 0, 1, 1, "AIFSR", aifsr, ~0u),

    R(6, 0, 0, 0, "DFAR", dfar, ~0u),
    R(6, 0, 0, 2, "IFAR", ifar, ~0u),

    W(7, 0, 0, 4, "NOP (was WFI)", PL0_NONE, wr_ignore, 0),
    W(7, 0, 1, 0, "ICIALLUIS", PL0_NONE, wr_icache, true),
    W(7, 0, 1, 6, "BPIALLIS", PL0_NONE, wr_ignore, 0),
    R(7, 0, 4, 0, "PAR", par, ~0u),
    W(7, 0, 5, 0, "ICIALLU", PL0_NONE, wr_icache, true),
    W(7, 0, 5, 1, "ICIMVAU", PL0_NONE, wr_icache, false),
    W(7, 0, 5, 4, "CP15ISB", PL0_RW, wr_ignore, 0),
    W(7, 0, 5, 6, "BPIALL", PL0_NONE, wr_ignore, 0),
    W(7, 0, 5, 7, "BPIMVA", PL0_NONE, wr_ignore, 0),
    W(7, 0, 6, 1, "DCIMVAC", PL0_NONE, wr_ignore, 0),
    W(7, 0, 6, 2, "DCISW", PL0_NONE, wr_ignore, 0),
    W(7, 0, 8, 0, "ATS1CPR", PL0_NONE, wr_ats, ATS_PRIV_READ),
    W(7, 0, 8, 1, "ATS1CPW", PL0_NONE, wr_ats, ATS_PRIV_WRITE),
    W(7, 0, 8, 2, "ATS1CUR", PL0_NONE, wr_ats, ATS_USER_READ),
    W(7, 0, 8, 3, "ATS1CUW", PL0_NONE, wr_ats, ATS_USER_WRITE),
    W(7, 0, 10, 1, "DCCMVAC", PL0_NONE, wr_ignore, 0),
    W(7, 0, 10, 2, "DCCSW", PL0_NONE, wr_ignore, 0),
    W(7, 0, 10, 4, "CP15DSB", PL0_RW, wr_ignore, 0),
    W(7, 0, 10, 5, "CP15DMB", PL0_RW, wr_ignore, 0),
    W(7, 0, 11, 1, "DCCMVAU", PL0_NONE, wr_ignore, 0),
    W(7, 0, 13, 1, "NOP (was prefetch)", PL0_NONE, wr_ignore, 0),
    W(7, 0, 14, 1, "DCCIMVAC", PL0_NONE, wr_ignore, 0),
    W(7, 0, 14, 2, "DCCISW", PL0_NONE, wr_ignore, 0),

    W(8, 0, 3, 0, "TLBIALLIS", PL0_NONE, wr_tlbi, TLBI_ALL),
    W(8, 0, 3, 1, "TLBIMVAIS", PL0_NONE, wr_tlbi, TLBI_MVA),
    W(8, 0, 3, 2, "TLBIASIDIS", PL0_NONE, wr_tlbi, TLBI_ASID),
    W(8, 0, 3, 3, "TLBIMVAAIS", PL0_NONE, wr_tlbi, TLBI_MVAA),
    W(8, 0, 5, 0, "ITLBIALL", PL0_NONE, wr_tlbi, TLBI_ALL),
    W(8, 0, 5, 1, "ITLBIMVA", PL0_NONE, wr_tlbi, TLBI_MVA),
    W(8, 0, 5, 2, "ITLBIASID", PL0_NONE, wr_tlbi, TLBI_ASID),
    W(8, 0, 6, 0, "DTLBIALL", PL0_NONE, wr_tlbi, TLBI_ALL),
    W(8, 0, 6, 1, "DTLBIMVA", PL0_NONE, wr_tlbi, TLBI_MVA),
    W(8, 0, 6, 2, "DTLBIASID", PL0_NONE, wr_tlbi, TLBI_ASID),
    W(8, 0, 7, 0, "TLBIALL", PL0_NONE, wr_tlbi, TLBI_ALL),
    W(8, 0, 7, 1, "TLBIMVA", PL0_NONE, wr_tlbi, TLBI_MVA),
    W(8, 0, 7, 2, "TLBIASID", PL0_NONE, wr_tlbi, TLBI_ASID),
    W(8, 0, 7, 3, "TLBIMVAA", PL0_NONE, wr_tlbi, TLBI_MVAA),

    /* Performance monitors with no counters; the cycle counter does not advance. */
    { 9, 0, 12, 0, PL0_PMU, FIELD(pmcr), 0x39, rd_field, wr_field, "PMCR" },
    Z(9, 0, 12, 1, "PMCNTENSET", PL0_PMU),
    Z(9, 0, 12, 2, "PMCNTENCLR", PL0_PMU),
    Z(9, 0, 12, 3, "PMOVSR", PL0_PMU),
    W(9, 0, 12, 4, "PMSWINC", PL0_PMU, wr_ignore, 0),
    Z(9, 0, 12, 5, "PMSELR", PL0_PMU),
    Z(9, 0, 13, 0, "PMCCNTR", PL0_PMU),
    Z(9, 0, 13, 1, "PMXEVTYPER", PL0_PMU),
    Z(9, 0, 13, 2, "PMXEVCNTR", PL0_PMU),
    { 9, 0, 14, 0, PL0_R, FIELD(pmuserenr), 1, rd_field, wr_field, "PMUSERENR" },
    Z(9, 0, 14, 1, "PMINTENSET", PL0_NONE),
    Z(9, 0, 14, 2, "PMINTENCLR", PL0_NONE),
    Z(9, 1, 0, 2, "L2CR (Cortex-A8)", PL0_NONE),

    S(10, 0, 2, 0, "PRRR", prrr, ~0u),
    S(10, 0, 2, 1, "NMRR", nmrr, ~0u),

    R(12, 0, 0, 0, "VBAR", vbar, ~0x1fu),

    Z(13, 0, 0, 0, "FCSEIDR", PL0_NONE),
    S(13, 0, 0, 1, "CONTEXTIDR", contextidr, ~0u),
    { 13, 0, 0, 2, PL0_RW, FIELD(tpidrurw), ~0u, rd_field, wr_field, "TPIDRURW" },
    { 13, 0, 0, 3, PL0_R, FIELD(tpidruro), ~0u, rd_field, wr_field, "TPIDRURO" },
    R(13, 0, 0, 4, "TPIDRPRW", tpidrprw, ~0u),

    { 14, 0, 0, 0, PL0_CNT, 0, CP15_CNTFRQ, rd_const, NULL, "CNTFRQ" },
    R(14, 0, 1, 0, "CNTKCTL", cntkctl, 0x3ff),
    T(14, 0, 2, 0, "CNTP_TVAL", PL0_CNTP, TIMER_CNTP_TVAL),
    T(14, 0, 2, 1, "CNTP_CTL", PL0_CNTP, TIMER_CNTP_CTL),
    T(14, 0, 3, 0, "CNTV_TVAL", PL0_CNTV, TIMER_CNTV_TVAL),
    T(14, 0, 3, 1, "CNTV_CTL", PL0_CNTV, TIMER_CNTV_CTL),
};

/*
 * Debug reads as absent (DBGDIDR.Version 0 is what stops a kernel that probes it), the
 * trivial Jazelle extension is mandatory (B1.16), ThumbEE is hidden.
 */
static const struct cp_reg cp14_regs[] = {
    { 0, 0, 0, 0, PL0_R, 0, 0, rd_const, NULL, "DBGDIDR" },
    { 0, 0, 1, 0, PL0_R, 0, 0, rd_const, NULL, "DBGDSCRint" },
    { 1, 0, 0, 0, PL0_R, 0, 0, rd_const, NULL, "DBGDRAR" },
    { 2, 0, 0, 0, PL0_R, 0, 0, rd_const, NULL, "DBGDSAR" },
    Z(0, 7, 0, 0, "JIDR", PL0_R),
    Z(1, 7, 0, 0, "JOSCR", PL0_NONE),
    Z(2, 7, 0, 0, "JMCR", PL0_RW),
};

static bool row_matches(const struct cp_reg *reg, unsigned crn, unsigned op1, unsigned crm, unsigned op2)
{
    return reg->crn == crn && reg->op1 == op1 && (reg->crm == crm || reg->crm == ANY) &&
           (reg->op2 == op2 || reg->op2 == ANY);
}

static const struct cp_reg *search_row(unsigned crn, unsigned op1, unsigned crm, unsigned op2)
{
    for (unsigned i = 0; i < ARRAY_SIZE(cp15_regs); i++)
        if (row_matches(&cp15_regs[i], crn, op1, crm, op2))
            return &cp15_regs[i];
    return NULL;
}

/* CP15 accesses can be hot: what was found lately is found at once. */
static const struct cp_reg *find_row(unsigned crn, unsigned op1, unsigned crm, unsigned op2)
{
    static struct { uint16_t key; const struct cp_reg *row; } memo[64];
    unsigned key = crn << 10 | op1 << 7 | crm << 3 | op2, slot = (crm * 8 + op2 + crn * 13) % ARRAY_SIZE(memo);

    if (memo[slot].key != key + 1) { /* 0: empty */
        memo[slot].row = search_row(crn, op1, crm, op2);
        memo[slot].key = (uint16_t)(key + 1);
    }
    return memo[slot].row;
}

static const struct cp_reg *find_row14(unsigned crn, unsigned op1, unsigned crm, unsigned op2)
{
    for (unsigned i = 0; i < ARRAY_SIZE(cp14_regs); i++)
        if (row_matches(&cp14_regs[i], crn, op1, crm, op2))
            return &cp14_regs[i];
    return NULL;
}

static bool allowed(const struct vcpu *vcpu, enum pl0 pl0, bool write)
{
    uint32_t kctl = vcpu->cp15.cntkctl;

    if (!vcpu_is_user(vcpu))
        return true;
    switch (pl0) {
    case PL0_R:
        return !write;
    case PL0_RW:
        return true;
    case PL0_PMU:
        return vcpu->cp15.pmuserenr & 1;
    case PL0_CNT:
        return !write && (kctl & (CNTKCTL_PL0PCTEN | CNTKCTL_PL0VCTEN));
    case PL0_CNTP:
        return kctl & CNTKCTL_PL0PTEN;
    case PL0_CNTV:
        return kctl & CNTKCTL_PL0VTEN;
    default:
        return false;
    }
}

static enum cp_result read_row(struct vcpu *vcpu, const struct cp_reg *reg, uint32_t *value)
{
    if (!reg || !reg->read || !allowed(vcpu, reg->pl0, false))
        return CP_UNDEF;
    *value = reg->read(vcpu, reg);
    return CP_OK;
}

static enum cp_result write_row(struct vcpu *vcpu, const struct cp_reg *reg, uint32_t value)
{
    if (!reg || !reg->write || !allowed(vcpu, reg->pl0, true))
        return CP_UNDEF;
    return reg->write(vcpu, reg, value);
}

enum cp_result cp15_read(struct vcpu *vcpu, unsigned crn, unsigned op1, unsigned crm, unsigned op2,
                         uint32_t *value)
{
    return read_row(vcpu, find_row(crn, op1, crm, op2), value);
}

enum cp_result cp15_write(struct vcpu *vcpu, unsigned crn, unsigned op1, unsigned crm, unsigned op2,
                          uint32_t value)
{
    return write_row(vcpu, find_row(crn, op1, crm, op2), value);
}

enum cp_result cp14_read(struct vcpu *vcpu, unsigned crn, unsigned op1, unsigned crm, unsigned op2,
                         uint32_t *value)
{
    return read_row(vcpu, find_row14(crn, op1, crm, op2), value);
}

enum cp_result cp14_write(struct vcpu *vcpu, unsigned crn, unsigned op1, unsigned crm, unsigned op2,
                          uint32_t value)
{
    return write_row(vcpu, find_row14(crn, op1, crm, op2), value);
}

bool cp15_constant(unsigned crn, unsigned op1, unsigned crm, unsigned op2, uint32_t *value)
{
    const struct cp_reg *reg = find_row(crn, op1, crm, op2);

    if (!reg || reg->read != rd_const)
        return false;
    *value = reg->value;
    return true;
}

const char *cp15_name(unsigned crn, unsigned op1, unsigned crm, unsigned op2)
{
    const struct cp_reg *reg = find_row(crn, op1, crm, op2);

    return reg ? reg->name : NULL;
}

/* The generic timer's 64-bit registers, CRm 14: op1 0 CNTPCT, 1 CNTVCT, 2 CNTP_CVAL, 3 CNTV_CVAL. */
static bool timer64_allowed(const struct vcpu *vcpu, unsigned op1)
{
    static const uint16_t gates[] = { CNTKCTL_PL0PCTEN, CNTKCTL_PL0VCTEN, CNTKCTL_PL0PTEN, CNTKCTL_PL0VTEN };

    return op1 < ARRAY_SIZE(gates) && (!vcpu_is_user(vcpu) || (vcpu->cp15.cntkctl & gates[op1]));
}

enum cp_result cp15_read64(struct vcpu *vcpu, unsigned crm, unsigned op1, uint64_t *value)
{
    if (crm != 14 || !timer64_allowed(vcpu, op1))
        return CP_UNDEF;
    if (op1 < 2)
        *value = cp15_hook_time(vcpu);
    else
        cp15_hook_timer_read(vcpu, op1 == 2 ? TIMER_CNTP_CVAL : TIMER_CNTV_CVAL, value);
    return CP_OK;
}

enum cp_result cp15_write64(struct vcpu *vcpu, unsigned crm, unsigned op1, uint64_t value)
{
    if (crm != 14 || op1 < 2 || !timer64_allowed(vcpu, op1))
        return CP_UNDEF;
    cp15_hook_timer_write(vcpu, op1 == 2 ? TIMER_CNTP_CVAL : TIMER_CNTV_CVAL, value);
    return CP_OK;
}
