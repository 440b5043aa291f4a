#include "umbra.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char *to_remove[4];
static unsigned to_remove_count;

static void remove_all(void)
{
    while (to_remove_count)
        unlink(to_remove[--to_remove_count]);
}

void at_exit_remove(const char *path)
{
    if (to_remove_count == 0)
        atexit(remove_all);
    if (to_remove_count < sizeof(to_remove) / sizeof(to_remove[0]))
        to_remove[to_remove_count++] = xprintf("%s", path);
}

void die(int code, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    fflush(stdout);
    fputs("umbra: ", stderr);
    vfprintf(stderr, fmt, ap);
    fputc('\n', stderr);
    va_end(ap);
    exit(code);
}

void *xmalloc(size_t size)
{
    void *p = calloc(1, size ? size : 1);
    if (!p)
        die(EXIT_TOOL, "out of memory (%zu bytes)", size);
    return p;
}

char *xprintf(const char *fmt, ...)
{
    va_list ap;
    char *s;
    va_start(ap, fmt);
    if (vasprintf(&s, fmt, ap) < 0)
        die(EXIT_TOOL, "out of memory");
    va_end(ap);
    return s;
}

struct blob read_file(const char *path, const char *what)
{
    FILE *f = fopen(path, "rb");
    struct stat st;
    if (!f || fstat(fileno(f), &st) < 0)
        die(EXIT_FILE, "cannot open the %s '%s': %s", what, path, strerror(errno));
    if (!S_ISREG(st.st_mode))
        die(EXIT_FILE, "the %s '%s' is not a regular file", what, path);
    if (st.st_size == 0)
        die(EXIT_FILE, "the %s '%s' is empty", what, path);
    if (st.st_size > INT_MAX)
        die(EXIT_FILE, "the %s '%s' is too large (%lld bytes)", what, path, (long long)st.st_size);
    struct blob b = { xmalloc((size_t)st.st_size), (size_t)st.st_size };
    if (fread(b.data, 1, b.size, f) != b.size)
        die(EXIT_FILE, "cannot read the %s '%s': %s", what, path, strerror(errno));
    fclose(f);
    return b;
}

void write_file(const char *path, const void *data, size_t size)
{
    FILE *f = fopen(path, "wb");
    if (!f)
        die(EXIT_TOOL, "cannot create '%s': %s", path, strerror(errno));
    if (fwrite(data, 1, size, f) != size || fclose(f) != 0) {
        int error = errno;
        unlink(path);
        die(EXIT_TOOL, "cannot write '%s': %s", path, strerror(error));
    }
}

char *path_for_child(const char *path, const char *what)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666); /* stays open across exec */
    if (fd < 0)
        die(EXIT_TOOL, "cannot create the %s '%s': %s", what, path, strerror(errno));
    return xprintf("/dev/fd/%d", fd);
}

char *temporary_file(void)
{
    const char *tmp = getenv("TMPDIR");
    char *path = xprintf("%s/umbra-XXXXXX", tmp && *tmp ? tmp : "/tmp");
    int fd = mkstemp(path);
    if (fd < 0)
        die(EXIT_TOOL, "cannot create '%s': %s", path, strerror(errno));
    close(fd);
    at_exit_remove(path);
    return path;
}

bool file_exists(const char *path)
{
    return access(path, R_OK) == 0;
}

char *project_path(const char *relative)
{
    static char root[PATH_MAX];
    if (!root[0]) {
        ssize_t n = readlink("/proc/self/exe", root, sizeof(root) - 1);
        if (n <= 0)
            die(EXIT_TOOL, "cannot find my own path: %s", strerror(errno));
        root[n] = '\0';
        for (int i = 0; i < 2; i++) { /* ROOT/build/umbra */
            char *slash = strrchr(root, '/');
            if (slash)
                *slash = '\0';
        }
    }
    return xprintf("%s/%s", root, relative);
}

uint32_t get_le32(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

uint32_t get_be32(const uint8_t *p)
{
    return (uint32_t)p[3] | (uint32_t)p[2] << 8 | (uint32_t)p[1] << 16 | (uint32_t)p[0] << 24;
}
