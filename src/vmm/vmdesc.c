/* VM descriptions: see vmdesc.h. */
#include <libfdt.h>
#include <string.h>
#include "lib/bits.h"
#include "lib/log.h"
#include "vmm/vmdesc.h"
#include "vmm/vm_virt.h"

#define refuse(code, ...) (log_info("bundle: " __VA_ARGS__), (int)(code))

/* Where we are, for messages. */
struct parse {
    const struct bundle *bundle;
    const char *image; /* /images/NAME of the description */
    struct vmdesc *out;
};

static bool is_printable(const char *s)
{
    while (*s >= ' ' && *s <= '~')
        s++;
    return *s == '\0';
}

/* A string property of the description; NULL when there is none, *bad set when it is no text. */
static const char *find_string(const struct parse *p, const char *property, bool *bad)
{
    int len;
    const char *s = fdt_getprop(p->out->tree, 0, property, &len);

    *bad = s && (len < 1 || strnlen(s, (size_t)len) != (size_t)len - 1 || !is_printable(s));
    return s;
}

static int get_string(const struct parse *p, const char *property, const char **value)
{
    bool bad;

    *value = find_string(p, property, &bad);
    if (!*value)
        return refuse(BUNDLE_MISSING, "/images/%s: description without '%s'", p->image, property);
    if (bad)
        return refuse(BUNDLE_VALUE, "/images/%s: '%s' is not plain text", p->image, property);
    return BUNDLE_OK;
}

static int get_cell(const struct parse *p, const char *property, uint32_t *value)
{
    int len;
    const fdt32_t *cell = fdt_getprop(p->out->tree, 0, property, &len);

    if (!cell)
        return refuse(BUNDLE_MISSING, "/images/%s: description without '%s'", p->image, property);
    if (len != 4)
        return refuse(BUNDLE_VALUE, "/images/%s: '%s' is %d bytes long, should be one cell", p->image,
                      property, len);
    *value = fdt32_to_cpu(*cell);
    return BUNDLE_OK;
}

static int open_tree(const struct parse *p, const struct bundle_image *image)
{
    if (image->size > VMDESC_TREE_MAX)
        return refuse(BUNDLE_VALUE, "/images/%s: description of %u bytes; at most %u are allowed", p->image,
                      (unsigned)image->size, VMDESC_TREE_MAX);
    memcpy(p->out->tree, image->data, image->size);
    int err = fdt_check_full(p->out->tree, image->size);
    if (err)
        return refuse(BUNDLE_NOT_FIT, "/images/%s: description is not a device tree: %s", p->image,
                      fdt_strerror(err));
    if (fdt_node_check_compatible(p->out->tree, 0, "umbra,vm"))
        return refuse(BUNDLE_VALUE, "/images/%s: description is not compatible with 'umbra,vm'", p->image);
    return BUNDLE_OK;
}

static int parse_name(const struct parse *p)
{
    const char *name;
    int err = get_string(p, "vm-name", &name);

    if (err)
        return err;
    if (!*name || strlen(name) > VMDESC_NAME_MAX)
        return refuse(BUNDLE_VALUE, "/images/%s: 'vm-name' must have 1 to %u characters", p->image,
                      VMDESC_NAME_MAX);
    strcpy(p->out->name, name);
    return BUNDLE_OK;
}

static int parse_model(const struct parse *p)
{
    const char *model;
    int err = get_string(p, "model", &model);

    if (err)
        return err;
    if (strcmp(model, "virt"))
        return refuse(BUNDLE_UNKNOWN, "/images/%s: unknown model '%s'; there is 'virt'", p->image, model);
    p->out->model = VM_MODEL_VIRT;
    return BUNDLE_OK;
}

static int parse_policy(const struct parse *p)
{
    static const char *const names[] = { [VM_POLICY_TLB] = "tlb", [VM_POLICY_TRAP] = "trap", [VM_POLICY_OOS] = "oos" };
    const char *policy;
    int err = get_string(p, "policy", &policy);

    if (err)
        return err;
    for (unsigned i = 0; i < ARRAY_SIZE(names); i++) {
        if (!strcmp(policy, names[i])) {
            p->out->policy = (enum vm_policy)i;
            return BUNDLE_OK;
        }
    }
    return refuse(BUNDLE_UNKNOWN, "/images/%s: unknown policy '%s'; there are 'tlb', 'trap' and 'oos'", p->image,
                  policy);
}

/* Optional: on unless it says otherwise. */
static int parse_space_cache(const struct parse *p)
{
    bool bad;
    const char *value = find_string(p, "space-cache", &bad);

    if (value && (bad || (strcmp(value, "on") && strcmp(value, "off"))))
        return refuse(BUNDLE_UNKNOWN, "/images/%s: 'space-cache' is neither 'on' nor 'off'", p->image);
    p->out->space_cache = !value || !strcmp(value, "on");
    return BUNDLE_OK;
}

