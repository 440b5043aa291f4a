/* Exceptions from every mode to their own, and the banked registers. */
#include "lib/gic.h"

#define FLAGS 0xa8050000u /* N, C, Q, GE[0], GE[2] */

typedef void cause_fn(uint32_t cpsr);
cause_fn cause_und, cause_svc, cause_pabt, cause_dabt, cause_irq;
extern uint32_t cause_und_at[], cause_svc_at[], cause_pabt_at[], cause_dabt_at[], cause_irq_at[];
void bank_test(uint32_t *values);

struct source {
    const char *name;
    cause_fn *cause;
    uint32_t *at;
    uint32_t lr_offset;
    uint32_t mode;  /* entered */
    uint32_t masks; /* set on entry (B1.9) */
    uint32_t kind;
};

static const struct source sources[] = {
    { "UNDEF", cause_und, cause_und_at, 4, MODE_UND, PSR_I, EXC_UND },
    { "SVC", cause_svc, cause_svc_at, 4, MODE_SVC, PSR_I, EXC_SVC },
    { "PABT", cause_pabt, cause_pabt_at, 4, MODE_ABT, PSR_I | PSR_A, EXC_PABT },
    { "DABT", cause_dabt, cause_dabt_at, 8, MODE_ABT, PSR_I | PSR_A, EXC_DABT },
    { "IRQ", cause_irq, cause_irq_at, 4, MODE_IRQ, PSR_I | PSR_A, EXC_IRQ },
};

static const struct { const char *name; uint32_t mode; } modes[] = {
    { "USR", MODE_USR }, { "FIQ", MODE_FIQ }, { "IRQ", MODE_IRQ }, { "SVC", MODE_SVC },
    { "ABT", MODE_ABT }, { "UND", MODE_UND }, { "SYS", MODE_SYS },
};

static bool exception_ok(const struct source *s, uint32_t cpsr)
{
    bool ok = check_eq(catch_call(s->cause, cpsr), s->kind, "exception");

    ok &= check_eq(last_trap.lr, (uint32_t)s->at + s->lr_offset, "LR");
    ok &= check_eq(last_trap.spsr, cpsr, "SPSR");
    /* The flags survive entry (B1.9: only the bits named there change). */
    ok &= check_eq(last_trap.cpsr, (cpsr & ~PSR_MODE) | s->masks | s->mode, "CPSR on entry");
    if (s->kind == EXC_DABT)
        ok &= check_eq(fsr_status(last_trap.dfsr), 1, "DFSR.FS");
    if (s->kind == EXC_PABT)
        ok &= check_eq(fsr_status(last_trap.ifsr), 2, "IFSR.FS");
    return ok;
}

static void exceptions_from(uint32_t mode, const char *mode_name)
{
    static const uint32_t masks[] = { PSR_F | PSR_I, PSR_F, PSR_A | PSR_F | PSR_I, PSR_A | PSR_I };

    for (unsigned i = 0; i < sizeof(sources) / sizeof(sources[0]); i++) {
        const struct source *s = &sources[i];
        bool ok = true;

        for (unsigned m = 0; m < 4; m++) {
            if (s->kind == EXC_IRQ) {
                if (masks[m] & PSR_I)
                    continue;
                gic_send_sgi(3);
            }
            ok &= exception_ok(s, FLAGS | masks[m] | mode);
            if (s->kind == EXC_IRQ) {
                uint32_t iar = read32(GICC_IAR);

                ok &= check_eq(iar, 3, "IAR");
                write32(GICC_EOIR, iar);
            }
        }
        print("%s from %s: ", s->name, mode_name);
        report(ok, "kind, LR, SPSR, CPSR");
    }
}

static void timer_from(uint32_t mode, const char *mode_name)
{
    bool ok;

    CNTV_TVAL_WRITE(0);
    CNTV_CTL_WRITE(CNT_ENABLE);
    ok = exception_ok(&sources[4], FLAGS | PSR_F | mode);
    ok &= check_eq(read32(GICC_IAR), IRQ_CNTV, "IAR");
    CNTV_CTL_WRITE(0);
    write32(GICC_EOIR, IRQ_CNTV);
    print("timer IRQ from %s: ", mode_name);
    report(ok, "kind, LR, SPSR, CPSR");
}

static bool skip_svc(struct trap *t)
{
    return t->kind == EXC_SVC;
}

static void banked_registers(void)
{
    uint32_t values[26], want[26];
    uint32_t seed = 0x12345;
    bool ok = true;

    for (unsigned i = 0; i < 26; i++)
        values[i] = want[i] = random_next(&seed);
    /* SPSRs: modes and bits that exist (reserved bits are UNK/SBZP). */
    for (unsigned m = 0; m < 4; m++)
        values[3 * m + 2] = want[3 * m + 2] = (want[3 * m + 2] & 0xf80f01c0) | modes[m].mode;
    values[15] = want[15] = 0x600001df;
    trap_hook = skip_svc;
    bank_test(values);
    trap_hook = NULL;
    /* The SVC in between wrote SPSR_svc, with the CPSR; System mode has no SPSR to keep. */
    ok &= check_eq(values[15] & 0x1ff, read_cpsr() & 0x1ff, "SPSR_svc");
    for (unsigned i = 0; i < 26; i++)
        if (i != 14 && i != 15)
            ok &= check_eq(values[i], want[i], "banked register");
    report(ok, "banked registers of all modes");
}

void test_main(void)
{
    gic_init();
    gic_enable(IRQ_CNTV);
    for (unsigned i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        exceptions_from(modes[i].mode, modes[i].name);
        timer_from(modes[i].mode, modes[i].name);
    }
    banked_registers();
}
