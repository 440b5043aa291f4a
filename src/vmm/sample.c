/*
 * Samples: all counters and gauges at an interval of guest time (docs/tracing.md).
 * The host's timer brings them, so that an exit pays nothing for them.
 */
#include <string.h>
#include "drv/host.h"
#include "drv/host_file.h"
#include "lib/bits.h"
#include "vmm/trace.h"
#include "vmm/vmm.h"
#include "vmm/world.h"

#define SAMPLE_VERSION 1u
#define INTERVAL_OPTION "umbra.sample-ms="
#define INTERVAL_DEFAULT_MS 10
#define INTERVAL_MAX_MS 1000000

struct sample_header {
    char magic[8];
    uint32_t version, header_size, record_size, tick_hz;
    uint32_t counters, gauges, names_size, reserved;
};
_Static_assert(sizeof(struct sample_header) == 40, "docs/tracing.md");

struct sample {
    uint64_t ticks;
    struct vm_stats stats;
    struct vm_gauges gauges;
};

#define NAME_FIELD(name, text) #name "\0"
static const char names[] __attribute__((aligned(4))) = VM_STATS(NAME_FIELD) VM_GAUGES(NAME_FIELD) "\0\0\0";
#undef NAME_FIELD
#define NAMES_SIZE ALIGN_DOWN(sizeof(names) - 1, 4)

static struct host_file file;
static uint8_t file_buffer[4096];
static uint64_t interval, next = UINT64_MAX;

static uint64_t interval_ticks(void)
{
    const char *s = strstr(host.bootargs, INTERVAL_OPTION);
    uint32_t ms = 0;

    for (s = s ? s + strlen(INTERVAL_OPTION) : ""; *s >= '0' && *s <= '9' && ms < INTERVAL_MAX_MS; s++)
        ms = ms * 10 + (uint32_t)(*s - '0');
    return (ms ? ms : INTERVAL_DEFAULT_MS) * (uint64_t)(VIRT_TIMER_HZ / 1000);
}

static void take(uint64_t now)
{
    struct sample sample = { .ticks = now };

    world_count();
    sample.stats = vmm.vm.stats;
    stats_gauges(&sample.gauges);
    host_file_write(&file, &sample, sizeof(sample));
    host_file_flush(&file); /* a run that is killed leaves what it had */
}

uint64_t sample_deadline(void)
{
    return next;
}

void sample_due(uint64_t now)
{
    if (now < next)
        return;
    take(now);
    next = file.open ? now - now % interval + interval : UINT64_MAX;
}

void sample_start(void)
{
    struct sample_header header = {
        .magic = "UMBSAMPL",
        .version = SAMPLE_VERSION,
        .header_size = sizeof(header) + NAMES_SIZE,
        .record_size = sizeof(struct sample),
        .tick_hz = VIRT_TIMER_HZ,
        .counters = sizeof(struct vm_stats) / sizeof(uint64_t),
        .gauges = sizeof(struct vm_gauges) / sizeof(uint32_t),
        .names_size = NAMES_SIZE,
    };

    if (!host_file_create(&file, "umbra.samples=", "samples", file_buffer, sizeof(file_buffer)))
        return;
    interval = interval_ticks();
    host_file_write(&file, &header, sizeof(header));
    host_file_write(&file, names, NAMES_SIZE);
    next = 0;
    clock_program(); /* takes the first one */
}

void sample_stop(void)
{
    if (file.open)
        take(clock_now());
    next = UINT64_MAX;
    host_file_close(&file);
}
