# The host tool, the guest's packages and its initramfs.

HOST_CC ?= gcc
HOST_CFLAGS = -std=gnu11 -O2 -g -Wall -Wextra -Wshadow -Werror=implicit -D_GNU_SOURCE -Itools/umbra -Isrc
HOST_LIBS = -lfdt -lz -llzma

TOOL_SOURCES := $(sort $(wildcard tools/umbra/*.c))
TOOL_OBJECTS = $(TOOL_SOURCES:%.c=build/host/%.o) build/host/src/lib/sha256.o

.PHONY: tools guest
tools: umbra

umbra: build/umbra
	@ln -sf build/umbra umbra

build/umbra: $(TOOL_OBJECTS)
	@echo "  HOSTLD  $@"
	@$(HOST_CC) -o $@ $^ $(HOST_LIBS)

build/host/%.o: %.c mk/host.mk
	@mkdir -p $(@D)
	@echo "  HOSTCC  $<"
	@$(HOST_CC) $(HOST_CFLAGS) -MMD -MP -c -o $@ $<

build/mkinitramfs: build/host/tools/mkinitramfs.o
	@echo "  HOSTLD  $@"
	@$(HOST_CC) -o $@ $^ -lz

-include $(TOOL_OBJECTS:.o=.d)

# --- the guest ---------------------------------------------------------------

GUEST_FILES = build/guest/vmlinuz build/guest/initramfs.cpio.gz
guest: $(GUEST_FILES)

$(GUEST)/complete: scripts/fetch-guest.sh scripts/apt-private.sh
	@scripts/fetch-guest.sh $(GUEST)
	@touch $@

$(LIBFDT)/complete: scripts/fetch-libfdt.sh scripts/apt-private.sh
	@scripts/fetch-libfdt.sh $(LIBFDT)
	@touch $@

# Further kernels, for tests/linux alone.
KERNELS = $(CACHE)/kernels
OTHER_KERNELS = linux-image-rt-armmp linux-image-armmp-lpae
OTHER_KERNEL_FILES = $(OTHER_KERNELS:%=$(KERNELS)/%.vmlinuz)
$(OTHER_KERNEL_FILES) &: scripts/fetch-kernel.sh scripts/apt-private.sh
	@scripts/fetch-kernel.sh $(KERNELS) $(OTHER_KERNELS)
	@touch $(OTHER_KERNEL_FILES)

# Firmware, for tests/guests alone.
FIRMWARE = $(CACHE)/firmware
$(FIRMWARE)/complete: scripts/fetch-firmware.sh scripts/apt-private.sh
	@scripts/fetch-firmware.sh $(FIRMWARE)
	@touch $@

build/guest/vmlinuz: $(GUEST)/complete
	@mkdir -p $(@D)
	@cp $(GUEST)/vmlinuz $@

# Scripted sessions and small static programs for them: tests/linux, bench.
GUEST_SCRIPTS := $(sort $(wildcard tests/linux/guest/*.sh bench/guest/*.sh))
GUEST_PROGRAMS = $(patsubst %.c,build/guest/%,$(notdir $(sort $(wildcard tests/linux/guest/*.c bench/guest/*.c)))) build/guest/bench

build/guest/%: tests/linux/guest/%.c
	@mkdir -p $(@D)
	@echo "  GUESTCC $<"
	@arm-linux-gnueabihf-gcc -O2 -Wall -static -o $@ $<
	@arm-linux-gnueabihf-strip $@

build/guest/%: bench/guest/%.c $(wildcard bench/guest/*.h)
	@mkdir -p $(@D)
	@echo "  GUESTCC $<"
	@arm-linux-gnueabihf-gcc -marm -O2 -Wall -static -o $@ $<
	@arm-linux-gnueabihf-strip $@

build/guest/bench: $(sort $(wildcard bench/guest/bench/*.c)) $(wildcard bench/guest/bench/*.h bench/guest/*.h)
	@mkdir -p $(@D)
	@echo "  GUESTCC $@"
	@arm-linux-gnueabihf-gcc -std=gnu11 -D_GNU_SOURCE -Ibench/guest -marm -O2 -Wall -Wextra -static -o $@ $(filter %.c,$^)
	@arm-linux-gnueabihf-strip $@

build/guest/initramfs.cpio.gz: build/mkinitramfs scripts/initramfs.list tests/linux/guest/init $(GUEST)/complete \
		$(GUEST_SCRIPTS) $(GUEST_PROGRAMS)
	@mkdir -p $(@D)
	@echo "  INITRD  $@"
	@{ cat scripts/initramfs.list; \
	   echo "file /bin/busybox $(GUEST)/busybox 0755"; \
	   for f in $(GUEST_SCRIPTS); do echo "file /tests/$$(basename $$f) $$f 0755"; done; \
	   for f in $(GUEST_PROGRAMS); do echo "file /tests/$$(basename $$f) $$f 0755"; done; } | build/mkinitramfs $@

# --- the guest of the long runs: the same, with Debian's stress-ng -----------

STRESS = $(CACHE)/stress

$(STRESS)/complete: scripts/fetch-stress.sh scripts/apt-private.sh
	@scripts/fetch-stress.sh $(STRESS)
	@touch $@

build/guest/soak.cpio.gz: build/guest/initramfs.cpio.gz build/mkinitramfs tests/linux/guest/soak.sh $(STRESS)/complete
	@echo "  INITRD  $@"
	@{ cat scripts/initramfs.list; \
	   echo "dir /lib 0755"; \
	   echo "file /bin/busybox $(GUEST)/busybox 0755"; \
	   for f in tests/linux/guest/soak.sh; do echo "file /tests/$$(basename $$f) $$f 0755"; done; \
	   cat $(STRESS)/files; } | build/mkinitramfs $@
