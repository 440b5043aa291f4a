#pragma once
/* Stubs: the out-of-line code for one sensitive or PC-using A32 instruction. */
#include "xlate/xlate.h"

/* Where a stub is being written. */
struct stub_writer {
    uint32_t *words;     /* VMM address of the stub's first word */
    uint32_t va;         /* its address when executed */
    unsigned count;      /* words written; at most STUB_MAX_WORDS */
    uint32_t page_off;   /* offset of the first word in its page */
    struct stub_site site;
    bool lazy_dacr;      /* MCR DACR may have a stub */
    bool tlbi_queue;     /* TLBIMVA waits for DSB */
};

#define STUB_MAX_WORDS 20u

/*
 * Writes the stub for the instruction 'insn' of class 'class' at guest address
 * pc whose entry word executes at 'entry'.  Returns the entry word (a branch to
 * the stub), or 0 when this instruction has no stub form and must exit.
 */
uint32_t stub_emit(struct stub_writer *w, uint32_t insn, enum a32_class class, const struct a32_row *row,
                   uint32_t pc, uint32_t entry, bool in_place);
