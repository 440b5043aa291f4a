#pragma once
/* The build machine's CP15: every register of sysregs.def is a variable. */
#include <stdint.h>

#define SYSREG_FIELD(name, ...) uint32_t name;
#define SYSREG SYSREG_FIELD
#define SYSREG_RO SYSREG_FIELD
#define SYSREG_WO SYSREG_FIELD
/* A test defines it once: struct fake_sysregs fake_sysregs; */
extern struct fake_sysregs {
#include "arch/armv7/sysregs.def"
} fake_sysregs;
#undef SYSREG
#undef SYSREG_RO
#undef SYSREG_WO

#define SYSREG_RO(name, ...) static inline uint32_t read_##name(void) { return fake_sysregs.name; }
#define SYSREG_WO(name, ...) static inline void write_##name(uint32_t value) { fake_sysregs.name = value; }
#define SYSREG(name, ...) SYSREG_RO(name) SYSREG_WO(name)
#include "arch/armv7/sysregs.def"
#undef SYSREG
#undef SYSREG_RO
#undef SYSREG_WO

static inline void dsb(void) {}
static inline void dmb(void) {}
static inline void isb(void) {}
static inline void wfi(void) {}
static inline uint32_t read_cpsr(void) { return 0x1d3; }
static inline void irq_mask(void) {}
