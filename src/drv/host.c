/*
 * Finds the host's console, interrupt controller and timer by their compatible
 * strings.  A new board needs a tree; a new device needs a row here.
 */
#include "drv/host.h"
#include <libfdt.h>
#include <string.h>
#include "arch/armv7/sysreg.h"
#include "arch/armv7/semihosting.h"
#include "drv/driver.h"
#include "drv/fdt_util.h"
#include "lib/bits.h"
#include "lib/log.h"

struct host host;

static const struct uart_driver uart_drivers[] = {
    { "arm,pl011", pl011_probe },
    { "snps,dw-apb-uart", ns16550_probe },
    { "ns16550a", ns16550_probe },
};

static const struct irqchip_driver irqchip_drivers[] = {
    { "arm,pl390", gic_probe },
    { "arm,cortex-a9-gic", gic_probe },
    { "arm,cortex-a15-gic", gic_probe },
    { "allwinner,sun4i-a10-ic", sun4i_ic_probe },
};

static const struct timer_driver timer_drivers[] = {
    { "arm,sp804", sp804_probe },
    { "allwinner,sun4i-a10-timer", sun4i_timer_probe },
};

static bool node_enabled(const void *fdt, int node)
{
    const char *status = fdt_getprop(fdt, node, "status", NULL);

    return !status || !strcmp(status, "okay") || !strcmp(status, "ok");
}

/* First enabled node with this compatible string, or negative. */
static int find_compatible(const void *fdt, const char *compatible)
{
    int node = -1;

    do
        node = fdt_node_offset_by_compatible(fdt, node, compatible);
    while (node >= 0 && !node_enabled(fdt, node));
    return node;
}

static int node_irq(const void *fdt, int node)
{
    int len;
    const fdt32_t *p = fdt_getprop(fdt, node, "interrupts", &len);
    uint32_t cells[3];
    unsigned count = 0;

    if (!p || !host.irqchip)
        return -1;
    for (; count < 3 && (int)count < len / 4; count++)
        cells[count] = fdt32_to_cpu(p[count]);
    return host.irqchip->xlate(cells, count);
}

/* 0, or -1 when the node has no registers that can be mapped. */
static int device_from_node(const void *fdt, int node, struct device *dev)
{
    uint32_t base, size;

    *dev = (struct device){ .clock_hz = fdt_get_clock(fdt, node), .irq = node_irq(fdt, node) };
    for (unsigned i = 0; i < ARRAY_SIZE(dev->regs); i++)
        if (!fdt_get_reg(fdt, node, i, &base, &size) && size && size <= 64 * KiB)
            dev->regs[i] = host_map_device(base, size);
    return dev->regs[0] ? 0 : -1;
}

static const char *node_name(const void *fdt, int node)
{
    const char *name = node >= 0 ? fdt_get_name(fdt, node, NULL) : NULL;

    return name ? name : "?";
}

static bool has_semihosting(void)
{
    return host.bootargs && strstr(host.bootargs, "umbra.semihosting");
}

static int probe_console(const void *fdt)
{
    int node = fdt_get_stdout(fdt);
    struct device dev;
    struct uart *uart = NULL;

    /* until there is a device, and to say that there is none */
    log_set_sink(has_semihosting() ? semihosting_putc : NULL);
    for (unsigned i = 0; node >= 0 && i < ARRAY_SIZE(uart_drivers) && !uart; i++)
        if (!fdt_node_check_compatible(fdt, node, uart_drivers[i].compatible) &&
            !device_from_node(fdt, node, &dev))
            uart = uart_drivers[i].probe(&dev);
    if (!uart) {
        log_info("host: /chosen/stdout-path names no UART that umbra knows (node: %s)", node_name(fdt, node));
        return HOST_NO_CONSOLE;
    }
    host.uart = uart;
    log_set_sink(uart->putc);
    return HOST_OK;
}

static int probe_irqchip(const void *fdt)
{
    struct device dev;
    int node = -1;

    for (unsigned i = 0; i < ARRAY_SIZE(irqchip_drivers) && !host.irqchip; i++) {
        node = find_compatible(fdt, irqchip_drivers[i].compatible);
        if (node >= 0 && !device_from_node(fdt, node, &dev))
            host.irqchip = irqchip_drivers[i].probe(&dev);
    }
    if (host.irqchip)
        return HOST_OK;
    log_info("host: no interrupt controller that umbra knows in the device tree");
    return HOST_NO_IRQCHIP;
}

static int probe_timer(const void *fdt)
{
    struct device dev;
    int node = -1;

    for (unsigned i = 0; i < ARRAY_SIZE(timer_drivers) && !host.timer; i++) {
        node = find_compatible(fdt, timer_drivers[i].compatible);
        if (node < 0 || device_from_node(fdt, node, &dev))
            continue;
        if (dev.irq < 0 || !dev.clock_hz) {
            log_info("host: %s: no usable interrupt or clock", node_name(fdt, node));
            continue;
        }
        host.timer = timer_drivers[i].probe(&dev);
    }
    if (host.timer)
        return HOST_OK;
    log_info("host: no timer that umbra knows in the device tree");
    return HOST_NO_TIMER;
}

/* The console exists before the interrupt controller, which names its interrupt. */
static void resolve_console_irq(const void *fdt)
{
    ((struct uart *)host.uart)->irq = node_irq(fdt, fdt_get_stdout(fdt));
    if (host.uart->irq < 0)
        log_info("host: %s: no usable interrupt, the console will not take input",
                 node_name(fdt, fdt_get_stdout(fdt)));
}

int host_probe(const void *fdt, size_t max)
{
    int err;

    memset(&host, 0, sizeof(host));
    host.bootargs = "";
    host.model = "unknown";
    if (fdt_check_full(fdt, max))
        return HOST_BAD_TREE;
    int chosen = fdt_path_offset(fdt, "/chosen");
    const char *bootargs = chosen >= 0 ? fdt_getprop(fdt, chosen, "bootargs", NULL) : NULL;
    const char *model = fdt_getprop(fdt, 0, "model", NULL);
    if (bootargs)
        host.bootargs = bootargs;
    if (model)
        host.model = model;
    if ((err = probe_console(fdt)))
        return err;
    if (fdt_get_memory(fdt, &host.ram_base, &host.ram_size)) {
        log_info("host: no memory node with RAM below 4 GiB in the device tree");
        return HOST_NO_MEMORY;
    }
    if (fdt_get_initrd(fdt, &host.initrd_start, &host.initrd_end))
        host.initrd_start = host.initrd_end = 0;
    if ((err = probe_irqchip(fdt)) || (err = probe_timer(fdt)))
        return err;
    resolve_console_irq(fdt);
    return HOST_OK;
}

void host_exit(int code)
{
    irq_mask();
    if (has_semihosting())
        semihosting_exit(code);
    log_info("stopped, code %d", code);
    for (;;)
        wfi();
}
