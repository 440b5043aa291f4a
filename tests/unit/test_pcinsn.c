/* Branches, PC-relative operands and writes of the PC in software. */
#include "xlate/pcinsn.h"

#include "exec_test.h"

static enum exec_result run(uint32_t insn)
{
    return pcinsn_execute(&vcpu, insn, vcpu.cpsr & PSR_T, &mem, NULL);
}

/* Where one instruction leads from a fresh state. */
static bool leads(uint32_t cpsr, uint32_t insn, uint32_t pc, bool thumb)
{
    setup(cpsr);
    vcpu.r[1] = 0x7001;
    vcpu.r[2] = 0x10;
    return run(insn) == EXEC_DONE && vcpu.r[15] == pc && !(vcpu.cpsr & PSR_T) == !thumb;
}

#define A MODE_SVC
#define T (MODE_SVC | PSR_T)

static void test_a32_branches(void)
{
    report(leads(A, 0xea000001, CODE + 12, false), "b forwards");
    report(leads(A, 0xeafffffe, CODE, false), "b to itself");
    report(leads(A, 0xeb000001, CODE + 12, false) && vcpu.r[14] == CODE + 4, "bl");
    report(leads(A, 0xfb000001, CODE + 14, true) && vcpu.r[14] == CODE + 4, "blx with H");
    report(leads(A, 0xe12fff11, 0x7000, true), "bx r1");
    report(leads(A, 0xe12fff21, 0x7000, true), "bxj r1");
    report(leads(A, 0xe12fff31, 0x7000, true) && vcpu.r[14] == CODE + 4, "blx r1");
    report(leads(A, 0xe12fff1f, CODE + 8, false), "bx pc");
    report(leads(A, 0xe08ff002, CODE + 8 + 0x10, false), "add pc, pc, r2");
    report(leads(A, 0xe08ff102, CODE + 8 + 0x40, false), "add pc, pc, r2, lsl #2");
    report(leads(A, 0xe1a0f001, 0x7000, true), "mov pc, r1 interworks");
    report(leads(A, 0xe1a0000f, CODE + 4, false) && vcpu.r[0] == CODE + 8, "mov r0, pc");
    report(leads(A, 0xe24f0008, CODE + 4, false) && vcpu.r[0] == CODE, "adr r0, .");
    report(leads(A, 0xe15f0002, CODE + 4, false) && (vcpu.cpsr & PSR_C) && !(vcpu.cpsr & PSR_Z), "cmp pc, r2");
    setup(A);
    report(run(0xe1b0f00e) == EXEC_UNDEF && run(0xe08ff211) == EXEC_UNDEF, "movs pc, add pc, pc, r1, lsl r2 refused");
}

static void test_a32_memory(void)
{
    setup(A);
    vcpu.r[15] = 0x9000;
    poke(0x9010, 0x12345678);
    report(run(0xe59f0008) == EXEC_DONE && vcpu.r[0] == 0x12345678 && vcpu.r[15] == 0x9004, "ldr r0, [pc, #8]");
    setup(A);
    vcpu.r[0] = 0x9100;
    poke(0x9100, 0x7001);
    report(run(0xe590f000) == EXEC_DONE && vcpu.r[15] == 0x7000 && (vcpu.cpsr & PSR_T), "ldr pc, [r0]");
    setup(A);
    vcpu.r[13] = 0x9100;
    poke(0x9100, 4);
    poke(0x9104, 0x6000);
    report(run(0xe8bd8010) == EXEC_DONE && vcpu.r[4] == 4 && vcpu.r[15] == 0x6000 && vcpu.r[13] == 0x9108,
           "pop {r4, pc}");
    setup(A);
    vcpu.r[13] = 0x9100;
    report(run(0xe92d8000) == EXEC_DONE && peek(0x90fc) == CODE + 8 && vcpu.r[13] == 0x90fc, "push {pc}");
    setup(A);
    vcpu.r[1] = 0x9100;
    report(run(0xe4b10004) == EXEC_DONE && last_unpriv && vcpu.r[1] == 0x9104, "ldrt r0, [r1], #4");
    setup(A | PSR_E);
    vcpu.r[1] = 0x9100;
    vcpu.r[0] = 0x11223344;
    report(run(0xe5810000) == EXEC_DONE && peek(0x9100) == 0x44332211 && run(0xe1d120b0) == EXEC_DONE &&
               vcpu.r[2] == 0x1122,
           "str, ldrh with CPSR.E");
    setup(A);
    vcpu.r[13] = FAULT_ADDR - 4;
    report(run(0xe8bd8010) == EXEC_ABORTED && vcpu.r[4] == 0x400 && vcpu.r[15] == CODE, "pop that aborts");
    setup(A);
    vcpu.r[1] = 0x9101;
    report(run(0xe5910000) == EXEC_DONE && run(0xe8910003) == EXEC_ABORTED, "ldr unaligned works, ldm aborts");
    report(run(0xe1910f9f) == EXEC_UNDEF, "ldrex is refused");
}

