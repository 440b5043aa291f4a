/*
 * Reads and writes of PC.  A case is a routine that leaves a value in r0; the table has {routine, value
 * wanted, name}.  Labels: 6 the instruction concerned, 7 a datum, 5 the good end, so that
 * the value wanted can be written with them.  r1 and r4-r7 are scratch, r3 points to 64 bytes of memory.
 */
    .syntax unified
    .arm
    .text

    .macro case name, want, body
    .pushsection .text.pcrel
    .balign 4
8:  push    {r4-r7, lr}
    ldr     r3, =pc_memory
    mov     r0, #0
    \body
    pop     {r4-r7, pc}
    .balign 8
    .popsection
    .pushsection .rodata.names, "a"
9:  .asciz  "\name"
    .popsection
    .word   8b, \want, 9b
    .endm

    .globl pcrel_table
pcrel_table:
    case "ADR forward", 7b, "adr r0, 7f; b 5f; 7: .word 0; 5:"
    case "ADR backward", 7b, "b 5f; 7: .word 0; 5: adr r0, 7b"
    case "ADD r0, pc, #8", 6b + 16, "6: add r0, pc, #8"
    case "SUB r0, pc, #8", 6b, "6: sub r0, pc, #8"
    case "MOV r0, pc", 6b + 8, "6: mov r0, pc"
    case "MVN r0, pc", 6b + 8, "6: mvn r0, pc; mvn r0, r0"
    case "ADD r0, pc, r1", 6b + 0x108, "mov r1, #0x100; 6: add r0, pc, r1"
    case "ADD r0, r1, pc", 6b + 0x108, "mov r1, #0x100; 6: add r0, r1, pc"
    case "ADD r0, pc, r1, lsl #4", 6b + 0x108, "mov r1, #0x10; 6: add r0, pc, r1, lsl #4"
    case "SUB r0, pc, r1", 6b - 0xf8, "mov r1, #0x100; 6: sub r0, pc, r1"
    case "RSB r0, r1, pc", 6b + 7, "mov r1, #1; 6: rsb r0, r1, pc"
    case "ORR r0, pc, #0", 6b + 8, "6: orr r0, pc, #0"
    case "BIC r0, pc, r1", 6b + 8, "mov r1, #0; 6: bic r0, pc, r1"
    case "EOR r0, pc, pc", 0, "6: eor r0, pc, pc"
    case "AND r0, pc, r1", 6b + 8, "mvn r1, #0; 6: and r0, pc, r1"
    case "ADDS r0, pc, #0 and flags", 6b + 8, "6: adds r0, pc, #0; moveq r0, #0; movmi r0, #0"
    case "MOV r0, pc, ror #32 by parts", 6b + 8, "6: mov r0, pc, ror #16; mov r0, r0, ror #16; b 5f; 5:"
    case "CMP pc, r1", 1, "adr r1, 7f; 6: cmp pc, r1; 7: moveq r0, #2; movhi r0, #1"
    case "TEQ r1, pc", 1, "add r1, pc, #4; 6: teq r1, pc; moveq r0, #1"
    case "LDR literal ahead", 0x11223344, "ldr r0, 7f; b 5f; 7: .word 0x11223344; 5:"
    case "LDR literal behind", 0x55667788, "b 5f; 7: .word 0x55667788; 5: ldr r0, 7b"
    case "LDR r0, =constant", 0x9abcdef1, "ldr r0, =0x9abcdef1; b 5f; .ltorg; 5:"
    case "LDR of itself", 0xe51f0008, "ldr r0, [pc, #-8]"
    case "LDR of the next word", 0xe1a01001, "ldr r0, [pc, #-4]; mov r1, r1"
    case "LDR r0, [pc, r1]", 0x01020304, "mov r1, #4; ldr r0, [pc, r1]; b 5f; .word 1; .word 0x01020304; 5:"
    case "LDR r0, [pc, -r1]", 0xe1a00000, "mov r0, r0; mov r1, #16; ldr r0, [pc, -r1]"
    case "LDR r0, [pc, r1, lsl #2]", 0x0a0b0c0d, "mov r1, #1; ldr r0, [pc, r1, lsl #2]; b 5f; .word 1; .word 0x0a0b0c0d; 5:"
    case "LDRB literal", 0x82, "ldrb r0, 7f + 1; b 5f; 7: .word 0x84838281; 5:"
    case "LDRSB literal", 0xffffff83, "ldrsb r0, 7f + 2; b 5f; 7: .word 0x84838281; 5:"
    case "LDRH literal", 0x8483, "ldrh r0, 7f + 2; b 5f; 7: .word 0x84838281; 5:"
    case "LDRSH literal", 0xffff8281, "ldrsh r0, 7f; b 5f; 7: .word 0x84838281; 5:"
    case "LDRB r0, [pc, r1]", 0x84, "mov r1, #3; ldrb r0, [pc, r1]; b 5f; 7: .word 0x84838281; 5:"
    case "LDRH r0, [pc, r1]", 0x8483, "mov r1, #2; ldrh r0, [pc, r1]; b 5f; 7: .word 0x84838281; 5:"
    case "LDRSH r0, [pc, r1]", 0xffff8281, "mov r1, #0; ldrsh r0, [pc, r1]; b 5f; 7: .word 0x84838281; 5:"
    case "LDRD literal", 0x33333333, "ldrd r4, r5, 7f; add r0, r4, r5; b 5f; .balign 8; 7: .word 0x11111111, 0x22222222; 5:"
    case "LDRD r4, [pc, r1]", 0x33333333, "adr r1, 7f; adr r0, 4f + 8; sub r1, r1, r0; 4: ldrd r4, r5, [pc, r1]; add r0, r4, r5; b 5f; .balign 8; 7: .word 0x11111111, 0x22222222; 5:"
    case "PLD [pc]", 1, "pld [pc, #64]; mov r0, #1"
    case "STR pc", 6b + 8, "6: str pc, [r3]; ldr r0, [r3]"
    case "STR pc, [r3, #4]!", 6b + 8, "6: str pc, [r3, #4]!; ldr r0, [r3]"
    case "STR pc, [sp, #-4]!", 6b + 8, "6: str pc, [sp, #-4]!; pop {r0}"
    case "STR pc, [r3, r1]", 6b + 8, "mov r1, #8; 6: str pc, [r3, r1]; ldr r0, [r3, #8]"
    case "PUSH {pc}", 6b + 8, "6: push {pc}; pop {r0}"
    case "STM r3, {r0, r1, pc}", 6b + 8, "6: stm r3, {r0, r1, pc}; ldr r0, [r3, #8]"
    case "STMDB sp!, {r0, lr, pc}", 6b + 8, "6: stmdb sp!, {r0, lr, pc}; ldr r0, [sp, #8]; add sp, sp, #12"
    case "STMIB r3!, {pc}", 6b + 8, "6: stmib r3!, {pc}; ldr r0, [r3]"
    .word   0, 0, 0

    .globl branch_table
