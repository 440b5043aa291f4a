/*
 * typist SCRIPT COMMAND...: a person at a terminal.  Runs the command on a pseudo
 * terminal, waits for a prompt, types, and looks at the answer.  0 when all
 * came as expected and the command ended with 0.
 *
 * A line of the script is "TEXT" or "TEXT => KEYS": wait until TEXT appears after what was
 * typed before, then type KEYS.  In both \r, \n and \ooo (octal) are what they are in C.
 */
#include <poll.h>
#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define LIMIT_S 280

struct step {
    char expect[128], type[128];
};

static struct step script[64];
static unsigned steps;

static int terminal;
static char seen[1 << 16];
static size_t seen_size;

/* Reads until 'text' is there; drops everything up to its end. */
static int wait_for(const char *text, time_t limit)
{
    char *found;
    while (!(found = memmem(seen, seen_size, text, strlen(text)))) {
        struct pollfd fd = { .fd = terminal, .events = POLLIN };
        if (time(NULL) > limit || poll(&fd, 1, 1000) < 0)
            return 0;
        if (!fd.revents)
            continue;
        if (seen_size == sizeof(seen)) {
            memmove(seen, seen + sizeof(seen) / 2, sizeof(seen) / 2);
            seen_size = sizeof(seen) / 2;
        }
        ssize_t n = read(terminal, seen + seen_size, sizeof(seen) - seen_size);
        if (n <= 0)
            return 0;
        fwrite(seen + seen_size, 1, (size_t)n, stdout);
        size_t kept = seen_size;
        for (ssize_t i = 0; i < n; i++) /* line ends come as \r\n or, through two terminals, \r\r\n */
            if (seen[seen_size + (size_t)i] != '\r')
                seen[kept++] = seen[seen_size + (size_t)i];
        seen_size = kept;
    }
    size_t used = (size_t)(found - seen) + strlen(text);
    memmove(seen, seen + used, seen_size - used);
    seen_size -= used;
    return 1;
}

/* Takes the escapes out of text of n characters. */
static void unescape(char *to, const char *from, size_t n)
{
    const char *end = from + n;
    while (from < end) {
        if (*from != '\\' || from + 1 == end) {
            *to++ = *from++;
        } else if (from[1] >= '0' && from[1] <= '7') {
            char octal[4] = { 0 };
            memcpy(octal, from + 1, (size_t)(end - from) < 4 ? (size_t)(end - from) - 1 : 3);
            *to++ = (char)strtol(octal, NULL, 8);
            from += 1 + strlen(octal);
        } else {
            *to++ = from[1] == 'r' ? '\r' : from[1] == 'n' ? '\n' : from[1];
            from += 2;
        }
    }
    *to = '\0';
}

static int read_script(const char *path)
{
    char line[120];
    FILE *f = fopen(path, "r");
    if (!f)
        return 0;
    while (steps < sizeof(script) / sizeof(script[0]) && fgets(line, sizeof(line), f)) {
        char *arrow = strstr(line, " => ");
        size_t length = strcspn(line, "\n");
        if (length == 0 || line[0] == '#')
            continue;
        struct step *step = &script[steps++];
        unescape(step->expect, line, arrow ? (size_t)(arrow - line) : length);
        if (arrow)
            unescape(step->type, arrow + 4, length - (size_t)(arrow + 4 - line));
    }
    fclose(f);
    return steps > 0;
}

static void drain(void)
{
    ssize_t n;
    while ((n = read(terminal, seen, sizeof(seen))) > 0)
        fwrite(seen, 1, (size_t)n, stdout);
}

int main(int argc, char **argv)
{
    if (argc < 3 || !read_script(argv[1])) {
        fprintf(stderr, "usage: typist SCRIPT COMMAND...\n");
        return 2;
    }
    pid_t pid = forkpty(&terminal, NULL, NULL, NULL);
    if (pid < 0)
        return 3;
    if (pid == 0) {
        execvp(argv[2], argv + 2);
        _exit(127);
    }
    time_t limit = time(NULL) + LIMIT_S;
    for (unsigned i = 0; i < steps; i++) {
        if (!wait_for(script[i].expect, limit)) {
            printf("\ntypist: step %u: did not see '%s'\n", i, script[i].expect);
            kill(pid, SIGTERM);
            waitpid(pid, NULL, 0);
            return 1;
        }
        usleep(300000); /* a person, and a shell that sets up its line editor */
        if (write(terminal, script[i].type, strlen(script[i].type)) < 0)
            return 3;
    }
    int status;
    drain();
    waitpid(pid, &status, 0);
    printf("\ntypist: the command ended with %d\n", WIFEXITED(status) ? WEXITSTATUS(status) : -1);
    return status != 0;
}
