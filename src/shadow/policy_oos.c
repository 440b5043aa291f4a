/*
 * Policy oos: guest pages with tables are mapped read-only until the first write; then the page is
 * out of sync and writable.  What the shadows have from it is compared with it at the TLB operation that
 * covers it: one entry at TLBIMVA and TLBIMVAA, all of it at TLBIASID and TLBIALL, which watch it again.
 * ASIDs tell spaces apart, so a switch of spaces needs nothing (B3.10.1).
 */
#include "shadow/policy.h"
#include "shadow/tables.h"

static bool write_fault(struct shadow *s, gpa_t page)
{
    struct guest_page *p = tables_trapped(s, page);

    if (p)
        tables_desync(s, p);
    return false;
}

const struct shadow_policy shadow_policy_oos = {
    .name = "oos",
    .track = tables_track,
    .filled = tables_filled,
    .guarded = tables_guarded,
    .write_fault = write_fault,
    .written = tables_written,
    .space_freed = tables_space_freed,
    .tlb_op = tables_tlb_op,
};
