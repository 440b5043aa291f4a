/* Flash image of a bare guest: copies the guest to where it is linked for, and starts it. */
    .syntax unified
    .arm
    mov     r0, #0x1000             @ image
    ldr     r1, =0x40010000
    ldr     r3, size
    add     r3, r1, r3
    mov     r4, r1
1:  ldr     r5, [r0], #4
    str     r5, [r1], #4
    cmp     r1, r3
    blo     1b
    mov     r2, #0x40000000         @ the device tree
    bx      r4
    .ltorg
    .org    0xff8
size:
    .word   image_end - image
    .word   0x600df1a5
image:
    .incbin ROM_IMAGE
    .balign 4
image_end:
