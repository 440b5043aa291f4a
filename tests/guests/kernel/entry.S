/* Boot, exception entry and return, and what cannot be written in C. */
#include "kernel.h"

    .syntax unified
    .arch armv7-a
    .arch_extension virt

    .set LARGE_PAGE,  0x1 | 0x10 | 0x400 | 0x1000 | 0xc     @ privileged RW, shared, TEX=001 C B
    .set SUPER,       0x2 | 0x40000 | 0x10 | 0x400 | 0x1000 | 0x10000 | 0xc  @ XN, privileged RW
    .set SECTION,     0x2 | 0x400 | 0x1000 | 0x10000 | 0xc
    .set DEVICE,      0x2 | 0x10 | 0x400 | 0x4 | DOMAIN_DEVICE << 5
    .set TTBR_FLAGS,  0x0

/* A32, at its physical address with the MMU off: tables, then up. */
    .section .boot, "ax"
    .arm
    .globl _start
_start:
    cpsid   if, #MODE_SVC
    mrc     p15, 0, r0, c1, c0, 0
    bic     r0, r0, #0x7            @ M, A, C
    bic     r0, r0, #0x2000         @ V
    bic     r0, r0, #0x72000000     @ EE, TRE, AFE, TE
    mcr     p15, 0, r0, c1, c0, 0
    isb
    adr     r0, _start
    ldr     r1, =_start
    sub     r4, r0, r1              @ physical less virtual
    ldr     r0, =__bss_start
    ldr     r1, =__bss_end
    add     r0, r0, r4
    add     r1, r1, r4
    mov     r2, #0
1:  str     r2, [r0], #4
    cmp     r0, r1
    blo     1b

    ldr     r5, =kernel_l2
    add     r5, r5, r4
    mov     r0, #0
    ldr     r1, =0x40000000 | LARGE_PAGE
