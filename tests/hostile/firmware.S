/* Where a firmware VM starts: copies the program behind it to where it was linked. */
    .syntax unified
    .arm
    .section .firmware, "ax"
    .globl firmware_start
firmware_start:
    mov     r0, #0x1000
    ldr     r1, =__text_start
    ldr     r2, =__data_end
1:  ldmia   r0!, {r4-r7}
    stmia   r1!, {r4-r7}
    cmp     r1, r2
    blo     1b
    mov     r2, #0x40000000         @ the device tree
    ldr     pc, =__text_start
    .ltorg
