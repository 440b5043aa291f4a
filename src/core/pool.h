#pragma once
/*
 * The VMM's memory for shadow tables and translations: 4 KiB pages from one
 * fixed region, and 16 KiB first-level tables from its start, which
 * become pages when there are no others, and many tables.  Running dry is normal: callers evict and try again.
 */
#include <stdint.h>
#include "lib/addr.h"

/* base is 16 KiB aligned, at host physical 'pa'; l1_tables first-level tables are set apart. */
void pool_init(void *base, hpa_t pa, uint32_t size, unsigned l1_tables);

void *pool_page_alloc(void);        /* 4 KiB, contents undefined; NULL when dry */
void pool_page_free(void *page);
void *pool_l1_alloc(void);          /* 16 KiB aligned, contents undefined; NULL when dry */
void pool_l1_free(void *l1);

/* Where it is, for what follows alone. */
extern struct pool_place { uint8_t *base; uint32_t pa; } pool_place;

static inline uint32_t pool_offset(const void *p) { return (uint32_t)((const uint8_t *)p - pool_place.base); }
/* Of any address inside the pool. */
static inline hpa_t pool_hpa(const void *p) { return hpa(pool_place.pa + pool_offset(p)); }
/* The other way. */
static inline void *pool_ptr(hpa_t pa) { return pool_place.base + (pa.v - pool_place.pa); }

uint32_t pool_pages_total(void);
uint32_t pool_pages_free(void);
