#pragma once
/* Arenas: 1 MiB pieces of address space that hold stub pages and displaced code pages. */
#include "xlate/xlate.h"

struct stub_code;

/* Writes the stub of instruction 'index' of page p, the first of 'code', whose addresses it fills in; returns its entry
 * word or 0. */
uint32_t arena_stub(struct xlate *x, struct xpage *p, unsigned index, struct stub_code *code);
/* The word for a BL or BX LR (of a condition, not BLX) in place: to a stub that others nearby share; or 0. */
uint32_t arena_shared(struct xlate *x, struct xpage *p, unsigned index, uint32_t insn);
/* Gives p->va and p->words a page of an arena; p->words stays NULL when there is none. */
void arena_alt_alloc(struct xlate *x, struct xpage *p);
void arena_alt_free(struct xlate *x, struct xpage *p);
/* Frees all arenas, and what is noted of shared stubs. */
void arena_flush(struct xlate *x);
/* The arena page that va is in, or NULL (also for state page aliases). */
struct arena_page *arena_page_at(struct xlate *x, uint32_t va);
