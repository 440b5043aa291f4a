/* A free list of pages and one of first-level tables; the links live in the free memory. */
#include "core/pool.h"

#include <stddef.h>

#include "lib/bits.h"
#include "lib/check.h"

#define L1_SIZE (16 * KiB)
#define PAGE_SIZE (4 * KiB)

struct pool_place pool_place;

static struct {
    uint32_t size;
    uint8_t *l1_end;
    void *pages, *l1s;
    uint32_t pages_total, pages_free;
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
    for (unsigned i = l1_tables; i-- > 0;)
        push(&pool.l1s, pool_place.base + i * L1_SIZE);
    for (uint8_t *p = pool_place.base + pool.size - PAGE_SIZE; p >= pool.l1_end; p -= PAGE_SIZE)
        push(&pool.pages, p);
    pool.pages_total = pool.pages_free = (uint32_t)(pool_place.base + pool.size - pool.l1_end) / PAGE_SIZE;
}

void *pool_page_alloc(void)
{
    void *page = pop(&pool.pages);

    if (page)
        pool.pages_free--;
    return page;
}

void pool_page_free(void *page)
{
    CHECK((uint8_t *)page >= pool.l1_end && (uint8_t *)page < pool_place.base + pool.size);
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
