#include "gic.h"

void gic_init(void)
{
    write32(GICD_CTLR, 0);
    for (uint32_t n = 0; n < 3; n++) {
        write32(GICD_ICENABLER + 4 * n, 0xffffffff);
        write32(GICD_ICPENDR + 4 * n, 0xffffffff);
        write32(GICD_ICACTIVER + 4 * n, 0xffffffff);
    }
    for (uint32_t n = 0; n < 96; n += 4)
        write32(GICD_IPRIORITYR + n, 0xa0a0a0a0);
    for (uint32_t n = 32; n < 96; n += 4)
        write32(GICD_ITARGETSR + n, 0x01010101);
    write32(GICD_CTLR, 1);
    write32(GICC_PMR, 0xff);
    write32(GICC_BPR, 0);
    write32(GICC_CTLR, 1);
}

void gic_enable(uint32_t id)
{
    write32(GICD_ISENABLER + id / 32 * 4, 1u << id % 32);
}

void gic_disable(uint32_t id)
{
    write32(GICD_ICENABLER + id / 32 * 4, 1u << id % 32);
    dsb();
}

void gic_set_priority(uint32_t id, uint32_t priority)
{
    *(volatile uint8_t *)(GICD_IPRIORITYR + id) = (uint8_t)priority;
}

static bool bit_of(uint32_t reg, uint32_t id)
{
    return read32(reg + id / 32 * 4) >> id % 32 & 1;
}

bool gic_is_pending(uint32_t id)
{
    return bit_of(GICD_ISPENDR, id);
}

bool gic_is_active(uint32_t id)
{
    return bit_of(GICD_ISACTIVER, id);
}

bool gic_is_enabled(uint32_t id)
{
    return bit_of(GICD_ISENABLER, id);
}

void gic_send_sgi(uint32_t id)
{
    dsb();
    write32(GICD_SGIR, 1u << 16 | id);
    dsb();
}

#define READ64(op1, crm) ({ \
    uint32_t low, high; \
    __asm__ volatile("isb\n mrrc p15, " #op1 ", %0, %1, " #crm : "=r"(low), "=r"(high) :: "memory"); \
    (uint64_t)high << 32 | low; })
#define WRITE64(op1, crm, v) \
    __asm__ volatile("mcrr p15, " #op1 ", %0, %1, " #crm "\n isb" \
                     :: "r"((uint32_t)(v)), "r"((uint32_t)((v) >> 32)) : "memory")

uint64_t cntpct(void)
{
    return READ64(0, c14);
}

uint64_t cntvct(void)
{
    return READ64(1, c14);
}

void cntp_cval_write(uint64_t value)
{
    WRITE64(2, c14, value);
}

void cntv_cval_write(uint64_t value)
{
    WRITE64(3, c14, value);
}

uint64_t cntv_cval_read(void)
{
    return READ64(3, c14);
}

void delay_us(uint32_t us)
{
    uint64_t end = cntvct() + (uint64_t)(CNTFRQ() / 1000000) * us;

    while (cntvct() < end)
        ;
}

bool wait_change(const volatile uint32_t *word, uint32_t value)
{
    uint64_t end = cntvct() + CNTFRQ();

    while (*word == value)
        if (cntvct() > end)
            return false;
    return true;
}
