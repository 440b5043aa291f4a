#include "forms.h"

#include <stddef.h>

#include "lib/bits.h"
#include "xlate/a32.h"

struct form {
    uint32_t mask, value;
    const char *name;
};

/* DDI 0406C A5.7 and B9.3: no condition field */
static const struct form always[] = {
    { 0xfff10020, 0xf1000000, "CPS" },
    { 0xffff00f0, 0xf1010000, "SETEND" },
    { 0xfe500000, 0xf8100000, "RFE" },
    { 0xfe500000, 0xf8400000, "SRS" },
    { 0xfe000000, 0xfa000000, "BLX immediate: writes LR and the PC" },
};

/* A5.2 to A5.6, B9.3 */
static const struct form conditional[] = {
    { 0x0fb00eff, 0x01000200, "MRS banked" },
    { 0x0fbf0fff, 0x010f0000, "MRS" },
    { 0x0fb00ef0, 0x01200200, "MSR banked" },
    { 0x0fb000f0, 0x01200000, "MSR register" },
    { 0x0fffffff, 0x0320f002, "WFE" },
    { 0x0fffffff, 0x0320f003, "WFI" },
    { 0x0f0000f0, 0x01000070, "BKPT, HVC or SMC" },
    { 0x0ff000f0, 0x01200010, "BX" },
    { 0x0ff000f0, 0x01200020, "BXJ" },
    { 0x0ff000f0, 0x01200030, "BLX" },
    { 0x0e10f000, 0x0210f000, "<op>S pc, immediate" },
    { 0x0e10f010, 0x0010f000, "<op>S pc, register" },
    { 0x0e10f090, 0x0010f010, "<op>S pc, shifted register" },
    { 0x0f200000, 0x04200000, "LDRT, STRT" },
    { 0x0f200010, 0x06200000, "LDRT, STRT" },
    { 0x0f200090, 0x00200090, "LDRHT and relatives" },
    { 0x0e400000, 0x08400000, "LDM, STM with ^" },
    { 0x0f000000, 0x0b000000, "BL" },
    { 0x0ff00f10, 0x0ee00a10, "VMSR" },
    { 0x0ff00f10, 0x0ef00a10, "VMRS" },
    { 0x0e000e00, 0x0c000e00, "CP14 or CP15" },
    { 0x0f000e00, 0x0e000e00, "CP14 or CP15" },
    { 0x0f000000, 0x0f000000, "SVC" },
};

static const char *match(const struct form *forms, unsigned count, uint32_t insn)
{
    for (unsigned i = 0; i < count; i++) {
        if ((insn & forms[i].mask) == forms[i].value)
            return forms[i].name;
    }
    return NULL;
}

const char *form_sensitive(uint32_t insn)
{
    bool msr_imm = (insn & 0x0fb00000) == 0x03200000;

    if (insn >> 28 == 15)
        return match(always, ARRAY_SIZE(always), insn);
    if ((insn & 0x0e000090) == 0x00000090 && (insn & 0x0f200090) != 0x00200090)
        return NULL; /* multiplies, exclusives, halfwords: none of the data-processing forms below */
    if (msr_imm && (insn & 0x004f0000))
        return "MSR immediate";
    if (msr_imm) /* hints, of which two are sensitive */
        return (insn & 0xfe) == 2 && (insn & 0xff00) == 0xf000 ? "WFI, WFE" : NULL;
    return match(conditional, ARRAY_SIZE(conditional), insn);
}

bool form_same_in_user(uint32_t insn)
{
    if (insn >> 28 == 15)
        return false;
    switch (insn & 0x0fff0fff) {
    case 0x0e1d0f50: /* MRC, MCR TPIDRURW, which stands for TPIDRURO there */
    case 0x0e0d0f50:
    case 0x0e1d0f70: /* MRC TPIDRURO, which stands for TPIDRPRW */
    case 0x0e070f9a: /* CP15DSB, CP15DMB, CP15ISB (B3.15.7) */
    case 0x0e070fba:
    case 0x0e070f95: return (insn & 0xf000) != 0xf000;
    case 0x0ee10a10: /* VMSR, VMRS FPSCR */
    case 0x0ef10a10: return true;
    default: break;
    }
    /* MSR APSR_<nzcvq,g>: flags only */
    return ((insn & 0x0ff3f000) == 0x0320f000 && (insn & 0x000c0000)) || (insn & 0x0ff3fff0) == 0x0120f000;
}

enum form_pc form_pc(uint32_t insn, uint32_t va, uint32_t *target)
{
    unsigned pc = a32_pc_operands(insn, a32_decode(insn));
    uint32_t imm = insn & 0xfff;

