/* Banked registers, exception entry, conditions and IT state (DDI 0406C B1.3, B1.8, A2.5.2). */
#include "core/vcpu.h"
#include "test.h"

static const uint32_t modes[] = { MODE_USR, MODE_FIQ, MODE_IRQ, MODE_SVC, MODE_ABT, MODE_UND, MODE_SYS };

/* The mode whose r8-r12 'mode' uses, for the marks below. */
static uint32_t r8_owner(uint32_t mode)
{
    return mode == MODE_FIQ ? MODE_FIQ : MODE_SYS;
}

static void enter_mode(struct vcpu *vcpu, uint32_t mode)
{
    vcpu_set_cpsr(vcpu, (vcpu->cpsr & ~PSR_MODE) | mode);
}

static void test_banks(void)
{
    struct vcpu vcpu = { 0 };
    bool kept = true, by_name = true;

    vcpu_reset(&vcpu);
    report(vcpu.cpsr == (MODE_SVC | PSR_A | PSR_I | PSR_F), "reset enters Supervisor, masked");
    for (unsigned i = 0; i < ARRAY_SIZE(modes); i++) {
        enter_mode(&vcpu, modes[i]);
        for (unsigned n = 8; n < 15; n++)
            vcpu.r[n] = modes[i] << 8 | n;
    }
    for (unsigned i = 0; i < ARRAY_SIZE(modes); i++) {
        uint32_t mode = modes[i] == MODE_USR ? MODE_SYS : modes[i]; /* same registers, written last */

        enter_mode(&vcpu, modes[i]);
        kept &= vcpu.r[13] == (mode << 8 | 13) && vcpu.r[14] == (mode << 8 | 14);
        kept &= vcpu.r[8] == (r8_owner(mode) << 8 | 8);
        for (unsigned j = 0; j < ARRAY_SIZE(modes); j++) {
            uint32_t other = modes[j] == MODE_USR ? MODE_SYS : modes[j];

            by_name &= *vcpu_reg_of_mode(&vcpu, 14, modes[j]) == (other << 8 | 14);
            by_name &= *vcpu_reg_of_mode(&vcpu, 12, modes[j]) == (r8_owner(other) << 8 | 12);
            by_name &= vcpu_reg_of_mode(&vcpu, 7, modes[j]) == &vcpu.r[7];
        }
    }
    report(kept, "banked registers survive mode changes");
    report(by_name, "vcpu_reg_of_mode finds every bank from every mode");

    enter_mode(&vcpu, MODE_SVC);
    vcpu_set_cpsr(&vcpu, MODE_MON | PSR_Z);
    report(vcpu.cpsr == (MODE_SVC | PSR_Z), "an illegal mode keeps the current one");
    report(vcpu_mode_bank(MODE_HYP) < 0 && vcpu_mode_bank(0) < 0, "Hyp and 26-bit modes do not exist");
    enter_mode(&vcpu, MODE_SYS);
    report(!vcpu_spsr(&vcpu), "System mode has no SPSR");
}

