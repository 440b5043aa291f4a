#pragma once
/* Offsets in struct vcpu and struct guest_fast, for the vectors; guest.c asserts them. */
#define VCPU_R13 52
#define VCPU_R14 56
#define VCPU_PC 60
#define VCPU_PSR 64
#define VCPU_BANK 68 /* pairs: R13, R14 */
#define VCPU_BANK_SPSR 116
#define VCPU_TTBR0 192
#define VCPU_CONTEXTIDR 248
/* enum vcpu_bank */
#define BANK_OFFSET_SVC 4

#define FAST_SVC_ENTRY 0
#define FAST_STATE 4
#define FAST_KERNEL_VIEW 32
#define FAST_STATE_TOO 48
#define FAST_CTL 64
#define FAST_BANK 68
#define FAST_USER_VIEW 72
#define FAST_DACR_KEEP 88
#define FAST_ERET_BLOCK 92
#define FAST_ERET 96
#define FAST_TPIDRPRW 100
#define FAST_BETWEEN 104
#define FAST_SPACE 108
#define FAST_DACR_BLOCK 112
#define FAST_ENTRY_DACR 124
#define FAST_DACR_AT 136
#define FAST_COUNTER 152

/* Reasons that the vectors give guest_switch, with EXIT_KERNEL when the guest was in a kernel view. */
#define EXIT_UND 1
#define EXIT_SVC 2
#define EXIT_PABT 3
#define EXIT_DABT 4
#define EXIT_IRQ 5
#define EXIT_DONE 6 /* of guest_light only */
#define EXIT_KERNEL 0x10
#define EXIT_REASONS 0x20
