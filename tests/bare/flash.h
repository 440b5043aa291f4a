#pragma once
/* The flash of the virt board, as guests that are started from it use it (rom.S). */
#include "lib/bare.h"
#include "lib/mmu.h"

#define BANK1 0x04000000u
#define BLOCK 0x40000u
#define BOTH(v) ((uint32_t)(v) << 16 | (v))

enum { PROGRAM = 0x40, ERASE = 0x20, CONFIRM = 0xd0, CLEAR = 0x50, STATUS = 0x70, ID = 0x90, QUERY = 0x98,
       BUFFER = 0xe8, ARRAY = 0xff };

/* Address 0, which the compiler takes for a mistake when it sees it. */
static inline uint32_t bank0(void)
{
    uint32_t base;

    __asm__ volatile("mov %0, #0" : "=r"(base));
    return base;
}

static inline void command(uint32_t addr, uint32_t c)
{
    write32(addr, BOTH(c));
}

static inline bool ready(uint32_t addr)
{
    for (unsigned i = 0; i < 1000; i++) {
        if ((read32(addr) & BOTH(0x80)) == BOTH(0x80))
            return true;
    }
    return false;
}

static inline void program(uint32_t addr, uint32_t value)
{
    command(addr, PROGRAM);
    write32(addr, value);
    ready(addr);
    command(addr, ARRAY);
}

static inline void erase(uint32_t addr)
{
    command(addr, ERASE);
    command(addr, CONFIRM);
    ready(addr);
    command(addr, ARRAY);
}

static inline void icache(void)
{
    dsb();
    CP15_WRITE(0, c7, c5, 0, 0);
    CP15_WRITE(0, c7, c5, 6, 0);
    dsb();
    isb();
}

static inline uint32_t call(uint32_t addr)
{
    return ((uint32_t (*)(void))addr)();
}

/* mov r0, #n; bx lr, in A32; movs r0, #n + 1; bx lr, in T32. */
static inline void put_functions(uint32_t addr, uint32_t n)
{
    erase(addr);
    program(addr, 0xe3a00000 | n);
    program(addr + 4, 0xe12fff1e);
    program(addr + 8, 0x47702000 | (n + 1));
    icache();
}
