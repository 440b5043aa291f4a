/*
 * The world switch as the VMM sees it.  Registers that translated code reaches live in the
 * state page while the guest is in a privileged mode (arch/state.h); the short paths of the vectors may take the
 * guest from user to kernel and back in between, so what came in need not be what comes out.
 */
#include "vmm/world.h"

#include "arch/armv7/layout.h"
#include "arch/armv7/sysreg.h"
#include "core/cp15.h"
#include "core/pool.h"
#include "vmm/trace.h"
#include "vmm/vmm.h"

#define PSR_MASKS (PSR_A | PSR_I | PSR_F)
#define PSR_RESERVED 0x00f00000u
#define FLAGS (PSR_N | PSR_Z | PSR_C | PSR_V | PSR_Q | PSR_GE)
#define FPEXC_EN BIT(30)
#define VMM_DOMAIN (3u << (2 * HOST_DOMAIN_VMM))
#define NO_MMU_DACR 0x55555555u
/* In the state window, where nothing is mapped. */
#define FAULTING (VMM_STATE + 4096)
#define TLBI_QUEUE (VMM_STATE + STATE_QUEUE)

/* What the hardware has loaded, which is where the guest was last. */
static struct { const struct space *space; bool kernel; } loaded;
/* Is the vcpu all there, so that the state page must be filled from it? */
static bool synced = true;
static bool fast_allowed;
uint32_t world_light[REASON_COUNT], world_word;
/* What load_pending() has seen. */
static struct { bool irq, fiq; uint32_t code_changes; } pending;

static inline void name_view(struct guest_view *host, enum shadow_mode mode)
{
    struct view *view = shadow_view(&vmm.shadow, mode);

    *host = guest_view_of(pool_hpa(view->l1).v, view->asid);
    if (!view->stale)
        return;
    guest_flush_view(host);
    view->stale = false;
}

/* Does the hardware have the current space, with nothing in its TLB that is gone? */
static inline bool views_are_loaded(void)
{
    const struct space *now = vmm.shadow.current;

    return now == loaded.space && !now->views[VIEW_USER].stale && !now->views[VIEW_KERNEL].stale;
}

/* Both views, since the short paths switch between them. */
static __attribute__((noinline)) void load_views(bool kernel)
{
    if (!views_are_loaded()) {
        name_view(&guest_fast.user, VIEW_USER);
        name_view(&guest_fast.kernel, VIEW_KERNEL);
    } else if (kernel == loaded.kernel) {
        return;
    }
    guest_load_view(kernel ? &guest_fast.kernel : &guest_fast.user);
    loaded.space = vmm.shadow.current;
    loaded.kernel = kernel;
}

static void load_host_dacr(uint32_t dacr)
{
    guest_load_dacr(dacr);
    vmm.state->hw_dacr = dacr;
}

/*
 * A guest kernel may be given less access than its DACR allows (fastpath.S, sysstubs.c): the
 * hardware's is never loosened here, and after an exception from guest user it is what the kernel
 * restricts itself to.  Not while Manager domains are in the shadows: losing one is shadow_set_dacr's.
 */
static void load_dacr(struct vcpu *vcpu, bool kernel, bool was_user)
{
    uint32_t dacr = vcpu->cp15.sctlr & SCTLR_M ? shadow_host_dacr(vcpu->cp15.dacr) : NO_MMU_DACR;

    guest_fast.dacr_block = (vmm.without & WITHOUT_LAZY_DACR) || trace_on || !(vcpu->cp15.sctlr & SCTLR_M) ||
                            world_dacr_is_shadows();
    guest_fast.dacr_at = guest_fast.dacr_block ? &guest_fast.hw_dacr : &vmm.state->dacr;
    if (kernel && !guest_fast.dacr_block)
        dacr &= was_user ? guest_fast.entry_dacr : guest_dacr();
    dacr &= ~VMM_DOMAIN;
    if (dacr != guest_dacr())
        guest_load_dacr(dacr);
    guest_fast.hw_dacr = dacr; /* the vectors do not tell when they load another */
    vmm.state->dacr = vcpu->cp15.dacr;
    vmm.state->hw_dacr = guest_fast.dacr_block ? ~0u : dacr;
}

void world_tighten_dacr(uint32_t dacr)
{
    load_host_dacr(dacr & guest_fast.dacr_keep);
    guest_fast.entry_dacr = guest_dacr() | 1u << (2 * HOST_DOMAIN_VMM);
}

