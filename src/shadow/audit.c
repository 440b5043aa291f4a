/* The LAWs, checked entry by entry: nothing but the VM's own memory, and never executable
 * guest pages in a kernel view. */
#include "shadow/internal.h"

#include "arch/armv7/layout.h"
#include "core/gmem.h"
#include "core/pool.h"
#include "lib/log.h"

static unsigned bad(const struct view *v, uint32_t va, uint32_t desc, const char *why)
{
    log_info("audit: asid %u va %08x descriptor %08x: %s", v->asid, (unsigned)va, (unsigned)desc, why);
    return 1;
}

static unsigned audit_small(struct shadow *s, struct view *v, uint32_t va, uint32_t desc, bool ours)
{
    uint32_t pa = desc & 0xfffff000u;
    unsigned errors = 0;

    if (!(desc & DESC_L2_SMALL))
        return bad(v, va, desc, "a large page, which umbra never makes");
    if (ours)
        return !v->kernel ? bad(v, va, desc, "translation visible to guest user") : 0;
    if (!gmem_owns(s->vm, hpa(pa), 4096, desc_small_writable(desc)))
        return bad(v, va, desc, "maps memory that is not the VM's");
    if (v->kernel && !(desc & SMALL_XN))
        errors += bad(v, va, desc, "guest page executable in a kernel view");
    if (desc_small_writable(desc) && !page_writable(s, gpa(s->vm->ram_base.v + pa - s->vm->ram_hpa.v)))
        errors += bad(v, va, desc, "translated or watched page mapped writable");
    return errors;
}

static unsigned audit_view(struct shadow *s, struct view *v)
{
    unsigned errors = 0;

    for (unsigned mib = 0; mib < 4096; mib++) {
        uint32_t entry = v->l1[mib];

        if (in_window(mib)) {
            /* the state page differs between the views' seeds; everything else is the VMM's */
            if (!v->kernel && entry != s->window_l1[mib])
                errors += bad(v, mib << 20, entry, "window changed");
        } else if (desc_is_section(entry)) {
            if (!gmem_owns(s->vm, hpa(entry & 0xfff00000u), MiB, !(entry & SECTION_AP2)))
                errors += bad(v, mib << 20, entry, "maps memory that is not the VM's");
            if (entry & SECTION_SUPER)
                errors += bad(v, mib << 20, entry, "a supersection, which umbra never makes");
            if (v->kernel && !(entry & SECTION_XN))
                errors += bad(v, mib << 20, entry, "guest section executable in a kernel view");
        } else if (desc_is_table(entry)) {
            uint32_t *l2 = view_l2(entry);
            bool ours = desc_l1_domain(entry) == HOST_DOMAIN_VMM && !s->domain15_used;

            for (unsigned i = 0; i < 256; i++) {
                if (l2[i])
                    errors += audit_small(s, v, (mib << 20) + i * 4096, l2[i], ours);
            }
        } else if (entry) {
            errors += bad(v, mib << 20, entry, "neither table nor section");
        }
    }
    return errors;
}

unsigned shadow_audit(struct shadow *s)
{
    unsigned errors = 0;

    for (unsigned i = 0; i < SHADOW_MAX_SPACES; i++) {
        if (s->spaces[i].used)
            errors += audit_view(s, &s->spaces[i].views[0]) + audit_view(s, &s->spaces[i].views[1]);
    }
    return errors;
}
