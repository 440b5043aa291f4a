#include "xlate/pcinsn.h"

#include "xlate/ldst.h"

#define PSR_NZCV 0xf0000000u

struct exec {
    struct vcpu *vcpu;
    const struct mem_ops *mem;
    void *ctx;
};

static bool load_all(struct exec *x, const struct ldst *ls, uint32_t addr, uint32_t *values)
{
    for (unsigned i = 0; i < ls->count; i++) {
        if (!x->mem->load(x->ctx, gva(addr + i * ls->size), ls->size, ls->align, ls->unpriv, &values[i]))
            return false;
        values[i] = ldst_endian(values[i], ls->size, x->vcpu->cpsr & PSR_E);
    }
    return true;
}

static bool store_all(struct exec *x, const struct ldst *ls, uint32_t addr)
{
    for (unsigned i = 0; i < ls->count; i++) {
        uint32_t value = ldst_store_value(ls, x->vcpu->r, i);

        value = ldst_endian(value, ls->size, x->vcpu->cpsr & PSR_E);
        if (!x->mem->store(x->ctx, gva(addr + i * ls->size), ls->size, ls->align, ls->unpriv, value))
            return false;
    }
    return true;
}

static enum exec_result execute_ldst(struct exec *x, uint32_t insn, bool thumb)
{
    struct vcpu *vcpu = x->vcpu;
    uint32_t values[16], pc;
    struct ldst_access access;
    struct ldst ls;

    if (!ldst_decode(insn, thumb, &ls) || ls.kind == LDST_LOAD_EX || ls.kind == LDST_STORE_EX)
        return EXEC_UNDEF;
    ldst_address(&ls, vcpu->r, vcpu->cpsr, &access);
    if (ls.kind != LDST_STORE && !load_all(x, &ls, access.addr, values))
        return EXEC_ABORTED;
    if (ls.kind != LDST_LOAD && !store_all(x, &ls, access.addr))
        return EXEC_ABORTED;
    if (ldst_commit(&ls, vcpu->r, &access, values, &pc))
        exec_bx(vcpu, pc); /* LoadWritePC */
    else
        exec_next(vcpu, insn);
    return EXEC_DONE;
}

enum exec_result ldst_execute(struct vcpu *vcpu, uint32_t insn, bool thumb, const struct mem_ops *mem,
                              void *ctx)
{
    struct exec x = { vcpu, mem, ctx };

    return execute_ldst(&x, insn, thumb);
}

/* BX, BLX and BXJ (trivial Jazelle: as BX); the link says where to return in which state. */
static enum exec_result execute_bx(struct vcpu *vcpu, uint32_t insn, bool thumb, unsigned rm, bool link)
{
    uint32_t target = exec_reg(vcpu, rm);

    if (link && rm == 15)
        return EXEC_UNDEF;
    if (link)
        vcpu->r[14] = (vcpu->r[15] + exec_length(insn, thumb)) | thumb;
    exec_bx(vcpu, target);
    return EXEC_DONE;
}

static enum exec_result execute_a32_branch(struct vcpu *vcpu, uint32_t insn)
{
    uint32_t target = exec_pc(vcpu) + (uint32_t)sign_extend(insn << 2, 26);
    bool link = insn & BIT(24);

    if (insn >> 28 == 15) { /* BLX: to Thumb, H in bit 24 */
        vcpu->r[14] = vcpu->r[15] + 4;
        exec_bx(vcpu, (target + (link ? 2 : 0)) | 1);
        return EXEC_DONE;
    }
    if (link)
        vcpu->r[14] = vcpu->r[15] + 4;
    exec_branch(vcpu, target);
    return EXEC_DONE;
}

static enum exec_result execute_alu(struct vcpu *vcpu, uint32_t insn)
{
    unsigned rd = BITS(insn, 15, 12), rn = BITS(insn, 19, 16), opcode = BITS(insn, 24, 21);
    bool register_shift = !(insn & BIT(25)) && (insn & BIT(4));
    bool compare = (opcode & 12) == 8, set_flags = insn & BIT(20), carry;
    uint32_t operand, cpsr = vcpu->cpsr;
    struct alu_result result;

