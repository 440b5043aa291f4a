/* Claims: the MiBs of a space where translations live, because the guest maps nothing there. */
#include "shadow/internal.h"

#include <string.h>

#include "core/gmem.h"

static uint32_t versions;

/* Where mib is, or would be. */
static uint32_t place_of(const struct claims *c, unsigned mib)
{
    uint32_t i = 0;

    while (i < c->count && c->mibs[i] < mib)
        i++;
    return i;
}

bool claims_have(const struct claims *c, unsigned mib)
{
    uint32_t i = place_of(c, mib);

    return i < c->count && c->mibs[i] == mib;
}

bool claims_add(struct claims *c, unsigned mib)
{
    uint32_t i = place_of(c, mib);

    if (i < c->count && c->mibs[i] == mib)
        return true;
    if (c->count == SHADOW_MAX_CLAIMS)
        return false;
    memmove(&c->mibs[i + 1], &c->mibs[i], (c->count - i) * sizeof(c->mibs[0]));
    c->mibs[i] = (uint16_t)mib;
    c->count++;
    c->version = ++versions;
    return true;
}

void claims_remove(struct claims *c, unsigned mib)
{
    uint32_t i = place_of(c, mib);

    if (!claims_have(c, mib))
        return;
    c->count--;
    memmove(&c->mibs[i], &c->mibs[i + 1], (c->count - i) * sizeof(c->mibs[0]));
    c->version = ++versions;
}

void claims_copy(struct claims *to, const struct claims *from)
{
    to->version = from->version;
    to->count = from->count;
    memcpy(to->mibs, from->mibs, from->count * sizeof(from->mibs[0]));
}

bool claim_mib(struct shadow *s, unsigned mib, bool shared)
{
    struct claims *own = &s->current->claims;
    bool same = own->version == s->claimed.version;

    if (!claims_add(own, mib) || (shared && !claims_add(&s->claimed, mib)))
        return false;
    if (shared && same)
        s->claimed.version = own->version;
    bitmap_set(s->claimable, mib);
    return true;
}

static bool read_guest(void *ctx, gpa_t addr, uint32_t *value)
{
    return gmem_read32(ctx, addr, value);
}

/* Does the guest map anything there that an access could reach? */
static bool guest_uses_mib(struct shadow *s, uint32_t mib)
{
    struct walk_result w;
    gpa_t l1_addr;
    uint32_t desc;

    if (s->regs.sctlr & SCTLR_M) {
        if (!guest_walk_l1_addr(&s->regs, gva(mib << 20), &l1_addr) || !gmem_read32(s->vm, l1_addr, &desc))
            return false;
        if (s->regs.sctlr & SCTLR_EE)
            desc = __builtin_bswap32(desc);
        if ((desc & 3) == 1)
            return true; /* a table: pages may appear in it without notice */
        if ((desc & 3) != 2)
            return false;
    }
    guest_walk(&s->regs, gva(mib << 20), read_guest, s->vm, &w);
    if (w.fault != FSR_NONE)
        return false;
    return gmem_is_ram(s->vm, w.pa, 4) || vm_find_vdev(s->vm, w.pa, 4);
}

bool shadow_mib_free(struct shadow *s, uint32_t mib)
{
    uint32_t entry = s->current->views[VIEW_KERNEL].l1[mib];

    if (in_window(mib) || bitmap_test(s->blocked, mib))
        return false;
    if (space_has_claim(s, s->current, mib))
        return true;
    if (entry && !(desc_is_table(entry) && desc_l1_domain(entry) == HOST_DOMAIN_VMM))
        return false;
    return !guest_uses_mib(s, mib);
}

unsigned shadow_mib_code(struct shadow *s, uint32_t mib)
{
    return bitmap_test(s->exec_mib, mib) ? 2 : guest_uses_mib(s, mib);
}

void shadow_code_at(struct shadow *s, uint32_t va)
{
    bitmap_set(s->exec_mib, va >> 20);
}

void shadow_surrender(struct shadow *s, unsigned mib)
{
    struct view *v = &s->current->views[VIEW_KERNEL];

    bitmap_set(s->blocked, mib);
    if (v->l1[mib] == s->global_l1[mib])
        drop_global_mib(s, mib);
    else
        view_clear_mib(v, mib);
    claims_remove(&s->current->claims, mib);
}

/* --- has the guest mapped something there? --- */

/*
 * Are the guest's first-level descriptors of these MiBs, in order, all faults?  Then nothing is mapped there.  Asked
 * whenever the guest changes tables, so it looks at the table directly where there is one for all addresses.
 */
static bool all_fault(struct shadow *s, const uint16_t *mibs, uint32_t count)
{
    const uint16_t *end = mibs + count;
    uint32_t all = 0;

    if (!s->plain_l1)
        return false;
    while (mibs < end) {
        unsigned first = *mibs & ~1023u, next = first + 1024;
        const uint32_t *page = arch_map_page(s->plain_l1 + first * 4);

        for (; end - mibs >= 4 && mibs[3] < next; mibs += 4)
            all |= page[mibs[0] & 1023] | page[mibs[1] & 1023] | page[mibs[2] & 1023] | page[mibs[3] & 1023];
        for (; mibs < end && *mibs < next; mibs++)
            all |= page[*mibs & 1023];
    }
    return !(all & DESC_TYPE_MASK);
}

/*
 * Has nothing changed since they were looked at but the ASID?  A write of CONTEXTIDR alone makes no
 * mapping visible that its TTBR write, TLB maintenance or a DSB did not (B3.10.1).
 */
static bool just_checked(const struct shadow *s)
{
    const struct walk_regs *now = &s->regs, *then = &s->checked;

    return s->checked_claims == s->current->claims.version && now->ttbr0 == then->ttbr0 &&
           now->ttbr1 == then->ttbr1 && now->ttbcr == then->ttbcr && now->sctlr == then->sctlr;
}

static unsigned surrender_mapped(struct shadow *s)
{
    struct claims *c = &s->current->claims;
    unsigned lost = 0;

    for (uint32_t i = 0; i < c->count;) {
        if (all_fault(s, &c->mibs[i], 1) || !guest_uses_mib(s, c->mibs[i])) {
            i++;
        } else {
            shadow_surrender(s, c->mibs[i]);
            lost++;
        }
    }
    return lost;
}

unsigned shadow_check_claims(struct shadow *s)
{
    const struct claims *c = &s->current->claims;
    unsigned lost = 0;

    if (just_checked(s))
        return 0;
    if (!all_fault(s, c->mibs, c->count))
        lost = surrender_mapped(s);
    s->checked = s->regs;
    s->checked_claims = c->version;
    return lost;
}