static void test_t16(void)
{
    report(leads(T, 0xe7ee, CODE - 0x20, true), "b.n");
    report(leads(T | PSR_Z, 0xd006, CODE + 0x10, true) && leads(T, 0xd006, CODE + 2, true), "beq.n");
    report(leads(T, 0x4708, 0x7000, true) && leads(T, 0x4710, 0x10, false), "bx r1, bx r2");
    report(leads(T, 0x4788, 0x7000, true) && vcpu.r[14] == CODE + 3, "blx r1");
    report(leads(T, 0x4478, CODE + 2, true) && vcpu.r[0] == CODE + 4, "add r0, pc");
    report(leads(T, 0x468f, 0x7000, true), "mov pc, r1");
    report(leads(T, 0x4697, 0x10, true), "mov pc, r2 does not interwork");
    report(leads(T, 0x4497, CODE + 4 + 0x10, true), "add pc, r2");
    report(leads(T, 0x4678, CODE + 2, true) && vcpu.r[0] == CODE + 4, "mov r0, pc");
    report(leads(T, 0x4548, CODE + 2, true) && (vcpu.cpsr & PSR_N), "cmp r0, r9");
    report(leads(T, 0xa001, CODE + 2, true) && vcpu.r[0] == CODE + 8, "adr r0");
    report(leads(T, 0xb170, CODE + 0x20, true) && leads(T, 0xb171, CODE + 2, true), "cbz");
    report(leads(T, 0xbb71, CODE + 0x60, true) && leads(T, 0xbb70, CODE + 2, true), "cbnz");
    setup(T);
    vcpu.r[15] = 0x9002;
    poke(0x9008, 0xabcd);
    report(run(0x4801) == EXEC_DONE && vcpu.r[0] == 0xabcd && vcpu.r[15] == 0x9004, "ldr r0, [pc, #4] aligns");
    setup(T);
    vcpu.r[13] = 0x9100;
    poke(0x9104, 0x6000);
    report(run(0xbd01) == EXEC_DONE && vcpu.r[15] == 0x6000 && !(vcpu.cpsr & PSR_T), "pop {r0, pc} interworks");
    setup(T);
    vcpu.cpsr |= 0x0800 | BIT(26); /* ITSTATE 0b00001010 */
    report(run(0x4678) == EXEC_DONE && (vcpu.cpsr & PSR_IT) == 0x1400, "ITSTATE advances");
}

static void test_t32(void)
{
    report(leads(T, 0xf001b918, CODE + 0x1234, true), "b.w");
    report(leads(T, 0xf7fefee4, CODE - 0x1234, true) && vcpu.r[14] == CODE + 5, "bl");
    report(leads(T, 0xf001e918, CODE + 0x1234, false) && vcpu.r[14] == CODE + 5, "blx");
    report(leads(T | PSR_Z, 0xf000807e, CODE + 0x100, true) && leads(T, 0xf000807e, CODE + 4, true), "beq.w");
    report(leads(T, 0xf3c18f00, 0x7000, true), "bxj r1");
    report(leads(T, 0xf2af0008, CODE + 4, true) && vcpu.r[0] == CODE - 4, "adr.w backwards");
    report(leads(T, 0xf20f00c6, CODE + 4, true) && vcpu.r[0] == CODE + 4 + 0xc6, "adr.w forwards");
    setup(T);
    vcpu.r[15] = 0x9000;
    vcpu.r[0] = 3;
    memory[4 + 3] = 0x21;
    report(run(0xe8dff000) == EXEC_DONE && vcpu.r[15] == 0x9004 + 0x42, "tbb [pc, r0]");
    setup(T);
    vcpu.r[0] = 2;
    vcpu.r[1] = 0x9100;
    poke(0x9104, 0x1234);
    report(run(0xe8d1f010) == EXEC_DONE && vcpu.r[15] == CODE + 4 + 0x2468, "tbh [r1, r0, lsl #1]");
    setup(T);
    report(run(0xf7f0a000) == EXEC_UNDEF && run(0xf3af8003) == EXEC_UNDEF && run(0xf3ef8000) == EXEC_UNDEF,
           "udf.w, wfi.w, mrs are not branches");
    setup(T);
    vcpu.r[15] = 0x9002;
    poke(0x900c, 0x55);
    poke(0x9010, 0x66);
    report(run(0xe9df1202) == EXEC_DONE && vcpu.r[1] == 0x55 && vcpu.r[2] == 0x66 && vcpu.r[15] == 0x9006,
           "ldrd r1, r2, [pc, #8]");
}

