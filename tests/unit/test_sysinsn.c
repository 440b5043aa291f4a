/* PSR access, mode changes and exception returns in software (DDI 0406C B9.3). */
#include "xlate/sysinsn.h"

#include "exec_test.h"

static enum exec_result run(uint32_t insn)
{
    return sysinsn_execute(&vcpu, insn, vcpu.cpsr & PSR_T, &mem, NULL);
}

static void test_mrs(void)
{
    setup(MODE_SVC | PSR_I | PSR_N | PSR_Q | PSR_E | PSR_GE);
    report(run(0xe10f0000) == EXEC_DONE && vcpu.r[0] == vcpu.cpsr && vcpu.r[15] == CODE + 4, "mrs r0, cpsr");
    *vcpu_spsr(&vcpu) = 0x600000f0 | PSR_T | PSR_IT;
    report(run(0xe14f1000) == EXEC_DONE && vcpu.r[1] == (0x600000f0 | PSR_T | PSR_IT), "mrs r1, spsr");
    setup(MODE_SYS | PSR_T);
    report(run(0xf3ef8000) == EXEC_DONE && vcpu.r[0] == MODE_SYS && vcpu.r[15] == CODE + 4,
           "mrs r0, cpsr (T32) hides T");
    report(run(0xf3ff8000) == EXEC_UNDEF && vcpu.r[15] == CODE + 4, "mrs spsr in System mode is refused");
    setup(MODE_SVC);
    report(run(0xe1010200) == EXEC_UNDEF, "banked mrs is UNDEFINED");
}

static void test_msr(void)
{
    setup(MODE_SVC | PSR_I);
    vcpu.r[1] = 0xffffffe0 | MODE_IRQ;
    report(run(0xe12ff001) == EXEC_DONE && vcpu.cpsr == (0xf80f0000 | PSR_E | PSR_A | PSR_I | PSR_F | MODE_IRQ),
           "msr cpsr_fsxc writes all but the execution state");
    report(vcpu.r[13] == (0xbb00000d | BANK_IRQ << 8) && vcpu.bank[BANK_SVC].r13 == 0xd00, "and switches banks");
    setup(MODE_SVC);
    report(run(0xe321f0d2) == EXEC_DONE && vcpu.cpsr == (MODE_IRQ | PSR_I | PSR_F), "msr cpsr_c, #0xd2");
    setup(MODE_SVC);
    report(run(0xe321f016) == EXEC_DONE && vcpu.cpsr == MODE_SVC, "msr to Monitor mode keeps the mode");
    setup(MODE_USR);
    vcpu.r[1] = 0xf00001df;
    report(run(0xe12ff001) == EXEC_DONE && vcpu.cpsr == (0xf0000000 | MODE_USR), "msr in User mode: flags only");
    setup(MODE_FIQ);
    vcpu.r[1] = 0xffffffff;
    report(run(0xe161f001) == EXEC_DONE && vcpu.bank_spsr[BANK_FIQ] == 0xff, "msr spsr_c");
    report(run(0xe16ff001) == EXEC_DONE && vcpu.bank_spsr[BANK_FIQ] == 0xff0fffff, "msr spsr_fsxc");
    setup(MODE_SYS);
    report(run(0xe16ff001) == EXEC_UNDEF, "msr spsr in System mode is refused");
    setup(MODE_SVC | PSR_T);
    vcpu.r[1] = MODE_UND | PSR_T;
    report(run(0xf3818f00) == EXEC_DONE && vcpu.cpsr == (MODE_UND | PSR_T), "msr cpsr_fsxc, r1 (T32)");
    setup(MODE_SVC);
    report(run(0xe320f003) == EXEC_UNDEF, "wfi is not msr");
}

