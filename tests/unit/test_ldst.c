/* Load and store decoding, addresses and completion, A32 and T32 (DDI 0406C A5.3, A6.2, A6.3, A8.8). */
#include "xlate/ldst.h"

#include <string.h>

#include "lib/bits.h"
#include "test.h"

/* r[n] = 0x1000 * n, except r6 = 0x20 as a small offset, and pc. */
#define PC 0x8002u
#define PC_A32 0x8000u
#define CARRY BIT(29)

static void init_regs(uint32_t r[16], bool thumb)
{
    for (unsigned n = 0; n < 15; n++)
        r[n] = 0x1000 * n;
    r[6] = 0x20;
    r[15] = thumb ? PC : PC_A32;
}

struct row {
    uint32_t insn;
    uint8_t kind, size, count, first; /* first: register of the first access */
    uint32_t addr;
    int32_t base;                     /* -1: no writeback */
    const char *text;
};

#define LD LDST_LOAD
#define ST LDST_STORE
#define LX LDST_LOAD_EX
#define SX LDST_STORE_EX

static const struct row a32_rows[] = {
    { 0xe5910000, LD, 4, 1, 0, 0x1000, -1, "ldr r0, [r1]" },
    { 0xe5310004, LD, 4, 1, 0, 0x0ffc, 0x0ffc, "ldr r0, [r1, #-4]!" },
    { 0xe4832008, ST, 4, 1, 2, 0x3000, 0x3008, "str r2, [r3], #8" },
    { 0xe7454186, ST, 1, 1, 4, 0x4f00, -1, "strb r4, [r5, -r6, lsl #3]" },
    { 0xe791f102, LD, 4, 1, 15, 0x9000, -1, "ldr pc, [r1, r2, lsl #2]" },
    { 0xe7d21063, LD, 1, 1, 1, 0x80003800, -1, "ldrb r1, [r2, r3, rrx]" },
    { 0xe4b10004, LD, 4, 1, 0, 0x1000, 0x1004, "ldrt r0, [r1], #4" },
    { 0xe6610042, ST, 1, 1, 0, 0x1000, 0x1000, "strbt r0, [r1], -r2, asr #32" },
    { 0xe59f0010, LD, 4, 1, 0, 0x8018, -1, "ldr r0, [pc, #16]" },
    { 0xe580f000, ST, 4, 1, 15, 0x0000, -1, "str pc, [r0]" },
    { 0xe1d100b2, LD, 2, 1, 0, 0x1002, -1, "ldrh r0, [r1, #2]" },
    { 0xe12100b6, ST, 2, 1, 0, 0x0fe0, 0x0fe0, "strh r0, [r1, -r6]!" },
    { 0xe05100d3, LD, 1, 1, 0, 0x1000, 0x0ffd, "ldrsb r0, [r1], #-3" },
    { 0xe19100f2, LD, 2, 1, 0, 0x3000, -1, "ldrsh r0, [r1, r2]" },
    { 0xe0f100b2, LD, 2, 1, 0, 0x1000, 0x1002, "ldrht r0, [r1], #2" },
    { 0xe0b100d2, LD, 1, 1, 0, 0x1000, 0x3000, "ldrsbt r0, [r1], r2" },
    { 0xe1e420d8, LD, 4, 2, 2, 0x4008, 0x4008, "ldrd r2, [r4, #8]!" },
    { 0xe00420f6, ST, 4, 2, 2, 0x4000, 0x3fe0, "strd r2, [r4], -r6" },
    { 0xe8b08006, LD, 4, 3, 1, 0x0000, 0x000c, "ldmia r0!, {r1, r2, pc}" },
    { 0xe8110006, LD, 4, 2, 1, 0x0ffc, -1, "ldmda r1, {r1, r2}" },
    { 0xe92d4010, ST, 4, 2, 4, 0xcff8, 0xcff8, "stmdb sp!, {r4, lr}" },
    { 0xe9808002, ST, 4, 2, 1, 0x0004, -1, "stmib r0, {r1, pc}" },
    { 0xe1020091, LDST_SWP, 4, 1, 0, 0x2000, -1, "swp r0, r1, [r2]" },
    { 0xe1420091, LDST_SWP, 1, 1, 0, 0x2000, -1, "swpb r0, r1, [r2]" },
    { 0xe1910f9f, LX, 4, 1, 0, 0x1000, -1, "ldrex r0, [r1]" },
    { 0xe1820f91, SX, 4, 1, 1, 0x2000, -1, "strex r0, r1, [r2]" },
    { 0xe1b20f9f, LX, 4, 2, 0, 0x2000, -1, "ldrexd r0, [r2]" },
    { 0xe1a24f90, SX, 4, 2, 0, 0x2000, -1, "strexd r4, r0, [r2]" },
    { 0xe1d10f9f, LX, 1, 1, 0, 0x1000, -1, "ldrexb r0, [r1]" },
    { 0xe1e20f91, SX, 2, 1, 1, 0x2000, -1, "strexh r0, r1, [r2]" },
    { 0xe1cf00d8, LD, 4, 2, 0, 0x8010, -1, "ldrd r0, [pc, #8]" },
};

