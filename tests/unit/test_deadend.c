/* A guest that can never leave its loop is told of, once; any other is not. */
#include "vmm/vmm.h"

#include <string.h>

#include "core/cp15.h"
#include "support.h"
#include "test.h"

static uint32_t code[16]; /* at 0x1000 */
static struct vm vm;

bool access_insn(struct vcpu *vcpu, uint32_t *insn, unsigned *size)
{
    uint32_t at = vcpu->r[15] - 0x1000;

    if (at >= sizeof(code))
        return false;
    *size = vcpu->cpsr & PSR_T ? 2 : 4;
    *insn = *size == 4 ? code[at / 4] : code[at / 4] >> (at & 2 ? 16 : 0) & 0xffff;
    return true;
}

const char *cp15_name(unsigned crn, unsigned op1, unsigned crm, unsigned op2)
{
    return crn == 0 && op1 == 0 && crm == 1 && op2 == 4 ? "ID_MMFR0" : NULL;
}

static bool told(uint32_t pc, uint32_t cpsr)
{
    struct vcpu *v = &vm.vcpu;
    unsigned before = log_count;

    v->vm = &vm;
    v->r[15] = pc;
    v->cpsr = MODE_SVC | cpsr;
    deadend_look(v);
    return log_count != before || v->r[15] != pc;
}

int main(void)
{
    const uint32_t masked = PSR_I | PSR_F;

    code[0] = 0xe1a00000; /* mov r0, r0 */
    code[1] = 0xeafffffd; /* b .-4 */
    code[2] = 0xe2800001; /* add r0, r0, #1 */
    code[3] = 0xeafffffd; /* b .-4 */
    code[4] = 0x0afffffe; /* beq . */
    code[5] = 0xe1a00001; /* mov r0, r1 */
    code[6] = 0xeafffffd; /* b .-4 */
    code[7] = 0xea000100; /* b somewhere */
    code[8] = 0xe7fee7fe; /* T32: b . */
    code[9] = 0xe7fd46c0; /* T32: mov r8, r8; b .-2 */
    report(!told(0x1000, PSR_I) && !told(0x1000, PSR_F) && !told(0x1000, 0), "an interrupt may end the loop");
    report(!told(0x1008, masked) && !told(0x1014, masked), "a loop that does something");
    report(!told(0x1010, masked) && !told(0x101c, masked), "a condition; out of sight");
    report(!told(0x1004 + 0x1000, masked), "nothing to fetch");
    report(told(0x1004, masked) && strstr(log_last, "0x00001004"), "mov r0, r0; b .-4");
    report(!told(0x1000, masked), "told once");
    {
        uint32_t next;

        report(deadend_step(0xe7fe, true, 0x1020, &next) && next == 0x1020, "T32 b .");
        report(deadend_step(0x46c0, true, 0x1024, &next) && next == 0x1026, "T32 nop");
        report(!deadend_step(0x4408, true, 0x1024, &next), "T32 add");
    }
    return test_summary();
}
