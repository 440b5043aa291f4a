/*
 * driver [--limit SECONDS] [--probe MS] COMMAND...: runs umbra with a guest that means it harm.
 *
 * The guest may do to itself whatever it likes, hang included; umbra must go on.  So every MS
 * milliseconds (0: never) Ctrl-] h is typed, which umbra itself must answer; SECONDS after the guest's
 * first line Ctrl-] x ends the VM.  0 when each answer came, umbra ended in an orderly way (not its
 * panic), and its integrity check, and in a debug build its audits, found nothing.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ANSWER "Ctrl-] then:"
#define FIRST_LINE "hostile: "
#define START_MS 60000
#define ANSWER_MS 20000 /* on a machine that is busy with other things */

static pid_t child;
static int to_child, from_child;
static unsigned answers, broken, intact;
static bool started;

static long long now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

static void start(char **argv)
{
    int in[2], out[2];
    if (pipe(in) < 0 || pipe(out) < 0) {
        perror("driver: pipe");
        exit(2);
    }
    child = fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGTERM);
        dup2(in[0], 0);
        dup2(out[1], 1);
        dup2(out[1], 2);
        close(in[1]);
        close(out[0]);
        execvp(argv[0], argv);
        perror(argv[0]);
        _exit(127);
    }
    close(in[0]);
    close(out[1]);
    to_child = in[1];
    from_child = out[0];
}

static void type(const char *keys)
{
    if (write(to_child, keys, strlen(keys)) < 0)
        perror("driver: write");
}

static unsigned count(const char *line, const char *text)
{
    return strstr(line, text) != NULL;
}

static void take_line(const char *line)
{
    started |= count(line, FIRST_LINE);
    answers += count(line, ANSWER);
    broken += count(line, "BROKEN") + count(line, "PANIC");
    broken += count(line, "audit:") && !count(line, "audit: 0 bad");
    broken += count(line, "executable in guest kernel mode") && !count(line, " 0 sensitive");
    intact += count(line, "integrity: canaries intact, image hash ok");
}

/* Takes what comes until 'until'; false at the end of the output. */
static bool take_output(long long until)
{
    static char line[1024];
    static size_t used;
    struct pollfd fd = { .fd = from_child, .events = POLLIN };
    char buf[4096];
    long long wait = until - now_ms();

    if (poll(&fd, 1, wait > 0 ? (int)wait : 0) <= 0)
        return true;
    ssize_t n = read(from_child, buf, sizeof(buf));
    if (n <= 0)
        return false;
    fwrite(buf, 1, (size_t)n, stdout);
    fflush(stdout);
    for (ssize_t i = 0; i < n; i++) {
        if (buf[i] != '\n' && used < sizeof(line) - 1) {
            if (buf[i])
                line[used++] = buf[i];
            continue;
        }
        line[used] = '\0';
        used = 0;
        take_line(line);
    }
    return true;
}

static int fail(const char *why)
{
    printf("\ndriver: FAIL: %s\n", why);
    kill(child, SIGTERM);
    return 1;
}

/* NULL, or what is wrong. */
static const char *watch(long long limit_ms, long long probe_ms)
{
    long long start_at = now_ms(), probe_at, asked_at = 0, end_at = 0;
    unsigned asked = 0;

    while (!started && now_ms() - start_at < START_MS) {
        if (!take_output(start_at + START_MS))
            return NULL;
    }
    if (!started)
        return "the guest did not start";
    start_at = now_ms();
    probe_at = probe_ms ? start_at + probe_ms : start_at + 1000 * limit_ms;

    for (;;) {
        long long now = now_ms(), next = asked_at ? asked_at + ANSWER_MS : probe_at;

        if (!end_at && now - start_at >= limit_ms) {
            type("\035x");
            end_at = now + ANSWER_MS;
        }
        if (end_at) {
            next = end_at;
        } else if (asked_at && answers >= asked) {
            asked_at = 0;
            probe_at = now + probe_ms;
            continue;
        } else if (!asked_at && now >= probe_at) {
            type("\035h");
            asked++;
            asked_at = now;
            continue;
        } else if (start_at + limit_ms < next) {
            next = start_at + limit_ms;
        }
        if (!take_output(next))
            return NULL;
        if (end_at && now_ms() >= end_at)
            return "no end after Ctrl-] x";
        if (!end_at && asked_at && answers < asked && now_ms() - asked_at >= ANSWER_MS)
            return "umbra does not answer Ctrl-] h";
    }
}

int main(int argc, char **argv)
{
    long long limit = 20000, probe = 700, begin = now_ms();
    int i = 1, status;

    for (; i + 1 < argc && !strncmp(argv[i], "--", 2); i += 2) {
        if (!strcmp(argv[i], "--limit"))
            limit = atoll(argv[i + 1]) * 1000;
        else if (!strcmp(argv[i], "--probe"))
            probe = atoll(argv[i + 1]);
        else
            break;
    }
    if (i >= argc) {
        fprintf(stderr, "usage: driver [--limit SECONDS] [--probe MS] COMMAND...\n");
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    start(argv + i);
    const char *why = watch(limit, probe);
    if (why)
        return fail(why);
    waitpid(child, &status, 0);
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    printf("\ndriver: code %d after %lld ms, %u answers\n", code, now_ms() - begin, answers);
    if (code != 0 && code != 10 && code != 11)
        return fail("umbra did not end in an orderly way");
    if (broken)
        return fail("integrity, audit or panic");
    if (!intact)
        return fail("no word of the integrity check");
    return 0;
}
