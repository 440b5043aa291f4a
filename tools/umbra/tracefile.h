#pragma once
/* Reading the files that docs/tracing.md describes. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define TRACE_NAMES_MAX 255

struct trace {
    const char *path;
    FILE *f;
    uint32_t tick_hz;
    unsigned reasons, outcomes;
    const char *reason[TRACE_NAMES_MAX + 1], *outcome[TRACE_NAMES_MAX + 1]; /* outcome[0] is "" */
    char vm_name[33];
    uint64_t ticks;   /* of the record read last */
    uint64_t exits;   /* read so far */
    bool ended;       /* the end mark was read */
};

struct trace_event {
    bool space;              /* the guest is in another space: pc is CONTEXTIDR, arg TTBR0 */
    uint64_t ticks;
    uint32_t duration;       /* ticks */
    uint32_t pc, arg;
    unsigned reason, outcome;
    uint8_t psr;
};

/* Dies with EXIT_FILE and the reason when it is no trace, or one that cannot be read. */
void trace_open(struct trace *t, const char *path);
/* False at the end, and where a truncated file ends: 'ended' tells.  Dies of a damaged record. */
bool trace_next(struct trace *t, struct trace_event *event);
/* "usr", "svc" ...; "?" for what is no mode. */
const char *trace_mode(uint8_t psr);

/* Writes the samples in 'raw' to 'csv', a line each under a line of names; the number of lines. */
unsigned long samples_to_csv(const char *raw, const char *csv);
