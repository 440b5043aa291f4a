/* The virtual CP15 and CP14: values, masks, privileges, hooks. */
#include "core/cp15.h"

#include <string.h>

#include "test.h"

static struct {
    unsigned tlbi, icache, space, dacr, cpacr, ats, timer_writes;
    enum tlbi_kind tlbi_kind;
    enum timer_reg timer;
    uint32_t arg;
    bool all, ats_aborts;
} hooks;

void cp15_hook_tlbi(struct vcpu *vcpu, enum tlbi_kind kind, uint32_t arg)
{
    (void)vcpu;
    hooks.tlbi++;
    hooks.tlbi_kind = kind;
    hooks.arg = arg;
}

void cp15_hook_icache(struct vcpu *vcpu, bool all, uint32_t mva)
{
    (void)vcpu;
    hooks.icache++;
    hooks.all = all;
    hooks.arg = mva;
}

void cp15_hook_space(struct vcpu *vcpu)
{
    (void)vcpu;
    hooks.space++;
}

void cp15_hook_dacr(struct vcpu *vcpu)
{
    (void)vcpu;
    hooks.dacr++;
}

void cp15_hook_cpacr(struct vcpu *vcpu)
{
    (void)vcpu;
    hooks.cpacr++;
}

uint64_t cp15_hook_time(struct vcpu *vcpu)
{
    (void)vcpu;
    return 0x123456789abcull;
}

void cp15_hook_timer_read(struct vcpu *vcpu, enum timer_reg reg, uint64_t *value)
{
    (void)vcpu;
    *value = 0x1000 + (uint64_t)reg;
}

void cp15_hook_timer_write(struct vcpu *vcpu, enum timer_reg reg, uint64_t value)
{
    (void)vcpu;
    hooks.timer_writes++;
    hooks.timer = reg;
    hooks.arg = (uint32_t)value;
}

bool cp15_hook_ats(struct vcpu *vcpu, enum ats_kind kind, uint32_t va, uint32_t *par)
{
    (void)vcpu;
    hooks.ats++;
    *par = (va & ~0xfffu) | (uint32_t)kind;
    return !hooks.ats_aborts;
}

static struct vcpu vcpu;

static void reset(uint32_t mode)
{
    memset(&vcpu, 0, sizeof(vcpu));
    memset(&hooks, 0, sizeof(hooks));
    vcpu_reset(&vcpu);
    vcpu_set_cpsr(&vcpu, mode);
}

static uint32_t get(unsigned crn, unsigned op1, unsigned crm, unsigned op2)
{
    uint32_t value = 0xdeadbeef;

    return cp15_read(&vcpu, crn, op1, crm, op2, &value) == CP_OK ? value : 0xdeadbeef;
}

static bool put(unsigned crn, unsigned op1, unsigned crm, unsigned op2, uint32_t value)
{
    return cp15_write(&vcpu, crn, op1, crm, op2, value) == CP_OK;
}

static void test_identification(void)
{
    reset(MODE_SVC);
    report(get(0, 0, 0, 0) == 0x413fc082 && get(0, 0, 0, 5) == 0xc0000000, "MIDR, MPIDR");
    report((get(0, 0, 1, 4) & 0xf) == 3, "ID_MMFR0: VMSAv7 without PXN or LPAE");
    report((get(0, 0, 2, 0) >> 24 & 0xf) == 0, "ID_ISAR0: no divide");
    report((get(0, 0, 1, 1) & 0xf00f0) == 0x10000, "ID_PFR1: generic timer, no Security Extensions");
    report(get(0, 0, 7, 7) == 0 && !put(0, 0, 0, 0, 1), "reserved ID space is RAZ, writes are UNDEFINED");
    put(0, 2, 0, 0, 0);
    report(get(0, 1, 0, 0) >> 28 == 7, "CCSIDR of the data cache");
    put(0, 2, 0, 0, 1);
    report(get(0, 1, 0, 0) >> 28 == 2 && (get(0, 1, 0, 1) & 7) == 3, "CCSIDR of the instruction cache, CLIDR");
}