static const struct row thumb_rows[] = {
    { 0x4804, LD, 4, 1, 0, 0x8014, -1, "ldr r0, [pc, #16]" },
    { 0x5088, ST, 4, 1, 0, 0x3000, -1, "str r0, [r1, r2]" },
    { 0x5288, ST, 2, 1, 0, 0x3000, -1, "strh r0, [r1, r2]" },
    { 0x5688, LD, 1, 1, 0, 0x3000, -1, "ldrsb r0, [r1, r2]" },
    { 0x5e88, LD, 2, 1, 0, 0x3000, -1, "ldrsh r0, [r1, r2]" },
    { 0x6fc8, LD, 4, 1, 0, 0x107c, -1, "ldr r0, [r1, #124]" },
    { 0x77c8, ST, 1, 1, 0, 0x101f, -1, "strb r0, [r1, #31]" },
    { 0x8fc8, LD, 2, 1, 0, 0x103e, -1, "ldrh r0, [r1, #62]" },
    { 0x90ff, ST, 4, 1, 0, 0xd3fc, -1, "str r0, [sp, #1020]" },
    { 0xb501, ST, 4, 2, 0, 0xcff8, 0xcff8, "push {r0, lr}" },
    { 0xbd01, LD, 4, 2, 0, 0xd000, 0xd008, "pop {r0, pc}" },
    { 0xc106, ST, 4, 2, 1, 0x1000, 0x1008, "stmia r1!, {r1, r2}" },
    { 0xc803, LD, 4, 2, 0, 0x0000, -1, "ldmia r0, {r0, r1}" },
    { 0xc806, LD, 4, 2, 1, 0x0000, 0x0008, "ldmia r0!, {r1, r2}" },
    { 0xf8d18fff, LD, 4, 1, 8, 0x1fff, -1, "ldr.w r8, [r1, #4095]" },
    { 0xf8518dff, LD, 4, 1, 8, 0x0f01, 0x0f01, "ldr.w r8, [r1, #-255]!" },
    { 0xf8418b04, ST, 4, 1, 8, 0x1000, 0x1004, "str.w r8, [r1], #4" },
    { 0xf8510e04, LD, 4, 1, 0, 0x1004, -1, "ldrt r0, [r1, #4]" },
    { 0xf8010e04, ST, 1, 1, 0, 0x1004, -1, "strbt r0, [r1, #4]" },
    { 0xf9310032, LD, 2, 1, 0, 0x11000, -1, "ldrsh.w r0, [r1, r2, lsl #3]" },
    { 0xf851f022, LD, 4, 1, 15, 0x9000, -1, "ldr.w pc, [r1, r2, lsl #2]" },
    { 0xf85f8008, LD, 4, 1, 8, 0x7ffc, -1, "ldr.w r8, [pc, #-8]" },
    { 0xf99f8008, LD, 1, 1, 8, 0x800c, -1, "ldrsb.w r8, [pc, #8]" },
    { 0xe9731202, LD, 4, 2, 1, 0x2ff8, 0x2ff8, "ldrd r1, r2, [r3, #-8]!" },
    { 0xe8e31204, ST, 4, 2, 1, 0x3000, 0x3010, "strd r1, r2, [r3], #16" },
    { 0xe9df1202, LD, 4, 2, 1, 0x800c, -1, "ldrd r1, r2, [pc, #8]" },
    { 0xe9310102, LD, 4, 2, 1, 0x0ff8, 0x0ff8, "ldmdb r1!, {r1, r8}" },
    { 0xe8bd8110, LD, 4, 3, 4, 0xd000, 0xd00c, "pop.w {r4, r8, pc}" },
    { 0xe92d4110, ST, 4, 3, 4, 0xcff4, 0xcff4, "push.w {r4, r8, lr}" },
    { 0xe8510f04, LX, 4, 1, 0, 0x1010, -1, "ldrex r0, [r1, #16]" },
    { 0xe8421001, SX, 4, 1, 1, 0x2004, -1, "strex r0, r1, [r2, #4]" },
    { 0xe8d2017f, LX, 4, 2, 0, 0x2000, -1, "ldrexd r0, r1, [r2]" },
    { 0xe8c31270, SX, 4, 2, 1, 0x3000, -1, "strexd r0, r1, r2, [r3]" },
    { 0xe8c21f40, SX, 1, 1, 1, 0x2000, -1, "strexb r0, r1, [r2]" },
    { 0xe8d10f5f, LX, 2, 1, 0, 0x1000, -1, "ldrexh r0, [r1]" },
};