void world_switch_vfp(bool on)
{
    guest_load_vfp(on);
    vmm.state->hw_fpexc = on ? FPEXC_EN : 0;
}

bool world_vfp_usable(const struct vcpu *vcpu)
{
    unsigned access = BITS(vcpu->cp15.cpacr, 21, 20);

    return (vcpu->fpexc & FPEXC_EN) && (access == 3 || (access == 1 && !vcpu_is_user(vcpu)));
}

/* What may go from user to kernel and back without C. */
static void prepare_fast(struct vcpu *vcpu)
{
    uint32_t sctlr = vcpu->cp15.sctlr;
    bool plain = (sctlr & (SCTLR_M | SCTLR_EE | SCTLR_TE)) == SCTLR_M && BITS(vcpu->cp15.cpacr, 21, 20) != 1;

    fast_allowed = plain && !(vmm.without & WITHOUT_FAST_PATHS) && !trace_on &&
                   (!guest_fast.dacr_block || (vmm.without & WITHOUT_LAZY_DACR));
    guest_fast.tpidrprw = vcpu->cp15.tpidrprw;
}

static void set_eret_block(uint32_t block)
{
    guest_fast.eret_block = block;
    guest_fast.user_psr = block ? ~0u : guest_fast.masks | MODE_USR;
}

/* What the state page tells after an SVC from guest user: Supervisor mode, I masked, A and F as in 'masks'. */
static void load_svc(bool irq)
{
    uint32_t ctl = MODE_SVC | PSR_I | (guest_fast.masks & (PSR_A | PSR_F));

    guest_fast.svc_ctl[0] = guest_fast.svc_ctl[2] = ctl;
    guest_fast.svc_ctl[1] = ctl & ~PSR_I;
    guest_fast.svc_ctl[3] = state_msr_key(ctl, irq);
}

/* A waiting interrupt makes unmasking exit, and returns from exceptions.  'ctl' is the guest kernel's. */
static void load_pending(struct vcpu *vcpu, uint32_t ctl)
{
    const struct vgic *gic = vcpu->vm->vgic;
    struct state_page *st = vmm.state;
    uint32_t mode = ctl & PSR_MODE, vectors = vcpu->cp15.sctlr & SCTLR_V ? 0xffff0000u : vcpu->cp15.vbar;

    pending.irq = vgic_irq_pending(gic);
    pending.fiq = vgic_fiq_pending(gic);
    pending.code_changes = fault_code_changes;
    st->pend_ptr = pending.irq ? FAULTING : VMM_STATE;
    st->msr_key = state_msr_key(ctl, pending.irq);
    load_svc(pending.irq);
    set_eret_block(!fast_allowed || pending.fiq || mode == MODE_FIQ || mode == MODE_SYS ? ERET_BLOCKED
                   : pending.irq                                                      ? ERET_WAITS
                                                                                      : 0);
    guest_fast.svc_entry = fast_allowed ? fault_code_entry(vectors + 4 * EXC_SVC) : 0;
}

/*
 * Between spaces.  A kernel that changes address spaces writes TTBR0 and CONTEXTIDR two or three times in a row, and
 * touches nothing but what it maps global meanwhile.  So after such a write the hardware walks
 * global_l1, of which every entry may be held whatever ASID and tables are (B3.10.1), and the space is looked up when
 * something else is accessed, or User mode is entered.
 */
static uint32_t between_eret_block; /* what guest_fast.eret_block is otherwise */

bool world_write_space(struct vcpu *vcpu, uint32_t *reg, uint32_t value)
{
    struct shadow *s = &vmm.shadow;
    struct guest_view global;

    if (*reg == value)
        return true;
    if (!(vcpu->cp15.sctlr & SCTLR_M) || s->no_space_cache || fault_displaced_any)
        return false; /* displaced code would go on, whoever's it is now */
    *reg = value;
    vmm.state->ttbr0 = vcpu->cp15.ttbr0;
    vmm.state->contextidr = vcpu->cp15.contextidr;
    if (guest_fast.between)
        return true;
    global = guest_view_of(pool_hpa(s->global_l1).v, SHADOW_GLOBAL_ASID);
    if (s->global_stale)
        guest_flush_view(&global);
    s->global_stale = false;
    guest_load_view(&global);
    guest_fast.between = 1;
    s->checked_claims = 0; /* the tables may have grown meanwhile */
    between_eret_block = guest_fast.eret_block;
    set_eret_block(ERET_BLOCKED);
    vmm.state->user_page[0] = vmm.state->user_page[1] = ~0u; /* LDRBT and STRBT must look again */
    return true;
}

