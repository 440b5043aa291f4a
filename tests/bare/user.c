/* User mode: what it may do, what it may not, and what it keeps over exceptions. */
#include "lib/gic.h"
#include "lib/mmu.h"

typedef void user_fn(uint32_t);
user_fn user_svc_loop, user_work, user_neon, user_vfp_add, user_cps, user_msr_c, user_msr_f, user_mrs,
    user_udf, user_bkpt, user_barriers, user_svc_args, user_tpidrs, user_push, user_process, user_thumb, user_peek;
struct undef { user_fn *fn; const char *name; };
extern const struct undef undef_table[];

#define USER_BITS (PSR_FLAGS | PSR_Q | PSR_GE | PSR_T | PSR_MODE)
#define CPACR_READ() CP15_READ(0, c1, c0, 2)
#define CPACR_WRITE(v) do { CP15_WRITE(0, c1, c0, 2, v); isb(); } while (0)

static uint32_t svc_count, svc_sum;

/* SVC 0x42 adds r0 and r1; 0x43 adds up its arguments.  The number is in the instruction (A8.8.228). */
static bool on_svc(struct trap *t)
{
    uint32_t number;

    if (t->kind != EXC_SVC)
        return false;
    number = t->spsr & PSR_T ? *(uint16_t *)(t->lr - 2) & 0xff : read32(t->lr - 4) & 0xffffff;
    if (number == 0xff)
        return false;
    svc_count++;
    if (number == 0x42 && !(t->spsr & PSR_T))
        t->r[0] += t->r[1];
    if (number == 0x43)
        t->r[0] = svc_sum = t->r[0] + t->r[1] * 10 + t->r[2] * 100 + t->r[3] * 1000 + t->r[7] * 10000;
    return true;
}

/* Runs a program to its return; what it returned, or a number that names the exception. */
static uint32_t run(user_fn *fn, uint32_t arg)
{
    uint32_t kind = catch_user(fn, arg);

    return user_returned() ? last_trap.r[0] : 0xbad00000 | kind;
}

static void system_calls(void)
{
    trap_hook = on_svc;
    svc_count = 0;
    report_eq(run(user_svc_args, 9), 73219, "SVC with arguments");
    report_eq(run(user_svc_loop, 2000), 0, "2000 SVCs, registers and flags kept");
    report_eq(svc_count, 2001, "each SVC arrived");
    report_eq(run(user_thumb, 0), 77, "SVC from Thumb");
    trap_hook = NULL;
}

void space_by_ldm(uint32_t ttbr0, uint32_t asid);

/* User mode entered right after a change of address space sees the new one's memory. */
static void spaces(void)
{
    uint32_t ttbr0 = CP15_READ(0, c2, c0, 0), flags = ttbr0 & 0x3fff, va = 0x50000000, wrong = 0;

    mmu_identity(l1_other);
    l1_set(l1_table, va, SECTION(TEST_PA + 0x100000, AP_ALL) | L1_NG);
    l1_set(l1_other, va, SECTION(TEST_PA + 0x200000, AP_ALL) | L1_NG);
    write32(TEST_PA + 0x100000, 1);
    write32(TEST_PA + 0x200000, 2);
    tlbi_all();
    for (unsigned i = 0; i < 20; i++) {
        bool other = i & 1;

        space_by_ldm(((uint32_t)(other ? l1_other : l1_table)) | flags, other);
        wrong += run(user_peek, va) != 1u + other;
    }
    space_by_ldm(ttbr0, 0);
    report_eq(wrong, 0, "User mode sees the space that was entered last");
}

uint32_t space_vfp_read(uint32_t ttbr0, uint32_t asid, const uint32_t *va);

