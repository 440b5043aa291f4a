#pragma once
/*
 * The T32 decode table (t32.def): what must be done with an instruction when a
 * guest kernel executes it, in the classes of a32.h.
 *
 * A 32-bit instruction is first halfword << 16 | second; a 16-bit one is its halfword.
 */
#include <stdbool.h>
#include <stdint.h>
#include "xlate/a32.h"

/* Does this halfword begin a 32-bit instruction? (A6.1) */
static inline bool t32_is_long(uint32_t half) { return (half >> 11) >= 0x1d; }
static inline unsigned t32_size(uint32_t insn) { return insn >> 16 ? 4 : 2; }

/* The row of an instruction; never NULL. */
const struct a32_row *t32_decode(uint32_t insn);

/*
 * The class with the operands looked at.  COPY, NEON and BARRIER: hardware may execute it in
 * User mode, at any address, and does just what a privileged mode would.  B: a branch
 * within the instruction set that reads no register but CBZ's (t32_branch_target).
 * IT is COPY, of itself harmless: who runs it must mind the instructions behind.
 */
enum a32_class t32_classify(uint32_t insn);
static inline bool t32_class_harmless(enum a32_class class)
{
    return class == A32_COPY || class == A32_NEON || class == A32_BARRIER;
}

/* IT, and how many instructions it covers (A8.8.54). */
static inline bool t32_is_it(uint32_t insn) { return (insn & ~0xffu) == 0xbf00 && (insn & 15); }
static inline unsigned t32_it_count(uint32_t mask)
{
    return mask & 15 ? 4 - (unsigned)__builtin_ctz(mask & 15) : 0;
}

/* Where an instruction of class B at 'pc' branches to; 'always': it has no condition of its own. */
uint32_t t32_branch_target(uint32_t insn, uint32_t pc, bool *always);

/* VLDR of a literal: PC-relative, but not core registers' business (xlate/pcinsn.h). */
static inline bool t32_is_vldr_literal(uint32_t insn) { return (insn & 0xff3f0e00u) == 0xed1f0a00u; }
