#pragma once
/* The guest's console on ours: raw terminal, what was said last, and the kernel's last words. */
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum guest_word { WORD_NONE, WORD_OFF, WORD_RESET, WORD_PANIC };

struct console {
    bool raw;             /* the terminal is in raw mode */
    enum guest_word word; /* the gravest so far */
    char line[512];
    size_t line_size;
    char last[8192];      /* ring of what came last */
    size_t last_end;      /* bytes ever written to it */
};

/* Puts the terminal, if there is one, into raw mode; undone by console_close() and at exit. */
void console_open(struct console *c);
void console_close(struct console *c);
/* Passes output on; false when standard output is gone. */
bool console_output(struct console *c, const unsigned char *data, size_t size);
void console_print_last(const struct console *c, FILE *f);
