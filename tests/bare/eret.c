/* Exception returns of every kind; SRS; LDM and STM of user registers. */
#include "eret.h"

void rfe_sp(uint32_t params);
void rfe_lr(uint32_t params);
typedef uint32_t srs_fn(uint32_t from, uint32_t *sp, uint32_t spsr);
extern srs_fn *const srs_table[48];
typedef void user_regs_fn(uint32_t from, uint32_t *base, uint32_t *out);
extern user_regs_fn *const stm_user_table[], *const ldm_user_table[];

static void return_forms(void)
{
    static const int ldm_after[] = { 0, 12, -4, 8, 8, -4, 12, 0 };
    static const int rfe_after[] = { 0, 8, -4, 4, 4, -4, 8, 0 };

    for (const struct eret_form *e = eret_mov_table; e->fn; e++)
        report(eret_check(e, 0, false), e->name);
    for (unsigned i = 0; eret_ldm_table[i].fn; i++)
        report(eret_check(&eret_ldm_table[i], ldm_after[i], true), eret_ldm_table[i].name);
    for (unsigned i = 0; eret_rfe_table[i].fn; i++)
        report(eret_check(&eret_rfe_table[i], rfe_after[i], false), eret_rfe_table[i].name);
}

static void rfe_bases(void)
{
    struct eret e = { 0x600001c0 | MODE_SYS, (uint32_t)land_arm, 0, frame };

    catch_call(rfe_sp, (uint32_t)&e);
    report(last_trap.spsr == e.spsr && last_trap.lr == (uint32_t)(land_arm + 1), "RFEIA sp!");
    catch_call(rfe_lr, (uint32_t)&e);
    report(last_trap.spsr == e.spsr && last_trap.lr == (uint32_t)(land_arm + 1), "RFEIA lr");
}

static void srs_forms(void)
{
    static const char *const names[] = {
        "SRSIA", "SRSIA!", "SRSIB", "SRSIB!", "SRSDA", "SRSDA!", "SRSDB", "SRSDB!",
    };
    static const int low[] = { 0, 0, 1, 1, -1, -1, -2, -2 };
    static const int after[] = { 0, 2, 0, 2, 0, -2, 0, -2 };
    bool ok[8] = { true, true, true, true, true, true, true, true };

    for (unsigned m = 0; m < 6; m++)
        for (unsigned n = 0; n < 8; n++)
            for (unsigned f = 0; f < 5; f++) {
                uint32_t *base = frame + 8, spsr = 0xa00001d0 | MODE_SYS;
                uint32_t sp;

                memset(frame, 0, sizeof(frame));
                sp = srs_table[8 * m + n](0x1c0 | eret_from_modes[f], base, spsr);
                ok[n] &= check_eq(sp, (uint32_t)(base + after[n]), "sp");
                ok[n] &= check_eq(base[low[n]], 0xcafe0004, "LR") && check_eq(base[low[n] + 1], spsr, "SPSR");
                ok[n] &= check_eq(base[low[n] - 1] | base[low[n] + 2], 0, "words beside");
            }
    for (unsigned n = 0; n < 8; n++) {
        print("%s, all modes: ", names[n]);
        report(ok[n], "words and sp");
    }
}

/* The lists and first words, as in the tables of eret_asm.S; bit n of list = r(8+n). */
static const struct { const char *name; uint8_t list; int8_t low; } user_forms[] = {
    { "ia {r8-r14}^", 0x7f, 0 }, { "ib {r8-r14}^", 0x7f, 1 }, { "da {r8-r14}^", 0x7f, -6 },
    { "db {r8-r14}^", 0x7f, -7 }, { "ia {sp, lr}^", 0x60, 0 }, { "db {sp}^", 0x20, -1 },
    { "ib {r8, r10, r12, lr}^", 0x55, 1 }, { "ia sp, {r8-r14}^", 0x7f, 0 }, { "db lr, {r8-r14}^", 0x7f, -7 },
    { "ia r8, {sp, lr}^ ", 0x60, 0 },
};

static void store_user(unsigned i)
{
    bool ok = true;

    for (unsigned f = 0; f < 5; f++) {
        uint32_t out[7], want[16] = { 0 };
        int at = 8 + user_forms[i].low;

        for (unsigned n = 0; n < 7; n++)
            if (user_forms[i].list >> n & 1)
                want[at++] = (8 + n) * 0x101;
        memset(frame, 0, sizeof(frame));
        stm_user_table[i](0x1c0 | eret_from_modes[f], frame + 8, out);
        for (unsigned n = 0; n < 16; n++)
            ok &= check_eq(frame[n], want[n], "memory");
    }
    print("STM%s: ", user_forms[i].name);
    report(ok, "user registers stored");
}

static void load_user(unsigned i)
{
    bool ok = true;

    for (unsigned f = 0; f < 5; f++) {
        uint32_t out[7], want[7];
        int at = 8 + user_forms[i].low;

        for (unsigned n = 0; n < 16; n++)
            frame[n] = 0x5000 + n;
        for (unsigned n = 0; n < 7; n++)
            want[n] = user_forms[i].list >> n & 1 ? frame[at++] : (8 + n) * 0x101;
        ldm_user_table[i](0x1c0 | eret_from_modes[f], frame + 8, out);
        for (unsigned n = 0; n < 7; n++)
            ok &= check_eq(out[n], want[n], "user register");
    }
    print("LDM%s: ", user_forms[i].name);
    report(ok, "user registers loaded");
}

void test_main(void)
{
    return_forms();
    rfe_bases();
    srs_forms();
    for (unsigned i = 0; stm_user_table[i]; i++)
        store_user(i);
    for (unsigned i = 0; ldm_user_table[i]; i++)
        load_user(i);
}
