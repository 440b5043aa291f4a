/*
 * Programs that change code: cells, each one instruction and a return, written, cleaned, invalidated and
 * called in both instruction sets, in kernel and user mode, under two addresses.  An instruction cache may
 * hold what was there at any time since it was last invalidated after the write was cleaned (B2.2.9, A3.5.4):
 * a call may give any of these results, and only the last one after maintenance.
 */
#include "fuzz.h"

#define CELLS 12
#define HISTORY 12
#define RESULT_SVC 0x555u
#define RESULT_UDF 0x666u
#define ARGUMENT 0x777u

struct cell {
    uint32_t offset;
    bool thumb, clean;
    struct history { unsigned count; uint32_t result[HISTORY]; } seen[2]; /* by address */
};

static struct cell cells[CELLS];

/* What an instruction of a cell leaves in r0; 'relative' when it depends on the address. */
struct insn { uint32_t word, result; bool relative; };

static struct insn any_a32(void)
{
    uint32_t v = pick(256);

    switch (pick(8)) {
    case 0: case 1: return (struct insn){ 0xe3a00000 | v, v, false };
    case 2: return (struct insn){ 0xe3000f00 | v, 0xf00 + v, false };        /* movw */
    case 3: return (struct insn){ 0xe28f0000 | v, 8 + v, true };             /* add r0, pc, #v */
    case 4: return (struct insn){ 0xe12fff1e, ARGUMENT, false };             /* bx lr */
    case 5: return (struct insn){ 0xef000000 | v, RESULT_SVC, false };
    case 6: return (struct insn){ 0xe7f000f0 | v << 8, RESULT_UDF, false };
    default: return (struct insn){ 0xe1a0000f, 8, true };                    /* mov r0, pc */
    }
}

static struct insn any_t32(void)
{
    uint32_t v = pick(256);

    switch (pick(7)) {
    case 0: case 1: return (struct insn){ 0x2000 | v, v, false };
    case 2: return (struct insn){ 0x4678, 4, true };                          /* mov r0, pc */
    case 3: return (struct insn){ 0x4770, ARGUMENT, false };
    case 4: return (struct insn){ 0xdf00 | v, RESULT_SVC, false };
    case 5: return (struct insn){ 0xde00 | v, RESULT_UDF, false };
    default: return (struct insn){ 0x3000 | v, ARGUMENT + v, false };         /* adds r0, #v */
    }
}

static uint32_t address(const struct cell *c, unsigned alias)
{
    return (alias ? CODE_ALIAS : CODE_BASE) + c->offset;
}

static void remember(struct history *h, uint32_t result)
{
    if (h->count < HISTORY)
        h->result[h->count++] = result;
}

/* Only the newest is left. */
static void forget(struct history *h)
{
    h->result[0] = h->result[h->count - 1];
    h->count = 1;
}

static void invalidate_all(void)
{
    CP15_WRITE(0, c7, c5, 0, 0);
    CP15_WRITE(0, c7, c5, 6, 0);
    dsb();
    isb();
    for (unsigned i = 0; i < CELLS; i++) {
        if (cells[i].clean) {
            forget(&cells[i].seen[0]);
            forget(&cells[i].seen[1]);
        }
    }
}

static void clean(struct cell *c)
{
    uint32_t va = address(c, pick(2));

    if (pick(2))
        CP15_WRITE(0, c7, c11, 1, va);
    else
        CP15_WRITE(0, c7, c10, 1, va);
    dsb();
    c->clean = true;
}

static void invalidate(struct cell *c, unsigned alias)
{
    CP15_WRITE(0, c7, c5, 1, address(c, alias));
    CP15_WRITE(0, c7, c5, 6, 0);
    dsb();
    isb();
    if (c->clean)
        forget(&c->seen[alias]);
}

static void store(uint32_t va, struct insn insn, bool thumb)
{
    if (thumb)
        *(volatile uint16_t *)va = (uint16_t)insn.word;
    else
        write32(va, insn.word);
}

static void change(struct cell *c)
{
    struct insn insn = c->thumb ? any_t32() : any_a32();

    if (c->seen[0].count >= HISTORY - 1 || c->seen[1].count >= HISTORY - 1) {
        clean(c);
        invalidate_all();
    }
    store(address(c, pick(2)), insn, c->thumb);
    c->clean = false;
    for (unsigned a = 0; a < 2; a++)
        remember(&c->seen[a], insn.relative ? address(c, a) + insn.result : insn.result);
    if (pick(3) == 0) {
        clean(c);
        if (pick(2))
            invalidate_all();
        else
            invalidate(c, pick(2));
    }
}

