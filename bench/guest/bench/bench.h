#pragma once
/* What the parts of the guest's benchmark program share. */
#include <stdbool.h>
#include <stdint.h>

/* The A32 hint DBG #n, which any ARMv7 processor executes as a NOP and bench/count.c sees. */
#define MARK(n) __asm__ volatile(".inst 0xe320f0f0 + %c0" ::"i"(n) : "memory")

/*
 * An operation.  'prepare' and 'finish' are not measured; 'run' is called 'times' times between two
 * markers, or sets them itself (measure_begin and measure_end) when only a part of it counts.
 */
struct operation {
    const char *name; /* a final '-' means that numbers follow: ctx-8-16 */
    void (*prepare)(int a, int b);
    void (*run)(void);
    void (*finish)(void);
    int times;
    int units; /* what is counted, in one call: pages touched, MiB copied; 0: the prepare says (bench_units) */
    bool marks_itself;
};

extern const struct operation file_operations[], process_operations[], memory_operations[];
extern int bench_units;
extern char *bench_self;

void measure_begin(void);
void measure_end(void);
/* Ends the program with a message when 'ok' is false. */
void must(bool ok, const char *what);
