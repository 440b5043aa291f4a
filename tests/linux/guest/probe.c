/*
 * probe PART: one small test of what a program expects of its kernel and
 * processor.  Exit status 0 when it holds; a line says what did not.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE 4096u
#define EXPECT(cond)                                                  \
    do {                                                              \
        if (!(cond)) {                                                \
            printf("%s:%d: not true: %s\n", __func__, __LINE__, #cond); \
            exit(1);                                                  \
        }                                                             \
    } while (0)

static char *map(size_t size, int prot)
{
    char *p = mmap(NULL, size, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    EXPECT(p != MAP_FAILED);
    return p;
}

static void part_fork(void)
{
    for (int i = 0; i < 100; i++) {
        pid_t pid = fork();
        EXPECT(pid >= 0);
        if (pid == 0)
            _exit(i);
        int status;
        EXPECT(waitpid(pid, &status, 0) == pid && WEXITSTATUS(status) == i);
    }
}

static void part_pipe(void)
{
    int to[2], from[2];
    unsigned v;
    EXPECT(pipe(to) == 0 && pipe(from) == 0);
    pid_t pid = fork();
    if (pid == 0) {
        close(to[1]);
        while (read(to[0], &v, sizeof(v)) == sizeof(v)) {
            v = v * 3 + 1;
            EXPECT(write(from[1], &v, sizeof(v)) == sizeof(v));
        }
        _exit(0);
    }
    for (unsigned i = 0; i < 1000; i++) {
        EXPECT(write(to[1], &i, sizeof(i)) == sizeof(i));
        EXPECT(read(from[0], &v, sizeof(v)) == sizeof(v) && v == i * 3 + 1);
    }
    close(to[1]);
    EXPECT(waitpid(pid, NULL, 0) == pid);
}

static volatile sig_atomic_t caught;
static void count_signal(int sig)
{
    caught += sig == SIGUSR1;
}

static void part_signal(void)
{
    stack_t alt = { .ss_sp = map(65536, PROT_READ | PROT_WRITE), .ss_size = 65536 };
    EXPECT(sigaltstack(&alt, NULL) == 0);
    struct sigaction sa = { .sa_handler = count_signal, .sa_flags = SA_ONSTACK };
    EXPECT(sigaction(SIGUSR1, &sa, NULL) == 0);
    for (int i = 0; i < 1000; i++)
        raise(SIGUSR1);
    EXPECT(caught == 1000);
}

static sigjmp_buf escape;
static void *fault_address;
static int fault_code;
static void on_fault(int sig, siginfo_t *info, void *context)
{
    (void)sig;
    (void)context;
    fault_address = info->si_addr;
    fault_code = info->si_code;
    siglongjmp(escape, 1);
}

static void catch_faults(void)
{
    struct sigaction sa = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO };
    EXPECT(sigaction(SIGSEGV, &sa, NULL) == 0 && sigaction(SIGBUS, &sa, NULL) == 0);
    EXPECT(sigaction(SIGILL, &sa, NULL) == 0);
}

static bool faults(volatile char *p, int write)
{
    if (sigsetjmp(escape, 1))
        return true;
    if (write)
        *p = 1;
    else
        (void)*p;
    return false;
}

/* The reported address is the one touched, and the code tells why. */
static void part_segv(void)
{
    catch_faults();
    char *p = map(3 * PAGE, PROT_READ | PROT_WRITE);
    munmap(p + PAGE, PAGE);
    EXPECT(!faults(p, 1) && !faults(p + 2 * PAGE, 1));
    EXPECT(faults(p + PAGE + 123, 0) && fault_address == p + PAGE + 123 && fault_code == SEGV_MAPERR);
    EXPECT(faults((char *)0xc0008000, 0) && fault_address == (void *)0xc0008000);
    if (!sigsetjmp(escape, 1)) {
        __asm__ volatile("udf #0xff");
        EXPECT(!"UDF did not trap");
    }
    EXPECT(fault_code == ILL_ILLOPC);
}

static void part_mmap(void)
{
    for (int round = 0; round < 8; round++) {
        size_t size = 4u << 20;
        unsigned char *p = (unsigned char *)map(size, PROT_READ | PROT_WRITE);
        for (size_t i = 0; i < size; i += PAGE)
            EXPECT(p[i] == 0);
        for (size_t i = 0; i < size; i += PAGE)
            p[i + i / PAGE % PAGE] = (unsigned char)(i / PAGE + 1);
        for (size_t i = 0; i < size; i += PAGE)
            EXPECT(p[i + i / PAGE % PAGE] == (unsigned char)(i / PAGE + 1));
        EXPECT(munmap(p, size) == 0);
    }
}

static void part_cow(void)
{
    size_t pages = 256;
    char *p = map(pages * PAGE, PROT_READ | PROT_WRITE);
    for (size_t i = 0; i < pages; i++)
        p[i * PAGE] = 'a';
    pid_t pid = fork();
    if (pid == 0) {
        for (size_t i = 0; i < pages; i++) {
            EXPECT(p[i * PAGE] == 'a');
            p[i * PAGE] = 'b';
        }
        _exit(0);
    }
    int status;
    EXPECT(waitpid(pid, &status, 0) == pid && status == 0);
    for (size_t i = 0; i < pages; i++)
        EXPECT(p[i * PAGE] == 'a');
}