/* The shifter and flags, against values worked out by hand. */
static void test_alu(void)
{
    static const struct { uint32_t insn, r1, r2, cpsr, value, flags; const char *text; } rows[] = {
        { 0xe0910002, 0x7fffffff, 1, 0, 0x80000000, PSR_N | PSR_V, "adds overflow" },
        { 0xe0910002, 0xffffffff, 1, 0, 0, PSR_Z | PSR_C, "adds carry" },
        { 0xe0510002, 1, 2, 0, 0xffffffff, PSR_N, "subs borrow" },
        { 0xe0510002, 0x80000000, 1, 0, 0x7fffffff, PSR_C | PSR_V, "subs overflow" },
        { 0xe0b10002, 0xffffffff, 0, PSR_C, 0, PSR_Z | PSR_C, "adcs" },
        { 0xe0d10002, 5, 5, 0, 0xffffffff, PSR_N, "sbcs" },
        { 0xe1b00081, 0x80000001, 0, 0, 2, PSR_C, "movs lsl #1" },
        { 0xe1b00021, 0x80000001, 0, 0, 0, PSR_Z | PSR_C, "movs lsr #32" },
        { 0xe1b00041, 0x80000001, 0, 0, 0xffffffff, PSR_N | PSR_C, "movs asr #32" },
        { 0xe1b000e1, 0x80000001, 0, 0, 0xc0000000, PSR_N | PSR_C, "movs ror #1" },
        { 0xe1b00061, 0x80000001, 0, 0, 0x40000000, PSR_C, "movs rrx" },
        { 0xe1b00211, 1, 32, 0, 0, PSR_Z | PSR_C, "movs lsl r2 by 32" },
        { 0xe1b00211, 1, 33, PSR_C, 0, PSR_Z, "movs lsl r2 by 33" },
        { 0xe1b00231, 0x80000000, 32, 0, 0, PSR_Z | PSR_C, "movs lsr r2 by 32" },
        { 0xe1b00251, 0x80000000, 200, 0, 0xffffffff, PSR_N | PSR_C, "movs asr r2 by 200" },
        { 0xe1b00271, 0x80000001, 64, 0, 0x80000001, PSR_N | PSR_C, "movs ror r2 by 64" },
        { 0xe1b00211, 1, 0x100, PSR_C, 1, PSR_C, "movs lsl r2 by 0 keeps carry" },
        { 0xe3b00102, 0, 0, 0, 0x80000000, PSR_N | PSR_C, "movs rotated immediate" },
        { 0xe3b00001, 0, 0, PSR_C | PSR_V, 1, PSR_C | PSR_V, "movs plain immediate keeps C and V" },
        { 0xe0110002, 0xf0, 0x0f, PSR_C, 0, PSR_Z | PSR_C, "ands" },
    };

    for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
        setup(A | rows[i].cpsr);
        vcpu.r[1] = rows[i].r1;
        vcpu.r[2] = rows[i].r2;
        report(run(rows[i].insn) == EXEC_DONE && vcpu.r[0] == rows[i].value && vcpu.cpsr == (A | rows[i].flags),
               rows[i].text);
    }
}

int main(void)
{
    test_a32_branches();
    test_a32_memory();
    test_t16();
    test_t32();
    test_alu();
    return test_summary();
}
