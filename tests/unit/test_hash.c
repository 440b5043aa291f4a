/* CRC-32 and SHA-256 against published values, every length, every alignment. */
#include <string.h>
#include "lib/crc32.h"
#include "lib/sha256.h"
#include "test.h"

static bool is(const char *text, const char *hex)
{
    uint8_t digest[SHA256_SIZE];
    char out[2 * SHA256_SIZE + 1];

    sha256(text, strlen(text), digest);
    for (unsigned i = 0; i < SHA256_SIZE; i++)
        sprintf(out + 2 * i, "%02x", digest[i]);
    return !strcmp(out, hex);
}

/* The definition, one bit at a time. */
static uint32_t crc32_slow(const uint8_t *p, size_t size)
{
    uint32_t c = ~0u;

    while (size--) {
        c ^= *p++;
        for (int i = 0; i < 8; i++)
            c = (c >> 1) ^ (c & 1 ? 0xedb88320u : 0);
    }
    return ~c;
}

static void test_crc32(void)
{
    uint8_t buf[64];
    bool same = true;

    report(crc32("123456789", 9) == 0xcbf43926, "crc32: check value");
    report(crc32("", 0) == 0, "crc32: nothing");
    for (unsigned i = 0; i < sizeof(buf); i++)
        buf[i] = (uint8_t)(i * 73 + 5);
    for (unsigned start = 0; start < 8; start++) {
        for (unsigned size = 0; size <= sizeof(buf) - start; size++)
            same = same && crc32(buf + start, size) == crc32_slow(buf + start, size);
    }
    report(same, "crc32: alignments and lengths");
}

static void test_sha256(void)
{
    static char million[1000001];

    report(is("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"), "sha256: nothing");
    report(is("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"), "sha256: abc");
    report(is("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
              "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"),
           "sha256: 56 bytes, two blocks");
    memset(million, 'a', 1000000);
    report(is(million, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"),
           "sha256: a million");
    million[64] = 0;
    report(is(million, "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb"),
           "sha256: one block");
}

int main(void)
{
    test_crc32();
    test_sha256();
    return test_summary();
}
