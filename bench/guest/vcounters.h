#pragma once
/* umbra's counters for a guest's program (docs/counters.md), through /dev/mem. */
#include <dirent.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { COUNTERS_ID, COUNTERS_VERSION, COUNTERS_COUNT, COUNTERS_GAUGES, COUNTERS_LATCH, COUNTERS_VALUES, COUNTERS_BEFORE,
       COUNTERS_NAMES, COUNTERS_NAMES_SIZE, COUNTERS_HZ };
#define COUNTERS_MAGIC 0x544e4355u

struct counters {
    volatile uint32_t *regs;
    unsigned count, gauges;
    char *names;        /* all of them, each with its NUL */
    const char **name;  /* counters, then gauges */
    uint32_t hz;        /* of the time */
};

/* A property of the device tree in cells; how many there are, 0 when it is not there. */
static inline unsigned counters_property(const char *path, uint32_t *cells, unsigned max)
{
    unsigned char bytes[4];
    unsigned n = 0;
    FILE *f = fopen(path, "rb");

    while (f && n < max && fread(bytes, 1, sizeof(bytes), f) == sizeof(bytes))
        cells[n++] = (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
    if (f)
        fclose(f);
    return n;
}

/* Base and size from the device tree; false when there is no such device. */
static inline int counters_find(uint32_t reg[2])
{
    DIR *dir = opendir("/proc/device-tree");
    struct dirent *entry;
    uint32_t cells[4], address_cells = 2, size_cells = 1;
    unsigned count = 0;
    char path[300];

    counters_property("/proc/device-tree/#address-cells", &address_cells, 1);
    counters_property("/proc/device-tree/#size-cells", &size_cells, 1);
    while (dir && !count && (entry = readdir(dir))) {
        if (strncmp(entry->d_name, "counters@", 9))
            continue;
        snprintf(path, sizeof(path), "/proc/device-tree/%s/reg", entry->d_name);
        count = counters_property(path, cells, 4);
    }
    if (dir)
        closedir(dir);
    if (count == 0 || count != address_cells + size_cells)
        return 0;
    reg[0] = cells[address_cells - 1]; /* the low words: everything is below 4 GiB */
    reg[1] = cells[count - 1];
    return 1;
}

static inline void counters_read_names(struct counters *c)
{
    uint32_t at = c->regs[COUNTERS_NAMES] / 4, size = c->regs[COUNTERS_NAMES_SIZE];
    char *p = c->names = calloc(1, size + 4);

    c->name = calloc(c->count + c->gauges, sizeof(*c->name));
    for (uint32_t i = 0; i < size; i += 4) {
        uint32_t word = c->regs[at + i / 4];
        memcpy(c->names + i, &word, 4);
    }
    for (unsigned i = 0; i < c->count + c->gauges; i++, p += strlen(p) + 1)
        c->name[i] = p;
}

/* NULL, or what is wrong. */
static inline const char *counters_open(struct counters *c)
{
    uint32_t reg[2];

    if (!counters_find(reg))
        return "the device tree has no umbra,counters: this is not a VM of umbra's";
    int fd = open("/dev/mem", O_RDWR | O_SYNC);
    if (fd < 0)
        return "cannot open /dev/mem";
    c->regs = mmap(NULL, reg[1], PROT_READ | PROT_WRITE, MAP_SHARED, fd, (off_t)reg[0]);
    close(fd);
    if (c->regs == MAP_FAILED)
        return "cannot map the counters from /dev/mem";
    if (c->regs[COUNTERS_ID] != COUNTERS_MAGIC || c->regs[COUNTERS_VERSION] != 1)
        return "the counters are of a version that this program does not know";
    c->count = c->regs[COUNTERS_COUNT];
    c->gauges = c->regs[COUNTERS_GAUGES];
    c->hz = c->regs[COUNTERS_HZ];
    counters_read_names(c);
    return NULL;
}

/* Takes the values; what was taken before stays readable as 'before'.  One device access. */
static inline void counters_latch(const struct counters *c)
{
    c->regs[COUNTERS_LATCH] = 1;
}

/* Value i of the last latch, or of the one before it: counters, then gauges. */
static inline uint64_t counters_value(const struct counters *c, int before, unsigned i)
{
    const volatile uint32_t *bank = c->regs + c->regs[before ? COUNTERS_BEFORE : COUNTERS_VALUES] / 4;

    if (i >= c->count)
        return bank[2 + 2 * c->count + i - c->count];
    return bank[2 + 2 * i] | (uint64_t)bank[3 + 2 * i] << 32;
}

/* The time of a latch, in ticks of hz. */
static inline uint64_t counters_ticks(const struct counters *c, int before)
{
    const volatile uint32_t *bank = c->regs + c->regs[before ? COUNTERS_BEFORE : COUNTERS_VALUES] / 4;

    return bank[0] | (uint64_t)bank[1] << 32;
}
