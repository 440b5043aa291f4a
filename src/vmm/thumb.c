/*
 * T32 code of the guest kernel, between the run loop and the translator.
 *
 * Before each entry in Thumb state thumb_prepare() looks at what stands at the guest's pc.
 * Translated code is entered where it is.  A trap, and whatever cannot stand in a
 * translation (code entered in the middle of an instruction, across the page's end), is
 * executed here, one instruction at a time; harmless ones out of line, in a slot of
 * their own.  So an UNDEFINED exit at a trap needs no more than to come back here.
 */
#include "core/gmem.h"
#include "lib/bits.h"
#include "lib/check.h"
#include "vmm/vmm.h"
#include "xlate/thumb.h"

/* An ITSTATE of its last instruction, always executed: unlike none, it keeps 16-bit
 * instructions from setting flags. */
#define IT_LAST_ALWAYS (0xe8u >> 2 << 10)

/* Pages entered lately; valid until the next TLB operation or space switch. */
static struct { struct xpage *page; uint32_t age; } recent[64];
static uint32_t hw_entry;

/* The instruction in the slot, while the guest is there. */
static struct {
    bool used;
    bool based;          /* r0 stands for the PC */
    uint32_t entry, pc, it, r0;
    unsigned size;
} slot;

void thumb_forget(void)
{
    vmm.age++;
}

void thumb_remember(struct xpage *page)
{
    unsigned i = (page->gva.v >> 12) % ARRAY_SIZE(recent);

    recent[i].page = page;
    recent[i].age = vmm.age;
}

static struct xpage *recall(uint32_t pc)
{
    unsigned i = (pc >> 12) % ARRAY_SIZE(recent);
    struct xpage *page = recent[i].page;

    return recent[i].age == vmm.age && page->gva.v == ALIGN_DOWN(pc, 4096) ? page : NULL;
}

uint32_t thumb_hw_entry(void)
{
    return hw_entry;
}

static unsigned it_left(uint32_t cpsr)
{
    return t32_it_count(BITS(cpsr, 11, 10) << 2 | BITS(cpsr, 26, 25));
}

bool thumb_prepare(struct vcpu *vcpu)
{
    uint32_t pc = vcpu->r[15];
    struct xpage *page = recall(pc);
    unsigned left = it_left(vcpu->cpsr);
    enum thumb_entry entry;

    if (!page) {
        if (!fault_map_code(vcpu))
            return false;
        page = recall(pc);
        if (!page)
            return false;
    }
    entry = thumb_known(page, pc, left);
    if (entry == THUMB_UNKNOWN)
        entry = thumb_enter(&vmm.xlate, page, pc, left, codesync_watched(NULL, page->gpa));
    if (entry == THUMB_RUN) {
        hw_entry = xlate_entry(page, pc);
        return true;
    }
    emulate_kernel(vcpu);
    return slot.used;
}

void thumb_run_slot(struct vcpu *vcpu, uint32_t insn)
{
    uint32_t pc = vcpu->r[15];

    slot.based = t32_is_vldr_literal(insn);
    slot.entry = thumb_slot(&vmm.xlate, pc, slot.based ? insn & ~0x000f0000u : insn);
    if (!slot.entry || !shadow_link_arena(&vmm.shadow, slot.entry >> 20,
                                          xlate_arena_at(&vmm.xlate, slot.entry)->l2)) {
        codesync_flush(); /* and once more */
        return;
    }
    slot.used = true;
    slot.pc = pc;
    slot.size = t32_size(insn);
    slot.it = vcpu->cpsr & PSR_IT;
    slot.r0 = vcpu->r[0];
    if (slot.based)
        vcpu->r[0] = ALIGN_DOWN(pc + 4, 4);
    if (slot.it)
        vcpu->cpsr = (vcpu->cpsr & ~PSR_IT) | IT_LAST_ALWAYS;
    hw_entry = slot.entry;
}

void thumb_left(struct vcpu *vcpu, uint32_t hw_pc)
{
    if (!slot.used)
        return;
    slot.used = false;
    if (slot.based)
        vcpu->r[0] = slot.r0;
    vcpu->cpsr = (vcpu->cpsr & ~PSR_IT) | slot.it;
    if (hw_pc != slot.entry)
        vcpu->cpsr = it_advance(vcpu->cpsr);
}

void thumb_undefined(struct vcpu *vcpu, uint32_t hw_pc)
{
    struct xpage *page = recall(vcpu->r[15]);
    uint32_t insn;
    unsigned size;
    bool own;

    if (thumb_in_slot(&vmm.xlate, hw_pc))
        own = hw_pc == slot.entry;
    else
        own = page && page->va == ALIGN_DOWN(hw_pc, 4096) && thumb_is_own(page, hw_pc);
    if (!own)
        return;
    if (cond_holds(it_cond(vcpu->cpsr), vcpu->cpsr)) {
        emulate_inject_undefined(vcpu);
    } else if (access_insn(vcpu, &insn, &size)) { /* may be UNDEFINED all the same (A2.5.2) */
        vcpu->r[15] += size;
        vcpu->cpsr = it_advance(vcpu->cpsr);
    }
}
