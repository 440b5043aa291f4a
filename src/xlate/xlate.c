/* Translations: pages, where they live, and their end.  Arenas are in arena.c. */
#include "xlate/xlate.h"

#include <string.h>

#include "arch/arch.h"
#include "core/pool.h"
#include "lib/bits.h"
#include "lib/check.h"
#include "xlate/arena.h"
#include "xlate/emit.h"
#include "xlate/stubs.h"
#include "xlate/thumb.h"

#define PAGE_WORDS 1024u
/* Stubs made at once: what comes back from a call goes on to the next. */
#define MAKE_AHEAD 4
_Static_assert(PAGE_WORDS / XLATE_BLOCK <= 8, "xpage.pending has a bit for each");

static unsigned hash_page(uint32_t addr)
{
    uint32_t page = addr >> 12;

    return (page ^ (page >> 9)) & 511;
}

void xlate_init(struct xlate *x, const struct xlate_ops *ops, void *ctx, struct state_page *state,
                gpa_t ram_base, uint32_t ram_pages, uint8_t *page_bits)
{
    memset(x, 0, sizeof(*x));
    x->ops = ops;
    x->ctx = ctx;
    x->state = state;
    x->ram_base = ram_base.v;
    x->ram_pages = ram_pages;
    x->page_bits = page_bits;
    a32_init();
}

static void set_page_bit(struct xlate *x, uint32_t addr, bool value)
{
    uint32_t i = (addr - x->ram_base) >> 12;

    if (i >= x->ram_pages)
        return;
    if (value)
        x->page_bits[i >> 3] |= (uint8_t)BIT(i & 7);
    else
        x->page_bits[i >> 3] &= (uint8_t)~BIT(i & 7);
}

/* Descriptors of translated pages come from pool pages, carved as needed. */
static struct xpage *xpage_alloc(struct xlate *x)
{
    struct xpage *p = x->free_xpages;

    if (!p) {
        struct xpage *block = pool_page_alloc();

        if (!block)
            return NULL;
        for (unsigned i = 0; i < 4096 / sizeof(*block); i++) {
            block[i].next_gva = x->free_xpages;
            x->free_xpages = &block[i];
        }
        p = x->free_xpages;
    }
    x->free_xpages = p->next_gva;
    memset(p, 0, sizeof(*p));
    return p;
}

static void xpage_free(struct xlate *x, struct xpage *p)
{
    p->next_gva = x->free_xpages;
    x->free_xpages = p;
}

struct xpage *xlate_find(struct xlate *x, gva_t gva_page, gpa_t gpa_page, bool thumb)
{
    struct xpage *p = x->by_gva[hash_page(gva_page.v)];

    while (p && (p->gva.v != gva_page.v || p->gpa.v != gpa_page.v || p->thumb != thumb))
        p = p->next_gva;
    return p;
}

/* MCR of TTBR0 or CONTEXTIDR: op1 is 0 in both. */
static bool writes_space(uint32_t insn)
{
    uint32_t reg = insn & 0x001f00ef;

    return (reg == 0x00020000 || reg == 0x000d0020) && BITS(insn, 15, 12) != 15;
}

uint32_t xlate_cp15_exit(uint32_t cc, uint32_t insn)
{
    uint32_t word = XLATE_SVC_CP15 | BITS(insn, 15, 12) << 6 | BITS(insn, 7, 5) << 10 | BITS(insn, 3, 0) << 13 |
                    BITS(insn, 19, 16) << 17 | BITS(insn, 20, 20) << 21;

    return a32_svc(cc, word | (writes_space(insn) ? XLATE_SVC_SPACE : 0));
}

uint32_t xlate_exit(uint32_t insn, enum a32_class class, const struct a32_row *row)
{
    uint32_t cc = insn >> 28;

    if (insn == A32_MOVS_PC_LR)
        return a32_svc(CC_AL, XLATE_SVC_ERET);
    if (a32_pc_operands(insn, row) && !a32_class_sensitive(class))
        class = A32_PC_OPERAND;
    if (class == A32_CP15_64 && BITS(insn, 15, 12) != 15 && BITS(insn, 19, 16) != 15)
        return a32_svc(cc, XLATE_SVC_CP15_64 | BITS(insn, 15, 12) << 6 | BITS(insn, 19, 16) << 10 |
                               BITS(insn, 3, 0) << 14 | BITS(insn, 7, 4) << 18 | BITS(insn, 20, 20) << 22);
    if (class == A32_CP15 && BITS(insn, 23, 21) == 0)
        return xlate_cp15_exit(cc, insn);
    return a32_svc(cc == 15 ? CC_AL : cc, class);
}

