/*
 * A QEMU plugin: how often each instruction of umbra was executed, for what gcov cannot count (assembly).
 *
 *   -plugin executed.so,out=FILE,lo=ADDRESS,hi=ADDRESS
 *
 * A line for each address executed: ADDRESS COUNT.  Addresses in [lo, hi), and before the first of those
 * all: umbra starts where it was loaded, with the MMU off.
 *
 * QEMU's header for plugins is in no Debian package; what is used of its interface, version 1, is
 * declared here.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef uint64_t qemu_plugin_id_t;
struct qemu_info;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
enum { QEMU_PLUGIN_INLINE_ADD_U64 = 0 };

size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t index);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);
void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id,
                                           void (*cb)(qemu_plugin_id_t id, struct qemu_plugin_tb *tb));
void qemu_plugin_register_vcpu_insn_exec_inline(struct qemu_plugin_insn *insn, int op, void *ptr,
                                                uint64_t imm);

#define EXPORT __attribute__((visibility("default")))

EXPORT int qemu_plugin_version = 1;

#define EARLY 0x10000u

static uint64_t lo, hi, *counts;
static struct { uint64_t address, count; } early[EARLY];
static unsigned early_count;
static bool entered;
static const char *out;

static void count(struct qemu_plugin_insn *insn, uint64_t *counter)
{
    qemu_plugin_register_vcpu_insn_exec_inline(insn, QEMU_PLUGIN_INLINE_ADD_U64, counter, 1);
}

static void count_early(struct qemu_plugin_insn *insn, uint64_t address)
{
    unsigned i = 0;

    while (i < early_count && early[i].address != address)
        i++;
    if (i == EARLY)
        return;
    early[i].address = address;
    if (i == early_count)
        early_count++;
    count(insn, &early[i].count);
}

static void on_translation(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
    (void)id;
    for (size_t i = 0; i < qemu_plugin_tb_n_insns(tb); i++) {
        struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
        uint64_t address = qemu_plugin_insn_vaddr(insn);

        if (address >= lo && address < hi) {
            entered = true;
            count(insn, &counts[(address - lo) / 4]);
        } else if (!entered) {
            count_early(insn, address);
        }
    }
}

static void put(uint64_t address, uint64_t count, FILE *f)
{
    if (count)
        fprintf(f, "%" PRIx64 " %" PRIu64 "\n", address, count);
}

static void at_exit(void)
{
    FILE *f = fopen(out, "a");

    if (!f)
        return;
    for (uint64_t a = lo; a < hi; a += 4)
        put(a, counts[(a - lo) / 4], f);
    for (unsigned i = 0; i < early_count; i++)
        put(early[i].address, early[i].count, f);
    fclose(f);
}

EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const struct qemu_info *info, int argc, char **argv)
{
    (void)info;
    for (int i = 0; i < argc; i++) {
        if (!strncmp(argv[i], "out=", 4))
            out = strdup(argv[i] + 4);
        else if (!strncmp(argv[i], "lo=", 3))
            lo = strtoull(argv[i] + 3, NULL, 16);
        else if (!strncmp(argv[i], "hi=", 3))
            hi = strtoull(argv[i] + 3, NULL, 16);
        else
            return -1;
    }
    if (!out || hi <= lo)
        return -1;
    counts = calloc((hi - lo) / 4, sizeof(*counts));
    if (!counts)
        return -1;
    atexit(at_exit);
    qemu_plugin_register_vcpu_tb_trans_cb(id, on_translation);
    return 0;
}