static void test_cps(void)
{
    setup(MODE_SVC);
    report(run(0xf10e01d2) == EXEC_DONE && vcpu.cpsr == (MODE_IRQ | PSR_A | PSR_I | PSR_F), "cpsid aif, #irq");
    report(run(0xf1080080) == EXEC_DONE && vcpu.cpsr == (MODE_IRQ | PSR_A | PSR_F), "cpsie i");
    report(run(0xf102001f) == EXEC_DONE && vcpu.cpsr == (MODE_SYS | PSR_A | PSR_F), "cps #sys");
    setup(MODE_USR);
    report(run(0xf10e01d2) == EXEC_DONE && vcpu.cpsr == MODE_USR && vcpu.r[15] == CODE + 4, "cps in User mode");
    setup(MODE_SVC | PSR_T);
    report(run(0xb673) == EXEC_DONE && vcpu.cpsr == (MODE_SVC | PSR_T | PSR_I | PSR_F) && vcpu.r[15] == CODE + 2,
           "cpsid if (T16)");
    report(run(0xf3af8553) == EXEC_DONE && vcpu.cpsr == (MODE_SVC | PSR_T | PSR_F), "cpsie i, #svc (T32)");
    report(run(0xf3af8000) == EXEC_UNDEF, "nop.w is not cps");
    report(run(0xb658) == EXEC_DONE && (vcpu.cpsr & PSR_E), "setend be (T16)");
    setup(MODE_SVC);
    report(run(0xf1010200) == EXEC_DONE && (vcpu.cpsr & PSR_E) && run(0xf1010000) == EXEC_DONE &&
               !(vcpu.cpsr & PSR_E),
           "setend be, le");
}

static void test_rfe_srs(void)
{
    static const struct { uint32_t insn, addr, base; const char *text; } rows[] = {
        { 0xf8b00a00, 0x9100, 0x9108, "rfeia r0!" },
        { 0xf9100a00, 0x90f8, 0x9100, "rfedb r0" },
        { 0xf8100a00, 0x90fc, 0x9100, "rfeda r0" },
        { 0xf9b00a00, 0x9104, 0x9108, "rfeib r0!" },
    };

    for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
        setup(MODE_SVC);
        vcpu.r[0] = 0x9100;
        poke(rows[i].addr, 0x12345679);
        poke(rows[i].addr + 4, MODE_ABT | PSR_T | PSR_Z);
        report(run(rows[i].insn) == EXEC_DONE && vcpu.r[0] == rows[i].base && vcpu.r[15] == 0x12345678 &&
                   vcpu.cpsr == (MODE_ABT | PSR_T | PSR_Z),
               rows[i].text);
    }
    setup(MODE_SVC | PSR_T);
    vcpu.r[0] = 0x9100;
    poke(0x9100, 0x5002);
    poke(0x9104, MODE_USR);
    report(run(0xe9b0c000) == EXEC_DONE && vcpu.r[15] == 0x5000 && vcpu.cpsr == MODE_USR && vcpu.r[0] == 0x9108,
           "rfeia r0! (T32) to ARM state");
    vcpu_set_cpsr(&vcpu, MODE_USR);
    report(run(0xf8b00a00) == EXEC_UNDEF, "rfe in User mode is refused");
    setup(MODE_SVC);
    vcpu.r[0] = FAULT_ADDR;
    report(run(0xf8b00a00) == EXEC_ABORTED && vcpu.r[0] == FAULT_ADDR && vcpu.cpsr == MODE_SVC, "rfe that aborts");

    setup(MODE_IRQ);
    vcpu.bank_spsr[BANK_IRQ] = 0x20000010;
    vcpu.bank[BANK_SVC].r13 = 0x9200;
    report(run(0xf96d0513) == EXEC_DONE && peek(0x91f8) == 0xe00 && peek(0x91fc) == 0x20000010 &&
               vcpu.bank[BANK_SVC].r13 == 0x91f8 && vcpu.r[15] == CODE + 4,
           "srsdb sp!, #svc");
    vcpu.bank[BANK_USR].r13 = 0x9300;
    report(run(0xf8cd051f) == EXEC_DONE && peek(0x9300) == 0xe00 && vcpu.bank[BANK_USR].r13 == 0x9300,
           "srsia sp, #sys");
    report(run(0xf96d0516) == EXEC_UNDEF, "srs to Monitor mode is refused");
    setup(MODE_SVC | PSR_T);
    vcpu.r[13] = 0x9200;
    report(run(0xe82dc013) == EXEC_DONE && peek(0x91f8) == 0xe00 && vcpu.r[13] == 0x91f8, "srsdb sp!, #svc (T32)");
    setup(MODE_SYS);
    report(run(0xf96d0513) == EXEC_UNDEF, "srs in System mode is refused");
}

