/* A32: status registers, modes, exceptions and returns from them, CP15. */
#include "fuzz.h"

static uint32_t masks(void)
{
    uint32_t m = PSR_F;

    return gen.irqs ? m : m | pick(2) << 7;
}

static void set_mode(uint32_t mode)
{
    gen.mode = mode;
}

static void status_read(void)
{
    uint32_t rd = a32_rd(), c = a32_cond();

    if (pick(2) && has_spsr()) {
        emit32(c | 0x014f0000 | rd << 12);
        return;
    }
    emit32(c | 0x010f0000 | rd << 12);
    if (in_user() || gen.irqs)
        emit32(c | 0x01a00da0 | rd << 12 | rd); /* lsr #27: the other bits are UNKNOWN in User mode (B9.3.8) */
}

static void status_write(void)
{
    uint32_t c = a32_cond();

    switch (pick(8)) {
    case 0: emit32(c | 0x0128f000 | a32_rn(false)); break;     /* MSR CPSR_f */
    case 1: emit32(c | 0x0124f000 | a32_rn(false)); break;     /* MSR CPSR_s */
    case 2: emit32(c | 0x032cf000 | pick(4096)); break;        /* MSR CPSR_fs, #n */
    case 3: emit32(c | 0x0322f000 | (pick(2) ? 0xc01 : 0)); break; /* MSR CPSR_x, #PSR_A or 0 */
    case 4: /* any field but s, with its reserved bits */
        if (has_spsr())
            emit32(c | 0x0160f000 | (1 + pick(3)) << 16 | pick(2) << 19 | a32_rn(false));
        break;
    case 5:
        if (has_spsr())
            emit32(c | 0x0368f000 | pick(4096));
        break;
    case 6: emit32(0xf1080000 | (pick(2) << 18) | 1u << 8 | pick(2) << 6); break;  /* CPSIE, CPSID a, f */
    case 7: emit32((gen.irqs ? 0xf1080080 : 0xf1080080 | pick(2) << 18) | pick(2) << 8); break; /* ie, id i */
    }
}

/* Any way into another mode. */
static void mode_change(void)
{
    uint32_t mode = any_mode(), m = masks();

    if (in_user() || pick(5) == 0) {
        if (pick(gen.user ? 8 : 3))
            mode = MODE_USR;
        emit32(AL | 0x0f000000 | SVC_MODE | mode);
        set_mode(mode);
        return;
    }
    set_mode(mode);
    switch (pick(5)) {
    case 0: emit32(0xf1020000 | mode); break;                      /* CPS #mode */
    case 1: emit32(0xf10e0000 | m | mode); break;                  /* CPSID #mode */
    case 2: emit32(0xf10a0000 | PSR_I | pick(2) << 6 | mode); break; /* CPSIE #mode */
    case 3: emit32(AL | 0x0321f000 | m | mode); break;             /* MSR CPSR_c, #n */
    case 4:
        emit32(AL | 0x03a0e000 | m | mode);                        /* mov lr, #n; MSR CPSR_c, lr */
        emit32(AL | 0x0121f00e);
        break;
    }
}

/* Where a return may go: the same instruction set or, with 'thumb', the other one. */
static bool to_thumb(void)
{
    return (gen.kind == KIND_T32 || gen.kind == KIND_MIX || gen.kind == KIND_USER || gen.kind == KIND_IRQ ||
            gen.kind == KIND_FLAT) &&
           pick(gen.kind == KIND_T32 ? 1 : 3) == 0;
}

static void arrived(uint32_t mode, bool thumb)
{
    set_mode(mode);
    gen.thumb = thumb;
}

/* movs pc, lr and its kind: SPSR and LR set first. */
static void data_processing_return(void)
{
    static const uint32_t forms[] = { 0x01b0f00e, 0x025ef000, 0x005ef009 };
    uint32_t mode = pick(3) ? any_mode() : MODE_USR, form = pick(3), patch;
    bool thumb = to_thumb();

    emit_const(14, return_psr(mode) | (thumb ? PSR_T : 0));
    emit32(AL | 0x016ff00e);                /* MSR SPSR_fsxc, lr */
    emit32(AL | 0x03a09000);                /* mov r9, #0 */
    patch = gen.pc;
    emit32(0);
    emit32(AL | forms[form] | (form == 1 ? pick(2) * 4 : 0));
    for (unsigned n = pick(3); n; n--)
        emit32(any_word());                 /* never executed */
    /* add lr, pc, #n, with the 4 that SUBS takes away */
    write32(patch, AL | 0x028fe000 | (gen.pc - patch - 8 + (read32(patch + 4) & 4 && form == 1 ? 4 : 0)));
    arrived(mode, thumb);
}

