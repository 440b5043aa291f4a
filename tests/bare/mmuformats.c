/* Descriptor formats and what they allow: sizes, AP, AFE, domains, XN, TRE, MMU off, PAR. */
#include "lib/mmu.h"

#define PAGE_ID(n) (0x2d000000u | (n))
#define VA TEST_VA

enum format { SECTION_F, SUPER_F, SMALL_F, LARGE_F, FORMATS };
static const char *const format_names[FORMATS] = { "section", "supersection", "small page", "large page" };
static uint32_t *page_table;

/* Maps TEST_PA at VA in one format. */
static void map(enum format f, uint32_t ap, uint32_t domain, bool xn)
{
    uint32_t l1 = TEST_PA | L1_AP(ap) | L1_TEXCB(TEXCB_NORMAL) | (xn ? L1_XN : 0);

    if (f == SECTION_F) {
        l1_set(l1_table, VA, l1 | L1_SECTION | L1_DOMAIN(domain));
    } else if (f == SUPER_F) {
        for (uint32_t n = 0; n < 16; n++)
            l1_set(l1_table, VA + (n << 20), l1 | L1_SUPER);
    } else {
        l1_set(l1_table, VA, (uint32_t)page_table | L1_TABLE | L1_DOMAIN(domain));
        for (uint32_t n = 0; n < 16; n++)
            l2_set(page_table, VA + (n << 12),
                   f == LARGE_F ? LARGE(TEST_PA, ap) | (xn ? L2_LARGE_XN : 0)
                                : SMALL(TEST_PA + (n << 12), ap) | (xn ? L2_SMALL_XN : 0));
    }
    tlbi_all();
}

static void unmap(void)
{
    for (uint32_t n = 0; n < 16; n++)
        l1_set(l1_table, VA + (n << 20), 0);
    tlbi_all();
}

static void sizes(void)
{
    static const uint32_t pages[FORMATS] = { 256, 4096, 16, 16 };

    for (uint32_t n = 0; n < 4096; n++)
        write32(TEST_PA + (n << 12) + 0xffc, PAGE_ID(n));
    for (enum format f = 0; f < FORMATS; f++) {
        bool ok = true;

        map(f, AP_PRIV, 0, false);
        for (uint32_t n = 0; n < pages[f]; n++)
            ok &= probe_read(VA + (n << 12) + 0xffc) == 0 && probe_value == PAGE_ID(n);
        print("%s: ", format_names[f]);
        report(ok, "every page of it");
        unmap();
    }
}

/* What may be done, as a number of six bits: privileged and user read, write, then LDRT, STRT. */
#define MAY_PR 1u
#define MAY_PW 2u
#define MAY_UR 0x14u
#define MAY_UW 0x28u

static bool one_access(uint32_t fault, bool may, uint32_t want_fault, bool write)
{
    if (fault == (may ? 0 : want_fault) && (may || fault_at(VA + 0x100, write)))
        return true;
    print("  fault %x, want %x, dfar %08x\n", (unsigned)fault, (unsigned)(may ? 0 : want_fault),
          (unsigned)last_trap.dfar);
    return false;
}

static bool accesses(uint32_t may, uint32_t fault)
{
    uint32_t va = VA + 0x100;
    bool ok = true;

    ok &= one_access(probe_read(va), may & MAY_PR, fault, false);
    ok &= one_access(probe_write(va, 1), may & MAY_PW, fault, true);
    ok &= one_access(probe_ldrt(va), may & MAY_UR, fault, false);
    ok &= one_access(probe_strt(va, 2), may & MAY_UW, fault, true);
    ok &= one_access(probe_user_read(va), may & MAY_UR, fault, false);
    ok &= one_access(probe_user_write(va), may & MAY_UW, fault, true);
    return ok;
}

/* Table B3-8 (AFE = 0) and B3-9 (AFE = 1), by AP[2:0]; AP 0b100 is reserved. */
static const uint32_t may_ap[8] = { 0, 3, 3 | MAY_UR, 0x3f, 0, MAY_PR, MAY_PR | MAY_UR, MAY_PR | MAY_UR };
static const uint32_t may_afe[8] = { 0, 3, 0, 0x3f, 0, MAY_PR, 0, MAY_PR | MAY_UR };

