/* The first process, which has the others do things and says what came of it. */
#include "user.h"

#define ROUND_TICKS 5
#define CHECKS 48

static uint32_t write_word(char *to, uint32_t v)
{
    for (int shift = 28; shift >= 0; shift -= 4)
        *to++ = "0123456789abcdef"[v >> shift & 15];
    return 8;
}

static uint32_t length(const char *s)
{
    uint32_t n = 0;

    while (s[n])
        n++;
    return n;
}

static void say(const char *s)
{
    call(CALL_WRITE, (uint32_t)s, length(s));
}

struct report { uint32_t checks, failed; };

static void check(struct report *r, bool good, const char *what)
{
    r->checks++;
    r->failed += !good;
    say(good ? "ok: " : "FAIL: ");
    say(what);
    say("\n");
}

static void check_value(struct report *r, uint32_t got, uint32_t want, const char *what)
{
    char text[32];

    if (got != want) {
        uint32_t n = write_word(text, got);

        text[n++] = ' ';
        n += write_word(text + n, want);
        text[n++] = '\n';
        call(CALL_WRITE, (uint32_t)text, n);
    }
    check(r, got == want, what);
}

uint32_t user_random(uint32_t *seed)
{
    uint32_t x = *seed;

    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    return *seed = x;
}

static uint32_t run(void (*body)(uint32_t), uint32_t arg)
{
    uint32_t pid = call(CALL_SPAWN, (uint32_t)body, arg);

    return call(CALL_WAIT, pid, 0);
}

/* Two at a time, each at the other's cost. */
static void run_two(void (*first)(uint32_t), void (*second)(uint32_t), uint32_t arg, uint32_t codes[2])
{
    uint32_t a = call(CALL_SPAWN, (uint32_t)first, arg), b = call(CALL_SPAWN, (uint32_t)second, arg);

    codes[0] = call(CALL_WAIT, a, 0);
    codes[1] = call(CALL_WAIT, b, 0);
}

/* Writes its value where others write theirs, and looks whether it stays. */
void same_place(uint32_t value)
{
    volatile uint32_t *small = (uint32_t *)USER_SMALL, *large = (uint32_t *)(USER_LARGE + 0x10000);
    uint32_t start = call(CALL_COUNTER, COUNT_TICKS, 0), bad = 0;

    *small = value;
    *large = ~value;
    while (call(CALL_COUNTER, COUNT_TICKS, 0) - start < ROUND_TICKS)
        bad += *small != value || *large != ~value;
    call(CALL_EXIT, bad ? 0xbad : value, 0);
}

/* Passes words on, each one more than it was; 0 ends it. */
void ring(uint32_t next)
{
    uint32_t word;

    do {
        word = call(CALL_RECEIVE, 0, 0);
        call(CALL_SEND, next, word ? word + 1 : 0);
    } while (word);
    call(CALL_EXIT, 0, 0);
}

/* What a process must not do. */
void wild(uint32_t how)
{
    volatile uint32_t *small = (uint32_t *)(USER_SMALL + 0x3000);

    *small = 1;
    switch (how) {
    case 0: *(volatile uint32_t *)(how + 0x24) = 1; break;         /* the vectors */
    case 1: *(volatile uint32_t *)0x80010000; break;               /* the kernel */
    case 2: *(volatile uint32_t *)USER_SHARED = 1; break;
    case 3: *(volatile uint32_t *)0x50000000; break;               /* nothing */
    case 4: *(volatile uint32_t *)USER_TEXT = 1; break;
    case 5: call(CALL_PROTECT, (uint32_t)small, 0); *small = 2; break;
    case 6: ((void (*)(void))(USER_SHARED | 1))(); break;          /* XN */
    case 7: *(volatile uint32_t *)0xf0100000 = '!'; break;         /* a device, in a domain of the kernel's */
    case 8: ((void (*)(void))0x60000000)(); break;
    }
    call(CALL_EXIT, 0, 0);
}

/* Writes a function and calls it, n times another one at the same place: movs r0, #i; bx lr. */
void jit(uint32_t n)
{
    volatile uint16_t *code = (uint16_t *)(USER_LARGE + 0x1fffc);
    uint32_t sum = 0;

    for (uint32_t i = 0; i < n; i++) {
        code[0] = (uint16_t)(0x2000 | i);
        code[1] = 0x4770;
        call(CALL_FLUSH, (uint32_t)code, 4);
        sum = sum * 3 + ((uint32_t (*)(void))((uint32_t)code | 1))();
    }
    call(CALL_EXIT, sum, 0);
}

static uint32_t jit_sum(uint32_t n)
{
    uint32_t sum = 0;

    for (uint32_t i = 0; i < n; i++)
        sum = sum * 3 + i;
    return sum;
}

static void test_work(struct report *r)
{
    uint32_t codes[2];

    for (uint32_t seed = 7; seed < 9; seed++) {
        run_two(sort_t32, sort_a32, seed, codes);
        check(r, codes[0] == codes[1], seed & 1 ? "A32 and T32 sort alike, in large pages" : "in small pages");
    }
    run_two(registers_t32, registers_a32, 4000, codes);
    check_value(r, codes[0] | codes[1], 0, "registers and flags survive preemption");
}

