/* Which attack, with which seed, is in the device tree's bootargs; prints END when it got to the end. */
#include "hostile.h"

uint32_t seed = 1, rounds;

static const struct { const char *name; void (*run)(void); } attacks[] = {
    { "words", attack_words },   { "user-words", attack_user_words }, { "thumb", attack_thumb },
    { "wild", attack_wild },     { "leak", attack_leak },             { "mmio", attack_mmio },
    { "cpregs", attack_cpregs }, { "state", attack_state },           { "jumps", attack_jumps },
    { "stacks", attack_stacks }, { "tables", attack_tables },         { "map4g", attack_map4g },
    { "window", attack_window }, { "spaces", attack_spaces },         { "code", attack_code },
    { "modes", attack_modes },   { "storm", attack_storm },           { "floods", attack_floods },
    { "dma", attack_dma },       { "dead", attack_dead },             { "flash", attack_flash },
    { "control", attack_control },
};

uint32_t rnd(void)
{
    return random_next(&seed);
}

uint32_t pick(uint32_t n)
{
    return (rnd() >> 8) % n;
}

uint32_t odd_value(void)
{
    static const uint32_t values[] = {
        0, 1, 2, 3, 0x10, 0x13, 0x1f, 0x7fffffff, 0x80000000, 0xffffffff, 0xfffffffc, 0xfffff000, 0xffff0000,
        UMBRA_WINDOW, UMBRA_WINDOW + 0x400000, UMBRA_STATE, UMBRA_STATE + 1, UMBRA_STATE + 0xffc, UMBRA_STATE + 0x1000,
        0xfb700000, 0xfb800000, 0xfbfffffc, UMBRA_END, UMBRA_D, 0u - UMBRA_D, UMBRA_WINDOW - UMBRA_D,
        UMBRA_STATE - UMBRA_D, CODE_VA, CODE_VA + UMBRA_D, CODE_VA + UMBRA_D + 1, CODE_VA + 0x80000000u + UMBRA_D,
        DATA_VA, DATA_VA + 1, 0x40000000, 0x40010000, 0x08000000, 0x08010000, 0x09000000, 0x0a000000, 0x50000000,
        0x60000000, 0x70000000, 0x5ff00000, 0x7ff00000,
    };
    uint32_t v = values[pick(sizeof(values) / 4)];

    switch (pick(4)) {
    case 0: return rnd();
    case 1: return v + (pick(64) << 2);
    case 2: return v ^ (1u << pick(32));
    default: return v;
    }
}

/* The text behind "NAME=" in the tree, or NULL. */
static const char *find_argument(const char *name)
{
    const uint8_t *t = (const uint8_t *)boot_dtb;
    uint32_t size = (uint32_t)t[4] << 24 | t[5] << 16 | t[6] << 8 | t[7], n = 0;

    while (name[n])
        n++;
    for (uint32_t i = 0; i + n + 16 < size; i++) {
        uint32_t k = 0;

        while (k < n && t[i + k] == (uint8_t)name[k])
            k++;
        if (k == n)
            return (const char *)t + i + n;
    }
    return NULL;
}

static uint32_t number_argument(const char *name, uint32_t value)
{
    const char *s = find_argument(name);

    if (!s)
        return value;
    for (value = 0; *s >= '0' && *s <= '9'; s++)
        value = value * 10 + (uint32_t)(*s - '0');
    return value;
}

static bool same_word(const char *a, const char *b)
{
    while (*a && *a == *b)
        a++, b++;
    return !*a && (!*b || *b == ' ');
}

void test_main(void)
{
    const char *name = find_argument("attack=");

    rounds = number_argument("rounds=", 0);
    seed = number_argument("seed=", 1) * 2654435761u + 1;
    if (!seed)
        seed = 1;
    for (unsigned i = 0; name && i < sizeof(attacks) / sizeof(attacks[0]); i++) {
        if (!same_word(attacks[i].name, name))
            continue;
        print("hostile: %s, seed %08x\n", attacks[i].name, (unsigned)seed);
        attacks[i].run();
        report(true, attacks[i].name);
        return;
    }
    print("hostile: which attack?\n");
    report(false, "attack");
}
