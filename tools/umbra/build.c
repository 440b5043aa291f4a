/* umbra build: everything a board needs to boot, in one folder. */
#include "umbra.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static void make_folder(const char *path)
{
    char *copy = xprintf("%s", path);
    for (char *p = copy + 1; *p; p++)
        if (*p == '/') {
            *p = '\0';
            mkdir(copy, 0777);
            *p = '/';
        }
    if (mkdir(copy, 0777) < 0 && errno != EEXIST)
        die(EXIT_TOOL, "cannot create the folder '%s': %s", path, strerror(errno));
}

static void copy_file(const char *from, const char *what, const char *to)
{
    struct blob b = read_file(from, what);
    write_file(to, b.data, b.size);
}

int verb_build(int argc, char **argv)
{
    struct options opt;
    parse_options("build", argc, argv, &opt);
    const char *name = opt.board->name;
    const char *dir = opt.output ? opt.output : project_path(xprintf("build/boot/%s", name));
    uint32_t memory;
    struct blob bundle = bundle_make(&opt, &memory);
    unsigned ram = board_ram_for(opt.board, memory, bundle.size);

    make_folder(dir);
    copy_file(project_path(opt.debug ? "build/debug/umbra.zimage" : "build/umbra.zimage"), "umbra image",
              xprintf("%s/umbra.zimage", dir));
    copy_file(project_path(xprintf("build/board/%s.dtb", name)), "board's tree", xprintf("%s/%s.dtb", dir, name));
    write_file(xprintf("%s/bundle.itb", dir), bundle.data, bundle.size);
    printf("%s: umbra.zimage, %s.dtb, bundle.itb (%zu bytes)\n\n"
           "QEMU:    qemu-system-arm -M %s -m %uM -nographic -kernel umbra.zimage -initrd bundle.itb -dtb %s.dtb\n"
           "U-Boot:  load the three files, then: bootz ${kernel_addr_r} ${ramdisk_addr_r}:${filesize} ${fdt_addr_r}\n",
           dir, name, bundle.size, opt.board->machine, ram, name);
    return 0;
}
