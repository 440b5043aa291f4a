/*
 * A QEMU plugin that counts executed instructions, privileged or not, and writes
 * the counts down whenever a marker executes: the A32 hint DBG #n, which does
 * nothing on any ARMv7 processor and which user code may execute, natively and
 * in a VM alike.
 *
 *   -plugin count.so,out=FILE[,vmm=LO-HI][,part=LO-HI][,first=ADDRESS][,stop=on]
 *
 * A line a marker: N ALL VMM PART.  ALL is every instruction so far, VMM those at virtual addresses from LO up to
 * HI (umbra's own), PART those in another such range.  'first' names the instruction at which umbra enters its
 * guest: a line "first ALL VMM PART" when it executes for the first time; with 'stop' QEMU ends there.
 * Addresses are hexadecimal.
 *
 * QEMU's header for plugins is in no Debian package; what is used of its
 * interface, version 1, is declared here.
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
enum { QEMU_PLUGIN_CB_NO_REGS = 0, QEMU_PLUGIN_INLINE_ADD_U64 = 0 };

size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t index);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *insn);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *insn);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);
void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id,
                                           void (*cb)(qemu_plugin_id_t id, struct qemu_plugin_tb *tb));
void qemu_plugin_register_vcpu_insn_exec_inline(struct qemu_plugin_insn *insn, int op, void *ptr, uint64_t imm);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn,
                                            void (*cb)(unsigned vcpu, void *data), int flags, void *data);

#define EXPORT __attribute__((visibility("default")))
#define DBG 0xe320f0f0u

EXPORT int qemu_plugin_version = 1;

enum { REST, VMM, PART, KINDS };

static uint64_t counts[KINDS];
static uint64_t lo[KINDS], hi[KINDS], first;
static bool stop;
static FILE *out;

static void put(const char *what)
{
    fprintf(out, "%s %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", what, counts[REST] + counts[VMM] + counts[PART],
            counts[VMM] + counts[PART], counts[PART]);
    fflush(out);
}

static void on_marker(unsigned vcpu, void *data)
{
    char number[12];
    (void)vcpu;
    snprintf(number, sizeof(number), "%u", (unsigned)(uintptr_t)data);
    put(number);
}

static void on_first(unsigned vcpu, void *data)
{
    static bool seen;
    (void)vcpu, (void)data;
    if (seen)
        return;
    seen = true;
    put("first");
    if (stop)
        exit(0);
}

enum kind { NOTHING, MARKER, FIRST };

static enum kind kind_of(const struct qemu_plugin_insn *insn, uint32_t *marker)
{
    uint32_t code = 0;
    if (first && qemu_plugin_insn_vaddr(insn) == first)
        return FIRST;
    if (qemu_plugin_insn_size(insn) != 4)
        return NOTHING;
    memcpy(&code, qemu_plugin_insn_data(insn), 4);
    *marker = code & 15;
    return (code & ~15u) == DBG ? MARKER : NOTHING;
}

static void on_translation(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
    (void)id;
    for (size_t i = 0; i < qemu_plugin_tb_n_insns(tb); i++) {
        struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
        uint64_t address = qemu_plugin_insn_vaddr(insn);
        uint32_t marker = 0;
        int range = KINDS;

        while (--range > REST && (address < lo[range] || address >= hi[range]))
            continue;
        qemu_plugin_register_vcpu_insn_exec_inline(insn, QEMU_PLUGIN_INLINE_ADD_U64, &counts[range], 1);
        switch (kind_of(insn, &marker)) {
        case MARKER:
            qemu_plugin_register_vcpu_insn_exec_cb(insn, on_marker, QEMU_PLUGIN_CB_NO_REGS, (void *)(uintptr_t)marker);
            break;
        case FIRST:
            qemu_plugin_register_vcpu_insn_exec_cb(insn, on_first, QEMU_PLUGIN_CB_NO_REGS, NULL);
            break;
        case NOTHING:
            break;
        }
    }
}

static bool take_range(int range, const char *text)
{
    return sscanf(text, "%" SCNx64 "-%" SCNx64, &lo[range], &hi[range]) == 2;
}

static bool take(const char *arg)
{
    if (!strncmp(arg, "out=", 4))
        return (out = fopen(arg + 4, "w")) != NULL;
    if (!strncmp(arg, "vmm=", 4))
        return take_range(VMM, arg + 4);
    if (!strncmp(arg, "part=", 5))
        return take_range(PART, arg + 5);
    if (!strncmp(arg, "first=", 6))
        return sscanf(arg + 6, "%" SCNx64, &first) == 1;
    stop = !strcmp(arg, "stop=on");
    return stop;
}

EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const struct qemu_info *info, int argc, char **argv)
{
    (void)info;
    for (int i = 0; i < argc; i++)
        if (!take(argv[i])) {
            fprintf(stderr, "count: not understood, or no such file: %s\n", argv[i]);
            return -1;
        }
    if (!out) {
        fprintf(stderr, "count: usage: -plugin count.so,out=FILE; bench/count.c tells the rest\n");
        return -1;
    }
    qemu_plugin_register_vcpu_tb_trans_cb(id, on_translation);
    return 0;
}
