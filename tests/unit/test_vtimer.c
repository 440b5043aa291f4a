/* The generic timer (DDI 0406C B8). */
#include "test.h"
#include "vdev/vtimer.h"

static struct vtimer timer;
static bool lines[32];

static void set(void *ctx, unsigned irq, bool level)
{
    (void)ctx;
    lines[irq] = level;
}

static void setup(void)
{
    vtimer_init(&timer, (struct irq_line){ set, NULL, 30 }, (struct irq_line){ set, NULL, 27 });
    lines[30] = lines[27] = false;
}

static void test_compare(enum vtimer_which which, unsigned irq)
{
    setup();
    report(vtimer_read_ctl(&timer, which, 100) == 0, "%u: disabled: ISTATUS reads as zero", irq);
    report(vtimer_next_deadline(&timer, 100) == VTIMER_NEVER, "%u: no deadline while disabled", irq);
    vtimer_write_cval(&timer, which, 200, 100);
    vtimer_write_ctl(&timer, which, CNT_CTL_ENABLE, 100);
    report(!lines[irq] && vtimer_next_deadline(&timer, 100) == 200, "%u: deadline at CVAL", irq);
    report(vtimer_read_tval(&timer, which, 150) == 50, "%u: TVAL counts down", irq);
    vtimer_update(&timer, 199);
    report(!lines[irq] && vtimer_read_ctl(&timer, which, 199) == CNT_CTL_ENABLE, "%u: one tick early", irq);
    vtimer_update(&timer, 200);
    report(lines[irq] && vtimer_read_ctl(&timer, which, 200) == 5, "%u: at CVAL the line rises", irq);
    report(!lines[irq == 30 ? 27 : 30], "%u: the other line does not", irq);
    report(vtimer_next_deadline(&timer, 200) == VTIMER_NEVER, "%u: no deadline once expired", irq);
    report(vtimer_read_tval(&timer, which, 203) == (uint32_t)-3, "%u: TVAL goes negative", irq);
    vtimer_write_ctl(&timer, which, 7, 203);
    report(!lines[irq] && vtimer_read_ctl(&timer, which, 203) == 7, "%u: IMASK lowers the line, not ISTATUS",
           irq);
    vtimer_write_ctl(&timer, which, CNT_CTL_ENABLE, 204);
    report(lines[irq], "%u: unmasked", irq);
    vtimer_write_tval(&timer, which, 10, 204);
    report(!lines[irq] && vtimer_read_cval(&timer, which) == 214, "%u: TVAL sets CVAL and lowers the line",
           irq);
    vtimer_write_tval(&timer, which, (uint32_t)-10, 204);
    report(lines[irq] && vtimer_read_cval(&timer, which) == 194, "%u: a negative TVAL is in the past", irq);
    vtimer_write_ctl(&timer, which, 0, 204);
    report(!lines[irq], "%u: disabling lowers the line", irq);
}

static void test_wide(void)
{
    setup();
    vtimer_write_tval(&timer, VTIMER_VIRT, 0x7fffffff, 0x1fffffff0ull);
    report(vtimer_read_cval(&timer, VTIMER_VIRT) == 0x27fffffefull, "TVAL carries into the upper word");
    vtimer_write_cval(&timer, VTIMER_VIRT, UINT64_MAX - 1, 5);
    vtimer_write_ctl(&timer, VTIMER_VIRT, CNT_CTL_ENABLE, 5);
    report(!lines[27] && vtimer_next_deadline(&timer, 5) == UINT64_MAX - 1, "the comparison is unsigned");
    vtimer_write_cval(&timer, VTIMER_PHYS, 50, 5);
    vtimer_write_ctl(&timer, VTIMER_PHYS, CNT_CTL_ENABLE, 5);
    report(vtimer_next_deadline(&timer, 5) == 50, "the earlier of two deadlines");
    vtimer_write_ctl(&timer, VTIMER_PHYS, CNT_CTL_ENABLE | CNT_CTL_IMASK, 5);
    report(vtimer_next_deadline(&timer, 5) == UINT64_MAX - 1, "a masked timer has none");
    vtimer_write_cval(&timer, VTIMER_VIRT, 0, 5);
    report(lines[27], "expired");
    vtimer_reset(&timer);
    report(!lines[27] && vtimer_read_ctl(&timer, VTIMER_VIRT, 9) == 0, "reset");
}

int main(void)
{
    test_compare(VTIMER_PHYS, 30);
    test_compare(VTIMER_VIRT, 27);
    test_wide();
    return test_summary();
}
