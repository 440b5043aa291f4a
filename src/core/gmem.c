/* Guest memory through the processor's temporary page mappings. */
#include "core/gmem.h"

#include <string.h>

#include "arch/arch.h"
#include "lib/check.h"

static const struct vm_rom *rom_at(const struct vm *vm, gpa_t addr, uint32_t size)
{
    for (unsigned i = 0; i < vm->rom_count; i++) {
        const struct vm_rom *rom = &vm->roms[i];

        if (rom->mapped && gmem_inside(addr.v - rom->base.v, size, rom->size))
            return rom;
    }
    return NULL;
}

bool gmem_is_rom(const struct vm *vm, gpa_t addr, uint32_t size)
{
    return rom_at(vm, addr, size) != NULL;
}

hpa_t gmem_rom_hpa(const struct vm *vm, gpa_t addr)
{
    const struct vm_rom *rom = rom_at(vm, addr, 1);

    CHECK(rom);
    return hpa(rom->hpa.v + (addr.v - rom->base.v));
}

bool gmem_owns(const struct vm *vm, hpa_t page, uint32_t size, bool write)
{
    if (gmem_inside(page.v - vm->ram_hpa.v, size, vm->ram_size))
        return true;
    for (unsigned i = 0; i < vm->rom_count && !write; i++) {
        const struct vm_rom *rom = &vm->roms[i];

        if (rom->mapped && gmem_inside(page.v - rom->hpa.v, size, rom->size))
            return true;
    }
    return false;
}

static uint32_t page_part(uint32_t addr, uint32_t size)
{
    uint32_t room = 4096 - (addr & 4095);

    return size < room ? size : room;
}

static uint8_t *map(uint32_t pa)
{
    return (uint8_t *)arch_map_page(pa & ~4095u) + (pa & 4095);
}

static void copy_out(hpa_t from, void *buf, uint32_t size)
{
    uint8_t *p = buf;

    while (size) {
        uint32_t n = page_part(from.v, size);

        memcpy(p, map(from.v), n);
        p += n;
        from.v += n;
        size -= n;
    }
}

static void copy_in(hpa_t to, const void *buf, uint32_t size)
{
    const uint8_t *p = buf;

    while (size) {
        uint32_t n = page_part(to.v, size);

        memcpy(map(to.v), p, n);
        p += n;
        to.v += n;
        size -= n;
    }
}

/* addr is aligned, so that a word which begins in memory ends there.  Not inline, so that gmem_read32 saves nothing. */
static __attribute__((noinline)) bool read32_anywhere(struct vm *vm, gpa_t addr, uint32_t *value)
{
    if (!gmem_is_memory(vm, addr, 1))
        return false;
    *value = *(const uint32_t *)(const void *)map(gmem_hpa(vm, addr).v);
    return true;
}

/* Walks of the guest's tables are made of this: RAM that is mapped already is read without a call. */
bool gmem_read32(struct vm *vm, gpa_t addr, uint32_t *value)
{
    uint32_t offset = (addr.v & ~3u) - vm->ram_base.v, pa = vm->ram_hpa.v + offset;
    const uint32_t *word = offset < vm->ram_size ? arch_mapped(pa) : NULL;

    if (!word)
        return read32_anywhere(vm, gpa(addr.v & ~3u), value);
    *value = *word;
    return true;
}

bool gmem_read(struct vm *vm, gpa_t addr, void *buf, uint32_t size)
{
    if (!gmem_is_memory(vm, addr, size))
        return false;
    copy_out(gmem_hpa(vm, addr), buf, size);
    return true;
}

bool gmem_write(struct vm *vm, gpa_t addr, const void *buf, uint32_t size)
{
    if (!gmem_is_ram(vm, addr, size))
        return false;
    copy_in(gmem_hpa(vm, addr), buf, size);
    return true;
}

static hpa_t rom_hpa(const struct vm *vm, unsigned rom, uint32_t offset, uint32_t size)
{
    CHECK(rom < vm->rom_count && gmem_inside(offset, size, vm->roms[rom].size));
    return hpa(vm->roms[rom].hpa.v + offset);
}

void gmem_rom_read(struct vm *vm, unsigned rom, uint32_t offset, void *buf, uint32_t size)
{
    copy_out(rom_hpa(vm, rom, offset, size), buf, size);
}

void gmem_rom_write(struct vm *vm, unsigned rom, uint32_t offset, const void *buf, uint32_t size)
{
    copy_in(rom_hpa(vm, rom, offset, size), buf, size);
}
