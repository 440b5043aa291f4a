/* Which guest pages have tables, what was made from them, and who watches them. */
#include "shadow/tables.h"

#include <string.h>

#include "core/gmem.h"
#include "lib/check.h"
#include "shadow/internal.h"
#include "shadow/policy.h"

#define PAGES 2048u
#define HASH 1024u

static struct guest_page pages[PAGES], *free_pages, *hash[HASH];
static struct origin origins[L2_MAX + 1], *free_origins;
/* Pages of its first-level tables that a space counts in: four of TTBR0's, four of TTBR1's. */
static uint8_t l1_pages[SHADOW_MAX_SPACES];
struct guest_page *tables_oos[TABLES_OOS_MAX];
unsigned tables_oos_count;

void tables_init(const struct shadow *s)
{
    CHECK((s->code_offset >> 20) % 32 == 0); /* bitmaps are compared in words */
    memset(hash, 0, sizeof(hash));
    memset(l1_pages, 0, sizeof(l1_pages));
    memset(pages, 0, sizeof(pages));
    free_pages = NULL;
    free_origins = NULL;
    tables_oos_count = 0;
    for (unsigned i = PAGES; i-- > 0; free_pages = &pages[i])
        pages[i].next = free_pages;
    for (unsigned i = L2_MAX; i > 0; free_origins = &origins[i--])
        origins[i].next = free_origins;
}

static struct guest_page **bucket(uint32_t page)
{
    return &hash[(page >> 12) % HASH];
}

struct guest_page *tables_find(uint32_t page)
{
    struct guest_page *p = *bucket(page);

    while (p && p->page != page)
        p = p->next;
    return p;
}

bool tables_guarded(const struct shadow *s, gpa_t page)
{
    const struct guest_page *p = tables_find(ALIGN_DOWN(page.v, 4096));

    (void)s;
    return p && !p->oos;
}

/* Watched from now on, or NULL: there are too many. */
static struct guest_page *page_get(struct shadow *s, uint32_t page)
{
    struct guest_page *p = tables_find(page), **head = bucket(page);

    if (p || !free_pages)
        return p;
    p = free_pages;
    free_pages = p->next;
    *p = (struct guest_page){ .page = page, .next = *head, .used = true };
    *head = p;
    s->vm->stats.policy_track++;
    s->vm->stats.policy_protect++;
    shadow_protect(s, gpa(page));
    return p;
}

static void oos_remove(struct guest_page *p)
{
    unsigned i = 0;

    if (!p->oos)
        return;
    while (tables_oos[i] != p)
        i++;
    tables_oos[i] = tables_oos[--tables_oos_count];
    p->oos = false;
}

/* A page that nothing comes from is no table any more. */
static void page_put(struct guest_page *p)
{
    struct guest_page **link = bucket(p->page);

    if (p->made || p->l1_users)
        return;
    oos_remove(p);
    while (*link != p)
        link = &(*link)->next;
    *link = p->next;
    p->used = false;
    p->next = free_pages;
    free_pages = p;
}

void tables_watch(struct shadow *s, struct guest_page *p)
{
    oos_remove(p);
    p->writes = 0;
    s->vm->stats.policy_protect++;
    shadow_protect(s, gpa(p->page));
}

/* --- first-level tables --- */

void tables_space_regs(const struct shadow *s, const struct space *sp, struct walk_regs *regs)
{
    *regs = (struct walk_regs){ .sctlr = sp->key.sctlr, .ttbr0 = sp->key.ttbr0, .ttbr1 = sp->key.ttbr1,
                                .ttbcr = sp->key.ttbcr, .dacr = s->regs.dacr };
}

bool tables_l1_in_page(const struct walk_regs *regs, uint32_t mib, uint32_t page)
{
    gpa_t addr;

    return guest_walk_l1_addr(regs, gva(mib << 20), &addr) && ALIGN_DOWN(addr.v, 4096) == page;
}

