/* The program status registers: MSR, MRS and CPS in all forms, flags, conditional execution. */
#include "lib/bare.h"

#define CPSR_WRITABLE 0xf80f01dfu /* but E, which the guest "endian" tests */

typedef uint32_t psr_fn(uint32_t base, uint32_t value);
struct msr_imm { psr_fn *fn; uint32_t mask, value; };
struct cps_form { psr_fn *fn; uint32_t clear, set, mode; };

extern psr_fn *const msr_cpsr_table[16], *const msr_spsr_table[16];
extern const struct msr_imm msr_imm_table[];
extern const struct cps_form cps_table[];
typedef uint32_t cond_fn(uint32_t flags);

#define COND_KINDS(X) \
    X(mrs, 1) X(msr_c, 1) X(msr_reg, 1) X(msr_f, 1) X(spsr, 1) X(mrs_spsr, 1) X(movs_pc, 0) X(movs_pc_lr, 0) \
    X(ldm_pc, 0) X(ldm_user, 1) X(stm_user, 1) X(mrc, 1) X(mcr, 1) X(mcr_uro, 1) X(ldrt, 1) X(strt, 1) \
    X(b, 0) X(bl, 0) X(bx, 0) X(blx, 0) X(mov_pc, 0) X(ldr_pc, 0) X(pop_pc, 0) X(literal, 1) X(adr, 1) \
    X(svc, 1)
#define COND_DECLARE(kind, taken) extern cond_fn *const cond_##kind##_table[15];
COND_KINDS(COND_DECLARE)

static const uint32_t mode_list[] = { MODE_FIQ, MODE_IRQ, MODE_SVC, MODE_ABT, MODE_UND, MODE_SYS };

static uint32_t field_bits(unsigned mask)
{
    return (mask & 1 ? 0xffu : 0) | (mask & 2 ? 0xff00u : 0) | (mask & 4 ? 0xff0000u : 0) |
           (mask & 8 ? 0xff000000u : 0);
}

static uint32_t random_cpsr(uint32_t *seed)
{
    uint32_t mode = mode_list[random_next(seed) % 6];

    /* Nothing may be delivered meanwhile: no interrupt is enabled at the GIC. */
    return (random_next(seed) & CPSR_WRITABLE & ~PSR_MODE) | mode;
}

static void msr_registers(void)
{
    uint32_t seed = 77;

    for (unsigned mask = 1; mask < 16; mask++) {
        bool cpsr_ok = true, spsr_ok = true;

        for (unsigned n = 0; n < 24; n++) {
            uint32_t base = random_cpsr(&seed), value = random_cpsr(&seed), field = field_bits(mask);
            uint32_t want = (base & ~field) | (value & field);

            cpsr_ok &= check_eq(msr_cpsr_table[mask](base, value) & CPSR_WRITABLE, want, "CPSR");
            spsr_ok &= check_eq(msr_spsr_table[mask](base, value) & CPSR_WRITABLE, want, "SPSR");
        }
        print("MSR register, fields %x: ", mask);
        report(cpsr_ok, "CPSR");
        print("MSR register, fields %x: ", mask);
        report(spsr_ok, "SPSR");
    }
    /* An MSR does not change execution state bits (B9.3.12): T and J stay 0, IT stays 0. */
    report((msr_cpsr_table[15](0x1d3, 0x1d3 | PSR_T | PSR_IT) & (PSR_T | PSR_IT)) == 0,
           "MSR leaves T and IT alone");
}

static void msr_immediates(void)
{
    uint32_t seed = 99;
    bool ok = true;

    for (const struct msr_imm *m = msr_imm_table; m->fn; m++) {
        for (unsigned n = 0; n < 8; n++) {
            uint32_t base = random_cpsr(&seed), field = field_bits(m->mask) & CPSR_WRITABLE;

            ok &= check_eq(m->fn(base, 0) & CPSR_WRITABLE, (base & ~field) | (m->value & field), "CPSR");
        }
    }
    report(ok, "MSR immediate");
}

static void cps_forms(void)
{
    uint32_t seed = 5;
    bool ok = true;

    for (const struct cps_form *c = cps_table; c->fn; c++) {
        for (unsigned n = 0; n < 6; n++) {
            uint32_t base = random_cpsr(&seed), want = (base & ~c->clear) | c->set;

            if (c->mode)
                want = (want & ~PSR_MODE) | c->mode;
            ok &= check_eq(c->fn(base, 0) & CPSR_WRITABLE, want, "CPSR");
        }
    }
    report(ok, "CPS, all forms from all modes");
}

