/* PSCI 1.0 on a uniprocessor. */
#include "core/psci.h"

#include "test.h"

static struct vcpu vcpu;

static enum psci_action call(uint32_t function, uint32_t r1, uint32_t r2)
{
    vcpu.r[0] = function;
    vcpu.r[1] = r1;
    vcpu.r[2] = r2;
    return psci_call(&vcpu);
}

static bool returns(uint32_t function, uint32_t r1, uint32_t r2, int32_t result)
{
    return call(function, r1, r2) == PSCI_NONE && (int32_t)vcpu.r[0] == result;
}

int main(void)
{
    report(returns(0x84000000, 0, 0, 0x10000), "PSCI_VERSION is 1.0");
    report(call(0x84000001, 0, 0) == PSCI_WAIT && vcpu.r[0] == 0, "CPU_SUSPEND waits");
    report(call(0x84000002, 0, 0) == PSCI_CPU_STOP, "CPU_OFF");
    report(returns(0x84000003, 0, 0, -4), "CPU_ON of itself is ALREADY_ON");
    report(returns(0x84000003, 1, 0, -2), "CPU_ON of another is INVALID_PARAMETERS");
    report(returns(0x84000004, 0, 0, 0), "AFFINITY_INFO is ON");
    report(returns(0x84000004, 1, 0, -2) && returns(0x84000004, 0, 4, -2), "AFFINITY_INFO of nothing");
    report(returns(0x84000006, 0, 0, 2), "MIGRATE_INFO_TYPE");
    report(call(0x84000008, 0, 0) == PSCI_POWER_OFF, "SYSTEM_OFF");
    report(call(0x84000009, 0, 0) == PSCI_RESET, "SYSTEM_RESET");
    report(returns(0x8400000a, 0x84000008, 0, 0), "PSCI_FEATURES of SYSTEM_OFF");
    report(returns(0x8400000a, 0x80000000, 0, -1), "PSCI_FEATURES of SMCCC_VERSION");
    report(returns(0x80000000, 0, 0, -1) && returns(0x80000001, 0, 0, -1) && returns(0x12345678, 0, 0, -1),
           "anything else is NOT_SUPPORTED");
    return test_summary();
}
