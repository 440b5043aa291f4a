#pragma once
/*
 * umbra's own messages.  Every line goes to the console with the prefix
 * "umbra: ", so that it can be told from the guest's output.
 */
#include <stdarg.h>

/* Longer messages are cut, not split. */
#define LOG_LINE_MAX 512

/* Where the bytes go; before it is set, or after NULL, messages are dropped.
 * The sink gets "\r\n" for '\n'. */
void log_set_sink(void (*put)(int c));

/* printf-style, without a newline at the end (log_info adds prefix and newline). */
void log_info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* Raw text to the console, no prefix, no newline added. */
void log_raw(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_vraw(const char *fmt, va_list ap);

/* Like log_info, but at most 'limit' times per call site; the last says so. */
#define log_limited(limit, ...)                                     \
    do {                                                            \
        static unsigned log_count_;                                 \
        if (log_count_ < (limit)) {                                 \
            log_info(__VA_ARGS__);                                  \
            if (++log_count_ == (limit))                            \
                log_info("(further messages of this kind are not shown)"); \
        }                                                           \
    } while (0)
