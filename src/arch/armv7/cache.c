/* Cache maintenance by address (DDI 0406C B2.2.6). */
#include "arch/armv7/cache.h"

/* The operation is an argument so that each caller inlines its own loop. */
static inline __attribute__((always_inline)) void
for_each_line(const void *start, uint32_t size, uint32_t line, void (*op)(uint32_t mva))
{
    uint32_t mva = (uint32_t)start & ~(line - 1);
    uint32_t end = (uint32_t)start + size;

    for (; mva < end; mva += line)
        op(mva);
}

void dcache_clean_pou(const void *start, uint32_t size)
{
    for_each_line(start, size, dcache_line(), write_dccmvau);
    dsb();
}

void dcache_clean_poc(const void *start, uint32_t size)
{
    for_each_line(start, size, dcache_line(), write_dccmvac);
    dsb();
}

void dcache_clean_inval_poc(const void *start, uint32_t size)
{
    for_each_line(start, size, dcache_line(), write_dccimvac);
    dsb();
}

void dcache_inval_poc(const void *start, uint32_t size)
{
    uint32_t line = dcache_line(), mask = line - 1;
    uint32_t first = (uint32_t)start, end = first + size;

    if (!size)
        return;
    if (first & mask)
        write_dccimvac(first & ~mask);
    if (end & mask)
        write_dccimvac(end & ~mask);
    for_each_line(start, size, line, write_dcimvac);
    dsb();
}

void icache_sync(const void *start, uint32_t size)
{
    dcache_clean_pou(start, size);
    for_each_line(start, size, icache_line(), write_icimvau);
    write_bpiall(0);
    dsb();
    isb();
}
