/* The virt machine: address map, loading, the guest's device tree.
 * With an argument, leaves the generated tree in that file (for dtc). */
#include <libfdt.h>
#include <stdlib.h>
#include <string.h>
#include "core/vm.h"
#include "lib/bits.h"
#include "support.h"
#include "test.h"
#include "vmm/guest_fdt.h"
#include "vmm/vm_virt.h"
#include "vmm/vmdesc.h"

#define RAM_SIZE (16 * MiB)
#define KERNEL_LOAD 0x40010000u
#define RAMDISK_LOAD 0x40800000u
#define FDT_ADDRESS 0x40900000u

static struct vm vm;
static struct vm_virt machine;
static struct vmdesc desc;
static uint8_t *ram;
static char console[16];
static unsigned console_count;

static void console_tx(void *ctx, uint8_t c)
{
    (void)ctx;
    console[console_count++ % sizeof(console)] = (char)c;
}

static uint32_t seconds(void *ctx)
{
    (void)ctx;
    return 1700000000;
}

static void setup(void)
{
    static const uint8_t kernel[] = "kernel image", ramdisk[] = "ramdisk image";
    static const struct vm_virt_hooks hooks = { .console_tx = console_tx, .seconds = seconds };

    memset(&desc, 0, sizeof(desc));
    strcpy(desc.name, "test");
    desc.memory_base = VIRT_RAM_BASE;
    desc.memory_size = RAM_SIZE;
    desc.bootargs = "console=ttyAMA0";
    desc.kernel = (struct bundle_image){ "kernel-1", kernel, sizeof(kernel), KERNEL_LOAD, KERNEL_LOAD };
    desc.ramdisk = (struct bundle_image){ "ramdisk-1", ramdisk, sizeof(ramdisk), RAMDISK_LOAD, 0 };
    desc.fdt_address = FDT_ADDRESS;
    memset(&vm, 0, sizeof(vm));
    vm_create_virt(&vm, &machine, &desc, &hooks);
}

static void test_map(void)
{
    static const struct {
        uint32_t addr, size;
        const char *name;
    } cases[] = {
        { 0x08000000, 4, "vgic-dist" },  { 0x0800fffc, 4, "vgic-dist" },    { 0x0801000c, 4, "vgic-cpuif" },
        { 0x09000000, 1, "vpl011" },     { 0x09000fff, 1, "vpl011" },       { 0x09010000, 4, "vpl031" },
        { 0x09020008, 2, "vfwcfg" }, { 0x09030000, 4, "vpl061" }, { 0x09020018, 4, NULL },
        { 0x0a000000, 4, "virtio-empty" }, { 0x0a003ffc, 4, "virtio-empty" },
        { 0x0b000000, 4, "vcounters" },  { 0x0b003ffc, 4, "vcounters" },    { 0x0b004000, 4, NULL },
        { 0x07fffffc, 4, NULL }, { 0x08020000, 4, NULL }, { 0x09001000, 4, NULL }, { 0x0a004000, 4, NULL },
        { 0x09000fff, 4, NULL }, { 0x40000000, 4, NULL }, { 0xffffffff, 4, NULL },
    };

    for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
        struct vdev *dev = vm_find_vdev(&vm, gpa(cases[i].addr), cases[i].size);
        const char *name = dev ? dev->ops->name : NULL;

        report(name == cases[i].name || (name && cases[i].name && !strcmp(name, cases[i].name)),
               "0x%08x is %s", cases[i].addr, cases[i].name ? cases[i].name : "nothing");
    }
}

/* The window's names are those of stats.h, one for each counter and gauge. */
static void test_counters(void)
{
    struct vdev *dev = vm_find_vdev(&vm, gpa(VIRT_COUNTERS_BASE), 4);
    uint32_t count = dev->ops->read(dev, VCOUNTERS_COUNT, 4), gauges = dev->ops->read(dev, VCOUNTERS_GAUGES, 4);
    uint32_t size = dev->ops->read(dev, VCOUNTERS_NAMES_SIZE, 4), nuls = 0;
    char first[12];

    for (uint32_t i = 0; i < size; i++)
        nuls += dev->ops->read(dev, VCOUNTERS_NAMES + i, 1) == 0;
    for (uint32_t i = 0; i < sizeof(first); i++)
        first[i] = (char)dev->ops->read(dev, VCOUNTERS_NAMES + i, 1);
    report(count > 40 && gauges >= 7 && nuls == count + gauges, "%u counters and %u gauges have names", count, gauges);
    report(!memcmp(first, "exit_total", 11), "the first is exit_total");
    vm.stats.exit_total = 0x500000006ull;
    dev->ops->write(dev, VCOUNTERS_LATCH, 4, 1);
    report(dev->ops->read(dev, VCOUNTERS_VALUES + 8, 4) == 6 && dev->ops->read(dev, VCOUNTERS_VALUES + 12, 4) == 5,
           "it is the VM's");
}

