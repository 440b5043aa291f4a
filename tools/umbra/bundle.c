/* Writes the bundle: docs/bundle.md. */
#include "kernel.h"
#include "vmdesc.h"
#include "lib/sha256.h"
#include <libfdt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define PAGE 4096u
#define FDT_ROOM 0x10000u
#define FLASH_BANK (64u * MiB)

struct image {
    const char *name, *type, *description;
    struct blob data;
    bool has_load, has_entry;
    uint32_t load, entry;
};

/* --- placement ------------------------------------------------------------------ */

struct layout {
    uint32_t base, size; /* the VM's memory */
    uint32_t ramdisk, fdt;
};

static uint32_t align_page(uint64_t address)
{
    uint64_t up = (address + PAGE - 1) & ~(uint64_t)(PAGE - 1);
    return up > UINT32_MAX ? UINT32_MAX : (uint32_t)up;
}

static void check_inside(const struct layout *l, const char *what, uint64_t start, uint64_t size)
{
    if (start < l->base || start + size > (uint64_t)l->base + l->size)
        die(EXIT_FILE, "the %s lies at 0x%08llx to 0x%08llx, outside the VM's memory, 0x%08x to 0x%08llx (%u MiB)",
            what, (unsigned long long)start, (unsigned long long)(start + size), l->base,
            (unsigned long long)l->base + l->size, l->size / MiB);
}

static void place(struct layout *l, const struct kernel *kernel, size_t ramdisk_size)
{
    check_inside(l, "kernel", kernel->load, kernel->image.size);
    uint32_t half = l->size / 2, low = half < 128 * MiB ? half : 128 * MiB;
    uint64_t at = (uint64_t)l->base + low;
    if (at < kernel->end)
        at = kernel->end;
    l->ramdisk = align_page(at);
    l->fdt = align_page((uint64_t)l->ramdisk + ramdisk_size);
    if (kernel->tree_at_base && kernel->load - l->base >= FDT_ROOM)
        l->fdt = l->base;
    if (ramdisk_size)
        check_inside(l, "RAM disk", l->ramdisk, ramdisk_size);
    check_inside(l, "device tree", l->fdt, FDT_ROOM);
}

/* --- FIT ------------------------------------------------------------------------ */

static void must(int error, const char *doing)
{
    if (error)
        die(EXIT_TOOL, "bundle: %s: %s", doing, fdt_strerror(error));
}

static void put_hash(void *fit, unsigned index, const char *algo, const void *value, int size)
{
    char name[16];
    snprintf(name, sizeof(name), "hash-%u", index);
    must(fdt_begin_node(fit, name), name);
    must(fdt_property_string(fit, "algo", algo), name);
    must(fdt_property(fit, "value", value, size), name);
    must(fdt_end_node(fit), name);
}

static void put_hashes(void *fit, const struct blob *data, unsigned hashes)
{
    unsigned index = 1;
    if (hashes & HASH_CRC32) {
        fdt32_t value = cpu_to_fdt32((uint32_t)crc32_z(0, data->data, data->size));
        put_hash(fit, index++, "crc32", &value, sizeof(value));
    }
    if (hashes & HASH_SHA256) {
        uint8_t digest[SHA256_SIZE];
        sha256(data->data, data->size, digest);
        put_hash(fit, index, "sha256", digest, sizeof(digest));
    }
}

static void put_image(void *fit, const struct image *image, unsigned hashes)
{
    must(fdt_begin_node(fit, image->name), image->name);
    must(fdt_property_string(fit, "description", image->description), image->name);
    must(fdt_property_string(fit, "type", image->type), image->name);
    must(fdt_property_string(fit, "arch", "arm"), image->name);
    must(fdt_property_string(fit, "os", "linux"), image->name);
    must(fdt_property_string(fit, "compression", "none"), image->name);
    if (image->has_load)
        must(fdt_property_u32(fit, "load", image->load), image->name);
    if (image->has_entry)
        must(fdt_property_u32(fit, "entry", image->entry), image->name);
    must(fdt_property(fit, "data", image->data.data, (int)image->data.size), image->name);
    put_hashes(fit, &image->data, hashes);
    must(fdt_end_node(fit), image->name);
}

static uint32_t timestamp(void)
{
    const char *epoch = getenv("SOURCE_DATE_EPOCH");
    return epoch ? (uint32_t)strtoul(epoch, NULL, 10) : 0;
}

static struct blob write_fit(const struct image *images, unsigned count, unsigned hashes)
{
    size_t size = 65536;
    for (unsigned i = 0; i < count; i++)
        size += images[i].data.size + 1024;
    void *fit = xmalloc(size);

    must(fdt_create(fit, (int)size), "create");
    must(fdt_finish_reservemap(fit), "reservation map");
    must(fdt_begin_node(fit, ""), "root");
    must(fdt_property_string(fit, "description", "umbra bundle"), "root");
    must(fdt_property_u32(fit, "#address-cells", 1), "root");
    must(fdt_property_u32(fit, "timestamp", timestamp()), "root");
    must(fdt_begin_node(fit, "images"), "images");
    for (unsigned i = 0; i < count; i++)
        put_image(fit, &images[i], hashes);
    must(fdt_end_node(fit), "images");
    must(fdt_begin_node(fit, "configurations"), "configurations");
    must(fdt_property_string(fit, "default", "conf-1"), "configurations");
    must(fdt_begin_node(fit, "conf-1"), "conf-1");
    must(fdt_property_string(fit, "description", "one VM"), "conf-1");
    must(fdt_property_string(fit, "umbra,vms", "vm-1"), "conf-1");
    must(fdt_end_node(fit), "conf-1");
    must(fdt_end_node(fit), "configurations");
    must(fdt_end_node(fit), "root");
    must(fdt_finish(fit), "finish");
    return (struct blob){ fit, fdt_totalsize(fit) };
}

