#pragma once
/*
 * When the host's timer is to come.  To write its registers is slow, on a bus and more so in an emulator, and a guest
 * asks for a deadline after each one that passed: mostly at regular intervals, of which a timer that goes on by itself
 * makes many.  So where deadlines are regular the timer is armed for the interval, a little late, and left alone
 * as long as each deadline finds it coming no sooner, and not later than ALARM_LATE allows.
 *
 * Times and lengths are in ticks of the guest's clock.
 */
#include <stdbool.h>
#include <stdint.h>
#include "vmm/vm_virt.h"

#define ALARM_NEVER UINT64_MAX
/* How late a regular deadline may be: an eighth of its interval, 500 us at most. */
#define ALARM_LATE_MAX (VIRT_TIMER_HZ / 2000)
#define ALARM_LATE(interval) ((interval) / 8 < ALARM_LATE_MAX ? (interval) / 8 : ALARM_LATE_MAX)
/* Periods until it is armed anew all the same, since the timer's may not be quite what it was asked for. */
#define ALARM_PERIODS 64
/* How far from each other intervals are that count as the same. */
#define ALARM_ALIKE(interval) ((interval) / 64)

struct alarm {
    uint64_t asked;   /* the deadline that the timer is for; ALARM_NEVER: none */
    uint64_t at;      /* when it comes; ALARM_NEVER: it does not */
    uint64_t period;  /* ... and from then on; 0: only once */
    unsigned periods; /* that have passed since it was armed */
    bool guest;       /* 'asked' is the guest's */
    bool goes_on;     /* it came for a deadline, and will again: good enough until the next is asked for */
    bool exact;       /* nothing is regular: no deadline is late */
    uint64_t last, interval; /* the guest's deadline that passed last, and how long after the one before */
    uint64_t regular; /* the interval, if the one before was alike; 0: it was not */
};

#define ALARM_INIT { .asked = ALARM_NEVER, .at = ALARM_NEVER }

/* The next deadline, the guest's or another: for when to arm the timer, or ALARM_NEVER: it does as it is. */
uint64_t alarm_plan(struct alarm *a, uint64_t now, uint64_t deadline, bool guest);
/* That was done; period 0: it comes once. */
void alarm_armed(struct alarm *a, uint64_t at, uint64_t period);
/* The timer came. */
void alarm_came(struct alarm *a, uint64_t now);
