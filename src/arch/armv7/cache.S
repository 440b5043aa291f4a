/* Cache maintenance by set/way: whole caches, for boot and for leaving. */
    .syntax unified
    .arch armv7-a
    .arm
    .text

    .global dcache_clean_inval_all
    .type   dcache_clean_inval_all, %function
dcache_clean_inval_all:             @ for C, contract in cache.h
    push    {r4-r7, r10, lr}
    bl      setway_clean_inval
    pop     {r4-r7, r10, pc}

    .global setway_clean_inval
    .type   setway_clean_inval, %function
@ Every data or unified level up to the point of coherency (the loop of B2.2.7).
@ Needs no stack and no memory; changes r0-r3, r5-r7, r10, r12.
setway_clean_inval:
    dmb
    mrc     p15, 1, r0, c0, c0, 1   @ CLIDR
    ands    r3, r0, #0x07000000
    lsr     r3, r3, #23             @ LoC * 2
    beq     5f
    mov     r10, #0                 @ level * 2
1:  add     r2, r10, r10, lsr #1
    lsr     r1, r0, r2
    and     r1, r1, #7
    cmp     r1, #2                  @ no data cache at this level
    blt     4f
    mcr     p15, 2, r10, c0, c0, 0  @ CSSELR
    isb
    mrc     p15, 1, r1, c0, c0, 0   @ CCSIDR
    and     r2, r1, #7
    add     r2, r2, #4              @ log2(line length)
    ubfx    r12, r1, #3, #10        @ last way
    clz     r5, r12                 @ shift of the way number
    ubfx    r7, r1, #13, #15        @ last set
2:  mov     r6, r12
3:  lsl     r1, r6, r5
    orr     r1, r1, r10
    orr     r1, r1, r7, lsl r2
    mcr     p15, 0, r1, c7, c14, 2  @ DCCISW
    subs    r6, r6, #1
    bge     3b
    subs    r7, r7, #1
    bge     2b
4:  add     r10, r10, #2
    cmp     r3, r10
    bgt     1b
5:  mov     r10, #0
    mcr     p15, 2, r10, c0, c0, 0  @ CSSELR back to the first level
    dsb
    isb
    bx      lr
