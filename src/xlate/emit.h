#pragma once
/* A32 encodings that stubs are made of; each function gives one instruction word. */
#include <stdint.h>

#define CC_AL 14u

static inline uint32_t a32_b(uint32_t cc, uint32_t from, uint32_t to)
{
    return cc << 28 | 0x0a000000 | (((to - from - 8) >> 2) & 0xffffff);
}

static inline uint32_t a32_bl(uint32_t cc, uint32_t from, uint32_t to)
{
    return a32_b(cc, from, to) | 0x01000000;
}

/* Can a branch at 'from' reach 'to'? (A8.8.18: +-32 MiB) */
static inline int a32_b_reaches(uint32_t from, uint32_t to)
{
    int32_t offset = (int32_t)(to - from - 8);

    return offset >= -0x02000000 && offset < 0x02000000;
}

static inline uint32_t a32_movw(unsigned rd, uint32_t imm16)
{
    return 0xe3000000 | (imm16 & 0xf000) << 4 | rd << 12 | (imm16 & 0xfff);
}

static inline uint32_t a32_movt(unsigned rd, uint32_t imm16)
{
    return 0xe3400000 | (imm16 & 0xf000) << 4 | rd << 12 | (imm16 & 0xfff);
}

/* LDR/STR rt, [pc, #offset]; offset counts from the instruction's address + 8 */
static inline uint32_t a32_ldr_pc(unsigned rt, int32_t offset)
{
    return offset >= 0 ? 0xe59f0000 | rt << 12 | (uint32_t)offset
                       : 0xe51f0000 | rt << 12 | (uint32_t)-offset;
}

static inline uint32_t a32_str_pc(unsigned rt, int32_t offset)
{
    return a32_ldr_pc(rt, offset) & ~0x00100000u;
}

static inline uint32_t a32_strb_pc(unsigned rt, int32_t offset)
{
    return a32_str_pc(rt, offset) | 0x00400000u;
}

static inline uint32_t a32_ldr(unsigned rt, unsigned rn, uint32_t offset)
{
    return 0xe5900000 | rn << 16 | rt << 12 | offset;
}

/* data processing with a rotated immediate given as the 12-bit field */
static inline uint32_t a32_add_imm(unsigned rd, unsigned rn, uint32_t imm12)
{
    return 0xe2800000 | rn << 16 | rd << 12 | imm12;
}

static inline uint32_t a32_sub_imm(unsigned rd, unsigned rn, uint32_t imm12)
{
    return 0xe2400000 | rn << 16 | rd << 12 | imm12;
}

static inline uint32_t a32_bic_imm(unsigned rd, unsigned rn, uint32_t imm12)
{
    return 0xe3c00000 | rn << 16 | rd << 12 | imm12;
}

static inline uint32_t a32_orr_imm(unsigned rd, unsigned rn, uint32_t imm12)
{
    return 0xe3800000 | rn << 16 | rd << 12 | imm12;
}

static inline uint32_t a32_and_imm(unsigned rd, unsigned rn, uint32_t imm12)
{
    return 0xe2000000 | rn << 16 | rd << 12 | imm12;
}

static inline uint32_t a32_orr(unsigned rd, unsigned rn, unsigned rm)
{
    return 0xe1800000 | rn << 16 | rd << 12 | rm;
}

static inline uint32_t a32_eor(unsigned rd, unsigned rn, unsigned rm)
{
    return 0xe0200000 | rn << 16 | rd << 12 | rm;
}

static inline uint32_t a32_bic(unsigned rd, unsigned rn, unsigned rm)
{
    return 0xe1c00000 | rn << 16 | rd << 12 | rm;
}

static inline uint32_t a32_mov_lsl(unsigned rd, unsigned rm, unsigned shift)
{
    return 0xe1a00000 | rd << 12 | shift << 7 | rm;
}

/* ADD rd, rn, rm, LSL #31: adds 2 GiB when rm is odd, nothing otherwise */
static inline uint32_t a32_add_lsl31(unsigned rd, unsigned rn, unsigned rm)
{
    return 0xe0800000 | rn << 16 | rd << 12 | 31u << 7 | rm;
}

/* MRS rd, APSR: allowed in User mode (A8.8.109) */
static inline uint32_t a32_mrs_apsr(unsigned rd)
{
    return 0xe10f0000 | rd << 12;
}

/* PKHBT rd, rn, rm: the bottom half of rn, the top half of rm */
static inline uint32_t a32_pkhbt(unsigned rd, unsigned rn, unsigned rm)
{
    return 0xe6800010 | rn << 16 | rd << 12 | rm;
}

static inline uint32_t a32_mov_lsr(unsigned rd, unsigned rm, unsigned shift)
{
    return 0xe1a00020 | rd << 12 | shift << 7 | rm;
}

static inline uint32_t a32_mov_ror(unsigned rd, unsigned rm, unsigned shift)
{
    return 0xe1a00060 | rd << 12 | shift << 7 | rm;
}

static inline uint32_t a32_clz(unsigned rd, unsigned rm)
{
    return 0xe16f0f10 | rd << 12 | rm;
}

/* LDR/STR rt, [rn, #offset], |offset| < 4096 */
static inline uint32_t a32_ldr_offset(unsigned rt, unsigned rn, int32_t offset)
{
    return (offset >= 0 ? 0xe5900000u | (uint32_t)offset : 0xe5100000u | (uint32_t)-offset) | rn << 16 | rt << 12;
}

static inline uint32_t a32_str_offset(unsigned rt, unsigned rn, int32_t offset)
{
    return a32_ldr_offset(rt, rn, offset) & ~0x00100000u;
}

/* STR rt, [rn], #4 */
static inline uint32_t a32_str_post4(unsigned rt, unsigned rn)
{
    return 0xe4800004 | rn << 16 | rt << 12;
}

/* LDR rt, [rn], #imm */
static inline uint32_t a32_ldr_post(unsigned rt, unsigned rn, unsigned imm)
{
    return 0xe4900000 | rn << 16 | rt << 12 | imm;
}

/* LDRD rt, rt + 1, [rn], #imm; imm < 16 */
static inline uint32_t a32_ldrd_post(unsigned rt, unsigned rn, unsigned imm)
{
    return 0xe0c000d0 | rn << 16 | rt << 12 | imm;
}

/* LDMIB rn, {list} */
static inline uint32_t a32_ldmib(unsigned rn, uint32_t list)
{
    return 0xe9900000 | rn << 16 | list;
}

/* ADD pc, pc, rm, LSL #2: rm = 0 skips one word, rm = 1 two */
#define A32_SKIP_ONE(rm) (0xe08ff100u | (rm))
/* add pc, pc, rm, lsr #1: rm = 32 skips the next word and four more, rm = 0 the next one */
#define A32_SKIP_FOUR(rm) (0xe08ff0a0u | (rm))

static inline uint32_t a32_svc(uint32_t cc, uint32_t imm24)
{
    return cc << 28 | 0x0f000000 | imm24;
}

#define A32_NOP 0xe320f000u
#define A32_MOVS_PC_LR 0xe1b0f00eu
