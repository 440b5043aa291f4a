/* Virtual generic timer: see vtimer.h. */
#include "lib/bits.h"
#include "vdev/vtimer.h"

/* EventTriggered (B8.1.5): an unsigned comparison of 64 bits. */
static bool expired(const struct vtimer_channel *c, uint64_t now)
{
    return (c->ctl & CNT_CTL_ENABLE) && now >= c->cval;
}

static void update_channel(const struct vtimer_channel *c, uint64_t now)
{
    irq_line_set(&c->irq, expired(c, now) && !(c->ctl & CNT_CTL_IMASK));
}

void vtimer_init(struct vtimer *timer, struct irq_line phys, struct irq_line virt)
{
    *timer = (struct vtimer){ 0 };
    timer->channel[VTIMER_PHYS].irq = phys;
    timer->channel[VTIMER_VIRT].irq = virt;
}

void vtimer_reset(struct vtimer *timer)
{
    for (unsigned i = 0; i < VTIMER_COUNT; i++) {
        timer->channel[i].ctl = 0;
        timer->channel[i].cval = 0;
        update_channel(&timer->channel[i], 0);
    }
}

/* While the timer is disabled ISTATUS is UNKNOWN; zero, here as on QEMU. */
uint32_t vtimer_read_ctl(const struct vtimer *timer, enum vtimer_which which, uint64_t now)
{
    const struct vtimer_channel *c = &timer->channel[which];

    return c->ctl | (expired(c, now) ? CNT_CTL_ISTATUS : 0);
}

void vtimer_write_ctl(struct vtimer *timer, enum vtimer_which which, uint32_t value, uint64_t now)
{
    timer->channel[which].ctl = value & (CNT_CTL_ENABLE | CNT_CTL_IMASK);
    update_channel(&timer->channel[which], now);
}

uint64_t vtimer_read_cval(const struct vtimer *timer, enum vtimer_which which)
{
    return timer->channel[which].cval;
}

void vtimer_write_cval(struct vtimer *timer, enum vtimer_which which, uint64_t value, uint64_t now)
{
    timer->channel[which].cval = value;
    update_channel(&timer->channel[which], now);
}

uint32_t vtimer_read_tval(const struct vtimer *timer, enum vtimer_which which, uint64_t now)
{
    return (uint32_t)(timer->channel[which].cval - now);
}

void vtimer_write_tval(struct vtimer *timer, enum vtimer_which which, uint32_t value, uint64_t now)
{
    vtimer_write_cval(timer, which, now + (uint64_t)(int64_t)(int32_t)value, now);
}

void vtimer_update(struct vtimer *timer, uint64_t now)
{
    for (unsigned i = 0; i < VTIMER_COUNT; i++)
        update_channel(&timer->channel[i], now);
}

uint64_t vtimer_next_deadline(const struct vtimer *timer, uint64_t now)
{
    uint64_t next = VTIMER_NEVER;

    for (unsigned i = 0; i < VTIMER_COUNT; i++) {
        const struct vtimer_channel *c = &timer->channel[i];
        bool rising = (c->ctl & (CNT_CTL_ENABLE | CNT_CTL_IMASK)) == CNT_CTL_ENABLE && c->cval > now;

        if (rising && c->cval < next)
            next = c->cval;
    }
    return next;
}
