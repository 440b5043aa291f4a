/*
 * Unsigned division for the compiler, in ARM code only: libgcc's for this core is Thumb, and a guest should
 * use Thumb where it means to.  r0 / r1: quotient in r0, remainder in r1; division by 0 gives 0.
 */
    .syntax unified
    .arm
    .text
    .globl __aeabi_uidivmod, __aeabi_uidiv
__aeabi_uidivmod:
__aeabi_uidiv:
    mov     r2, r0
    mov     r0, #0
    cmp     r1, #0
    bxeq    lr
    mov     r3, #1
1:  cmp     r1, #0x80000000     @ the divisor goes as far up as it fits
    bhs     2f
    cmp     r1, r2
    lsllo   r1, r1, #1
    lsllo   r3, r3, #1
    blo     1b
2:  cmp     r2, r1
    subhs   r2, r2, r1
    addhs   r0, r0, r3
    lsrs    r3, r3, #1
    lsr     r1, r1, #1
    bne     2b
    mov     r1, r2
    bx      lr
