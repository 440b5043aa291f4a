/*
 * The stubs.  Conventions:
 *  - word 0 spills the scratch register ra to slot U0 when site.ra names one;
 *  - before word 'commit' the guest's instruction has not happened: undoing is
 *    restoring ra (xlate_unwind); from 'commit' on it has: finishing is by kind;
 *  - no stub changes the flags, and none has two guest-visible effects that an
 *    exception could separate.
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

/* ra holds the guest's branch target: make it the hardware's and go there. */
static void end_jump(struct stub_writer *w, unsigned ra)
{
    put(w, a32_add_lsl31(ra, ra, ra));
    put(w, a32_add_imm(ra, ra, XLATE_D_IMM12));
    put_store(w, ra, FIELD_SLOT(SLOT_T));
    commit_here(w);
    put_load(w, ra, FIELD_SLOT(SLOT_U0));
    put_load(w, R_PC, FIELD_SLOT(SLOT_T));
}

/* entered by BL, so LR is the entry's address + 4: sub lr,lr,#D; b target */
static bool stub_bl(struct stub_writer *w, uint32_t insn, uint32_t pc, bool in_place)
{
    uint32_t target = pc + 8 + ((uint32_t)sign_extend(insn & 0xffffff, 24) << 2) + XLATE_D;

    w->site.kind = STUB_BL;
    w->site.commit = 0;
    if (in_place)
        put(w, a32_sub_imm(R_LR, R_LR, XLATE_D_IMM12));
    else
        put_const(w, R_LR, pc + 4);
    if (a32_b_reaches(here(w), target)) {
        put(w, a32_b(CC_AL, here(w), target));
    } else {
        put(w, a32_ldr_pc(R_PC, -4));
        put(w, target);
    }
    return true;
}

/* A direct branch from a page that is not in place. */
static void stub_b_far(struct stub_writer *w, uint32_t insn, uint32_t pc)
{
    uint32_t target = pc + 8 + ((uint32_t)sign_extend(insn & 0xffffff, 24) << 2) + XLATE_D;

    w->site.kind = STUB_JUMP;
    w->site.commit = 0xf;
    w->site.ra = 0xf;
    put(w, a32_ldr_pc(R_PC, -4));
    put(w, target);
}

/* bx lr: add lr,lr,lr,lsl #31; add pc,lr,#D */
static void stub_bx_lr(struct stub_writer *w)
{
    w->site.kind = STUB_BX_LR;
    w->site.commit = 0xf;
    put(w, a32_add_lsl31(R_LR, R_LR, R_LR));
    put(w, a32_add_imm(R_PC, R_LR, XLATE_D_IMM12));
}

/* str ra; mov ra,rm; <jump> */
static void stub_bx(struct stub_writer *w, unsigned rm)
{
    unsigned ra = pick_scratch(BIT(rm));

    begin(w, STUB_JUMP, ra);
    put(w, a32_mov_lsl(ra, rm, 0));
    end_jump(w, ra);
}

/* blx rm: add lr,rm,rm,lsl #31; add lr,lr,#D; str lr,T; movw/movt lr; ldr pc,T.
 * rm is intact throughout, so an interrupted one is finished from word 0 on. */
static bool stub_blx(struct stub_writer *w, unsigned rm, uint32_t pc)
{
    if (rm == R_LR)
        return false;
    w->site.kind = STUB_BLX;
    w->site.commit = 0;
    w->site.rb = rm & 15;
    put(w, a32_add_lsl31(R_LR, rm, rm));
    put(w, a32_add_imm(R_LR, R_LR, XLATE_D_IMM12));
    put_store(w, R_LR, FIELD_SLOT(SLOT_T));
    put_const(w, R_LR, pc + 4);
    put_load(w, R_PC, FIELD_SLOT(SLOT_T));
    return true;
}

/*
 * ldmia rn{!}, {list, pc}:
 * ldr ra,[rn,#pc's]; add; add; str ra,T; ldmia rn!,{list} | add rn,#4; ldr pc,T
 * ra is a register of the list, so the real load gives it its value; undone before that, it is UNKNOWN, as
 * any register is that an abandoned LDM was to load (B1.9.8), and is loaded again.  Without
 * writeback the ldmia leaves rn alone and there is no add.
 */
