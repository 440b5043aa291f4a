/*
 * The stubs.  Conventions:
 *  - word 0 spills the scratch register ra to slot U0 when site.ra names one;
 *  - before word 'commit' the guest's instruction has not happened: undoing is
 *    restoring ra (xlate_unwind); from 'commit' on it has: finishing is by kind;
 *  - no stub changes the flags, and none has two guest-visible effects that an
 *    exception could separate;
 *  - behind the last word of one that does not jump follows the next instruction, or a branch to it (trace.c).
 * An odd branch target means Thumb state (BXWritePC, A2.3.1): "add rx, rx, rx, lsl #31"
 * moves it 2 GiB away from the A32 entry map, where nothing is executable, so that
 * it exits instead of executing A32 words as T32.
 */
#include "xlate/stub_writer.h"
#include "xlate/sysstubs.h"

static uint32_t operand_mask(uint32_t insn)
{
    uint32_t rd = BITS(insn, 15, 12);

    return BIT(BITS(insn, 19, 16)) | BIT(rd) | BIT((rd + 1) & 15) | BIT(BITS(insn, 11, 8)) | BIT(BITS(insn, 3, 0));
}

/* ra holds the hardware's branch target: go there with ra as it was. */
static void leave_by(struct stub_writer *w, unsigned ra)
{
    put_store(w, ra, FIELD_SLOT(SLOT_T));
    commit_here(w);
    put_load(w, ra, FIELD_SLOT(SLOT_U0));
    put_load(w, R_PC, FIELD_SLOT(SLOT_T));
}

/* ra holds the guest's branch target: make it the hardware's and go there. */
static void end_jump(struct stub_writer *w, unsigned ra)
{
    put(w, a32_add_lsl31(ra, ra, ra));
    put(w, a32_add_imm(ra, ra, XLATE_D_IMM12));
    leave_by(w, ra);
}

/* sub lr,lr,#D, or ldr lr,=pc+4; b target */
static bool stub_bl(struct stub_writer *w, uint32_t insn, uint32_t pc, bool linked)
{
    uint32_t target = branch_target(insn, pc);

    if (!(a32_b_reaches(here(w) + 4, target) && a32_b_reaches(here(w) + 8, target)) && !may_be_literal(target))
        return false;
    w->site->kind = STUB_BL;
    w->site->commit = 0;
    if (linked)
        put(w, a32_sub_imm(R_LR, R_LR, XLATE_D_IMM12));
    else
        put_const(w, R_LR, pc + 4);
    if (a32_b_reaches(here(w), target))
        put(w, a32_b(CC_AL, here(w), target));
    else
        put_const(w, R_PC, target);
    return true;
}

/* A direct branch from a page that is not in place: ldr pc,=target
 * or, where that is no literal: str ra; <ra = target>; str ra,T | ldr ra; ldr pc,T */
static void stub_b_far(struct stub_writer *w, uint32_t insn, uint32_t pc)
{
    uint32_t target = branch_target(insn, pc);
    unsigned ra = pick_scratch(w, 0);

    if (may_be_literal(target)) {
        w->site->kind = STUB_JUMP;
        w->site->commit = 0xf;
        w->site->ra = R_NONE;
        put_const(w, R_PC, target);
        return;
    }
    begin(w, STUB_JUMP, ra);
    put_const(w, ra, target);
    put_store(w, ra, FIELD_SLOT(SLOT_T));
    commit_here(w);
    put_load(w, ra, FIELD_SLOT(SLOT_U0));
    put_load(w, R_PC, FIELD_SLOT(SLOT_T));
}

/* bx lr: add lr,lr,lr,lsl #31; add pc,lr,#D */
static void stub_bx_lr(struct stub_writer *w)
{
    w->site->kind = STUB_BX_LR;
    w->site->commit = 0xf;
    put(w, a32_add_lsl31(R_LR, R_LR, R_LR));
    put(w, a32_add_imm(R_PC, R_LR, XLATE_D_IMM12));
}

/* str ra; mov ra,rm; <jump> */
static void stub_bx(struct stub_writer *w, unsigned rm)
{
    unsigned ra = pick_scratch(w, BIT(rm));

    begin(w, STUB_JUMP, ra);
    put(w, a32_mov_lsl(ra, rm, 0));
    end_jump(w, ra);
}

