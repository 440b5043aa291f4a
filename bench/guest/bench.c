/*
 * bench OPERATION...: runs each operation many times between two markers (see
 * bench/count.c) and prints "bench: NAME TIMES".  "up" is one marker alone: the
 * system is up.  Built as A32 code, which is what the markers are.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define MARK(n) __asm__ volatile(".inst 0xe320f0f0 + %c0" ::"i"(n) : "memory")

static int zero, to_child[2], from_child[2];
static char *self;

static void op_null(void)
{
    syscall(SYS_getppid);
}

static void op_read(void)
{
    char c;
    if (read(zero, &c, 1) != 1)
        exit(1);
}

static void op_stat(void)
{
    struct stat st;
    stat("/bin/busybox", &st);
}

static void op_open(void)
{
    close(open("/bin/busybox", O_RDONLY));
}

static void on_signal(int sig)
{
    (void)sig;
}

static void op_signal(void)
{
    kill(getpid(), SIGUSR1);
}

static void op_pipe(void)
{
    char c = 0;
    if (write(to_child[1], &c, 1) != 1 || read(from_child[0], &c, 1) != 1)
        exit(1);
}

static void op_fault(void)
{
    enum { PAGES = 64 };
    char *p = mmap(NULL, PAGES * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (int i = 0; i < PAGES; i++)
        p[i * 4096] = 1;
    munmap(p, PAGES * 4096);
}

static void op_fork(void)
{
    pid_t pid = fork();
    if (pid == 0)
        _exit(0);
    waitpid(pid, NULL, 0);
}

static void op_exec(void)
{
    pid_t pid = vfork();
    if (pid == 0) {
        execl(self, self, (char *)NULL);
        _exit(1);
    }
    waitpid(pid, NULL, 0);
}

static void op_shell(void)
{
    if (system("true"))
        exit(1);
}

static void op_user(void)
{
    for (volatile int i = 0; i < 10000; i++)
        continue;
}

static const struct {
    const char *name;
    void (*run)(void);
    int times;
} operations[] = {
    { "null", op_null, 2000 },
    { "read", op_read, 1000 },
    { "stat", op_stat, 500 },
    { "open", op_open, 500 },
    { "signal", op_signal, 300 },
    { "pipe", op_pipe, 300 },
    { "fault", op_fault, 20 },
    { "fork", op_fork, 50 },
    { "exec", op_exec, 30 },
    { "shell", op_shell, 20 },
    { "user", op_user, 100 },
};

static void prepare(void)
{
    zero = open("/dev/zero", O_RDONLY);
    signal(SIGUSR1, on_signal);
    if (zero < 0 || pipe(to_child) || pipe(from_child))
        exit(1);
    if (fork() == 0) {
        char c;
        close(to_child[1]);
        while (read(to_child[0], &c, 1) == 1 && write(from_child[1], &c, 1) == 1)
            continue;
        _exit(0);
    }
    close(to_child[0]);
}

int main(int argc, char **argv)
{
    self = argv[0];
    if (argc == 2 && !strcmp(argv[1], "up")) {
        MARK(0);
        return 0;
    }
    if (argc > 1)
        prepare();
    for (int a = 1; a < argc; a++) {
        for (unsigned i = 0; i < sizeof(operations) / sizeof(operations[0]); i++) {
            if (strcmp(operations[i].name, argv[a]))
                continue;
            for (int n = 0; n < operations[i].times / 10; n++)
                operations[i].run();
            MARK(1);
            for (int n = 0; n < operations[i].times; n++)
                operations[i].run();
            MARK(2);
            printf("bench: %s %d\n", argv[a], operations[i].times);
            fflush(stdout);
        }
    }
    return 0;
}
