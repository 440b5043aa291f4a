#pragma once
/* 32-bit device registers: 'regs' points to the first byte of the device. */
#include <stdint.h>

static inline uint32_t mmio_read(const volatile uint8_t *regs, uint32_t offset)
{
    return *(const volatile uint32_t *)(regs + offset);
}

static inline void mmio_write(volatile uint8_t *regs, uint32_t offset, uint32_t value)
{
    *(volatile uint32_t *)(regs + offset) = value;
}
