#include "fake.h"

#include "arch/arch.h"
#include "lib/check.h"

struct fake_arch fake_arch;

void arch_sync_code(const void *va, uint32_t size)
{
    (void)va;
    (void)size;
    fake_arch.synced++;
}

void arch_clean_entry(const void *entry)
{
    (void)entry;
    fake_arch.cleaned++;
}

void arch_clean_range(const void *start, uint32_t size)
{
    (void)start;
    (void)size;
    fake_arch.cleaned++;
}

void arch_tlb_flush_va(uint32_t va, unsigned asid)
{
    if (fake_arch.tlb_flush_va)
        fake_arch.tlb_flush_va(va, asid);
}

void arch_tlb_flush_asid(unsigned asid)
{
    if (fake_arch.tlb_flush_asid)
        fake_arch.tlb_flush_asid(asid);
}

void arch_tlb_flush_all(void)
{
    if (fake_arch.tlb_flush_all)
        fake_arch.tlb_flush_all();
}

void *arch_map_page(uint32_t pa)
{
    CHECK(!(pa & 4095) && pa - fake_arch.ram_pa < fake_arch.ram_size);
    return fake_arch.ram + (pa - fake_arch.ram_pa);
}
