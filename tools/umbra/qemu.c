/*
 * Runs QEMU with the guest's console on our standard input and output.
 *
 * QEMU talks to pipes, so that every byte passes through here: that is how the
 * last lines can be shown, and how a guest that panics and hangs, or halts on a
 * board without a power switch, is noticed.  Whatever happens, the terminal is
 * restored and no QEMU stays behind.
 */
#include "console.h"
#include "umbra.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define GRACE_MS 1500         /* for QEMU to end by itself after the guest's last words */
#define PANIC_GRACE_MS 5000   /* for a panicked guest to reset */
#define ESCAPE 1              /* Ctrl-A */

static pid_t child;

static long long now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

static void kill_child(void)
{
    if (child <= 0)
        return;
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    child = 0;
}

struct session {
    const struct qemu_run *run;
    struct console console;
    int to_qemu, from_qemu, signals;
    bool stdin_open, escaped;
    unsigned char pending[4096]; /* input on its way to QEMU */
    size_t pending_size;
    long long timeout_at, grace_at; /* ms; 0: none */
    bool quit;                      /* the user pressed Ctrl-A x, or a signal came */
};

static void start(struct session *s)
{
    int in[2], out[2];
    if (pipe2(in, O_CLOEXEC) < 0 || pipe2(out, O_CLOEXEC) < 0)
        die(EXIT_TOOL, "pipe: %s", strerror(errno));

    sigset_t set, old;
    sigemptyset(&set);
    for (const int *sig = (const int[]){ SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGCHLD, 0 }; *sig; sig++)
        sigaddset(&set, *sig);
    sigprocmask(SIG_BLOCK, &set, &old);
    signal(SIGPIPE, SIG_IGN);
    s->signals = signalfd(-1, &set, SFD_CLOEXEC);

    pid_t parent = getpid();
    child = fork();
    if (child < 0)
        die(EXIT_TOOL, "fork: %s", strerror(errno));
    if (child == 0) {
        setpgid(0, 0); /* Ctrl-C at our terminal is ours to handle */
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent)
            _exit(1);
        sigprocmask(SIG_SETMASK, &old, NULL);
        dup2(in[0], 0);
        dup2(out[1], 1);
        execvp(s->run->argv[0], s->run->argv);
        fprintf(stderr, "umbra: cannot run %s: %s (package qemu-system-arm)\n", s->run->argv[0], strerror(errno));
        _exit(127);
    }
    atexit(kill_child);
    close(in[0]);
    close(out[1]);
    s->to_qemu = in[1];
    s->from_qemu = out[0];
    fcntl(s->to_qemu, F_SETFL, O_NONBLOCK);
}

/* Input, with Ctrl-A x taken out when it comes from a terminal. */
static void take_input(struct session *s)
{
    unsigned char buf[512];
    ssize_t n = read(0, buf, sizeof(buf));
    if (n <= 0) {
        s->stdin_open = n < 0 && errno == EINTR;
        return;
    }
    for (ssize_t i = 0; i < n; i++) {
        if (s->escaped && (buf[i] == 'x' || buf[i] == 'X'))
            s->quit = true;
        if (s->escaped && buf[i] != ESCAPE)
            s->pending[s->pending_size++] = ESCAPE;
        if (s->console.raw && buf[i] == ESCAPE && !s->escaped) {
            s->escaped = true;
            continue;
        }
        s->escaped = false;
        s->pending[s->pending_size++] = buf[i];
    }
}

static void give_input(struct session *s)
{
    ssize_t n = write(s->to_qemu, s->pending, s->pending_size);
    if (n < 0 && errno != EAGAIN && errno != EINTR)
        s->pending_size = 0; /* QEMU is going away */
    if (n > 0) {
        memmove(s->pending, s->pending + n, s->pending_size - (size_t)n);
        s->pending_size -= (size_t)n;
    }
}

