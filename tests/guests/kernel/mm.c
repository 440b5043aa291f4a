/* Memory of processes: VMSAv7 short descriptors (DDI 0406C B3.5), with ASIDs. */
#include "kernel.h"

#define L1_TABLE 0x1u
#define L2_LARGE 0x1u
#define L2_SMALL 0x2u
#define L2_XN_LARGE 0x8000u
#define L2_XN_SMALL 0x1u
#define L2_NG 0x800u
#define L2_S 0x400u
#define AP_PRIV_RO 0x210u
#define AP_USER_RO 0x230u
#define AP_USER_RW 0x030u
#define AP2 0x200u
#define NORMAL_LARGE 0x100cu
#define NORMAL_SMALL 0x4cu

#define ASIDS 5 /* 1 to 4 for processes, 0 for the moment of a switch */
#define FRAMES 0x40400000u
#define FRAMES_END 0x41000000u

extern uint32_t kernel_l1[4096], kernel_l2[256];
extern char __user_start[], __text_end[];

static uint32_t l1_pool[MAX_TASKS][2048] __attribute__((aligned(8192)));
static uint32_t l2_pool[MAX_TASKS][TABLES_PER_TASK][256] __attribute__((aligned(1024)));
static uint32_t small_free, large_free, next_frame = FRAMES, shared_page;
static uint32_t next_asid = 1, generation = 1;
static bool vectors_low = true;

static uint32_t phys(const void *p) { return (uint32_t)p - KERNEL_OFFSET; }
static uint32_t *at(uint32_t pa) { return (uint32_t *)(pa - 0x40000000u + PHYS_MAP); }

static void put_desc(uint32_t *entry, uint32_t value)
{
    *entry = value;
    CP15_WRITE(c7, 0, c10, 1, entry); /* DCCMVAC */
    dsb();
}

static void tlb_page(uint32_t va, uint32_t asid)
{
    dsb();
    CP15_WRITE(c8, 0, c7, 1, (va & ~0xfffu) | asid);
    CP15_WRITE(c7, 0, c5, 6, 0);
    dsb();
    isb();
}

/* Free frames are linked through themselves. */
static uint32_t frame_get(bool large)
{
    uint32_t *list = large ? &large_free : &small_free, size = large ? 0x10000 : 0x1000, pa = *list;

    if (pa) {
        *list = *at(pa);
    } else {
        pa = (next_frame + size - 1) & ~(size - 1);
        next_frame = pa + size;
    }
    for (uint32_t i = 0; i < size / 4; i++)
        at(pa)[i] = 0;
    return pa;
}

static void frame_put(uint32_t pa, bool large)
{
    uint32_t *list = large ? &large_free : &small_free;

    *at(pa) = *list;
    *list = pa;
}

static uint32_t *table_of(struct task *t, uint32_t va, uint32_t domain)
{
    uint32_t entry = t->l1[va >> 20], *l2;

    if (entry)
        return (uint32_t *)((entry & ~0x3ffu) + KERNEL_OFFSET);
    l2 = l2_pool[t - tasks][t->tables++];
    for (unsigned i = 0; i < 256; i++)
        l2[i] = 0;
    put_desc(&t->l1[va >> 20], phys(l2) | domain << 5 | L1_TABLE);
    return l2;
}

static void map(struct task *t, uint32_t va, uint32_t desc, uint32_t domain)
{
    uint32_t *l2 = table_of(t, va, domain);
    unsigned index = va >> 12 & 255, count = (desc & 3) == L2_LARGE ? 16 : 1;

    for (unsigned i = 0; i < count; i++)
        put_desc(&l2[(index & ~(count - 1)) + i], desc);
}

/* The kernel's code becomes read-only: in 64 KiB pages, so it ends at one's boundary. */
void mm_init(void)
{
    for (unsigned i = 16; i < ((uint32_t)__text_end >> 12 & 255); i++)
        put_desc(&kernel_l2[i], (kernel_l2[i] & ~0x230u) | AP_PRIV_RO);
    dsb();
    CP15_WRITE(c8, 0, c7, 0, 0);
    dsb();
    isb();
    shared_page = frame_get(false);
    at(shared_page)[0] = 0x5ba7ed;
}

bool mm_create(struct task *t)
{
    t->l1 = l1_pool[t - tasks];
    t->tables = 0;
    for (unsigned i = 0; i < 2048; i++)
        t->l1[i] = 0;
    if (vectors_low)
        map(t, 0, phys(vectors) | L2_SMALL | AP_PRIV_RO | NORMAL_SMALL | L2_S, DOMAIN_KERNEL);
    if (t == &tasks[0])
        return true;
    map(t, USER_TEXT, phys(__user_start) | L2_LARGE | AP_USER_RO | NORMAL_LARGE | L2_NG, t->domain);
    map(t, USER_SHARED, shared_page | L2_SMALL | AP_USER_RO | NORMAL_SMALL | L2_NG | L2_XN_SMALL, DOMAIN_SHARED);
    return true;
}

