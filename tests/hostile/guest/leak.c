/*
 * Does a register ever tell where umbra is?  Random chunks in System and User mode, whose general
 * registers are kept at the exception that ends them.
 *
 * Exact: none may hold an address of the chunk's translation, CODE_VA + D, which no program of the
 * guest's computes; the banked LR is in the chunk or where a random branch went, never there.
 * Statistical, since random arithmetic makes any value: umbra's window may not be met more often
 * than the 32 MiB pieces of address space around it.
 */
#include "hostile.h"

#define STATE_REGISTERS 100u
#define PIECES 128u /* of 32 MiB */

static uint32_t met[PIECES], exact;

/* Not the page's first word, which is a rotated immediate: random words do make it. */
static bool translated(uint32_t value)
{
    return value - (CODE_VA + UMBRA_D + 4) < 0x1ffc || value - (CODE_VA + UMBRA_D + 0x80000004u) < 0x1ffc;
}

static void look(const struct chunk *c)
{
    for (unsigned i = 0; i < 13; i++) {
        met[c->out[i] >> 25]++;
        if (translated(c->out[i])) {
            print("  r%u %08x after exception %u at %08x\n", i, (unsigned)c->out[i], (unsigned)c->kind,
                  (unsigned)c->out_lr);
            exact++;
        }
    }
    if (translated(c->out_lr) || (c->out_lr >= UMBRA_WINDOW && c->out_lr < UMBRA_END && c->kind != EXC_PABT))
        exact++;
}

/* The registers in the page that stubs may write: no address of the window but the page's own and the one
 * behind it.  What follows them is the guest's: arguments of its TLB operations. */
static void state_page(void)
{
    uint32_t bad = 0;

    probe_read(0x10000000); /* fault addresses that are not the chunks' */
    probe_exec(0x10000000);
    for (uint32_t at = UMBRA_STATE; at < UMBRA_STATE + STATE_REGISTERS; at += 4) {
        uint32_t fault = probe_read(at), v = probe_value;

        bad += fault || v - 0xfa000000u < 0x01000000u || (v > UMBRA_STATE + 0x1000 && v < UMBRA_END);
    }
    report_eq(bad, 0, "the state page holds no address of umbra's but its own");
}

void attack_leak(void)
{
    struct chunk c;
    uint32_t around = 0, window = met[0];

    chunk_setup();
    for (uint32_t n = 0; n < (rounds ? rounds : 3000); n++) {
        bool thumb = n & 4;

        if (n % 8 == 0 || n % 8 == 4) {
            for (uint32_t i = 0; i < CHUNK_WORDS; i++) {
                do
                    chunk_code[i] = thumb ? random_t32() : random_a32();
                while (thumb ? hurts_t32(chunk_code[i]) : hurts_a32(chunk_code[i]));
            }
            chunk_seal(CHUNK_WORDS);
        }
        for (unsigned i = 0; i < 13; i++)
            c.r[i] = pick(2) ? rnd() : DATA_VA + 0x1000 + (rnd() & 0x7ffc);
        c.pc = CODE_VA + 4 * pick(CHUNK_WORDS) + thumb;
        c.cpsr = (n & 1 ? MODE_USR : MODE_SYS) | (rnd() & 0xf0000000);
        chunk_run(&c);
        look(&c);
    }
    report_eq(exact, 0, "no register holds an address of a translation");
    for (unsigned i = 0x60 >> 1; i < 0xa0 >> 1; i++)
        around += met[i];
    window = met[UMBRA_WINDOW >> 25];
    print("  window %u, others on average %u\n", (unsigned)window, (unsigned)(around / 32));
    report(window <= 4 * (around / 32) + 20, "the window is met no more often than other addresses");
    state_page();
}
