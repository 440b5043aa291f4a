#include "shadow/walk.h"

#include "core/vcpu.h"

#define TTBCR_PD0 BIT(4)
#define TTBCR_PD1 BIT(5)

/* First-level descriptor, bits 1:0 (B3.5.1).  0b11 is reserved without PXN. */
enum { L1_INVALID = 0, L1_TABLE = 1, L1_SECTION = 2 };
#define L1_SUPERSECTION BIT(18)

/* Second-level descriptor, bits 1:0; small pages keep XN in bit 0. */
enum { L2_INVALID = 0, L2_LARGE = 1 };

/* False when TTBCR.PDn forbids the walk. */
static inline bool l1_addr(const struct walk_regs *regs, gva_t va, gpa_t *addr)
{
    unsigned n = regs->ttbcr & 7;

    if (n && va.v >> (32 - n)) {
        *addr = gpa(ALIGN_DOWN(regs->ttbr1, 0x4000) | va.v >> 20 << 2);
        return !(regs->ttbcr & TTBCR_PD1);
    }
    *addr = gpa(ALIGN_DOWN(regs->ttbr0, 0x4000 >> n) | va.v >> 20 << 2);
    return !(regs->ttbcr & TTBCR_PD0);
}

bool guest_walk_l1_addr(const struct walk_regs *regs, gva_t va, gpa_t *addr)
{
    return l1_addr(regs, va, addr);
}

static inline bool read_descriptor(const struct walk_regs *regs, gpa_t addr, walk_read_fn read, void *ctx,
                                   uint32_t *desc)
{
    if (!read(ctx, addr, desc))
        return false;
    if (regs->sctlr & SCTLR_EE) /* EE is the endianness of table walks too (B4.1.130) */
        *desc = __builtin_bswap32(*desc);
    return true;
}

static void walk_flat(gva_t va, struct walk_result *out)
{
    *out = (struct walk_result){ .fault = FSR_NONE, .pa = gpa(va.v), .size = MAP_1M, .ap = 3 };
}

/* Under SCTLR.AFE, AP[0] is the access flag and permissions are AP[2:1] (B3.7.2). */
static inline enum walk_fault access_flag(const struct walk_regs *regs, struct walk_result *out,
                                   enum walk_fault fault)
{
    if (!(regs->sctlr & SCTLR_AFE) || (out->ap & 1))
        return FSR_NONE;
    out->ap |= 1;
    return fault;
}

static void walk_section(const struct walk_regs *regs, gva_t va, uint32_t desc,
                         struct walk_result *out)
{
    out->l2 = false;
    out->domain_valid = true;
    if (desc & L1_SUPERSECTION) {
        /* Always domain 0.  The extended base, PA[39:32] in bits 8:5 and 23:20, is
         * UNK/SBZP where physical addresses have 32 bits: ignored. */
        out->domain = 0;
        out->size = MAP_16M;
        out->pa = gpa((desc & 0xff000000) | (va.v & 0x00ffffff));
    } else {
        out->domain = BITS(desc, 8, 5);
        out->size = MAP_1M;
        out->pa = gpa((desc & 0xfff00000) | (va.v & 0x000fffff));
    }
    out->ap = BITS(desc, 15, 15) << 2 | BITS(desc, 11, 10);
    out->texcb = BITS(desc, 14, 12) << 2 | BITS(desc, 3, 2);
    out->xn = desc & BIT(4);
    out->shared = desc & BIT(16);
    out->ng = desc & BIT(17);
    out->fault = access_flag(regs, out, FSR_ACCESS_L1);
}

static inline void walk_page(const struct walk_regs *regs, gva_t va, uint32_t desc, struct walk_result *out)
{
    if ((desc & 3) == L2_LARGE) {
        out->size = MAP_64K;
        out->pa = gpa((desc & 0xffff0000) | (va.v & 0x0000ffff));
        out->xn = desc & BIT(15);
        out->texcb = BITS(desc, 14, 12) << 2 | BITS(desc, 3, 2);
    } else {
        out->size = MAP_4K;
        out->pa = gpa((desc & 0xfffff000) | (va.v & 0x00000fff));
        out->xn = desc & BIT(0);
        out->texcb = BITS(desc, 8, 6) << 2 | BITS(desc, 3, 2);
    }
    out->ap = BITS(desc, 9, 9) << 2 | BITS(desc, 5, 4);
    out->shared = desc & BIT(10);
    out->ng = desc & BIT(11);
    out->fault = access_flag(regs, out, FSR_ACCESS_L2);
}

