/*
 * An arena is 256 pages of address space: even pages are aliases of the state
 * page, odd ones hold code.  So every stub has an alias right behind its page.
 */
#include "xlate/arena.h"

#include <string.h>

#include "arch/arch.h"
#include "core/pool.h"
#include "lib/bits.h"
#include "lib/check.h"
#include "xlate/emit.h"
#include "xlate/stub_writer.h"
#include "xlate/stubs.h"

/* Stubs keep clear of the first words, so that a state field's offset never equals a PC's. */
#define FIRST_STUB_WORD 32
/* Stubs begin at multiples of 16 bytes: cores fetch by 8 and more, and emulators find what begins there sooner. */
#define STUB_ALIGN 4
_Static_assert(offsetof(struct state_page, unused) <= 4 * FIRST_STUB_WORD + 8, "a state field out of a stub's reach");
#define PAGE_WORDS 1024
_Static_assert(XLATE_SITES_PER_PAGE * sizeof(struct stub_site) <= 4096, "the sites of a page are in one page");
/* A site's branch must reach any stub of the arena and back. */
#define REACH_MIB 30

static uint32_t page_va(const struct arena *a, unsigned i)
{
    return (a->mib << 20) + (2 * i + 1) * 4096;
}

struct arena_page *arena_page_at(struct xlate *x, uint32_t va)
{
    struct arena *a = xlate_arena_at(x, va);
    unsigned page = BITS(va, 19, 12);

    return a && (page & 1) ? &a->pages[page >> 1] : NULL;
}

static bool in_reach(uint32_t mib, uint32_t other)
{
    int32_t distance = sign_extend((mib - other) & 0xfff, 12); /* branches wrap */

    return distance >= -REACH_MIB && distance <= REACH_MIB;
}

static void set_entry(struct arena *a, unsigned page, uint32_t entry)
{
    a->l2[page] = entry;
    arch_clean_entry(&a->l2[page]);
}

static bool arena_build(struct xlate *x, struct arena *a, uint32_t mib)
{
    uint32_t *l2 = pool_page_alloc();

    if (!l2)
        return false;
    memset(a, 0, sizeof(*a));
    memset(l2, 0, 4096);
    a->mib = mib;
    a->l2 = l2;
    a->stub_page = -1;
    for (unsigned i = 0; i <= 2 * XLATE_ARENA_PAGES; i += 2)
        set_entry(a, i, x->ops->state_entry(pool_hpa(x->state)));
    x->arena_of_mib[mib] = (uint8_t)(a - x->arenas + 1);
    return true;
}

/* Is code translated in place there? */
static bool in_place_at(const struct xlate *x, uint32_t mib)
{
    for (unsigned i = 0; i < ARRAY_SIZE(x->by_gva); i++) {
        for (const struct xpage *p = x->by_gva[i]; p; p = p->next_gva) {
            if (!p->alt && p->va >> 20 == mib)
                return true;
        }
    }
    return false;
}

static bool may_hold_arena(const struct xlate *x, uint32_t mib)
{
    return mib && !x->arena_of_mib[mib] && !in_place_at(x, mib) && x->ops->mib_free(x->ctx, mib);
}

#define MIB_CODE_MAX 2

/* How likely is it that the guest runs code whose translations would be entered there?  Its branches to
 * such code would meet stubs. */
static unsigned code_entered(const struct xlate *x, uint32_t mib)
{
    return x->ops->mib_code ? x->ops->mib_code(x->ctx, (mib - (XLATE_D >> 20)) & 0xfff) : 0;
}

/* The last MiB within reach above it in which translations of code that was seen would be. */
static uint32_t last_code_mib(const struct xlate *x, uint32_t mib)
{
    uint32_t last = mib;

    for (uint32_t next = mib + 1; next < mib + REACH_MIB && next < 4096; next++) {
        if (code_entered(x, next) == MIB_CODE_MAX)
            last = next;
    }
    return last;
}

/* A place for an arena around 'base', in reach of 'from', where guest code is no likelier than that; or 0. */
static uint32_t free_mib(const struct xlate *x, uint32_t base, uint32_t from, unsigned code)
{
    for (unsigned i = 0; i < 2 * REACH_MIB; i++) {
        int32_t step = (int32_t)((i / 2 + 20) % REACH_MIB);
        uint32_t mib = (base + (uint32_t)(i & 1 ? step : -step)) & 0xfff;

        if (mib != from && in_reach(mib, from) && code_entered(x, mib) <= code && may_hold_arena(x, mib))
            return mib;
    }
    return 0;
}

/* A new arena near va: well below the code around it first, since code grows upwards and wants its own place; if
 * possible where no code of the guest is entered. */
static struct arena *arena_create(struct xlate *x, uint32_t va)
{
    uint32_t base = last_code_mib(x, va >> 20);
    struct arena *a = NULL;