uint32_t tables_l1_desc(struct shadow *s, const struct walk_regs *regs, uint32_t mib)
{
    uint32_t desc;
    gpa_t addr;

    if (!(regs->sctlr & SCTLR_M) || !guest_walk_l1_addr(regs, gva(mib << 20), &addr) ||
        !gmem_read32(s->vm, addr, &desc))
        return 0;
    return regs->sctlr & SCTLR_EE ? __builtin_bswap32(desc) : desc;
}

/* The bit in l1_pages of the page that translates the MiB. */
static unsigned l1_page_bit(const struct walk_regs *regs, uint32_t mib)
{
    unsigned n = regs->ttbcr & 7;

    return n && mib >> (12 - n) ? 4 + (mib >> 10) : mib >> 10;
}

static uint32_t l1_page_of_bit(const struct walk_regs *regs, unsigned bit)
{
    unsigned n = regs->ttbcr & 7;

    if (bit >= 4)
        return ALIGN_DOWN(regs->ttbr1, 0x4000) + (bit - 4) * 4096;
    return ALIGN_DOWN(ALIGN_DOWN(regs->ttbr0, 0x4000u >> n), 4096) + bit * 4096;
}

static bool attach_l1(struct shadow *s, uint32_t mib)
{
    uint8_t *attached = &l1_pages[s->current - s->spaces];
    unsigned bit = l1_page_bit(&s->regs, mib);
    struct guest_page *p;

    if ((*attached & BIT(bit)) || !gmem_is_ram(s->vm, gpa(l1_page_of_bit(&s->regs, bit)), 4096))
        return true;
    p = page_get(s, l1_page_of_bit(&s->regs, bit));
    if (!p)
        return false;
    p->l1_users++;
    *attached |= (uint8_t)BIT(bit);
    s->current->pristine = false;
    return true;
}

void tables_space_freed(struct shadow *s, const struct space *sp)
{
    uint8_t *attached = &l1_pages[sp - s->spaces];
    struct walk_regs regs;

    tables_space_regs(s, sp, &regs);
    for (unsigned bit = 0; *attached; bit++) {
        struct guest_page *p;

        if (!(*attached & BIT(bit)))
            continue;
        *attached &= (uint8_t)~BIT(bit);
        p = tables_find(l1_page_of_bit(&regs, bit));
        p->l1_users--;
        page_put(p);
    }
}

/* --- second-level tables --- */

struct origin *tables_origin(const uint32_t *l2)
{
    unsigned n = l2_meta(l2)->origin;

    return n ? &origins[n] : NULL;
}

uint8_t tables_origin_flags(const struct walk_regs *regs)
{
    return (uint8_t)((regs->sctlr & SCTLR_AFE ? ORIGIN_AFE : 0) | (regs->sctlr & SCTLR_EE ? ORIGIN_EE : 0));
}

static uint32_t origin_page(const struct origin *o)
{
    return ALIGN_DOWN(o->l1_desc, 4096);
}

void tables_forget_origin(uint16_t origin)
{
    struct origin *o = &origins[origin];

    if (desc_is_table(o->l1_desc) && !(o->flags & ORIGIN_ROM)) {
        struct guest_page *p = tables_find(origin_page(o));
        struct origin **link = &p->made;

        while (*link != o)
            link = &(*link)->next;
        *link = o->next;
        page_put(p);
    }
    o->next = free_origins;
    free_origins = o;
}

static void make_origin(struct shadow *s, uint32_t *l2, const struct origin *what)
{
    struct origin *o = free_origins;
    struct guest_page *p;

    CHECK(o); /* as many as second-level tables */
    free_origins = o->next;
    *o = *what;
    o->l2 = l2;
    l2_meta(l2)->origin = (uint16_t)(o - origins);
    if (!desc_is_table(o->l1_desc) || (o->flags & ORIGIN_ROM))
        return;
    /* Making room may have freed the last table that came from the page. */
    p = page_get(s, origin_page(o));
    CHECK(p);
    o->next = p->made;
    p->made = o;
}

