#pragma once
/* Second-level tables of shadows: 1 KiB each, four to a pool page, with a descriptor beside them. */
#include <stdbool.h>
#include <stdint.h>
#include "lib/addr.h"

#define L2_MAX 4096u

enum l2_kind { L2_PRIVATE, L2_GLOBAL, L2_ARENA };

#define L2_HAS_LARGE 1u   /* some entries come from a 64 KiB guest page */
#define L2_HAS_SECTION 2u /* ... from a section */

struct l2_meta {
    uint32_t write_mask;  /* guest physical MiBs (mod 32) mapped writable here */
    uint16_t index;       /* in the list of tables in use */
    uint8_t kind, flags;
    uint16_t origin;      /* tables.h; 0: none */
};

void l2_init(void);
/* Zeroed; NULL when the pool is dry. */
uint32_t *l2_alloc(enum l2_kind kind);
void l2_free(uint32_t *l2);
/* Gives all memory back to the pool; no table may be in use. */
void l2_release(void);
struct l2_meta *l2_meta(const uint32_t *l2);
unsigned l2_count(void);
uint32_t *l2_at(unsigned index);
