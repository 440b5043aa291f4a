/* A process that sorts what it has made: this file is compiled for A32 and for T32. */
#include "user.h"

#define WORDS 3000

static void sift(uint32_t *a, uint32_t root, uint32_t n)
{
    for (uint32_t child; (child = 2 * root + 1) < n; root = child) {
        uint32_t value = a[root];

        if (child + 1 < n && a[child] < a[child + 1])
            child++;
        if (value >= a[child])
            return;
        a[root] = a[child];
        a[child] = value;
    }
}

/* In large pages and small ones in turn. */
void SORT(uint32_t seed)
{
    uint32_t *a = (uint32_t *)(seed & 1 ? USER_LARGE + 0xf000 : USER_SMALL + 0x800), sum = 0;

    for (uint32_t i = 0; i < WORDS; i++)
        a[i] = user_random(&seed);
    for (uint32_t i = WORDS / 2; i-- > 0;)
        sift(a, i, WORDS);
    for (uint32_t n = WORDS - 1; n > 0; n--) {
        uint32_t value = a[0];

        a[0] = a[n];
        a[n] = value;
        sift(a, 0, n);
    }
    for (uint32_t i = 1; i < WORDS; i++)
        sum = (sum << 5 | sum >> 27) ^ a[i] ^ (a[i - 1] > a[i]);
    call(CALL_EXIT, sum, 0);
}
