/* Processes in assembly: nothing of theirs may change between two instructions. */
#include "kernel.h"

    .syntax unified
    .arch armv7-a
    .section .user.text, "ax"

    /* r0: rounds.  Every register and the flags are known; exits with 0 or with what was wrong. */
    .macro registers name, other
    .globl \name
\name:
    mov     r11, r0
1:  movw    r1, #0x1111
    movt    r1, #0x1111
    add     r2, r1, r1
    add     r3, r2, r1
    add     r4, r3, r1
    add     r5, r4, r1
    add     r6, r5, r1
    add     r7, r6, r1
    add     r8, r7, r1
    add     r9, r8, r1
    add     r10, r9, r1
    mov     lr, r10
    mov     sp, r8
    cmp     r1, r1                  @ Z C
    mvn     r0, #0
    mov     r12, #50
2:  sub     r12, r12, #1            @ no flags
    bne     4f
    bcc     4f
    teq     r12, #0
    bne     3f
    b       5f
3:  cmp     r1, r1
    b       2b
4:  mov     r0, #1
    b       9f
5:  add     r0, r1, r2
    cmp     r0, r3
    bne     4b
    add     r0, r3, r4
    cmp     r0, r7
    bne     4b
    add     r0, r5, r5
    cmp     r0, r10
    bne     4b
    add     r0, r6, r2
    cmp     r0, r8
    bne     4b
    cmp     lr, r10
    bne     4b
    mov     r0, sp
    cmp     r8, r0
    bne     4b
    subs    r11, r11, #1
    bne     1b
    mov     r0, #0
9:  mov     r12, #CALL_EXIT
    svc     #0
    .endm

    .thumb
    .thumb_func
    registers registers_t32
    .arm
    .balign 4
    .type registers_a32, %function
    registers registers_a32