psr_fn flags_adds, flags_subs, flags_cmp_msr, flags_cmp_cps, flags_cmp_cpsid, flags_cmp_mrs_msr,
    flags_cmp_msr_x,
    flags_cmp_bl, flags_qadd, flags_ge, flags_mrc, flags_ldrt, flags_svc;

static uint32_t nzcv(uint32_t result, bool c, bool v)
{
    return (result & 0x80000000) | (result ? 0 : 0x40000000) | (c ? 0x20000000 : 0) | (v ? 0x10000000 : 0);
}

static uint32_t flags_of_add(uint32_t a, uint32_t b)
{
    uint32_t r = a + b;

    return nzcv(r, r < a, (~(a ^ b) & (a ^ r)) >> 31);
}

static uint32_t flags_of_sub(uint32_t a, uint32_t b)
{
    return nzcv(a - b, a >= b, ((a ^ b) & (a ^ (a - b))) >> 31);
}

static bool step_svc(struct trap *t)
{
    if (t->kind == EXC_SVC)
        t->r[1] = 1;
    return t->kind == EXC_SVC;
}

static void flags_kept(void)
{
    static const uint32_t numbers[] = { 0, 1, 2, 0x7fffffff, 0x80000000, 0xffffffff, 0x12345678 };
    static const struct { const char *name; psr_fn *fn; bool add; } forms[] = {
        { "ADDS then MRS", flags_adds, true }, { "SUBS then MRS", flags_subs, false },
        { "CMP, MSR CPSR_c, MRS", flags_cmp_msr, false }, { "CMP, CPS, MRS", flags_cmp_cps, false },
        { "CMP, CPSID, MRS", flags_cmp_cpsid, false }, { "CMP, MRS, MSR, MRS", flags_cmp_mrs_msr, false },
        { "CMP, MSR CPSR_x, MRS", flags_cmp_msr_x, false }, { "CMP, BL, MRS", flags_cmp_bl, false },
        { "CMP, STRT, LDRT, MRS", flags_ldrt, false }, { "CMP, SVC, MRS", flags_svc, false },
    };

    trap_hook = step_svc;
    for (unsigned i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        bool ok = true;

        for (unsigned a = 0; a < 7; a++)
            for (unsigned b = 0; b < 7; b++) {
                uint32_t x = numbers[a], y = numbers[b];
                uint32_t want = forms[i].add ? flags_of_add(x, y) : flags_of_sub(x, y);

                ok &= check_eq(forms[i].fn(x, y) & PSR_FLAGS, want, "flags");
            }
        report(ok, forms[i].name);
    }
    trap_hook = NULL;
    report((flags_qadd(0, 0) & PSR_Q) == PSR_Q, "QADD sets Q");
    report((flags_ge(0x00ff00ff, 0x00010001) & PSR_GE) == 0x50000, "UADD8 sets GE");
    report((flags_mrc(0, 0) & PSR_FLAGS) == 0x80000000, "flags over MRC");
}

static bool holds(unsigned cond, uint32_t flags)
{
    bool n = flags >> 31, z = flags >> 30 & 1, c = flags >> 29 & 1, v = flags >> 28 & 1;
    bool r[] = { z, c, n, v, c && !z, n == v, n == v && !z, true };

    return cond == 14 ? true : r[cond / 2] != (cond & 1);
}

static void conditional(const char *name, cond_fn *const table[], uint32_t effect)
{
    bool ok = true;

    for (unsigned cond = 0; cond < 15; cond++)
        for (uint32_t flags = 0; flags < 16; flags++) {
            uint32_t want = holds(cond, flags << 28) ? effect : !effect;
            uint32_t got = table[cond](flags << 28);

            if (got != want)
                print("  cond %x flags %x: got %x\n", cond, (unsigned)flags, (unsigned)got);
            ok &= got == want;
        }
    print("conditional %s: ", name);
    report(ok, "15 conditions, 16 flags");
}

void test_main(void)
{
    msr_registers();
    msr_immediates();
    cps_forms();
    flags_kept();
    trap_hook = step_svc;
#define COND_RUN(kind, effect) conditional(#kind, cond_##kind##_table, effect);
    COND_KINDS(COND_RUN)
    trap_hook = NULL;
}
