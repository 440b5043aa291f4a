/* Canaries and hashes: see integrity.h.  By physical address, so a change by any mapping is seen. */
#include "vmm/integrity.h"

#include "arch/arch.h"
#include "lib/bits.h"
#include "lib/check.h"
#include "lib/crc32.h"
#include "lib/log.h"

#define PAGE (4 * KiB)

static struct range { const char *what; uint32_t pa, size, digest; bool canary; } ranges[INTEGRITY_RANGES];
static unsigned count;

void integrity_reset(void)
{
    count = 0;
}

/* Each word tells where it belongs: a page copied over another is seen, too. */
static uint32_t canary_word(uint32_t pa)
{
    return (pa * 2654435761u) ^ 0x5ca1ab1eu;
}

static struct range *add(const char *what, uint32_t pa, uint32_t size)
{
    CHECK(count < ARRAY_SIZE(ranges));
    ranges[count] = (struct range){ .what = what, .pa = pa, .size = size };
    return &ranges[count++];
}

void integrity_canary(const char *what, uint32_t pa, uint32_t size)
{
    struct range *r = add(what, pa, size);

    CHECK(pa % PAGE == 0 && size % PAGE == 0);
    r->canary = true;
    for (uint32_t page = pa; page - pa < size; page += PAGE) {
        uint32_t *words = arch_map_page(page);

        for (uint32_t i = 0; i < PAGE / 4; i++)
            words[i] = canary_word(page + 4 * i);
    }
}

/* CRCs of the range's pieces of pages, in order. */
static uint32_t digest_of(const struct range *r)
{
    uint32_t pa = r->pa, left = r->size, digest = 0;

    while (left) {
        uint32_t offset = pa % PAGE, part = left < PAGE - offset ? left : PAGE - offset;

        digest = (digest << 1 | digest >> 31) ^ crc32((const uint8_t *)arch_map_page(pa - offset) + offset, part);
        pa += part;
        left -= part;
    }
    return digest;
}

void integrity_watch(const char *what, uint32_t pa, uint32_t size)
{
    struct range *r = add(what, pa, size);

    r->digest = digest_of(r);
}

static bool canary_intact(const struct range *r)
{
    for (uint32_t page = r->pa; page - r->pa < r->size; page += PAGE) {
        const uint32_t *words = arch_map_page(page);

        for (uint32_t i = 0; i < PAGE / 4; i++) {
            uint32_t want = canary_word(page + 4 * i);

            if (words[i] == want)
                continue;
            log_info("integrity: BROKEN: %s: host 0x%08lx holds 0x%08lx, should be 0x%08lx", r->what,
                     (unsigned long)(page + 4 * i), (unsigned long)words[i], (unsigned long)want);
            return false;
        }
    }
    return true;
}

static bool hash_same(const struct range *r)
{
    uint32_t now = digest_of(r);

    if (now != r->digest)
        log_info("integrity: BROKEN: %s, host 0x%08lx-0x%08lx, changed: hash 0x%08lx, was 0x%08lx", r->what,
                 (unsigned long)r->pa, (unsigned long)(r->pa + r->size), (unsigned long)now,
                 (unsigned long)r->digest);
    return now == r->digest;
}

bool integrity_check(void)
{
    unsigned broken = 0;

    for (unsigned i = 0; i < count; i++)
        broken += !(ranges[i].canary ? canary_intact(&ranges[i]) : hash_same(&ranges[i]));
    if (!broken)
        log_info("integrity: canaries intact, image hash ok (%u ranges)", count);
    return !broken;
}
