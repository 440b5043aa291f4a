#pragma once
/*
 * A guest that means umbra harm.  What it does is chosen by its command line:
 * "attack=NAME seed=N rounds=N", see main.c.
 *
 * Attacks run in chunks: a page of generated code in a space of its own ("the arena" of the
 * guest, not umbra's), in which the program itself is read-only.  Every exception ends a chunk
 * and leads back to the program, which repairs what it can of the processor's state.
 */
#include "lib/gic.h"
#include "lib/mmu.h"

/* Chunk space: one page of code, 16 of data. */
#define CODE_VA 0xa0000000u
#define DATA_VA 0xa0010000u
#define DATA_SIZE 0x10000u
#define CODE_PA 0x42000000u
#define DATA_PA 0x42010000u
/* Free for attacks; up to the end of 256 MiB. */
#define FREE_PA 0x42100000u
#define RAM_END 0x50000000u

/* umbra's places (DESIGN.md): translations of x at x + D, its window, its state page. */
#define UMBRA_D 0x36000000u
#define UMBRA_WINDOW 0xfa000000u
#define UMBRA_STATE 0xfb000000u
#define UMBRA_END 0xfc000000u

#define CHUNK_WORDS 48u

struct chunk {
    uint32_t r[13];
    uint32_t pc;       /* bit 0: Thumb */
    uint32_t cpsr;
    /* afterwards, with save: registers at the exception, its banked LR, its SPSR */
    uint32_t out[13], out_lr, out_spsr;
    uint32_t kind;     /* vector offset / 4 */
};

extern uint32_t seed, rounds;
uint32_t rnd(void);
uint32_t pick(uint32_t n);             /* 0..n-1 */
uint32_t odd_value(void);              /* something that may hurt */

/* chunk.c: makes both spaces and turns the MMU on. */
void chunk_setup(void);
/* Devices of the machine in the chunk space, for all. */
void chunk_map_devices(void);
/* One page of the chunk space. */
void chunk_map(uint32_t va, uint32_t small_desc);
/* Makes what was stored to the code page visible to execution, and fills the rest with SVC. */
void chunk_seal(uint32_t used_words);
extern uint32_t *const chunk_code;     /* the page, as the program sees it */
/* Runs until an exception.  The virtual timer ends it after a while if nothing else does. */
void chunk_run(struct chunk *c);
void chunk_random_regs(struct chunk *c);
void quiet_gic(void);
extern bool chunk_tame;                /* fewer ways to kill the guest itself */
extern uint32_t chunk_l1[4096];

/* words.c */
uint32_t random_a32(void);
uint32_t random_t32(void);             /* two halfwords */
bool hurts_a32(uint32_t w);
bool hurts_t32(uint32_t w);

/* attacks */
void attack_words(void);
void attack_user_words(void);
void attack_thumb(void);
void attack_wild(void);
void attack_leak(void);
void attack_mmio(void);
void attack_dma(void);
void attack_flash(void);
void attack_cpregs(void);
void attack_control(void);
void attack_state(void);
void attack_modes(void);
void attack_jumps(void);
void attack_stacks(void);
void attack_tables(void);
void attack_map4g(void);
void attack_window(void);
void attack_spaces(void);
void attack_code(void);
void attack_storm(void);
void attack_floods(void);
void attack_dead(void);
