/*
 * Random streams of defined instructions, run in privileged modes; a digest of registers, flags and memory
 * is printed every so often, to be the same on every machine.
 *
 * r10 is the base of the memory they use, r11 a scratch pointer; sp is left alone.
 */
#include "lib/gic.h"
#include "lib/mmu.h"

#define BLOCK_WORDS 72
#define BLOCKS 400
#define MEMORY_WORDS 1024
#define AL 0xe0000000u

void run_block(uint32_t regs[16], const uint32_t *code);
void reset_banks(void);
extern uint32_t block_done[];

static uint32_t code[BLOCK_WORDS + 8] __attribute__((aligned(4096)));
static uint32_t memory[MEMORY_WORDS] __attribute__((aligned(4096)));
static uint32_t seed, used, mode;
static bool with_irqs; /* CPSR.I stays clear and the timer ticks; IRQ mode is left alone */

static uint32_t pick(uint32_t n)
{
    return (random_next(&seed) >> 8) % n;
}

static void emit(uint32_t word)
{
    if (used < BLOCK_WORDS)
        code[used++] = word;
}

static uint32_t any_cond(void)
{
    return pick(2) ? AL : pick(15) << 28;
}

/* A register that may be written: r0-r9, r12, lr. */
static uint32_t any_rd(void)
{
    uint32_t r = pick(12);

    return r < 10 ? r : r == 10 ? 12 : 14;
}

/* A register that may be read. */
static uint32_t any_rn(bool pc_too)
{
    uint32_t r = pick(pc_too ? 15 : 13);

    return r == 13 ? 14 : r == 14 ? 15 : r;
}

static void data_processing(void)
{
    uint32_t op = pick(16), form = pick(4), compare = op >= 8 && op < 12;
    uint32_t s = compare || pick(2), rd = compare ? 0 : any_rd();
    uint32_t rn = op == 13 || op == 15 ? 0 : any_rn(form < 3), word;

    word = any_cond() | op << 21 | s << 20 | rn << 16 | rd << 12;
    if (form == 0)
        emit(word | 1u << 25 | pick(4096));
    else if (form < 3)
        emit(word | pick(32) << 7 | pick(4) << 5 | any_rn(true));
    else
        emit(word | any_rn(false) << 8 | pick(4) << 5 | 0x10 | any_rn(false));
}

static void multiply(void)
{
    static const uint32_t kinds[] = { 0x00000090, 0x00100090, 0x00200090, 0x00600090, 0x00800090, 0x00900090,
                                      0x00a00090, 0x00c00090, 0x00e00090, 0x00400090 };
    uint32_t lo = any_rd(), hi = any_rd(), kind = kinds[pick(10)];

    if (lo == hi)
        hi = lo == 3 ? 4 : 3;
    if ((kind & 0x00e00000) == 0)
        lo = 0; /* MUL: Ra is SBZ */
    emit(any_cond() | kind | hi << 16 | lo << 12 | any_rn(false) << 8 | any_rn(false));
}

static void media(void)
{
    uint32_t rd = any_rd() << 12, rm = any_rn(false), rn = any_rn(false) << 16, cond = any_cond();
    uint32_t lsb = pick(32), msb = lsb + pick(32 - lsb);

    switch (pick(16)) {
    case 0: emit(cond | 0x016f0f10 | rd | rm); break;                              /* CLZ */
    case 1: emit(cond | 0x06bf0f30 | rd | rm); break;                              /* REV */
    case 2: emit(cond | 0x06bf0fb0 | rd | rm); break;                              /* REV16 */
    case 3: emit(cond | 0x06ff0f30 | rd | rm); break;                              /* RBIT */
    case 4: emit(cond | 0x06ef0070 | rd | rm | pick(4) << 10); break;              /* UXTB */
    case 5: emit(cond | 0x06bf0070 | rd | rm | pick(4) << 10); break;              /* SXTH */
    case 6: emit(cond | 0x07e00050 | (msb - lsb) << 16 | rd | lsb << 7 | rm); break; /* UBFX */
    case 7: emit(cond | 0x07a00050 | (msb - lsb) << 16 | rd | lsb << 7 | rm); break; /* SBFX */
    case 8: emit(cond | 0x07c00010 | msb << 16 | rd | lsb << 7 | rm); break;       /* BFI */
    case 9: emit(cond | 0x07c0001f | msb << 16 | rd | lsb << 7); break;            /* BFC */
    case 10: emit(cond | 0x06a00010 | pick(32) << 16 | rd | rm); break;            /* SSAT */
    case 11: emit(cond | 0x06500f90 | rn | rd | rm); break;                        /* UADD8 */
    case 12: emit(cond | 0x06800fb0 | rn | rd | rm); break;                        /* SEL */
    case 13: emit(cond | 0x01000050 | rn | rd | rm); break;                        /* QADD */
    case 14: emit(cond | 0x03000000 | pick(16) << 16 | rd | pick(4096)); break;    /* MOVW */
    case 15: emit(cond | 0x03400000 | pick(16) << 16 | rd | pick(4096)); break;    /* MOVT */
    }
}

