#pragma once
/* Names of code addresses, from a System.map (or /proc/kallsyms) or a vmlinux. */
#include <stddef.h>
#include <stdint.h>

struct symbol {
    uint32_t address;
    const char *name;
};

struct symbols {
    struct symbol *v; /* by address */
    size_t count;
};

/* Dies with EXIT_FILE when the file cannot be read or names no code. */
void symbols_load(struct symbols *s, const char *path);
/* The symbol at or below the address and how far below; NULL when there is none within 1 MiB. */
const char *symbols_find(const struct symbols *s, uint32_t address, uint32_t *offset);
