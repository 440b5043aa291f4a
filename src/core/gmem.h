#pragma once
/*
 * Guest physical memory as the VMM reaches it.  RAM only: an address outside
 * the VM's RAM is refused (false), never mapped.  No pointer into guest memory
 * ever escapes, so nothing here can be left dangling.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "lib/addr.h"

struct vm;

bool gmem_is_ram(const struct vm *vm, gpa_t addr, uint32_t size);
/* addr is aligned to 4 by the callee (low bits ignored) */
bool gmem_read32(struct vm *vm, gpa_t addr, uint32_t *value);
bool gmem_read(struct vm *vm, gpa_t addr, void *buf, uint32_t size);
bool gmem_write(struct vm *vm, gpa_t addr, const void *buf, uint32_t size);
