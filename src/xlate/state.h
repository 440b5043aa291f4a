#pragma once
/*
 * The state page: the part of the virtual processor that translated code reads
 * and writes in hardware User mode.  The VMM takes nothing from it on trust:
 * of 'ctl' only the I bit comes back, and slots are scratch.
 *
 * It is mapped at VMM_STATE in kernel views and, again and again, between the
 * stub pages of every arena, so that any stub reaches any word PC-relative.
 */
#include <stdint.h>

struct state_page {
    uint32_t ctl;      /* virtual CPSR: mode, I, F, A, E; low byte is written by MSR stubs */
    uint32_t pend;     /* PSR_I (0x80) when an interrupt waits for unmasking, else 0 */
    uint32_t pend_ptr; /* VMM_STATE (readable), or VMM_STATE + 4 KiB (faults) when one waits */
    uint32_t slot[3];  /* U0, U1: spilled registers; T: branch target being made */
};

#define SLOT_U0 0
#define SLOT_U1 1
#define SLOT_T 2