/* Instructions that become one other instruction, in place.  0: none does. */
static uint32_t replace_cp15(uint32_t insn, bool no_tlbi_queue)
{
    uint32_t crn = BITS(insn, 19, 16), crm = BITS(insn, 3, 0), op1 = BITS(insn, 23, 21), op2 = BITS(insn, 7, 5);
    bool read = insn & BIT(20);
    uint32_t nop = (insn & 0xf0000000u) | (A32_NOP & 0x0fffffffu);

    if (op1 != 0 || BITS(insn, 15, 12) == 15)
        return 0;
    if (crn == 13 && crm == 0) {
        /* The guest kernel's TPIDRURO is held in the hardware's TPIDRURW, its TPIDRPRW in the
         * hardware's TPIDRURO: what User mode may do with those is just what is needed. */
        if (op2 == 3)
            return (insn & ~0xe0u) | 2u << 5;
        if (op2 == 4 && read)
            return (insn & ~0xe0u) | 3u << 5;
        return 0;
    }
    if (crn != 7 || read)
        return 0;
    /* Data cache maintenance: memory is coherent for a VM without DMA.  Barriers may
     * execute in User mode (B3.15.7). */
    if ((crm == 6 && (op2 == 1 || op2 == 2)) || (crm == 10 && (op2 == 1 || op2 == 2)) ||
        (crm == 11 && op2 == 1) || (crm == 14 && (op2 == 1 || op2 == 2)))
        return nop;
    if (crm == 5 && (op2 == 6 || op2 == 7)) /* branch predictor: invisible */
        return nop;
    if ((crm == 10 && (op2 == 5 || (op2 == 4 && no_tlbi_queue))) || (crm == 5 && op2 == 4))
        return insn;
    return 0;
}

/* MSR APSR_<nzcvq,g>: only flags, the same in every mode (A8.8.111). */
static bool msr_flags_only(uint32_t insn)
{
    return BITS(insn, 17, 16) == 0;
}

/* Instructions that reach system registers, by stubs of sysstubs.c. */
static bool system_class(enum a32_class class)
{
    return class == A32_SPSR || class == A32_USR_REGS || class == A32_CP15 || class == A32_VFP_SYS ||
           class == A32_UNPRIV;
}

bool xlate_may_stub(const struct xlate *x, enum a32_class class)
{
    return !(x->no_system_stubs && system_class(class));
}

static inline uint32_t place_word(const struct xlate *x, const struct xpage *p, uint32_t insn, enum a32_class class,
                                  const struct a32_row *row)
{
    switch (class) {
    case A32_COPY:
    case A32_NEON: return insn;
    case A32_BARRIER: return x->no_tlbi_queue ? insn : 0;
    case A32_DP_IMM:
    case A32_DP_REG:
    case A32_LDST: return a32_pc_operands(insn, row) ? 0 : insn;
    case A32_B: return p->alt ? 0 : insn;
    case A32_MSR_CPSR: return msr_flags_only(insn) ? insn : 0;
    case A32_CP15: return replace_cp15(insn, x->no_tlbi_queue);
    default: return 0;
    }
}

uint32_t xlate_place(const struct xlate *x, const struct xpage *p, uint32_t insn, enum a32_class class,
                     const struct a32_row *row)
{
    return place_word(x, p, insn, class, row);
}

/* A stub, or an exit where there is no stub form or no room.  behind_call: see struct stub_code. */
static uint32_t make_word(struct xlate *x, struct xpage *p, unsigned index, const uint32_t *code, unsigned count,
                          unsigned *behind_call)
{
    const struct a32_row *row = a32_decode(code[0]);
    struct stub_code from = { .x = x, .p = p, .words = code, .count = x->traces ? count : 1, .row = row,
                              .class = a32_classify(code[0], row) };
    uint32_t word = 0;

    if (xlate_may_stub(x, from.class))
        word = arena_stub(x, p, index, &from);
    x->stats.sites++;
    *behind_call = word ? from.behind_call : 0;
    return word ? word : xlate_exit(code[0], from.class, row);
}