bool world_enter_noted_space(struct vcpu *vcpu)
{
    guest_fast.between = 0;
    set_eret_block(between_eret_block);
    loaded.space = NULL;
    shadow_set_table(&vmm.shadow, vcpu->cp15.ttbr0, vcpu->cp15.contextidr);
    fault_forget_code();
    vmm.claims_dirty = true;
    return true;
}

static bool pending_changed(const struct vcpu *vcpu)
{
    const struct vgic *gic = vcpu->vm->vgic;

    return pending.irq != vgic_irq_pending(gic) || pending.fiq != vgic_fiq_pending(gic) ||
           pending.code_changes != fault_code_changes;
}

/* What the guest kernel finds there however it is entered. */
static void load_state_page(struct vcpu *vcpu)
{
    struct state_page *st = vmm.state;

    st->fpexc = vcpu->fpexc;
    st->hw_fpexc = guest_vfp_enabled() ? FPEXC_EN : 0;
    st->vfp_ptr = BIT(20) & vcpu->cp15.cpacr ? VMM_STATE : FAULTING;
    st->dfsr = vcpu->cp15.dfsr;
    st->ifsr = vcpu->cp15.ifsr;
    st->dfar = vcpu->cp15.dfar;
    st->ifar = vcpu->cp15.ifar;
    st->sctlr = vcpu->cp15.sctlr;
}

static void enter_user(struct vcpu *vcpu)
{
    guest_fast.masks = vcpu->cpsr & PSR_MASKS; /* the guest's: hardware runs with interrupts on */
    vmm.state->usr_ptr = VMM_STATE;
    write_tpidrurw(vcpu->cp15.tpidrurw);
    write_tpidruro(vcpu->cp15.tpidruro);
    vcpu->cpsr &= ~PSR_MASKS;
}

static void load_kernel_registers(struct vcpu *vcpu, uint32_t ctl)
{
    struct state_page *st = vmm.state;
    int bank = vcpu_mode_bank(ctl);

    guest_fast.bank = 4 * (uint32_t)bank;
    st->spsr = vcpu->bank_spsr[bank];
    st->usr_sp = vcpu->bank[BANK_USR].r13;
    st->usr_lr = vcpu->bank[BANK_USR].r14;
    st->usr_ptr = bank == BANK_FIQ || bank == BANK_USR ? FAULTING : VMM_STATE;
    st->tpidrurw = vcpu->cp15.tpidrurw;
    write_tpidrurw(vcpu->cp15.tpidruro);
    write_tpidruro(vcpu->cp15.tpidrprw);
}

/* The mode and masks live in the state page and, trusted, in guest_fast. */
static void load_ctl(uint32_t ctl)
{
    struct state_page *st = vmm.state;

    guest_fast.ctl = ctl;
    st->ctl = ctl;
    st->ctl_on = ctl & ~PSR_I;
    st->ctl_off = ctl | PSR_I;
}

static void enter_kernel(struct vcpu *vcpu)
{
    vcpu->r[15] = (vcpu->cpsr & PSR_T) ? thumb_hw_entry() : fault_code_entry(vcpu->r[15]);
    vcpu->cpsr = (vcpu->cpsr & ~(PSR_MODE | PSR_MASKS)) | MODE_USR;
}

static void leave_user(struct vcpu *vcpu)
{
    vcpu->cpsr = (vcpu->cpsr & ~PSR_MASKS) | guest_fast.masks;
    vcpu->cp15.tpidrurw = read_tpidrurw();
    vcpu->cp15.tpidruro = read_tpidruro();
}

/* Of the CPSR only the I bit is the guest's to change. */
static void leave_kernel(struct vcpu *vcpu)
{
    vcpu->cpsr = (vcpu->cpsr & ~(PSR_MODE | PSR_MASKS)) | (guest_fast.ctl & ~PSR_I) | (vmm.state->ctl & PSR_I);
}

void world_sync(struct vcpu *vcpu)
{
    const struct state_page *st = vmm.state;
    uint32_t bank = guest_fast.bank / 4;

    if (synced)
        return;
    synced = true;
    if (bank != BANK_USR) {
        vcpu->bank_spsr[bank] = st->spsr & ~PSR_RESERVED;
        vcpu->bank[BANK_USR].r13 = st->usr_sp;
        vcpu->bank[BANK_USR].r14 = st->usr_lr;
    }
    vcpu->cp15.tpidruro = read_tpidrurw();
    vcpu->cp15.tpidrurw = st->tpidrurw;
}

