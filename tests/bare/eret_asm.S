/*
 * Exception returns, SRS, LDM and STM of user registers.
 *
 * An eret form gets r0 -> struct eret {spsr, target, from, frame}; it sets the CPSR to "from", SPSR, and
 * returns to "target", where an SVC waits.  r1 = spsr, r2 = target, r6 -> frame, r0 = 0x10.
 */
    .syntax unified
    .arm
    .text

    .macro eret name, before, insn
    .pushsection .text.eret
8:  ldr     r1, [r0]
    ldr     r2, [r0, #4]
    ldr     r6, [r0, #12]
    ldr     r3, [r0, #8]
    mov     r0, #0x10
    mrs     r7, cpsr
    mov     r4, sp
    mov     r5, lr
    msr     cpsr_fsxc, r3
    msr     spsr_fsxc, r1
    \before
    \insn
    udf     #99
    .popsection
    .pushsection .rodata.names, "a"
9:  .asciz  "\name"
    .popsection
    .word   8b, 9b
    .endm

    .globl eret_mov_table, eret_alu_table, eret_ldm_table, eret_rfe_table
eret_mov_table:
    eret "MOVS pc, lr", "mov lr, r2", "movs pc, lr"
    eret "SUBS pc, lr, #4", "add lr, r2, #4", "subs pc, lr, #4"
    eret "SUBS pc, lr, #8", "add lr, r2, #8", "subs pc, lr, #8"
    eret "MOVS pc, r2", "", "movs pc, r2"
    eret "SUBS pc, r4, r0", "add r4, r2, #0x10", "subs pc, r4, r0"
    eret "SUBS pc, r4, r0, lsl #2", "add r4, r2, #0x40", "subs pc, r4, r0, lsl #2"
    eret "LSLS pc, r4, #1", "mov r4, r2, lsr #1", "movs pc, r4, lsl #1"
    eret "LSRS pc, r4, #1", "mov r4, r2, lsl #1", "movs pc, r4, lsr #1"
    eret "RORS pc, r4, #8", "mov r4, r2, ror #24", "movs pc, r4, ror #8"
    eret "RRXS pc, r4", "mov r4, r2, lsl #1; cmn r0, #0", "movs pc, r4, rrx"
    .word   0, 0

/* The opcodes that QEMU 7.2 takes for plain branches; the guest eret_alu is judged alone. */
eret_alu_table:
    eret "ADDS pc, r4, #0x20", "sub r4, r2, #0x20", "adds pc, r4, #0x20"
    eret "ADDS pc, r4, r0, ror #2", "sub r4, r2, #0x4", "adds pc, r4, r0, ror #2"
    eret "ADCS pc, r4, r0", "sub r4, r2, #0x11; cmp r0, r0", "adcs pc, r4, r0"
    eret "SBCS pc, r4, r0", "add r4, r2, #0x11; cmp r0, #0x20", "sbcs pc, r4, r0"
    eret "RSBS pc, r0, r4", "add r4, r2, #0x10", "rsbs pc, r0, r4"
    eret "RSCS pc, r0, r4", "add r4, r2, #0x11; cmp r0, #0x20", "rscs pc, r0, r4"
    eret "ANDS pc, r2, r4", "mvn r4, #0", "ands pc, r2, r4"
    eret "ORRS pc, r4, r0", "bic r4, r2, #0x40000000; mov r0, #0x40000000", "orrs pc, r4, r0"
    eret "EORS pc, r4, #0xff", "eor r4, r2, #0xff", "eors pc, r4, #0xff"
    eret "BICS pc, r4, #0x80000000", "orr r4, r2, #0x80000000", "bics pc, r4, #0x80000000"
    eret "MVNS pc, r4", "mvn r4, r2", "mvns pc, r4"
    .word   0, 0

/* {r4, r5, pc} come from the frame: r4 = 0x44, r5 = 0x55.  r6 is the base, to be 0x66 from it after. */
    .macro ldm_frame
    mov     r4, #0x44
    mov     r5, #0x55
    stmia   r6, {r4, r5}
    str     r2, [r6, #8]
    mov     r4, #0
    mov     r5, #0
    .endm
eret_ldm_table:
    eret "LDMIA r6, {r4, r5, pc}^", "ldm_frame", "ldmia r6, {r4, r5, pc}^"
    eret "LDMIA r6!, {r4, r5, pc}^", "ldm_frame", "ldmia r6!, {r4, r5, pc}^"
    eret "LDMIB r6, {r4, r5, pc}^", "ldm_frame; sub r6, r6, #4", "ldmib r6, {r4, r5, pc}^"
    eret "LDMIB r6!, {r4, r5, pc}^", "ldm_frame; sub r6, r6, #4", "ldmib r6!, {r4, r5, pc}^"
    eret "LDMDA r6, {r4, r5, pc}^", "ldm_frame; add r6, r6, #8", "ldmda r6, {r4, r5, pc}^"
    eret "LDMDA r6!, {r4, r5, pc}^", "ldm_frame; add r6, r6, #8", "ldmda r6!, {r4, r5, pc}^"
    eret "LDMDB r6, {r4, r5, pc}^", "ldm_frame; add r6, r6, #12", "ldmdb r6, {r4, r5, pc}^"
    eret "LDMDB r6!, {r4, r5, pc}^", "ldm_frame; add r6, r6, #12", "ldmdb r6!, {r4, r5, pc}^"
    .word   0, 0

    .macro rfe_frame
    str     r2, [r6]
    str     r1, [r6, #4]
    mov     r3, #0x1d0
    msr     spsr_c, r3
    .endm
eret_rfe_table:
    eret "RFEIA r6", "rfe_frame", "rfeia r6"
    eret "RFEIA r6!", "rfe_frame", "rfeia r6!"
    eret "RFEIB r6", "rfe_frame; sub r6, r6, #4", "rfeib r6"
    eret "RFEIB r6!", "rfe_frame; sub r6, r6, #4", "rfeib r6!"
    eret "RFEDA r6", "rfe_frame; add r6, r6, #4", "rfeda r6"
    eret "RFEDA r6!", "rfe_frame; add r6, r6, #4", "rfeda r6!"
    eret "RFEDB r6", "rfe_frame; add r6, r6, #8", "rfedb r6"
    eret "RFEDB r6!", "rfe_frame; add r6, r6, #8", "rfedb r6!"
    .word   0, 0

/* With the stack pointer and lr as bases: the mode's sp is put back before the return is judged. */
    .globl rfe_sp, rfe_lr
rfe_sp:
    ldr     r1, [r0]
    ldr     r2, [r0, #4]
    push    {r2, r3}
    str     r1, [sp, #4]
    rfeia   sp!
rfe_lr:
    ldr     r1, [r0]
    ldr     r2, [r0, #4]
    ldr     lr, [r0, #12]
    str     r2, [lr]
    str     r1, [lr, #4]
    rfeia   lr

    .globl land_arm
land_arm:
    svc     #0
    udf     #98
    .globl land_thumb
    .thumb
land_thumb:
    svc     #0
    udf     #98
    .arm
    .balign 4

/*
 * uint32_t srs(from, buffer, spsr): SPSR and LR of mode "from" stored on the stack of another mode,
 * whose sp is buffer; returns that sp.
 */
    .macro srs_form am, wb, mode
    .pushsection .text.srs
8:  push    {r4-r7, lr}
    mrs     r7, cpsr
    cps     #\mode
    mov     r4, sp
    mov     sp, r1
    msr     cpsr_c, r0
    mov     r5, lr
    mrs     r6, spsr
    ldr     lr, 7f
    msr     spsr_fsxc, r2
    srs\am  sp\wb, #\mode
    msr     spsr_fsxc, r6
    mov     lr, r5
    cps     #\mode
    mov     r0, sp
    mov     sp, r4
    msr     cpsr_c, r7
    pop     {r4-r7, pc}
7:  .word   0xcafe0004
    .popsection
    .word   8b
    .endm
    .globl srs_table
srs_table:
    .irp    mode, 0x11, 0x12, 0x13, 0x17, 0x1b, 0x1f
    srs_form ia, , \mode
    srs_form ia, !, \mode
    srs_form ib, , \mode
    srs_form ib, !, \mode
    srs_form da, , \mode
    srs_form da, !, \mode
    srs_form db, , \mode
    srs_form db, !, \mode
    .endr

/*
 * void user_regs(from, base, out): user r8-r14 are 0x808 ... 0xe0e, those of mode "from" stay what they
 * are; the form runs in mode "from" with r1 = base; then user r8-r14 go to out.
 */
    .macro user_form insn
    .pushsection .text.user_form
8:  push    {r4-r12, lr}
    mrs     r7, cpsr
    cps     #0x1f
    mov     r4, sp
    mov     r5, lr
    ldr     r8, =0x808
    ldr     r9, =0x909
    ldr     r10, =0xa0a
    ldr     r11, =0xb0b
    ldr     r12, =0xc0c
    ldr     sp, =0xd0d
    ldr     lr, =0xe0e
    msr     cpsr_c, r0
    \insn
    nop
    cps     #0x1f
    stmia   r2!, {r8-r12}
    str     sp, [r2], #4
    str     lr, [r2], #4
    mov     sp, r4
    mov     lr, r5
    msr     cpsr_c, r7
    pop     {r4-r12, pc}
    .ltorg
    .popsection
    .word   8b
    .endm
    .globl stm_user_table, ldm_user_table
stm_user_table:
    user_form "stmia r1, {r8-r14}^"
    user_form "stmib r1, {r8-r14}^"
    user_form "stmda r1, {r8-r14}^"
    user_form "stmdb r1, {r8-r14}^"
    user_form "stmia r1, {sp, lr}^"
    user_form "stmdb r1, {sp}^"
    user_form "stmib r1, {r8, r10, r12, r14}^"
    user_form "mov r3, sp; mov sp, r1; stmia sp, {r8-r14}^; mov sp, r3"
    user_form "mov r3, lr; mov lr, r1; stmdb lr, {r8-r14}^; mov lr, r3"
    user_form "mov r3, r8; mov r8, r1; stmia r8, {r13, r14}^; mov r8, r3"
    .word   0
ldm_user_table:
    user_form "ldmia r1, {r8-r14}^"
    user_form "ldmib r1, {r8-r14}^"
    user_form "ldmda r1, {r8-r14}^"
    user_form "ldmdb r1, {r8-r14}^"
    user_form "ldmia r1, {sp, lr}^"
    user_form "ldmdb r1, {sp}^"
    user_form "ldmib r1, {r8, r10, r12, r14}^"
    user_form "mov r3, sp; mov sp, r1; ldmia sp, {r8-r14}^; nop; mov sp, r3"
    user_form "mov r3, lr; mov lr, r1; ldmdb lr, {r8-r14}^; nop; mov lr, r3"
    .word   0