/* blx rm: add rm,rm,rm,lsl #31; sub lr,lr,#D or ldr lr,=pc+4; add pc,rm,#D
 * Only an odd rm is changed.  What arrives at an odd target finds rm by the instruction before LR, which is that of
 * a page in place. */
static bool stub_blx(struct stub_writer *w, unsigned rm, uint32_t pc, bool linked)
{
    if (rm == R_LR || !w->in_place)
        return false;
    w->site->kind = STUB_BLX;
    w->site->commit = 0;
    w->site->rb = rm & 15;
    put(w, a32_add_lsl31(rm, rm, rm));
    if (linked)
        put(w, a32_sub_imm(R_LR, R_LR, XLATE_D_IMM12));
    else
        put_const(w, R_LR, pc + 4);
    put(w, a32_add_imm(R_PC, rm, XLATE_D_IMM12));
    return true;
}

/* The load of {list} and the writeback that an LDM of {list, pc} does, as one instruction, or 0. */
static uint32_t short_list(unsigned rn, uint32_t list)
{
    unsigned first = (unsigned)__builtin_ctz(list);

    if (list == BIT(first))
        return a32_ldr_post(first, rn, 8);
    if (list == 3u << first && first % 2 == 0 && first < R_SP - 1)
        return a32_ldrd_post(first, rn, 12);
    return 0;
}

/*
 * ldmia rn{!}, {list, pc}:
 * ldr ra,[rn,#pc's]; add; add; str ra,T; ldmia rn!,{list} | add rn,#4; ldr pc,T
 * ra is a register of the list, so the real load gives it its value; undone before that, it is UNKNOWN, as
 * any register is that an abandoned LDM was to load (B1.9.8), and is loaded again.  Without
 * writeback the ldmia leaves rn alone and there is no add.  A list of one or two is an LDR or LDRD with
 * writeback; LDR checks no alignment where LDM does (A3.2.1), so the first load is an LDM then.
 */
static bool stub_ldm_pc(struct stub_writer *w, uint32_t insn)
{
    unsigned rn = BITS(insn, 19, 16);
    uint32_t list = insn & 0x7fff, candidates = list & ~BIT(rn) & 0x5fff, both;
    bool writeback = insn & BIT(21);
    unsigned ra, words = (unsigned)__builtin_popcount(list);

    if ((insn & BIT(24)) || !(insn & BIT(23)) || (writeback && (list & BIT(rn))) || !candidates)
        return false;
    ra = (unsigned)__builtin_ctz(candidates);
    both = writeback ? short_list(rn, list) : 0;
    w->site->kind = STUB_POP;
    w->site->ra = R_NONE;
    w->site->rb = writeback && !both ? rn & 15 : R_NONE;
    put(w, words == 1 ? a32_ldmib(rn, BIT(ra)) : a32_ldr(ra, rn, 4 * words));
    put(w, a32_add_lsl31(ra, ra, ra));
    put(w, a32_add_imm(ra, ra, XLATE_D_IMM12));
    put_store(w, ra, FIELD_SLOT(SLOT_T));
    put(w, both ? both : CC_AL << 28 | (insn & 0x0fff7fffu));
    commit_here(w);
    if (writeback && !both)
        put(w, a32_add_imm(rn, rn, 4));
    put_load(w, R_PC, FIELD_SLOT(SLOT_T));
    return true;
}

/*
 * ldr pc, [rn], #imm and ldr pc, [rn, #imm]!:
 * str ra; ldr ra,[rn,#pre]; add; add; str ra,T; add/sub rn,#imm | ldr ra; ldr pc,T
 */
static bool stub_ldr_pc_writeback(struct stub_writer *w, uint32_t insn)
{
    unsigned rn = BITS(insn, 19, 16), ra = pick_scratch(w, BIT(rn));
    uint32_t imm = insn & 0xfff;
    bool pre = insn & BIT(24), up = insn & BIT(23);

    if ((insn & BIT(25)) || imm > 255 || rn == R_PC)
        return false;
    begin(w, STUB_JUMP, ra);
    put(w, pre ? CC_AL << 28 | (insn & 0x0fdf0fffu) | ra << 12 : a32_ldr(ra, rn, 0));
    put(w, a32_add_lsl31(ra, ra, ra));
    put(w, a32_add_imm(ra, ra, XLATE_D_IMM12));
    put_store(w, ra, FIELD_SLOT(SLOT_T));
    put(w, up ? a32_add_imm(rn, rn, imm) : a32_sub_imm(rn, rn, imm));
    commit_here(w);
    put_load(w, ra, FIELD_SLOT(SLOT_U0));
    put_load(w, R_PC, FIELD_SLOT(SLOT_T));
    return true;
}

