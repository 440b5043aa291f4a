/* Page faults, mappings, bandwidth, and code that asks the kernel for nothing. */
#include "bench.h"
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE 4096
#define MiB (1024 * 1024)

enum { FAULT_PAGES = 64, FILE_SIZE = 4 * MiB, FAULT_AROUND = 64 * 1024, MMAP_STRIDE = 16 * 1024 };
static int fd = -1;

/* --- faults ----------------------------------------------------------------------- */

static void op_fault_anon(void)
{
    char *p = mmap(NULL, FAULT_PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    must(p != MAP_FAILED, "mmap");
    measure_begin();
    for (int i = 0; i < FAULT_PAGES; i++)
        p[i * PAGE] = 1;
    measure_end();
    munmap(p, FAULT_PAGES * PAGE);
}

static void prepare_file(int a, int b)
{
    static const char some[64 * 1024] = { 1 };
    (void)a, (void)b;
    fd = open("/tmp/bench.data", O_RDWR | O_CREAT | O_TRUNC, 0600);
    must(fd >= 0, "/tmp/bench.data");
    for (size_t at = 0; at < FILE_SIZE; at += sizeof(some))
        must(write(fd, some, sizeof(some)) == sizeof(some), "write");
}

static void finish_file(void)
{
    close(fd);
    unlink("/tmp/bench.data");
}

/* Linux maps the pages around one that faults, 64 KiB, as well: one touch in each. */
static void op_fault_file(void)
{
    volatile char *p = mmap(NULL, FILE_SIZE, PROT_READ, MAP_SHARED, fd, 0);
    must(p != MAP_FAILED, "mmap");
    measure_begin();
    for (size_t at = 0; at < FILE_SIZE; at += FAULT_AROUND)
        (void)p[at];
    measure_end();
    munmap((void *)p, FILE_SIZE);
}

/* As lmbench's lat_mmap: map, write to the first byte of each 16 KiB, unmap. */
static void op_mmap(void)
{
    char *p = mmap(NULL, FILE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    must(p != MAP_FAILED, "mmap");
    for (size_t at = 0; at < FILE_SIZE; at += MMAP_STRIDE)
        p[at] = 1;
    munmap(p, FILE_SIZE);
}

/* --- bandwidth ----------------------------------------------------------------------- */

static unsigned *from, *to;

static void prepare_buffers(int a, int b)
{
    (void)a, (void)b;
    from = malloc(MiB);
    to = malloc(MiB);
    must(from && to, "malloc");
    memset(from, 1, MiB);
    memset(to, 2, MiB);
}

static void finish_buffers(void)
{
    free(from);
    free(to);
}

static void op_mem_read(void)
{
    unsigned sum = 0;
    for (int i = 0; i < MiB / 4; i++)
        sum += ((volatile unsigned *)from)[i];
    must(sum != 0, "sum");
}

static void op_mem_write(void)
{
    for (int i = 0; i < MiB / 4; i++)
        ((volatile unsigned *)to)[i] = 3;
}

static void op_mem_copy(void)
{
    memcpy(to, from, MiB);
}

static pid_t writer;

static void prepare_pipe_stream(int a, int b)
{
    int ends[2];
    prepare_buffers(a, b);
    must(pipe(ends) == 0, "pipe");
    writer = fork();
    must(writer >= 0, "fork");
    if (writer == 0) {
        close(ends[0]);
        while (write(ends[1], from, 64 * 1024) > 0)
            continue;
        _exit(0);
    }
    close(ends[1]);
    fd = ends[0];
}

static void op_pipe_stream(void)
{
    for (size_t got = 0; got < MiB;) {
        ssize_t n = read(fd, to, 64 * 1024);
        must(n > 0, "read");
        got += (size_t)n;
    }
}

static void finish_pipe_stream(void)
{
    close(fd);
    waitpid(writer, NULL, 0);
    finish_buffers();
}

/* --- user mode ------------------------------------------------------------------------- */

static void op_user(void)
{
    for (volatile int i = 0; i < 10000; i++)
        continue;
}

/* Our own mix of calls, records, strings and integer arithmetic, in the spirit of Dhrystone;
 * its figures compare with nothing but themselves. */
struct record { struct record *next; int kind, number; char text[32]; };

static int __attribute__((noinline)) mix_step(struct record *r, int n)
{
    strcpy(r->text, n & 1 ? "an odd string of some length" : "an even string of a length");
    r->number = n / 3 * 7 % 11;
    r->kind = strcmp(r->text, r->next->text) > 0;
    return r->number + r->kind;
}

static void op_mix(void)
{
    static struct record two[2] = { { &two[1], 0, 0, "a" }, { &two[0], 1, 0, "b" } };
    volatile int sum = 0;
    for (int n = 0; n < 1000; n++)
        sum += mix_step(&two[n & 1], n);
}

const struct operation memory_operations[] = {
    { "fault-anon", NULL, op_fault_anon, NULL, 20, FAULT_PAGES, true },
    { "fault-file", prepare_file, op_fault_file, finish_file, 10, FILE_SIZE / FAULT_AROUND, true },
    { "mmap", prepare_file, op_mmap, finish_file, 10, 1, false },
    { "mem-read", prepare_buffers, op_mem_read, finish_buffers, 160, 1, false },
    { "mem-write", prepare_buffers, op_mem_write, finish_buffers, 200, 1, false },
    { "mem-copy", prepare_buffers, op_mem_copy, finish_buffers, 600, 1, false },
    { "pipe-stream", prepare_pipe_stream, op_pipe_stream, finish_pipe_stream, 4, 1, false },
    { "user", NULL, op_user, NULL, 2800, 1, false },
    { "mix", NULL, op_mix, NULL, 720, 1, false },
    { NULL, NULL, NULL, NULL, 0, 0, false },
};
