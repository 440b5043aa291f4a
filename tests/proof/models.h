#pragma once
/* The small guests whose shadows are model-checked, and what they can do. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "shadow/policy.h"

#define MODEL_TABLES 3
#define MODEL_MIBS 2
#define MODEL_PAGES 3
#define MODEL_OPTIONS 6
#define MODEL_MAX_OPS 128
#define MODEL_NO_VA 0xff

/* Something that may be mapped. */
struct model_option {
    uint32_t size, pa;             /* pa from the start of RAM */
    uint8_t ap;
    bool ng, xn;
    uint8_t domain;
};

struct model {
    const char *name;
    unsigned tables, mibs, pages;  /* tables: address spaces, with ASIDs 1, 2, ... */
    uint32_t mib[MODEL_MIBS];
    uint8_t page[MODEL_PAGES];
    const struct model_option *options;
    unsigned option_count;
    bool flat, execute, domains;   /* the MMU off, execution, DACR among the operations */
    bool exclusive;                /* tables are written by STREX */
    unsigned cached, pool_pages;   /* spaces and second-level pages that the pool has room for; 0: enough */
    unsigned depth;                /* of the short run: all sequences of so many operations */
};

extern const struct model models[];

enum model_op_kind { OP_MAP, OP_TLBI, OP_SWITCH, OP_ACCESS, OP_EXECUTE, OP_DACR };

/*
 * MAP: table a, MiB b, page c, option d (0: none).  TLBI: enum tlb_op a, ASID b, page c of MiB d.
 * SWITCH: to table a.  ACCESS: MiB a, page b, c = kernel | write << 1.  EXECUTE: MiB a, page b.
 * DACR: number a.
 */
struct model_op { uint8_t kind, a, b, c, d; };

unsigned model_ops(const struct model *model, struct model_op ops[MODEL_MAX_OPS]);
const char *model_op_name(const struct model_op *op, char *text, size_t size);
