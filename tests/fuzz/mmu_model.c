/* The model of mmu_model.h. */
#include "mmu_model.h"

struct held model_held[MODEL_PAGES];
struct model_regs model_regs;

static const uint32_t size_mask[] = { 0xfff, 0xffff, 0xfffff, 0xffffff };

struct walk { uint32_t fault; struct leaf leaf; }; /* fault: 0, or 0x100 | status */

static bool no_flag(uint32_t ap)
{
    return model_regs.afe && !(ap & 1);
}

static struct walk page_walk(uint32_t va, uint32_t table)
{
    uint32_t domain = table >> 5 & 15, d = read32((table & ~0x3ffu) + (va >> 12 & 0xff) * 4);
    struct leaf leaf = { .domain = (uint8_t)domain, .asid = (uint8_t)model_regs.asid, .ng = d >> 11 & 1,
                         .ap = (uint8_t)((d >> 4 & 3) | (d >> 7 & 4)) };

    if (!(d & 3))
        return (struct walk){ 0x107, leaf };
    if (d & 2) {
        leaf.size = LEAF_SMALL;
        leaf.pa = d & 0xfffff000;
        leaf.xn = d & 1;
    } else {
        leaf.size = LEAF_LARGE;
        leaf.pa = (d & 0xffff0000) | (va & 0xf000);
        leaf.xn = d >> 15 & 1;
    }
    return (struct walk){ no_flag(leaf.ap) ? 0x106 : 0, leaf };
}

static struct walk walk(uint32_t va)
{
    bool low = !model_regs.n || va >> (32 - model_regs.n) == 0;
    uint32_t table = low ? model_regs.ttbr0 & ~((1u << (14 - model_regs.n)) - 1) : model_regs.ttbr1 & ~0x3fffu;
    uint32_t d = read32(table + (va >> 20) * 4);
    bool super = d >> 18 & 1;
    struct leaf leaf = { .domain = super ? 0 : (uint8_t)(d >> 5 & 15), .asid = (uint8_t)model_regs.asid,
                         .ap = (uint8_t)((d >> 10 & 3) | (d >> 13 & 4)), .xn = d >> 4 & 1, .ng = d >> 17 & 1 };

    if ((d & 3) == 1)
        return page_walk(va, d);
    if (!(d & 3))
        return (struct walk){ 0x105, leaf };
    leaf.size = super ? LEAF_SUPER : LEAF_SECTION;
    leaf.pa = super ? (d & 0xff000000) | (va & 0x00fff000) : (d & 0xfff00000) | (va & 0x000ff000);
    return (struct walk){ no_flag(leaf.ap) ? 0x103 : 0, leaf };
}

static bool same(const struct leaf *a, const struct leaf *b)
{
    return a->pa == b->pa && a->ap == b->ap && a->domain == b->domain && a->size == b->size && a->xn == b->xn &&
           a->ng == b->ng && (!a->ng || a->asid == b->asid);
}

static void hold(struct held *h, const struct leaf *leaf)
{
    for (unsigned i = 0; i < h->count; i++) {
        if (same(&h->leaf[i], leaf))
            return;
    }
    if (h->count == MODEL_HELD) {
        h->overflow = true;
        return;
    }
    h->leaf[h->count++] = *leaf;
}

/* An entry serves its whole range, whatever the descriptors of the rest of it say. */
static void hold_range(uint32_t va, const struct leaf *leaf)
{
    uint32_t mask = size_mask[leaf->size];

    for (unsigned i = 0; i < MODEL_PAGES; i++) {
        struct leaf part = *leaf;

        if ((model_held[i].va ^ va) & ~mask)
            continue;
        part.pa = (leaf->pa & ~mask) | (model_held[i].va & mask);
        hold(&model_held[i], &part);
    }
}

/*
 * A bit for each domain that was Manager in this program: after TLB maintenance that changes nothing umbra's
 * policies trap and oos still have what they had.
 */
static uint32_t managers;

void model_begin(void)
{
    managers = 0;
    model_invalidate_all();
}

void model_walk_all(void)
{
    for (unsigned d = 0; d < 16; d++)
        managers |= (uint32_t)((model_regs.dacr >> 2 * d & 3) == 3) << d;
    for (unsigned i = 0; i < MODEL_PAGES; i++) {
        struct walk w = walk(model_held[i].va);

        if (!w.fault)
            hold_range(model_held[i].va, &w.leaf);
        else if (w.fault == 0x103 || w.fault == 0x106)
            model_held[i].deviant = true;
    }
}

typedef bool gone_fn(const struct held *h, const struct leaf *leaf, uint32_t va, uint32_t asid);

