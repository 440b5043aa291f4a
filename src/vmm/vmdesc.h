#pragma once
/*
 * A VM description: what one VM consists of, read from the bundle and checked
 * against itself, so that nothing is left to refuse when the VM is built.
 */
#include <stdbool.h>
#include <stdint.h>
#include "vmm/bundle.h"

#define VMDESC_NAME_MAX 31
#define VMDESC_TREE_MAX 8192           /* bytes of a description */
#define VMDESC_MEMORY_MIN 0x01000000u  /* 16 MiB */
#define VMDESC_MEMORY_MAX 0xb0000000u  /* up to 0xf0000000 */
#define VMDESC_FDT_ROOM 0x10000u       /* reserved at fdt_address */

enum vm_policy { VM_POLICY_TLB, VM_POLICY_TRAP, VM_POLICY_OOS };
enum vm_model { VM_MODEL_VIRT };

/* Optimisations that can be switched off, to measure or to suspect them: strings of the property "without". */
#define WITHOUT_FAST_PATHS 0x1u   /* "fast-paths": SVC and exception return in the vectors */
#define WITHOUT_LAZY_DACR 0x2u    /* "lazy-dacr": every DACR write exits */
#define WITHOUT_SYSTEM_STUBS 0x4u /* "system-stubs": system registers in the state page */
#define WITHOUT_TLBI_QUEUE 0x8u   /* "tlbi-queue": TLBIMVA waits for a DSB */
#define WITHOUT_LAZY_STUBS 0x10u  /* "lazy-stubs": stubs are made at first execution */
#define WITHOUT_TRACES 0x20u      /* "traces": stubs go on to the next instruction that needs one; only lazy ones do */

struct vmdesc {
    char name[VMDESC_NAME_MAX + 1];
    enum vm_model model;
    enum vm_policy policy;
    bool space_cache;                  /* false: every switch of spaces drops the shadows */
    uint32_t without;                  /* WITHOUT_ */
    uint32_t memory_base, memory_size; /* size: a multiple of 1 MiB */
    const char *bootargs;              /* may be ""; points into 'tree' */
    struct bundle_image kernel;        /* size 0: none, which needs firmware */
    struct bundle_image firmware;      /* the first flash bank; size 0: no firmware, no flash */
    struct bundle_image flash;         /* the second; size 0: empty */
    struct bundle_image ramdisk;       /* size 0: none */
    struct bundle_image fdt;           /* size 0: generate one */
    uint32_t fdt_address;              /* guest physical, 4 KiB aligned */
    /* the description itself, copied because libfdt wants it 8-byte aligned */
    uint8_t tree[VMDESC_TREE_MAX] __attribute__((aligned(8)));
};

/* Reads VM 'index' and every image it names.  BUNDLE_OK or a BUNDLE_ error, with a message.  'out' must
 * not be moved afterwards, and the bundle must stay. */
int vmdesc_parse(const struct bundle *b, int index, struct vmdesc *out);

/* Bytes of the host that the VM needs: its memory and its flash. */
uint32_t vmdesc_host_size(const struct vmdesc *d);
/* Can a host that has 'available' bytes to give hold this VM? */
int vmdesc_check_host(const struct vmdesc *d, uint32_t available);
