/* Programs for User mode; all in .text.user.  They end by returning, which is SVC 0xff. */
    .syntax unified
    .arm
    .fpu    neon
    .section .text.user, "ax"

/* Every register but pc has a value of its own over n system calls; returns how many differed. */
    .globl user_svc_loop
user_svc_loop:
    push    {r4-r11, lr}
    mov     r10, r0
    mov     r11, #0
1:  mov     r0, #0x10
    mov     r1, #0x21
    mov     r2, #0x32
    mov     r3, #0x43
    mov     r4, #0x54
    mov     r5, #0x65
    mov     r6, #0x76
    mov     r7, #0x87
    mov     r8, #0x98
    mov     r9, sp
    ldr     lr, =0x12345678
    ldr     r12, =0x89abcdef
    msr     cpsr_f, #0xa8000000
    svc     #0x42               @ returns r0 + r1, r0 = 0x31
    addvs   r11, r11, #1
    addcc   r11, r11, #1
    addpl   r11, r11, #1
    cmp     r0, #0x31
    cmpeq   r1, #0x21
    cmpeq   r2, #0x32
    cmpeq   r3, #0x43
    cmpeq   r4, #0x54
    cmpeq   r5, #0x65
    cmpeq   r6, #0x76
    cmpeq   r7, #0x87
    cmpeq   r8, #0x98
    cmpeq   r9, sp
    ldr     r0, =0x12345678
    cmpeq   lr, r0
    ldr     r0, =0x89abcdef
    cmpeq   r12, r0
    addne   r11, r11, #1
    subs    r10, r10, #1
    bne     1b
    mov     r0, r11
    pop     {r4-r11, pc}
    .ltorg

/* Work between interrupts: a checksum of n rounds. */
    .globl user_work
user_work:
    push    {r4-r8, lr}
    mov     r1, #1
    mov     r2, #2
    mov     r3, #3
    mov     r4, #5
1:  add     r1, r1, r2, ror #3
    eor     r2, r2, r3, ror #5
    adds    r3, r3, r4
    adc     r4, r4, r1, ror #7
    push    {r1-r4}
    pop     {r5-r8}
    cmp     r1, r5
    cmpeq   r4, r8
    movne   r1, #0
    subs    r0, r0, #1
    bne     1b
    add     r0, r1, r2
    add     r0, r0, r3
    add     r0, r0, r4
    pop     {r4-r8, pc}

/* The same with NEON and VFP registers: q0-q15 filled, kept over n system calls. */
    .globl user_neon
user_neon:
    push    {r4, lr}
    mov     r4, r0
    mov     r1, #7
    .irp    n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
    add     r1, r1, #\n * 3 + 1
    vdup.32 q\n, r1
    .endr
1:  svc     #0x42
    subs    r4, r4, #1
    bne     1b
    mov     r3, #0
    .irp    n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
    vmov    r1, r2, d\n
    add     r3, r3, r1
    eor     r3, r2, r3, ror #5
    .endr
    .irp    n, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    vmov    r1, r2, d\n
    add     r3, r3, r1
    eor     r3, r2, r3, ror #5
    .endr
    mov     r0, r3
    pop     {r4, pc}

    .globl user_vfp_add
user_vfp_add:
    mov     r1, #3
    vmov    s0, r1
    vcvt.f32.s32 s0, s0
    vadd.f32 s0, s0, s0
    vcvt.s32.f32 s0, s0
    vmov    r0, s0
    bx      lr

/* CPS and MSR of what User mode may not change; returns what MRS shows, execution bits aside. */
    .globl user_cps, user_msr_c, user_msr_f, user_mrs
user_cps:
    cpsid   aif
    cpsie   aif
    cps     #0x13
    cpsid   if, #0x1f
    mrs     r0, cpsr
    bx      lr
user_msr_c:
    mov     r1, #0xd3
    msr     cpsr_c, r1
    msr     cpsr_c, #0x1f
    mrs     r0, cpsr
    bx      lr
user_msr_f:
    ldr     r1, =0xf80f01d3
    msr     cpsr_fsxc, r1
    mrs     r0, cpsr
    bx      lr
    .ltorg
user_mrs:
    mrs     r0, cpsr
    bx      lr

    .globl user_udf, user_bkpt, user_barriers, user_svc_args, user_tpidrs, user_push, user_urw
user_udf:
    udf     #1
    bx      lr
user_bkpt:
    bkpt    #1
    bx      lr
user_barriers:
    mov     r0, #0
    mcr     p15, 0, r0, c7, c5, 4
    mcr     p15, 0, r0, c7, c10, 4
    mcr     p15, 0, r0, c7, c10, 5
    dsb
    dmb
    isb
    nop
    yield
    pld     [sp]
    mov     r0, #1
    bx      lr
user_svc_args:
    mov     r7, #7
    mov     r1, #1
    mov     r2, #2
    mov     r3, #3
    svc     #0x43
    bx      lr
/* r0 = TPIDRURW + 2 * TPIDRURO, then TPIDRURW is incremented. */
user_tpidrs:
    mrc     p15, 0, r1, c13, c0, 2
    mrc     p15, 0, r2, c13, c0, 3
    add     r0, r1, r2, lsl #1
    add     r1, r1, #1
    mcr     p15, 0, r1, c13, c0, 2
    bx      lr
