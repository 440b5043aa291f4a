/*
 * The bundle and VM descriptions: one good bundle, and a collection of broken
 * ones made from it.  Every refusal must have its code, and a message that
 * names the node.  Inputs live in blocks of their exact size, so that the
 * address sanitizer sees the first byte read beyond.
 */
#include <libfdt.h>
#include <stdlib.h>
#include <string.h>
#include "lib/bits.h"
#include "lib/crc32.h"
#include "lib/sha256.h"
#include "support.h"
#include "test.h"
#include "vmm/bundle.h"
#include "vmm/vmdesc.h"

#define ROOM 65536

enum action { KEEP, DELETE_PROPERTY, SET_STRING, SET_CELL, SET_BYTES, DELETE_NODE, ADD_NODE };

/* One change to a tree. */
struct change {
    const char *path, *property;
    enum action action;
    const char *string; /* or bytes */
    uint32_t value;     /* cell, or number of bytes */
};

#define KERNEL "/images/kernel-1"
#define RAMDISK "/images/ramdisk-1"
#define CONF "/configurations/conf-1"

#define DELETE(path, property) { path, property, DELETE_PROPERTY, NULL, 0 }
#define STRING(path, property, s) { path, property, SET_STRING, s, 0 }
#define CELL(path, property, v) { path, property, SET_CELL, NULL, v }
#define BYTES(path, property, s, n) { path, property, SET_BYTES, s, n }
#define NODE(path, name) { path, name, ADD_NODE, NULL, 0 }
#define NO_NODE(path) { path, NULL, DELETE_NODE, NULL, 0 }

struct broken {
    const char *name;
    struct change change;
    int code;
    const char *message; /* part of it */
};

static uint8_t kernel[3000], ramdisk[2000];
static uint8_t fit[ROOM] __attribute__((aligned(8))), description[ROOM] __attribute__((aligned(8)));
static uint8_t own_tree[ROOM] __attribute__((aligned(8)));
static struct vmdesc desc;

static void must(int err)
{
    if (err < 0) {
        printf("FAIL cannot make the input: %s\n", fdt_strerror(err));
        exit(1);
    }
}

static void apply(void *fdt, const struct change *c)
{
    int node = c->action == KEEP ? 0 : fdt_path_offset(fdt, c->path);

    must(node);
    switch (c->action) {
    case KEEP:
        break;
    case DELETE_PROPERTY:
        must(fdt_delprop(fdt, node, c->property));
        break;
    case SET_STRING:
        must(fdt_setprop_string(fdt, node, c->property, c->string));
        break;
    case SET_CELL:
        must(fdt_setprop_u32(fdt, node, c->property, c->value));
        break;
    case SET_BYTES:
        must(fdt_setprop(fdt, node, c->property, c->string, (int)c->value));
        break;
    case DELETE_NODE:
        must(fdt_del_node(fdt, node));
        break;
    case ADD_NODE:
        must(fdt_add_subnode(fdt, node, c->property));
        break;
    }
}

static void start_tree(void *fdt)
{
    must(fdt_create_empty_tree(fdt, ROOM));
}

static void make_description(const struct change *change)
{
    start_tree(description);
    must(fdt_setprop_string(description, 0, "compatible", "umbra,vm"));
    must(fdt_setprop_string(description, 0, "vm-name", "linux"));
    must(fdt_setprop_string(description, 0, "model", "virt"));
    must(fdt_setprop_string(description, 0, "policy", "tlb"));
    must(fdt_setprop_u32(description, 0, "memory-base", 0x40000000));
    must(fdt_setprop_u32(description, 0, "memory-size", 64 * MiB));
    must(fdt_setprop_string(description, 0, "bootargs", "console=ttyAMA0 quiet"));
    must(fdt_setprop_string(description, 0, "kernel", "kernel-1"));
    must(fdt_setprop_string(description, 0, "ramdisk", "ramdisk-1"));
    must(fdt_setprop_u32(description, 0, "fdt-address", 0x42100000));
    apply(description, change);
    must(fdt_pack(description));
}

