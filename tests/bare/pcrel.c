/* Every kind of read and write of PC; code is left as it was. */
#include "lib/bare.h"

struct pc_case { uint32_t (*fn)(void); uint32_t want; const char *name; };
extern const struct pc_case pcrel_table[], branch_table[], call_table[];
uint32_t recurse(uint32_t n), hot(uint32_t n), dispatch(uint32_t i), across_pages(uint32_t x);

static void run(const struct pc_case *table)
{
    for (const struct pc_case *c = table; c->fn; c++)
        report_eq(c->fn(), c->want, c->name);
}

/* The same cases again and again: the first time and later times may go different ways. */
static bool run_quietly(const struct pc_case *table)
{
    bool ok = true;

    for (unsigned n = 0; n < 50; n++)
        for (const struct pc_case *c = table; c->fn; c++)
            ok &= check_eq(c->fn(), c->want, c->name);
    return ok;
}

static void jump_table(void)
{
    bool ok = true;

    for (unsigned n = 0; n < 100; n++)
        for (uint32_t i = 0; i < 6; i++)
            ok &= dispatch(i) == (i < 5 ? 10 * (i + 1) : 0xffffffff);
    report(ok, "jump table");
}

void test_main(void)
{
    uint32_t sum = sum_words(__text_start, __text_end);

    run(pcrel_table);
    run(branch_table);
    run(call_table);
    report(run_quietly(pcrel_table) && run_quietly(branch_table) && run_quietly(call_table),
           "all again, 50 times");
    jump_table();
    report_eq(recurse(1000), 500500, "recursion 1000 deep");
    report_eq(hot(100000), 300000, "hot loop with call and literal");
    report_eq(across_pages(5), 0x21008, "code across a page's end");
    report_eq(across_pages(6), 0x21009, "code across a page's end, again");
    report(sum_words(__text_start, __text_end) == sum, "code reads as it did before it ran");
}
