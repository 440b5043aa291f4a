#pragma once
/* Running the guest on the processor: the world switch and what it loads. */
#include <stdbool.h>
#include <stdint.h>
#include "core/vcpu.h"

/* Why the guest stopped; the hardware exception. */
enum guest_exit { GUEST_EXIT_UND = 1, GUEST_EXIT_SVC, GUEST_EXIT_PABT, GUEST_EXIT_DABT, GUEST_EXIT_IRQ };

/* Installs the vectors; 'vcpu' is the one that guest_enter runs. */
void guest_init(struct vcpu *vcpu);

/*
 * Runs the vcpu in hardware User mode until the next exception.  r[15] and cpsr are
 * the hardware's here: on entry where to run, on return the address of the
 * instruction concerned (IRQ: the next one) and the SPSR.
 */
enum guest_exit guest_enter(struct vcpu *vcpu);

/* Loads translation: a first-level table, its ASID, and the DACR; 'flush': the TLB
 * may hold entries of this ASID that are gone. */
void guest_load_view(uint32_t l1_pa, unsigned asid, bool flush);
void guest_load_dacr(uint32_t dacr);
/* SCTLR.A as the guest has it; umbra itself makes no unaligned access. */
void guest_load_alignment(bool check);
/* FPEXC.EN as the hardware shall have it. */
void guest_load_vfp(bool enabled);
/* FPSID (0), MVFR1 (6), MVFR0 (7) of the host. */
uint32_t guest_vfp_id(unsigned reg);
