/*
 * MSR, MRS and CPS in all their forms.  Every routine sets CPSR from r0, does the one thing, and
 * returns the CPSR read after it, in the caller's CPSR.  Only r0-r3, which have no banks, are used.
 */
    .syntax unified
    .arm
    .text

    .macro enter
    mov     r3, lr
    mrs     r2, cpsr
    msr     cpsr_fsxc, r0
    .endm
    .macro leave
    mrs     r0, cpsr
    msr     cpsr_fsxc, r2
    bx      r3
    .endm

/* msr_cpsr_table[mask](base, value), the same for SPSR: msr_spsr_table[mask](base, value). */
    .macro msr_reg mask, fields
msr_cpsr_\mask:
    enter
    msr     cpsr_\fields, r1
    leave
msr_spsr_\mask:
    mrs     r2, spsr
    msr     spsr_fsxc, r0
    msr     spsr_\fields, r1
    mrs     r0, spsr
    msr     spsr_fsxc, r2
    bx      lr
    .endm
    msr_reg 1, c
    msr_reg 2, x
    msr_reg 3, xc
    msr_reg 4, s
    msr_reg 5, sc
    msr_reg 6, sx
    msr_reg 7, sxc
    msr_reg 8, f
    msr_reg 9, fc
    msr_reg 10, fx
    msr_reg 11, fxc
    msr_reg 12, fs
    msr_reg 13, fsc
    msr_reg 14, fsx
    msr_reg 15, fsxc

    .macro table kind
    .globl msr_\kind\()_table
msr_\kind\()_table:
    .word   0
    .irp    n, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
    .word   msr_\kind\()_\n
    .endr
    .endm
    table cpsr
    table spsr

/* MSR immediate: {routine, mask, value}, ended by 0. */
    .macro msr_imm fields, mask, value
    .pushsection .text.msr_imm
8:  enter
    msr     cpsr_\fields, #\value
    leave
    .popsection
    .word   8b, \mask, \value
    .endm
    .globl msr_imm_table
msr_imm_table:
    msr_imm c, 1, 0xd1
    msr_imm c, 1, 0x1f
    msr_imm c, 1, 0x93
    msr_imm x, 2, 0x100
    msr_imm x, 2, 0
    msr_imm s, 4, 0xf0000
    msr_imm s, 4, 0x50000
    msr_imm f, 8, 0xf8000000
    msr_imm f, 8, 0x40000000
    msr_imm f, 8, 0
    msr_imm fs, 12, 0
    msr_imm fc, 9, 0xd3
    .word   0

/* CPS: {routine, bits cleared, bits set, mode or 0}, ended by 0. */
    .macro cps_form insn, clear, set, mode
    .pushsection .text.cps_form
8:  enter
    \insn
    leave
    .popsection
    .word   8b, \clear, \set, \mode
    .endm
    .macro cps_all flags, bits
    .irp    mode, 0x11, 0x12, 0x13, 0x17, 0x1b, 0x1f
    cps_form "cpsie \flags, #\mode", \bits, 0, \mode
    cps_form "cpsid \flags, #\mode", 0, \bits, \mode
    .endr
    cps_form "cpsie \flags", \bits, 0, 0
    cps_form "cpsid \flags", 0, \bits, 0
    .endm
    .globl cps_table
cps_table:
    cps_all f, 0x40
    cps_all i, 0x80
    cps_all if, 0xc0
    cps_all a, 0x100
    cps_all af, 0x140
    cps_all ai, 0x180
    cps_all aif, 0x1c0
    .irp    mode, 0x11, 0x12, 0x13, 0x17, 0x1b, 0x1f
    cps_form "cps #\mode", 0, 0, \mode
    .endr
    .word   0

/* uint32_t flags_ITEM(a, b): an instruction that sets flags, then what must read or keep them. */
    .macro flags name, insn
    .globl flags_\name
flags_\name:
    mov     r3, lr
    mrs     r2, cpsr
    \insn
    leave
    .endm
    flags adds, "adds r0, r0, r1"
    flags subs, "subs r0, r0, r1"
    flags cmp_msr, "cmp r0, r1; msr cpsr_c, #0xdf"
    flags cmp_cps, "cmp r0, r1; cps #0x17"
    flags cmp_cpsid, "cmp r0, r1; cpsid aif"
    flags cmp_mrs_msr, "cmp r0, r1; mrs r1, cpsr; msr cpsr_c, r1"
    flags cmp_msr_x, "cmp r0, r1; msr cpsr_x, #0"
    flags cmp_bl, "cmp r0, r1; bl 9f; b 8f;9: bx lr;8:"
    flags qadd, "msr cpsr_f, #0; mvn r1, #0x80000000; qadd r0, r1, r1"
    flags ge, "msr cpsr_s, #0; uadd8 r0, r0, r1"
    flags mrc, "mov r0, #0; mcr p15, 0, r0, c13, c0, 4; cmp r0, #1; mrc p15, 0, r0, c13, c0, 4"
    flags ldrt, "sub sp, sp, #4; cmp r0, r1; strt r0, [sp], #0; ldrt r0, [sp], #4"
    flags svc, "cmp r0, r1; push {r3}; svc #2; pop {r3}"

