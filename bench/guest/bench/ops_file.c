/* System calls on files and signals. */
#include "bench.h"
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#define SOME_FILE "/bin/busybox"

static int fd;
static char *page;

static void close_fd(void)
{
    close(fd);
}

static void op_null(void)
{
    syscall(SYS_getppid);
}

static void prepare_read(int a, int b)
{
    (void)a, (void)b;
    fd = open("/dev/zero", O_RDONLY);
    must(fd >= 0, "/dev/zero");
}

static void op_read(void)
{
    char c;
    must(read(fd, &c, 1) == 1, "read");
}

static void prepare_write(int a, int b)
{
    (void)a, (void)b;
    fd = open("/dev/null", O_WRONLY);
    must(fd >= 0, "/dev/null");
}

static void op_write(void)
{
    char c = 0;
    must(write(fd, &c, 1) == 1, "write");
}

static void op_stat(void)
{
    struct stat st;
    must(stat(SOME_FILE, &st) == 0, "stat");
}

static void prepare_fstat(int a, int b)
{
    (void)a, (void)b;
    fd = open(SOME_FILE, O_RDONLY);
    must(fd >= 0, SOME_FILE);
}

/* The system call that a dynamically linked program of 2021 makes; today's C library asks for more (statx). */
static void op_fstat(void)
{
    char st[256];
    must(syscall(SYS_fstat64, fd, st) == 0, "fstat");
}

static void op_open(void)
{
    must(close(open(SOME_FILE, O_RDONLY)) == 0, "open");
}

static void on_signal(int sig)
{
    (void)sig;
}

static void op_install(void)
{
    struct sigaction sa = { .sa_handler = on_signal };
    must(sigaction(SIGUSR1, &sa, NULL) == 0, "sigaction");
}

static void prepare_catch(int a, int b)
{
    (void)a, (void)b;
    op_install();
}

static void op_catch(void)
{
    kill(getpid(), SIGUSR1);
}

/* Goes on behind the instruction that faulted. */
static void on_fault(int sig, siginfo_t *info, void *context)
{
    ucontext_t *uc = context;
    (void)sig, (void)info;
    uc->uc_mcontext.arm_pc += 4;
}

static void prepare_prot(int a, int b)
{
    struct sigaction sa = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO };
    (void)a, (void)b;
    page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    must(page != MAP_FAILED, "mmap");
    must(*(volatile char *)page == 0, "read");
    must(sigaction(SIGSEGV, &sa, NULL) == 0, "sigaction");
}

static void op_prot(void)
{
    *(volatile char *)page = 1;
}

static void finish_prot(void)
{
    signal(SIGSEGV, SIG_DFL);
    munmap(page, 4096);
}

const struct operation file_operations[] = {
    { "null", NULL, op_null, NULL, 40000, 1, false },
    { "read", prepare_read, op_read, close_fd, 16000, 1, false },
    { "write", prepare_write, op_write, close_fd, 16000, 1, false },
    { "stat", NULL, op_stat, NULL, 4000, 1, false },
    { "fstat", prepare_fstat, op_fstat, close_fd, 16000, 1, false },
    { "open", NULL, op_open, NULL, 4000, 1, false },
    { "sig-install", NULL, op_install, NULL, 16000, 1, false },
    { "sig-catch", prepare_catch, op_catch, NULL, 4000, 1, false },
    { "sig-prot", prepare_prot, op_prot, finish_prot, 4000, 1, false },
    { NULL, NULL, NULL, NULL, 0, 0, false },
};
