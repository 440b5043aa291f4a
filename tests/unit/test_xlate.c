/*
 * Pages of translations: what stands in them, where they go, and that every page of
 * memory comes back.
 */
#include <stdlib.h>
#include <string.h>

#include "core/pool.h"
#include "lib/bits.h"
#include "test.h"
#include "xlate/emit.h"
#include "xlate/arena.h"
#include "xlate/xlate.h"

#define RAM 0x40000000u
#define RAM_PAGES 512u
#define POOL_SIZE (4 * MiB)

static struct xlate xlate;
static struct state_page *state;
static uint32_t ram[RAM_PAGES][1024];
static uint8_t code_bits[RAM_PAGES / 8];
static uint32_t forbidden_mib = 0xffff; /* one that the owner does not give */
static unsigned unmapped;
static bool unreadable;

static bool mib_free(void *ctx, uint32_t mib)
{
    (void)ctx;
    return mib != forbidden_mib;
}

/* Guest mebibytes that hold code, as the owner knows. */
static uint32_t code_from = 1, code_to = 0;
static unsigned code_kind = 2;

static unsigned mib_code(void *ctx, uint32_t mib)
{
    (void)ctx;
    return mib >= code_from && mib <= code_to ? code_kind : 0;
}

static bool read_page(void *ctx, gpa_t page, uint32_t words[1024])
{
    (void)ctx;
    memcpy(words, ram[(page.v - RAM) >> 12], 4096);
    return !unreadable;
}

static uint32_t code_entry(hpa_t page) { return page.v | 2; }
static uint32_t state_entry(hpa_t page) { return page.v | 3; }

static void unmap(void *ctx, uint32_t va)
{
    (void)ctx;
    (void)va;
    unmapped++;
}

static bool read_words(void *ctx, gpa_t page, unsigned first, uint32_t *words, unsigned count)
{
    (void)ctx;
    memcpy(words, &ram[(page.v - RAM) / 4096][first], count * 4);
    return true;
}

static const struct xlate_ops ops = { mib_free, mib_code, read_page, code_entry, state_entry, unmap, read_words };

static uint32_t rnd(void)
{
    static uint32_t x = 7;

    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    return x;
}

static void set_up(void *pool)
{
    pool_init(pool, hpa(0x10000000), POOL_SIZE, 0);
    memset(code_bits, 0, sizeof(code_bits));
    state = pool_page_alloc();
    xlate_init(&xlate, &ops, NULL, state, gpa(RAM), RAM_PAGES, code_bits);
    forbidden_mib = 0xffff;
    for (unsigned p = 0; p < RAM_PAGES; p++) {
        for (unsigned i = 0; i < 1024; i++)
            ram[p][i] = rnd() & 3 ? (rnd() & 0x0fffffff) | 0xe0000000 : rnd();
    }
}

static gpa_t page_gpa(unsigned n) { return gpa(RAM + n * 4096); }

/* A branch from va to a stub that was emitted for this guest address. */
static bool is_stub_branch(uint32_t word, uint32_t va, uint32_t pc, uint32_t cond)
{
    uint32_t target = va + 8 + ((uint32_t)sign_extend(word & 0xffffff, 24) << 2);
    struct arena_page *page = arena_page_at(&xlate, target);
    unsigned index = BITS(target, 11, 2);

    if ((word & 0x0e000000) != 0x0a000000 || word >> 28 != (cond == 15 ? 14 : cond))
        return false;
    if (!page || page->kind != ARENA_STUBS)
        return false;
    for (unsigned i = 0; i < page->site_count; i++) {
        if (page->sites[i].start == index)
            return page->sites[i].guest_pc == pc;
    }
    return false;
}

