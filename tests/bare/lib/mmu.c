#include "mmu.h"

uint32_t l1_table[4096] __attribute__((aligned(16384)));
uint32_t l1_other[4096] __attribute__((aligned(16384)));
static uint32_t l2_pool[48][256] __attribute__((aligned(1024)));
static unsigned l2_used;

uint32_t probe_value;

void desc_write(uint32_t *entry, uint32_t value)
{
    *(volatile uint32_t *)entry = value;
    CP15_WRITE(0, c7, c10, 1, (uint32_t)entry); /* DCCMVAC: walks need not look in L1 */
    dsb();
}

void l1_set(uint32_t *l1, uint32_t va, uint32_t desc)
{
    desc_write(&l1[va >> 20], desc);
}

uint32_t *l2_new(void)
{
    uint32_t *l2 = l2_pool[l2_used++];

    if (l2_used > sizeof(l2_pool) / sizeof(l2_pool[0])) {
        print("l2_new: none left\n");
        power_off();
    }
    for (unsigned i = 0; i < 256; i++)
        desc_write(&l2[i], 0);
    return l2;
}

void l2_set(uint32_t *l2, uint32_t va, uint32_t desc)
{
    desc_write(&l2[va >> 12 & 0xff], desc);
}

uint32_t *l2_under(uint32_t *l1, uint32_t va, unsigned domain)
{
    uint32_t *l2 = l2_new();

    l1_set(l1, va, (uint32_t)l2 | L1_TABLE | L1_DOMAIN(domain));
    return l2;
}

/* The first MiB of RAM by pages: the guest's program, with what User mode may use. */
static uint32_t *program_table(void)
{
    static uint32_t *l2;

    if (l2)
        return l2;
    l2 = l2_new();
    for (uint32_t pa = RAM_BASE; pa < RAM_BASE + 0x100000; pa += 0x1000)
        l2_set(l2, pa, SMALL(pa, AP_PRIV));
    for (uint32_t pa = (uint32_t)__user_start; pa < (uint32_t)__user_end; pa += 0x1000)
        l2_set(l2, pa, SMALL(pa, AP_ALL_RO));
    l2_set(l2, (uint32_t)user_stack_top - 0x1000, SMALL((uint32_t)user_stack_top - 0x1000, AP_ALL));
    return l2;
}

static uint32_t identity_entry(uint32_t va)
{
    if (va == RAM_BASE)
        return (uint32_t)program_table() | L1_TABLE;
    if (va > RAM_BASE && va < RAM_BASE + RAM_MAPPED)
        return SECTION(va, AP_PRIV);
    if (va == 0x08000000 || va == 0x09000000)
        return va | L1_SECTION | L1_AP(AP_PRIV) | L1_TEXCB(TEXCB_DEVICE) | L1_XN;
    return 0;
}

/* Each entry is written once: the table may be in use. */
void mmu_identity(uint32_t *l1)
{
    for (uint32_t i = 0; i < 4096; i++)
        l1[i] = identity_entry(i << 20);
    for (unsigned i = 0; i < 4096; i += 16)
        CP15_WRITE(0, c7, c10, 1, (uint32_t)&l1[i]);
    dsb();
}

void mmu_on(void)
{
    CP15_WRITE(0, c7, c5, 0, 0); /* ICIALLU */
    CP15_WRITE(0, c7, c5, 6, 0); /* BPIALL */
    tlbi_all();
    SCTLR_WRITE(SCTLR_READ() | SCTLR_M | SCTLR_C | SCTLR_I | SCTLR_Z);
    isb();
}

void mmu_off(void)
{
    dsb();
    SCTLR_WRITE(SCTLR_READ() & ~(SCTLR_M | SCTLR_C));
    isb();
}

void mmu_setup(void)
{
    mmu_identity(l1_table);
    CP15_WRITE(0, c2, c0, 2, 0);
    CP15_WRITE(0, c2, c0, 0, (uint32_t)l1_table);
    CP15_WRITE(0, c2, c0, 1, (uint32_t)l1_table);
    CP15_WRITE(0, c3, c0, 0, 1);
    CP15_WRITE(0, c13, c0, 1, 0);
    isb();
    mmu_on();
}

void tlbi_all(void)
{
    dsb();
    CP15_WRITE(0, c8, c7, 0, 0);
    CP15_WRITE(0, c7, c5, 6, 0); /* BPIALL */
    dsb();
    isb();
}

