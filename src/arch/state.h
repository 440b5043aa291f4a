#pragma once
/*
 * The state page: the part of the virtual processor that translated code reads
 * and writes in hardware User mode.  The VMM takes nothing from it on trust: of
 * 'ctl' only the I bit comes back, slots are scratch, and the registers below them
 * may hold any value, as registers may.
 *
 * It is mapped at VMM_STATE in kernel views and, again and again, between the
 * stub pages of every arena, so that any stub reaches any word PC-relative.
 *
 * While the guest is in a privileged mode this page is where the registers named
 * here live; in C, and while the guest is in User mode, they live in struct vcpu.
 */
/* Offsets from STATE_BASE, where the vectors point: they have User mode's SP and LR right before it. */
#define STATE_BASE 8
#define STATE_CTL 0
#define STATE_SPSR 32
#define STATE_DACR 36
#define STATE_HW_DACR 40
#define STATE_TPIDRURW 52
#define STATE_CONTEXTIDR 80
#define STATE_TLBI_NEXT 88
#define STATE_TTBR0 100

/* From the page's beginning */
#define STATE_QUEUE 256
#define STATE_QUEUE_PROBE (4096 - 4 - STATE_QUEUE)

/* Translated code exits by SVC words: the class of the decode table in bits 7:0, or one of these, for which the
 * vectors have short paths; bits 11:8 name the register concerned. */
#define XLATE_SVC_REG 8
#define XLATE_SVC_DACR 0x800080 /* MCR DACR that takes access away.  Only these two have bit 23, */
#define XLATE_SVC_ERET 0xc00081 /* MOVS pc, lr; and bit 22, with which the others may be for the vectors, too */
#define XLATE_SVC_DACR_TRY 0x83 /* MCR DACR that C shall look at (xlate/habit.c) */
#define XLATE_SVC_LAZY 0x82 /* not translated yet: xlate_make() */
/* MCR and MRC of CP15 with op1 = 0 are in the word itself: bits 5:0 all set, then Rt, op2, CRm, CRn, L */
#define XLATE_SVC_CP15 0x3f
#define XLATE_SVC_SPACE 0x400000 /* set in those that write TTBR0 or CONTEXTIDR, from another register than the PC */
#define XLATE_SVC_CONTEXTIDR 0x20000 /* of these, set in the latter alone: of CRn */
/* MCRR and MRRC of CP15: bits 5:0 are this, then Rt, Rt2, CRm, op1, L */
#define XLATE_SVC_CP15_64 0x3e
/* Of these, MRRC of c14 with op1 0 or 1: CNTPCT and CNTVCT, which are the same here */
#define XLATE_SVC_COUNTER 0x0043803e
#define XLATE_SVC_COUNTER_MASK 0x007bc03f

/* Of msr_key, rotated right by STATE_MSR_ROTATE: bits 12:1 are VMM_STATE's upper ones, bit 0 makes another half of
 * that MiB, bits 31:25 (ctl's 6:0) other pages of it; only the first page is mapped. */
#define STATE_MSR_ROTATE 13
#define STATE_MSR_KEY (VMM_STATE >> 19)

/* In tlbi_absent, when there is none: the window is never the guest's. */
#define STATE_NONE_ABSENT VMM_STATE

#ifndef __ASSEMBLER__
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The queue: an address past its end faults, which is how a full one exits.  A DSB loads from tlbi_next +
 * STATE_QUEUE_PROBE, the page's last word when the queue is empty and beyond the page otherwise.
 */
struct state_page {
    uint32_t usr_sp, usr_lr; /* User mode's, in modes that have their own */
    uint32_t ctl;      /* virtual CPSR: mode, I, F, A, E; low byte is written by MSR stubs */
    uint32_t ctl_on, ctl_off; /* low byte of ctl with I clear, with I set */
    uint32_t msr_key;  /* state_msr_key(): MSR stubs make VMM_STATE of it, or an address that faults */
    uint32_t pend_ptr; /* VMM_STATE (readable), or VMM_STATE + 4 KiB (faults) when an interrupt waits */
    uint32_t slot[3];  /* U0, U1: spilled registers; T: branch target being made */
    uint32_t spsr;     /* of the current mode */
    uint32_t dacr;     /* the guest's */
    uint32_t hw_dacr;  /* bits that are set in the hardware's DACR: losing one takes an exit */
    uint32_t usr_ptr;  /* VMM_STATE, or a place that faults where LDM/STM of user registers need the VMM */
    uint32_t vfp_ptr;  /* the same for FPEXC: faults when CPACR denies it */
    uint32_t tpidrurw;
    uint32_t fpexc;
    uint32_t hw_fpexc; /* as hw_dacr */
    uint32_t dfsr, ifsr, dfar, ifar, contextidr, sctlr; /* to be read; writes take an exit */
    uint32_t tlbi_next; /* where the next queued TLBIMVA goes, an address in VMM_STATE's page */
    /* Page number of which User mode may read, and write, bytes: LDRBT and STRBT there need no exit.  ~0: none. */
    uint32_t user_page[2];
    uint32_t ttbr0, ttbr1; /* to be read */
    uint32_t icache_clean; /* 1: no code was written since I-cache maintenance last looked; 0: it takes an exit */
    /* Argument of a TLBIMVA of which nothing is held, nor will be without C: the next one with it need not be
     * queued.  And that of the last one. */
    uint32_t tlbi_absent, tlbi_last;
    uint32_t unused[(STATE_QUEUE - 128) / 4];
    uint32_t tlbi[(4096 - STATE_QUEUE) / 4]; /* arguments of TLBIMVAs that wait for a DSB */
};


#define STATE_AT(member, offset) _Static_assert(offsetof(struct state_page, member) == (offset), "fastpath.S: " #member)
STATE_AT(usr_sp, STATE_BASE - 8);
STATE_AT(ctl, STATE_BASE + STATE_CTL);
STATE_AT(msr_key, STATE_BASE + STATE_CTL + 12);
STATE_AT(spsr, STATE_BASE + STATE_SPSR);
STATE_AT(dacr, STATE_BASE + STATE_DACR);
STATE_AT(hw_dacr, STATE_BASE + STATE_HW_DACR);
STATE_AT(tpidrurw, STATE_BASE + STATE_TPIDRURW);
STATE_AT(contextidr, STATE_BASE + STATE_CONTEXTIDR);
STATE_AT(tlbi_next, STATE_BASE + STATE_TLBI_NEXT);
STATE_AT(ttbr0, STATE_BASE + STATE_TTBR0);
STATE_AT(tlbi, STATE_QUEUE);
_Static_assert(sizeof(struct state_page) == 4096, "the state page");

/* Mode and masks of the guest kernel, and whether an interrupt waits. */
static inline uint32_t state_msr_key(uint32_t ctl, bool waits)
{
    return ctl << 25 | STATE_MSR_KEY | waits;
}

#define SLOT_U0 0
#define SLOT_U1 1
#define SLOT_T 2
#endif
