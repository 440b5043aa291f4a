/* The guest's device tree: see guest_fdt.h. */
#include <assert.h>
#include <libfdt.h>
#include <string.h>
#include "core/vm.h"
#include "lib/bits.h"
#include "lib/log.h"
#include "vdev/vdev_fdt.h"
#include "vmm/guest_fdt.h"
#include "vmm/vm_virt.h"
#include "vmm/vmdesc.h"

#define CONSOLE_NODE "/pl011@9000000"
static_assert(VIRT_UART_BASE == 0x09000000, "CONSOLE_NODE is the console's node");

/* ---- the generated tree, with libfdt's sequential-write functions ---- */

static int root_properties(void *fdt)
{
    int err = fdt_property_string(fdt, "compatible", "linux,dummy-virt");

    err = err ? err : fdt_property_string(fdt, "model", "umbra,virt");
    err = err ? err : fdt_property_u32(fdt, "#address-cells", 2);
    err = err ? err : fdt_property_u32(fdt, "#size-cells", 2);
    return err ? err : fdt_property_u32(fdt, "interrupt-parent", FDT_PHANDLE_GIC);
}

static int aliases_node(void *fdt)
{
    int err = fdt_begin_node(fdt, "aliases");

    err = err ? err : fdt_property_string(fdt, "serial0", CONSOLE_NODE);
    return err ? err : fdt_end_node(fdt);
}

static int chosen_node(void *fdt, const struct vmdesc *d)
{
    int err = fdt_begin_node(fdt, "chosen");

    err = err ? err : fdt_property_string(fdt, "bootargs", d->bootargs);
    err = err ? err : fdt_property_string(fdt, "stdout-path", CONSOLE_NODE);
    if (d->ramdisk.size && !d->firmware.size) {
        err = err ? err : fdt_property_u32(fdt, "linux,initrd-start", d->ramdisk.load);
        err = err ? err : fdt_property_u32(fdt, "linux,initrd-end", d->ramdisk.load + d->ramdisk.size);
    }
    return err ? err : fdt_end_node(fdt);
}

static int memory_node(void *fdt, const struct vm *vm)
{
    int err = vdev_fdt_begin(fdt, "memory", vm->ram_base, vm->ram_size);

    err = err ? err : fdt_property_string(fdt, "device_type", "memory");
    return err ? err : fdt_end_node(fdt);
}

static int cpus_node(void *fdt)
{
    int err = fdt_begin_node(fdt, "cpus");

    err = err ? err : fdt_property_u32(fdt, "#address-cells", 1);
    err = err ? err : fdt_property_u32(fdt, "#size-cells", 0);
    err = err ? err : vdev_fdt_begin_unit(fdt, "cpu", 0);
    err = err ? err : fdt_property_string(fdt, "device_type", "cpu");
    err = err ? err : fdt_property_string(fdt, "compatible", "arm,cortex-a8");
    err = err ? err : fdt_property_u32(fdt, "reg", 0);
    err = err ? err : fdt_end_node(fdt);
    return err ? err : fdt_end_node(fdt);
}

/* Order of the "arm,armv7-timer" binding; the guest's frequency comes from CNTFRQ. */
static int timer_node(void *fdt)
{
    static const uint8_t ids[] = { VIRT_IRQ_PHYS_TIMER_S, VIRT_IRQ_PHYS_TIMER, VIRT_IRQ_VIRT_TIMER,
                                   VIRT_IRQ_HYP_TIMER };
    uint32_t cells[ARRAY_SIZE(ids)][3];
    int err = fdt_begin_node(fdt, "timer");

    for (unsigned i = 0; i < ARRAY_SIZE(ids); i++)
        vdev_fdt_irq_cells(cells[i], ids[i], FDT_IRQ_LEVEL_HIGH);
    err = err ? err : fdt_property_string(fdt, "compatible", "arm,armv7-timer");
    err = err ? err : fdt_property(fdt, "interrupts", cells, sizeof(cells));
    err = err ? err : fdt_property(fdt, "always-on", NULL, 0);
    return err ? err : fdt_end_node(fdt);
}

static int psci_node(void *fdt)
{
    static const char compatible[] = "arm,psci-1.0\0arm,psci-0.2";
    int err = fdt_begin_node(fdt, "psci");

    err = err ? err : fdt_property(fdt, "compatible", compatible, sizeof(compatible));
    err = err ? err : fdt_property_string(fdt, "method", "smc");
    return err ? err : fdt_end_node(fdt);
}