/* ldr pc, [...] without writeback: str ra; [ldr ra,=pc+8]; ldr ra,[...]; <jump> */
static bool stub_ldr_pc(struct stub_writer *w, uint32_t insn, uint32_t pc)
{
    unsigned rn = BITS(insn, 19, 16), ra = pick_scratch(w, operand_mask(insn));
    bool writeback = !(insn & BIT(24)) || (insn & BIT(21));

    if (writeback)
        return stub_ldr_pc_writeback(w, insn);
    begin(w, STUB_JUMP, ra);
    if (rn == R_PC) {
        put_const(w, ra, pc + 8);
        insn = (insn & ~0x000f0000u) | ra << 16;
    }
    put(w, CC_AL << 28 | (insn & 0x0fff0fffu) | ra << 12);
    end_jump(w, ra);
    return true;
}

/* Replaces PC operands of insn (fields in pc_fields) by ra. */
static uint32_t substitute(uint32_t insn, unsigned pc_fields, unsigned ra)
{
    if (pc_fields & F_N)
        insn = (insn & ~0x000f0000u) | ra << 16;
    if (pc_fields & F_D)
        insn = (insn & ~0x0000f000u) | ra << 12;
    if (pc_fields & F_M)
        insn = (insn & ~0x0000000fu) | ra;
    return CC_AL << 28 | (insn & 0x0fffffffu);
}

/* The value of <op> rd, pc, #imm or mov rd, pc, which is a constant. */
static bool is_constant(uint32_t insn, uint32_t pc, uint32_t *value)
{
    uint32_t imm = insn & 0xff, ror = 2 * BITS(insn, 11, 8);

    imm = ror ? imm >> ror | imm << (32 - ror) : imm;
    switch (insn & 0x0fff0fffu & ~(insn & BIT(25) ? 0xfffu : 0u)) {
    case 0x028f0000: *value = pc + 8 + imm; return true;
    case 0x024f0000: *value = pc + 8 - imm; return true;
    case 0x01a0000f: *value = pc + 8; return true;
    default: return false;
    }
}

/* A load of one core register that only its base makes depend on the PC: rd can hold the base. */
static bool loads_from_pc(uint32_t insn, enum a32_class class, unsigned pc_fields)
{
    unsigned rd = BITS(insn, 15, 12);
    bool word = BITS(insn, 27, 26) == 1, extra = BITS(insn, 27, 25) == 0;
    bool index = word ? insn & BIT(25) : !(insn & BIT(22));

    return class == A32_LDST && pc_fields == F_N && (word || extra) && (insn & BIT(20)) &&
           !(index && rd == BITS(insn, 3, 0));
}

/*
 * Reads of the PC:
 * a constant: ldr rd,=value |
 * loads:      str rd; ldr rd,=pc+8; <load with rd as base> |
 * others:     str ra; ldr ra,=pc+8; <op with ra> | ldr ra
 */
static void stub_read_pc(struct stub_writer *w, uint32_t insn, enum a32_class class, unsigned pc_fields, uint32_t pc)
{
    bool load = loads_from_pc(insn, class, pc_fields);
    unsigned ra = load ? BITS(insn, 15, 12) : pick_scratch(w, operand_mask(insn));
    uint32_t value;

    if (is_constant(insn, pc, &value) && may_be_literal(value)) {
        w->site->kind = STUB_DONE;
        w->site->ra = R_NONE;
        put_const(w, BITS(insn, 15, 12), value);
        commit_here(w);
        return;
    }
    begin(w, load ? STUB_DONE : STUB_SIMPLE, ra);
    put_const(w, ra, pc + 8);
    put(w, substitute(insn, pc_fields, ra));
    commit_here(w);
    if (!load)
        end_simple(w, ra);
}

/* add pc, pc, rm, lsl #n: a jump table of branches.  str ra; ldr ra,=pc+8+D; add ra,ra,rm,lsl #n; <end of jump>
 * Such a target is even. */
