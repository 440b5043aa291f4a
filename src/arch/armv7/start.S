/*
 * From the boot loader's entry to C in the VMM's window.
 *
 * Entered as Linux is (zImage): MMU and D-cache off, anywhere in RAM, r2 = the
 * physical address of the device tree, any privileged mode of either security
 * state.  Everything up to boot_high runs at that place, so it is position
 * independent: only branches, ADR and literals that are link-time constants.
 *
 *   1. mask interrupts, reach SVC, leave no stale line in the caches
 *   2. copy the image to the next 1 MiB boundary above itself (and above the
 *      device tree, when that is in the way), clear its .bss
 *   3. fill host_l1: image, pool, kmap and device windows, and identity
 *      mappings of this code and of the device tree
 *   4. MMU and caches on, jump to the window, boot_main() with a stack
 */
#include "arch/armv7/layout.h"
#include "arch/armv7/mmu.h"

    .syntax unified
    .arch armv7-a
    .arch_extension sec
    .arch_extension virt
    .arm

    .section .text.start, "ax"
    .global _start
_start:
    .rept 8
    nop
    .endr
    b       boot_entry
    .word   0x016f2818              @ zImage magic, at 0x24
    .word   0                       @ load address: anywhere
    .word   image_load_size         @ end, relative to the start

boot_entry:
    cpsid   aif
    mrs     r0, cpsr
    and     r0, r0, #0x1f
    cmp     r0, #0x1a               @ Hyp: return to SVC (B9.3.3), CPS cannot leave it
    bne     1f
    mov     r0, #0
    mcr     p15, 4, r0, c1, c1, 0   @ HCR: nothing trapped, no second stage
    mov     r0, #0x1d3
    msr     spsr_cxsf, r0           @ SPSR_hyp; its own name is for Monitor mode
    adr     r0, 1f
    msr     elr_hyp, r0
    eret
1:  cps     #0x13
    mov     r8, r2

    mrc     p15, 0, r0, c1, c0, 0   @ SCTLR: M, C off in case the loader forgot
    bic     r0, r0, #5
    mcr     p15, 0, r0, c1, c0, 0
    isb
    @ A dirty line left behind would later overwrite what is copied below.
    bl      setway_clean_inval

    @ r4 = here, r5 = size with .bss, r6 = destination, r8 = tree or 0, r9 = its size
    adr     r4, _start
    ldr     r5, =image_total_size
    add     r6, r4, r5
    bl      round_up_mib
    mov     r9, #0
    tst     r8, #3
    movne   r8, #0
    cmp     r8, #0
    beq     2f
    ldr     r0, [r8]
    ldr     r1, =0xedfe0dd0         @ the tree's magic d00dfeed, big-endian
    cmp     r0, r1
    movne   r8, #0
    bne     2f
    ldr     r9, [r8, #4]
    rev     r9, r9                  @ totalsize
    add     r0, r8, r9
    cmp     r0, r6                  @ ends at or below the destination?
    bls     2f
    add     r1, r6, r5
    cmp     r8, r1                  @ or starts above it?
    movlo   r6, r0
    bllo    round_up_mib
2:
    @ copy; both ends are above, so no word is overwritten before it is read
    mov     r0, r4
    mov     r1, r6
    ldr     r2, =image_load_size
    add     r2, r0, r2
3:  ldr     r3, [r0], #4
    str     r3, [r1], #4
    cmp     r0, r2
    blo     3b
    @ clear .bss (starts at the first word after the loaded part)
    add     r2, r6, r5
    mov     r3, #0
4:  str     r3, [r1], #4
    cmp     r1, r2
    blo     4b

    bl      boot_tables

    mov     r0, #0
    mcr     p15, 0, r0, c8, c7, 0   @ TLBIALL
    mcr     p15, 0, r0, c7, c5, 0   @ ICIALLU, and BPIALL with it
    mcr     p15, 0, r0, c2, c0, 2   @ TTBCR: TTBR0 only, short descriptors
    mcr     p15, 0, r0, c13, c0, 1  @ CONTEXTIDR
    orr     r1, r7, #HOST_TTBR_FLAGS
    mcr     p15, 0, r1, c2, c0, 0   @ TTBR0
    ldr     r1, =(1 << (2 * HOST_DOMAIN_VMM))
    mcr     p15, 0, r1, c3, c0, 0   @ DACR: Client of the VMM's domain only
    dsb
    isb
    mrc     p15, 0, r0, c1, c0, 0
    ldr     r1, =HOST_SCTLR_CLEAR
    bic     r0, r0, r1
    ldr     r1, =HOST_SCTLR_SET
    orr     r0, r0, r1
    ldr     r1, =boot_high
    mcr     p15, 0, r0, c1, c0, 0
    isb
    bx      r1

@ r6 = r6 rounded up to 1 MiB
round_up_mib:
    ldr     r0, =0x000fffff
    add     r6, r6, r0
    bic     r6, r6, r0
    bx      lr

@ Fills the first-level table at its physical address; .bss is zero, the caches
@ are off, so there is nothing to clean.  In: r4-r9 as above.  Out: r7 = table.
boot_tables:
    ldr     r7, =host_l1_offset
    add     r7, r7, r6
    ldr     r3, =L1_VMM_SECTION
    @ identity first: where window and RAM overlap, the window wins
    lsr     r0, r4, #20             @ the code that turns the MMU on, and its literals
    orr     r1, r3, r0, lsl #20
    str     r1, [r7, r0, lsl #2]
    cmp     r8, #0
    lsrne   r0, r8, #20             @ the tree's first 2 MiB: enough to read its memory node
    orrne   r1, r3, r0, lsl #20
    strne   r1, [r7, r0, lsl #2]!
    addne   r1, r1, #0x00100000
    strne   r1, [r7, #4]
    ldr     r7, =host_l1_offset
    add     r7, r7, r6
    @ image
    orr     r1, r3, r6
    ldr     r0, =(VMM_BASE >> 18)
    add     r0, r0, r7
    ldr     r2, =image_mib
1:  str     r1, [r0], #4
    add     r1, r1, #0x00100000
    subs    r2, r2, #1
    bne     1b
    @ pool, right behind it in physical memory: data, never executed from here
    orr     r1, r1, #L1_XN
    ldr     r0, =(VMM_POOL >> 18)
    add     r0, r0, r7
    ldr     r2, =(VMM_POOL_SIZE >> 20)
2:  str     r1, [r0], #4
    add     r1, r1, #0x00100000
    subs    r2, r2, #1
    bne     2b
    @ the two windows of small pages
    ldr     r3, =L1_VMM_TABLE
    ldr     r1, =kmap_l2_offset
    add     r1, r1, r6
    orr     r1, r1, r3
    ldr     r0, =(VMM_KMAP >> 18)
    add     r0, r0, r7
    add     r2, r0, #(VMM_KMAP_SIZE >> 18)
3:  str     r1, [r0], #4
    add     r1, r1, #1024
    cmp     r0, r2
    bne     3b
    ldr     r1, =dev_l2_offset
    add     r1, r1, r6
    orr     r1, r1, r3
    ldr     r0, =(VMM_DEV >> 18)
    str     r1, [r7, r0]
    bx      lr

    .ltorg

boot_high:
    ldr     sp, =vmm_stack_top
    mov     r0, r8
    mov     r1, r9
    mov     r2, r6
    mov     r3, r4
    bl      boot_main
1:  wfi
    b       1b

    .ltorg

    .section .bss.stack, "aw", %nobits
    .balign 16
    .global vmm_stack, vmm_stack_top
vmm_stack:
    .space  0x4000
vmm_stack_top:
