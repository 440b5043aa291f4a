/* Orders, the run of one program, and its digest. */
#include "fuzz.h"

#define MAX_EVENTS 150

volatile struct fuzz_orders fuzz_orders __attribute__((section(".data.orders"))) = {
    .magic = 0x5a5a1234, .kind = KIND_A32, .seed = 1, .count = 100,
};

static uint32_t digest, events, ticks, tick_seed;
static bool ended;

bool verbose(void)
{
    return fuzz_orders.verbose;
}

void note(uint32_t value)
{
    digest = (digest << 5 | digest >> 27) ^ value;
    digest *= 0x9e3779b1u;
}

void sync_code(uint32_t from, uint32_t to)
{
    for (uint32_t a = from & ~31u; a < to; a += 32)
        CP15_WRITE(0, c7, c11, 1, a);
    dsb();
    CP15_WRITE(0, c7, c5, 0, 0);
    CP15_WRITE(0, c7, c5, 6, 0);
    dsb();
    isb();
}

/* The instruction size at addr. */
static uint32_t size_at(uint32_t addr, bool thumb)
{
    if (!thumb)
        return 4;
    return *(volatile uint16_t *)addr >> 11 >= 0x1d ? 4 : 2;
}

/* ITAdvance() on a saved PSR (A2.5.2). */
static uint32_t it_advance(uint32_t psr)
{
    uint32_t it = (psr >> 8 & 0xfc) | (psr >> 25 & 3);

    it = it & 7 ? (it & 0xe0) | (it << 1 & 0x1f) : 0;
    return (psr & ~PSR_IT) | (it & 0xfc) << 8 | (it & 3) << 25;
}

/* Of a DFSR what the architecture defines: the domain not for every fault (B3.13.3). */
static uint32_t known_dfsr(uint32_t dfsr)
{
    uint32_t fs = fsr_status(dfsr), known = 0xc0f;

    if (fs == 7 || fs == 9 || fs == 11 || fs == 13 || fs == 15)
        known |= 0xf0;
    return dfsr & known;
}

static void note_event(const struct trap *t)
{
    note(t->kind);
    note(t->lr);
    note(t->spsr);
    note(t->cpsr);
    for (unsigned i = 0; i < 13; i++)
        note(t->r[i]);
    if (t->kind == EXC_DABT) {
        note(known_dfsr(t->dfsr));
        note(t->dfar);
    } else if (t->kind == EXC_PABT) {
        note(t->ifsr & 0x40f);
        if (fsr_status(t->ifsr) != 2)
            note(t->ifar);
    }
    if (!verbose())
        return;
    print("  %s lr %08x spsr %08x cpsr %08x", exception_name(t->kind), (unsigned)t->lr, (unsigned)t->spsr,
          (unsigned)t->cpsr);
    if (t->kind == EXC_DABT)
        print(" dfsr %03x dfar %08x", (unsigned)known_dfsr(t->dfsr), (unsigned)t->dfar);
    if (t->kind == EXC_PABT)
        print(" ifsr %03x", (unsigned)t->ifsr & 0x40f);
    if (t->kind == EXC_PABT && fsr_status(t->ifsr) != 2)
        print(" ifar %08x", (unsigned)t->ifar);
    print("\n   ");
    for (unsigned i = 0; i < 13; i++)
        print(" %08x", (unsigned)t->r[i]);
    print("\n");
}

/* An exception inside the handler of another one; comes back here. */
static void nest(uint32_t n)
{
    if (n & 1)
        __asm__ volatile("svc #0x10" ::: "lr", "memory");
    if (n & 2)
        __asm__ volatile(".word 0xe7f000f0" ::: "lr", "memory");
    if (n & 4)
        __asm__ volatile("ldr r0, [%0]" :: "r"(MIB_UNMAPPED) : "r0", "lr", "memory");
}

