#pragma once
/* The guest's device tree. */
#include <stdint.h>

struct vm;
struct vmdesc;

/*
 * Builds the tree in 'buf' (8-byte aligned, 'size' bytes): the one generated from the VM's devices,
 * or the description's own with /chosen and /memory set.  0, or negative with a message.
 */
int guest_fdt_build(const struct vm *vm, const struct vmdesc *d, void *buf, uint32_t size);
