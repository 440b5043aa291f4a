/*
 * Short paths: what a kernel does on every system call, without C.  Each takes only
 * the plain case; for anything else it puts the registers back as the exception left them and goes to the
 * slow vector of entry.S, where C does the same by the book.  DESIGN.md counts the instructions.
 *
 *   user_svc      SVC from guest user: exception entry into the guest kernel (B1.9.10)
 *   kernel_svc    exits of translated code: MOVS pc, lr (B9.3.20) and MCR DACR
 *   kernel_dabt   a domain fault that the guest's own DACR does not justify
 *
 * sp is the struct vcpu.  The state page is hostile: what comes from it is used as a value of the guest, or
 * masked, or compared with what is allowed.  Interrupts stay masked throughout.
 */
#include "arch/armv7/frame.h"
#include "arch/armv7/layout.h"
#include "arch/state.h"

    .syntax unified
    .arch armv7-a
    .arm

#define PSR_MODE 0x1f
#define PSR_AIF 0x1c0
#define PSR_AF 0x140
#define PSR_I 0x80
#define PSR_T 0x20
#define MODE_USR 0x10
#define MODE_SVC 0x13
#define DOMAIN_VMM_CLIENT 0x40000000

    .text

    @ Loads the translation of a view: by the reserved ASID 0, of which the TLB holds
    @ nothing, so that no walk joins one table with the other's ASID (B3.10.4).
    @ No table was written since the last DSB.  r2 = guest_fast; takes r0, r1, r3
    .macro load_view view
    ldrd    r0, r1, [r2, #\view]
    mov     r3, #0
    mcr     p15, 0, r3, c13, c0, 1
    isb
    mcr     p15, 0, r0, c2, c0, 0
    isb
    mcr     p15, 0, r1, c13, c0, 1
    isb
    .endm

    .macro count field
    ldr     r1, [r2, #\field]
    add     r1, r1, #1
    str     r1, [r2, #\field]
    .endm

    @ The DACR in \d as the hardware may have it: Manager becomes Client, domain 15 is the VMM's.
    .macro host_dacr d
    ldr     r1, =0x15555555
    and     \d, \d, r1
    orr     \d, \d, #DOMAIN_VMM_CLIENT
    .endm

    @ \d, in host form, goes into hardware; r0 = state page, r2 = guest_fast
    .macro load_dacr d
    mcr     p15, 0, \d, c3, c0, 0
    isb
    str     \d, [r2, #FAST_HW_DACR]
    bic     r1, \d, #DOMAIN_VMM_CLIENT
    str     r1, [r0, #STATE_HW_DACR]
    .endm

    .balign 32
    .global user_svc
user_svc:
    stmia   sp, {r0-r3}
    ldr     r2, =guest_fast
    ldr     r3, [r2, #FAST_SVC_ENTRY]
    cmp     r3, #0
    beq     user_svc_back
    str     r3, [sp, #VCPU_PC]
    ldr     r0, [r2, #FAST_STATE]
    mrs     r3, spsr
    ldr     r1, [r2, #FAST_MASKS]
    bic     r3, r3, #PSR_AIF        @ the host's own: where SCR forbids it, A and F stay set
    orr     r1, r1, r3
    str     r1, [r0, #STATE_SPSR]
    @ the guest's CPSR: Supervisor, I masked, A and F as they were
    and     r1, r1, #PSR_AF
    orr     r1, r1, #MODE_SVC
    str     r1, [r0, #STATE_CTL_ON]
    orr     r1, r1, #PSR_I
    str     r1, [r0, #STATE_CTL_ON + 4]
    str     r1, [r0, #STATE_CTL]
    str     r1, [r2, #FAST_CTL]
    lsl     r1, r1, #25
    str     r1, [r0, #STATE_MSR_KEY]
    mov     r1, #BANK_OFFSET_SVC
    str     r1, [r2, #FAST_BANK]
    @ the hardware's: the flags; T, J, IT and E cleared
    ldr     r1, =0xf80f0010
    and     r3, r3, r1
    msr     spsr_cxsf, r3
    @ thread registers: hardware TPIDRURW holds the guest's TPIDRURO, TPIDRURO its TPIDRPRW
    mrc     p15, 0, r1, c13, c0, 2
    str     r1, [r0, #STATE_TPIDRURW]
    mrc     p15, 0, r1, c13, c0, 3
    mcr     p15, 0, r1, c13, c0, 2
    ldr     r1, [r2, #FAST_TPIDRPRW]
    mcr     p15, 0, r1, c13, c0, 3
    @ SP and LR: User mode's to the state page, Supervisor mode's in
    add     r1, r0, #STATE_USR_SP
    stmia   r1, {r13, r14}^
    ldr     r1, [sp, #VCPU_BANK_R13 + BANK_OFFSET_SVC]
    str     r1, [sp, #VCPU_R13]
    str     lr, [sp, #VCPU_R14]
    add     r1, sp, #VCPU_R13
    ldmia   r1, {r13, r14}^
    nop
    @ access as the guest kernel restricted itself last time: more than that faults
    ldr     r3, [r2, #FAST_ENTRY_DACR]
    ldr     r1, [r2, #FAST_HW_DACR]
    and     r3, r3, r1
    cmp     r3, r1
    beq     1f
    load_dacr r3
1:  count   FAST_SVC
    ldr     lr, =guest_vectors_kernel
    mcr     p15, 0, lr, c12, c0, 0
    ldr     lr, [sp, #VCPU_PC]
    load_view FAST_KERNEL_VIEW
    ldmia   sp, {r0-r3}
    movs    pc, lr

user_svc_back:
    ldmia   sp, {r0-r3}
    b       user_svc_slow

    .balign 32
    .global kernel_svc
kernel_svc:
    stmia   sp, {r0-r14}^
    mrs     r3, spsr
    tst     r3, #PSR_T
    bne     kernel_svc_back
    ldr     r0, [lr, #-4]           @ in a translation: the VMM wrote it
    ldr     r2, =guest_fast
    and     r1, r0, #0xff
    cmp     r1, #XLATE_SVC_ERET
    beq     eret
    cmp     r1, #XLATE_SVC_DACR
    bne     kernel_svc_back

    @ MCR DACR that takes access away: the hardware follows; the stub stores the value
    ldr     r1, [r2, #FAST_DACR_BLOCK]
    ubfx    r3, r0, #XLATE_SVC_REG, #4
    cmp     r1, #0
    ldr     r3, [sp, r3, lsl #2]
    bne     kernel_svc_back
    ldr     r0, [r2, #FAST_STATE]
    host_dacr r3
    load_dacr r3
    str     r3, [r2, #FAST_ENTRY_DACR]
    count   FAST_DACR
    ldmia   sp, {r0-r3}
    movs    pc, lr

kernel_svc_back:
    ldmia   sp, {r0-r3}
    b       kernel_svc_slow

    @ MOVS pc, lr.  r2 = guest_fast, r3 = hardware SPSR (flags only)
eret:
    ldr     r1, [r2, #FAST_ERET_BLOCK]
    ldr     r0, [r2, #FAST_STATE]
    cmp     r1, #0
    bne     kernel_svc_back
    ldr     r1, [r0, #STATE_TLBI_NEXT]
    movw    r3, #STATE_QUEUE
    movt    r3, #(VMM_STATE >> 16)
    cmp     r1, r3                  @ TLB operations wait: a DSB in User mode would have to complete them
    ldr     r1, [r0, #STATE_SPSR]   @ the guest's new CPSR
    bne     kernel_svc_back
    @ J, the reserved bits, ITSTATE, E: by the book
    tst     r1, #0x01f00000
    tsteq   r1, #0x06000000
    tsteq   r1, #0x0000fe00
    bne     kernel_svc_back
    str     lr, [sp, #VCPU_PC]      @ to go back to, should this not be plain
    and     r3, r1, #PSR_MODE
    cmp     r3, #MODE_USR
    bne     eret_kernel

    @ the mode's SP, LR and SPSR go to their bank
    ldr     r3, [r2, #FAST_BANK]
    add     r3, r3, sp
    str     r1, [r3, #VCPU_BANK_SPSR]
    ldr     lr, [sp, #VCPU_R13]
    str     lr, [r3, #VCPU_BANK_R13]
    ldr     lr, [sp, #VCPU_R14]
    str     lr, [r3, #VCPU_BANK_R14]
    and     r3, r1, #PSR_AIF
    str     r3, [r2, #FAST_MASKS]
    bic     r1, r1, #PSR_AIF
    msr     spsr_cxsf, r1
    add     r1, r0, #STATE_USR_SP
    ldmia   r1, {r13, r14}^
    nop
    mrc     p15, 0, r1, c13, c0, 2
    mcr     p15, 0, r1, c13, c0, 3
    ldr     r1, [r0, #STATE_TPIDRURW]
    mcr     p15, 0, r1, c13, c0, 2
    ldr     r3, [r0, #STATE_DACR]
    host_dacr r3
    ldr     r1, [r2, #FAST_HW_DACR]
    cmp     r3, r1
    beq     1f
    load_dacr r3
1:  count   FAST_ERET
    ldr     r1, =guest_vectors_user
    mcr     p15, 0, r1, c12, c0, 0
    load_view FAST_USER_VIEW
    ldmia   sp, {r0-r3}
    movs    pc, lr

    @ To another mode with a bank of its own: IRQ, Supervisor, Abort, Undefined.
    @ r0 = state page, r1 = new CPSR, r2 = guest_fast, r3 = its mode
eret_kernel:
    tst     r1, #PSR_T
    bne     kernel_svc_back
    tst     r1, #0x10               @ no mode of this processor without it: the table has 16 rows
    beq     kernel_svc_back
    ldr     lr, [r2, #FAST_CTL]
    eor     lr, lr, r1
    tst     lr, #PSR_AF             @ A and F stay: what waits for them is C's to know
    adr     lr, bank_of_mode
    and     r3, r3, #0xf
    ldrb    r3, [lr, r3]
    ldrne   lr, [sp, #VCPU_PC]
    bne     kernel_svc_back
    cmp     r3, #0
    ldreq   lr, [sp, #VCPU_PC]
    beq     kernel_svc_back
    ldr     lr, [r2, #FAST_BANK]
    str     r3, [r2, #FAST_BANK]
    add     r3, r3, sp
    add     lr, lr, sp
    str     r4, [r2, #FAST_SCRATCH]
    ldr     r4, [r0, #STATE_SPSR]
    str     r4, [lr, #VCPU_BANK_SPSR]
    ldr     r4, [sp, #VCPU_R13]
    str     r4, [lr, #VCPU_BANK_R13]
    ldr     r4, [sp, #VCPU_R14]
    str     r4, [lr, #VCPU_BANK_R14]
    bic     lr, r4, #3              @ where to, in the guest's terms
    ldr     r4, [r3, #VCPU_BANK_SPSR]
    str     r4, [r0, #STATE_SPSR]
    ldr     r4, [r3, #VCPU_BANK_R13]
    str     r4, [sp, #VCPU_R13]
    ldr     r4, [r3, #VCPU_BANK_R14]
    str     r4, [sp, #VCPU_R14]
    add     r3, sp, #VCPU_R13
    ldmia   r3, {r13, r14}^
    nop
    ldr     r4, [r2, #FAST_SCRATCH]
    ldr     r3, =0xf80f0000
    and     r3, r1, r3
    orr     r3, r3, #MODE_USR
    msr     spsr_cxsf, r3
    movw    r3, #(PSR_AIF | PSR_MODE)
    and     r1, r1, r3
    str     r1, [r2, #FAST_CTL]
    str     r1, [r0, #STATE_CTL]
    bic     r3, r1, #PSR_I
    str     r3, [r0, #STATE_CTL_ON]
    orr     r3, r1, #PSR_I
    str     r3, [r0, #STATE_CTL_ON + 4]
    lsl     r3, r1, #25
    str     r3, [r0, #STATE_MSR_KEY]
    count   FAST_ERET
    add     lr, lr, #XLATE_D
    ldmia   sp, {r0-r3}
    movs    pc, lr

    @ 4 * enum vcpu_bank by mode bits 3:0; 0 where C does it
bank_of_mode:
    .byte   0, 0, 16, 4, 0, 0, 0, 8, 0, 0, 0, 12, 0, 0, 0, 0

    @ Less access than the guest's DACR gives: give it, and try again
    .balign 32
    .global kernel_dabt
kernel_dabt:
    stmia   sp, {r0-r3}
    mrc     p15, 0, r0, c5, c0, 0
    movw    r1, #0x40d              @ FS bits 4, 3, 2, 0: domain faults are 0b01001 and 0b01011
    and     r0, r0, r1
    cmp     r0, #9
    bne     kernel_dabt_back
    ldr     r2, =guest_fast
    ldr     r1, [r2, #FAST_DACR_BLOCK]
    ldr     r0, [r2, #FAST_STATE]
    cmp     r1, #0
    ldr     r3, [r0, #STATE_DACR]
    bne     kernel_dabt_back
    host_dacr r3
    ldr     r1, [r2, #FAST_HW_DACR]
    cmp     r3, r1
    beq     kernel_dabt_back
    load_dacr r3
    count   FAST_DACR_FAULT
    ldmia   sp, {r0-r3}
    subs    pc, lr, #8

kernel_dabt_back:
    ldmia   sp, {r0-r3}
    b       kernel_dabt_slow
