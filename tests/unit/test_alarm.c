/* The host's timer is armed seldom, comes for every deadline, and never much too late. */
#include "vmm/alarm.h"

#include "support.h"
#include "test.h"

static uint32_t rnd(void)
{
    static uint32_t x = 1;

    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    return x;
}

#define SECOND VIRT_TIMER_HZ
#define TICK 96000u /* 4 ms */
#define AGAIN 24000u /* shorter periods come once */
#define FAR (SECOND / 5) /* longer ones come sooner */

static struct {
    struct alarm alarm;
    uint64_t now, guest; /* the guest's deadline, or ALARM_NEVER */
    uint64_t next, period; /* the hardware: comes at 'next' */
    unsigned arms, lost;
} sim;

static void start(void)
{
    sim.alarm = (struct alarm)ALARM_INIT;
    sim.now = SECOND / 2;
    sim.guest = sim.next = ALARM_NEVER;
    sim.period = sim.arms = sim.lost = 0;
}

/* What clock.c does. */
static void program(void)
{
    uint64_t second = (sim.now / SECOND + 1) * SECOND;
    bool guest = sim.guest > sim.now && sim.guest <= second && sim.guest != ALARM_NEVER;
    uint64_t at = alarm_plan(&sim.alarm, sim.now, guest ? sim.guest : second, guest);

    if (at != ALARM_NEVER) {
        sim.arms++;
        sim.next = at > sim.now ? at : sim.now + 1;
        if (sim.next - sim.now > FAR)
            sim.next = sim.now + FAR;
        sim.period = sim.next - sim.now >= AGAIN ? sim.next - sim.now : 0;
        alarm_armed(&sim.alarm, at, sim.period);
    }
    sim.lost += sim.next > second + TICK; /* nobody would look at anything for long */
}

/* The timer comes, and is taken 'latency' later; when it came. */
static uint64_t take(uint64_t latency)
{
    uint64_t came = sim.next;

    if (came == ALARM_NEVER) {
        sim.lost++;
        return sim.now;
    }
    sim.now = came + latency > sim.now ? came + latency : sim.now;
    sim.next = sim.period ? sim.next + sim.period : ALARM_NEVER;
    while (sim.next <= sim.now)
        sim.next += sim.period;
    alarm_came(&sim.alarm, sim.now);
    program();
    return came;
}

/* The guest asks for a deadline, 'after' the last one was noticed, and waits for it: how late the timer comes; -1: too
 * often for nothing. */
static int64_t wait_for(uint64_t deadline, uint64_t after, uint64_t latency)
{
    sim.now += after;
    sim.guest = deadline;
    program();
    for (unsigned i = 0; i < 8; i++) {
        uint64_t came = take(latency);

        if (sim.now >= deadline)
            return came > deadline ? (int64_t)(came - deadline) : 0;
    }
    return -1;
}

static void test_regular(void)
{
    uint64_t deadline;
    int64_t worst = 0;
    bool ok = true;

    start();
    deadline = sim.now + TICK;
    for (unsigned n = 0; n < 2000; n++, deadline += TICK) {
        int64_t late = wait_for(deadline + rnd() % 50, 2000 + rnd() % 500, rnd() % 3000);

        ok &= late >= 0;
        worst = late > worst ? late : worst;
    }
    report(ok && worst <= ALARM_LATE(TICK) + 100, "2000 deadlines at regular intervals: none missed, none late");
    report(sim.arms < 200 && !sim.lost, "and the timer is armed %u times", sim.arms);
}

static void test_irregular(void)
{
    bool ok = true;

    start();
    for (unsigned n = 0; n < 5000; n++)
        ok &= wait_for(sim.now + 5000 + rnd() % (SECOND / 4) / (1 + rnd() % 100), rnd() % 3000, rnd() % 2000) == 0;
    report(ok && !sim.lost, "5000 deadlines at irregular intervals: to the tick");
    for (unsigned n = 0; n < 1000; n++) { /* three of one kind, then another */
        uint64_t interval = TICK * (1 + rnd() % 4), deadline = sim.now + interval;

        for (unsigned i = 0; i < 3; i++, deadline += interval)
            ok &= wait_for(deadline, 500, rnd() % 500) >= 0;
        deadline = sim.now + 7000 + rnd() % TICK;
        ok &= wait_for(deadline, 500, 100) <= (int64_t)ALARM_LATE(4 * TICK);
    }
    report(ok && !sim.lost, "in turn with a few regular ones");
    start();
    sim.alarm.exact = true;
    for (uint64_t n = 0, deadline = sim.now + TICK; n < 1000; n++, deadline += TICK)
        ok &= wait_for(deadline, 2000, rnd() % 3000) == 0;
    report(ok && !sim.lost, "and regular ones, where that is switched off: to the tick");
}

/* However long the interval, none is late by more than 500 us. */
static void test_long(void)
{
    bool ok = true;

    for (uint64_t interval = TICK; interval < 20ull * SECOND; interval = interval * 3 / 2) {
        uint64_t deadline;

        start();
        deadline = sim.now + interval;
        for (unsigned n = 0; n < 12; n++, deadline += interval) {
            int64_t late;

            sim.now += 1000;
            sim.guest = deadline;
            program();
            for (late = -1; sim.now < deadline;) {
                uint64_t came = take(100);

                late = came > deadline ? (int64_t)(came - deadline) : 0;
            }
            ok &= late <= (int64_t)SECOND / 2000;
        }
    }
    report(ok && !sim.lost, "intervals up to 20 s: none late by more than 500 us");
}

/* Deadlines that are taken back, changed, and late guests. */
static void test_random(void)
{
    unsigned missed = 0;

    start();
    program(); /* umbra's own first second */
    for (unsigned n = 0; n < 200000; n++) {
        unsigned what = rnd() % 8;

        if (what < 3)
            sim.guest = sim.alarm.last + TICK * (1 + rnd() % 3) + rnd() % 40;
        else if (what == 3)
            sim.guest = rnd() & 1 ? ALARM_NEVER : sim.now + rnd() % (3 * TICK);
        if (what < 6) {
            sim.now += rnd() % (what == 5 ? 2 * TICK : 3000);
            program();
        } else {
            take(rnd() % (what == 7 ? 3 * TICK : 1000));
        }
        if (sim.next != ALARM_NEVER && sim.next < sim.now && what < 6)
            take(0);
        missed += sim.guest > sim.now && sim.guest != ALARM_NEVER &&
                  sim.next > sim.guest + ALARM_LATE(sim.alarm.regular) && sim.next > sim.now + 1;
    }
    report(missed == 0 && sim.lost == 0, "200000 random steps: always armed for what is next (%u missed, %u lost)",
           missed, sim.lost);
}

static void test_silent(void)
{
    unsigned arms;

    start();
    for (unsigned n = 0; n < 10; n++)
        wait_for(sim.alarm.last + TICK > sim.now ? sim.alarm.last + TICK : sim.now + TICK, 1000, 100);
    sim.guest = ALARM_NEVER;
    for (unsigned n = 0; n < 4; n++)
        take(100);
    arms = sim.arms;
    for (unsigned n = 0; n < 60; n++)
        take(100);
    report(!sim.lost && sim.arms - arms <= 120 && sim.now > 10 * SECOND,
           "a guest that asks for no more is left alone, but for once a second");
}

int main(void)
{
    test_regular();
    test_irregular();
    test_long();
    test_random();
    test_silent();
    return test_summary();
}
