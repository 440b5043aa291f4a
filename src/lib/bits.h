#pragma once
/* Bit and size helpers shared by everything. */
#include <stddef.h>
#include <stdint.h>

#define KiB 1024u
#define MiB (1024u * 1024u)

#define BIT(n) (1u << (n))
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
/* Bits hi..lo of w, both inclusive, right aligned; hi - lo < 31. */
#define BITS(w, hi, lo) (((uint32_t)(w) >> (lo)) & ((1u << ((hi) - (lo) + 1)) - 1u))
#define ALIGN_DOWN(x, a) ((x) & ~((uint32_t)(a) - 1u))
#define ALIGN_UP(x, a) (((x) + (uint32_t)(a) - 1u) & ~((uint32_t)(a) - 1u))
#define container_of(ptr, type, member) ((type *)((char *)(ptr) - offsetof(type, member)))

static inline uint32_t ror32(uint32_t v, unsigned n)
{
    n &= 31;
    return n ? (v >> n) | (v << (32 - n)) : v;
}

/* The value v, whose bit 'bits - 1' is its sign, as a signed 32-bit number. */
static inline int32_t sign_extend(uint32_t v, unsigned bits)
{
    return (int32_t)(v << (32 - bits)) >> (32 - bits);
}
