#pragma once
/* Shared by the files of the shadow engine. */
#include "lib/bits.h"
#include "shadow/desc.h"
#include "shadow/l2.h"
#include "shadow/shadow.h"

/* What one view shows of a mapping. */
struct rights { bool present, write, exec; };

static inline bool bitmap_test(const uint32_t *map, unsigned i) { return map[i >> 5] & BIT(i & 31); }
static inline void bitmap_set(uint32_t *map, unsigned i) { map[i >> 5] |= BIT(i & 31); }
static inline void bitmap_clear(uint32_t *map, unsigned i) { map[i >> 5] &= ~BIT(i & 31); }

/* The spaces of a set, as in used_spaces: takes the first out. */
static inline struct space *next_space(struct shadow *s, uint64_t *set)
{
    unsigned i = (unsigned)__builtin_ctzll(*set);

    *set &= *set - 1;
    return &s->spaces[i];
}

/* The table that an L1 entry links. */
uint32_t *view_l2(uint32_t l1_entry);
/* Writes a descriptor and makes it visible to the walker. */
void put_desc(uint32_t *entry, uint32_t value);
/* Writes global_l1. */
void put_global(struct shadow *s, unsigned mib, uint32_t value);
/* Frees what the view alone owns at the MiB and empties it there. */
void view_clear_mib(struct view *v, unsigned mib);
/* Empties the whole view down to its seed. */
void view_reset(struct shadow *s, struct view *v);
/* Marks every view's host TLB content as unreliable. */
void mark_all_stale(struct shadow *s);
/* Removes entry 'mib' of the global table and of every view that has it from there. */
void drop_global_mib(struct shadow *s, unsigned mib);
/* Takes one address out of every space that an operation covers. */
void drop_va(struct shadow *s, uint32_t va, bool all_asids, uint32_t asid);
bool view_has_claim(const struct view *v, unsigned mib);
/* False when there are too many. */
bool view_claim(struct view *v, unsigned mib);
/* The guest maps a claimed MiB of the current space: it is the guest's from now on. */
void shadow_surrender(struct shadow *s, unsigned mib);
/* fill.c */
struct rights mapping_rights(const struct shadow *s, const struct walk_regs *regs, const struct walk_result *w,
                             bool kernel);
hpa_t host_page(const struct shadow *s, gpa_t pa);
/* May shadows give write access to the page at all? */
bool page_writable(const struct shadow *s, gpa_t pa);
/* The second-level entry, of table l2, that maps pa. */
uint32_t small_entry(struct shadow *s, uint32_t *l2, gpa_t pa, struct rights r);
/* What about the mapping concerns all shadows. */
void note_mapping(struct shadow *s, const struct walk_result *w);
/* Is there an arena where translated code of va would be entered? */
bool meets_arena(const struct shadow *s, uint32_t va);
/* Takes va out of the host's TLB before the view is used next. */
void flush_host(struct shadow *s, struct view *v, uint32_t va);
bool in_window(uint32_t mib);
/* Writes the seed of kernel views: the window and the state page, nothing of the guest. */
void seed_global(struct shadow *s);
void space_free(struct shadow *s, struct space *sp);