static void test_exceptions(void)
{
    static const struct {
        enum vcpu_exception exc;
        uint32_t mode, lr_arm, lr_thumb, mask;
    } rows[] = {
        { EXC_UND, MODE_UND, 4, 2, PSR_I },
        { EXC_SVC, MODE_SVC, 4, 2, PSR_I },
        { EXC_PABT, MODE_ABT, 4, 4, PSR_I | PSR_A },
        { EXC_DABT, MODE_ABT, 8, 8, PSR_I | PSR_A },
        { EXC_IRQ, MODE_IRQ, 4, 4, PSR_I | PSR_A },
        { EXC_FIQ, MODE_FIQ, 4, 4, PSR_I | PSR_A | PSR_F },
    };
    bool entry = true, thumb = true;

    for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
        struct vcpu vcpu = { .cpsr = MODE_SYS | PSR_C | PSR_E | PSR_Q | PSR_GE };
        uint32_t old = vcpu.cpsr;

        vcpu.r[15] = 0x8000;
        vcpu.cp15.vbar = 0x1000;
        vcpu.wfi = true;
        vcpu_take_exception(&vcpu, rows[i].exc);
        entry &= vcpu.cpsr == ((old & ~(PSR_MODE | PSR_E)) | rows[i].mode | rows[i].mask);
        entry &= *vcpu_spsr(&vcpu) == old && vcpu.r[14] == 0x8000 + rows[i].lr_arm;
        entry &= vcpu.r[15] == 0x1000 + 4 * (uint32_t)rows[i].exc && !vcpu.wfi;

        vcpu_set_cpsr(&vcpu, MODE_USR | PSR_T | PSR_IT);
        vcpu.r[15] = 0x8002;
        vcpu.cp15.sctlr = SCTLR_V | SCTLR_TE | SCTLR_EE;
        vcpu_take_exception(&vcpu, rows[i].exc);
        thumb &= vcpu.cpsr == (rows[i].mode | rows[i].mask | PSR_T | PSR_E);
        thumb &= *vcpu_spsr(&vcpu) == (MODE_USR | PSR_T | PSR_IT);
        thumb &= vcpu.r[14] == 0x8002 + rows[i].lr_thumb;
        thumb &= vcpu.r[15] == 0xffff0000 + 4 * (uint32_t)rows[i].exc;
    }
    report(entry, "exception entry from ARM state, VBAR");
    report(thumb, "exception entry from Thumb state, SCTLR.V, TE, EE");
}

static void test_aborts(void)
{
    struct vcpu vcpu = { .cpsr = MODE_USR };

    vcpu_inject_dabt(&vcpu, 0x1234, 0x805);
    report(vcpu.cp15.dfar == 0x1234 && vcpu.cp15.dfsr == 0x805 && vcpu.r[15] == 0x10,
           "data abort sets DFAR and DFSR");
    vcpu_inject_pabt(&vcpu, 0x5678, 0x7);
    report(vcpu.cp15.ifar == 0x5678 && vcpu.cp15.ifsr == 7 && vcpu.r[15] == 0x0c,
           "prefetch abort sets IFAR and IFSR");
}

static bool cond_reference(uint32_t cond, bool n, bool z, bool c, bool v)
{
    const bool holds[16] = { z, !z, c, !c, n, !n, v, !v, c && !z, !c || z, n == v, n != v,
                             !z && n == v, z || n != v, true, true };

    return holds[cond];
}

static void test_conditions(void)
{
    bool ok = true;

    for (uint32_t cond = 0; cond < 16; cond++)
        for (uint32_t flags = 0; flags < 16; flags++)
            ok &= cond_holds(cond, flags << 28) ==
                  cond_reference(cond, flags & 8, flags & 4, flags & 2, flags & 1);
    report(ok, "all conditions with all flags");
}

static uint32_t with_it(uint32_t it)
{
    return (it >> 2) << 10 | (it & 3) << 25 | PSR_T | MODE_SVC;
}

static void test_it(void)
{
    /* ITETT EQ: firstcond 0000, mask 1001 */
    static const uint32_t conds[] = { 0, 1, 0, 0, 14 };
    uint32_t cpsr = with_it(0x09);
    bool ok = true;

    for (unsigned i = 0; i < ARRAY_SIZE(conds); i++) {
        ok &= it_cond(cpsr) == conds[i];
        cpsr = it_advance(cpsr);
    }
    report(ok && !(cpsr & PSR_IT), "ITETT EQ advances as A2.5.2 says");
    report(it_advance(with_it(0xe8)) == with_it(0), "the last instruction of a block clears ITSTATE");
}

int main(void)
{
    test_banks();
    test_exceptions();
    test_aborts();
    test_conditions();
    test_it();
    return test_summary();
}
