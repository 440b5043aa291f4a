/*
 * The trace: see trace.h, and docs/tracing.md for the file.
 *
 * A record is begun when the guest leaves and ended when it is entered again, so that
 * it can tell what the exit came to and how long it took.  Records gather in a buffer; when
 * it is full the run stands still while the host writes it, so that nothing is ever lost and
 * memory is bounded.  With the deterministic clock the writing takes no virtual time.
 */
#include "vmm/trace.h"
#include <stddef.h>
#include <string.h>
#include "arch/armv7/sysreg.h"
#include "drv/host_file.h"
#include "lib/bits.h"
#include "vmm/vmm.h"

#define TRACE_VERSION 1u
/* A run that is killed leaves all but the last quarter of a second. */
#define FLUSH_TICKS (VIRT_TIMER_HZ / 4)
/* Kinds of record beside the exits' reasons. */
#define RECORD_SPACE 0xf0u
#define RECORD_GAP 0xf1u
#define RECORD_END 0xffu

struct trace_header {
    char magic[8];
    uint32_t version, header_size, record_size, tick_hz;
    uint32_t reasons, outcomes, names_size, reserved;
    char vm_name[32];
};

struct trace_record {
    uint32_t ticks;    /* since the record before */
    uint32_t pc;
    uint32_t arg;
    uint32_t duration; /* ticks until the guest was entered again */
    uint8_t kind, outcome, psr, reserved;
};
_Static_assert(sizeof(struct trace_header) == 72 && sizeof(struct trace_record) == 20, "docs/tracing.md");
_Static_assert(TRACE_BUFFER % sizeof(struct trace_record) == 0, "whole records");

#define NAME_FIELD(name, text) #name "\0"
static const char names[] __attribute__((aligned(4))) = VM_EXITS(NAME_FIELD) VM_OUTCOMES(NAME_FIELD) "\0\0\0";
#undef NAME_FIELD
/* The padding above is for this. */
#define NAMES_SIZE ALIGN_DOWN(sizeof(names) - 1, 4)

#define OUTCOME_FIRST (offsetof(struct vm_stats, emul_cps) / sizeof(uint64_t))
#define OUTCOME_COUNT (sizeof(struct outcomes) / sizeof(uint64_t))
struct outcomes {
#define OUTCOME_FIELD(name, text) uint64_t name;
    VM_OUTCOMES(OUTCOME_FIELD)
#undef OUTCOME_FIELD
};

bool trace_on;

static struct host_file file;
static struct trace_record record;
static bool begun;              /* 'record' waits for its end */
static uint64_t left_ticks;     /* when the guest left */
static uint64_t last_ticks, flushed_ticks, exits;
static struct outcomes before;
static uint32_t contextidr, ttbr0;

static const struct outcomes *outcomes(void)
{
    return (const struct outcomes *)((const uint64_t *)&vmm.vm.stats + OUTCOME_FIRST);
}

static void put(const struct trace_record *r)
{
    host_file_write(&file, r, sizeof(*r));
    if (last_ticks - flushed_ticks > FLUSH_TICKS) {
        host_file_flush(&file);
        flushed_ticks = last_ticks;
    }
    trace_on = file.open;
}

static void begin(uint64_t now, uint8_t kind, uint32_t pc, uint32_t arg)
{
    uint64_t gap = now - last_ticks;

    if (gap >> 32) {
        put(&(struct trace_record){ .kind = RECORD_GAP, .pc = (uint32_t)gap, .arg = (uint32_t)(gap >> 32) });
        gap = 0;
    }
    last_ticks = now;
    record = (struct trace_record){ .ticks = (uint32_t)gap, .pc = pc, .arg = arg, .kind = kind,
                                    .psr = (uint8_t)vmm.vm.vcpu.cpsr };
}

static void record_space(const struct vcpu *vcpu)
{
    if (vcpu->cp15.contextidr == contextidr && vcpu->cp15.ttbr0 == ttbr0)
        return;
    contextidr = vcpu->cp15.contextidr;
    ttbr0 = vcpu->cp15.ttbr0;
    begin(left_ticks, RECORD_SPACE, contextidr, ttbr0);
    put(&record);
}

/* What a reader wants to know beside the PC. */
static uint32_t argument(const struct vcpu *vcpu, enum exit_reason reason)
{
    uint32_t insn = 0;
    unsigned size;

    switch (reason) {
    case REASON_exit_dabt_user:
    case REASON_exit_dabt_kernel: return read_dfar();
    case REASON_exit_pabt_user:
    case REASON_exit_pabt_kernel: return read_ifsr();
    case REASON_exit_svc_user: return vcpu->r[7];
    case REASON_exit_und_user:
    case REASON_exit_und_kernel:
    case REASON_exit_emulate: return access_insn((struct vcpu *)vcpu, &insn, &size) ? insn : 0;
    default: return 0;
    }
}

void trace_record_left(void)
{
    left_ticks = clock_now();
}

void trace_record_exit(const struct vcpu *vcpu, enum exit_reason reason)
{
    record_space(vcpu);
    begin(left_ticks, (uint8_t)reason, vcpu->r[15], argument(vcpu, reason));
    begun = true;
    exits++;
}

/* The first of the outcomes' counters that changed, from 1; 0: none did. */
static uint8_t outcome(void)
{
    const uint64_t *was = (const uint64_t *)&before, *is = (const uint64_t *)outcomes();

    for (unsigned i = 0; i < OUTCOME_COUNT; i++)
        if (is[i] != was[i])
            return (uint8_t)(i + 1);
    return 0;
}

void trace_record_entry(void)
{
    uint64_t duration;

    if (!begun)
        return;
    begun = false;
    duration = clock_now() - last_ticks;
    record.duration = duration >> 32 ? UINT32_MAX : (uint32_t)duration;
    record.outcome = outcome();
    before = *outcomes(); /* the next one's: nothing counts while the guest runs */
    put(&record);
}

void trace_start(void *buffer)
{
    struct trace_header header = {
        .magic = "UMBTRACE",
        .version = TRACE_VERSION,
        .header_size = sizeof(header) + NAMES_SIZE,
        .record_size = sizeof(struct trace_record),
        .tick_hz = VIRT_TIMER_HZ,
        .reasons = REASON_COUNT,
        .outcomes = OUTCOME_COUNT,
        .names_size = NAMES_SIZE,
    };

    if (!buffer || !host_file_create(&file, "umbra.trace=", "trace", buffer, TRACE_BUFFER))
        return;
    strcpy(header.vm_name, vmm.vm.name);
    host_file_write(&file, &header, sizeof(header));
    host_file_write(&file, names, NAMES_SIZE);
    host_file_flush(&file);
    trace_on = file.open;
}

void trace_stop(void)
{
    if (!trace_on)
        return;
    trace_record_entry();
    begin(clock_now(), RECORD_END, (uint32_t)exits, (uint32_t)(exits >> 32));
    put(&record);
    host_file_close(&file);
    trace_on = false;
}
