/*
 * fuzz_enter(regs): r0-r12, CPSR flags (regs[13]), LR (regs[14]) from regs, then the code at regs[15] with
 * the CPSR control bits regs[16].  Only an exception comes back, through catch_call.
 */
    .syntax unified
    .fpu    neon
    .arm
    .text
    .globl fuzz_enter
fuzz_enter:
    sub     sp, sp, #64         @ SRS may write above the stack pointer; catch_call puts it back
    ldr     r1, [r0, #52]
    msr     cpsr_fs, r1
    ldr     r1, [r0, #60]
    str     r1, enter_pc
    ldr     r1, [r0, #64]
    ldr     lr, [r0, #56]
    msr     cpsr_c, r1
    ldm     r0, {r0-r12}
    ldr     pc, enter_pc
enter_pc:
    .word   0

/* Banked registers: LR and SPSR of IRQ, ABT, UND, SVC, FIQ; r8-r12 of FIQ; SP and LR of User. */
    .macro each_bank op
    \op     0x12
    \op     0x17
    \op     0x1b
    .endm
    .macro set_bank mode
    msr     cpsr_c, #(0xc0 | \mode)
    ldm     r0!, {r1, r2}
    mov     lr, r1
    msr     spsr_cxsf, r2
    .endm
    .macro get_bank mode
    msr     cpsr_c, #(0xc0 | \mode)
    mov     r1, lr
    mrs     r2, spsr
    stm     r0!, {r1, r2}
    .endm
    .globl fuzz_banks, fuzz_read_banks
fuzz_banks:
    mov     r3, lr
    each_bank set_bank
    set_bank 0x11
    ldm     r0!, {r8-r12}
    msr     cpsr_c, #0xdf
    ldm     r0!, {r1, r2}
    mov     sp, r1
    mov     lr, r2
    set_bank 0x13
    bx      r3
fuzz_read_banks:
    mov     r3, lr
    each_bank get_bank
    get_bank 0x11
    stm     r0!, {r8-r12}
    msr     cpsr_c, #0xdf
    mov     r1, sp
    mov     r2, lr
    stm     r0!, {r1, r2}
    get_bank 0x13
    bx      r3

/* d0-d31 and FPSCR from or to 65 words; both switch the unit on. */
    .macro float_on
    mrc     p15, 0, r1, c1, c0, 2
    orr     r1, r1, #0xf00000
    mcr     p15, 0, r1, c1, c0, 2
    isb
    mov     r1, #0x40000000
    vmsr    fpexc, r1
    .endm
    .globl fuzz_float, fuzz_read_float
fuzz_float:
    float_on
    vldmia  r0!, {d0-d15}
    vldmia  r0!, {d16-d31}
    ldr     r1, [r0]
    vmsr    fpscr, r1
    bx      lr
fuzz_read_float:
    float_on
    vstmia  r0!, {d0-d15}
    vstmia  r0!, {d16-d31}
    vmrs    r1, fpscr
    str     r1, [r0]
    bx      lr
