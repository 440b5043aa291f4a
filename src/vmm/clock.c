/* Time and host interrupts. */
#include "arch/armv7/guest.h"
#include "arch/armv7/sysreg.h"
#include "drv/downcounter.h"
#include "drv/host.h"
#include "vmm/alarm.h"
#include "vmm/trace.h"
#include "vmm/vmm.h"

#define IDLE_POLL_LIMIT 64 /* interrupts taken in one go */

/* Host ticks to guest ticks; both clocks are constant. */
static uint64_t to_guest(uint64_t ticks)
{
    uint32_t hz = host.timer->hz;

    if (hz == VIRT_TIMER_HZ)
        return ticks;
    if (VIRT_TIMER_HZ % hz == 0)
        return ticks * (VIRT_TIMER_HZ / hz);
    return ticks / hz * VIRT_TIMER_HZ + ticks % hz * VIRT_TIMER_HZ / hz;
}

static uint64_t to_host_up(uint64_t ticks)
{
    uint32_t hz = host.timer->hz;

    if (hz == VIRT_TIMER_HZ)
        return ticks;
    if (VIRT_TIMER_HZ % hz == 0)
        return (ticks + VIRT_TIMER_HZ / hz - 1) / (VIRT_TIMER_HZ / hz);
    return ticks / VIRT_TIMER_HZ * hz + (ticks % VIRT_TIMER_HZ * hz + VIRT_TIMER_HZ - 1) / VIRT_TIMER_HZ;
}

uint64_t clock_now(void)
{
    return to_guest(host.timer->now() - vmm.start_ticks);
}

/* From where the vectors count on (fastpath.S).  C comes here every second at least, as next_deadline() sees to, which
 * the host's counter takes long to wrap. */
static void set_counter(void)
{
    uint64_t ticks = host.timer->now(), now = to_guest(ticks - vmm.start_ticks);

    guest_fast.counter_low = (uint32_t)ticks; /* drv/downcounter.h */
    guest_fast.counter_time[0] = (uint32_t)now;
    guest_fast.counter_time[1] = (uint32_t)(now >> 32);
}

void clock_init_fast(void)
{
    const struct host_timer *timer = host.timer;

    if (VIRT_TIMER_HZ % timer->hz != 0)
        return;
    set_counter();
    guest_fast.counter_scale = VIRT_TIMER_HZ / timer->hz;
    guest_fast.counter_reg = timer->counter_reg;
}

/* The guest's timers and the next sample; the next second at the latest, for alarms and for
 * deadend_look(). */
static uint64_t next_deadline(uint64_t now)
{
    static uint64_t second;
    uint64_t deadline = vtimer_next_deadline(vmm.vm.vtimer, now);

    if (now >= second)
        second = (now / VIRT_TIMER_HZ + 1) * VIRT_TIMER_HZ;
    if (second < deadline)
        deadline = second;
    return sample_deadline() < deadline ? sample_deadline() : deadline;
}

/* The host's timer, in guest time. */
static struct alarm host_alarm = ALARM_INIT;

static void update(uint64_t now)
{
    sample_due(now);
    vtimer_update(vmm.vm.vtimer, now);
    if (vmm.machine.rtc.imsc)
        vpl031_update(&vmm.machine.rtc);
}

/* One reading of the clock for both halves: a deadline that passed between two would be
 * neither signalled nor programmed. */
void clock_program_at(uint64_t now)
{
    uint64_t deadline, arm_for;

    update(now);
    host_alarm.exact = vmm.without & WITHOUT_FAST_PATHS;
    deadline = next_deadline(now);
    arm_for = alarm_plan(&host_alarm, now, deadline, deadline == vtimer_next_deadline(vmm.vm.vtimer, now));
    if (arm_for != ALARM_NEVER)
        alarm_armed(&host_alarm, arm_for, to_guest(host.timer->arm(vmm.start_ticks + to_host_up(arm_for))));
}

void clock_program(void)
{
    clock_program_at(clock_now());
}

static void timer_came(void)
{
    uint64_t now = clock_now();

    alarm_came(&host_alarm, now);
    clock_program_at(now);
}

void clock_host_irq(void)
{
    int irq;

    for (unsigned i = 0; i < IDLE_POLL_LIMIT && (irq = host.irqchip->ack()) != IRQ_NONE; i++) {
        if (irq == host.timer->irq) {
            host.timer->handle_irq();
            set_counter();
            timer_came();
        } else if (irq == host.uart->irq) {
            console_input();
        }
        host.irqchip->eoi((unsigned)irq);
    }
}

void clock_wait(struct vcpu *vcpu)
{
    const struct vgic *gic = vcpu->vm->vgic;

    /* WFI ends with a pending interrupt even when the guest masks it (B1.8.13). */
    for (;;) {
        clock_program();
        if (vgic_irq_pending(gic) || vgic_fiq_pending(gic) || vcpu->vm->state != VM_RUNNING)
            return;
        dsb();
        wfi(); /* wakes for a masked interrupt too */
        clock_host_irq();
    }
}
