/*
 * memcpy and memset of the C library, for speed: the packaged library's are
 * built for size, a byte at a time, and umbra clears and copies megabytes.
 */
    .syntax unified
    .arch armv7-a
    .arm
    .text

    @ void *memset(void *dst, int c, size_t n)
    .global memset
    .type   memset, %function       @ callers may be Thumb
memset:
    mov     ip, r0
    and     r1, r1, #0xff
    orr     r1, r1, r1, lsl #8
    orr     r1, r1, r1, lsl #16
1:  tst     ip, #3                  @ bytes to a word boundary
    cmpne   r2, #0
    beq     2f
    strb    r1, [ip], #1
    sub     r2, r2, #1
    b       1b
2:  cmp     r2, #32
    blo     4f
    push    {r4-r8, lr}
    mov     r3, r1
    mov     r4, r1
    mov     r5, r1
    mov     r6, r1
    mov     r7, r1
    mov     r8, r1
    mov     lr, r1
    cmp     r2, #768
    bhs     8f
7:  subs    r2, r2, #32
    stmiahs ip!, {r1, r3-r8, lr}
    bhs     7b
    add     r2, r2, #32
    pop     {r4-r8, lr}
4:  cmp     r2, #4
    blo     5f
    str     r1, [ip], #4
    sub     r2, r2, #4
    b       4b
5:  subs    r2, r2, #1
    bxlo    lr
    strb    r1, [ip], #1
    b       5b
8:  push    {r0, r9-r11}            @ whole pages, and a guest's RAM: twelve registers at a time
    mov     r0, r1
    mov     r9, r1
    mov     r10, r1
    mov     r11, r1
    sub     r2, r2, #768
9:  .rept   16
    stmia   ip!, {r0, r1, r3-r11, lr}
    .endr
    subs    r2, r2, #768
    bhs     9b
    add     r2, r2, #768
    pop     {r0, r9-r11}
    b       7b

    @ void *memcpy(void *dst, const void *src, size_t n)
    .global memcpy
    .type   memcpy, %function
memcpy:
    push    {r0, lr}
    eor     r3, r0, r1
    tst     r3, #3                  @ never both aligned: bytes
    bne     5f
1:  tst     r0, #3
    cmpne   r2, #0
    beq     2f
    ldrb    r3, [r1], #1
    strb    r3, [r0], #1
    sub     r2, r2, #1
    b       1b
2:  cmp     r2, #32
    blo     4f
    push    {r4-r10}
    subs    r2, r2, #128
    blo     6f
3:  .rept   4
    ldmia   r1!, {r3-r10}
    stmia   r0!, {r3-r10}
    .endr
    subs    r2, r2, #128
    bhs     3b
6:  add     r2, r2, #128
7:  subs    r2, r2, #32
    ldmiahs r1!, {r3-r10}
    stmiahs r0!, {r3-r10}
    bhs     7b
    add     r2, r2, #32
    pop     {r4-r10}
4:  cmp     r2, #4
    blo     5f
    ldr     r3, [r1], #4
    str     r3, [r0], #4
    sub     r2, r2, #4
    b       4b
5:  subs    r2, r2, #1
    poplo   {r0, pc}
    ldrb    r3, [r1], #1
    strb    r3, [r0], #1
    b       5b