static void test_rows(const struct row *rows, unsigned count, bool thumb)
{
    for (unsigned i = 0; i < count; i++) {
        const struct row *row = &rows[i];
        struct ldst_access access;
        struct ldst ls;
        uint32_t r[16];
        bool ok;

        init_regs(r, thumb);
        ok = ldst_decode(row->insn, thumb, &ls);
        if (ok) {
            ldst_address(&ls, r, CARRY, &access);
            ok = ls.kind == row->kind && ls.size == row->size && ls.count == row->count &&
                 access.addr == row->addr && ls.wback == (row->base != -1) &&
                 (ls.multiple ? (unsigned)__builtin_ctz(ls.list) : ls.rt) == row->first &&
                 (!ls.wback || access.base == (uint32_t)row->base);
        }
        report(ok, row->text);
    }
}

static void test_refused(void)
{
    static const struct { uint32_t insn; bool thumb; const char *text; } rows[] = {
        { 0xe8d00002, false, "ldm r0, {r1}^ is refused" },
        { 0xe8f08002, false, "ldm r0!, {r1, pc}^ is refused" },
        { 0xf5d0f000, false, "pld is refused" },
        { 0xe0000091, false, "mul is refused" },
        { 0xe7f000f0, false, "udf is refused" },
        { 0xe8900000, false, "an empty list is refused" },
        { 0xe5bf0004, false, "writeback to pc is refused" },
        { 0xe1c130d8, false, "ldrd of an odd register is refused" },
        { 0xe5d1f000, false, "ldrb pc is refused" },
        { 0xed900a00, false, "vldr is refused" },
        { 0xe8d0f001, true, "tbb is refused" },
        { 0xf890f004, true, "pld.w is refused" },
        { 0xe990c000, true, "rfe is refused" },
        { 0xf84f0000, true, "str to a literal is refused" },
        { 0xf8500c04, true, "ldr r0, [r0, #-4] is not refused" },
        { 0xf8500804, true, "imm8 without P and W is UNDEFINED" },
        { 0x4400, true, "add is refused" },
        { 0xbf00, true, "nop is refused" },
        { 0xb600, true, "setend space is refused" },
    };

    for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
        struct ldst ls;
        bool want = rows[i].insn == 0xf8500c04; /* ldr r0, [r0, #-4] */

        report(ldst_decode(rows[i].insn, rows[i].thumb, &ls) == want, rows[i].text);
    }
}

