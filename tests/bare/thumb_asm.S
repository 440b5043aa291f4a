/*
 * T32 code in the kernel's mode.  A case leaves a value in r0; {routine, value wanted, name}.  Labels as in
 * pcrel_asm.S: 6 the instruction concerned, 7 a datum, 5 the good end.  r3 points to memory.
 */
    .syntax unified
    .thumb
    .text

    .macro case name, want, body
    .pushsection .text.thumb_cases
    .thumb
    .balign 4
8:  push    {r4-r7, lr}
    ldr     r3, =user_stack         @ LDRT reaches it with the MMU on
    movs    r0, #0
    mrs     r7, cpsr
    .balign 4
    \body
2:  pop     {r4-r7, pc}
    .balign 4
    .ltorg
    .balign 8
    .popsection
    .pushsection .rodata.names, "a"
9:  .asciz  "\name"
    .popsection
    .word   8b + 1, \want, 9b
    .endm

    .balign 4
    .globl thumb_table
thumb_table:
    case "T MRS CPSR", 0x13, "mrs r0, cpsr; and r0, r0, #0x1f"
    case "T MRS does not show T", 0, "mrs r0, cpsr; and r0, r0, #0x20"
    case "T MSR CPSR_c to System and back", 0x1f, "mov r1, #0xdf; msr cpsr_c, r1; mrs r0, cpsr; msr cpsr_c, r7; and r0, r0, #0x1f"
    case "T MSR CPSR_f", 0xa0000000, "mov r1, #0xa0000000; msr cpsr_f, r1; mrs r0, cpsr; and r0, r0, #0xf0000000"
    case "T MSR, MRS SPSR", 0x600001d1, "ldr r1, =0x600001d1; msr spsr_fsxc, r1; mrs r0, spsr"
    case "T CPSIE i, CPSID i", 0x80, "cpsie i; mrs r1, cpsr; cpsid i; mrs r0, cpsr; bics r0, r0, r1; and r0, r0, #0x80"
    case "T CPSID aif", 0x1c0, "cpsid aif; mrs r0, cpsr; msr cpsr_xc, r7; and r0, r0, #0x1c0"
    case "T CPS #mode", 0x17, "cps #0x17; mrs r0, cpsr; cps #0x13; and r0, r0, #0x1f"
    case "T CPSID i, #mode", 0x9b, "cpsid i, #0x1b; mrs r0, cpsr; cps #0x13; and r0, r0, #0x9f"
    case "T CPSIE if, #mode", 0x1f, "cpsie if, #0x1f; mrs r0, cpsr; msr cpsr_xc, r7; and r0, r0, #0xdf"
    case "T flags over CPS and MSR", 0x60000000, "cmp r0, r0; cpsid i; msr cpsr_c, r7; mrs r0, cpsr; and r0, r0, #0xf0000000"
    case "T IT: MRS, MRC", 0x26, "mov r1, #0x13; mcr p15, 0, r1, c13, c0, 4; cmp r1, #0x13; itt eq; mrseq r0, cpsr; mrceq p15, 0, r1, c13, c0, 4; and r0, r0, #0x1f; add r0, r0, r1"
    case "T IT: MRS, MRC not taken", 5, "mov r1, #5; cmp r1, #6; itte eq; mrseq r0, cpsr; mrceq p15, 0, r1, c13, c0, 4; addne r0, r0, r1"
    case "T IT: MSR", 0x1f, "mov r1, #0xdf; mov r2, #0xd1; cmp r1, r1; ite ne; msrne cpsr_c, r2; msreq cpsr_c, r1; mrs r0, cpsr; msr cpsr_c, r7; and r0, r0, #0x1f"
    case "T IT: literal, ADR", 0x77, "cmp r0, r0; itee eq; ldreq r0, 7f; ldrne r0, 6f; adrne r0, 7f; b 5f; .balign 4; 7: .word 0x77; 6: .word 0x88; 5:"
    case "T IT: LDRT", 0x31, "mov r1, #0x31; str r1, [r3]; cmp r1, r1; ite eq; ldrteq r0, [r3]; ldrtne r0, [r3, #4]"
    case "T IT: SVC taken", 1, "cmp r0, r0; it eq; svceq #4; mov r0, r1"
    case "T IT: SVC in the middle keeps IT", 0x103, "mov r2, #0; cmp r0, r0; itete eq; svceq #4; addne r2, r2, #0x10; addeq r2, r2, #2; addne r2, r2, #0x20; add r0, r1, r2; add r0, r0, #0x100"
    case "T IT: SVC not taken", 0, "mov r1, #0; cmp r0, #1; it eq; svceq #4; mov r0, r1"
    case "T IT: BL at its end", 6b + 5, "cmp r0, r0; it eq; 6: bleq 5f; b 2f; 5: mov r0, lr"
    case "T IT: BX lr at its end", 1, "bl 5f; mov r0, #1; b 2f; 5: cmp r0, r0; it eq; bxeq lr; mov r1, #9; bx lr"
    case "T IT: POP pc at its end", 1, "bl 5f; mov r0, #1; b 2f; 5: push {r4, lr}; cmp r0, r0; it eq; popeq {r4, pc}; pop {r4, pc}"
    case "T IT: LDR pc at its end", 1, "adr r1, 5f; adds r1, r1, #1; str r1, [r3]; cmp r0, r0; it eq; ldreq pc, [r3]; b 2f; .balign 4; 5: mov r0, #1"
    case "T IT: B not taken", 4, "mov r0, #4; cmp r0, #5; it eq; beq 5f; b 2f; 5: mov r0, #1"
    case "T IT of four", 0x15, "cmp r0, r0; ittet eq; addeq r0, r0, #1; addeq r0, r0, #4; addne r0, r0, #8; addeq r0, r0, #16"
    case "T ADR ahead, behind", 7b, "b 5f; .balign 4; 7: .word 0; 5: adr.w r0, 7b; adr r1, 6f; .balign 4; 6:"
    case "T ADR.N", 7b, "adr r0, 7f; b 5f; .balign 4; 7: .word 0; 5:"
    case "T MOV r0, pc", 6b + 4, "6: mov r0, pc"
    case "T ADD r0, pc", 6b + 0x104, "mov r0, #0x100; 6: add r0, pc"
    case "T LDR.N literal", 0x11223344, "ldr r0, 7f; b 5f; .balign 4; 7: .word 0x11223344; 5:"
    case "T LDR.W literal behind", 0x55667788, "b 5f; .balign 4; 7: .word 0x55667788; 5: nop; ldr.w r0, 7b"
    case "T LDRB literal", 0x82, "ldrb.w r0, 7f + 1; b 5f; .balign 4; 7: .word 0x84838281; 5:"
    case "T LDRSB literal", 0xffffff83, "ldrsb.w r0, 7f + 2; b 5f; .balign 4; 7: .word 0x84838281; 5:"
    case "T LDRH literal", 0x8483, "ldrh.w r0, 7f + 2; b 5f; .balign 4; 7: .word 0x84838281; 5:"
    case "T LDRSH literal", 0xffff8281, "ldrsh.w r0, 7f; b 5f; .balign 4; 7: .word 0x84838281; 5:"
    case "T LDRD literal", 0x33333333, "ldrd r4, r5, 7f; add r0, r4, r5; b 5f; .balign 4; 7: .word 0x11111111, 0x22222222; 5:"
    case "T CBZ, CBNZ", 3, "cbz r0, 5f; b 2f; 5: mov r1, #1; cbnz r1, 5f; b 2f; 5: cbnz r0, 2f; cbz r1, 2f; mov r0, #3"
    case "T B.W, Bcc.W", 1, "b.w 5f; nop; 5: cmp r0, r0; beq.w 5f; b 2f; 5: bne.w 2f; mov r0, #1"
    case "T TBB", 3, "mov r1, #2; tbb [pc, r1]; 7: .byte (2f - 7b) / 2, (2f - 7b) / 2, (5f - 7b) / 2, 0; 5: mov r0, #3"
    case "T TBH", 4, "mov r1, #1; tbh [pc, r1, lsl #1]; 7: .hword (2f - 7b) / 2, (5f - 7b) / 2; 5: mov r0, #4"
    case "T TBB by register", 5, "adr r2, 7f; mov r1, #1; tbb [r2, r1]; 6: b 2f; .balign 4; 7: .byte 0, (5f - 6b) / 2, 0, 0; 5: mov r0, #5"
    case "T MOV pc, r1", 1, "adr r1, 5f; mov pc, r1; b 2f; .balign 4; 5: mov r0, #1"
    case "T ADD pc, r1", 1, "mov r1, #4; add pc, r1; b.w 2f; nop; nop; mov r0, #1"
    case "T LDR.W pc, [pc]", 1, "ldr.w pc, 7f; .balign 4; 7: .word 5f + 1; 5: mov r0, #1"
    case "T LDR pc, [sp], #4", 1, "adr r1, 5f; adds r1, r1, #1; push {r1}; ldr pc, [sp], #4; b 2f; .balign 4; 5: mov r0, #1"
    case "T LDR pc, [r3, r1, lsl #2]", 1, "adr r2, 5f; adds r2, r2, #1; str r2, [r3, #8]; mov r1, #2; ldr.w pc, [r3, r1, lsl #2]; b 2f; .balign 4; 5: mov r0, #1"
    case "T LDM.W with pc", 7, "adr r2, 5f; adds r2, r2, #1; mov r1, #7; stm r3, {r1, r2}; ldm.w r3!, {r0, pc}; b 2f; .balign 4; 5: nop"
    case "T LDMDB with pc", 7, "adr r2, 5f; adds r2, r2, #1; mov r1, #7; stm r3!, {r1, r2}; ldmdb r3, {r0, pc}; b 2f; .balign 4; 5: nop"
    case "T BL: lr", 6b + 5, "6: bl 5f; b 2f; 5: mov r0, lr"
    case "T BLX r1: lr", 6b + 3, "adr r1, 5f; adds r1, r1, #1; 6: blx r1; b 2f; .balign 4; 5: mov r0, lr"
    case "T BLX to ARM: lr", 6b + 5, "6: blx arm_lr"
    case "T BX to ARM and back", 5b + 1, "ldr r1, =arm_lr; adr r2, 5f; adds r2, r2, #1; mov lr, r2; bx r1; .balign 4; 5:"
    case "T LDR pc to ARM and back", 5b + 1, "adr r2, 5f; adds r2, r2, #1; mov lr, r2; ldr.w pc, =arm_lr; .balign 4; 5:"
    case "T BX pc", 6, "bl 5f; b 2f; .balign 4; 5: bx pc; nop; .arm; mov r0, #6; bx lr; .thumb"
    case "T SUBS pc, lr", 0x1f, "adr r1, 5f; movs r2, #0xff; msr spsr_fsxc, r2; mov lr, r1; add lr, lr, #4; subs pc, lr, #4; b 2f; .balign 4; 5: mrs r0, cpsr; msr cpsr_c, r7; and r0, r0, #0x1f"
    case "T SUBS pc, lr to ARM", 8, "adr r1, 5f; mov lr, r1; mrs r2, cpsr; msr spsr_fsxc, r2; subs pc, lr, #0; .balign 4; .arm; 5: mov r0, #8; add r1, pc, #1; bx r1; .thumb"
    case "T SRSDB, RFEIA", 0x21, "adr r1, 5f; mov lr, r1; mov r2, #0xf3; msr spsr_fsxc, r2; srsdb sp!, #0x13; rfeia sp!; b 2f; .balign 4; 5: mov r0, #0x21"
    case "T SRSIA, RFEDB", 0x22, "mov r4, sp; mov sp, r3; adr r1, 5f; mov lr, r1; mov r2, #0xf3; msr spsr_fsxc, r2; srsia sp!, #0x13; mov r1, sp; mov sp, r4; rfedb r1; b 2f; .balign 4; 5: mov r0, #0x22"
    case "T RFE into an IT block", 0x12, "adr r1, 5f; ldr r2, =0x400014f3; stm r3, {r1, r2}; rfeia r3; b 2f; .balign 4; 5: .inst.n 0x3001; .inst.n 0x3002; add r0, r0, #0x10"
    case "T STRD, LDRD, STM", 0x30, "mov r4, #0x10; mov r5, #0x20; strd r4, r5, [r3, #8]!; ldrd r1, r2, [r3]; add r0, r1, r2"
    .word   0, 0, 0

    .pushsection .text.thumb_cases
    .arm
    .balign 4