/* The same of a kernel that does something between, as when it changes threads. */
static void spaces_and_vfp(void)
{
    uint32_t (*far)(uint32_t, uint32_t, const uint32_t *), alias = 0x80000000;
    uint32_t ttbr0 = CP15_READ(0, c2, c0, 0), flags = ttbr0 & 0x3fff, va = 0x51000000, wrong = 0;

    CP15_WRITE(0, c1, c0, 2, 0xf00000);
    isb();
    mmu_identity(l1_other);
    l2_set(l2_under(l1_table, va, 0), va, SMALL(TEST_PA + 0x100000, AP_ALL) | L2_NG);
    l2_set(l2_under(l1_other, va, 0), va, SMALL(TEST_PA + 0x200000, AP_ALL) | L2_NG);
    for (unsigned i = 0; i < 20; i++) {
        bool other = i & 1;

        tlbi_all();
        wrong += space_vfp_read(((uint32_t)(other ? l1_other : l1_table)) | flags, other, (uint32_t *)va) != 1u + other;
    }
    space_by_ldm(ttbr0, 0);
    report_eq(wrong, 0, "and so does a kernel that disabled VFP meanwhile");
    /* the same by code that the other space has not executed before, far from all the rest */
    far = (void *)(alias | ((uint32_t)space_vfp_read & 0xfffff));
    l1_set(l1_table, alias, SECTION((uint32_t)space_vfp_read & 0xfff00000, AP_ALL));
    l1_set(l1_other, alias, SECTION((uint32_t)space_vfp_read & 0xfff00000, AP_ALL));
    dsb();
    isb();
    wrong = far(ttbr0, 0, (uint32_t *)va) != 1;
    wrong += far((uint32_t)l1_other | flags, 1, (uint32_t *)va) != 2;
    space_by_ldm(ttbr0, 0);
    report_eq(wrong, 0, "by code far away, too");
}

static void undefined(void)
{
    for (const struct undef *u = undef_table; u->fn; u++) {
        bool ok = catch_user(u->fn, 0) == EXC_UND && last_trap.lr == (uint32_t)u->fn + 4;

        ok &= (last_trap.spsr & PSR_MODE) == MODE_USR;
        print("user %s: ", u->name);
        report(ok, "UNDEFINED");
    }
    report(catch_user(user_bkpt, 0) == EXC_PABT && fsr_status(last_trap.ifsr) == 2, "user BKPT");
    report_eq(run(user_barriers, 0), 1, "user barriers and hints");
}

static void no_privilege(void)
{
    report_eq(run(user_mrs, 0) & (PSR_MODE | PSR_T), MODE_USR, "user MRS CPSR");
    report_eq(run(user_cps, 0) & PSR_MODE, MODE_USR, "user CPS changes nothing");
    report_eq(last_trap.spsr & (PSR_MODE | PSR_I | PSR_F | PSR_A), MODE_USR, "nor the masks");
    report_eq(run(user_msr_c, 0) & PSR_MODE, MODE_USR, "user MSR CPSR_c changes nothing");
    report_eq(last_trap.spsr & (PSR_MODE | PSR_I | PSR_F | PSR_A), MODE_USR, "nor the masks");
    report_eq(run(user_msr_f, 0) & USER_BITS, 0xf80f0010, "user MSR CPSR_fsxc changes flags, Q, GE");
    report_eq(last_trap.spsr & (USER_BITS | PSR_I | PSR_F | PSR_A), 0xf80f0010, "and nothing else");
}

static uint32_t kernel_word;

static void kernel_pages(void)
{
    uint32_t va = (uint32_t)&kernel_word;
    bool ok = true;

    report(probe_user_read(va) == FAULT_D(0xf) && fault_at(va, false), "user read of a kernel page");
    report(probe_user_write(va) == FAULT_D(0xf) && fault_at(va, true), "user write of a kernel page");
    report(probe_user_exec((uint32_t)vectors) == FAULT_I(0xf), "user fetch from a kernel page");
    report(probe_user_read(TEST_PA) == FAULT_D(0xd), "user read of a kernel section");
    report(probe_user_read(0x09000000) == FAULT_D(0xd), "user read of a device");
    report(probe_user_read(0xfffff000) == FAULT_D(5), "user read of nothing");
    report(probe_user_read(0xfa000000) == FAULT_D(5), "user read high up");
    for (uint32_t n = 0; n < 300; n++) {
        kernel_word = n;
        ok &= probe_user_read(va) == FAULT_D(0xf) && kernel_word == n;
        ok &= probe_user_write(va) == FAULT_D(0xf) && kernel_word == n;
    }
    report(ok, "kernel page used and refused, 300 times");
}

static void threads(void)
{
    bool ok = true;

    CP15_WRITE(0, c13, c0, 2, 1000);
    CP15_WRITE(0, c13, c0, 3, 50);
    CP15_WRITE(0, c13, c0, 4, 0xabcdef);
    for (uint32_t n = 0; n < 100; n++) {
        ok &= run(user_tpidrs, 0) == 1000 + n + 2 * (50 + n);
        ok &= CP15_READ(0, c13, c0, 2) == 1001 + n && CP15_READ(0, c13, c0, 3) == 50 + n;
        ok &= CP15_READ(0, c13, c0, 4) == 0xabcdef + n;
        CP15_WRITE(0, c13, c0, 3, 51 + n);
        CP15_WRITE(0, c13, c0, 4, 0xabcdf0 + n);
    }
    report(ok, "TPIDRURW, TPIDRURO, TPIDRPRW are three registers");
}

