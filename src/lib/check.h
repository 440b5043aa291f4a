#pragma once
/* CHECK(): our own bugs end here, with a dump that says which rule broke. */

void panic(const char *fmt, ...) __attribute__((noreturn, format(printf, 1, 2)));

#define CHECK(cond)                                                          \
    do {                                                                     \
        if (__builtin_expect(!(cond), 0))                                    \
            panic("%s:%d: rule broken: %s", __FILE__, __LINE__, #cond);      \
    } while (0)

#define unreachable_code() panic("%s:%d: unreachable", __FILE__, __LINE__)
