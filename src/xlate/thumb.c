/* Pages of T32 translations. */
#include "xlate/thumb.h"

#include "arch/arch.h"
#include "core/pool.h"
#include "xlate/arena.h"

#define SLOT_OFFSET 64u

static struct thumb_code code_of(const struct xpage *p)
{
    return (struct thumb_code){ (uint16_t *)p->words, p->map };
}

/* Maps are carved from pool pages; the links of the free ones live in them. */
static struct thumb_map *map_alloc(struct xlate *x)
{
    struct thumb_map *map;

    if (!x->free_maps) {
        map = pool_page_alloc();
        for (unsigned i = 0; map && i < 4096 / sizeof(*map); i++) {
            *(void **)&map[i] = x->free_maps;
            x->free_maps = &map[i];
        }
    }
    map = x->free_maps;
    if (map)
        x->free_maps = *(void **)map;
    return map;
}

bool thumb_alloc(struct xlate *x, struct xpage *p)
{
    p->map = map_alloc(x);
    if (!p->map)
        return false;
    arena_alt_alloc(x, p);
    if (p->words) {
        thumb_reset(p);
        return true;
    }
    *(void **)p->map = x->free_maps;
    x->free_maps = p->map;
    return false;
}

void thumb_free(struct xlate *x, struct xpage *p)
{
    arena_alt_free(x, p);
    *(void **)p->map = x->free_maps;
    x->free_maps = p->map;
}

void thumb_reset(struct xpage *p)
{
    struct thumb_code code = code_of(p);

    thumb_clear(&code);
    p->unwatched = false;
    arch_sync_code(p->words, 4096);
}

enum thumb_entry thumb_known(const struct xpage *p, uint32_t pc, unsigned it_left)
{
    struct thumb_code code = code_of(p);

    return thumb_entry_at(&code, pc & 0xffe, it_left);
}

enum thumb_entry thumb_enter(struct xlate *x, struct xpage *p, uint32_t pc, unsigned it_left, bool watched)
{
    static uint32_t source[1024];
    struct thumb_code code = code_of(p);
    unsigned offset = pc & 0xffe;
    enum thumb_entry entry = thumb_entry_at(&code, offset, it_left);

    if (entry != THUMB_UNKNOWN)
        return entry;
    if (!x->ops->read_page(x->ctx, p->gpa, source))
        return THUMB_STEP;
    p->unwatched |= !watched;
    x->stats.sites += thumb_translate(&code, (const uint16_t *)source, offset, it_left);
    arch_sync_code(p->words, 4096);
    entry = thumb_entry_at(&code, offset, it_left);
    return entry == THUMB_UNKNOWN ? THUMB_STEP : entry;
}

bool thumb_is_own(const struct xpage *p, uint32_t hw_pc)
{
    struct thumb_code code = code_of(p);

    return thumb_entry_at(&code, hw_pc & 0xffe, 0) == THUMB_RUN;
}

static bool slot_alloc(struct xlate *x, uint32_t pc)
{
    x->slot.alt = x->slot.thumb = true;
    x->slot.gva = gva(pc);
    arena_alt_alloc(x, &x->slot);
    for (unsigned i = 0; x->slot.words && i < 1024; i++)
        x->slot.words[i] = THUMB_NONE << 16 | THUMB_NONE;
    return x->slot.words;
}

uint32_t thumb_slot(struct xlate *x, uint32_t pc, uint32_t insn)
{
    uint16_t *half;

    if (!x->slot.words && !slot_alloc(x, pc))
        return 0;
    x->slot.gva = gva(pc - SLOT_OFFSET);
    half = (uint16_t *)x->slot.words + SLOT_OFFSET / 2;
    if (insn >> 16)
        *half++ = (uint16_t)(insn >> 16);
    *half++ = (uint16_t)insn;
    *half++ = THUMB_NONE;
    arch_sync_code(x->slot.words, 4096);
    return x->slot.va + SLOT_OFFSET;
}
