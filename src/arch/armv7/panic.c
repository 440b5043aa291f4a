/* The end of umbra by its own bug. */
#include <stdarg.h>
#include "arch/armv7/sysreg.h"
#include "drv/host.h"
#include "lib/check.h"
#include "lib/log.h"

void panic(const char *fmt, ...)
{
    static volatile bool panicking;
    va_list ap;

    irq_mask();
    /* A fault while the message is made must not come back here for ever. */
    if (panicking)
        host_exit(EXIT_PANIC);
    panicking = true;
    log_raw("\numbra: PANIC: ");
    va_start(ap, fmt);
    log_vraw(fmt, ap);
    va_end(ap);
    log_raw("\numbra: called from %p\n", __builtin_return_address(0));
    host_exit(EXIT_PANIC);
}
