#pragma once
/*
 * Host descriptors that shadows are made of: short format (DDI 0406C B3.5.1),
 * TRE = 0, AFE = 0, every guest entry nG = 1 under its view's own ASID, RAM
 * always normal write-back write-allocate (no device is passed through).
 */
#include <stdbool.h>
#include <stdint.h>
#include "lib/addr.h"

#define DESC_TYPE_MASK 3u
#define DESC_L1_TABLE 1u
#define DESC_L1_SECTION 2u
#define DESC_L2_SMALL 2u

#define SECTION_BASE (DESC_L1_SECTION | 0x1000u | 0xcu | 0x20000u) /* TEX=001 C B nG */
#define SECTION_XN 0x10u
#define SECTION_SUPER 0x40000u
#define SECTION_RW 0x0c00u
#define SECTION_RO 0x8c00u
#define SECTION_AP2 0x8000u
#define SMALL_BASE (DESC_L2_SMALL | 0x40u | 0xcu | 0x800u)
#define SMALL_XN 1u
#define SMALL_RW 0x030u
#define SMALL_RO 0x230u
#define SMALL_AP2 0x200u

static inline bool desc_is_table(uint32_t l1) { return (l1 & DESC_TYPE_MASK) == DESC_L1_TABLE; }
static inline bool desc_is_section(uint32_t l1) { return (l1 & DESC_TYPE_MASK) == DESC_L1_SECTION; }

static inline uint32_t desc_table(hpa_t l2, unsigned domain) { return l2.v | domain << 5 | DESC_L1_TABLE; }
#define DESC_TABLE_MASK (15u << 5 | DESC_TYPE_MASK) /* domain and type */
static inline hpa_t desc_table_pa(uint32_t l1) { return hpa(l1 & 0xfffffc00u); }
static inline unsigned desc_l1_domain(uint32_t l1) { return (l1 >> 5) & 15; }

static inline uint32_t desc_section(hpa_t pa, unsigned domain, bool write, bool exec)
{
    return (pa.v & 0xfff00000u) | domain << 5 | SECTION_BASE | (write ? SECTION_RW : SECTION_RO) |
           (exec ? 0 : SECTION_XN);
}

static inline uint32_t desc_small(hpa_t pa, bool write, bool exec)
{
    return (pa.v & 0xfffff000u) | SMALL_BASE | (write ? SMALL_RW : SMALL_RO) | (exec ? 0 : SMALL_XN);
}

static inline bool desc_small_writable(uint32_t l2) { return (l2 & DESC_L2_SMALL) && !(l2 & SMALL_AP2); }
