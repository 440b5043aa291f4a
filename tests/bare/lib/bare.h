#pragma once
/*
 * Runtime of the bare guests: output, reports, exceptions.  A guest defines
 * test_main(), made of stanzas that each end in report(condition, name); the
 * runtime prints the count and powers the machine off.  Only what the
 * architecture defines may be printed, so that every machine prints the same.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MODE_USR 0x10u
#define MODE_FIQ 0x11u
#define MODE_IRQ 0x12u
#define MODE_SVC 0x13u
#define MODE_ABT 0x17u
#define MODE_UND 0x1bu
#define MODE_SYS 0x1fu
#define PSR_MODE 0x1fu
#define PSR_T 0x20u
#define PSR_F 0x40u
#define PSR_I 0x80u
#define PSR_A 0x100u
#define PSR_E 0x200u
#define PSR_GE 0x000f0000u
#define PSR_Q 0x08000000u
#define PSR_FLAGS 0xf0000000u
#define PSR_IT 0x0600fc00u

enum exception { EXC_NONE, EXC_UND, EXC_SVC, EXC_PABT, EXC_DABT, EXC_IRQ = 6, EXC_FIQ = 7 };

/* An exception as its handler found it; start.S knows the layout. */
struct trap {
    uint32_t r[13];
    uint32_t lr;    /* banked LR on entry; the handler returns to it */
    uint32_t spsr;  /* restored on return */
    uint32_t kind;  /* enum exception */
    uint32_t cpsr;
    uint32_t dfsr, dfar, ifsr, ifar, pad;
};

/* To be defined by each guest. */
void test_main(void);

/* %s %c %d %u %x, %08x and the like. */
void print(const char *format, ...) __attribute__((format(printf, 1, 2)));
bool report(bool condition, const char *name);
/* Reports got == want; prints both when they differ. */
bool report_eq(uint32_t got, uint32_t want, const char *name);
/* got == want; prints what and both values when they differ.  For parts of one report. */
bool check_eq(uint32_t got, uint32_t want, const char *what);
/* The line that ends a run; called after test_main(). */
void end_of_checks(void);
__attribute__((noreturn)) void power_off(void);
__attribute__((noreturn)) void system_reset(void);
/* PSCI by HVC with up to three arguments. */
uint32_t psci_hvc(uint32_t function, uint32_t a, uint32_t b, uint32_t c);

extern uint32_t boot_dtb, boot_dtb_magic;
extern uint32_t vectors[8];
extern char __text_start[], __text_end[], __user_start[], __user_end[], __data_end[], __bss_end[];
extern char user_stack[], user_stack_top[];

/* Code and constants that User mode may reach once the MMU is on (mmu.h). */
#define USER_TEXT __attribute__((section(".text.user"), noinline))

/* The last exception taken. */
extern volatile struct trap last_trap;
/* When set, sees every exception first; true means handled: resume at lr with spsr. */
extern bool (*volatile trap_hook)(struct trap *t);

/*
 * Calls fn(arg).  Returns EXC_NONE when it returns, or the exception that ended
 * it, described in last_trap.  fn may change mode if it ends in an exception;
 * the caller's mode, masks and stack are restored.  Does not nest.
 */
uint32_t catch_call(void (*fn)(uint32_t arg), uint32_t arg);
/* The same in User mode, MMU permitting; a return from fn is EXC_SVC with user_exit's LR. */
uint32_t catch_user(void (*fn)(uint32_t arg), uint32_t arg);
/* True when the last exception is fn's normal return; its result is last_trap.r[0]. */
bool user_returned(void);
void enter_user(void (*fn)(uint32_t), uint32_t arg, void *sp);
extern uint32_t user_exit[];
void reset_stacks(void);

/* "none", "UNDEF", "SVC", "PABT", "DABT", "IRQ", "FIQ" */
const char *exception_name(uint32_t kind);
/* FS[4:0] of a DFSR or IFSR. */
static inline uint32_t fsr_status(uint32_t fsr) { return (fsr & 0xf) | (fsr >> 6 & 0x10); }
#define FSR_WNR 0x800u

void *memset(void *to, int c, size_t n);
void *memcpy(void *to, const void *from, size_t n);
uint32_t sum_words(const void *from, const void *to);
/* A generator whose sequence is the same everywhere; never 0 for a seed other than 0. */
uint32_t random_next(uint32_t *seed);

static inline uint32_t read_cpsr(void)
{
    uint32_t v;
    __asm__ volatile("mrs %0, cpsr" : "=r"(v) :: "memory");
    return v;
}

static inline uint32_t read32(uint32_t addr) { return *(volatile uint32_t *)addr; }
static inline void write32(uint32_t addr, uint32_t value) { *(volatile uint32_t *)addr = value; }

#define isb() __asm__ volatile("isb" ::: "memory")
#define dsb() __asm__ volatile("dsb" ::: "memory")
#define irq_enable() __asm__ volatile("cpsie i" ::: "memory")
#define irq_disable() __asm__ volatile("cpsid i" ::: "memory")
#define STRING2(x) #x
#define STRING(x) STRING2(x)

/* MRC/MCR of CP15: CP15_READ(0, c1, c0, 0). */
#define CP15_READ(op1, crn, crm, op2) ({ \
    uint32_t cp15_value; \
    __asm__ volatile("mrc p15, " #op1 ", %0, " #crn ", " #crm ", " #op2 : "=r"(cp15_value) :: "memory"); \
    cp15_value; })
#define CP15_WRITE(op1, crn, crm, op2, value) \
    __asm__ volatile("mcr p15, " #op1 ", %0, " #crn ", " #crm ", " #op2 :: "r"((uint32_t)(value)) : "memory")

#define SCTLR_READ() CP15_READ(0, c1, c0, 0)
#define SCTLR_WRITE(v) CP15_WRITE(0, c1, c0, 0, v)
#define SCTLR_M 0x1u
#define SCTLR_A 0x2u
#define SCTLR_C 0x4u
#define SCTLR_Z 0x800u
#define SCTLR_I 0x1000u
#define SCTLR_V 0x2000u
#define SCTLR_TRE 0x10000000u
#define SCTLR_AFE 0x20000000u
#define SCTLR_TE 0x40000000u
