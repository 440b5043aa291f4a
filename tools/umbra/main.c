/* umbra: boots operating systems in VMs on processors without virtualization extensions. */
#include "umbra.h"
#include <stdio.h>
#include <string.h>

static const struct verb {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *summary;
} verbs[] = {
    { "run", verb_run, "boot a kernel in a VM on an emulated board; the console is the terminal" },
    { "build", verb_build, "write the bootable image, the board's tree and the bundle, and run nothing" },
    { "inspect", verb_inspect, "print what a bundle holds, and check it" },
    { "trace", verb_trace, "print, summarise or convert what 'umbra run --trace' recorded" },
    { "bench", verb_bench, "measure native and umbra side by side; --quick takes a minute" },
};

static void usage(FILE *f)
{
    fprintf(f, "usage: umbra VERB [OPTIONS]\n\n");
    for (unsigned i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
        fprintf(f, "  %-9s %s\n", verbs[i].name, verbs[i].summary);
    fprintf(f, "\n'umbra VERB --help' tells the options of a verb.\n");
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        usage(stderr);
        return EXIT_USAGE;
    }
    if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help")) {
        usage(stdout);
        return 0;
    }
    for (unsigned i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
        if (!strcmp(verbs[i].name, argv[1]))
            return verbs[i].run(argc - 1, argv + 1);
    die(EXIT_USAGE, "no verb '%s'; 'umbra --help' lists them", argv[1]);
}
