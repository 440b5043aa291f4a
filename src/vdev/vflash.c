/* Virtual NOR flash: see vflash.h. */
#include <libfdt.h>
#include <string.h>
#include "lib/bits.h"
#include "vdev/vdev_fdt.h"
#include "vdev/vflash.h"

/* First cycle of each command. */
enum {
    CMD_PROGRAM_ALT = 0x10, CMD_ERASE = 0x20, CMD_PROGRAM = 0x40, CMD_CLEAR_STATUS = 0x50, CMD_LOCK = 0x60,
    CMD_STATUS = 0x70, CMD_ID = 0x90, CMD_QUERY = 0x98, CMD_BUFFER = 0xe8, CMD_ARRAY = 0xff,
};

#define CONFIRM 0xd0u
#define LOCK_SET 0x01u
#define STATUS_READY 0x80u
#define STATUS_SEQUENCE 0x30u /* program and erase error: a command that was broken off */
#define CHIPS 2u
#define MAKER 0x89u
#define DEVICE 0x18u

/* One chip of the two. */
static uint8_t cfi_byte(const struct vflash *f, uint32_t index)
{
    static const uint8_t fixed[] = {
        [0x10] = 'Q', [0x11] = 'R', [0x12] = 'Y', [0x13] = 0x01, [0x15] = 0x31,
        [0x1b] = 0x45, [0x1c] = 0x55,             /* supply: 4.5 to 5.5 V */
        [0x1f] = 0x07, [0x20] = 0x07, [0x21] = 0x0a, /* typical times, 2^n us or ms */
        [0x23] = 0x04, [0x24] = 0x04, [0x25] = 0x04, /* at most 2^n times as long */
        [0x28] = 0x02, [0x2a] = 0x0b,             /* 8 and 16 bits wide; buffer of 2^11 bytes */
        [0x2c] = 0x01,                            /* one region of blocks of one size */
        [0x31] = 'P', [0x32] = 'R', [0x33] = 'I', [0x34] = '1', [0x35] = '0', [0x3f] = 0x01,
    };
    uint32_t blocks = f->bank_size / VFLASH_BLOCK - 1, block = VFLASH_BLOCK / CHIPS;

    switch (index) {
    case 0x27: return (uint8_t)__builtin_ctz(f->bank_size / CHIPS);
    case 0x2d: return (uint8_t)blocks;
    case 0x2e: return (uint8_t)(blocks >> 8);
    case 0x2f: return (uint8_t)(block >> 8);
    case 0x30: return (uint8_t)(block >> 16);
    }
    return index < sizeof(fixed) ? fixed[index] : 0;
}

static uint8_t id_byte(uint32_t index)
{
    switch (index & 0xff) {
    case 0: return MAKER;
    case 1: return DEVICE;
    }
    return 0;
}

static void set_command(struct vflash *f, unsigned bank, uint8_t command)
{
    struct vflash_bank *b = &f->banks[bank];
    bool array = b->command == CMD_ARRAY;

    b->command = command;
    b->cycle = 0;
    if (array != (command == CMD_ARRAY))
        f->host.mode(f->host.ctx, bank, !array);
}

static uint32_t flash_read(struct vdev *dev, uint32_t offset, unsigned size)
{
    struct vflash *f = container_of(dev, struct vflash, dev);
    unsigned bank = offset / f->bank_size;
    uint32_t value = 0;

    offset %= f->bank_size;
    switch (f->banks[bank].command) {
    case CMD_ARRAY: f->host.read(f->host.ctx, bank, offset, &value, size); return value;
    case CMD_ID: value = id_byte(offset / 4); break;
    case CMD_QUERY: value = cfi_byte(f, offset / 4); break;
    default: value = f->banks[bank].status; break;
    }
    value |= value << 16; /* the chips answer alike */
    value >>= 8 * (offset & 3);
    return size == 4 ? value : value & (BIT(8 * size) - 1);
}

static void first_cycle(struct vflash *f, unsigned bank, uint8_t command)
{
    struct vflash_bank *b = &f->banks[bank];

    switch (command) {
    case CMD_CLEAR_STATUS:
        b->status = STATUS_READY;
        command = CMD_ARRAY;
        break;
    case CMD_PROGRAM:
    case CMD_PROGRAM_ALT:
    case CMD_ERASE:
    case CMD_LOCK:
    case CMD_BUFFER:
        set_command(f, bank, command);
        b->status |= STATUS_READY;
        b->cycle = 1;
        return;
    case CMD_STATUS:
    case CMD_ID:
    case CMD_QUERY: break;
    default: command = CMD_ARRAY; break;
    }
    set_command(f, bank, command);
}

