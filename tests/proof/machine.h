#pragma once
/*
 * The guest that the proofs run: one page of kernel code, some data, the translator and its
 * owner, and what the VMM does around an entry (vmm/run.c), all on the build machine.
 */
#include "core/vcpu.h"
#include "cpu.h"
#include "xlate/exec.h"
#include "xlate/xlate.h"

#define CODE_PAGE 0xc0010000u
#define CODE_GPA 0x40010000u
#define LITERALS (CODE_PAGE - 4096)   /* the guest's own view of its code, and the pages around it */
#define LITERALS_SIZE (3 * 4096u)
#define DATA 0x00200000u
#define DATA_SIZE 0x1000u
#define FLAGS (PSR_N | PSR_Z | PSR_C | PSR_V | PSR_Q | PSR_GE)

/* All that an instruction may change. */
struct machine {
    struct vcpu vcpu;
    uint64_t vfp[32];
    uint32_t tlbi_count, tlbi_sum;    /* TLBIMVAs that were asked for, and their arguments */
};

extern struct xlate xlate;
extern struct state_page *state;
extern uint32_t source[1024];         /* the guest's code */

/* Memory, which the emulated core has mapped.  'expected' is what the reference leaves. */
struct memory {
    uint8_t data[DATA_SIZE];
    uint8_t literals[LITERALS_SIZE];
};
extern struct memory *memory, *expected_memory, *initial_memory;

void machine_init(void);
/* Translates source[] and shows it to the emulated core. */
struct xpage *machine_translate(bool in_place);
/* The arenas as the core sees them: NULL ends. */
struct arena *machine_arena(unsigned i);
/* The word of translated code at va, in an arena or the entry page. */
uint32_t *machine_code_page(uint32_t va);

/* The guest's instruction by the interpreters, as vmm/emulate.c calls them, on *m and
 * expected_memory.  fault_va is set on EXEC_ABORTED. */
struct reference {
    enum exec_result result;
    uint32_t fault_va;
    bool odd;      /* the emulator does not do what the manual says: no comparison (alignment), or
                    * the access is to umbra's own addresses */
    bool vfp;
    bool lenient;  /* UNPREDICTABLE, but nothing may change except the registers in 'unknown' */
    uint32_t unknown;
    unsigned loads, stores;
};
struct reference machine_reference(struct machine *m, uint32_t insn);

/* State page and registers for an entry from m; the thread registers; back. */
void machine_enter(const struct machine *m, bool pending, struct cpu *cpu);
/* The virtual machine at an exception with these hardware registers, as vmm/run.c makes it. */
enum unwind_result machine_unwind(const struct machine *entered, const struct cpu_regs *hw,
                                  struct machine *out);
/* The same after a branch to where no translation is; p: the page that was left; call: the guest's word before LR, if
 * it is of that page. */
void machine_arrive(const struct machine *entered, const struct cpu_regs *hw, const struct xpage *p, uint32_t call,
                    struct machine *out);
/* An exit that the vectors, or a light exit, serve: MCR DACR. */
bool machine_is_dacr_exit(uint32_t word);
/* Did no TLBIMVA wait when the machine was entered? */
bool machine_queue_is_empty(void);
bool machine_same(const struct machine *a, const struct machine *b);
bool memory_same(const struct memory *a, const struct memory *b);

uint32_t rnd(void);
/* Random registers that make sense as operands; for MSR its source changes little. */
void machine_random(struct machine *m, uint32_t insn);