/* Calls the cell; what it returns, by whatever way. */
static uint32_t result;

/* In SYS mode: an SVC must leave LR alone. */
static void call_cell(uint32_t va)
{
    register uint32_t r0 __asm__("r0") = ARGUMENT;

    __asm__ volatile("cps #31\n blx %1\n cps #19" : "+r"(r0) : "r"(va) : "r1", "r2", "r3", "r12", "lr", "memory", "cc");
    result = r0;
}

/* In User mode SVC is also how it ends. */
static bool on_exception(struct trap *t)
{
    if ((t->lr & ~0xffu) - FUZZ_MIB >= 0x100000)
        return false;
    t->r[0] = t->kind == EXC_SVC ? RESULT_SVC : RESULT_UDF;
    return t->kind == EXC_UND || t->kind == EXC_SVC;
}

static USER_TEXT void user_call(uint32_t va)
{
    uint32_t r = ((uint32_t (*)(uint32_t))va)(ARGUMENT);

    __asm__ volatile("mov r0, %0" :: "r"(r) : "r0");
}

static void run(struct cell *c)
{
    unsigned alias = pick(2), user = pick(3) == 0;
    uint32_t va = address(c, alias) | c->thumb, kind;
    struct history *h = &c->seen[alias];
    bool fits = false;

    trap_hook = on_exception;
    kind = user ? catch_user(user_call, va) : catch_call(call_cell, va);
    if (user && user_returned()) {
        result = last_trap.r[0];
        kind = EXC_NONE;
    }
    trap_hook = NULL;
    for (unsigned i = 0; i < h->count; i++)
        fits |= h->result[i] == result;
    note(kind);
    note(!fits || h->count == 1 ? result : 0);
    if (verbose())
        print("  %s %08x %08x -> %x of %u\n", user ? "user" : "call", (unsigned)va,
              (unsigned)read32(va & ~3u), (unsigned)result, h->count);
    if (fits)
        return;
    print("ILLEGAL result at %08x: %x, possible:", (unsigned)va, (unsigned)result);
    for (unsigned i = 0; i < h->count; i++)
        print(" %x", (unsigned)h->result[i]);
    print("\n");
}

static void make_cell(struct cell *c, unsigned n)
{
    static const uint32_t spots[] = { 0, 0x40, 0x44, 0x80, 0x7f8, 0xff0, 0xff8 };

    c->offset = pick(4) * 0x1000 + (pick(2) ? spots[pick(7)] : pick(510) * 8);
    for (unsigned i = 0; i < n; i++) {
        if ((cells[i].offset ^ c->offset) < 8) /* one to a place */
            c->offset = 0x5000 + n * 0x48;
    }
    c->thumb = pick(2);
    if (c->thumb)
        write32(CODE_BASE + c->offset, 0x47704770);
    else
        write32(CODE_BASE + c->offset + 4, 0xe12fff1e);
    for (unsigned a = 0; a < 2; a++) {
        c->seen[a].count = 1;
        c->seen[a].result[0] = 0;
    }
    store(CODE_BASE + c->offset, (struct insn){ c->thumb ? 0x2000u : 0xe3a00000u, 0, false }, c->thumb);
    CP15_WRITE(0, c7, c11, 1, CODE_BASE + c->offset);
    CP15_WRITE(0, c7, c11, 1, CODE_BASE + c->offset + 4);
    dsb();
    c->clean = true;
}

void smc_program(uint32_t seed, const uint32_t keep[2])
{
    for (unsigned i = 0; i < CELLS; i++)
        make_cell(&cells[i], i);
    invalidate_all();
    for (uint32_t i = 0; i < MAX_ITEMS; i++) {
        struct cell *c;

        item_seed(seed, i);
        c = &cells[pick(pick(2) ? CELLS : 3)];
        if (!(keep[i / 32] >> i % 32 & 1))
            continue;
        switch (pick(8)) {
        case 0: case 1: case 2: change(c); break;
        case 3: clean(c); break;
        case 4: invalidate(c, pick(2)); break;
        case 5:
            if (pick(2))
                invalidate_all();
            break;
        default: run(c); break;
        }
    }
}