/* Word and byte, half and double, with r10 (no write-back) or r11 (set from r10 first). */
static void load_store(void)
{
    uint32_t up = pick(2) << 23, load = pick(2) << 20, rd = any_rd(), cond = any_cond(), offset;
    uint32_t base = pick(2) ? 10 : 11, pre = base == 10 ? 1u << 24 : pick(2) << 24;
    uint32_t back = base == 10 || !pre ? 0 : pick(2) << 21;

    if (base == 11)
        emit(AL | 0x01a0b00a); /* mov r11, r10 */
    switch (pick(4)) {
    case 0:
        emit(cond | 0x04000000 | up | load | pre | back | base << 16 | rd << 12 | pick(64) * 4);
        break;
    case 1:
        emit(cond | 0x04400000 | up | load | pre | back | base << 16 | rd << 12 | pick(256));
        break;
    case 2:
        offset = pick(128) * 2;
        emit(cond | 0x004000b0 | (load ? pick(2) << 6 : 0) | up | load | pre | back | base << 16 | rd << 12 |
             (offset & 0xf0) << 4 | (offset & 0xf));
        break;
    case 3:
        offset = pick(32) * 8;
        rd &= 6;
        emit(cond | 0x004000d0 | pick(2) << 5 | up | pre | back | base << 16 | rd << 12 |
             (offset & 0xf0) << 4 |
             (offset & 0xf));
        break;
    }
}

static void load_store_multiple(void)
{
    uint32_t list = (random_next(&seed) >> 8) & 0x53ff, load = pick(2) << 20;

    emit(AL | 0x01a0b00a);
    if (!list)
        list = 1;
    if (!load && pick(4) == 0)
        list |= 0x8000; /* STM of pc: pc + 8 */
    emit(any_cond() | 0x08000000 | pick(4) << 23 | pick(2) << 21 | load | 11 << 16 | list);
}

static void literal(void)
{
    uint32_t back = (used + 2) * 4, rd = any_rd() << 12;

    switch (pick(4)) {
    case 0: emit(any_cond() | 0x051f0000 | rd | (pick(back / 4) * 4 + 4)); break; /* ldr rd, [pc, #-n] */
    case 1: emit(any_cond() | 0x055f0000 | rd | (pick(back - 4) + 4)); break;           /* ldrb */
    case 2: emit(any_cond() | 0x028f0000 | rd | pick(256)); break;                      /* add rd, pc, #n */
    case 3: emit(any_cond() | 0x024f0000 | rd | pick(256)); break;                      /* sub rd, pc, #n */
    }
}

/* Forward, over plain instructions only, so that the mode stays known. */
static void branch(void)
{
    uint32_t skip = 1 + pick(3), kind = pick(6);

    if (used + 12 > BLOCK_WORDS)
        return;
    if (kind < 2) {
        emit(any_cond() | 0x0a000000 | (skip - 1)); /* B */
    } else if (kind == 2) {
        emit(any_cond() | 0x0b000000 | (skip - 1)); /* BL */
    } else {
        static const uint32_t jumps[] = { 0x01a0f00b, 0x012fff1b, 0x012fff3b }; /* mov pc, r11; bx; blx */

        emit(AL | 0x028fb000 | (skip * 4)); /* add r11, pc, #: past the jump and what is skipped */
        emit(any_cond() | jumps[kind - 3]);
    }
    for (uint32_t end = used + skip; used < end;)
        emit(any_cond() | 0x02800000 | any_rn(false) << 16 | any_rd() << 12 | pick(4096)); /* add */
}

static void status(void)
{
    static const uint32_t modes[] = { MODE_SVC, MODE_SYS, MODE_ABT, MODE_UND, MODE_IRQ };
    uint32_t count = with_irqs ? 4 : 5, masks = with_irqs ? PSR_F : PSR_F | PSR_I;

    switch (pick(9)) {
    case 0: emit(any_cond() | 0x010f0000 | any_rd() << 12); break;                     /* MRS */
    case 1: emit(any_cond() | 0x0128f000 | any_rn(false)); break;                      /* MSR CPSR_f */
    case 2: emit(any_cond() | 0x0124f000 | any_rn(false)); break;                      /* MSR CPSR_s */
    case 3: emit(any_cond() | 0x0328f000 | pick(4096)); break;                         /* MSR CPSR_f, #n */
    case 4: mode = modes[pick(count)]; emit(0xf1020000 | mode); break;                     /* CPS #mode */
    case 5: mode = modes[pick(count)]; emit(AL | 0x0321f000 | masks | mode); break; /* MSR CPSR_c, #n */
    case 6: mode = modes[pick(count)]; emit(0xf10e0000 | masks | mode); break; /* CPSID #mode */
    case 7:
        if (mode != MODE_SYS)
            emit(any_cond() | 0x014f0000 | any_rd() << 12);                            /* MRS SPSR */
        break;
    case 8:
        if (mode != MODE_SYS)
            emit(any_cond() | 0x0168f000 | any_rn(false));                             /* MSR SPSR_f */
        break;
    }
}