/* LDM {.., pc}^ and RFE: the frame is made in memory at r11. */
static void memory_return(void)
{
    uint32_t mode = pick(3) ? any_mode() : MODE_USR, pu = pick(4) << 23, back = pick(2) << 21, patch, psr;
    bool thumb = to_thumb(), rfe = !has_spsr() || pick(2);
    uint32_t first = pu == 0 ? -4u : pu == 1u << 23 ? 0 : pu == 2u << 23 ? -8u : 4; /* DA IA DB IB */

    emit32(AL | 0x01a0b00a);                         /* mov r11, r10 */
    psr = return_psr(mode) | (thumb ? PSR_T : 0);
    patch = gen.pc;
    emit32(0);                                       /* add r9, pc, #n */
    emit_const(8, psr);
    if (rfe) {
        emit32(AL | 0x05009000 | 11 << 16 | ((first & 0x80000000u) ? -first : 1u << 23 | first));
        first += 4;
        emit32(AL | 0x05008000 | 11 << 16 | ((first & 0x80000000u) ? -first : 1u << 23 | first));
        emit32(0xf8100a00 | pu | back | 11 << 16);
    } else { /* {r7, pc}: the PC at the higher word */
        emit32(AL | 0x016ff008);
        first += 4;
        emit32(AL | 0x05009000 | 11 << 16 | ((first & 0x80000000u) ? -first : 1u << 23 | first));
        emit32(AL | 0x08508080 | pu | back | 11 << 16);
    }
    for (unsigned n = pick(3); n; n--)
        emit32(any_word());
    write32(patch, AL | 0x028f9000 | (gen.pc - patch - 8));
    arrived(mode, thumb);
}

/* SRS, the stack pointer put back. */
static void save_return_state(void)
{
    uint32_t pu = pick(4) << 23, mode = pick(2) ? MODE_SYS : gen.mode, back = mode == gen.mode ? pick(2) << 21 : 0;

    if (!has_spsr())
        return;
    emit32(0xf84d0500 | pu | back | mode);
    if (back)
        emit32(AL | (pu & 1u << 23 ? 0x024dd008 : 0x028dd008));
}

static void user_registers(void)
{
    uint32_t list = (any_word() & 0x53ff) | 1, load = pick(2) << 20;

    if (!has_spsr())
        return;
    if (!load)
        list |= any_word() & 0x6000;
    if (gen.mode == MODE_FIQ && load)
        list &= 0x43ff; /* r10, r11 and r12 of User are as they are */
    emit32(AL | 0x01a0b00a);
    emit32(a32_cond() | 0x08400000 | pick(4) << 23 | load | 11 << 16 | list);
}

static void exception(void)
{
    switch (pick(5)) {
    case 0: emit32(a32_cond() | 0x0f000000 | pick(64)); break;               /* SVC */
    case 1: emit32(AL | 0x0f000000 | SVC_NEST | pick(8)); break;
    case 2: emit32(a32_cond() | 0x07f000f0 | pick(4096) << 8 | pick(16)); break; /* UDF */
    case 3: emit32(AL | 0x01200070 | pick(4096) << 8 | pick(16)); break;     /* BKPT */
    case 4: emit32(a32_cond() | 0x0e000000 | pick(8) << 8 | (any_word() & 0xff0ff)); break; /* no coprocessor */
    }
}

static void thread_registers(void)
{
    uint32_t op2 = 2 + pick(3), load = pick(2) << 20;

    emit32(a32_cond() | 0x0e0d0f10 | load | (load ? a32_rd() : a32_rn(false) % 13) << 12 | op2 << 5);
}

