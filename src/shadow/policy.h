#pragma once
/*
 * How shadow tables are kept in step with the guest's tables: docs/policies.md.
 *
 * Whatever the policy, the shadows together may hold what a TLB may hold (DDI 0406C B3.10), and
 * no more.  The walker, filling, fault logic and the cache of spaces know nothing of the policy but
 * these calls; a NULL one is not wanted.
 */
#include "shadow/shadow.h"

struct shadow_policy {
    const char *name;
    /* The guest executed TLB maintenance. */
    void (*tlb_op)(struct shadow *s, enum tlb_op op, uint32_t arg);
};

extern const struct shadow_policy shadow_policy_tlb;
