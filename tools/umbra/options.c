/* The options that run and build share. */
#include "umbra.h"
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OPT_BOARD = 256, OPT_KERNEL, OPT_INITRD, OPT_NO_INITRD, OPT_APPEND, OPT_DTB, OPT_VM, OPT_MEMORY, OPT_DECOMPRESS,
       OPT_HASH, OPT_NATIVE, OPT_ICOUNT, OPT_TIMEOUT, OPT_STATS, OPT_TRACE, OPT_SAMPLES, OPT_SAMPLE_INTERVAL,
       OPT_VERIFY, OPT_DEBUG, OPT_OUTPUT, OPT_POLICY, OPT_NO_SPACE_CACHE, OPT_FIRMWARE, OPT_FLASH, OPT_WITHOUT,
       OPT_HELP };

enum { FOR_RUN = 1, FOR_BUILD = 2, FOR_BOTH = 3 };

static const struct option_row {
    const char *name;
    int id;
    const char *arg;
    unsigned verbs;
    const char *help;
} rows[] = {
    { "board", OPT_BOARD, "NAME", FOR_BOTH, "host board (default: cubieboard; 'list' lists them)" },
    { "kernel", OPT_KERNEL, "FILE", FOR_BOTH, "zImage, Image, uImage, ELF or flat binary (default: Debian's)" },
    { "decompress", OPT_DECOMPRESS, NULL, FOR_BOTH, "unpack the zImage here and start the Image inside it" },
    { "initrd", OPT_INITRD, "FILE", FOR_BOTH, "RAM disk (default: busybox; none for an ELF or flat binary)" },
    { "no-initrd", OPT_NO_INITRD, NULL, FOR_BOTH, "no RAM disk" },
    { "append", OPT_APPEND, "STR", FOR_BOTH, "the guest's command line; '+STR' adds to the default one" },
    { "dtb", OPT_DTB, "FILE", FOR_BOTH, "the guest's device tree (default: generated; with --native: the board's)" },
    { "vm", OPT_VM, "FILE", FOR_BOTH, "VM description, source or blob (default: vms/linux.dts)" },
    { "without", OPT_WITHOUT, "LIST", FOR_BOTH, "off: fast-paths,lazy-dacr,system-stubs,tlbi-queue,lazy-stubs,traces" },
    { "memory", OPT_MEMORY, "SIZE", FOR_BOTH, "the guest's memory: 64M, 1G; a bare number is MiB (default: 256M)" },
    { "policy", OPT_POLICY, "NAME", FOR_BOTH, "how shadow tables are kept in step: tlb (default), trap or oos" },
    { "no-space-cache", OPT_NO_SPACE_CACHE, NULL, FOR_BOTH, "drop the shadow tables at every switch of spaces" },
    { "firmware", OPT_FIRMWARE, "FILE", FOR_BOTH, "flash image that the VM starts in, at address 0" },
    { "flash", OPT_FLASH, "FILE", FOR_BOTH, "contents of the second flash bank (default: zeros)" },
    { "hash", OPT_HASH, "ALGO", FOR_BOTH, "crc32 (default) or sha256; given twice: both" },
    { "debug", OPT_DEBUG, NULL, FOR_BOTH, "use the debug build of umbra (make DEBUG=1 image)" },
    { "output", OPT_OUTPUT, "DIR", FOR_BUILD, "where to write (default: build/boot/BOARD)" },
    { "native", OPT_NATIVE, NULL, FOR_RUN, "the same kernel on the same board, without umbra" },
    { "icount", OPT_ICOUNT, NULL, FOR_RUN, "deterministic clock: one instruction is one nanosecond" },
    { "timeout", OPT_TIMEOUT, "SECONDS", FOR_RUN, "give up after this long, and show the last console lines" },
    { "stats", OPT_STATS, NULL, FOR_RUN, "print umbra's counters when the guest ends" },
    { "trace", OPT_TRACE, "FILE", FOR_RUN, "record every exit; 'umbra trace FILE' reads it" },
    { "samples", OPT_SAMPLES, "FILE", FOR_RUN, "write the counters over guest time as CSV" },
    { "sample-interval", OPT_SAMPLE_INTERVAL, "MS", FOR_RUN, "of guest time between them (default: 10)" },
    { "verify", OPT_VERIFY, NULL, FOR_RUN, "check canaries and umbra's own image when the guest ends" },
    { "help", OPT_HELP, NULL, FOR_BOTH, "this text" },
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

static const char exit_help[] =
    "exit codes:\n"
    "  0 guest powered off      10 guest reset                  14 guest kernel panic\n"
    "  1 the tool failed        11 guest stopped by umbra       15 time-out\n"
    "  2 bad arguments          12 bundle refused by umbra     130 interrupted\n"
    "  3 bad or missing file    13 umbra panic\n"
    "  4 QEMU missing or died\n";

static void __attribute__((noreturn)) help(const char *verb, unsigned mask)
{
    printf("usage: umbra %s [OPTIONS]%s\n\n", verb, mask == FOR_RUN ? " [-- QEMU-ARGS]" : "");
    for (unsigned i = 0; i < ROWS; i++)
        if (rows[i].verbs & mask)
            printf("  --%-15s %-8s %s\n", rows[i].name, rows[i].arg ? rows[i].arg : "", rows[i].help);
    if (mask == FOR_RUN)
        printf("\nOn a terminal, Ctrl-A x ends the run; Ctrl-] is umbra's own key (Ctrl-] h tells).\n");
    printf("\n%s", exit_help);
    exit(0);
}

static const struct board *parse_board(const char *name)
{
    const struct board *board = board_find(name);
    if (board)
        return board;
    FILE *f = strcmp(name, "list") ? stderr : stdout;
    if (f == stderr)
        fprintf(f, "umbra: no board '%s'; there are:\n", name);
    for (unsigned i = 0; board_at(i); i++)
        fprintf(f, "  %-16s %s%s\n", board_at(i)->name, board_at(i)->description,
                board_at(i)->native_append ? "; --native" : "");
    exit(f == stderr ? EXIT_USAGE : 0);
}

static uint32_t parse_memory(const char *s)
{
    char *end;
    errno = 0;
    unsigned long long n = strtoull(s, &end, 10);
    unsigned shift = 20;
    if (*end == 'K' || *end == 'k')
        shift = 10;
    else if (*end == 'G' || *end == 'g')
        shift = 30;
    if (*end && strchr("KkMmGg", *end))
        end++;
    if (end == s || *end || errno || s[0] == '-' || n >= 1ull << 40)
        die(EXIT_USAGE, "--memory '%s' is not a size such as 64M or 1G", s);
    n <<= shift;
    if (n % MiB || n < 16 * MiB || n > 2816ull * MiB)
        die(EXIT_USAGE, "--memory %s: a VM's memory is a multiple of 1 MiB, from 16 MiB to 2816 MiB", s);
    return (uint32_t)n;
}

static unsigned parse_number(const char *s, const char *option, const char *unit)
{
    char *end;
    unsigned long n = strtoul(s, &end, 10);
    if (end == s || *end || n == 0 || n > 1000000 || s[0] == '-')
        die(EXIT_USAGE, "%s '%s' is not a number of %s", option, s, unit);
    return (unsigned)n;
}

static unsigned parse_hash(const char *s)
{
    if (!strcmp(s, "crc32"))
        return HASH_CRC32;
    if (!strcmp(s, "sha256"))
        return HASH_SHA256;
    die(EXIT_USAGE, "--hash '%s' is neither crc32 nor sha256", s);
}

static const char *parse_policy(const char *s)
{
    if (strcmp(s, "tlb") && strcmp(s, "trap") && strcmp(s, "oos"))
        die(EXIT_USAGE, "--policy '%s' is none of tlb, trap and oos", s);
    return s;
}

static void take(struct options *opt, int id, const char *verb, unsigned mask)
{
    switch (id) {
    case OPT_BOARD: opt->board = parse_board(optarg); break;
    case OPT_KERNEL: opt->kernel = optarg; break;
    case OPT_INITRD: opt->initrd = optarg; break;
    case OPT_NO_INITRD: opt->no_initrd = true; break;
    case OPT_APPEND: opt->append = optarg; break;
    case OPT_DTB: opt->dtb = optarg; break;
    case OPT_VM: opt->vm = optarg; break;
    case OPT_WITHOUT: opt->without = optarg; break;
    case OPT_MEMORY: opt->memory = parse_memory(optarg); break;
    case OPT_FIRMWARE: opt->firmware = optarg; break;
    case OPT_FLASH: opt->flash = optarg; break;
    case OPT_DECOMPRESS: opt->decompress = true; break;
    case OPT_HASH: opt->hash |= parse_hash(optarg); break;
    case OPT_DEBUG: opt->debug = true; break;
    case OPT_OUTPUT: opt->output = optarg; break;
    case OPT_NATIVE: opt->native = true; break;
    case OPT_ICOUNT: opt->icount = true; break;
    case OPT_TIMEOUT: opt->timeout = parse_number(optarg, "--timeout", "seconds"); break;
    case OPT_STATS: opt->stats = true; break;
    case OPT_POLICY: opt->policy = parse_policy(optarg); break;
    case OPT_NO_SPACE_CACHE: opt->no_space_cache = true; break;
    case OPT_TRACE: opt->trace = optarg; break;
    case OPT_SAMPLES: opt->samples = optarg; break;
    case OPT_SAMPLE_INTERVAL:
        opt->sample_interval = parse_number(optarg, "--sample-interval", "milliseconds");
        break;
    case OPT_VERIFY: opt->verify = true; break;
    case OPT_HELP: help(verb, mask);
    default: die(EXIT_USAGE, "'umbra %s --help' tells the options", verb); /* getopt has said what is wrong */
    }
}

static void set_defaults(struct options *opt)
{
    if (!opt->board)
        opt->board = board_at(0);
    if (!opt->hash)
        opt->hash = HASH_CRC32;
    if (opt->initrd && opt->no_initrd)
        die(EXIT_USAGE, "--initrd and --no-initrd exclude each other");
    if (opt->sample_interval && !opt->samples)
        die(EXIT_USAGE, "--sample-interval goes with --samples");
    if (opt->flash && !opt->firmware)
        die(EXIT_USAGE, "--flash goes with --firmware");
    if (opt->firmware && opt->native)
        die(EXIT_USAGE, "--firmware does not go with --native: the boards have no flash for it");
    if (!opt->kernel && !opt->firmware)
        opt->kernel = project_path("build/guest/vmlinuz");
    if (!opt->vm)
        opt->vm = project_path(opt->firmware ? "vms/firmware.dts" : "vms/linux.dts");
}

void parse_options(const char *verb, int argc, char **argv, struct options *opt)
{
    unsigned mask = strcmp(verb, "build") ? FOR_RUN : FOR_BUILD;
    struct option longopts[ROWS + 1] = { 0 };
    for (unsigned i = 0, n = 0; i < ROWS; i++)
        if (rows[i].verbs & mask)
            longopts[n++] = (struct option){ rows[i].name, rows[i].arg ? required_argument : no_argument,
                                             NULL, rows[i].id };
    *opt = (struct options){ 0 };
    int separator = argc;
    for (int i = 1; i < argc; i++)
        if (!strcmp(argv[i], "--")) {
            separator = i;
            break;
        }
    argv[0] = xprintf("umbra %s", verb); /* getopt's messages begin with it */
    int id;
    while ((id = getopt_long(separator, argv, "", longopts, NULL)) != -1)
        take(opt, id, verb, mask);
    if (optind < separator)
        die(EXIT_USAGE, "unexpected argument '%s'; 'umbra %s --help' tells the options", argv[optind], verb);
    if (mask != FOR_RUN && separator < argc)
        die(EXIT_USAGE, "umbra %s takes no arguments for QEMU", verb);
    opt->qemu_args = separator < argc ? argv + separator + 1 : argv + argc;
    set_defaults(opt);
}
