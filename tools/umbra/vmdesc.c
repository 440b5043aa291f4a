#include "vmdesc.h"
#include <errno.h>
#include <libfdt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define DTC_OUTPUT_MAX (1u * MiB)
#define SPARE 8192 /* room for the properties that the tool adds */

struct vmdesc {
    const char *path;
    void *fdt;
};

/* dtc's output, read from a pipe. */
static struct blob compile(const char *path)
{
    int fds[2];
    if (!file_exists(path))
        die(EXIT_FILE, "cannot open the VM description '%s': %s", path, strerror(errno));
    if (pipe(fds) < 0)
        die(EXIT_TOOL, "pipe: %s", strerror(errno));
    pid_t pid = fork();
    if (pid < 0)
        die(EXIT_TOOL, "fork: %s", strerror(errno));
    if (pid == 0) {
        dup2(fds[1], 1);
        close(fds[0]);
        close(fds[1]);
        execlp("dtc", "dtc", "-q", "-I", "dts", "-O", "dtb", path, (char *)NULL);
        _exit(127);
    }
    close(fds[1]);
    struct blob out = { xmalloc(DTC_OUTPUT_MAX), 0 };
    ssize_t n;
    while (out.size < DTC_OUTPUT_MAX && (n = read(fds[0], out.data + out.size, DTC_OUTPUT_MAX - out.size)) > 0)
        out.size += (size_t)n;
    close(fds[0]);
    int status;
    waitpid(pid, &status, 0);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
        die(EXIT_TOOL, "dtc is not installed (package device-tree-compiler)");
    if (status != 0)
        die(EXIT_FILE, "dtc does not accept the VM description '%s'", path);
    return out;
}

void check_tree(const char *path, const struct blob *tree)
{
    if (tree->size < sizeof(struct fdt_header) || fdt_magic(tree->data) != FDT_MAGIC)
        die(EXIT_FILE, "'%s' is not a device tree blob", path);
    if (fdt_totalsize(tree->data) > tree->size)
        die(EXIT_FILE, "'%s' is truncated: %zu bytes of %u", path, tree->size, fdt_totalsize(tree->data));
    int error = fdt_check_full(tree->data, tree->size);
    if (error)
        die(EXIT_FILE, "'%s' is a damaged device tree blob: %s", path, fdt_strerror(error));
}

struct vmdesc *vmdesc_load(const char *path)
{
    struct blob tree;
    size_t length = strlen(path);
    if (length > 4 && !strcmp(path + length - 4, ".dtb"))
        tree = read_file(path, "VM description");
    else
        tree = compile(path);
    check_tree(path, &tree);

    struct vmdesc *d = xmalloc(sizeof(*d));
    size_t room = tree.size + SPARE;
    d->path = path;
    d->fdt = xmalloc(room);
    if (fdt_open_into(tree.data, d->fdt, (int)room))
        die(EXIT_FILE, "'%s' is a damaged device tree blob", path);
    if (fdt_node_check_compatible(d->fdt, 0, "umbra,vm"))
        die(EXIT_FILE, "'%s' is not a VM description: compatible is not \"umbra,vm\"", path);
    return d;
}

uint32_t vmdesc_get_u32(const struct vmdesc *d, const char *property)
{
    int size;
    const fdt32_t *value = fdt_getprop(d->fdt, 0, property, &size);
    if (!value || size != 4)
        die(EXIT_FILE, "'%s': property '%s' must be one cell", d->path, property);
    return fdt32_to_cpu(*value);
}

static void check_set(const struct vmdesc *d, const char *property, int error)
{
    if (error)
        die(EXIT_USAGE, "'%s': cannot set '%s': %s (is it too long?)", d->path, property, fdt_strerror(error));
}

void vmdesc_set_u32(struct vmdesc *d, const char *property, uint32_t value)
{
    check_set(d, property, fdt_setprop_u32(d->fdt, 0, property, value));
}

void vmdesc_set_string(struct vmdesc *d, const char *property, const char *value)
{
    check_set(d, property, fdt_setprop_string(d->fdt, 0, property, value));
}

void vmdesc_set_list(struct vmdesc *d, const char *property, const char *list)
{
    size_t size = strlen(list) + 1;
    char *strings = strcpy(xmalloc(size), list);
    for (char *comma = strings; (comma = strchr(comma, ','));)
        *comma++ = '\0';
    check_set(d, property, fdt_setprop(d->fdt, 0, property, strings, (int)size));
    free(strings);
}

void vmdesc_set_bootargs(struct vmdesc *d, const char *args)
{
    if (args[0] != '+') {
        vmdesc_set_string(d, "bootargs", args);
        return;
    }
    int size;
    const char *old = fdt_getprop(d->fdt, 0, "bootargs", &size);
    if (!old || size < 1 || old[size - 1] != '\0')
        old = "";
    vmdesc_set_string(d, "bootargs", xprintf("%s%s%s", old, *old ? " " : "", args + 1));
}

struct blob vmdesc_pack(struct vmdesc *d)
{
    check_set(d, "/", fdt_pack(d->fdt));
    return (struct blob){ d->fdt, fdt_totalsize(d->fdt) };
}
