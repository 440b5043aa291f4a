# Bare guests: tests/bare/NAME.c (and NAME_asm.S) + tests/bare/lib -> build/bare/NAME.bin
# Also usable alone, from the top: make -f tests/bare/bare.mk bare

CROSS ?= arm-none-eabi-
BARE_OUT := build/bare
# Guests compared with the oracle, and those that end otherwise on purpose.
BARE_TESTS := hello modes psr eret pcrel thumb tlb tables mmuformats restart smc_alias timer_gic user random hostile fiq endian rare momentary pocket
# Started from flash: NAME.rom is NAME.bin with rom.S before it.
BARE_ROMS := flash flash_code
# Judged by their own checks alone: plain QEMU does not do what they look at.
BARE_ALONE := eret_alu psci odd flash_code
BARE_NEGATIVE := hang reset window window_code window_user
BARE_TESTS += flash
BARE_NAMES := $(BARE_TESTS) $(BARE_ALONE) $(BARE_NEGATIVE)
BARE_BINS := $(BARE_NAMES:%=$(BARE_OUT)/%.bin) $(BARE_ROMS:%=$(BARE_OUT)/%.rom)
BARE_LIB := $(patsubst tests/bare/lib/%,$(BARE_OUT)/lib/%.o,$(basename $(wildcard tests/bare/lib/*.[cS])))

BARE_CFLAGS := -marm -mcpu=cortex-a8 -mfloat-abi=soft -mno-unaligned-access -ffreestanding -fno-pic \
	-fno-builtin -fno-common -std=gnu11 -O2 -g -Wall -Wextra -Wno-unused-parameter -Itests/bare -MMD -MP
BARE_LDFLAGS := -marm -mcpu=cortex-a8 -nostdlib -static -Wl,-T,tests/bare/lib/bare.lds -Wl,--build-id=none \
	-Wl,--no-warn-rwx-segments

.PHONY: bare bare-names bare-alone
bare: $(BARE_BINS)
bare-names:
	@echo $(BARE_TESTS) $(BARE_ALONE)
bare-alone:
	@echo $(BARE_ALONE)

$(BARE_OUT)/%.o: tests/bare/%.c
	@mkdir -p $(@D)
	@$(CROSS)gcc $(BARE_CFLAGS) -c -o $@ $<

$(BARE_OUT)/%.o: tests/bare/%.S
	@mkdir -p $(@D)
	@$(CROSS)gcc $(BARE_CFLAGS) -c -o $@ $<

# A guest's assembly, when it has some, is NAME_asm.S; BARE_EXTRA_NAME are further objects.
BARE_EXTRA_eret := eret_lib
BARE_EXTRA_eret_alu := eret_lib eret_asm
bare_objects = $(BARE_OUT)/$(1).o $(if $(wildcard tests/bare/$(1)_asm.S),$(BARE_OUT)/$(1)_asm.o) \
	$(BARE_EXTRA_$(1):%=$(BARE_OUT)/%.o)

define bare_link
$(BARE_OUT)/$(1).elf: $(call bare_objects,$(1)) $(BARE_LIB) tests/bare/lib/bare.lds
	@$(CROSS)gcc $(BARE_LDFLAGS) -o $$@ $$(filter %.o,$$^)
endef
include tests/guests/kernel/kernel.mk
$(foreach name,$(filter-out pocket,$(BARE_NAMES)),$(eval $(call bare_link,$(name))))

$(BARE_OUT)/%.bin: $(BARE_OUT)/%.elf
	@echo "  BARE    $@"
	@$(CROSS)objcopy -O binary $< $@

$(BARE_OUT)/%.rom: $(BARE_OUT)/%.bin tests/bare/rom.S
	@$(CROSS)gcc -c -DROM_IMAGE='"$<"' -o $(BARE_OUT)/$*.rom.o tests/bare/rom.S
	@$(CROSS)objcopy -O binary $(BARE_OUT)/$*.rom.o $@

.SECONDARY:
-include $(wildcard $(BARE_OUT)/*.d $(BARE_OUT)/lib/*.d)
