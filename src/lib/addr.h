#pragma once
/*
 * The three kinds of address, as types that do not mix.
 *
 * gva: guest virtual, gpa: guest physical, hpa: host physical.  All are 32 bits
 * wide: umbra targets ARMv7-A without LPAE.  (Supersection bits above 32 are
 * treated as the architecture treats an implementation without them.)
 */
#include <stdbool.h>
#include <stdint.h>

typedef struct { uint32_t v; } gva_t;
typedef struct { uint32_t v; } gpa_t;
typedef struct { uint32_t v; } hpa_t;

static inline gva_t gva(uint32_t v) { return (gva_t){ v }; }
static inline gpa_t gpa(uint32_t v) { return (gpa_t){ v }; }
static inline hpa_t hpa(uint32_t v) { return (hpa_t){ v }; }