    *target = va + 8 + (insn & BIT(23) ? imm : -imm);
    if ((insn & 0xff7ff000) == 0xe51ff000)
        return FORM_LOAD_PC;
    if ((insn & 0xff7f0000) == 0xe51f0000 || (insn & 0xff3f0000) == 0xe50f0000)
        return (insn & 0xf000) == 0xf000 ? FORM_OTHER_PC : FORM_STATE;
    if ((insn & 0xfffff070) == 0xe08ff000 || (insn & 0xfffffff0) == 0xe08ff0a0)
        return (insn & 15) == 15 ? FORM_OTHER_PC : FORM_SKIP;
    if (pc == F_D && (insn & 0x0e10f000) == 0x0200f000)
        return FORM_JUMP;
    return pc ? FORM_OTHER_PC : FORM_NO_PC;
}

/* --- T32 --- */

static const struct form t16[] = {
    { 0xffe8, 0xb660, "CPS" },
    { 0xfff7, 0xb650, "SETEND" },
    { 0xffff, 0xbf20, "WFE" },
    { 0xffff, 0xbf30, "WFI" },
    { 0xff00, 0xbe00, "BKPT" },
    { 0xff00, 0xdf00, "SVC" },
    { 0xff00, 0x4700, "BX, BLX" },
    { 0xff00, 0xbd00, "POP with pc" },
    { 0xf800, 0x4800, "LDR literal" },
    { 0xf800, 0xa000, "ADR" },
    { 0xfd78, 0x4478, "ADD or MOV from pc" },
    { 0xfd87, 0x4487, "ADD or MOV to pc" },
    { 0xff78, 0x4578, "CMP with pc" },
    { 0xff87, 0x4587, "CMP with pc" },
};

/* A6.3, B9.3 */
static const struct form t32[] = {
    { 0xfe500000, 0xe8000000, "SRS" }, /* of which stores of lists are taken out below */
    { 0xffd00000, 0xe8100000, "RFE" },
    { 0xffd00000, 0xe9900000, "RFE" },
    { 0xfe508000, 0xe8108000, "LDM with pc" },
    { 0xfff0ffe0, 0xe8d0f000, "TBB, TBH" },
    { 0xfe5f0000, 0xe85f0000, "LDRD literal" },
    { 0xfbff8000, 0xf20f0000, "ADR" },
    { 0xfbff8000, 0xf2af0000, "ADR" },
    { 0xffe0d000, 0xf3808000, "MSR" },
    { 0xfffff800, 0xf3af8000, "CPS" }, /* of which hints are taken out below */
    { 0xfff0d000, 0xf3c08000, "BXJ" },
    { 0xfff0d000, 0xf3d08000, "SUBS pc, lr" },
    { 0xffe0d000, 0xf3e08000, "MRS" },
    { 0xffe0d000, 0xf7e08000, "HVC, SMC" },
    { 0xf800c000, 0xf000c000, "BL, BLX" },
    { 0xff900f00, 0xf8000e00, "STRT" },
    { 0xfe900f00, 0xf8100e00, "LDRT" },
    { 0xff7f0000, 0xf85f0000, "LDR literal" },
    { 0xfff0f000, 0xf8d0f000, "LDR to pc" },
    { 0xfff0f000, 0xf850f000, "LDR to pc" },
    { 0xff1f0e00, 0xed1f0a00, "VLDR literal" },
    { 0xfff00f10, 0xeee00a10, "VMSR" },
    { 0xfff00f10, 0xeef00a10, "VMRS" },
    { 0xee000e00, 0xec000e00, "CP14 or CP15" },
};

const char *form_sensitive_t32(uint32_t insn)
{
    if (insn < 0x10000)
        return match(t16, ARRAY_SIZE(t16), insn);
    if ((insn & 0xfe500000) == 0xe8000000 && BITS(insn, 24, 23) != 0 && BITS(insn, 24, 23) != 3)
        return NULL; /* STM, STMDB */
    if ((insn & 0xff000000) == 0xef000000 || (insn & 0xff000000) == 0xff000000)
        return NULL; /* Advanced SIMD data processing */
    if ((insn & 0xfffff700) == 0xf3af8000) /* hints */
        return (insn & 0xfe) == 2 ? "WFI, WFE" : NULL;
    if ((insn & 0xfff0f3ff) == 0xf3808000 && (insn & 0xc00))
        return NULL; /* MSR APSR */
    if ((insn & 0xfe1ff000) == 0xf81ff000 && (insn & 0x00600000) != 0x00400000)
        return NULL; /* PLD, PLI literal: no effect */
    if ((insn & 0xfe1f0000) == 0xf81f0000)
        return "load literal";
    if ((insn & 0xfe90f000) == 0xf810f000 && (insn & 0x00600000) != 0x00400000 && (insn & 0xf00) != 0xe00)
        return NULL; /* preloads and unallocated hints */
    if ((insn & 0xffff0fff) == 0xeee10a10 || (insn & 0xffff0fff) == 0xeef10a10)
        return NULL; /* FPSCR */
    return match(t32, ARRAY_SIZE(t32), insn);
}
