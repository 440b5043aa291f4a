/*
 * The world switch, the assembly half: enter the guest in User mode, and one
 * vector for every way it comes back.  While the guest runs, the stack pointers
 * of SVC, UND, ABT and IRQ mode all point to its struct vcpu.
 */
    .syntax unified
    .arch armv7-a
    .arm

#define VCPU_PC 60
#define VCPU_PSR 64
#define MODE_SVC 0x13

    .text

    .global guest_vectors
    .balign 32
guest_vectors:
    b       vector_reset
    b       vector_und
    b       vector_svc
    b       vector_pabt
    b       vector_dabt
    nop
    b       vector_irq
    b       vector_fiq

    @ Saves the User registers, the return address and the SPSR, and returns from
    @ guest_switch with the exit reason.  An exception of umbra itself has
    @ another mode in the SPSR; the vcpu is lost then, but so are we.
    .macro guest_vector name, reason
\name:
    stmia   sp, {r0-r14}^
    str     lr, [sp, #VCPU_PC]
    mrs     r1, spsr
    str     r1, [sp, #VCPU_PSR]
    and     r2, r1, #0x1f
    cmp     r2, #0x10
    mov     r0, #\reason
    bne     umbra_fault
    b       guest_exit
    .endm

    guest_vector vector_und, 1
    guest_vector vector_svc, 2
    guest_vector vector_pabt, 3
    guest_vector vector_dabt, 4
    guest_vector vector_irq, 5

vector_reset:
    mov     r0, #0
    b       umbra_fault
vector_fiq:
    mrs     r1, spsr
    mov     r0, #6
umbra_fault:
    mov     r2, r1
    mov     r1, lr
    cps     #MODE_SVC
    ldr     sp, =vmm_stack_top
    bl      vmm_exception

guest_exit:
    cps     #MODE_SVC
    ldr     r2, =guest_vmm_sp
    ldr     sp, [r2]
    pop     {r4-r11, pc}

    @ enum guest_exit guest_switch(struct vcpu *vcpu)
    .global guest_switch
guest_switch:
    push    {r4-r11, lr}
    ldr     r2, =guest_vmm_sp
    str     sp, [r2]
    mov     sp, r0
    ldr     r1, [sp, #VCPU_PSR]
    ldr     lr, [sp, #VCPU_PC]
    msr     spsr_cxsf, r1
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
