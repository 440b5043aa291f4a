/* Devices, exceptions, and how it starts. */
#include "kernel.h"

#define GICD GIC_BASE
#define GICC (GIC_BASE + 0x10000)
#define SGI_URGENT 1   /* interrupts the handler of the timer */
#define SGI_NEST 2     /* is undefined inside, which aborts inside */
#define TIMER 27
#define TICK_US 2000

struct task *current;
uint32_t counters[8];
static uint32_t irq_depth;
static bool resched;

void kernel_main(void);
struct frame *exception(struct frame *f, unsigned kind);
void power_off(void) __attribute__((noreturn));
void user_main(uint32_t arg); /* of the first process, at its address */

static void put_char(char c)
{
    while (read32(UART_BASE + 0x18) & 0x20)
        ;
    write32(UART_BASE, (uint8_t)c);
}

void console_write(const char *s, uint32_t n)
{
    while (n--) {
        if (*s == '\n')
            put_char('\r');
        put_char(*s++);
    }
}

static void put_string(const char *s)
{
    while (*s)
        console_write(s++, 1);
}

static void put_hex(uint32_t v)
{
    for (int shift = 28; shift >= 0; shift -= 4)
        put_char("0123456789abcdef"[v >> shift & 15]);
}

static void panic(const char *why, const struct frame *f)
{
    put_string("pocket: panic: ");
    put_string(why);
    put_string("\n pc ");
    put_hex(f->pc);
    put_string(" psr ");
    put_hex(f->psr);
    put_string(" dfsr ");
    put_hex(CP15_READ(c5, 0, c0, 0));
    put_string(" dfar ");
    put_hex(CP15_READ(c6, 0, c0, 0));
    put_string("\n");
    power_off();
}

static void timer_arm(void)
{
    uint32_t hz = CP15_READ(c14, 0, c0, 0);

    CP15_WRITE(c14, 0, c3, 0, (hz >> 10) * TICK_US >> 10);
    CP15_WRITE(c14, 0, c3, 1, 1);
    isb();
}

static void gic_init(void)
{
    write32(GICD, 0);
    for (uint32_t n = 0; n < 3; n++)
        write32(GICD + 0x180 + 4 * n, ~0u);
    for (uint32_t n = 0; n < 96; n += 4)
        write32(GICD + 0x400 + n, 0xa0a0a0a0);
    write32(GICD + 0x400, 0xa04020a0); /* SGI 1 and 2 above the timer */
    write32(GICD + 0x100, 1u << TIMER | 1u << SGI_URGENT | 1u << SGI_NEST);
    write32(GICD, 1);
    write32(GICC + 4, 0xff);
    write32(GICC + 8, 0);
    write32(GICC, 1);
}

void gic_send(uint32_t id)
{
    dsb();
    write32(GICD + 0xf00, 1u << 16 | id);
    dsb();
}

static void tick(void)
{
    uint32_t seen = counters[COUNT_NESTED_IRQ];

    counters[COUNT_TICKS]++;
    for (unsigned i = 0; i < MAX_TASKS; i++) {
        if (tasks[i].state == TASK_SLEEPS && (int32_t)(counters[COUNT_TICKS] - tasks[i].wake) >= 0)
            task_wake(&tasks[i]);
    }
    gic_send(SGI_URGENT);
    while (counters[COUNT_NESTED_IRQ] == seen)
        __asm__ volatile("" ::: "memory"); /* it comes while we wait, at the latest */
    timer_arm();
    resched = true;
}

/* The running priority keeps out what is not more urgent. */
static void interrupt(void)
{
    uint32_t iar = read32(GICC + 0xc), id = iar & 1023;

    if (id == 1023)
        return;
    irq_depth++;
    irq_on();
    if (id == TIMER)
        tick();
    else if (id == SGI_URGENT && irq_depth == 2)
        counters[COUNT_NESTED_IRQ]++;
    else if (id == SGI_NEST)
        undefined_here();
    irq_off();
    irq_depth--;
    write32(GICC + 0x10, iar);
}

static bool in(uint32_t pc, const char *start, const char *end)
{
    return pc >= ((uint32_t)start & ~1u) && pc < ((uint32_t)end & ~1u);
}

/* UDF #7 of the kernel reads where nothing is; that of a process is its business with us. */
static void undefined(struct frame *f)
{
    if ((f->psr & 0xf) == 0) {
        f->r[0] = f->r[0] * 3 + 1;
        return;
    }
    if (f->pc - 2 != ((uint32_t)undefined_here & ~1u)) /* LR is the next instruction's address */
        panic("undefined instruction", f);
    if (probe(0xe0000000) != 0xdeadfa17)
        panic("nothing was something", f);
    current->code = current->depth;
}

static void data_abort(struct frame *f)
{
    uint32_t far = CP15_READ(c6, 0, c0, 0), fsr = CP15_READ(c5, 0, c0, 0);
    bool user = (f->psr & 0xf) == 0;

    irq_on();
    if (!user && in(f->pc, probe_insn, probe_insn + 2)) {
        f->pc = (uint32_t)probe_fault & ~1u;
    } else if (far < USER_END && (fsr & 0x40d) == 5 && mm_demand(far)) {
        counters[COUNT_PAGES]++;
    } else if (!user && in(f->pc, user_copy_start, user_copy_end)) {
        f->pc = (uint32_t)user_copy_fault & ~1u;
        f->psr &= ~0x0600fc00u; /* out of the IT block */
    } else if (user) {
        task_exit(0xda000000 | (fsr & 0xfff) << 12 | (far >> 20 & 0xfff));
        resched = true;
    } else {
        panic("data abort", f);
    }
}

static void fetch_abort(struct frame *f)
{
    irq_on();
    if ((f->psr & 0xf) != 0)
        panic("prefetch abort", f);
    task_exit(0xfa000000 | (CP15_READ(c5, 0, c0, 1) & 0xfff) << 12 | (CP15_READ(c6, 0, c0, 2) >> 20 & 0xfff));
    resched = true;
}

/* Called by entry.S, with interrupts masked; returns what to resume. */
struct frame *exception(struct frame *f, unsigned kind)
{
    current->depth++;
    switch (kind) {
    case VEC_IRQ: interrupt(); break;
    case VEC_SVC: sys_call(f); break;
    case VEC_UND: undefined(f); break;
    case VEC_DABT: data_abort(f); break;
    case VEC_PABT: fetch_abort(f); break;
    }
    irq_off();
    current->frame = f;
    if (irq_depth == 0 && (resched || current->state != TASK_READY)) {
        if (kind == VEC_IRQ && (f->psr & 0xf) != 0 && current->depth > 1)
            counters[COUNT_PREEMPTED_KERNEL]++;
        resched = false;
        f = sched_next();
    }
    current->depth--;
    return f;
}

void kernel_main(void)
{
    write32(UART_BASE + 0x2c, 0x70);
    write32(UART_BASE + 0x30, 0x301);
    put_string("pocket: a kernel\n");
    mm_init();
    gic_init();
    task_idle();
    current = task_create((uint32_t)user_main, 0);
    current->depth = 0;
    mm_switch(current);
    timer_arm();
    resume(current->frame);
}
