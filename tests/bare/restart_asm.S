/*
 * Accesses that fault and are restarted.  Each routine gets an address in r0, one memory access in its
 * body, and returns a digest of r0-r7 after it.  Table: {routine, offset from the edge of two pages, name}.
 */
    .syntax unified
    .arm
    .text

    .macro access offset, body
    .pushsection .text.access
    .balign 4
8:  push    {r4-r12, lr}
    mov     r1, #0x11
    mov     r2, #0x22
    mov     r3, #0x33
    mov     r4, #0x44
    mov     r5, #0x55
    mov     r6, #0x66
    mov     r7, #0x77
    msr     cpsr_f, #0
    mrs     r12, cpsr
    mov     r11, sp
    \body
5:  mov     sp, r11
    msr     cpsr_c, r12
    add     r0, r0, r1, ror #1
    add     r0, r0, r2, ror #3
    add     r0, r0, r3, ror #5
    add     r0, r0, r4, ror #7
    add     r0, r0, r5, ror #11
    add     r0, r0, r6, ror #13
    add     r0, r0, r7, ror #17
    pop     {r4-r12, pc}
    .ltorg
    .popsection
    .pushsection .rodata.names, "a"
9:  .asciz  "\body"
    .popsection
    .word   8b, \offset, 9b
    .endm

    .globl access_table
access_table:
    access 0, "ldr r1, [r0]"
    access -2, "ldr r1, [r0]"
    access -1, "ldrh r1, [r0]"
    access -3, "str r1, [r0]"
    access -1, "strh r2, [r0]"
    access -1, "ldrsh r2, [r0]"
    access -4, "ldr r1, [r0, #4]!"
    access 0, "ldr r1, [r0], #8"
    access -8, "ldr r1, [r0, r2, lsl #2]!"
    access 0x24, "ldr r1, [r0, -r2]"
    access 4, "ldr r1, [r0], -r2"
    access 0, "str r1, [r0, #4]!"
    access 0, "str r1, [r0], #-4"
    access 0, "str r1, [r0, r2, lsl #2]!"
    access 1, "ldrb r1, [r0], #1"
    access 1, "strb r1, [r0, #1]!"
    access 2, "ldrsb r1, [r0, #3]!"
    access 2, "ldrh r1, [r0], r2"
    access 2, "strh r1, [r0, #-2]!"
    access -4, "ldrd r2, r3, [r0]"
    access -4, "ldrd r2, r3, [r0], #8"
    access -12, "ldrd r2, r3, [r0, #8]!"
    access -4, "strd r2, r3, [r0]"
    access -4, "strd r2, r3, [r0], #-8"
    access 8, "ldrd r0, r1, [r0]"
    access -8, "ldm r0, {r1-r4}"
    access -8, "ldm r0!, {r1-r4}"
    access -8, "ldm r0, {r0-r3}"
    access -12, "ldmib r0!, {r1-r4}"
    access 8, "ldmdb r0!, {r1-r4}"
    access 4, "ldmda r0!, {r1-r4}"
    access -8, "stm r0!, {r1-r4}"
    access -8, "stm r0, {r0-r3}"
    access -12, "stmib r0!, {r1-r4}"
    access 8, "stmdb r0!, {r1-r4}"
    access 4, "stmda r0!, {r1-r4}"
    access 8, "mov sp, r0; push {r1-r4}; mov r0, sp"
    access -8, "mov sp, r0; pop {r1-r4}; mov r0, sp"
    access 0, "ldrt r1, [r0], #4"
    access 0, "strt r1, [r0], #4"
    access 1, "ldrbt r1, [r0], #1"
    access 1, "strbt r1, [r0], #-1"
    access 2, "ldrht r1, [r0], #2"
    access 2, "strht r1, [r0], #2"
    access 2, "ldrsbt r1, [r0], #2"
    access 2, "ldrsht r1, [r0], #-2"
    access 0, "ldrt r1, [r0], r2, lsl #1"
    access -2, "ldrt r1, [r0], #4"
    access 0, "1: ldrex r1, [r0]; strex r2, r3, [r0]; cmp r2, #0; bne 1b"
    access 0, "1: ldrexb r1, [r0]; strexb r2, r3, [r0]; cmp r2, #0; bne 1b"
    access 0, "1: ldrexh r1, [r0]; strexh r2, r3, [r0]; cmp r2, #0; bne 1b"
    access 0, "1: ldrexd r2, r3, [r0]; strexd r1, r4, r5, [r0]; cmp r1, #0; bne 1b"
    access -8, "stm r0, {r1-r4}^"
    access -8, "ldm r0, {r1-r4}^"
    access 8, "stmdb r0, {r1-r4}^"
    access 0, "adr r1, 5f; sub r4, r0, #0x3f000000; str r1, [r4]; ldr pc, [r0]"
    access 0, "adr r1, 5f; sub r4, r0, #0x3f000000; str r1, [r4]; ldr pc, [r0], #4"
    access -12, "adr r4, 5f; sub r5, r0, #0x3f000000; str r4, [r5, #12]; ldm r0!, {r1-r3, pc}"
    access -4, "adr r4, 5f; sub r5, r0, #0x3f000000; str r4, [r5, #4]; mov sp, r0; pop {r1, pc}"
    access -4, "adr r4, 5f; sub r5, r0, #0x3f000000; stm r5, {r4, r12}; rfeia r0!"
    access -8, "adr r4, 5f; sub r5, r0, #0x3f000000; str r4, [r5, #8]; msr spsr_cxsf, r12; ldm r0!, {r1, r2, pc}^"
    access 4, "msr spsr_cxsf, r12; mov r1, lr; ldr lr, =0x12345678; mov sp, r0; srsdb sp!, #0x13; mov r0, sp; mov lr, r1; mov r1, #1"
    .word   0, 0, 0