/* The end of a command: reads show the status, until another follows. */
static void finish(struct vflash *f, unsigned bank, bool good)
{
    f->banks[bank].cycle = 0;
    f->banks[bank].status |= STATUS_READY | (good ? 0 : STATUS_SEQUENCE);
}

/* The last cycle of a command that wants to be confirmed. */
static void confirm(struct vflash *f, unsigned bank, uint8_t value, bool good)
{
    if (value == CMD_ARRAY)
        set_command(f, bank, CMD_ARRAY);
    else
        finish(f, bank, good);
}

static void program(struct vflash *f, unsigned bank, uint32_t offset, unsigned size, uint32_t value)
{
    f->host.program(f->host.ctx, bank, offset, &value, size);
}

/* 0xe8: the number of words less one, the words, and a confirmation. */
static void buffer_cycle(struct vflash *f, unsigned bank, uint32_t offset, unsigned size, uint32_t value)
{
    struct vflash_bank *b = &f->banks[bank];

    switch (b->cycle) {
    case 1:
        b->left = (uint16_t)value;
        b->cycle = 2;
        break;
    case 2:
        program(f, bank, offset, size, value);
        if (b->left-- == 0)
            b->cycle = 3;
        break;
    default: confirm(f, bank, (uint8_t)value, (uint8_t)value == CONFIRM); break;
    }
}

static void next_cycle(struct vflash *f, unsigned bank, uint32_t offset, unsigned size, uint32_t value)
{
    uint8_t command = (uint8_t)value;

    switch (f->banks[bank].command) {
    case CMD_PROGRAM:
    case CMD_PROGRAM_ALT:
        program(f, bank, offset, size, value);
        finish(f, bank, true);
        break;
    case CMD_ERASE:
        if (command == CONFIRM)
            f->host.erase(f->host.ctx, bank, ALIGN_DOWN(offset, VFLASH_BLOCK), VFLASH_BLOCK);
        confirm(f, bank, command, command == CONFIRM);
        break;
    case CMD_LOCK: /* blocks are never locked */
        confirm(f, bank, command, command == CONFIRM || command == LOCK_SET);
        break;
    default: buffer_cycle(f, bank, offset, size, value); break;
    }
}

static void flash_write(struct vdev *dev, uint32_t offset, unsigned size, uint32_t value)
{
    struct vflash *f = container_of(dev, struct vflash, dev);
    unsigned bank = offset / f->bank_size;

    offset %= f->bank_size;
    if (f->banks[bank].cycle == 0)
        first_cycle(f, bank, (uint8_t)value);
    else
        next_cycle(f, bank, offset, size, value);
}

static void flash_reset(struct vdev *dev)
{
    struct vflash *f = container_of(dev, struct vflash, dev);

    for (unsigned i = 0; i < VFLASH_BANKS; i++) {
        set_command(f, i, CMD_ARRAY);
        f->banks[i].status = STATUS_READY;
    }
}

static int flash_fdt_node(const struct vdev *dev, void *fdt)
{
    const struct vflash *f = container_of((struct vdev *)dev, struct vflash, dev);
    fdt32_t reg[4 * VFLASH_BANKS] = { 0 };

    for (unsigned i = 0; i < VFLASH_BANKS; i++) {
        reg[4 * i + 1] = cpu_to_fdt32(dev->base.v + i * f->bank_size);
        reg[4 * i + 3] = cpu_to_fdt32(f->bank_size);
    }
    int err = vdev_fdt_begin_unit(fdt, "flash", dev->base.v);
    err = err ? err : fdt_property(fdt, "reg", reg, sizeof(reg));
    err = err ? err : fdt_property_string(fdt, "compatible", "cfi-flash");
    err = err ? err : fdt_property_u32(fdt, "bank-width", 4);
    return err ? err : fdt_end_node(fdt);
}

static const struct vdev_ops flash_ops = {
    .name = "vflash",
    .read = flash_read,
    .write = flash_write,
    .fdt_node = flash_fdt_node,
    .reset = flash_reset,
};

void vflash_init(struct vflash *f, gpa_t base, uint32_t bank_size, struct vflash_host host)
{
    memset(f, 0, sizeof(*f));
    f->dev = (struct vdev){ .ops = &flash_ops, .base = base, .size = VFLASH_BANKS * bank_size };
    f->host = host;
    f->bank_size = bank_size;
    for (unsigned i = 0; i < VFLASH_BANKS; i++)
        f->banks[i] = (struct vflash_bank){ .command = CMD_ARRAY, .status = STATUS_READY };
}
