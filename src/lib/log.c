/* Formatting into a bounded buffer, then out byte by byte through the sink. */
#include "lib/log.h"
#include <stdio.h>

static void (*log_sink)(int c);

void log_set_sink(void (*put)(int c))
{
    log_sink = put;
}

static void log_puts(const char *s)
{
    if (!log_sink)
        return;
    for (; *s; s++) {
        if (*s == '\n')
            log_sink('\r');
        log_sink(*s);
    }
}

void log_vraw(const char *fmt, va_list ap)
{
    char buf[LOG_LINE_MAX];

    vsnprintf(buf, sizeof(buf), fmt, ap);
    log_puts(buf);
}

void log_raw(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    log_vraw(fmt, ap);
    va_end(ap);
}

void log_info(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    log_puts("umbra: ");
    log_vraw(fmt, ap);
    log_puts("\n");
    va_end(ap);
}
