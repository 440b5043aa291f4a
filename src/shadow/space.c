/* Spaces and their views: making, finding, evicting; the translation registers. */
#include "shadow/internal.h"

#include <string.h>

#include "core/pool.h"
#include "lib/check.h"
#include "shadow/policy.h"
#include "shadow/quick.h"
#include "shadow/tables.h"

#define L1_ENTRIES 4096
#define L1_BYTES (L1_ENTRIES * 4)
/* SCTLR bits that change what a walk gives */
#define SPACE_SCTLR (SCTLR_M | SCTLR_EE | SCTLR_TRE | SCTLR_AFE)

int mib_set_first(struct mib_set *set)
{
    for (unsigned t = 0; t < ARRAY_SIZE(set->top); t++) {
        for (; set->top[t]; set->top[t] &= set->top[t] - 1) {
            unsigned w = t * 32 + (unsigned)__builtin_ctz(set->top[t]);

            if (set->words[w])
                return (int)(w * 32 + (unsigned)__builtin_ctz(set->words[w]));
        }
    }
    return -1;
}

void view_clear_mib(struct view *v, unsigned mib)
{
    uint32_t entry = v->l1[mib];

    if (desc_is_table(entry) && l2_meta(view_l2(entry))->kind == L2_PRIVATE)
        l2_free(view_l2(entry));
    put_desc(&v->l1[mib], 0);
    bitmap_clear(v->touched.words, mib);
    v->stale = true;
}

static void free_private(struct view *v)
{
    for (int mib; (mib = mib_set_first(&v->touched)) >= 0;)
        view_clear_mib(v, (unsigned)mib);
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
void view_reset(struct shadow *s, struct space *sp, enum shadow_mode mode)
{
    struct view *v = &sp->views[mode];
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
    if (shared) /* it starts with the shared translations, and has their claims too */
        claims_copy(&sp->claims, &s->claimed);
    else if (v->kernel)
        sp->claims.version = sp->claims.count = 0;
    v->stale = true;
}

void seed_global(struct shadow *s)
{
    s->global_stale = true;
    s->seed_count += SHADOW_SEED_LOG + 1; /* whatever was logged is not enough */
    memcpy(s->global_l1, s->window_l1, L1_BYTES);
    s->global_l1[VMM_STATE >> 20] = s->state_entry;
    arch_clean_range(s->global_l1, L1_BYTES);
    s->claimed.version = s->claimed.count = 0;
}

void shadow_init(struct shadow *s, const struct shadow_config *config)
{
    memset(s, 0, offsetof(struct shadow, spaces));
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

        memset(sp, 0, offsetof(struct space, claims.mibs));
        sp->number = (uint8_t)(i + 1);
        for (unsigned m = 0; m < 2; m++) /* what is touched counts when there are tables */
            memset(&sp->views[m], 0, offsetof(struct view, touched));
        sp->views[VIEW_KERNEL].kernel = true;
    }
    for (unsigned n = SHADOW_MAX_SPACES; n > 0; s->free_spaces = (uint8_t)n--)
        nth_space(s, n)->next = s->free_spaces;
}

static bool key_equal(const struct space_key *a, const struct space_key *b)
{
    return a->ttbr0 == b->ttbr0 && a->asid == b->asid && a->ttbr1 == b->ttbr1 && a->ttbcr == b->ttbcr &&
           a->sctlr == b->sctlr;
}

static inline unsigned hash_of(uint32_t ttbr0, uint32_t asid)
{
    return (ttbr0 >> 14 ^ asid) % SHADOW_HASH;
}

static uint8_t *hash_head(struct shadow *s, const struct space_key *key)
{
    return &s->hash_spaces[hash_of(key->ttbr0, key->asid)];
}

static uint8_t *asid_head(struct shadow *s, const struct space_key *key)
{
    return key->sctlr & SCTLR_M ? &s->asid_spaces[key->asid] : &s->flat_spaces;
}

static void unlist_space(struct shadow *s, struct space *sp)
{
    uint8_t *link = hash_head(s, &sp->key);

    while (*link != sp->number)
        link = &nth_space(s, *link)->next_hash;
    *link = sp->next_hash;
    *(sp->prev ? &nth_space(s, sp->prev)->next : asid_head(s, &sp->key)) = sp->next;
    if (sp->next)
        nth_space(s, sp->next)->prev = sp->prev;
}