static uint32_t fpexc_read(void)
{
    uint32_t v;

    __asm__ volatile(".fpu neon\n vmrs %0, fpexc" : "=r"(v));
    return v;
}

static void fpexc_write(uint32_t v)
{
    __asm__ volatile(".fpu neon\n vmsr fpexc, %0\n isb" :: "r"(v) : "memory");
}

static void fpexc_touch(uint32_t arg)
{
    fpexc_read();
}

static void kernel_add(uint32_t arg)
{
    user_vfp_add(arg);
}

static void vfp(void)
{
    CPACR_WRITE(0);
    report(catch_user(user_vfp_add, 0) == EXC_UND, "CPACR off: user VFP is UNDEFINED");
    report(catch_call(kernel_add, 0) == EXC_UND, "CPACR off: kernel VFP is UNDEFINED");
    report(catch_call(fpexc_touch, 0) == EXC_UND, "CPACR off: FPEXC is UNDEFINED");
    CPACR_WRITE(5u << 20);
    fpexc_write(0x40000000);
    report(catch_user(user_vfp_add, 0) == EXC_UND, "CPACR privileged only: user VFP is UNDEFINED");
    report(catch_call(kernel_add, 0) == EXC_NONE, "CPACR privileged only: kernel VFP works");
    CPACR_WRITE(15u << 20);
    report_eq(CPACR_READ() >> 20 & 15, 15, "CPACR reads back");
    fpexc_write(0);
    report_eq(fpexc_read() & 0x40000000, 0, "FPEXC.EN clear");
    report(catch_user(user_vfp_add, 0) == EXC_UND && last_trap.lr == (uint32_t)user_vfp_add + 8,
           "FPEXC off: user VFP is UNDEFINED");
    report(catch_call(kernel_add, 0) == EXC_UND, "FPEXC off: kernel VFP is UNDEFINED");
    fpexc_write(0x40000000);
    report_eq(fpexc_read() & 0x40000000, 0x40000000, "FPEXC.EN set");
    report_eq(run(user_vfp_add, 0), 6, "user VFP computes");
}

/* Enabled at the first use, as kernels do. */
static bool lazy_vfp(struct trap *t)
{
    if (t->kind == EXC_UND && !(fpexc_read() & 0x40000000)) {
        fpexc_write(0x40000000);
        t->lr -= 4;
        svc_sum++;
        return true;
    }
    return on_svc(t);
}

static uint32_t neon_digest(void)
{
    uint32_t sum = 0, v[32], x = 7;

    for (uint32_t n = 0; n < 16; n++) {
        x += 3 * n + 1;
        v[2 * n] = v[2 * n + 1] = x;
    }
    for (uint32_t n = 0; n < 32; n++) {
        sum += v[n];
        sum = (sum >> 5 | sum << 27) ^ v[n];
    }
    return sum;
}

static void neon(void)
{
    bool ok = true;

    trap_hook = lazy_vfp;
    svc_sum = 0;
    for (unsigned n = 0; n < 20; n++) {
        fpexc_write(0);
        ok &= check_eq(run(user_neon, 50), neon_digest(), "digest");
    }
    report(ok && svc_sum == 20, "NEON registers kept over SVCs, enabled when used");
    trap_hook = NULL;
}

static volatile uint32_t tick_count;

static bool on_tick(struct trap *t)
{
    if (t->kind != EXC_IRQ)
        return on_svc(t);
    t->lr -= 4;
    if (read32(GICC_IAR) == IRQ_CNTV) {
        tick_count++;
        CNTV_TVAL_WRITE(CNTFRQ() / 4000);
        write32(GICC_EOIR, IRQ_CNTV);
    }
    return true;
}

