/*
 * Inside a zImage: the compressed kernel, and the offset from the start of RAM
 * at which the decompressor would put it.  Neither is assumed; both are found
 * in the file.
 *
 * Since Linux 4.15 the header points to a table of tagged records.  The record
 * "KLSZ" (0x5a534c4b) holds: offset in the file of the word after the payload (its
 * unpacked size), bss size, TEXT_OFFSET.  Without the table, TEXT_OFFSET is
 * read from the instructions of the head that compute the address.
 */
#include "kernel.h"
#include <lzma.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define ZIMAGE_MAGIC 0x016f2818
#define ZIMAGE_MAGIC_TABLE 0x45454545
#define ZIMAGE_TAG_KRNL_SIZE 0x5a534c4b

enum { AT_MAGIC = 0x24, AT_START = 0x28, AT_END = 0x2c, AT_MAGIC2 = 0x34, AT_TABLE = 0x38 };

#define IMAGE_MAX (256u * MiB)
#define MEMORY_LIMIT (256ull * MiB) /* of the decoder: a stray magic number must not cost gigabytes */

bool zimage_is(const struct blob *file)
{
    return file->size > 0x40 && get_le32(file->data + AT_MAGIC) == ZIMAGE_MAGIC;
}

/* The data words of the record with 'tag', or NULL. */
static const uint8_t *find_tag(const struct blob *file, uint32_t tag, uint32_t words)
{
    if (get_le32(file->data + AT_MAGIC2) != ZIMAGE_MAGIC_TABLE)
        return NULL;
    size_t at = get_le32(file->data + AT_TABLE);
    while (at + 8 <= file->size) {
        uint32_t size = get_le32(file->data + at);
        if (size < 2 || size > 64 || at + 4 * size > file->size)
            return NULL;
        if (get_le32(file->data + at + 4) == tag && size >= words + 2)
            return file->data + at + 8;
        at += 4 * size;
    }
    return NULL;
}

/* A32 "modified immediate": an 8-bit value rotated right by twice 'rotate'. */
static uint32_t rotated(uint32_t insn)
{
    unsigned by = (insn >> 8 & 15) * 2;
    uint32_t v = insn & 255;
    return by ? v >> by | v << (32 - by) : v;
}

/* The head computes   and rN, rN, #0xf8000000   ...   add r4, rN, #TEXT_OFFSET. */
static bool text_offset_from_head(const struct blob *file, uint32_t *offset)
{
    const uint32_t mask = 0xf8000000;
    size_t limit = file->size < 0x4000 ? file->size : 0x4000;
    for (size_t at = 0; at + 4 <= limit; at += 4) {
        uint32_t insn = get_le32(file->data + at);
        if ((insn & 0xfff00000) != 0xe2000000 || rotated(insn) != mask)
            continue;
        for (size_t next = at + 4; next < at + 4 * 32 && next + 4 <= limit; next += 4) {
            uint32_t add = get_le32(file->data + next);
            if ((add & 0xfff0f000) == 0xe2804000 && (add >> 16 & 15) == (insn >> 12 & 15)) {
                *offset = rotated(add);
                return true;
            }
        }
    }
    return false;
}

static bool unpack_lzma(lzma_ret init, lzma_stream *s, const uint8_t *in, size_t size, struct blob *out)
{
    if (init != LZMA_OK)
        return false;
    s->next_in = in;
    s->avail_in = size;
    s->next_out = out->data;
    s->avail_out = out->size;
    lzma_ret ret = lzma_code(s, LZMA_FINISH);
    /* LZMA_OK with a full buffer: an .lzma stream of known size without an end mark */
    bool ok = (ret == LZMA_STREAM_END || ret == LZMA_OK) && s->avail_out == 0;
    lzma_end(s);
    return ok;
}

static bool unpack_gzip(const uint8_t *in, size_t size, struct blob *out)
{
    z_stream s = { .next_in = (Bytef *)in, .avail_in = (uInt)size, .next_out = out->data,
                   .avail_out = (uInt)out->size };
    if (inflateInit2(&s, 16 + MAX_WBITS) != Z_OK)
        return false;
    int ret = inflate(&s, Z_FINISH);
    inflateEnd(&s);
    return ret == Z_STREAM_END && s.avail_out == 0;
}

