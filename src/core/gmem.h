#pragma once
/*
 * Guest physical memory as the VMM reaches it.  RAM, and ROM while it is mapped
 * (vm.h): an address outside is refused (false), never mapped.  No pointer into guest
 * memory ever escapes, so nothing here can be left dangling.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "lib/addr.h"

struct vm;

bool gmem_is_ram(const struct vm *vm, gpa_t addr, uint32_t size);
/* RAM, or ROM that is mapped: what can be read and executed. */
bool gmem_is_memory(const struct vm *vm, gpa_t addr, uint32_t size);
/* Where the host has it; addr must be memory. */
hpa_t gmem_hpa(const struct vm *vm, gpa_t addr);
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
