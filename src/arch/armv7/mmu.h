#pragma once
/*
 * The host's own translation: constants shared with assembly, and what boot
 * leaves behind.  Short descriptors, DDI 0406C B3.5.1.
 */
#include "arch/armv7/layout.h"

/* First level.  Normal memory, write-back write-allocate (TEX=001 C=1 B=1),
 * not shareable, privileged read/write, global. */
#define L1_TABLE 0x1
#define L1_SECTION 0x2
#define L1_XN 0x10
#define L1_NORMAL_WB 0x100c
#define L1_PRIV_RW 0x400
#define L1_DOMAIN(n) ((n) << 5)
#define L1_VMM_SECTION (L1_SECTION | L1_NORMAL_WB | L1_PRIV_RW | L1_DOMAIN(HOST_DOMAIN_VMM))
#define L1_VMM_TABLE (L1_TABLE | L1_DOMAIN(HOST_DOMAIN_VMM))

/* Second level, small pages.  Both never executable. */
#define L2_PAGE 0x2
#define L2_XN 0x1
#define L2_PRIV_RW 0x10
#define L2_NORMAL_WB 0x4c
#define L2_DEVICE 0x04 /* shareable Device: TEX=000 C=0 B=1 */
#define L2_VMM_DEVICE (L2_PAGE | L2_XN | L2_PRIV_RW | L2_DEVICE)
#define L2_VMM_PAGE (L2_PAGE | L2_XN | L2_PRIV_RW | L2_NORMAL_WB)

/* Table walks: outer write-back write-allocate, inner non-cacheable.  Walks of
 * Cortex-A8 never look in the L1 D-cache; those of A5 and A9 need not, so every
 * table write is cleaned to the point of unification (pte_written() in cache.h). */
#define HOST_TTBR_FLAGS 0x08

/* SCTLR: M, C, Z, I on; A, V, EE, TRE, AFE, TE off, so that the descriptor
 * formats above hold, alignment is not checked and exceptions enter in A32. */
#define HOST_SCTLR_SET 0x00001805
#define HOST_SCTLR_CLEAR 0x72002002

#ifndef __ASSEMBLER__
#include <stddef.h>
#include <stdint.h>

/* The tables boot runs on.  host_l1 also serves as the template of the window:
 * entries VMM_BASE..VMM_END - 1 belong into every guest view; all others are
 * boot's identity mapping of host RAM. */
extern uint32_t host_l1[4096];
extern uint32_t kmap_l2[VMM_KMAP_SIZE / 4096], dev_l2[256];

/* Physical memory behind the image, mapped at VMM_POOL; zeroed by nobody. */
extern void *pool_base;
extern uint32_t pool_size;

/* The boot-time device tree: umbra's own copy, BOOT_FDT_MAX bytes. */
#define BOOT_FDT_MAX 0x20000
extern uint8_t boot_fdt[BOOT_FDT_MAX];

/* What umbra occupies of host RAM: image and pool, [start, end), both 1 MiB aligned. */
extern uint32_t vmm_pa_start, vmm_pa_end;

/* The stack of vmm_main, 16 KiB, growing down from vmm_stack_top. */
extern uint8_t vmm_stack[], vmm_stack_top[];

/* Physical address of something in the image or the pool. */
uint32_t vmm_va_to_pa(const void *va);

/* umbra proper; called once, on vmm_stack, interrupts masked, host RAM identity
 * mapped, boot_fdt valid.  dtb_pa: where the loader left the tree.  Must not return. */
void vmm_main(uint32_t dtb_pa);
#endif
