/*
 * The console: the guest's UART and the user's terminal, with an escape for
 * umbra itself (Ctrl-] and a key).
 */
#include <stddef.h>

#include "core/pool.h"
#include "drv/host.h"
#include "lib/log.h"
#include "vmm/vmm.h"
#include "vmm/world.h"

#define ESCAPE 0x1d /* Ctrl-] */
#define QUEUE 256u

/* Input that the guest's FIFO had no room for. */
static struct { uint8_t bytes[QUEUE]; unsigned head, count; } waiting;
static bool escaped, masked;

void console_tx(void *ctx, uint8_t c)
{
    (void)ctx;
    host.uart->putc(c);
}

/* Until the guest's FIFO refuses: then it calls console_rx_ready when there is room. */
static void feed_guest(void)
{
    while (waiting.count && vpl011_rx(&vmm.machine.uart, waiting.bytes[waiting.head])) {
        waiting.head = (waiting.head + 1) % QUEUE;
        waiting.count--;
    }
}

void console_rx_ready(void *ctx)
{
    (void)ctx;
    feed_guest();
    console_input();
}

static void enqueue(uint8_t c)
{
    waiting.bytes[(waiting.head + waiting.count++) % QUEUE] = c;
}

static void print_one(const char *text, uint64_t value)
{
    if (value)
        log_raw("  %-48s %12llu\n", text, (unsigned long long)value);
}

void stats_gauges(struct vm_gauges *now)
{
    struct shadow_usage use = shadow_usage(&vmm.shadow);

    *now = (struct vm_gauges){
        .mem_spaces = use.spaces,
        .mem_l2_tables = use.l2_tables,
        .mem_xlate_pages = vmm.xlate.stats.pages,
        .mem_xlate_sites = vmm.xlate.stats.sites,
        .mem_arena_pages = vmm.xlate.stats.arena_pages,
        .mem_pool_used = pool_pages_total() - pool_pages_free(),
        .mem_pool_total = pool_pages_total(),
    };
}

void stats_print(void)
{
    const struct vm_stats *stats = &vmm.vm.stats;
    struct vm_gauges now;

    world_count();
    stats_gauges(&now);
    log_raw("\n");
    log_info("statistics of vm %s", vmm.vm.name);
#define PRINT_COUNTER(name, text) print_one(text, stats->name);
#define PRINT_GAUGE(name, text) print_one(text, now.name);
    VM_STATS(PRINT_COUNTER)
    VM_GAUGES(PRINT_GAUGE)
#undef PRINT_COUNTER
#undef PRINT_GAUGE
}

static void escape_key(uint8_t c)
{
    switch (c) {
    case 's': stats_print(); break;
    case 'r': vmm_dump(); break;
    case 'x':
        log_info("%s: powered off from the console", vmm.vm.name);
        vmm.vm.state = VM_POWERED_OFF;
        break;
    case ESCAPE: enqueue(ESCAPE); break;
    default: log_info("Ctrl-] then: s statistics, r registers, x power off, Ctrl-] itself"); break;
    }
}

void console_input(void)
{
    int c;

    while (waiting.count < QUEUE && (c = host.uart->getc()) >= 0) {
        if (escaped) {
            escaped = false;
            escape_key((uint8_t)c);
        } else if (c == ESCAPE) {
            escaped = true;
        } else {
            enqueue((uint8_t)c);
        }
    }
    feed_guest();
    /* A full queue leaves the rest in the UART, whose interrupt would not go away. */
    if (masked != (waiting.count == QUEUE)) {
        masked = !masked;
        if (masked)
            host.irqchip->disable((unsigned)host.uart->irq);
        else
            host.irqchip->enable((unsigned)host.uart->irq);
    }
}
