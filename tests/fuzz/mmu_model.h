#pragma once
/*
 * What a TLB may hold (DDI 0406C B3.10): every translation that the tables gave at some time since it was last
 * invalidated, for the ASID of then or, when global, for all.  The result of a walk now may be used as well. A
 * translation or access flag fault is never held.
 */
#include "fuzz.h"

#define MODEL_PAGES 24
#define MODEL_HELD 24

enum leaf_size { LEAF_SMALL, LEAF_LARGE, LEAF_SECTION, LEAF_SUPER };

struct leaf {
    uint32_t pa;              /* of the page of 4 KiB */
    uint8_t ap, domain, asid;
    uint8_t size;             /* enum leaf_size */
    bool xn, ng;
};

struct held {
    uint32_t va;
    unsigned count;
    bool deviant;             /* QEMU may hold what the manual says is never held */
    bool overflow;            /* more than fit: anything goes until a TLBIALL */
    struct leaf leaf[MODEL_HELD];
};

enum model_access { MODEL_READ, MODEL_WRITE, MODEL_FETCH };

extern struct held model_held[MODEL_PAGES];
extern struct model_regs { uint32_t ttbr0, ttbr1, n, asid, dacr; bool afe; } model_regs;

/* Every page is walked with the registers of now; what is found may be in the TLB from here on. */
void model_walk_all(void);
/* The start of a program. */
void model_begin(void);
void model_invalidate_all(void);
void model_invalidate_asid(uint32_t asid);
/* One address, of an ASID or of all (asid > 255). */
void model_invalidate_va(uint32_t va, uint32_t asid);

/*
 * The outcomes that an access may have: 0x100 | fault status, or the physical page.  Returns how many,
 * 0 when the model has lost count.
 */
unsigned model_outcomes(unsigned page, enum model_access access, bool privileged, uint32_t out[MODEL_HELD + 4]);

/*
 * What QEMU makes of an access where a walk now faults, 0 when that fault: it looks at the domain before the second
 * level and before the access flag, at XN before the access flag, and in a Manager domain at no access flag.  The
 * manual has it the other way round (TranslationTableWalkSD(), B3.19).
 */
uint32_t model_deviation(unsigned page, enum model_access access);

/*
 * CAVEATS.md: a DACR that takes access away leaves translated kernel code in place.  The number of pages in
 * 'out' that a privileged fetch may reach so; 0 where DACR has no part in the outcome.
 */
unsigned model_code_kept(unsigned page, uint32_t out[MODEL_HELD]);
