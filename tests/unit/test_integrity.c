/* Canaries and hashes: intact memory passes, any changed byte is found and named. */
#include "vmm/integrity.h"

#include <stdlib.h>
#include <string.h>

#include "fake.h"
#include "support.h"
#include "test.h"

#define RAM_PA 0x60000000u
#define PAGES 32u
#define SIZE (PAGES * 4096u)

/* Canaries in pages 1 and 2, and 20; bytes 0x5010..0x9fff are watched. */
static void start(void)
{
    for (uint32_t i = 0; i < SIZE; i++)
        fake_arch.ram[i] = (uint8_t)(i * 7 + (i >> 8));
    integrity_reset();
    integrity_canary("below", RAM_PA + 0x1000, 0x2000);
    integrity_canary("above", RAM_PA + 20 * 4096, 4096);
    integrity_watch("constants", RAM_PA + 0x5010, 0x4ff0);
}

static bool caught(uint32_t offset, const char *what)
{
    bool intact;

    fake_arch.ram[offset] ^= 0x10;
    intact = integrity_check();
    fake_arch.ram[offset] ^= 0x10;
    return !intact && strstr(log_last, "BROKEN") && strstr(log_last, what);
}

int main(void)
{
    bool ok = true;

    fake_arch.ram = malloc(SIZE);
    fake_arch.ram_pa = RAM_PA;
    fake_arch.ram_size = SIZE;
    start();
    report(integrity_check() && strstr(log_last, "intact"), "nothing changed: intact");
    for (uint32_t at = 0x1000; at < 0x3000; at += 61)
        ok &= caught(at, "below");
    report(ok && caught(0x1000, "below") && caught(0x2fff, "below"), "any byte of a canary");
    report(caught(20 * 4096, "above") && caught(20 * 4096 + 4095, "above"), "the other canary");
    for (uint32_t at = 0x5010; ok && at < 0xa000; at += 37)
        ok &= caught(at, "constants");
    report(ok && caught(0x5010, "constants") && caught(0x9fff, "constants"), "any byte that is watched");
    fake_arch.ram[0x500f] ^= 1;
    fake_arch.ram[0xa000] ^= 1;
    fake_arch.ram[0x0fff] ^= 1;
    fake_arch.ram[0x3000] ^= 1;
    report(integrity_check(), "bytes beside the ranges are nobody's business");
    memcpy(fake_arch.ram + 0x1000, fake_arch.ram + 0x2000, 4096);
    report(!integrity_check(), "a canary page copied over another");
    start();
    for (uint32_t i = 0; i < 4096; i++) {
        uint8_t byte = fake_arch.ram[0x6000 + i];

        fake_arch.ram[0x6000 + i] = fake_arch.ram[0x7000 + i];
        fake_arch.ram[0x7000 + i] = byte;
    }
    report(!integrity_check(), "two watched pages that changed places");
    free(fake_arch.ram);
    return test_summary();
}