/* In a page that is not there: r0 = the stack to use. */
user_push:
    mov     r12, sp
    mov     sp, r0
    mov     r1, #1
    mov     r2, #2
    push    {r1, r2}
    strd    r2, r3, [sp, #-16]!
    ldm     sp, {r2, r3}
    pop     {r0, r1}
    pop     {r0, r1}
    pop     {r0, r1}
    mov     sp, r12
    add     r0, r0, r1, lsl #4
    add     r0, r0, r2, lsl #8
    bx      lr

/* uint32_t(n): writes its word and gives the processor away n times; returns wrong words seen. */
    .globl user_process
user_process:
    push    {r4-r8, lr}
    ldr     r4, =0x90000000
    mov     r5, r0
    mov     r6, #0
    ldr     r7, [r4, #4]        @ who I am
1:  str     r5, [r4]
    add     r8, r5, r7
    svc     #0x44
    ldr     r1, [r4]
    cmp     r1, r5
    addne   r6, r6, #1
    ldr     r1, [r4, #4]
    add     r1, r1, r5
    cmp     r1, r8
    addne   r6, r6, #1
    subs    r5, r5, #1
    bne     1b
    mov     r0, r6
    pop     {r4-r8, pc}
    .ltorg

    .thumb
    .thumb_func
    .globl user_thumb
user_thumb:
    push    {r4, lr}
    movs    r4, #0
1:  svc     #0x42
    adds    r4, #1
    subs    r0, #1
    cmp     r4, #10
    blt     1b
    it      eq
    moveq   r0, #77
    pop     {r4, pc}
    .arm
    .balign 4

/* Privileged operations that are UNDEFINED in User mode: {routine, name}. */
    .macro undef name, insn
    .section .text.user, "ax"
8:  \insn
    bx      lr
    .section .rodata.names, "a"
9:  .asciz  "\name"
    .section .rodata.undef, "a"
    .word   8b, 9b
    .endm
    .arch_extension virt
    .section .rodata.undef, "a"
    .balign 4
    .globl undef_table
undef_table:
    undef "read MIDR", "mrc p15, 0, r0, c0, c0, 0"
    undef "read SCTLR", "mrc p15, 0, r0, c1, c0, 0"
    undef "write SCTLR", "mcr p15, 0, r0, c1, c0, 0"
    undef "read CPACR", "mrc p15, 0, r0, c1, c0, 2"
    undef "read TTBR0", "mrc p15, 0, r0, c2, c0, 0"
    undef "write TTBR0", "mcr p15, 0, r0, c2, c0, 0"
    undef "write DACR", "mcr p15, 0, r0, c3, c0, 0"
    undef "read DFSR", "mrc p15, 0, r0, c5, c0, 0"
    undef "read DFAR", "mrc p15, 0, r0, c6, c0, 0"
    undef "ICIALLU", "mcr p15, 0, r0, c7, c5, 0"
    undef "DCCMVAC", "mcr p15, 0, r0, c7, c10, 1"
    undef "ATS1CPR", "mcr p15, 0, r0, c7, c8, 0"
    undef "TLBIALL", "mcr p15, 0, r0, c8, c7, 0"
    undef "TLBIMVA", "mcr p15, 0, r0, c8, c7, 1"
    undef "read VBAR", "mrc p15, 0, r0, c12, c0, 0"
    undef "write VBAR", "mcr p15, 0, r0, c12, c0, 0"
    undef "read CONTEXTIDR", "mrc p15, 0, r0, c13, c0, 1"
    undef "write TPIDRURO", "mcr p15, 0, r0, c13, c0, 3"
    undef "read TPIDRPRW", "mrc p15, 0, r0, c13, c0, 4"
    undef "HVC", "hvc #0"
    undef "UDF", "udf #3"
    .section .rodata.undef, "a"
    .word   0, 0

/* The word at r0. */
    .section .text.user, "ax"
    .globl user_peek
user_peek:
    ldr     r0, [r0]
    bx      lr

/* void space_by_ldm(uint32_t ttbr0, uint32_t asid): another space, then all registers by an exception return to the
 * mode that this is, and nothing that is not global touched between. */
    .text
    .globl space_by_ldm
space_by_ldm:
    mrs     r2, cpsr
    msr     spsr_cxsf, r2
    adr     r3, 1f
    sub     sp, sp, #64
    str     r3, [sp, #60]
    str     lr, [sp, #56]
    add     r3, sp, #64
    str     r3, [sp, #52]
    stmia   sp, {r0-r12}
    mcr     p15, 0, r0, c2, c0, 0
    isb
    mcr     p15, 0, r1, c13, c0, 1
    isb
    ldmia   sp, {r0-pc}^
1:  bx      lr

/* uint32_t space_vfp_read(uint32_t ttbr0, uint32_t asid, const uint32_t *va): another space, VFP that was in use disabled
 * before anything there is touched, and a word of it. */
    .fpu    vfpv3
    .globl space_vfp_read
space_vfp_read:
    mov     r3, #0x40000000
    vmsr    fpexc, r3
    vmov    s0, r0
    mcr     p15, 0, r0, c2, c0, 0
    isb
    mcr     p15, 0, r1, c13, c0, 1
    isb
    mov     r3, #0
    vmsr    fpexc, r3
    ldr     r0, [r2]
    bx      lr
