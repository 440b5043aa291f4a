#pragma once
/*
 * The translator: guest kernel code pages and their executable translations.
 *
 * The entry for guest address x is at x + XLATE_D when that page of the
 * address space is free for it ("in place"), otherwise in a page of an arena.
 * Harmless instructions stand there as they are; others are branches to stubs
 * in arenas, or SVC words that exit to the VMM.  See DESIGN.md, "Translation".
 */
#include <stdbool.h>
#include <stdint.h>
#include "core/vcpu.h"
#include "lib/addr.h"
#include "xlate/a32.h"
#include "arch/armv7/layout.h"
#include "arch/state.h"

#define XLATE_D_IMM12 0x436u           /* 0x36 ror 8 */
#define XLATE_THUMB_TAG 0x80000000u    /* what an odd target adds on top of D */

#define XLATE_MAX_ARENAS 24
#define XLATE_ARENA_PAGES 127          /* code pages of a 1 MiB arena, each between two state page aliases */
#define XLATE_SITES_PER_PAGE 512
#define XLATE_TRACE 24                 /* the most instructions that one stub goes through */
#define XLATE_AHEAD 64                 /* instructions that xlate_make() looks at */
#define XLATE_SHARED_PAGES 16          /* of 1024 addresses */
#define XLATE_BLOCK 256                /* words that are translated when the first of them executes */

/* How a stub that is interrupted half way is undone or finished; the comments
 * in stubs.c draw each sequence. */
enum stub_kind {
    STUB_SIMPLE, STUB_DONE, STUB_MRS, STUB_BL, STUB_BX_LR, STUB_JUMP, STUB_POP, STUB_BLX, STUB_COPY,
    STUB_CALL, STUB_RETURN, /* shared: guest_pc is nobody's */
};

struct stub_site {
    uint32_t guest_pc;
    uint16_t start;          /* word index in the arena page */
    uint8_t kind : 4;
    uint8_t commit : 4;      /* from this word on the instruction has happened */
    uint8_t ra : 4;          /* register spilled to U0, by word 0 */
    uint8_t rb : 4;          /* by kind; SIMPLE, DONE, JUMP: not 0 when ra is in U0 already, from the stub before */
};

struct xpage {
    gva_t gva;               /* page address of the guest's code */
    gpa_t gpa;
    uint32_t va;             /* where it executes */
    uint32_t *words;         /* the translation, a pool page */
    struct xpage *next_gva, *next_gpa;
    uint8_t pending;         /* a bit for each block that is not translated yet */
    bool alt;                /* in an arena, not at gva + D */
    bool thumb;
    uint32_t traced;         /* bit n: of words 32 n to 32 n + 31 one has a stub that goes through more than it */
    bool unwatched;          /* thumb: parts were translated while writes to the page went unseen */
    struct thumb_map *map;   /* thumb (xlate/sweep.h) */
};

enum arena_page_kind { ARENA_FREE, ARENA_STUBS, ARENA_ALT };

struct arena_page {
    enum arena_page_kind kind;
    uint32_t *words;
    struct stub_site *sites;
    uint16_t site_count, used_words;
    struct xpage *alt;
};

struct arena {
    uint32_t mib;            /* VA >> 20; 0 = unused slot */
    uint32_t *l2;            /* 256 entries, the arena's second-level table */
    int stub_page;           /* page being filled, or -1 */
    unsigned used_pages;
    struct arena_page pages[XLATE_ARENA_PAGES];
};

/* What the translator asks of its owner. */
struct xlate_ops {
    /* may the translator take the 1 MiB at va (VA >> 20 == mib) in the current space? */
    bool (*mib_free)(void *ctx, uint32_t mib);
    /* does the guest have code in that MiB?  0: it maps nothing, 1: none was seen, 2: seen; NULL: nobody knows */
    unsigned (*mib_code)(void *ctx, uint32_t mib);
    /* reads one page of guest RAM */
    bool (*read_page)(void *ctx, gpa_t page, uint32_t words[1024]);
    /* a second-level entry for one of our pages: user read-only executable, or user read-write XN */
    uint32_t (*code_entry)(hpa_t page);
    uint32_t (*state_entry)(hpa_t page);
    /* mappings at these hardware addresses are gone */
    void (*unmap)(void *ctx, uint32_t va);
    /* reads words of a page that has a translation, as they were when it was last made or compared; for lazy_stubs */
    bool (*read_words)(void *ctx, gpa_t page, unsigned first, uint32_t *words, unsigned count);
};

/* What MCR DACR at an address has been seen to do (habit.c). */
enum dacr_habit { DACR_NEW, DACR_TRIED, DACR_TIGHTENS, DACR_MIXED };
struct dacr_site { uint32_t pc; uint8_t habit, seen, tightened; };

struct xlate_stats { uint32_t pages, sites, arena_pages; };

