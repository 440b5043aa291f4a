#pragma once
/* GICv2 (IHI 0048B) and the generic timer (DDI 0406C B8) as the bare guests use them. */
#include "bare.h"

#define GICD 0x08000000u
#define GICC 0x08010000u
#define GICD_CTLR (GICD + 0x000)
#define GICD_TYPER (GICD + 0x004)
#define GICD_IGROUPR (GICD + 0x080)
#define GICD_ISENABLER (GICD + 0x100)
#define GICD_ICENABLER (GICD + 0x180)
#define GICD_ISPENDR (GICD + 0x200)
#define GICD_ICPENDR (GICD + 0x280)
#define GICD_ISACTIVER (GICD + 0x300)
#define GICD_ICACTIVER (GICD + 0x380)
#define GICD_IPRIORITYR (GICD + 0x400)
#define GICD_ITARGETSR (GICD + 0x800)
#define GICD_ICFGR (GICD + 0xc00)
#define GICD_SGIR (GICD + 0xf00)
#define GICC_CTLR (GICC + 0x00)
#define GICC_PMR (GICC + 0x04)
#define GICC_BPR (GICC + 0x08)
#define GICC_IAR (GICC + 0x0c)
#define GICC_EOIR (GICC + 0x10)
#define GICC_RPR (GICC + 0x14)
#define GICC_HPPIR (GICC + 0x18)

#define IRQ_SPURIOUS 1023u
#define IRQ_CNTV 27u
#define IRQ_CNTP 30u
#define IRQ_UART 33u
#define IRQ_RTC 34u

/* Everything disabled, inactive, not pending, priority 0xa0; distributor and interface on. */
void gic_init(void);
void gic_enable(uint32_t id);
void gic_disable(uint32_t id);
void gic_set_priority(uint32_t id, uint32_t priority);
bool gic_is_pending(uint32_t id);
bool gic_is_active(uint32_t id);
bool gic_is_enabled(uint32_t id);
/* Software-generated interrupt to this processor. */
void gic_send_sgi(uint32_t id);

#define CNT_ENABLE 1u
#define CNT_IMASK 2u
#define CNT_ISTATUS 4u
#define CNTFRQ() CP15_READ(0, c14, c0, 0)
#define CNTP_CTL_WRITE(v) do { CP15_WRITE(0, c14, c2, 1, v); isb(); } while (0)
#define CNTP_CTL_READ() CP15_READ(0, c14, c2, 1)
#define CNTP_TVAL_WRITE(v) do { CP15_WRITE(0, c14, c2, 0, v); isb(); } while (0)
#define CNTP_TVAL_READ() CP15_READ(0, c14, c2, 0)
#define CNTV_CTL_WRITE(v) do { CP15_WRITE(0, c14, c3, 1, v); isb(); } while (0)
#define CNTV_CTL_READ() CP15_READ(0, c14, c3, 1)
#define CNTV_TVAL_WRITE(v) do { CP15_WRITE(0, c14, c3, 0, v); isb(); } while (0)
#define CNTV_TVAL_READ() CP15_READ(0, c14, c3, 0)

/* CNTPCT, CNTVCT, and the compare values */
uint64_t cntpct(void);
uint64_t cntvct(void);
void cntp_cval_write(uint64_t value);
void cntv_cval_write(uint64_t value);
uint64_t cntv_cval_read(void);
void delay_us(uint32_t us);
/* Waits until *word differs from value, for at most a second; true when it did. */
bool wait_change(const volatile uint32_t *word, uint32_t value);
