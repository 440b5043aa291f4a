/* The machine model "virt": see vm_virt.h. */
#include <assert.h>
#include <string.h>
#include "lib/bits.h"
#include "lib/check.h"
#include "vmm/guest_fdt.h"
#include "vmm/vm_virt.h"
#include "vmm/vmdesc.h"

static void add_vdev(struct vm *vm, struct vdev *dev)
{
    CHECK(vm->vdev_count < VM_MAX_VDEVS);
    vm->vdevs[vm->vdev_count++] = dev;
}

/* The names of counters and gauges, each with its NUL. */
#define NAME_FIELD(name, text) #name "\0"
static const char counter_names[] = VM_STATS(NAME_FIELD) VM_GAUGES(NAME_FIELD);
#undef NAME_FIELD

#define STATS_COUNT (sizeof(struct vm_stats) / sizeof(uint64_t))
#define GAUGES_COUNT (sizeof(struct vm_gauges) / sizeof(uint32_t))
static_assert(STATS_COUNT <= VCOUNTERS_MAX && GAUGES_COUNT <= VCOUNTERS_MAX_GAUGES,
              "the window holds the counters");

static void read_gauges(void *ctx, uint32_t *values)
{
    const struct vm_virt_hooks *hooks = ctx;
    struct vm_gauges gauges = { 0 };

    if (hooks->gauges)
        hooks->gauges(hooks->ctx, &gauges);
    memcpy(values, &gauges, sizeof(gauges));
}

static uint64_t read_ticks(void *ctx)
{
    const struct vm_virt_hooks *hooks = ctx;

    return hooks->ticks ? hooks->ticks(hooks->ctx) : 0;
}

static void create_counters(struct vm *vm, struct vm_virt *m)
{
    vcounters_init(&m->counters, gpa(VIRT_COUNTERS_BASE), (struct vcounters_host){
        .counters = (const uint64_t *)&vm->stats,
        .count = STATS_COUNT,
        .gauge_count = GAUGES_COUNT,
        .gauges = read_gauges,
        .ticks = read_ticks,
        .tick_hz = VIRT_TIMER_HZ,
        .names = counter_names,
        .names_size = sizeof(counter_names) - 1,
        .ctx = &m->hooks,
    });
    add_vdev(vm, &m->counters.dev);
}

/* The order is that of the search at each access: the CPU interface is used most. */
static void create_devices(struct vm *vm, struct vm_virt *m, const struct vm_virt_hooks *hooks)
{
    const struct irq_line uart_irq = { vgic_set_line, &m->gic, VIRT_IRQ_UART };
    const struct irq_line rtc_irq = { vgic_set_line, &m->gic, VIRT_IRQ_RTC };
    const struct irq_line gpio_irq = { vgic_set_line, &m->gic, VIRT_IRQ_GPIO };
    const struct irq_line phys_irq = { vgic_set_line, &m->gic, VIRT_IRQ_PHYS_TIMER };
    const struct irq_line virt_irq = { vgic_set_line, &m->gic, VIRT_IRQ_VIRT_TIMER };
    const struct vpl011_host uart_host = { hooks->console_tx, hooks->console_rx_ready, hooks->ctx };
    const struct vpl031_host rtc_host = { hooks->seconds, hooks->ctx };

    vgic_init(&m->gic, gpa(VIRT_GICD_BASE), gpa(VIRT_GICC_BASE));
    vpl011_init(&m->uart, gpa(VIRT_UART_BASE), uart_irq, uart_host);
    vpl031_init(&m->rtc, gpa(VIRT_RTC_BASE), rtc_irq, rtc_host);
    vpl061_init(&m->gpio, gpa(VIRT_GPIO_BASE), gpio_irq);
    vfwcfg_init(&m->fwcfg, gpa(VIRT_FWCFG_BASE), hooks->fwcfg);
    virtio_empty_init(&m->virtio, gpa(VIRT_VIRTIO_BASE), VIRT_VIRTIO_SLOTS, VIRT_IRQ_VIRTIO);
    vtimer_init(&m->timer, phys_irq, virt_irq);

    add_vdev(vm, &m->gic.cpuif);
    add_vdev(vm, &m->gic.dist);
    add_vdev(vm, &m->uart.dev);
    add_vdev(vm, &m->rtc.dev);
    add_vdev(vm, &m->gpio.dev);
    add_vdev(vm, &m->fwcfg.dev);
    add_vdev(vm, &m->virtio.dev);
    m->hooks = *hooks;
    create_counters(vm, m);
    vm->vgic = &m->gic;
    vm->vtimer = &m->timer;
}

