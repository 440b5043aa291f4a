# The hostile guest: tests/hostile/guest + tests/bare/lib -> build/hostile/hostile.bin; and its driver.
# Included after tests/bare/bare.mk.

HOSTILE_OUT := build/hostile
HOSTILE_OBJECTS := $(patsubst tests/hostile/guest/%,$(HOSTILE_OUT)/%.o,$(basename $(wildcard tests/hostile/guest/*.[cS])))

.PHONY: hostile-build
hostile-build: $(HOSTILE_OUT)/hostile.bin build/host/tests/hostile/driver

$(HOSTILE_OUT)/%.o: tests/hostile/guest/%.c
	@mkdir -p $(@D)
	@$(CROSS)gcc $(BARE_CFLAGS) -c -o $@ $<

$(HOSTILE_OUT)/%.o: tests/hostile/guest/%.S
	@mkdir -p $(@D)
	@$(CROSS)gcc $(BARE_CFLAGS) -c -o $@ $<

$(HOSTILE_OUT)/hostile.elf: $(HOSTILE_OBJECTS) $(BARE_LIB) tests/bare/lib/bare.lds
	@$(CROSS)gcc $(BARE_LDFLAGS) -o $@ $(filter %.o,$^)

$(HOSTILE_OUT)/%.bin: $(HOSTILE_OUT)/%.elf
	@echo "  BARE    $@"
	@$(CROSS)objcopy -O binary $< $@

build/host/tests/hostile/driver: tests/hostile/driver.c
	@mkdir -p $(@D)
	@echo "  HOSTCC  $<"
	@$(HOST_CC) $(HOST_CFLAGS) -o $@ $<

-include $(wildcard $(HOSTILE_OUT)/*.d)
