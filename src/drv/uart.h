#pragma once
/* The host's console UART, polled for output, interrupt driven for input. */

struct uart {
    const char *name;
    int irq;
    void (*putc)(int c);       /* waits, with a bound, for room */
    int (*getc)(void);         /* next byte received or -1 */
    void (*enable_rx_irq)(void);
};
