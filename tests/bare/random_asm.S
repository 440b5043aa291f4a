/*
 * void run_block(uint32_t regs[16], const uint32_t *code): r0-r12 and flags (regs[13]) from regs, then the code,
 * which ends at block_done in any mode but FIQ; back to regs: r0-r12, CPSR, LR of the mode it ended in.
 */
    .syntax unified
    .arm
    .text
    .globl run_block, block_done
run_block:
    push    {r4-r12, lr}
    push    {r0}
    mov     lr, r1
    ldr     r1, [r0, #52]
    msr     cpsr_fs, r1
    mov     r12, r0
    ldm     r12, {r0-r12}
    mov     pc, lr
block_done:
    str     lr, end_lr          @ LR of the block's last mode
    mrs     lr, cpsr            @ loses nothing: LR is kept
    str     lr, end_cpsr
    msr     cpsr_c, #0xd3
    pop     {lr}
    stm     lr, {r0-r12}
    ldr     r1, end_cpsr
    str     r1, [lr, #52]
    ldr     r1, end_lr
    str     r1, [lr, #56]
    pop     {r4-r12, pc}
end_lr:
    .word   0
end_cpsr:
    .word   0

/* LR and SPSR of every mode but User and FIQ := a constant each. */
    .globl reset_banks
reset_banks:
    mov     r3, lr
    mov     r1, #0x40000000
    orr     r1, r1, #0xd3
    .irp    mode, 0x12, 0x17, 0x1b
    cps     #\mode
    ldr     lr, =0x1000 + \mode
    msr     spsr_cxsf, r1
    .endr
    cps     #0x1f
    ldr     lr, =0x101f
    cps     #0x13
    msr     spsr_cxsf, r1
    bx      r3