static bool other_origin(const struct shadow *s, uint32_t entry, const struct walk_result *w, bool code)
{
    struct origin *o = desc_is_table(entry) ? tables_origin(view_l2(entry)) : NULL;

    return o && !(o->flags & ORIGIN_CODE) != code &&
           (o->l1_desc != w->l1_desc || (o->flags & ORIGIN_HOW) != tables_origin_flags(&s->regs));
}

static void drop_other_origin(struct shadow *s, unsigned mib, const struct walk_result *w, bool code)
{
    struct view *views = s->current->views;

    if (in_window(mib))
        return;
    if (other_origin(s, s->global_l1[mib], w, code))
        drop_global_mib(s, mib);
    for (unsigned mode = 0; mode < 2; mode++) {
        if (other_origin(s, views[mode].l1[mib], w, code))
            view_clear_mib(&views[mode], mib);
    }
}

bool tables_track(struct shadow *s, gva_t va, const struct walk_result *w)
{
    uint32_t mib = va.v >> 20, code_mib = (va.v + s->code_offset) >> 20;
    struct guest_page *p;

    if (!(s->regs.sctlr & SCTLR_M))
        return true;
    if (!attach_l1(s, mib))
        return false;
    if (w->l2 && gmem_is_ram(s->vm, gpa(ALIGN_DOWN(w->l1_desc, 4096)), 4096)) {
        p = page_get(s, ALIGN_DOWN(w->l1_desc, 4096));
        if (!p)
            return false;
        p->writes = 0;
    }
    drop_other_origin(s, mib, w, false);
    drop_other_origin(s, code_mib, w, true);
    return true;
}

void tables_filled(struct shadow *s, uint32_t shadow_va, const struct walk_result *w, bool code)
{
    struct origin o = { .l1_desc = w->l1_desc, .mib = (shadow_va >> 20) & 0xfff };

    if (!(s->regs.sctlr & SCTLR_M))
        return;
    for (unsigned mode = 0; mode < 2; mode++) {
        uint32_t entry = s->current->views[mode].l1[o.mib];
        struct l2_meta *meta;

        if (!desc_is_table(entry))
            continue;
        meta = l2_meta(view_l2(entry));
        if (meta->origin || meta->kind == L2_ARENA)
            continue;
        o.flags = tables_origin_flags(&s->regs) & 15;
        o.flags |= code ? ORIGIN_CODE : 0;
        o.flags |= w->l2 && !gmem_is_ram(s->vm, gpa(origin_page(&o)), 4096) ? ORIGIN_ROM : 0;
        o.owner = meta->kind == L2_GLOBAL ? ORIGIN_SHARED : (uint16_t)(2 * (s->current - s->spaces) + mode);
        make_origin(s, view_l2(entry), &o);
    }
}

/* --- writes --- */

struct guest_page *tables_trapped(struct shadow *s, gpa_t page)
{
    struct guest_page *p = tables_find(page.v);

    if (!p || p->oos)
        return NULL;
    if (!p->made && !p->l1_users) { /* nothing was filled after all */
        page_put(p);
        return NULL;
    }
    s->vm->stats.policy_trap++;
    return p;
}

/* A word of a first-level table of the space, if it is one: what comes from it is compared. */
static void written_l1(struct shadow *s, struct space *sp, uint32_t addr)
{
    struct walk_regs regs;
    uint32_t mib, base;

    tables_space_regs(s, sp, &regs);
    for (unsigned bit = 0; bit < 8; bit++) {
        if (!(l1_pages[sp - s->spaces] & BIT(bit)) || l1_page_of_bit(&regs, bit) != ALIGN_DOWN(addr, 4096))
            continue;
        base = bit >= 4 ? ALIGN_DOWN(regs.ttbr1, 0x4000) : ALIGN_DOWN(regs.ttbr0, 0x4000u >> (regs.ttbcr & 7));
        mib = (addr - base) / 4;
        if (mib < 4096 && l1_page_bit(&regs, mib) == bit)
            sync_mib(s, sp, &regs, mib);
    }
}