/* The optimisations that are switched off. */
static int parse_without(const struct parse *p)
{
    /* bit n of WITHOUT_ */
    const char *names[] = { "fast-paths", "lazy-dacr", "system-stubs", "tlbi-queue", "lazy-stubs", "traces" };
    int count = fdt_stringlist_count(p->out->tree, 0, "without");

    if (count == -FDT_ERR_NOTFOUND)
        return BUNDLE_OK;
    for (int i = 0; i < count; i++) {
        const char *name = fdt_stringlist_get(p->out->tree, 0, "without", i, NULL);
        unsigned n = 0;

        while (n < ARRAY_SIZE(names) && strcmp(names[n], name))
            n++;
        if (n == ARRAY_SIZE(names))
            return refuse(BUNDLE_UNKNOWN, "/images/%s: unknown optimisation '%s' in 'without'", p->image,
                          is_printable(name) ? name : "?");
        p->out->without |= BIT(n);
    }
    return count >= 0 ? BUNDLE_OK : refuse(BUNDLE_VALUE, "/images/%s: 'without' is no list of strings", p->image);
}

static int parse_memory(const struct parse *p)
{
    struct vmdesc *d = p->out;
    int err = get_cell(p, "memory-base", &d->memory_base);

    err = err ? err : get_cell(p, "memory-size", &d->memory_size);
    if (err)
        return err;
    if (d->memory_base != VIRT_RAM_BASE)
        return refuse(BUNDLE_VALUE, "/images/%s: 'memory-base' is 0x%08x; model 'virt' has memory at 0x%08x",
                      p->image, (unsigned)d->memory_base, VIRT_RAM_BASE);
    if (d->memory_size % MiB)
        return refuse(BUNDLE_MEMORY, "/images/%s: 'memory-size' 0x%x is not a multiple of 1 MiB", p->image,
                      (unsigned)d->memory_size);
    if (d->memory_size < VMDESC_MEMORY_MIN || d->memory_size > VMDESC_MEMORY_MAX)
        return refuse(BUNDLE_MEMORY, "/images/%s: 'memory-size' is %u MiB; %u to %u MiB are possible",
                      p->image, (unsigned)(d->memory_size / MiB), VMDESC_MEMORY_MIN / MiB,
                      VMDESC_MEMORY_MAX / MiB);
    return BUNDLE_OK;
}

/* An image that the description names; an optional one may be absent and stays empty. */
static int parse_image(const struct parse *p, const char *property, const char *type, bool optional,
                       struct bundle_image *image)
{
    const char *name;
    bool bad;

    if (optional && !find_string(p, property, &bad))
        return BUNDLE_OK;
    int err = get_string(p, property, &name);
    return err ? err : bundle_get_image(p->bundle, name, type, image);
}

static int parse_flash(const struct parse *p, const char *property, struct bundle_image *image)
{
    int err = parse_image(p, property, "firmware", true, image);

    if (err)
        return err;
    if (image->size > VIRT_FLASH_BANK)
        return refuse(BUNDLE_LAYOUT, "/images/%s: %u bytes do not fit into a flash bank of %u MiB", image->name,
                      (unsigned)image->size, VIRT_FLASH_BANK / MiB);
    if (p->out->flash.size && !p->out->firmware.size)
        return refuse(BUNDLE_MISSING, "/images/%s: description with 'flash' but without 'firmware'", p->image);
    return BUNDLE_OK;
}

/* A piece of guest memory that something is loaded into. */
struct piece {
    const char *what, *name;
    uint32_t start, size;
};

static int check_inside(const struct vmdesc *d, const struct piece *piece)
{
    uint32_t offset = piece->start - d->memory_base;

    if (piece->start >= d->memory_base && offset < d->memory_size && piece->size <= d->memory_size - offset)
        return BUNDLE_OK;
    return refuse(BUNDLE_LAYOUT,
                  "/images/%s: %s of %u bytes at 0x%08x is not inside the VM's memory, %u MiB at 0x%08x",
                  piece->name, piece->what, (unsigned)piece->size, (unsigned)piece->start,
                  (unsigned)(d->memory_size / MiB), (unsigned)d->memory_base);
}

