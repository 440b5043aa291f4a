/*
 * mkinitramfs: writes a gzip-compressed cpio archive ("newc") from a list on
 * standard input.  Needs no root: device nodes are only entries in the archive.
 * The same list and files give the same bytes: owner 0, time 0, inodes counted.
 *
 *   dir PATH MODE | nod PATH MODE c|b MAJOR MINOR | slink PATH TARGET | file PATH SOURCE MODE
 */
#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

static const char *out_path;
static gzFile out;
static unsigned long written;
static unsigned next_inode = 1;

static void __attribute__((noreturn, format(printf, 1, 2))) fail(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    fprintf(stderr, "mkinitramfs: ");
    vfprintf(stderr, fmt, ap);
    fprintf(stderr, "\n");
    va_end(ap);
    if (out_path)
        remove(out_path);
    exit(1);
}

static void put(const void *data, size_t size)
{
    if (size && gzwrite(out, data, (unsigned)size) != (int)size)
        fail("cannot write %s", out_path);
    written += size;
}

static void pad4(void)
{
    put("\0\0\0", -written & 3);
}

struct entry {
    const char *path; /* without the leading slash */
    unsigned mode;    /* type and permissions */
    unsigned rdev_major, rdev_minor;
    const void *data;
    size_t size;
};

static void put_entry(const struct entry *e)
{
    char header[111];
    snprintf(header, sizeof(header), "070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X",
             next_inode++, e->mode, 0u, 0u, S_ISDIR(e->mode) ? 2u : 1u, 0u, (unsigned)e->size, 0u, 0u,
             e->rdev_major, e->rdev_minor, (unsigned)strlen(e->path) + 1, 0u);
    put(header, 110);
    put(e->path, strlen(e->path) + 1);
    pad4();
    put(e->data, e->size);
    pad4();
}

static void put_file(const char *path, const char *source, unsigned mode)
{
    FILE *f = fopen(source, "rb");
    if (!f)
        fail("cannot open %s: %s", source, strerror(errno));
    struct stat st;
    if (fstat(fileno(f), &st) < 0 || !S_ISREG(st.st_mode))
        fail("%s is not a regular file", source);
    char *data = malloc((size_t)st.st_size + 1);
    if (!data || fread(data, 1, (size_t)st.st_size, f) != (size_t)st.st_size)
        fail("cannot read %s", source);
    fclose(f);
    put_entry(&(struct entry){ .path = path, .mode = S_IFREG | mode, .data = data, .size = (size_t)st.st_size });
    free(data);
}

static void put_line(const char *line)
{
    char path[256], arg[256], type;
    unsigned mode, major, minor;

    if (sscanf(line, "dir /%255s %o", path, &mode) == 2)
        put_entry(&(struct entry){ .path = path, .mode = S_IFDIR | mode });
    else if (sscanf(line, "nod /%255s %o %c %u %u", path, &mode, &type, &major, &minor) == 5)
        put_entry(&(struct entry){ .path = path, .mode = (type == 'b' ? S_IFBLK : S_IFCHR) | mode,
                                   .rdev_major = major, .rdev_minor = minor });
    else if (sscanf(line, "slink /%255s %255s", path, arg) == 2)
        put_entry(&(struct entry){ .path = path, .mode = S_IFLNK | 0777, .data = arg, .size = strlen(arg) });
    else if (sscanf(line, "file /%255s %255s %o", path, arg, &mode) == 3)
        put_file(path, arg, mode);
    else
        fail("not understood: %s", line);
}

int main(int argc, char **argv)
{
    if (argc != 2)
        fail("usage: mkinitramfs OUTPUT <LIST");
    out_path = argv[1];
    out = gzopen(out_path, "wb9");
    if (!out)
        fail("cannot create %s: %s", out_path, strerror(errno));

    char line[1024];
    while (fgets(line, sizeof(line), stdin))
        if (line[0] != '#' && line[0] != '\n')
            put_line(line);
    next_inode = 0;
    put_entry(&(struct entry){ .path = "TRAILER!!!" });
    if (gzclose(out) != Z_OK)
        fail("cannot write %s", out_path);
    return 0;
}