static void written_word(struct shadow *s, struct guest_page *p, uint32_t addr)
{
    for (struct origin *o = p->made; o; o = o->next) {
        uint32_t offset = addr - ALIGN_DOWN(o->l1_desc, 0x400);

        if (offset < 0x400)
            sync_entries(s, o, offset / 4, 1, s->policy->eager ? SYNC_FILL : SYNC_COMPARE);
    }
    for (unsigned i = s->used_count; i-- > 0 && p->l1_users;) {
        if (l1_pages[s->used[i]])
            written_l1(s, used_space(s, i), addr);
    }
}

void tables_written(struct shadow *s, gpa_t addr, unsigned size)
{
    struct guest_page *p = tables_find(ALIGN_DOWN(addr.v, 4096));
    uint64_t changes = s->vm->stats.policy_mirror + s->vm->stats.policy_eager;

    for (uint32_t word = ALIGN_DOWN(addr.v, 4); p && p->used && !p->oos && word < addr.v + size; word += 4)
        written_word(s, p, word);
    if (p && s->vm->stats.policy_mirror + s->vm->stats.policy_eager != changes)
        p->writes = 0;
}

bool tables_space_uses(const struct shadow *s, unsigned i, uint32_t page)
{
    struct walk_regs regs;

    tables_space_regs(s, &s->spaces[i], &regs);
    for (unsigned bit = 0; bit < 8; bit++) {
        if ((l1_pages[i] & BIT(bit)) && l1_page_of_bit(&regs, bit) == page)
            return true;
    }
    return false;
}

static void drop_origin(struct shadow *s, struct origin *o)
{
    struct view *v;

    if (o->owner == ORIGIN_SHARED) {
        drop_global_mib(s, o->mib);
        return;
    }
    v = &s->spaces[o->owner / 2].views[o->owner & 1];
    view_clear_mib(v, o->mib);
    s->vm->stats.shadow_drop++;
}

bool tables_release(struct shadow *s, struct guest_page *p)
{
    uint32_t page = p->page;

    if (tables_space_uses(s, (unsigned)(s->current - s->spaces), page))
        return false;
    s->vm->stats.policy_release++;
    for (unsigned i = s->used_count; i-- > 0 && p->used && p->l1_users;) {
        if (tables_space_uses(s, s->used[i], page))
            space_free(s, used_space(s, i)); /* the last one takes its place in 'used' */
    }
    while (p->used && p->page == page && p->made)
        drop_origin(s, p->made);
    return true;
}

static void forget_other_spaces(struct shadow *s, const struct guest_page *p)
{
    uint32_t page = p->page;
    struct origin *o;

    for (unsigned i = s->used_count; i-- > 0 && p->used && p->l1_users;) {
        if (used_space(s, i) != s->current && tables_space_uses(s, s->used[i], page))
            space_free(s, used_space(s, i));
    }
    do {
        o = p->used ? p->made : NULL;
        while (o && (o->owner == ORIGIN_SHARED || &s->spaces[o->owner / 2] == s->current))
            o = o->next;
        if (o)
            drop_origin(s, o);
    } while (o);
}

void tables_desync(struct shadow *s, struct guest_page *p)
{
    if (p->oos)
        return;
    if (tables_oos_count == TABLES_OOS_MAX)
        sync_page(s, tables_oos[0]);
    forget_other_spaces(s, p);
    if (!p->used)
        return;
    p->oos = true;
    tables_oos[tables_oos_count++] = p;
    s->vm->stats.policy_desync++;
}
