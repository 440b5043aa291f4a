/*
 * Entry, vectors and exception catching of the bare guests.  Entered at
 * 0x40010000 in SVC, MMU off, r2 = device tree.
 */
    .syntax unified
    .arm

    .set MODE_USR, 0x10
    .set MODE_FIQ, 0x11
    .set MODE_IRQ, 0x12
    .set MODE_SVC, 0x13
    .set MODE_ABT, 0x17
    .set MODE_UND, 0x1b
    .set MODE_SYS, 0x1f
    .set MASKED,   0xc0

    .set FRAME_LR, 52
    .set FRAME_SPSR, 56
    .set FRAME_KIND, 60
    .set FRAME_CPSR, 64
    .set FRAME_SIZE, 88

    .section .text.start, "ax"
    .globl _start
_start:
    msr     cpsr_c, #(MASKED | MODE_SVC)
    mrc     p15, 0, r0, c1, c0, 0
    bic     r0, r0, #0x1            @ M
    bic     r0, r0, #0x6            @ A, C
    bic     r0, r0, #0x2000         @ V
    bic     r0, r0, #0x72000000     @ EE, TRE, AFE, TE
    mcr     p15, 0, r0, c1, c0, 0
    isb
    mov     r4, r2
    ldr     r5, [r2]                @ before .bss is cleared, should the two overlap
    ldr     r0, =__bss_start
    ldr     r1, =__bss_end
    mov     r2, #0
1:  cmp     r0, r1
    strlo   r2, [r0], #4
    blo     1b
    ldr     r0, =boot_dtb
    str     r4, [r0]
    ldr     r0, =boot_dtb_magic
    str     r5, [r0]
    bl      reset_stacks
    ldr     r0, =vectors
    mcr     p15, 0, r0, c12, c0, 0  @ VBAR
    isb
    bl      bare_main
1:  b       1b

/* Gives every mode its stack and returns in SVC.  Uses no stack itself. */
    .globl reset_stacks
reset_stacks:
    mov     r3, lr
    ldr     r0, =stacks_end
    ldr     r1, =stacks_top
    .macro stack_of mode
    msr     cpsr_c, #(MASKED | \mode)
    mov     sp, r0
    sub     r0, r0, #0x2000
    .endm
    stack_of MODE_FIQ
    stack_of MODE_IRQ
    stack_of MODE_ABT
    stack_of MODE_UND
    stack_of MODE_SYS
    msr     cpsr_c, #(MASKED | MODE_SVC)
    ldr     sp, =svc_stack_end
    bx      r3

    .text
    .balign 32
    .globl vectors
vectors:
    b       vec_reset
    b       vec_und
    b       vec_svc
    b       vec_pabt
    b       vec_dabt
    b       vec_reset
    b       vec_irq
    b       vec_fiq

    .macro vector name, kind
\name:
    sub     sp, sp, #FRAME_SIZE
    stmia   sp, {r0-r12}
    mov     r0, #\kind
    b       vec_common
    .endm
    vector vec_reset, 0
    vector vec_und, 1
    vector vec_svc, 2
    vector vec_pabt, 3
    vector vec_dabt, 4
    vector vec_irq, 6
    vector vec_fiq, 7

vec_common:
    str     r0, [sp, #FRAME_KIND]
    str     lr, [sp, #FRAME_LR]
    mrs     r1, spsr
    str     r1, [sp, #FRAME_SPSR]
    mrs     r1, cpsr
    str     r1, [sp, #FRAME_CPSR]
    mov     r0, sp
    bl      trap_dispatch
    ldr     r1, [sp, #FRAME_SPSR]
    msr     spsr_cxsf, r1
    ldr     lr, [sp, #FRAME_LR]
    ldmia   sp, {r0-r12}
    add     sp, sp, #FRAME_SIZE
    movs    pc, lr

/* uint32_t catch_call(fn, arg): see bare.h. */
    .globl catch_call
catch_call:
    push    {r4-r12, lr}
    ldr     r2, =catch_context
    mrs     r3, cpsr
    str     sp, [r2]
    str     r3, [r2, #4]
    mov     r3, #1
    str     r3, [r2, #8]
    mov     r2, r0
    mov     r0, r1
    blx     r2
    mov     r0, #0
catch_end:
    ldr     r2, =catch_context
    mov     r3, #0
    str     r3, [r2, #8]
    pop     {r4-r12, pc}

/* The C dispatcher returns from the exception to here, in catch_call's mode. */
    .globl catch_resume
catch_resume:
    ldr     r2, =catch_context
    ldr     sp, [r2]
    ldr     r0, [r2, #12]
    b       catch_end

/* void enter_user(fn, arg, sp, flags): to User mode, IRQs unmasked; only an exception leaves it. */
    .globl enter_user
enter_user:
    msr     cpsr_c, #(MASKED | MODE_SYS)
    mov     sp, r2
    ldr     lr, =user_exit
    msr     cpsr_c, #(MASKED | MODE_SVC)
    mov     r3, #MODE_USR
    tst     r0, #1
    orrne   r3, r3, #0x20
    msr     spsr_cxsf, r3
    bic     lr, r0, #1
    mov     r0, r1
    movs    pc, lr

    .section .text.user, "ax"
    .balign 4
    .globl user_exit
user_exit:
    svc     #0xff

    .bss
    .balign 16
stacks_top:
    .space  0x2000 * 5
stacks_end:
    .globl user_stack, user_stack_top
    .balign 4096
user_stack:
    .space  0x1000
user_stack_top:
svc_stack:
    .space  0x8000
svc_stack_end:
    .globl boot_dtb, boot_dtb_magic
boot_dtb:
    .space  4
boot_dtb_magic:
    .space  4
