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
    /* Entries for va are about to be filled from w; false: there is no room to keep track. */
    bool (*track)(struct shadow *s, gva_t va, const struct walk_result *w);
    /* They were, at shadow_va: va, or where translations of the code at va are. */
    void (*filled)(struct shadow *s, uint32_t shadow_va, const struct walk_result *w, bool code);
    /* Must this guest page not be mapped writable? */
    bool (*guarded)(const struct shadow *s, gpa_t page);
    /* The guest writes such a page: true when the write is to be emulated; else the page is guarded no more. */
    bool (*write_fault)(struct shadow *s, gpa_t page);
    /* The guest's write to the page cannot be emulated. */
    void (*let_write)(struct shadow *s, gpa_t page);
    /* The VMM wrote for the guest. */
    void (*written)(struct shadow *s, gpa_t addr, unsigned size);
    /* Nothing is left of the space. */
    void (*space_freed)(struct shadow *s, const struct space *sp);
    /* Does 'written' fill entries that were not there? */
    bool eager;
    /* The guest executed TLB maintenance. */
    void (*tlb_op)(struct shadow *s, enum tlb_op op, uint32_t arg);
    /* TLB_MVA for each; NULL: as tlb_op. */
    void (*tlb_mva_many)(struct shadow *s, const uint32_t *args, unsigned count);
};

extern const struct shadow_policy shadow_policy_tlb, shadow_policy_trap, shadow_policy_oos;
