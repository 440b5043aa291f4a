#pragma once
/* Running the guest on the processor: the world switch, what it loads, and its short paths. */
#include <stdbool.h>
#include <stdint.h>
#include "arch/armv7/mmu.h"
#include "arch/state.h"
#include "core/vcpu.h"

/* Why the guest stopped; the hardware exception, or DONE: guest_light_fn has dealt with it. */
enum guest_exit {
    GUEST_EXIT_UND = 1, GUEST_EXIT_SVC, GUEST_EXIT_PABT, GUEST_EXIT_DABT, GUEST_EXIT_IRQ, GUEST_EXIT_DONE,
};

/*
 * Called by the vectors for aborts and for SVCs of translated code, before anything of the guest but r[] and cpsr
 * (the hardware's, r[15] as the exception left LR) has been saved; host interrupts are masked.
 * Returns 0: go on at r[15], exactly; 'why' as it came: nothing was done, leave guest_enter();
 * or EXIT_DONE (frame.h) with EXIT_KERNEL: leave, r[15] is where the guest goes on.
 */
typedef unsigned (*guest_light_fn)(struct vcpu *vcpu, unsigned why);
extern guest_light_fn guest_light[]; /* by reason (frame.h), for those that the vectors ask for */

struct guest_view { uint32_t ttbr0, contextidr; };

/*
 * What the short paths of the vectors (fastpath.S) work with: private to the VMM.  C writes it before it enters
 * the guest; the vectors keep it when the guest goes from user to kernel and back without C.
 */
struct guest_fast {
    /* user_svc loads these together */
    uint32_t svc_entry;       /* hardware address of the guest's SVC vector; 0: SVC exits to C */
    uint32_t *state;          /* STATE_BASE of the state page */
    uint32_t masks;           /* guest user: A, I, F */
    uint32_t svc_ctl[4];      /* ctl, ctl_on, ctl_off, msr_key of the state page after an SVC */
    uint32_t svc_keep;        /* bits of the hardware's SPSR that stay: flags, GE, the mode */
    struct guest_view kernel;
    uint32_t vectors_kernel, window; /* a TTBR0 value, see guest_forget_boot() */
    /* and eret these */
    uint32_t *state_too;
    uint32_t queue_empty;     /* tlbi_next of the state page, when nothing waits */
    uint32_t psr_check;       /* bits of an SPSR that must be as expected: all but flags, GE and T, */
    uint32_t user_psr;        /* User mode with 'masks'; ~0 while exception returns exit to C */
    uint32_t ctl;             /* guest kernel: mode, A, I as last entered, F */
    uint32_t bank;            /* guest kernel: 4 * enum vcpu_bank of the mode */
    struct guest_view user;
    uint32_t vectors_user, window_too;
    uint32_t dacr_keep;       /* bits of the guest's DACR that the hardware's may have */

    uint32_t eret_block;      /* ERET_BLOCKED: exception returns exit to C; ERET_WAITS: those that unmask interrupts */
    uint32_t eret;            /* taken since C last counted, as others below */
    uint32_t tpidrprw;
    uint32_t between;         /* not 0: writes of TTBR0 and CONTEXTIDR need only be noted (vmm/world.c) */
    uint32_t space;           /* such writes */

    /* dacr loads these together */
    uint32_t dacr_block;      /* not 0: DACR faults and writes exit to C */
    uint32_t keep;            /* dacr_keep */
    uint32_t dacr;            /* writes that took access away */
    uint32_t entry_dacr;      /* what a guest kernel that was entered by an exception restricts itself to; domain 15
                               * is Client */
    uint32_t svc;             /* taken */
    uint32_t *state_dacr;     /* state */

    /* kernel_dabt these */
    const uint32_t *dacr_at;  /* where the guest's DACR is; of hw_dacr while dacr_block is set */
    uint32_t keep_too;        /* dacr_keep */
    uint32_t dacr_fault;      /* taken */
    uint32_t *state_dabt;     /* state */

    /* counter these (vmm/clock.c) */
    uint32_t counter;         /* reads */
    uint32_t counter_low;     /* the host's counter, counting up, when */
    uint32_t counter_time[2]; /* this was the guest's; low word first */
    uint32_t counter_scale;   /* guest ticks for each of the host's */
    const volatile uint32_t *counter_reg; /* the host's 32-bit down counter; NULL: counter reads exit to C */

    uint32_t hw_dacr;         /* as C had it last, which is the hardware's while dacr_block is set */
};
#define ERET_BLOCKED 1u
#define ERET_WAITS 2u
extern struct guest_fast guest_fast;

/* Installs the vectors; 'vcpu' is the one that guest_enter runs, with this state page. */
void guest_init(struct vcpu *vcpu, struct state_page *state);

/*
 * Runs the vcpu in hardware User mode until an exception that is C's, in the kernel view when
 * *kernel, which tells the same of the exit.  r[15] and cpsr are the hardware's here: on entry where to run,
 * on return the address of the instruction concerned (IRQ: the next one) and the SPSR.
 */
enum guest_exit guest_enter(struct vcpu *vcpu, bool *kernel);

/* For a guest_light_fn that goes on in the other view. */
void guest_set_vectors(bool kernel);

/* Boot's tables are not walked any more, nor held in the TLB: from here on the hardware has a view, or the first-level
 * table at window_l1_pa, of which every entry is global and of every view.  Comes before guest_load_view(). */
void guest_forget_boot(uint32_t window_l1_pa);

/* Loads translation; the tables may just have been written. */
void guest_load_view(const struct guest_view *view);
/* Forgets what the host TLB holds of an ASID. */
void guest_flush_view(const struct guest_view *view);
static inline struct guest_view guest_view_of(uint32_t l1_pa, unsigned asid)
{
    return (struct guest_view){ l1_pa | HOST_TTBR_FLAGS, asid };
}
void guest_load_dacr(uint32_t dacr);
/* The hardware's DACR without domain 15, which is the VMM's. */
uint32_t guest_dacr(void);
/* SCTLR.A as the guest has it; umbra itself makes no unaligned access. */
void guest_load_alignment(bool check);
/* FPEXC.EN as the hardware shall have it, and has it. */
void guest_load_vfp(bool enabled);
bool guest_vfp_enabled(void);
/* FPSID (0), MVFR1 (6), MVFR0 (7) of the host. */
uint32_t guest_vfp_id(unsigned reg);
