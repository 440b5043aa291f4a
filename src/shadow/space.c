/* Spaces and their views: making, finding, evicting; the translation registers. */
#include "shadow/internal.h"

#include <string.h>

#include "arch/arch.h"
#include "arch/armv7/layout.h"
#include "core/pool.h"
#include "lib/check.h"
#include "shadow/policy.h"
#include "shadow/tables.h"

#define L1_ENTRIES 4096
#define L1_BYTES (L1_ENTRIES * 4)
/* SCTLR bits that change what a walk gives */
#define SPACE_SCTLR (SCTLR_M | SCTLR_EE | SCTLR_TRE | SCTLR_AFE)

void put_desc(uint32_t *entry, uint32_t value)
{
    *entry = value;
    arch_clean_entry(entry);
}

uint32_t *view_l2(uint32_t l1_entry)
{
    return pool_ptr(desc_table_pa(l1_entry));
}

bool in_window(uint32_t mib)
{
    return mib >= (VMM_BASE >> 20) && mib < (VMM_END >> 20);
}

void mark_all_stale(struct shadow *s)
{
    s->global_stale = true;
    for (unsigned i = 0; i < SHADOW_MAX_SPACES; i++) {
        s->spaces[i].views[0].stale = true;
        s->spaces[i].views[1].stale = true;
    }
}

void view_clear_mib(struct view *v, unsigned mib)
{
    uint32_t entry = v->l1[mib];

    if (desc_is_table(entry) && l2_meta(view_l2(entry))->kind == L2_PRIVATE)
        l2_free(view_l2(entry));
    put_desc(&v->l1[mib], 0);
    bitmap_clear(v->touched, mib);
    v->stale = true;
}

static void free_private(struct view *v)
{
    for (unsigned w = 0; w < SHADOW_BITMAP; w++) {
        while (v->touched[w])
            view_clear_mib(v, w * 32 + (unsigned)__builtin_ctz(v->touched[w]));
    }
}

bool view_has_claim(const struct view *v, unsigned mib)
{
    for (unsigned i = 0; i < v->claim_count; i++) {
        if (v->claims[i] == mib)
            return true;
    }
    return false;
}

bool view_claim(struct view *v, unsigned mib)
{
    if (view_has_claim(v, mib))
        return true;
    if (v->claim_count == SHADOW_MAX_CLAIMS)
        return false;
    v->claims[v->claim_count++] = (uint16_t)mib;
    return true;
}

/* A kernel view that starts with the shared translations has their claims too. */
static void inherit_claims(struct shadow *s, struct view *v)
{
    for (unsigned mib = 0; mib < L1_ENTRIES; mib++) {
        if (!s->claimed[mib >> 5])
            mib |= 31;
        else if (bitmap_test(s->claimed, mib) && !view_claim(v, mib))
            put_desc(&v->l1[mib], 0);
    }
}

void put_global(struct shadow *s, unsigned mib, uint32_t value)
{
    put_desc(&s->global_l1[mib], value);
    s->global_stale = true;
    s->seed_log[s->seed_count++ % SHADOW_SEED_LOG] = (uint16_t)mib;
}

static void seed_whole(struct shadow *s, struct view *v, bool shared)
{
    memcpy(v->l1, shared ? s->global_l1 : s->window_l1, L1_BYTES);
    if (v->kernel)
        v->l1[VMM_STATE >> 20] = s->state_entry;
    arch_clean_range(v->l1, L1_BYTES);
    v->seeded_flat = v->flat;
}

/*
 * Once nothing private is left, a table differs from its seed in what changed there since, if in
 * anything: 32 KiB need not be copied for every new process.
 */
void view_reset(struct shadow *s, struct view *v)
{
    bool shared = v->kernel && !v->flat;

    free_private(v);
    if (!v->seeded || v->flat || v->seeded_flat || (shared && s->seed_count - v->seeded > SHADOW_SEED_LOG)) {
        seed_whole(s, v, shared);
    } else if (shared) {
        for (uint32_t i = v->seeded; i != s->seed_count; i++) {
            unsigned mib = s->seed_log[i % SHADOW_SEED_LOG];

            put_desc(&v->l1[mib], s->global_l1[mib]);
        }
    }
    v->seeded = s->seed_count;
    v->claim_count = 0;
    if (shared)
        inherit_claims(s, v);
    v->stale = true;
}

