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

struct blob bundle_make(const struct options *opt, uint32_t *memory)
{
    struct vmdesc *desc = vmdesc_load(opt->vm);
    if (opt->memory)
        vmdesc_set_u32(desc, "memory-size", opt->memory);
    if (opt->policy)
        vmdesc_set_string(desc, "policy", opt->policy);
    if (opt->no_space_cache)
        vmdesc_set_string(desc, "space-cache", "off");
    if (opt->append)
        vmdesc_set_bootargs(desc, opt->append);

    struct layout l = { .base = vmdesc_get_u32(desc, "memory-base"), .size = vmdesc_get_u32(desc, "memory-size") };
    struct kernel kernel = kernel_prepare(opt->kernel, l.base, opt->decompress);
    struct image images[4] = {
        { "kernel-1", "kernel", base_name(opt->kernel), kernel.image, true, true, kernel.load, kernel.entry },
    };
    unsigned count = 1;
    const char *initrd = opt->initrd;
    if (!initrd && !opt->no_initrd && kernel.is_linux)
        initrd = project_path("build/guest/initramfs.cpio.gz");

    struct blob ramdisk = { NULL, 0 };
    if (initrd)
        ramdisk = read_file(initrd, "RAM disk");
    place(&l, &kernel, ramdisk.size);
    if (initrd) {
        images[count++] = (struct image){ .name = "ramdisk-1", .type = "ramdisk", .description = base_name(initrd),
                                          .data = ramdisk, .has_load = true, .load = l.ramdisk };
        vmdesc_set_string(desc, "ramdisk", "ramdisk-1");
    }
    if (opt->dtb) {
        struct blob tree = read_file(opt->dtb, "device tree");
        check_tree(opt->dtb, &tree);
        images[count++] = (struct image){ .name = "fdt-1", .type = "flat_dt",
                                          .description = base_name(opt->dtb), .data = tree };
        vmdesc_set_string(desc, "fdt", "fdt-1");
    }
    vmdesc_set_string(desc, "kernel", "kernel-1");
    vmdesc_set_u32(desc, "fdt-address", l.fdt);
    images[count++] = (struct image){ .name = "vm-1", .type = "flat_dt", .description = "VM description",
                                      .data = vmdesc_pack(desc) };
    *memory = l.size;
    return write_fit(images, count, opt->hash);
}
