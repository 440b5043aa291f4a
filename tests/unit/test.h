#pragma once
/*
 * The unit tests' harness.  A test is a program: report() prints one line per
 * fact, and main() returns test_summary(), non-zero when any was false.
 */
#include <stdbool.h>
#include <stdio.h>

static unsigned test_passed, test_failed;

/* "ok NAME" or "FAIL NAME: FILE:LINE: CONDITION"; the name may be a printf format. */
#define report(cond, ...)                                           \
    do {                                                            \
        bool ok_ = (cond);                                          \
        printf(ok_ ? "ok " : "FAIL ");                              \
        printf(__VA_ARGS__);                                        \
        if (ok_)                                                    \
            printf("\n");                                           \
        else                                                        \
            printf(": %s:%d: %s\n", __FILE__, __LINE__, #cond);     \
        if (ok_)                                                    \
            test_passed++;                                          \
        else                                                        \
            test_failed++;                                          \
    } while (0)

static inline int test_summary(void)
{
    printf("%u passed, %u failed\n", test_passed, test_failed);
    return test_failed != 0;
}