void seed_global(struct shadow *s)
{
    s->global_stale = true;
    s->seed_count += SHADOW_SEED_LOG + 1; /* whatever was logged is not enough */
    memcpy(s->global_l1, s->window_l1, L1_BYTES);
    s->global_l1[VMM_STATE >> 20] = s->state_entry;
    arch_clean_range(s->global_l1, L1_BYTES);
    memset(s->claimed, 0, sizeof(s->claimed));
}

void shadow_init(struct shadow *s, const struct shadow_config *config)
{
    memset(s, 0, sizeof(*s));
    s->vm = config->vm;
    s->window_l1 = config->window_l1;
    s->state_entry = config->state_entry;
    s->code_offset = config->code_offset;
    s->page_has_code = config->page_has_code;
    s->ctx = config->ctx;
    s->policy = config->policy ? config->policy : &shadow_policy_tlb;
    s->no_space_cache = config->no_space_cache;
    l2_init();
    tables_init(s);
    s->global_l1 = pool_l1_alloc();
    CHECK(s->global_l1);
    seed_global(s);
    for (unsigned i = 0; i < SHADOW_MAX_SPACES; i++) {
        struct space *sp = &s->spaces[i];

        sp->views[VIEW_USER].asid = (uint8_t)(2 * i + 2);
        sp->views[VIEW_KERNEL].asid = (uint8_t)(2 * i + 3);
        sp->views[VIEW_KERNEL].kernel = true;
    }
}

static bool key_equal(const struct space_key *a, const struct space_key *b)
{
    return a->ttbr0 == b->ttbr0 && a->asid == b->asid && a->ttbr1 == b->ttbr1 && a->ttbcr == b->ttbcr &&
           a->sctlr == b->sctlr;
}

static void name_space(struct shadow *s, struct space *sp, const struct space_key *key)
{
    uint64_t bit = 1ull << (sp - s->spaces);

    s->asid_spaces[sp->key.asid] &= ~bit;
    s->flat_spaces &= ~bit;
    if (!key)
        return;
    sp->key = *key;
    if (key->sctlr & SCTLR_M)
        s->asid_spaces[key->asid] |= bit;
    else
        s->flat_spaces |= bit;
}

void space_free(struct shadow *s, struct space *sp)
{
    free_private(&sp->views[VIEW_USER]); /* the first-level tables stay with the slot */
    free_private(&sp->views[VIEW_KERNEL]);
    if (s->policy->space_freed)
        s->policy->space_freed(s, sp);
    sp->used = false;
    s->used_spaces &= ~(1ull << (sp - s->spaces));
    name_space(s, sp, NULL);
    s->vm->stats.shadow_evict++;
}

static struct space *least_recent(struct shadow *s)
{
    struct space *oldest = NULL;

    for (unsigned i = 0; i < SHADOW_MAX_SPACES; i++) {
        struct space *sp = &s->spaces[i];

        if (sp->used && sp != s->current &&
            (!oldest || (int32_t)(sp->last_use - oldest->last_use) < 0))
            oldest = sp;
    }
    return oldest;
}

bool shadow_evict(struct shadow *s)
{
    struct space *sp = least_recent(s);

    if (sp)
        space_free(s, sp);
    return sp != NULL;
}

static bool alloc_tables(struct space *sp)
{
    if (sp->views[0].l1)
        return true;
    for (unsigned m = 0; m < 2; m++) {
        sp->views[m].l1 = pool_l1_alloc();
        sp->views[m].seeded = 0;
        memset(sp->views[m].touched, 0, sizeof(sp->views[m].touched));
    }
    if (sp->views[0].l1 && sp->views[1].l1)
        return true;
    for (unsigned m = 0; m < 2; m++) {
        if (sp->views[m].l1)
            pool_l1_free(sp->views[m].l1);
        sp->views[m].l1 = NULL;
    }
    return false;
}

/* One that has tables, rather than one that needs them. */
static struct space *free_slot(struct shadow *s)
{
    struct space *bare = NULL;

    for (unsigned i = 0; i < SHADOW_MAX_SPACES; i++) {
        struct space *sp = &s->spaces[i];

        if (!sp->used && sp->views[0].l1)
            return sp;
        if (!sp->used && !bare)
            bare = sp;
    }
    return bare;
}

