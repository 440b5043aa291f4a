# The pocket kernel, one of the bare guests: build/bare/pocket.bin (tests/guests/kernel).
# User code lies in a section of its own: user*.o, and sort.c compiled for either state.

POCKET := tests/guests/kernel
POCKET_OUT := $(BARE_OUT)/pocket
POCKET_CFLAGS := -mcpu=cortex-a8 -mfloat-abi=soft -mno-unaligned-access -ffreestanding -fno-pic -fno-builtin \
	-fno-common -fno-tree-loop-distribute-patterns -fno-jump-tables -std=gnu11 -O2 -g -Wall -Wextra -Wno-array-bounds -MMD -MP
POCKET_OBJECTS := $(addprefix $(POCKET_OUT)/,entry.o main.o sched.o mm.o sys.o user.o user_asm.o user_sort_t32.o user_sort_a32.o)

$(POCKET_OUT)/%.o: $(POCKET)/%.c $(POCKET)/kernel.mk
	@mkdir -p $(@D)
	@$(CROSS)gcc -mthumb $(POCKET_CFLAGS) -c -o $@ $<
$(POCKET_OUT)/%.o: $(POCKET)/%.S $(POCKET)/kernel.mk
	@mkdir -p $(@D)
	@$(CROSS)gcc $(POCKET_CFLAGS) -c -o $@ $<
$(POCKET_OUT)/user_sort_t32.o: $(POCKET)/sort.c
	@mkdir -p $(@D)
	@$(CROSS)gcc -mthumb -DSORT=sort_t32 $(POCKET_CFLAGS) -c -o $@ $<
$(POCKET_OUT)/user_sort_a32.o: $(POCKET)/sort.c
	@mkdir -p $(@D)
	@$(CROSS)gcc -marm -DSORT=sort_a32 $(POCKET_CFLAGS) -c -o $@ $<

$(BARE_OUT)/pocket.elf: $(POCKET_OBJECTS) $(POCKET)/kernel.lds
	@$(CROSS)gcc -nostdlib -static -Wl,-T,$(POCKET)/kernel.lds -Wl,--build-id=none -Wl,--no-warn-rwx-segments -o $@ \
		$(POCKET_OBJECTS)
-include $(wildcard $(POCKET_OUT)/*.d)