/*
 * Every condition with every kind of sensitive instruction: cond_KIND_table[cc](flags) returns 1 when
 * the instruction took effect.  Called in SVC with interrupts masked.
 */
    .macro cond_kind kind, before, insn, after
    .irp    cc, eq, ne, cs, cc, mi, pl, vs, vc, hi, ls, ge, lt, gt, le, al
    .pushsection .text.cond
cond_\kind\()_\cc:
    push    {r4, lr}
    mrs     r4, cpsr
    mov     r1, #0
    mov     r2, #1
    adr     r3, 9f
    \before
    msr     cpsr_f, r0
    \insn
    \after
9:  mov     r0, r1
    msr     cpsr_c, r4
    pop     {r4, pc}
    .popsection
    .endr
    .globl cond_\kind\()_table
cond_\kind\()_table:
    .irp    cc, eq, ne, cs, cc, mi, pl, vs, vc, hi, ls, ge, lt, gt, le, al
    .word   cond_\kind\()_\cc
    .endr
    .endm

    cond_kind mrs, "", "mrs\cc r1, cpsr", "cmp r1, #0; movne r1, #1"
    cond_kind msr_c, "", "msr\cc cpsr_c, #0xdf", "mrs r1, cpsr; and r1, r1, #0x1f; cmp r1, #0x1f; moveq r1, #1; movne r1, #0"
    cond_kind msr_reg, "mov r2, #0xd1", "msr\cc cpsr_c, r2", "mrs r1, cpsr; and r1, r1, #0x1f; cmp r1, #0x11; moveq r1, #1; movne r1, #0"
    cond_kind msr_f, "", "msr\cc cpsr_s, #0x10000", "mrs r1, cpsr; tst r1, #0x10000; movne r1, #1; moveq r1, #0; msr cpsr_s, #0"
    cond_kind spsr, "msr spsr_c, #0x10", "msr\cc spsr_c, #0x1f", "mrs r1, spsr; tst r1, #0xf; movne r1, #1; moveq r1, #0"
    cond_kind mrs_spsr, "msr spsr_c, #0x10", "mrs\cc r1, spsr", "cmp r1, #0; movne r1, #1"
    cond_kind movs_pc, "msr spsr_cxsf, r4", "movs\cc pc, r3", "mov r1, #1"
    cond_kind movs_pc_lr, "msr spsr_cxsf, r4; mov lr, r3", "subs\cc pc, lr, #0", "mov r1, #1"
    cond_kind ldm_pc, "msr spsr_cxsf, r4; push {r3}; mov r3, sp; add sp, sp, #4", "ldm\cc r3, {pc}^", "mov r1, #1"
    cond_kind ldm_user, "push {r2}; mov r3, sp; cps #0x1f; mov lr, #0; cps #0x13", "ldm\cc r3, {lr}^", "nop; cps #0x1f; mov r1, lr; cps #0x13; add sp, sp, #4"
    cond_kind stm_user, "push {r1}; mov r3, sp; cps #0x1f; mov lr, #1; cps #0x13", "stm\cc r3, {lr}^", "pop {r1}"
    cond_kind mrc, "mcr p15, 0, r2, c13, c0, 4", "mrc\cc p15, 0, r1, c13, c0, 4", ""
    cond_kind mcr, "mcr p15, 0, r1, c13, c0, 4", "mcr\cc p15, 0, r2, c13, c0, 4", "mrc p15, 0, r1, c13, c0, 4"
    cond_kind mcr_uro, "mcr p15, 0, r1, c13, c0, 3", "mcr\cc p15, 0, r2, c13, c0, 3", "mrc p15, 0, r1, c13, c0, 3"
    cond_kind ldrt, "push {r2}; mov r3, sp", "ldrt\cc r1, [r3], #0", "add sp, sp, #4"
    cond_kind strt, "push {r1}; mov r3, sp", "strt\cc r2, [r3], #0", "pop {r1}"
    cond_kind b, "", "b\cc 9f", "mov r1, #1"
    cond_kind bl, "", "bl\cc 9f", "mov r1, #1"
    cond_kind bx, "", "bx\cc r3", "mov r1, #1"
    cond_kind blx, "", "blx\cc r3", "mov r1, #1"
    cond_kind mov_pc, "", "mov\cc pc, r3", "mov r1, #1"
    cond_kind ldr_pc, "push {r3}; mov r3, sp; add sp, sp, #4", "ldr\cc pc, [r3]", "mov r1, #1"
    cond_kind pop_pc, "push {r3}; mov r3, sp; add sp, sp, #4", "ldm\cc r3, {pc}", "mov r1, #1"
    cond_kind literal, "b 7f; 6: .word 1; 7:", "ldr\cc r1, 6b", ""
    cond_kind adr, "", "adr\cc r1, 9f", "cmp r1, #0; movne r1, #1"
    cond_kind svc, "", "svc\cc #3", "cmp r1, #0"
