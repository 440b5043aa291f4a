/* The two spaces, and running chunks in one of them. */
#include "hostile.h"

#define IRQ_US 150
#define FIQ_US 400 /* the watchdog */
#define HIGH_VECTORS 0xffff0000u
#define SMALL_NG(pa, ap) (SMALL(pa, ap) | L2_NG)
#define AP_PRIV_RO 5u

/* Seen by both spaces: shared is read-only in the chunk's, saved is not. */
static struct chunk shared __attribute__((aligned(4096)));
uint32_t chunk_saved[1024] __attribute__((aligned(4096)));
static uint32_t high[1024] __attribute__((aligned(4096)));
uint32_t chunk_l1[4096] __attribute__((aligned(16384)));
static uint32_t program_l2[256] __attribute__((aligned(1024))), chunk_program_l2[256] __attribute__((aligned(1024)));
static uint32_t code_l2[256] __attribute__((aligned(1024))), high_l2[256] __attribute__((aligned(1024)));
uint32_t *const chunk_code = (uint32_t *)CODE_PA;
bool chunk_tame = true;
static bool devices, gic_ready; /* chunks can reach the GIC; it is set up */

void chunk_enter(struct chunk *c);
extern uint32_t chunk_vectors[], chunk_saving[], chunk_high_vectors[];

static bool in_text(uint32_t pa)
{
    return pa >= (uint32_t)__text_start && pa < (uint32_t)__text_end;
}

static void clean(const void *from, uint32_t size)
{
    for (uint32_t i = 0; i < size; i += 64)
        CP15_WRITE(0, c7, c10, 1, (uint32_t)from + i);
    dsb();
}

static void make_program_tables(void)
{
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t pa = RAM_BASE + (i << 12);

        program_l2[i] = in_text(pa) ? SMALL(pa, AP_ALL_RO) : SMALL_NG(pa, AP_PRIV);
        chunk_program_l2[i] = in_text(pa) ? SMALL(pa, AP_ALL_RO) : 0;
    }
    chunk_program_l2[(uint32_t)&shared >> 12 & 255] = SMALL_NG((uint32_t)&shared, AP_PRIV_RO);
    chunk_program_l2[(uint32_t)chunk_saved >> 12 & 255] = SMALL_NG((uint32_t)chunk_saved, AP_PRIV);
    for (uint32_t i = 0; i < 16; i++)
        high[i] = chunk_high_vectors[i];
    high_l2[HIGH_VECTORS >> 12 & 255] = SMALL((uint32_t)high, AP_ALL_RO);
    clean(program_l2, 1024);
    clean(chunk_program_l2, 1024);
    clean(high_l2, 1024);
}

static void make_main_space(void)
{
    l1_table[RAM_BASE >> 20] = (uint32_t)program_l2 | L1_TABLE;
    for (uint32_t pa = RAM_BASE + 0x100000; pa < RAM_END; pa += 0x100000)
        l1_table[pa >> 20] = SECTION(pa, AP_PRIV) | L1_NG;
    l1_table[HIGH_VECTORS >> 20] = (uint32_t)high_l2 | L1_TABLE;
    for (uint32_t pa = 0x08000000; pa <= 0x0a000000; pa += 0x1000000)
        l1_table[pa >> 20] = pa | L1_SECTION | L1_AP(AP_PRIV) | L1_TEXCB(TEXCB_DEVICE) | L1_XN | L1_NG;
    clean(l1_table, sizeof(l1_table));
}

void chunk_map(uint32_t va, uint32_t small_desc)
{
    code_l2[va >> 12 & 255] = small_desc | L2_NG;
    clean(&code_l2[va >> 12 & 255], 4);
    tlbi_all();
}

void chunk_map_devices(void)
{
    for (uint32_t pa = 0x08000000; pa <= 0x0a000000; pa += 0x1000000)
        chunk_l1[pa >> 20] = pa | L1_SECTION | L1_AP(AP_ALL) | L1_TEXCB(TEXCB_DEVICE) | L1_NG;
    chunk_l1[0x0b0] = 0x0b000000 | L1_SECTION | L1_AP(AP_ALL) | L1_TEXCB(TEXCB_DEVICE) | L1_NG;
    chunk_l1[0x090] = 0x09000000 | L1_SECTION | L1_AP(AP_ALL) | L1_TEXCB(TEXCB_DEVICE) | L1_NG;
    chunk_l1[0] = L1_SECTION | L1_AP(AP_ALL) | L1_NG; /* physical 0: nothing there */
    clean(chunk_l1, sizeof(chunk_l1));
    tlbi_all();
    devices = true;
}