static void list_space(struct shadow *s, struct space *sp)
{
    uint8_t *hash = hash_head(s, &sp->key), *asid = asid_head(s, &sp->key);
    uint8_t n = sp->number;

    sp->next_hash = *hash;
    *hash = n;
    sp->prev = 0;
    sp->next = *asid;
    if (sp->next)
        nth_space(s, sp->next)->prev = n;
    *asid = n;
}

/* Of a space that has no name yet, if it is not used. */
static void name_space(struct shadow *s, struct space *sp, const struct space_key *key)
{
    if (sp->used)
        unlist_space(s, sp);
    sp->key = *key;
    list_space(s, sp);
    if (sp->used)
        return;
    sp->used = true;
    sp->used_at = (uint8_t)s->used_count;
    s->used[s->used_count++] = sp->number - 1;
}

void space_free(struct shadow *s, struct space *sp)
{
    free_private(&sp->views[VIEW_USER]); /* the first-level tables stay with the slot */
    free_private(&sp->views[VIEW_KERNEL]);
    if (s->policy->space_freed)
        s->policy->space_freed(s, sp);
    unlist_space(s, sp);
    sp->used = false;
    s->used[sp->used_at] = s->used[--s->used_count];
    used_space(s, sp->used_at)->used_at = sp->used_at;
    sp->next = s->free_spaces;
    s->free_spaces = sp->number;
}

/*
 * The one of four, taken at random, that was used least recently.  Of all would be worse for processes that take turns
 * and are a few more than there is room for: then it is always the one that comes next.
 */
static struct space *to_evict(struct shadow *s)
{
    struct space *oldest = NULL;

    s->random = s->random * 1664525 + 1013904223;
    for (unsigned i = 0; i < s->used_count && (i < 4 || !oldest); i++) {
        struct space *sp = used_space(s, ((s->random >> 16) + i) % s->used_count);

        if (sp != s->current && (!oldest || (int32_t)(sp->last_use - oldest->last_use) < 0))
            oldest = sp;
    }
    return oldest;
}

static uint32_t ghost_tag(const struct space_key *key)
{
    return key->ttbr0 ^ key->asid ^ 1;
}

static uint32_t *ghost_of(struct shadow *s, uint32_t tag)
{
    return &s->evicted[(tag ^ tag >> 14) % SHADOW_GHOSTS];
}

bool shadow_evict(struct shadow *s)
{
    struct space *sp = to_evict(s);
    uint32_t tag;

    if (!sp)
        return false;
    tag = ghost_tag(&sp->key);
    *ghost_of(s, tag) = tag;
    space_free(s, sp);
    s->vm->stats.shadow_evict++;
    return true;
}

