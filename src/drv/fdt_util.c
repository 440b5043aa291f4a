#include "drv/fdt_util.h"
#include <libfdt.h>
#include <string.h>
#include "lib/bits.h"

/* 'cells' big-endian cells; the part above 32 bits goes to *high. */
static uint32_t read_cells(const fdt32_t *p, int cells, uint32_t *high)
{
    uint32_t value = 0;

    *high = 0;
    for (int i = 0; i < cells; i++) {
        *high |= value;
        value = fdt32_to_cpu(p[i]);
    }
    return value;
}

int fdt_get_reg(const void *fdt, int node, unsigned index, uint32_t *base, uint32_t *size)
{
    int parent = fdt_parent_offset(fdt, node), len;
    int ac = fdt_address_cells(fdt, parent), sc = fdt_size_cells(fdt, parent);
    const fdt32_t *reg = fdt_getprop(fdt, node, "reg", &len);
    uint32_t base_high, size_high;

    if (!reg || ac < 1 || sc < 1 || len < (int)((index + 1) * (ac + sc) * 4))
        return -1;
    reg += index * (ac + sc);
    *base = read_cells(reg, ac, &base_high);
    *size = read_cells(reg + ac, sc, &size_high);
    if (base_high)
        return -1;
    if (size_high || *base + *size < *base)
        *size = -*base;
    return 0;
}

int fdt_get_memory(const void *fdt, uint32_t *base, uint32_t *size)
{
    int node = -1;

    while ((node = fdt_node_offset_by_prop_value(fdt, node, "device_type", "memory", 7)) >= 0) {
        if (fdt_get_reg(fdt, node, 0, base, size) || !*size)
            continue;
        uint32_t end = ALIGN_DOWN(*base + *size ? *base + *size : 0xfff00000u, MiB);
        *base = ALIGN_UP(*base, MiB);
        *size = end - *base;
        return end > *base ? 0 : -1;
    }
    return -1;
}

/* A property of one or two cells. */
static int get_address(const void *fdt, int node, const char *name, uint32_t *value)
{
    int len;
    const fdt32_t *p = fdt_getprop(fdt, node, name, &len);
    uint32_t high;

    if (!p || (len != 4 && len != 8))
        return -1;
    *value = read_cells(p, len / 4, &high);
    return high ? -1 : 0;
}

int fdt_get_initrd(const void *fdt, uint32_t *start, uint32_t *end)
{
    int chosen = fdt_path_offset(fdt, "/chosen");

    if (chosen < 0 || get_address(fdt, chosen, "linux,initrd-start", start) ||
        get_address(fdt, chosen, "linux,initrd-end", end))
        return -1;
    return *end > *start ? 0 : -1;
}

uint32_t fdt_get_clock(const void *fdt, int node)
{
    int len;
    const fdt32_t *p = fdt_getprop(fdt, node, "clock-frequency", &len);

    if (p && len == 4)
        return fdt32_to_cpu(*p);
    p = fdt_getprop(fdt, node, "clocks", &len);
    if (!p || len < 4)
        return 0;
    node = fdt_node_offset_by_phandle(fdt, fdt32_to_cpu(*p));
    p = node >= 0 ? fdt_getprop(fdt, node, "clock-frequency", &len) : NULL;
    return p && len == 4 ? fdt32_to_cpu(*p) : 0;
}

int fdt_get_stdout(const void *fdt)
{
    int chosen = fdt_path_offset(fdt, "/chosen"), len;
    const char *path = fdt_getprop(fdt, chosen, "stdout-path", &len);

    if (!path || len < 2)
        return -1;
    return fdt_path_offset_namelen(fdt, path, strcspn(path, ":"));
}
