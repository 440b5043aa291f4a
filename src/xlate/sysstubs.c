/*
 * Stubs for system registers: the CPSR's masks, SPSR, User mode's SP and LR, and the CP15 registers
 * that a kernel reads on every exception.  They live in the state page while the guest
 * is in a privileged mode; only what must change the hardware exits.
 *
 * Two ways to leave the straight path without touching the flags: an address that is
 * readable or not (the state window has one page, the rest of its MiB faults), and a computed skip.
 */
#include "xlate/sysstubs.h"

/* Reads one word of the state page into rd: one instruction, nothing spilled. */
static void read_field(struct stub_writer *w, unsigned rd, uint32_t field)
{
    w->site->kind = STUB_DONE;
    w->site->ra = R_NONE;
    put_load(w, rd, field);
    commit_here(w);
}

static void write_field(struct stub_writer *w, unsigned rt, uint32_t field)
{
    w->site->kind = STUB_DONE;
    w->site->ra = R_NONE;
    put_store(w, rt, field);
    commit_here(w);
}

/* CPSID i: str ra; ldr ra,ctl_off; strb ra,ctl | ldr ra
 * CPSIE i: str ra; ldr ra,pend_ptr; ldr ra,[ra,#ctl_on] (faults when an interrupt waits); strb ra,ctl | ldr ra */
bool sysstub_cps(struct stub_writer *w, uint32_t insn)
{
    unsigned imod = BITS(insn, 19, 18), ra;

    if (BITS(insn, 17, 17) || imod < 2 || BITS(insn, 8, 6) != 2)
        return false; /* mode change, or A or F: the VMM does it */
    ra = pick_scratch(w, 0);
    begin(w, STUB_SIMPLE, ra);
    if (imod == 3) {
        put_load(w, ra, FIELD(ctl_off));
    } else {
        put_load(w, ra, FIELD(pend_ptr));
        put(w, a32_ldr(ra, ra, FIELD(ctl_on)));
    }
    put_store_byte(w, ra, FIELD(ctl));
    commit_here(w);
    end_simple(w, ra);
    return true;
}

/* str ra; mrs ra,apsr; ldr rd,ctl | pkhbt rd,rd,ra; ldr ra */
void sysstub_mrs_cpsr(struct stub_writer *w, uint32_t insn)
{
    unsigned rd = BITS(insn, 15, 12), ra = pick_scratch(w, BIT(rd));

    begin(w, STUB_MRS, ra);
    w->site->rb = rd & 15;
    put(w, a32_mrs_apsr(ra));
    put_load(w, rd, FIELD(ctl));
    commit_here(w);
    put(w, a32_pkhbt(rd, rd, ra));
    end_simple(w, ra);
}

/*
 * MSR CPSR_c, rm where at most I changes and no interrupt waits; msr_key holds bits 6:0 of ctl in its bits
 * 31:25, and bit 0 is set while one waits.  Any difference makes an address that faults, and the VMM does it:
 * str ra; ldr ra,msr_key; eor ra,ra,rm,lsl #25; ror ra,#13; ldr ra,[ra]; strb rm,ctl | ldr ra
 */
bool sysstub_msr_cpsr(struct stub_writer *w, uint32_t insn)
{
    unsigned rm = BITS(insn, 3, 0), ra = pick_scratch(w, BIT(rm));

    if ((insn & BIT(25)) || BITS(insn, 19, 16) != 1)
        return false;
    begin(w, STUB_SIMPLE, ra);
    put_load(w, ra, FIELD(msr_key));
    put(w, a32_eor(ra, ra, rm) | 25u << 7);
    put(w, a32_mov_ror(ra, ra, STATE_MSR_ROTATE));
    put(w, a32_ldr(ra, ra, 0));
    put_store_byte(w, rm, FIELD(ctl));
    commit_here(w);
    end_simple(w, ra);
    return true;
}

/* MRS rd, SPSR; MSR SPSR_fsxc, rm.  In User and System mode, which have none, they are UNPREDICTABLE (B9.3.9). */
bool sysstub_spsr(struct stub_writer *w, uint32_t insn)
{
    bool write = insn & BIT(21);

    if (insn & BIT(25))
        return false;
    if (!write)
        read_field(w, BITS(insn, 15, 12), FIELD(spsr));
    else if (BITS(insn, 19, 16) == 15)
        write_field(w, BITS(insn, 3, 0), FIELD(spsr));
    else
        return false;
    return true;
}

