#include "shadow/ats.h"

#include "core/vcpu.h"

#define PAR_F BIT(0)
#define PAR_SS BIT(1)
#define PAR_SH BIT(7)
#define PAR_NOS BIT(10)

/* Inner attributes, PAR[6:4] */
enum { INNER_NC = 0, INNER_SO = 1, INNER_DEVICE = 3, INNER_WBWA = 5, INNER_WT = 6, INNER_WB = 7 };

static uint32_t cacheable(uint32_t inner, uint32_t outer)
{
    static const uint8_t inner_codes[4] = { INNER_NC, INNER_WBWA, INNER_WT, INNER_WB };

    return (uint32_t)inner_codes[inner & 3] << 4 | (outer & 3) << 2;
}

/* TEX, C and B taken literally: table B3-10 */
static uint32_t plain_attributes(const struct walk_result *w)
{
    uint32_t shared = w->shared ? PAR_SH : 0;

    if (w->texcb & 0x10)
        return cacheable(w->texcb & 3, w->texcb >> 2) | shared;
    switch (w->texcb) {
    case 0:
        return INNER_SO << 4 | PAR_SH;
    case 1:
        return INNER_DEVICE << 4 | PAR_SH;
    case 2:
        return cacheable(2, 2) | shared;
    case 3:
        return cacheable(3, 3) | shared;
    case 7:
        return cacheable(1, 1) | shared;
    case 8:
        return INNER_DEVICE << 4;
    default:
        return shared;
    }
}

/* TEX remap: PRRR gives the type, NMRR the cacheability (B3.8.3). */
static uint32_t remapped_attributes(const struct walk_regs *regs, const struct walk_result *w)
{
    unsigned n = w->texcb & 7;
    uint32_t type = regs->prrr >> (2 * n) & 3;
    uint32_t nos = regs->prrr & BIT(24 + n) ? PAR_NOS : 0;
    unsigned share_bit = (type == 2 ? 18u : 16u) + w->shared;
    uint32_t shared = regs->prrr & BIT(share_bit) ? PAR_SH | nos : 0;

    switch (type) {
    case 0:
        return INNER_SO << 4 | PAR_SH;
    case 1:
        return INNER_DEVICE << 4 | shared;
    case 2:
        return cacheable(regs->nmrr >> (2 * n), regs->nmrr >> (16 + 2 * n)) | shared;
    default:
        return 0;
    }
}

static uint32_t attributes(const struct walk_regs *regs, const struct walk_result *w)
{
    return regs->sctlr & SCTLR_TRE ? remapped_attributes(regs, w) : plain_attributes(w);
}

enum walk_fault ats_par(const struct walk_regs *regs, gva_t va, enum access_kind kind, bool privileged,
                        walk_read_fn read, void *ctx, uint32_t *par)
{
    struct walk_result w;
    enum walk_fault fault;

    guest_walk(regs, va, read, ctx, &w);
    fault = w.fault == FSR_NONE ? walk_check(regs, &w, kind, privileged) : w.fault;
    if (fault == FSR_EXT_WALK_L1 || fault == FSR_EXT_WALK_L2)
        return fault;
    if (fault != FSR_NONE) /* PAR[6:1] = FS[5:0] */
        *par = (BITS(fault, 10, 10) << 4 | BITS(fault, 3, 0)) << 1 | PAR_F;
    else if (w.size == MAP_16M)
        *par = (w.pa.v & 0xff000000) | attributes(regs, &w) | PAR_SS;
    else
        *par = (w.pa.v & 0xfffff000) | attributes(regs, &w);
    return FSR_NONE;
}
