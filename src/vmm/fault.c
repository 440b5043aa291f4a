/* Aborts: filled and retried (hidden), emulated, or given to the guest (reflected). */
#include "arch/armv7/layout.h"
#include "arch/armv7/sysreg.h"
#include "core/gmem.h"
#include "core/pool.h"
#include "lib/bits.h"
#include "lib/check.h"
#include "lib/log.h"
#include "shadow/policy.h"
#include "vmm/vmm.h"
#include "vmm/world.h"
#include "xlate/t32.h"

#define DFSR_FS(dfsr) (((dfsr) & 0xfu) | ((dfsr) & BIT(10)))

/* Displaced code pages entered lately; valid until the next TLB operation or space switch: of this age only. */
static struct { uint32_t page, va, age; } displaced[8];
bool fault_displaced_any;
uint32_t fault_code_changes;

void fault_forget_code(void)
{
    vmm.age++;
    vmm.state->user_page[0] = vmm.state->user_page[1] = ~0u;
    if (fault_displaced_any)
        fault_code_changes++;
    fault_displaced_any = false;
}

static void reflect_fetch(struct vcpu *vcpu, uint32_t va, enum walk_fault fault, const struct walk_result *w)
{
    vcpu->vm->stats.fault_reflected++;
    vcpu_inject_pabt(vcpu, va, access_dfsr(fault, w, false));
}

/* Walks for a fetch at va, of the instruction at pc; false when it was reflected. */
static bool fetch_allowed(struct vcpu *vcpu, uint32_t va, struct walk_result *w)
{
    struct walk_regs regs;
    enum walk_fault fault;

    access_walk(vcpu, va, w);
    fault = w->fault;
    if (fault == FSR_NONE) {
        access_walk_regs(vcpu, &regs);
        fault = walk_check(&regs, w, ACCESS_FETCH, !vcpu_is_user(vcpu));
    }
    if (fault == FSR_NONE && !gmem_is_memory(vcpu->vm, gpa(ALIGN_DOWN(w->pa.v, 4096)), 4096)) {
        log_limited(8, "%s: fetch from physical 0x%08lx, where there is no memory: external abort",
                    vcpu->vm->name, (unsigned long)w->pa.v);
        fault = FSR_EXT;
        w->domain_valid = false;
    }
    if (fault != FSR_NONE)
        reflect_fetch(vcpu, va, fault, w);
    return fault == FSR_NONE;
}

bool fault_may_fetch(struct vcpu *vcpu, uint32_t va)
{
    struct walk_result w;

    return fetch_allowed(vcpu, va, &w);
}

/* The guest's own mapping of va is real but the place is ours. */
static bool collides(struct vcpu *vcpu, uint32_t va)
{
    if (va < VMM_BASE || va >= VMM_END)
        return false;
    vmm_stop("the guest uses virtual address 0x%08lx, inside umbra's window 0x%08lx-0x%08lx (pc 0x%08lx)",
             (unsigned long)va, (unsigned long)VMM_BASE, (unsigned long)VMM_END, (unsigned long)vcpu->r[15]);
    return true;
}

/* Makes the page at va fetchable in guest user; false when an abort was injected. */
static bool fetch_page(struct vcpu *vcpu, uint32_t va, struct walk_result *w)
{
    if (!fetch_allowed(vcpu, va, w) || collides(vcpu, va))
        return false;
    vcpu->vm->stats.fault_hidden++;
    if (!shadow_fill(&vmm.shadow, VIEW_USER, gva(va), w))
        codesync_flush();
    return true;
}

void fault_fetch(struct vcpu *vcpu)
{
    uint32_t pc = vcpu->r[15];
    struct walk_result w;
    uint16_t half;

    if (!fetch_page(vcpu, pc, &w))
        return;
    /* it may be the second half of the instruction that is not there */
    if ((vcpu->cpsr & PSR_T) && (pc & 0xfff) == 0xffe && gmem_read(vcpu->vm, w.pa, &half, 2) && t32_is_long(half))
        fetch_page(vcpu, pc + 2, &w);
}

/* Makes room when the pool is dry: all translations, and if that was not it all shadows. */
static struct xpage *translate_page(gva_t va, gpa_t pa, bool thumb, bool in_place)
{
    struct xpage *page = NULL;

    for (unsigned attempt = 0; !page && attempt < 2; attempt++) {
        if (attempt)
            codesync_flush();
        page = thumb ? xlate_get_thumb(&vmm.xlate, va, pa) : xlate_get(&vmm.xlate, va, pa, in_place);
    }
    return page;
}