/* Where the words of a block transfer lie, from its base register. */
struct block {
    uint32_t low, mode; /* r0-r12 of the list; P and U */
    unsigned rn;
    int32_t start, sp, lr;
    bool up, has_sp, has_lr;
};

static void parse_block(struct block *b, uint32_t insn)
{
    unsigned low_words = (unsigned)__builtin_popcount(insn & 0x1fff), words;

    b->low = insn & 0x1fff;
    b->mode = insn & (BIT(24) | BIT(23));
    b->up = insn & BIT(23);
    b->rn = BITS(insn, 19, 16);
    b->has_sp = insn & BIT(R_SP);
    b->has_lr = insn & BIT(R_LR);
    words = low_words + b->has_sp + b->has_lr;
    b->start = b->up ? 0 : -4 * (int32_t)words;
    if (b->up == !!(insn & BIT(24)))
        b->start += 4;
    b->sp = b->start + 4 * (int32_t)low_words;
    b->lr = b->sp + 4 * b->has_sp;
}

/* The word of the block that the same transfer of ra alone would take. */
static void put_nearest(struct stub_writer *w, const struct block *b, uint32_t load, unsigned ra)
{
    put(w, 0xe8000000u | b->mode | load | b->rn << 16 | BIT(ra));
}

/* One word of the block.  LDM and STM check alignment where LDR and STR need not (A3.2.1): the word nearest to
 * the base comes first, and by one of those. */
static void put_word(struct stub_writer *w, const struct block *b, uint32_t load, unsigned ra, int32_t offset)
{
    int32_t nearest = b->mode == BIT(24) ? -4 : b->mode == (BIT(24) | BIT(23)) ? 4 : 0;

    if (offset == nearest)
        put_nearest(w, b, load, ra);
    else
        put(w, load ? a32_ldr_offset(ra, b->rn, offset) : a32_str_offset(ra, b->rn, offset));
}

/* LDMIA or STMIA of the low registers at rn + start; ra makes the base when it is not rn. */
static void put_low_block(struct stub_writer *w, const struct block *b, uint32_t load, unsigned ra)
{
    unsigned base = b->rn;

    if (!b->low)
        return;
    if (b->start) {
        put(w, b->start > 0 ? a32_add_imm(ra, b->rn, (uint32_t)b->start) : a32_sub_imm(ra, b->rn, (uint32_t)-b->start));
        base = ra;
    }
    put(w, 0xe8800000u | load | base << 16 | b->low);
}

static void store_user_word(struct stub_writer *w, const struct block *b, unsigned ra, bool lr)
{
    if (!(lr ? b->has_lr : b->has_sp))
        return;
    put_load(w, ra, lr ? FIELD(usr_lr) : FIELD(usr_sp));
    put_word(w, b, 0, ra, lr ? b->lr : b->sp);
}

/*
 * STM rn, {list}^: str ra; ldr ra,usr_ptr; ldr ra,[ra]; [add ra,rn; stm low]; ldr ra,usr_sp; str ra,[rn,#sp];
 * ldr ra,usr_lr; str ra,[rn,#lr] | ldr ra
 * The load through usr_ptr faults in modes where more registers than these are banked.
 */
static void stm_user(struct stub_writer *w, const struct block *b)
{
    unsigned ra = pick_scratch(w, b->low | BIT(b->rn));

    begin(w, STUB_SIMPLE, ra);
    put_load(w, ra, FIELD(usr_ptr));
    put(w, a32_ldr(ra, ra, 0));
    if (b->up)
        put_low_block(w, b, 0, ra);
    store_user_word(w, b, ra, !b->up);
    store_user_word(w, b, ra, b->up);
    if (!b->up)
        put_low_block(w, b, 0, ra);
    commit_here(w);
    end_simple(w, ra);
}

static void load_user_word(struct stub_writer *w, const struct block *b, unsigned ra, bool lr)
{
    if (!(lr ? b->has_lr : b->has_sp))
        return;
    put_word(w, b, BIT(20), ra, lr ? b->lr : b->sp);
    put_store(w, ra, lr ? FIELD(usr_lr) : FIELD(usr_sp));
}

