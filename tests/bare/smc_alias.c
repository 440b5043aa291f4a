/*
 * Self-modifying code (DDI 0406C A3.5.4): new instructions run after clean, invalidate, DSB, ISB, whatever
 * address they are written through; before that old or new may run.
 */
#include "lib/mmu.h"

#define CODE TEST_PA            /* written and run here (identity) ... */
#define ALIAS TEST_VA           /* ... and here */
#define MOV_R0(n) (0xe3a00000u | (n))
#define MOVW_R0(n) (0xe3000000u | (n))
#define BX_LR 0xe12fff1eu
#define NOP 0xe1a00000u
#define UDF 0xe7f000f0u
#define BL(from, to) (0xeb000000u | ((((to) - (from) - 8) >> 2) & 0xffffff))

typedef uint32_t code_fn(uint32_t);

enum how { BY_LINE, BY_ALL, WAYS };
static const char *const how_names[WAYS] = { "ICIMVAU", "ICIALLU" };

static uint32_t call(uint32_t va, uint32_t arg)
{
    return ((code_fn *)va)(arg);
}

/* Makes what was written at va run. */
static void sync_code(uint32_t va, enum how how)
{
    CP15_WRITE(0, c7, c11, 1, va); /* DCCMVAU */
    dsb();
    if (how == BY_LINE)
        CP15_WRITE(0, c7, c5, 1, va);
    else
        CP15_WRITE(0, c7, c5, 0, 0);
    CP15_WRITE(0, c7, c5, 6, 0); /* BPIALL */
    dsb();
    isb();
}

static void put(uint32_t va, uint32_t insn, enum how how)
{
    write32(va, insn);
    sync_code(va, how);
}

static void function_at(uint32_t va, uint32_t n)
{
    write32(va + 4, BX_LR);
    put(va, MOV_R0(n), BY_ALL);
}

/* Written through one address, run through another; 40 times each. */
static void patch(uint32_t write_va, uint32_t run_va, const char *name)
{
    for (enum how how = 0; how < WAYS; how++) {
        bool ok = true;

        function_at(CODE, 0);
        for (uint32_t n = 1; n < 40; n++) {
            uint32_t got;

            write32(write_va, MOV_R0(n));
            got = call(run_va, 0);
            ok &= got == n || got == n - 1;
            sync_code(write_va, how);
            if (write_va != run_va)
                sync_code(run_va, how);
            for (unsigned times = 0; times < n % 3 + 1; times++)
                ok &= call(run_va, 0) == n;
            ok &= read32(run_va) == MOV_R0(n) && read32(write_va) == MOV_R0(n);
        }
        print("%s, %s: ", name, how_names[how]);
        report(ok, "old or new before, new after");
    }
}

#define MRS_R1 0xe10f1000u
#define ADD_R0(n) (0xe2800000u | (n))
#define ROW_WORDS 28

/* Among instructions that a hypervisor may translate together, one after the other is patched, and back. */
static void row_patched(enum how how)
{
    bool ok = true;

    for (unsigned i = 0; i < ROW_WORDS; i++)
        write32(CODE + 4 * i, i % 3 ? ADD_R0(1) : MRS_R1);
    put(CODE + 4 * ROW_WORDS, BX_LR, BY_ALL);
    sync_code(CODE + 64, BY_LINE);
    for (unsigned i = 0; i < ROW_WORDS; i++) {
        uint32_t was = read32(CODE + 4 * i), sum = ROW_WORDS - (ROW_WORDS + 2) / 3;

        ok &= call(CODE, 0) == sum;
        put(CODE + 4 * i, ADD_R0(100), how);
        ok &= call(CODE, 0) == sum + 100 - (was == ADD_R0(1));
        put(CODE + 4 * i, was, how);
        ok &= call(CODE + 4 * (i / 2), 0) <= sum;
    }
    print("a row of system instructions patched word by word, %s: ", how_names[how]);
    report(ok, "each seen");
}

static void hot_then_patched(void)
{
    bool ok = true;

    function_at(CODE + 0x40, 1);
    for (unsigned n = 0; n < 5000; n++)
        ok &= call(CODE + 0x40, 0) == 1;
    put(CODE + 0x40, MOV_R0(2), BY_LINE);
    for (unsigned n = 0; n < 5000; n++)
        ok &= call(CODE + 0x40, 0) == 2;
    report(ok, "function patched after 5000 calls");
}

/*
 * A page that is code and data: the function counts in a word beside it.
 *   ldr r1, [pc, #0x78]; add r1, r1, #step; str r1, [pc, #0x70]; mov r0, r1; bx lr
 */