/* *fresh: no page of this memory was translated before, so that writes to it are not watched. */
static struct xpage *code_page(struct vcpu *vcpu, const struct walk_result *w, bool *fresh)
{
    gva_t va = gva(ALIGN_DOWN(vcpu->r[15], 4096));
    gpa_t pa = gpa(ALIGN_DOWN(w->pa.v, 4096));
    bool thumb = vcpu->cpsr & PSR_T;
    struct xpage *page = xlate_find(&vmm.xlate, va, pa, thumb);
    bool in_place = !thumb && !xlate_arena_at(&vmm.xlate, va.v + XLATE_D) &&
                    shadow_mib_free(&vmm.shadow, (va.v + XLATE_D) >> 20);

    if (page && page->alt != !in_place) {
        codesync_drop(pa);
        page = NULL;
    }
    *fresh = false;
    if (!page) {
        codesync_refresh(pa);
        *fresh = !xlate_page_has_code(&vmm.xlate, pa);
        page = translate_page(va, pa, thumb, in_place);
        vcpu->vm->stats.xlate_page += page != NULL;
    }
    if (!page) /* an empty pool holds at least one translation, so it was not that */
        vmm_stop("no place for the translation of 0x%08lx: the guest maps all of its address space to memory",
                 (unsigned long)va.v);
    return page;
}

static void remember_displaced(struct xpage *page)
{
    unsigned slot = (page->gva.v >> 12) % ARRAY_SIZE(displaced);

    if (page->thumb) {
        thumb_remember(page);
        return;
    }
    displaced[slot].page = page->gva.v;
    displaced[slot].age = vmm.age;
    fault_displaced_any = true;
    fault_code_changes++;
    displaced[slot].va = page->va;
}

/*
 * The first code of a MiB that the guest maps by a section, after it was dropped as a whole: translations of its other
 * pages are there, and all of it may be fetched as that page is.  A TLB may hold whatever would not fault (B3.10).
 */
static void map_section(const struct xpage *first, const struct walk_result *w)
{
    uint32_t offset = first->gva.v & (MiB - 1);
    struct walk_result each = *w;

    for (uint32_t i = 0; i < MiB; i += 4096) {
        gva_t va = gva(first->gva.v - offset + i);
        const struct xpage *page;

        each.pa = gpa(first->gpa.v - offset + i);
        page = i == offset ? NULL : xlate_find(&vmm.xlate, va, each.pa, false);
        if (page && !page->alt)
            shadow_map_more_code(&vmm.shadow, page->va, pool_hpa(page->words), &each);
    }
}

bool fault_map_code(struct vcpu *vcpu)
{
    struct walk_result w;
    struct xpage *page;
    bool fresh, empty;

    if (!fetch_allowed(vcpu, vcpu->r[15], &w))
        return false;
    if (collides(vcpu, vcpu->r[15]))
        return false;
    vcpu->vm->stats.fault_hidden++;
    shadow_code_at(&vmm.shadow, vcpu->r[15]);
    page = code_page(vcpu, &w, &fresh);
    if (!page)
        return false;
    if (fresh && gmem_is_ram(vcpu->vm, page->gpa, 4096))
        shadow_protect(&vmm.shadow, page->gpa);
    if (!page->alt) {
        empty = !shadow_kernel_table(&vmm.shadow, page->va);
        if (!shadow_map_code(&vmm.shadow, page->va, pool_hpa(page->words), &w))
            codesync_flush(); /* no memory for a table, or too many places: start over */
        else if (empty && w.size >= MAP_1M)
            map_section(page, &w);
        return true;
    }
    if (!shadow_link_arena(&vmm.shadow, page->va >> 20, xlate_arena_at(&vmm.xlate, page->va)->l2)) {
        /* the guest took the arena's place: start over elsewhere */
        codesync_flush();
        return true;
    }
    remember_displaced(page);
    return true;
}

uint32_t fault_code_entry(uint32_t pc)
{
    uint32_t page = ALIGN_DOWN(pc, 4096);
    unsigned slot = (page >> 12) % ARRAY_SIZE(displaced);

    if (displaced[slot].page == page && displaced[slot].age == vmm.age)
        return displaced[slot].va + (pc & 4095);
    return pc + XLATE_D;
}

/* The walk for a data access, and what it gives when it is allowed: RAM to map, or a device. */
static enum walk_fault walk_data(struct vcpu *vcpu, uint32_t va, bool write, struct walk_result *w)
{
    struct walk_regs regs;