    for (unsigned i = 0; i < XLATE_MAX_ARENAS && !a; i++) {
        if (!x->arenas[i].mib)
            a = &x->arenas[i];
    }
    for (unsigned i = 0; a && i < (MIB_CODE_MAX + 1) * 2; i++) {
        uint32_t mib = free_mib(x, i & 1 ? va >> 20 : base, va >> 20, i / 2);

        if (mib)
            return arena_build(x, a, mib) ? a : NULL;
    }
    return NULL;
}

static int free_page(const struct arena *a)
{
    if (a->used_pages == XLATE_ARENA_PAGES)
        return -1;
    for (int i = 0; i < XLATE_ARENA_PAGES; i++) {
        if (a->pages[i].kind == ARENA_FREE)
            return i;
    }
    return -1;
}

static struct arena *arena_near(struct xlate *x, uint32_t va, bool need_page)
{
    for (unsigned i = 0; i < XLATE_MAX_ARENAS; i++) {
        struct arena *a = &x->arenas[i];

        bool room = a->used_pages < XLATE_ARENA_PAGES || (!need_page && a->stub_page >= 0);

        if (a->mib && in_reach(a->mib, va >> 20) && room)
            return a;
    }
    return arena_create(x, va);
}

/* Takes a free page of the arena and a pool page for it. */
static int take_page(struct xlate *x, struct arena *a, enum arena_page_kind kind)
{
    int i = free_page(a);
    struct arena_page *page;

    if (i < 0)
        return -1;
    page = &a->pages[i];
    page->words = pool_page_alloc();
    if (!page->words)
        return -1;
    page->kind = kind;
    a->used_pages++;
    page->site_count = 0;
    page->used_words = FIRST_STUB_WORD;
    set_entry(a, 2 * (unsigned)i + 1, x->ops->code_entry(pool_hpa(page->words)));
    x->stats.arena_pages++;
    return i;
}

static bool new_stub_page(struct xlate *x, struct arena *a)
{
    struct stub_site *sites;
    int i;

    a->stub_page = -1;
    sites = pool_page_alloc();
    if (!sites)
        return false;
    i = take_page(x, a, ARENA_STUBS);
    if (i < 0) {
        pool_page_free(sites);
        return false;
    }
    a->pages[i].sites = sites;
    a->stub_page = i;
    /* what is not a stub yet must not run: fill with exit words */
    for (unsigned w = 0; w < PAGE_WORDS; w++)
        a->pages[i].words[w] = a32_svc(CC_AL, A32_UNDEF);
    arch_sync_code(a->pages[i].words, 4096);
    return true;
}

/* The page that takes the next stub near va, with room for one, or NULL. */
static struct arena_page *stub_room(struct xlate *x, uint32_t va, uint32_t *page_va_out)
{
    for (unsigned attempt = 0; attempt < 2; attempt++) {
        struct arena *a = arena_near(x, va, false);
        struct arena_page *page;

        if (!a || (a->stub_page < 0 && !new_stub_page(x, a)))
            return NULL;
        page = &a->pages[a->stub_page];
        if (page->used_words + STUB_ALIGN - 1 + TRACE_MAX_WORDS > PAGE_WORDS ||
            page->site_count + TRACE_MAX_SITES > XLATE_SITES_PER_PAGE) {
            if (!new_stub_page(x, a))
                continue; /* that arena is full: another */
            page = &a->pages[a->stub_page];
        }
        *page_va_out = page_va(a, (unsigned)a->stub_page);
        return page;
    }
    return NULL;
}

uint32_t arena_stub(struct xlate *x, struct xpage *p, unsigned index, struct stub_code *code)
{
    uint32_t va = 0, word;
    struct arena_page *page = stub_room(x, p->va, &va);
    struct stub_literal literals[STUB_MAX_LITERALS];
    struct stub_writer w;

    if (!page)
        return 0;
    page->used_words = (uint16_t)ALIGN_UP(page->used_words, STUB_ALIGN);
    w = (struct stub_writer){
        .words = page->words + page->used_words,
        .va = va + page->used_words * 4u,
        .page_off = page->used_words * 4u,
        .sites = page->sites + page->site_count,
        .literals = literals,
        .x = x,
        .in_place = !p->alt,
        .lazy_dacr = !x->no_lazy_dacr,
        .midr = x->midr,
        .ctr = x->ctr,
        .tlbi_queue = !x->no_tlbi_queue,
    };
    code->pc = p->gva.v + 4 * index;
    code->entry = p->va + 4 * index;
    code->in_place = !p->alt;
    word = stub_emit(&w, code);
    if (!word)
        return 0;
    if (w.site_count > 1)
        p->traced |= BIT(index / 32);
    CHECK(w.count <= TRACE_MAX_WORDS && w.site_count <= TRACE_MAX_SITES);
    arch_sync_code(w.words, 4 * w.count);
    page->site_count = (uint16_t)(page->site_count + w.site_count);
    page->used_words = (uint16_t)(page->used_words + w.count);
    return word;
}