static int clock_node(void *fdt)
{
    int err = fdt_begin_node(fdt, "apb-pclk");

    err = err ? err : fdt_property_string(fdt, "compatible", "fixed-clock");
    err = err ? err : fdt_property_u32(fdt, "#clock-cells", 0);
    err = err ? err : fdt_property_u32(fdt, "clock-frequency", VIRT_TIMER_HZ);
    err = err ? err : fdt_property_string(fdt, "clock-output-names", "clk24mhz");
    err = err ? err : fdt_property_u32(fdt, "phandle", FDT_PHANDLE_APB_CLOCK);
    return err ? err : fdt_end_node(fdt);
}

static int device_nodes(void *fdt, const struct vm *vm)
{
    int err = 0;

    for (unsigned i = 0; i < vm->vdev_count && !err; i++) {
        const struct vdev *dev = vm->vdevs[i];

        if (dev->ops->fdt_node)
            err = dev->ops->fdt_node(dev, fdt);
    }
    return err;
}

static int generate(const struct vm *vm, const struct vmdesc *d, void *fdt, uint32_t size)
{
    int err = fdt_create(fdt, (int)size);

    err = err ? err : fdt_finish_reservemap(fdt);
    err = err ? err : fdt_begin_node(fdt, "");
    err = err ? err : root_properties(fdt);
    err = err ? err : aliases_node(fdt);
    err = err ? err : chosen_node(fdt, d);
    err = err ? err : memory_node(fdt, vm);
    err = err ? err : cpus_node(fdt);
    err = err ? err : timer_node(fdt);
    err = err ? err : psci_node(fdt);
    err = err ? err : clock_node(fdt);
    err = err ? err : device_nodes(fdt, vm);
    err = err ? err : fdt_end_node(fdt);
    return err ? err : fdt_finish(fdt);
}

/* ---- the description's own tree, edited ---- */

static int find_or_add(void *fdt, const char *name)
{
    int node = fdt_subnode_offset(fdt, 0, name);

    return node == -FDT_ERR_NOTFOUND ? fdt_add_subnode(fdt, 0, name) : node;
}

static int set_chosen(void *fdt, const struct vmdesc *d)
{
    int node = find_or_add(fdt, "chosen");

    if (node < 0)
        return node;
    int err = fdt_setprop_string(fdt, node, "bootargs", d->bootargs);
    if (d->ramdisk.size && !d->firmware.size) {
        err = err ? err : fdt_setprop_u32(fdt, node, "linux,initrd-start", d->ramdisk.load);
        err = err ? err : fdt_setprop_u32(fdt, node, "linux,initrd-end", d->ramdisk.load + d->ramdisk.size);
    }
    return err;
}

/* "reg" of the memory node, with as many cells as the root asks for. */
static int set_memory(void *fdt, const struct vm *vm)
{
    int address_cells = fdt_address_cells(fdt, 0), size_cells = fdt_size_cells(fdt, 0);
    uint32_t reg[2 * FDT_MAX_NCELLS] = { 0 };
    int node = fdt_node_offset_by_prop_value(fdt, -1, "device_type", "memory", sizeof("memory"));

    if (address_cells < 1 || size_cells < 1)
        return -FDT_ERR_BADNCELLS;
    if (node == -FDT_ERR_NOTFOUND)
        node = find_or_add(fdt, "memory");
    if (node < 0)
        return node;
    reg[address_cells - 1] = cpu_to_fdt32(vm->ram_base.v);
    reg[address_cells + size_cells - 1] = cpu_to_fdt32(vm->ram_size);
    int err = fdt_setprop_string(fdt, node, "device_type", "memory");
    return err ? err : fdt_setprop(fdt, node, "reg", reg, (address_cells + size_cells) * 4);
}

/* The image lies 4-byte aligned in the bundle and libfdt wants 8: it is copied first. */
static int edit_own(const struct vm *vm, const struct vmdesc *d, void *fdt, uint32_t size)
{
    memcpy(fdt, d->fdt.data, d->fdt.size);
    int err = fdt_open_into(fdt, fdt, (int)size);

    err = err ? err : set_chosen(fdt, d);
    err = err ? err : set_memory(fdt, vm);
    return err ? err : fdt_pack(fdt);
}

int guest_fdt_build(const struct vm *vm, const struct vmdesc *d, void *buf, uint32_t size)
{
    int err = d->fdt.size ? edit_own(vm, d, buf, size) : generate(vm, d, buf, size);

    if (err)
        log_info("VM '%s': its device tree cannot be %s: %s", vm->name, d->fdt.size ? "edited" : "built",
                 fdt_strerror(err));
    return err;
}
