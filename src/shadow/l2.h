#pragma once
/* Second-level tables of shadows: 1 KiB each, four to a pool page, with a descriptor beside them. */
#include <stdbool.h>
#include <stdint.h>
#include "arch/armv7/layout.h"
#include "core/pool.h"
#include "lib/addr.h"

#define L2_MAX 4096u /* of which the index fits in l2_meta */
#define L2_SIZE 1024u

enum l2_kind { L2_PRIVATE, L2_GLOBAL, L2_ARENA };

#define L2_HAS_LARGE 1u   /* some entries come from a 64 KiB guest page */
#define L2_HAS_SECTION 2u /* ... from a section */

struct l2_meta {
    uint32_t write_mask;  /* guest physical MiBs (mod 32) mapped writable here */
    uint16_t origin;      /* tables.h; 0: none */
    uint16_t index : 12;  /* in the list of tables in use */
    uint16_t kind : 2, flags : 2;
};

void l2_init(void);
/* Zeroed; NULL when the pool is dry. */
uint32_t *l2_alloc(enum l2_kind kind);
void l2_free(uint32_t *l2);
/* Gives all memory back to the pool; no table may be in use. */
void l2_release(void);
unsigned l2_count(void);
uint32_t *l2_at(unsigned index);

extern struct l2_meta l2_metas[VMM_POOL_SIZE / L2_SIZE]; /* by place in the pool */

static inline struct l2_meta *l2_meta(const uint32_t *l2) { return &l2_metas[pool_offset(l2) / L2_SIZE]; }
