/* umbra proper: from a host that is mapped to a VM that has stopped. */
#include <string.h>

#include "arch/arch.h"
#include "arch/armv7/boot.h"
#include "arch/armv7/cache.h"
#include "arch/armv7/guest.h"
#include "arch/armv7/mmu.h"
#include "core/cp15.h"
#include "core/gmem.h"
#include "core/pool.h"
#include "drv/host.h"
#include "drv/host_file.h"
#include "lib/bits.h"
#include "lib/check.h"
#include "lib/log.h"
#include "shadow/desc.h"
#include "shadow/policy.h"
#include "vmm/bundle.h"
#include "vmm/integrity.h"
#include "vmm/vm_virt.h"
#include "vmm/vmdesc.h"
#include "vmm/trace.h"
#include "vmm/vmm.h"
#include "vmm/world.h"
#include "xlate/check.h"

/* Each side of the VM's memory; a section mapped too far would hit all of it. */
#define CANARY_SIZE MiB

struct vmm vmm;

/* What every view of the guest starts from: the VMM's window and nothing else. */
static uint32_t window_l1[4096] __attribute__((aligned(16384), section(".bss.l1,\"aw\",%nobits@")));
static uint32_t state_l2[256] __attribute__((aligned(1024)));
static struct vmdesc desc;
static void *trace_buffer;

/* Exit codes of a run, docs/exit-codes.md. */
enum { EXIT_POWER_OFF = 0, EXIT_RESET = 10, EXIT_STOPPED = 11 };

static void print_host(void)
{
    log_info("a virtual machine monitor; host: %s, MIDR 0x%08lx, %lu MiB at 0x%08lx", host.model,
             (unsigned long)read_midr(), (unsigned long)(host.ram_size / MiB), (unsigned long)host.ram_base);
    log_info("console %s (interrupt %d), %s, %s at %lu Hz (interrupt %d)", host.uart->name, host.uart->irq,
             host.irqchip->name, host.timer->name, (unsigned long)host.timer->hz, host.timer->irq);
    log_info("image and pool at 0x%08lx-0x%08lx, bundle at 0x%08lx-0x%08lx", (unsigned long)vmm_pa_start,
             (unsigned long)vmm_pa_end, (unsigned long)host.initrd_start, (unsigned long)host.initrd_end);
}

static uint32_t seconds(void *ctx)
{
    (void)ctx;
    /* No board here has a clock that keeps the time of day: the guest's starts at a fixed date. */
    return 1704067200u + (uint32_t)(clock_now() / VIRT_TIMER_HZ);
}

static void gauges(void *ctx, struct vm_gauges *now)
{
    (void)ctx;
    world_count();
    stats_gauges(now);
}

static uint64_t ticks(void *ctx)
{
    (void)ctx;
    return clock_now();
}

static uint32_t state_entry(hpa_t page)
{
    return desc_small(page, true, false);
}

static uint32_t code_entry(hpa_t page)
{
    return desc_small(page, false, true);
}

static bool mib_free(void *ctx, uint32_t mib)
{
    (void)ctx;
    return shadow_mib_free(&vmm.shadow, mib);
}

static unsigned mib_code(void *ctx, uint32_t mib)
{
    (void)ctx;
    return shadow_mib_code(&vmm.shadow, mib);
}

static bool read_page(void *ctx, gpa_t page, uint32_t words[1024])
{
    (void)ctx;
    return gmem_read(&vmm.vm, page, words, 4096);
}

static void unmap(void *ctx, uint32_t va)
{
    (void)ctx;
    shadow_drop_kernel_va(&vmm.shadow, va);
}

static bool read_words(void *ctx, gpa_t page, unsigned first, uint32_t *words, unsigned count)
{
    (void)ctx;
    return codesync_words(page, first, words, count);
}

static const struct xlate_ops xlate_ops = { mib_free, mib_code, read_page, code_entry, state_entry, unmap, read_words };

/* On demand: the canaries and hashes of integrity.h. */
static bool verifying(void)
{
#ifdef UMBRA_AUDIT
    return true;
#else
    return strstr(host.bootargs, "umbra.verify");
#endif
}

/* Room for the guest's RAM, 1 MiB aligned, clear of umbra and of the bundle; 0 when there is none. */
static uint32_t find_ram(uint32_t size)
{
    uint32_t end = ALIGN_DOWN(host.ram_base + host.ram_size, MiB), step = MiB;

    for (uint32_t start = end - size; size <= host.ram_size && start >= vmm_pa_end && start < end; start -= step) {
        if (start >= host.initrd_end || start + size <= host.initrd_start)
            return start;
    }
    return 0;
}

