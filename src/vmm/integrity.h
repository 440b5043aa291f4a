#pragma once
/*
 * Memory that must not change while a VM runs: canaries beside its memory, and
 * what is constant of umbra itself.  Watched from just before the guest's first
 * instruction to just after its last, on demand ("umbra.verify", debug builds).
 */
#include <stdbool.h>
#include <stdint.h>

#define INTEGRITY_RANGES 12

/* Forgets everything. */
void integrity_reset(void);
/* Fills [pa, pa + size), whole pages, with a pattern, and watches it. */
void integrity_canary(const char *what, uint32_t pa, uint32_t size);
/* Watches what is in [pa, pa + size) now. */
void integrity_watch(const char *what, uint32_t pa, uint32_t size);
/* Says what is broken, or that nothing is; false when something is. */
bool integrity_check(void);
