#pragma once
/* CRC-32 as IEEE 802.3 and zlib define it (reflected 0xedb88320). */
#include <stddef.h>
#include <stdint.h>

uint32_t crc32(const void *data, size_t size);
