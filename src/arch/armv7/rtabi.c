/*
 * What the compiler's run-time library and Debian's libfdt (built with stack
 * protection) expect of their surroundings; the C library's own versions would
 * bring in signals, stdout and errno.
 */
#include "lib/check.h"

/* Not random: umbra's own code is built without the protection, and what libfdt
 * parses cannot observe the value. */
const unsigned long __stack_chk_guard = 0x00ff0a0d;
void __stack_chk_fail(void) __attribute__((noreturn));
int __aeabi_idiv0(int result);
long long __aeabi_ldiv0(long long result);

void __stack_chk_fail(void)
{
    panic("stack overwritten in libfdt, called from %p", __builtin_return_address(0));
}

/* Division by zero (Run-time ABI for the Arm Architecture, 5.3.2). */
int __aeabi_idiv0(int result)
{
    (void)result;
    panic("division by zero, called from %p", __builtin_return_address(0));
}

long long __aeabi_ldiv0(long long result)
{
    (void)result;
    panic("64-bit division by zero, called from %p", __builtin_return_address(0));
}
