#pragma once
/* Shared by the files of the shadow engine. */
#include "arch/arch.h"
#include "arch/armv7/layout.h"
#include "core/gmem.h"
#include "lib/bits.h"
#include "shadow/desc.h"
#include "shadow/l2.h"
#include "shadow/shadow.h"

static inline bool bitmap_test(const uint32_t *map, unsigned i) { return map[i >> 5] & BIT(i & 31); }
static inline void bitmap_set(uint32_t *map, unsigned i) { map[i >> 5] |= BIT(i & 31); }
static inline void bitmap_clear(uint32_t *map, unsigned i) { map[i >> 5] &= ~BIT(i & 31); }

static inline void mib_set_add(struct mib_set *set, unsigned mib)
{
    bitmap_set(set->words, mib);
    bitmap_set(set->top, mib >> 5);
}

/* The first one, or -1. */
int mib_set_first(struct mib_set *set);

/* --- spaces --- */

/* In lists of spaces: number n is spaces[n - 1]. */
static inline struct space *nth_space(struct shadow *s, unsigned n) { return &s->spaces[n - 1]; }
static inline struct space *used_space(struct shadow *s, unsigned i) { return &s->spaces[s->used[i]]; }
static inline bool is_running(const struct shadow *s, const struct view *v)
{
    return v == &s->current->views[0] || v == &s->current->views[1];
}

/* All views of a mode became stale, except the current one where that has been seen to. */
static inline void mark_others_stale(struct shadow *s, enum shadow_mode mode)
{
    s->global_stale = true;
    s->current->views[mode].stale_seen = ++s->stale_count[mode];
}
/* Marks every view's host TLB content as unreliable. */
static inline void mark_all_stale(struct shadow *s)
{
    for (unsigned mode = 0; mode < 2; mode++) {
        mark_others_stale(s, (enum shadow_mode)mode);
        s->current->views[mode].stale = true;
    }
}

/* The view now has something of its own there. */
static inline void touch(struct shadow *s, struct view *v, unsigned mib)
{
    mib_set_add(&v->touched, mib);
    bitmap_set(s->private, mib);
}

/* --- descriptors --- */

/* The table that an L1 entry links. */
static inline uint32_t *view_l2(uint32_t l1_entry) { return pool_ptr(desc_table_pa(l1_entry)); }
/* Writes a descriptor and makes it visible to the walker. */
static inline void put_desc(uint32_t *entry, uint32_t value)
{
    *entry = value;
    arch_clean_entry(entry);
}
static inline bool in_window(uint32_t mib)
{
    return mib - (VMM_BASE >> 20) < (VMM_END - VMM_BASE) >> 20;
}

/* Writes global_l1. */
void put_global(struct shadow *s, unsigned mib, uint32_t value);
/* Frees what the view alone owns at the MiB and empties it there. */
void view_clear_mib(struct view *v, unsigned mib);
/* Empties the whole view down to its seed. */
void view_reset(struct shadow *s, struct space *sp, enum shadow_mode mode);
/* Writes the seed of kernel views: the window and the state page, nothing of the guest. */
void seed_global(struct shadow *s);
void space_free(struct shadow *s, struct space *sp);

/* --- claims.c --- */

bool claims_have(const struct claims *c, unsigned mib);
static inline bool space_has_claim(const struct shadow *s, const struct space *sp, unsigned mib)
{
    return bitmap_test(s->claimable, mib) && claims_have(&sp->claims, mib);
}
/* False when there are too many. */
bool claims_add(struct claims *c, unsigned mib);
void claims_remove(struct claims *c, unsigned mib);
void claims_copy(struct claims *to, const struct claims *from);
/* For the current space, and for all if 'shared'; false when there are too many. */
bool claim_mib(struct shadow *s, unsigned mib, bool shared);
/* The guest maps a claimed MiB of the current space: it is the guest's from now on. */
void shadow_surrender(struct shadow *s, unsigned mib);

/* --- drop.c --- */

/* Removes entry 'mib' of the global table and of every view that has it from there. */
void drop_global_mib(struct shadow *s, unsigned mib);
/* Pages of one MiB, by arguments of TLBIMVA, of which bits 19:12 tell the page... */
struct drop_pages { unsigned mib, count; const uint32_t *args; };
/* ... out of every space that the operation covers. */
void drop_pages(struct shadow *s, const struct drop_pages *p, bool all_asids, uint32_t asid);
/* Takes va out of the host's TLB before the view is used next. */
void flush_host(struct shadow *s, struct view *v, uint32_t va);

/* --- fill.c --- */

/* What a view shows of a mapping: PERM_R if anything, PERM_W, PERM_X. */
static inline unsigned view_perms(unsigned perms, bool kernel, bool ram)
{
    if (!(perms & PERM_R))
        return 0;
    return perms & (PERM_R | (ram ? PERM_W : 0) | (kernel ? 0 : PERM_X)); /* a write to ROM is its device's */
}
static inline bool is_checked(const struct walk_regs *regs, const struct walk_result *w)
{
    return (regs->sctlr & SCTLR_M) && ((regs->dacr >> (2 * w->domain)) & 3) != DOMAIN_MANAGER;
}
static inline unsigned mapping_perms(const struct shadow *s, const struct walk_regs *regs, const struct walk_result *w,
                                     bool kernel)
{
    unsigned perms = is_checked(regs, w) ? walk_perms(regs, w, kernel) : PERM_R | PERM_W | PERM_X;

    return view_perms(perms, kernel, gmem_is_ram(s->vm, w->pa, 1));
}
hpa_t host_page(const struct shadow *s, gpa_t pa);
/* May shadows give write access to the page at all? */
bool page_writable(const struct shadow *s, gpa_t pa);
/* The second-level entry, of table l2, that maps pa. */
uint32_t small_entry(struct shadow *s, uint32_t *l2, gpa_t pa, unsigned perms);
/* What about the mapping concerns all shadows. */
void note_mapping(struct shadow *s, const struct walk_result *w);
/* Is there an arena where translated code of va would be entered? */
bool meets_arena(const struct shadow *s, uint32_t va);
