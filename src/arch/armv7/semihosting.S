/*
 * Calls to an emulator or debugger ("Semihosting for AArch32 and AArch64").  The
 * trap is seen before any vector is taken, so VBAR does not matter; with nobody
 * there to see it this is an SVC, and the caller has to have made sure that
 * somebody is.
 */
    .syntax unified
    .arch armv7-a
    .arm
    .text

    .global semihosting_exit
    .type   semihosting_exit, %function
@ void semihosting_exit(int code)
semihosting_exit:
    push    {r0, lr}                @ keeps the stack aligned
    ldr     r1, =0x20026            @ ADP_Stopped_ApplicationExit
    push    {r1, r2}
    str     r0, [sp, #4]
    mov     r0, #0x20               @ SYS_EXIT_EXTENDED
    mov     r1, sp
    svc     #0x123456
    add     sp, sp, #8
    pop     {r0, pc}

    .global semihosting_putc
    .type   semihosting_putc, %function
@ void semihosting_putc(int c)
semihosting_putc:
    push    {r0, lr}
    mov     r0, #3                  @ SYS_WRITEC
    mov     r1, sp
    svc     #0x123456
    pop     {r0, pc}

    .global semihosting_call
    .type   semihosting_call, %function
@ uint32_t semihosting_call(uint32_t operation, const uintptr_t *arguments)
semihosting_call:
    svc     #0x123456
    bx      lr
    .ltorg
