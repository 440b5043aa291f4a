#pragma once
/* Counters, one line each: X(field, "what the user reads"). */
#include <stdint.h>

/* Why the guest left the processor: each exit counts once, in exit_total and here. */
#define VM_EXITS(X)                                              \
    X(exit_svc_user, "exit: SVC from guest user")                \
    X(exit_und_user, "exit: UNDEFINED in guest user")            \
    X(exit_pabt_user, "exit: prefetch abort in guest user")      \
    X(exit_dabt_user, "exit: data abort in guest user")          \
    X(exit_irq, "exit: host interrupt")                          \
    X(exit_emulate, "exit: sensitive instruction")               \
    X(exit_und_kernel, "exit: UNDEFINED in guest kernel")        \
    X(exit_pabt_kernel, "exit: entry not translated or mapped")  \
    X(exit_dabt_kernel, "exit: data abort in guest kernel")      \
    X(exit_pending, "exit: interrupts unmasked with one pending")\
    X(exit_lazy, "exit: translated at first execution")           \
    X(fast_svc, "short path: SVC from guest user")               \
    X(fast_eret, "short path: exception return")                 \
    X(fast_dacr, "short path: DACR write")                       \
    X(fast_dacr_fault, "short path: fault under a lazy DACR")

/* What umbra did then; the trace names the first that counted. */
#define VM_OUTCOMES(X)                                           \
    X(emul_cps, "emulated: CPS, MSR/MRS of CPSR")                \
    X(emul_spsr, "emulated: SPSR access")                        \
    X(emul_eret, "emulated: exception return")                   \
    X(emul_usr_regs, "emulated: LDM/STM of user registers")      \
    X(emul_cp15, "emulated: CP15/CP14 access")                   \
    X(emul_dacr, "emulated: DACR access")                        \
    X(emul_barrier, "emulated: DSB after TLB maintenance")       \
    X(emul_vfp, "emulated: VFP system register")                 \
    X(emul_unpriv, "emulated: LDRT/STRT")                        \
    X(emul_branch, "emulated: branch or PC access")              \
    X(emul_wfi, "emulated: WFI/WFE")                             \
    X(emul_hypercall, "emulated: SMC/HVC")                       \
    X(emul_svc, "emulated: SVC from guest kernel")               \
    X(emul_mmio, "emulated: device access")                      \
    X(emul_other, "emulated: other")                             \
    X(exc_und, "injected: UNDEFINED")                            \
    X(exc_svc, "injected: SVC")                                  \
    X(exc_pabt, "injected: prefetch abort")                      \
    X(exc_dabt, "injected: data abort")                          \
    X(exc_irq, "injected: IRQ")                                  \
    X(exc_fiq, "injected: FIQ")                                  \
    X(unsupported, "unsupported encodings made UNDEFINED")       \
    X(fault_hidden, "faults: hidden")                            \
    X(fault_reflected, "faults: reflected")                      \
    X(fault_poked, "faults: a store to a momentary mapping")

#define VM_STATS(X)                                              \
    X(exit_total, "exits, all")                                  \
    VM_EXITS(X)                                                  \
    X(emul_total, "emulated: instructions, all")                 \
    VM_OUTCOMES(X)                                               \
    X(shadow_fill, "shadow: entries filled")                     \
    X(shadow_drop, "shadow: entries dropped")                    \
    X(shadow_evict, "shadow: spaces evicted")                    \
    X(shadow_flush, "shadow: whole flushes")                     \
    X(space_switch, "space switches")                            \
    X(space_miss, "space switches that built a new shadow")      \
    X(policy_track, "policy: guest tables found by walks")       \
    X(policy_protect, "policy: guest pages write-protected")     \
    X(policy_trap, "policy: writes to tables trapped")           \
    X(policy_emulate, "policy: ... and emulated")                \
    X(policy_mirror, "policy: entries changed or dropped after them") \
    X(policy_eager, "policy: entries filled by them")            \
    X(policy_desync, "policy: tables let out of sync")           \
    X(policy_resync, "policy: tables synchronized again")        \
    X(policy_release, "policy: tables released after many writes") \
    X(tlbi_all, "TLBIALL, ITLBIALL, DTLBIALL")                   \
    X(tlbi_asid, "TLBIASID")                                     \
    X(tlbi_mva, "TLBIMVA")                                       \
    X(tlbi_mvaa, "TLBIMVAA")                                     \
    X(icache_inv, "I-cache invalidations")                       \
    X(xlate_page, "translation: pages translated")               \
    X(xlate_inval, "translation: pages invalidated")             \
    X(xlate_flush, "translation: whole flushes")                 \
    X(xlate_resync, "translation: words translated again")            \
    X(xlate_dirty, "translation: writes to watched pages")       \
    X(xlate_compare, "translation: written pages compared")

struct vm_stats {
#define VM_STATS_FIELD(name, text) uint64_t name;
    VM_STATS(VM_STATS_FIELD)
#undef VM_STATS_FIELD
};

/* In the order of VM_EXITS. */
enum exit_reason {
#define EXIT_REASON(name, text) REASON_##name,
    VM_EXITS(EXIT_REASON)
#undef EXIT_REASON
    REASON_COUNT
};

/* What umbra uses now.  X(name, "what the user reads") */
#define VM_GAUGES(X)                                      \
    X(mem_spaces, "memory: shadow spaces in use")         \
    X(mem_l2_tables, "memory: second-level shadow tables")\
    X(mem_xlate_pages, "memory: translated pages now")    \
    X(mem_xlate_sites, "memory: translated sites now")    \
    X(mem_arena_pages, "memory: stub and displaced pages now") \
    X(mem_pool_used, "memory: pool used, pages")          \
    X(mem_pool_total, "memory: pool, pages")

struct vm_gauges {
#define VM_GAUGES_FIELD(name, text) uint32_t name;
    VM_GAUGES(VM_GAUGES_FIELD)
#undef VM_GAUGES_FIELD
};
