/* Processes that are made, and processes that talk. */
#include "bench.h"
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* --- a child that answers ------------------------------------------------------ */

static int to_child, from_child;
static pid_t child;

static void answer(int in, int out)
{
    char c;
    while (read(in, &c, 1) == 1 && write(out, &c, 1) == 1)
        continue;
    _exit(0);
}

static void start_answering(const int there[2], const int back[2])
{
    child = fork();
    must(child >= 0, "fork");
    if (child == 0) {
        if (there[1] != back[1])
            close(there[1]);
        answer(there[0], back[1]);
    }
    to_child = there[1];
    from_child = back[0];
}

static void prepare_pipe(int a, int b)
{
    int there[2], back[2];
    (void)a, (void)b;
    must(pipe(there) == 0 && pipe(back) == 0, "pipe");
    start_answering(there, back);
    close(there[0]);
    close(back[1]);
}

static void prepare_unix(int a, int b)
{
    int pair[2];
    (void)a, (void)b;
    must(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0, "socketpair");
    start_answering((int[2]){ pair[1], pair[0] }, (int[2]){ pair[0], pair[1] });
    close(pair[1]);
}

static void op_round_trip(void)
{
    char c = 0;
    must(write(to_child, &c, 1) == 1 && read(from_child, &c, 1) == 1, "round trip");
}

static void finish_child(void)
{
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    close(to_child);
    if (from_child != to_child)
        close(from_child);
}

/* --- a ring of processes, as lmbench's lat_ctx ---------------------------------- */

enum { RING_MAX = 128 };
static pid_t ring[RING_MAX];
static int ring_count, ring_in, ring_out;
static unsigned working_set[64 * 1024 / 4];
static size_t working_words;

static unsigned sum_working_set(void)
{
    unsigned sum = 0;
    for (size_t i = 0; i < working_words; i++)
        sum += ((volatile unsigned *)working_set)[i];
    return sum;
}

static void pass_on(int in, int out)
{
    unsigned token;
    while (read(in, &token, sizeof(token)) == sizeof(token)) {
        sum_working_set();
        if (write(out, &token, sizeof(token)) != sizeof(token))
            break;
    }
    _exit(0);
}

/* Processes in a ring, each with 'kib' of data of its own; we are one of them. */
static void prepare_ring(int processes, int kib)
{
    int pipes[RING_MAX][2];

    must(processes >= 1 && processes <= RING_MAX, "processes");
    working_words = (size_t)kib * 256;
    memset(working_set, 1, sizeof(working_set));
    for (int i = 0; i < processes; i++)
        must(pipe(pipes[i]) == 0, "pipe");
    for (int i = 1; i < processes; i++) {
        ring[i] = fork();
        must(ring[i] >= 0, "fork");
        if (ring[i] == 0) {
            memset(working_set, i, sizeof(working_set));
            pass_on(pipes[i - 1][0], pipes[i][1]);
        }
    }
    ring_count = processes;
    ring_out = dup(pipes[0][1]);
    ring_in = dup(pipes[processes - 1][0]);
    for (int i = 0; i < processes; i++) {
        close(pipes[i][0]);
        close(pipes[i][1]);
    }
    bench_units = processes;
}

static void op_ring(void)
{
    unsigned token = 1;
    must(write(ring_out, &token, sizeof(token)) == sizeof(token), "ring");
    must(read(ring_in, &token, sizeof(token)) == sizeof(token), "ring");
    sum_working_set();
}

static void finish_ring(void)
{
    for (int i = 1; i < ring_count; i++)
        kill(ring[i], SIGKILL);
    for (int i = 1; i < ring_count; i++)
        waitpid(ring[i], NULL, 0);
    close(ring_in);
    close(ring_out);
}

/* --- bystanders: processes that exist and sleep, until the program ends ------------- */

static pid_t bystanders[RING_MAX];

static void prepare_bystanders(int count, int unused)
{
    (void)unused;
    must(count >= 1 && count <= RING_MAX, "bystanders");
    for (int i = 0; i < count; i++) {
        bystanders[i] = fork();
        must(bystanders[i] >= 0, "fork");
        if (bystanders[i] == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            for (;;)
                pause();
        }
    }
}

static void op_nothing(void)
{
    sched_yield();
}

/* --- fork and exec ------------------------------------------------------------------ */

static void wait_for(pid_t pid)
{
    int status;
    must(pid > 0 && waitpid(pid, &status, 0) == pid && status == 0, "child");
}

static void op_fork(void)
{
    pid_t pid = fork();
    if (pid == 0)
        _exit(0);
    wait_for(pid);
}

static void op_exec(void)
{
    pid_t pid = fork();
    if (pid == 0) {
        execl(bench_self, bench_self, "hello", (char *)NULL);
        _exit(1);
    }
    wait_for(pid);
}

static void op_shell(void)
{
    pid_t pid = fork();
    if (pid == 0) {
        execl("/bin/sh", "sh", "-c", "true", (char *)NULL);
        _exit(1);
    }
    wait_for(pid);
}

static char *touched;
static size_t touched_size;

static void prepare_touched(int mib, int unused)
{
    (void)unused;
    touched_size = (size_t)mib << 20;
    touched = mmap(NULL, touched_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    must(touched != MAP_FAILED, "mmap");
    for (size_t at = 0; at < touched_size; at += 4096)
        touched[at] = 1;
}

static void finish_touched(void)
{
    munmap(touched, touched_size);
}

const struct operation process_operations[] = {
    { "pipe", prepare_pipe, op_round_trip, finish_child, 3000, 1, false },
    { "unix", prepare_unix, op_round_trip, finish_child, 3000, 1, false },
    { "ctx-", prepare_ring, op_ring, finish_ring, 100, 0, false },
    { "bystanders-", prepare_bystanders, op_nothing, NULL, 1, 1, false },
    { "fork", NULL, op_fork, NULL, 100, 1, false },
    { "exec", NULL, op_exec, NULL, 30, 1, false },
    { "shell", NULL, op_shell, NULL, 20, 1, false },
    { "forkmem-", prepare_touched, op_fork, finish_touched, 10, 1, false },
    { NULL, NULL, NULL, NULL, 0, 0, false },
};
