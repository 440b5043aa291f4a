/* Kernel formats: what QEMU's -kernel accepts on ARM, and what it would only mislead with. */
#include "kernel.h"
#include <elf.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define KERNEL_OFFSET 0x10000 /* of a zImage or a flat binary, from the start of RAM */
#define UIMAGE_MAGIC 0x27051956

static uint32_t bytes_end(uint32_t start, size_t size)
{
    uint64_t end = (uint64_t)start + size;
    return end > UINT32_MAX ? UINT32_MAX : (uint32_t)end;
}

static struct kernel prepare_zimage(const char *path, struct blob file, uint32_t ram_base, bool decompress)
{
    uint32_t start = get_le32(file.data + 0x28), end = get_le32(file.data + 0x2c);
    if (end - start > file.size)
        die(EXIT_FILE, "'%s': a truncated zImage: %zu bytes of %u", path, file.size, end - start);

    if (!decompress) {
        uint32_t load = ram_base + KERNEL_OFFSET;
        uint64_t working = zimage_working_size(&file);
        if (!working) /* an old one; unpacked kernels are rarely five times the zImage */
            working = file.size * 6;
        return (struct kernel){ "zImage", file, load, load, bytes_end(ram_base, working), true, false };
    }
    struct zimage_info info = zimage_unpack(path, &file);
    uint32_t load = ram_base + info.text_offset;
    free(file.data);
    return (struct kernel){ "Image (unpacked here)", info.image, load, load,
                            bytes_end(load, info.image.size + info.bss_size), true, false };
}

/* --- raw Image ------------------------------------------------------------------ */

/* arch/arm/kernel/head.S: safe_svcmode_maskall's eor/tst/bic/orr, near the start. */
static bool raw_image_is(const struct blob *file)
{
    static const uint32_t head[] = { 0xe229901a, 0xe319001f, 0xe3c9901f, 0xe38990d3 };
    if (file->size < 65536)
        return false;
    for (size_t at = 0; at < 64; at += 4) {
        unsigned n = 0;
        while (n < 4 && get_le32(file->data + at + 4 * n) == head[n])
            n++;
        if (n == 4)
            return true;
    }
    return false;
}

/* head.S computes the start of RAM from where it runs:  sub r8, r8, #TEXT_OFFSET. */
static bool raw_image_text_offset(const struct blob *file, uint32_t *offset)
{
    for (size_t at = 0; at < 0x100; at += 4) {
        uint32_t insn = get_le32(file->data + at);
        if ((insn & 0xfffff000) != 0xe2488000)
            continue;
        unsigned by = (insn >> 8 & 15) * 2;
        uint32_t v = insn & 255;
        *offset = by ? v >> by | v << (32 - by) : v;
        return true;
    }
    return false;
}

static struct kernel prepare_raw_image(const char *path, struct blob file, uint32_t ram_base)
{
    uint32_t offset;
    if (!raw_image_text_offset(&file, &offset) || offset > 64 * MiB)
        die(EXIT_FILE, "'%s': a raw Linux Image that does not tell its offset from the start of RAM; use its zImage",
            path);
    uint32_t load = ram_base + offset;
    return (struct kernel){ "Image", file, load, load, bytes_end(load, file.size + 4 * MiB), true, false };
}

/* --- uImage --------------------------------------------------------------------- */

enum { IH_OS_AT = 28, IH_ARCH_AT = 29, IH_TYPE_AT = 30, IH_COMP_AT = 31, IH_SIZE = 64 };
enum { IH_ARCH_ARM = 2, IH_TYPE_STANDALONE = 1, IH_TYPE_KERNEL = 2, IH_TYPE_KERNEL_NOLOAD = 14 };

static struct blob gunzip(const char *path, const uint8_t *in, size_t size)
{
    struct blob out = { xmalloc(64 * MiB), 64 * MiB };
    z_stream s = { .next_in = (Bytef *)in, .avail_in = (uInt)size, .next_out = out.data,
                   .avail_out = (uInt)out.size };
    if (inflateInit2(&s, 16 + MAX_WBITS) != Z_OK || inflate(&s, Z_FINISH) != Z_STREAM_END)
        die(EXIT_FILE, "'%s': its gzip data does not unpack", path);
    out.size = s.total_out;
    inflateEnd(&s);
    return out;
}

