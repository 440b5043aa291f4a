/* Memory accesses that the VMM performs for the guest, with the guest's own translation and rights. */
#include <string.h>

#include "arch/arch.h"
#include "core/gmem.h"
#include "lib/log.h"
#include "shadow/walk.h"
#include "vmm/vmm.h"
#include "xlate/ldst.h"
#include "xlate/pcinsn.h"

static bool read_guest(void *ctx, gpa_t addr, uint32_t *value)
{
    return gmem_read32(ctx, addr, value);
}

void access_walk_regs(const struct vcpu *vcpu, struct walk_regs *regs)
{
    regs->sctlr = vcpu->cp15.sctlr;
    regs->ttbr0 = vcpu->cp15.ttbr0;
    regs->ttbr1 = vcpu->cp15.ttbr1;
    regs->ttbcr = vcpu->cp15.ttbcr;
    regs->dacr = vcpu->cp15.dacr;
    regs->prrr = vcpu->cp15.prrr;
    regs->nmrr = vcpu->cp15.nmrr;
}

void access_walk(struct vcpu *vcpu, uint32_t va, struct walk_result *w)
{
    struct walk_regs regs;

    access_walk_regs(vcpu, &regs);
    guest_walk(&regs, gva(va), read_guest, vcpu->vm, w);
}

/* DFSR (B4.1.52): FS, domain where it is valid, WnR. */
uint32_t access_dfsr(enum walk_fault fault, const struct walk_result *w, bool write)
{
    uint32_t fsr = fault;

    if (w && w->domain_valid)
        fsr |= (uint32_t)w->domain << 4;
    return fsr | (write ? BIT(11) : 0);
}

/*
 * Walks of lately: a small TLB, with a TLB's rights to be stale.  'host' is where the page is, if in memory;
 * 'allowed' has a bit for each kind of access that was checked under this DACR (the other registers
 * that matter empty the TLB when they change).
 */
struct walked { uint32_t page, age; struct walk_result w; bool memory; uint8_t allowed; uint32_t dacr; hpa_t host; };
static struct walked walked[16];

/* Not inline: its registers need not be saved when the TLB has the page. */
static __attribute__((noinline)) struct walked *walk_into(struct vcpu *vcpu, uint32_t page, struct walked *t)
{
    access_walk(vcpu, page, &t->w);
    t->page = page;
    t->age = t->w.fault == FSR_NONE ? vmm.age : 0;
    t->allowed = 0;
    t->memory = t->w.fault == FSR_NONE && gmem_is_memory(vcpu->vm, t->w.pa, 4096);
    if (t->memory)
        t->host = gmem_hpa(vcpu->vm, t->w.pa);
    return t;
}

/* The walk of va's page, through the TLB. */
static struct walked *walk_tlb(struct vcpu *vcpu, uint32_t va)
{
    struct walked *t = &walked[(va >> 12) % ARRAY_SIZE(walked)];

    if (t->page == ALIGN_DOWN(va, 4096) && t->age == vmm.age)
        return t;
    return walk_into(vcpu, ALIGN_DOWN(va, 4096), t);
}

/* Of a walk, for this access. */
static enum walk_fault check(const struct vcpu *vcpu, const struct walk_result *w, enum access_kind kind,
                             bool privileged)
{
    const struct walk_regs regs = { .sctlr = vcpu->cp15.sctlr, .dacr = vcpu->cp15.dacr };

    return w->fault == FSR_NONE ? walk_check(&regs, w, kind, privileged) : w->fault;
}

/* The same by what was checked before. */
static bool allowed(const struct vcpu *vcpu, struct walked *t, enum access_kind kind, bool privileged)
{
    uint8_t bit = (uint8_t)BIT(2 * kind + privileged);

    if ((t->allowed & bit) && t->dacr == vcpu->cp15.dacr)
        return true;
    if (check(vcpu, &t->w, kind, privileged) != FSR_NONE)
        return false;
    t->allowed = t->dacr == vcpu->cp15.dacr ? t->allowed | bit : bit;
    t->dacr = vcpu->cp15.dacr;
    return true;
}