static void access_permissions(void)
{
    for (enum format f = 0; f < FORMATS; f++)
        for (uint32_t ap = 0; ap < 8; ap++) {
            if (ap == 4)
                continue;
            map(f, ap, 0, false);
            print("%s AP %u: ", format_names[f], (unsigned)ap);
            report(accesses(may_ap[ap], FAULT_D(f < SMALL_F ? 0xd : 0xf)), "privileged, LDRT, user");
        }
    unmap();
}

static void access_flag(void)
{
    SCTLR_WRITE(SCTLR_READ() | SCTLR_AFE);
    isb();
    tlbi_all();
    for (enum format f = 0; f < FORMATS; f++)
        for (uint32_t ap = 0; ap < 8; ap++) {
            uint32_t fault = ap & 1 ? (f < SMALL_F ? 0xd : 0xf) : (f < SMALL_F ? 0x3 : 0x6);

            map(f, ap, 0, false);
            print("AFE, %s AP %u: ", format_names[f], (unsigned)ap);
            report(accesses(may_afe[ap], FAULT_D(fault)), "privileged, LDRT, user");
        }
    /* A fault for the access flag is never held in a TLB (B3.9.1). */
    map(SMALL_F, AP_PRIV & ~1u, 0, false);
    report(probe_read(VA) == FAULT_D(0x6), "AFE: access flag clear faults");
    l2_set(page_table, VA, SMALL(TEST_PA, AP_PRIV));
    isb();
    report(probe_read(VA) == 0, "AFE: access flag set is seen without TLBI");
    SCTLR_WRITE(SCTLR_READ() & ~SCTLR_AFE);
    isb();
    unmap();
}

static void dacr_set(uint32_t domain, uint32_t access)
{
    uint32_t dacr = CP15_READ(0, c3, c0, 0);

    CP15_WRITE(0, c3, c0, 0, (dacr & ~(3u << 2 * domain)) | access << 2 * domain);
    isb();
}

static bool one_domain(enum format f, uint32_t domain)
{
    uint32_t perm = FAULT_D(f == SECTION_F ? 0xd : 0xf), dom = FAULT_D(f == SECTION_F ? 0x9 : 0xb);
    bool ok;

    put_code(TEST_PA, 5);
    map(f, AP_PRIV, domain, true);
    dacr_set(domain, 1);
    ok = accesses(3, perm) && check_eq(probe_exec(VA), FAULT_I(perm & 0xff), "client, fetch");
    dacr_set(domain, 0);
    ok &= accesses(0, dom) && check_eq(last_trap.dfsr >> 4 & 0xf, domain, "DFSR.Domain");
    ok &= check_eq(probe_exec(VA), FAULT_I(dom & 0xff), "no access, fetch");
    /* Manager: no permission checks, XN included (B3.7.3). */
    dacr_set(domain, 3);
    ok &= accesses(0x3f, 0) && check_eq(probe_exec(VA), 0, "manager, fetch");
    dacr_set(domain, 1);
    ok &= accesses(3, perm);
    return ok;
}

static void domains(void)
{
    for (uint32_t domain = 1; domain < 16; domain++) {
        bool ok = one_domain(SECTION_F, domain) && one_domain(SMALL_F, domain) && one_domain(LARGE_F, domain);

        print("domain %u: ", (unsigned)domain);
        report(ok, "client, no access, manager, client");
        dacr_set(domain, 0);
    }
    unmap();
}

/* Domains switched to and fro, as kernels do around user copies. */
static void domain_toggle(void)
{
    bool ok = true;

    map(SMALL_F, AP_ALL, 1, false);
    for (unsigned n = 0; n < 200; n++) {
        dacr_set(1, n & 1);
        ok &= probe_read(VA) == (n & 1 ? 0 : FAULT_D(0xb));
        if (n % 3 == 0)
            ok &= probe_user_read(VA) == (n & 1 ? 0 : FAULT_D(0xb));
    }
    report(ok, "domain toggled 200 times, exact each time");
    dacr_set(1, 0);
    unmap();
}

static void read_as_manager_and_client(uint32_t va)
{
    uint32_t dacr = CP15_READ(0, c3, c0, 0) & ~(3u << 2);

    CP15_WRITE(0, c3, c0, 0, dacr | 3u << 2);
    isb();
    (void)*(volatile uint32_t *)va;
    CP15_WRITE(0, c3, c0, 0, dacr | 1u << 2);
    isb();
    (void)*(volatile uint32_t *)va;
}

