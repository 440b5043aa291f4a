/* Tasks: processes, and one that waits for interrupts. */
#include "kernel.h"

#define STACK_SIZE 4096

struct task tasks[MAX_TASKS];
static uint8_t stacks[MAX_TASKS][STACK_SIZE] __attribute__((aligned(8)));
static uint32_t last_pid;

void power_off(void) __attribute__((noreturn));

/* The compiler asks for it. */
void *memset(void *to, int c, unsigned n);
void *memset(void *to, int c, unsigned n)
{
    for (uint8_t *p = to; n--;)
        *p++ = (uint8_t)c;
    return to;
}

static struct frame *first_frame(unsigned slot)
{
    struct frame *f = (struct frame *)(stacks[slot] + STACK_SIZE) - 1;

    *f = (struct frame){ .dacr = DACR_KERNEL };
    return f;
}

static void idle(void)
{
    for (;;)
        __asm__ volatile("wfi");
}

/* Slot 0, which is never looked at while another can run. */
void task_idle(void)
{
    struct frame *f = first_frame(0);

    tasks[0] = (struct task){ .state = TASK_READY, .depth = 1, .frame = f };
    f->pc = (uint32_t)idle & ~1u;
    f->psr = MODE_SVC | PSR_T;
    mm_create(&tasks[0]);
}

struct task *task_create(uint32_t entry, uint32_t arg)
{
    for (unsigned i = 1; i < MAX_TASKS; i++) {
        struct task *t = &tasks[i];
        struct frame *f;

        if (t->state != TASK_FREE)
            continue;
        f = first_frame(i);
        *t = (struct task){ .state = TASK_READY, .pid = ++last_pid, .parent = current ? current->pid : 0,
                            .domain = DOMAIN_FIRST + i - 1, .depth = 1, .frame = f };
        f->dacr |= 1u << 2 * t->domain | 1u << 2 * DOMAIN_SHARED;
        f->pc = entry & ~1u;
        f->psr = MODE_USR | (entry & 1 ? PSR_T : 0);
        f->r[0] = arg;
        f->user_sp = USER_END;
        mm_create(t);
        return t;
    }
    return 0;
}

struct task *task_find(uint32_t pid)
{
    for (unsigned i = 1; i < MAX_TASKS; i++) {
        if (tasks[i].state != TASK_FREE && tasks[i].pid == pid)
            return &tasks[i];
    }
    return 0;
}

/* Whoever waits does his system call again. */
void task_wake(struct task *t)
{
    t->state = TASK_READY;
}

void task_exit(uint32_t code)
{
    struct task *parent = task_find(current->parent);

    irq_off(); /* the vectors go away for a moment */
    if (current->pid == 1)
        power_off();
    mm_destroy(current);
    current->state = TASK_DEAD;
    current->code = code;
    if (parent && parent->state == TASK_WAITS)
        task_wake(parent);
}

struct frame *sched_next(void)
{
    unsigned slot = (unsigned)(current - tasks);
    struct task *next = &tasks[0];

    for (unsigned i = 1; i <= MAX_TASKS; i++) {
        struct task *t = &tasks[(slot + i) % MAX_TASKS];

        if (t != &tasks[0] && t->state == TASK_READY) {
            next = t;
            break;
        }
    }
    if (next != current) {
        counters[COUNT_SWITCHES]++;
        current = next;
        mm_switch(next);
    }
    return next->frame;
}
