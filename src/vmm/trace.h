#pragma once
/*
 * Every exit, written to a file on the host (docs/tracing.md), and the counters at
 * an interval.  Both are off unless the boot arguments name a file.
 */
#include <stdbool.h>
#include <stdint.h>
#include "core/stats.h"
#include "core/vcpu.h"

#define TRACE_BUFFER (20u * 4096u) /* whole records */
extern bool trace_on;

void trace_start(void *buffer); /* of TRACE_BUFFER bytes; NULL: not asked for */
/* Writes what is left, and the end mark that tells a whole trace from a broken one. */
void trace_stop(void);

void trace_record_left(void);
void trace_record_exit(const struct vcpu *vcpu, enum exit_reason reason);
void trace_record_entry(void);

/* The guest has just left: the exit's time. */
static inline void trace_left(void)
{
    if (trace_on)
        trace_record_left();
}

/* The guest left for 'reason'; PC, mode and registers are as it left them. */
static inline void trace_exit(const struct vcpu *vcpu, enum exit_reason reason)
{
    if (trace_on)
        trace_record_exit(vcpu, reason);
}

/* Everything about the last exit is done: the guest is about to be entered. */
static inline void trace_entry(void)
{
    if (trace_on)
        trace_record_entry();
}

/* sample.c */
void sample_start(void);
void sample_stop(void);
/* Guest time of the next sample, UINT64_MAX when there is none; and takes it when it is due. */
uint64_t sample_deadline(void);
void sample_due(uint64_t now);