static struct space *space_create(struct shadow *s, bool flat)
{
    struct space *sp;

    while (!(sp = free_slot(s)) || !alloc_tables(sp)) {
        bool evicted = shadow_evict(s);

        CHECK(evicted); /* the pool holds at least two spaces' first-level tables */
    }
    sp->used = true;
    s->used_spaces |= 1ull << (sp - s->spaces);
    for (unsigned m = 0; m < 2; m++) {
        sp->views[m].flat = flat;
        view_reset(s, &sp->views[m]);
    }
    s->vm->stats.space_miss++;
    return sp;
}

static struct space *space_find(struct shadow *s, const struct space_key *key)
{
    for (uint64_t set = key->sctlr & SCTLR_M ? s->asid_spaces[key->asid] : s->flat_spaces; set;) {
        struct space *sp = next_space(s, &set);

        if (key_equal(&sp->key, key))
            return sp;
    }
    return NULL;
}

static bool is_blank(const struct space *sp, bool flat)
{
    return sp && sp->used && sp->pristine && sp->views[VIEW_KERNEL].flat == flat;
}

/*
 * A space on which nothing happened, such as the one between writing CONTEXTIDR and TTBR0, is
 * renamed instead of kept: the current one, or the last such one.
 */
static struct space *blank_space(struct shadow *s, bool flat)
{
    struct space *sp = s->spare;

    if (is_blank(s->current, flat))
        return s->current;
    if (flat || !is_blank(sp, flat))
        return space_create(s, flat);
    if (sp->views[VIEW_KERNEL].seeded != s->seed_count)
        view_reset(s, &sp->views[VIEW_KERNEL]);
    return sp;
}

static void use_space(struct shadow *s, const struct walk_regs *regs, uint32_t contextidr)
{
    struct space_key key = { 0 };
    struct space *sp;

    s->regs = *regs;
    key.sctlr = regs->sctlr & SPACE_SCTLR;
    if (regs->sctlr & SCTLR_M) {
        key.ttbr0 = regs->ttbr0;
        key.ttbr1 = regs->ttbcr & 7 ? regs->ttbr1 : 0;
        key.ttbcr = regs->ttbcr;
        key.asid = contextidr & 0xff;
    }
    s->clock++;
    if (s->current && key_equal(&s->current->key, &key)) {
        s->current->last_use = s->clock;
        return;
    }
    s->vm->stats.space_switch++;
    sp = space_find(s, &key);
    if (!sp) {
        sp = blank_space(s, !(regs->sctlr & SCTLR_M));
        name_space(s, sp, &key);
        sp->pristine = true;
    }
    sp->last_use = s->clock;
    if (s->current && s->current->pristine)
        s->spare = s->current;
    s->current = sp;
}

void shadow_set_space(struct shadow *s, const struct walk_regs *regs, uint32_t contextidr)
{
    use_space(s, regs, contextidr);
    if (s->no_space_cache)
        shadow_flush(s);
}

uint32_t shadow_host_dacr(uint32_t guest_dacr)
{
    uint32_t host = 0;

    /* Manager becomes Client with full access filled in: the XN and read-only bits that the
     * VMM needs must hold whatever the guest says. */
    host = guest_dacr & 0x55555555u;
    return (host & ~(3u << (2 * HOST_DOMAIN_VMM))) | 1u << (2 * HOST_DOMAIN_VMM);
}

void shadow_set_dacr(struct shadow *s, uint32_t dacr)
{
    uint32_t old = s->regs.dacr, managers = old & (old >> 1) & 0x55555555u;
    uint32_t lost = managers & ~(dacr & (dacr >> 1));
    bool flush = s->domain15_used && ((old ^ dacr) >> 30);

    s->regs.dacr = dacr;
    for (unsigned d = 0; lost && d < 16; d++)
        flush |= (lost & BIT(2 * d)) && (s->manager_domains & BIT(d));
    if (flush)
        shadow_flush(s);
}

struct shadow_usage shadow_usage(const struct shadow *s)
{
    struct shadow_usage u = { 0, l2_count() };

    for (unsigned i = 0; i < SHADOW_MAX_SPACES; i++)
        u.spaces += s->spaces[i].used;
    return u;
}
