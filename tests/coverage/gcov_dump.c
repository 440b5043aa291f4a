/*
 * In the coverage image: when umbra ends, the counters that gcc's --coverage keeps go to a file on the
 * host, by semihosting: one record for each object, [path length][path][data length][.gcda data].
 *
 * The linker sends umbra's call of semihosting_exit here (-Wl,--wrap).
 */
#include <gcov.h>
#include <stdint.h>
#include <string.h>

#include "arch/armv7/semihosting.h"

#define MODE_READ_BINARY 1
#define MODE_WRITE_BINARY 5

extern const struct gcov_info *const __start_gcov_info[], *const __stop_gcov_info[];
void __real_semihosting_exit(int code);
void __wrap_semihosting_exit(int code);

static uint32_t handle, used;
static uint8_t buf[16384], record[65536];
static uint32_t record_size;

static void flush(void)
{
    semihosting_call(SEMIHOSTING_WRITE, (uintptr_t[]){ handle, (uintptr_t)buf, used });
    used = 0;
}

static void put(const void *data, uint32_t size)
{
    const uint8_t *p = data;

    while (size--) {
        if (used == sizeof(buf))
            flush();
        buf[used++] = *p++;
    }
}

static void put_name(const char *name, void *arg)
{
    uint32_t length = strlen(name);

    (void)arg;
    put(&length, 4);
    put(name, length);
}

static void put_data(const void *data, unsigned size, void *arg)
{
    (void)arg;
    if (record_size + size <= sizeof(record))
        memcpy(record + record_size, data, size);
    record_size += size;
}

static void *no_memory(unsigned size, void *arg)
{
    (void)size;
    (void)arg;
    return NULL; /* only for counters that --coverage does not use */
}

static uint32_t open(const char *path, uint32_t mode)
{
    return semihosting_call(SEMIHOSTING_OPEN, (uintptr_t[]){ (uintptr_t)path, mode, strlen(path) });
}

/* A new file for each run: COVERAGE_OUT/NNNN. */
static void open_new(void)
{
    static char path[] = COVERAGE_OUT "/0000";
    char *digits = path + sizeof(path) - 5;
    uint32_t there;

    while ((there = open(path, MODE_READ_BINARY)) != ~0u) {
        semihosting_call(SEMIHOSTING_CLOSE, (uintptr_t[]){ there });
        for (int i = 3; i >= 0 && ++digits[i] > '9'; i--)
            digits[i] = '0';
    }
    handle = open(path, MODE_WRITE_BINARY);
}

void __wrap_semihosting_exit(int code)
{
    open_new();
    for (const struct gcov_info *const *info = __start_gcov_info; info < __stop_gcov_info; info++) {
        record_size = 0;
        __gcov_info_to_gcda(*info, put_name, put_data, no_memory, NULL);
        put(&record_size, 4);
        put(record, record_size <= sizeof(record) ? record_size : 0);
    }
    flush();
    semihosting_call(SEMIHOSTING_CLOSE, (uintptr_t[]){ handle });
    __real_semihosting_exit(code);
}
