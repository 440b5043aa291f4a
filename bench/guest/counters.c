/*
 * counters                        every counter and gauge of umbra's: "name value"
 * counters diff [-n N] -- CMD...  runs CMD N times (default 1) and prints what that changed, "name value",
 *                                 zeros left out; the cost of the two readings is subtracted.
 *                                 "ticks" is the time it took.  A gauge shows its change.
 * Ends with CMD's status, or 2 for bad arguments and 3 where there are no counters.
 */
#include <inttypes.h>
#include <sys/wait.h>
#include "vcounters.h"

static struct counters counters;

static int usage(void)
{
    fprintf(stderr, "usage: counters [diff [-n N] -- CMD ARGS...]\n");
    return 2;
}

static void print_all(void)
{
    counters_latch(&counters);
    printf("ticks %" PRIu64 "\n", counters_ticks(&counters, 0));
    for (unsigned i = 0; i < counters.count + counters.gauges; i++)
        printf("%s %" PRIu64 "\n", counters.name[i], counters_value(&counters, 0, i));
}

/* Its exit status, or that of a shell that could not run it. */
static int run(char **command)
{
    int status = 0;
    pid_t pid = fork();

    if (pid == 0) {
        execvp(command[0], command);
        fprintf(stderr, "counters: cannot run %s\n", command[0]);
        _exit(127);
    }
    if (pid < 0 || waitpid(pid, &status, 0) != pid)
        return 126;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* What changed between the last two latches: counters, gauges, the time. */
static void read_changes(int64_t *change)
{
    unsigned total = counters.count + counters.gauges;

    for (unsigned i = 0; i < total; i++)
        change[i] = (int64_t)(counters_value(&counters, 0, i) - counters_value(&counters, 1, i));
    change[total] = (int64_t)(counters_ticks(&counters, 0) - counters_ticks(&counters, 1));
}

static int diff(unsigned long times, char **command)
{
    unsigned total = counters.count + counters.gauges;
    int64_t nothing[total + 1], change[total + 1];
    int status = 0;

    fflush(stdout);
    for (unsigned i = 0; i < 3; i++) /* the first ones fault their pages in */
        counters_latch(&counters);
    read_changes(nothing);
    counters_latch(&counters);
    for (unsigned long i = 0; i < times && !status; i++)
        status = run(command);
    counters_latch(&counters);
    read_changes(change);
    printf("ticks %" PRId64 "\n", change[total] - nothing[total]);
    for (unsigned i = 0; i < total; i++)
        if (change[i] != nothing[i])
            printf("%s %" PRId64 "\n", counters.name[i], change[i] - nothing[i]);
    return status;
}

int main(int argc, char **argv)
{
    unsigned long times = 1;
    int i = 2;
    char *end;

    if (argc > 1 && strcmp(argv[1], "diff"))
        return usage();
    if (argc > 3 && !strcmp(argv[2], "-n")) {
        times = strtoul(argv[3], &end, 10);
        if (*end || end == argv[3])
            return usage();
        i = 4;
    }
    if (argc > 1 && (i + 1 >= argc || strcmp(argv[i], "--")))
        return usage();
    const char *error = counters_open(&counters);
    if (error) {
        fprintf(stderr, "counters: %s\n", error);
        return 3;
    }
    if (argc > 1)
        return diff(times, argv + i + 1);
    print_all();
    return 0;
}