static bool stub_add_table(struct stub_writer *w, uint32_t insn, uint32_t pc)
{
    unsigned ra = pick_scratch(w, operand_mask(insn));

    if ((insn & 0x0ffff070u) != 0x008ff000u || BITS(insn, 11, 7) == 0 || BITS(insn, 3, 0) == R_PC)
        return false;
    begin(w, STUB_JUMP, ra);
    put_const(w, ra, pc + 8 + XLATE_D);
    put(w, substitute(insn, F_N | F_D, ra));
    leave_by(w, ra);
    return true;
}

/* <op> pc, ...: str ra; [ldr ra,=pc+8]; <op> ra,...; <jump> */
static void stub_dp_to_pc(struct stub_writer *w, uint32_t insn, unsigned pc_fields, uint32_t pc)
{
    unsigned ra = pick_scratch(w, operand_mask(insn));

    if ((insn & 0x0fff0ff0u) == 0x01a00000u && BITS(insn, 3, 0) == R_LR) {
        stub_bx_lr(w); /* mov pc, lr */
        return;
    }
    if (stub_add_table(w, insn, pc))
        return;
    begin(w, STUB_JUMP, ra);
    if (pc_fields & (F_N | F_M))
        put_const(w, ra, pc + 8);
    put(w, substitute(insn, pc_fields | F_D, ra));
    end_jump(w, ra);
}

static bool stub_pc_operand(struct stub_writer *w, uint32_t insn, enum a32_class class, unsigned pc_fields,
                            uint32_t pc)
{
    bool load = insn & BIT(20);

    if (class == A32_LDST) {
        /* writeback to the PC is UNPREDICTABLE; the VMM makes it UNDEFINED */
        if ((pc_fields & F_N) && (!(insn & BIT(24)) || (insn & BIT(21))) && (insn & 0x0e000000u) != 0x0c000000u)
            return false;
        if ((pc_fields & F_D) && load)
            return stub_ldr_pc(w, insn, pc);
    } else if (pc_fields & F_D) {
        stub_dp_to_pc(w, insn, pc_fields, pc);
        return true;
    }
    stub_read_pc(w, insn, class, pc_fields, pc);
    return true;
}

static bool stub_branch(struct stub_writer *w, uint32_t insn, enum a32_class class, uint32_t pc, bool linked)
{
    unsigned rm = BITS(insn, 3, 0);

    if (class == A32_BL)
        return stub_bl(w, insn, pc, linked);
    if (class == A32_BLX_REG)
        return stub_blx(w, rm, pc, linked);
    if (class == A32_B)
        stub_b_far(w, insn, pc);
    else if (rm == R_LR)
        stub_bx_lr(w);
    else if (rm != R_PC)
        stub_bx(w, rm);
    else
        return false;
    return true;
}

void stub_start(struct stub_writer *w, uint32_t pc)
{
    bool empty = w->site_count && w->site->kind == STUB_COPY && w->begin == w->count;

    w->site = &w->sites[empty ? w->site_count - 1 : w->site_count++];
    *w->site = (struct stub_site){ .guest_pc = pc, .start = (uint16_t)(w->page_off / 4 + w->count) };
    w->begin = w->count;
}

bool stub_body(struct stub_writer *w, uint32_t insn, enum a32_class class, const struct a32_row *row, uint32_t pc,
               bool linked)
{
    switch (class) {
    case A32_CPS: return sysstub_cps(w, insn);
    case A32_MRS_CPSR: sysstub_mrs_cpsr(w, insn); return true;
    case A32_MSR_CPSR: return sysstub_msr_cpsr(w, insn);
    case A32_SPSR: return sysstub_spsr(w, insn);
    case A32_USR_REGS: return sysstub_user_registers(w, insn);
    case A32_UNPRIV: return sysstub_unprivileged(w, insn);
    case A32_BARRIER: sysstub_dsb(w, insn); return true;
    case A32_CP15: return sysstub_cp15(w, insn);
    case A32_VFP_SYS: return sysstub_vfp(w, insn);
    case A32_BL:
    case A32_B:
    case A32_BX:
    case A32_BLX_REG: return stub_branch(w, insn, class, pc, linked);
    case A32_LDM_PC: return stub_ldm_pc(w, insn);
    case A32_LDST:
    case A32_DP_IMM:
    case A32_DP_REG: return stub_pc_operand(w, insn, class, a32_pc_operands(insn, row), pc);
    default: return false;
    }
}
