#include "xlate/sysinsn.h"

/* What MRS of the CPSR shows: J, IT and T read as zero (B9.3.8). */
#define CPSR_READABLE 0xf8ff03dfu
/* What MSR may write (B1.3.3, CPSRWriteByInstr): never the execution state except E. */
#define CPSR_APSR 0xf80f0000u
#define CPSR_PRIVILEGED (PSR_A | PSR_I | PSR_F | PSR_MODE)

struct exec {
    struct vcpu *vcpu;
    const struct mem_ops *mem;
    void *ctx;
};

static bool has_spsr(const struct vcpu *vcpu)
{
    return vcpu_mode_bank(vcpu->cpsr) != BANK_USR;
}

static uint32_t byte_mask(uint32_t fields)
{
    uint32_t mask = 0;

    for (unsigned i = 0; i < 4; i++)
        if (fields & BIT(i))
            mask |= 0xffu << 8 * i;
    return mask;
}

static enum exec_result execute_mrs(struct vcpu *vcpu, uint32_t insn, unsigned rd, bool spsr)
{
    if (rd == 15 || (spsr && !has_spsr(vcpu)))
        return EXEC_UNDEF;
    vcpu->r[rd] = spsr ? *vcpu_spsr(vcpu) : vcpu->cpsr & CPSR_READABLE;
    exec_next(vcpu, insn);
    return EXEC_DONE;
}

static enum exec_result execute_msr(struct vcpu *vcpu, uint32_t insn, uint32_t fields, bool spsr,
                                    uint32_t value)
{
    uint32_t mask = byte_mask(fields);

    if (spsr) {
        if (!has_spsr(vcpu))
            return EXEC_UNDEF;
        mask &= ~0x00f00000u; /* reserved */
        *vcpu_spsr(vcpu) = (*vcpu_spsr(vcpu) & ~mask) | (value & mask);
    } else {
        mask &= CPSR_APSR | PSR_E | (vcpu_is_user(vcpu) ? 0 : CPSR_PRIVILEGED);
        vcpu_set_cpsr(vcpu, (vcpu->cpsr & ~mask) | (value & mask));
    }
    exec_next(vcpu, insn);
    return EXEC_DONE;
}

/* imod: 2 enables, 3 disables; aif as in the instruction, A:I:F. */
static enum exec_result execute_cps(struct vcpu *vcpu, uint32_t insn, uint32_t imod, uint32_t aif,
                                    bool change_mode, uint32_t mode)
{
    uint32_t cpsr = vcpu->cpsr, mask = aif << 6;

    if (!vcpu_is_user(vcpu)) {
        if (imod == 2)
            cpsr &= ~mask;
        else if (imod == 3)
            cpsr |= mask;
        if (change_mode)
            cpsr = (cpsr & ~PSR_MODE) | mode;
        vcpu_set_cpsr(vcpu, cpsr);
    }
    exec_next(vcpu, insn);
    return EXEC_DONE;
}

static enum exec_result execute_setend(struct vcpu *vcpu, uint32_t insn, bool big_endian)
{
    vcpu->cpsr = big_endian ? vcpu->cpsr | PSR_E : vcpu->cpsr & ~PSR_E;
    exec_next(vcpu, insn);
    return EXEC_DONE;
}

/* Lowest address of 'words' words at base for the four addressing modes. */
static uint32_t block_address(uint32_t base, unsigned words, bool p, bool u)
{
    uint32_t addr = u ? base : base - 4 * words;

    return p == u ? addr + 4 : addr;
}

static uint32_t block_writeback(uint32_t base, unsigned words, bool u)
{
    return u ? base + 4 * words : base - 4 * words;
}

static enum exec_result execute_rfe(struct exec *x, unsigned rn, bool p, bool u, bool wback)
{
    struct vcpu *vcpu = x->vcpu;
    uint32_t addr, pc, psr;

    if (rn == 15 || vcpu_is_user(vcpu))
        return EXEC_UNDEF;
    addr = block_address(vcpu->r[rn], 2, p, u);
    if (!exec_load_word(vcpu, x->mem, x->ctx, addr, &pc) ||
        !exec_load_word(vcpu, x->mem, x->ctx, addr + 4, &psr))
        return EXEC_ABORTED;
    if (wback)
        vcpu->r[rn] = block_writeback(vcpu->r[rn], 2, u);
    exec_exception_return(vcpu, psr, pc);
    return EXEC_DONE;
}

static enum exec_result execute_srs(struct exec *x, uint32_t insn, bool p, bool u, bool wback)
{
    struct vcpu *vcpu = x->vcpu;
    uint32_t mode = insn & PSR_MODE, addr, *sp;

