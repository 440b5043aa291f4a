#pragma once
/*
 * The fuzz guest: makes programs from seeds, runs each and prints one digest a program.  The same binary
 * runs on plain QEMU and in umbra; what it prints must be the same (docs/fuzzing.md).
 */
#include "lib/gic.h"
#include "lib/mmu.h"

/* What the host writes into the image before it starts it (fuzz.sh finds it by its symbol). */
#define MAX_JOBS 256
#define MAX_ITEMS 64
struct fuzz_job { uint32_t seed, keep[2]; };  /* keep: a bit for each item of the program */
struct fuzz_orders {
    uint32_t magic, kind, seed, count;        /* programs seed .. seed + count - 1, unless there are jobs */
    uint32_t verbose, jobs;
    struct fuzz_job job[MAX_JOBS];
};
extern volatile struct fuzz_orders fuzz_orders;

enum fuzz_kind { KIND_A32, KIND_T32, KIND_MIX, KIND_USER, KIND_IRQ, KIND_MMU, KIND_SMC, KIND_WILD, KIND_FLAT,
                 KIND_COUNT };

/* Memory of the programs, at the same physical addresses. */
#define FUZZ_MIB 0x41000000u
#define CODE_BASE FUZZ_MIB
#define CODE_SIZE 0x10000u
#define CODE_ALIAS (FUZZ_MIB + 0x80000u)   /* the code pages again */
#define DATA_BASE (FUZZ_MIB + 0x20000)     /* two pages that everybody may write */
#define DATA_SIZE 0x2000u
#define DATA_MID (DATA_BASE + 0x1000)
#define PAGE_UNMAPPED (FUZZ_MIB + 0x22000)
#define PAGE_USER_RO (FUZZ_MIB + 0x23000)
#define PAGE_PRIV (FUZZ_MIB + 0x24000)
#define PAGE_RO (FUZZ_MIB + 0x25000)
#define PAGE_XN (FUZZ_MIB + 0x27000)
#define FLAT_TRAPS (FUZZ_MIB + 0x40000)    /* a page of words that are UNDEFINED, in both instruction sets */
#define MIB_NO_ACCESS (FUZZ_MIB + 0x100000)
#define MIB_UNMAPPED (FUZZ_MIB + 0x200000)
#define MIB_RO (FUZZ_MIB + 0x300000)
#define MIB_MANAGER (FUZZ_MIB + 0x400000)  /* mapped without any access, domain Manager */

/* SVC numbers that the handler knows. */
#define SVC_END 0xffu
#define SVC_MODE 0x80u                     /* + mode: go on in that mode */
#define SVC_NEST 0x60u                     /* + n: the handler takes exceptions itself */


#define AL 0xe0000000u

/* The program being made. */
struct gen {
    uint32_t rng;
    uint32_t pc, limit;      /* where the next instruction goes; no further than limit */
    uint32_t mode;           /* the mode in which it will run */
    bool thumb, irqs, mmu, aligned, user;
    uint32_t kind;
};
extern struct gen gen;

static inline uint32_t pick(uint32_t n) { return (random_next(&gen.rng) >> 8) % n; }
static inline bool in_user(void) { return gen.mode == MODE_USR; }
static inline bool has_spsr(void) { return gen.mode != MODE_USR && gen.mode != MODE_SYS; }
uint32_t any_word(void);
/* A value likely to matter: small, large, near a boundary, random. */
uint32_t any_value(void);
/* Where data accesses, or fetches, go wrong in one way or another. */
uint32_t any_place(void);
uint32_t any_nowhere(void);
/* A PSR to return with: the mode, some flags; no T. */
uint32_t return_psr(uint32_t mode);
/* A mode that the program may be in. */
uint32_t any_mode(void);

void emit32(uint32_t word);       /* A32, or a literal */
void emit16(uint32_t half);
void write16(uint32_t addr, uint32_t half);
void emit_t32(uint32_t insn);     /* by its size */
/* rd := value, in the instruction set of now */
void emit_const(unsigned rd, uint32_t value);

/* One item of a program. */
void a32_item(void);
void t32_item(void);
void a32_plain(void);             /* harmless, any registers but r10, r11, sp, pc */
void t32_plain(void);
void a32_memory(void);
void a32_system(void);
void a32_branch(void);
void a32_to_thumb(void);
uint32_t a32_cond(void);
uint32_t a32_rd(void);
uint32_t a32_rn(bool pc_too);
void float_item(void);
void t32_memory(void);
/* Exactly one instruction each, also in an IT block. */
void t32_memory_one(unsigned base);
void t32_system_one(void);
void t32_jump_one(void);
void t32_set_base(void);          /* r11 := an address, good or bad */
void t32_system(void);
void t32_branch(void);

/* Programs that are not streams: run by the guest itself. */
void mmu_program(uint32_t seed, const uint32_t keep[2]);
void smc_program(uint32_t seed, const uint32_t keep[2]);
void wild_item(void);
/* The generator of item i, whatever the others are. */
void item_seed(uint32_t seed, uint32_t i);

/* The events of a program; noted values are part of the digest. */
void note(uint32_t value);
bool verbose(void);
void sync_code(uint32_t from, uint32_t to);
/* Programs that run with the MMU off, and switch it on and off (flat.c). */
void flat_begin(bool off);
void flat_end(void);
void flat_switch(void);
/* run.S */
void fuzz_enter(const uint32_t regs[17]);
void fuzz_banks(const uint32_t values[17]);
void fuzz_read_banks(uint32_t values[17]);
void fuzz_float(const uint32_t values[65]);
void fuzz_read_float(uint32_t values[65]);
