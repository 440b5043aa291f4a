#pragma once
/*
 * Power State Coordination Interface 1.0 (DEN 0022) for a uniprocessor, by SMC or HVC.
 */
#include "core/vcpu.h"

/* What the caller must still do once the registers are updated. */
enum psci_action {
    PSCI_NONE,
    PSCI_WAIT,      /* CPU_SUSPEND: as WFI, r0 already holds SUCCESS */
    PSCI_CPU_STOP,  /* CPU_OFF of the only processor: nothing can run again */
    PSCI_POWER_OFF,
    PSCI_RESET,
};

/* Function in r0, arguments in r1-r3, result in r0.  Unknown functions, all of
 * SMCCC's included, return NOT_SUPPORTED. */
enum psci_action psci_call(struct vcpu *vcpu);