/* CP15 operations that one harmless instruction does (xlate.c, replace_cp15). */
static bool is_replacement(uint32_t insn, uint32_t word)
{
    if (a32_decode(insn)->class != A32_CP15 || word >> 28 != insn >> 28)
        return false;
    if ((word & 0x0fffffff) == 0x0320f000)
        return BITS(insn, 19, 16) == 7 && !(insn & BIT(20));
    if (word == insn) /* the barriers */
        return (insn & 0x0fff0fff) == 0x0e070f9a || (insn & 0x0fff0fff) == 0x0e070fba ||
               (insn & 0x0fff0fff) == 0x0e070f95;
    return BITS(insn, 19, 16) == 13 &&
           ((word & 0x0fef0fff) == 0x0e0d0f50 || (word & 0x0fff0fff) == 0x0e1d0f70);
}

static bool is_plain(uint32_t insn, bool alt)
{
    const struct a32_row *row = a32_decode(insn);

    switch (a32_classify(insn, row)) {
    case A32_COPY:
    case A32_NEON: return true;
    case A32_DP_IMM:
    case A32_DP_REG:
    case A32_LDST: return !a32_pc_operands(insn, row);
    case A32_B: return !alt;
    case A32_MSR_CPSR: return BITS(insn, 17, 16) == 0;
    default: return false;
    }
}

/* The exit word that holds an MCR or MRC of CP15. */
static bool is_cp15_exit(uint32_t insn, uint32_t word)
{
    return BITS(insn, 23, 21) == 0 && BITS(word, 5, 0) == 0x3f && BITS(word, 9, 6) == BITS(insn, 15, 12) &&
           BITS(word, 12, 10) == BITS(insn, 7, 5) && BITS(word, 16, 13) == BITS(insn, 3, 0) &&
           BITS(word, 20, 17) == BITS(insn, 19, 16) && BITS(word, 23, 21) == BITS(insn, 20, 20);
}

static bool word_ok(const struct xpage *p, unsigned i, uint32_t insn)
{
    uint32_t word = p->words[i], cond = insn >> 28;
    enum a32_class class = a32_classify(insn, a32_decode(insn));
    bool ok;

    if (is_plain(insn, p->alt))
        ok = word == insn;
    else
        ok = is_stub_branch(word, p->va + 4 * i, p->gva.v + 4 * i, cond) || is_replacement(insn, word) ||
             (word >> 24 == ((cond == 15 ? 14 : cond) << 4 | 15) &&
              ((word & 0xffffff) == (uint32_t)class || (class == A32_CP15 && is_cp15_exit(insn, word)) ||
               (class == A32_CP15_64 && BITS(word, 5, 0) == 0x3e) ||
               (insn == A32_MOVS_PC_LR && (word & 0xffffff) == XLATE_SVC_ERET) || (word & 0xffffff) == A32_PC_OPERAND));
    if (!ok)
        printf("  %08x became %08x (%s)\n", insn, word, a32_class_name(class));
    return ok;
}

static bool page_ok(const struct xpage *p)
{
    bool ok = true;

    for (unsigned i = 0; i < 1024 && ok; i++)
        ok = word_ok(p, i, ram[(p->gpa.v - RAM) >> 12][i]);
    return ok;
}

static void test_words(void)
{
    bool ok = true;

    for (unsigned n = 0; n < 40; n++) {
        struct xpage *p = xlate_get(&xlate, gva(0xc0000000 + n * 4096), page_gpa(n), !(n & 1));

        ok &= p && p->alt == (n & 1) && page_ok(p);
        ok &= p && (p->alt ? xlate_arena_at(&xlate, p->va) != NULL : p->va == p->gva.v + XLATE_D);
    }
    report(ok, "random pages, in place and displaced: plain words stay, others branch or exit");
    report(xlate_page_has_code(&xlate, gpa(RAM + 0x5123)) && !xlate_page_has_code(&xlate, page_gpa(40)) &&
               !xlate_page_has_code(&xlate, gpa(0)),
           "translated pages are known");
    report(xlate_get(&xlate, gva(0xc0000000), page_gpa(0), true) ==
               xlate_find(&xlate, gva(0xc0000000), page_gpa(0), false),
           "found again");
    report(!xlate_find(&xlate, gva(0xc0001000), page_gpa(0), false), "by both addresses");
}