    if (register_shift && (rd == 15 || rn == 15 || (insn & 15) == 15 || BITS(insn, 11, 8) == 15))
        return EXEC_UNDEF;
    if (rd == 15 && set_flags)
        return EXEC_UNDEF;
    operand = exec_operand(vcpu, insn, &carry);
    result = exec_alu(opcode, exec_reg(vcpu, rn), operand, carry, cpsr);
    if (set_flags)
        vcpu->cpsr = (cpsr & ~PSR_NZCV) | (result.cpsr & PSR_NZCV);
    if (!compare && rd == 15) {
        exec_bx(vcpu, result.value); /* ALUWritePC interworks in ARM state */
        return EXEC_DONE;
    }
    if (!compare)
        vcpu->r[rd] = result.value;
    exec_next(vcpu, insn);
    return EXEC_DONE;
}

static enum exec_result execute_a32(struct exec *x, uint32_t insn)
{
    uint32_t bx = insn & 0x0ffffff0;

    if ((insn & 0x0e000000) == 0x0a000000)
        return execute_a32_branch(x->vcpu, insn);
    if (insn >> 28 == 15)
        return EXEC_UNDEF;
    if (bx == 0x012fff10 || bx == 0x012fff20 || bx == 0x012fff30)
        return execute_bx(x->vcpu, insn, false, insn & 15, bx == 0x012fff30);
    if (exec_is_data_processing(insn))
        return execute_alu(x->vcpu, insn);
    return execute_ldst(x, insn, false);
}

/* ADD, CMP and MOV of high registers: op in bits 9:8 (A6.2.3) */
static enum exec_result execute_t16_high(struct vcpu *vcpu, uint32_t insn)
{
    unsigned rd = BITS(insn, 7, 7) << 3 | BITS(insn, 2, 0), rm = BITS(insn, 6, 3), op = BITS(insn, 9, 8);
    uint32_t a = exec_reg(vcpu, rd), b = exec_reg(vcpu, rm), value;

    if (op == 3)
        return execute_bx(vcpu, insn, true, rm, insn & BIT(7));
    if (op == 1) {
        if (rd == 15 || rm == 15)
            return EXEC_UNDEF;
        vcpu->cpsr = (vcpu->cpsr & ~PSR_NZCV) | (exec_alu(10, a, b, false, vcpu->cpsr).cpsr & PSR_NZCV);
        exec_next(vcpu, insn);
        return EXEC_DONE;
    }
    value = op == 0 ? a + b : b;
    if (rd == 15) {
        exec_branch(vcpu, value);
        return EXEC_DONE;
    }
    vcpu->r[rd] = value;
    exec_next(vcpu, insn);
    return EXEC_DONE;
}

static enum exec_result execute_adr(struct vcpu *vcpu, uint32_t insn, unsigned rd, uint32_t offset)
{
    if (rd == 13 || rd == 15)
        return EXEC_UNDEF;
    vcpu->r[rd] = ALIGN_DOWN(exec_pc(vcpu), 4) + offset;
    exec_next(vcpu, insn);
    return EXEC_DONE;
}

static enum exec_result execute_cbz(struct vcpu *vcpu, uint32_t insn)
{
    uint32_t offset = BITS(insn, 9, 9) << 6 | BITS(insn, 7, 3) << 1;
    bool nonzero = insn & BIT(11);

    if ((vcpu->r[insn & 7] != 0) == nonzero)
        exec_branch(vcpu, exec_pc(vcpu) + offset);
    else
        exec_next(vcpu, insn);
    return EXEC_DONE;
}

/* The T32 branches that hold their own condition, outside IT blocks. */
static enum exec_result execute_branch_if(struct vcpu *vcpu, uint32_t insn, uint32_t cond, uint32_t offset)
{
    if (cond_holds(cond, vcpu->cpsr))
        exec_branch(vcpu, exec_pc(vcpu) + offset);
    else
        exec_next(vcpu, insn);
    return EXEC_DONE;
}

static enum exec_result execute_t16(struct exec *x, uint32_t insn)
{
    struct vcpu *vcpu = x->vcpu;

    if ((insn & 0xfc00) == 0x4400)
        return execute_t16_high(vcpu, insn);
    if ((insn & 0xf800) == 0xa000)
        return execute_adr(vcpu, insn, BITS(insn, 10, 8), 4 * (insn & 0xff));
    if ((insn & 0xf500) == 0xb100)
        return execute_cbz(vcpu, insn);
    if ((insn & 0xf000) == 0xd000 && BITS(insn, 11, 8) < 14)
        return execute_branch_if(vcpu, insn, BITS(insn, 11, 8), (uint32_t)sign_extend((insn & 0xff) << 1, 9));
    if ((insn & 0xf800) == 0xe000) {
        exec_branch(vcpu, exec_pc(vcpu) + (uint32_t)sign_extend((insn & 0x7ff) << 1, 12));
        return EXEC_DONE;
    }
    return execute_ldst(x, insn, true);
}