/* Read as Manager, then all domains are Manager's, then all Client's. */
static void read_and_lose_all(uint32_t va)
{
    CP15_WRITE(0, c3, c0, 0, (CP15_READ(0, c3, c0, 0) & ~(3u << 2)) | 3u << 2);
    isb();
    (void)*(volatile uint32_t *)va;
    CP15_WRITE(0, c3, c0, 0, ~0u);
    isb();
    (void)*(volatile uint32_t *)0x61000000;
    CP15_WRITE(0, c3, c0, 0, 0x55555555);
    isb();
    (void)*(volatile uint32_t *)va;
}

static void all_managers_lost(void)
{
    bool ok = true;

    map(SMALL_F, AP_NONE, 1, false);
    l1_set(l1_table, 0x61000000, SECTION(TEST_PA, AP_ALL) | L1_DOMAIN(2));
    for (unsigned n = 0; n < 20; n++) {
        CP15_WRITE(0, c3, c0, 0, 1);
        isb();
        tlbi_all();
        ok &= catch_call(read_and_lose_all, VA) == EXC_DABT && fsr_status(last_trap.dfsr) == 0xf;
    }
    report(ok, "all Managers, then Clients");
    CP15_WRITE(0, c3, c0, 0, 1);
    isb();
    unmap();
}

/* What is reached as Manager of a domain is checked again as soon as that is lost. */
static void manager_lost(void)
{
    bool ok = true;

    map(SMALL_F, AP_NONE, 1, false);
    for (unsigned n = 0; n < 50; n++) {
        tlbi_all();
        ok &= catch_call(read_as_manager_and_client, VA) == EXC_DABT && fsr_status(last_trap.dfsr) == 0xf;
    }
    report(ok, "Manager, then Client, 50 times, exact each time");
    dacr_set(1, 0);
    unmap();
}

static void execute(void)
{
    for (enum format f = 0; f < FORMATS; f++) {
        uint32_t perm = FAULT_I(f < SMALL_F ? 0xd : 0xf);
        bool ok;

        put_code(TEST_PA, 0x21);
        map(f, AP_ALL, 0, false);
        ok = probe_exec(VA) == 0 && probe_value == 0x21 && probe_user_exec(VA) == 0 && probe_value == 0x21;
        map(f, AP_ALL, 0, true);
        ok &= probe_exec(VA) == perm && fault_at(VA, false);
        ok &= probe_user_exec(VA) == perm && fault_at(VA, false);
        map(f, AP_PRIV, 0, false);
        ok &= probe_exec(VA) == 0 && probe_user_exec(VA) == perm;
        map(f, AP_NONE, 0, false);
        ok &= probe_exec(VA) == perm && probe_user_exec(VA) == perm;
        map(f, AP_ALL_RO, 0, false);
        ok &= probe_exec(VA) == 0 && probe_user_exec(VA) == 0;
        print("execute from %s: ", format_names[f]);
        report(ok, "XN, AP");
    }
    unmap();
    report(probe_exec(VA) == FAULT_I(5) && fault_at(VA, false), "execute from unmapped section");
    l1_set(l1_table, VA, (uint32_t)page_table | L1_TABLE);
    l2_set(page_table, VA, 0);
    report(probe_exec(VA) == FAULT_I(7) && fault_at(VA, false), "execute from unmapped page");
    report(probe_user_exec(VA) == FAULT_I(7) && fault_at(VA, false), "user execute from unmapped page");
    unmap();
}

/* TEX remap with every attribute Normal: only that accesses work. */
static void tex_remap(void)
{
    uint32_t prrr = CP15_READ(0, c10, c2, 0), nmrr = CP15_READ(0, c10, c2, 1);
    bool ok = true;

    CP15_WRITE(0, c10, c2, 0, 0x000aaaaa);
    CP15_WRITE(0, c10, c2, 1, 0xffffffff);
    ok &= check_eq(CP15_READ(0, c10, c2, 1), 0xffffffff, "NMRR");
    isb();
    SCTLR_WRITE(SCTLR_READ() | SCTLR_TRE);
    isb();
    tlbi_all();
    for (uint32_t texcb = 0; texcb < 8; texcb++) {
        l1_set(l1_table, VA, TEST_PA | L1_SECTION | L1_AP(AP_PRIV) | L1_TEXCB(texcb));
        tlbi_all();
        ok &= probe_write(VA + 4 * texcb, texcb) == 0;
        ok &= probe_read(VA + 4 * texcb) == 0 && probe_value == texcb;
    }
    ok &= (SCTLR_READ() & SCTLR_TRE) != 0;
    SCTLR_WRITE(SCTLR_READ() & ~SCTLR_TRE);
    isb();
    CP15_WRITE(0, c10, c2, 0, prrr);
    CP15_WRITE(0, c10, c2, 1, nmrr);
    isb();
    unmap();
    report(ok, "TRE with PRRR and NMRR");
}