/* Walks and checks: pa is set when it is allowed, *w when not.  What the TLB holds may only allow. */
static enum walk_fault walk_for(struct vcpu *vcpu, uint32_t va, enum access_kind kind, bool privileged,
                                gpa_t *pa, struct walk_result *w)
{
    struct walked *t = walk_tlb(vcpu, va);
    enum walk_fault fault;

    if (allowed(vcpu, t, kind, privileged)) {
        *pa = gpa(t->w.pa.v + (va & 4095));
        return FSR_NONE;
    }
    t->age = 0;
    access_walk(vcpu, va, w);
    fault = check(vcpu, w, kind, privileged);
    if (fault == FSR_NONE)
        *pa = w->pa;
    return fault;
}

const uint32_t *access_peek(struct vcpu *vcpu, uint32_t va)
{
    const struct walked *t = walk_tlb(vcpu, va);

    if (check(vcpu, &t->w, ACCESS_READ, true) != FSR_NONE || !t->memory)
        return NULL;
    return (const uint32_t *)((const uint8_t *)arch_map_page(t->host.v) + (va & 4095));
}

bool access_fetchable(struct vcpu *vcpu, uint32_t va)
{
    struct walk_result w;
    gpa_t pa;

    return walk_for(vcpu, va, ACCESS_FETCH, !vcpu_is_user(vcpu), &pa, &w) == FSR_NONE;
}

/* Translates for one access inside a page; injects the abort when it is refused. */
static bool translate(struct vcpu *vcpu, uint32_t va, bool write, bool unpriv, gpa_t *pa)
{
    bool privileged = !vcpu_is_user(vcpu) && !unpriv;
    struct walk_result w;
    enum walk_fault fault = walk_for(vcpu, va, write ? ACCESS_WRITE : ACCESS_READ, privileged, pa, &w);

    if (fault == FSR_NONE)
        return true;
    vcpu->vm->stats.fault_reflected++;
    vcpu_inject_dabt(vcpu, va, access_dfsr(fault, &w, write));
    return false;
}

bool access_device(struct vcpu *vcpu, gpa_t pa, unsigned size, bool write, uint32_t *value)
{
    struct vdev *dev = vm_find_vdev(vcpu->vm, pa, size);
    uint32_t offset;

    if (!dev || (pa.v & (size - 1)))
        return false;
    offset = pa.v - dev->base.v;
    if (write)
        dev->ops->write(dev, offset, size, *value);
    else
        *value = dev->ops->read(dev, offset, size);
    if (write && dev == &vmm.machine.rtc.dev)
        clock_program(); /* an alarm may have been set */
    vcpu->vm->stats.emul_mmio++;
    return true;
}

static bool device_access(struct vcpu *vcpu, uint32_t va, gpa_t pa, unsigned size, bool write, uint32_t *value)
{
    if (access_device(vcpu, pa, size, write, value))
        return true;
    log_limited(8, "%s: no device at physical 0x%08lx (%s, pc 0x%08lx): external abort", vcpu->vm->name,
                (unsigned long)pa.v, write ? "write" : "read", (unsigned long)vcpu->r[15]);
    vcpu_inject_dabt(vcpu, va, access_dfsr(FSR_EXT, NULL, write));
    return false;
}

static bool access_one(struct vcpu *vcpu, uint32_t va, unsigned size, bool write, bool unpriv, uint32_t *value)
{
    gpa_t pa;

    if (!translate(vcpu, va, write, unpriv, &pa))
        return false;
    if (write ? !gmem_is_ram(vcpu->vm, pa, size) : !gmem_is_memory(vcpu->vm, pa, size))
        return device_access(vcpu, va, pa, size, write, value);
    if (!write) {
        *value = 0;
        return gmem_read(vcpu->vm, pa, value, size);
    }
    codesync_written(gpa(ALIGN_DOWN(pa.v, 4096)));
    if (!gmem_write(vcpu->vm, pa, value, size))
        return false;
    shadow_written(&vmm.shadow, pa, size);
    return true;
}

/* Alignment: required by SCTLR.A (A3.2.1); an access that crosses a page is done in bytes. */
static bool access_any(struct vcpu *vcpu, uint32_t va, unsigned size, bool write, bool unpriv, uint32_t *value)
{
    if ((va & (size - 1)) == 0 || (va & 4095) + size <= 4096) {
        if ((va & (size - 1)) && (vcpu->cp15.sctlr & SCTLR_A)) {
            vcpu_inject_dabt(vcpu, va, access_dfsr(FSR_ALIGNMENT, NULL, write));
            return false;
        }
        return access_one(vcpu, va, size, write, unpriv, value);
    }
    if (!write)
        *value = 0;
    for (unsigned i = 0; i < size; i++) {
        uint32_t byte = write ? (*value >> (8 * i)) & 0xff : 0;

        if (!access_one(vcpu, va + i, 1, write, unpriv, &byte))
            return false;
        if (!write)
            *value |= byte << (8 * i);
    }
    return true;
}