static bool returns_to(uint32_t insn, uint32_t pc)
{
    setup(MODE_SVC | PSR_I | PSR_C);
    vcpu.r[1] = 0x12345678;
    vcpu.r[2] = 0x00000ff0;
    vcpu.r[14] = 0x6000;
    vcpu.bank_spsr[BANK_SVC] = MODE_USR | PSR_N;
    return run(insn) == EXEC_DONE && vcpu.cpsr == (MODE_USR | PSR_N) && vcpu.r[15] == (pc & ~3u);
}

static void test_alu_return(void)
{
    report(returns_to(0xe1b0f00e, 0x6000), "movs pc, lr");
    report(returns_to(0xe25ef004, 0x5ffc), "subs pc, lr, #4");
    report(returns_to(0xe011f002, 0x12345678 & 0xff0), "ands pc, r1, r2");
    report(returns_to(0xe031f262, 0x12345678 ^ 0xff), "eors pc, r1, r2, ror #4");
    report(returns_to(0xe051f002, 0x12345678 - 0xff0), "subs pc, r1, r2");
    report(returns_to(0xe072f001, 0x12345678 - 0xff0), "rsbs pc, r2, r1");
    report(returns_to(0xe091f102, 0x12345678 + 0x3fc0), "adds pc, r1, r2, lsl #2");
    report(returns_to(0xe0b1f002, 0x12345678 + 0xff0 + 1), "adcs pc, r1, r2");
    report(returns_to(0xe0d1f002, 0x12345678 - 0xff0), "sbcs pc, r1, r2");
    report(returns_to(0xe0f2f001, 0x12345678 - 0xff0), "rscs pc, r2, r1");
    report(returns_to(0xe191f002, 0x12345678 | 0xff0), "orrs pc, r1, r2");
    report(returns_to(0xe1d1f002, 0x12345678 & ~0xff0u), "bics pc, r1, r2");
    report(returns_to(0xe1f0f002, ~0xff0u), "mvns pc, r2");
    report(returns_to(0xe1b0f062, 0x80000000 | 0x7f8), "movs pc, r2, rrx");
    report(returns_to(0xe1b0f021, 0), "movs pc, r1, lsr #32");
    report(returns_to(0xe29ff010, CODE + 8 + 16), "adds pc, pc, #16");
    setup(MODE_SYS);
    report(run(0xe1b0f00e) == EXEC_UNDEF, "movs pc in System mode is refused");
    setup(MODE_SVC);
    report(run(0xe1b0f21e) == EXEC_UNDEF, "a register-shifted return is refused");
    report(run(0xe1a0f00e) == EXEC_UNDEF && run(0xe15ff000) == EXEC_UNDEF, "mov pc, cmp with Rd = pc are not");

    setup(MODE_ABT | PSR_T);
    vcpu.bank_spsr[BANK_ABT] = MODE_SVC | PSR_T | (PSR_IT_HI & 0x0800);
    vcpu.r[14] = 0x7005;
    report(run(0xf3de8f04) == EXEC_DONE && vcpu.r[15] == 0x7000 &&
               vcpu.cpsr == (MODE_SVC | PSR_T | (PSR_IT_HI & 0x0800)),
           "subs pc, lr, #4 (T32) restores ITSTATE");
}