static bool handle_svc(struct trap *t)
{
    bool thumb = t->spsr & PSR_T;
    uint32_t n = thumb ? *(volatile uint16_t *)(t->lr - 2) & 0xff : read32(t->lr - 4) & 0xff;

    if (n == SVC_END) {
        ended = true;
        return false;
    }
    if ((n & 0xe0) == SVC_MODE)
        t->spsr = (t->spsr & ~PSR_MODE) | (n & PSR_MODE);
    else if ((n & 0xf8) == SVC_NEST)
        nest(n);
    return true;
}

/* Goes on behind an instruction that did not work. */
static bool skip(struct trap *t, uint32_t insn)
{
    if (insn - CODE_BASE >= CODE_SIZE)
        return insn >= (uint32_t)__text_start && insn < (uint32_t)__text_end && (t->lr = insn + 4);
    t->lr = insn + size_at(insn, t->spsr & PSR_T);
    t->spsr = it_advance(t->spsr);
    return true;
}

/* A branch into nowhere: r12 tells where to go on. */
static bool come_back(struct trap *t)
{
    if ((t->r[12] & ~1u) - CODE_BASE >= CODE_SIZE)
        return false;
    t->spsr &= ~(PSR_T | PSR_IT);
    if (t->r[12] & 1)
        t->spsr |= PSR_T;
    t->lr = t->r[12] & ~1u;
    return true;
}

static bool handle_irq(struct trap *t)
{
    bool late = !ticks && gen.kind == KIND_WILD; /* a wild program may loop */

    t->lr -= 4;
    CNTV_TVAL_WRITE(ticks ? random_next(&tick_seed) % 300 : gen.kind == KIND_WILD ? 500000 : 50000);
    ticks -= ticks != 0;
    write32(GICC_EOIR, read32(GICC_IAR));
    return !late;
}

static bool on_exception(struct trap *t)
{
    if (t->kind == EXC_IRQ)
        return handle_irq(t);
    note_event(t);
    if (events++ > MAX_EVENTS)
        return false;
    switch (t->kind) {
    case EXC_SVC: return handle_svc(t);
    case EXC_UND:
        if ((t->lr & ~0xfffu) == FLAT_TRAPS)
            return come_back(t);
        return skip(t, t->lr - (t->spsr & PSR_T ? 2 : 4));
    case EXC_DABT: return skip(t, t->lr - 8);
    case EXC_PABT: return fsr_status(t->ifsr) == 2 ? skip(t, t->lr - 4) : come_back(t);
    default: return false;
    }
}

uint32_t any_word(void)
{
    return random_next(&gen.rng) ^ random_next(&gen.rng) << 16;
}

static void fill_memory(uint32_t start)
{
    uint32_t x = gen.rng;

    for (uint32_t a = start - 256; a < start; a += 4)
        write32(a, ~a * 0x10001); /* literals may lie there */
    for (uint32_t a = DATA_BASE; a < DATA_BASE + DATA_SIZE; a += 16) {
        x = x * 1664525 + 1013904223;
        write32(a, x);
        write32(a + 4, x >> 3);
        write32(a + 8, ~x);
        write32(a + 12, x & 0xff);
    }
}

static uint32_t sum_memory(void)
{
    return sum_words((void *)DATA_BASE, (void *)(DATA_BASE + DATA_SIZE));
}

static uint32_t any_psr(void)
{
    return (any_word() & 0xf80f0000) | 0xd0 | any_mode();
}

static void enter_with(uint32_t regs)
{
    fuzz_enter((const uint32_t *)regs);
}

static void note_banks(void)
{
    uint32_t banks[17];

    fuzz_read_banks(banks);
    for (unsigned i = 0; i < 17; i++) {
        if (gen.irqs && i < 2)
            continue;
        note(banks[i]);
        if (verbose())
            print("%s%08x", i % 8 ? " " : "\n    ", (unsigned)banks[i]);
    }
    if (verbose())
        print("\n");
}

static void note_cp15(void)
{
    note(CP15_READ(0, c3, c0, 0));
    note(CP15_READ(0, c13, c0, 2));
    note(CP15_READ(0, c13, c0, 3));
    note(CP15_READ(0, c13, c0, 4));
    if (verbose())
        print("  thread %08x %08x %08x\n", (unsigned)CP15_READ(0, c13, c0, 2), (unsigned)CP15_READ(0, c13, c0, 3),
              (unsigned)CP15_READ(0, c13, c0, 4));
}

