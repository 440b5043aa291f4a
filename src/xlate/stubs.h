#pragma once
/* Stubs: the out-of-line code for one sensitive or PC-using A32 instruction. */
#include "xlate/xlate.h"

#define STUB_MAX_WORDS 20u   /* of one instruction, with its literals */
#define STUB_MAX_LITERALS 16u

/* A word that is loaded PC-relative: 'word' becomes ldr rd, =value. */
struct stub_literal { unsigned word, rd; uint32_t value; };

/* Where a stub is being written. */
struct stub_writer {
    uint32_t *words;     /* VMM address of the stub's first word */
    uint32_t va;         /* its address when executed */
    unsigned count;      /* words written */
    uint32_t page_off;   /* offset of the first word in its page */
    struct stub_site *site;
    unsigned begin;      /* the first word of the site's */
    struct stub_literal literals[STUB_MAX_LITERALS];
    unsigned literal_count;
    bool lazy_dacr;      /* MCR DACR may have a stub */
    bool tlbi_queue;     /* TLBIMVA waits for DSB */
};

/* How an instruction's translation is reached. */
struct stub_place {
    uint32_t pc, entry;  /* the guest's address, and where its entry word executes */
    bool in_place;
    bool linked;         /* by BL, so that LR is the entry's address + 4 */
};

/* Starts the site of the instruction at pc. */
void stub_start(struct stub_writer *w, uint32_t pc);
/* Writes what the instruction becomes, for a site that has been started; false when it has no stub form. */
bool stub_body(struct stub_writer *w, uint32_t insn, enum a32_class class, const struct a32_row *row,
               const struct stub_place *at);
/* Does the guest go on behind it, if its condition holds? */
bool stub_falls_through(const struct stub_site *s);
/* The literals. */
void stub_finish(struct stub_writer *w);
/*
 * Writes the stub for the instruction 'insn' of class 'class' at guest address
 * pc whose entry word executes at 'entry'.  Returns the entry word (a branch to
 * the stub), or 0 when this instruction has no stub form and must exit.
 */
uint32_t stub_emit(struct stub_writer *w, uint32_t insn, enum a32_class class, const struct a32_row *row,
                   uint32_t pc, uint32_t entry, bool in_place);
