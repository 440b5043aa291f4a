#pragma once
/* The LAW about sensitive instructions, proved on what is there: every word that a guest kernel could execute. */
#include "xlate/xlate.h"

struct check_result {
    uint32_t words;   /* looked at, in A32 translations and stubs */
    uint32_t halves;  /* T32 instructions looked at */
    uint32_t bad;     /* each of them has been printed */
};

struct check_result xlate_check(struct xlate *x);