2:  bic     r2, r0, #15             @ sixteen times the same
    add     r2, r1, r2, lsl #12
    str     r2, [r5, r0, lsl #2]
    add     r0, r0, #1
    cmp     r0, #256
    blo     2b

    ldr     r6, =kernel_l1
    add     r6, r6, r4
    add     r7, r6, #0x2000         @ the entry of 0x80000000
    orr     r0, r5, #1
    str     r0, [r7]
    ldr     r0, =0x40000000 | SUPER
    add     r2, r7, #0x100 * 4
    mov     r3, #16
3:  str     r0, [r2], #4
    subs    r3, r3, #1
    bne     3b
    add     r7, r7, #0x700 * 4
    ldr     r0, =0x08000000 | DEVICE
    str     r0, [r7]
    ldr     r0, =0x09000000 | DEVICE
    str     r0, [r7, #4]
    ldr     r8, =boot_l1
    add     r8, r8, r4
    ldr     r0, =0x40000000 | SECTION
    add     r2, r8, #0x1000
    str     r0, [r2]                @ where we are

    orr     r0, r8, #TTBR_FLAGS
    mcr     p15, 0, r0, c2, c0, 0
    orr     r0, r6, #TTBR_FLAGS
    mcr     p15, 0, r0, c2, c0, 1
    mov     r0, #1
    mcr     p15, 0, r0, c2, c0, 2   @ TTBCR.N = 1
    ldr     r0, =DACR_KERNEL
    mcr     p15, 0, r0, c3, c0, 0
    mov     r0, #0
    mcr     p15, 0, r0, c13, c0, 1
    mcr     p15, 0, r0, c8, c7, 0
    mcr     p15, 0, r0, c7, c5, 0
    mcr     p15, 0, r0, c7, c5, 6
    mcr     p15, 0, r0, c12, c0, 0  @ VBAR: low vectors
    dsb
    isb
    mrc     p15, 0, r0, c1, c0, 0
    orr     r0, r0, #0x40000000     @ TE
    orr     r0, r0, #0x1800         @ I, Z
    orr     r0, r0, #0x5            @ M, C
    mcr     p15, 0, r0, c1, c0, 0
    isb
    ldr     r0, =high
    bx      r0
    .ltorg

    .text
    .thumb
    .thumb_func
high:
    ldr     r0, =boot_stack_end
    mov     sp, r0
    bl      kernel_main
    b       .

/* Position independent: mapped at 0 as well. */
    .section .vectors, "ax"
    .balign 4096
    .globl vectors
vectors:
    ldr.w   pc, [pc, #0x1c]
    ldr.w   pc, [pc, #0x1c]
    ldr.w   pc, [pc, #0x1c]
    ldr.w   pc, [pc, #0x1c]
    ldr.w   pc, [pc, #0x1c]
    ldr.w   pc, [pc, #0x1c]
    ldr.w   pc, [pc, #0x1c]
    ldr.w   pc, [pc, #0x1c]
    .word   enter_und, enter_und, enter_svc, enter_pabt, enter_dabt, enter_und, enter_irq, enter_irq

    .text
    /* Return address and SPSR to the kernel stack, whatever mode this is. */
    .macro entry name, kind, adjust
    .thumb_func
\name:
    .if \adjust
    sub     lr, lr, #\adjust
    .endif
    srsdb   sp!, #MODE_SVC
    .ifne \kind - VEC_SVC
    cps     #MODE_SVC
    .endif
    push    {r0-r12, lr}
    movs    r1, #\kind
    b       enter
    .endm

    entry enter_und, VEC_UND, 0
    entry enter_svc, VEC_SVC, 0
    entry enter_pabt, VEC_PABT, 4
    entry enter_dabt, VEC_DABT, 8
    entry enter_irq, VEC_IRQ, 4

    .thumb_func
enter:
    cps     #MODE_SYS
    mov     r2, sp
    mov     r3, lr
    cps     #MODE_SVC
    push    {r2, r3}
    mrc     p15, 0, r2, c3, c0, 0
    push    {r2, r3}
    ldr     r2, =DACR_KERNEL
    mcr     p15, 0, r2, c3, c0, 0
    isb
    mov     r0, sp
    bic     r4, r0, #7
    mov     sp, r4
    bl      exception
    .globl resume
    .thumb_func
resume:
    cpsid   i
    mov     sp, r0
    pop     {r2, r3}
    mcr     p15, 0, r2, c3, c0, 0
    isb
    pop     {r2, r3}
    cps     #MODE_SYS
    mov     sp, r2
    mov     lr, r3
    cps     #MODE_SVC
    pop     {r0-r12, lr}
    rfeia   sp!

/* bool user_copy(to, from, size): with the rights of the process. */
    .globl user_copy, user_copy_start, user_copy_end, user_copy_fault
    .thumb_func
user_copy:
    cbz     r2, 2f
user_copy_start:
1:  ldrbt   r3, [r1]
    adds    r1, r1, #1
    strb    r3, [r0], #1
    subs    r2, r2, #1
    it      ne
    bne     1b
user_copy_end:
2:  movs    r0, #1
    bx      lr
user_copy_fault:
    movs    r0, #0
    bx      lr

/* uint32_t probe(va): its word, or 0xdeadfa17 when there is none. */
    .globl probe, probe_insn, probe_fault
    .thumb_func
probe:
probe_insn:
    ldr     r0, [r0]
    bx      lr
probe_fault:
    ldr     r0, =0xdeadfa17
    bx      lr

    .globl undefined_here
    .thumb_func
undefined_here:
    udf     #7
    bx      lr

    .globl power_off
    .thumb_func
power_off:
    ldr     r0, =0x84000008
    hvc     #0
    b       .

    .section .bss.tables, "aw", %nobits
    .balign 16384
    .globl kernel_l1
kernel_l1:
    .space  16384
    .balign 8192
boot_l1:
    .space  8192
    .balign 1024
    .globl kernel_l2
kernel_l2:
    .space  1024
    .balign 8
    .space  4096
boot_stack_end:
