#pragma once
/* A vcpu and a little memory to execute instructions on. */
#include <string.h>

#include "test.h"
#include "xlate/exec.h"

#define MEM_BASE 0x9000u
#define FAULT_ADDR 0x9f00u /* accesses from here on abort */
#define CODE 0x8000u

static struct vcpu vcpu;
static uint8_t memory[0x1000];
static bool last_unpriv;

static bool mem_check(gva_t addr, unsigned size, unsigned align)
{
    return addr.v >= MEM_BASE && addr.v + size <= FAULT_ADDR && !(addr.v & (align - 1));
}

static bool mem_load(void *ctx, gva_t addr, unsigned size, unsigned align, bool unpriv, uint32_t *value)
{
    (void)ctx;
    last_unpriv = unpriv;
    if (!mem_check(addr, size, align))
        return false;
    *value = 0;
    memcpy(value, &memory[addr.v - MEM_BASE], size);
    return true;
}

static bool mem_store(void *ctx, gva_t addr, unsigned size, unsigned align, bool unpriv, uint32_t value)
{
    (void)ctx;
    last_unpriv = unpriv;
    if (!mem_check(addr, size, align))
        return false;
    memcpy(&memory[addr.v - MEM_BASE], &value, size);
    return true;
}

static const struct mem_ops mem = { mem_load, mem_store };

static uint32_t peek(uint32_t addr)
{
    uint32_t value = 0;

    mem_load(NULL, gva(addr), 4, 4, false, &value);
    return value;
}

static void poke(uint32_t addr, uint32_t value)
{
    mem_store(NULL, gva(addr), 4, 4, false, value);
}

/* r[n] = 0x100 * n, every bank 0xbb000000 | bank << 8 | n, pc = CODE, memory 0. */
static void setup(uint32_t cpsr)
{
    memset(&vcpu, 0, sizeof(vcpu));
    memset(memory, 0, sizeof(memory));
    vcpu.cpsr = cpsr;
    for (unsigned n = 0; n < 15; n++)
        vcpu.r[n] = 0x100 * n;
    for (unsigned b = 0; b < BANK_COUNT; b++) {
        vcpu.bank[b].r13 = 0xbb00000d | b << 8;
        vcpu.bank[b].r14 = 0xbb00000e | b << 8;
    }
    vcpu.r[15] = CODE;
}