static void test_spaces(struct report *r)
{
    uint32_t pids[8];
    bool good = true;

    for (uint32_t i = 0; i < 8; i++)
        pids[i] = call(CALL_SPAWN, (uint32_t)same_place, 0x1000 + i);
    for (uint32_t i = 0; i < 8; i++)
        good = call(CALL_WAIT, pids[i], 0) == 0x1000 + i && good;
    check(r, good, "eight processes at the same addresses");
    check(r, call(CALL_COUNTER, COUNT_ASID_WRAPS, 0) > 0, "with four ASIDs");
    check(r, call(CALL_SPAWN, (uint32_t)same_place, 0) != ~0u, "and room for more");
    call(CALL_WAIT, pids[7] + 1, 0);
}

static void test_ring(struct report *r)
{
    uint32_t first = call(CALL_PID, 0, 0), pid = first, word = 1;

    for (uint32_t i = 0; i < 4; i++)
        pid = call(CALL_SPAWN, (uint32_t)ring, pid);
    for (uint32_t i = 0; i < 20; i++) {
        call(CALL_SEND, pid, word);
        word = call(CALL_RECEIVE, 0, 0);
    }
    check_value(r, word, 1 + 20 * 4, "messages go round");
    call(CALL_SEND, pid, 0);
    check_value(r, call(CALL_RECEIVE, 0, 0), 0, "and stop");
    for (uint32_t i = 0; i < 4; i++)
        call(CALL_WAIT, pid - i, 0);
}

static void test_wild(struct report *r, bool vectors_low)
{
    check_value(r, run(wild, 0), vectors_low ? 0xda80f000 : 0xda805000, vectors_low ? "vectors are the kernel's"
                                                                                    : "nothing is at 0 any more");
    check_value(r, run(wild, 1), 0xda00f800, "so is the kernel");
    check_value(r, run(wild, 2), 0xda8ff003, "shared memory cannot be written");
    check_value(r, run(wild, 3), 0xda005500, "nothing is nothing");
    check_value(r, run(wild, 5), 0xda84f001, "a page made read-only");
    check_value(r, run(wild, 7), 0xda82df01, "a device");
    check_value(r, run(wild, 8), 0xfa005600, "a jump to nowhere");
}

static void test_calls(struct report *r)
{
    volatile uint32_t *page = (uint32_t *)(USER_SMALL + 0x5000);
    uint32_t value = 5, pages = call(CALL_COUNTER, COUNT_PAGES, 0);

    check_value(r, *(volatile uint32_t *)USER_SHARED, 0x5ba7ed, "shared memory can be read");
    check_value(r, call(CALL_WRITE, 0x50000000, 4), ~0u, "a system call with a bad address");
    check_value(r, call(CALL_WRITE, USER_END - 2, 4), ~0u, "one that is bad half way");
    check(r, call(CALL_COUNTER, COUNT_PAGES, 0) == pages, "no page for those");
    check_value(r, call(CALL_WRITE, USER_SMALL + 0x7000, 0), 0, "one of no length");
    *page = 77;
    call(CALL_UNMAP, (uint32_t)page, 0);
    check_value(r, *page, 0, "a page given back comes as zeros");
    __asm__ volatile("mov r0, %0\n udf #3\n mov %0, r0" : "+r"(value) : : "r0");
    check_value(r, value, 16, "an undefined instruction that the kernel knows");
    check_value(r, call(CALL_NEST, 0, 0), 3, "exceptions in exceptions, this deep");
    check(r, call(CALL_COUNTER, COUNT_PREEMPTED_KERNEL, 0) > 0, "a system call is preempted");
    check(r, call(CALL_COUNTER, COUNT_NESTED_IRQ, 0) >= call(CALL_COUNTER, COUNT_TICKS, 0) - 1,
          "each tick is interrupted");
}

void user_main(uint32_t arg)
{
    struct report r = { 0, arg };
    uint32_t ticks = call(CALL_COUNTER, COUNT_TICKS, 0);

    test_calls(&r);
    test_work(&r);
    test_spaces(&r);
    test_ring(&r);
    test_wild(&r, true);
    check_value(&r, run(jit, 200), jit_sum(200), "code written by a process");
    call(CALL_VECTORS, 0, 0);
    test_wild(&r, false);
    test_calls(&r);
    test_spaces(&r);
    call(CALL_SLEEP, 3, 0);
    check(&r, call(CALL_COUNTER, COUNT_TICKS, 0) - ticks > 20, "the timer has ticked all the while");
    check(&r, call(CALL_COUNTER, COUNT_SWITCHES, 0) > 50, "and tasks were switched");
    check(&r, r.checks == CHECKS, "that was all");
    say(r.failed ? "END: some failed\n" : "END: all checks, 0 failed\n");
    call(CALL_EXIT, 0, 0);
}
