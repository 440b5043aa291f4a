#include "xlate/exec.h"

#include "xlate/ldst.h"

void exec_next(struct vcpu *vcpu, uint32_t insn)
{
    bool thumb = vcpu->cpsr & PSR_T;

    vcpu->r[15] += exec_length(insn, thumb);
    if (thumb)
        vcpu->cpsr = it_advance(vcpu->cpsr);
}

void exec_branch(struct vcpu *vcpu, uint32_t addr)
{
    if (vcpu->cpsr & PSR_T) {
        vcpu->cpsr = it_advance(vcpu->cpsr);
        vcpu->r[15] = addr & ~1u;
    } else {
        vcpu->r[15] = addr & ~3u;
    }
}

void exec_bx(struct vcpu *vcpu, uint32_t addr)
{
    if (vcpu->cpsr & PSR_T)
        vcpu->cpsr = it_advance(vcpu->cpsr);
    if (addr & 1) {
        vcpu->cpsr |= PSR_T;
        vcpu->r[15] = addr & ~1u;
    } else { /* bits 1:0 of 0b10 are UNPREDICTABLE: as 0b00 */
        vcpu->cpsr &= ~PSR_T;
        vcpu->r[15] = addr & ~3u;
    }
}

void exec_exception_return(struct vcpu *vcpu, uint32_t psr, uint32_t addr)
{
    /* Jazelle is trivial and ThumbEE hidden: J never becomes 1.  Bits 23:20 are reserved. */
    if (!(psr & PSR_T))
        psr &= ~PSR_IT; /* else UNPREDICTABLE (A2.5.2), and the hardware's SPSR would be given it */
    vcpu_set_cpsr(vcpu, psr & ~(PSR_J | 0x00f00000u));
    vcpu->r[15] = addr & (vcpu->cpsr & PSR_T ? ~1u : ~3u);
}

static struct alu_result add_with_carry(uint32_t a, uint32_t b, bool carry_in, uint32_t cpsr)
{
    uint64_t sum = (uint64_t)a + b + carry_in;
    uint32_t value = (uint32_t)sum;

    cpsr &= ~(PSR_C | PSR_V);
    if (sum >> 32)
        cpsr |= PSR_C;
    if (~(a ^ b) & (a ^ value) & BIT(31))
        cpsr |= PSR_V;
    return (struct alu_result){ value, cpsr };
}

static struct alu_result logical(uint32_t value, bool carry, uint32_t cpsr)
{
    return (struct alu_result){ value, carry ? cpsr | PSR_C : cpsr & ~PSR_C };
}

static struct alu_result compute(unsigned opcode, uint32_t a, uint32_t b, bool shift_carry, uint32_t cpsr)
{
    bool carry = cpsr & PSR_C;

    switch (opcode) {
    case 0: /* AND, TST */
    case 8:
        return logical(a & b, shift_carry, cpsr);
    case 1: /* EOR, TEQ */
    case 9:
        return logical(a ^ b, shift_carry, cpsr);
    case 2: /* SUB, CMP */
    case 10:
        return add_with_carry(a, ~b, true, cpsr);
    case 3: /* RSB */
        return add_with_carry(~a, b, true, cpsr);
    case 4: /* ADD, CMN */
    case 11:
        return add_with_carry(a, b, false, cpsr);
    case 5: /* ADC */
        return add_with_carry(a, b, carry, cpsr);
    case 6: /* SBC */
        return add_with_carry(a, ~b, carry, cpsr);
    case 7: /* RSC */
        return add_with_carry(~a, b, carry, cpsr);
    case 12: /* ORR */
        return logical(a | b, shift_carry, cpsr);
    case 13: /* MOV and shifts */
        return logical(b, shift_carry, cpsr);
    case 14: /* BIC */
        return logical(a & ~b, shift_carry, cpsr);
    default: /* MVN */
        return logical(~b, shift_carry, cpsr);
    }
}

struct alu_result exec_alu(unsigned opcode, uint32_t rn, uint32_t operand, bool shift_carry, uint32_t cpsr)
{
    struct alu_result result = compute(opcode & 15, rn, operand, shift_carry, cpsr);

    result.cpsr &= ~(PSR_N | PSR_Z);
    if (result.value & BIT(31))
        result.cpsr |= PSR_N;
    if (!result.value)
        result.cpsr |= PSR_Z;
    return result;
}

/* Shift_C (A8.4.3) for an amount of 1 to 255. */
static uint32_t shift_c(uint32_t v, unsigned type, unsigned amount, bool *carry)
{
    unsigned n = amount > 33 ? 33 : amount;

    switch (type) {
    case LDST_LSL:
        *carry = n <= 32 && (v >> (32 - n) & 1);
        return n < 32 ? v << n : 0;
    case LDST_LSR:
        *carry = n <= 32 && (v >> (n - 1) & 1);
        return n < 32 ? v >> n : 0;
    case LDST_ASR:
        if (n > 31) {
            *carry = v >> 31;
            return *carry ? ~0u : 0;
        }
        *carry = v >> (n - 1) & 1;
        return (uint32_t)((int32_t)v >> n);
    default:
        v = ror32(v, amount);
        *carry = v >> 31;
        return v;
    }
}

uint32_t exec_operand(const struct vcpu *vcpu, uint32_t insn, bool *carry)
{
    unsigned type = BITS(insn, 6, 5), amount = BITS(insn, 11, 7);
    bool carry_in = vcpu->cpsr & PSR_C;
    uint32_t v;

    *carry = carry_in;
    if (insn & BIT(25)) { /* ARMExpandImm_C */
        v = ror32(insn & 0xff, 2 * BITS(insn, 11, 8));
        if (BITS(insn, 11, 8))
            *carry = v >> 31;
        return v;
    }
    v = exec_reg(vcpu, insn & 15);
    if (insn & BIT(4)) {
        amount = vcpu->r[BITS(insn, 11, 8)] & 0xff;
        return amount ? shift_c(v, type, amount, carry) : v;
    }
    if (amount)
        return shift_c(v, type, amount, carry);
    switch (type) { /* DecodeImmShift of 0 */
    case LDST_LSL:
        return v;
    case LDST_ROR: /* RRX */
        *carry = v & 1;
        return (uint32_t)carry_in << 31 | v >> 1;
    default:
        return shift_c(v, type, 32, carry);
    }
}

bool exec_is_data_processing(uint32_t insn)
{
    if (insn >> 28 == 15 || BITS(insn, 27, 26))
        return false;
    if (!(insn & BIT(25)) && (insn & 0x90) == 0x90)
        return false; /* multiplies, extra loads and stores */
    return BITS(insn, 24, 23) != 2 || (insn & BIT(20)); /* compares have S; the rest is miscellaneous */
}

bool exec_load_word(const struct vcpu *vcpu, const struct mem_ops *mem, void *ctx, uint32_t addr, uint32_t *value)
{
    if (!mem->load(ctx, gva(addr), 4, 4, false, value))
        return false;
    *value = ldst_endian(*value, 4, vcpu->cpsr & PSR_E);
    return true;
}

bool exec_store_word(const struct vcpu *vcpu, const struct mem_ops *mem, void *ctx, uint32_t addr, uint32_t value)
{
    return mem->store(ctx, gva(addr), 4, 4, false, ldst_endian(value, 4, vcpu->cpsr & PSR_E));
}
