#include "eret.h"

const uint32_t eret_from_modes[5] = { MODE_FIQ, MODE_IRQ, MODE_SVC, MODE_ABT, MODE_UND };
static const uint32_t to_states[] = {
    0xa8050000 | MODE_USR, 0x600001c0 | MODE_SYS, 0x900001c0 | MODE_SVC, 0x00000180 | MODE_IRQ,
    0xf80f0040 | MODE_FIQ, 0x40000100 | MODE_ABT, 0x20000080 | MODE_UND,
    MODE_USR | PSR_T, 0x80000000 | MODE_SYS | PSR_T, 0x700001c0 | MODE_SVC | PSR_T,
    0x280101c0 | MODE_UND | PSR_T,
};
#define TO_STATES (sizeof(to_states) / sizeof(to_states[0]))

uint32_t frame[16];

static bool return_ok(const struct eret_form *form, const struct eret *e, int base_after, bool loads)
{
    uint32_t after = e->target + (e->spsr & PSR_T ? 2 : 4);
    bool ok = check_eq(catch_call(form->fn, (uint32_t)e), EXC_SVC, "exception");

    ok &= check_eq(last_trap.spsr, e->spsr, "CPSR after");
    ok &= check_eq(last_trap.lr, after, "address after");
    ok &= check_eq(last_trap.r[6], (uint32_t)frame + (uint32_t)base_after, "base");
    if (loads)
        ok &= check_eq(last_trap.r[4], 0x44, "r4") && check_eq(last_trap.r[5], 0x55, "r5");
    if (!ok)
        print("  from mode %x to %08x\n", (unsigned)(e->from & PSR_MODE), (unsigned)e->spsr);
    return ok;
}

bool eret_check(const struct eret_form *form, int base_after, bool loads)
{
    bool ok = true;

    for (unsigned f = 0; f < 5; f++)
        for (unsigned t = 0; t < TO_STATES; t++) {
            bool thumb = to_states[t] & PSR_T;
            struct eret e = { to_states[t], thumb ? (uint32_t)land_thumb : (uint32_t)land_arm,
                              0x1c0 | eret_from_modes[f], frame };

            ok &= return_ok(form, &e, base_after, loads);
        }
    return ok;
}
