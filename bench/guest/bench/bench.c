/*
 * bench OPERATION[#LABEL][:TIMES]... measures each operation and prints (NAME with the label)
 *     bench: NAME CALLS UNITS PAIRS NS
 * CALLS times UNITS is what the cost is divided by, PAIRS is how many pairs of markers (see bench/count.c) were
 * set, NS is the time between them as the guest's own clock tells it.  In a VM of umbra's a second line tells what its
counters (docs/counters.md) changed by, less the same between a pair of markers with nothing in it, and its gauges:
    counts: NAME CHANGE... / GAUGE...
 *
 * bench up              one marker alone: the system is up
 * bench run NAME CMD... the same for a command, from fork to wait
 * bench hello           does nothing: what exec executes
 *
 * Built as A32 code, which is what the markers are.
 */
#include "bench.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "vcounters.h"

int bench_units;
char *bench_self;
static long long begin_ns, sum_ns;
static int pairs;
static bool warming;

enum { COUNTERS_MAX = 320 };
static struct counters counters; /* none: regs is NULL */
static int64_t changes[COUNTERS_MAX], nothing[COUNTERS_MAX];

void must(bool ok, const char *what)
{
    if (ok)
        return;
    printf("bench-error: %s: %s\n", what, strerror(errno));
    fflush(stdout);
    _exit(1);
}

static long long now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

void measure_begin(void)
{
    if (warming)
        return;
    if (counters.regs)
        counters_latch(&counters);
    begin_ns = now_ns();
    MARK(1);
}

void measure_end(void)
{
    if (warming)
        return;
    MARK(2);
    sum_ns += now_ns() - begin_ns;
    pairs++;
    if (!counters.regs)
        return;
    counters_latch(&counters);
    for (unsigned i = 0; i < counters.count; i++)
        changes[i] += (int64_t)(counters_value(&counters, 0, i) - counters_value(&counters, 1, i)) - nothing[i];
}

/* What a pair of markers with nothing between them changes is no operation's.  The first ones fault their pages in. */
static void calibrate(void)
{
    if (counters_open(&counters) || counters.count > COUNTERS_MAX) {
        counters.regs = NULL;
        return;
    }
    for (int i = 0; i < 4; i++) {
        memset(changes, 0, sizeof(changes));
        begin_ns = now_ns();
        counters_latch(&counters);
        begin_ns = now_ns();
        sum_ns += now_ns() - begin_ns;
        counters_latch(&counters);
        for (unsigned c = 0; c < counters.count; c++)
            changes[c] = (int64_t)(counters_value(&counters, 0, c) - counters_value(&counters, 1, c));
    }
    memcpy(nothing, changes, sizeof(nothing));
    memset(changes, 0, sizeof(changes));
    sum_ns = 0;
}

static void report_counters(const char *name)
{
    if (!counters.regs)
        return;
    printf("counts: %s", name);
    for (unsigned i = 0; i < counters.count; i++)
        if (changes[i])
            printf(" %s=%lld", counters.name[i], (long long)changes[i]);
    printf(" /");
    for (unsigned i = counters.count; i < counters.count + counters.gauges; i++)
        printf(" %s=%llu", counters.name[i], (unsigned long long)counters_value(&counters, 0, i));
    printf(" ticks=%llu\n", (unsigned long long)counters_ticks(&counters, 0));
    memset(changes, 0, sizeof(changes));
}

static void report(const char *name, int calls, int units)
{
    printf("bench: %s %d %d %d %lld\n", name, calls, units, pairs, sum_ns);
    report_counters(name);
    fflush(stdout);
    pairs = 0;
    sum_ns = 0;
}

static void measure(const struct operation *op, const char *name, int times)
{
    int a = 0, b = 0, warm = times < 10 ? 1 : times / 10;
    const char *numbers = name + strlen(op->name);

    sscanf(numbers, "%d-%d", &a, &b);
    bench_units = op->units;
    if (op->prepare)
        op->prepare(a, b);
    warming = true;
    for (int n = 0; n < warm; n++)
        op->run();
    warming = false;
    if (!op->marks_itself)
        measure_begin();
    for (int n = 0; n < times; n++)
        op->run();
    if (!op->marks_itself)
        measure_end();
    report(name, times, bench_units);
    if (op->finish)
        op->finish();
}

static bool matches(const struct operation *op, const char *name)
{
    size_t size = strlen(op->name);
    if (op->name[size - 1] == '-')
        return !strncmp(op->name, name, size);
    return !strncmp(op->name, name, size) && (name[size] == '\0' || name[size] == '#');
}

static const struct operation *find(const char *name)
{
    static const struct operation *const tables[] = { file_operations, process_operations, memory_operations };
    for (unsigned t = 0; t < sizeof(tables) / sizeof(tables[0]); t++)
        for (const struct operation *op = tables[t]; op->name; op++)
            if (matches(op, name))
                return op;
    return NULL;
}

static int run_command(const char *name, char **argv)
{
    int status;

    measure_begin();
    pid_t pid = fork();
    if (pid == 0) {
        execvp(argv[0], argv);
        _exit(127);
    }
    must(waitpid(pid, &status, 0) == pid, "waitpid");
    measure_end();
    must(status == 0, name);
    report(name, 1, 1);
    return 0;
}

int main(int argc, char **argv)
{
    bench_self = argv[0];
    if (argc == 2 && !strcmp(argv[1], "hello"))
        return 0;
    if (argc == 2 && !strcmp(argv[1], "up")) {
        MARK(0);
        return 0;
    }
    calibrate();
    if (argc > 3 && !strcmp(argv[1], "run"))
        return run_command(argv[2], argv + 3);
    for (int a = 1; a < argc; a++) {
        char *colon = strchr(argv[a], ':');
        if (colon)
            *colon = '\0';
        const struct operation *op = find(argv[a]);
        errno = EINVAL;
        must(op, argv[a]);
        measure(op, argv[a], colon ? atoi(colon + 1) : op->times);
    }
    return 0;
}