static struct kernel prepare_uimage(const char *path, struct blob file, uint32_t ram_base)
{
    const uint8_t *h = file.data;
    if (file.size < IH_SIZE)
        die(EXIT_FILE, "'%s': a truncated uImage header", path);
    uint8_t copy[IH_SIZE];
    memcpy(copy, h, IH_SIZE);
    memset(copy + 4, 0, 4); /* the header's checksum is taken with itself zero */
    uint32_t size = get_be32(h + 12), load = get_be32(h + 16), entry = get_be32(h + 20);
    uint8_t type = h[IH_TYPE_AT];

    if (crc32(0, copy, IH_SIZE) != get_be32(h + 4))
        die(EXIT_FILE, "'%s': damaged uImage: header checksum", path);
    if (size == 0 || size > file.size - IH_SIZE)
        die(EXIT_FILE, "'%s': a truncated uImage: %zu bytes of %u", path, file.size - IH_SIZE, size);
    if (crc32(0, h + IH_SIZE, size) != get_be32(h + 24))
        die(EXIT_FILE, "'%s': damaged uImage: data checksum", path);
    if (h[IH_ARCH_AT] != IH_ARCH_ARM)
        die(EXIT_FILE, "'%s': a uImage for another architecture (%u)", path, h[IH_ARCH_AT]);
    if (type != IH_TYPE_KERNEL && type != IH_TYPE_KERNEL_NOLOAD && type != IH_TYPE_STANDALONE)
        die(EXIT_FILE, "'%s': a uImage that holds no kernel (type %u)", path, type);
    if (h[IH_COMP_AT] > 1)
        die(EXIT_FILE, "'%s': a uImage compressed with a method other than gzip (%u)", path, h[IH_COMP_AT]);

    struct blob image = { file.data + IH_SIZE, size };
    if (h[IH_COMP_AT] == 1)
        image = gunzip(path, image.data, image.size);
    if (type == IH_TYPE_KERNEL_NOLOAD) {
        load = ram_base + KERNEL_OFFSET;
        entry += load;
    }
    uint32_t working = zimage_is(&image) ? 6 : 1;
    return (struct kernel){ "uImage", image, load, entry, bytes_end(load, image.size * working),
                            type != IH_TYPE_STANDALONE, false };
}

/* --- ELF ------------------------------------------------------------------------ */

static const Elf32_Phdr *elf_segments(const char *path, const struct blob *file, unsigned *count)
{
    const Elf32_Ehdr *e = (const void *)file->data;
    if (file->size < sizeof(*e) || e->e_ident[EI_CLASS] != ELFCLASS32 || e->e_ident[EI_DATA] != ELFDATA2LSB)
        die(EXIT_FILE, "'%s': an ELF file, but not 32-bit little-endian", path);
    if (e->e_machine != EM_ARM)
        die(EXIT_FILE, "'%s': an ELF file for another processor (machine %u)", path, e->e_machine);
    if (e->e_type != ET_EXEC && e->e_type != ET_DYN)
        die(EXIT_FILE, "'%s': an ELF file that is not an executable", path);
    if (e->e_phoff & 3 || e->e_phentsize != sizeof(Elf32_Phdr) ||
        (uint64_t)e->e_phoff + e->e_phnum * sizeof(Elf32_Phdr) > file->size)
        die(EXIT_FILE, "'%s': a truncated ELF file: no program headers", path);
    *count = e->e_phnum;
    return (const void *)(file->data + e->e_phoff);
}

static struct kernel prepare_elf(const char *path, struct blob file)
{
    unsigned count;
    const Elf32_Phdr *ph = elf_segments(path, &file, &count);
    uint32_t entry = ((const Elf32_Ehdr *)(const void *)file.data)->e_entry, virtual_entry = entry;
    uint64_t low = UINT64_MAX, high = 0, memory_end = 0;

