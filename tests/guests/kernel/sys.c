/* System calls: arguments and result in r0 to r2. */
#include "kernel.h"

/* The size of an SVC instruction where it was executed. */
static void again(struct frame *f)
{
    f->pc -= f->psr & PSR_T ? 2 : 4;
}

static bool copy_in(void *to, uint32_t from, uint32_t size)
{
    uint32_t dacr = set_dacr(DACR_KERNEL | 1u << 2 * current->domain | 1u << 2 * DOMAIN_SHARED);
    bool good = user_copy(to, from, size);

    set_dacr(dacr);
    return good;
}

static uint32_t sys_write(uint32_t from, uint32_t size)
{
    char piece[64];

    for (uint32_t done = 0; done < size;) {
        uint32_t n = size - done < sizeof(piece) ? size - done : sizeof(piece);

        if (!copy_in(piece, from + done, n))
            return ~0u;
        console_write(piece, n);
        done += n;
    }
    return size;
}

/* The caller sleeps, and asks again when a child has ended. */
static uint32_t sys_wait(struct frame *f, uint32_t pid)
{
    struct task *child = task_find(pid);
    uint32_t code;

    if (!child || child->parent != current->pid)
        return ~0u;
    irq_off();
    if (child->state == TASK_DEAD) {
        code = child->code;
        child->state = TASK_FREE;
        return code;
    }
    current->state = TASK_WAITS;
    again(f);
    return pid;
}

static uint32_t sys_sleep(uint32_t ticks)
{
    irq_off();
    current->wake = counters[COUNT_TICKS] + ticks;
    current->state = TASK_SLEEPS;
    return 0;
}

static uint32_t sys_spawn(uint32_t entry, uint32_t arg)
{
    struct task *t;

    irq_off();
    t = task_create(entry, arg);
    return t ? t->pid : ~0u;
}

static uint32_t sys_send(struct frame *f, uint32_t pid, uint32_t word)
{
    struct task *t = task_find(pid);

    if (!t || t->state == TASK_DEAD)
        return ~0u;
    irq_off();
    if (t->mails == 4) {
        again(f);
        return pid;
    }
    t->mail[t->mails++] = word;
    if (t->state == TASK_RECEIVES)
        task_wake(t);
    return 0;
}

static uint32_t sys_receive(struct frame *f)
{
    uint32_t word = current->mail[0];

    irq_off();
    if (current->mails == 0) {
        current->state = TASK_RECEIVES;
        again(f);
        return f->r[0];
    }
    word = current->mail[0];
    current->mails--;
    for (unsigned i = 0; i < current->mails; i++)
        current->mail[i] = current->mail[i + 1];
    return word;
}

/* An interrupt in a system call, an undefined instruction in it, an abort in that: how deep it was.
 * And so long that the timer comes. */
static uint32_t sys_nest(void)
{
    uint32_t ticks = counters[COUNT_TICKS];

    current->code = 0;
    gic_send(2);
    while (*(volatile uint32_t *)&current->code == 0 || *(volatile uint32_t *)&counters[COUNT_TICKS] - ticks < 2)
        ;
    return current->code;
}

void sys_call(struct frame *f)
{
    uint32_t a = f->r[0], b = f->r[1], result = ~0u;

    irq_on();
    switch (f->r[12]) {
    case CALL_WRITE: result = sys_write(a, b); break;
    case CALL_EXIT: task_exit(a); return;
    case CALL_YIELD: result = sys_sleep(0); break;
    case CALL_PID: result = current->pid; break;
    case CALL_SLEEP: result = sys_sleep(a); break;
    case CALL_WAIT: result = sys_wait(f, a); break;
    case CALL_SPAWN: result = sys_spawn(a, b); break;
    case CALL_SEND: result = sys_send(f, a, b); break;
    case CALL_RECEIVE: result = sys_receive(f); break;
    case CALL_PROTECT: result = mm_protect(a); break;
    case CALL_UNMAP: result = mm_unmap(a); break;
    case CALL_FLUSH: mm_flush(a, b); result = 0; break;
    case CALL_NEST: result = sys_nest(); break;
    case CALL_VECTORS: irq_off(); mm_move_vectors(); result = 0; break;
    case CALL_COUNTER: result = a < 8 ? counters[a] : ~0u; break;
    }
    f->r[0] = result;
}