static void note_float(void)
{
    uint32_t values[65];

    fuzz_read_float(values);
    for (unsigned i = 0; i < 65; i++) {
        note(values[i]);
        if (verbose())
            print("%s%08x", i % 8 ? " " : "\n    ", (unsigned)values[i]);
    }
    if (verbose())
        print("\n");
}

/* Small numbers and large, NaNs and whatever else random words are. */
static void set_float(void)
{
    uint32_t values[65];

    for (unsigned i = 0; i < 64; i++)
        values[i] = pick(3) ? any_word() : 0x3f800000 + (pick(64) << 20);
    values[64] = any_word() & 0xf0000000;
    fuzz_float(values);
}

static void dump_code(uint32_t from, uint32_t to)
{
    print("  code %08x\n", (unsigned)from);
    for (uint32_t a = from & ~3u; a < to; a += 4)
        print("%s%08x", a % 32 && a != (from & ~3u) ? " " : "\n  w ", (unsigned)read32(a));
    print("\n");
}

static void set_regs(uint32_t regs[17], uint32_t start)
{
    uint32_t banks[17];

    for (unsigned i = 0; i < 17; i++)
        banks[i] = i < 8 && (i & 1) ? any_psr() : any_value();
    banks[13] = DATA_MID + 0x800;
    banks[16] = any_psr();
    for (unsigned i = 0; i < 15; i++)
        regs[i] = any_value();
    regs[10] = regs[11] = banks[10] = banks[11] = DATA_MID;
    regs[12] = banks[12] = 0;
    regs[13] &= 0xf80f0000;
    regs[15] = start;
    regs[16] = PSR_F | MODE_SVC | (gen.irqs ? 0 : PSR_I);
    fuzz_banks(banks);
}

static uint32_t start_of_code(void)
{
    static const uint32_t near_end[] = { 0xf00, 0xf80, 0xfc0, 0xff0 };

    return CODE_BASE + pick(CODE_SIZE / 4096 - 1) * 4096 + (pick(3) ? pick(512) * 4 : near_end[pick(4)]);
}

void item_seed(uint32_t seed, uint32_t i)
{
    gen.rng = (seed * 0x9e3779b1u ^ (i + 1) * 0x85ebca6bu) | 1;
    random_next(&gen.rng);
    random_next(&gen.rng);
}

static void make_items(const uint32_t keep[2], uint32_t seed)
{
    uint32_t items = 6 + pick(MAX_ITEMS - 8);

    if (gen.kind == KIND_T32)
        a32_to_thumb();

    for (uint32_t i = 0; i < items && gen.pc < gen.limit; i++) {
        item_seed(seed, i);
        if (!(keep[i / 32] >> i % 32 & 1))
            continue;
        if (verbose())
            print("  item %u at %08x%s\n", (unsigned)i, (unsigned)gen.pc, gen.thumb ? " T" : "");
        if (gen.kind == KIND_WILD)
            wild_item();
        else if (gen.thumb)
            t32_item();
        else
            a32_item();
    }
    if (gen.thumb)
        emit16(0xdf00 | SVC_END);
    else
        emit32(0xef000000 | SVC_END);
    if (gen.pc & 2)
        emit16(0xbf00);
}

