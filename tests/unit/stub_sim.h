#pragma once
/*
 * A processor in User mode that executes translated code: just the A32 instructions that
 * stubs are made of, over the memory that a guest kernel's view shows.  What an instruction
 * does comes from xlate/pcinsn.c and sysinsn.c, which have tests of their own; here they
 * run both the guest's instruction at the guest's address and the stub's words at the
 * hardware's.
 */
#include <string.h>

#include "arch/armv7/layout.h"
#include "core/pool.h"
#include "lib/bits.h"
#include "test.h"
#include "xlate/pcinsn.h"
#include "xlate/sysinsn.h"
#include "xlate/xlate.h"

#define CODE_PAGE 0xc0010000u
#define CODE_GPA 0x40010000u
#define DATA 0x00200000u
#define DATA_SIZE 0x400u
#define FLAGS (PSR_N | PSR_Z | PSR_C | PSR_V | PSR_Q | PSR_GE)

static struct xlate xlate;
static struct state_page *state;
static uint32_t source[1024];           /* the guest's code, as the translator reads it */
static uint8_t code_bits[16];

/* Everything that an instruction can change. */
struct machine {
    struct vcpu vcpu;
    uint8_t data[DATA_SIZE];            /* guest memory at DATA */
    uint8_t literals[3 * 4096];         /* and around the code page */
    uint32_t vfp;                       /* stands for a VFP register: the address last accessed */
};

static uint32_t fault_va;

/* The state page, its aliases and the code between them. */
static bool arena_access(uint32_t va, uint8_t **byte)
{
    struct arena *a = xlate_arena_at(&xlate, va);

    if (va >> 20 == VMM_STATE >> 20) {
        *byte = (uint8_t *)state + BITS(va, 19, 0);
        return BITS(va, 19, 12) == 0;
    }
    *byte = (uint8_t *)state + BITS(va, 11, 0);
    if (a && (va & 0x1000)) /* code, readable: the literal of a far branch */
        *byte = (uint8_t *)a->pages[BITS(va, 19, 13)].words + BITS(va, 11, 0);
    return a;
}

static uint8_t *at(struct machine *m, uint32_t va, unsigned size)
{
    uint8_t *byte;

    if (arena_access(va, &byte))
        return byte;
    if (va - DATA < DATA_SIZE && va - DATA + size <= DATA_SIZE)
        return m->data + (va - DATA);
    if (va - (CODE_PAGE - 4096) < sizeof(m->literals) - 4)
        return m->literals + (va - (CODE_PAGE - 4096));
    fault_va = va;
    return NULL;
}

static bool sim_load(void *ctx, gva_t addr, unsigned size, unsigned align, bool unpriv, uint32_t *value)
{
    const uint8_t *p = at(ctx, addr.v, size);

    (void)unpriv;
    *value = 0;
    if (!p || (addr.v & (align - 1)))
        return false;
    memcpy(value, p, size);
    return true;
}

static bool sim_store(void *ctx, gva_t addr, unsigned size, unsigned align, bool unpriv, uint32_t value)
{
    uint8_t *p = at(ctx, addr.v, size);

    (void)unpriv;
    if (!p || (addr.v & (align - 1)))
        return false;
    memcpy(p, &value, size);
    return true;
}

static const struct mem_ops sim_mem = { sim_load, sim_store };

/* VLDR, VSTR, VLDM: the address is all that matters. */
static enum exec_result execute_vfp(struct machine *m, uint32_t insn)
{
    uint32_t base = exec_reg(&m->vcpu, BITS(insn, 19, 16)), offset = (insn & 0xff) * 4;

    if (insn & BIT(24))
        base = insn & BIT(23) ? base + offset : base - offset;
    if (!at(m, base, 4))
        return EXEC_ABORTED;
    m->vfp = base ^ (insn & BIT(20));
    exec_next(&m->vcpu, insn);
    return EXEC_DONE;
}

static bool execute_special(struct machine *m, uint32_t insn)
{
    uint32_t *rd = &m->vcpu.r[BITS(insn, 15, 12)], imm16 = BITS(insn, 19, 16) << 12 | (insn & 0xfff);

    if ((insn & 0x0ff00000) == 0x03000000)
        *rd = imm16;
    else if ((insn & 0x0ff00000) == 0x03400000)
        *rd = (*rd & 0xffff) | imm16 << 16;
    else if ((insn & 0x0ff00ff0) == 0x06800010) /* PKHBT without a shift */
        *rd = (m->vcpu.r[BITS(insn, 19, 16)] & 0xffff) | (m->vcpu.r[insn & 15] & 0xffff0000u);
    else if ((insn & 0x0fff0ff0) == 0x016f0f10) /* CLZ */
        *rd = m->vcpu.r[insn & 15] ? (uint32_t)__builtin_clz(m->vcpu.r[insn & 15]) : 32;
    else if ((insn & 0x0fff0fff) == 0x010f0000) /* as in User mode: bits 9:6 and 4:0 are UNKNOWN */
        *rd = (m->vcpu.cpsr & FLAGS) | 0x3d5;
    else
        return false;
    exec_next(&m->vcpu, insn);
    return true;
}

