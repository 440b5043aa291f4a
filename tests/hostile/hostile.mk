# The hostile guest: tests/hostile/guest + tests/bare/lib -> build/hostile/hostile.bin; and its driver.
# Included after tests/bare/bare.mk.

HOSTILE_OUT := build/hostile
HOSTILE_OBJECTS := $(patsubst tests/hostile/guest/%,$(HOSTILE_OUT)/%.o,$(basename $(wildcard tests/hostile/guest/*.[cS])))

.PHONY: hostile-build
hostile-build: $(HOSTILE_OUT)/hostile.bin $(HOSTILE_OUT)/firmware.bin build/host/tests/hostile/driver

$(HOSTILE_OUT)/%.o: tests/hostile/guest/%.c
	@mkdir -p $(@D)
	@$(CROSS)gcc $(BARE_CFLAGS) -c -o $@ $<

$(HOSTILE_OUT)/%.o: tests/hostile/guest/%.S
	@mkdir -p $(@D)
	@$(CROSS)gcc $(BARE_CFLAGS) -c -o $@ $<

$(HOSTILE_OUT)/hostile.elf: $(HOSTILE_OBJECTS) $(BARE_LIB) tests/bare/lib/bare.lds
	@$(CROSS)gcc $(BARE_LDFLAGS) -o $@ $(filter %.o,$^)

# The same program as the content of a flash bank: 4 KiB that copy it to RAM, and it.
$(HOSTILE_OUT)/firmware.bin: tests/hostile/firmware.S $(HOSTILE_OUT)/hostile.elf $(HOSTILE_OUT)/hostile.bin
	@echo "  BARE    $@"
	@$(CROSS)gcc -marm -mcpu=cortex-a8 -nostdlib -static -Wl,-Ttext=0 -Wl,--build-id=none \
		-Wl,-e,firmware_start -Wl,--section-start=.firmware=0 \
		$$($(CROSS)nm $(HOSTILE_OUT)/hostile.elf | sed -n 's/^\([0-9a-f]*\) . \(__text_start\|__data_end\)$$/-Wl,--defsym=\2=0x\1/p') \
		-o $(HOSTILE_OUT)/firmware.elf $<
	@$(CROSS)objcopy -O binary -j .firmware $(HOSTILE_OUT)/firmware.elf $@.head
	@truncate -s 4096 $@.head
	@cat $@.head $(HOSTILE_OUT)/hostile.bin >$@

$(HOSTILE_OUT)/%.bin: $(HOSTILE_OUT)/%.elf
	@echo "  BARE    $@"
	@$(CROSS)objcopy -O binary $< $@

build/host/tests/hostile/driver: tests/hostile/driver.c
	@mkdir -p $(@D)
	@echo "  HOSTCC  $<"
	@$(HOST_CC) $(HOST_CFLAGS) -o $@ $<

-include $(wildcard $(HOSTILE_OUT)/*.d)
