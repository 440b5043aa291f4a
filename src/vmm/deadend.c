/*
 * A kernel that meets a processor it cannot use has no way to say so before its console
 * works: it branches to itself with interrupts masked (Linux: __error in head.S).  On a real
 * machine that is a black screen; here somebody watches, and tells what it last asked for.
 */
#include "core/cp15.h"
#include "lib/bits.h"
#include "lib/log.h"
#include "vmm/vmm.h"

#define LOOP_MAX 8 /* instructions */

/* The last identification register (CP15 c0) that the guest has read. */
static struct { bool any; unsigned crm, op2; uint32_t value; } asked;
static bool told;

void deadend_asked(unsigned crm, unsigned op2, uint32_t value)
{
    asked.any = true;
    asked.crm = crm;
    asked.op2 = op2;
    asked.value = value;
}

/* Where an instruction goes that has no other effect than that; false when it may have one. */
bool deadend_step(uint32_t insn, bool thumb, uint32_t pc, uint32_t *next)
{
    if (thumb) {
        bool jump = (insn >> 11) == 0x1c, nop = insn == 0x46c0 || insn == 0xbf00;

        *next = jump ? pc + 4 + ((uint32_t)sign_extend(insn & 0x7ff, 11) << 1) : pc + 2;
        return jump || nop;
    }
    if ((insn & 0xff000000u) == 0xea000000u) {
        *next = pc + 8 + ((uint32_t)sign_extend(insn & 0xffffff, 24) << 2);
        return true;
    }
    *next = pc + 4;
    return insn == 0xe320f000u || /* NOP */
           ((insn & 0xffff0ff0u) == 0xe1a00000u && BITS(insn, 15, 12) == BITS(insn, 3, 0)); /* MOV rn, rn */
}

static bool loops_for_ever(struct vcpu *vcpu)
{
    const uint32_t start = vcpu->r[15], masks = PSR_I | PSR_F;
    bool thumb = vcpu->cpsr & PSR_T, ever = false;
    uint32_t insn, next;
    unsigned size;

    if ((vcpu->cpsr & masks) != masks || (vcpu->cpsr & PSR_IT))
        return false;
    for (unsigned i = 0; i < LOOP_MAX && !ever; i++) {
        if (!access_insn(vcpu, &insn, &size) || !deadend_step(insn, thumb, vcpu->r[15], &next))
            break;
        vcpu->r[15] = next;
        ever = next == start;
    }
    vcpu->r[15] = start;
    return ever;
}

/* What a kernel may have missed there; DDI 0406C B4.1.89, B4.1.93. */
static const char *meaning(void)
{
    if (asked.crm == 1 && asked.op2 == 4)
        return ": short-descriptor translation tables only, no Large Physical Address Extension (LPAE)";
    if (asked.crm == 1 && asked.op2 == 1)
        return ": no Security and no Virtualization Extensions";
    return "";
}

void deadend_look(struct vcpu *vcpu)
{
    const char *name = cp15_name(0, 0, asked.crm, asked.op2);

    if (told || !loops_for_ever(vcpu))
        return;
    told = true;
    log_info("%s: the guest has stopped itself: it loops at 0x%08lx with interrupts masked, for ever", vcpu->vm->name,
             (unsigned long)vcpu->r[15]);
    if (asked.any)
        log_info("%s: the last it asked of the processor was %s, and was told 0x%08lx%s", vcpu->vm->name,
                 name ? name : "?", (unsigned long)asked.value, meaning());
}