/* The 25-bit offset of B.W (T4), BL and BLX: S:I1:I2:imm10:imm11:0, I = NOT(J EOR S). */
static uint32_t long_offset(uint32_t insn)
{
    uint32_t s = BITS(insn, 26, 26), i1 = !(BITS(insn, 13, 13) ^ s), i2 = !(BITS(insn, 11, 11) ^ s);

    return (uint32_t)sign_extend(s << 24 | i1 << 23 | i2 << 22 | BITS(insn, 25, 16) << 12 | BITS(insn, 10, 0) << 1,
                                 25);
}

/* B.W with a condition (T3): S:J2:J1:imm6:imm11:0 */
static uint32_t conditional_offset(uint32_t insn)
{
    return (uint32_t)sign_extend(BITS(insn, 26, 26) << 20 | BITS(insn, 11, 11) << 19 | BITS(insn, 13, 13) << 18 |
                                     BITS(insn, 21, 16) << 12 | BITS(insn, 10, 0) << 1,
                                 21);
}

/* Branches and miscellaneous control, second halfword 1xx (A6.3.4) */
static enum exec_result execute_t32_branch(struct vcpu *vcpu, uint32_t insn)
{
    uint32_t pc = exec_pc(vcpu);

    if ((insn & 0xfff0ffff) == 0xf3c08f00) /* BXJ */
        return execute_bx(vcpu, insn, true, BITS(insn, 19, 16), false);
    switch (insn & 0x5000) { /* link, T4 rather than T3 or BL rather than BLX */
    case 0x0000:
        if (BITS(insn, 25, 23) == 7)
            return EXEC_UNDEF;
        return execute_branch_if(vcpu, insn, BITS(insn, 25, 22), conditional_offset(insn));
    case 0x1000:
        exec_branch(vcpu, pc + long_offset(insn));
        return EXEC_DONE;
    case 0x4000:
        if (insn & 1)
            return EXEC_UNDEF;
        vcpu->r[14] = (vcpu->r[15] + 4) | 1;
        exec_bx(vcpu, ALIGN_DOWN(pc, 4) + long_offset(insn));
        return EXEC_DONE;
    default:
        vcpu->r[14] = (vcpu->r[15] + 4) | 1;
        exec_branch(vcpu, pc + long_offset(insn));
        return EXEC_DONE;
    }
}

static enum exec_result execute_table_branch(struct exec *x, uint32_t insn)
{
    struct vcpu *vcpu = x->vcpu;
    unsigned rn = BITS(insn, 19, 16), rm = insn & 15, size = insn & BIT(4) ? 2 : 1;
    uint32_t entry;

    if (rn == 13 || rm == 13 || rm == 15)
        return EXEC_UNDEF;
    if (!x->mem->load(x->ctx, gva(exec_reg(vcpu, rn) + vcpu->r[rm] * size), size, 1, false, &entry))
        return EXEC_ABORTED;
    exec_branch(vcpu, exec_pc(vcpu) + 2 * ldst_endian(entry, size, vcpu->cpsr & PSR_E));
    return EXEC_DONE;
}

static enum exec_result execute_t32(struct exec *x, uint32_t insn)
{
    uint32_t imm12 = BITS(insn, 26, 26) << 11 | BITS(insn, 14, 12) << 8 | BITS(insn, 7, 0);

    if ((insn & 0xf8008000) == 0xf0008000)
        return execute_t32_branch(x->vcpu, insn);
    if ((insn & 0xfbff8000) == 0xf2af0000)
        return execute_adr(x->vcpu, insn, BITS(insn, 11, 8), -imm12);
    if ((insn & 0xfbff8000) == 0xf20f0000)
        return execute_adr(x->vcpu, insn, BITS(insn, 11, 8), imm12);
    if ((insn & 0xfff0ffe0) == 0xe8d0f000)
        return execute_table_branch(x, insn);
    return execute_ldst(x, insn, true);
}

enum exec_result pcinsn_execute(struct vcpu *vcpu, uint32_t insn, bool thumb, const struct mem_ops *mem,
                                void *ctx)
{
    struct exec x = { vcpu, mem, ctx };

    if (!thumb)
        return execute_a32(&x, insn);
    return insn >> 16 ? execute_t32(&x, insn) : execute_t16(&x, insn);
}