    if (!has_spsr(vcpu) || vcpu_mode_bank(mode) < 0)
        return EXEC_UNDEF;
    sp = vcpu_reg_of_mode(vcpu, 13, mode);
    addr = block_address(*sp, 2, p, u);
    if (!exec_store_word(vcpu, x->mem, x->ctx, addr, vcpu->r[14]) ||
        !exec_store_word(vcpu, x->mem, x->ctx, addr + 4, *vcpu_spsr(vcpu)))
        return EXEC_ABORTED;
    if (wback)
        *sp = block_writeback(*sp, 2, u);
    exec_next(vcpu, insn);
    return EXEC_DONE;
}

/* <op>S pc: the flags come from the SPSR, not from the result. */
static enum exec_result execute_alu_return(struct vcpu *vcpu, uint32_t insn)
{
    bool carry, register_shift = !(insn & BIT(25)) && (insn & BIT(4));
    uint32_t operand, rn;

    if (register_shift || BITS(insn, 24, 23) == 2 || !has_spsr(vcpu))
        return EXEC_UNDEF;
    operand = exec_operand(vcpu, insn, &carry);
    rn = exec_reg(vcpu, BITS(insn, 19, 16));
    exec_exception_return(vcpu, *vcpu_spsr(vcpu),
                          exec_alu(BITS(insn, 24, 21), rn, operand, carry, vcpu->cpsr).value);
    return EXEC_DONE;
}

/* Reads the words of a register list before anything is changed. */
static bool load_block(struct exec *x, uint32_t addr, unsigned words, uint32_t *values)
{
    for (unsigned i = 0; i < words; i++)
        if (!exec_load_word(x->vcpu, x->mem, x->ctx, addr + 4 * i, &values[i]))
            return false;
    return true;
}

/* LDM {..., pc}^ : current mode's registers, base, then SPSR to CPSR. */
static enum exec_result execute_ldm_return(struct exec *x, uint32_t insn, uint32_t addr, unsigned words)
{
    struct vcpu *vcpu = x->vcpu;
    unsigned rn = BITS(insn, 19, 16), i = 0;
    uint32_t values[16];

    if (!has_spsr(vcpu))
        return EXEC_UNDEF;
    if (!load_block(x, addr, words, values))
        return EXEC_ABORTED;
    if (insn & BIT(21))
        vcpu->r[rn] = block_writeback(vcpu->r[rn], words, insn & BIT(23));
    for (unsigned n = 0; n < 15; n++)
        if (insn & BIT(n))
            vcpu->r[n] = values[i++];
    exec_exception_return(vcpu, *vcpu_spsr(vcpu), values[i]);
    return EXEC_DONE;
}

static enum exec_result execute_ldm_user(struct exec *x, uint32_t insn, uint32_t addr, unsigned words)
{
    uint32_t values[16];
    unsigned i = 0;

    if (!load_block(x, addr, words, values))
        return EXEC_ABORTED;
    for (unsigned n = 0; n < 15; n++)
        if (insn & BIT(n))
            *vcpu_reg_of_mode(x->vcpu, n, MODE_USR) = values[i++];
    exec_next(x->vcpu, insn);
    return EXEC_DONE;
}

static enum exec_result execute_stm_user(struct exec *x, uint32_t insn, uint32_t addr)
{
    struct vcpu *vcpu = x->vcpu;

    for (unsigned n = 0; n < 16; n++) {
        if (!(insn & BIT(n)))
            continue;
        if (!exec_store_word(vcpu, x->mem, x->ctx, addr,
                             n == 15 ? exec_pc(vcpu) : *vcpu_reg_of_mode(vcpu, n, MODE_USR)))
            return EXEC_ABORTED;
        addr += 4;
    }
    exec_next(vcpu, insn);
    return EXEC_DONE;
}

static enum exec_result execute_block(struct exec *x, uint32_t insn)
{
    unsigned words = (unsigned)__builtin_popcount(insn & 0xffff), rn = BITS(insn, 19, 16);
    bool load = insn & BIT(20), wback = insn & BIT(21);
    uint32_t addr;

    if (!words || rn == 15 || vcpu_is_user(x->vcpu))
        return EXEC_UNDEF;
    addr = block_address(x->vcpu->r[rn], words, insn & BIT(24), insn & BIT(23));
    if (load && (insn & BIT(15)))
        return execute_ldm_return(x, insn, addr, words);
    if (wback)
        return EXEC_UNDEF;
    return load ? execute_ldm_user(x, insn, addr, words) : execute_stm_user(x, insn, addr);
}