static bool is_lazy(const struct xpage *p, unsigned i)
{
    return (p->words[i] & 0x0fffffff) == (0x0f000000 | XLATE_SVC_LAZY);
}

/* Blocks are translated when a word of them executes, and stubs made when theirs does. */
static void test_lazy(void)
{
    struct xpage *p;
    uint32_t old[1024];
    bool ok = true;

    xlate.lazy_stubs = true;
    p = xlate_get(&xlate, gva(0xc0200000), page_gpa(50), true);
    for (unsigned i = 0; i < 1024; i++)
        ok &= is_lazy(p, i) && p->words[i] >> 28 == 14;
    report(ok, "lazy: all of a new page exits");
    xlate_make(&xlate, p, 5, &ram[50][5], 1);
    for (unsigned i = 0; i < 1024; i++)
        ok &= i < XLATE_BLOCK ? is_lazy(p, i) != is_plain(ram[50][i], false) || is_replacement(ram[50][i], p->words[i])
                              : is_lazy(p, i);
    report(ok, "lazy: a block is translated, but for stubs");
    memcpy(old, ram[50], 4096);
    ram[50][1] = ram[50][1000] = 0xe1a00000;
    report(xlate_resync(&xlate, page_gpa(50), old, ram[50], 0, 1024) == 2 && p->words[1] == ram[50][1] &&
               is_lazy(p, 1000),
           "lazy: resync leaves what is not translated");
    for (unsigned i = 0; i < 1024; i++) {
        for (unsigned n = 0; n < 2 && is_lazy(p, i); n++)
            xlate_make(&xlate, p, i, &ram[50][i], 1);
    }
    report(page_ok(p), "lazy: in the end the page is as any");
    xlate.lazy_stubs = false;
}

static void test_invalidation(void)
{
    struct xpage *p;
    uint32_t old[1024];
    unsigned was = unmapped;

    xlate_get(&xlate, gva(0xc0100000), page_gpa(0), true); /* a second mapping */
    report(xlate_invalidate(&xlate, page_gpa(0)) == 2 && unmapped == was + 2, "invalidating: every mapping");
    report(!xlate_page_has_code(&xlate, page_gpa(0)) &&
               !xlate_find(&xlate, gva(0xc0000000), page_gpa(0), false),
           "and it is gone");
    report(xlate_invalidate(&xlate, page_gpa(0)) == 0, "once");
    p = xlate_get(&xlate, gva(0xc0001000), page_gpa(1), false);
    memcpy(old, ram[1], 4096);
    ram[1][5] = 0xe10f0000;
    ram[1][1023] = 0xe12fff1e;
    report(xlate_resync(&xlate, page_gpa(1), old, ram[1], 0, 8) == 1 && word_ok(p, 5, ram[1][5]),
           "resync of a part");
    report(xlate_resync(&xlate, page_gpa(1), old, ram[1], 8, 1016) == 1 && page_ok(p), "and of the rest");
    memcpy(old, ram[1], 4096);
    for (unsigned i = 0; i < XLATE_REPLACED; i++)
        old[4 * i] ^= 1;
    report(xlate_resync(&xlate, page_gpa(1), old, ram[1], 0, 1024) == XLATE_REPLACED,
           "resync stops at what is replaced");
    old[0] ^= 1;
    report(xlate_resync(&xlate, page_gpa(1), old, ram[1], 0, 1024) == XLATE_REPLACED - 1 && page_ok(p),
           "and finishes one word below");
}

/* The word in the arenas that the entry word of instruction i branches to. */
static const uint32_t *stub_at(const struct xpage *p, unsigned i)
{
    uint32_t target = p->va + 4 * i + 8 + ((uint32_t)sign_extend(p->words[i] & 0xffffff, 24) << 2);
    const struct arena_page *page = arena_page_at(&xlate, target);

    return page ? page->words + BITS(target, 11, 2) : NULL;
}

