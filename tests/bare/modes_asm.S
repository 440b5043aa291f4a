/* Exceptions at known addresses, in whatever CPSR the caller asks for (r0). */
    .syntax unified
    .arm
    .text

    .macro cause name, insn
    .globl cause_\name, cause_\name\()_at
cause_\name:
    adr     r1, misaligned
    add     r1, r1, #1
    msr     cpsr_fsxc, r0
cause_\name\()_at:
    \insn
1:  b       1b
    .endm

    cause und, "udf #7"
    cause svc, "svc #0x123456"
    cause pabt, "bkpt #5"
    cause dabt, "ldm r1, {r2, r3}"
    cause irq, "b cause_irq_at"

    .balign 8
misaligned:
    .word   0, 0, 0

/*
 * bank_test(uint32_t *values): loads every banked register but SVC's sp and lr from values, takes an
 * SVC, stores them all back to values and restores what they were.  Layout: {sp, lr, spsr} of fiq irq
 * abt und sys (no spsr), the spsr of svc, r8-r12 of fiq, r8-r12 of the others.
 */
    .macro swap reg
    ldr     r2, [r0]
    str     \reg, [r0], #4
    mov     \reg, r2
    .endm
    .macro swap_mode mode, spsr
    msr     cpsr_c, #(0xc0 | \mode)
    swap    sp
    swap    lr
    ldr     r2, [r0]
    .if \spsr
    mrs     r3, spsr
    str     r3, [r0]
    msr     spsr_cxsf, r2
    .endif
    add     r0, r0, #4
    .endm

bank_swap:
    mov     r1, lr
    mrs     r3, cpsr
    push    {r3, r4}
    mov     r4, r1
    swap_mode 0x11, 1
    swap_mode 0x12, 1
    swap_mode 0x17, 1
    swap_mode 0x1b, 1
    swap_mode 0x1f, 0
    msr     cpsr_c, #0xd3
    ldr     r2, [r0]
    mrs     r3, spsr
    str     r3, [r0], #4
    msr     spsr_cxsf, r2
    msr     cpsr_c, #0xd1
    swap    r8
    swap    r9
    swap    r10
    swap    r11
    swap    r12
    msr     cpsr_c, #0xd3
    swap    r8
    swap    r9
    swap    r10
    swap    r11
    swap    r12
    mov     r1, r4
    pop     {r3, r4}
    msr     cpsr_c, r3
    bx      r1

    .globl bank_test
bank_test:
    push    {r4-r12, lr}
    mov     r7, r0
    bl      bank_swap
    svc     #1
    mov     r0, r7
    bl      bank_swap
    pop     {r4-r12, pc}
