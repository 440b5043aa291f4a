#pragma once
/* arch.h on the build machine: calls are counted, TLB operations go to the test. */
#include <stdint.h>

struct fake_arch {
    uint8_t *ram;                /* what arch_map_page reaches */
    uint32_t ram_pa, ram_size;
    unsigned synced, cleaned;
    /* where TLB invalidations go; NULL: nowhere */
    void (*tlb_flush_va)(uint32_t va, unsigned asid);
    void (*tlb_flush_asid)(unsigned asid);
    void (*tlb_flush_all)(void);
};

extern struct fake_arch fake_arch;