static void test_commit(void)
{
    static const uint32_t words[16] = { 0x11, 0x22, 0x33, 0x44 };
    struct ldst_access access;
    struct ldst ls;
    uint32_t r[16], pc = 0, value = 0x8081;
    bool branch;

    init_regs(r, false);
    ldst_decode(0xe8b08006, false, &ls); /* ldmia r0!, {r1, r2, pc} */
    ldst_address(&ls, r, 0, &access);
    branch = ldst_commit(&ls, r, &access, words, &pc);
    report(branch && pc == 0x33 && r[0] == 12 && r[1] == 0x11 && r[2] == 0x22 && r[15] == PC_A32,
           "LDM with pc reports the branch");

    init_regs(r, false);
    ldst_decode(0xe8b10006, false, &ls); /* ldmia r1!, {r1, r2} */
    ldst_address(&ls, r, 0, &access);
    branch = ldst_commit(&ls, r, &access, words, &pc);
    report(!branch && r[1] == 0x11, "a loaded base wins over writeback");

    ldst_decode(0xe19100f2, false, &ls); /* ldrsh r0, [r1, r2] */
    ldst_commit(&ls, r, &access, &value, &pc);
    report(ls.sign && r[0] == 0xffff8081, "LDRSH extends the sign");
    ldst_decode(0xe05100d3, false, &ls); /* ldrsb r0, [r1], #-3 */
    value = 0x81;
    ldst_commit(&ls, r, &access, &value, &pc);
    report(r[0] == 0xffffff81, "LDRSB extends the sign");

    init_regs(r, false);
    ldst_decode(0xe1a24f90, false, &ls); /* strexd r4, r0, [r2] */
    value = 1;
    ldst_commit(&ls, r, &access, &value, &pc);
    report(r[4] == 1 && ls.align == 8, "STREXD writes its status");
    ldst_decode(0xe1020091, false, &ls); /* swp r0, r1, [r2] */
    value = 0xabcd;
    ldst_commit(&ls, r, &access, &value, &pc);
    report(r[0] == 0xabcd && ldst_store_value(&ls, r, 0) == 0x1000, "SWP loads rt and stores rm");
}

static void test_store_values(void)
{
    struct ldst ls;
    uint32_t r[16];

    init_regs(r, false);
    ldst_decode(0xe580f000, false, &ls); /* str pc, [r0] */
    report(ldst_store_value(&ls, r, 0) == PC_A32 + 8, "STR of pc stores address + 8");
    ldst_decode(0xe9808002, false, &ls); /* stmib r0, {r1, pc} */
    report(ldst_store_value(&ls, r, 0) == 0x1000 && ldst_store_value(&ls, r, 1) == PC_A32 + 8,
           "STM of pc stores address + 8");
    r[4] = 0x12345678;
    ldst_decode(0xe7454186, false, &ls); /* strb r4 */
    report(ldst_store_value(&ls, r, 0) == 0x78, "STRB stores the low byte");
    ldst_decode(0xe4b10004, false, &ls);
    report(ls.unpriv, "LDRT is unprivileged");
    ldst_decode(0xf8010e04, true, &ls);
    report(ls.unpriv, "STRBT (T32) is unprivileged");
    report(ldst_endian(0x11223344, 4, true) == 0x44332211 && ldst_endian(0x1122, 2, true) == 0x2211 &&
               ldst_endian(0x1122, 2, false) == 0x1122,
           "CPSR.E reverses bytes");
}

/* Whatever the encoding, the accesses and registers must stay in range. */
static void test_ranges(void)
{
    uint32_t seed = 1, decoded = 0;
    bool ok = true;

    for (unsigned i = 0; i < 400000; i++) {
        struct ldst_access access;
        uint32_t r[16], pc, loaded[16] = { 0 };
        struct ldst ls;
        bool thumb = i & 1;

        seed = seed * 1664525 + 1013904223;
        init_regs(r, thumb);
        if (!ldst_decode(thumb && (i & 2) ? seed >> 16 : seed ^ seed >> 16, thumb, &ls))
            continue;
        decoded++;
        ldst_address(&ls, r, 0, &access);
        for (unsigned k = 0; k < ls.count; k++)
            ldst_store_value(&ls, r, k);
        ldst_commit(&ls, r, &access, loaded, &pc);
        ok &= ls.count >= 1 && ls.count <= 16 && ls.rt < 16 && ls.rt2 < 16 && ls.rd < 16 &&
              (ls.size == 1 || ls.size == 2 || ls.size == 4) && r[15] == (thumb ? PC : PC_A32);
    }
    report(ok && decoded > 10000, "random encodings decode to valid accesses and never write r15");
}

int main(void)
{
    test_rows(a32_rows, ARRAY_SIZE(a32_rows), false);
    test_rows(thumb_rows, ARRAY_SIZE(thumb_rows), true);
    test_refused();
    test_commit();
    test_store_values();
    test_ranges();
    return test_summary();
}
