/*
 * Looks at translations with the decode tables only, not with what the translator
 * remembers of having done.  In an entry page an instruction may not name the PC at all,
 * except in a branch; in a stub the PC is the base of the state page or of a literal, or a stub's last word writes it.
 */
#include "xlate/check.h"

#include "lib/bits.h"
#include "lib/log.h"
#include "xlate/emit.h"
#include "xlate/sweep.h"

static void bad(struct check_result *r, uint32_t va, uint32_t insn, const char *what)
{
    r->bad++;
    log_limited(16, "check: 0x%08lx: 0x%08lx: %s", (unsigned long)va, (unsigned long)insn, what);
}

/* CP15 that User mode may execute and that does what the guest means: the two thread
 * registers that stand for others, and barriers. */
static bool cp15_harmless(uint32_t insn)
{
    switch (insn & 0x0fff0fffu) {
    case 0x0e1d0f50: /* MRC, MCR TPIDRURW */
    case 0x0e0d0f50:
    case 0x0e1d0f70: /* MRC TPIDRURO */
    case 0x0e070f9a: /* CP15DSB, CP15DMB, CP15ISB */
    case 0x0e070fba:
    case 0x0e070f95: return true;
    default: return false;
    }
}

static bool harmless(uint32_t insn, enum a32_class class)
{
    switch (class) {
    case A32_SVC: return true; /* an exit */
    case A32_BL: return true;  /* to a stub: LR is repaired there */
    case A32_MSR_CPSR: return BITS(insn, 17, 16) == 0 && !(insn & BIT(22)); /* flags only */
    case A32_CP15: return cp15_harmless(insn);
    default: return !a32_class_sensitive(class);
    }
}

static void check_entry_page(struct check_result *r, const struct xpage *p)
{
    for (unsigned i = 0; i < 1024; i++) {
        uint32_t insn = p->words[i];
        const struct a32_row *row = a32_decode(insn);

        r->words++;
        if (!harmless(insn, a32_classify(insn, row)))
            bad(r, p->va + 4 * i, insn, row->name);
        else if (a32_pc_operands(insn, row))
            bad(r, p->va + 4 * i, insn, "operand is the PC");
    }
}

/* Of the sensitive set stubs use MRS of the flags, which User mode may read. */
static bool harmless_in_stub(uint32_t insn, const struct a32_row *row, enum a32_class class)
{
    bool pc_read = a32_pc_operands(insn, row) & (F_N | F_M);

    if (class == A32_MRS_CPSR || (insn & ~0xfu) == A32_SKIP_ONE(0) || (insn & ~0xfu) == A32_SKIP_FOUR(0))
        return true;
    if (class == A32_LDST && (a32_pc_operands(insn, row) & F_N))
        return (insn & 0x0f200000u) == 0x05000000u; /* [pc, #offset] */
    return harmless(insn, class) && class != A32_BL && !pc_read;
}

/* The word of its own page that the instruction at word i loads PC-relative, a literal; 1024: none. */
static unsigned literal_of(uint32_t insn, unsigned i)
{
    int32_t offset = (int32_t)(insn & 0xfff) / 4, word = (int32_t)i + 2;

    if ((insn & 0xff7f0000u) != 0xe51f0000u)
        return 1024;
    word += insn & BIT(23) ? offset : -offset;
    return word > (int32_t)i && word < 1024 ? (unsigned)word : 1024;
}

/* Is the word at i reached only by a jump? */
static bool behind_jump(const uint32_t *words, const uint32_t *data, unsigned i)
{
    uint32_t insn = words[i - 1];

    return (data[(i - 1) / 32] & BIT((i - 1) % 32)) || insn >> 24 == 0xea || insn >> 24 == 0xef ||
           (insn & 0xff7ff000u) == 0xe51ff000u || (insn & 0xfff0f000u) == 0xe280f000u;
}

static void check_stub_page(struct check_result *r, const struct arena_page *page, uint32_t va)
{
    uint32_t data[1024 / 32 + 1] = { 0 }; /* bit 1024: none */

    for (unsigned i = page->site_count ? page->sites[0].start : 1024; i < 1024; i++) {
        uint32_t insn = page->words[i];
        const struct a32_row *row = a32_decode(insn);
        unsigned literal = literal_of(insn, i);

        r->words++;
        if (data[i / 32] & BIT(i % 32)) {
            if (!behind_jump(page->words, data, i))
                bad(r, va + 4 * i, insn, "a literal among instructions");
            continue;
        }
        data[literal / 32] |= BIT(literal % 32);
        if (!harmless_in_stub(insn, row, a32_classify(insn, row)))
            bad(r, va + 4 * i, insn, row->name);
    }
}

static void check_t32_page(struct check_result *r, const struct xpage *p)
{
    struct thumb_code code = { (uint16_t *)p->words, p->map };
    const uint16_t *half = code.half;

    for (unsigned i = 0; i < 2048;) {
        /* a long one across the end of the page ends in the alias behind it, which is XN */
        bool wide = t32_is_long(half[i]);
        uint32_t insn = !wide ? half[i] : i == 2047 ? 0xf7f0a000u : (uint32_t)half[i] << 16 | half[i + 1];
        enum a32_class class = t32_classify(insn);
        bool trap = (insn & 0xffffff00u) == 0xde00u || (insn & 0xfff0f000u) == 0xf7f0a000u;

        r->halves++;
        if (!trap && !t32_class_harmless(class) && class != A32_B)
            bad(r, p->va + 2 * i, insn, a32_class_name(class));
        i += wide ? 2 : 1;
    }
    if (thumb_audit(&code))
        bad(r, p->va, THUMB_NONE, "T32 code runs into the middle of an instruction");
}

struct check_result xlate_check(struct xlate *x)
{
    struct check_result r = { 0 };

    for (unsigned i = 0; i < ARRAY_SIZE(x->by_gpa); i++) {
        for (const struct xpage *p = x->by_gpa[i]; p; p = p->next_gpa) {
            if (p->thumb)
                check_t32_page(&r, p);
            else
                check_entry_page(&r, p);
        }
    }
    for (unsigned i = 0; i < XLATE_MAX_ARENAS; i++) {
        const struct arena *a = &x->arenas[i];

        for (unsigned page = 0; a->mib && page < XLATE_ARENA_PAGES; page++) {
            if (a->pages[page].kind == ARENA_STUBS)
                check_stub_page(&r, &a->pages[page], (a->mib << 20) + (2 * page + 1) * 4096);
        }
    }
    return r;
}
