#pragma once
/* Without an emulator or debugger that listens, these are SVCs: do not call. */

/* Ends the emulation with this exit code (0..255).  Returns only when refused. */
void semihosting_exit(int code);
/* One byte on the emulator's own console: slow, but needs no device. */
void semihosting_putc(int c);
