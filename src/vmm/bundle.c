/* The FIT container: see bundle.h. */
#include <libfdt.h>
#include <string.h>
#include "lib/crc32.h"
#include "lib/log.h"
#include "lib/sha256.h"
#include "vmm/bundle.h"

#define NAME_MAX_LENGTH 63

/* "bundle: NODE: reason", and the code. */
#define refuse(code, ...) (log_info("bundle: " __VA_ARGS__), (int)(code))

/* A property that is one string with something in it, or NULL. */
static const char *get_string(const void *fdt, int node, const char *property)
{
    int len;
    const char *s = fdt_getprop(fdt, node, property, &len);

    return s && len > 1 && strnlen(s, (size_t)len) == (size_t)len - 1 ? s : NULL;
}

static bool get_cell(const void *fdt, int node, const char *property, uint32_t *value)
{
    int len;
    const fdt32_t *cell = fdt_getprop(fdt, node, property, &len);

    if (!cell || len != 4)
        return false;
    *value = fdt32_to_cpu(*cell);
    return true;
}

/* Names go to the console and choose nodes: printable, not too long, one node each. */
static bool name_is_plain(const char *name)
{
    size_t n = 0;

    for (; name[n]; n++) {
        if (name[n] <= ' ' || name[n] > '~' || name[n] == '@' || n == NAME_MAX_LENGTH)
            return false;
    }
    return n > 0;
}

static int check_image_names(const struct bundle *b)
{
    int node, count = 0;

    fdt_for_each_subnode(node, b->fit, b->images) {
        const char *name = fdt_get_name(b->fit, node, NULL);

        count++;
        if (!name || !name_is_plain(name))
            return refuse(BUNDLE_VALUE, "/images: the name of image %d is not plain text", count);
        if (fdt_subnode_offset(b->fit, b->images, name) != node)
            return refuse(BUNDLE_VALUE, "/images/%s: there are two images of this name", name);
    }
    return count ? BUNDLE_OK : refuse(BUNDLE_MISSING, "/images: no image in it");
}

static int open_configuration(struct bundle *b)
{
    int configurations = fdt_path_offset(b->fit, "/configurations");
    if (configurations < 0)
        return refuse(BUNDLE_MISSING, "/configurations: no such node");

    const char *name = get_string(b->fit, configurations, "default");
    if (!name || !name_is_plain(name))
        return refuse(BUNDLE_MISSING, "/configurations: no property 'default' that names one");
    b->conf = fdt_subnode_offset(b->fit, configurations, name);
    if (b->conf < 0)
        return refuse(BUNDLE_MISSING, "/configurations/%s: no such node, but it is the default", name);

    b->vm_count = fdt_stringlist_count(b->fit, b->conf, "umbra,vms");
    if (b->vm_count < 1)
        return refuse(BUNDLE_MISSING, "/configurations/%s: no property 'umbra,vms' that lists VMs", name);
    for (int i = 0; i < b->vm_count; i++) {
        if (!name_is_plain(bundle_vm_image(b, i)))
            return refuse(BUNDLE_VALUE, "/configurations/%s: 'umbra,vms': entry %d is not a name", name, i);
    }
    return BUNDLE_OK;
}

static int check_container(const void *fit, size_t size)
{
    if (size < FDT_V17_SIZE)
        return refuse(BUNDLE_TRUNCATED, "/: %u bytes are too few for a FIT image: a truncated file?",
                      (unsigned)size);
    if (fdt_magic(fit) != FDT_MAGIC)
        return refuse(BUNDLE_NOT_FIT, "/: not a FIT image: it starts with 0x%08x, not with 0x%08x",
                      (unsigned)fdt_magic(fit), (unsigned)FDT_MAGIC);
    if (fdt_totalsize(fit) > size)
        return refuse(BUNDLE_TRUNCATED, "/: truncated: its header says %u bytes, the initrd has %u",
                      (unsigned)fdt_totalsize(fit), (unsigned)size);
    int err = fdt_check_full(fit, size);
    if (err)
        return refuse(BUNDLE_NOT_FIT, "/: damaged FIT image: %s", fdt_strerror(err));
    return BUNDLE_OK;
}

int bundle_open(struct bundle *b, const void *fit, size_t size)
{
    int err = check_container(fit, size);
    if (err)
        return err;

    *b = (struct bundle){ .fit = fit, .size = fdt_totalsize(fit) };
    b->images = fdt_path_offset(fit, "/images");
    if (b->images < 0)
        return refuse(BUNDLE_MISSING, "/images: no such node");
    err = check_image_names(b);
    return err ? err : open_configuration(b);
}

const char *bundle_vm_image(const struct bundle *b, int index)
{
    return fdt_stringlist_get(b->fit, b->conf, "umbra,vms", index, NULL);
}

static int check_crc32(const struct bundle_image *image, const char *hash, const uint8_t *value)
{
    uint32_t found = crc32(image->data, image->size);
    uint32_t written =
        (uint32_t)value[0] << 24 | (uint32_t)value[1] << 16 | (uint32_t)value[2] << 8 | value[3];

    if (found == written)
        return BUNDLE_OK;
    return refuse(BUNDLE_HASH, "/images/%s/%s: corrupt: crc32 is 0x%08x, should be 0x%08x", image->name, hash,
                  (unsigned)found, (unsigned)written);
}

