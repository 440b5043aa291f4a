/* PAR after address translation operations. */
#include "shadow/ats.h"

#include "core/vcpu.h"
#include "test.h"

static uint32_t descriptor;
static bool readable = true;

static bool read_descriptor(void *ctx, gpa_t addr, uint32_t *value)
{
    (void)ctx, (void)addr;
    *value = descriptor;
    return readable;
}

static struct walk_regs regs = { .sctlr = SCTLR_M, .dacr = 1 };

static uint32_t par(uint32_t desc, enum access_kind kind, bool privileged)
{
    uint32_t value = 0xffffffff;

    descriptor = desc;
    ats_par(&regs, gva(0x12345678), kind, privileged, read_descriptor, NULL, &value);
    return value;
}

#define SECTION (0x40000002u | 1u << 10) /* privileged access only */

int main(void)
{
    report(par(SECTION | 0x100c, ACCESS_WRITE, true) == (0x40045000 | 5 << 4 | 1 << 2), "write-back section");
    report(par(SECTION, ACCESS_READ, true) == (0x40045000 | 1 << 4 | 1 << 7), "strongly-ordered section");
    report(par(SECTION | 1 << 18 | 0x8, ACCESS_READ, true) == (0x40000000 | 6 << 4 | 2 << 2 | 2), "supersection");
    report(par(SECTION, ACCESS_READ, false) == (0x0d << 1 | 1), "permission fault");
    report(par(0, ACCESS_READ, true) == (0x05 << 1 | 1), "translation fault");
    regs.dacr = 0;
    report(par(SECTION, ACCESS_READ, true) == (0x09 << 1 | 1), "domain fault");
    regs.dacr = 1;
    readable = false;
    report(par(0, ACCESS_READ, true) == 0xffffffff, "external abort on the walk leaves PAR");
    readable = true;
    regs.sctlr |= SCTLR_TRE;
    regs.prrr = 2u << 4 | BIT(19) | BIT(26); /* attribute 2: Normal, shared with S, not outer */
    regs.nmrr = 3u << 4 | 1u << 20;
    report(par(SECTION | 0x10008, ACCESS_READ, true) == (0x40045000 | 7 << 4 | 1 << 2 | 1 << 7 | 1 << 10),
           "TEX remap");
    regs.sctlr = 0;
    report(par(0, ACCESS_READ, false) == (0x12345000 | 1 << 4 | 1 << 7), "MMU off");
    return test_summary();
}
