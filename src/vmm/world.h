#pragma once
/* Into the guest and back: what the hardware is given, and what of it comes back. */
#include <stdbool.h>
#include <stdint.h>
#include "arch/armv7/guest.h"
#include "core/vcpu.h"
#include "vmm/vmm.h"

struct world_exit {
    enum guest_exit why;
    bool kernel;        /* of guest kernel; otherwise of guest user */
    uint32_t hw_pc;     /* kernel: where in translated code */
    uint32_t word;      /* kernel, SVC of A32: what stands there; its mapping may be gone by now */
};

/*
 * Runs the vcpu until something happens that is C's.  User exits: the vcpu is precise.  Kernel exits:
 * r[15] is hw_pc, r[0..14] are those of translated code (xlate_unwind makes them the guest's), and banked registers and
 * what else lives in the state page stay there until world_sync().
 */
void world_run(struct vcpu *vcpu, struct world_exit *exit);
/* Makes the whole vcpu precise; before anything but r[0..15], the flags, and CP15's c2, c7, c8, CONTEXTIDR and timers
 * is looked at or changed. */
void world_sync(struct vcpu *vcpu);

/* For light exits (light.c), while the hardware is as the guest left it: */
/* DACR and FPEXC, which a guest kernel writes in the state page. */
void world_sync_shared(struct vcpu *vcpu);
/* TLBIMVAs that were queued. */
void world_complete_tlbi(void);
/* Views, waiting interrupts and entry points as they are now; the guest goes on in the view it was in. */
void world_reload(struct vcpu *vcpu, bool kernel);
/* Do entries of the shadows depend on DACR, so that its writes must be seen? */
static inline bool world_dacr_is_shadows(void) { return vmm.shadow.manager_domains || vmm.shadow.domain15_used; }
/* Has a fill made them so?  Then only world_run() may enter. */
static inline bool world_dacr_late(void) { return !guest_fast.dacr_block && world_dacr_is_shadows(); }
/* The guest kernel writes TTBR0 or CONTEXTIDR, 'reg' of the vcpu: true when that is all, for now. */
bool world_write_space(struct vcpu *vcpu, uint32_t *reg, uint32_t value);
bool world_enter_noted_space(struct vcpu *vcpu);
/* Makes the space that was written so the current one, before anything depends on it.  False: it is. */
static inline bool world_enter_space(struct vcpu *vcpu) { return guest_fast.between && world_enter_noted_space(vcpu); }
/* Guest user takes an abort (fault registers are the caller's) or an interrupt; false: only world_run() can do it. */
bool world_user_exception(struct vcpu *vcpu, enum vcpu_exception exc, uint32_t lr);
/* The guest kernel, at an instruction boundary, takes an abort; may it?  Not from every mode. */
bool world_kernel_aborts(void);
void world_kernel_abort(struct vcpu *vcpu, enum vcpu_exception exc, uint32_t lr);
/* May the guest kernel return to this CPSR, of another privileged mode, without more than world_return()?  That
 * swaps banks and sets the vcpu's cpsr, the hardware's. */
bool world_may_return(uint32_t psr);
void world_return(struct vcpu *vcpu, uint32_t psr);
/* What translated code exited by; 0: not by an A32 SVC.  Read while the view is the one that the guest was in. */
extern uint32_t world_word;
/* Light exits since world_count(), by reason. */
extern uint32_t world_light[];

/* Adds up what the short paths did; the counters are behind by that otherwise. */
void world_count(void);
/* Would the guest's FPEXC and CPACR let a VFP instruction execute? */
bool world_vfp_usable(const struct vcpu *vcpu);
/* Gives the guest VFP in hardware, or takes it away, which it may be at any time: it is given when used. */
void world_switch_vfp(bool on);
/* The guest kernel, which has DACR writes of its own, restricts itself to this; no dacr_block. */
void world_tighten_dacr(uint32_t dacr);