static uint32_t lazy_word(uint32_t insn)
{
    return a32_svc(insn >> 28 == 15 ? CC_AL : insn >> 28, XLATE_SVC_LAZY);
}

static bool is_bl(uint32_t insn) { return (insn & 0x0f000000u) == 0x0b000000u && insn < 0xf0000000u; }
static bool is_bx_lr(uint32_t insn) { return (insn & 0x0fffffffu) == 0x012fff1eu && insn < 0xf0000000u; }
static bool is_pop_pc(uint32_t insn) { return (insn & 0x0fff8000u) == 0x08bd8000u && insn < 0xf0000000u; }

/* The end of a function, as most are. */
static bool returns(uint32_t insn)
{
    return insn >> 28 == CC_AL && (is_bx_lr(insn) || is_pop_pc(insn));
}

/*
 * What most code does most is there at once, since an exit costs more than a stub that is never used: calls and
 * BX LR, which share stubs, and POP to the PC while memory is plenty.  What else needs one gets it when it executes.
 */
static uint32_t stub_later(struct xlate *x, struct xpage *p, unsigned index, uint32_t insn)
{
    unsigned behind_call;
    uint32_t word = 0;

    if (x->traces && !p->alt && (is_bl(insn) || is_bx_lr(insn)))
        word = arena_shared(x, p, index, insn);
    else if (x->traces && is_pop_pc(insn) && pool_pages_free() > pool_pages_total() / 4)
        word = make_word(x, p, index, &insn, 1, &behind_call);
    return word ? word : lazy_word(insn);
}

/* What the quick answers do not tell. */
static uint32_t translate_other(struct xlate *x, struct xpage *p, unsigned index, const uint32_t *code, unsigned count)
{
    const struct a32_row *row;
    uint32_t insn = code[0], word;
    unsigned behind_call;

    if (a32_plain_more(insn, a32_quick_ones(insn)))
        return insn;
    row = a32_decode(insn);
    word = place_word(x, p, insn, a32_classify(insn, row), row);
    if (word)
        return word;
    if (x->lazy_stubs)
        return stub_later(x, p, index, insn);
    return make_word(x, p, index, code, count < XLATE_TRACE ? count : XLATE_TRACE, &behind_call);
}

/* The word for code[0]; there may be more of it, as far as it is known. */
static inline uint32_t translate_word(struct xlate *x, struct xpage *p, unsigned index, const uint32_t *code,
                                      unsigned count)
{
    uint32_t insn = code[0], ones = a32_quick_ones(insn), quick = a32_quick[BITS(insn, 27, 20)];

    if (!(quick & ones))
        return insn;
    if (insn < 0xf0000000u) {
        if (quick == A32_QUICK_NOT) {
            quick = a32_quick_low[a32_index(insn)];
            if (!(quick & ones))
                return insn;
        }
        if ((quick & A32_QUICK_B) && !p->alt)
            return insn;
        if ((!(quick & A32_QUICK_NOT) || (quick & A32_QUICK_SENSITIVE)) && x->lazy_stubs)
            return stub_later(x, p, index, insn);
    }
    return translate_other(x, p, index, code, count);
}

/* Words first to first + count - 1 of the page; 'source' begins with the first. */
static void translate_words(struct xlate *x, struct xpage *p, unsigned first, unsigned count, const uint32_t *source)
{
    uint32_t *words = p->words + first;

#pragma GCC unroll 4
    for (unsigned i = 0; i < count; i++)
        words[i] = translate_word(x, p, first + i, &source[i], count - i);
    arch_sync_code(words, 4 * count);
}

static bool is_pending(const struct xpage *p, unsigned index)
{
    return p->pending & BIT(index / XLATE_BLOCK);
}

