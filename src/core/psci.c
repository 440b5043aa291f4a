#include "core/psci.h"

#define PSCI_VERSION_1_0 0x00010000u
#define MIGRATE_NOT_REQUIRED 2u

enum psci_function {
    PSCI_VERSION = 0x84000000u,
    CPU_SUSPEND,
    CPU_OFF,
    CPU_ON,
    AFFINITY_INFO,
    MIGRATE,
    MIGRATE_INFO_TYPE,
    MIGRATE_INFO_UP_CPU,
    SYSTEM_OFF,
    SYSTEM_RESET,
    PSCI_FEATURES,
};

enum psci_result {
    SUCCESS = 0,
    NOT_SUPPORTED = -1,
    INVALID_PARAMETERS = -2,
    ALREADY_ON = -4,
};

#define MPIDR_AFFINITY 0x00ffffffu

static uint32_t features(uint32_t function)
{
    switch (function) {
    case PSCI_VERSION:
    case CPU_SUSPEND: /* flags 0: original power_state format, no OS-initiated mode */
    case CPU_OFF:
    case CPU_ON:
    case AFFINITY_INFO:
    case MIGRATE_INFO_TYPE:
    case SYSTEM_OFF:
    case SYSTEM_RESET:
    case PSCI_FEATURES:
        return SUCCESS;
    default:
        return (uint32_t)NOT_SUPPORTED;
    }
}

/* The only processor has affinity 0.0.0; affinity levels above 3 do not exist. */
static uint32_t affinity_info(uint32_t target, uint32_t level)
{
    if ((target & MPIDR_AFFINITY) || level > 3)
        return (uint32_t)INVALID_PARAMETERS;
    return 0; /* ON */
}

enum psci_action psci_call(struct vcpu *vcpu)
{
    uint32_t *r = vcpu->r;

    switch (r[0]) {
    case PSCI_VERSION:
        r[0] = PSCI_VERSION_1_0;
        return PSCI_NONE;
    case CPU_SUSPEND: /* power-down requests may be downgraded to standby (5.4.2) */
        r[0] = SUCCESS;
        return PSCI_WAIT;
    case CPU_OFF:
        return PSCI_CPU_STOP;
    case CPU_ON:
        r[0] = (uint32_t)(r[1] & MPIDR_AFFINITY ? INVALID_PARAMETERS : ALREADY_ON);
        return PSCI_NONE;
    case AFFINITY_INFO:
        r[0] = affinity_info(r[1], r[2]);
        return PSCI_NONE;
    case MIGRATE_INFO_TYPE:
        r[0] = MIGRATE_NOT_REQUIRED;
        return PSCI_NONE;
    case SYSTEM_OFF:
        return PSCI_POWER_OFF;
    case SYSTEM_RESET:
        return PSCI_RESET;
    case PSCI_FEATURES:
        r[0] = features(r[1]);
        return PSCI_NONE;
    default:
        r[0] = (uint32_t)NOT_SUPPORTED;
        return PSCI_NONE;
    }
}
