/* Sequences in one piece: nothing between two of its steps makes a virtual machine look at everything again. */
#include "mmu_parts.h"

#define LINKS 6
#define WRITE_AT 0x40u                 /* + 4 * link */
#define NO_DACR 0xffffffffu

struct link { uint32_t dacr, page, kind, value; bool flush; };

static struct link chain[LINKS];
static volatile uint32_t at, faulted[LINKS];

/* An access that faults is noted and left out; a fetch goes on at r12. */
static bool on_fault(struct trap *t)
{
    if (at >= LINKS || (t->kind != EXC_DABT && t->kind != EXC_PABT))
        return false;
    faulted[at] = 0x100 | fsr_status(t->kind == EXC_DABT ? t->dfsr : t->ifsr);
    t->lr = t->kind == EXC_DABT ? t->lr - 4 : t->r[12];
    return true;
}

static uint32_t call(uint32_t va)
{
    register uint32_t r0 __asm__("r0") = 0;

    __asm__ volatile("add r12, pc, #0\n blx %1" : "+r"(r0) : "r"(va)
                     : "r1", "r2", "r3", "r12", "lr", "memory", "cc");
    return r0;
}

static void do_link(struct link *l)
{
    uint32_t va = model_held[l->page].va;

    switch (l->kind) {
    case DO_READ: __asm__ volatile("ldr %0, [%1]" : "+r"(l->value) : "r"(va) : "memory"); break;
    case DO_WRITE: __asm__ volatile("str %0, [%1]" :: "r"(l->value), "r"(va + WRITE_AT + 4 * at) : "memory"); break;
    case DO_FETCH: l->value = call(va + CODE_AT); break;
    case DO_LDRT: __asm__ volatile("ldrt %0, [%1]" : "+r"(l->value) : "r"(va) : "memory"); break;
    default: break;
    }
}

static void run_chain(uint32_t links)
{
    for (at = 0; at < links; at++) {
        struct link *l = &chain[at];

        if (l->flush)
            CP15_WRITE(0, c8, c7, 0, 0);
        if (l->flush)
            dsb();
        if (l->dacr != NO_DACR)
            CP15_WRITE(0, c3, c0, 0, l->dacr);
        isb();
        do_link(l);
    }
}

/* The domain of the page that the chain is about goes its way: Manager, Client, no access; or any. */
static uint32_t next_dacr(uint32_t dacr, unsigned domain)
{
    static const uint8_t after[4] = { 3, 0, 3, 1 };
    uint32_t rights = dacr >> 2 * domain & 3;

    rights = pick(3) ? after[rights] : pick(2) ? 1 : 3 * pick(2);
    return (dacr & ~(3u << 2 * domain)) | rights << 2 * domain;
}

static void make_chain(uint32_t links)
{
    static const uint8_t kinds[] = { DO_READ, DO_READ, DO_WRITE, DO_FETCH, DO_LDRT };
    uint32_t dacr = model_regs.dacr, page = pick(MODEL_PAGES), domain = 1 + pick(3);

    for (unsigned i = 0; i < links; i++) {
        bool change = pick(4) != 0;

        if (change)
            dacr = pick(8) ? next_dacr(dacr, domain) : mmu_any_dacr();
        if (pick(4) == 0)
            page = pick(MODEL_PAGES);
        chain[i] = (struct link){ change ? dacr : NO_DACR, page, kinds[pick(5)], 0, pick(6) == 0 };
        if (chain[i].kind == DO_WRITE)
            chain[i].value = mmu_new_value();
        faulted[i] = 0;
    }
}

static uint32_t outcome(const struct link *l, unsigned i)
{
    if (faulted[i])
        return faulted[i];
    if (l->kind == DO_WRITE)
        return mmu_find_written(l->value, WRITE_AT + 4 * i);
    return l->kind == DO_FETCH ? mmu_code_page(l->value) : l->value;
}

/* The same steps, as the model sees them. */
static void judge_link(const struct link *l, unsigned i)
{
    if (l->flush)
        model_invalidate_all();
    if (l->dacr != NO_DACR)
        model_regs.dacr = l->dacr;
    model_walk_all();
    if (verbose())
        print("  DACR %x%s\n", (unsigned)model_regs.dacr, l->flush ? ", TLBIALL before" : "");
    mmu_judge(l->page, l->kind, outcome(l, i));
}

void mmu_dacr_chain(void)
{
    uint32_t links = 2 + pick(LINKS - 1), kind;

    make_chain(links);
    trap_hook = on_fault;
    kind = catch_call(run_chain, links);
    trap_hook = NULL;
    note(kind);
    for (unsigned i = 0; i < links; i++)
        judge_link(&chain[i], i);
}

/* An access to physical memory, by either privilege: it must work. */
static void flat_access(void)
{
    uint32_t pa = mmu_any_pa(), value = mmu_new_value(), f = 0, got = pa;

    switch (pick(6)) {
    case 0: f = probe_read(pa); break;
    case 1: f = probe_write(pa + 0x10, value); break;
    case 2: f = probe_exec(pa + CODE_AT); probe_value = mmu_code_page(probe_value); break;
    case 3: f = probe_ldrt(pa); break;
    case 4: f = probe_user_read(pa); break;
    default: f = probe_user_exec(pa + CODE_AT); probe_value = mmu_code_page(probe_value); break;
    }
    got = read32(pa + 0x10) == value ? pa : probe_value;
    note(f);
    note(got);
    if (f || got != pa)
        print("ILLEGAL access with the MMU off to %08x: fault %x, page %x\n", (unsigned)pa, (unsigned)f, (unsigned)got);
}

void mmu_flat_visit(void)
{
    mmu_off();
    for (unsigned n = pick(4); n; n--)
        flat_access();
    if (pick(3) == 0)
        mmu_edit_page();
    SCTLR_WRITE(SCTLR_READ() | SCTLR_M | SCTLR_C);
    isb();
    model_walk_all();
}