/* False at QEMU's end of file. */
static bool take_output(struct session *s)
{
    unsigned char buf[4096];
    ssize_t n = read(s->from_qemu, buf, sizeof(buf));
    if (n == 0)
        return false;
    if (n < 0)
        return errno == EINTR;
    if (!console_output(&s->console, buf, (size_t)n))
        s->quit = true; /* nobody reads us any more */
    enum guest_word word = s->console.word;
    if (!s->grace_at && (word == WORD_PANIC || (s->run->native && word != WORD_NONE)))
        s->grace_at = now_ms() + (word == WORD_PANIC ? PANIC_GRACE_MS : GRACE_MS);
    return true;
}

/* One round of the relay; false when the run is over. */
static bool relay(struct session *s)
{
    struct pollfd fds[] = {
        { .fd = s->from_qemu, .events = POLLIN },
        { .fd = s->signals, .events = POLLIN },
        { .fd = s->stdin_open && s->pending_size == 0 ? 0 : -1, .events = POLLIN },
        { .fd = s->pending_size ? s->to_qemu : -1, .events = POLLOUT },
    };
    long long deadline = s->timeout_at;
    if (s->grace_at && (!deadline || s->grace_at < deadline))
        deadline = s->grace_at;
    long long wait = deadline ? deadline - now_ms() : -1;
    if (deadline && wait <= 0)
        return false;
    if (poll(fds, 4, (int)wait) < 0 && errno != EINTR)
        die(EXIT_TOOL, "poll: %s", strerror(errno));

    if (fds[1].revents & POLLIN) {
        struct signalfd_siginfo info;
        if (read(s->signals, &info, sizeof(info)) == sizeof(info) && info.ssi_signo != SIGCHLD)
            s->quit = true;
    }
    if (fds[2].revents)
        take_input(s);
    if (fds[3].revents)
        give_input(s);
    if (fds[0].revents && !take_output(s))
        return false;
    return !s->quit;
}

static enum exit_code from_status(const struct session *s, int status)
{
    enum guest_word word = s->console.word;
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_QEMU;
    if (WIFSIGNALED(status)) {
        fprintf(stderr, "umbra: QEMU was killed by signal %d\n", WTERMSIG(status));
        return EXIT_QEMU;
    }
    if (code == EXIT_VM_STOPPED || code == EXIT_UMBRA_PANIC || code == EXIT_BUNDLE)
        return (enum exit_code)code;
    if (word == WORD_PANIC)
        return EXIT_GUEST_PANIC;
    if (code == EXIT_GUEST_RESET || (code == 0 && s->run->native && word == WORD_RESET))
        return EXIT_GUEST_RESET;
    if (code == 0)
        return EXIT_POWER_OFF;
    if (code != 127)
        fprintf(stderr, "umbra: QEMU ended with status %d\n", code);
    return EXIT_QEMU;
}

static enum exit_code after_grace(const struct session *s)
{
    switch (s->console.word) {
    case WORD_PANIC: return EXIT_GUEST_PANIC;
    case WORD_RESET: return EXIT_GUEST_RESET;
    default: return EXIT_POWER_OFF;
    }
}

enum exit_code qemu_run(const struct qemu_run *run)
{
    static struct session s;
    s = (struct session){ .run = run, .stdin_open = true };
    start(&s);
    console_open(&s.console);
    if (run->timeout)
        s.timeout_at = now_ms() + run->timeout * 1000LL;
    while (relay(&s))
        continue;

    bool grace_over = s.grace_at && now_ms() >= s.grace_at;
    bool time_over = !grace_over && s.timeout_at && now_ms() >= s.timeout_at;
    if (s.quit || grace_over || time_over) {
        kill_child();
        console_close(&s.console);
        if (s.quit)
            return EXIT_INTERRUPTED;
        if (grace_over)
            return after_grace(&s);
        fprintf(stderr, "umbra: no end after %u s; the last console lines:\n", run->timeout);
        console_print_last(&s.console, stderr);
        return EXIT_TIMEOUT;
    }
    int status = 0;
    waitpid(child, &status, 0);
    child = 0;
    console_close(&s.console);
    return from_status(&s, status);
}
