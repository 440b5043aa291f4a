/*
 * The world switch, the assembly half: enter the guest in User mode, and one
 * vector for every way it comes back.  While the guest runs, the stack pointers
 * of SVC, UND, ABT and IRQ mode all point to its struct vcpu.  VBAR tells where it is:
 * guest_vectors_user while it runs in its user view, guest_vectors_kernel in its kernel view.
 */
#include "arch/armv7/frame.h"

    .syntax unified
    .arch armv7-a
    .arm

#define MODE_SVC 0x13

    .text

    .global guest_vectors_user, guest_vectors_kernel
    .balign 32
guest_vectors_user:
    b       vector_reset
    b       user_und
    b       user_svc
    b       user_pabt
    b       user_dabt
    nop
    b       user_irq
    b       vector_fiq
guest_vectors_kernel:
    b       vector_reset
    b       kernel_und
    b       kernel_svc
    b       kernel_pabt
    b       kernel_dabt
    nop
    b       kernel_irq
    b       vector_fiq

    @ Saves the User registers, the return address and the SPSR, and returns from
    @ guest_switch with the exit reason, or asks guest_light first.  An exception of umbra itself has
    @ another mode in the SPSR; the vcpu is lost then, but so are we.
    .macro guest_vector name, reason, leave=guest_exit
    .global \name
\name:
    stmia   sp, {r0-r14}^
    str     lr, [sp, #VCPU_PC]
    mrs     r1, spsr
    str     r1, [sp, #VCPU_PSR]
    and     r2, r1, #0x1f
    cmp     r2, #0x10
    mov     r0, #\reason
    bne     umbra_fault
    b       \leave
    .endm

    guest_vector user_und, EXIT_UND, guest_try
    guest_vector user_svc_slow, EXIT_SVC
    guest_vector user_pabt, EXIT_PABT, guest_try
    guest_vector user_dabt, EXIT_DABT, guest_try
    guest_vector user_irq, EXIT_IRQ, guest_try
    guest_vector kernel_und, EXIT_UND + EXIT_KERNEL, guest_try
    guest_vector kernel_svc_slow, EXIT_SVC + EXIT_KERNEL, guest_try
    guest_vector kernel_pabt, EXIT_PABT + EXIT_KERNEL
    guest_vector kernel_dabt_slow, EXIT_DABT + EXIT_KERNEL, guest_try
    guest_vector kernel_irq, EXIT_IRQ + EXIT_KERNEL

vector_reset:
    mov     r0, #0
    b       umbra_fault
vector_fiq:
    mrs     r1, spsr
    mov     r0, #6
umbra_fault:
    and     r0, r0, #~EXIT_KERNEL
    mov     r2, r1
    mov     r1, lr
    cps     #MODE_SVC
    ldr     sp, =vmm_stack_top
    bl      vmm_exception

    @ What may need no more than a call: C runs on the stack that guest_switch left, which is
    @ intact when it must return after all.  r0 = reason
guest_try:
    mov     r4, sp                  @ the vcpu
    mov     r1, r0
    cps     #MODE_SVC
    ldr     r2, =guest_vmm_sp
    ldr     r3, =guest_light
    ldr     sp, [r2]
    ldr     r3, [r3, r1, lsl #2]
    mov     r0, r4
    blx     r3
    cmp     r0, #0
    beq     guest_resume
    pop     {r3-r11, pc}

guest_exit:
    cps     #MODE_SVC
    ldr     r2, =guest_vmm_sp
    ldr     sp, [r2]
    pop     {r3-r11, pc}

    @ unsigned guest_switch(struct vcpu *vcpu)
    .global guest_switch
guest_switch:
    push    {r3-r11, lr}            @ r3: the stack stays aligned to 8 bytes
    ldr     r2, =guest_vmm_sp
    mov     r4, r0
    str     sp, [r2]
guest_resume:
    mov     sp, r4
    ldr     r1, [sp, #VCPU_PSR]
    msr     spsr_cxsf, r1
    ldr     lr, [sp, #VCPU_PC]
    @ The exclusive monitor is left alone: umbra has no exclusive accesses, the guest executes
    @ CLREX where A3.4.5 asks it to, and an exit between LDREX and STREX may come every time
    @ (a trapped branch, the end of a page).
    ldmia   sp, {r0-r14}^
    nop                             @ no banked register right after LDM^ (B9.3.6)
    movs    pc, lr

    @ void guest_set_frames(struct vcpu *vcpu)
    .global guest_set_frames
guest_set_frames:
    mrs     r1, cpsr
    cps     #0x1b
    mov     sp, r0
    cps     #0x17
    mov     sp, r0
    cps     #0x12
    mov     sp, r0
    msr     cpsr_c, r1
    bx      lr

    .bss
    .balign 4
guest_vmm_sp:
    .space  4