static int check_layout(const struct parse *p)
{
    const struct vmdesc *d = p->out;
    const struct piece pieces[] = {
        { "kernel", d->kernel.name, d->kernel.load, d->kernel.size },
        { "device tree area", p->image, d->fdt_address, VMDESC_FDT_ROOM },
        { "ramdisk", d->ramdisk.name, d->ramdisk.load, d->ramdisk.size },
    };
    size_t count = d->ramdisk.size ? 3 : 2;

    if (d->firmware.size) /* it fetches the others from fw_cfg, to where it likes */
        return check_inside(d, &pieces[1]);
    for (size_t i = 0; i < count; i++) {
        int err = check_inside(d, &pieces[i]);
        if (err)
            return err;
    }
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < i; j++) {
            const struct piece *a = &pieces[i], *b = &pieces[j];

            if (a->start < b->start + b->size && b->start < a->start + a->size)
                return refuse(BUNDLE_LAYOUT, "/images/%s: %s at 0x%08x overlaps the %s, %u bytes at 0x%08x",
                              a->name, a->what, (unsigned)a->start, b->what, (unsigned)b->size,
                              (unsigned)b->start);
        }
    }
    return BUNDLE_OK;
}

static int check_addresses(const struct parse *p)
{
    const struct vmdesc *d = p->out;
    uint32_t entry = d->kernel.entry & ~1u;

    if (d->fdt_address % (4 * KiB))
        return refuse(BUNDLE_VALUE, "/images/%s: 'fdt-address' 0x%08x is not 4 KiB aligned", p->image,
                      (unsigned)d->fdt_address);
    if (d->firmware.size)
        return check_layout(p);
    if (entry - d->kernel.load >= d->kernel.size)
        return refuse(BUNDLE_LAYOUT, "/images/%s: 'entry' 0x%08x is outside the image", d->kernel.name,
                      (unsigned)d->kernel.entry);
    if (!(d->kernel.entry & 1) && entry % 4)
        return refuse(BUNDLE_VALUE, "/images/%s: 'entry' 0x%08x is no instruction address", d->kernel.name,
                      (unsigned)d->kernel.entry);
    return check_layout(p);
}

/* A tree of the user's own: libfdt will edit a copy, so it must be whole and leave room. */
static int check_guest_fdt(const struct vmdesc *d)
{
    static uint8_t copy[VMDESC_FDT_ROOM] __attribute__((aligned(8)));

    if (!d->fdt.size)
        return BUNDLE_OK;
    if (d->fdt.size > VMDESC_FDT_ROOM - 4 * KiB)
        return refuse(BUNDLE_LAYOUT, "/images/%s: device tree of %u bytes; at most %u fit", d->fdt.name,
                      (unsigned)d->fdt.size, VMDESC_FDT_ROOM - 4 * KiB);
    memcpy(copy, d->fdt.data, d->fdt.size);
    int err = fdt_check_full(copy, d->fdt.size);
    if (err)
        return refuse(BUNDLE_NOT_FIT, "/images/%s: not a device tree: %s", d->fdt.name, fdt_strerror(err));
    return BUNDLE_OK;
}

int vmdesc_parse(const struct bundle *b, int index, struct vmdesc *out)
{
    struct parse p = { .bundle = b, .image = bundle_vm_image(b, index), .out = out };
    struct bundle_image image;

    memset(out, 0, sizeof(*out));
    if (!p.image)
        return refuse(BUNDLE_MISSING, "/configurations: there is no VM %d", index);
    int err = bundle_get_image(b, p.image, "flat_dt", &image);
    err = err ? err : open_tree(&p, &image);
    err = err ? err : parse_name(&p);
    err = err ? err : parse_model(&p);
    err = err ? err : parse_policy(&p);
    err = err ? err : parse_space_cache(&p);
    err = err ? err : parse_without(&p);
    err = err ? err : parse_memory(&p);
    err = err ? err : get_string(&p, "bootargs", &out->bootargs);
    err = err ? err : get_cell(&p, "fdt-address", &out->fdt_address);
    err = err ? err : parse_flash(&p, "firmware", &out->firmware);
    err = err ? err : parse_flash(&p, "flash", &out->flash);
    err = err ? err : parse_image(&p, "kernel", "kernel", out->firmware.size, &out->kernel);
    err = err ? err : parse_image(&p, "ramdisk", "ramdisk", true, &out->ramdisk);
    err = err ? err : parse_image(&p, "fdt", "flat_dt", true, &out->fdt);
    err = err ? err : check_guest_fdt(out);
    return err ? err : check_addresses(&p);
}

uint32_t vmdesc_host_size(const struct vmdesc *d)
{
    return d->memory_size + (d->firmware.size ? VFLASH_BANKS * VIRT_FLASH_BANK : 0);
}

int vmdesc_check_host(const struct vmdesc *d, uint32_t available)
{
    if (vmdesc_host_size(d) <= available)
        return BUNDLE_OK;
    return refuse(BUNDLE_MEMORY, "VM '%s': 'memory-size' is %u MiB%s, but the host has only %u MiB to give",
                  d->name, (unsigned)(d->memory_size / MiB), d->firmware.size ? " and its flash 128 MiB" : "",
                  (unsigned)(available / MiB));
}