static void make_chunk_space(void)
{
    chunk_l1[RAM_BASE >> 20] = (uint32_t)chunk_program_l2 | L1_TABLE;
    chunk_l1[CODE_VA >> 20] = (uint32_t)code_l2 | L1_TABLE;
    chunk_l1[HIGH_VECTORS >> 20] = (uint32_t)high_l2 | L1_TABLE;
    code_l2[CODE_VA >> 12 & 255] = SMALL_NG(CODE_PA, pick(2) ? AP_ALL_RO : AP_ALL);
    for (uint32_t i = 0; i < DATA_SIZE; i += 4096)
        code_l2[(DATA_VA + i) >> 12 & 255] = SMALL_NG(DATA_PA + i, AP_ALL);
    clean(code_l2, 1024);
    clean(chunk_l1, sizeof(chunk_l1));
}

void chunk_setup(void)
{
    gic_init();
    make_program_tables();
    make_main_space();
    make_chunk_space();
    CP15_WRITE(0, c2, c0, 2, 0);
    CP15_WRITE(0, c2, c0, 0, (uint32_t)l1_table);
    CP15_WRITE(0, c2, c0, 1, (uint32_t)l1_table);
    CP15_WRITE(0, c3, c0, 0, 1);
    CP15_WRITE(0, c13, c0, 1, 1);
    isb();
    mmu_on();
    CP15_WRITE(0, c1, c0, 2, 0x00f00000); /* CPACR: VFP and NEON */
    isb();
    __asm__ volatile(".fpu vfpv3\n vmsr fpexc, %0" ::"r"(0x40000000));
}

void chunk_seal(uint32_t used)
{
    while (used < CHUNK_WORDS + 16)
        chunk_code[used++] = 0xdf00df00; /* T32: two SVC; A32: SVCLE */
    for (unsigned i = 0; i < 16; i++)
        chunk_code[used++] = 0xef000000;
    CP15_WRITE(0, c7, c5, 0, 0);
    CP15_WRITE(0, c7, c5, 6, 0);
    dsb();
    isb();
}

void chunk_random_regs(struct chunk *c)
{
    for (unsigned i = 0; i < 13; i++) {
        switch (pick(4)) {
        case 0: c->r[i] = rnd() | 0xb0000000; break;
        case 1: c->r[i] = chunk_tame ? rnd() : odd_value(); break;
        default: c->r[i] = DATA_VA + 0x1000 + (rnd() & 0x7ffc); break;
        }
    }
}

/* The exception modes' stacks, for the saving vectors; User's in the data. */
static void set_save_stacks(void)
{
    __asm__ volatile("mrs r3, cpsr\n"
                     "msr cpsr_c, #0xd7\n mov sp, %0\n msr cpsr_c, #0xdb\n mov sp, %0\n"
                     "msr cpsr_c, #0xd2\n mov sp, %0\n msr cpsr_c, #0xd1\n mov sp, %0\n"
                     "msr cpsr_c, #0xdf\n mov sp, %1\n"
                     "msr cpsr_c, r3" ::"r"(chunk_saved), "r"(DATA_VA + 0x8000) : "r3", "memory");
}

/* An interrupt that was taken and never ended keeps all others of its priority away. */
void quiet_gic(void)
{
    for (unsigned i = 0; i < 256 && read32(GICC_RPR) < 0xff; i++)
        write32(GICC_EOIR, i);
    gic_init();
}

/* The virtual timer as FIQ, which most chunks do not mask; the physical one as IRQ. */
static void start_timers(void)
{
    if (devices || !gic_ready) {
        quiet_gic();
        write32(GICD_IGROUPR, ~(1u << IRQ_CNTV));
        write32(GICD_CTLR, 3);
        write32(GICC_CTLR, 1 | 2 | 4 | 8); /* both groups, AckCtl, FIQEn */
        write32(GICD_ISENABLER, 1u << IRQ_CNTV | 1u << IRQ_CNTP);
        gic_ready = true;
    }
    CNTV_TVAL_WRITE(CNTFRQ() / 1000000 * FIQ_US);
    CNTV_CTL_WRITE(CNT_ENABLE);
    CNTP_TVAL_WRITE(CNTFRQ() / 1000000 * pick(IRQ_US));
    CNTP_CTL_WRITE(CNT_ENABLE);
}

static void stop_timers(void)
{
    uint32_t id;

    CNTV_CTL_WRITE(0);
    CNTP_CTL_WRITE(0);
    while ((id = read32(GICC_IAR)) < 1020)
        write32(GICC_EOIR, id);
}

void chunk_run(struct chunk *c)
{
    bool saving = chunk_tame;

    shared = *c;
    if (saving)
        set_save_stacks();
    CP15_WRITE(0, c12, c0, 0, (uint32_t)(saving ? chunk_saving : chunk_vectors));
    start_timers();
    chunk_enter(&shared);
    stop_timers();
    CP15_WRITE(0, c12, c0, 0, (uint32_t)vectors);
    isb();
    for (unsigned i = 0; i < 13; i++)
        c->out[i] = chunk_saved[i];
    c->out_lr = chunk_saved[13];
    c->out_spsr = chunk_saved[14];
    c->kind = chunk_saved[15];
}