    for (unsigned i = 0; i < count; i++) {
        if (ph[i].p_type != PT_LOAD || ph[i].p_memsz == 0)
            continue;
        if ((uint64_t)ph[i].p_offset + ph[i].p_filesz > file.size || ph[i].p_filesz > ph[i].p_memsz)
            die(EXIT_FILE, "'%s': a truncated ELF file: segment %u", path, i);
        uint64_t end = (uint64_t)ph[i].p_paddr + ph[i].p_memsz;
        if (ph[i].p_filesz && ph[i].p_paddr < low)
            low = ph[i].p_paddr;
        if (ph[i].p_filesz && (uint64_t)ph[i].p_paddr + ph[i].p_filesz > high)
            high = (uint64_t)ph[i].p_paddr + ph[i].p_filesz;
        if (end > memory_end)
            memory_end = end;
        /* the entry is a virtual address; the MMU is off at that time */
        if (virtual_entry - ph[i].p_vaddr < ph[i].p_memsz)
            entry = virtual_entry - ph[i].p_vaddr + ph[i].p_paddr;
    }
    if (low >= high)
        die(EXIT_FILE, "'%s': an ELF file with nothing to load", path);
    if (high - low > 512 * MiB || memory_end > UINT32_MAX)
        die(EXIT_FILE, "'%s': an ELF file whose segments lie %llu MiB apart", path,
            (unsigned long long)((memory_end - low) / MiB));

    struct blob image = { xmalloc(high - low), high - low };
    for (unsigned i = 0; i < count; i++)
        if (ph[i].p_type == PT_LOAD && ph[i].p_filesz)
            memcpy(image.data + (ph[i].p_paddr - low), file.data + ph[i].p_offset, ph[i].p_filesz);
    return (struct kernel){ "ELF", image, (uint32_t)low, entry, (uint32_t)memory_end, false, true };
}

/* --- anything else ---------------------------------------------------------------- */

static bool is_text(const struct blob *file)
{
    size_t n = file->size < 512 ? file->size : 512;
    for (size_t i = 0; i < n; i++)
        if ((file->data[i] < 32 && !strchr("\t\n\r\f\033", file->data[i])) || file->data[i] == 0 || file->data[i] > 126)
            return false;
    return true;
}

/* Files that would only crash if they were run as a flat binary. */
static const char *certainly_not_flat(const struct blob *file)
{
    const uint8_t *d = file->data;
    size_t n = file->size;
    if (n >= 0x40 && get_le32(d + 0x38) == 0x644d5241)
        return "a 64-bit ARM Image";
    if (n >= 0x206 && !memcmp(d + 0x202, "HdrS", 4))
        return "an x86 bzImage";
    if (n >= 4 && get_be32(d) == 0xd00dfeed)
        return "a device tree or FIT image";
    if (n >= 6 && (!memcmp(d, "\xfd" "7zXZ", 6) || !memcmp(d, "\x1f\x8b\x08", 3)))
        return "a compressed file; unpack it first";
    if (n >= 6 && (!memcmp(d, "070701", 6) || !memcmp(d, "!<arch", 6)))
        return "an archive";
    if (is_text(file))
        return "a text file";
    return NULL;
}

struct kernel kernel_prepare(const char *path, uint32_t ram_base, bool decompress)
{
    struct blob file = read_file(path, "kernel");
    if (zimage_is(&file))
        return prepare_zimage(path, file, ram_base, decompress);
    if (decompress)
        die(EXIT_FILE, "--decompress: '%s' is not a zImage", path);
    if (file.size >= 4 && get_be32(file.data) == UIMAGE_MAGIC)
        return prepare_uimage(path, file, ram_base);
    if (file.size >= 4 && !memcmp(file.data, ELFMAG, SELFMAG))
        return prepare_elf(path, file);
    if (raw_image_is(&file))
        return prepare_raw_image(path, file, ram_base);
    const char *other = certainly_not_flat(&file);
    if (other)
        die(EXIT_FILE, "the kernel '%s' is %s", path, other);
    uint32_t load = ram_base + KERNEL_OFFSET;
    return (struct kernel){ "flat binary", file, load, load, bytes_end(load, file.size), false, false };
}