static void test_wires(void)
{
    struct vdev *gicd = vm_find_vdev(&vm, gpa(VIRT_GICD_BASE), 4);
    struct vdev *uart = vm_find_vdev(&vm, gpa(VIRT_UART_BASE), 4);

    uart->ops->write(uart, 0, 1, '!');
    report(console_count == 1 && console[0] == '!', "the UART writes to the console");
    uart->ops->write(uart, 0x38, 4, BIT(6));
    vpl011_rx(&machine.uart, 'x');
    report(gicd->ops->read(gicd, 0x204, 4) == BIT(1), "UART input raises interrupt 33");
    vtimer_write_ctl(vm.vtimer, VTIMER_VIRT, CNT_CTL_ENABLE, 5);
    vtimer_write_ctl(vm.vtimer, VTIMER_PHYS, CNT_CTL_ENABLE, 5);
    report(gicd->ops->read(gicd, 0x200, 4) == (BIT(27) | BIT(30)), "the timers raise interrupts 27 and 30");
    vm_virt_reset(&vm);
    report(gicd->ops->read(gicd, 0x200, 4) == 0 && gicd->ops->read(gicd, 0x204, 4) == 0,
           "reset lowers every line");
}

static uint32_t cell(const void *fdt, const char *path, const char *property, int index)
{
    int len = 0, node = fdt_path_offset(fdt, path);
    const fdt32_t *p = node < 0 ? NULL : fdt_getprop(fdt, node, property, &len);

    return p && len >= 4 * (index + 1) ? fdt32_to_cpu(p[index]) : 0xdeadbeef;
}

static const char *string(const void *fdt, const char *path, const char *property)
{
    int node = fdt_path_offset(fdt, path);
    const char *s = node < 0 ? NULL : fdt_getprop(fdt, node, property, NULL);

    return s ? s : "";
}

static void test_load(const char *dump)
{
    const void *fdt = ram + (FDT_ADDRESS - VIRT_RAM_BASE);

    memset(ram, 0xee, RAM_SIZE);
    report(vm_virt_load(&vm, &desc, ram, NULL) == 0, "load");
    report(!strcmp((char *)ram + 0x10000, "kernel image"), "the kernel is at its address");
    report(!strcmp((char *)ram + 0x800000, "ramdisk image"), "the ramdisk is at its address");
    report(ram[0] == 0 && ram[RAM_SIZE - 1] == 0, "the rest is zero");
    report(vm.vcpu.r[0] == 0 && vm.vcpu.r[1] == ~0u && vm.vcpu.r[2] == FDT_ADDRESS, "r0, r1, r2");
    report(vm.vcpu.r[15] == KERNEL_LOAD && !(vm.vcpu.cpsr & PSR_T), "pc, A32");
    report(fdt_check_full(fdt, VMDESC_FDT_ROOM) == 0, "a sound tree");
    report(cell(fdt, "/memory", "reg", 1) == VIRT_RAM_BASE && cell(fdt, "/memory", "reg", 3) == RAM_SIZE,
           "/memory");
    report(!strcmp(string(fdt, "/chosen", "bootargs"), "console=ttyAMA0"), "/chosen/bootargs");
    report(cell(fdt, "/chosen", "linux,initrd-start", 0) == RAMDISK_LOAD, "/chosen/linux,initrd-start");
    report(cell(fdt, "/chosen", "linux,initrd-end", 0) == RAMDISK_LOAD + 14, "/chosen/linux,initrd-end");
    report(fdt_path_offset(fdt, string(fdt, "/chosen", "stdout-path")) > 0, "/chosen/stdout-path exists");
    report(fdt_path_offset(fdt, "serial0") > 0, "alias serial0 exists");
    report(cell(fdt, "/timer", "interrupts", 7) == 11 && cell(fdt, "/timer", "interrupts", 8) == 0x104,
           "the virtual timer is PPI 11, level");
    report(cell(fdt, "/pl011", "interrupts", 0) == 0 && cell(fdt, "/pl011", "interrupts", 1) == 1,
           "the UART is SPI 1");
    report(!strcmp(string(fdt, "/psci", "method"), "smc"), "/psci/method");
    report(cell(fdt, "/interrupt-controller", "phandle", 0) == cell(fdt, "/", "interrupt-parent", 0),
           "the interrupt parent is the GIC");
    report(cell(fdt, "/virtio_mmio@a003e00", "reg", 1) == 0x0a003e00, "32 virtio slots");
    report(cell(fdt, "/counters", "reg", 1) == 0x0b000000 && cell(fdt, "/counters", "reg", 3) == 0x4000 &&
               !strcmp(string(fdt, "/counters", "compatible"), "umbra,counters"),
           "the counters");
    if (dump) {
        FILE *f = fopen(dump, "wb");
        report(f && fwrite(fdt, fdt_totalsize(fdt), 1, f) == 1 && !fclose(f), "dump");
    }
    desc.kernel.entry |= 1;
    vm_virt_load(&vm, &desc, ram, NULL);
    report(vm.vcpu.r[15] == KERNEL_LOAD && (vm.vcpu.cpsr & PSR_T), "entry with bit 0: T32");
}