static int check_sha256(const struct bundle_image *image, const char *hash, const uint8_t *value)
{
    uint8_t found[SHA256_SIZE];

    sha256(image->data, image->size, found);
    if (!memcmp(found, value, sizeof(found)))
        return BUNDLE_OK;
    return refuse(BUNDLE_HASH, "/images/%s/%s: corrupt: its data does not have this sha256", image->name,
                  hash);
}

static int check_hash(const struct bundle *b, int node, const struct bundle_image *image, const char *hash)
{
    static const struct {
        const char *algo;
        int size;
        int (*check)(const struct bundle_image *, const char *, const uint8_t *);
    } algos[] = { { "crc32", 4, check_crc32 }, { "sha256", SHA256_SIZE, check_sha256 } };
    const char *algo = get_string(b->fit, node, "algo");
    int len = 0;
    const uint8_t *value = fdt_getprop(b->fit, node, "value", &len);

    if (!algo || !name_is_plain(algo))
        return refuse(BUNDLE_MISSING, "/images/%s/%s: no 'algo'", image->name, hash);
    for (size_t i = 0; i < sizeof(algos) / sizeof(algos[0]); i++) {
        if (strcmp(algo, algos[i].algo))
            continue;
        if (!value || len != algos[i].size)
            return refuse(BUNDLE_VALUE, "/images/%s/%s: 'value' is not a %s: %d bytes, should be %d",
                          image->name, hash, algo, value ? len : 0, algos[i].size);
        return algos[i].check(image, hash, value);
    }
    return refuse(BUNDLE_UNKNOWN, "/images/%s/%s: unknown hash '%s'", image->name, hash, algo);
}

static int check_hashes(const struct bundle *b, int image_node, const struct bundle_image *image)
{
    int node, count = 0;

    fdt_for_each_subnode(node, b->fit, image_node) {
        const char *name = fdt_get_name(b->fit, node, NULL);

        if (!name || strncmp(name, "hash", 4))
            continue;
        if (!name_is_plain(name))
            return refuse(BUNDLE_VALUE, "/images/%s: a hash node whose name is not plain text", image->name);
        int err = check_hash(b, node, image, name);
        if (err)
            return err;
        count++;
    }
    return count ? BUNDLE_OK : refuse(BUNDLE_MISSING, "/images/%s: no hash node", image->name);
}

/* A string property that must have one particular value. */
static int expect_string(const struct bundle *b, int node, const char *name, const char *property,
                         const char *value)
{
    const char *found = get_string(b->fit, node, property);

    if (!found || !name_is_plain(found))
        return refuse(BUNDLE_MISSING, "/images/%s: no '%s'", name, property);
    if (strcmp(found, value))
        return refuse(BUNDLE_UNKNOWN, "/images/%s: '%s' is '%s', should be '%s'", name, property, found,
                      value);
    return BUNDLE_OK;
}

static int get_data(const struct bundle *b, int node, struct bundle_image *out)
{
    static const char *const external[] = { "data-offset", "data-position", "data-size" };
    int len;

    for (size_t i = 0; i < sizeof(external) / sizeof(external[0]); i++) {
        if (fdt_getprop(b->fit, node, external[i], NULL))
            return refuse(BUNDLE_UNKNOWN, "/images/%s: '%s': external data is not supported", out->name,
                          external[i]);
    }
    out->data = fdt_getprop(b->fit, node, "data", &len);
    if (!out->data || len <= 0)
        return refuse(BUNDLE_MISSING, "/images/%s: no 'data', or it is empty", out->name);
    out->size = (uint32_t)len;
    return BUNDLE_OK;
}

/* 'load' and 'entry', for the types that have them. */
static int get_addresses(const struct bundle *b, int node, const char *type, struct bundle_image *out)
{
    bool kernel = !strcmp(type, "kernel");

    if ((kernel || !strcmp(type, "ramdisk")) && !get_cell(b->fit, node, "load", &out->load))
        return refuse(BUNDLE_MISSING, "/images/%s: no 'load', or it is not one cell", out->name);
    if (kernel && !get_cell(b->fit, node, "entry", &out->entry))
        return refuse(BUNDLE_MISSING, "/images/%s: no 'entry', or it is not one cell", out->name);
    return BUNDLE_OK;
}

int bundle_get_image(const struct bundle *b, const char *name, const char *type, struct bundle_image *out)
{
    int node = name_is_plain(name) ? fdt_subnode_offset(b->fit, b->images, name) : -FDT_ERR_NOTFOUND;

    if (node < 0)
        return refuse(BUNDLE_MISSING, "/images/%s: no such image", name_is_plain(name) ? name : "?");
    *out = (struct bundle_image){ .name = fdt_get_name(b->fit, node, NULL) };
    int err = expect_string(b, node, name, "type", type);
    err = err ? err : expect_string(b, node, name, "arch", "arm");
    err = err ? err : expect_string(b, node, name, "compression", "none");
    err = err ? err : get_data(b, node, out);
    err = err ? err : get_addresses(b, node, type, out);
    return err ? err : check_hashes(b, node, out);
}