/* The block of the word that executes. */
static void translate_block(struct xlate *x, struct xpage *p, unsigned index)
{
    unsigned block = index / XLATE_BLOCK;
    uint32_t source[XLATE_BLOCK];

    if (!x->ops->read_words(x->ctx, p->gpa, block * XLATE_BLOCK, source, XLATE_BLOCK))
        return;
    /* Emulators follow each write to code that they know.  Of a block, 1 KiB as QEMU's pages are, they know this. */
    *(volatile uint32_t *)&p->words[index] = lazy_word(0xe0000000u);
    translate_words(x, p, block * XLATE_BLOCK, XLATE_BLOCK, source);
    p->pending &= (uint8_t)~BIT(block);
}

/* Nothing is, yet: much of a page of code never executes. */
static void translate_later(struct xpage *p)
{
    static uint32_t lazy[PAGE_WORDS];

    for (unsigned i = 0; !lazy[PAGE_WORDS - 1] && i < PAGE_WORDS; i++)
        lazy[i] = lazy_word(0xe0000000u);
    memcpy(p->words, lazy, sizeof(lazy));
    arch_sync_code(p->words, sizeof(lazy));
    p->pending = 0xff;
}

static bool is_lazy(uint32_t word)
{
    return (word & 0x0f0000ffu) == (0x0f000000u | XLATE_SVC_LAZY);
}

void xlate_make(struct xlate *x, struct xpage *p, unsigned index, const uint32_t *code, unsigned count)
{
    if (is_pending(p, index)) {
        translate_block(x, p, index);
        return;
    }
    for (unsigned i = 0, made = 0; i < count && made < MAKE_AHEAD; made++) {
        unsigned n = count - i < XLATE_TRACE ? count - i : XLATE_TRACE, behind_call;

        p->words[index + i] = make_word(x, p, index + i, &code[i], n, &behind_call);
        arch_sync_code(&p->words[index + i], 4);
        if (!behind_call)
            return;
        for (i += behind_call; i < count && !is_lazy(p->words[index + i]); i++) {
            if (code[i] >> 24 == 0xea || returns(code[i]))
                return;
        }
        if (i < count && is_pending(p, index + i))
            return;
    }
}

struct xpage *xlate_page_at(struct xlate *x, uint32_t va, const uint32_t *words)
{
    struct arena_page *page = arena_page_at(x, va);
    struct xpage *p;

    if (page)
        return page->kind == ARENA_ALT ? page->alt : NULL;
    for (p = x->by_gva[hash_page(va - XLATE_D)]; p; p = p->next_gva) {
        if (p->words == words && !p->thumb)
            return p;
    }
    return NULL;
}

static void link_page(struct xlate *x, struct xpage *p)
{
    struct xpage **gva_head = &x->by_gva[hash_page(p->gva.v)], **gpa_head = &x->by_gpa[hash_page(p->gpa.v)];

    p->next_gva = *gva_head;
    *gva_head = p;
    p->next_gpa = *gpa_head;
    *gpa_head = p;
    set_page_bit(x, p->gpa.v, true);
    x->stats.pages++;
}

struct xpage *xlate_get(struct xlate *x, gva_t gva_page, gpa_t gpa_page, bool in_place)
{
    static uint32_t source[PAGE_WORDS];
    struct xpage *p = xlate_find(x, gva_page, gpa_page, false);

    if (p)
        return p;
    if (!x->lazy_stubs && !x->ops->read_page(x->ctx, gpa_page, source))
        return NULL;
    p = xpage_alloc(x);
    if (!p)
        return NULL;
    p->gva = gva_page;
    p->gpa = gpa_page;
    p->alt = !in_place;
    if (in_place) {
        p->va = gva_page.v + XLATE_D;
        p->words = pool_page_alloc();
    } else {
        arena_alt_alloc(x, p);
    }
    if (!p->words) {
        xpage_free(x, p);
        return NULL;
    }
    if (x->lazy_stubs)
        translate_later(p);
    else
        translate_words(x, p, 0, PAGE_WORDS, source);
    link_page(x, p);
    return p;
}

struct xpage *xlate_get_thumb(struct xlate *x, gva_t gva_page, gpa_t gpa_page)
{
    struct xpage *p = xlate_find(x, gva_page, gpa_page, true);

    if (p)
        return p;
    p = xpage_alloc(x);
    if (!p)
        return NULL;
    p->gva = gva_page;
    p->gpa = gpa_page;
    p->alt = p->thumb = true;
    if (!thumb_alloc(x, p)) {
        xpage_free(x, p);
        return NULL;
    }
    link_page(x, p);
    return p;
}

