/* Files through semihosting: see host_file.h. */
#include "drv/host_file.h"
#include <string.h>
#include "arch/armv7/semihosting.h"
#include "drv/host.h"
#include "lib/bits.h"
#include "lib/log.h"

#define PATH_ROOM 256
#define MODE_WRITE_BINARY 5 /* "wb" */
#define REFUSED 0xffffffffu

/* The value of an argument, up to the next blank; false when it is absent or too long. */
static bool argument(const char *option, char path[PATH_ROOM])
{
    const char *s = host.bootargs ? strstr(host.bootargs, option) : NULL;
    size_t length;

    if (!s || !strstr(host.bootargs, "umbra.semihosting"))
        return false;
    s += strlen(option);
    length = strcspn(s, " ");
    if (length == 0 || length >= PATH_ROOM)
        return false;
    memcpy(path, s, length);
    path[length] = '\0';
    return true;
}

bool host_file_wanted(const char *option)
{
    char path[PATH_ROOM];

    return argument(option, path);
}

bool host_file_create(struct host_file *f, const char *option, const char *what, void *buf, uint32_t size)
{
    char path[PATH_ROOM];

    *f = (struct host_file){ .what = what, .buf = buf, .size = size };
    if (!argument(option, path))
        return false;
    f->handle = semihosting_call(SEMIHOSTING_OPEN, (uintptr_t[]){ (uintptr_t)path, MODE_WRITE_BINARY, strlen(path) });
    f->open = f->handle != REFUSED;
    if (!f->open)
        log_info("%s: cannot create '%s'", what, path);
    return f->open;
}

void host_file_flush(struct host_file *f)
{
    uint32_t left;

    if (!f->open || f->used == 0)
        return;
    left = semihosting_call(SEMIHOSTING_WRITE, (uintptr_t[]){ f->handle, (uintptr_t)f->buf, f->used });
    f->used = 0;
    if (left == 0)
        return;
    log_info("%s: the host did not take all of the data; the file ends early", f->what);
    semihosting_call(SEMIHOSTING_CLOSE, (uintptr_t[]){ f->handle });
    f->open = false;
}

void host_file_write(struct host_file *f, const void *data, uint32_t size)
{
    const uint8_t *from = data;

    while (f->open && size) {
        uint32_t n = f->size - f->used < size ? f->size - f->used : size;

        memcpy(f->buf + f->used, from, n);
        f->used += n;
        from += n;
        size -= n;
        if (f->used == f->size)
            host_file_flush(f);
    }
}

void host_file_close(struct host_file *f)
{
    host_file_flush(f);
    if (f->open)
        semihosting_call(SEMIHOSTING_CLOSE, (uintptr_t[]){ f->handle });
    f->open = false;
}
