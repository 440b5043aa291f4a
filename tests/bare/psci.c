/* PSCI by SMC as by HVC, and power-off by SMC.  Plain QEMU offers HVC only, so there is no oracle. */
#include "lib/bare.h"

#define PSCI_VERSION 0x84000000u
#define PSCI_FEATURES 0x8400000au
#define PSCI_SYSTEM_OFF 0x84000008u
#define NOT_SUPPORTED 0xffffffffu

static uint32_t psci_smc(uint32_t function, uint32_t argument)
{
    register uint32_t r0 __asm__("r0") = function;
    register uint32_t r1 __asm__("r1") = argument;

    __asm__ volatile(".arch_extension sec\n smc #0" : "+r"(r0), "+r"(r1) :: "r2", "r3", "memory");
    return r0;
}

void test_main(void)
{
    report(psci_smc(PSCI_VERSION, 0) >= 2, "PSCI_VERSION by SMC");
    report_eq(psci_smc(PSCI_VERSION, 0), psci_hvc(PSCI_VERSION, 0, 0, 0), "the same by HVC");
    report_eq(psci_smc(0x8400ffff, 0), NOT_SUPPORTED, "unknown function by SMC");
    report_eq(psci_hvc(0x8400ffff, 0, 0, 0), NOT_SUPPORTED, "unknown function by HVC");
    if (psci_smc(PSCI_VERSION, 0) >= 0x10000) {
        report_eq(psci_smc(PSCI_FEATURES, PSCI_SYSTEM_OFF), 0, "PSCI_FEATURES: SYSTEM_OFF");
        report_eq(psci_smc(PSCI_FEATURES, 0x8400ffff), NOT_SUPPORTED, "PSCI_FEATURES: unknown");
    }
    end_of_checks();
    psci_smc(PSCI_SYSTEM_OFF, 0);
    print("FAIL: SYSTEM_OFF by SMC returned\n");
    power_off();
}
