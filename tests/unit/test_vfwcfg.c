/* fw_cfg: selector and data register, and DMA. */
#include <libfdt.h>
#include <string.h>
#include "test.h"
#include "vdev/vfwcfg.h"

enum { DATA = 0, SELECTOR = 8, DMA = 16 };
enum { ERROR = 1, READ = 2, SKIP = 4, SELECT = 8, WRITE = 16 };

#define RAM 0x40000000u

static struct vfwcfg cfg;
static uint8_t ram[1024];
static const char kernel[] = "the kernel as a file of some length";

static void fetch(void *ctx, uint32_t source, void *buf, uint32_t size)
{
    (void)ctx;
    memcpy(buf, kernel + (source - 0x1000), size);
}

static bool in_ram(gpa_t at, uint32_t size)
{
    return at.v - RAM <= sizeof(ram) && size <= sizeof(ram) - (at.v - RAM);
}

static bool dma_read(void *ctx, gpa_t from, void *buf, uint32_t size)
{
    (void)ctx;
    if (!in_ram(from, size))
        return false;
    memcpy(buf, ram + (from.v - RAM), size);
    return true;
}

static bool dma_write(void *ctx, gpa_t to, const void *buf, uint32_t size)
{
    (void)ctx;
    if (!in_ram(to, size))
        return false;
    memcpy(ram + (to.v - RAM), buf, size);
    return true;
}

static uint32_t rd(uint32_t offset, unsigned size) { return cfg.dev.ops->read(&cfg.dev, offset, size); }
static void wr(uint32_t offset, unsigned size, uint32_t v) { cfg.dev.ops->write(&cfg.dev, offset, size, v); }
static void choose(uint16_t key) { wr(SELECTOR, 2, (uint16_t)(key >> 8 | key << 8)); }

/* The control word as the device leaves it. */
static uint32_t dma(uint32_t control, uint32_t length, uint32_t address)
{
    fdt32_t request[4] = { cpu_to_fdt32(control), cpu_to_fdt32(length), 0, cpu_to_fdt32(address) };

    memcpy(ram, request, sizeof(request));
    wr(DMA, 4, 0);
    wr(DMA + 4, 4, cpu_to_fdt32(RAM));
    memcpy(request, ram, 4);
    return fdt32_to_cpu(request[0]);
}

static void test_registers(void)
{
    choose(FWCFG_SIGNATURE);
    report(rd(DATA, 1) == 'Q' && rd(DATA, 1) == 'E' && rd(DATA, 2) == ('M' | 'U' << 8), "signature, byte by byte");
    report(rd(DATA, 4) == 0, "zeros behind the end");
    choose(FWCFG_ID);
    report(rd(DATA, 4) == 3, "revision: with DMA");
    choose(FWCFG_FILE_DIR);
    report(rd(DATA, 4) == 0, "no files");
    choose(0x1234);
    report(rd(DATA, 4) == 0, "an unknown key reads as zero");
    choose(FWCFG_KERNEL_SIZE);
    report(rd(DATA, 4) == sizeof(kernel), "a number");
    choose(FWCFG_KERNEL_DATA);
    report(rd(DATA, 4) == ('t' | 'h' << 8 | 'e' << 16 | ' ' << 24) && rd(DATA + 4, 1) == 'k', "data");
    report(rd(DMA, 4) == ('Q' | 'E' << 8 | 'M' << 16 | 'U' << 24) && rd(DMA + 4, 1) == ' ', "signature of DMA");
    report(rd(SELECTOR, 2) == 0 && rd(12, 4) == 0, "what is not there reads as zero");
}

static void test_dma(void)
{
    memset(ram, 0xee, sizeof(ram));
    report(dma(FWCFG_KERNEL_DATA << 16 | SELECT | READ, 10, RAM + 0x100) == 0, "select and read");
    report(!memcmp(ram + 0x100, kernel, 10) && ram[0x10a] == 0xee, "so many bytes");
    report(dma(READ, 3, RAM + 0x200) == 0 && !memcmp(ram + 0x200, kernel + 10, 3), "on from there");
    report(dma(SKIP, 5, 0) == 0 && rd(DATA, 1) == (uint8_t)kernel[18], "skip");
    report(dma(FWCFG_KERNEL_DATA << 16 | SELECT | READ, 600, RAM + 0x100) == 0, "past the end");
    report(!memcmp(ram + 0x100, kernel, sizeof(kernel)) && ram[0x100 + sizeof(kernel)] == 0 && ram[0x357] == 0 &&
               ram[0x358] == 0xee,
           "zeros follow");
    report(dma(FWCFG_KERNEL_DATA << 16 | SELECT | READ, 0xffffffff, RAM + 0x100) == ERROR, "out of RAM");
    report(dma(FWCFG_KERNEL_DATA << 16 | SELECT | READ, 4, 0x100) == ERROR, "nowhere");
    report(dma(WRITE, 4, RAM + 0x100) == ERROR, "nothing can be written");
    report(dma(SKIP, 0xffffffff, 0) == 0 && rd(DATA, 1) == 0, "a long skip ends at the end");
    memset(ram, 0xee, 16);
    wr(DMA, 4, cpu_to_fdt32(1));
    wr(DMA + 4, 4, cpu_to_fdt32(RAM));
    report(ram[0] == 0xee, "a request above 4 GiB is not looked at");
    wr(DMA + 4, 4, cpu_to_fdt32(0x100));
    report(ram[0] == 0xee, "nor one outside of RAM");
}

int main(void)
{
    vfwcfg_init(&cfg, gpa(0x09020000), (struct vfwcfg_host){ fetch, dma_read, dma_write, NULL });
    vfwcfg_add_number(&cfg, FWCFG_KERNEL_SIZE, 4, sizeof(kernel));
    vfwcfg_add_data(&cfg, FWCFG_KERNEL_DATA, 0x1000, sizeof(kernel));
    test_registers();
    test_dma();
    return test_summary();
}
