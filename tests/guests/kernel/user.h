#pragma once
/* What processes have in common; all of it is in their own section, and none of it is the kernel's. */
#include "kernel.h"

#define WORK_FOREVER 0x7fffffff

static inline uint32_t call(uint32_t number, uint32_t a, uint32_t b)
{
    register uint32_t r0 __asm__("r0") = a;
    register uint32_t r1 __asm__("r1") = b;
    register uint32_t r12 __asm__("r12") = number;

    __asm__ volatile("svc #0" : "+r"(r0) : "r"(r1), "r"(r12) : "memory");
    return r0;
}

uint32_t user_random(uint32_t *seed);
/* Bodies of processes: their results are their exit codes. */
void user_main(uint32_t arg);
void sort_t32(uint32_t seed), sort_a32(uint32_t seed);
void registers_t32(uint32_t rounds), registers_a32(uint32_t rounds);
void same_place(uint32_t value);
void ring(uint32_t next);
void wild(uint32_t how);
void jit(uint32_t n);
