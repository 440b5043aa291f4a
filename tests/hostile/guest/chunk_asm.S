/*
 * void chunk_enter(struct chunk *shared): runs a chunk; every exception ends it.
 *
 * 'shared' lies in a page that both spaces map at the same place, read-only in the
 * chunk's.  What the chunk may have changed is put right before any memory is written.
 */
    .syntax unified
    .arm

    .set PC, 52
    .set CPSR, 56
    .set SCTLR_ON, 0x1805           @ M, C, Z, I
    .set SCTLR_OFF, 0x72002002      @ A, V, EE, TRE, AFE, TE

    .macro space table, asid
    mov     r1, #0
    mcr     p15, 0, r1, c13, c0, 1
    isb
    ldr     r1, =\table
    mcr     p15, 0, r1, c2, c0, 0
    isb
    mov     r1, #\asid
    mcr     p15, 0, r1, c13, c0, 1
    isb
    .endm

    .text
    .globl chunk_enter, chunk_vectors, chunk_saving, chunk_high_vectors
chunk_enter:
    push    {r4-r12, lr}
    ldr     r3, =chunk_sp
    str     sp, [r3]
    ldr     sp, =chunk_saved        @ for SVC from the chunk
    ldr     lr, [r0, #PC]
    ldr     r2, [r0, #CPSR]
    tst     lr, #1
    orrne   r2, r2, #0x20
    bic     lr, lr, #1
    msr     spsr_cxsf, r2
    space   chunk_l1, 2
    ldm     r0, {r0-r12}
    movs    pc, lr

    .balign 32
chunk_vectors:
    .rept   8
    b       chunk_end
    .endr

    @ These keep the registers; only for chunks that cannot change the exception modes' stacks.
    .balign 32
chunk_saving:
    b       save_0
    b       save_1
    b       save_2
    b       save_3
    b       save_4
    b       save_0
    b       save_6
    b       save_7

    @ sp of each exception mode points to where r0 goes, in memory that both spaces map for writing
    .macro save kind
save_\kind:
    stmia   sp, {r0-r12, lr}
    mrs     r0, spsr
    str     r0, [sp, #56]
    mov     r0, #\kind
    str     r0, [sp, #60]
    b       chunk_end
    .endm
    save    0
    save    1
    save    2
    save    3
    save    4
    save    6
    save    7

    .balign 32
chunk_high_vectors:
    .rept   8
    ldr     pc, [pc, #24]
    .endr
    .rept   8
    .word   chunk_end
    .endr

chunk_end:
    msr     cpsr_c, #0xd3
    clrex
    mov     r0, #1
    mcr     p15, 0, r0, c3, c0, 0   @ DACR, before any literal is read
    mrc     p15, 0, r0, c1, c0, 0
    ldr     r1, =SCTLR_OFF
    bic     r0, r0, r1
    ldr     r1, =SCTLR_ON
    orr     r0, r0, r1
    mcr     p15, 0, r0, c1, c0, 0
    mov     r0, #0
    mcr     p15, 0, r0, c2, c0, 2   @ TTBCR
    isb
    space   l1_table, 1
    ldr     r3, =chunk_sp
    ldr     sp, [r3]
    ldr     lr, =reset_stacks
    mov     r4, sp
    blx     lr
    mov     sp, r4
    pop     {r4-r12, pc}
    .ltorg

    .bss
    .balign 4
chunk_sp:
    .space  4
