/* Files on the host: the boot argument, what is written and when, and a host that refuses. */
#include <string.h>
#include "arch/armv7/semihosting.h"
#include "drv/host.h"
#include "drv/host_file.h"
#include "support.h"
#include "test.h"

struct host host;

static char opened[300], written[1000];
static unsigned opens, writes, closes, total;
static uint32_t open_result, refuse; /* refuse: bytes that a write leaves */

uint32_t semihosting_call(uint32_t operation, const uintptr_t *arguments)
{
    switch (operation) {
    case SEMIHOSTING_OPEN:
        opens++;
        memcpy(opened, (const char *)arguments[0], arguments[2] + 1);
        return arguments[1] == 5 ? open_result : 0;
    case SEMIHOSTING_WRITE:
        writes++;
        memcpy(written + total, (const void *)arguments[1], arguments[2]);
        total += (unsigned)arguments[2];
        return arguments[0] == open_result ? refuse : (uint32_t)arguments[2];
    case SEMIHOSTING_CLOSE:
        closes++;
        return arguments[0] == open_result ? 0 : ~0u;
    }
    return ~0u;
}

static uint8_t buffer[16];
static struct host_file file;

static bool create(const char *bootargs)
{
    host.bootargs = bootargs;
    opens = writes = closes = total = refuse = log_count = 0;
    open_result = 7;
    return host_file_create(&file, "umbra.trace=", "trace", buffer, sizeof(buffer));
}

static void test_arguments(void)
{
    char longest[400] = "umbra.semihosting umbra.trace=";

    report(!create("umbra.semihosting umbra.stats") && opens == 0, "no argument, no file");
    report(!create("umbra.trace=/x") && opens == 0, "nobody listens: no call");
    report(!create("umbra.semihosting umbra.trace= umbra.stats") && opens == 0, "an empty name");
    memset(longest + strlen(longest), 'x', 300);
    report(!create(longest) && opens == 0, "a name too long");
    report(create("umbra.semihosting umbra.trace=/dev/fd/3 umbra.stats") && !strcmp(opened, "/dev/fd/3"), "a name");
    report(create("umbra.trace=a umbra.semihosting") && !strcmp(opened, "a"), "in any order");
    host.bootargs = "umbra.semihosting umbra.trace=b";
    open_result = ~0u;
    report(!host_file_create(&file, "umbra.trace=", "trace", buffer, sizeof(buffer)) &&
               strstr(log_last, "cannot create 'b'"), "a host that refuses is told of");
    host_file_write(&file, "x", 1);
    host_file_close(&file);
    report(writes == 0 && closes == 0, "and a file that is not open takes nothing");
}

static void test_writing(void)
{
    static const char text[] = "0123456789abcdefghijklmnopqrstuvwxyz";

    create("umbra.semihosting umbra.trace=t");
    host_file_write(&file, text, 15);
    report(writes == 0, "small writes gather");
    host_file_write(&file, text + 15, 20);
    report(writes == 2 && total == 32 && file.used == 3, "a full buffer is written");
    host_file_write(&file, text + 35, 1);
    host_file_close(&file);
    report(writes == 3 && total == 36 && !memcmp(written, text, 36) && closes == 1 && !file.open,
           "closing writes the rest: nothing is lost");
    host_file_close(&file);
    report(closes == 1, "closed once");
}

static void test_full_disk(void)
{
    create("umbra.semihosting umbra.trace=t");
    refuse = 1;
    host_file_write(&file, "0123456789abcdef0123456789abcdef", 32);
    report(writes == 1 && closes == 1 && !file.open && log_count == 1 && strstr(log_last, "did not take"),
           "a write that fails closes the file, and is told once");
    host_file_write(&file, "x", 1);
    host_file_flush(&file);
    host_file_close(&file);
    report(writes == 1 && closes == 1 && log_count == 1, "nothing more happens");
}

int main(void)
{
    test_arguments();
    test_writing();
    test_full_disk();
    return test_summary();
}