static void test_blocks(void)
{
    setup(MODE_SVC);
    vcpu.bank_spsr[BANK_SVC] = MODE_USR | PSR_T;
    vcpu.r[13] = 0x9100;
    poke(0x9100, 0x11);
    poke(0x9104, 0x7001);
    report(run(0xe8fd8001) == EXEC_DONE && vcpu.r[0] == 0x11 && vcpu.r[15] == 0x7000 &&
               vcpu.cpsr == (MODE_USR | PSR_T) && vcpu.bank[BANK_SVC].r13 == 0x9108,
           "ldm sp!, {r0, pc}^");
    setup(MODE_FIQ);
    vcpu.r[13] = 0x9100;
    poke(0x9100, 0x22);
    poke(0x9104, 0x33);
    report(run(0xe8dd6000) == EXEC_DONE && vcpu.bank[BANK_USR].r13 == 0x22 && vcpu.bank[BANK_USR].r14 == 0x33 &&
               vcpu.r[13] == 0x9100 && vcpu.r[15] == CODE + 4,
           "ldm sp, {sp, lr}^");
    vcpu.usr_r8[0] = 0x88;
    vcpu.r[0] = 0x9200;
    vcpu.r[15] = CODE;
    report(run(0xe8c08100) == EXEC_DONE && peek(0x9200) == 0x88 && peek(0x9204) == CODE + 8, "stm r0, {r8, pc}^");
    vcpu.r[13] = 0x9300;
    report(run(0xe94d6000) == EXEC_DONE && peek(0x92f8) == 0x22 && peek(0x92fc) == 0x33, "stmdb sp, {sp, lr}^");
    vcpu.r[13] = FAULT_ADDR - 4;
    report(run(0xe8dd6000) == EXEC_ABORTED && vcpu.bank[BANK_USR].r13 == 0x22, "ldm that aborts halfway");
    report(run(0xe8fd6000) == EXEC_UNDEF, "ldm sp!, {sp, lr}^ is refused");
    vcpu_set_cpsr(&vcpu, MODE_USR);
    report(run(0xe8dd6000) == EXEC_UNDEF, "ldm ^ in User mode is refused");
    setup(MODE_SVC | PSR_E);
    vcpu.r[13] = 0x9100;
    poke(0x9100, 0x11223344);
    report(run(0xe8dd2000) == EXEC_DONE && vcpu.bank[BANK_USR].r13 == 0x44332211, "CPSR.E applies");
}

/* Random words must never corrupt the vcpu: legal mode, aligned PC. */
static void test_random(void)
{
    uint32_t seed = 12345;
    bool ok = true;

    for (unsigned i = 0; i < 200000; i++) {
        static const uint32_t bases[] = { 0xf1000000, 0xf8000000, 0xe8400000, 0xe1000000, 0xe3000000, 0xe0000000 };
        bool thumb = i & 1;
        uint32_t insn;

        seed = seed * 1664525 + 1013904223;
        insn = thumb ? seed ^ seed >> 13 : bases[i / 2 % 6] | (seed >> 7 & 0x01ffffff);
        setup((thumb ? PSR_T : 0) | (seed & 1 ? MODE_SVC : MODE_USR));
        sysinsn_execute(&vcpu, insn, thumb, &mem, NULL);
        ok &= vcpu_mode_bank(vcpu.cpsr) >= 0 && !(vcpu.r[15] & 1) && !(vcpu.cpsr & PSR_J);
        ok &= !(seed & 1) ? (vcpu.cpsr & PSR_MODE) == MODE_USR : true;
    }
    report(ok, "random words: legal state, and User mode never gains privilege");
}

int main(void)
{
    test_mrs();
    test_msr();
    test_cps();
    test_rfe_srs();
    test_alu_return();
    test_blocks();
    test_random();
    return test_summary();
}
