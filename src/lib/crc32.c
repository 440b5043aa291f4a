/*
 * CRC-32, four bytes a step with four tables built at first use ("slicing by
 * four"): a bundle is tens of megabytes and is checked at every start.
 */
#include <assert.h>
#include <stdbool.h>
#include "lib/crc32.h"

#define POLYNOMIAL 0xedb88320u

typedef uint32_t __attribute__((may_alias)) word_t;
static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "words are read as they lie in memory");

static uint32_t table[4][256];
static bool table_ready;

static void build_table(void)
{
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t c = i;

        for (int bit = 0; bit < 8; bit++)
            c = (c >> 1) ^ (c & 1 ? POLYNOMIAL : 0);
        table[0][i] = c;
    }
    for (uint32_t i = 0; i < 256; i++) {
        for (int k = 1; k < 4; k++)
            table[k][i] = (table[k - 1][i] >> 8) ^ table[0][table[k - 1][i] & 0xff];
    }
    table_ready = true;
}

static uint32_t step_byte(uint32_t c, uint8_t byte)
{
    return (c >> 8) ^ table[0][(c ^ byte) & 0xff];
}

uint32_t crc32(const void *data, size_t size)
{
    const uint8_t *p = data;
    uint32_t c = ~0u;

    if (!table_ready)
        build_table();
    for (; size && ((uintptr_t)p & 3); size--)
        c = step_byte(c, *p++);
    for (; size >= 4; size -= 4, p += 4) {
        c ^= *(const word_t *)p;
        c = table[3][c & 0xff] ^ table[2][c >> 8 & 0xff] ^ table[1][c >> 16 & 0xff] ^ table[0][c >> 24];
    }
    for (; size; size--)
        c = step_byte(c, *p++);
    return ~c;
}
