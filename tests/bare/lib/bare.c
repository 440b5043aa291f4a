/* Output, reports and the exception dispatcher of the bare guests. */
#include "bare.h"
#include <stdarg.h>

#define PL011 0x09000000u
#define UART_DR (PL011 + 0x00)
#define UART_FR (PL011 + 0x18)
#define UART_LCR_H (PL011 + 0x2c)
#define UART_CR (PL011 + 0x30)
#define FR_TXFF 0x20u

#define PSCI_SYSTEM_OFF 0x84000008u
#define PSCI_SYSTEM_RESET 0x84000009u

struct catch_context { uint32_t sp, cpsr, active, kind; } catch_context;
extern uint32_t catch_resume[];

volatile struct trap last_trap;
bool (*volatile trap_hook)(struct trap *t);

static uint32_t check_count, fail_count;

static void put_char(char c)
{
    if (c == '\n')
        put_char('\r');
    while (read32(UART_FR) & FR_TXFF)
        ;
    write32(UART_DR, (uint8_t)c);
}

static void put_string(const char *s)
{
    while (*s)
        put_char(*s++);
}

static void put_number(uint32_t value, uint32_t base, unsigned width)
{
    char buf[12];
    unsigned n = 0;

    do {
        buf[n++] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value);
    while (n < width && n < sizeof(buf))
        buf[n++] = '0';
    while (n)
        put_char(buf[--n]);
}

void print(const char *format, ...)
{
    va_list ap;

    va_start(ap, format);
    for (; *format; format++) {
        unsigned width = 0;

        if (*format != '%') {
            put_char(*format);
            continue;
        }
        while (*++format >= '0' && *format <= '9')
            width = width * 10 + (unsigned)(*format - '0');
        if (*format == 's') {
            put_string(va_arg(ap, const char *));
        } else if (*format == 'c') {
            put_char((char)va_arg(ap, int));
        } else if (*format == 'x') {
            put_number(va_arg(ap, uint32_t), 16, width);
        } else if (*format == 'u' || *format == 'd') {
            put_number(va_arg(ap, uint32_t), 10, width);
        } else {
            put_char(*format);
        }
    }
    va_end(ap);
}

bool report(bool condition, const char *name)
{
    check_count++;
    fail_count += !condition;
    print("%s: %s\n", condition ? "ok" : "FAIL", name);
    return condition;
}

bool check_eq(uint32_t got, uint32_t want, const char *what)
{
    if (got != want)
        print("  %s: got %08x want %08x\n", what, (unsigned)got, (unsigned)want);
    return got == want;
}

bool report_eq(uint32_t got, uint32_t want, const char *name)
{
    if (got != want)
        print("  got %08x want %08x\n", (unsigned)got, (unsigned)want);
    return report(got == want, name);
}

uint32_t psci_hvc(uint32_t function, uint32_t a, uint32_t b, uint32_t c)
{
    register uint32_t r0 __asm__("r0") = function;
    register uint32_t r1 __asm__("r1") = a;
    register uint32_t r2 __asm__("r2") = b;
    register uint32_t r3 __asm__("r3") = c;

    __asm__ volatile(".arch_extension virt\n hvc #0" : "+r"(r0) : "r"(r1), "r"(r2), "r"(r3) : "memory");
    return r0;
}

void power_off(void)
{
    psci_hvc(PSCI_SYSTEM_OFF, 0, 0, 0);
    print("SYSTEM_OFF returned\n");
    for (;;)
        ;
}

void system_reset(void)
{
    psci_hvc(PSCI_SYSTEM_RESET, 0, 0, 0);
    print("SYSTEM_RESET returned\n");
    for (;;)
        ;
}

const char *exception_name(uint32_t kind)
{
    static const char *const names[] = { "none", "UNDEF", "SVC", "PABT", "DABT", "?", "IRQ", "FIQ" };

    return names[kind & 7];
}

static void dump_and_stop(const struct trap *t)
{
    static bool dumping;

    if (dumping)
        power_off();
    dumping = true;
    print("UNEXPECTED %s: lr %08x spsr %08x cpsr %08x\n", exception_name(t->kind), (unsigned)t->lr,
          (unsigned)t->spsr, (unsigned)t->cpsr);
    print("dfsr %08x dfar %08x ifsr %08x ifar %08x\n", (unsigned)t->dfsr, (unsigned)t->dfar,
          (unsigned)t->ifsr, (unsigned)t->ifar);
    for (unsigned i = 0; i < 13; i++)
        print("r%u %08x%c", i, (unsigned)t->r[i], i % 6 == 5 ? '\n' : ' ');
    print("\n");
    power_off();
}

/* Called by start.S on the exception's own stack. */
void trap_dispatch(struct trap *t);
void trap_dispatch(struct trap *t)
{
    t->dfsr = CP15_READ(0, c5, c0, 0);
    t->ifsr = CP15_READ(0, c5, c0, 1);
    t->dfar = CP15_READ(0, c6, c0, 0);
    t->ifar = CP15_READ(0, c6, c0, 2);
    last_trap = *t;
    if (trap_hook && trap_hook(t))
        return;
    if (!catch_context.active)
        dump_and_stop(t);
    catch_context.active = 0;
    catch_context.kind = t->kind;
    t->lr = (uint32_t)catch_resume;
    t->spsr = catch_context.cpsr;
}

static void (*user_fn)(uint32_t arg);

static void user_thunk(uint32_t arg)
{
    enter_user(user_fn, arg, user_stack_top);
}

uint32_t catch_user(void (*fn)(uint32_t arg), uint32_t arg)
{
    user_fn = fn;
    return catch_call(user_thunk, arg);
}

bool user_returned(void)
{
    return last_trap.kind == EXC_SVC && last_trap.lr == (uint32_t)(user_exit + 1);
}

uint32_t sum_words(const void *from, const void *to)
{
    uint32_t sum = 0;

    for (const uint32_t *p = from; p < (const uint32_t *)to; p++)
        sum = (sum << 1 | sum >> 31) + *p;
    return sum;
}

uint32_t random_next(uint32_t *seed)
{
    uint32_t x = *seed;

    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    return *seed = x;
}

/* GCC asks for these two even in a freestanding program. */

void *memset(void *to, int c, size_t n)
{
    volatile uint8_t *p = to;

    while (n--)
        *p++ = (uint8_t)c;
    return to;
}

void *memcpy(void *to, const void *from, size_t n)
{
    volatile uint8_t *p = to;
    const uint8_t *q = from;

    while (n--)
        *p++ = *q++;
    return to;
}

void end_of_checks(void)
{
    print("END: %u checks, %u failed\n", (unsigned)check_count, (unsigned)fail_count);
}

/* From start.S, in SVC with the stacks set. */
void bare_main(void);
void bare_main(void)
{
    write32(UART_LCR_H, 0x70);
    write32(UART_CR, 0x301);
    test_main();
    end_of_checks();
    power_off();
}
