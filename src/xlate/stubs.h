#pragma once
/* Stubs: the out-of-line code for one sensitive or PC-using A32 instruction. */
#include "xlate/xlate.h"

#define STUB_MAX_WORDS 20u   /* of one instruction, with its literals */
#define STUB_MAX_LITERALS 16u
#define TRACE_MAX_WORDS 88u  /* of all that one stub goes through */
#define TRACE_MAX_SITES 32u

/* A word that is loaded PC-relative: 'word' becomes ldr rd, =value. */
struct stub_literal { unsigned word, rd; uint32_t value; };

/* Where a stub is being written. */
struct stub_writer {
    uint32_t *words;     /* VMM address of the stub's first word */
    uint32_t va;         /* its address when executed */
    unsigned count;      /* words written */
    uint32_t page_off;   /* offset of the first word in its page */
    struct stub_site *sites, *site; /* all of the stub's, and the last one */
    unsigned site_count;
    unsigned begin;      /* the first word of the last site */
    unsigned restored;   /* the last word restores this register from U0 ... */
    unsigned restored_at;   /* ... if this is 'count' */
    struct stub_literal *literals; /* STUB_MAX_LITERALS */
    unsigned literal_count;
    bool in_place;       /* the page's words stand at the guest's addresses + D */
    struct xlate *x;     /* for habits; NULL: there are none */
    bool lazy_dacr;      /* MCR DACR may have a stub */
    uint32_t midr, ctr;  /* of struct xlate */
    bool tlbi_queue;     /* TLBIMVA waits for DSB */
};

/* What a stub is made from: the guest's words from an instruction on, and where that has its entry word. */
struct stub_code {
    const struct xlate *x;   /* x and p only where there is more than one word */
    const struct xpage *p;
    uint32_t pc, entry;      /* the guest's address, and the hardware's */
    bool in_place;
    const uint32_t *words;
    unsigned count;
    const struct a32_row *row; /* of the first */
    enum a32_class class;
    unsigned behind_call;    /* stub_emit() tells: the word behind the call that the stub ends with, or 0 */
};

/* Starts the site of the instruction at pc. */
void stub_start(struct stub_writer *w, uint32_t pc);
/* Writes what the instruction at pc becomes, for a site that has been started; false, and nothing is
 * written, when it has no stub form.  linked: entered by BL, so that LR is the entry's address + 4. */
bool stub_body(struct stub_writer *w, uint32_t insn, enum a32_class class, const struct a32_row *row, uint32_t pc,
               bool linked);
/*
 * Writes the stub for the first instruction of 'code', and for more of them (trace.c).  Returns
 * the entry word (a branch to the stub), or 0 when the instruction has no stub form and must exit.
 */
uint32_t stub_emit(struct stub_writer *w, struct stub_code *code);

/* The word that stands in place of insn, or 0 when that takes a stub or an exit (xlate.c). */
uint32_t xlate_place(const struct xlate *x, const struct xpage *p, uint32_t insn, enum a32_class class,
                     const struct a32_row *row);
/* May instructions of the class have a stub? */
bool xlate_may_stub(const struct xlate *x, enum a32_class class);
/* The SVC that exits for the instruction, under its condition. */
uint32_t xlate_exit(uint32_t insn, enum a32_class class, const struct a32_row *row);