static void add_hashes(int image, const void *data, size_t size)
{
    uint8_t digest[SHA256_SIZE];
    int node = fdt_add_subnode(fit, image, "hash-1");

    must(node);
    must(fdt_setprop_string(fit, node, "algo", "crc32"));
    must(fdt_setprop_u32(fit, node, "value", crc32(data, size)));
    node = fdt_add_subnode(fit, image, "hash-2");
    must(node);
    sha256(data, size, digest);
    must(fdt_setprop_string(fit, node, "algo", "sha256"));
    must(fdt_setprop(fit, node, "value", digest, sizeof(digest)));
}

static int add_image(const char *name, const char *type, const void *data, size_t size)
{
    int node = fdt_add_subnode(fit, fdt_path_offset(fit, "/images"), name);

    must(node);
    must(fdt_setprop_string(fit, node, "type", type));
    must(fdt_setprop_string(fit, node, "arch", "arm"));
    must(fdt_setprop_string(fit, node, "compression", "none"));
    must(fdt_setprop(fit, node, "data", data, (int)size));
    add_hashes(node, data, size);
    return fdt_subnode_offset(fit, fdt_path_offset(fit, "/images"), name);
}

/* The good bundle, with one change to the container and one to the description. */
static void make_bundle(const struct change *container, const struct change *in_description)
{
    static const struct change none = { .action = KEEP };

    make_description(in_description ? in_description : &none);
    start_tree(own_tree);
    must(fdt_pack(own_tree));
    start_tree(fit);
    must(fdt_add_subnode(fit, 0, "images"));
    add_image("fdt-1", "flat_dt", own_tree, fdt_totalsize(own_tree));
    add_image("fdt-bad", "flat_dt", "not a device tree, but longer than the header of one is.", 57);
    add_image("vm-1", "flat_dt", description, fdt_totalsize(description));
    add_image("firmware-1", "firmware", kernel, sizeof(kernel));
    int node = add_image("ramdisk-1", "ramdisk", ramdisk, sizeof(ramdisk));
    must(fdt_setprop_u32(fit, node, "load", 0x42000000));
    node = add_image("kernel-1", "kernel", kernel, sizeof(kernel));
    must(fdt_setprop_u32(fit, node, "load", 0x40010000));
    must(fdt_setprop_u32(fit, node, "entry", 0x40010000));
    node = fdt_add_subnode(fit, 0, "configurations");
    must(node);
    must(fdt_setprop_string(fit, node, "default", "conf-1"));
    node = fdt_add_subnode(fit, node, "conf-1");
    must(node);
    must(fdt_setprop_string(fit, node, "umbra,vms", "vm-1"));
    apply(fit, container ? container : &none);
    must(fdt_pack(fit));
}

/* Opens and parses what is in 'data'; the first code that is not 0. */
static int read_bundle(const void *data, size_t size)
{
    void *copy = NULL;
    struct bundle b;
    int code;

    log_count = 0;
    log_last[0] = '\0';
    if (posix_memalign(&copy, 4096, size ? size : 1))
        exit(1);
    memcpy(copy, data, size);
    code = bundle_open(&b, copy, size);
    for (int i = 0; !code && i < b.vm_count; i++)
        code = vmdesc_parse(&b, i, &desc);
    /* what desc points to goes with the copy: keep what the tests look at */
    free(copy);
    return code;
}

static int read_fit(void)
{
    return read_bundle(fit, fdt_totalsize(fit));
}