static bool alloc_tables(struct space *sp)
{
    if (sp->views[0].l1)
        return true;
    for (unsigned m = 0; m < 2; m++) {
        sp->views[m].l1 = pool_l1_alloc();
        sp->views[m].seeded = 0;
        memset(&sp->views[m].touched, 0, sizeof(sp->views[m].touched));
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

static struct space *space_create(struct shadow *s, bool flat, const struct space_key *key)
{
    uint32_t tag = ghost_tag(key), *ghost = ghost_of(s, tag);
    struct space *sp;

    s->returned += *ghost == tag;
    *ghost = 0;

    /* The one freed last comes first: it has tables. */
    while (!s->free_spaces || !alloc_tables(nth_space(s, s->free_spaces))) {
        bool evicted = shadow_evict(s);

        CHECK(evicted); /* the pool holds at least two spaces' first-level tables */
    }
    sp = nth_space(s, s->free_spaces);
    s->free_spaces = sp->next;
    for (unsigned m = 0; m < 2; m++) {
        sp->views[m].flat = flat;
        view_reset(s, sp, (enum shadow_mode)m);
    }
    name_space(s, sp, key);
    s->vm->stats.space_miss++;
    return sp;
}

/* The one of that TTBR0 and ASID, and the other registers of 'others'; or NULL. */
static inline struct space *space_find(struct shadow *s, uint32_t ttbr0, uint32_t asid, const struct space_key *others)
{
    for (unsigned n = s->hash_spaces[hash_of(ttbr0, asid)]; n; n = nth_space(s, n)->next_hash) {
        struct space *sp = nth_space(s, n);

        if (sp->key.ttbr0 == ttbr0 && sp->key.asid == asid && sp->key.sctlr == others->sctlr &&
            sp->key.ttbcr == others->ttbcr && sp->key.ttbr1 == others->ttbr1)
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
static struct space *blank_space(struct shadow *s, bool flat, const struct space_key *key)
{
    struct space *sp = s->spare;

    if (is_blank(s->current, flat))
        sp = s->current;
    else if (flat || !is_blank(sp, flat))
        return space_create(s, flat, key);
    else if (sp->views[VIEW_KERNEL].seeded != s->seed_count)
        view_reset(s, sp, VIEW_KERNEL);
    name_space(s, sp, key);
    return sp;
}

/* The host has fewer ASIDs than spaces are cached.  One that goes to another space is not of the last few: its entries
 * are flushed while the hardware may still walk the tables of one of them. */
static void give_new_asids(struct shadow *s, struct space *sp)
{
    unsigned i;

    do {
        i = s->asids_given++ % SHADOW_ASIDS;
    } while (s->asid_owner[i] && s->clock - nth_space(s, s->asid_owner[i])->last_use < 16);
    s->asid_owner[i] = sp->number;
    for (unsigned m = 0; m < 2; m++) {
        sp->views[m].asid = (uint8_t)(2 * i + 2 + m);
        sp->views[m].stale = true;
    }
}

static inline void give_asids(struct shadow *s, struct space *sp)
{
    unsigned old = sp->views[VIEW_USER].asid;

    if (!old || s->asid_owner[old / 2 - 1] != sp->number)
        give_new_asids(s, sp);
}

/* Of spaces with nothing in them one is kept for the next that is new. */
static void keep_spare(struct shadow *s, const struct space *next)
{
    struct space *spare = s->spare;

    if (s->current == spare)
        return;
    if (spare && spare != next && spare->used && spare->pristine)
        space_free(s, spare);
    s->spare = s->current;
}

static inline void make_current(struct shadow *s, struct space *sp)
{
    s->vm->stats.space_switch++;
    give_asids(s, sp);
    sp->last_use = s->clock;
    if (s->current && s->current->pristine)
        keep_spare(s, sp);
    s->current = sp;
    for (unsigned m = 0; m < 2; m++) {
        struct view *v = &sp->views[m];

        if (v->stale_seen != s->stale_count[m])
            v->stale = true;
        v->stale_seen = s->stale_count[m];
    }
}

static void use_space(struct shadow *s, const struct space_key *key, bool flat)
{
    struct space *sp;

    s->clock++;
    if (s->current && key_equal(&s->current->key, key)) {
        s->current->last_use = s->clock;
        return;
    }
    sp = space_find(s, key->ttbr0, key->asid, key);
    if (!sp) {
        sp = blank_space(s, flat, key);
        sp->pristine = true;
    }
    make_current(s, sp);
}

void shadow_set_table(struct shadow *s, uint32_t ttbr0, uint32_t contextidr)
{
    const struct space *now = s->current;
    struct space *sp = space_find(s, ttbr0, contextidr & 0xff, &now->key);
    struct space_key key;

    s->regs.ttbr0 = ttbr0;
    quick_set_table(s);
    if (sp && sp != now) {
        s->clock++;
        make_current(s, sp);
        return;
    }
    key = now->key;
    key.ttbr0 = ttbr0;
    key.asid = contextidr & 0xff;
    use_space(s, &key, false);
}

void shadow_set_space(struct shadow *s, const struct walk_regs *regs, uint32_t contextidr)
{
    struct space_key key = { 0 };

    s->regs = *regs;
    quick_set_space(s);
    key.sctlr = regs->sctlr & SPACE_SCTLR;
    if (regs->sctlr & SCTLR_M) {
        key.ttbr0 = regs->ttbr0;
        key.ttbr1 = regs->ttbcr & 7 ? regs->ttbr1 : 0;
        key.ttbcr = regs->ttbcr;
        key.asid = contextidr & 0xff;
    }
    use_space(s, &key, !(regs->sctlr & SCTLR_M));
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
    return (struct shadow_usage){ s->used_count, l2_count() };
}
