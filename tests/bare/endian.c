/* Big-endian data in User mode (SETEND), over exceptions too. */
#include "lib/mmu.h"

/* One access with E set: r0 is the address and the result, r1 a value. */
#define BIG(name, insn) \
    __attribute__((naked)) static USER_TEXT void name(uint32_t va) \
    { \
        __asm__ volatile("ldr r1, =0x01020304\n setend be\n" insn "\n setend le\n bx lr\n .ltorg"); \
    }

BIG(big_ldr, "ldr r0, [r0]")
BIG(big_ldrh, "ldrh r0, [r0]")
BIG(big_ldrsh, "ldrsh r0, [r0, #6]")
BIG(big_ldrb, "ldrb r0, [r0]")
BIG(big_ldm, "ldm r0, {r2, r3}\n add r0, r2, r3")
BIG(big_ldrd, "ldrd r2, r3, [r0]\n sub r0, r2, r3")
BIG(big_str, "str r1, [r0]")
BIG(big_strh, "strh r1, [r0]")
BIG(big_stm, "mov r2, r1\n stm r0, {r1, r2}")
BIG(big_push, "push {r1}\n setend le\n pop {r0}")
BIG(big_mrs, "mrs r0, cpsr")
BIG(big_svc, "ldr r2, [r0]\n svc #1\n ldr r3, [r0]\n setend le\n"
             "ldr r0, [r0]\n eor r0, r0, r2, ror #4\n eor r0, r0, r3")
BIG(big_udf, "udf #1")

static uint32_t word_va;

static uint32_t run(void (*fn)(uint32_t))
{
    catch_user(fn, word_va);
    return user_returned() ? last_trap.r[0] : 0xbad00000 | last_trap.kind;
}

static void loads(void)
{
    write32(word_va, 0x11223344);
    write32(word_va + 4, 0x55667788);
    report_eq(run(big_ldr), 0x44332211, "LDR");
    report_eq(run(big_ldrh), 0x4433, "LDRH");
    report_eq(run(big_ldrsh), 0x6655, "LDRSH");
    report_eq(run(big_ldrb), 0x44, "LDRB");
    report_eq(run(big_ldm), 0x44332211 + 0x88776655, "LDM");
    report_eq(run(big_ldrd), 0x44332211 - 0x88776655, "LDRD");
}

static void stores(void)
{
    run(big_str);
    report_eq(read32(word_va), 0x04030201, "STR");
    run(big_strh);
    report_eq(read32(word_va), 0x04030403, "STRH");
    run(big_stm);
    report(read32(word_va) == 0x04030201 && read32(word_va + 4) == 0x04030201, "STM");
    report_eq(run(big_push), 0x04030201, "PUSH, then POP little-endian");
}

static bool step_svc(struct trap *t)
{
    return t->kind == EXC_SVC && (t->spsr & PSR_E) && !(t->cpsr & PSR_E);
}

static void exceptions(void)
{
    report((run(big_mrs) & PSR_E) != 0, "MRS shows E");
    write32(word_va, 0x12345678);
    trap_hook = step_svc;
    report_eq(run(big_svc), 0x12345678u ^ 0x27856341u ^ 0x78563412u, "kept over SVC");
    trap_hook = NULL;
    report(catch_user(big_udf, word_va) == EXC_UND && (last_trap.spsr & PSR_E) && !(last_trap.cpsr & PSR_E),
           "exception entry: E from SCTLR.EE, SPSR.E as it was");
}

void test_main(void)
{
    mmu_setup();
    word_va = (uint32_t)user_stack;
    loads();
    stores();
    exceptions();
}