static void test_good(void)
{
    struct bundle b;

    make_bundle(NULL, NULL);
    report(bundle_open(&b, fit, fdt_totalsize(fit)) == 0 && b.vm_count == 1, "a good bundle opens");
    report(bundle_open(&b, fit, sizeof(fit)) == 0, "also with bytes behind it");
    report(vmdesc_parse(&b, 0, &desc) == 0, "its VM is read");
    report(!strcmp(desc.name, "linux") && desc.model == VM_MODEL_VIRT && desc.policy == VM_POLICY_TLB,
           "name, kind");
    report(desc.memory_base == 0x40000000 && desc.memory_size == 64 * MiB && desc.fdt_address == 0x42100000,
           "memory");
    report(!strcmp(desc.bootargs, "console=ttyAMA0 quiet"), "bootargs");
    report(desc.kernel.size == sizeof(kernel) && !memcmp(desc.kernel.data, kernel, sizeof(kernel)) &&
               desc.kernel.load == 0x40010000 && desc.kernel.entry == 0x40010000, "kernel");
    report(desc.ramdisk.size == sizeof(ramdisk) && desc.ramdisk.load == 0x42000000 && !desc.fdt.size,
           "ramdisk");
    report(log_count == 0, "in silence");
    report(vmdesc_parse(&b, 1, &desc) == BUNDLE_MISSING, "there is no second VM");
    desc.memory_size = 64 * MiB;
    report(vmdesc_check_host(&desc, 64 * MiB) == 0, "fits the host exactly");
    report(vmdesc_check_host(&desc, 63 * MiB) == BUNDLE_MEMORY && strstr(log_last, "63 MiB"),
           "larger than the host");
}

static void test_firmware(void)
{
    struct change change = STRING("/", "firmware", "firmware-1");

    make_bundle(NULL, &change);
    report(read_fit() == BUNDLE_OK && desc.firmware.size == sizeof(kernel) && desc.flash.size == 0, "firmware");
    report(vmdesc_host_size(&desc) == 192 * MiB && vmdesc_check_host(&desc, 191 * MiB) == BUNDLE_MEMORY,
           "its flash needs room on the host");
    make_bundle(&(struct change)CELL(KERNEL, "load", 0), &change);
    report(read_fit() == BUNDLE_OK, "where it loads the kernel to is its own affair");
}

static void test_variants(void)
{
    static const struct {
        const char *name;
        struct change change;
    } fine[] = {
        { "no ramdisk", DELETE("/", "ramdisk") },
        { "space cache on", STRING("/", "space-cache", "on") },
        { "empty bootargs", STRING("/", "bootargs", "") },
        { "an own device tree", STRING("/", "fdt", "fdt-1") },
        { "the least memory and more", CELL("/", "memory-size", 35 * MiB) },
        { "the most memory", CELL("/", "memory-size", 0xb0000000) },
        { "tree right behind the ramdisk's page", CELL("/", "fdt-address", 0x42001000) },
    };

    for (unsigned i = 0; i < ARRAY_SIZE(fine); i++) {
        make_bundle(NULL, &fine[i].change);
        report(read_fit() == 0, "accepted: %s", fine[i].name);
    }
    report(desc.space_cache, "space cache on by default");
    make_bundle(NULL, &(struct change)STRING("/", "space-cache", "off"));
    report(read_fit() == 0 && !desc.space_cache, "accepted: space cache off");
    make_bundle(&(struct change)CELL(KERNEL, "entry", 0x40010003), NULL);
    report(read_fit() == 0 && desc.kernel.entry == 0x40010003, "accepted: a Thumb entry");
    make_bundle(&(struct change)BYTES(CONF, "umbra,vms", "vm-1\0vm-1", 10), NULL);
    report(read_fit() == 0, "accepted: two VMs");
}