static const struct shadow_policy *const policies[] = {
    [VM_POLICY_TLB] = &shadow_policy_tlb,
    [VM_POLICY_TRAP] = &shadow_policy_trap,
    [VM_POLICY_OOS] = &shadow_policy_oos,
};

/* Memory for as long as umbra runs: from the end of what the pool will be. */
static void *take(uint32_t size)
{
    pool_size -= ALIGN_UP(size, 4096);
    return memset((uint8_t *)pool_base + pool_size, 0, size);
}

static void init_engines(void)
{
    uint32_t pages = vmm.vm.ram_size / 4096;
    uint8_t *ram_pages = take(pages), *code_bits = take(pages / 8 + 1);
    struct shadow_config config = {
        .vm = &vmm.vm, .window_l1 = window_l1, .code_offset = XLATE_D, .page_has_code = codesync_watched,
        .policy = policies[desc.policy], .no_space_cache = !desc.space_cache,
    };

    trace_buffer = host_file_wanted("umbra.trace=") ? take(TRACE_BUFFER) : NULL;
    pool_init(pool_base, hpa(vmm_va_to_pa(pool_base)), pool_size, 2 * SHADOW_MAX_SPACES + 1);
    for (unsigned mib = VMM_BASE >> 20; mib < VMM_END >> 20; mib++)
        window_l1[mib] = host_l1[mib];
    window_l1[VMM_STATE >> 20] = 0;
    vmm.state = pool_page_alloc();
    memset(vmm.state, 0, 4096);
    state_l2[0] = state_entry(pool_hpa(vmm.state));
    host_l1[VMM_STATE >> 20] = vmm_va_to_pa(state_l2) | DESC_L1_TABLE | HOST_DOMAIN_VMM << 5;
    config.state_entry = host_l1[VMM_STATE >> 20];
    arch_clean_range(state_l2, sizeof(state_l2));
    arch_clean_range(window_l1, sizeof(window_l1));
    arch_clean_range(host_l1, sizeof(host_l1));
    shadow_init(&vmm.shadow, &config);
    xlate_init(&vmm.xlate, &xlate_ops, NULL, vmm.state, vmm.vm.ram_base, pages, code_bits);
    vmm.without = desc.without;
    vmm.xlate.no_system_stubs = desc.without & WITHOUT_SYSTEM_STUBS;
    vmm.xlate.lazy_stubs = !(desc.without & WITHOUT_LAZY_STUBS);
    vmm.xlate.traces = !(desc.without & (WITHOUT_LAZY_STUBS | WITHOUT_TRACES));
    cp15_constant(0, 0, 0, 0, &vmm.xlate.midr);
    cp15_constant(0, 0, 0, 1, &vmm.xlate.ctr);
    vmm.xlate.no_lazy_dacr = desc.without & WITHOUT_LAZY_DACR;
    /* the queue lives in the state page, and its DSBs are system stubs */
    vmm.xlate.no_tlbi_queue = desc.without & (WITHOUT_TLBI_QUEUE | WITHOUT_SYSTEM_STUBS);
    vmm.state->tlbi_next = VMM_STATE + STATE_QUEUE;
    vmm.state->tlbi_absent = STATE_NONE_ABSENT;
    vmm.age = 1;
    codesync_init(ram_pages);
}

static int load_vm(void)
{
    const struct vm_virt_hooks hooks = { console_tx, console_rx_ready, seconds,    gauges,    ticks,
                                         NULL,       flash_host,       fwcfg_host };
    struct bundle bundle;
    uint32_t canary = verifying() ? CANARY_SIZE : 0, ram;

    if (bundle_open(&bundle, (const void *)host.initrd_start, host.initrd_end - host.initrd_start) < 0)
        return -1;
    if (bundle.vm_count != 1) {
        log_info("bundle: %d virtual machines; this version runs exactly one", bundle.vm_count);
        return -1;
    }
    if (vmdesc_parse(&bundle, 0, &desc) < 0 || vmdesc_check_host(&desc, host.ram_size) < 0)
        return -1;
    ram = find_ram(vmdesc_host_size(&desc) + 2 * canary);
    if (!ram) {
        log_info("bundle: vm %s wants %lu MiB of memory; beside umbra and the bundle the host has no such room",
                 desc.name, (unsigned long)(vmdesc_host_size(&desc) / MiB));
        return -1;
    }
    ram += canary;
    vcpu_reset(&vmm.vm.vcpu);
    vmm.vm.vcpu.vm = &vmm.vm;
    vmm.vm.ram_hpa = hpa(ram);
    vmm.start_ticks = host.timer->now();
    vm_create_virt(&vmm.vm, &vmm.machine, &desc, &hooks);
    for (unsigned i = 0; i < vmm.vm.rom_count; i++)
        vmm.vm.roms[i].hpa = hpa(ram + desc.memory_size + i * VIRT_FLASH_BANK);
    return vm_virt_load(&vmm.vm, &desc, (void *)ram, (void *)(ram + desc.memory_size));
}