static void unlink_gva(struct xlate *x, struct xpage *p)
{
    struct xpage **link = &x->by_gva[hash_page(p->gva.v)];

    while (*link != p)
        link = &(*link)->next_gva;
    *link = p->next_gva;
}

unsigned xlate_invalidate(struct xlate *x, gpa_t page)
{
    struct xpage **link = &x->by_gpa[hash_page(page.v)];
    unsigned count = 0;

    while (*link) {
        struct xpage *p = *link;

        if (p->gpa.v != page.v) {
            link = &p->next_gpa;
            continue;
        }
        *link = p->next_gpa;
        unlink_gva(x, p);
        if (p->thumb)
            thumb_free(x, p);
        else if (p->alt)
            arena_alt_free(x, p);
        else
            pool_page_free(p->words);
        x->ops->unmap(x->ctx, p->va);
        xpage_free(x, p);
        x->stats.pages--;
        count++;
    }
    set_page_bit(x, page.v, false);
    return count;
}

/* Word i of the page has changed: stubs may go through it from as far before as a trace is long.  Words from
 * 'first' on are those of 'source', others still as in 'old'. */
static void forget_traces(struct xlate *x, struct xpage *p, unsigned i, const uint32_t *old, const uint32_t *source,
                          unsigned first)
{
    unsigned from = i < XLATE_TRACE ? 0 : i - XLATE_TRACE + 1;

    _Static_assert(XLATE_TRACE <= 32, "a trace begins in its last word's 32 or the 32 before");
    if (!(p->traced & (BIT(from / 32) | BIT(i / 32))))
        return;
    for (unsigned j = from; j < i; j++) {
        const uint32_t *insn = j < first ? &old[j] : &source[j];

        if ((p->words[j] & 0x0f000000u) == 0x0a000000u && p->words[j] != *insn && !returns(*insn))
            p->words[j] = translate_word(x, p, j, insn, 1);
    }
}

void xlate_forget_stub(struct xlate *x, struct xpage *p, unsigned index, const uint32_t *words)
{
    unsigned from = index < XLATE_TRACE ? 0 : index - XLATE_TRACE + 1;

    if (is_pending(p, index))
        return;
    p->words[index] = translate_word(x, p, index, &words[index], 1);
    forget_traces(x, p, index, words, words, 0);
    arch_sync_code(&p->words[from], 4 * (index - from + 1));
}

unsigned xlate_resync(struct xlate *x, gpa_t page, const uint32_t *old, const uint32_t *source,
                      unsigned first, unsigned count)
{
    unsigned changed = 0;

    unsigned low = 1024, high = 0;

    for (unsigned i = first; i < first + count; i++) {
        if (old[i] == source[i])
            continue;
        if (++changed == XLATE_REPLACED)
            return changed;
        low = i < low ? i : low;
        high = i;
        for (struct xpage *p = x->by_gpa[hash_page(page.v)]; p; p = p->next_gpa) {
            if (p->gpa.v != page.v || p->thumb)
                continue;
            if (!is_pending(p, i))
                p->words[i] = translate_word(x, p, i, &source[i], 1);
            forget_traces(x, p, i, old, source, first);
        }
    }
    for (struct xpage *p = x->by_gpa[hash_page(page.v)]; p; p = p->next_gpa) {
        if (p->gpa.v == page.v && p->thumb && (changed || p->unwatched))
            thumb_reset(p);
    }
    if (!changed)
        return 0;
    low = low < XLATE_TRACE ? 0 : low - XLATE_TRACE;
    for (struct xpage *p = x->by_gpa[hash_page(page.v)]; p; p = p->next_gpa) {
        if (p->gpa.v == page.v && p->thumb)
            arch_sync_code(p->words, 4096);
        else if (p->gpa.v == page.v)
            arch_sync_code(&p->words[low], 4 * (high - low + 1));
    }
    return changed;
}

void xlate_flush(struct xlate *x)
{
    for (unsigned i = 0; i < ARRAY_SIZE(x->by_gpa); i++) {
        while (x->by_gpa[i])
            xlate_invalidate(x, x->by_gpa[i]->gpa);
    }
    arena_flush(x);
    x->slot.words = NULL;
    x->stats.sites = 0;
}