    access_walk_regs(vcpu, &regs);
    access_walk(vcpu, va, w);
    if (w->fault != FSR_NONE)
        return w->fault;
    return walk_check(&regs, w, write ? ACCESS_WRITE : ACCESS_READ, !vcpu_is_user(vcpu));
}

static bool is_mappable(struct vcpu *vcpu, gpa_t pa, bool write)
{
    gpa_t page = gpa(ALIGN_DOWN(pa.v, 4096));

    return write ? gmem_is_ram(vcpu->vm, page, 4096) : gmem_is_memory(vcpu->vm, page, 4096);
}

static void fill(struct vcpu *vcpu, uint32_t va, bool write, const struct walk_result *w)
{
    enum shadow_mode mode = vcpu_is_user(vcpu) ? VIEW_USER : VIEW_KERNEL;
    gpa_t page = gpa(ALIGN_DOWN(w->pa.v, 4096));

    vcpu->vm->stats.fault_hidden++;
    if (write && shadow_write_fault(&vmm.shadow, page)) {
        world_sync(vcpu);
        if (access_emulate_store(vcpu))
            return;
        shadow_let_write(&vmm.shadow, page);
    }
    if (write)
        codesync_written(page);
    if (!shadow_fill(&vmm.shadow, mode, gva(va), w))
        codesync_flush();
}

/* Translations may have to go, or the store must be executed in software. */
static bool is_delicate(gpa_t page)
{
    const struct shadow_policy *policy = vmm.shadow.policy;

    return codesync_watched(NULL, page) || (policy->guarded && policy->guarded(&vmm.shadow, page));
}

static bool read_guest(void *ctx, gpa_t addr, uint32_t *value)
{
    return gmem_read32(ctx, addr, value);
}

enum fault_answer fault_try(struct vcpu *vcpu, uint32_t va, enum access_kind kind, bool privileged,
                            struct walk_result *w)
{
    enum shadow_mode mode = privileged ? VIEW_KERNEL : VIEW_USER;
    const struct walk_regs *regs = &vmm.shadow.regs;
    bool write = kind == ACCESS_WRITE;

    if (va >= VMM_BASE && va < VMM_END)
        return FAULT_LONG;
    guest_walk(regs, gva(va), read_guest, vcpu->vm, w);
    if (w->fault == FSR_NONE)
        w->fault = walk_check(regs, w, kind, privileged);
    if (w->fault != FSR_NONE)
        return FAULT_REFLECT;
    if (!is_mappable(vcpu, w->pa, write))
        return kind == ACCESS_FETCH ? FAULT_LONG : FAULT_DEVICE;
    if ((write && is_delicate(gpa(ALIGN_DOWN(w->pa.v, 4096)))) || !shadow_fill(&vmm.shadow, mode, gva(va), w))
        return FAULT_LONG;
    vcpu->vm->stats.fault_hidden++;
    return FAULT_FILLED;
}

static void fault_data(struct vcpu *vcpu, uint32_t va, bool write)
{
    struct walk_result w;
    enum walk_fault fault = walk_data(vcpu, va, write, &w);

    if (fault != FSR_NONE) {
        vcpu->vm->stats.fault_reflected++;
        vcpu_inject_dabt(vcpu, va, access_dfsr(fault, &w, write));
        return;
    }
    if (!is_mappable(vcpu, w.pa, write)) {
        access_emulate(vcpu, va, write);
        return;
    }
    if (!collides(vcpu, va))
        fill(vcpu, va, write, &w);
}

void fault_fetch_exit(struct vcpu *vcpu)
{
    if (DFSR_FS(read_ifsr()) == FSR_DEBUG) /* BKPT; IFAR is UNKNOWN (B4.1.96) */
        vcpu_inject_pabt(vcpu, vcpu->cp15.ifar, FSR_DEBUG);
    else
        fault_fetch(vcpu);
}

void fault_data_exit(struct vcpu *vcpu)
{
    uint32_t dfsr = read_dfsr(), va = read_dfar();
    bool write = dfsr & DFSR_WNR;

    if (DFSR_FS(dfsr) == FSR_ALIGNMENT) { /* checked before translation, so the guest's tables have no say (B3.12.2) */
        vcpu->vm->stats.fault_reflected++;
        vcpu_inject_dabt(vcpu, va, access_dfsr(FSR_ALIGNMENT, NULL, write));
    } else if (fault_is_mapping(dfsr)) {
        fault_data(vcpu, va, write);
    } else {
        vmm_stop("host data abort DFSR 0x%lx at 0x%08lx", (unsigned long)dfsr, (unsigned long)va);
    }
}
