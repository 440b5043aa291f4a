#pragma once
/* The hot path of faults. */
#include "shadow/shadow.h"

enum quick_answer {
    QUICK_NONE,   /* not of the usual kind: by the book */
    QUICK_FILLED, /* as shadow_fill() after a walk that allows the access */
    QUICK_OUTSIDE, /* allowed, but 'pa' is not in RAM */
    QUICK_FAULT,  /* the guest's: 'fault', 'domain' and 'domain_valid' of the walk's result are set */
};

/* An access to va from that mode. */
enum quick_answer shadow_quick(struct shadow *s, enum shadow_mode mode, uint32_t va, enum access_kind kind,
                               struct walk_result *w);
/* Where in RAM a store of the guest kernel to va goes, by its tables; false: elsewhere, or nobody knows that soon. */
bool shadow_quick_store(const struct shadow *s, uint32_t va, gpa_t *pa);
/* Where in RAM the current kernel view has va; false: it does not show RAM there. */
bool shadow_quick_ram(const struct shadow *s, uint32_t va, gpa_t *pa);
/* Are pages mapped in va's MiB that all spaces share? */
bool shadow_has_global_table(const struct shadow *s, uint32_t va);
/* Translation registers changed, or TTBR0 alone. */
void quick_set_space(struct shadow *s);
void quick_set_table(struct shadow *s);
