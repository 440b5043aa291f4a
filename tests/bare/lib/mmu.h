#pragma once
/*
 * VMSAv7 short-descriptor tables for the bare guests (DDI 0406C B3.5).
 *
 * mmu_setup() maps RAM and the devices at their own addresses for privileged mode, in domain 0;
 * User mode gets .text.user read-only and its stack.  Everything else is free for tests,
 * from VA 0x50000000 up (and 0x10000000 to 0x3fffffff).
 */
#include "bare.h"

#define RAM_BASE 0x40000000u
#define RAM_MAPPED 0x04000000u
/* Physical pages that tests own: up to the end of what is mapped. */
#define TEST_PA 0x41000000u
#define TEST_VA 0x80000000u

/* First level. Types: table, section, supersection. */
#define L1_TABLE 0x1u
#define L1_SECTION 0x2u
#define L1_SUPER 0x40002u
#define L1_XN 0x10u
#define L1_NG 0x20000u
#define L1_S 0x10000u
#define L1_DOMAIN(n) ((uint32_t)(n) << 5)
#define L1_AP(ap) (((ap) & 3u) << 10 | ((ap) & 4u) << 13)
#define L1_TEXCB(texcb) (((texcb) & 0x1cu) << 10 | ((texcb) & 3u) << 2)
/* Second level. */
#define L2_LARGE 0x1u
#define L2_SMALL 0x2u
#define L2_SMALL_XN 0x1u
#define L2_LARGE_XN 0x8000u
#define L2_NG 0x800u
#define L2_AP(ap) (((ap) & 3u) << 4 | ((ap) & 4u) << 7)
#define L2_SMALL_TEXCB(texcb) (((texcb) & 0x1cu) << 4 | ((texcb) & 3u) << 2)
#define L2_LARGE_TEXCB(texcb) (((texcb) & 0x1cu) << 10 | ((texcb) & 3u) << 2)

#define TEXCB_NORMAL 0x07u  /* TEX=001 C=1 B=1: write-back, allocate */
#define TEXCB_DEVICE 0x01u
#define AP_NONE 0u
#define AP_PRIV 1u
#define AP_USER_RO 2u
#define AP_ALL 3u
#define AP_ALL_RO 7u        /* also under SCTLR.AFE */

#define SECTION(pa, ap) ((pa) | L1_SECTION | L1_AP(ap) | L1_TEXCB(TEXCB_NORMAL))
#define SMALL(pa, ap) ((pa) | L2_SMALL | L2_AP(ap) | L2_SMALL_TEXCB(TEXCB_NORMAL))
#define LARGE(pa, ap) ((pa) | L2_LARGE | L2_AP(ap) | L2_LARGE_TEXCB(TEXCB_NORMAL))

extern uint32_t l1_table[4096], l1_other[4096];

/* Fills an L1 table with the identity map above. */
void mmu_identity(uint32_t *l1);
/* l1_table, TTBCR 0, domain 0 Client, ASID 0, MMU and caches on. */
void mmu_setup(void);
void mmu_on(void);
void mmu_off(void);

/* Descriptor writes: store, clean to the point of coherency, DSB.  No TLB operation. */
void desc_write(uint32_t *entry, uint32_t value);
void l1_set(uint32_t *l1, uint32_t va, uint32_t desc);
/* A cleared second-level table, from a small pool; never freed. */
uint32_t *l2_new(void);
void l2_set(uint32_t *l2, uint32_t va, uint32_t desc);
/* l2_new(), hung under va in domain n. */
uint32_t *l2_under(uint32_t *l1, uint32_t va, unsigned domain);

/* TLB operations, each with DSB and ISB. */
void tlbi_all(void);
void tlbi_mva(uint32_t va, uint32_t asid);
void tlbi_asid(uint32_t asid);
/* TLBIMVAA where the processor has it, TLBIALL otherwise. */
void tlbi_mvaa(uint32_t va);
/* TTBR0 and ASID by the sequence of B3.10.4, through ASID 0. */
void space_set(const uint32_t *l1, uint32_t asid);

/* Fault of an access: 0, or DABT << 8 | FS, or PABT << 8 | FS. */
#define FAULT_D(fs) (EXC_DABT << 8 | (fs))
#define FAULT_I(fs) (EXC_PABT << 8 | (fs))
extern uint32_t probe_value;
uint32_t probe_read(uint32_t va);              /* value in probe_value */
uint32_t probe_write(uint32_t va, uint32_t value);
uint32_t probe_ldrt(uint32_t va);
uint32_t probe_strt(uint32_t va, uint32_t value);
uint32_t probe_exec(uint32_t va);              /* calls va, where code_return is */
uint32_t probe_user_read(uint32_t va);
uint32_t probe_user_write(uint32_t va);         /* stores 0x5a */
uint32_t probe_user_exec(uint32_t va);
/* True when the last fault's address register, and for data DFSR.WnR, fit. */
bool fault_at(uint32_t va, bool write);
/* What was stored in the line of va is what executes from now on. */
void sync_line(uint32_t va);
/* Puts "mov r0, #n; bx lr" at a physical (identity) address. */
void put_code(uint32_t pa, uint8_t n);