static void test_control(void)
{
    reset(MODE_SVC);
    report(get(1, 0, 0, 0) == 0x00c50078, "SCTLR reset value");
    report(put(1, 0, 0, 0, 0) && get(1, 0, 0, 0) == 0x00c50078 && !hooks.space, "SCTLR RAO bits stay");
    put(1, 0, 0, 0, 0xffffffff);
    report(vcpu.cp15.sctlr == (0x00c50078 | 0x72003807) && hooks.space == 1, "SCTLR keeps implemented bits");
    put(1, 0, 0, 0, 0xffffffff & ~SCTLR_C);
    report(hooks.space == 1, "SCTLR.C alone does not change the space");
    put(1, 0, 0, 2, 0xffffffff);
    report(get(1, 0, 0, 2) == 0x00f00000 && hooks.cpacr == 1, "CPACR has cp10 and cp11 only");
    put(1, 0, 0, 1, 0x1234);
    report(get(1, 0, 0, 1) == 0x1234, "ACTLR is storage");
    report(get(1, 0, 1, 0) == 0xdeadbeef && !put(1, 0, 1, 2, 0), "SCR and NSACR are UNDEFINED");
    put(12, 0, 0, 0, 0x8000101f);
    report(get(12, 0, 0, 0) == 0x80001000, "VBAR is aligned to 32");
}

static void test_space(void)
{
    reset(MODE_SVC);
    put(2, 0, 0, 0, 0x4000406a);
    put(2, 0, 0, 1, 0x40008000);
    put(2, 0, 0, 2, 0xffffffff);
    put(13, 0, 0, 1, 0x105);
    put(10, 0, 2, 0, 1);
    put(10, 0, 2, 1, 2);
    report(hooks.space == 6 && get(2, 0, 0, 2) == 0x37 && get(2, 0, 0, 0) == 0x4000406a,
           "TTBR0, TTBR1, TTBCR, CONTEXTIDR, PRRR, NMRR change the space");
    put(2, 0, 0, 0, 0x4000406a);
    report(hooks.space == 6, "the same value again does not");
    put(3, 0, 0, 0, 0x55);
    put(3, 0, 0, 0, 0x55);
    report(hooks.dacr == 1 && get(3, 0, 0, 0) == 0x55, "DACR");
}

static void test_maintenance(void)
{
    static const struct { uint8_t crm, op2, kind; } tlb[] = {
        { 3, 0, TLBI_ALL }, { 3, 1, TLBI_MVA }, { 3, 2, TLBI_ASID }, { 3, 3, TLBI_MVAA },
        { 5, 0, TLBI_ALL }, { 5, 1, TLBI_MVA }, { 5, 2, TLBI_ASID }, { 6, 0, TLBI_ALL },
        { 6, 1, TLBI_MVA }, { 6, 2, TLBI_ASID }, { 7, 0, TLBI_ALL }, { 7, 1, TLBI_MVA },
        { 7, 2, TLBI_ASID }, { 7, 3, TLBI_MVAA },
    };
    bool ok = true;

    reset(MODE_SVC);
    for (unsigned i = 0; i < ARRAY_SIZE(tlb); i++)
        ok &= put(8, 0, tlb[i].crm, tlb[i].op2, i) && hooks.tlbi_kind == tlb[i].kind && hooks.arg == i;
    report(ok && hooks.tlbi == ARRAY_SIZE(tlb), "TLB operations");
    report(put(7, 0, 5, 0, 0) && hooks.all && put(7, 0, 5, 1, 0x8040) && !hooks.all && hooks.arg == 0x8040,
           "ICIALLU, ICIMVAU");
    report(put(7, 0, 14, 2, 0) && put(7, 0, 10, 1, 0) && get(7, 0, 14, 2) == 0xdeadbeef,
           "D-cache maintenance is write-only and does nothing");
    report(put(7, 0, 8, 3, 0x12345678) && get(7, 0, 4, 0) == 0x12345003, "ATS1CUW fills PAR");
    hooks.ats_aborts = true;
    report(cp15_write(&vcpu, 7, 0, 8, 0, 0) == CP_ABORTED && get(7, 0, 4, 0) == 0x12345003,
           "an aborted ATS leaves PAR");
}

static void test_user(void)
{
    reset(MODE_USR);
    report(put(13, 0, 0, 2, 7) && get(13, 0, 0, 2) == 7, "PL0: TPIDRURW is RW");
    report(get(13, 0, 0, 3) == 0 && !put(13, 0, 0, 3, 1), "PL0: TPIDRURO is RO");
    report(get(13, 0, 0, 4) == 0xdeadbeef && get(0, 0, 0, 0) == 0xdeadbeef && !put(8, 0, 7, 0, 0),
           "PL0: everything else is UNDEFINED");
    report(put(7, 0, 5, 4, 0) && put(7, 0, 10, 4, 0) && put(7, 0, 10, 5, 0), "PL0: CP15 barriers");
    report(get(9, 0, 13, 0) == 0xdeadbeef && get(9, 0, 14, 0) == 0 && !put(9, 0, 14, 0, 1),
           "PL0: PMU closed, PMUSERENR readable");
    vcpu.cp15.pmuserenr = 1;
    report(get(9, 0, 13, 0) == 0 && get(9, 0, 14, 1) == 0xdeadbeef, "PL0: PMU open");
}

