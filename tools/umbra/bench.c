/* umbra bench: the programs are bench/'s own; this finds them. */
#include "umbra.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int verb_bench(int argc, char **argv)
{
    char *program = project_path("bench/bench.py");
    char **args = xmalloc(((size_t)argc + 3) * sizeof(*args));
    unsigned count = 0;

    if (!file_exists(program))
        die(EXIT_FILE, "'%s' is not there: bench needs the checkout it was built in", program);
    args[count++] = "/usr/bin/python3";
    args[count++] = program;
    for (int i = 1; i < argc; i++)
        args[count++] = argv[i];
    execv(args[0], args);
    die(EXIT_TOOL, "cannot run %s: %s (package python3)", args[0], strerror(errno));
}
