#pragma once
/*
 * Counters and gauges of the VMM, for the guest to read: docs/counters.md is the
 * contract.  Nothing changes under a reader: all values are those of the last
 * write of VCOUNTERS_LATCH, and those of the write before it are kept beside them.
 */
#include <stdint.h>
#include "vdev/vdev.h"

enum {
    VCOUNTERS_ID = 0x00,         /* VCOUNTERS_MAGIC */
    VCOUNTERS_VERSION = 0x04,    /* 1 */
    VCOUNTERS_COUNT = 0x08,      /* counters: 64 bits each */
    VCOUNTERS_GAUGES = 0x0c,     /* gauges: 32 bits each */
    VCOUNTERS_LATCH = 0x10,      /* write: take the values; read: how often that was done */
    VCOUNTERS_VALUES_AT = 0x14,  /* offset of the last latch */
    VCOUNTERS_BEFORE_AT = 0x18,  /* offset of the one before it */
    VCOUNTERS_NAMES_AT = 0x1c,   /* offset of the names */
    VCOUNTERS_NAMES_SIZE = 0x20, /* bytes, the last NUL included */
    VCOUNTERS_TICK_HZ = 0x24,
};

#define VCOUNTERS_MAGIC 0x544e4355u /* "UCNT" */
#define VCOUNTERS_SIZE 0x4000u
#define VCOUNTERS_VALUES 0x0400u
#define VCOUNTERS_BEFORE 0x1000u
#define VCOUNTERS_NAMES 0x2000u
#define VCOUNTERS_MAX 320u
#define VCOUNTERS_MAX_GAUGES 32u

struct vcounters_host {
    const uint64_t *counters;                         /* live; may be NULL when there are none */
    unsigned count;
    unsigned gauge_count;
    void (*gauges)(void *ctx, uint32_t *values);      /* may be NULL: zeros; called before the counters are read */
    uint64_t (*ticks)(void *ctx);                     /* guest time; may be NULL */
    uint32_t tick_hz;
    const char *names;                                /* counters, then gauges; each ends with a NUL */
    uint32_t names_size;
    void *ctx;
};

/* A bank of values: the time, the counters, the gauges, in the order of the window. */
struct vcounters_bank {
    uint64_t ticks;
    uint64_t counters[VCOUNTERS_MAX];
    uint32_t gauges[VCOUNTERS_MAX_GAUGES];
};

struct vcounters {
    struct vdev dev;
    struct vcounters_host host;
    struct vcounters_bank banks[2];
    unsigned last; /* the bank of the last latch */
    uint32_t latches;
};

void vcounters_init(struct vcounters *c, gpa_t base, struct vcounters_host host);