static const struct broken containers[] = {
    { "no /images", NO_NODE("/images"), BUNDLE_MISSING, "/images: no such node" },
    { "no configurations", NO_NODE("/configurations"), BUNDLE_MISSING, "/configurations:" },
    { "no default", DELETE("/configurations", "default"), BUNDLE_MISSING, "'default'" },
    { "default elsewhere", STRING("/configurations", "default", "conf-9"), BUNDLE_MISSING, "/conf-9" },
    { "no VM list", DELETE(CONF, "umbra,vms"), BUNDLE_MISSING, "umbra,vms" },
    { "VM list not text", BYTES(CONF, "umbra,vms", "vm", 2), BUNDLE_MISSING, "umbra,vms" },
    { "empty VM name", STRING(CONF, "umbra,vms", ""), BUNDLE_VALUE, "entry 0" },
    { "VM not there", STRING(CONF, "umbra,vms", "vm-2"), BUNDLE_MISSING, "/images/vm-2" },
    { "a kernel as VM", STRING(CONF, "umbra,vms", "kernel-1"), BUNDLE_UNKNOWN, "'type'" },
    { "odd image name", NODE("/images", "a\033b"), BUNDLE_VALUE, "/images:" },
    { "kernel not there", NO_NODE(KERNEL), BUNDLE_MISSING, "/images/kernel-1:" },
    { "ramdisk not there", NO_NODE(RAMDISK), BUNDLE_MISSING, "/images/ramdisk-1:" },
    { "no type", DELETE(KERNEL, "type"), BUNDLE_MISSING, "'type'" },
    { "wrong type", STRING(KERNEL, "type", "ramdisk"), BUNDLE_UNKNOWN, "kernel-1: 'type'" },
    { "wrong arch", STRING(KERNEL, "arch", "arm64"), BUNDLE_UNKNOWN, "'arm64'" },
    { "compressed", STRING(KERNEL, "compression", "gzip"), BUNDLE_UNKNOWN, "'gzip'" },
    { "no data", DELETE(KERNEL, "data"), BUNDLE_MISSING, "no 'data'" },
    { "empty data", BYTES(KERNEL, "data", "", 0), BUNDLE_MISSING, "no 'data'" },
    { "external data", CELL(KERNEL, "data-offset", 0), BUNDLE_UNKNOWN, "'data-offset'" },
    { "other data", BYTES(KERNEL, "data", "abcd", 4), BUNDLE_HASH, "kernel-1/hash-" },
    { "other ramdisk", BYTES(RAMDISK, "data", "abcd", 4), BUNDLE_HASH, "ramdisk-1/hash-" },
    { "other description", BYTES("/images/vm-1", "data", "abcd", 4), BUNDLE_HASH, "vm-1/hash-" },
    { "other crc32", CELL(KERNEL "/hash-1", "value", 1), BUNDLE_HASH, "kernel-1/hash-1" },
    { "other sha256", BYTES(KERNEL "/hash-2", "value", "0123456789abcdef0123456789abcdef", 32),
      BUNDLE_HASH, "kernel-1/hash-2" },
    { "short sha256", CELL(KERNEL "/hash-2", "value", 1), BUNDLE_VALUE, "kernel-1/hash-2" },
    { "no hash value", DELETE(KERNEL "/hash-1", "value"), BUNDLE_VALUE, "/hash-1" },
    { "unknown hash", STRING(KERNEL "/hash-1", "algo", "md5"), BUNDLE_UNKNOWN, "'md5'" },
    { "no algo", DELETE(KERNEL "/hash-1", "algo"), BUNDLE_MISSING, "no 'algo'" },
    { "no load", DELETE(KERNEL, "load"), BUNDLE_MISSING, "no 'load'" },
    { "no entry", DELETE(KERNEL, "entry"), BUNDLE_MISSING, "no 'entry'" },
    { "two cells of load", BYTES(RAMDISK, "load", "01234567", 8), BUNDLE_MISSING, "no 'load'" },
    { "entry before", CELL(KERNEL, "entry", 0x4000fffc), BUNDLE_LAYOUT, "'entry'" },
    { "entry behind", CELL(KERNEL, "entry", 0x40011000), BUNDLE_LAYOUT, "'entry'" },
    { "odd entry", CELL(KERNEL, "entry", 0x40010002), BUNDLE_VALUE, "'entry'" },
    { "ramdisk below", CELL(RAMDISK, "load", 0x3ffffff0), BUNDLE_LAYOUT, "ramdisk-1" },
    { "ramdisk at the end", CELL(RAMDISK, "load", 0x43fff900), BUNDLE_LAYOUT, "ramdisk-1" },
    { "ramdisk wraps", CELL(RAMDISK, "load", 0xfffffff0), BUNDLE_LAYOUT, "ramdisk-1" },
    { "ramdisk on the kernel", CELL(RAMDISK, "load", 0x40010000), BUNDLE_LAYOUT, "kernel" },
    { "ramdisk into the kernel", CELL(RAMDISK, "load", 0x4000f900), BUNDLE_LAYOUT, "kernel" },
    { "ramdisk into the tree", CELL(RAMDISK, "load", 0x4210fffc), BUNDLE_LAYOUT, "tree" },
};

