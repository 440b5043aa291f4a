/*
 * What guests hardly ever do: identification registers of VFP, T32 instructions across the end of what is
 * mapped, undefined instructions under a condition that fails, code that is unmapped while it runs.
 */
#include "lib/mmu.h"

#define CODE TEST_PA
#define VFP_WORD(reg) (0xeef00a10u | (reg) << 16)        /* VMRS r0, reg */
#define VFP_WRITE(reg) (0xeee00a10u | (reg) << 16)       /* VMSR reg, r0 */

/* In A32 or T32, with r0 = 0; r0 is the result. */
static uint32_t result;

static void jump(uint32_t to)
{
    register uint32_t r0 __asm__("r0") = 0;

    __asm__ volatile("blx %1" : "+r"(r0) : "r"(to) : "r1", "r2", "r3", "r12", "lr", "memory", "cc");
    result = r0;
}

static void sync_code(uint32_t va)
{
    CP15_WRITE(0, c7, c11, 1, va);
    dsb();
    CP15_WRITE(0, c7, c5, 0, 0);
    CP15_WRITE(0, c7, c5, 6, 0);
    dsb();
    isb();
}

/* Runs words of A32, the last of them "bx lr". */
static uint32_t run_a32(const uint32_t *words, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        write32(CODE + 4 * i, words[i]);
    write32(CODE + 4 * n, 0xe12fff1e);
    sync_code(CODE);
    return catch_call(jump, CODE);
}

static uint32_t run_t32(const uint16_t *halves, unsigned n)
{
    for (unsigned i = 0; i <= n; i++)
        *(volatile uint16_t *)(CODE + 2 * i) = i < n ? halves[i] : 0x4770;
    sync_code(CODE);
    return catch_call(jump, CODE | 1);
}

/* One VMRS or VMSR in either instruction set: what it ends with. */
static uint32_t run_vfp(uint32_t word, bool thumb)
{
    uint16_t halves[2] = { (uint16_t)(word >> 16), (uint16_t)word };

    return thumb ? run_t32(halves, 2) : run_a32(&word, 1);
}

static void set_vfp(uint32_t cpacr, uint32_t fpexc)
{
    CP15_WRITE(0, c1, c0, 2, 0xf00000);
    isb();
    __asm__ volatile(".fpu neon\n vmsr fpexc, %0" :: "r"(fpexc));
    CP15_WRITE(0, c1, c0, 2, cpacr);
    isb();
}

static void vfp_registers(void)
{
    static const uint8_t known[] = { 0, 6, 7, 8 }, unknown[] = { 2, 3, 4, 11, 13, 15 };
    bool ok = true;

    set_vfp(0xf00000, 0x40000000);
    for (unsigned i = 0; i < 8; i++)
        ok &= check_eq(run_vfp(VFP_WORD(known[i / 2]), i & 1), EXC_NONE, "VMRS") && result != 0;
    report(ok, "VMRS of FPSID, MVFR1, MVFR0, FPEXC");
    ok = true;
    for (unsigned i = 0; i < 12; i++) {
        ok &= check_eq(run_vfp(VFP_WORD(unknown[i / 2]), i & 1), EXC_UND, "VMRS");
        ok &= check_eq(run_vfp(VFP_WRITE(unknown[i / 2]), i & 1), EXC_UND, "VMSR");
    }
    report(ok, "VMRS and VMSR of what is none: UNDEFINED");
    ok = true;
    for (unsigned thumb = 0; thumb < 2; thumb++) {
        ok &= check_eq(run_vfp(VFP_WRITE(0), thumb), EXC_NONE, "VMSR");
        ok &= check_eq(run_vfp(VFP_WORD(0), thumb), EXC_NONE, "VMRS") && result != 0;
    }
    report(ok, "writes to FPSID are ignored");
    set_vfp(0, 0x40000000);
    ok = true;
    for (unsigned i = 0; i < 8; i++)
        ok &= check_eq(run_vfp(VFP_WORD(known[i / 2]), i & 1), EXC_UND, "VMRS");
    ok &= check_eq(run_vfp(VFP_WRITE(8), false), EXC_UND, "VMSR");
    ok &= check_eq(run_vfp(VFP_WRITE(8), true), EXC_UND, "VMSR");
    report(ok, "all of them UNDEFINED where CPACR denies access");
    set_vfp(0xf00000, 0);
    ok = check_eq(run_vfp(VFP_WORD(8), false), EXC_NONE, "FPEXC") && check_eq(result, 0, "FPEXC");
    ok &= check_eq(run_vfp(VFP_WORD(0), true), EXC_NONE, "FPSID");
    ok &= check_eq(run_vfp(VFP_WORD(1), true), EXC_UND, "FPSCR");
    report(ok, "with FPEXC.EN = 0: FPEXC and FPSID, not FPSCR");
}

