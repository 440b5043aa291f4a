#pragma once
/*
 * What must not, and what may, execute in User mode on behalf of a guest kernel: written from the
 * manual, not from the decode tables, so that the tables are checked too.
 */
#include <stdbool.h>
#include <stdint.h>

/* The name of the A32 instruction if it is sensitive: behaves otherwise in User mode than in a
 * privileged mode, or is UNPREDICTABLE there, or is the VMM's to see.  NULL: it is not. */
const char *form_sensitive(uint32_t insn);
/* The same for T32; 32-bit instructions with the first halfword in bits 31:16. */
const char *form_sensitive_t32(uint32_t insn);

/* Sensitive by the list above, but with operands that make it mean the same in User mode. */
bool form_same_in_user(uint32_t insn);

/* Forms with the PC that translations contain, without the conditional branch. */
enum form_pc {
    FORM_NO_PC,       /* does not name the PC */
    FORM_STATE,       /* LDR, STR or STRB of the PC-relative word at *target */
    FORM_JUMP,        /* the PC is written from a register, no other operand is the PC */
    FORM_LOAD_PC,     /* ldr pc, [pc, #offset] of the word at *target */
    FORM_SKIP,        /* add pc, pc, rx, lsl #n or lsr #1: over words of the same stub */
    FORM_OTHER_PC,    /* anything else: not allowed */
};
enum form_pc form_pc(uint32_t insn, uint32_t va, uint32_t *target);
