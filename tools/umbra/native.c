/*
 * An unpacked kernel for the bare board.  QEMU loads a raw Image at a fixed
 * offset that is not this kernel's; a uImage carries its address with it.
 */
#include "kernel.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

enum { IH_OS_LINUX = 5, IH_ARCH_ARM = 2, IH_TYPE_KERNEL = 2, IH_COMP_NONE = 0, IH_SIZE = 64 };

static void put_be32(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)(v >> 24);
    p[1] = (uint8_t)(v >> 16);
    p[2] = (uint8_t)(v >> 8);
    p[3] = (uint8_t)v;
}

char *native_image(const char *zimage, uint32_t ram_base)
{
    struct kernel kernel = kernel_prepare(zimage, ram_base, true);
    size_t size = IH_SIZE + kernel.image.size;
    uint8_t *file = xmalloc(size);
    put_be32(file, 0x27051956);
    put_be32(file + 12, (uint32_t)kernel.image.size);
    put_be32(file + 16, kernel.load);
    put_be32(file + 20, kernel.entry);
    put_be32(file + 24, (uint32_t)crc32_z(0, kernel.image.data, kernel.image.size));
    file[28] = IH_OS_LINUX;
    file[29] = IH_ARCH_ARM;
    file[30] = IH_TYPE_KERNEL;
    file[31] = IH_COMP_NONE;
    put_be32(file + 4, (uint32_t)crc32(0, file, IH_SIZE));
    memcpy(file + IH_SIZE, kernel.image.data, kernel.image.size);

    const char *tmp = getenv("TMPDIR");
    char *path = xprintf("%s/umbra-XXXXXX", tmp && *tmp ? tmp : "/tmp");
    int fd = mkstemp(path);
    if (fd < 0)
        die(EXIT_TOOL, "cannot create '%s': %s", path, strerror(errno));
    close(fd);
    at_exit_remove(path);
    write_file(path, file, size);
    free(file);
    free(kernel.image.data);
    return path;
}