static enum exec_result execute_a32_always(struct exec *x, uint32_t insn)
{
    bool p = insn & BIT(24), u = insn & BIT(23), w = insn & BIT(21);

    if ((insn & 0xfff1fe20) == 0xf1000000)
        return execute_cps(x->vcpu, insn, BITS(insn, 19, 18), BITS(insn, 8, 6), insn & BIT(17), insn & PSR_MODE);
    if ((insn & 0xfffffdff) == 0xf1010000)
        return execute_setend(x->vcpu, insn, insn & BIT(9));
    if ((insn & 0xfe50ffff) == 0xf8100a00)
        return execute_rfe(x, BITS(insn, 19, 16), p, u, w);
    if ((insn & 0xfe5fffe0) == 0xf84d0500)
        return execute_srs(x, insn, p, u, w);
    return EXEC_UNDEF;
}

static enum exec_result execute_a32(struct exec *x, uint32_t insn)
{
    struct vcpu *vcpu = x->vcpu;
    bool spsr = insn & BIT(22);

    if (insn >> 28 == 15)
        return execute_a32_always(x, insn);
    if ((insn & 0x0fbf0fff) == 0x010f0000)
        return execute_mrs(vcpu, insn, BITS(insn, 15, 12), spsr);
    if ((insn & 0x0fb0fff0) == 0x0120f000 && (insn & 15) != 15)
        return execute_msr(vcpu, insn, BITS(insn, 19, 16), spsr, vcpu->r[insn & 15]);
    if ((insn & 0x0fb0f000) == 0x0320f000 && (spsr || BITS(insn, 19, 16))) /* else hints */
        return execute_msr(vcpu, insn, BITS(insn, 19, 16), spsr, ror32(insn & 0xff, 2 * BITS(insn, 11, 8)));
    if ((insn & 0x0e400000) == 0x08400000)
        return execute_block(x, insn);
    if (exec_is_data_processing(insn) && (insn & 0x0010f000) == 0x0010f000)
        return execute_alu_return(vcpu, insn);
    return EXEC_UNDEF;
}

static enum exec_result execute_t16(struct exec *x, uint32_t insn)
{
    if ((insn & 0xffe8) == 0xb660)
        return execute_cps(x->vcpu, insn, insn & BIT(4) ? 3 : 2, insn & 7, false, 0);
    if ((insn & 0xfff7) == 0xb650)
        return execute_setend(x->vcpu, insn, insn & BIT(3));
    return EXEC_UNDEF;
}

static enum exec_result execute_t32(struct exec *x, uint32_t insn)
{
    struct vcpu *vcpu = x->vcpu;
    bool w = insn & BIT(21), r = insn & BIT(20);
    unsigned rn = BITS(insn, 19, 16);

    if ((insn & 0xffeff0ff) == 0xf3ef8000)
        return execute_mrs(vcpu, insn, BITS(insn, 11, 8), r);
    if ((insn & 0xffe0f0ff) == 0xf3808000 && rn != 15)
        return execute_msr(vcpu, insn, BITS(insn, 11, 8), r, vcpu->r[rn]);
    if ((insn & 0xfffff800) == 0xf3af8000 && (insn & 0x700)) /* else hints */
        return execute_cps(vcpu, insn, BITS(insn, 10, 9), BITS(insn, 7, 5), insn & BIT(8), insn & PSR_MODE);
    if ((insn & 0xffd0ffff) == 0xe810c000)
        return execute_rfe(x, rn, true, false, w);
    if ((insn & 0xffd0ffff) == 0xe990c000)
        return execute_rfe(x, rn, false, true, w);
    if ((insn & 0xffdfffe0) == 0xe80dc000)
        return execute_srs(x, insn, true, false, w);
    if ((insn & 0xffdfffe0) == 0xe98dc000)
        return execute_srs(x, insn, false, true, w);
    if ((insn & 0xffffff00) == 0xf3de8f00 && has_spsr(vcpu)) {
        exec_exception_return(vcpu, *vcpu_spsr(vcpu), vcpu->r[14] - (insn & 0xff));
        return EXEC_DONE;
    }
    return EXEC_UNDEF;
}

enum exec_result sysinsn_execute(struct vcpu *vcpu, uint32_t insn, bool thumb, const struct mem_ops *mem,
                                 void *ctx)
{
    struct exec x = { vcpu, mem, ctx };

    if (!thumb)
        return execute_a32(&x, insn);
    return insn >> 16 ? execute_t32(&x, insn) : execute_t16(&x, insn);
}
