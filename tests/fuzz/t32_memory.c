/* T32: loads and stores. */
#include "fuzz.h"

/* r11 := an address to be used, good or bad. */
void t32_set_base(void)
{
    emit_const(11, pick(3) ? DATA_MID : any_place());
}

static uint32_t size_and_load(void)
{
    uint32_t load = pick(2), size = pick(3);

    return size << 21 | load << 20 | (load && size < 2 ? pick(2) << 24 : 0);
}

/* One 32-bit load or store with base r10 or r11 (which may be written back). */
void t32_memory_one(unsigned base)
{
    uint32_t op = 0xf8000000 | size_and_load() | base << 16, rt = a32_rd() << 12;

    if (base == 10 || pick(2)) {
        switch (pick(3)) {
        case 0: emit_t32(op | 0x00800000 | rt | pick(1024)); break;
        case 1: emit_t32(op | rt | 0xc00 | pick(256)); break;
        case 2: emit_t32(op | rt | 0xe00 | pick(256)); break; /* LDRT, STRT */
        }
        return;
    }
    switch (pick(3)) {
    case 0: emit_t32(op | rt | 0x900 | pick(2) << 9 | pick(256)); break;  /* post-indexed */
    case 1: emit_t32(op | rt | 0xd00 | pick(2) << 9 | pick(256)); break;  /* pre-indexed, W */
    case 2: emit_t32(op | rt | 0xc00 | pick(256)); break;
    }
}

static void set_registers(uint32_t list)
{
    for (unsigned r = 0; r < 15; r++) {
        if (list >> r & 1)
            emit_t32(0xf04f0001 | r << 8 | pick(8) << 12 | pick(128) << 1); /* mov.w */
    }
}

static void short_forms(void)
{
    uint32_t rt = pick(7), list = 1 + pick(127), load = pick(2);

    t32_set_base();
    emit16(pick(2) ? 0x4657 : 0x465f); /* mov r7, r10 or r11 */
    switch (pick(5)) {
    case 0:
        emit16(0x2600 | pick(256));    /* movs r6, #n */
        emit16(0x5000 | pick(8) << 9 | 6 << 6 | 7 << 3 | pick(6));
        break;
    case 1: emit16(0x6000 | pick(4) << 11 | pick(32) << 6 | 7 << 3 | rt); break;
    case 2: emit16(0x8000 | pick(2) << 11 | pick(32) << 6 | 7 << 3 | rt); break;
    case 3: /* ldm, stm r7! */
        emit16(0xc700 | load << 11 | list);
        if (load)
            set_registers(list);
        break;
    case 4:
        if (gen.mode == MODE_SYS || in_user()) /* a stack that programs own */
            emit16(0x9000 | pick(2) << 11 | rt << 8 | pick(256));
        break;
    }
}

static void dual(void)
{
    uint32_t rt = pick(10), rt2 = (rt + 1 + pick(9)) % 10, load = pick(2) << 20, w = pick(2) << 21;

    t32_set_base();
    emit_t32(0xe8400000 | (w && pick(2) ? 0 : 1u << 24) | pick(2) << 23 | w | load | 11 << 16 | rt << 12 | rt2 << 8 |
             pick(64));
    if (load)
        set_registers(1u << rt | 1u << rt2);
}

static void block(void)
{
    uint32_t list = (any_word() & 0x53ff) | 3, load = pick(2) << 20;

    t32_set_base();
    emit_t32((pick(2) ? 0xe8800000 : 0xe9000000) | pick(2) << 21 | load | 11 << 16 | list);
    if (load)
        set_registers(list);
}

static void literal(void)
{
    uint32_t rt = a32_rd(), kind = pick(7), start;

    switch (kind) {
    case 0: emit16(0x4800 | (rt & 7) << 8 | 1); break;
    case 1: emit_t32(0xf8df0000 | rt << 12 | 4); break;
    case 2: emit_t32(0xf85f0000 | rt << 12 | (8 + pick(48) * 4)); break;
    case 3: emit_t32(0xf89f0000 | pick(2) << 24 | rt << 12 | (4 + pick(4))); break;
    case 4: emit_t32(0xf8bf0000 | pick(2) << 24 | rt << 12 | (4 + pick(2) * 2)); break;
    case 5: emit_t32(0xf81f0000 | pick(2) << 24 | rt << 12 | (8 + pick(100))); break;
    case 6: emit_t32(0xe95f0000 | pick(2) << 23 | (rt == 8 ? 0x23 : 0x89) << 8 | 2); break; /* ldrd r8, r9 */
    }
    start = gen.pc;
    emit16(0);
    for (unsigned n = 4 + pick(3); n; n--)
        emit16(pick(2) ? any_word() & 0xffff : 0xe8bd);
    write16(start, 0xe000 | ((gen.pc - start - 4) >> 1));
}

static void exclusive(void)
{
    uint32_t kind = pick(4), load, store, at;
    static const uint32_t loads[] = { 0xe85b4f00, 0xe8db4f4f, 0xe8db4f5f, 0xe8db457f };
    static const uint32_t stores[] = { 0xe84b4900, 0xe8cb4f49, 0xe8cb4f59, 0xe8cb4579 };

    emit_const(11, DATA_MID + pick(128) * 8);
    load = loads[kind];
    store = stores[kind];
    switch (pick(3)) {
    case 0:
        at = gen.pc;
        emit_t32(load);
        emit_t32(store);
        emit_t32(0xf1b90f00); /* cmp.w r9, #0 */
        emit16(0xd100 | ((at - gen.pc - 4) >> 1 & 0xff));
        break;
    case 1:
        emit_t32(0xf3bf8f2f); /* clrex */
        emit_t32(store);
        break;
    case 2:
        emit_t32(load);
        emit_t32(0xf3bf8f2f);
        break;
    }
}

static void preload(void)
{
    emit_t32((pick(2) ? 0xf89af000 : 0xf99af000) | pick(4096));
}

static void stack(void)
{
    uint32_t low = 1 + pick(255);

    if (in_user())
        return;
    if (pick(2)) {
        emit16(0xb400 | low | 0x100);
        t32_plain();
        emit16(0xbc00 | low);
        emit_t32(0xf85deb04); /* pop.w {lr} */
    } else {
        emit_t32(0xe92d4010 | low);
        t32_plain();
        emit_t32(0xe8bd4010 | low);
    }
}

void t32_memory(void)
{
    if (in_user() && pick(6) == 0) { /* big-endian, for this alone */
        t32_set_base();
        emit16(0xb658);
        t32_memory_one(11);
        t32_memory_one(10);
        emit16(0xb650);
        return;
    }
    switch (pick(10)) {
    case 0: case 1: case 2:
        t32_set_base();
        t32_memory_one(11);
        break;
    case 3: short_forms(); break;
    case 4: dual(); break;
    case 5: block(); break;
    case 6: literal(); break;
    case 7: exclusive(); break;
    case 8: preload(); break;
    case 9: stack(); break;
    }
}