/* The aligned word at va. */
static bool fetch_word(struct vcpu *vcpu, uint32_t va, uint32_t *value)
{
    const struct walked *t = walk_tlb(vcpu, va);

    if (t->memory)
        *value = ((const uint32_t *)arch_map_page(t->host.v))[BITS(va, 11, 2)];
    return t->memory;
}

static bool fetch_half(struct vcpu *vcpu, uint32_t va, uint32_t *value)
{
    if (!fetch_word(vcpu, va, value))
        return false;
    *value = va & 2 ? *value >> 16 : *value & 0xffff;
    return true;
}

bool access_insn(struct vcpu *vcpu, uint32_t *insn, unsigned *size)
{
    uint32_t second;

    *size = 4;
    if (!(vcpu->cpsr & PSR_T))
        return fetch_word(vcpu, vcpu->r[15], insn);
    if (!fetch_half(vcpu, vcpu->r[15], insn))
        return false;
    if ((*insn >> 11) < 0x1d) { /* A6.1: 16-bit */
        *size = 2;
        return true;
    }
    if (!fetch_half(vcpu, vcpu->r[15] + 2, &second))
        return false;
    *insn = *insn << 16 | second;
    return true;
}

/* SCTLR.A wants every access aligned to its size (A3.2.1). */
static unsigned alignment(const struct vcpu *vcpu, unsigned size, unsigned align)
{
    return vcpu->cp15.sctlr & SCTLR_A ? size : align;
}

static bool mem_load(void *ctx, gva_t addr, unsigned size, unsigned align, bool unpriv, uint32_t *value)
{
    struct vcpu *vcpu = ctx;

    if (addr.v & (alignment(vcpu, size, align) - 1)) {
        vcpu_inject_dabt(vcpu, addr.v, access_dfsr(FSR_ALIGNMENT, NULL, false));
        return false;
    }
    return access_any(vcpu, addr.v, size, false, unpriv, value);
}

static bool mem_store(void *ctx, gva_t addr, unsigned size, unsigned align, bool unpriv, uint32_t value)
{
    struct vcpu *vcpu = ctx;

    if (addr.v & (alignment(vcpu, size, align) - 1)) {
        vcpu_inject_dabt(vcpu, addr.v, access_dfsr(FSR_ALIGNMENT, NULL, true));
        return false;
    }
    return access_any(vcpu, addr.v, size, true, unpriv, &value);
}

const struct mem_ops access_mem_ops = { mem_load, mem_store };

/* Exclusive stores and SWP need the host's monitor and atomicity, NEON's are not decoded here. */
bool access_emulate_store(struct vcpu *vcpu)
{
    bool thumb = vcpu->cpsr & PSR_T;
    struct ldst ls;
    uint32_t insn;
    unsigned size;

    if (!access_insn(vcpu, &insn, &size) || !ldst_decode(insn, thumb, &ls) || ls.kind != LDST_STORE)
        return false;
    vcpu->vm->stats.policy_emulate++;
    return ldst_execute(vcpu, insn, thumb, &access_mem_ops, vcpu) != EXEC_UNDEF;
}

void access_emulate(struct vcpu *vcpu, uint32_t va, bool write)
{
    uint32_t insn = 0;
    unsigned size;

    if (access_insn(vcpu, &insn, &size) &&
        ldst_execute(vcpu, insn, vcpu->cpsr & PSR_T, &access_mem_ops, vcpu) != EXEC_UNDEF)
        return;
    log_limited(8, "%s: instruction 0x%08lx at 0x%08lx cannot access a device: external abort", vcpu->vm->name,
                (unsigned long)insn, (unsigned long)vcpu->r[15]);
    vcpu->vm->stats.unsupported++;
    vcpu_inject_dabt(vcpu, va, access_dfsr(FSR_EXT, NULL, write));
}
