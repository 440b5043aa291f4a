#include "shadow/l2.h"

#include <string.h>

#include "arch/arch.h"
#include "lib/check.h"
#include "shadow/tables.h"

struct l2_meta l2_metas[VMM_POOL_SIZE / L2_SIZE];
static uint32_t *in_use[L2_MAX];
static unsigned count;
static uint32_t *free_list;

/* Frees come in any order; a table's first word links it while it is free. */
static void push_free(uint32_t *l2)
{
    memcpy(l2, &free_list, sizeof(free_list));
    free_list = l2;
}

void l2_init(void)
{
    count = 0;
    free_list = NULL;
}

uint32_t *l2_alloc(enum l2_kind kind)
{
    uint32_t *l2;
    struct l2_meta *meta;

    if (count == L2_MAX)
        return NULL;
    if (!free_list) {
        uint8_t *page = pool_page_alloc();

        if (!page)
            return NULL;
        for (unsigned i = 0; i < 4; i++)
            push_free((uint32_t *)(page + i * L2_SIZE));
    }
    l2 = free_list;
    memcpy(&free_list, l2, sizeof(free_list));
    memset(l2, 0, L2_SIZE);
    arch_clean_range(l2, L2_SIZE); /* what was there must not be walked */
    meta = l2_meta(l2);
    *meta = (struct l2_meta){ .kind = kind, .index = count & (L2_MAX - 1) };
    in_use[count++] = l2;
    return l2;
}

void l2_free(uint32_t *l2)
{
    struct l2_meta *meta = l2_meta(l2);
    uint32_t *last = in_use[count - 1];

    CHECK(meta->index < count && in_use[meta->index] == l2);
    if (meta->origin)
        tables_forget_origin(meta->origin);
    meta->origin = 0;
    in_use[meta->index] = last;
    l2_meta(last)->index = meta->index;
    count--;
    push_free(l2);
}

void l2_release(void)
{
    uint32_t *l2 = free_list;

    CHECK(count == 0);
    free_list = NULL;
    while (l2) {
        uint32_t *next;

        memcpy(&next, l2, sizeof(next));
        if (((uintptr_t)l2 & 4095) == 0)
            pool_page_free(l2);
        l2 = next;
    }
}

unsigned l2_count(void) { return count; }
uint32_t *l2_at(unsigned index) { return in_use[index]; }