static bool stub_ldm_pc(struct stub_writer *w, uint32_t insn)
{
    unsigned rn = BITS(insn, 19, 16);
    uint32_t list = insn & 0x7fff, candidates = list & ~BIT(rn) & 0x5fff;
    bool writeback = insn & BIT(21);
    unsigned ra, offset = 4 * (unsigned)__builtin_popcount(list);

    if ((insn & BIT(24)) || !(insn & BIT(23)) || (writeback && (list & BIT(rn))) || !candidates)
        return false;
    ra = (unsigned)__builtin_ctz(candidates);
    w->site.kind = STUB_POP;
    w->site.ra = R_NONE;
    w->site.rb = writeback ? rn & 15 : 15;
    put(w, a32_ldr(ra, rn, offset));
    put(w, a32_add_lsl31(ra, ra, ra));
    put(w, a32_add_imm(ra, ra, XLATE_D_IMM12));
    put_store(w, ra, FIELD_SLOT(SLOT_T));
    put(w, CC_AL << 28 | (insn & 0x0fff7fffu));
    commit_here(w);
    if (writeback)
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
    unsigned rn = BITS(insn, 19, 16), ra = pick_scratch(BIT(rn));
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

/* ldr pc, [...] without writeback: str ra; [movw/movt ra]; ldr ra,[...]; <jump> */
static bool stub_ldr_pc(struct stub_writer *w, uint32_t insn, uint32_t pc)
{
    unsigned rn = BITS(insn, 19, 16), ra = pick_scratch(operand_mask(insn));
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

/* Reads of the PC: str ra; movw/movt ra,pc+8; <op with ra>| ldr ra; b */
static void stub_read_pc(struct stub_writer *w, uint32_t insn, unsigned pc_fields, uint32_t pc, uint32_t next)
{
    unsigned ra = pick_scratch(operand_mask(insn));

    begin(w, STUB_SIMPLE, ra);
    put_const(w, ra, pc + 8);
    put(w, substitute(insn, pc_fields, ra));
    commit_here(w);
    end_simple(w, ra, next);
}

/* <op> pc, ...: str ra; [movw/movt ra,pc+8]; <op> ra,...; <jump> */
static bool stub_dp_to_pc(struct stub_writer *w, uint32_t insn, unsigned pc_fields, uint32_t pc)
{
    unsigned ra = pick_scratch(operand_mask(insn));

    if ((insn & 0x0fff0ff0u) == 0x01a00000u && BITS(insn, 3, 0) == R_LR) {
        stub_bx_lr(w); /* mov pc, lr */
        return true;
    }
    begin(w, STUB_JUMP, ra);
    if (pc_fields & (F_N | F_M))
        put_const(w, ra, pc + 8);
    put(w, substitute(insn, pc_fields | F_D, ra));
    end_jump(w, ra);
    return true;
}

static bool stub_pc_operand(struct stub_writer *w, uint32_t insn, enum a32_class class, unsigned pc_fields,
                            uint32_t pc, uint32_t next)
{
    bool load = insn & BIT(20);

    if (class == A32_LDST) {
        /* writeback to the PC is UNPREDICTABLE; the VMM makes it UNDEFINED */
        if ((pc_fields & F_N) && (!(insn & BIT(24)) || (insn & BIT(21))) && (insn & 0x0e000000u) != 0x0c000000u)
            return false;
        if ((pc_fields & F_D) && load)
            return stub_ldr_pc(w, insn, pc);
    } else if (pc_fields & F_D) {
        return stub_dp_to_pc(w, insn, pc_fields, pc);
    }
    stub_read_pc(w, insn, pc_fields, pc, next);
    return true;
}

uint32_t stub_emit(struct stub_writer *w, uint32_t insn, enum a32_class class, const struct a32_row *row,
                   uint32_t pc, uint32_t entry, bool in_place)
{
    uint32_t cc = insn >> 28, next = entry + 4;
    unsigned rm = BITS(insn, 3, 0), pc_fields = a32_pc_operands(insn, row);
    bool done = false, link = false;

    if (cc == 15)
        cc = CC_AL;
    w->site.guest_pc = pc;
    switch (class) {
    case A32_CPS: done = sysstub_cps(w, insn, next); break;
    case A32_MRS_CPSR: sysstub_mrs_cpsr(w, insn, next); done = true; break;
    case A32_MSR_CPSR: done = sysstub_msr_cpsr(w, insn, next); break;
    case A32_SPSR: done = sysstub_spsr(w, insn, next); break;
    case A32_USR_REGS: done = sysstub_user_registers(w, insn, next); break;
    case A32_UNPRIV: done = sysstub_unprivileged(w, insn, next); break;
    case A32_BARRIER: sysstub_dsb(w, insn, next); done = true; break;
    case A32_CP15: done = sysstub_cp15(w, insn, next); break;
    case A32_VFP_SYS: done = sysstub_vfp(w, insn, next); break;
    case A32_BL: link = in_place; done = stub_bl(w, insn, pc, in_place); break;
    case A32_B: stub_b_far(w, insn, pc); done = true; break;
    case A32_BX:
        if (rm == R_LR)
            stub_bx_lr(w);
        else if (rm != R_PC)
            stub_bx(w, rm);
        done = rm != R_PC;
        break;
    case A32_BLX_REG: done = stub_blx(w, rm, pc); break;
    case A32_LDM_PC: done = stub_ldm_pc(w, insn); break;
    case A32_LDST:
    case A32_DP_IMM:
    case A32_DP_REG: done = stub_pc_operand(w, insn, class, pc_fields, pc, next); break;
    default: break;
    }
    if (!done)
        return 0;
    return link ? a32_bl(cc, entry, w->va) : a32_b(cc, entry, w->va);
}