static void code_with_data(void)
{
    uint32_t at = CODE + 0x200, sum = 0;
    bool ok = true;

    write32(at, 0xe59f1078);
    write32(at + 4, 0xe2811001);
    write32(at + 8, 0xe58f1070);
    write32(at + 12, 0xe1a00001);
    write32(at + 16, BX_LR);
    write32(at + 0x80, 0);
    sync_code(at, BY_ALL);
    for (uint32_t n = 0; n < 3000; n++) {
        if (n % 500 == 0)
            put(at + 4, 0xe2811000 | (n / 500 + 1), n & 1 ? BY_LINE : BY_ALL);
        sum += n / 500 + 1;
        ok &= call(at, 0) == sum && read32(at + 0x80) == sum;
    }
    report(ok, "code and data in one page, code patched now and then");
}

/* Data written around code, many times, with the code running between. */
static void data_around_code(void)
{
    volatile uint8_t *data = (volatile uint8_t *)(CODE + 0x800);
    bool ok = true;

    function_at(CODE + 0x7f8, 9);
    for (uint32_t n = 0; n < 4000; n++) {
        data[n & 0x7ff] = (uint8_t)n;
        ok &= call(CODE + 0x7f8, 0) == 9 && data[n & 0x7ff] == (uint8_t)n;
    }
    report(ok, "data written beside code 4000 times");
}

static void stores_by_pc(void)
{
    uint32_t at = CODE + 0x300;

    write32(at, 0xe58f0018);      /* str r0, [pc, #24] */
    write32(at + 4, 0xe59f1014);  /* ldr r1, [pc, #20] */
    write32(at + 8, 0xe2811001);  /* add r1, r1, #1 */
    write32(at + 12, 0xe1a00001); /* mov r0, r1 */
    write32(at + 16, BX_LR);
    sync_code(at, BY_ALL);
    report(call(at, 41) == 42 && call(at, 99) == 100, "STR relative to PC, read back at once");
}

static void hit(uint32_t va)
{
    call(va, 0);
}

/* As breakpoints and call sites are patched by kernels. */
static void breakpoints(void)
{
    uint32_t at = CODE + 0x400, helper = CODE + 0x500;
    bool ok = true;

    function_at(helper, 77);
    for (unsigned n = 0; n < 20; n++) {
        function_at(at, 3);
        ok &= call(at, 0) == 3;
        put(at, UDF, BY_LINE);
        ok &= catch_call(hit, at) == EXC_UND && last_trap.lr == at + 4;
        put(at, 0xe1200070, BY_LINE); /* BKPT */
        ok &= catch_call(hit, at) == EXC_PABT && last_trap.lr == at + 4;
        put(at, MOV_R0(3), BY_LINE);
        ok &= call(at, 0) == 3;
    }
    report(ok, "UDF and BKPT put in and taken out");
    write32(at, 0xe92d4010);      /* push {r4, lr} */
    write32(at + 4, NOP);
    write32(at + 8, 0xe8bd8010);  /* pop {r4, pc} */
    sync_code(at, BY_ALL);
    ok = true;
    for (unsigned n = 0; n < 20; n++) {
        put(at + 4, NOP, BY_LINE);
        ok &= call(at, 5) == 5;
        put(at + 4, BL(at + 4, helper), BY_LINE);
        ok &= call(at, 5) == 77;
    }
    report(ok, "NOP to BL and back");
}

/* Code that patches the instruction after its own ISB. */
static void patches_itself(void)
{
    static const uint32_t code[] = {
        0xe28f201c, /*      add r2, pc, #28: the instruction to patch */
        0xe5820000, /*      str r0, [r2] */
        0xee072f3b, /*      DCCMVAU r2 */
        0xf57ff04f, /*      dsb */
        0xee072f35, /*      ICIMVAU r2 */
        0xee070fd5, /*      BPIALL */
        0xf57ff04f, /*      dsb */
        0xf57ff06f, /*      isb */
        NOP,
        MOV_R0(0),  /*      patched */
        BX_LR,
    };
    uint32_t at = CODE + 0x600;
    bool ok = true;

    for (unsigned n = 0; n < sizeof(code) / 4; n++)
        write32(at + 4 * n, code[n]);
    sync_code(at, BY_ALL);
    for (uint32_t n = 0; n < 100; n++)
        ok &= call(at, MOV_R0(n)) == n;
    report(ok, "code that patches itself ahead");
}