static void part_file_map(void)
{
    int fd = open("/tmp/probe.map", O_RDWR | O_CREAT | O_TRUNC, 0600);
    EXPECT(fd >= 0 && ftruncate(fd, 2 * PAGE) == 0);
    char *p = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    EXPECT(p != MAP_FAILED);
    strcpy(p + PAGE - 3, "across");
    char buf[7] = "";
    EXPECT(pread(fd, buf, 6, PAGE - 3) == 6 && !strcmp(buf, "across"));
    EXPECT(pwrite(fd, "ACROSS", 6, PAGE - 3) == 6 && !memcmp(p + PAGE - 3, "ACROSS", 6));
    catch_faults();
    EXPECT(ftruncate(fd, PAGE) == 0 && faults(p + PAGE, 0));
    unlink("/tmp/probe.map");
}

/* Permissions tighten at once and loosen at once, also when the page is in use. */
static void part_protect(void)
{
    catch_faults();
    char *p = map(PAGE, PROT_READ | PROT_WRITE);
    for (int i = 0; i < 100; i++) {
        EXPECT(!faults(p, 1));
        EXPECT(mprotect(p, PAGE, PROT_READ) == 0);
        EXPECT(!faults(p, 0) && faults(p, 1) && fault_address == p && fault_code == SEGV_ACCERR);
        EXPECT(mprotect(p, PAGE, PROT_NONE) == 0 && faults(p, 0));
        EXPECT(mprotect(p, PAGE, PROT_READ | PROT_WRITE) == 0);
    }
}

static void part_brk(void)
{
    char *old = sbrk(0);
    EXPECT(sbrk(1 << 20) == old);
    memset(old, 0x5a, 1 << 20);
    EXPECT(old[(1 << 20) - 1] == 0x5a && sbrk(-(1 << 20)) != (void *)-1 && sbrk(0) == old);
}

static unsigned __attribute__((noinline)) deep(unsigned n)
{
    volatile char frame[1000];
    frame[0] = (char)n;
    return n ? deep(n - 1) + (unsigned char)frame[0] : 0;
}

static void part_stack(void)
{
    EXPECT(deep(4000) > 0);
}

/* VFP registers survive switches between two processes that both use them. */
static void part_float(void)
{
    pid_t pid = fork();
    double x = pid ? 1.0 : 2.0, sum = 0;
    for (int i = 1; i < 200000; i++) {
        sum += x / i;
        if (i % 20000 == 0)
            usleep(1000);
    }
    double want = pid ? 12.783281 : 25.566562;
    EXPECT(sum > want - 0.001 && sum < want + 0.001);
    if (pid == 0)
        _exit(0);
    int status;
    EXPECT(waitpid(pid, &status, 0) == pid && status == 0);
}

static void part_unaligned(void)
{
    char *p = map(2 * PAGE, PROT_READ | PROT_WRITE);
    uint32_t v = 0x12345678, back;
    __asm__ volatile("str %1, [%2]\n ldr %0, [%2]" : "=&r"(back) : "r"(v), "r"(p + PAGE - 2) : "memory");
    EXPECT(back == v && p[PAGE - 2] == 0x78 && p[PAGE + 1] == 0x12);
}

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static unsigned counter;
static void *count_up(void *arg)
{
    for (int i = 0; i < 10000; i++) {
        pthread_mutex_lock(&mutex);
        counter++;
        pthread_mutex_unlock(&mutex);
    }
    return arg;
}

static void part_threads(void)
{
    pthread_t t[4];
    for (int i = 0; i < 4; i++)
        EXPECT(pthread_create(&t[i], NULL, count_up, NULL) == 0);
    for (int i = 0; i < 4; i++)
        EXPECT(pthread_join(t[i], NULL) == 0);
    EXPECT(counter == 40000);
}

/* Code written, flushed, run; and written again in place. */
static void part_icache(void)
{
    uint32_t *code = (uint32_t *)map(PAGE, PROT_READ | PROT_WRITE | PROT_EXEC);
    for (uint32_t i = 0; i < 256; i++) {
        code[0] = 0xe3a00000 | i; /* mov r0, #i */
        code[1] = 0xe12fff1e;     /* bx lr */
        __builtin___clear_cache((char *)code, (char *)(code + 2));
        EXPECT(((uint32_t(*)(void))(uintptr_t)code)() == i);
    }
}

static const struct {
    const char *name;
    void (*run)(void);
} parts[] = {
    { "fork", part_fork },
    { "pipe", part_pipe },
    { "signal", part_signal },
    { "segv", part_segv },
    { "mmap", part_mmap },
    { "cow", part_cow },
    { "file-map", part_file_map },
    { "protect", part_protect },
    { "brk", part_brk },
    { "stack", part_stack },
    { "float", part_float },
    { "unaligned", part_unaligned },
    { "threads", part_threads },
    { "icache", part_icache },
};

int main(int argc, char **argv)
{
    for (unsigned i = 0; argc == 2 && i < sizeof(parts) / sizeof(parts[0]); i++) {
        if (!strcmp(parts[i].name, argv[1])) {
            parts[i].run();
            return 0;
        }
    }
    printf("usage: probe PART\n");
    return 2;
}
