#pragma once
/* umbra at work: one virtual machine and the engines that run it, joined. */
#include <stdbool.h>
#include <stdint.h>
#include "core/vm.h"
#include "shadow/shadow.h"
#include "vmm/vm_virt.h"
#include "vmm/vmdesc.h"
#include "xlate/exec.h"
#include "xlate/xlate.h"

struct vmm {
    struct vm vm;
    struct vm_virt machine;
    struct shadow shadow;
    struct xlate xlate;
    struct state_page *state;
    uint64_t start_ticks;      /* host time of the guest's time 0 */
    unsigned software_steps;   /* rounds of the run loop that did not enter the guest */
    bool claims_dirty;         /* the guest's tables may have grown into our places */
    bool claims_lost;          /* they have */
    uint32_t age;              /* of what was looked up in the guest's tables: the next TLB operation ends it */
    uint32_t without;          /* optimisations switched off: WITHOUT_ (vmdesc.h) */
};

extern struct vmm vmm;

/* run.c */
/* Runs the VM until it stops being VM_RUNNING. */
void vmm_run(void);
/* Stops the VM with a message and a dump of its state. */
void vmm_stop(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void vmm_dump(void);
bool vmm_check_claims(void);
/* Do the guest's tables map places that are ours?  Then translations must go, once the vcpu is precise. */
static inline bool vmm_claims_lost(void) { return (vmm.claims_dirty || vmm.claims_lost) && vmm_check_claims(); }

/* light.c: exits that need not come to the run loop; off, all of them do. */
void light_init(bool on);

/* fault.c: aborts taken by the guest; vcpu state is precise. */
void fault_fetch(struct vcpu *vcpu);
/* A prefetch abort in guest user as the hardware's IFSR tells it. */
void fault_fetch_exit(struct vcpu *vcpu);
#define DFSR_WNR BIT(11)
/* Of a DFSR or IFSR: could another translation be the answer? */
#define FSR_MAPPING (BIT(FSR_TRANS_L1) | BIT(FSR_TRANS_L2) | BIT(FSR_ACCESS_L1) | BIT(FSR_ACCESS_L2) | \
                     BIT(FSR_DOMAIN_L1) | BIT(FSR_DOMAIN_L2) | BIT(FSR_PERM_L1) | BIT(FSR_PERM_L2))
static inline bool fault_is_mapping(uint32_t fsr) { return !(fsr & BIT(10)) && (FSR_MAPPING >> (fsr & 15) & 1); }
enum fault_answer {
    FAULT_FILLED,
    FAULT_DEVICE,  /* no memory there */
    FAULT_REFLECT, /* the guest's: w->fault says which */
    FAULT_LONG,    /* nothing was done: the long way */
};
/* Fills the shadow for an access at va where that is all there is to do, whatever state the vcpu is in; 'w'
 * is the guest's walk unless the answer is FAULT_LONG. */
enum fault_answer fault_try(struct vcpu *vcpu, uint32_t va, enum access_kind kind, bool privileged,
                            struct walk_result *w);
/* A data abort as the hardware's DFSR and DFAR tell it. */
void fault_data_exit(struct vcpu *vcpu);
/* Makes the code at the guest kernel's pc executable: false when an abort was injected. */
bool fault_map_code(struct vcpu *vcpu);
/* Where the hardware shall enter A32 code of the guest kernel at pc. */
uint32_t fault_code_entry(uint32_t pc);
/* Forget remembered places of displaced code pages. */
void fault_forget_code(void);
/* Differs after fault_code_entry() may give another answer. */
extern uint32_t fault_code_changes;
/* Has displaced code been entered since it last did? */
extern bool fault_displaced_any;

/* May the guest kernel fetch at va?  Injects the abort when not. */
bool fault_may_fetch(struct vcpu *vcpu, uint32_t va);

/* thumb.c: T32 code of the guest kernel */
/* Makes the guest enterable at pc; false: the run loop starts over, an instruction or an exception later. */
bool thumb_prepare(struct vcpu *vcpu);
/* Where, after thumb_prepare. */
uint32_t thumb_hw_entry(void);
/* Lets the next entry execute the harmless instruction at pc out of line. */
void thumb_run_slot(struct vcpu *vcpu, uint32_t insn);
/* The guest has left at hw_pc; before its state is made precise. */
void thumb_left(struct vcpu *vcpu, uint32_t hw_pc);
/* UNDEFINED at hw_pc, in Thumb state; vcpu state is precise. */
void thumb_undefined(struct vcpu *vcpu, uint32_t hw_pc);
void thumb_remember(struct xpage *page);
void thumb_forget(void);