/* Address translation: only what both kinds of processor show, the address and F. */
static void translate(void)
{
    static const uint32_t where[] = { DATA_BASE, PAGE_UNMAPPED, PAGE_USER_RO, PAGE_PRIV, PAGE_RO, CODE_BASE,
                                      MIB_NO_ACCESS, MIB_RO, MIB_MANAGER, MIB_UNMAPPED };

    emit_const(9, where[pick(10)] + pick(4096));
    emit32(AL | 0x0e070f18 | pick(4) << 5 | 9 << 12);
    emit32(0xf57ff06f);                             /* isb */
    emit32(AL | 0x0e179f10 | 4u);                   /* mrc p15, 0, r9, c7, c4, 0 */
    emit32(AL | 0x03190001);                        /* tst r9, #1 */
    emit32(0x01a09629);                             /* lsreq r9, r9, #12 */
    emit32(0x12099001);                             /* andne r9, r9, #1 */
}

static void control_registers(void)
{
    static const uint32_t fault[] = { 0x0e050f10, 0x0e050f30, 0x0e060f10, 0x0e060f50 }; /* DFSR IFSR DFAR IFAR */
    static const uint32_t ops[] = { 0x0e070f15, 0x0e070fd5, 0x0e080f17, 0x0e070f95, 0x0e070f9a, 0x0e070fba };
    static const uint32_t by_mva[] = { 0x0e070f35, 0x0e070f3a, 0x0e070f3b, 0x0e070f3e, 0x0e080f37, 0x0e080f57,
                                       0x0e070ff5 };
    uint32_t rd = a32_rd();

    switch (pick(7)) {
    case 0: case 1:
        emit_const(9, any_value() & 0x40f);
        emit32(a32_cond() | fault[pick(4)] | 9 << 12);
        emit32(AL | 0x0e159f10 | pick(2) << 5);     /* the FSRs, as far as defined */
        emit32(AL | 0x0209900f);
        break;
    case 2: emit32(a32_cond() | 0x0e160f10 | rd << 12); break; /* DFAR; IFAR is UNKNOWN after BKPT */
    case 3: emit32(a32_cond() | ops[pick(6)] | a32_rn(false) % 13 << 12); break;
    case 4:
        emit32(AL | 0x01a0900a);
        emit32(a32_cond() | by_mva[pick(7)] | 9 << 12);
        break;
    case 5: emit32(a32_cond() | 0x0e1c0f10 | rd << 12); break; /* VBAR */
    case 6: /* DACR: a domain that nothing uses */
        emit32(AL | 0x0e139f10);
        emit32(AL | 0x022994c0);                    /* eor r9, r9, #0xc0000000 */
        emit32(a32_cond() | 0x0e039f10);
        emit32(a32_cond() | 0x0e130f10 | rd << 12);
        break;
    }
}

static void hints(void)
{
    static const uint32_t plain[] = { 0x0320f000, 0x0320f001, 0x0320f004, 0x0320f014 };

    switch (pick(8)) {
    case 6:
        emit32(AL | 0x0320f004);                    /* SEV, so that WFE goes on */
        emit32(a32_cond() | 0x0320f002);
        break;
    case 7:
        if (gen.irqs && !in_user())                 /* the timer ticks all the time */
            emit32(a32_cond() | 0x0320f003);        /* WFI */
        break;
    case 0: emit32(a32_cond() | plain[pick(4)]); break;
    case 1: emit32(0xf1010000); break;              /* SETEND LE */
    case 2: emit32(0xf57ff01f); break;              /* CLREX */
    case 3: emit32(0xf57ff04f); break;
    case 4: emit32(0xf57ff06f); break;
    case 5: emit32(0xf57ff05f); break;
    }
}

void a32_system(void)
{
    if (gen.kind == KIND_FLAT && pick(6) == 0) {
        flat_switch();
        return;
    }
    switch (pick(16)) {
    case 0: case 1: status_read(); break;
    case 2: case 3: case 4: status_write(); break;
    case 5: case 6: mode_change(); break;
    case 7: case 8:
        if (has_spsr())
            data_processing_return();
        else
            mode_change();
        break;
    case 9:
        if (!in_user())
            memory_return();
        break;
    case 10: save_return_state(); break;
    case 11: user_registers(); break;
    case 12: exception(); break;
    case 13: thread_registers(); break;
    case 14:
        if (pick(3))
            control_registers();
        else
            translate();
        break;
    case 15: hints(); break;
    }
}
