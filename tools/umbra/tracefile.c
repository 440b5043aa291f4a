#include "tracefile.h"
#include "umbra.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define TRACE_HEADER 72u
#define RECORD_SIZE 20u
#define SAMPLE_HEADER 40u
#define NAMES_SIZE_MAX 65536u
#define KIND_SPACE 0xf0u
#define KIND_GAP 0xf1u
#define KIND_END 0xffu

static uint64_t get_le64(const uint8_t *p) { return get_le32(p) | (uint64_t)get_le32(p + 4) << 32; }

static FILE *open_with_magic(const char *path, const char *magic, const char *what, uint8_t *header,
                             size_t size)
{
    FILE *f = fopen(path, "rb");
    if (!f)
        die(EXIT_FILE, "cannot open the %s '%s': %s", what, path, strerror(errno));
    size_t n = fread(header, 1, size, f);
    if (n == 0 && ferror(f))
        die(EXIT_FILE, "cannot read the %s '%s': %s", what, path, strerror(errno));
    if (n == 0)
        die(EXIT_FILE, "the %s '%s' is empty: umbra never came to write it", what, path);
    if (memcmp(header, magic, n < 8 ? n : 8))
        die(EXIT_FILE, "'%s' is not a %s of umbra's", path, what);
    if (n < size)
        die(EXIT_FILE, "the %s '%s' is truncated in its header", what, path);
    if (get_le32(header + 8) != 1)
        die(EXIT_FILE, "the %s '%s' has version %u; this tool knows version 1", what, path,
            get_le32(header + 8));
    return f;
}

/* 'size' bytes of NUL-terminated names, 'count' of them, then padding. */
static void read_names(FILE *f, const char *path, uint32_t size, unsigned count, const char **names)
{
    if (size == 0 || size > NAMES_SIZE_MAX)
        die(EXIT_FILE, "'%s': a damaged header: %u bytes of names", path, size);
    char *text = xmalloc(size + 1), *p = text;
    if (fread(text, 1, size, f) != size)
        die(EXIT_FILE, "'%s' is truncated in its header", path);
    for (unsigned i = 0; i < count; i++, p += strlen(p) + 1) {
        if (p >= text + size || !*p)
            die(EXIT_FILE, "'%s': a damaged header: %u names of %u", path, i, count);
        for (const char *c = p; *c; c++)
            if (*c <= ' ' || *c > '~' || *c == '"' || *c == ',' || *c == '\\')
                die(EXIT_FILE, "'%s': a damaged header: name %u", path, i);
        names[i] = p;
    }
}

void trace_open(struct trace *t, const char *path)
{
    uint8_t header[TRACE_HEADER];
    *t = (struct trace){ .path = path };
    t->f = open_with_magic(path, "UMBTRACE", "trace", header, sizeof(header));
    uint32_t header_size = get_le32(header + 12), names_size = get_le32(header + 32);
    t->tick_hz = get_le32(header + 20);
    t->reasons = get_le32(header + 24);
    t->outcomes = get_le32(header + 28);
    if (header_size != TRACE_HEADER + names_size || get_le32(header + 16) != RECORD_SIZE || t->tick_hz == 0 ||
        t->reasons == 0 || t->reasons >= KIND_SPACE || t->outcomes >= TRACE_NAMES_MAX)
        die(EXIT_FILE, "'%s': a damaged header", path);
    memcpy(t->vm_name, header + 40, 32);
    const char *names[2 * TRACE_NAMES_MAX];
    read_names(t->f, path, names_size, t->reasons + t->outcomes, names);
    memcpy(t->reason, names, t->reasons * sizeof(names[0]));
    t->outcome[0] = "";
    memcpy(t->outcome + 1, names + t->reasons, t->outcomes * sizeof(names[0]));
}

static bool at_end(struct trace *t, const uint8_t *record)
{
    uint64_t exits = get_le64(record + 4);
    if (exits != t->exits)
        die(EXIT_FILE, "'%s' is damaged: its end tells of %llu exits, and it holds %llu", t->path,
            (unsigned long long)exits, (unsigned long long)t->exits);
    if (fgetc(t->f) != EOF)
        die(EXIT_FILE, "'%s' is damaged: there is more after its end", t->path);
    t->ended = true;
    return false;
}

bool trace_next(struct trace *t, struct trace_event *event)
{
    uint8_t record[RECORD_SIZE];
    while (!t->ended && fread(record, sizeof(record), 1, t->f) == 1) {
        uint8_t kind = record[16], outcome = record[17];
        t->ticks += get_le32(record);
        if (kind == KIND_GAP) {
            t->ticks += get_le64(record + 4);
            continue;
        }
        if (kind == KIND_END)
            return at_end(t, record);
        if (kind != KIND_SPACE && (kind >= t->reasons || outcome > t->outcomes))
            die(EXIT_FILE, "'%s' is damaged after exit %llu: no record is of kind 0x%02x, outcome %u",
                t->path, (unsigned long long)t->exits, kind, outcome);
        t->exits += kind != KIND_SPACE;
        *event = (struct trace_event){ kind == KIND_SPACE,
                                       t->ticks,
                                       get_le32(record + 12),
                                       get_le32(record + 4),
                                       get_le32(record + 8),
                                       kind,
                                       outcome,
                                       record[18] };
        return true;
    }
    return false;
}

const char *trace_mode(uint8_t psr)
{
    static const char *const modes[16] = { "usr", "fiq", "irq", "svc", "?", "?", "?", "abt",
                                           "?",   "?",   "?",   "und", "?", "?", "?", "sys" };
    return psr & 0x10 ? modes[psr & 15] : "?";
}

unsigned long samples_to_csv(const char *raw, const char *csv)
{
    uint8_t header[SAMPLE_HEADER];
    FILE *in = open_with_magic(raw, "UMBSAMPL", "file of samples", header, sizeof(header));
    uint32_t record_size = get_le32(header + 16), hz = get_le32(header + 20);
    uint32_t counters = get_le32(header + 24), gauges = get_le32(header + 28);
    const char *names[4096];
    if (counters > 2048 || gauges > 2048 || hz == 0 || record_size > 65536 ||
        record_size < 8 + 8 * counters + 4 * gauges)
        die(EXIT_FILE, "'%s': a damaged header", raw);
    read_names(in, raw, get_le32(header + 32), counters + gauges, names);

    FILE *out = fopen(csv, "w");
    if (!out)
        die(EXIT_TOOL, "cannot create '%s': %s", csv, strerror(errno));
    fprintf(out, "time_us");
    for (uint32_t i = 0; i < counters + gauges; i++)
        fprintf(out, ",%s", names[i]);
    fprintf(out, "\n");
    uint8_t *record = xmalloc(record_size);
    unsigned long lines = 0;
    for (; fread(record, record_size, 1, in) == 1; lines++) {
        uint64_t ticks = get_le64(record);
        fprintf(out, "%llu", (unsigned long long)(ticks / hz * 1000000 + ticks % hz * 1000000 / hz));
        for (uint32_t i = 0; i < counters; i++)
            fprintf(out, ",%llu", (unsigned long long)get_le64(record + 8 + 8 * i));
        for (uint32_t i = 0; i < gauges; i++)
            fprintf(out, ",%u", get_le32(record + 8 + 8 * counters + 4 * i));
        fprintf(out, "\n");
    }
    bool failed = ferror(out);
    if (fclose(out) || failed)
        die(EXIT_TOOL, "cannot write '%s': %s", csv, strerror(errno));
    fclose(in);
    free(record);
    return lines;
}
