#pragma once
/* Address translation operations: the PAR of ATS1Cxx (DDI 0406C B3.12.7, B4.1.112). */
#include "shadow/walk.h"

/*
 * The PAR that translating va for this access gives, as fault status or as address and
 * attributes.  An external abort on the walk is not reported in PAR but taken as a data
 * abort: then the fault is returned and *par is left alone; otherwise FSR_NONE.
 */
enum walk_fault ats_par(const struct walk_regs *regs, gva_t va, enum access_kind kind, bool privileged,
                        walk_read_fn read, void *ctx, uint32_t *par);
