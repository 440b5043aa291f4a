/* T32 code in privileged mode: sensitive instructions, PC, IT blocks, exceptions, interworking. */
#include "lib/gic.h"
#include "lib/mmu.h"

struct thumb_case { uint32_t (*fn)(void); uint32_t want; const char *name; };
extern const struct thumb_case thumb_table[];
extern uint16_t thumb_vectors[];

#define CAUSES(X) X(und16) X(und32) X(svc) X(pabt) X(dabt) X(dabt_w) X(irq) X(it_dabt) X(it_svc)
#define DECLARE(name) extern uint16_t tcause_##name##_at[]; void tcause_##name(uint32_t zero);
CAUSES(DECLARE)

static bool step_svc(struct trap *t)
{
    if (t->kind != EXC_SVC)
        return false;
    t->r[1] = 1;
    return true;
}

static void cases(void)
{
    trap_hook = step_svc;
    for (const struct thumb_case *c = thumb_table; c->fn; c++)
        report_eq(c->fn(), c->want, c->name);
    trap_hook = NULL;
}

static bool cases_quietly(void)
{
    bool ok = true;

    trap_hook = step_svc;
    for (unsigned n = 0; n < 30; n++)
        for (const struct thumb_case *c = thumb_table; c->fn; c++)
            ok &= check_eq(c->fn(), c->want, c->name);
    trap_hook = NULL;
    return ok;
}

/* Exceptions in Thumb state: LR as B1.8.3 has it, SPSR with T, IT as it stood. */
static void exceptions(const char *when)
{
    static const struct {
        const char *name;
        void (*fn)(uint32_t);
        uint16_t *at;
        uint32_t kind, offset, it;
    } list[] = {
        { "UDF", tcause_und16, tcause_und16_at, EXC_UND, 2, 0 },
        { "UDF.W", tcause_und32, tcause_und32_at, EXC_UND, 2, 0 },
        { "SVC", tcause_svc, tcause_svc_at, EXC_SVC, 2, 0 },
        { "BKPT", tcause_pabt, tcause_pabt_at, EXC_PABT, 4, 0 },
        { "LDM misaligned", tcause_dabt, tcause_dabt_at, EXC_DABT, 8, 0 },
        { "LDRD misaligned", tcause_dabt_w, tcause_dabt_w_at, EXC_DABT, 8, 0 },
        { "LDMEQ misaligned in an IT block", tcause_it_dabt, tcause_it_dabt_at, EXC_DABT, 10, 0x400 },
        { "SVCEQ in an IT block", tcause_it_svc, tcause_it_svc_at, EXC_SVC, 4, 0x800 },
        { "IRQ", tcause_irq, tcause_irq_at, EXC_IRQ, 6, 0 },
    };

    for (unsigned i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
        bool ok;

        if (list[i].kind == EXC_IRQ)
            gic_send_sgi(2);
        ok = check_eq(catch_call(list[i].fn, 0), list[i].kind, "exception");
        ok &= check_eq(last_trap.lr, (uint32_t)list[i].at + list[i].offset, "LR");
        ok &= check_eq(last_trap.spsr & (PSR_FLAGS | PSR_IT | PSR_T | PSR_MODE),
                       0x60000000 | list[i].it | PSR_T | MODE_SVC, "SPSR");
        if (list[i].kind == EXC_IRQ)
            write32(GICC_EOIR, read32(GICC_IAR));
        print("%s%s: ", when, list[i].name);
        report(ok, "exception from Thumb");
    }
}

/* SCTLR.TE: exceptions are taken in Thumb state. */
static void thumb_exceptions(void)
{
    uint32_t vbar = CP15_READ(0, c12, c0, 0);

    CP15_WRITE(0, c12, c0, 0, (uint32_t)thumb_vectors);
    SCTLR_WRITE(SCTLR_READ() | SCTLR_TE);
    isb();
    exceptions("TE, ");
    SCTLR_WRITE(SCTLR_READ() & ~SCTLR_TE);
    CP15_WRITE(0, c12, c0, 0, vbar);
    isb();
}

static uint32_t *l2;

static bool page_in(struct trap *t)
{
    uint32_t va = t->ifar & ~0xfffu;

    if (t->kind != EXC_PABT || fsr_status(t->ifsr) != 7)
        return false;
    if (l2[va >> 12 & 0xff])
        va += 0x1000; /* the second half of the instruction */
    l2_set(l2, va, SMALL(TEST_PA + (va & 0xf000), AP_PRIV));
    isb();
    t->lr -= 4;
    return true;
}

/* A 32-bit instruction with a half in each of two pages: movw r0, #0x1234; bx lr */
static void across_pages(void)
{
    volatile uint16_t *at = (uint16_t *)(TEST_PA + 0xffe);
    uint32_t (*fn)(void) = (uint32_t (*)(void))(TEST_VA + 0xfff);
    bool ok = true;

    at[0] = 0xf241;
    at[1] = 0x2034;
    at[2] = 0x4770;
    l2 = l2_under(l1_table, TEST_VA, 0);
    CP15_WRITE(0, c7, c5, 0, 0);
    dsb();
    isb();
    trap_hook = page_in;
    for (unsigned n = 0; n < 16; n++) {
        if (n & 1)
            l2_set(l2, TEST_VA, 0);
        if (n & 2)
            l2_set(l2, TEST_VA + 0x1000, 0);
        tlbi_all();
        ok &= check_eq(fn(), 0x1234, "MOVW");
    }
    trap_hook = NULL;
    report(ok, "instruction across the edge of two pages, paged in");
}

void test_main(void)
{
    uint32_t sum = sum_words(__text_start, __text_end);

    gic_init();
    cases();
    report(cases_quietly(), "all again, 30 times");
    exceptions("");
    thumb_exceptions();
    mmu_setup();
    report(cases_quietly(), "all again with the MMU on");
    exceptions("MMU on, ");
    across_pages();
    report(sum_words(__text_start, __text_end) == sum, "code reads as it did before it ran");
}
