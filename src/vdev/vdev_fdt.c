/* Device tree helpers shared by devices: see vdev_fdt.h. */
#include <libfdt.h>
#include <string.h>
#include "vdev/vdev_fdt.h"

#define SPI_FIRST 32u
#define PPI_FIRST 16u
#define PPI_CPU0 0x100u /* PPI flags 15:8: which processors */

int vdev_fdt_begin_unit(void *fdt, const char *name, uint32_t unit)
{
    char buf[48];
    size_t n = strlen(name);
    int shift = 28;

    if (n + 10 > sizeof(buf))
        return -FDT_ERR_NOSPACE;
    memcpy(buf, name, n);
    buf[n++] = '@';
    while (shift > 0 && unit >> shift == 0)
        shift -= 4;
    for (; shift >= 0; shift -= 4)
        buf[n++] = "0123456789abcdef"[unit >> shift & 15];
    buf[n] = '\0';
    return fdt_begin_node(fdt, buf);
}

int vdev_fdt_begin(void *fdt, const char *name, gpa_t base, uint32_t size)
{
    const uint32_t reg[] = { 0, cpu_to_fdt32(base.v), 0, cpu_to_fdt32(size) };
    int err = vdev_fdt_begin_unit(fdt, name, base.v);

    return err ? err : fdt_property(fdt, "reg", reg, sizeof(reg));
}

void vdev_fdt_irq_cells(uint32_t cells[3], uint32_t id, uint32_t flags)
{
    bool ppi = id < SPI_FIRST;

    cells[0] = cpu_to_fdt32(ppi ? 1 : 0);
    cells[1] = cpu_to_fdt32(id - (ppi ? PPI_FIRST : SPI_FIRST));
    cells[2] = cpu_to_fdt32(flags | (ppi ? PPI_CPU0 : 0));
}

int vdev_fdt_interrupt(void *fdt, uint32_t id, uint32_t flags)
{
    uint32_t cells[3];

    vdev_fdt_irq_cells(cells, id, flags);
    return fdt_property(fdt, "interrupts", cells, sizeof(cells));
}
