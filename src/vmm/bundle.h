#pragma once
/*
 * The bundle: one FIT image with everything the guests need (docs/bundle.md).
 *
 * Nothing in it is trusted.  Every function that refuses prints one line that
 * names the node and the reason, and returns one of the codes below.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum bundle_error {
    BUNDLE_OK = 0,
    BUNDLE_TRUNCATED = -1, /* fewer bytes than the header promises */
    BUNDLE_NOT_FIT = -2,   /* no device tree blob, or a damaged one */
    BUNDLE_MISSING = -3,   /* a node or property that must be there is not */
    BUNDLE_VALUE = -4,     /* a property with a value that is not allowed */
    BUNDLE_HASH = -5,      /* data does not have the hash that is written beside it */
    BUNDLE_LAYOUT = -6,    /* images outside the VM's memory or on top of each other */
    BUNDLE_UNKNOWN = -7,   /* a policy, model, compression or hash that umbra does not have */
    BUNDLE_MEMORY = -8,    /* a memory size that cannot be given */
};

struct bundle {
    const void *fit;
    uint32_t size;
    int images; /* offset of /images */
    int conf;   /* offset of the default configuration */
    int vm_count;
};

struct bundle_image {
    const char *name;
    const uint8_t *data; /* inside the bundle */
    uint32_t size;       /* not 0 */
    uint32_t load;       /* kernel, ramdisk */
    uint32_t entry;      /* kernel; bit 0: Thumb */
};

/* Checks the container: header, structure, /images, the default configuration and its list of
 * VMs.  'fit' is 8-byte aligned, 'size' what is readable there; both must outlive the bundle. */
int bundle_open(struct bundle *b, const void *fit, size_t size);

/* Name of VM 'index' (0..vm_count-1) in /images. */
const char *bundle_vm_image(const struct bundle *b, int index);

/* Finds /images/NAME, checks that it is of 'type' ("kernel", "ramdisk", "flat_dt") and that
 * its data has every hash it claims. */
int bundle_get_image(const struct bundle *b, const char *name, const char *type, struct bundle_image *out);
