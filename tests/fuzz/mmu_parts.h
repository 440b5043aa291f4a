#pragma once
/* What the parts of the mmu kind share: mmu.c edits and maintains, mmu_chain.c makes sequences in one piece. */
#include "mmu_model.h"

enum mmu_kind { DO_READ, DO_WRITE, DO_FETCH, DO_LDRT, DO_STRT, DO_USER_READ, DO_USER_FETCH, DO_COUNT };

/* Each page of memory has its address at 0, and a function that returns its number. */
#define CODE_AT 0x20u

uint32_t mmu_any_pa(void);
uint32_t mmu_any_dacr(void);
void mmu_set_dacr(uint32_t dacr);
/* A value never written before, and where it ended: the physical page, or 0. */
uint32_t mmu_new_value(void);
uint32_t mmu_find_written(uint32_t value, uint32_t offset);
/* The page whose function returned that. */
uint32_t mmu_code_page(uint32_t n);
void mmu_edit_page(void);
/* Is that outcome of an access now, in the terms of mmu_model.h, one of those possible? */
void mmu_judge(unsigned page, enum mmu_kind kind, uint32_t got);

/* DACR writes a few instructions apart, accesses and fetches between them, no exception but theirs. */
void mmu_dacr_chain(void);
/* The MMU off, accesses and edits, and on again: what the TLB holds stays. */
void mmu_flat_visit(void);
