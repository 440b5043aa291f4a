/* A free list of pages and one of first-level tables; the links live in the free memory. */
#include "core/pool.h"

#include <stddef.h>
#include <string.h>

#include "arch/armv7/layout.h"
#include "lib/bits.h"
#include "lib/check.h"

#define L1_SIZE (16 * KiB)
#define PAGE_SIZE (4 * KiB)
#define L1_KEPT 81u

struct pool_place pool_place;

static struct {
    uint32_t size;
    uint8_t *l1_end;
    void *pages, *l1s;
    uint32_t pages_total, pages_free;
    unsigned l1_count, lent;                  /* tables; of them, those in use as pages */
    uint8_t spare[VMM_POOL_SIZE / L1_SIZE];   /* pages of a lent table that are free, a bit each */
    unsigned spares;                          /* such tables */
} pool;

static void push(void **list, void *item)
{
    *(void **)item = *list;
    *list = item;
}

static void *pop(void **list)
{
    void *item = *list;

    if (item)
        *list = *(void **)item;
    return item;
}

void pool_init(void *base, hpa_t pa, uint32_t size, unsigned l1_tables)
{
    CHECK(((uintptr_t)base & (L1_SIZE - 1)) == 0 && (pa.v & (L1_SIZE - 1)) == 0);
    CHECK(size >= l1_tables * L1_SIZE + PAGE_SIZE);
    pool_place.base = base;
    pool_place.pa = pa.v;
    pool.size = ALIGN_DOWN(size, PAGE_SIZE);
    pool.l1_end = pool_place.base + l1_tables * L1_SIZE;
    pool.pages = pool.l1s = NULL;
    pool.l1_count = l1_tables;
    pool.lent = pool.spares = 0;
    memset(pool.spare, 0, sizeof(pool.spare));
    for (unsigned i = l1_tables; i-- > 0;)
        push(&pool.l1s, pool_place.base + i * L1_SIZE);
    for (uint8_t *p = pool_place.base + pool.size - PAGE_SIZE; p >= pool.l1_end; p -= PAGE_SIZE)
        push(&pool.pages, p);
    pool.pages_total = pool.pages_free = (uint32_t)(pool_place.base + pool.size - pool.l1_end) / PAGE_SIZE;
}

/* --- first-level tables that are not needed lend their memory, all but L1_KEPT --- */

static void *page_of_l1(unsigned l1, unsigned page)
{
    return pool_place.base + l1 * L1_SIZE + page * PAGE_SIZE;
}

static void set_spare(unsigned l1, unsigned spare)
{
    pool.spares += (spare != 0) - (pool.spare[l1] != 0);
    pool.spare[l1] = (uint8_t)spare;
}

static void *borrow_page(void)
{
    unsigned l1 = 0, page;

    if (pool.spares) {
        while (!pool.spare[l1])
            l1++;
    } else {
        uint8_t *table = pool.lent + L1_KEPT < pool.l1_count ? pop(&pool.l1s) : NULL;

        if (!table)
            return NULL;
        pool.lent++;
        l1 = (unsigned)(table - pool_place.base) / L1_SIZE;
        pool.spare[l1] = 0xf;
        pool.spares++;
    }
    page = (unsigned)__builtin_ctz(pool.spare[l1]);
    set_spare(l1, pool.spare[l1] & ~BIT(page));
    pool.pages_total++;
    return page_of_l1(l1, page);
}

static void return_page(uint8_t *page)
{
    unsigned offset = (unsigned)(page - pool_place.base), l1 = offset / L1_SIZE;

    set_spare(l1, pool.spare[l1] | BIT(offset % L1_SIZE / PAGE_SIZE));
    pool.pages_total--;
    if (pool.spare[l1] != 0xf)
        return;
    set_spare(l1, 0);
    pool.lent--;
    push(&pool.l1s, page_of_l1(l1, 0));
}

void *pool_page_alloc(void)
{
    void *page = pop(&pool.pages);

    if (!page)
        return borrow_page();
    pool.pages_free--;
    return page;
}

void pool_page_free(void *page)
{
    CHECK((uint8_t *)page >= pool_place.base && (uint8_t *)page < pool_place.base + pool.size);
    if ((uint8_t *)page < pool.l1_end) {
        return_page(page);
        return;
    }
    push(&pool.pages, page);
    pool.pages_free++;
}

void *pool_l1_alloc(void)
{
    return pop(&pool.l1s);
}

void pool_l1_free(void *l1)
{
    CHECK((uint8_t *)l1 >= pool_place.base && (uint8_t *)l1 < pool.l1_end);
    push(&pool.l1s, l1);
}

uint32_t pool_pages_total(void) { return pool.pages_total; }
uint32_t pool_pages_free(void) { return pool.pages_free; }
