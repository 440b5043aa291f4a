#include "cpu.h"

#include <stdio.h>
#include <stdlib.h>

#include <unicorn/unicorn.h>

static uc_engine *uc;
static struct cpu *now;
static cpu_step now_step;
static enum cpu_stop stop;

static int reg_ids[17] = {
    UC_ARM_REG_R0, UC_ARM_REG_R1, UC_ARM_REG_R2, UC_ARM_REG_R3, UC_ARM_REG_R4, UC_ARM_REG_R5,
    UC_ARM_REG_R6, UC_ARM_REG_R7, UC_ARM_REG_R8, UC_ARM_REG_R9, UC_ARM_REG_R10, UC_ARM_REG_R11,
    UC_ARM_REG_R12, UC_ARM_REG_R13, UC_ARM_REG_R14, UC_ARM_REG_R15, UC_ARM_REG_CPSR,
};

static void must(uc_err err, const char *what)
{
    if (err == UC_ERR_OK)
        return;
    printf("FAIL unicorn: %s: %s\n", what, uc_strerror(err));
    exit(2);
}

static void read_regs(struct cpu_regs *regs)
{
    void *values[17];

    for (unsigned i = 0; i < 16; i++)
        values[i] = &regs->r[i];
    values[16] = &regs->cpsr;
    uc_reg_read_batch(uc, reg_ids, values, 17);
}

static void leave(enum cpu_stop why)
{
    stop = why;
    uc_emu_stop(uc);
}

static void on_code(uc_engine *u, uint64_t address, uint32_t size, void *data)
{
    (void)u;
    (void)size;
    (void)data;
    read_regs(&now->regs);
    now->regs.r[15] = (uint32_t)address;
    if (now->steps++ >= CPU_MAX_STEPS)
        leave(CPU_STUCK);
    else if (!now_step(now, (uint32_t)address))
        leave(CPU_LEFT);
}

/* The PC is that of the instruction behind an SVC; on_code knows its own. */
static void on_exception(uc_engine *u, uint32_t number, void *data)
{
    (void)u;
    (void)data;
    leave(number == 2 ? CPU_SVC : CPU_UNDEF);
}

static bool on_bad_access(uc_engine *u, uc_mem_type type, uint64_t address, int size, int64_t value,
                          void *data)
{
    (void)u;
    (void)size;
    (void)value;
    (void)data;
    if (type == UC_MEM_FETCH_UNMAPPED || type == UC_MEM_FETCH_PROT) {
        stop = CPU_FETCH;
    } else {
        stop = CPU_ABORT;
        now->fault_va = (uint32_t)address;
        now->fault_write = type == UC_MEM_WRITE_UNMAPPED || type == UC_MEM_WRITE_PROT;
    }
    return false;
}

/* At every address. */
static void hook(int type, void *callback)
{
    uc_hook handle;

    must(uc_hook_add(uc, &handle, type, callback, NULL, (uint64_t)1, (uint64_t)0), "hook");
}

void cpu_init(void)
{
    uint32_t cpacr = 0x00f00000, fpexc = 0x40000000;

    must(uc_open(UC_ARCH_ARM, UC_MODE_ARM, &uc), "open");
    must(uc_ctl_set_cpu_model(uc, UC_CPU_ARM_CORTEX_A8), "Cortex-A8");
    must(uc_reg_write(uc, UC_ARM_REG_C1_C0_2, &cpacr), "CPACR");
    must(uc_reg_write(uc, UC_ARM_REG_FPEXC, &fpexc), "FPEXC");
    hook(UC_HOOK_CODE, (void *)on_code);
    hook(UC_HOOK_INTR, (void *)on_exception);
    hook(UC_HOOK_MEM_INVALID, (void *)on_bad_access);
}

void cpu_map(uint32_t va, uint32_t size, void *memory, bool write, bool exec)
{
    uint32_t prot = UC_PROT_READ | (write ? UC_PROT_WRITE : 0u) | (exec ? UC_PROT_EXEC : 0u);

    must(uc_mem_map_ptr(uc, va, size, prot, memory), "map");
}

