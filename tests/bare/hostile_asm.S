/*
 * Runs random words: every exception, whatever state it comes from, ends them.
 *
 * void hostile_run(uint32_t regs[13], uint32_t code, uint32_t cpsr)
 */
    .syntax unified
    .arm
    .text
    .globl hostile_run, hostile_vectors
hostile_run:
    push    {r4-r12, lr}
    ldr     r3, =hostile_sp
    str     sp, [r3]
    mov     lr, r1
    msr     spsr_cxsf, r2
    ldm     r0, {r0-r12}
    movs    pc, lr

    .balign 32
hostile_vectors:
    .rept   8
    b       hostile_end
    .endr
hostile_end:
    msr     cpsr_c, #0xd3
    clrex
    ldr     r3, =hostile_sp
    ldr     sp, [r3]
    ldr     lr, =reset_stacks   @ the words may have moved any mode's stack
    mov     r4, sp
    blx     lr
    mov     sp, r4
    pop     {r4-r12, pc}
    .ltorg

    .bss
    .balign 4
hostile_sp:
    .space  4
