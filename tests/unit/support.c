/* What sources under test expect from the VMM around them, on the build machine:
 * panic() ends the program; messages are kept for the test to look at. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "lib/check.h"
#include "lib/log.h"
#include "support.h"

char log_last[512];
unsigned log_count;

void panic(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    printf("FAIL panic: ");
    vprintf(fmt, ap);
    printf("\n");
    va_end(ap);
    exit(2);
}

void log_info(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(log_last, sizeof(log_last), fmt, ap);
    va_end(ap);
    log_count++;
    if (getenv("SHOW_LOG"))
        printf("umbra: %s\n", log_last);
}

void log_vraw(const char *fmt, va_list ap)
{
    vsnprintf(log_last, sizeof(log_last), fmt, ap);
}

void log_raw(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    log_vraw(fmt, ap);
    va_end(ap);
}