/* DFSR.Domain is valid for every second-level fault, and for none before a valid
 * first-level descriptor was read (table B3-23). */
static void walk_stop(struct walk_result *out, enum walk_fault fault)
{
    out->fault = fault;
    if (!out->l2) {
        out->domain = 0;
        out->domain_valid = false;
    }
}

/* What a first-level descriptor says; true: a second-level table. */
static inline bool walk_l1(const struct walk_regs *regs, gva_t va, uint32_t desc, struct walk_result *out)
{
    out->l1_desc = desc;
    out->l2 = (desc & 3) == L1_TABLE;
    if (out->l2) {
        out->domain = BITS(desc, 8, 5);
        out->domain_valid = true;
        return true;
    }
    if ((desc & 3) == L1_SECTION)
        walk_section(regs, va, desc, out);
    else
        walk_stop(out, FSR_TRANS_L1);
    return false;
}

static inline void walk_l2(const struct walk_regs *regs, gva_t va, uint32_t desc, struct walk_result *out)
{
    if ((desc & 3) == L2_INVALID)
        walk_stop(out, FSR_TRANS_L2);
    else
        walk_page(regs, va, desc, out);
}

void guest_walk(const struct walk_regs *regs, gva_t va, walk_read_fn read, void *ctx,
                struct walk_result *out)
{
    uint32_t desc;
    gpa_t addr;

    if (!(regs->sctlr & SCTLR_M)) {
        walk_flat(va, out);
        return;
    }
    out->l2 = false;
    if (!l1_addr(regs, va, &addr)) {
        walk_stop(out, FSR_TRANS_L1);
        return;
    }
    if (!read_descriptor(regs, addr, read, ctx, &desc)) {
        walk_stop(out, FSR_EXT_WALK_L1);
        return;
    }
    if (!walk_l1(regs, va, desc, out))
        return;
    addr = gpa((desc & 0xfffffc00) | BITS(va.v, 19, 12) << 2);
    if (read_descriptor(regs, addr, read, ctx, &desc))
        walk_l2(regs, va, desc, out);
    else
        walk_stop(out, FSR_EXT_WALK_L2);
}

void guest_walk_from(const struct walk_regs *regs, gva_t va, uint32_t l1_desc, uint32_t l2_desc,
                     struct walk_result *out)
{
    if (walk_l1(regs, va, l1_desc, out))
        walk_l2(regs, va, l2_desc, out);
}

/* Table B3-8.  AP = 0b100 is reserved: no access.  With AFE, AP[0] reads as 1, and the
 * odd rows are exactly the simplified model of table B3-9. */
const uint8_t walk_ap_perms[8][2] = {
    { 0, 0 },
    { 0, PERM_R | PERM_W },
    { PERM_R, PERM_R | PERM_W },
    { PERM_R | PERM_W, PERM_R | PERM_W },
    { 0, 0 },
    { 0, PERM_R },
    { PERM_R, PERM_R },
    { PERM_R, PERM_R },
};

enum walk_fault walk_check(const struct walk_regs *regs, const struct walk_result *w,
                           enum access_kind kind, bool privileged)
{
    static const uint8_t needed[] = { [ACCESS_READ] = PERM_R, [ACCESS_WRITE] = PERM_W,
                                      [ACCESS_FETCH] = PERM_X };

    if (!(regs->sctlr & SCTLR_M))
        return FSR_NONE;
    switch ((enum domain_access)(regs->dacr >> (2 * w->domain) & 3)) {
    case DOMAIN_MANAGER: /* neither permissions nor XN are checked (B3.7.3) */
        return FSR_NONE;
    case DOMAIN_CLIENT:
        if (walk_perms(regs, w, privileged) & needed[kind])
            return FSR_NONE;
        return w->l2 ? FSR_PERM_L2 : FSR_PERM_L1;
    default: /* the reserved value is UNPREDICTABLE: as no access */
        return w->l2 ? FSR_DOMAIN_L2 : FSR_DOMAIN_L1;
    }
}
