#include "symbols.h"
#include "umbra.h"
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void add(struct symbols *s, uint64_t address, const char *name)
{
    if (address > UINT32_MAX || !*name || *name == '$') /* $a, $t, $d: the assembler's own */
        return;
    if ((s->count & (s->count - 1)) == 0) {
        s->v = realloc(s->v, (s->count ? 2 * s->count : 1) * sizeof(s->v[0]));
        if (!s->v)
            die(EXIT_TOOL, "out of memory");
    }
    s->v[s->count++] = (struct symbol){ (uint32_t)address & ~1u, name };
}

/* "c0008000 T stext", of kallsyms perhaps followed by "[module]". */
static void add_line(struct symbols *s, char *line)
{
    char *end, *name;
    unsigned long long address = strtoull(line, &end, 16);
    if (end == line || end[0] != ' ' || !strchr("tTwW", end[1]) || end[2] != ' ')
        return;
    name = end + 3;
    name[strcspn(name, " \t\r")] = '\0';
    add(s, address, name);
}

static void load_map(struct symbols *s, struct blob *file)
{
    char *text = xmalloc(file->size + 1);
    memcpy(text, file->data, file->size);
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
        add_line(s, line);
}

static bool inside(const struct blob *file, uint64_t offset, uint64_t size)
{
    return offset <= file->size && size <= file->size - offset;
}

static void add_table(struct symbols *s, const struct blob *file, const Elf32_Shdr *table,
                      const Elf32_Shdr *strings)
{
    if (!inside(file, table->sh_offset, table->sh_size) ||
        !inside(file, strings->sh_offset, strings->sh_size) || strings->sh_size == 0 ||
        file->data[strings->sh_offset + strings->sh_size - 1] != 0)
        return;
    for (uint32_t at = 0; at + sizeof(Elf32_Sym) <= table->sh_size; at += sizeof(Elf32_Sym)) {
        Elf32_Sym sym;
        memcpy(&sym, file->data + table->sh_offset + at, sizeof(sym));
        unsigned type = ELF32_ST_TYPE(sym.st_info);
        if (sym.st_name < strings->sh_size && sym.st_shndx != SHN_UNDEF &&
            (type == STT_FUNC || type == STT_NOTYPE))
            add(s, sym.st_value, (const char *)file->data + strings->sh_offset + sym.st_name);
    }
}

static void load_elf(struct symbols *s, const char *path, const struct blob *file)
{
    Elf32_Ehdr header;
    if (file->size < sizeof(header) || file->data[EI_CLASS] != ELFCLASS32 ||
        file->data[EI_DATA] != ELFDATA2LSB)
        die(EXIT_FILE, "the symbols '%s': not a 32-bit little-endian ELF file", path);
    memcpy(&header, file->data, sizeof(header));
    if (header.e_shentsize != sizeof(Elf32_Shdr) ||
        !inside(file, header.e_shoff, (uint64_t)header.e_shnum * sizeof(Elf32_Shdr)))
        die(EXIT_FILE, "the symbols '%s': a truncated ELF file", path);
    for (unsigned i = 0; i < header.e_shnum; i++) {
        Elf32_Shdr table, strings;
        memcpy(&table, file->data + header.e_shoff + i * sizeof(table), sizeof(table));
        if (table.sh_type != SHT_SYMTAB || table.sh_link >= header.e_shnum)
            continue;
        memcpy(&strings, file->data + header.e_shoff + table.sh_link * sizeof(table), sizeof(strings));
        add_table(s, file, &table, &strings);
    }
}

static int by_address(const void *a, const void *b)
{
    const struct symbol *x = a, *y = b;
    if (x->address != y->address)
        return x->address < y->address ? -1 : 1;
    return strcmp(x->name, y->name);
}

void symbols_load(struct symbols *s, const char *path)
{
    struct blob file = read_file(path, "symbols");
    *s = (struct symbols){ 0 };
    if (file.size >= 4 && !memcmp(file.data, ELFMAG, SELFMAG))
        load_elf(s, path, &file);
    else
        load_map(s, &file);
    if (s->count == 0)
        die(EXIT_FILE,
            "the symbols '%s' name no code; a System.map, a copy of /proc/kallsyms or a vmlinux does", path);
    qsort(s->v, s->count, sizeof(s->v[0]), by_address);
}

const char *symbols_find(const struct symbols *s, uint32_t address, uint32_t *offset)
{
    size_t low = 0, high = s->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (s->v[middle].address <= address)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0 || address - s->v[low - 1].address >= MiB)
        return NULL;
    *offset = address - s->v[low - 1].address;
    return s->v[low - 1].name;
}
