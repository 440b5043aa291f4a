/*
 * Keeping translations in step with the code they were made from.
 *
 * A translation may be as stale as an instruction cache: until the guest executes I-cache
 * maintenance for what it wrote (DDI 0406C A3.5.4, B2.2.9).  So that ICIALLU need not look at
 * everything, writes to translated pages are watched: the first one is a fault, which
 * keeps a copy of the page as translated and lets the guest write on.  I-cache
 * maintenance then compares written pages with their copies and translates the words
 * that differ again.
 *
 * Memory that held code is used for other things later: Linux frees the pages of its own
 * initialization.  A page that differs in more than patches of code is not translated any
 * more, and one that no longer changes is watched again; else all of them would
 * be compared at every ICIALLU from then on.
 */
#include <string.h>

#include "arch/arch.h"
#include "core/gmem.h"
#include "core/pool.h"
#include "lib/bits.h"
#include "lib/check.h"
#include "vmm/vmdesc.h"
#include "vmm/vmm.h"

#define DIRTY_MAX 64
#define LINE_WORDS 16 /* CTR.IminLine as the guest reads it */
/* A page written this often mixes code and data: it stays unwatched. */
#define MIXED_AFTER 8
/* Comparisons of such a page without a difference until it is watched again. */
#define QUIET_AFTER 16

struct dirty_page { gpa_t page; uint32_t *copy; uint8_t writes; unsigned quiet; };

static struct { struct dirty_page pages[DIRTY_MAX]; unsigned count, victim; } dirty;
/* Of each page of guest RAM: how often it was written; or, while it is dirty, IS_DIRTY and its place in dirty.pages. */
#define IS_DIRTY 0x80u
static uint8_t *ram_pages;
static uint32_t source[1024];

/* I-cache maintenance exits as long as there is something to compare. */
static void set_count(unsigned count)
{
    dirty.count = count;
    vmm.state->icache_clean = count == 0;
}

void codesync_init(uint8_t *pages)
{
    set_count(0);
    ram_pages = pages;
    fault_forget_code();
}

static uint32_t ram_index(gpa_t page)
{
    return (page.v - vmm.vm.ram_base.v) >> 12;
}

/* NULL for what is not RAM: nothing else is written behind the back of its translations. */
static struct dirty_page *find_dirty(gpa_t page)
{
    uint32_t i = ram_index(page);
    unsigned state = i < vmm.vm.ram_size / 4096 ? ram_pages[i] : 0;

    return state & IS_DIRTY ? &dirty.pages[state & ~IS_DIRTY] : NULL;
}

bool codesync_watched(void *ctx, gpa_t page)
{
    (void)ctx;
    page.v = ALIGN_DOWN(page.v, 4096);
    return xlate_page_has_code(&vmm.xlate, page) && !find_dirty(page);
}

bool codesync_words(gpa_t page, unsigned index, uint32_t *insns, unsigned count)
{
    const struct dirty_page *d = find_dirty(page);

    if (d)
        memcpy(insns, &d->copy[index], 4 * count);
    return d || gmem_read(&vmm.vm, gpa(page.v + 4 * index), insns, 4 * count);
}

static struct xpage *page_at(uint32_t hw_pc)
{
    hpa_t words = shadow_kernel_page(&vmm.shadow, hw_pc);

    return words.v ? xlate_page_at(&vmm.xlate, hw_pc, pool_ptr(words)) : NULL;
}

bool codesync_word_at(uint32_t hw_pc, uint32_t *insn)
{
    const struct xpage *page = page_at(hw_pc);

    return page && codesync_words(page->gpa, BITS(hw_pc, 11, 2), insn, 1);
}

bool codesync_make_stub(uint32_t hw_pc)
{
    struct xpage *page = page_at(hw_pc);
    unsigned index = BITS(hw_pc, 11, 2), count = 1024 - index < XLATE_AHEAD ? 1024 - index : XLATE_AHEAD;
    uint32_t code[XLATE_AHEAD];

    if (!page || !codesync_words(page->gpa, index, code, count))
        return false;
    xlate_make(&vmm.xlate, page, index, code, count);
    return true;
}

bool codesync_forget_stub(uint32_t pc)
{
    struct xpage *page = page_at(pc + XLATE_D);
    unsigned index = BITS(pc, 11, 2), from = index < XLATE_TRACE ? 0 : index - XLATE_TRACE + 1;

    if (!page || !codesync_words(page->gpa, from, &source[from], index - from + 1))
        return false;
    xlate_forget_stub(&vmm.xlate, page, index, source);
    return true;
}

static void place(const struct dirty_page *d)
{
    ram_pages[ram_index(d->page)] = (uint8_t)(IS_DIRTY | (unsigned)(d - dirty.pages));
}

