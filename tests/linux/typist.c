/*
 * typist COMMAND...: a person at a terminal.  Runs the command on a pseudo
 * terminal, waits for a prompt, types, and looks at the answer.  0 when all
 * came as expected and the command ended with 0.
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

#define LIMIT_S 150

static const struct step {
    const char *expect; /* appears after what was typed before */
    const char *type;
} script[] = {
    { "guest:", "echo sum $((40 + 2))\r" },
    { "sum 42\n", "" },
    { "guest:", "sleep 1000\r" },
    { "sleep 1000\n", "\003" }, /* Ctrl-C reaches the guest, not us */
    { "guest:", "cat | sed s/a/b/\r" },
    { "sed s/a/b/\n", "banana\r\004" },
    { "bbnana\n", "" },
    { "guest:", "sleep 1000 &\r" },
    { "guest:", "jobs\r" },
    { "Running", "" },
    { "guest:", "stty size >/dev/null; exit\r" },
    { "Power down", "" },
};

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

static void drain(void)
{
    ssize_t n;
    while ((n = read(terminal, seen, sizeof(seen))) > 0)
        fwrite(seen, 1, (size_t)n, stdout);
}

int main(int argc, char **argv)
{
    if (argc < 2)
        return 2;
    pid_t pid = forkpty(&terminal, NULL, NULL, NULL);
    if (pid < 0)
        return 3;
    if (pid == 0) {
        execvp(argv[1], argv + 1);
        _exit(127);
    }
    time_t limit = time(NULL) + LIMIT_S;
    for (unsigned i = 0; i < sizeof(script) / sizeof(script[0]); i++) {
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
