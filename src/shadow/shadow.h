#pragma once
/*
 * Shadow page tables, cached per guest space and kept in step by the guest's
 * TLB maintenance operations (DDI 0406C B3.10): together they behave as one
 * very large TLB.
 *
 * A space has two views: what the hardware walks while the guest is in User
 * mode, and while it is in a privileged mode.  In the kernel view no page of the
 * guest is executable; translated code is.  Mappings that the guest calls
 * global are shared by the kernel views of all spaces.
 */
#include <stdbool.h>
#include <stdint.h>
#include "core/vm.h"
#include "lib/addr.h"
#include "shadow/walk.h"

#define SHADOW_MAX_SPACES 160
#define SHADOW_GHOSTS 128
#define SHADOW_ASIDS 126     /* pairs of host ASIDs: those that were current lately have one */
#define SHADOW_MAX_CLAIMS 64
/* Host ASID under which the hardware may walk global_l1 itself; those of spaces begin at 2, 0 is boot's. */
#define SHADOW_GLOBAL_ASID 1u
#define SHADOW_SEED_LOG 256u
#define SHADOW_BITMAP 128 /* words of a bitmap with a bit for each MiB */
#define SHADOW_HASH 64u

enum shadow_mode { VIEW_USER, VIEW_KERNEL };

/* A set of MiBs of which all can be found without looking at every word: 'top' has a bit for each
 * word that is not zero, and maybe for others. */
struct mib_set { uint32_t words[SHADOW_BITMAP], top[SHADOW_BITMAP / 32]; };

/* MiBs taken for translations, in order.  Of the same version are only the same ones. */
struct claims {
    uint32_t version, count;
    uint16_t mibs[SHADOW_MAX_CLAIMS];
};

struct view {
    uint32_t *l1;                    /* 4096 descriptors, in the pool */
    uint8_t asid;                    /* host ASID */
    bool stale;                      /* the host TLB may hold entries that are gone */
    bool kernel;
    bool flat;                       /* of a space without the MMU: shares nothing */
    bool seeded_flat;                /* 'flat' when l1 was last written as a whole */
    uint32_t seeded;                 /* seed_count when l1 had all of global_l1; 0: never */
    uint32_t stale_seen;             /* stale_count when the view was last current */
    struct mib_set touched;          /* MiBs with something of this space alone */
};

/* What makes one guest translation context. */
struct space_key { uint32_t ttbr0, ttbr1, ttbcr, sctlr, asid; };

struct space {
    bool used;
    bool pristine;                   /* nothing filled since it was made */
    /* Others, as index + 1 in 'spaces', 0 at the end: used with the same hash of the key; of the same ASID
     * (or without the MMU), doubly linked; or free.  Where in 'used' it is, and its own index + 1. */
    uint8_t next_hash, next, prev, used_at, number;
    struct space_key key;
    uint32_t last_use;
    struct claims claims;            /* of the kernel view */
    struct view views[2];
};

enum tlb_op { TLB_ALL, TLB_ASID, TLB_MVA, TLB_MVAA };

struct shadow_policy;

struct shadow {
    struct vm *vm;
    const struct shadow_policy *policy;
    bool no_space_cache;             /* every switch of spaces drops all shadows */
    bool (*page_has_code)(void *ctx, gpa_t page);
    void *ctx;
    const uint32_t *window_l1;       /* template: the VMM's entries, shared by all views */
    uint32_t state_entry;            /* kernel views: the state page's MiB (VMM_STATE) */
    uint32_t code_offset;            /* translation of code at va is at va + code_offset */
    struct space *current;
    struct space *spare;             /* was current, and nothing was filled in it */
    uint8_t used[SHADOW_MAX_SPACES]; /* indices in 'spaces' */
    unsigned used_count;
    /* Index + 1 in 'spaces' of the first: */
    uint8_t free_spaces;
    uint8_t asid_spaces[256];        /* of an ASID */
    uint8_t flat_spaces;             /* without the MMU */
    uint8_t hash_spaces[SHADOW_HASH];
    uint32_t clock, random;
    uint32_t evicted[SHADOW_GHOSTS]; /* tags of spaces that were, lately */
    uint32_t returned;               /* how many of them came back: those of dead processes do not */
    uint32_t stale_count[2];         /* of each mode's views: how often those that are not current became stale */
    struct walk_regs regs;
    uint32_t plain_l1;               /* host address of the guest's first-level table, if one in RAM is all; or 0 */
    bool quick;                      /* may quick.c walk that? */
    uint32_t code_drops;             /* changes when a mapping of translated code was dropped for TLBIMVA or TLBIMVAA */
    uint32_t *global_l1;             /* kernel view of what the guest calls global */
    bool global_stale;               /* under SHADOW_GLOBAL_ASID the host TLB may hold what is gone from it */
    uint16_t seed_log[SHADOW_SEED_LOG]; /* MiBs whose entry in global_l1 changed lately */
    uint32_t seed_count;             /* such changes, all */
    uint32_t mixed[SHADOW_BITMAP];   /* MiBs whose global entries have copies in spaces */
    uint32_t private[SHADOW_BITMAP]; /* MiBs in which some space has entries of its own */
    struct claims claimed;           /* MiBs of translations in global_l1 */
    struct walk_regs checked;        /* when claims of version checked_claims were last seen to be the VMM's; */
    uint32_t checked_claims;         /* 0: the guest's TLB maintenance has happened since */
    uint32_t claimable[SHADOW_BITMAP]; /* MiBs that any space has claimed since the last flush */
    uint32_t super[SHADOW_BITMAP / 16]; /* 16 MiB regions filled from supersections */
    uint32_t blocked[SHADOW_BITMAP]; /* MiBs never to be claimed: the guest uses them */
    uint32_t exec_mib[SHADOW_BITMAP]; /* MiBs in which the guest ever mapped or ran code */
    uint32_t code_mib[SHADOW_BITMAP]; /* guest physical MiBs (from RAM base) that hold translated code */
    uint16_t manager_domains;        /* domains with entries filled under Manager */
    bool domain15_used;
    uint8_t asid_owner[SHADOW_ASIDS]; /* the space, as index + 1, that has a pair of host ASIDs */
    uint32_t asids_given;
    struct space spaces[SHADOW_MAX_SPACES];
};