static void test_timer(void)
{
    uint64_t value;

    reset(MODE_SVC);
    report(get(14, 0, 0, 0) == 24000000 && !put(14, 0, 0, 0, 1), "CNTFRQ is read-only");
    report(cp15_read64(&vcpu, 14, 0, &value) == CP_OK && value == 0x123456789abcull &&
               cp15_read64(&vcpu, 14, 1, &value) == CP_OK,
           "CNTPCT, CNTVCT");
    report(cp15_write64(&vcpu, 14, 1, 0) == CP_UNDEF && cp15_read64(&vcpu, 14, 4, &value) == CP_UNDEF &&
               cp15_read64(&vcpu, 2, 0, &value) == CP_UNDEF,
           "no other 64-bit register");
    report(get(14, 0, 3, 1) == 0x1000 + TIMER_CNTV_CTL && put(14, 0, 2, 0, 5) && hooks.timer == TIMER_CNTP_TVAL &&
               cp15_write64(&vcpu, 14, 3, 9) == CP_OK && hooks.timer == TIMER_CNTV_CVAL && hooks.arg == 9,
           "timer registers go to the device");

    vcpu_set_cpsr(&vcpu, MODE_USR);
    report(get(14, 0, 0, 0) == 0xdeadbeef && cp15_read64(&vcpu, 14, 1, &value) == CP_UNDEF, "PL0: timer closed");
    vcpu.cp15.cntkctl = CNTKCTL_PL0VCTEN;
    report(get(14, 0, 0, 0) == 24000000 && cp15_read64(&vcpu, 14, 1, &value) == CP_OK &&
               cp15_read64(&vcpu, 14, 0, &value) == CP_UNDEF && get(14, 0, 3, 1) == 0xdeadbeef,
           "PL0: CNTKCTL.PL0VCTEN opens CNTVCT and CNTFRQ");
    vcpu.cp15.cntkctl = CNTKCTL_PL0VTEN;
    report(get(14, 0, 3, 1) != 0xdeadbeef && cp15_write64(&vcpu, 14, 3, 0) == CP_OK &&
               cp15_write64(&vcpu, 14, 2, 0) == CP_UNDEF,
           "PL0: CNTKCTL.PL0VTEN opens the virtual timer");
}

static void test_cp14(void)
{
    uint32_t value = 1;

    reset(MODE_SVC);
    report(cp14_read(&vcpu, 0, 0, 0, 0, &value) == CP_OK && value == 0, "DBGDIDR: no debug");
    report(cp14_write(&vcpu, 0, 0, 0, 0, 1) == CP_UNDEF, "DBGDIDR is read-only");
    report(cp14_read(&vcpu, 0, 7, 0, 0, &value) == CP_OK && cp14_write(&vcpu, 2, 7, 0, 0, 1) == CP_OK,
           "trivial Jazelle is RAZ/WI");
    report(cp14_read(&vcpu, 0, 6, 0, 0, &value) == CP_UNDEF, "TEECR is UNDEFINED without ThumbEE");
}

/* The lookup index must find what a plain search finds, for every encoding. */
static void test_every_encoding(void)
{
    unsigned readable = 0, writable = 0;
    uint32_t value;

    reset(MODE_SVC);
    for (unsigned n = 0; n < 16 * 8 * 16 * 8; n++) {
        unsigned crn = n >> 10, op1 = n >> 7 & 7, crm = n >> 3 & 15, op2 = n & 7;
        bool r = cp15_read(&vcpu, crn, op1, crm, op2, &value) == CP_OK;
        bool w = cp15_write(&vcpu, crn, op1, crm, op2, 0) == CP_OK;

        readable += r;
        writable += w;
        if ((r || w) != (cp15_name(crn, op1, crm, op2) != NULL))
            readable = 1000000;
    }
    report(readable == 8 * 16 + 4 + 3 + 3 + 1 + 4 + 2 + 1 + 12 + 2 + 1 + 5 + 6, "readable registers: %u", readable);
    report(writable > 70 && writable < 100, "writable registers: %u", writable);
}

int main(void)
{
    test_identification();
    test_control();
    test_space();
    test_maintenance();
    test_user();
    test_timer();
    test_cp14();
    test_every_encoding();
    return test_summary();
}
