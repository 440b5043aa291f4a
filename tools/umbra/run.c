/* umbra run */
#include "tracefile.h"
#include "umbra.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ARGS_MAX 256

struct args {
    char *v[ARGS_MAX + 1];
    unsigned count;
};

static void add(struct args *a, const char *arg)
{
    if (a->count == ARGS_MAX)
        die(EXIT_USAGE, "too many arguments for QEMU");
    a->v[a->count++] = xprintf("%s", arg);
}

static void add_option(struct args *a, const char *option, const char *value)
{
    add(a, option);
    add(a, value);
}

static void must_exist(const char *path, const char *what)
{
    if (!file_exists(path))
        die(EXIT_FILE, "%s '%s' is not there; 'make all' builds it", what, path);
}

static void add_common(struct args *a, const struct options *opt, unsigned ram_mib)
{
    add(a, "qemu-system-arm");
    add_option(a, "-M", opt->board->machine);
    add_option(a, "-m", xprintf("%uM", ram_mib));
    add_option(a, "-display", "none");
    add_option(a, "-monitor", "none");
    add_option(a, "-nic", "user,restrict=on"); /* boards with a built-in controller complain without one */
    add_option(a, "-chardev", "stdio,id=console,signal=off");
    add_option(a, "-serial", "chardev:console");
    add(a, "-no-reboot");
    if (opt->icount) {
        add_option(a, "-icount", "shift=0,sleep=off");
        add_option(a, "-seed", "1");
        add_option(a, "-rtc", "base=2024-01-01T00:00:00,clock=vm");
    }
}

static char *raw_samples; /* what umbra writes; CSV is made of it after the run */

static const char *umbra_arguments(const struct options *opt)
{
    const char *s = xprintf("umbra.semihosting%s%s", opt->stats ? " umbra.stats" : "",
                            opt->verify ? " umbra.verify" : "");
    if (opt->trace)
        s = xprintf("%s umbra.trace=%s", s, path_for_child(opt->trace, "trace"));
    if (opt->samples) {
        write_file(opt->samples, "", 0);
        raw_samples = temporary_file();
        s = xprintf("%s umbra.samples=%s umbra.sample-ms=%u", s, path_for_child(raw_samples, "samples' file"),
                    opt->sample_interval ? opt->sample_interval : 10);
    }
    return s;
}

static void add_umbra(struct args *a, const struct options *opt)
{
    char *image = project_path(opt->debug ? "build/debug/umbra.zimage" : "build/umbra.zimage");
    char *tree = project_path(xprintf("build/board/%s.dtb", opt->board->name));
    must_exist(image, "umbra's image");
    must_exist(tree, "the board's tree");

    uint32_t memory;
    struct blob bundle = bundle_make(opt, &memory);
    char *path = temporary_file();
    write_file(path, bundle.data, bundle.size);

    if (opt->verify || opt->debug)
        memory += 2 * MiB; /* the canaries beside it */
    add_common(a, opt, board_ram_for(opt->board, memory, bundle.size));
    add_option(a, "-semihosting-config", "enable=on,target=native");
    add_option(a, "-kernel", image);
    add_option(a, "-initrd", path);
    add_option(a, "-dtb", tree);
    add_option(a, "-append", umbra_arguments(opt));
    free(bundle.data);
}

static void add_native(struct args *a, const struct options *opt)
{
    const struct board *board = opt->board;
    if (!board->native_append)
        die(EXIT_USAGE, "--native: Debian's kernel does not know the board %s", board->name);
    if (opt->trace || opt->samples)
        die(EXIT_USAGE, "--native does not go with --trace or --samples: umbra is not there");
    if (opt->stats || opt->verify || opt->debug || opt->memory || opt->policy || opt->no_space_cache)
        die(EXIT_USAGE, "--native does not go with --stats, --verify, --debug, --memory, --policy or --no-space-cache: "
                        "umbra is not there");

    const char *dtb = opt->dtb ? opt->dtb : project_path(xprintf("build/cache/guest/dtb/%s", board->native_dtb));
    const char *append = opt->append ? opt->append : board->native_append;
    if (append[0] == '+')
        append = xprintf("%s %s", board->native_append, append + 1);
    const char *kernel = opt->kernel;
    if (opt->decompress)
        kernel = native_image(opt->kernel, board->ram_base);
    const char *initrd = opt->initrd;
    if (!initrd && !opt->no_initrd)
        initrd = project_path("build/guest/initramfs.cpio.gz");
    must_exist(kernel, "the kernel");
    must_exist(dtb, "the board's device tree");

    add_common(a, opt, board->ram_mib[0]);
    add_option(a, "-kernel", kernel);
    if (initrd) {
        must_exist(initrd, "the RAM disk");
        add_option(a, "-initrd", initrd);
    }
    add_option(a, "-dtb", dtb);
    add_option(a, "-append", append);
}

static const char *ending(enum exit_code code)
{
    switch (code) {
    case EXIT_POWER_OFF: return "the guest powered off";
    case EXIT_GUEST_RESET: return "the guest asked for a reset";
    case EXIT_VM_STOPPED: return "umbra stopped the guest; its dump is above";
    case EXIT_BUNDLE: return "umbra refused the bundle; its reason is above";
    case EXIT_UMBRA_PANIC: return "umbra itself failed; its dump is above";
    case EXIT_GUEST_PANIC: return "the guest's kernel panicked";
    case EXIT_TIMEOUT: return "time-out";
    case EXIT_INTERRUPTED: return "interrupted";
    default: return NULL;
    }
}

/* A run that ended before umbra came to the guest has none; how it ended is what matters then. */
static void write_samples(const char *csv)
{
    struct stat st;
    if (stat(raw_samples, &st) < 0 || st.st_size == 0)
        fprintf(stderr, "umbra: no samples: umbra never came to take one\n");
    else
        samples_to_csv(raw_samples, csv);
}

int verb_run(int argc, char **argv)
{
    struct options opt;
    struct args args = { .count = 0 };
    parse_options("run", argc, argv, &opt);
    if (opt.native)
        add_native(&args, &opt);
    else
        add_umbra(&args, &opt);
    for (char **extra = opt.qemu_args; *extra; extra++)
        add(&args, *extra);

    enum exit_code code = qemu_run(&(struct qemu_run){ args.v, opt.timeout, opt.native });
    if (ending(code))
        fprintf(stderr, "umbra: %s\n", ending(code));
    if (raw_samples)
        write_samples(opt.samples);
    return code;
}