/*
 * LDM rn, {list}^: str ra; ldr ra,usr_ptr; ldr ra,[ra]; ldr ra,[rn,#lr]; str ra,usr_lr; ldr ra,[rn,#sp]; str ra,usr_sp;
 * [sub ra,rn]; ldm |
 * ra is of the list when it can be, and then the last load gives it its value.  Undone half way, SP and LR may
 * have been loaded: what is loaded by an LDM that aborts is UNKNOWN (B1.9.8), and it loads them again.
 */
static void ldm_user(struct stub_writer *w, const struct block *b)
{
    uint32_t candidates = b->low & ~BIT(b->rn);
    unsigned ra = candidates ? (unsigned)__builtin_ctz(candidates) : pick_scratch(w, BIT(b->rn) | b->low);

    begin(w, candidates ? STUB_DONE : STUB_SIMPLE, ra);
    put_load(w, ra, FIELD(usr_ptr));
    put(w, a32_ldr(ra, ra, 0));
    if (b->up && b->low)
        put_nearest(w, b, BIT(20), ra);
    load_user_word(w, b, ra, !b->up);
    load_user_word(w, b, ra, b->up);
    put_low_block(w, b, BIT(20), ra);
    commit_here(w);
    if (!candidates)
        end_simple(w, ra);
}

bool sysstub_user_registers(struct stub_writer *w, uint32_t insn)
{
    struct block b;

    /* writeback is UNPREDICTABLE, as is the PC in the list of an LDM (that one returns from an exception) */
    if ((insn & (BIT(21) | BIT(15))) || BITS(insn, 19, 16) == R_PC)
        return false;
    parse_block(&b, insn);
    if (insn & BIT(20))
        ldm_user(w, &b);
    else
        stm_user(w, &b);
    return true;
}

/*
 * MCR DACR: more access than the hardware gives needs no exit, since the access that wants it faults; less does:
 * str ra; ldr ra,hw_dacr; bic ra,ra,rt; clz; lsr #5 (1: nothing is lost); add pc,pc,ra,lsl #2; <never>;
 * svc; str rt,dacr | ldr ra
 * One that is known to take access away need not ask: svc; str rt,dacr |
 * The SVC returns to the STR (fastpath.S, light.c), or C does the whole instruction.
 */
static void write_dacr(struct stub_writer *w, unsigned rt)
{
    unsigned ra = pick_scratch(w, BIT(rt));
    enum dacr_habit habit = w->in_place && w->x ? xlate_dacr_habit(w->x, w->site->guest_pc) : DACR_MIXED;
    uint32_t exit = habit == DACR_NEW || habit == DACR_TRIED ? XLATE_SVC_DACR_TRY : XLATE_SVC_DACR;

    if (habit == DACR_TRIED || habit == DACR_TIGHTENS) {
        w->site->kind = STUB_DONE;
        w->site->ra = R_NONE;
        put(w, a32_svc(CC_AL, exit | rt << XLATE_SVC_REG));
        put_store(w, rt, FIELD(dacr));
        commit_here(w);
        return;
    }
    begin(w, STUB_SIMPLE, ra);
    put_load(w, ra, FIELD(hw_dacr));
    put(w, a32_bic(ra, ra, rt));
    put(w, a32_clz(ra, ra));
    put(w, a32_mov_lsr(ra, ra, 5));
    put(w, A32_SKIP_ONE(ra));
    put(w, a32_svc(CC_AL, A32_UNDEF));
    put(w, a32_svc(CC_AL, exit | rt << XLATE_SVC_REG));
    put_store(w, rt, FIELD(dacr));
    commit_here(w);
    end_simple(w, ra);
}

/*
 * LDRBT and STRBT rt, [rn], #imm, where the page is known to be User mode's as well; the hardware is in User
 * mode, but in the kernel's view:
 * str ra; ldr ra,user_page; eor ra,ra,rn,lsr #12; clz; lsr #5 (1: that page); add pc,pc,ra,lsl #2; <never>;
 * svc; <ldrb or strb> | ldr ra
 * A byte lies in one page.  A load into ra is not possible: ra is neither rt nor rn.
 */
