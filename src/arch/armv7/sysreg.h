#pragma once
/*
 * read_sctlr(), write_sctlr() ... for every register of sysregs.def.
 *
 * No barrier is implied: a write takes effect at the next ISB or exception
 * (B3.15.5).  A unit test gets the same names from src/arch/fake, where
 * registers are variables; the include path chooses.
 */
#include <stdint.h>

#define SYSREG_RO(name, crn, op1, crm, op2)                                                     \
    static inline uint32_t read_##name(void)                                                    \
    {                                                                                           \
        uint32_t value;                                                                         \
        __asm__ volatile("mrc p15, " #op1 ", %0, " #crn ", " #crm ", " #op2 : "=r"(value));     \
        return value;                                                                           \
    }
#define SYSREG_WO(name, crn, op1, crm, op2)                                                     \
    static inline void write_##name(uint32_t value)                                             \
    {                                                                                           \
        __asm__ volatile("mcr p15, " #op1 ", %0, " #crn ", " #crm ", " #op2 :: "r"(value) : "memory"); \
    }
#define SYSREG(name, crn, op1, crm, op2) \
    SYSREG_RO(name, crn, op1, crm, op2)  \
    SYSREG_WO(name, crn, op1, crm, op2)

#include "arch/armv7/sysregs.def"

#undef SYSREG
#undef SYSREG_RO
#undef SYSREG_WO

static inline void dsb(void) { __asm__ volatile("dsb" ::: "memory"); }
static inline void dmb(void) { __asm__ volatile("dmb" ::: "memory"); }
static inline void isb(void) { __asm__ volatile("isb" ::: "memory"); }
static inline void wfi(void) { __asm__ volatile("wfi" ::: "memory"); }

static inline uint32_t read_cpsr(void)
{
    uint32_t value;
    __asm__ volatile("mrs %0, cpsr" : "=r"(value));
    return value;
}
/* As the guest reads it: an entry that PL1 makes in the TLB beside the guest's own is a place less for both. */
static inline uint32_t load_unprivileged(uint32_t va)
{
    uint32_t value;
    __asm__ volatile("ldrt %0, [%1]" : "=&r"(value) : "r"(va)); /* post-indexed: never the same register (A8.8.92) */
    return value;
}
static inline void irq_mask(void) { __asm__ volatile("cpsid if" ::: "memory"); }
