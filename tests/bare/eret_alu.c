/* Exception returns by data-processing opcodes other than MOVS and SUBS (B9.3.20). */
#include "eret.h"

void test_main(void)
{
    for (const struct eret_form *e = eret_alu_table; e->fn; e++)
        report(eret_check(e, 0, false), e->name);
}