void cpu_code_changed(uint32_t va, uint32_t size)
{
    must(uc_ctl_remove_cache(uc, va, va + size), "remove cached code");
}

enum cpu_stop cpu_run(struct cpu *cpu, cpu_step step)
{
    void *values[17];
    uint32_t pc = cpu->regs.r[15], cpsr = cpu->regs.cpsr;
    uc_err err;

    for (unsigned i = 0; i < 16; i++)
        values[i] = &cpu->regs.r[i];
    values[15] = &pc;
    values[16] = &cpu->regs.cpsr;
    uc_reg_write(uc, UC_ARM_REG_CPSR, &cpsr); /* first: the mode chooses the registers */
    must(uc_reg_write_batch(uc, reg_ids, values, 17), "write registers");
    now = cpu;
    now_step = step;
    cpu->steps = 0;
    stop = CPU_UNDEF;
    /* bit 0 selects the instruction set; no address ends the run */
    err = uc_emu_start(uc, pc | (cpu->regs.cpsr & 0x20 ? 1 : 0), 0xffffffff, 0, 0);
    if (stop == CPU_FETCH)
        read_regs(&cpu->regs); /* the branch has happened */
    if (err == UC_ERR_EXCEPTION || err == UC_ERR_INSN_INVALID)
        stop = CPU_UNDEF;
    return stop;
}

static uc_arm_cp_reg tpidr(uint32_t op2, uint32_t value)
{
    return (uc_arm_cp_reg){ .cp = 15, .crn = 13, .opc2 = op2, .val = value };
}

void cpu_write_tpidr(uint32_t rw, uint32_t ro)
{
    uc_arm_cp_reg urw = tpidr(2, rw), uro = tpidr(3, ro);

    must(uc_reg_write(uc, UC_ARM_REG_CP_REG, &urw), "TPIDRURW");
    must(uc_reg_write(uc, UC_ARM_REG_CP_REG, &uro), "TPIDRURO");
}

void cpu_read_tpidr(uint32_t *rw, uint32_t *ro)
{
    uc_arm_cp_reg urw = tpidr(2, 0), uro = tpidr(3, 0);

    must(uc_reg_read(uc, UC_ARM_REG_CP_REG, &urw), "TPIDRURW");
    must(uc_reg_read(uc, UC_ARM_REG_CP_REG, &uro), "TPIDRURO");
    *rw = (uint32_t)urw.val;
    *ro = (uint32_t)uro.val;
}

void cpu_write_vfp(const uint64_t d[32])
{
    for (int i = 0; i < 32; i++)
        uc_reg_write(uc, UC_ARM_REG_D0 + i, &d[i]);
}

void cpu_read_vfp(uint64_t d[32])
{
    for (int i = 0; i < 32; i++)
        uc_reg_read(uc, UC_ARM_REG_D0 + i, &d[i]);
}

void cpu_set_mode(uint32_t mode)
{
    uint32_t cpsr = mode | 0x1c0;

    uc_reg_write(uc, UC_ARM_REG_CPSR, &cpsr);
}

void cpu_write_bank(uint32_t sp, uint32_t lr, uint32_t spsr, bool has_spsr)
{
    uc_reg_write(uc, UC_ARM_REG_SP, &sp);
    uc_reg_write(uc, UC_ARM_REG_LR, &lr);
    if (has_spsr)
        uc_reg_write(uc, UC_ARM_REG_SPSR, &spsr);
}

void cpu_read_bank(uint32_t *sp, uint32_t *lr, uint32_t *spsr, bool has_spsr)
{
    uc_reg_read(uc, UC_ARM_REG_SP, sp);
    uc_reg_read(uc, UC_ARM_REG_LR, lr);
    if (has_spsr)
        uc_reg_read(uc, UC_ARM_REG_SPSR, spsr);
}