arm_lr:
    mov     r0, lr
    bx      lr
    .popsection

/* Exceptions at known places. r0 is 0 on entry. */
    .macro cause name, insn
    .globl tcause_\name, tcause_\name\()_at
    .balign 4
    .thumb_func
tcause_\name:
    adr     r1, 7f
    adds    r1, r1, #1
    cmp     r0, r0
    b       tcause_\name\()_at
    .balign 4
7:  .word   0, 0
tcause_\name\()_at:
    \insn
1:  b       1b
    .endm
    .text
    .thumb
    cause und16, "udf #7"
    cause und32, "udf.w #77"
    cause svc, "svc #12"
    cause pabt, "bkpt #3"
    cause dabt, "ldm r1, {r2, r3}"
    cause dabt_w, "ldrd r2, r3, [r1]"
    cause irq, "cpsie i"
    cause it_dabt, "itt eq; ldmeq r1, {r2, r3}; moveq r2, #1"
    cause it_svc, "itt eq; svceq #1; moveq r2, #1"

    .globl thumb_vectors
    .balign 32
thumb_vectors:
    .irp    n, 0, 1, 2, 3, 4, 5, 6, 7
    b.w     thumb_stub_\n
    .endr
    .irp    n, 0, 1, 2, 3, 4, 5, 6, 7
    .balign 4
thumb_stub_\n:
    bx      pc
    nop
    .arm
    b       vectors + 4 * \n
    .thumb
    .endr
