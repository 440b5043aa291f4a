#include "models.h"

#include <stdio.h>

#include "lib/bits.h"

#define A 0x100000u /* places in RAM, for pages: in the MiB of section A or B */
#define B 0x200000u

/* size, pa, ap, ng, xn, domain */
static const struct model_option pages[] = {
    { 4096, A, 3, true, false, 0 },          /* of one space */
    { 4096, B, 3, true, true, 0 },           /* another page */
    { 4096, A, 2, true, false, 0 },          /* protected */
    { 4096, B, 3, false, false, 0 },         /* of all spaces */
};
static const struct model_option sections[] = {
    { MiB, A, 3, true, false, 0 },
    { MiB, B, 1, false, false, 0 },
    { 4096, A + 0x5000, 3, false, false, 0 },
    { 4096, A, 3, true, false, 0 },
};
static const struct model_option large[] = {
    { 64 * KiB, A, 3, true, false, 0 },
    { 64 * KiB, B, 2, false, false, 0 },
    { 4096, A + 0x1000, 3, true, false, 0 },
};
static const struct model_option code[] = {
    { 4096, A, 1, false, false, 0 },
    { 4096, A, 3, true, false, 0 },
    { 4096, B, 1, true, false, 0 },
    { MiB, A, 1, false, false, 0 },
};
static const struct model_option tables[] = {
    { 4096, 0x10000, 3, true, false, 0 },    /* where second-level tables are */
    { 4096, A, 3, true, false, 0 },
};
static const struct model_option code_sections[] = {
    { MiB, A, 3, false, false, 0 },
    { 4096, A + 0x5000, 3, true, false, 0 },
    { 64 * KiB, A, 3, false, false, 0 },
};
static const struct model_option domains[] = {
    { 4096, A, 1, true, false, 0 },
    { 4096, A, 3, false, false, 1 },
    { 4096, B, 5, false, false, 0 },
    { MiB, A, 5, false, true, 0 },
};

#define OPTIONS(list) .options = list, .option_count = ARRAY_SIZE(list)

const struct model models[] = {
    { "one page", 2, 1, 1, { 1 }, { 0 }, OPTIONS(pages), .depth = 6 },
    { "written by STREX", 2, 1, 1, { 1 }, { 0 }, OPTIONS(pages), .exclusive = true, .depth = 5 },
    { "tables mapped", 2, 1, 2, { 1 }, { 0, 0x80 }, OPTIONS(tables), .depth = 5 },
    { "two pages", 2, 1, 2, { 1 }, { 0, 0x80 }, OPTIONS(pages), .depth = 5 },
    { "sections", 2, 1, 2, { 1 }, { 0, 5 }, OPTIONS(sections), .depth = 5 },
    { "large pages", 2, 1, 2, { 1 }, { 0, 1 }, OPTIONS(large), .depth = 5 },
    { "code", 2, 1, 1, { 1 }, { 0 }, OPTIONS(code), .execute = true, .depth = 5 },
    { "code in sections", 2, 1, 2, { 1 }, { 0, 5 }, OPTIONS(code_sections), .execute = true, .depth = 5 },
    { "domains", 2, 1, 1, { 1 }, { 0 }, OPTIONS(domains), .domains = true, .depth = 5 },
    { "MMU off", 2, 1, 1, { 0x401 }, { 0 }, OPTIONS(code), .flat = true, .execute = true, .depth = 5 },
    { "two spaces cached", 3, 1, 1, { 1 }, { 0 }, OPTIONS(code), .cached = 2, .depth = 5 },
    { "few tables", 2, 2, 1, { 1, 2 }, { 0 }, OPTIONS(code), .execute = true, .pool_pages = 1, .depth = 4 },
    { .name = NULL },
};

static const char *const tlb_names[] = { "TLBIALL", "TLBIASID", "TLBIMVA", "TLBIMVAA" };

static void add(struct model_op *ops, unsigned *count, struct model_op op) { ops[(*count)++] = op; }

static void add_tlb_ops(const struct model *model, struct model_op *ops, unsigned *n)
{
    add(ops, n, (struct model_op){ OP_TLBI, TLB_ALL, 0, 0, MODEL_NO_VA });
    for (unsigned t = 0; t < model->tables; t++)
        add(ops, n, (struct model_op){ OP_TLBI, TLB_ASID, (uint8_t)(t + 1), 0, MODEL_NO_VA });
    for (uint8_t m = 0; m < model->mibs; m++) {
        for (uint8_t p = 0; p < model->pages; p++) {
            for (unsigned t = 0; t < model->tables; t++)
                add(ops, n, (struct model_op){ OP_TLBI, TLB_MVA, (uint8_t)(t + 1), p, m });
            add(ops, n, (struct model_op){ OP_TLBI, TLB_MVAA, 0, p, m });
        }
    }
}

unsigned model_ops(const struct model *model, struct model_op ops[MODEL_MAX_OPS])
{
    unsigned n = 0;

    for (uint8_t m = 0; m < model->mibs; m++) {
        for (uint8_t p = 0; p < model->pages; p++) {
            for (uint8_t t = 0; t < model->tables; t++)
                for (uint8_t o = 0; o <= model->option_count; o++)
                    add(ops, &n, (struct model_op){ OP_MAP, t, m, p, o });
            for (uint8_t c = 0; c < 4; c++)
                add(ops, &n, (struct model_op){ OP_ACCESS, m, p, c, 0 });
            if (model->execute)
                add(ops, &n, (struct model_op){ OP_EXECUTE, m, p, 0, 0 });
        }
    }
    for (uint8_t t = 0; t < model->tables; t++)
        add(ops, &n, (struct model_op){ OP_SWITCH, t, 0, 0, 0 });
    if (model->flat)
        add(ops, &n, (struct model_op){ OP_SWITCH, MODEL_TABLES, 0, 0, 0 });
    for (uint8_t d = 0; model->domains && d < 3; d++)
        add(ops, &n, (struct model_op){ OP_DACR, d, 0, 0, 0 });
    add_tlb_ops(model, ops, &n);
    return n;
}

const char *model_op_name(const struct model_op *op, char *text, size_t size)
{
    switch (op->kind) {
    case OP_MAP:
        snprintf(text, size, op->d ? "map table %u page %u.%u option %u" : "unmap table %u page %u.%u", op->a,
                 op->b, op->c, op->d);
        break;
    case OP_TLBI: snprintf(text, size, "%s asid %u page %u.%u", tlb_names[op->a], op->b, op->d, op->c); break;
    case OP_SWITCH: snprintf(text, size, op->a < MODEL_TABLES ? "table %u" : "MMU off", op->a); break;
    case OP_ACCESS:
        snprintf(text, size, "%s %s %u.%u", op->c & 1 ? "kernel" : "user", op->c & 2 ? "write" : "read",
                 op->a, op->b);
        break;
    case OP_EXECUTE: snprintf(text, size, "execute %u.%u", op->a, op->b); break;
    default: snprintf(text, size, "DACR %u", op->a); break;
    }
    return text;
}