/* The .lzma header's size field: unknown, or what we expect.  The format has no checksum to tell by. */
static bool lzma_size_fits(const uint8_t *in, size_t size)
{
    uint32_t low = get_le32(in + 5), high = get_le32(in + 9);
    return (low == UINT32_MAX && high == UINT32_MAX) || (high == 0 && low == size);
}

/* Tries the payload at 'at', whose unpacked size the word at 'end' tells. */
static bool unpack_at(const struct blob *file, size_t at, size_t end, struct blob *out)
{
    static const uint8_t xz[] = { 0xfd, '7', 'z', 'X', 'Z', 0 }, gzip[] = { 0x1f, 0x8b, 8 }, lzma[] = { 0x5d, 0, 0 };
    const uint8_t *in = file->data + at;
    size_t size = end - at;
    lzma_stream s = LZMA_STREAM_INIT;

    if (size > 16 && !memcmp(in, xz, sizeof(xz)))
        return unpack_lzma(lzma_stream_decoder(&s, MEMORY_LIMIT, 0), &s, in, size, out);
    if (size > 16 && !memcmp(in, lzma, sizeof(lzma)) && lzma_size_fits(in, out->size))
        return unpack_lzma(lzma_alone_decoder(&s, MEMORY_LIMIT), &s, in, size, out);
    if (size > 16 && !memcmp(in, gzip, sizeof(gzip)))
        return unpack_gzip(in, size, out);
    return false;
}

/* A payload that unpacks to exactly the size told after it is the kernel.
 * (gzip tells it inside: its last word is that size.) */
static bool find_payload(const struct blob *file, size_t size_at, struct blob *out)
{
    uint32_t size = get_le32(file->data + size_at);
    if (size < 4096 || size > IMAGE_MAX)
        return false;
    *out = (struct blob){ xmalloc(size), size };
    for (size_t at = 0; at < size_at; at++)
        if (strchr("\xfd\x1f\x5d", file->data[at]) && file->data[at] && unpack_at(file, at, size_at + 4, out))
            return true;
    free(out->data);
    return false;
}

uint64_t zimage_working_size(const struct blob *file)
{
    const uint8_t *tag = find_tag(file, ZIMAGE_TAG_KRNL_SIZE, 3);
    if (!tag || get_le32(tag) > file->size - 4)
        return 0;
    uint64_t unpacked = get_le32(file->data + get_le32(tag));
    /* The zImage moves itself behind the unpacked kernel when it lies in the way; heap and stack follow it. */
    uint64_t end = get_le32(tag + 8) + unpacked + file->size + 256 * 1024;
    uint64_t with_bss = get_le32(tag + 8) + unpacked + get_le32(tag + 4);
    return end > with_bss ? end : with_bss;
}

struct zimage_info zimage_unpack(const char *path, const struct blob *file)
{
    struct zimage_info info = { 0 };
    uint32_t from_head = 0;
    bool head = text_offset_from_head(file, &from_head);
    const uint8_t *tag = find_tag(file, ZIMAGE_TAG_KRNL_SIZE, 3);

    if (!tag)
        die(EXIT_FILE, "'%s': a zImage without the table of sizes (Linux before 4.15); start it without --decompress",
            path);
    uint32_t size_at = get_le32(tag);
    info.bss_size = get_le32(tag + 4);
    info.text_offset = get_le32(tag + 8);
    if (head && from_head != info.text_offset)
        die(EXIT_FILE, "'%s': its table puts the kernel at RAM + 0x%x, its code at RAM + 0x%x", path,
            info.text_offset, from_head);
    if (info.text_offset & 3 || info.text_offset > 64 * MiB || size_at > file->size - 4)
        die(EXIT_FILE, "'%s': damaged zImage: its table of sizes makes no sense", path);
    if (!find_payload(file, size_at, &info.image))
        die(EXIT_FILE, "'%s': no xz, lzma or gzip payload that unpacks to the size the zImage tells", path);
    return info;
}
