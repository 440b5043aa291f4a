#pragma once
/*
 * An emulated Cortex-A8 (unicorn, which is QEMU's core as a library), without MMU: memory is what
 * is mapped here.  Guests run in User mode; the checker of the interpreters also runs it privileged.
 */
#include <stdbool.h>
#include <stdint.h>

enum cpu_stop {
    CPU_LEFT,     /* the step callback said so */
    CPU_SVC,      /* pc is the SVC's own address */
    CPU_UNDEF,
    CPU_FETCH,    /* nothing executable at pc */
    CPU_ABORT,    /* data access at fault_va */
    CPU_STUCK,    /* too many instructions */
};

struct cpu_regs {
    uint32_t r[16], cpsr;
};

struct cpu {
    struct cpu_regs regs;       /* at entry and after cpu_run */
    uint32_t fault_va;
    bool fault_write;
    unsigned steps;             /* instructions begun */
};

/* Called before each instruction with its address and the registers; false leaves before it runs. */
typedef bool (*cpu_step)(struct cpu *cpu, uint32_t pc);

#define CPU_MAX_STEPS 128

void cpu_init(void);
/* Maps host memory at va; both are page aligned and stay. */
void cpu_map(uint32_t va, uint32_t size, void *memory, bool write, bool exec);
/* Code there was written from outside. */
void cpu_code_changed(uint32_t va, uint32_t size);
/* Runs from regs.r[15]. */
enum cpu_stop cpu_run(struct cpu *cpu, cpu_step step);

/* CP15 thread registers, as hardware has them. */
void cpu_write_tpidr(uint32_t rw, uint32_t ro);
void cpu_read_tpidr(uint32_t *rw, uint32_t *ro);
/* VFP registers d0..d31, with the unit on. */
void cpu_write_vfp(const uint64_t d[32]);
void cpu_read_vfp(uint64_t d[32]);
/* SP, LR and SPSR of the mode that CPSR has. */
void cpu_set_mode(uint32_t mode);
void cpu_write_bank(uint32_t sp, uint32_t lr, uint32_t spsr, bool has_spsr);
void cpu_read_bank(uint32_t *sp, uint32_t *lr, uint32_t *spsr, bool has_spsr);