/* A stub that goes through words of the page is made again when one of them changes, and only then. */
static void test_traces(void)
{
    uint32_t *code = ram[2], old[1024], before[1024];
    struct xpage *p, *q;
    bool ok = true;

    for (unsigned i = 0; i < 1024; i++)
        code[i] = 0xe1a00000;
    code[8] = 0xe10f4000;  /* mrs r4, cpsr */
    code[10] = 0xf10c0080; /* cpsid i */
    code[12] = 0xe14f5000; /* mrs r5, spsr */
    code[14] = 0xe12fff1e; /* bx lr */
    code[1022] = 0xe10f4000;
    xlate.traces = xlate.lazy_stubs = true;
    p = xlate_get(&xlate, gva(0xc0302000), page_gpa(2), true);
    q = xlate_get(&xlate, gva(0xc0402000), page_gpa(2), false);
    report(p->words[8] == 0xef000082 && p->words[14] == 0xef000082, "lazy: nothing is made");
    for (unsigned n = 0; n < 2; n++) { /* the block, then the stub */
        xlate_make(&xlate, p, 8, code + 8, XLATE_TRACE);
        xlate_make(&xlate, q, 8, code + 8, XLATE_TRACE);
        xlate_make(&xlate, p, 1022, code + 1022, 2);
    }
    ok = is_stub_branch(p->words[8], p->va + 32, 0xc0302020, 14) && p->words[10] == 0xef000082;
    /* no branch back: it goes through mrs, cpsid, mrs and leaves by bx */
    for (unsigned i = 0; ok && stub_at(p, 8)[i] != 0xe280f000 + (14u << 16 | XLATE_D_IMM12); i++)
        ok = i < 40 && stub_at(p, 8)[i] >> 24 != 0xea;
    report(ok, "a stub goes through the ones that follow");
    for (unsigned changed = 0; changed < 40; changed++) {
        bool covered = changed > 8 && changed < 8 + XLATE_TRACE;

        memcpy(old, code, 4096);
        memcpy(before, p->words, 4096);
        code[changed] = code[changed] == 0xe1a00000 ? 0xe1a01001 : 0xe1a02002;
        ok &= xlate_resync(&xlate, page_gpa(2), old, code, changed & ~7u, 8) == 1;
        ok &= p->words[changed] == code[changed] && q->words[changed] == code[changed];
        if (changed != 8)
            ok &= covered ? p->words[8] == 0xef000082 && q->words[8] == 0xef000082 : p->words[8] == before[8];
        memcpy(code, old, 4096);
        old[changed] ^= 1;
        xlate_resync(&xlate, page_gpa(2), old, code, changed & ~7u, 8);
        xlate_make(&xlate, p, 8, code + 8, XLATE_TRACE);
        xlate_make(&xlate, q, 8, code + 8, XLATE_TRACE);
    }
    report(ok, "and is made again when one of them changes");
    xlate.traces = xlate.lazy_stubs = false;
    xlate_invalidate(&xlate, page_gpa(2));
}

/* Without what depends on where it stands: offsets from the PC and of branches. */
static uint32_t placeless(uint32_t word)
{
    if ((word & 0x0e000000) == 0x0a000000)
        return word & 0xff000000;
    return (word & 0x0e0f0000) == 0x040f0000 ? word & 0xfffff000 : word;
}

/* Do the stubs of word i in two pages, which end with a branch back, do the same? */
static bool same_stub(const struct xpage *p, const struct xpage *q, unsigned i)
{
    const uint32_t *a = stub_at(p, i), *b = stub_at(q, i);
    unsigned n = 0;

    while (a && b && n < 16 && placeless(a[n]) == placeless(b[n]) && a[n] >> 24 != 0xea)
        n++;
    return a && b && n && a[n] >> 24 == 0xea && b[n] >> 24 == 0xea;
}

