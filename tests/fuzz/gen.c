/* What the items of both instruction sets share. */
#include "fuzz.h"

struct gen gen;

uint32_t any_value(void)
{
    static const uint32_t likely[] = { 0, 1, 2, 0x7fffffff, 0x80000000, 0xffffffff, 0xfffffffe, 31, 32, 33,
                                       0xff, 0x8000, 0x7fff, 0x10000, DATA_MID, CODE_BASE, PAGE_UNMAPPED };

    return pick(3) ? any_word() : likely[pick(sizeof(likely) / sizeof(likely[0]))];
}

uint32_t any_mode(void)
{
    static const uint32_t modes[] = { MODE_SVC, MODE_SYS, MODE_ABT, MODE_UND, MODE_FIQ, MODE_IRQ };

    return modes[pick(gen.irqs ? 5 : 6)];
}

uint32_t any_place(void)
{
    static const uint32_t places[] = { PAGE_UNMAPPED, PAGE_USER_RO, PAGE_PRIV, PAGE_RO, PAGE_XN, MIB_NO_ACCESS,
                                       MIB_UNMAPPED, MIB_RO, MIB_MANAGER, DATA_BASE, PAGE_UNMAPPED - 16 };

    return places[pick(sizeof(places) / sizeof(places[0]))] + pick(64) * 4 + (pick(4) ? 0 : pick(4));
}

uint32_t any_nowhere(void)
{
    static const uint32_t places[] = { PAGE_UNMAPPED, PAGE_XN, MIB_NO_ACCESS, MIB_UNMAPPED, 0, 0x3fffff00 };

    if (gen.kind == KIND_FLAT)
        return FLAT_TRAPS + pick(1000) * 4;
    return places[pick(6)] + pick(64) * 4;
}

uint32_t return_psr(uint32_t mode)
{
    uint32_t psr = (any_word() & 0xf80f0000) | mode | PSR_F | (pick(2) ? PSR_A : 0);

    return gen.irqs || (mode == MODE_USR && pick(2)) ? psr : psr | PSR_I;
}

void write16(uint32_t addr, uint32_t half)
{
    *(volatile uint16_t *)addr = (uint16_t)half;
}

void emit16(uint32_t half)
{
    *(volatile uint16_t *)gen.pc = (uint16_t)half;
    gen.pc += 2;
}

void emit32(uint32_t word)
{
    write32(gen.pc, word);
    gen.pc += 4;
}

void emit_t32(uint32_t insn)
{
    if (insn >> 16)
        emit16(insn >> 16);
    emit16(insn & 0xffff);
}

static uint32_t t32_imm16(uint32_t value)
{
    return (value >> 12 & 15) << 16 | (value >> 11 & 1) << 26 | (value >> 8 & 7) << 12 | (value & 0xff);
}

void emit_const(unsigned rd, uint32_t value)
{
    uint32_t low = value & 0xffff, high = value >> 16;

    if (gen.thumb) {
        emit_t32(0xf2400000 | rd << 8 | t32_imm16(low));
        emit_t32(0xf2c00000 | rd << 8 | t32_imm16(high));
    } else {
        emit32(AL | 0x03000000 | (low & 0xf000) << 4 | rd << 12 | (low & 0xfff));
        emit32(AL | 0x03400000 | (high & 0xf000) << 4 | rd << 12 | (high & 0xfff));
    }
}
