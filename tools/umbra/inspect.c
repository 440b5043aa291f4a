/* umbra inspect: what a bundle holds, and whether it is whole. */
#include "umbra.h"
#include "vmdesc.h"
#include "lib/sha256.h"
#include <libfdt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

static const void *fit;
static unsigned problems;

static const char *get_string(const void *tree, int node, const char *property)
{
    int size;
    const char *s = fdt_getprop(tree, node, property, &size);
    return s && size > 0 && s[size - 1] == '\0' ? s : NULL;
}

static void problem(const char *node, const char *what)
{
    printf("      problem: %s: %s\n", node, what);
    problems++;
}

static bool hash_matches(const char *algo, const uint8_t *value, int value_size, const void *data, int size)
{
    if (!strcmp(algo, "crc32"))
        return value_size == 4 && get_be32(value) == (uint32_t)crc32(0, data, (uInt)size);
    uint8_t digest[SHA256_SIZE];
    sha256(data, (size_t)size, digest);
    return value_size == SHA256_SIZE && !memcmp(value, digest, SHA256_SIZE);
}

static void check_hashes(int image, const char *name, const void *data, int size)
{
    unsigned count = 0;
    int node;
    fdt_for_each_subnode(node, fit, image)
    {
        int value_size;
        const char *algo = get_string(fit, node, "algo");
        const uint8_t *value = fdt_getprop(fit, node, "value", &value_size);
        count++;
        if (!algo || !value || (strcmp(algo, "crc32") && strcmp(algo, "sha256"))) {
            problem(name, "a hash that umbra does not know");
            continue;
        }
        bool ok = hash_matches(algo, value, value_size, data, size);
        printf("      %s ", algo);
        for (int i = 0; i < value_size && i < SHA256_SIZE; i++)
            printf("%02x", value[i]);
        printf(" %s\n", ok ? "ok" : "DOES NOT MATCH");
        problems += !ok;
    }
    if (count == 0)
        problem(name, "no hash");
}

static bool is_string(const char *s, int size)
{
    for (int i = 0; i < size - 1; i++)
        if (s[i] < 32 || s[i] > 126)
            return false;
    return size > 0 && s[size - 1] == '\0';
}

static void print_value(const char *name, const void *value, int size)
{
    if (is_string(value, size))
        printf("        %-12s %s\n", name, (const char *)value);
    else if (size == 4)
        printf("        %-12s 0x%08x\n", name, get_be32(value));
    else
        printf("        %-12s (%d bytes)\n", name, size);
}

static void print_description(const void *data, int size)
{
    void *tree = xmalloc((size_t)size); /* aligned, as libfdt wants it */
    memcpy(tree, data, (size_t)size);
    if (fdt_check_full(tree, (size_t)size)) {
        problem("VM description", "damaged tree");
    } else {
        int property;
        fdt_for_each_property_offset(property, tree, 0)
        {
            const char *name;
            int length;
            const void *value = fdt_getprop_by_offset(tree, property, &name, &length);
            if (value)
                print_value(name, value, length);
        }
    }
    free(tree);
}

static void print_image(int node)
{
    const char *name = fdt_get_name(fit, node, NULL);
    const char *type = get_string(fit, node, "type"), *text = get_string(fit, node, "description");
    int size, n;
    const void *data = fdt_getprop(fit, node, "data", &size);

    printf("  %-10s %-8s %s\n", name, type ? type : "?", text ? text : "");
    const uint8_t *load = fdt_getprop(fit, node, "load", &n);
    if (load && n == 4)
        printf("      load 0x%08x", get_be32(load));
    const uint8_t *entry = fdt_getprop(fit, node, "entry", &n);
    if (entry && n == 4)
        printf("  entry 0x%08x", get_be32(entry));
    printf("%s%d bytes\n", load ? "  " : "      ", data ? size : 0);
    if (!data || size == 0) {
        problem(name, "no data");
        return;
    }
    check_hashes(node, name, data, size);
    if (type && !strcmp(type, "flat_dt") && text && !strcmp(text, "VM description"))
        print_description(data, size);
}

static void print_configuration(void)
{
    int node = fdt_path_offset(fit, "/configurations");
    const char *name = node < 0 ? NULL : get_string(fit, node, "default");
    int conf = name ? fdt_subnode_offset(fit, node, name) : -1;
    if (conf < 0) {
        problem("/configurations", "no default configuration");
        return;
    }
    int count = fdt_stringlist_count(fit, conf, "umbra,vms");
    printf("configuration %s:", name);
    for (int i = 0; i < count; i++)
        printf(" %s", fdt_stringlist_get(fit, conf, "umbra,vms", i, NULL));
    printf("\n");
    if (count <= 0)
        problem(name, "names no VM (umbra,vms)");
}

int verb_inspect(int argc, char **argv)
{
    if (argc == 2 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))) {
        printf("usage: umbra inspect FILE\n\nPrints the images and VM descriptions of a bundle and checks the hashes.\n"
               "Ends with 0 when all is well, 3 when the file is missing, no bundle, or damaged.\n");
        return 0;
    }
    if (argc != 2 || argv[1][0] == '-')
        die(EXIT_USAGE, "usage: umbra inspect FILE");
    struct blob file = read_file(argv[1], "bundle");
    check_tree(argv[1], &file);
    fit = file.data;

    const char *text = get_string(fit, 0, "description");
    printf("%s: %s, %u bytes\n", argv[1], text ? text : "(no description)", fdt_totalsize(fit));
    int images = fdt_path_offset(fit, "/images"), node;
    if (images < 0)
        die(EXIT_FILE, "'%s': no node /images: not a bundle", argv[1]);
    fdt_for_each_subnode(node, fit, images)
        print_image(node);
    print_configuration();
    if (problems)
        die(EXIT_FILE, "'%s': %u problem(s), shown above", argv[1], problems);
    return 0;
}