/* What stands behind a call will execute: its stubs are made with the call's. */
static void test_made_ahead(void)
{
    static const struct { unsigned at; uint32_t insn; bool made; } words[] = {
        { 8, 0xeb000100, true },   /* bl */
        { 10, 0xeb000200, true },  /* bl */
        { 11, 0xe14f5000, true },  /* mrs r5, spsr */
        { 12, 0xe10f6000, false }, /* mrs r6, cpsr: behind no call */
        { 40, 0xeb000100, true },  { 41, 0xea000010, true }, /* b, which is as it is */
        { 42, 0xe10f6000, false }, /* behind the branch */
        { XLATE_BLOCK - 1, 0xeb000100, true },
        { XLATE_BLOCK, 0xe10f7000, false }, /* in a block that is not translated yet */
    };
    uint32_t *code = ram[3];
    struct xpage *p, *q;
    bool made = true, same = true;

    for (unsigned i = 0; i < 1024; i++)
        code[i] = 0xe1a00000;
    for (unsigned i = 0; i < ARRAY_SIZE(words); i++)
        code[words[i].at] = words[i].insn;
    xlate.lazy_stubs = true;
    p = xlate_get(&xlate, gva(0xc0303000), page_gpa(3), true);
    q = xlate_get(&xlate, gva(0xc0403000), page_gpa(3), true);
    xlate_make(&xlate, p, 8, code + 8, 1); /* the block */
    xlate_make(&xlate, q, 8, code + 8, 1);
    xlate_make(&xlate, p, 8, code + 8, XLATE_AHEAD);
    xlate_make(&xlate, p, 40, code + 40, XLATE_AHEAD);
    xlate_make(&xlate, p, XLATE_BLOCK - 1, code + XLATE_BLOCK - 1, XLATE_AHEAD);
    for (unsigned i = 0; i < ARRAY_SIZE(words); i++)
        made &= is_lazy(p, words[i].at) != words[i].made && (!words[i].made || word_ok(p, words[i].at, words[i].insn));
    report(made, "a call's stub is made with those that are sure to follow");
    xlate_make(&xlate, q, 11, code + 11, 1);
    report(is_lazy(q, 10) && same_stub(p, q, 11), "they are what each is when made alone");
    xlate_make(&xlate, q, 12, code + 12, 1);
    same = same_stub(p, q, 12);
    xlate_make(&xlate, p, 12, code + 12, 1);
    report(!same && same_stub(p, q, 12), "and so is one behind them");
    xlate.lazy_stubs = false;
    xlate_invalidate(&xlate, page_gpa(3));
}

/* What the stub at word i exits by, if it has an exit: 0 otherwise. */
static uint32_t exit_of(const struct xpage *p, unsigned i, unsigned *words)
{
    const uint32_t *stub = stub_at(p, i);
    unsigned n = 0;

    while (stub && n < 16 && (stub[n] >> 24 != 0xef || (stub[n] & 0xff) == A32_UNDEF))
        n++;
    *words = n;
    return stub && n < 16 ? stub[n] & 0xfff0ff : 0;
}

static void write_dacr(struct xpage *p, unsigned i, unsigned times, unsigned tight)
{
    for (unsigned n = 0; n < times; n++) {
        if (xlate_dacr_written(&xlate, p->gva.v + 4 * i, n < tight))
            xlate_forget_stub(&xlate, p, i, ram[3]);
        if (is_lazy(p, i))
            xlate_make(&xlate, p, i, &ram[3][i], XLATE_TRACE);
    }
}

