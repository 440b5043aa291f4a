#pragma once
/*
 * The guest's own translation table walk: VMSAv7 short descriptors
 * (DDI 0406C B3.3 to B3.13), as a pure function of registers and memory.
 */
#include <stdbool.h>
#include <stdint.h>
#include "lib/addr.h"

/* What the guest's registers say about translation. */
struct walk_regs {
    uint32_t sctlr, ttbr0, ttbr1, ttbcr, dacr, prrr, nmrr;
};

/* Fault status codes, short-descriptor format: FS[4] in bit 10, FS[3:0] in 3:0
 * (B3.13.3, table B3-23). */
enum walk_fault {
    FSR_NONE = 0x00,
    FSR_ALIGNMENT = 0x01, FSR_DEBUG = 0x02, FSR_ACCESS_L1 = 0x03, FSR_ACCESS_L2 = 0x06,
    FSR_TRANS_L1 = 0x05, FSR_TRANS_L2 = 0x07, FSR_DOMAIN_L1 = 0x09, FSR_DOMAIN_L2 = 0x0b,
    FSR_PERM_L1 = 0x0d, FSR_PERM_L2 = 0x0f, FSR_EXT_WALK_L1 = 0x0c, FSR_EXT_WALK_L2 = 0x0e,
    FSR_EXT = 0x08, /* synchronous external abort of the access itself */
    FSR_ASYNC_EXT = 0x406,
};

enum access_kind { ACCESS_READ, ACCESS_WRITE, ACCESS_FETCH };

enum map_size { MAP_4K, MAP_64K, MAP_1M, MAP_16M };

/* Domain access, two bits of DACR. */
enum domain_access { DOMAIN_NONE = 0, DOMAIN_CLIENT = 1, DOMAIN_RESERVED = 2, DOMAIN_MANAGER = 3 };

struct walk_result {
    enum walk_fault fault; /* FSR_NONE, translation, access flag or external abort on walk */
    gpa_t pa;              /* of the address asked for, when fault is FSR_NONE */
    enum map_size size;    /* of the guest's mapping */
    uint8_t domain;        /* also valid for faults where DFSR.Domain is */
    bool domain_valid;
    uint8_t ap;            /* AP[2:0] as stored; under AFE, AP[0] reads as 1 */
    bool xn;
    bool ng;
    bool shared;
    uint8_t texcb;         /* TEX[2:0]:C:B as stored */
    bool l2;               /* came from a second-level table */
    uint32_t l1_desc;      /* first-level descriptor, where one was read; MMU off: 0 */
};

typedef bool (*walk_read_fn)(void *ctx, gpa_t addr, uint32_t *value);

/* Translates va without checking permissions.  MMU off: identity, AP full, domain
 * access Manager-like (see walk_check), global. */
void guest_walk(const struct walk_regs *regs, gva_t va, walk_read_fn read, void *ctx,
                struct walk_result *out);

/* The same from descriptors read before; l2_desc counts when l1_desc is a table. */
void guest_walk_from(const struct walk_regs *regs, gva_t va, uint32_t l1_desc, uint32_t l2_desc,
                     struct walk_result *out);

/* Address of the first-level descriptor for va, or false when TTBCR.PDn forbids the walk. */
bool guest_walk_l1_addr(const struct walk_regs *regs, gva_t va, gpa_t *addr);

/* Does the mapping allow the access, from privileged or unprivileged mode?  FSR_NONE, or
 * the domain or permission fault of the right level (B3.7, B3.13). */
enum walk_fault walk_check(const struct walk_regs *regs, const struct walk_result *w,
                           enum access_kind kind, bool privileged);

/* Permission bits as sets, after AFE and before domains: */
#define PERM_R 1u
#define PERM_W 2u
#define PERM_X 4u
extern const uint8_t walk_ap_perms[8][2]; /* { unprivileged, privileged } */

static inline unsigned walk_perms(const struct walk_regs *regs, const struct walk_result *w, bool privileged)
{
    unsigned perms = walk_ap_perms[w->ap & 7][privileged];

    (void)regs; /* walk results carry AP with AFE already applied */
    return (perms & PERM_R) && !w->xn ? perms | PERM_X : perms;
}
