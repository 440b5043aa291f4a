#pragma once
/* Exception returns as eret_asm.S lists them, shared by the guests eret and eret_alu. */
#include "lib/bare.h"

struct eret { uint32_t spsr, target, from; uint32_t *frame; };
struct eret_form { void (*fn)(uint32_t params); const char *name; };
extern const struct eret_form eret_mov_table[], eret_alu_table[], eret_ldm_table[], eret_rfe_table[];
extern uint32_t land_arm[];
extern uint16_t land_thumb[];
extern const uint32_t eret_from_modes[5];
extern uint32_t frame[16];

/* Runs one form from every mode to every state; r6 must end as the frame + base_after, and with
 * "loads" r4 and r5 hold what the frame had. */
bool eret_check(const struct eret_form *form, int base_after, bool loads);