branch_table:
    case "B over a word", 1, "b 5f; .word 0xffffffff; 5: mov r0, #1"
    case "B back", 1, "b 4f; 5: mov r0, #1; b 3f; 4: b 5b; 3:"
    case "MOV pc, r1", 1, "adr r1, 5f; mov pc, r1; b 4f; 5: mov r0, #1; 4:"
    case "MOV pc, pc", 1, "mov pc, pc; b 4f; mov r0, #1; 4:"
    case "BX r1", 1, "adr r1, 5f; bx r1; b 4f; 5: mov r0, #1; 4:"
    case "BX pc", 1, ".inst 0xe12fff1f; b 4f; mov r0, #1; 4:"
    case "ADD pc, pc, #0", 1, "add pc, pc, #0; b 4f; mov r0, #1; 4:"
    case "ADD pc, pc, r1, lsl #2", 3, "mov r1, #2; add pc, pc, r1, lsl #2; b 4f; b 4f; b 4f; b 5f; b 4f; 5: mov r0, #3; 4:"
    case "ADDLS pc, pc, r1, lsl #2", 2, "mov r1, #1; cmp r1, #2; addls pc, pc, r1, lsl #2; b 4f; b 4f; b 5f; 5: mov r0, #2; 4:"
    case "ADDLS pc, not taken", 7, "mov r1, #5; cmp r1, #2; addls pc, pc, r1, lsl #2; mov r0, #7"
    case "SUB pc, r1, #4", 1, "adr r1, 5f + 4; sub pc, r1, #4; b 4f; 5: mov r0, #1; 4:"
    case "ADD pc, pc, #4", 1, "add pc, pc, #4; b 4f; b 4f; mov r0, #1; 4:"
    case "ORR pc, r1, r0", 1, "adr r1, 5f; orr pc, r1, r0; b 4f; 5: mov r0, #1; 4:"
    case "BIC pc, r1, #3", 1, "adr r1, 5f; bic pc, r1, #3; b 4f; 5: mov r0, #1; 4:"
    case "LDR pc, [pc, #-4]", 1, "ldr pc, [pc, #-4]; .word 5f; 5: mov r0, #1"
    case "LDR pc, =label", 1, "ldr pc, 7f; 7: .word 5f; 5: mov r0, #1"
    case "LDR pc, [r1]", 1, "adr r1, 7f; ldr pc, [r1]; 7: .word 5f; 5: mov r0, #1"
    case "LDR pc, [r1, #4]!", 0, "adr r1, 7f; ldr pc, [r1, #4]!; 7: .word 0; .word 5f; 5: adr r0, 7b + 4; sub r0, r0, r1"
    case "LDR pc, [r1], #8", 0, "adr r1, 7f; ldr pc, [r1], #8; 7: .word 5f; 5: adr r0, 7b + 8; sub r0, r0, r1"
    case "LDR pc, [pc, r1, lsl #2]", 2, "mov r1, #1; ldr pc, [pc, r1, lsl #2]; b 4f; .word 4f; .word 5f; 5: mov r0, #2; 4:"
    case "LDRLS pc, [pc, r1, lsl #2]", 2, "mov r1, #1; cmp r1, #1; ldrls pc, [pc, r1, lsl #2]; b 4f; .word 4f; .word 5f; 5: mov r0, #2; 4:"
    case "LDR pc, [sp], #4", 1, "adr r1, 5f; push {r1}; ldr pc, [sp], #4; b 4f; 5: mov r0, #1; 4:"
    case "LDR pc, [r3, r1]", 1, "adr r0, 5f; str r0, [r3, #12]; mov r1, #12; ldr pc, [r3, r1]; b 4f; 5: mov r0, #1; 4:"
    case "POP {r0, pc}", 9, "adr r1, 5f; mov r0, #9; push {r0, r1}; mov r0, #0; pop {r0, pc}; b 4f; 5: nop; 4:"
    .macro  put_frame at
    adr     r4, 5f
    mov     r5, #3
    mov     r6, #4
    add     r1, r3, #\at
    str     r5, [r3, #16]
    str     r6, [r3, #20]
    str     r4, [r3, #24]
    .endm
    .macro  frame_sum
    add     r0, r5, r6
    sub     r1, r1, r3
    add     r0, r0, r1, lsl #8
    .endm
    case "LDMIA r1, {r5, r6, pc}", 0x1007, "put_frame 16; ldmia r1, {r5, r6, pc}; b 4f; 5: frame_sum; 4:"
    case "LDMIA r1!, {r5, r6, pc}", 0x1c07, "put_frame 16; ldmia r1!, {r5, r6, pc}; b 4f; 5: frame_sum; 4:"
    case "LDMIB r1, {r5, r6, pc}", 0xc07, "put_frame 12; ldmib r1, {r5, r6, pc}; b 4f; 5: frame_sum; 4:"
    case "LDMIB r1!, {r5, r6, pc}", 0x1807, "put_frame 12; ldmib r1!, {r5, r6, pc}; b 4f; 5: frame_sum; 4:"
    case "LDMDA r1, {r5, r6, pc}", 0x1807, "put_frame 24; ldmda r1, {r5, r6, pc}; b 4f; 5: frame_sum; 4:"
    case "LDMDA r1!, {r5, r6, pc}", 0xc07, "put_frame 24; ldmda r1!, {r5, r6, pc}; b 4f; 5: frame_sum; 4:"
    case "LDMDB r1, {r5, r6, pc}", 0x1c07, "put_frame 28; ldmdb r1, {r5, r6, pc}; b 4f; 5: frame_sum; 4:"
    case "LDMDB r1!, {r5, r6, pc}", 0x1007, "put_frame 28; ldmdb r1!, {r5, r6, pc}; b 4f; 5: frame_sum; 4:"
    case "LDM r1, {r1, r6, pc}, base in the list", 3, "put_frame 16; ldm r1, {r1, r6, pc}; b 4f; 5: mov r0, r1; 4:"
    case "LDM sp!, {r4-r7, lr, pc} keeps lr", 5, "mov r7, lr; mov r5, #5; adr lr, 5f; push {r4-r7, lr}; sub sp, sp, #4; ldr r4, [sp, #4]; str r4, [sp]; ldr r4, [sp, #8]; str r4, [sp, #4]; str r4, [sp, #8]; str r7, [sp, #16]; adr r4, 5f; str r4, [sp, #20]; mov r5, #0; ldm sp!, {r4-r7, lr, pc}; b 4f; 5: mov r0, r5; 4:"
    case "LDM sp, {r5, sp, pc} as frames end", 8, "str sp, [r3, #4]; mov r5, #8; str r5, [r3]; adr r5, 5f; str r5, [r3, #8]; mov r5, #0; ldm r3, {r5, sp, pc}; b 4f; 5: mov r0, r5; 4:"
    .word   0, 0, 0

    .globl call_table
call_table:
    case "BL: lr", 6b + 4, "6: bl 5f; b 4f; 5: mov r0, lr; 4:"
    case "BL: return", 6b + 4, "6: bl 5f; b 4f; 5: mov r0, lr; bx lr; 4:"
    case "BL: return by MOV pc, lr", 6b + 4, "6: bl 5f; b 4f; 5: mov r0, lr; mov pc, lr; 4:"
    case "BL: return by POP", 6b + 4, "6: bl 5f; b 4f; 5: push {r4, lr}; ldr r0, [sp, #4]; pop {r4, pc}; 4:"
    case "BL: return by LDR pc", 6b + 4, "6: bl 5f; b 4f; 5: str lr, [sp, #-4]!; ldr r0, [sp]; ldr pc, [sp], #4; 4:"
    case "BL: return by LDM", 6b + 4, "6: bl 5f; b 4f; 5: mov r0, lr; stmdb sp!, {r4, lr}; ldmia sp!, {r4, pc}; 4:"
    case "BL: return by ADD pc, lr, #4", 5, "bl 5f; b 4f; mov r0, #5; b 4f; 5: add pc, lr, #4; 4:"
    case "BL back", 6b + 4, "b 3f; 5: mov r0, lr; bx lr; 3: nop; 6: bl 5b"
    case "BLEQ taken", 6b + 4, "cmp r0, r0; 6: bleq 5f; b 4f; 5: mov r0, lr; bx lr; 4:"
    case "BLNE not taken", 3, "mov r0, #3; cmp r0, r0; blne 5f; b 4f; 5: mov r0, lr; bx lr; 4:"
    case "BLNE not taken keeps lr", 0x77, "mov lr, #0x77; cmp r0, r0; blne 5f; mov r0, lr; b 4f; 5: bx lr; 4:"
    case "BLX r1", 6b + 4, "adr r1, 5f; 6: blx r1; b 4f; 5: mov r0, lr; bx lr; 4:"
    case "BLX lr", 6b + 4, "adr lr, 5f; 6: blx lr; b 4f; 5: mov r0, lr; bx lr; 4:"
    case "BLXNE not taken", 3, "mov r0, #3; adr r1, 5f; cmp r0, r0; blxne r1; b 4f; 5: mov r0, lr; bx lr; 4:"
    case "MOV lr, pc; MOV pc, r1", 6b + 8, "adr r1, 5f; 6: mov lr, pc; mov pc, r1; b 4f; 5: mov r0, lr; bx lr; 4:"
    case "MOV lr, pc; BX r1", 6b + 8, "adr r1, 5f; 6: mov lr, pc; bx r1; b 4f; 5: mov r0, lr; bx lr; 4:"
    case "MOV lr, pc; LDR pc, [r1]", 6b + 8, "adr r1, 7f; 6: mov lr, pc; ldr pc, [r1]; b 4f; 7: .word 5f; 5: mov r0, lr; bx lr; 4:"
    case "ADR lr; B", 5b, "adr lr, 5f; b 6f; 6: mov r0, lr; bx lr; 5:"
    case "BXEQ lr taken, BXNE lr not", 6b + 4, "6: bl 5f; b 4f; 5: mov r0, lr; cmp r0, r0; bxne r0; bxeq lr; mov r0, #0; 4:"
    case "POPNE not taken, POPEQ taken", 6b + 4, "6: bl 5f; b 4f; 5: push {lr}; mov r0, lr; cmp r0, r0; popne {pc}; popeq {pc}; mov r0, #0; 4:"
    case "BLX to Thumb and BX back", 6b + 4, "6: blx thumb_lr"
    case "BLX r1 to Thumb and POP back", 6b + 4, "ldr r1, 7f; b 6f; 7: .word thumb_pop + 1; 6: blx r1"
    case "BX to Thumb with lr set", 5b, "ldr r1, 7f; adr lr, 5f; bx r1; 7: .word thumb_lr + 1; 5:"
    case "LDR pc to Thumb", 5b, "adr lr, 5f; ldr pc, 7f; 7: .word thumb_lr + 1; 5:"
    case "LDM pc to Thumb", 5b, "adr lr, 5f; ldr r1, 7f; str r1, [r3]; ldm r3, {pc}; 7: .word thumb_lr + 1; 5:"
    case "MOV pc, r1 to Thumb", 5b, "adr lr, 5f; ldr r1, 7f; mov pc, r1; 7: .word thumb_lr + 1; 5:"
    case "ADD pc, r1, #1 to Thumb", 5b, "adr lr, 5f; ldr r1, 7f; add pc, r1, #1; 7: .word thumb_lr; 5:"
    case "Thumb calls ARM by BLX", 0x2a, "blx thumb_blx"
    case "Thumb calls ARM by BX", 0x2b, "blx thumb_bx_pc"
    .word   0, 0, 0

    .pushsection .text.pcrel
    .thumb
    .balign 4
thumb_lr:
    mov     r0, lr
    bx      lr
    .balign 4
thumb_pop:
    push    {r4, lr}
    mov     r0, lr
    pop     {r4, pc}
    .balign 4
thumb_blx:
    push    {r4, lr}
    blx     arm_42
    pop     {r4, pc}
    .balign 4
thumb_bx_pc:
    bx      pc
    nop
    .arm
    mov     r0, #0x2b
    bx      lr
arm_42:
    mov     r0, #0x2a
    bx      lr
    .balign 8
    .popsection

/* uint32_t recurse(n): 1 + ... + n, n calls deep. */
    .globl recurse
recurse:
    cmp     r0, #0
    bxeq    lr
    push    {r4, lr}
    mov     r4, r0
    sub     r0, r0, #1
    bl      recurse
    add     r0, r0, r4
    pop     {r4, pc}

/* uint32_t hot(n): a loop with a call and a literal, n times; returns 3n. */
    .globl hot
hot:
    push    {r4, r5, lr}
    mov     r4, r0
    mov     r5, #0
1:  bl      2f
    add     r5, r5, r0
    subs    r4, r4, #1
    bne     1b
    mov     r0, r5
    pop     {r4, r5, pc}
2:  ldr     r0, 3f
    bx      lr
3:  .word   3

/* uint32_t dispatch(i): a jump table as compilers make them. */
    .globl dispatch
dispatch:
    cmp     r0, #4
    ldrls   pc, [pc, r0, lsl #2]
    b       9f
    .word   1f, 2f, 3f, 4f, 5f
1:  mov     r0, #10
    bx      lr
2:  mov     r0, #20
    mov     pc, lr
3:  mov     r0, #30
    bx      lr
4:  mov     r0, #40
    bx      lr
5:  mov     r0, #50
    bx      lr
9:  mvn     r0, #0
    bx      lr

/* Straight code, a call, a literal and a loop across a page's end. */
    .pushsection .text.xpage
    .balign 4096
    .space  4096 - 24
    .globl across_pages
across_pages:
    push    {r4, lr}
    mov     r4, r0
    bl      1f
    ldr     r1, 2f
    add     r0, r0, r1
    mov     r2, #3
3:  add     r0, r0, #1          @ the first word of the next page
    subs    r2, r2, #1
    bne     3b
    b       4f
2:  .word   0x1000
1:  mov     r0, r4
    bx      lr
4:  bl      5f
    pop     {r4, pc}
5:  ldr     r1, 6f
    add     r0, r0, r1
    bx      lr
    .space  64
6:  .word   0x20000
    .popsection

    .bss
    .balign 8
    .globl pc_memory
pc_memory:
    .space  64
