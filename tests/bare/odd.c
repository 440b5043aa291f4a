/*
 * What is UNPREDICTABLE or differs on purpose (CAVEATS.md), so that there is no oracle: coprocessor accesses
 * with the PC as a register are UNDEFINED, so is SETEND BE in a privileged mode; code whose page is unmapped
 * without maintenance goes on or takes a prefetch abort.  At the end the only processor switches itself off.
 */
#include "lib/mmu.h"

#define CODE TEST_PA
#define PSCI_CPU_OFF 0x84000002u

static void sync_code(uint32_t va)
{
    CP15_WRITE(0, c7, c11, 1, va);
    dsb();
    CP15_WRITE(0, c7, c5, 0, 0);
    dsb();
    isb();
}

/* One word of A32, or of T32 (a short one in the lower half), and a return. */
static uint32_t run_one(uint32_t word, bool thumb)
{
    if (thumb && word >> 16)
        write32(CODE, word >> 16 | word << 16);
    else
        write32(CODE, thumb ? word | 0xbf000000 : word);
    write32(CODE + 4, thumb ? 0x47704770 : 0xe12fff1e);
    sync_code(CODE);
    return catch_call((void (*)(uint32_t))(CODE | thumb), 0);
}

static void pc_as_register(void)
{
    static const uint32_t words[] = {
        0xee11ff10, 0xee01ff10, 0xee0dff70,             /* MRC, MCR: SCTLR; TPIDRURO */
        0xeef0fa10, 0xeef8fa10, 0xeee8fa10,             /* VMRS, VMSR: FPSID, FPEXC */
        0xec51ff0e, 0xec5f0f0e, 0xec51ff1e,             /* MRRC: CNTPCT, CNTVCT */
        0xec42ff2e,                                     /* MCRR: CNTP_CVAL */
    };
    bool ok = true;

    CP15_WRITE(0, c1, c0, 2, 0xf00000);
    isb();
    for (unsigned i = 0; i < 2 * sizeof(words) / 4; i++)
        ok &= check_eq(run_one(words[i / 2], i & 1), EXC_UND, "exception");
    report(ok, "coprocessor accesses with the PC");
}

static void big_endian(void)
{
    report_eq(run_one(0xf1010200, false), EXC_UND, "A32 SETEND BE");
    report_eq(run_one(0xb658, true), EXC_UND, "T32 SETEND BE");
    report_eq(run_one(0xf1010000, false), EXC_NONE, "A32 SETEND LE");
    report_eq(run_one(0xb650, true), EXC_NONE, "T32 SETEND LE");
}

/* r0: the descriptor that maps the code. */
static const uint32_t unmapping[] = {
    0xe3a01000, 0xe5801000,             /* mov r1, #0; str r1, [r0] */
    0xf57ff04f,                         /* dsb */
    0xee101f10, 0xee101fb0,             /* mrc: MIDR, MPIDR: exits */
    0xe10f1000, 0xe12fff1e,             /* mrs r1, cpsr; bx lr */
};

static void unmapped_under_it(void)
{
    uint32_t *l2 = l2_under(l1_table, TEST_VA, 0), kind;
    bool ok = true;

    for (unsigned i = 0; i < sizeof(unmapping) / 4; i++)
        write32(CODE + 4 * i, unmapping[i]);
    sync_code(CODE);
    for (unsigned n = 0; n < 4; n++) {
        l2_set(l2, TEST_VA, SMALL(CODE, AP_PRIV));
        isb();
        kind = catch_call((void (*)(uint32_t))TEST_VA, (uint32_t)l2);
        ok &= kind == EXC_NONE || (kind == EXC_PABT && last_trap.ifar - TEST_VA < 0x1c);
        ok &= kind == EXC_NONE || last_trap.lr == last_trap.ifar + 4;
        tlbi_all();
    }
    report(ok, "code unmapped without maintenance: goes on, or a prefetch abort");
    l1_set(l1_table, TEST_VA, 0);
    tlbi_all();
}

/* A device's registers are no code: with or without XN. */
static void device_as_code(void)
{
    bool ok = true;

    l1_set(l1_table, TEST_VA, 0x09000000 | L1_SECTION | L1_AP(AP_ALL) | L1_TEXCB(TEXCB_DEVICE));
    isb();
    for (uint32_t at = TEST_VA; at < TEST_VA + 0x80; at += 16) {
        ok &= check_eq(probe_exec(at), FAULT_I(8), "kernel");
        ok &= check_eq(probe_exec(at | 1), FAULT_I(8), "T32");
        ok &= check_eq(probe_user_exec(at), FAULT_I(8), "user");
    }
    report(ok, "fetches from a device");
    l1_set(l1_table, TEST_VA, 0);
    tlbi_all();
}

void test_main(void)
{
    mmu_setup();
    pc_as_register();
    big_endian();
    unmapped_under_it();
    device_as_code();
    end_of_checks();
    psci_hvc(PSCI_CPU_OFF, 0, 0, 0);
    print("FAIL: CPU_OFF returned\n");
    power_off();
}
