#pragma once
/*
 * Guest physical memory as the VMM reaches it.  RAM, and ROM while it is mapped
 * (vm.h): an address outside is refused (false), never mapped.  No pointer into guest
 * memory ever escapes, so nothing here can be left dangling.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/vm.h"
#include "lib/addr.h"

/* For the functions below: is [offset, offset + size) inside?  And what is not RAM. */
static inline bool gmem_inside(uint32_t offset, uint32_t size, uint32_t total)
{
    return offset < total && size <= total - offset;
}
bool gmem_is_rom(const struct vm *vm, gpa_t addr, uint32_t size);
hpa_t gmem_rom_hpa(const struct vm *vm, gpa_t addr);

static inline bool gmem_is_ram(const struct vm *vm, gpa_t addr, uint32_t size)
{
    return gmem_inside(addr.v - vm->ram_base.v, size, vm->ram_size);
}
/* RAM, or ROM that is mapped: what can be read and executed. */
static inline bool gmem_is_memory(const struct vm *vm, gpa_t addr, uint32_t size)
{
    return gmem_is_ram(vm, addr, size) || gmem_is_rom(vm, addr, size);
}
/* Where the host has it; addr must be memory. */
static inline hpa_t gmem_hpa(const struct vm *vm, gpa_t addr)
{
    uint32_t offset = addr.v - vm->ram_base.v;

    return offset < vm->ram_size ? hpa(vm->ram_hpa.v + offset) : gmem_rom_hpa(vm, addr);
}
/* The reverse: is [page, page + size) of the host the VM's, and for write its RAM? */
bool gmem_owns(const struct vm *vm, hpa_t page, uint32_t size, bool write);
/* addr is aligned to 4 by the callee (low bits ignored) */
bool gmem_read32(struct vm *vm, gpa_t addr, uint32_t *value);
bool gmem_read(struct vm *vm, gpa_t addr, void *buf, uint32_t size);
/* RAM only */
bool gmem_write(struct vm *vm, gpa_t addr, const void *buf, uint32_t size);

/* What is in a ROM, for its device; the range must lie inside. */
void gmem_rom_read(struct vm *vm, unsigned rom, uint32_t offset, void *buf, uint32_t size);
void gmem_rom_write(struct vm *vm, unsigned rom, uint32_t offset, const void *buf, uint32_t size);