/* Whatever the guest came out of, a kernel may have written these meanwhile. */
void world_sync_shared(struct vcpu *vcpu)
{
    uint32_t dacr = vmm.state->dacr;

    vcpu->fpexc = vmm.state->fpexc & FPEXC_EN;
    if (dacr == vcpu->cp15.dacr)
        return;
    vcpu->cp15.dacr = dacr;
    cp15_hook_dacr(vcpu);
}

/* The vcpu is all there: everything that it may have changed is loaded. */
static void load_all(struct vcpu *vcpu, bool kernel, bool was_user)
{
    uint32_t ctl = vcpu->cpsr & (PSR_MODE | PSR_MASKS);

    guest_load_alignment(vcpu->cp15.sctlr & SCTLR_A);
    guest_load_vfp(world_vfp_usable(vcpu));
    load_dacr(vcpu, kernel, was_user);
    prepare_fast(vcpu);
    load_state_page(vcpu);
    if (kernel) {
        load_kernel_registers(vcpu, ctl);
        load_ctl(ctl);
    } else {
        enter_user(vcpu);
    }
    load_pending(vcpu, ctl);
}

/* TLBIMVAs that were queued: whatever comes next may rely on none of them, so none is late. */
void world_complete_tlbi(void)
{
    const struct state_page *st = vmm.state;
    uint32_t count = (st->tlbi_next - TLBI_QUEUE) / 4;

    if (count > ARRAY_SIZE(st->tlbi)) /* the guest has written to the state page */
        count = ARRAY_SIZE(st->tlbi);
    shadow_tlb_mva_many(&vmm.shadow, st->tlbi, count);
    fault_forget_code();
    vmm.state->tlbi_next = TLBI_QUEUE;
}

/* Guest user's thread registers become what the guest kernel has in hardware (xlate.c, replace_cp15). */
static void swap_thread_registers(void)
{
    vmm.state->tpidrurw = read_tpidrurw();
    write_tpidrurw(read_tpidruro());
    write_tpidruro(guest_fast.tpidrprw);
}

/* The guest kernel is entered by an exception, masked as 'ctl' says. */
static void enter_vector(struct vcpu *vcpu, enum vcpu_exception exc, uint32_t ctl)
{
    load_ctl(ctl);
    if (pending_changed(vcpu))
        load_pending(vcpu, ctl);
    else
        vmm.state->msr_key = state_msr_key(ctl, pending.irq);
    vcpu->r[15] = fault_code_entry((vcpu->cp15.sctlr & SCTLR_V ? 0xffff0000u : vcpu->cp15.vbar) + 4 * exc);
}

/* As user_svc of fastpath.S, which does it for SVCs: the guest kernel is entered with what is loaded. */
bool world_user_exception(struct vcpu *vcpu, enum vcpu_exception exc, uint32_t lr)
{
    uint32_t masks = guest_fast.masks, old = guest_dacr(), dacr = guest_fast.entry_dacr & old;
    uint32_t ctl = (masks & PSR_F) | PSR_A | PSR_I | (exc == EXC_IRQ ? MODE_IRQ : MODE_ABT);
    int bank = vcpu_mode_bank(ctl);

    if (!guest_fast.svc_entry)
        return false;
    vmm.state->spsr = (vcpu->cpsr & ~PSR_MASKS) | masks;
    vmm.state->usr_sp = vcpu->r[13];
    vmm.state->usr_lr = vcpu->r[14];
    vcpu->r[13] = vcpu->bank[bank].r13;
    vcpu->r[14] = lr;
    vcpu->cpsr = (vcpu->cpsr & FLAGS) | MODE_USR;
    guest_fast.bank = 4 * (uint32_t)bank;
    swap_thread_registers();
    if (dacr != old)
        load_host_dacr(dacr);
    guest_set_vectors(true);
    loaded.kernel = true;
    guest_load_view(&guest_fast.kernel);
    enter_vector(vcpu, exc, ctl);
    return true;
}

bool world_may_return(uint32_t psr)
{
    uint32_t plain = psr & guest_fast.psr_check;
    int bank = vcpu_mode_bank(psr);

    if ((guest_fast.eret_block & ERET_BLOCKED) || (guest_fast.eret_block && !(psr & PSR_I)))
        return false;
    return !(psr & PSR_T) && bank > BANK_USR && bank != BANK_FIQ &&
           ((plain ^ guest_fast.ctl) & ~(PSR_MODE | PSR_I | PSR_A)) == 0; /* nothing ever waits for A */
}

