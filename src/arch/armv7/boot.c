/*
 * The first C code, already in the window: keeps the device tree, maps the
 * host's RAM, and refuses a placement that the loader made impossible.
 *
 * Nothing can be said before a console is found in the tree.  Without a tree
 * the processor stops; for every later error a console is tried first.
 */
#include "arch/armv7/boot.h"
#include <libfdt.h>
#include <string.h>
#include "arch/armv7/cache.h"
#include "arch/armv7/mmu.h"
#include "drv/fdt_util.h"
#include "drv/host.h"
#include "lib/bits.h"
#include "lib/check.h"
#include "lib/log.h"

uint32_t host_l1[4096] __attribute__((aligned(16384), section(".bss.l1,\"aw\",%nobits@")));
uint32_t kmap_l2[VMM_KMAP_SIZE / 4096] __attribute__((aligned(1024)));
uint32_t dev_l2[256] __attribute__((aligned(1024)));
uint8_t boot_fdt[BOOT_FDT_MAX] __attribute__((aligned(8)));

void *pool_base;
uint32_t pool_size;
uint32_t vmm_pa_start, vmm_pa_end;

uint32_t vmm_va_to_pa(const void *va)
{
    uint32_t entry = host_l1[(uint32_t)va >> 20];

    CHECK((uint32_t)va >= VMM_BASE && (uint32_t)va < VMM_POOL + pool_size && (entry & 3) == L1_SECTION);
    return (entry & 0xfff00000u) | ((uint32_t)va & 0xfffffu);
}

/* VA = PA for [start, end); the window's own addresses are left as they are. */
static void map_identity(uint32_t start, uint32_t end)
{
    for (uint32_t mib = start >> 20; mib < end >> 20 && mib < VMM_BASE >> 20; mib++)
        host_l1[mib] = (mib << 20) | L1_VMM_SECTION;
    pte_written(host_l1, sizeof(host_l1));
    isb();
}

static bool overlaps(uint32_t a_start, uint32_t a_end, uint32_t b_start, uint32_t b_end)
{
    return a_start < b_end && b_start < a_end;
}

/* A console on whatever tree there is, one message, the end. */
static __attribute__((noreturn, format(printf, 3, 4))) void
refuse(const void *fdt, size_t size, const char *fmt, ...)
{
    va_list ap;

    host_probe(fdt, size);
    va_start(ap, fmt);
    log_raw("umbra: boot: ");
    log_vraw(fmt, ap);
    log_raw("\n");
    va_end(ap);
    host_exit(EXIT_HOST);
}

/* Image and pool must be RAM, and must not have been copied over the bundle. */
static void check_placement(uint32_t ram_base, uint32_t ram_size, uint32_t loaded_at)
{
    uint32_t start, end, ram_end = ram_base + ram_size;

    if (vmm_pa_start < ram_base || vmm_pa_end > ram_end || vmm_pa_end < vmm_pa_start)
        refuse(boot_fdt, BOOT_FDT_MAX,
               "umbra needs 0x%08lx-0x%08lx, but RAM is 0x%08lx-0x%08lx: give the machine more memory,"
               " or load umbra (now at 0x%08lx) lower",
               (unsigned long)vmm_pa_start, (unsigned long)vmm_pa_end, (unsigned long)ram_base,
               (unsigned long)ram_end, (unsigned long)loaded_at);
    if (fdt_get_initrd(boot_fdt, &start, &end) == 0 && overlaps(start, end, vmm_pa_start, vmm_pa_end))
        refuse(boot_fdt, BOOT_FDT_MAX,
               "the bundle (initrd) at 0x%08lx-0x%08lx is where umbra has to live, 0x%08lx-0x%08lx:"
               " load it higher, or give the machine more memory",
               (unsigned long)start, (unsigned long)end, (unsigned long)vmm_pa_start,
               (unsigned long)vmm_pa_end);
}

void boot_main(uint32_t dtb_pa, uint32_t dtb_size, uint32_t image_pa, uint32_t loaded_at)
{
    uint32_t image_size = ALIGN_UP((uint32_t)image_total_size, MiB);
    void *dtb = (void *)dtb_pa;
    uint32_t ram_base, ram_size;

    vmm_pa_start = image_pa;
    vmm_pa_end = image_pa + image_size + VMM_POOL_SIZE;
    pool_base = (void *)VMM_POOL;
    pool_size = VMM_POOL_SIZE;
    if (!dtb_pa)
        return;
    if (dtb_size > BOOT_FDT_MAX) {
        map_identity(dtb_pa, dtb_pa + dtb_size + MiB);
        /* loaders like to leave room for their own additions */
        if (!fdt_check_full(dtb, dtb_size) && !fdt_pack(dtb))
            dtb_size = fdt_totalsize(dtb);
    }
    if (dtb_size > BOOT_FDT_MAX)
        refuse(dtb, dtb_size, "the device tree has %lu bytes, umbra takes at most %lu",
               (unsigned long)dtb_size, (unsigned long)BOOT_FDT_MAX);
    memcpy(boot_fdt, dtb, dtb_size);
    if (fdt_check_full(boot_fdt, BOOT_FDT_MAX) || fdt_get_memory(boot_fdt, &ram_base, &ram_size))
        refuse(boot_fdt, BOOT_FDT_MAX, "the device tree is damaged, or has no memory node");
    map_identity(ram_base, ram_base + ram_size);
    check_placement(ram_base, ram_size, loaded_at);
    vmm_main(dtb_pa);
}

volatile void *host_map_device(uint32_t pa, uint32_t size)
{
    static unsigned used;
    uint32_t first = ALIGN_DOWN(pa, 4 * KiB), pages = (ALIGN_UP(pa + size, 4 * KiB) - first) / (4 * KiB);
    unsigned slot = used;

    /* devices that share a page share its mapping */
    for (unsigned i = 0; i < used && pages == 1; i++)
        if (dev_l2[i] == (first | L2_VMM_DEVICE))
            slot = i;
    CHECK(slot < used || used + pages <= ARRAY_SIZE(dev_l2));
    if (slot == used) {
        for (unsigned i = 0; i < pages; i++)
            dev_l2[used++] = (first + i * 4 * KiB) | L2_VMM_DEVICE;
        pte_written(&dev_l2[slot], pages * sizeof(dev_l2[0]));
        isb();
    }
    return (volatile uint8_t *)VMM_DEV + slot * 4 * KiB + (pa - first);
}