static void forget(struct dirty_page *d)
{
    const struct dirty_page *last = &dirty.pages[dirty.count - 1];

    set_count(dirty.count - 1);
    pool_page_free(d->copy);
    ram_pages[ram_index(d->page)] = d->writes;
    if (d == last)
        return;
    *d = *last;
    place(d);
}

void codesync_drop(gpa_t page)
{
    struct dirty_page *d = find_dirty(page);

    if (d)
        forget(d);
    vmm.vm.stats.xlate_inval += xlate_invalidate(&vmm.xlate, page);
    fault_forget_code();
}

void codesync_flush(void)
{
    while (dirty.count)
        forget(&dirty.pages[0]);
    vmm.vm.stats.xlate_flush++;
    xlate_flush(&vmm.xlate);
    shadow_flush(&vmm.shadow);
    fault_forget_code();
}

void codesync_written(gpa_t page)
{
    struct dirty_page *d;
    uint32_t *copy;

    if (!codesync_watched(NULL, page))
        return;
    vmm.vm.stats.xlate_dirty++;
    copy = pool_page_alloc();
    if (!copy || !gmem_read(&vmm.vm, page, copy, 4096)) {
        if (copy)
            pool_page_free(copy);
        codesync_drop(page);
        return;
    }
    if (dirty.count == DIRTY_MAX)
        codesync_drop(dirty.pages[dirty.victim++ % DIRTY_MAX].page);
    d = &dirty.pages[dirty.count];
    set_count(dirty.count + 1);
    *d = (struct dirty_page){ page, copy, ram_pages[ram_index(page)], 0 };
    d->writes += d->writes < MIXED_AFTER;
    place(d);
}

/* How many words differed. */
static unsigned resync(const struct dirty_page *d, unsigned first, unsigned count)
{
    unsigned changed;

    gmem_read(&vmm.vm, gpa(d->page.v + first * 4), &source[first], count * 4);
    changed = xlate_resync(&vmm.xlate, d->page, d->copy, source, first, count);
    if (changed)
        memcpy(&d->copy[first], &source[first], count * 4);
    vmm.vm.stats.xlate_resync += changed;
    return changed;
}

void codesync_refresh(gpa_t page)
{
    struct dirty_page *d = find_dirty(page);

    if (d && resync(d, 0, 1024) >= XLATE_REPLACED)
        codesync_drop(page);
}

/* Of a page that is not watched any more I-cache maintenance looks for it. */
void codesync_store(gpa_t pa, uint32_t value)
{
    static uint32_t before[1024];
    gpa_t page = gpa(ALIGN_DOWN(pa.v, 4096));
    unsigned index = BITS(pa.v, 11, 2), from = index < XLATE_TRACE ? 0 : index - XLATE_TRACE + 1;

    if (codesync_watched(NULL, page) &&
        gmem_read(&vmm.vm, gpa(page.v + 4 * from), &before[from], 4 * (index - from + 1))) {
        source[index] = value;
        vmm.vm.stats.xlate_resync += xlate_resync(&vmm.xlate, page, before, source, index, 1);
    }
    ((uint32_t *)arch_map_page(gmem_hpa(&vmm.vm, page).v))[index] = value;
}

bool codesync_is_dirty(gpa_t pa)
{
    return find_dirty(gpa(ALIGN_DOWN(pa.v, 4096)));
}

void codesync_icache_line(gpa_t pa)
{
    struct dirty_page *d = find_dirty(gpa(ALIGN_DOWN(pa.v, 4096)));

    if (d)
        resync(d, ALIGN_DOWN(BITS(pa.v, 11, 2), LINE_WORDS), LINE_WORDS);
}

/* A page written often is compared again and again, as long as that finds something. */
static bool stays_unwatched(struct dirty_page *d, unsigned changed)
{
    if (d->writes < MIXED_AFTER)
        return false;
    d->quiet = changed ? 0 : d->quiet + 1;
    if (d->quiet < QUIET_AFTER)
        return true;
    d->writes = 0;
    return false;
}

void codesync_icache_all(void)
{
    for (unsigned i = 0; i < dirty.count;) {
        struct dirty_page *d = &dirty.pages[i];
        gpa_t page = d->page;
        unsigned changed = resync(d, 0, 1024);

        vmm.vm.stats.xlate_compare++;
        if (changed >= XLATE_REPLACED) {
            d->writes = 0;
            codesync_drop(page);
        } else if (stays_unwatched(d, changed)) {
            i++;
        } else {
            forget(d);
            shadow_protect(&vmm.shadow, page); /* watched again */
        }
    }
}