/* The guest kernel's registers of one mode go to their bank, and those of another come. */
static void switch_banks(struct vcpu *vcpu, unsigned to)
{
    struct state_page *st = vmm.state;
    unsigned from = guest_fast.bank / 4;

    vcpu->bank_spsr[from] = st->spsr & ~PSR_RESERVED;
    if (from == to)
        return;
    vcpu->bank[from].r13 = vcpu->r[13];
    vcpu->bank[from].r14 = vcpu->r[14];
    vcpu->r[13] = vcpu->bank[to].r13;
    vcpu->r[14] = vcpu->bank[to].r14;
    st->spsr = vcpu->bank_spsr[to];
    guest_fast.bank = 4 * to;
}

void world_return(struct vcpu *vcpu, uint32_t psr)
{
    switch_banks(vcpu, (unsigned)vcpu_mode_bank(psr));
    load_ctl(psr & (PSR_MODE | PSR_MASKS));
    vmm.state->msr_key = state_msr_key(psr, guest_fast.eret_block == ERET_WAITS);
    vcpu->cpsr = (psr & ~guest_fast.psr_check) | MODE_USR;
}

bool world_kernel_aborts(void)
{
    uint32_t bank = guest_fast.bank / 4;

    return guest_fast.svc_entry && bank != BANK_USR && bank != BANK_FIQ;
}

void world_kernel_abort(struct vcpu *vcpu, enum vcpu_exception exc, uint32_t lr)
{
    uint32_t old = (guest_fast.ctl & ~PSR_I) | (vmm.state->ctl & PSR_I);
    uint32_t ctl = (old & PSR_F) | PSR_A | PSR_I | MODE_ABT;

    switch_banks(vcpu, BANK_ABT);
    vmm.state->spsr = (vcpu->cpsr & FLAGS) | old;
    vcpu->r[14] = lr;
    vcpu->cpsr = (vcpu->cpsr & FLAGS) | MODE_USR;
    enter_vector(vcpu, exc, ctl);
}

void world_reload(struct vcpu *vcpu, bool kernel)
{
    loaded.kernel = kernel; /* the short paths may have changed it */
    if (!views_are_loaded())
        load_views(kernel);
    if (pending_changed(vcpu))
        load_pending(vcpu, guest_fast.ctl);
}

void world_run(struct vcpu *vcpu, struct world_exit *exit)
{
    bool kernel = !vcpu_is_user(vcpu), was_user = !loaded.kernel;

    load_views(kernel);
    if (!synced && world_dacr_late())
        world_sync(vcpu); /* an exit has filled for a Manager domain: from now on DACR writes exit */
    if (synced)
        load_all(vcpu, kernel, was_user);
    else if (pending_changed(vcpu))
        load_pending(vcpu, guest_fast.ctl);
    if (kernel)
        enter_kernel(vcpu);
    exit->why = guest_enter(vcpu, &kernel);
    vmm.state->tlbi_absent = STATE_NONE_ABSENT; /* whatever is done now may fill */
    exit->kernel = loaded.kernel = kernel;
    exit->hw_pc = vcpu->r[15];
    exit->word = world_word;
    synced = !kernel;
    world_enter_space(vcpu);
    if (kernel)
        leave_kernel(vcpu);
    else
        leave_user(vcpu);
    world_sync_shared(vcpu);
    if (vmm.state->tlbi_next != TLBI_QUEUE)
        world_complete_tlbi();
}

void world_count(void)
{
    struct vm_stats *stats = &vmm.vm.stats;

    stats->exc_svc += guest_fast.svc;
    stats->fast_svc += guest_fast.svc;
    stats->fast_eret += guest_fast.eret;
    stats->fast_dacr += guest_fast.dacr;
    stats->fast_dacr_fault += guest_fast.dacr_fault;
    stats->exit_total += guest_fast.svc + guest_fast.eret + guest_fast.dacr + guest_fast.dacr_fault;
    stats->exit_emulate += guest_fast.counter + guest_fast.space;
    stats->exit_total += guest_fast.counter + guest_fast.space;
    guest_fast.svc = guest_fast.eret = guest_fast.dacr = guest_fast.dacr_fault = 0;
    guest_fast.counter = guest_fast.space = 0;
    for (unsigned i = 0; i < REASON_COUNT; i++) {
        stats->exit_total += world_light[i];
        (&stats->exit_total)[1 + i] += world_light[i];
        world_light[i] = 0;
    }
}
