/* When the host's timer is to come. */
#include "vmm/alarm.h"

static bool alike(uint64_t a, uint64_t b)
{
    return (a > b ? a - b : b - a) <= ALARM_ALIKE(b);
}

static bool is_regular(const struct alarm *a, uint64_t deadline)
{
    return a->regular && deadline > a->last && alike(deadline - a->last, a->regular);
}

/* Does it come, as it is, at the deadline or not too late after it? */
static bool serves(const struct alarm *a, uint64_t now, uint64_t deadline, uint64_t late)
{
    return a->at != ALARM_NEVER && a->at > now && a->at >= deadline && a->at - deadline <= late;
}

/* The deadline that it was for is over. */
static void passed(struct alarm *a)
{
    uint64_t interval = a->asked - a->last;

    if (a->guest) {
        a->regular = !a->exact && alike(interval, a->interval) ? interval : 0;
        a->interval = interval;
        a->last = a->asked;
    }
    a->asked = ALARM_NEVER;
    a->goes_on = true;
}

/* Between a deadline and the guest's next: that is to be expected a regular interval later, and from now is soon
 * enough. */
static uint64_t plan_ahead(struct alarm *a, uint64_t now, uint64_t deadline)
{
    uint64_t late = ALARM_LATE(a->regular);

    if (a->regular && !serves(a, now, a->last + a->regular, late) && now - a->last <= late &&
        now + a->regular <= deadline)
        return now + a->regular;
    if (a->at != ALARM_NEVER && a->at > now && a->at <= deadline)
        return ALARM_NEVER;
    a->asked = deadline;
    a->guest = a->goes_on = false;
    return deadline;
}

uint64_t alarm_plan(struct alarm *a, uint64_t now, uint64_t deadline, bool guest)
{
    uint64_t late;

    if (a->asked <= now) /* noticed before the timer came */
        passed(a);
    if (deadline == a->asked)
        return ALARM_NEVER;
    if (!guest && a->goes_on)
        return plan_ahead(a, now, deadline);
    a->asked = deadline;
    a->guest = guest;
    a->goes_on = false;
    late = guest && is_regular(a, deadline) ? ALARM_LATE(a->regular) : 0;
    return serves(a, now, deadline, late) ? ALARM_NEVER : deadline;
}

void alarm_armed(struct alarm *a, uint64_t at, uint64_t period)
{
    a->at = at;
    a->period = period;
    a->periods = 0;
}

void alarm_came(struct alarm *a, uint64_t now)
{
    if (a->asked <= now) {
        passed(a);
    } else {
        a->asked = ALARM_NEVER; /* it came too soon, or for nobody: it must be armed for what is next */
        a->goes_on = false;
    }
    a->at += a->period;
    if (!a->period || a->at <= now || ++a->periods > ALARM_PERIODS)
        a->at = ALARM_NEVER;
}
