#pragma once
/*
 * A file on the machine that runs the emulator or debugger, written through
 * semihosting in large pieces.  Only where the boot arguments say that somebody
 * listens (umbra.semihosting).
 */
#include <stdbool.h>
#include <stdint.h>

struct host_file {
    const char *what;    /* for messages */
    uint8_t *buf;
    uint32_t size, used;
    uint32_t handle;
    bool open;
};

/* Creates the file that the boot argument 'option' ("umbra.trace=") names.  False when there is no such
 * argument, or, with a message, when the file cannot be created. */
bool host_file_create(struct host_file *f, const char *option, const char *what, void *buf, uint32_t size);
/* Is there such an argument? */
bool host_file_wanted(const char *option);
/* Nothing when the file is not open.  A write that fails closes it, with a message. */
void host_file_write(struct host_file *f, const void *data, uint32_t size);
void host_file_flush(struct host_file *f);
void host_file_close(struct host_file *f);