static const struct broken descriptions[] = {
    { "not for umbra", STRING("/", "compatible", "linux,dummy-virt"), BUNDLE_VALUE, "umbra,vm" },
    { "no compatible", DELETE("/", "compatible"), BUNDLE_VALUE, "/images/vm-1" },
    { "no name", DELETE("/", "vm-name"), BUNDLE_MISSING, "'vm-name'" },
    { "empty name", STRING("/", "vm-name", ""), BUNDLE_VALUE, "'vm-name'" },
    { "long name", STRING("/", "vm-name", "12345678901234567890123456789012"), BUNDLE_VALUE, "'vm-name'" },
    { "name not ended", BYTES("/", "vm-name", "abc", 3), BUNDLE_VALUE, "'vm-name'" },
    { "name that is two", BYTES("/", "vm-name", "a\0b", 4), BUNDLE_VALUE, "'vm-name'" },
    { "name with an escape", STRING("/", "vm-name", "\033[2J"), BUNDLE_VALUE, "'vm-name'" },
    { "unknown model", STRING("/", "model", "pc"), BUNDLE_UNKNOWN, "model 'pc'" },
    { "unknown policy", STRING("/", "policy", "magic"), BUNDLE_UNKNOWN, "policy 'magic'" },
    { "odd space cache", STRING("/", "space-cache", "maybe"), BUNDLE_UNKNOWN, "'space-cache'" },
    { "no policy", DELETE("/", "policy"), BUNDLE_MISSING, "'policy'" },
    { "other base", CELL("/", "memory-base", 0x80000000), BUNDLE_VALUE, "'memory-base'" },
    { "no memory", DELETE("/", "memory-size"), BUNDLE_MISSING, "'memory-size'" },
    { "memory of 0", CELL("/", "memory-size", 0), BUNDLE_MEMORY, "'memory-size'" },
    { "memory not aligned", CELL("/", "memory-size", 64 * MiB + 4096), BUNDLE_MEMORY, "1 MiB" },
    { "memory too small", CELL("/", "memory-size", 15 * MiB), BUNDLE_MEMORY, "15 MiB" },
    { "memory too large", CELL("/", "memory-size", 0xb0100000), BUNDLE_MEMORY, "2817 MiB" },
    { "memory in two cells", BYTES("/", "memory-size", "01234567", 8), BUNDLE_VALUE, "'memory-size'" },
    { "images do not fit", CELL("/", "memory-size", 32 * MiB), BUNDLE_LAYOUT, "/images/vm-1" },
    { "no bootargs", DELETE("/", "bootargs"), BUNDLE_MISSING, "'bootargs'" },
    { "no kernel", DELETE("/", "kernel"), BUNDLE_MISSING, "'kernel'" },
    { "kernel of that name missing", STRING("/", "kernel", "kernel-7"), BUNDLE_MISSING, "kernel-7" },
    { "kernel by a path", STRING("/", "kernel", "../vm-1"), BUNDLE_MISSING, "../vm-1" },
    { "kernel that is a ramdisk", STRING("/", "kernel", "ramdisk-1"), BUNDLE_UNKNOWN, "ramdisk-1" },
    { "kernel by half its name", STRING("/", "kernel", "kernel"), BUNDLE_MISSING, "/images/kernel:" },
    { "firmware that is a kernel", STRING("/", "firmware", "kernel-1"), BUNDLE_UNKNOWN, "kernel-1" },
    { "flash without firmware", STRING("/", "flash", "firmware-1"), BUNDLE_MISSING, "without 'firmware'" },
    { "no tree address", DELETE("/", "fdt-address"), BUNDLE_MISSING, "'fdt-address'" },
    { "tree not aligned", CELL("/", "fdt-address", 0x42100800), BUNDLE_VALUE, "4 KiB" },
    { "tree outside", CELL("/", "fdt-address", 0x43ff1000), BUNDLE_LAYOUT, "/images/vm-1" },
    { "tree on the kernel", CELL("/", "fdt-address", 0x40001000), BUNDLE_LAYOUT, "overlaps" },
    { "own tree missing", STRING("/", "fdt", "fdt-2"), BUNDLE_MISSING, "fdt-2" },
    { "own tree damaged", STRING("/", "fdt", "fdt-bad"), BUNDLE_NOT_FIT, "fdt-bad" },
};