static void thread_registers(void)
{
    uint32_t op2 = 2 + pick(3), load = pick(2) << 20;

    emit(any_cond() | 0x0e0d0f10 | load | (load ? any_rd() : any_rn(false)) << 12 | op2 << 5);
}

static void plain(void)
{
    switch (pick(8)) {
    case 0: multiply(); break;
    case 1: media(); break;
    default: data_processing(); break;
    }
}

static void make_block(void)
{
    used = 0;
    mode = MODE_SVC;
    if (with_irqs)
        emit(AL | 0x0321f000 | PSR_F | MODE_SVC); /* MSR CPSR_c */
    while (used < BLOCK_WORDS) {
        switch (pick(16)) {
        case 0: case 1: case 2: load_store(); break;
        case 3: load_store_multiple(); break;
        case 4: literal(); break;
        case 5: case 6: branch(); break;
        case 7: status(); break;
        case 8: thread_registers(); break;
        case 9: emit(any_cond() | 0x0f000000 | pick(256)); break; /* SVC */
        default: plain(); break;
        }
    }
    code[used] = 0xe51ff004; /* ldr pc, [pc, #-4] */
    code[used + 1] = (uint32_t)block_done;
    for (uint32_t i = 0; i < BLOCK_WORDS + 2; i += 8)
        CP15_WRITE(0, c7, c11, 1, (uint32_t)&code[i]);
    dsb();
    CP15_WRITE(0, c7, c5, 0, 0);
    CP15_WRITE(0, c7, c5, 6, 0);
    dsb();
    isb();
}

static uint32_t svc_count, tick_count, ticks_left;

static bool on_exception(struct trap *t)
{
    if (t->kind == EXC_IRQ) {
        t->lr -= 4;
        /* Soon again, at odd times, but not for ever: the block has to get on. */
        CNTV_TVAL_WRITE(ticks_left ? tick_count * 37 % 400 : 0x7fffffff);
        ticks_left -= ticks_left != 0;
        write32(GICC_EOIR, read32(GICC_IAR));
        tick_count++;
        return true;
    }
    svc_count += t->kind == EXC_SVC;
    return t->kind == EXC_SVC;
}

static uint32_t digest_block(uint32_t digest, uint32_t n)
{
    uint32_t regs[16] = { 0 };

    for (unsigned i = 0; i < 14; i++)
        regs[i] = random_next(&seed);
    regs[10] = (uint32_t)&memory[MEMORY_WORDS / 2];
    regs[13] &= 0xf80f0000;
    make_block();
    for (unsigned again = 0; again < 3; again++) {
        reset_banks();
        regs[10] = regs[11] = (uint32_t)&memory[MEMORY_WORDS / 2];
        if (with_irqs) {
            ticks_left = 12;
            CNTV_TVAL_WRITE(again * 50);
        }
        run_block(regs, code);
        digest = (digest << 3 | digest >> 29) ^ sum_words(regs, regs + 15);
    }
    return digest + sum_words(memory, memory + MEMORY_WORDS) * (n + 1);
}

static void stream(const char *name, uint32_t start)
{
    uint32_t digest = 0;

    seed = start;
    svc_count = 0;
    for (unsigned i = 0; i < MEMORY_WORDS; i++)
        memory[i] = random_next(&seed);
    trap_hook = on_exception;
    for (uint32_t n = 0; n < BLOCKS; n++) {
        digest = digest_block(digest, n);
        if (n % 50 == 49)
            print("%s: block %u digest %08x, %u SVCs\n", name, (unsigned)n, (unsigned)digest,
                  (unsigned)svc_count);
    }
    trap_hook = NULL;
    report(svc_count > 0, "stream ended");
}

void test_main(void)
{
    stream("MMU off", 0x12345678);
    mmu_setup();
    stream("MMU on", 0x87654321);
    stream("MMU on, another", 0xdeadbeef);
    gic_init();
    gic_enable(IRQ_CNTV);
    with_irqs = true;
    CNTV_TVAL_WRITE(0);
    CNTV_CTL_WRITE(CNT_ENABLE);
    stream("MMU on, timer ticking", 0xcafe1234);
    CNTV_CTL_WRITE(0);
    report(tick_count > 100, "interrupts came");
}
