# The umbra image: every .c and .S under src/, linked by src/arch/armv7/umbra.lds.
#
#   $(OUT)/umbra.elf, $(OUT)/umbra.zimage      OUT is build, or build/debug with DEBUG=1
#   build/board/NAME.dtb                       from src/board/NAME/NAME.dts

CROSS ?= arm-none-eabi-
TARGET_CC = $(CROSS)gcc
TARGET_OBJCOPY = $(CROSS)objcopy

OUT = build$(if $(DEBUG),/debug)

TARGET_ARCH_FLAGS = -mcpu=cortex-a8 -marm -mfloat-abi=soft --specs=picolibc.specs
TARGET_CPPFLAGS = -Isrc -I$(OUT)/gen -isystem $(LIBFDT)/include $(if $(DEBUG),-DUMBRA_AUDIT)
# Functions as stubs: see DESIGN.md, what emulators see. At multiples of 32 the image would not fit in its mebibyte.
TARGET_CFLAGS = -std=gnu11 -O2 -g -Wall -Wextra -Werror=implicit -mno-unaligned-access \
	-fno-common -ffreestanding -falign-functions=16 -ffunction-sections -fdata-sections -Wa,--fatal-warnings
TARGET_LDFLAGS = -nostartfiles -Wl,--gc-sections -Wl,-Map=$(OUT)/umbra.map -Wl,--no-warn-rwx-segments,--no-enum-size-warning,-z,noexecstack

TARGET_SOURCES := $(sort $(shell find src -path src/arch/fake -prune -o \( -name '*.c' -o -name '*.S' \) -print))
# What another build adds (tests/coverage/coverage.mk).
-include $(TARGET_EXTRA)
TARGET_OBJECTS = $(addprefix $(OUT)/obj/,$(addsuffix .o,$(TARGET_SOURCES)))
BOARD_TREES := $(patsubst %,build/board/%.dtb,$(notdir $(patsubst %/,%,$(dir $(wildcard src/board/*/*.dts)))))

.PHONY: image boards
image: $(OUT)/umbra.zimage boards
boards: $(BOARD_TREES)

$(OUT)/umbra.zimage: $(OUT)/umbra.elf
	@echo "  OBJCOPY $@"
	@$(TARGET_OBJCOPY) -O binary $< $@

$(OUT)/umbra.elf: $(TARGET_OBJECTS) $(OUT)/umbra.lds $(LIBFDT)/complete
	@echo "  LD      $@"
	@$(TARGET_CC) $(TARGET_ARCH_FLAGS) $(TARGET_LDFLAGS) -T $(OUT)/umbra.lds -o $@ $(TARGET_OBJECTS) $(LIBFDT)/libfdt.a $(TARGET_LIBS)

# Preprocessed, so that it takes its addresses from layout.h like everything else.
$(OUT)/umbra.lds: src/arch/armv7/umbra.lds src/arch/armv7/layout.h
	@mkdir -p $(@D)
	@$(TARGET_CC) -E -P -x assembler-with-cpp -Isrc -o $@ $<

$(OUT)/obj/%.c.o: %.c mk/target.mk | $(LIBFDT)/complete
	@mkdir -p $(@D)
	@echo "  CC      $<"
	@$(TARGET_CC) $(TARGET_ARCH_FLAGS) $(TARGET_CPPFLAGS) $(TARGET_CFLAGS) -MMD -MP -c -o $@ $<

$(OUT)/obj/%.S.o: %.S mk/target.mk | $(LIBFDT)/complete
	@mkdir -p $(@D)
	@echo "  AS      $<"
	@$(TARGET_CC) $(TARGET_ARCH_FLAGS) $(TARGET_CPPFLAGS) -g -MMD -MP -c -o $@ $<

define board_rule
build/board/$(1).dtb: src/board/$(1)/$(1).dts
	@mkdir -p $$(@D)
	@echo "  DTC     $$@"
	@dtc -q -I dts -O dtb -i src/board -o $$@ $$<
endef
$(foreach tree,$(BOARD_TREES),$(eval $(call board_rule,$(basename $(notdir $(tree))))))

-include $(TARGET_OBJECTS:.o=.d)