void mm_destroy(struct task *t)
{
    for (unsigned n = 0; n < t->tables; n++) {
        uint32_t *l2 = l2_pool[t - tasks][n];

        for (unsigned i = 0; i < 256; i++) {
            uint32_t pa = l2[i] & ~0xfffu;
            bool large = (l2[i] & 3) == L2_LARGE;

            if (l2[i])
                put_desc(&l2[i], 0);
            if (pa >= FRAMES && pa < FRAMES_END && pa != shared_page && (!large || i % 16 == 0))
                frame_put(large ? pa & ~0xffffu : pa, large);
        }
    }
    for (unsigned i = 0; i < 2048; i++)
        t->l1[i] = 0;
    if (t->asid_generation == generation) {
        dsb();
        CP15_WRITE(c8, 0, c7, 2, t->asid); /* TLBIASID */
        dsb();
        isb();
    }
    t->tables = 0;
    if (vectors_low)
        map(t, 0, phys(vectors) | L2_SMALL | AP_PRIV_RO | NORMAL_SMALL | L2_S, DOMAIN_KERNEL);
}

static void new_asid(struct task *t)
{
    if (next_asid == ASIDS) {
        counters[COUNT_ASID_WRAPS]++;
        generation++;
        next_asid = 1;
        dsb();
        CP15_WRITE(c8, 0, c7, 0, 0); /* TLBIALL */
        CP15_WRITE(c7, 0, c5, 6, 0);
        dsb();
        isb();
    }
    t->asid = next_asid++;
    t->asid_generation = generation;
}

/* Through ASID 0, under which nothing that is not global is looked at (B3.10.4). */
void mm_switch(struct task *t)
{
    CP15_WRITE(c13, 0, c0, 1, 0);
    isb();
    CP15_WRITE(c2, 0, c0, 0, phys(t->l1));
    isb();
    if (t->asid_generation != generation)
        new_asid(t);
    CP15_WRITE(c13, 0, c0, 1, t->pid << 8 | t->asid);
    CP15_WRITE(c7, 0, c5, 6, 0);
    isb();
}

bool mm_demand(uint32_t va)
{
    bool large = va >= USER_LARGE && va < USER_SHARED;
    uint32_t desc;

    if (!large && !(va >= USER_SMALL && va < USER_LARGE) && !(va >= USER_STACK && va < USER_END))
        return false;
    desc = frame_get(large) | AP_USER_RW | L2_NG;
    map(current, va, desc | (large ? L2_LARGE | NORMAL_LARGE : L2_SMALL | NORMAL_SMALL), current->domain);
    return true;
}

static uint32_t *entry_of(uint32_t va)
{
    uint32_t l1 = va < USER_END ? current->l1[va >> 20] : 0, *l2 = (uint32_t *)((l1 & ~0x3ffu) + KERNEL_OFFSET);

    return l1 && (l2[va >> 12 & 255] & 3) >= L2_SMALL ? &l2[va >> 12 & 255] : 0;
}

bool mm_protect(uint32_t va)
{
    uint32_t *entry = entry_of(va);

    if (!entry)
        return false;
    put_desc(entry, *entry | AP2);
    tlb_page(va, current->asid);
    return true;
}

bool mm_unmap(uint32_t va)
{
    uint32_t *entry = entry_of(va);

    if (!entry || va >> 20 == 0)
        return false;
    frame_put(*entry & ~0xfffu, false);
    put_desc(entry, 0);
    tlb_page(va, current->asid);
    return true;
}

/* Code that a process has written; its domain is opened for the moment. */
void mm_flush(uint32_t va, uint32_t size)
{
    uint32_t dacr = set_dacr(DACR_KERNEL | 1u << 2 * current->domain);

    for (uint32_t line = va & ~31u; line < va + size; line += 32)
        CP15_WRITE(c7, 0, c11, 1, line); /* DCCMVAU */
    dsb();
    for (uint32_t line = va & ~31u; line < va + size; line += 32)
        CP15_WRITE(c7, 0, c5, 1, line); /* ICIMVAU */
    CP15_WRITE(c7, 0, c5, 6, 0);
    dsb();
    isb();
    set_dacr(dacr);
}

/* From address 0 to the kernel's own half. */
void mm_move_vectors(void)
{
    CP15_WRITE(c12, 0, c0, 0, vectors);
    isb();
    vectors_low = false;
    for (unsigned i = 0; i < MAX_TASKS; i++) {
        if (tasks[i].state != TASK_FREE && tasks[i].l1[0])
            put_desc(&((uint32_t *)((tasks[i].l1[0] & ~0x3ffu) + KERNEL_OFFSET))[0], 0);
    }
    dsb();
    CP15_WRITE(c8, 0, c7, 3, 0); /* TLBIMVAA of page 0 */
    CP15_WRITE(c7, 0, c5, 6, 0);
    dsb();
    isb();
}