static enum exec_result sim_execute(struct machine *m, uint32_t insn)
{
    if (insn >> 28 != 15 && !cond_holds(insn >> 28, m->vcpu.cpsr)) {
        exec_next(&m->vcpu, insn);
        return EXEC_DONE;
    }
    if ((insn & 0x0e000e00) == 0x0c000a00)
        return execute_vfp(m, insn);
    if ((insn & ~0xfu) == 0xf57ff040 || (insn & 0x0fff0fff) == 0x0e070f9a) { /* DSB */
        exec_next(&m->vcpu, insn);
        return EXEC_DONE;
    }
    if (execute_special(m, insn))
        return EXEC_DONE;
    return pcinsn_execute(&m->vcpu, insn, false, &sim_mem, m);
}

/* The state page's tlbi_absent. */
static uint32_t sim_absent;

/* MRC, MCR, VMRS and VMSR of the registers that stubs reach. */
static void execute_register(struct machine *m, uint32_t insn)
{
    struct vcpu_cp15 *c = &m->vcpu.cp15;
    uint32_t *rt = &m->vcpu.r[BITS(insn, 15, 12)], *reg = &m->vcpu.fpexc;

    switch (insn & 0x0fef0fff) {
    case 0x0e030f10: reg = &c->dacr; break;
    case 0x0e050f10: reg = &c->dfsr; break;
    case 0x0e050f30: reg = &c->ifsr; break;
    case 0x0e060f10: reg = &c->dfar; break;
    case 0x0e060f50: reg = &c->ifar; break;
    case 0x0e080f37: /* TLBIMVA: test_stubs.c, queue_of */
    case 0x0e080f35:
        if (*rt != sim_absent) {
            c->par++;
            c->csselr += *rt;
        } /* fallthrough */
    case 0x0e070f9a: exec_next(&m->vcpu, insn); return;
    case 0x0e010f10: reg = &c->sctlr; break;
    case 0x0e0d0f30: reg = &c->contextidr; break;
    case 0x0e0d0f50: reg = &c->tpidrurw; break;
    default: break;
    }
    if (insn & BIT(20))
        *rt = *reg;
    else
        *reg = reg == &m->vcpu.fpexc ? *rt & BIT(30) : *rt;
    exec_next(&m->vcpu, insn);
}

/* The guest's instruction as the architecture has it, in the virtual mode. */
static enum exec_result guest_execute(struct machine *m, uint32_t insn)
{
    enum a32_class class = a32_classify(insn, a32_decode(insn));

    if (class != A32_CPS && class != A32_MRS_CPSR && class != A32_MSR_CPSR && class != A32_SPSR &&
        class != A32_USR_REGS && class != A32_CP15 && class != A32_VFP_SYS)
        return sim_execute(m, insn);
    if (insn >> 28 != 15 && !cond_holds(insn >> 28, m->vcpu.cpsr)) {
        exec_next(&m->vcpu, insn);
        return EXEC_DONE;
    }
    if (class == A32_CP15 || class == A32_VFP_SYS) {
        execute_register(m, insn);
        return EXEC_DONE;
    }
    return sysinsn_execute(&m->vcpu, insn, false, &sim_mem, m);
}

/* --- the translator's owner --- */

static bool sim_mib_free(void *ctx, uint32_t mib)
{
    (void)ctx;
    return mib != (CODE_PAGE + XLATE_D) >> 20 && mib != VMM_STATE >> 20;
}

static bool sim_read_page(void *ctx, gpa_t page, uint32_t words[1024])
{
    (void)ctx;
    (void)page;
    memcpy(words, source, 4096);
    return true;
}

static bool sim_read_words(void *ctx, gpa_t page, unsigned first, uint32_t *words, unsigned count)
{
    (void)ctx;
    (void)page;
    memcpy(words, &source[first], 4 * count);
    return true;
}

static uint32_t sim_entry(hpa_t page)
{
    return page.v | 2;
}

static void sim_unmap(void *ctx, uint32_t va)
{
    (void)ctx;
    (void)va;
}

static const struct xlate_ops sim_ops = { sim_mib_free, NULL, sim_read_page, sim_entry, sim_entry, sim_unmap,
                                          sim_read_words };

static uint32_t random_state = 1;

static uint32_t rnd(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 17;
    random_state ^= random_state << 5;
    return random_state;
}

static void sim_init(void *pool, uint32_t size)
{
    pool_init(pool, hpa(0x10000000), size, 0);
    state = pool_page_alloc();
    memset(state, 0, 4096);
    xlate_init(&xlate, &sim_ops, NULL, state, gpa(0x40000000), 128, code_bits);
}
