/*
 * Short paths: what a kernel does on every system call, without C.  Each takes only
 * the plain case; for anything else it puts the registers back as the exception left them and goes to the
 * slow vector of entry.S, where C does the same by the book.  DESIGN.md counts the instructions.
 *
 *   user_svc      SVC from guest user: exception entry into the guest kernel (B1.9.10)
 *   kernel_svc    exits of translated code: MOVS pc, lr (B9.3.20), MCR DACR, counter reads, MCR TTBR0 and CONTEXTIDR
 *   kernel_dabt   an abort while the hardware's DACR gives less than the guest's
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
#define PSR_A 0x100
#define PSR_I 0x80
#define PSR_T 0x20
#define MODE_USR 0x10
#define DOMAIN_VMM_CLIENT 0x40000000

    .text

    @ Loads the translation of a view: by the table that has nothing but the window, which is global, so that no
    @ walk joins one table with the other's ASID (B3.10.4).
    @ DACR goes with it: whether it must change takes as many instructions to find out, and emulators forget their TLB at
    @ either write.
    @ No table was written since the last DSB.  The last write, and those of VBAR and DACR, are synchronized by the
    @ exception return that follows (B3.15.5); until then only the window is accessed, which is the same in all.
    .macro load_view ttbr, asid, window, dacr
    mcr     p15, 0, \window, c2, c0, 0
    isb
    mcr     p15, 0, \dacr, c3, c0, 0
    dsb                             @ Cortex-A9 erratum 754322: or a walk under way ends in the new ASID
    mcr     p15, 0, \asid, c13, c0, 1
    isb
    mcr     p15, 0, \ttbr, c2, c0, 0
    .endm

    .macro count field, tmp
    ldr     \tmp, [r2, #\field]
    add     \tmp, \tmp, #1
    str     \tmp, [r2, #\field]
    .endm

    @ In the hardware's DACR Manager becomes Client, and domain 15 is the VMM's: \hw.  The state page has it without.
    .macro load_dacr hw, without, state
    mcr     p15, 0, \hw, c3, c0, 0
    str     \without, [\state, #STATE_HW_DACR]
    .endm

    .balign 32
    .global user_svc
user_svc:
    stmia   sp, {r0-r12}
    ldr     r2, =guest_fast
    @ svc_entry, state, masks, svc_ctl, svc_keep, kernel, vectors_kernel, window
    ldmia   r2, {r0, r1, r3-r12}
    cmp     r0, #0
    beq     user_svc_back
    @ the guest's CPSR: Supervisor, I masked, A and F as they were
    stmia   r1, {r4-r7}
    mov     r5, #BANK_OFFSET_SVC
    strd    r4, r5, [r2, #FAST_CTL]
    str     lr, [sp, #VCPU_BANK + 2 * BANK_OFFSET_SVC + 4]
    mrs     r4, spsr
    bic     r5, r4, #PSR_AIF        @ the host's own: where SCR forbids it, A and F stay set
    orr     r5, r5, r3
    str     r5, [r1, #STATE_SPSR]
    @ the hardware's: the flags; T, J, IT and E cleared
    and     r4, r4, r8
    msr     spsr_cxsf, r4
    @ thread registers: hardware TPIDRURW holds the guest's TPIDRURO, TPIDRURO its TPIDRPRW
    mrc     p15, 0, r4, c13, c0, 2
    str     r4, [r1, #STATE_TPIDRURW]
    mrc     p15, 0, r4, c13, c0, 3
    mcr     p15, 0, r4, c13, c0, 2
    ldr     r4, [r2, #FAST_TPIDRPRW]
    mcr     p15, 0, r4, c13, c0, 3
    @ SP and LR: User mode's to the state page, Supervisor mode's in
    stmdb   r1, {r13, r14}^
    add     r4, sp, #(VCPU_BANK + 2 * BANK_OFFSET_SVC)
    ldmia   r4, {r13, r14}^
    @ (no banked register right after LDM^, B9.3.6)
    @ access as the guest kernel restricted itself last time: more than that faults
    ldrd    r4, r5, [r2, #FAST_ENTRY_DACR]
    mrc     p15, 0, r6, c3, c0, 0
    add     r5, r5, #1              @ svc
    and     r4, r4, r6
    str     r5, [r2, #FAST_ENTRY_DACR + 4]
    bic     r6, r4, #DOMAIN_VMM_CLIENT
    str     r6, [r1, #STATE_HW_DACR]
    mcr     p15, 0, r11, c12, c0, 0
    load_view r9, r10, r12, r4
    mov     lr, r0
    ldmia   sp, {r0-r12}
    movs    pc, lr

user_svc_back:
    ldmia   sp, {r0-r12}
    b       user_svc_slow

    .balign 32
    .global kernel_svc
kernel_svc:
    stmia   sp, {r0-r14}^
    mrs     r3, spsr
    tst     r3, #PSR_T
    bne     kernel_svc_back
    sub     lr, lr, #4
    ldrt    r0, [lr], #4            @ in a translation: the VMM wrote it; as User mode: sysreg.h, load_unprivileged()
    lsls    r1, r0, #9              @ C, N = bits 23, 22
    bcc     not_short
    bmi     eret

    @ MCR DACR that takes access away: the hardware follows; the stub stores the value
dacr:
    ldr     r2, =guest_fast + FAST_DACR_BLOCK
    @ dacr_block, dacr_keep, dacr, entry_dacr, svc, state
    ldmia   r2, {r1, r3-r7}
    ubfx    r6, r0, #XLATE_SVC_REG, #4
    cmp     r1, #0
    ldr     r5, [sp, r6, lsl #2]
    bne     kernel_svc_back
    and     r1, r5, r3
    orr     r5, r1, #DOMAIN_VMM_CLIENT
    add     r4, r4, #1
    load_dacr r5, r1, r7
    strd    r4, r5, [r2, #8]
    ldmia   sp, {r0-r7}
    movs    pc, lr

    @ Of the others with bit 22 set, one is the MRRC of CNTPCT or CNTVCT (XLATE_SVC_COUNTER); no MCR of TTBR0 or
    @ CONTEXTIDR looks like it in bits 21:14.
not_short:
    bpl     kernel_svc_back
    ubfx    r3, r0, #14, #8
    bic     r3, r3, #0x10
    cmp     r3, #0x0e
    beq     counter
    tst     r0, #1
    bne     space
kernel_svc_back:
    ldmia   sp, {r0-r12}
    b       kernel_svc_slow

    @ MCR TTBR0 or CONTEXTIDR, when the hardware has neither the old space nor the new.  r0 = word
space:
    ldr     r2, =guest_fast
    ldr     r1, [r2, #FAST_BETWEEN]
    ubfx    r3, r0, #6, #4          @ Rt
    cmp     r1, #0
    beq     kernel_svc_back
    ldr     r1, [r2, #FAST_STATE]
    ldr     r3, [sp, r3, lsl #2]
    tst     r0, #XLATE_SVC_CONTEXTIDR
    streq   r3, [sp, #VCPU_TTBR0]
    streq   r3, [r1, #STATE_TTBR0]
    strne   r3, [sp, #VCPU_CONTEXTIDR]
    strne   r3, [r1, #STATE_CONTEXTIDR]
    count   FAST_SPACE, r1
    ldmia   sp, {r0-r4}
    movs    pc, lr

    @ MRRC of CNTPCT or CNTVCT: what the guest read last, or C for it, and what the host's counter has gone since, which
    @ never is a wrap (clock.c).  r0 = word
counter:
    ldr     r2, =guest_fast + FAST_COUNTER
    @ counter, its low word, the guest's time (64 bits), scale, register
    ldmia   r2, {r1, r3-r7}
    cmp     r7, #0
    beq     kernel_svc_back
    ldr     r7, [r7]
    add     r1, r1, #1
    mvn     r7, r7                  @ it counts down
    sub     r3, r7, r3
    umlal   r4, r5, r3, r6
    mov     r3, r7
    stmia   r2, {r1, r3-r5}
    ubfx    r6, r0, #6, #4          @ Rt and Rt2, never the PC (xlate_exit)
    ubfx    r7, r0, #10, #4
    str     r4, [sp, r6, lsl #2]
    str     r5, [sp, r7, lsl #2]
    ldmia   sp, {r0-r14}^
    nop                             @ no banked register right after LDM^ (B9.3.6)
    movs    pc, lr

    @ MOVS pc, lr
eret:
    ldr     r2, =guest_fast + FAST_STATE_TOO
    @ state, queue_empty, psr_check, user_psr, ctl, bank, user, vectors_user, window, dacr_keep
    ldmia   r2, {r0, r3-r12}
    ldr     r1, [r0, #STATE_TLBI_NEXT]
    cmp     r1, r3                  @ TLB operations wait: a DSB in User mode would have to complete them
    ldr     r1, [r0, #STATE_SPSR]   @ the guest's new CPSR
    and     r3, r1, r4              @ all but flags and T: J, the reserved bits, ITSTATE, E are for C
    cmpeq   r3, r5
    bne     eret_kernel             @ not User mode, masked as it was last

    @ the mode's SP, LR and SPSR go to their bank
    add     r3, sp, r7, lsl #1
    ldrd    r4, r5, [sp, #VCPU_R13]
    add     r7, r7, sp
    strd    r4, r5, [r3, #VCPU_BANK]
    str     r1, [r7, #VCPU_BANK_SPSR]
    mov     lr, r5
    bic     r1, r1, #PSR_AIF
    msr     spsr_cxsf, r1
    ldmdb   r0, {r13, r14}^
    ldr     r3, [r0, #STATE_DACR]   @ (no banked register right after LDM^)
    mrc     p15, 0, r1, c13, c0, 2
    mcr     p15, 0, r1, c13, c0, 3
    ldr     r1, [r0, #STATE_TPIDRURW]
    mcr     p15, 0, r1, c13, c0, 2
    and     r3, r3, r12
    str     r3, [r0, #STATE_HW_DACR]
    orr     r3, r3, #DOMAIN_VMM_CLIENT
    count   FAST_ERET - FAST_STATE_TOO, r1
    mcr     p15, 0, r10, c12, c0, 0
    load_view r8, r9, r11, r3
    ldmia   sp, {r0-r12}
    movs    pc, lr

    @ To another mode with a bank of its own: IRQ, Supervisor, Abort, Undefined.
    @ r0 = state page, r1 = new CPSR, r2 = guest_fast + FAST_STATE_TOO, r3 = its bits that must be plain, r6 = ctl, r7 = 4 * bank
eret_kernel:
    ldr     r10, [r2, #FAST_ERET_BLOCK - FAST_STATE_TOO]
    mov     r9, r7
    tst     r10, #1
    bne     kernel_svc_back
    bic     r4, r10, r3, lsr #6     @ an interrupt waits, and I (bit 7) is not set
    cmp     r4, #0
    bne     kernel_svc_back
    tst     r3, #0x10               @ no mode of this processor without it: the table has 16 rows
    beq     kernel_svc_back
    eor     r4, r6, r3
    bic     r4, r4, #(PSR_MODE | PSR_I)
    bic     r4, r4, #PSR_A          @ nothing waits for A: there are no asynchronous aborts
    tst     r1, #PSR_T
    cmpeq   r4, #0                  @ F stays: what waits for it is C's to know
    and     r4, r3, #0xf
    adr     r5, bank_of_mode
    bne     kernel_svc_back
    ldrb    r5, [r5, r4]
    cmp     r5, #0
    beq     kernel_svc_back
    add     r7, r9, sp
    add     r4, sp, r9, lsl #1
    add     r6, sp, r5, lsl #1
    str     r5, [r2, #FAST_BANK - FAST_STATE_TOO]
    add     r5, r5, sp
    ldrd    r8, r9, [sp, #VCPU_R13]
    str     r1, [r7, #VCPU_BANK_SPSR]
    strd    r8, r9, [r4, #VCPU_BANK]
    bic     lr, r9, #3              @ where to, in the guest's terms
    ldr     r4, [r5, #VCPU_BANK_SPSR]
    add     r6, r6, #VCPU_BANK
    str     r4, [r0, #STATE_SPSR]
    ldmia   r6, {r13, r14}^
    ldr     r6, =0xf80f0000         @ (no banked register right after LDM^)
    and     r6, r6, r1
    orr     r6, r6, #MODE_USR
    msr     spsr_cxsf, r6
    bic     r5, r3, #PSR_I
    orr     r6, r3, #PSR_I
    mov     r4, r3
    movw    r7, #STATE_MSR_KEY
    orr     r7, r7, r10, lsr #1     @ an interrupt waits
    orr     r7, r7, r3, lsl #25
    str     r3, [r2, #FAST_CTL - FAST_STATE_TOO]
    stmia   r0, {r4-r7}
    count   FAST_ERET - FAST_STATE_TOO, r1
    add     lr, lr, #XLATE_D
    ldmia   sp, {r0-r12}
    movs    pc, lr

    @ 4 * enum vcpu_bank by mode bits 3:0; 0 where C does it
bank_of_mode:
    .byte   0, 0, 16, 4, 0, 0, 0, 8, 0, 0, 0, 12, 0, 0, 0, 0

    @ Less access than the guest's DACR gives: give it, and try again.  It may not have been for want of
    @ access; then it aborts once more.
    .balign 32
    .global kernel_dabt
kernel_dabt:
    stmia   sp, {r0-r6}
    ldr     r2, =guest_fast + FAST_DACR_AT
    @ dacr_at, dacr_keep, dacr_fault, state
    ldmia   r2, {r0, r1, r3, r4}
    mrc     p15, 0, r5, c3, c0, 0
    ldr     r6, [r0]                @ the guest's, or the hardware's own where this is not for here
    and     r6, r6, r1
    orr     r0, r6, #DOMAIN_VMM_CLIENT
    cmp     r0, r5
    beq     kernel_dabt_back
    add     r3, r3, #1
    load_dacr r0, r6, r4
    str     r3, [r2, #8]
    ldmia   sp, {r0-r6}
    subs    pc, lr, #8

kernel_dabt_back:
    ldmia   sp, {r0-r6}
    b       kernel_dabt_slow