/*
 * Stubs that do not depend on where they are entered from, and so are shared: those of BL in place by all of its
 * target, and of BX LR by all.  What was interrupted in one is finished (unwind.c).
 */
#define RETURN 1u /* no BL's target */

/* sub lr,lr,#D; b target, or add lr,lr,lr,lsl #31; add pc,lr,#D */
static void shared_words(uint32_t va, uint32_t target, uint32_t words[2])
{
    words[0] = target == RETURN ? a32_add_lsl31(R_LR, R_LR, R_LR) : a32_sub_imm(R_LR, R_LR, XLATE_D_IMM12);
    words[1] = target == RETURN ? a32_add_imm(R_PC, R_LR, XLATE_D_IMM12) : a32_b(CC_AL, va + 4, target);
}

/* Where the stub is noted, or NULL without memory. */
static uint32_t *shared_slot(struct xlate *x, uint32_t target)
{
    uint32_t hash = target * 0x9e3779b1u;
    uint32_t **page = &x->shared[hash >> 28];

    _Static_assert(XLATE_SHARED_PAGES == 16, "bits 31:28 tell the page");
    if (!*page) {
        *page = pool_page_alloc();
        if (!*page)
            return NULL;
        memset(*page, 0, 4096);
    }
    return &(*page)[BITS(hash, 27, 18)];
}

/* Is it still that target's?  The other words were. */
static bool is_shared_stub(struct xlate *x, uint32_t va, uint32_t target)
{
    uint32_t words[2];

    if (!va)
        return false;
    shared_words(va, target, words);
    return arena_page_at(x, va)->words[BITS(va, 11, 2) + 1] == words[1];
}

static uint32_t make_shared_stub(struct xlate *x, struct xpage *p, uint32_t target)
{
    uint32_t va = 0, *words;
    struct arena_page *page = stub_room(x, p->va, &va);
    unsigned at;

    if (!page)
        return 0;
    at = ALIGN_UP(page->used_words, 2);
    va += 4 * at;
    if (target != RETURN && !a32_b_reaches(va + 4, target))
        return 0;
    words = page->words + at;
    shared_words(va, target, words);
    arch_sync_code(words, 8);
    page->sites[page->site_count++] = (struct stub_site){
        .start = (uint16_t)at, .kind = target == RETURN ? STUB_RETURN : STUB_CALL, .ra = R_NONE };
    page->used_words = (uint16_t)(at + 2);
    return va;
}

uint32_t arena_shared(struct xlate *x, struct xpage *p, unsigned index, uint32_t insn)
{
    bool call = (insn & 0x0f000000u) == 0x0b000000u;
    uint32_t entry = p->va + 4 * index, target = call ? branch_target(insn, p->gva.v + 4 * index) : RETURN;
    uint32_t *slot = shared_slot(x, target), word;

    if (!slot)
        return 0;
    if (!is_shared_stub(x, *slot, target) || !a32_b_reaches(entry, *slot))
        *slot = make_shared_stub(x, p, target);
    if (!*slot || !a32_b_reaches(entry, *slot))
        return 0;
    word = a32_b(insn >> 28, entry, *slot);
    return call ? word | BIT(24) : word;
}

void arena_alt_alloc(struct xlate *x, struct xpage *p)
{
    struct arena *a = arena_near(x, p->gva.v + XLATE_D, true);
    int i = a ? take_page(x, a, ARENA_ALT) : -1;

    if (i < 0)
        return;
    a->pages[i].alt = p;
    p->words = a->pages[i].words;
    p->va = page_va(a, (unsigned)i);
}

void arena_alt_free(struct xlate *x, struct xpage *p)
{
    struct arena *a = xlate_arena_at(x, p->va);
    unsigned i = BITS(p->va, 19, 12) >> 1;

    CHECK(a && a->pages[i].alt == p);
    set_entry(a, 2 * i + 1, 0);
    pool_page_free(a->pages[i].words);
    memset(&a->pages[i], 0, sizeof(a->pages[i]));
    a->used_pages--;
    x->stats.arena_pages--;
}

void arena_flush(struct xlate *x)
{
    for (unsigned i = 0; i < XLATE_SHARED_PAGES; i++) {
        if (x->shared[i])
            pool_page_free(x->shared[i]);
        x->shared[i] = NULL;
    }
    for (unsigned i = 0; i < XLATE_MAX_ARENAS; i++) {
        struct arena *a = &x->arenas[i];

        if (!a->mib)
            continue;
        for (unsigned page = 0; page < XLATE_ARENA_PAGES; page++) {
            if (a->pages[page].words)
                pool_page_free(a->pages[page].words);
            if (a->pages[page].sites)
                pool_page_free(a->pages[page].sites);
            x->ops->unmap(x->ctx, page_va(a, page));
        }
        pool_page_free(a->l2);
        x->arena_of_mib[a->mib] = 0;
        a->mib = 0;
    }
    x->stats.arena_pages = 0;
}
