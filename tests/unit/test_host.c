/* Host probing against hand-made trees: what is found, and what is said when something is not. */
#include "drv/host.h"

#include <libfdt.h>
#include <stdlib.h>
#include <string.h>

#include "arch/armv7/semihosting.h"
#include "arch/armv7/sysreg.h"
#include "drv/fdt_util.h"
#include "lib/bits.h"
#include "lib/log.h"
#include "support.h"
#include "test.h"

struct fake_sysregs fake_sysregs;

static uint32_t device_memory[8][1024]; /* what host_map_device() hands out */
static uint32_t device_pa[8];
static unsigned device_count;
static void (*sink)(int c);

void log_set_sink(void (*put)(int c)) { sink = put; }
void semihosting_putc(int c) { (void)c; }
void semihosting_exit(int code) { exit(code); }

volatile void *host_map_device(uint32_t pa, uint32_t size)
{
    (void)size;
    device_pa[device_count] = pa;
    return device_memory[device_count++];
}

/* A tree like vexpress-a9's, with parts that a test leaves out or breaks. */
struct spec {
    const char *uart, *gic, *timer, *stdout_path;
    uint64_t memory_base, memory_size;
    uint32_t initrd_start, initrd_end, timer_irq;
};

static const struct spec good = {
    "arm,pl011", "arm,cortex-a9-gic", "arm,sp804", "/serial@10009000:115200n8",
    0x60000000, 0x20000000, 0x64000000, 0x64001000, 2,
};

static uint8_t tree[8192];

static void node_with_reg(const char *name, const char *compatible, const uint64_t *reg, unsigned pairs)
{
    fdt64_t cells[4];

    fdt_begin_node(tree, name);
    if (compatible)
        fdt_property_string(tree, "compatible", compatible);
    for (unsigned i = 0; i < 2 * pairs; i++)
        cells[i] = cpu_to_fdt64(reg[i]);
    fdt_property(tree, "reg", cells, (int)(pairs * 16));
}

static void irq_property(uint32_t spi)
{
    const fdt32_t cells[3] = { 0, cpu_to_fdt32(spi), cpu_to_fdt32(4) };

    fdt_property(tree, "interrupts", cells, sizeof(cells));
}

static void make_tree(const struct spec *s)
{
    fdt_create(tree, sizeof(tree));
    fdt_finish_reservemap(tree);
    fdt_begin_node(tree, "");
    fdt_property_u32(tree, "#address-cells", 2);
    fdt_property_u32(tree, "#size-cells", 2);
    fdt_property_string(tree, "model", "test board");
    fdt_begin_node(tree, "chosen");
    fdt_property_string(tree, "bootargs", "a=b");
    if (s->stdout_path)
        fdt_property_string(tree, "stdout-path", s->stdout_path);
    if (s->initrd_end) {
        fdt_property_u32(tree, "linux,initrd-start", s->initrd_start);
        fdt_property_u64(tree, "linux,initrd-end", s->initrd_end);
    }
    fdt_end_node(tree);
    node_with_reg("memory", NULL, (uint64_t[]){ s->memory_base, s->memory_size }, 1);
    fdt_property_string(tree, "device_type", "memory");
    fdt_end_node(tree);
    node_with_reg("serial@10009000", s->uart, (uint64_t[]){ 0x10009000, 0x1000 }, 1);
    irq_property(5);
    fdt_end_node(tree);
    node_with_reg("gic@1e001000", s->gic, (uint64_t[]){ 0x1e001000, 0x1000, 0x1e000100, 0x100 }, 2);
    fdt_end_node(tree);
    node_with_reg("timer@10011000", s->timer, (uint64_t[]){ 0x10011000, 0x1000 }, 1);
    fdt_property_u32(tree, "clock-frequency", 1000000);
    irq_property(s->timer_irq);
    fdt_end_node(tree);
    fdt_end_node(tree);
    fdt_finish(tree);
}

static int probe(const struct spec *s)
{
    make_tree(s);
    memset(device_memory, 0, sizeof(device_memory));
    for (unsigned i = 0; i < ARRAY_SIZE(device_memory); i++)
        device_memory[i][1] = 2; /* GICD_TYPER: 96 interrupts; harmless elsewhere */
    device_count = 0;
    log_last[0] = 0;
    return host_probe(tree, sizeof(tree));
}

static void test_good(void)
{
    report(probe(&good) == HOST_OK, "complete tree");
    report(!strcmp(host.model, "test board") && !strcmp(host.bootargs, "a=b"), "model and bootargs");
    report(host.ram_base == 0x60000000 && host.ram_size == 0x20000000, "memory");
    report(host.initrd_start == 0x64000000 && host.initrd_end == 0x64001000, "initrd, one and two cells");
    report(host.uart->irq == 37 && host.timer->irq == 34, "SPI n is interrupt 32 + n");
    report(host.timer->hz == 1000000 && sink == host.uart->putc, "clock rate, console");
    report(device_pa[0] == 0x10009000, "the console is mapped first");
}

static void test_refused(void)
{
    struct spec s;

#define WITH(field, value) (s = good, s.field = (value), &s)
    report(probe(WITH(uart, "x")) == HOST_NO_CONSOLE && strstr(log_last, "serial@10009000"), "unknown UART");
    report(probe(WITH(stdout_path, NULL)) == HOST_NO_CONSOLE, "no stdout-path");
    report(probe(WITH(stdout_path, "/nowhere")) == HOST_NO_CONSOLE, "stdout-path to nowhere");
    report(probe(WITH(gic, "x")) == HOST_NO_IRQCHIP && strstr(log_last, "interrupt controller"),
           "no irqchip");
    report(probe(WITH(timer, "x")) == HOST_NO_TIMER && strstr(log_last, "timer"), "no timer");
    report(probe(WITH(timer_irq, 64)) == HOST_NO_TIMER, "interrupt that the GIC does not have");
    report(probe(WITH(memory_base, 0x100000000)) == HOST_NO_MEMORY && strstr(log_last, "memory"),
           "RAM above 4 GiB");
    report(probe(WITH(memory_size, 0)) == HOST_NO_MEMORY, "empty memory node");
    report(probe(WITH(memory_size, 0x200000000)) == HOST_OK && host.ram_size == 0x9ff00000,
           "RAM is cut at 4 GiB");
    report(probe(WITH(memory_base, 0x60000800)) == HOST_OK && host.ram_base == 0x60100000 &&
           host.ram_size == 0x1ff00000, "RAM in whole MiB");
    report(probe(WITH(initrd_end, 0x64000000)) == HOST_OK && !host.initrd_end,
           "empty initrd");
#undef WITH
}

/* No truncation and no single corrupted byte may do worse than a code. */
static void test_damaged(void)
{
    unsigned bad = 0, size;

    make_tree(&good);
    size = fdt_totalsize(tree);
    for (unsigned n = 0; n < size; n += 7)
        bad += host_probe(tree, n) == HOST_BAD_TREE;
    report(bad == (size + 6) / 7, "truncated trees");
    bad = 0;
    for (unsigned n = 0; n < size; n++) {
        make_tree(&good);
        tree[n] ^= 0xff;
        device_count = 0;
        memset(device_memory, 0, sizeof(device_memory));
        bad += host_probe(tree, sizeof(tree)) > 0;
    }
    report(bad == 0, "trees with one byte changed");
}

int main(void)
{
    test_good();
    test_refused();
    test_damaged();
    return test_summary();
}