/* codesync.c: translations against the memory they were made from. */
void codesync_init(uint8_t *pages); /* a byte for each page of guest RAM, zeroed */
/* Is the page translated and its writes watched, so that it must not be mapped writable? */
bool codesync_watched(void *ctx, gpa_t page);
/* The guest is about to write the page. */
void codesync_written(gpa_t page);
/* ICIALLU, or ICIMVAU of the line at pa. */
void codesync_icache_all(void);
void codesync_icache_line(gpa_t pa);
/* Was its page written since it was translated? */
bool codesync_is_dirty(gpa_t pa);
/* A word that the guest stores in RAM: if it is watched code, its translation changes at once. */
void codesync_store(gpa_t pa, uint32_t value);
/* Before the page is translated once more: its other translations, and the copy that all are compared with, become
 * those of the memory as it is. */
void codesync_refresh(gpa_t page);
/* The word that executes at hw_pc was translated as one to be looked at later: gives it its stub or exit. */
bool codesync_make_stub(uint32_t hw_pc);
/* The guest's word that was translated for hw_pc, in place or displaced; false: no code is mapped there. */
bool codesync_word_at(uint32_t hw_pc, uint32_t *insn);
/* What stands for the instruction at pc, in place, is to be made anew. */
bool codesync_forget_stub(uint32_t pc);
/* Words of the page as they were when it was translated. */
bool codesync_words(gpa_t page, unsigned index, uint32_t *insns, unsigned count);
/* Drops the page's translations; or every translation, with the shadows that map them. */
void codesync_drop(gpa_t page);
void codesync_flush(void);

/* access.c: memory accesses in software, for xlate/exec.h; ctx is the vcpu. */
extern const struct mem_ops access_mem_ops;
/* Fetches the instruction at pc: a 32-bit T32 one as hw1 << 16 | hw2. */
bool access_insn(struct vcpu *vcpu, uint32_t *insn, unsigned *size);
/* The word at va, and what follows it in its page, as a privileged read may find it; NULL: a fault, or a device. */
const uint32_t *access_peek(struct vcpu *vcpu, uint32_t va);
/* May the guest fetch at va?  A TLB's answer, which may be stale where a fault would not be. */
bool access_fetchable(struct vcpu *vcpu, uint32_t va);
/* A device's register; false: there is none, or not of this size. */
bool access_device(struct vcpu *vcpu, gpa_t pa, unsigned size, bool write, uint32_t *value);
/* Executes the load or store at pc, which accesses va, in software. */
void access_emulate(struct vcpu *vcpu, uint32_t va, bool write);
/* Executes the store at pc, to memory, in software; false: nothing was done, it is no plain store. */
bool access_emulate_store(struct vcpu *vcpu);
/* Walks va with the vcpu's registers. */
void access_walk(struct vcpu *vcpu, uint32_t va, struct walk_result *w);
void access_walk_regs(const struct vcpu *vcpu, struct walk_regs *regs);
/* DFSR or IFSR of a fault. */
uint32_t access_dfsr(enum walk_fault fault, const struct walk_result *w, bool write);

/* emulate.c */
/* Executes the sensitive instruction at the guest kernel's pc in software. */
void emulate_kernel(struct vcpu *vcpu);
/* UNDEFINED in guest user: an access that only looks so, or the exception. */
void emulate_undefined_user(struct vcpu *vcpu);
void emulate_inject_undefined(struct vcpu *vcpu);

/* clock.c */
uint64_t clock_now(void);          /* guest timer ticks */
void clock_init_fast(void);        /* lets the vectors read them */
void clock_program(void);          /* guest timers up to now, host timer at their next deadline */
void clock_program_at(uint64_t now); /* the same, when the time was read just now */
void clock_host_irq(void);         /* handles every pending host interrupt */
void clock_wait(struct vcpu *vcpu); /* WFI: idles until an interrupt is pending */

/* deadend.c: tells once when the guest loops with interrupts masked and can never leave. */
void deadend_look(struct vcpu *vcpu); /* vcpu state is precise */
/* The guest has read an identification register. */
void deadend_asked(unsigned crm, unsigned op2, uint32_t value);
bool deadend_step(uint32_t insn, bool thumb, uint32_t pc, uint32_t *next);

/* flash.c */
extern const struct vflash_host flash_host;
extern const struct vfwcfg_host fwcfg_host;

/* console.c */
void console_tx(void *ctx, uint8_t c);
void console_rx_ready(void *ctx);
void console_input(void);          /* takes what the UART has */
void stats_print(void);
void stats_gauges(struct vm_gauges *now);