static void mmu_off_and_on(void)
{
    bool ok = true;

    map(SMALL_F, AP_PRIV, 0, false);
    for (unsigned n = 0; n < 10; n++) {
        write32(VA, n);
        mmu_off();
        ok &= (SCTLR_READ() & SCTLR_M) == 0 && read32(TEST_PA) == n;
        write32(TEST_PA, 100 + n);
        mmu_on();
        ok &= read32(VA) == 100 + n;
    }
    report(ok, "MMU off and on, ten times");
    unmap();
}

#define PAR_OF(op2, va) ({ CP15_WRITE(0, c7, c8, op2, va); isb(); CP15_READ(0, c7, c4, 0); })

/* ATS1C* fill PAR (B4.1.112): F, and PA or FS. */
static void address_translation(void)
{
    uint32_t va = VA + 0x3123, pa = TEST_PA + 0x3000;

    map(SMALL_F, AP_USER_RO, 0, false);
    report((PAR_OF(0, va) & 0xfffff001) == pa, "ATS1CPR");
    report((PAR_OF(1, va) & 0xfffff001) == pa, "ATS1CPW");
    report((PAR_OF(2, va) & 0xfffff001) == pa, "ATS1CUR");
    report((PAR_OF(3, va) & 0x3f) == (0xf << 1 | 1), "ATS1CUW: permission fault");
    unmap();
    report((PAR_OF(0, va) & 0x3f) == (0x5 << 1 | 1), "ATS1CPR: translation fault");
}

/* A walk that leaves RAM is an external abort on the walk, of the level concerned. */
static void table_outside_ram(void)
{
    l1_set(l1_table, VA, 0x0b000000 | L1_TABLE);
    tlbi_all();
    report(probe_read(VA) == FAULT_D(0xe), "second-level table outside RAM, read");
    report(probe_exec(VA) == FAULT_I(0xe), "second-level table outside RAM, fetch");
    unmap();
    CP15_WRITE(0, c2, c0, 1, 0x0b000000);
    CP15_WRITE(0, c2, c0, 2, 1);
    isb();
    tlbi_all();
    report(probe_read(VA) == FAULT_D(0xc), "first-level table outside RAM");
    CP15_WRITE(0, c2, c0, 2, 0);
    CP15_WRITE(0, c2, c0, 1, (uint32_t)l1_table);
    isb();
    tlbi_all();
}

static void svc_call(uint32_t arg)
{
    __asm__ volatile("svc #9" ::: "lr", "memory");
}

static void udf_call(uint32_t arg)
{
    __asm__ volatile("udf #9" ::: "memory");
}

/* SCTLR.V: vectors at 0xffff0000, whatever VBAR says. */
static void high_vectors(void)
{
    uint32_t *l2 = l2_under(l1_table, 0xfff00000, 0), vbar = CP15_READ(0, c12, c0, 0);
    bool ok;

    for (uint32_t n = 0; n < 8; n++) {
        write32(TEST_PA + 4 * n, 0xe59ff018); /* ldr pc, [pc, #24] */
        write32(TEST_PA + 32 + 4 * n, (uint32_t)(vectors + n));
    }
    l2_set(l2, 0xffff0000, SMALL(TEST_PA, AP_PRIV));
    tlbi_all();
    CP15_WRITE(0, c12, c0, 0, TEST_PA + 0x1000);
    SCTLR_WRITE(SCTLR_READ() | SCTLR_V);
    isb();
    ok = catch_call(svc_call, 0) == EXC_SVC && catch_call(udf_call, 0) == EXC_UND;
    ok &= probe_read(VA) == FAULT_D(5) && probe_exec(VA) == FAULT_I(5);
    SCTLR_WRITE(SCTLR_READ() & ~SCTLR_V);
    CP15_WRITE(0, c12, c0, 0, vbar);
    isb();
    report(ok && catch_call(svc_call, 0) == EXC_SVC, "high vectors");
}

void test_main(void)
{
    mmu_setup();
    page_table = l2_new();
    sizes();
    access_permissions();
    access_flag();
    domains();
    domain_toggle();
    manager_lost();
    all_managers_lost();
    execute();
    tex_remap();
    mmu_off_and_on();
    address_translation();
    table_outside_ram();
    high_vectors();
}