static void add_item(struct vm_virt *m, uint16_t size_key, uint16_t data_key, const void *data, size_t size)
{
    vfwcfg_add_number(&m->fwcfg, size_key, 4, (uint32_t)size);
    vfwcfg_add_data(&m->fwcfg, data_key, (uint32_t)(uintptr_t)data, (uint32_t)size);
}

/* What firmware finds its own code, its variables and what it is to boot in. */
static void create_firmware_devices(struct vm *vm, struct vm_virt *m, const struct vmdesc *d,
                                    const struct vm_virt_hooks *hooks)
{
    vflash_init(&m->flash, gpa(VIRT_FLASH_BASE), VIRT_FLASH_BANK, hooks->flash);
    if (d->kernel.size) {
        add_item(m, FWCFG_KERNEL_SIZE, FWCFG_KERNEL_DATA, d->kernel.data, d->kernel.size);
        add_item(m, FWCFG_CMDLINE_SIZE, FWCFG_CMDLINE_DATA, d->bootargs, strlen(d->bootargs) + 1);
    }
    if (d->ramdisk.size)
        add_item(m, FWCFG_INITRD_SIZE, FWCFG_INITRD_DATA, d->ramdisk.data, d->ramdisk.size);
    add_vdev(vm, &m->flash.dev);
    for (unsigned i = 0; i < VFLASH_BANKS; i++)
        vm->roms[i] = (struct vm_rom){ .base = gpa(VIRT_FLASH_BASE + i * VIRT_FLASH_BANK),
                                       .size = VIRT_FLASH_BANK, .mapped = true };
    vm->rom_count = VFLASH_BANKS;
}

void vm_create_virt(struct vm *vm, struct vm_virt *machine, const struct vmdesc *d,
                    const struct vm_virt_hooks *hooks)
{
    static_assert(sizeof(vm->name) >= sizeof(d->name), "a VM's name fits");

    strcpy(vm->name, d->name);
    vm->ram_base = gpa(d->memory_base);
    vm->ram_size = d->memory_size;
    vm->state = VM_RUNNING;
    vm->vdev_count = 0;
    vm->last_vdev = NULL;
    vm->rom_count = 0;
    create_devices(vm, machine, hooks);
    if (d->firmware.size)
        create_firmware_devices(vm, machine, d, hooks);
}

static void load_image(const struct vm *vm, uint8_t *ram, const struct bundle_image *image)
{
    if (image->size)
        memcpy(ram + (image->load - vm->ram_base.v), image->data, image->size);
}

static void load_bank(uint8_t *bank, const struct bundle_image *image)
{
    if (image->size)
        memcpy(bank, image->data, image->size);
    memset(bank + image->size, 0, VIRT_FLASH_BANK - image->size);
}

/* The entry protocol of Linux for ARM, which other kernels have adopted. */
static void enter_kernel(struct vcpu *vcpu, const struct vmdesc *d)
{
    vcpu->r[0] = 0;
    vcpu->r[1] = 0xffffffff;
    vcpu->r[2] = d->fdt_address;
    vcpu->r[15] = d->kernel.entry & ~1u;
    vcpu->cpsr = (vcpu->cpsr & ~PSR_T) | (d->kernel.entry & 1 ? PSR_T : 0);
}

int vm_virt_load(struct vm *vm, const struct vmdesc *d, void *ram, void *flash)
{
    uint8_t *bytes = ram;

    memset(ram, 0, vm->ram_size);
    int err = guest_fdt_build(vm, d, bytes + (d->fdt_address - vm->ram_base.v), VMDESC_FDT_ROOM);
    if (err)
        return err;
    if (d->firmware.size) {
        load_bank(flash, &d->firmware);
        load_bank((uint8_t *)flash + VIRT_FLASH_BANK, &d->flash);
    } else {
        load_image(vm, bytes, &d->kernel);
        load_image(vm, bytes, &d->ramdisk);
        enter_kernel(&vm->vcpu, d);
    }
    return 0;
}

void vm_virt_reset(struct vm *vm)
{
    for (unsigned i = 0; i < vm->vdev_count; i++) {
        struct vdev *dev = vm->vdevs[i];

        if (dev->ops->reset)
            dev->ops->reset(dev);
    }
    vtimer_reset(vm->vtimer);
}