static void stream_program(uint32_t seed, const uint32_t keep[2])
{
    uint32_t regs[17], start;
    bool flat = gen.kind == KIND_FLAT;

    gen.thumb = false;
    gen.mode = MODE_SVC;
    gen.irqs = gen.kind == KIND_IRQ || gen.kind == KIND_WILD || (flat && seed % 2);
    gen.pc = start = start_of_code();
    gen.limit = start + 0x400;
    set_float();
    set_regs(regs, start);
    fill_memory(start);
    make_items(keep, seed);
    sync_code(start, gen.pc);
    if (verbose())
        dump_code(start, gen.pc);
    CP15_WRITE(0, c3, c0, 0, 0x0d);
    isb();
    if (flat)
        flat_begin(seed % 4);
    if (gen.irqs) {
        ticks = 30;
        CNTV_CTL_WRITE(CNT_ENABLE);
        tick_seed = seed | 1;
        CNTV_TVAL_WRITE(seed % 128);
    }
    if (seed % 8 == 5 || flat)
        SCTLR_WRITE(SCTLR_READ() | SCTLR_A);
    isb();
    trap_hook = on_exception;
    catch_call(enter_with, (uint32_t)regs);
    trap_hook = NULL;
    SCTLR_WRITE(SCTLR_READ() & ~SCTLR_A);
    isb();
    CNTV_CTL_WRITE(0);
    if (flat)
        flat_end();
    note(ended);
    if (verbose())
        print("  %s after %u exceptions\n", ended ? "ended" : "stopped", (unsigned)events);
    note_banks();
    note_float();
    note_cp15();
    note(sum_memory());
}

static void run_one(uint32_t seed, const uint32_t keep[2])
{
    digest = 0;
    events = 0;
    ended = false;
    gen.kind = fuzz_orders.kind;
    gen.rng = (seed * 0x9e3779b1u ^ gen.kind) | 1;
    for (unsigned i = 0; i < 4; i++)
        random_next(&gen.rng);
    switch (gen.kind) {
    case KIND_MMU: mmu_program(seed, keep); break;
    case KIND_SMC: smc_program(seed, keep); break;
    default: stream_program(seed, keep); break;
    }
    print("%x %08x\n", (unsigned)seed, (unsigned)digest);
}

/* The pages and sections of fuzz.h. */
static void map_memory(void)
{
    static const struct { uint32_t va, entry; } special[] = {
        { PAGE_UNMAPPED, 0 }, { PAGE_USER_RO, AP_USER_RO }, { PAGE_PRIV, AP_PRIV }, { PAGE_RO, AP_ALL_RO },
        { PAGE_UNMAPPED + 0x4000, 0 }, { FUZZ_MIB + 0x1f000, 0 },
    };
    uint32_t *l2;

    mmu_setup();
    l2 = l2_under(l1_table, FUZZ_MIB, 0);
    for (uint32_t va = FUZZ_MIB; va < FUZZ_MIB + 0x100000; va += 4096)
        l2_set(l2, va, SMALL(va, AP_ALL));
    for (unsigned i = 0; i < sizeof(special) / sizeof(special[0]); i++)
        l2_set(l2, special[i].va, special[i].entry ? SMALL(special[i].va, special[i].entry) : 0);
    for (uint32_t pa = 0; pa < CODE_SIZE; pa += 4096)
        l2_set(l2, CODE_ALIAS + pa, SMALL(CODE_BASE + pa, AP_ALL));
    l2_set(l2, PAGE_XN, SMALL(PAGE_XN, AP_ALL) | L2_SMALL_XN);
    l1_set(l1_table, MIB_NO_ACCESS, SECTION(MIB_NO_ACCESS, AP_ALL) | L1_DOMAIN(2));
    l1_set(l1_table, MIB_UNMAPPED, 0);
    l1_set(l1_table, MIB_RO, SECTION(MIB_RO, AP_ALL_RO));
    l1_set(l1_table, MIB_MANAGER, SECTION(MIB_MANAGER, AP_NONE) | L1_DOMAIN(1));
    CP15_WRITE(0, c3, c0, 0, 0x0d);
    tlbi_all();
}

void test_main(void)
{
    static const uint32_t all[2] = { 0xffffffff, 0xffffffff };

    map_memory();
    gic_init();
    gic_enable(IRQ_CNTV);
    for (uint32_t i = 0; i < fuzz_orders.jobs; i++)
        run_one(fuzz_orders.job[i].seed, (const uint32_t *)fuzz_orders.job[i].keep);
    for (uint32_t i = 0; !fuzz_orders.jobs && i < fuzz_orders.count; i++)
        run_one(fuzz_orders.seed + i, all);
}
