/* Guest RAM through the processor's temporary page mappings. */
#include "core/gmem.h"

#include <string.h>

#include "arch/arch.h"
#include "core/vm.h"

bool gmem_is_ram(const struct vm *vm, gpa_t addr, uint32_t size)
{
    uint32_t offset = addr.v - vm->ram_base.v;

    return offset < vm->ram_size && size <= vm->ram_size - offset;
}

static uint8_t *map(const struct vm *vm, uint32_t addr)
{
    uint32_t pa = vm->ram_hpa.v + (addr - vm->ram_base.v);

    return (uint8_t *)arch_map_page(pa & ~4095u) + (pa & 4095);
}

bool gmem_read32(struct vm *vm, gpa_t addr, uint32_t *value)
{
    addr.v &= ~3u;
    if (!gmem_is_ram(vm, addr, 4))
        return false;
    *value = *(const uint32_t *)(const void *)map(vm, addr.v);
    return true;
}

static uint32_t page_part(uint32_t addr, uint32_t size)
{
    uint32_t room = 4096 - (addr & 4095);

    return size < room ? size : room;
}

bool gmem_read(struct vm *vm, gpa_t addr, void *buf, uint32_t size)
{
    uint8_t *p = buf;

    if (!gmem_is_ram(vm, addr, size))
        return false;
    while (size) {
        uint32_t n = page_part(addr.v, size);

        memcpy(p, map(vm, addr.v), n);
        p += n;
        addr.v += n;
        size -= n;
    }
    return true;
}

bool gmem_write(struct vm *vm, gpa_t addr, const void *buf, uint32_t size)
{
    const uint8_t *p = buf;

    if (!gmem_is_ram(vm, addr, size))
        return false;
    while (size) {
        uint32_t n = page_part(addr.v, size);

        memcpy(map(vm, addr.v), p, n);
        p += n;
        addr.v += n;
        size -= n;
    }
    return true;
}