static void watch_static(const char *what, const void *start, uint32_t size)
{
    integrity_watch(what, vmm_va_to_pa(start), size);
}

/* What the guest must not change: beside its memory, and of umbra whatever is constant while it runs. */
static void watch(void)
{
    const struct vm *vm = &vmm.vm;

    if (!verifying())
        return;
    integrity_canary("canary below the VM's memory", vm->ram_hpa.v - CANARY_SIZE, CANARY_SIZE);
    integrity_canary("canary above the VM's memory", vm->ram_hpa.v + vmdesc_host_size(&desc), CANARY_SIZE);
    watch_static("image: text and constants", image_start, (uint32_t)image_const_end - (uint32_t)image_start);
    watch_static("host's first-level table", host_l1, sizeof(host_l1));
    watch_static("the window's first-level table", window_l1, sizeof(window_l1));
    watch_static("device mappings", dev_l2, sizeof(dev_l2));
    watch_static("the state page's table", state_l2, sizeof(state_l2));
    watch_static("the board's device tree", boot_fdt, BOOT_FDT_MAX);
    integrity_watch("bundle", host.initrd_start, host.initrd_end - host.initrd_start);
}

#ifdef UMBRA_AUDIT
/* "umbra.break=canary" and "umbra.break=image" show that the check can fail. */
static void break_something(void)
{
    uint32_t pa = 0;

    if (strstr(host.bootargs, "umbra.break=canary"))
        pa = vmm.vm.ram_hpa.v + vmdesc_host_size(&desc) + 0x5678;
    if (strstr(host.bootargs, "umbra.break=image"))
        pa = vmm_va_to_pa(image_const_end) - 1;
    if (pa)
        ((uint8_t *)arch_map_page(ALIGN_DOWN(pa, 4 * KiB)))[pa % (4 * KiB)] ^= 1;
}
#endif

/* The laws, on everything there is when the VM ends: integrity on demand, audits in debug builds. */
static bool verify(void)
{
    bool intact;

#ifdef UMBRA_AUDIT
    break_something();
#endif
    intact = !verifying() || integrity_check();
#ifdef UMBRA_AUDIT
    unsigned entries = shadow_audit(&vmm.shadow);
    struct check_result code = xlate_check(&vmm.xlate);

    log_info("audit: %u bad shadow entries", entries);
    log_info("check: %lu A32 words and %lu T32 instructions executable in guest kernel mode, %lu sensitive",
             (unsigned long)code.words, (unsigned long)code.halves, (unsigned long)code.bad);
    return intact && entries == 0 && code.bad == 0;
#else
    return intact;
#endif
}

static int finish(void)
{
    struct vm *vm = &vmm.vm;

    trace_stop();
    sample_stop();
    if (!verify())
        return EXIT_PANIC;
    if (strstr(host.bootargs, "umbra.stats"))
        stats_print();
    switch (vm->state) {
    case VM_POWERED_OFF: log_info("%s: powered off", vm->name); return EXIT_POWER_OFF;
    case VM_RESET: log_info("%s: reset", vm->name); return EXIT_RESET;
    default: log_info("%s: stopped by umbra", vm->name); return EXIT_STOPPED;
    }
}

void vmm_main(uint32_t dtb_pa)
{
    (void)dtb_pa;
    if (host_probe(boot_fdt, BOOT_FDT_MAX) != HOST_OK)
        host_exit(EXIT_HOST);
    print_host();
    if (!host.initrd_start) {
        log_info("no bundle: the loader gave no initrd");
        host_exit(EXIT_HOST);
    }
    if (load_vm() < 0)
        host_exit(EXIT_HOST);
    init_engines();
    guest_init(&vmm.vm.vcpu, vmm.state);
    shadow_set_space(&vmm.shadow, &(struct walk_regs){ .sctlr = vmm.vm.vcpu.cp15.sctlr }, 0);
    host.irqchip->enable((unsigned)host.timer->irq);
    host.irqchip->enable((unsigned)host.uart->irq);
    host.uart->enable_rx_irq();
    log_info("%s: %lu MiB at host 0x%08lx, entry 0x%08lx", vmm.vm.name, (unsigned long)(vmm.vm.ram_size / MiB),
             (unsigned long)vmm.vm.ram_hpa.v, (unsigned long)vmm.vm.vcpu.r[15]);
    watch();
    trace_start(trace_buffer);
    sample_start();
    light_init(!trace_on && !(vmm.without & WITHOUT_FAST_PATHS));
    guest_forget_boot(vmm_va_to_pa(window_l1));
    vmm_run();
    host_exit(finish());
}
