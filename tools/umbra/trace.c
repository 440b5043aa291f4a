/* umbra trace: what is in a trace that 'umbra run --trace' wrote. */
#include "symbols.h"
#include "tracefile.h"
#include "umbra.h"
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

struct args {
    const char *file, *json, *symbols;
    bool print;
    unsigned top;
    double from, to; /* seconds of guest time */
};

/* How often, and how long in umbra. */
struct tally {
    uint64_t count, ticks;
};

/* One program counter, or (by_function) one function. */
struct place {
    uint32_t pc;
    bool user, used;
    struct tally all;
    uint32_t by_reason[TRACE_NAMES_MAX];
};

static struct symbols symbols;
static struct tally by_reason[TRACE_NAMES_MAX], by_pair[TRACE_NAMES_MAX][TRACE_NAMES_MAX + 1], total;
static struct place *places;
static size_t place_count, place_room;

static void count(struct tally *t, const struct trace_event *e)
{
    t->count++;
    t->ticks += e->duration;
}

static void usage(void)
{
    printf("usage: umbra trace [OPTIONS] FILE\n\n"
           "Summarises a trace that 'umbra run --trace FILE' wrote: exits by reason and by place.\n\n"
           "  --print          print every exit instead, a line each\n"
           "  --json OUT       write Chrome trace JSON, which Perfetto (ui.perfetto.dev) opens\n"
           "  --symbols FILE   System.map, a copy of the guest's /proc/kallsyms, or vmlinux\n"
           "  --top N          how many places to show (default: 20)\n"
           "  --from SECONDS   only exits from this guest time on\n"
           "  --to SECONDS     only exits before this guest time\n"
           "  --help           this text\n\n"
           "Ends with 0; 2 for bad arguments; 3 when the file is missing, no trace, damaged, or has no end "
           "(what is\n"
           "there is shown).  docs/tracing.md tells the format.\n");
}

static double parse_seconds(const char *option, const char *s)
{
    char *end;
    double value = strtod(s, &end);
    if (end == s || *end || !(value >= 0))
        die(EXIT_USAGE, "%s '%s' is not a number of seconds", option, s);
    return value;
}