static void interrupted(void)
{
    uint32_t quiet, rounds = 30000;
    bool ok = true;

    quiet = run(user_work, rounds);
    gic_init();
    gic_enable(IRQ_CNTV);
    trap_hook = on_tick;
    tick_count = 0;
    CNTV_TVAL_WRITE(1000);
    CNTV_CTL_WRITE(CNT_ENABLE);
    for (unsigned n = 0; n < 300 && (n < 5 || tick_count < 20); n++) {
        ok &= check_eq(run(user_work, rounds), quiet, "digest");
        ok &= check_eq(run(user_neon, 1), neon_digest(), "NEON digest");
    }
    CNTV_CTL_WRITE(0);
    trap_hook = NULL;
    report(ok && tick_count >= 20, "user work under timer interrupts");
}

static uint32_t *stack_l2;

static bool page_in(struct trap *t)
{
    if (t->kind != EXC_DABT || fsr_status(t->dfsr) != 7 || (t->dfar & 0xffff0000) != TEST_VA)
        return false;
    l2_set(stack_l2, t->dfar, SMALL(TEST_PA + (t->dfar & 0xf000), AP_ALL));
    isb();
    t->lr -= 8;
    return true;
}

static void demand_paging(void)
{
    bool ok = true;

    stack_l2 = l2_under(l1_table, TEST_VA, 0);
    trap_hook = page_in;
    for (unsigned n = 0; n < 50; n++) {
        ok &= check_eq(run(user_push, TEST_VA + 0x1000 + 4 * (n & 7)), 0x221, "result");
        l2_set(stack_l2, TEST_VA, 0);
        l2_set(stack_l2, TEST_VA + 0x1000, 0);
        tlbi_all();
    }
    trap_hook = NULL;
    report(ok, "user stack paged in");
}

/* Two processes at the same addresses, each with its tables, switched at each SVC 0x44. */
static struct trap saved[2];
static uint32_t saved_sp[2], current, switches;
static bool over[2], wrong_process;

#define SP_USR_READ() ({ uint32_t v; __asm__ volatile("stm %1, {sp}^" : "=m"(v) : "r"(&v)); v; })
#define LR_USR_READ() ({ uint32_t v; __asm__ volatile("stm %1, {lr}^" : "=m"(v) : "r"(&v)); v; })
#define USR_WRITE(reg, value) do { uint32_t v = (value); \
        __asm__ volatile("ldm %0, {" reg "}^\n nop" :: "r"(&v), "m"(v)); } while (0)
static uint32_t saved_lr[2];

static void switch_to(uint32_t next, struct trap *t)
{
    saved[current] = *t;
    saved_sp[current] = SP_USR_READ();
    saved_lr[current] = LR_USR_READ();
    current = next;
    space_set(next ? l1_other : l1_table, 10 + next);
    *t = saved[next];
    USR_WRITE("sp", saved_sp[next]);
    USR_WRITE("lr", saved_lr[next]);
    switches++;
}

static bool on_yield(struct trap *t)
{
    if (t->kind != EXC_SVC)
        return false;
    if ((read32(t->lr - 4) & 0xffffff) == 0x44) {
        if (!over[!current])
            switch_to(!current, t);
        return true;
    }
    over[current] = true;
    wrong_process |= t->r[0] != 0;
    if (over[!current])
        return false;
    switch_to(!current, t);
    return true;
}

static void processes(void)
{
    uint32_t *l2[2];

    mmu_identity(l1_other);
    for (uint32_t n = 0; n < 2; n++) {
        uint32_t *l1 = n ? l1_other : l1_table, pa = TEST_PA + 0x2000 * n;

        l2[n] = l2_under(l1, 0x90000000, 0);
        l2_set(l2[n], 0x90000000, SMALL(pa, AP_ALL) | L2_NG);
        l2_set(l2[n], 0x90001000, SMALL(pa + 0x1000, AP_ALL) | L2_NG);
        write32(pa + 4, 1000 * (n + 1));
    }
    saved[1] = saved[0] = (struct trap){ .lr = (uint32_t)user_process, .spsr = MODE_USR };
    saved[1].r[0] = 500;
    saved_sp[1] = 0x90002000;
    saved_lr[1] = (uint32_t)user_exit;
    trap_hook = on_yield;
    space_set(l1_table, 10);
    catch_user(user_process, 500);
    trap_hook = NULL;
    space_set(l1_table, 0);
    report(over[0] && over[1] && !wrong_process, "two processes ended well");
    report_eq(switches, 1001, "switches");
}

void test_main(void)
{
    mmu_setup();
    system_calls();
    spaces();
    spaces_and_vfp();
    undefined();
    no_privilege();
    kernel_pages();
    threads();
    vfp();
    neon();
    interrupted();
    demand_paging();
    processes();
}
