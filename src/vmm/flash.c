/* Flash and fw_cfg joined with guest memory, shadows and translations. */
#include <string.h>

#include "arch/arch.h"
#include "arch/armv7/layout.h"
#include "core/gmem.h"
#include "lib/bits.h"
#include "vmm/vmm.h"

static void bank_read(void *ctx, unsigned bank, uint32_t offset, void *buf, uint32_t size)
{
    (void)ctx;
    gmem_rom_read(&vmm.vm, bank, offset, buf, size);
}

/* Code in flash is not watched: it cannot change but here. */
static void drop_code(unsigned bank, uint32_t offset, uint32_t size)
{
    uint32_t start = vmm.vm.roms[bank].base.v + offset;

    for (uint32_t page = ALIGN_DOWN(start, 4096); page - ALIGN_DOWN(start, 4096) < size; page += 4096)
        codesync_drop(gpa(page));
}

static void bank_program(void *ctx, unsigned bank, uint32_t offset, const void *buf, uint32_t size)
{
    (void)ctx;
    gmem_rom_write(&vmm.vm, bank, offset, buf, size);
    drop_code(bank, offset, size);
}

static void bank_erase(void *ctx, unsigned bank, uint32_t offset, uint32_t size)
{
    uint8_t erased[256];

    (void)ctx;
    memset(erased, 0xff, sizeof(erased));
    for (uint32_t done = 0; done < size; done += sizeof(erased))
        gmem_rom_write(&vmm.vm, bank, offset + done, erased, sizeof(erased));
    drop_code(bank, offset, size);
}

static void bank_mode(void *ctx, unsigned bank, bool array)
{
    (void)ctx;
    vmm.vm.roms[bank].mapped = array;
    if (!array)
        shadow_flush(&vmm.shadow);
    fault_forget_code();
}

/* Of the bundle, which lies where the loader put it; or of umbra's own copy of the VM's description. */
static void item_fetch(void *ctx, uint32_t source, void *buf, uint32_t size)
{
    uint8_t *p = buf;

    (void)ctx;
    if (source >= VMM_BASE && source < VMM_END) {
        memcpy(buf, (const void *)source, size);
        return;
    }
    while (size) {
        uint32_t room = 4096 - (source & 4095), n = size < room ? size : room;

        memcpy(p, (uint8_t *)arch_map_page(source & ~4095u) + (source & 4095), n);
        p += n;
        source += n;
        size -= n;
    }
}

static bool dma_read(void *ctx, gpa_t from, void *buf, uint32_t size)
{
    (void)ctx;
    return gmem_read(&vmm.vm, from, buf, size);
}

/* Pieces of a transfer after which host interrupts are looked at: a guest may ask for gigabytes. */
#define DMA_PIECES 64u

static bool dma_write(void *ctx, gpa_t to, const void *buf, uint32_t size)
{
    static unsigned pieces;

    (void)ctx;
    if (++pieces % DMA_PIECES == 0)
        clock_host_irq();
    if (vmm.vm.state != VM_RUNNING || !gmem_is_ram(&vmm.vm, to, size))
        return false;
    codesync_written(gpa(ALIGN_DOWN(to.v, 4096)));
    codesync_written(gpa(ALIGN_DOWN(to.v + size - 1, 4096)));
    if (!gmem_write(&vmm.vm, to, buf, size))
        return false;
    shadow_written(&vmm.shadow, to, size);
    return true;
}

const struct vflash_host flash_host = { bank_read, bank_program, bank_erase, bank_mode, NULL };
const struct vfwcfg_host fwcfg_host = { item_fetch, dma_read, dma_write, NULL };