/* --- all together ---------------------------------------------------------------- */

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* What is being put together. */
struct parts {
    const struct options *opt;
    struct vmdesc *desc;
    struct layout layout;
    struct image images[6];
    unsigned count;
};

static struct image *add_image(struct parts *p, const char *name, const char *type, const char *path, struct blob data)
{
    struct image *image = &p->images[p->count++];
    *image = (struct image){ .name = name, .type = type, .description = base_name(path), .data = data };
    return image;
}

static const char *ramdisk_path(const struct options *opt, bool is_linux)
{
    if (opt->initrd || opt->no_initrd || !is_linux)
        return opt->initrd;
    return project_path("build/guest/initramfs.cpio.gz");
}

static void add_ramdisk(struct parts *p, const char *path, struct blob data)
{
    struct image *image = add_image(p, "ramdisk-1", "ramdisk", path, data);
    image->has_load = true;
    image->load = p->layout.ramdisk;
    vmdesc_set_string(p->desc, "ramdisk", image->name);
}

static void add_kernel(struct parts *p, const struct kernel *kernel)
{
    struct image *image = add_image(p, "kernel-1", "kernel", p->opt->kernel, kernel->image);
    image->has_load = image->has_entry = true;
    image->load = kernel->load;
    image->entry = kernel->entry;
    vmdesc_set_string(p->desc, "kernel", image->name);
}

/* A kernel in memory, ready to be entered. */
static void add_loaded(struct parts *p)
{
    struct kernel kernel = kernel_prepare(p->opt->kernel, p->layout.base, p->opt->decompress);
    const char *initrd = ramdisk_path(p->opt, kernel.is_linux);
    struct blob ramdisk = { NULL, 0 };

    add_kernel(p, &kernel);
    if (initrd)
        ramdisk = read_file(initrd, "RAM disk");
    place(&p->layout, &kernel, ramdisk.size);
    if (initrd)
        add_ramdisk(p, initrd, ramdisk);
}

/* A flash image as it is on the chip; what follows its last byte that is not zero is zero there too. */
static void add_flash(struct parts *p, const char *name, const char *property, const char *path)
{
    struct blob data = read_file(path, property);
    if (data.size > FLASH_BANK)
        die(EXIT_FILE, "'%s' has %zu bytes; a flash bank has %u", path, data.size, FLASH_BANK);
    while (data.size > 1 && data.data[data.size - 1] == 0)
        data.size--;
    add_image(p, name, "firmware", path, data);
    vmdesc_set_string(p->desc, property, name);
}

/* Firmware in flash, the tree at the start of memory; kernel and RAM disk as files, for it to load. */
static void add_firmware(struct parts *p)
{
    const struct options *opt = p->opt;

    p->layout.fdt = p->layout.base;
    add_flash(p, "firmware-1", "firmware", opt->firmware);
    if (opt->flash)
        add_flash(p, "flash-1", "flash", opt->flash);
    if (opt->kernel)
        add_kernel(p, &(struct kernel){ .image = read_file(opt->kernel, "kernel") });
    if (opt->initrd)
        add_ramdisk(p, opt->initrd, read_file(opt->initrd, "RAM disk"));
}

struct blob bundle_make(const struct options *opt, uint32_t *memory)
{
    struct parts p = { .opt = opt, .desc = vmdesc_load(opt->vm) };
    if (opt->memory)
        vmdesc_set_u32(p.desc, "memory-size", opt->memory);
    if (opt->policy)
        vmdesc_set_string(p.desc, "policy", opt->policy);
    if (opt->no_space_cache)
        vmdesc_set_string(p.desc, "space-cache", "off");
    if (opt->without)
        vmdesc_set_list(p.desc, "without", opt->without);
    if (opt->append)
        vmdesc_set_bootargs(p.desc, opt->append);
    p.layout = (struct layout){ .base = vmdesc_get_u32(p.desc, "memory-base"),
                                .size = vmdesc_get_u32(p.desc, "memory-size") };

    if (opt->firmware)
        add_firmware(&p);
    else
        add_loaded(&p);
    if (opt->dtb) {
        struct blob tree = read_file(opt->dtb, "device tree");
        check_tree(opt->dtb, &tree);
        add_image(&p, "fdt-1", "flat_dt", opt->dtb, tree);
        vmdesc_set_string(p.desc, "fdt", "fdt-1");
    }
    vmdesc_set_u32(p.desc, "fdt-address", p.layout.fdt);
    add_image(&p, "vm-1", "flat_dt", "VM description", vmdesc_pack(p.desc));
    *memory = p.layout.size + (opt->firmware ? 2 * FLASH_BANK : 0);
    return write_fit(p.images, p.count, opt->hash);
}