static void make_own_tree(void *own, int size, int cells)
{
    fdt_create(own, size);
    fdt_finish_reservemap(own);
    fdt_begin_node(own, "");
    fdt_property_u32(own, "#address-cells", (uint32_t)cells);
    fdt_property_u32(own, "#size-cells", (uint32_t)cells);
    fdt_begin_node(own, "memory@80000000");
    fdt_property_string(own, "device_type", "memory");
    fdt_property_u32(own, "reg", 1);
    fdt_end_node(own);
    fdt_end_node(own);
    fdt_finish(own);
}

static void test_own_tree(void)
{
    static uint8_t own[4096] __attribute__((aligned(8))), out[VMDESC_FDT_ROOM] __attribute__((aligned(8)));

    make_own_tree(own, sizeof(own), 2);
    desc.fdt = (struct bundle_image){ .name = "fdt-1", .data = own, .size = fdt_totalsize(own) };
    report(guest_fdt_build(&vm, &desc, out, sizeof(out)) == 0, "an own tree is edited");
    report(cell(out, "/memory@80000000", "reg", 1) == VIRT_RAM_BASE &&
               cell(out, "/memory@80000000", "reg", 3) == RAM_SIZE &&
               cell(out, "/memory@80000000", "reg", 0) == 0,
           "its memory node, two cells");
    report(!strcmp(string(out, "/chosen", "bootargs"), "console=ttyAMA0"), "its /chosen is made");
    make_own_tree(own, sizeof(own), 9);
    report(guest_fdt_build(&vm, &desc, out, sizeof(out)) < 0 && strstr(log_last, "device tree"),
           "a tree with 9 cells is refused");
    desc.fdt.size = 0;
    report(guest_fdt_build(&vm, &desc, out, 512) < 0, "a buffer too small is an error");
}

static void test_firmware(void)
{
    static const uint8_t firmware[] = "firmware image", variables[] = "variables";
    static const struct vm_virt_hooks hooks = { .console_tx = console_tx, .seconds = seconds };
    const void *fdt = ram;
    char *flash = malloc(VFLASH_BANKS * VIRT_FLASH_BANK);

    desc.firmware = (struct bundle_image){ .name = "firmware-1", .data = firmware, .size = sizeof(firmware) };
    desc.flash = (struct bundle_image){ .name = "flash-1", .data = variables, .size = sizeof(variables) };
    desc.fdt_address = VIRT_RAM_BASE;
    memset(&vm, 0, sizeof(vm));
    vm_create_virt(&vm, &machine, &desc, &hooks);
    report(vm_find_vdev(&vm, gpa(0), 4) == &machine.flash.dev &&
               vm_find_vdev(&vm, gpa(0x07fffffc), 4) == &machine.flash.dev,
           "flash at 0, two banks");
    report(vm_find_vdev(&vm, gpa(0x09020000), 2) == &machine.fwcfg.dev, "fw_cfg at 0x09020000");
    report(vm.rom_count == 2 && vm.roms[1].base.v == 0x04000000 && vm.roms[1].mapped, "both are memory");
    memset(flash, 0xee, VFLASH_BANKS * VIRT_FLASH_BANK);
    report(vm_virt_load(&vm, &desc, ram, flash) == 0, "load");
    report(!strcmp(flash, "firmware image") && !strcmp(flash + VIRT_FLASH_BANK, "variables") &&
               flash[VIRT_FLASH_BANK - 1] == 0 && flash[2 * VIRT_FLASH_BANK - 1] == 0,
           "the banks hold the images, and zeros behind them");
    report(vm.vcpu.r[15] == 0 && vm.vcpu.r[2] == 0, "the processor is as after reset");
    report(ram[0x10000] == 0 && fdt_check_full(fdt, VMDESC_FDT_ROOM) == 0, "memory has the tree and nothing else");
    report(cell(fdt, "/flash", "reg", 5) == 0x04000000 && cell(fdt, "/flash", "bank-width", 0) == 4, "/flash");
    report(cell(fdt, "/fw-cfg", "reg", 1) == 0x09020000 && cell(fdt, "/fw-cfg", "reg", 3) == 0x18, "/fw-cfg");
    free(flash);
}

int main(int argc, char **argv)
{
    ram = aligned_alloc(4096, RAM_SIZE);
    setup();
    test_map();
    test_counters();
    test_wires();
    test_load(argc > 1 ? argv[1] : NULL);
    test_own_tree();
    setup();
    test_firmware();
    free(ram);
    return test_summary();
}
