/*
 * Programs with the MMU off: every mode sees physical memory, nothing is checked but alignment (SCTLR.A is set,
 * since unaligned accesses are UNPREDICTABLE there, A3.2.1).  Kernel code switches the MMU on and off as it
 * goes, which the architecture defines where code is mapped to its own address (B3.2.1).
 */
#include "fuzz.h"

/* A32: UDF. T32: UDF in the lower half, a branch to the next word's lower half in the upper one. */
#define TRAP_WORD 0xe7ffdeffu

static const uint32_t places[] = { PAGE_UNMAPPED, PAGE_USER_RO, PAGE_PRIV, PAGE_RO, PAGE_XN, MIB_NO_ACCESS,
                                   MIB_UNMAPPED, MIB_RO, MIB_MANAGER };
#define PLACES (sizeof(places) / sizeof(places[0]))

static void set_mmu(bool on)
{
    dsb();
    SCTLR_WRITE((SCTLR_READ() & ~SCTLR_M) | (on ? SCTLR_M : 0));
    isb();
}

/* What programs may write to with the MMU off and not with it on. */
void flat_begin(bool off)
{
    set_mmu(false);
    for (unsigned i = 0; i < PLACES; i++) {
        for (uint32_t a = places[i] - 0x800; a < places[i] + 0x1000; a += 4)
            write32(a, a * 0x01000193u);
    }
    for (uint32_t a = FLAT_TRAPS; a < FLAT_TRAPS + 0x1000; a += 4)
        write32(a, TRAP_WORD);
    sync_code(FLAT_TRAPS, FLAT_TRAPS + 0x1000);
    set_mmu(!off);
}

void flat_end(void)
{
    set_mmu(false);
    for (unsigned i = 0; i < PLACES; i++)
        note(sum_words((void *)(places[i] - 0x800), (void *)(places[i] + 0x1000)));
    set_mmu(true);
}

/* SCTLR.M changes; r9 must not tell which processor it was. */
void flat_switch(void)
{
    static const uint32_t words[][2] = { /* A32, T32 */
        { 0xee119f10, 0xee119f10 }, { 0xe2299001, 0xf0890901 }, { 0xee019f10, 0xee019f10 },
        { 0xf57ff06f, 0xf3bf8f6f }, { 0xe3a09000, 0xf04f0900 },
    };

    if (in_user())
        return;
    for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (gen.thumb)
            emit_t32(words[i][1]);
        else
            emit32(words[i][0]);
    }
}
