#pragma once
/* The host tool: what every verb shares. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MiB (1024u * 1024u)

/* How a run ended; docs/exit-codes.md is the user's copy of this list.  10 to
 * 13 are chosen by umbra itself and reach us as QEMU's exit status. */
enum exit_code {
    EXIT_POWER_OFF = 0,
    EXIT_TOOL = 1,         /* the tool could not do its work (no memory, no disk space) */
    EXIT_USAGE = 2,        /* bad arguments */
    EXIT_FILE = 3,         /* bad or missing file */
    EXIT_QEMU = 4,         /* QEMU missing, refused to start, or died */
    EXIT_GUEST_RESET = 10,
    EXIT_VM_STOPPED = 11,  /* umbra stopped the guest, with a dump */
    EXIT_BUNDLE = 12,      /* umbra refused the bundle */
    EXIT_UMBRA_PANIC = 13,
    EXIT_GUEST_PANIC = 14, /* seen on the console */
    EXIT_TIMEOUT = 15,
    EXIT_INTERRUPTED = 130,
};

/* --- util.c ------------------------------------------------------------------ */

struct blob {
    uint8_t *data;
    size_t size;
};

/* Message on stderr, cleanup (terminal, QEMU, temporary files), exit. */
void die(int code, const char *fmt, ...) __attribute__((noreturn, format(printf, 2, 3)));
/* Registers what die() and exit() undo. */
void at_exit_remove(const char *path);

void *xmalloc(size_t size);
char *xprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* The whole file; dies with EXIT_FILE.  'what' names its role in the message. */
struct blob read_file(const char *path, const char *what);
void write_file(const char *path, const void *data, size_t size);
/* A file that the process to be started writes: the path under which it opens it.  Dies with EXIT_TOOL. */
char *path_for_child(const char *path, const char *what);
/* An empty temporary file, removed at exit; its path. */
char *temporary_file(void);
bool file_exists(const char *path);
/* A path below the project's root (the folder above the tool's own). */
char *project_path(const char *relative);
uint32_t get_le32(const uint8_t *p);
uint32_t get_be32(const uint8_t *p);

/* --- options.c --------------------------------------------------------------- */

enum { HASH_CRC32 = 1, HASH_SHA256 = 2 };

struct options {
    const struct board *board;
    const char *kernel, *initrd, *append, *dtb, *vm, *without, *output, *firmware, *flash;
    const char *policy; /* NULL: as the VM's description says */
    uint32_t memory; /* bytes; 0: as the VM's description says */
    const char *trace, *samples;
    unsigned sample_interval; /* ms of guest time */
    unsigned timeout;
    unsigned hash;
    bool native, icount, stats, verify, decompress, debug, no_initrd, no_space_cache;
    char **qemu_args; /* NULL-terminated, after "--" */
};

/* Parses argv for 'verb'; dies with EXIT_USAGE.  Prints help and exits for --help. */
void parse_options(const char *verb, int argc, char **argv, struct options *opt);

/* --- board.c ----------------------------------------------------------------- */

struct board {
    const char *name;
    const char *machine;       /* QEMU's -M */
    const char *description;
    unsigned ram_mib[2];       /* sizes it comes in, smallest first; 0: no second */
    uint32_t ram_base;
    const char *native_append; /* NULL: Debian's kernel does not run here without umbra */
    const char *native_dtb;
};

const struct board *board_find(const char *name);
const struct board *board_at(unsigned i); /* NULL past the last */
/* The smallest RAM that holds a VM of 'memory' bytes beside a bundle; dies with EXIT_USAGE. */
unsigned board_ram_for(const struct board *board, uint32_t memory, size_t bundle_size);

/* --- bundle.c ---------------------------------------------------------------- */

/* Writes the FIT image that docs/bundle.md describes. */
struct blob bundle_make(const struct options *opt, uint32_t *memory);

/* --- native.c ---------------------------------------------------------------- */

/* Unpacks a zImage for RAM at 'ram_base' into a temporary file that QEMU's
 * -kernel loads where the zImage's head would have put it; the file's path. */
char *native_image(const char *zimage, uint32_t ram_base);

/* --- qemu.c ------------------------------------------------------------------ */

struct qemu_run {
    char **argv;
    unsigned timeout; /* seconds; 0: none */
    bool native;      /* the kernel's own last words mean the end */
};

/* Runs QEMU with its console on our stdin and stdout; how it ended. */
enum exit_code qemu_run(const struct qemu_run *run);

/* --- verbs ------------------------------------------------------------------- */

int verb_run(int argc, char **argv);
int verb_build(int argc, char **argv);
int verb_inspect(int argc, char **argv);
int verb_trace(int argc, char **argv);
int verb_bench(int argc, char **argv);