bool sysstub_unprivileged(struct stub_writer *w, uint32_t insn)
{
    unsigned rn = BITS(insn, 19, 16), rt = BITS(insn, 15, 12), ra = pick_scratch(w, BIT(rn) | BIT(rt));
    bool load = insn & BIT(20);

    if ((insn & 0x0f600000u) != 0x04600000u || rn == R_PC || rt == R_PC || rn == rt)
        return false;
    begin(w, STUB_SIMPLE, ra);
    put_load(w, ra, load ? FIELD(user_page[0]) : FIELD(user_page[1]));
    put(w, a32_eor(ra, ra, rn) | 12u << 7 | 1u << 5); /* LSR #12 */
    put(w, a32_clz(ra, ra));
    put(w, a32_mov_lsr(ra, ra, 5));
    put(w, A32_SKIP_ONE(ra));
    put(w, a32_svc(CC_AL, A32_UNDEF));
    put(w, a32_svc(CC_AL, A32_UNPRIV));
    put(w, CC_AL << 28 | (insn & 0x0fdfffffu)); /* without W: the plain instruction */
    commit_here(w);
    end_simple(w, ra);
    return true;
}

#define CP15(crn, op1, crm, op2) ((crn) << 16 | (op1) << 21 | (op2) << 5 | (crm))
#define CP15_MASK CP15(15u, 7u, 15u, 7u)

static bool read_cp15(struct stub_writer *w, uint32_t reg, unsigned rt)
{
    uint32_t field;

    switch (reg) {
    case CP15(3u, 0u, 0u, 0u): field = FIELD(dacr); break;
    case CP15(5u, 0u, 0u, 0u): field = FIELD(dfsr); break;
    case CP15(5u, 0u, 0u, 1u): field = FIELD(ifsr); break;
    case CP15(6u, 0u, 0u, 0u): field = FIELD(dfar); break;
    case CP15(6u, 0u, 0u, 2u): field = FIELD(ifar); break;
    case CP15(1u, 0u, 0u, 0u): field = FIELD(sctlr); break;
    case CP15(2u, 0u, 0u, 0u): field = FIELD(ttbr0); break;
    case CP15(2u, 0u, 0u, 1u): field = FIELD(ttbr1); break;
    case CP15(13u, 0u, 0u, 1u): field = FIELD(contextidr); break;
    case CP15(13u, 0u, 0u, 2u): field = FIELD(tpidrurw); break;
    default: return false;
    }
    read_field(w, rt, field);
    return true;
}

/*
 * TLBIMVA need not be complete before a DSB (B3.10.1), and needs nothing at all of what is not held:
 * str ra; ldr ra,tlbi_absent; eor ra,ra,rt; clz ra,ra; and ra,ra,#32; add pc,pc,ra,lsr #1 (over four words when
 * equal); <never>; ldr ra,tlbi_next; str rt,[ra],#4 (faults when the queue is full); str ra,tlbi_next | nop;
 * str rt,tlbi_last; ldr ra
 */
static void queue_tlbi(struct stub_writer *w, unsigned rt)
{
    unsigned ra = pick_scratch(w, BIT(rt));

    begin(w, STUB_SIMPLE, ra);
    put_load(w, ra, FIELD(tlbi_absent));
    put(w, a32_eor(ra, ra, rt));
    put(w, a32_clz(ra, ra));
    put(w, a32_and_imm(ra, ra, 32));
    put(w, A32_SKIP_FOUR(ra));
    put(w, a32_svc(CC_AL, A32_UNDEF));
    put_load(w, ra, FIELD(tlbi_next));
    put(w, a32_str_post4(rt, ra));
    put_store(w, ra, FIELD(tlbi_next));
    commit_here(w);
    put(w, A32_NOP);
    put_store(w, rt, FIELD(tlbi_last));
    end_simple(w, ra);
}

/* DSB: str ra; dsb; ldr ra,tlbi_next; ldr ra,[ra,#PROBE] (faults when something is queued) | ldr ra */
void sysstub_dsb(struct stub_writer *w, uint32_t insn)
{
    unsigned ra = pick_scratch(w, 0);

    begin(w, STUB_SIMPLE, ra);
    put(w, insn);
    put_load(w, ra, FIELD(tlbi_next));
    put(w, a32_ldr(ra, ra, STATE_QUEUE_PROBE));
    commit_here(w);
    end_simple(w, ra);
}

/*
 * ICIALLU and ICIMVAU: an exit only when code was written (codesync.c):
 * str ra; ldr ra,icache_clean; add pc,pc,ra,lsl #2; <never>; svc | ldr ra
 */
