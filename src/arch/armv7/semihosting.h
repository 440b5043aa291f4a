#pragma once
#include <stdint.h>

/* Without an emulator or debugger that listens, these are SVCs: do not call. */

/* Ends the emulation with this exit code (0..255).  Returns only when refused. */
void semihosting_exit(int code);
/* One byte on the emulator's own console: slow, but needs no device. */
void semihosting_putc(int c);

enum { SEMIHOSTING_OPEN = 1, SEMIHOSTING_CLOSE = 2, SEMIHOSTING_WRITE = 5 };
/* Any other operation: the arguments are a block of words in memory; its result. */
uint32_t semihosting_call(uint32_t operation, const uintptr_t *arguments);