static void test_broken(void)
{
    for (unsigned i = 0; i < ARRAY_SIZE(containers) + ARRAY_SIZE(descriptions); i++) {
        bool outer = i < ARRAY_SIZE(containers);
        const struct broken *c = outer ? &containers[i] : &descriptions[i - ARRAY_SIZE(containers)];

        make_bundle(outer ? &c->change : NULL, outer ? NULL : &c->change);
        int code = read_fit();
        report(code == c->code && log_count == 1 && strstr(log_last, c->message) &&
                   strstr(log_last, "bundle: /"),
               "refused: %s: \"%s\"", c->name, log_last);
    }
}

static void test_damaged(void)
{
    uint32_t size, random = 1;
    bool all = true;

    make_bundle(NULL, NULL);
    size = fdt_totalsize(fit);
    report(read_bundle(fit, 0) == BUNDLE_TRUNCATED && strstr(log_last, "truncated"), "an empty file");
    report(read_bundle("hello, this is no FIT image at all, but longer than one header", 62) ==
               BUNDLE_NOT_FIT,
           "another kind of file");
    report(read_bundle(fit, size - 1) == BUNDLE_TRUNCATED && log_count == 1, "one byte short");
    for (uint32_t n = 0; n < size; n += 97)
        all = all && read_bundle(fit, n) == BUNDLE_TRUNCATED && log_count == 1;
    report(all, "cut anywhere");
    fdt_set_totalsize(fit, size - 400);
    report(read_bundle(fit, size) == BUNDLE_NOT_FIT, "a header that promises less than there is");

    all = true;
    for (unsigned n = 0; n < 4000; n++) {
        make_bundle(NULL, NULL);
        for (unsigned k = 0; k <= n % 4; k++) {
            random = random * 1664525 + 1013904223;
            fit[(random >> 8) % (n & 1 ? 1024 : size)] ^= (uint8_t)(1 << (random >> 4 & 7));
        }
        int code = read_bundle(fit, size);
        all = all && code <= 0 && code >= BUNDLE_MEMORY && log_count == (code != 0);
    }
    report(all, "4000 random damages: refused with one message, or harmless");
}

int main(void)
{
    for (unsigned i = 0; i < sizeof(kernel); i++)
        kernel[i] = (uint8_t)(i * 7);
    for (unsigned i = 0; i < sizeof(ramdisk); i++)
        ramdisk[i] = (uint8_t)(i * 13);
    test_good();
    test_variants();
    test_firmware();
    test_broken();
    test_damaged();
    return test_summary();
}