static void parse(int argc, char **argv, struct args *a)
{
    enum { PRINT = 256, JSON, SYMBOLS, TOP, FROM, TO, HELP };
    static const struct option options[] = {
        { "print", no_argument, NULL, PRINT },
        { "json", required_argument, NULL, JSON },
        { "symbols", required_argument, NULL, SYMBOLS },
        { "top", required_argument, NULL, TOP },
        { "from", required_argument, NULL, FROM },
        { "to", required_argument, NULL, TO },
        { "help", no_argument, NULL, HELP },
        { 0 },
    };
    char *end;
    int id;
    *a = (struct args){ .top = 20, .to = 1e30 };
    argv[0] = xprintf("umbra trace"); /* getopt's messages begin with it */
    while ((id = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (id) {
        case PRINT: a->print = true; break;
        case JSON: a->json = optarg; break;
        case SYMBOLS: a->symbols = optarg; break;
        case FROM: a->from = parse_seconds("--from", optarg); break;
        case TO: a->to = parse_seconds("--to", optarg); break;
        case HELP: usage(); exit(0);
        case TOP:
            a->top = (unsigned)strtoul(optarg, &end, 10);
            if (end == optarg || *end || a->top == 0 || optarg[0] == '-')
                die(EXIT_USAGE, "--top '%s' is not a number of places", optarg);
            break;
        default: die(EXIT_USAGE, "'umbra trace --help' tells the options");
        }
    }
    if (optind + 1 != argc)
        die(EXIT_USAGE, "usage: umbra trace [OPTIONS] FILE; 'umbra trace --help' tells the options");
    if (a->print && a->json)
        die(EXIT_USAGE, "--print and --json exclude each other");
    a->file = argv[optind];
}

/* "name+0x12", or "" without one.  Symbols are the kernel's: not of user addresses. */
static const char *symbol_of(const struct trace_event *e)
{
    static char text[200];
    uint32_t offset;
    const char *name = (e->psr & 15) == 0 ? NULL : symbols_find(&symbols, e->pc, &offset);
    text[0] = '\0';
    if (name)
        snprintf(text, sizeof(text), offset ? "%s+0x%x" : "%s", name, offset);
    return text;
}

static double seconds(const struct trace *t, uint64_t ticks) { return (double)ticks / t->tick_hz; }

/* ---- printing ---- */

static void print_event(const struct trace *t, const struct trace_event *e)
{
    if (e->space) {
        printf("%14.9f  space  CONTEXTIDR %08x  TTBR0 %08x\n", seconds(t, e->ticks), e->pc, e->arg);
        return;
    }
    printf("%14.9f  %s%s  %08x  %-16s  %-14s  arg %08x  %8.2f us  %s\n", seconds(t, e->ticks),
           trace_mode(e->psr), e->psr & 0x20 ? "/T" : "  ", e->pc, t->reason[e->reason],
           t->outcome[e->outcome], e->arg, seconds(t, e->duration) * 1e6, symbol_of(e));
}

/* ---- Chrome trace JSON: complete events, microseconds ---- */

static FILE *json;
static bool json_comma;

static void json_item(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static void json_item(const char *fmt, ...)
{
    va_list ap;
    fputs(json_comma ? ",\n" : "\n", json);
    json_comma = true;
    va_start(ap, fmt);
    vfprintf(json, fmt, ap);
    va_end(ap);
}

static void json_open(const struct trace *t, const char *path)
{
    json = strcmp(path, "-") ? fopen(path, "w") : stdout;
    if (!json)
        die(EXIT_TOOL, "cannot create '%s': %s", path, strerror(errno));
    fprintf(json, "{\"displayTimeUnit\":\"ns\",\"traceEvents\":[");
    json_item(
        "{\"ph\":\"M\",\"pid\":1,\"name\":\"process_name\",\"args\":{\"name\":\"umbra: exits of vm %s\"}}",
        t->vm_name);
    json_item("{\"ph\":\"M\",\"pid\":1,\"tid\":1,\"name\":\"thread_name\",\"args\":{\"name\":\"from guest "
              "user\"}}");
    json_item("{\"ph\":\"M\",\"pid\":1,\"tid\":2,\"name\":\"thread_name\",\"args\":{\"name\":\"from guest "
              "kernel\"}}");
}

static void json_event(const struct trace *t, const struct trace_event *e)
{
    double us = seconds(t, e->ticks) * 1e6;
    if (e->space) {
        json_item("{\"ph\":\"i\",\"s\":\"p\",\"pid\":1,\"tid\":2,\"ts\":%.3f,\"name\":\"space\",\"args\":{"
                  "\"contextidr\":"
                  "\"0x%08x\",\"ttbr0\":\"0x%08x\"}}",
                  us, e->pc, e->arg);
        return;
    }
    json_item("{\"ph\":\"X\",\"pid\":1,\"tid\":%d,\"ts\":%.3f,\"dur\":%.3f,\"cat\":\"exit\",\"name\":\"%s\","
              "\"args\":"
              "{\"outcome\":\"%s\",\"pc\":\"0x%08x\",\"symbol\":\"%s\",\"mode\":\"%s\",\"arg\":\"0x%08x\"}}",
              (e->psr & 15) == 0 ? 1 : 2, us, seconds(t, e->duration) * 1e6, t->reason[e->reason],
              t->outcome[e->outcome], e->pc, symbol_of(e), trace_mode(e->psr), e->arg);
}

static void json_close(const char *path)
{
    fprintf(json, "\n]}\n");
    bool failed = ferror(json);
    if (fclose(json) || failed)
        die(EXIT_TOOL, "cannot write '%s': %s", path, strerror(errno));
}

/* ---- the summary ---- */

static struct place *place_at(struct place *table, size_t room, uint32_t pc, bool user)
{
    size_t i = (pc * 2654435761u + user) & (room - 1);
    while (table[i].used && (table[i].pc != pc || table[i].user != user))
        i = (i + 1) & (room - 1);
    return &table[i];
}

static void grow_places(void)
{
    size_t room = place_room ? 2 * place_room : 1024;
    struct place *table = xmalloc(room * sizeof(*table));
    for (size_t i = 0; i < place_room; i++)
        if (places[i].used)
            *place_at(table, room, places[i].pc, places[i].user) = places[i];
    free(places);
    places = table;
    place_room = room;
}

static void tally_event(const struct trace_event *e)
{
    if (e->space)
        return;
    count(&total, e);
    count(&by_reason[e->reason], e);
    count(&by_pair[e->reason][e->outcome], e);
    if (2 * place_count >= place_room)
        grow_places();
    struct place *p = place_at(places, place_room, e->pc, (e->psr & 15) == 0);
    if (!p->used)
        *p = (struct place){ .pc = e->pc, .user = (e->psr & 15) == 0, .used = true }, place_count++;
    count(&p->all, e);
    p->by_reason[e->reason]++;
}

static void print_tally(const struct trace *t, const char *name, const char *outcome, const struct tally *n)
{
    double us = seconds(t, n->ticks) * 1e6;
    printf("  %-18s %-16s %12" PRIu64 " %6.2f%% %12.3f %10.2f\n", name, outcome, n->count,
           100.0 * (double)n->count / (double)total.count, us / 1e3, us / (double)n->count);
}

static int by_count(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    if (x->all.count != y->all.count)
        return x->all.count > y->all.count ? -1 : 1;
    return x->pc < y->pc ? -1 : x->pc > y->pc;
}

static unsigned main_reason(const struct trace *t, const struct place *p)
{
    unsigned best = 0;
    for (unsigned i = 1; i < t->reasons; i++)
        if (p->by_reason[i] > p->by_reason[best])
            best = i;
    return best;
}

static void print_places(const struct trace *t, unsigned top)
{
    qsort(places, place_room, sizeof(*places), by_count);
    printf("\nplaces (%zu)\n  %-8s %-7s %12s %7s %12s  %-18s %s\n", place_count, "pc", "from", "exits",
           "share", "ms in umbra", "mostly", symbols.count ? "symbol" : "");
    for (size_t i = 0; i < place_count && i < top; i++) {
        const struct place *p = &places[i];
        const struct trace_event e = { .pc = p->pc, .psr = p->user ? 0x10 : 0x13 };
        printf("  %08x %-7s %12" PRIu64 " %6.2f%% %12.3f  %-18s %s\n", p->pc, p->user ? "user" : "kernel",
               p->all.count, 100.0 * (double)p->all.count / (double)total.count,
               seconds(t, p->all.ticks) * 1e3, t->reason[main_reason(t, p)], symbol_of(&e));
    }
}

/* Indices of an array of tallies, most frequent first. */
static unsigned sorted(const struct tally *v, unsigned n, unsigned *order)
{
    unsigned used = 0;
    for (unsigned i = 0; i < n; i++) {
        unsigned at = used;
        if (!v[i].count)
            continue;
        for (; at > 0 && v[order[at - 1]].count < v[i].count; at--)
            order[at] = order[at - 1];
        order[at] = i;
        used++;
    }
    return used;
}

static void print_summary(const struct trace *t, unsigned top)
{
    unsigned reasons[TRACE_NAMES_MAX], outcomes[TRACE_NAMES_MAX + 1];
    printf("vm %s: %" PRIu64 " exits until %.6f s of guest time, %.6f s of it in umbra\n", t->vm_name,
           total.count, seconds(t, t->ticks), seconds(t, total.ticks));
    if (total.count == 0)
        return;
    printf("\nreasons\n  %-18s %-16s %12s %7s %12s %10s\n", "reason", "outcome", "exits", "share",
           "ms in umbra", "us each");
    for (unsigned i = 0, n = sorted(by_reason, t->reasons, reasons); i < n; i++) {
        unsigned r = reasons[i], m = sorted(by_pair[r], t->outcomes + 1, outcomes);
        print_tally(t, t->reason[r], "", &by_reason[r]);
        for (unsigned j = 0; j < m && (m > 1 || outcomes[0]); j++)
            print_tally(t, "", outcomes[j] ? t->outcome[outcomes[j]] : "(nothing counted)",
                        &by_pair[r][outcomes[j]]);
    }
    print_places(t, top);
}

int verb_trace(int argc, char **argv)
{
    static struct trace t;
    struct trace_event e;
    struct args a;
    parse(argc, argv, &a);
    if (a.symbols)
        symbols_load(&symbols, a.symbols);
    trace_open(&t, a.file);
    if (a.json)
        json_open(&t, a.json);
    while (trace_next(&t, &e)) {
        if (seconds(&t, e.ticks) < a.from || seconds(&t, e.ticks) >= a.to)
            continue;
        if (a.print)
            print_event(&t, &e);
        else if (a.json)
            json_event(&t, &e);
        else
            tally_event(&e);
    }
    if (a.json)
        json_close(a.json);
    else if (!a.print)
        print_summary(&t, a.top);
    if (!t.ended)
        die(EXIT_FILE, "'%s' has no end: the run was cut short, or the file was; the last exits are missing",
            a.file);
    return 0;
}