static void drop_if(gone_fn *gone, uint32_t va, uint32_t asid)
{
    for (unsigned i = 0; i < MODEL_PAGES; i++) {
        struct held *h = &model_held[i];
        unsigned kept = 0;

        for (unsigned j = 0; j < h->count; j++) {
            if (!gone(h, &h->leaf[j], va, asid))
                h->leaf[kept++] = h->leaf[j];
        }
        h->count = kept;
    }
    model_walk_all();
}

void model_invalidate_all(void)
{
    for (unsigned i = 0; i < MODEL_PAGES; i++) {
        model_held[i].count = 0;
        model_held[i].overflow = false;
        model_held[i].deviant = false;
    }
    model_walk_all();
}

static bool of_asid(const struct held *h, const struct leaf *leaf, uint32_t va, uint32_t asid)
{
    return leaf->ng && leaf->asid == asid;
}

void model_invalidate_asid(uint32_t asid)
{
    drop_if(of_asid, 0, asid);
}

static bool of_va(const struct held *h, const struct leaf *leaf, uint32_t va, uint32_t asid)
{
    return !((h->va ^ va) & ~size_mask[leaf->size]) && (!leaf->ng || asid > 255 || leaf->asid == asid);
}

void model_invalidate_va(uint32_t va, uint32_t asid)
{
    drop_if(of_va, va, asid);
}

static bool permitted(uint32_t ap, enum model_access access, bool privileged)
{
    uint32_t rights = model_regs.afe ? (ap & 6) | 1 : ap;

    if (model_regs.afe && !(ap & 2))
        rights = (ap & 4) | 1;            /* AP[2:1]: x0 privileged only */
    else if (model_regs.afe)
        rights = (ap & 4) | 3;            /* x1 everybody */
    switch (rights) {
    case 1: return privileged;
    case 2: return privileged || access != MODEL_WRITE;
    case 3: return true;
    case 5: return privileged && access != MODEL_WRITE;
    case 6: case 7: return access != MODEL_WRITE;
    default: return false;
    }
}

static uint32_t outcome(const struct leaf *leaf, enum model_access access, bool privileged)
{
    uint32_t rights = model_regs.dacr >> 2 * leaf->domain & 3, page = leaf->size < LEAF_SECTION ? 2 : 0;

    if (rights == 0)
        return 0x109 + page;
    if (rights == 3)
        return leaf->pa;
    if (!permitted(leaf->ap, access, privileged) || (access == MODEL_FETCH && leaf->xn))
        return 0x10d + page;
    return leaf->pa;
}

static unsigned add(uint32_t *out, unsigned n, uint32_t value)
{
    for (unsigned i = 0; i < n; i++) {
        if (out[i] == value)
            return n;
    }
    out[n] = value;
    return n + 1;
}

unsigned model_outcomes(unsigned page, enum model_access access, bool privileged, uint32_t out[MODEL_HELD + 4])
{
    const struct held *h = &model_held[page];
    struct walk w = walk(h->va);
    unsigned n = 0;

    if (h->overflow)
        return 0;
    if (w.fault)
        n = add(out, n, w.fault);
    for (unsigned i = 0; i < h->count; i++) {
        if (!h->leaf[i].ng || h->leaf[i].asid == model_regs.asid)
            n = add(out, n, outcome(&h->leaf[i], access, privileged));
    }
    return n;
}

uint32_t model_deviation(unsigned page, enum model_access access)
{
    struct walk w = walk(model_held[page].va);
    uint32_t rights = model_regs.dacr >> 2 * w.leaf.domain & 3, level2 = w.leaf.size < LEAF_SECTION ? 2 : 0;

    if (!w.fault || w.fault == 0x105)
        return 0;
    if (rights == 0)
        return 0x109 + level2;
    if (w.fault == 0x107)
        return 0;
    if (rights == 3)
        return w.leaf.pa;
    return access == MODEL_FETCH && w.leaf.xn ? 0x10d + level2 : 0;
}

/* Could the code have been entered under some DACR of this program? */
static bool was_executable(const struct leaf *leaf)
{
    return managers >> leaf->domain & 1 || (permitted(leaf->ap, MODEL_FETCH, true) && !leaf->xn);
}

unsigned model_code_kept(unsigned page, uint32_t out[MODEL_HELD])
{
    const struct held *h = &model_held[page];
    unsigned n = 0;

    for (unsigned i = 0; i < h->count; i++) {
        const struct leaf *leaf = &h->leaf[i];

        if ((!leaf->ng || leaf->asid == model_regs.asid) && outcome(leaf, MODEL_FETCH, true) != leaf->pa &&
            was_executable(leaf))
            n = add(out, n, leaf->pa);
    }
    return n;
}
