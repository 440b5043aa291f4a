#pragma once
/*
 * Virtual ARM generic timer (DDI 0406C B8): the physical and the virtual timer of
 * one processor.  CNTVOFF is 0, so both count the same.  Time comes from the caller, in guest ticks.
 */
#include <stdbool.h>
#include <stdint.h>
#include "vdev/vdev.h"

#define VTIMER_NEVER UINT64_MAX

enum vtimer_which { VTIMER_PHYS, VTIMER_VIRT, VTIMER_COUNT };

/* CNTP_CTL, CNTV_CTL (B4.1.28) */
#define CNT_CTL_ENABLE 1u
#define CNT_CTL_IMASK 2u
#define CNT_CTL_ISTATUS 4u

struct vtimer_channel {
    uint64_t cval;
    uint32_t ctl; /* ENABLE and IMASK */
    struct irq_line irq;
};

struct vtimer {
    struct vtimer_channel channel[VTIMER_COUNT];
};

/* Both disabled, compare values 0. */
void vtimer_init(struct vtimer *timer, struct irq_line phys, struct irq_line virt);
void vtimer_reset(struct vtimer *timer);

/* CTL, CVAL and TVAL; reading CTL computes ISTATUS, writing any of them drives the line. */
uint32_t vtimer_read_ctl(const struct vtimer *timer, enum vtimer_which which, uint64_t now);
void vtimer_write_ctl(struct vtimer *timer, enum vtimer_which which, uint32_t value, uint64_t now);
uint64_t vtimer_read_cval(const struct vtimer *timer, enum vtimer_which which);
void vtimer_write_cval(struct vtimer *timer, enum vtimer_which which, uint64_t value, uint64_t now);
uint32_t vtimer_read_tval(const struct vtimer *timer, enum vtimer_which which, uint64_t now);
void vtimer_write_tval(struct vtimer *timer, enum vtimer_which which, uint32_t value, uint64_t now);

/* Drives both interrupt lines as they are at 'now'. */
void vtimer_update(struct vtimer *timer, uint64_t now);
/* When a line will next rise by itself: later than 'now', or VTIMER_NEVER. */
uint64_t vtimer_next_deadline(const struct vtimer *timer, uint64_t now);