/* A stub asks, is tried, and then does as most of the tries did; others of the same slot ask. */
static void test_habits(void)
{
    uint32_t *code = ram[3];
    struct xpage *p;
    unsigned words;
    bool ok;

    for (unsigned i = 0; i < 1024; i++)
        code[i] = 0xe1a00000;
    code[9] = 0xe10f4000; /* mrs r4, cpsr: goes through the next */
    code[10] = code[20 + 24] = 0xee035f10; /* mcr p15, 0, r5, c3, c0, 0 */
    xlate.traces = xlate.lazy_stubs = true;
    p = xlate_get(&xlate, gva(0xc0502000), page_gpa(3), true);
    for (unsigned n = 0; n < 2; n++) {
        xlate_make(&xlate, p, 9, code + 9, XLATE_TRACE);
        xlate_make(&xlate, p, 10, code + 10, XLATE_TRACE);
        xlate_make(&xlate, p, 44, code + 44, XLATE_TRACE);
    }
    ok = exit_of(p, 10, &words) == XLATE_SVC_DACR_TRY && words > 3;
    write_dacr(p, 10, 1, 1);
    ok &= is_lazy(p, 9) && exit_of(p, 10, &words) == XLATE_SVC_DACR_TRY && words == 0;
    report(ok, "habits: the first time that access is taken away it is tried, in every stub that goes through it");
    write_dacr(p, 10, 15, 15);
    report(exit_of(p, 10, &words) == XLATE_SVC_DACR && words == 0, "habits: most of the time: it does not ask");
    write_dacr(p, 44, 16, 8);
    report(exit_of(p, 44, &words) == XLATE_SVC_DACR && words > 3, "habits: half of the time: it asks");
    report(xlate_dacr_habit(&xlate, 0xc0502028) == DACR_TIGHTENS &&
               xlate_dacr_habit(&xlate, 0xc05020b0) == DACR_MIXED && xlate_dacr_habit(&xlate, 0xc0502000) == DACR_NEW,
           "habits are told");
    ok = true;
    for (unsigned i = 0; i < 4096; i++) /* of the same slot as one of them, or of an empty one */
        ok &= xlate_dacr_habit(&xlate, 0xc0600000 + 4 * i) != DACR_TIGHTENS;
    report(ok, "habits: not of another place");
    xlate.traces = xlate.lazy_stubs = false;
    xlate_invalidate(&xlate, page_gpa(3));
}

static void test_arenas(void)
{
    struct arena *a = xlate_arena_at(&xlate, xlate_find(&xlate, gva(0xc0001000), page_gpa(1), false)->va);
    bool ok = true, far_ok = true;
    unsigned arenas = 0;

    for (unsigned i = 0; i <= 2 * XLATE_ARENA_PAGES; i++) {
        uint32_t want = pool_hpa(state).v | 3;

        if (i & 1)
            want = a->pages[i / 2].words ? pool_hpa(a->pages[i / 2].words).v | 2 : 0;
        ok &= a->l2[i] == want;
    }
    report(ok && !a->l2[255], "an arena: aliases of the state page between pages of code");
    for (unsigned n = 0; n < 16; n++) {
        uint32_t va = n * 0x10000000u + (n & 1 ? 0xab00000u : 0x100000u);
        struct xpage *p = xlate_get(&xlate, gva(va), page_gpa(n), true);
        struct xpage *q = xlate_get(&xlate, gva(va), page_gpa(100 + n), false);

        far_ok &= p && q && page_ok(p) && page_ok(q);
        p = xlate_get(&xlate, gva(va + 4096), page_gpa(n), true);
        far_ok &= p && page_ok(p);
    }
    report(far_ok, "stubs in reach all over the address space");
    xlate_flush(&xlate);
    for (unsigned n = 0; n < 120; n++)
        far_ok &= xlate_get(&xlate, gva(0xca200000 + n * 4096), page_gpa(n), true) != NULL;
    for (unsigned i = 0; i < XLATE_MAX_ARENAS; i++)
        arenas += xlate.arenas[i].mib != 0;
    report(far_ok && arenas == 1, "an arena across address 0 is in reach");
}

/* An arena is not put where code runs in place, nor where its owner forbids. */
static void test_arena_places(void)
{
    uint32_t va = 0x20000000;
    bool ok = true;

    xlate_flush(&xlate);
    memset(ram[200], 0, 4096); /* nothing that needs a stub: no arena yet */
    for (unsigned i = 0; i < 60; i++) {
        if (i != 30 && i % 11 != 5)
            ok &= xlate_get(&xlate, gva(va + i * MiB), page_gpa(200), true) != NULL;
    }
    forbidden_mib = ((va + XLATE_D) >> 20) + 16;
    xlate_get(&xlate, gva(va + 30 * MiB), page_gpa(201), true);
    for (unsigned i = 0; i < XLATE_MAX_ARENAS; i++) {
        uint32_t mib = xlate.arenas[i].mib;
        struct xpage *p = xlate_find(&xlate, gva((mib << 20) - XLATE_D), page_gpa(200), false);

        ok &= !mib || (!p && mib != forbidden_mib);
    }
    report(ok, "arenas keep off places in use");
    forbidden_mib = 0xffff;
}

