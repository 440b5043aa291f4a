#pragma once
/*
 * Pocket: a small kernel for the virt board, with everything that an ARMv7-A kernel may
 * do differently from Linux.
 *
 *   Thumb-2 throughout, exceptions too (SCTLR.TE); entry by SRS, return by RFE
 *   TTBCR.N = 1: processes below 0x80000000 (TTBR0), the kernel above (TTBR1)
 *   the kernel in 64 KiB pages, physical memory in a supersection, devices in sections
 *   processes in 64 KiB and 4 KiB pages, filled on demand; few ASIDs, so that they run out
 *   low vectors: at address 0 of every process, later where VBAR says
 *   a domain for each process, closed while the kernel runs; domain 15 for what all share
 *   every exception may be interrupted by another, and the kernel is preempted
 *
 *   0x00000000  vectors               0x80000000  kernel, physical 0x40000000
 *   0x00100000  small pages           0x90000000  physical 0x40000000, 16 MiB
 *   0x00200000  large pages           0xf0000000  GIC
 *   0x00300000  shared, read-only     0xf0100000  UART
 *   0x00800000  user code
 *   0x7fff0000  stack
 */
#define KERNEL_OFFSET 0x40000000  /* virtual less physical */
#define PHYS_MAP 0x90000000
#define GIC_BASE 0xf0000000
#define UART_BASE 0xf0100000

#define USER_TEXT 0x00800000
#define USER_SMALL 0x00100000
#define USER_LARGE 0x00200000
#define USER_SHARED 0x00300000
#define USER_STACK 0x7fff0000
#define USER_END 0x80000000

#define MODE_USR 0x10
#define MODE_SVC 0x13
#define MODE_SYS 0x1f
#define PSR_T 0x20
#define PSR_I 0x80

/* Domains; those of processes follow. */
#define DOMAIN_KERNEL 0
#define DOMAIN_DEVICE 2
#define DOMAIN_FIRST 3
#define DOMAIN_SHARED 15
#define DACR_KERNEL ((1 << (2 * DOMAIN_KERNEL)) | (1 << (2 * DOMAIN_DEVICE)))

/* Exceptions, as entry.S tells them apart. */
#define VEC_UND 1
#define VEC_SVC 2
#define VEC_PABT 3
#define VEC_DABT 4
#define VEC_IRQ 6

#define CALL_EXIT 1

#ifndef __ASSEMBLER__
#include <stdbool.h>
#include <stdint.h>

/* System calls; the number is in r12. */
enum call {
    CALL_WRITE, CALL_YIELD = 2, CALL_PID, CALL_SLEEP, CALL_WAIT, CALL_SPAWN, CALL_SEND, CALL_RECEIVE,
    CALL_PROTECT, CALL_UNMAP, CALL_FLUSH, CALL_NEST, CALL_VECTORS, CALL_COUNTER, CALL_COUNT
};
enum counter { COUNT_TICKS, COUNT_SWITCHES, COUNT_PREEMPTED_KERNEL, COUNT_NESTED_IRQ, COUNT_ASID_WRAPS, COUNT_PAGES };

/* On a task's kernel stack; entry.S knows it. */
struct frame {
    uint32_t dacr, pad, user_sp, user_lr, r[13], lr, pc, psr;
};

#define MAX_TASKS 12
#define TABLES_PER_TASK 6

enum task_state { TASK_FREE, TASK_READY, TASK_SLEEPS, TASK_WAITS, TASK_RECEIVES, TASK_DEAD };

struct task {
    enum task_state state;
    uint32_t pid, parent, domain;
    uint32_t asid, asid_generation;
    struct frame *frame;
    uint32_t *l1;
    unsigned tables;
    uint32_t wake, code, depth;
    uint32_t mail[4], mails;
};

extern struct task *current, tasks[MAX_TASKS];
extern uint32_t counters[8];

/* main.c */
void console_write(const char *s, uint32_t n);
void gic_send(uint32_t id);
/* sched.c */
struct task *task_create(uint32_t entry, uint32_t arg);
struct task *task_find(uint32_t pid);
void task_exit(uint32_t code);
void task_wake(struct task *t);
void task_idle(void);
struct frame *sched_next(void);
/* mm.c */
void mm_init(void);
bool mm_create(struct task *t);
void mm_destroy(struct task *t);
void mm_switch(struct task *t);
/* Backs an address of the current process; false when it has no right to it. */
bool mm_demand(uint32_t va);
bool mm_protect(uint32_t va);
bool mm_unmap(uint32_t va);
void mm_flush(uint32_t va, uint32_t size);
void mm_move_vectors(void);
/* sys.c */
void sys_call(struct frame *f);
/* entry.S */
extern char vectors[], user_copy_start[], user_copy_end[], user_copy_fault[], probe_insn[], probe_fault[];
bool user_copy(void *to, uint32_t from, uint32_t size);
uint32_t probe(uint32_t va);
void undefined_here(void);
void resume(struct frame *f) __attribute__((noreturn));

#define CP15_READ(crn, op1, crm, op2) ({ \
    uint32_t cp15_value; \
    __asm__ volatile("mrc p15, " #op1 ", %0, " #crn ", " #crm ", " #op2 : "=r"(cp15_value) :: "memory"); \
    cp15_value; })
#define CP15_WRITE(crn, op1, crm, op2, value) \
    __asm__ volatile("mcr p15, " #op1 ", %0, " #crn ", " #crm ", " #op2 :: "r"((uint32_t)(value)) : "memory")
#define isb() __asm__ volatile("isb" ::: "memory")
#define dsb() __asm__ volatile("dsb" ::: "memory")
#define irq_on() __asm__ volatile("cpsie i" ::: "memory")
#define irq_off() __asm__ volatile("cpsid i" ::: "memory")

static inline uint32_t read32(uint32_t a) { return *(volatile uint32_t *)a; }
static inline void write32(uint32_t a, uint32_t v) { *(volatile uint32_t *)a = v; }
static inline uint32_t set_dacr(uint32_t v)
{
    uint32_t old = CP15_READ(c3, 0, c0, 0);

    CP15_WRITE(c3, 0, c0, 0, v);
    isb();
    return old;
}
#endif