/* A 32-bit T32 instruction whose second half is on the next page: missing, then there. */
static void across_pages(void)
{
    static const uint16_t insns[][2] = {
        { 0xf04f, 0x0007 },              /* mov.w r0, #7 */
        { 0xf3ef, 0x8000 },              /* mrs r0, cpsr */
        { 0xee10, 0x0f10 },              /* mrc p15, 0, r0, c0, c0, 0 */
        { 0xf7f0, 0xa000 },              /* udf.w */
    };
    uint32_t *l2 = l2_under(l1_table, TEST_VA, 0), at = TEST_VA + 0xffe;
    bool kernel = true, user = true, there = true;

    for (unsigned i = 0; i < 4; i++) {
        l2_set(l2, TEST_VA, SMALL(CODE, AP_ALL_RO));
        l2_set(l2, TEST_VA + 0x1000, 0);
        tlbi_all();
        *(volatile uint16_t *)(CODE + 0xffe) = insns[i][0];
        *(volatile uint16_t *)(CODE + 0x1000) = insns[i][1];
        *(volatile uint16_t *)(CODE + 0x1002) = 0x4770;
        sync_code(CODE + 0xffe);
        sync_code(CODE + 0x1000);
        kernel &= check_eq(probe_exec(at | 1), FAULT_I(7), "IFSR") & check_eq(last_trap.ifar, at + 2, "IFAR") &
                  check_eq(last_trap.lr, at + 4, "LR");
        user &= check_eq(probe_user_exec(at | 1), FAULT_I(7), "IFSR") & check_eq(last_trap.ifar, at + 2, "IFAR") &
                check_eq(last_trap.lr, at + 4, "LR");
        l2_set(l2, TEST_VA + 0x1000, SMALL(CODE + 0x1000, AP_ALL_RO));
        isb();
        there &= check_eq(catch_call(jump, at | 1), i == 3 ? EXC_UND : EXC_NONE, "with its page");
        there &= i || check_eq(result, 7, "mov.w");
    }
    report(kernel, "T32 across pages, the second missing: the abort is the second's");
    report(user, "the same in User mode");
    report(there, "and with the page there");
    l1_set(l1_table, TEST_VA, 0);
    tlbi_all();
}

/* Nothing happens under a condition that fails, whatever it is. */
static void failed_conditions(void)
{
    static const uint32_t a32[] = { 0x17f000f0, 0x1e070c10, 0x1ee20a10 }; /* UDF, MCR p12, VMSR of none */
    static const uint16_t t32[][2] = {
        { 0xde01, 0xbf00 }, { 0xb7ff, 0xbf00 }, { 0xf7f0, 0xa001 }, { 0xeee2, 0x0a10 },
    };
    bool ok = true;

    for (unsigned i = 0; i < 3; i++) {
        uint32_t words[] = { 0xe1500000, a32[i], 0xe3a00005 }; /* cmp r0, r0; it; mov r0, #5 */

        ok &= check_eq(run_a32(words, 3), EXC_NONE, "A32") && check_eq(result, 5, "r0");
    }
    for (unsigned i = 0; i < 4; i++) {
        /* cmp r0, r0; it ne; ..; movs r0, #5 */
        uint16_t halves[] = { 0x4280, 0xbf18, t32[i][0], t32[i][1], 0x2005 };

        ok &= check_eq(run_t32(halves, 5), EXC_NONE, "T32") && check_eq(result, 5, "r0");
    }
    report(ok, "UNDEFINED and trapped instructions under a failed condition");
}

/* Code that unmaps its own page, with maintenance: the instruction behind is not fetched. */
static void unmaps_itself(void)
{
    static const uint32_t code[] = {
        0xe3a01000, 0xe24f200c,                         /* mov r1, #0; sub r2, pc, #12 */
        0xe5801000,                                     /* str r1, [r0] */
        0xee070f3a, 0xf57ff04f,                         /* DCCMVAC; dsb */
        0xee082f37, 0xee070fd5, 0xf57ff04f, 0xf57ff06f, /* TLBIMVA r2; BPIALL; dsb; isb */
        0xe3a0304d, 0xe12fff1e,                         /* mov r3, #77; bx lr */
    };
    uint32_t *l2 = l2_under(l1_table, TEST_VA, 0);
    bool ok;

    for (unsigned i = 0; i < sizeof(code) / 4; i++)
        write32(CODE + 4 * i, code[i]);
    sync_code(CODE);
    sync_code(CODE + 0x20);
    l2_set(l2, TEST_VA, SMALL(CODE, AP_PRIV));
    isb();
    ok = check_eq(catch_call((void (*)(uint32_t))TEST_VA, (uint32_t)l2), EXC_PABT, "exception");
    ok &= check_eq(fsr_status(last_trap.ifsr), 7, "IFSR");
    /* from the store to the ISB */
    ok &= last_trap.ifar - TEST_VA >= 0xc && last_trap.ifar - TEST_VA <= 0x24;
    report(ok, "code that unmaps itself");
    l1_set(l1_table, TEST_VA, 0);
    tlbi_all();
}

void test_main(void)
{
    mmu_setup();
    vfp_registers();
    across_pages();
    failed_conditions();
    unmaps_itself();
}
