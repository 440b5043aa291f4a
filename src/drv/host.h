#pragma once
/*
 * The host machine as found in its device tree.
 *
 * Errors: negative codes below, with a line on the console that names the node.
 */
#include <stddef.h>
#include <stdint.h>
#include "drv/irqchip.h"
#include "drv/timer.h"
#include "drv/uart.h"
#include "lib/addr.h"

struct host {
    const char *model;
    uint32_t ram_base, ram_size;       /* bytes, hpa; the first memory bank */
    uint32_t initrd_start, initrd_end; /* hpa of the bundle; 0,0 when there is none */
    const char *bootargs;              /* may be "" */
    const struct irqchip *irqchip;
    const struct host_timer *timer;
    const struct uart *uart;
};

extern struct host host;

/* Codes of host_exit() that this side uses. */
enum { EXIT_HOST = 12 /* the host machine or the bundle cannot be used */, EXIT_PANIC = 13 };

/* What host_probe() returns. */
enum {
    HOST_OK = 0,
    HOST_BAD_TREE = -1,   /* not a device tree, or damaged */
    HOST_NO_CONSOLE = -2, /* nobody will read a message */
    HOST_NO_MEMORY = -3,
    HOST_NO_IRQCHIP = -4,
    HOST_NO_TIMER = -5,
};

/* Finds console, interrupt controller and timer in the tree at 'fdt' (readable
 * by us, at most 'max' bytes) and starts them.  0, or negative with a message
 * already printed where a console was found. */
int host_probe(const void *fdt, size_t max);

/* Maps 'size' bytes (page granular) of device registers; never unmapped.
 * Provided by arch. */
volatile void *host_map_device(uint32_t pa, uint32_t size);

/* Ends the run, with the code documented in docs/exit-codes (0 = power-off).
 * Uses semihosting when bootargs hold "umbra.semihosting"; otherwise stops
 * the processor with interrupts masked after a last message. */
void host_exit(int code) __attribute__((noreturn));