/* Where the one arena of code at va is, in the guest mebibyte that would be entered there; 0: not just one. */
static uint32_t arena_meets(uint32_t va)
{
    uint32_t mib = 0;

    xlate_flush(&xlate);
    ram[202][0] = 0xeb000000; /* bl: a stub */
    xlate_get(&xlate, gva(va), page_gpa(202), true);
    for (unsigned i = 0; i < XLATE_MAX_ARENAS; i++) {
        if (xlate.arenas[i].mib)
            mib = mib ? 0 : xlate.arenas[i].mib - (XLATE_D >> 20);
    }
    return mib;
}

static void test_arena_and_code(void)
{
    bool ok = true;

    ok &= arena_meets(0x40000000) == 0x400 - 20;
    code_from = 0x400 - 25;
    code_to = 0x400 + 25;
    ok &= arena_meets(0x40000000) == 0x400 + 26; /* in reach of all of the code */
    code_from = 0x400 - 31; /* all that is in reach below */
    ok &= arena_meets(0x40000000) == 0x400 + 26;
    code_from = 0x400 - 3; /* below all of it, and still in reach */
    ok &= arena_meets(0x40000000) == 0x400 - 4;
    report(ok, "arenas keep off places where the guest's code would be entered");
    code_from = 0x400 - 31;
    code_to = 0x400 + 31;
    report(arena_meets(0x40000000) == 0x400 + 29 - 20, "but for want of any other they take one");
    code_from = 0x400 - 25;
    code_kind = 1;
    report(arena_meets(0x40000000) == 0x400 - 26, "and off what the guest maps");
    code_kind = 2;
    code_from = 1;
    code_to = 0;
}

/* Fills the pool; returns how many pages there were. */
static unsigned fill_up(bool in_place)
{
    unsigned n = 0;

    while (xlate_get(&xlate, gva(0xc0000000 + n * 4096), page_gpa(n % RAM_PAGES), in_place && n % 3))
        n++;
    return n;
}

static void test_exhaustion(void)
{
    uint32_t free_pages = 0;
    unsigned count = 0;
    bool ok = true;

    for (unsigned round = 0; round < 6; round++) {
        xlate_flush(&xlate);
        if (round == 2) /* page descriptors are kept */
            free_pages = pool_pages_free();
        if (round > 2)
            ok &= pool_pages_free() == free_pages;
        count = fill_up(round & 1);
        ok &= count > 200 && pool_pages_free() < 4;
        ok &= page_ok(xlate_find(&xlate, gva(0xc0000000), page_gpa(0), false));
    }
    report(ok, "a dry pool refuses; a flush gives everything back, again and again");
    for (unsigned n = 0; n < RAM_PAGES; n++)
        xlate_invalidate(&xlate, page_gpa(n));
    report(xlate.stats.pages == 0 && pool_pages_free() > 100, "invalidating every page does, but for stubs");
    xlate_flush(&xlate);
    report(pool_pages_free() == free_pages && xlate.stats.arena_pages == 0, "a flush does altogether");
    for (unsigned i = 0; i < sizeof(code_bits); i++)
        ok &= code_bits[i] == 0;
    report(ok, "no page has code");
    unreadable = true;
    for (unsigned n = 0; n < 1000; n++)
        ok &= !xlate_get(&xlate, gva(0xc0000000), page_gpa(0), true);
    unreadable = false;
    report(ok && pool_pages_free() == free_pages, "a page that cannot be read costs nothing");
}

int main(void)
{
    void *pool = aligned_alloc(16 * KiB, POOL_SIZE);

    set_up(pool);
    test_words();
    test_lazy();
    test_invalidation();
    test_traces();
    test_made_ahead();
    test_habits();
    test_arenas();
    test_arena_places();
    test_arena_and_code();
    test_exhaustion();
    free(pool);
    return test_summary();
}
