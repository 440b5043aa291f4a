/* The checker of translations: that it finds what must not be there. */
#include <stdlib.h>
#include <string.h>

#include "core/pool.h"
#include "lib/bits.h"
#include "test.h"
#include "xlate/check.h"
#include "xlate/thumb.h"
#include "xlate/xlate.h"

#define RAM 0x40000000u
#define CODE 0xc0010000u

static struct xlate xlate;
static uint32_t source[1024];
static uint8_t code_bits[16];

static bool mib_free(void *ctx, uint32_t mib)
{
    (void)ctx;
    return mib > 0xe00;
}

static unsigned mib_code(void *ctx, uint32_t mib)
{
    (void)ctx;
    (void)mib;
    return 0;
}

static bool read_page(void *ctx, gpa_t page, uint32_t words[1024])
{
    (void)ctx;
    (void)page;
    memcpy(words, source, 4096);
    return true;
}

static uint32_t entry(hpa_t page) { return page.v | 2; }

static void unmap(void *ctx, uint32_t va)
{
    (void)ctx;
    (void)va;
}

static const struct xlate_ops ops = { mib_free, mib_code, read_page, entry, entry, unmap, NULL };

/* How many are found with 'insn' at *word? */
static unsigned found_with(uint32_t *word, uint32_t insn)
{
    uint32_t old = *word;
    unsigned found;

    *word = insn;
    found = xlate_check(&xlate).bad;
    *word = old;
    return found;
}

static void test_entry_page(const struct xpage *p)
{
    static const struct { uint32_t insn; const char *what; } plants[] = {
        { 0xe8fd8001, "LDM^" }, { 0xe8cd6000, "STM^" }, { 0xe10f0000, "MRS" }, { 0xe121f000, "MSR" },
        { 0xf1080080, "CPS" }, { 0xf8bd0a00, "RFE" }, { 0xe1b0f00e, "MOVS pc, lr" }, { 0xee012f10, "MCR SCTLR" },
        { 0xe28f0004, "ADR" }, { 0xe59f0004, "a literal" }, { 0xe12fff1e, "BX" }, { 0xe4b01004, "LDRT" },
    };

    for (unsigned i = 0; i < ARRAY_SIZE(plants); i++)
        report(found_with(&p->words[5], plants[i].insn) == 1, "%s in an entry page", plants[i].what);
    report(found_with(&p->words[5], 0xe128f000) == 0 && found_with(&p->words[5], 0xee1d0f70) == 0 &&
               found_with(&p->words[5], 0xee070f9a) == 0 && found_with(&p->words[5], 0xef000001) == 0,
           "flags, thread registers, barriers, exits may be there");
}

static uint32_t *stub_of(const struct xpage *p)
{
    uint32_t va = p->va + 8 + ((uint32_t)sign_extend(p->words[0] & 0xffffff, 24) << 2);
    struct arena *a = xlate_arena_at(&xlate, va);

    return a->pages[BITS(va, 19, 13)].words + BITS(va, 11, 2);
}

static void test_stub_page(const struct xpage *p)
{
    uint32_t *stub = stub_of(p);

    report(found_with(&stub[1], 0xe8fd8001) == 1, "LDM^ in a stub");
    report(found_with(&stub[1], 0xe5bf0004) == 1, "a literal with writeback in a stub");
    report(found_with(&stub[1], 0xeb000000) == 1, "BL in a stub");
    report(found_with(&stub[1], 0xe08f0001) == 1, "a sum with the PC in a stub");
    report(found_with(&stub[1], 0xe10f0000) == 0, "MRS of the flags may be there");
}

static void test_t32_page(void)
{
    struct xpage *p = xlate_get_thumb(&xlate, gva(CODE + 0x2000), gpa(RAM + 0x2000));
    uint16_t *half = (uint16_t *)p->words;

    thumb_enter(&xlate, p, CODE + 0x2000, 0, true);
    report(xlate_check(&xlate).bad == 0, "a T32 page is fine");
    half[0] = 0x4770;
    report(xlate_check(&xlate).bad >= 1, "BX in a T32 page");
    half[0] = 0xf3ef;
    half[1] = 0x8000;
    report(xlate_check(&xlate).bad >= 1, "MRS in a T32 page");
}

int main(void)
{
    uint32_t size = MiB;
    void *pool = aligned_alloc(16 * KiB, size);
    struct xpage *p;

    pool_init(pool, hpa(0x10000000), size, 0);
    xlate_init(&xlate, &ops, NULL, pool_page_alloc(), gpa(RAM), 128, code_bits);
    for (unsigned i = 0; i < 1024; i++)
        source[i] = i ? 0xe1a00000 : 0xe10f1000; /* mrs r1, cpsr; nop ... */
    p = xlate_get(&xlate, gva(CODE), gpa(RAM), true);
    report(xlate_check(&xlate).bad == 0, "a page is fine");
    test_entry_page(p);
    test_stub_page(p);
    for (unsigned i = 0; i < 1024; i++)
        source[i] = 0x1c401c40; /* adds r0, r0, #1 */
    test_t32_page();
    free(pool);
    return test_summary();
}