struct shadow_config {
    struct vm *vm;
    const uint32_t *window_l1;
    uint32_t state_entry, code_offset;
    /* is the guest page translated, so that it must not be mapped writable? */
    bool (*page_has_code)(void *ctx, gpa_t page);
    void *ctx;
    const struct shadow_policy *policy; /* NULL: tlb */
    bool no_space_cache;
};

void shadow_init(struct shadow *s, const struct shadow_config *config);

/* Translation registers changed: makes their space current, building it when it is new. */
void shadow_set_space(struct shadow *s, const struct walk_regs *regs, uint32_t contextidr);
/* TTBR0 and CONTEXTIDR alone changed, with the MMU on. */
void shadow_set_table(struct shadow *s, uint32_t ttbr0, uint32_t contextidr);
/* DACR changed. */
void shadow_set_dacr(struct shadow *s, uint32_t dacr);
/* The host DACR for a guest DACR. */
uint32_t shadow_host_dacr(uint32_t guest_dacr);

static inline struct view *shadow_view(struct shadow *s, enum shadow_mode mode)
{
    return &s->current->views[mode];
}

/* Fills the current space's view of that mode from a walk of va that maps memory.  The caller has checked that an
 * access is allowed.  False: not even an empty shadow has room; translations must go, then try again. */
bool shadow_fill(struct shadow *s, enum shadow_mode mode, gva_t va, const struct walk_result *w);

/* Has the current kernel view a table for va's MiB? */
static inline bool shadow_kernel_table(const struct shadow *s, uint32_t va)
{
    return (s->current->views[VIEW_KERNEL].l1[va >> 20] & 3) == 1;
}

/* Maps a page of translated code (host page 'code') at va in the current kernel view; w is the walk
 * of the code's own address.  False: the place is taken. */
bool shadow_map_code(struct shadow *s, uint32_t va, hpa_t code, const struct walk_result *w);
/* Another page of the same MiB right after that, from the same section of the guest's. */
void shadow_map_more_code(struct shadow *s, uint32_t va, hpa_t code, const struct walk_result *w);
/* The host page that the current kernel view maps at va by a second-level entry, or 0. */
hpa_t shadow_kernel_page(struct shadow *s, uint32_t va);
/* Links an arena's second-level table into the current kernel view; false: taken. */
bool shadow_link_arena(struct shadow *s, uint32_t mib, uint32_t *l2);
/* May translations live in this MiB of the current space? */
bool shadow_mib_free(struct shadow *s, uint32_t mib);
/* Does the guest have code in this MiB?  0: it maps nothing, 1: none was ever seen, 2: seen. */
unsigned shadow_mib_code(struct shadow *s, uint32_t mib);
/* It has. */
void shadow_code_at(struct shadow *s, uint32_t va);
/* Claims of the current space that the guest has meanwhile mapped; blocks and unlinks
 * them.  Returns how many: then the translations there must go. */
unsigned shadow_check_claims(struct shadow *s);

/* The guest writes to a page, which its tables allow: true when the write must be emulated, because
 * tables are in the page; false: fill and let it write. */
bool shadow_write_fault(struct shadow *s, gpa_t page);
/* It must, but cannot be. */
void shadow_let_write(struct shadow *s, gpa_t page);
/* The VMM wrote guest memory for the guest. */
void shadow_written(struct shadow *s, gpa_t addr, unsigned size);

/* The guest executed TLB maintenance; arg as in the register written (B4.2.2). */
void shadow_tlb_op(struct shadow *s, enum tlb_op op, uint32_t arg);
/* TLB_MVA for each: cheaper, above all for neighbours. */
void shadow_tlb_mva_many(struct shadow *s, const uint32_t *args, unsigned count);
/* Drops everything of every space. */
void shadow_flush(struct shadow *s);
/* Drops whatever is mapped at va in kernel views, arenas' pages from the host TLB too. */
void shadow_drop_kernel_va(struct shadow *s, uint32_t va);
/* Makes every mapping of this guest page read-only. */
void shadow_protect(struct shadow *s, gpa_t page);
/* Evicts a space that is not current and was not used lately; false: there is none. */
bool shadow_evict(struct shadow *s);

/* Called for every mapping by the audit: returns the number of bad entries, each reported. */
unsigned shadow_audit(struct shadow *s);

struct shadow_usage { unsigned spaces, l2_tables; };
struct shadow_usage shadow_usage(const struct shadow *s);