/* uint32_t mover(to): position independent; copies itself to "to" and goes on there. */
__attribute__((naked)) static uint32_t mover(uint32_t to)
{
    __asm__ volatile(
        "adr r1, 1f\n"
        "adr r2, 3f\n"
        "mov r3, r0\n"
        "2: ldr r12, [r1], #4\n"
        "str r12, [r3]\n"
        "mcr p15, 0, r3, c7, c11, 1\n" /* DCCMVAU */
        "add r3, r3, #4\n"
        "cmp r1, r2\n"
        "blo 2b\n"
        "dsb\n mov r12, #0\n"
        "mcr p15, 0, r12, c7, c5, 0\n"
        "mcr p15, 0, r12, c7, c5, 6\n"
        "dsb\n isb\n"
        "mov pc, r0\n"
        "1: adr r1, 1b\n"              /* runs at the new place: its own address */
        "subs r0, r1, r0\n"
        "ldreq r0, 4f\n"
        "bx lr\n"
        "4: .word 0x600d600d\n"
        "3:\n");
}

static void relocation(void)
{
    bool ok = true;

    for (uint32_t n = 0; n < 30; n++)
        ok &= mover(CODE + 0x1000 + 0x84 * n) == 0x600d600d;
    report(ok, "code that copies itself and goes on there");
}

/* Functions that change at once: a whole page written again, as a loader or decompressor does. */
static void pages_rewritten(void)
{
    bool ok = true;

    for (uint32_t round = 1; round < 20; round++) {
        for (uint32_t n = 0; n < 512; n++) {
            write32(CODE + 0x2000 + 8 * n, MOV_R0((n + round) & 0xff));
            write32(CODE + 0x2004 + 8 * n, BX_LR);
        }
        for (uint32_t line = 0; line < 0x1000; line += 32)
            CP15_WRITE(0, c7, c11, 1, CODE + 0x2000 + line);
        sync_code(CODE + 0x2000, BY_ALL);
        for (uint32_t n = 0; n < 512; n += 7)
            ok &= call(CODE + 0x2000 + 8 * n, 0) == ((n + round) & 0xff);
    }
    report(ok, "a page of functions written again and again");
}

static uint32_t called;

static void call_code(uint32_t va)
{
    called = call(va, 0);
}

/* Instructions that umbra runs in software, then ones that it does not: the old or the new, nothing else. */
static void traps_replaced(void)
{
    static const uint32_t traps[] = { 0xef000001, 0xe14f0000, 0xe16ff000, 0xf1020013 };
    bool ok = true, after = true;

    for (unsigned i = 0; i < sizeof(traps) / sizeof(traps[0]); i++) {
        uint32_t kind;

        write32(CODE + 4, BX_LR);
        put(CODE, traps[i], BY_ALL);
        catch_call(call_code, CODE);
        write32(CODE, MOVW_R0(5));
        kind = catch_call(call_code, CODE);
        ok &= kind == EXC_NONE || (kind == EXC_SVC && i == 0);
        sync_code(CODE, BY_LINE);
        after &= catch_call(call_code, CODE) == EXC_NONE && called == 5;
    }
    report(ok, "a trap replaced, before maintenance: the old or the new");
    report(after, "a trap replaced, after maintenance: the new");
}

static void user_code(void)
{
    uint32_t *l2 = l2_under(l1_table, TEST_VA + 0x100000, 0);
    bool ok = true;

    l2_set(l2, TEST_VA + 0x100000, SMALL(CODE, AP_ALL_RO));
    isb();
    for (uint32_t n = 0; n < 30; n++) {
        function_at(CODE, n);
        sync_code(TEST_VA + 0x100000, BY_LINE);
        ok &= probe_user_exec(TEST_VA + 0x100000) == 0 && probe_value == n && call(CODE, 0) == n;
    }
    report(ok, "user code patched by the kernel through an alias");
}

/* Code was written, so that maintenance must look, and it names addresses where nothing is. */
static void nowhere(void)
{
    static const uint32_t places[] = { 0xfa000000, 0xfb000000, 0xfb700000, 0xfb800000,
                                       0xfbfff000, 0xfffff000, 0x00000040 };
    volatile uint32_t *code = (volatile uint32_t *)(uint32_t)nowhere;

    for (unsigned i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        *code = *code;
        CP15_WRITE(0, c7, c5, 1, places[i]);
        isb();
    }
    CP15_WRITE(0, c7, c5, 0, 0);
    isb();
    report(true, "ICIMVAU of nothing");
}

void test_main(void)
{
    patch(CODE, CODE, "MMU off");
    relocation();
    mmu_setup();
    l1_set(l1_table, ALIAS, SECTION(CODE, AP_PRIV));
    isb();
    patch(CODE, CODE, "same address");
    patch(CODE, ALIAS, "written at its own address, run at an alias");
    patch(ALIAS, CODE, "written at an alias");
    hot_then_patched();
    row_patched(BY_LINE);
    row_patched(BY_ALL);
    code_with_data();
    data_around_code();
    stores_by_pc();
    breakpoints();
    patches_itself();
    relocation();
    pages_rewritten();
    traps_replaced();
    user_code();
    nowhere();
}
