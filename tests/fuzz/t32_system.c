/* T32: status registers, modes, exceptions and returns from them, CP15. */
#include "fuzz.h"

/* One instruction that may also stand in an IT block. */
void t32_system_one(void)
{
    uint32_t rd = a32_rd(), spsr = has_spsr() && pick(2);

    switch (pick(6)) {
    case 0:
        if (spsr)
            emit_t32(0xf3ff8000 | rd << 8);
        else if (in_user() || gen.irqs)
            emit16(0xbf00); /* its control bits are not to be known */
        else
            emit_t32(0xf3ef8000 | rd << 8);
        break;
    case 1: emit_t32(0xf3808000 | spsr << 20 | a32_rd() << 16 | 0x800); break;             /* msr _f */
    case 2: emit_t32(spsr ? 0xf3908000 | rd << 16 | (1 + pick(3)) << 8 : 0xf3808400 | rd << 16); break;
    case 3: emit_t32(0xee0d0f10 | pick(2) << 20 | rd << 12 | (2 + pick(3)) << 5); break;   /* thread registers */
    case 4: emit_t32(0xee000000 | pick(8) << 8 | (any_word() & 0xff0ff)); break;         /* no coprocessor */
    case 5: emit_t32(pick(2) ? 0xf3bf8f6f : 0xf3bf8f4f); break;
    }
}

static void masks(void)
{
    uint32_t i = gen.irqs ? 0 : pick(2) << 4;

    switch (pick(5)) {
    case 3:
        emit16(0xbf40); /* sev; wfe */
        emit16(0xbf20);
        break;
    case 4:
        if (gen.irqs && !in_user())
            emit16(0xbf30); /* wfi */
        break;
    case 0: emit16(0xb660 | i | (pick(2) ? 0 : 2) | pick(2) << 2 | 1); break; /* cpsie, cpsid */
    case 1: emit_t32(0xf3af8400 | (i ? 0x200 : 0) | pick(7) << 5 | 0x20); break;
    case 2: emit16(0xb650); break;                                            /* setend le */
    }
}

static void mode_change(void)
{
    uint32_t mode = any_mode(), m = PSR_F | (gen.irqs ? 0 : pick(2) << 7);

    if (in_user() || pick(4) == 0) {
        if (pick(gen.kind == KIND_USER ? 8 : 3))
            mode = MODE_USR;
        emit16(0xdf00 | SVC_MODE | mode);
        gen.mode = mode;
        return;
    }
    gen.mode = mode;
    switch (pick(4)) {
    case 0: emit_t32(0xf3af8100 | mode); break;              /* cps */
    case 1: emit_t32(0xf3af8720 | (m & 0x80) >> 1 | mode); break; /* cpsid f / if, #mode */
    case 2: emit_t32(0xf3af85c0 | mode); break;              /* cpsie ai, #mode */
    case 3:
        emit_t32(0xf04f0e00 | m | mode);                     /* mov lr, #n; msr cpsr_c, lr */
        emit_t32(0xf38e8100);
        break;
    }
}

static bool to_arm(void)
{
    return gen.kind != KIND_T32 && pick(3) == 0;
}

/* Makes what follows, and goes to 'arm' there: words that are never executed, the place aligned. */
static void fill(bool arm)
{
    for (unsigned n = pick(4); n; n--)
        emit16(any_word() & 0xffff);
    if (arm && (gen.pc & 2))
        emit16(any_word() & 0xffff);
}

/* adr.w rd, #n at 'at', to here */
static void patch_adr(uint32_t at, unsigned rd, uint32_t more)
{
    uint32_t n = gen.pc - ((at + 4) & ~3u) + more;

    write16(at, 0xf20f | (n >> 11 & 1) << 10);
    write16(at + 2, (n >> 8 & 7) << 12 | rd << 8 | (n & 0xff));
}

static void arrived(uint32_t mode, bool arm)
{
    gen.mode = mode;
    gen.thumb = !arm;
}

/* subs pc, lr, #n */
static void return_by_lr(void)
{
    uint32_t mode = pick(3) ? any_mode() : MODE_USR, n = pick(2) * 4, at;
    bool arm = to_arm();

    emit_const(9, return_psr(mode) | (arm ? 0 : PSR_T));
    emit_t32(0xf3998f00);          /* msr spsr_fsxc, r9 */
    at = gen.pc;
    emit_t32(0xf20f0e00);
    emit_t32(0xf3de8f00 | n);
    fill(arm);
    patch_adr(at, 14, n);
    arrived(mode, arm);
}

static void return_by_rfe(void)
{
    uint32_t mode = pick(3) ? any_mode() : MODE_USR, at, db = pick(2);
    bool arm = to_arm();

    emit16(0x46d3);                /* mov r11, r10 */
    at = gen.pc;
    emit_t32(0xf20f0900);
    emit_const(8, return_psr(mode) | (arm ? 0 : PSR_T));
    if (db) {
        emit_t32(0xf84b9c08);      /* str r9, [r11, #-8] */
        emit_t32(0xf84b8c04);
    } else {
        emit_t32(0xf8cb9000);
        emit_t32(0xf8cb8004);
    }
    emit_t32((db ? 0xe81bc000 : 0xe99bc000) | pick(2) << 21);
    fill(arm);
    patch_adr(at, 9, 0);
    arrived(mode, arm);
}

static void save_return_state(void)
{
    uint32_t mode = pick(2) ? MODE_SYS : gen.mode, back = mode == gen.mode && pick(2), db = pick(2);

    if (!has_spsr())
        return;
    emit_t32((db ? 0xe80dc000 : 0xe98dc000) | back << 21 | mode);
    if (back)
        emit16(db ? 0xb002 : 0xb082); /* add, sub sp, #8 */
}

static void exception(void)
{
    switch (pick(5)) {
    case 0: emit16(0xdf00 | pick(64)); break;
    case 1: emit16(0xdf00 | SVC_NEST | pick(8)); break;
    case 2: emit16(0xde00 | pick(256)); break;
    case 3: emit16(0xbe00 | pick(256)); break;
    case 4: emit_t32(0xf7f0a000 | pick(16) << 16 | pick(4096)); break;
    }
}

static void control_registers(void)
{
    static const uint32_t ops[] = { 0xee070f15, 0xee070fd5, 0xee080f17, 0xee070f95, 0xee070f9a, 0xee070fba,
                                    0xee070f35, 0xee070f3a, 0xee070f3b, 0xee070f3e, 0xee080f37, 0xee080f57 };

    switch (pick(3)) {
    case 0:
        emit_const(9, any_value());
        emit_t32(0xee060f10 | 9 << 12);  /* DFAR */
        emit_t32(0xee160f10 | a32_rd() << 12);
        break;
    case 1:
        emit16(0x46d1);                  /* mov r9, r10 */
        emit_t32(ops[pick(12)] | 9 << 12);
        break;
    case 2: emit_t32(0xee1c0f10 | a32_rd() << 12); break; /* VBAR */
    }
}

void t32_system(void)
{
    if (gen.kind == KIND_FLAT && pick(6) == 0) {
        flat_switch();
        return;
    }
    switch (pick(14)) {
    case 0: case 1: case 2: case 3: t32_system_one(); break;
    case 4: masks(); break;
    case 5: case 6: mode_change(); break;
    case 7: case 8:
        if (has_spsr())
            return_by_lr();
        else
            mode_change();
        break;
    case 9:
        if (!in_user())
            return_by_rfe();
        break;
    case 10: save_return_state(); break;
    case 11: case 12: exception(); break;
    case 13: control_registers(); break;
    }
}