void tlbi_mva(uint32_t va, uint32_t asid)
{
    dsb();
    CP15_WRITE(0, c8, c7, 1, (va & 0xfffff000) | asid);
    CP15_WRITE(0, c7, c5, 6, 0);
    dsb();
    isb();
}

void tlbi_asid(uint32_t asid)
{
    dsb();
    CP15_WRITE(0, c8, c7, 2, asid);
    CP15_WRITE(0, c7, c5, 6, 0);
    dsb();
    isb();
}

static void mvaa(uint32_t va)
{
    CP15_WRITE(0, c8, c7, 3, va & 0xfffff000);
}

void tlbi_mvaa(uint32_t va)
{
    dsb();
    if (catch_call(mvaa, va) != EXC_NONE)
        tlbi_all();
    dsb();
    isb();
}

void space_set(const uint32_t *l1, uint32_t asid)
{
    CP15_WRITE(0, c13, c0, 1, 0);
    isb();
    CP15_WRITE(0, c2, c0, 0, (uint32_t)l1);
    isb();
    CP15_WRITE(0, c13, c0, 1, asid);
    isb();
}

static uint32_t probe_out;

static void do_read(uint32_t va)
{
    probe_value = read32(va);
}

static void do_write(uint32_t va)
{
    write32(va, probe_out);
}

static void do_ldrt(uint32_t va)
{
    __asm__ volatile("ldrt %0, [%1]" : "=&r"(probe_value) : "r"(va) : "memory");
}

static void do_strt(uint32_t va)
{
    __asm__ volatile("strt %0, [%1]" :: "r"(probe_out), "r"(va) : "memory");
}

static void do_exec(uint32_t va)
{
    probe_value = ((uint32_t (*)(void))va)();
}

static uint32_t fault_of(uint32_t kind)
{
    if (kind == EXC_NONE)
        return 0;
    return kind << 8 | fsr_status(kind == EXC_PABT ? last_trap.ifsr : last_trap.dfsr);
}

uint32_t probe_read(uint32_t va)
{
    return fault_of(catch_call(do_read, va));
}

uint32_t probe_write(uint32_t va, uint32_t value)
{
    probe_out = value;
    return fault_of(catch_call(do_write, va));
}

uint32_t probe_ldrt(uint32_t va)
{
    return fault_of(catch_call(do_ldrt, va));
}

uint32_t probe_strt(uint32_t va, uint32_t value)
{
    probe_out = value;
    return fault_of(catch_call(do_strt, va));
}

uint32_t probe_exec(uint32_t va)
{
    return fault_of(catch_call(do_exec, va));
}

/* In User mode: the address comes in r0, the value in r0 of the result. */
static USER_TEXT void user_read(uint32_t va)
{
    __asm__ volatile("ldr r0, [%0]" :: "r"(va) : "r0");
}

static USER_TEXT void user_write(uint32_t va)
{
    __asm__ volatile("mov r1, #0x5a\n str r1, [%0]" :: "r"(va) : "r1", "memory");
}

static uint32_t fault_of_user(uint32_t kind)
{
    if (user_returned()) {
        probe_value = last_trap.r[0];
        return 0;
    }
    return fault_of(kind);
}

uint32_t probe_user_read(uint32_t va)
{
    return fault_of_user(catch_user(user_read, va));
}

uint32_t probe_user_write(uint32_t va)
{
    return fault_of_user(catch_user(user_write, va));
}

uint32_t probe_user_exec(uint32_t va)
{
    return fault_of_user(catch_user((void (*)(uint32_t))va, 0));
}

bool fault_at(uint32_t va, bool write)
{
    if (last_trap.kind == EXC_PABT)
        return last_trap.ifar == va && last_trap.lr == va + 4;
    return last_trap.dfar == va && !(last_trap.dfsr & FSR_WNR) == !write;
}

void sync_line(uint32_t va)
{
    CP15_WRITE(0, c7, c11, 1, va);
    dsb();
    CP15_WRITE(0, c7, c5, 1, va);
    CP15_WRITE(0, c7, c5, 6, 0);
    dsb();
    isb();
}

void put_code(uint32_t pa, uint8_t n)
{
    write32(pa, 0xe3a00000 | n);
    write32(pa + 4, 0xe12fff1e);
    CP15_WRITE(0, c7, c11, 1, pa); /* DCCMVAU */
    dsb();
    CP15_WRITE(0, c7, c5, 0, 0);
    CP15_WRITE(0, c7, c5, 6, 0);
    dsb();
    isb();
}