struct xlate {
    const struct xlate_ops *ops;
    void *ctx;
    struct state_page *state;
    uint32_t ram_base, ram_pages;
    uint8_t *page_bits;      /* a bit for each page of guest RAM that has a translation */
    struct xpage *by_gva[512], *by_gpa[512];
    struct arena arenas[XLATE_MAX_ARENAS];
    uint8_t arena_of_mib[4096];   /* index + 1 */
    uint32_t *shared[XLATE_SHARED_PAGES]; /* pool pages: addresses of shared stubs (arena.c), by hash of the target */
    struct xpage *free_xpages;
    void *free_maps;
    struct xpage slot;            /* where single T32 instructions run out of line (xlate/thumb.h) */
    struct dacr_site dacr_sites[256];
    struct xlate_stats stats;
    bool lazy_stubs; /* blocks are translated, and stubs made, when their instructions execute (xlate_make) */
    bool traces;     /* stubs go on to the next instructions that need one */
    uint32_t midr, ctr; /* what the guest reads of them; 0: by an exit */
    bool no_system_stubs, no_lazy_dacr, no_tlbi_queue; /* switched off: those instructions exit */
};

/* page_bits has (ram_pages + 7) / 8 zeroed bytes. */
void xlate_init(struct xlate *x, const struct xlate_ops *ops, void *ctx, struct state_page *state,
                gpa_t ram_base, uint32_t ram_pages, uint8_t *page_bits);

/* The A32 translation of the page at gva backed by gpa; makes it when needed.  'in_place'
 * says that gva + D is free.  NULL when the pool is dry: flush and call again. */
struct xpage *xlate_get(struct xlate *x, gva_t gva_page, gpa_t gpa_page, bool in_place);
/* The word that exits for an MCR or MRC of CP15 with op1 = 0 (arch/state.h). */
uint32_t xlate_cp15_exit(uint32_t cc, uint32_t insn);
/* After an exit by XLATE_SVC_LAZY: translates the word's block, or gives the site its stub or exit word, and the sites
 * behind the calls that follow.  code: the guest's words from there on in the page, as translated; at least one, and
 * with traces up to XLATE_AHEAD. */
void xlate_make(struct xlate *x, struct xpage *p, unsigned index, const uint32_t *code, unsigned count);
/* Word 'index' of the page, and the stubs that go through it, are made anew when they execute.  words: the guest's page
 * as translated, of which only those from XLATE_TRACE - 1 before the index on are looked at. */
void xlate_forget_stub(struct xlate *x, struct xpage *p, unsigned index, const uint32_t *words);
/* MCR DACR at pc in a page in place: how its stub shall be made. */
enum dacr_habit xlate_dacr_habit(struct xlate *x, uint32_t pc);
/* One that exited with XLATE_SVC_DACR_TRY; did it take access away?  True: its stub is to be made anew. */
bool xlate_dacr_written(struct xlate *x, uint32_t pc, bool tightened);
/* The A32 page that executes at va, whose words the hardware sees there; NULL when it is none. */
struct xpage *xlate_page_at(struct xlate *x, uint32_t va, const uint32_t *words);
/* The T32 translation of the page; empty when it is new (xlate/thumb.h). */
struct xpage *xlate_get_thumb(struct xlate *x, gva_t gva_page, gpa_t gpa_page);
/* Finds without making. */
struct xpage *xlate_find(struct xlate *x, gva_t gva_page, gpa_t gpa_page, bool thumb);

static inline bool xlate_page_has_code(const struct xlate *x, gpa_t addr)
{
    uint32_t page = (addr.v - x->ram_base) >> 12;

    return page < x->ram_pages && (x->page_bits[page >> 3] >> (page & 7) & 1);
}
/* Drops translations of the guest page; returns how many. */
unsigned xlate_invalidate(struct xlate *x, gpa_t page);
/* Words first..first+count-1 of the guest page are now those of 'source' (1024 words): translates the
 * ones that differ from 'old' again.  Returns how many; at XLATE_REPLACED it stops, and the page must
 * be invalidated: what it holds now is something else. */
#define XLATE_REPLACED 256u
unsigned xlate_resync(struct xlate *x, gpa_t page, const uint32_t *old, const uint32_t *source,
                      unsigned first, unsigned count);
/* Drops everything. */
void xlate_flush(struct xlate *x);

/* The arena that owns va, or NULL. */
static inline struct arena *xlate_arena_at(struct xlate *x, uint32_t va)
{
    unsigned i = x->arena_of_mib[va >> 20];

    return i ? &x->arenas[i - 1] : 0;
}
/* The hardware address at which guest address pc is entered through an alt page
 * of these gva and gpa; callers use gva + D when page->alt is false. */
static inline uint32_t xlate_entry(const struct xpage *page, uint32_t pc) { return page->va + (pc & 0xfff); }

/* What became of an instruction that was interrupted at hardware address hw_pc. */
enum unwind_result {
    UNWIND_CLEAN,      /* the registers are those before the instruction at r[15] */
    UNWIND_COMPLETED,  /* the instruction has been finished; r[15] is the next */
    UNWIND_UNKNOWN,    /* hw_pc is not ours */
};

/*
 * Turns the registers at an exception in translated code into the precise
 * state of the guest: r[0..14] and *cpsr are updated, r[15] is set.
 */
enum unwind_result xlate_unwind(struct xlate *x, uint32_t hw_pc, uint32_t r[16], uint32_t *cpsr);

/*
 * A branch to an odd address left the A32 entry map and arrived at hw_pc in T32 state: undoes what its stub added to
 * slot T, LR or the register of a BLX, and returns the guest's address.  call: the instruction before LR as it was
 * translated, 0 when that is not known; only of BLX there is nothing else.
 */
uint32_t xlate_thumb_target(struct xlate *x, uint32_t hw_pc, uint32_t r[16], uint32_t call);