static void icache_maintenance(struct stub_writer *w, uint32_t insn, unsigned rt)
{
    unsigned ra = pick_scratch(w, BIT(rt));

    begin(w, STUB_SIMPLE, ra);
    put_load(w, ra, FIELD(icache_clean));
    put(w, A32_SKIP_ONE(ra));
    put(w, a32_svc(CC_AL, A32_UNDEF));
    put(w, xlate_cp15_exit(CC_AL, insn));
    commit_here(w);
    end_simple(w, ra);
}

/* Identification that never changes and that a kernel reads on every copy: the cache type, the main ID. */
static bool read_constant(struct stub_writer *w, uint32_t reg, unsigned rt)
{
    uint32_t value = reg == CP15(0u, 0u, 0u, 0u) ? w->midr : reg == CP15(0u, 0u, 0u, 1u) ? w->ctr : 0;

    if (!value || !may_be_literal(value))
        return false;
    w->site->kind = STUB_DONE;
    w->site->ra = R_NONE;
    put_const(w, rt, value);
    commit_here(w);
    return true;
}

static bool is_tlbimva(uint32_t reg)
{
    return reg == CP15(8u, 0u, 7u, 1u) || reg == CP15(8u, 0u, 6u, 1u) || reg == CP15(8u, 0u, 5u, 1u) ||
           reg == CP15(8u, 0u, 3u, 1u);
}

bool sysstub_cp15(struct stub_writer *w, uint32_t insn)
{
    unsigned rt = BITS(insn, 15, 12);
    uint32_t reg = insn & CP15_MASK;

    if (rt == R_PC)
        return false;
    if (insn & BIT(20))
        return read_constant(w, reg, rt) || read_cp15(w, reg, rt);
    if (reg == CP15(13u, 0u, 0u, 2u))
        write_field(w, rt, FIELD(tpidrurw));
    else if (reg == CP15(3u, 0u, 0u, 0u) && w->lazy_dacr)
        write_dacr(w, rt);
    else if (is_tlbimva(reg) && w->tlbi_queue)
        queue_tlbi(w, rt);
    else if (reg == CP15(7u, 0u, 5u, 0u) || reg == CP15(7u, 0u, 5u, 1u))
        icache_maintenance(w, insn, rt);
    else if (reg == CP15(7u, 0u, 10u, 4u) && w->tlbi_queue)
        sysstub_dsb(w, (insn & 0x0fffffffu) | 0xe0000000u); /* CP15DSB, of any condition */
    else
        return false;
    return true;
}

/*
 * VMRS rt, FPEXC: str rt; ldr rt,vfp_ptr; ldr rt,[rt,#fpexc] (faults where CPACR denies it) |
 * VMSR FPEXC, rt: enabling waits for the next VFP instruction, disabling what the hardware has enabled exits:
 * str ra; ldr ra,vfp_ptr; ldr ra,[ra,#hw_fpexc]; bic ra,ra,rt; lsr #18; add ra,#STATE; ldr ra,[ra]; and ra,rt,#EN;
 * str ra,fpexc | ldr ra
 */
bool sysstub_vfp(struct stub_writer *w, uint32_t insn)
{
    unsigned rt = BITS(insn, 15, 12), ra = pick_scratch(w, BIT(rt));

    if (BITS(insn, 19, 16) != 8 || rt == R_PC)
        return false;
    if (insn & BIT(20)) {
        begin(w, STUB_DONE, rt);
        put_load(w, rt, FIELD(vfp_ptr));
        put(w, a32_ldr(rt, rt, FIELD(fpexc)));
        commit_here(w);
        return true;
    }
    begin(w, STUB_SIMPLE, ra);
    put_load(w, ra, FIELD(vfp_ptr));
    put(w, a32_ldr(ra, ra, FIELD(hw_fpexc)));
    put(w, a32_bic(ra, ra, rt));
    put(w, a32_mov_lsr(ra, ra, 18));
    put(w, a32_add_imm(ra, ra, IMM12_STATE));
    put(w, a32_ldr(ra, ra, 0));
    put(w, a32_and_imm(ra, rt, 0x101)); /* EN: 1 ror 2 */
    put_store(w, ra, FIELD(fpexc));
    commit_here(w);
    end_simple(w, ra);
    return true;
}
