#pragma once

/* Ends the emulation with this exit code (0..255).  Returns only when the
 * emulator refused; without one, semihosting is an SVC and must not be called. */
void semihosting_exit(int code);
