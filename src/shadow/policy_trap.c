/*
 * Policy trap: guest pages with tables that shadows were made from are mapped read-only; each
 * write to them faults, is emulated and mirrored at once.  The shadows are exact at any time, so the
 * guest's TLB maintenance has next to nothing to do.
 */
#include "shadow/policy.h"
#include "shadow/tables.h"

/* Written this often with no shadow changed or filled by it meanwhile, a page is no table, or one that
 * is being taken down: all that came from it goes, and it is writable. */
#define WRITES_MAX 8

static bool write_fault(struct shadow *s, gpa_t page)
{
    struct guest_page *p = tables_trapped(s, page);

    if (!p)
        return false;
    if (p->writes < WRITES_MAX) {
        p->writes++;
        return true;
    }
    return !tables_release(s, p);
}

static void let_write(struct shadow *s, gpa_t page)
{
    struct guest_page *p = tables_find(page.v);

    if (p)
        tables_desync(s, p);
}

const struct shadow_policy shadow_policy_trap = {
    .name = "trap",
    .track = tables_track,
    .filled = tables_filled,
    .guarded = tables_guarded,
    .write_fault = write_fault,
    .let_write = let_write,
    .written = tables_written,
    .space_freed = tables_space_freed,
    .eager = true,
    .tlb_op = tables_tlb_op,
};
