/* umbra proper: from a host that is mapped to a stop. */
#include "arch/armv7/mmu.h"
#include "arch/armv7/sysreg.h"
#include "drv/host.h"
#include "lib/bits.h"
#include "lib/log.h"

static void print_host(void)
{
    log_info("a virtual machine monitor; host: %s, MIDR 0x%08lx, %lu MiB at 0x%08lx", host.model,
             (unsigned long)read_midr(), (unsigned long)(host.ram_size / MiB), (unsigned long)host.ram_base);
    log_info("console %s (interrupt %d), %s, %s at %lu Hz (interrupt %d)", host.uart->name, host.uart->irq,
             host.irqchip->name, host.timer->name, (unsigned long)host.timer->hz, host.timer->irq);
    log_info("image and pool at 0x%08lx-0x%08lx, bundle at 0x%08lx-0x%08lx", (unsigned long)vmm_pa_start,
             (unsigned long)vmm_pa_end, (unsigned long)host.initrd_start, (unsigned long)host.initrd_end);
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
    host_exit(0);
}
