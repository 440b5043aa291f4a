#include "console.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define LAST_LINES 24

static struct termios saved;
static bool is_saved;

static void restore(void)
{
    if (is_saved)
        tcsetattr(0, TCSADRAIN, &saved);
    is_saved = false;
}

void console_open(struct console *c)
{
    /* in the background, touching the terminal would stop us */
    if (!isatty(0) || tcgetpgrp(0) != getpgrp() || tcgetattr(0, &saved) < 0)
        return;
    struct termios raw = saved;
    raw.c_iflag &= ~(tcflag_t)(IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IXON);
    raw.c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ICANON | ISIG | IEXTEN);
    raw.c_cflag = (raw.c_cflag & ~(tcflag_t)(CSIZE | PARENB)) | CS8;
    raw.c_cc[VMIN] = 1;
    raw.c_cc[VTIME] = 0;
    is_saved = true;
    atexit(restore);
    tcsetattr(0, TCSADRAIN, &raw);
    c->raw = true;
}

void console_close(struct console *c)
{
    restore();
    c->raw = false;
}

/* The text after printk's "[   12.345678] ", or NULL for any other line: what
 * a user types or prints must not end the run. */
static const char *printk_text(const char *line)
{
    if (*line++ != '[')
        return NULL;
    line += strspn(line, " ");
    size_t digits = strspn(line, "0123456789");
    if (digits == 0 || line[digits] != '.')
        return NULL;
    line += digits + 1;
    line += strspn(line, "0123456789");
    return line[0] == ']' && line[1] == ' ' ? line + 2 : NULL;
}

static void inspect_line(struct console *c)
{
    static const struct {
        const char *text;
        enum guest_word word;
    } words[] = {
        { "Kernel panic - not syncing", WORD_PANIC },
        { "reboot: Restarting system", WORD_RESET },
        { "reboot: Power down", WORD_OFF },
        { "reboot: System halted", WORD_OFF },
    };
    c->line[c->line_size] = '\0';
    const char *text = printk_text(c->line);
    for (unsigned i = 0; text && i < sizeof(words) / sizeof(words[0]); i++)
        if (!strncmp(text, words[i].text, strlen(words[i].text)) && words[i].word > c->word)
            c->word = words[i].word;
    c->line_size = 0;
}

static bool write_all(const unsigned char *data, size_t size)
{
    while (size) {
        ssize_t n = write(1, data, size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        data += n;
        size -= (size_t)n;
    }
    return true;
}

bool console_output(struct console *c, const unsigned char *data, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        c->last[c->last_end++ % sizeof(c->last)] = (char)data[i];
        if (data[i] == '\n')
            inspect_line(c);
        else if (data[i] != '\r' && c->line_size < sizeof(c->line) - 1)
            c->line[c->line_size++] = (char)data[i];
    }
    return write_all(data, size);
}

void console_print_last(const struct console *c, FILE *f)
{
    size_t start = c->last_end > sizeof(c->last) ? c->last_end - sizeof(c->last) : 0, at = c->last_end;
    for (unsigned lines = 0; at > start; at--)
        if (c->last[(at - 1) % sizeof(c->last)] == '\n' && at != c->last_end && ++lines == LAST_LINES)
            break;
    bool begin = true;
    for (; at < c->last_end; at++) {
        char ch = c->last[at % sizeof(c->last)];
        if (begin)
            fputs("    ", f);
        begin = ch == '\n';
        if (ch == '\n' || ch == '\t' || (ch >= 32 && ch < 127))
            fputc(ch, f);
    }
    if (c->last_end == 0)
        fputs("    (nothing)\n", f);
    else if (!begin)
        fputc('\n', f);
}
