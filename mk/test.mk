# Tests and checks; tests/run.sh runs the suites and counts.

include tests/bare/bare.mk
include tests/fuzz/fuzz.mk
include tests/hostile/hostile.mk
include tests/unit/unit.mk
include tests/proof/proof.mk

TEST_PROGRAMS = build/host/tests/linux/typist

.PHONY: test hostile soak check bench unit unit-names test-build check-format check-layers check-static stats

# A build that fails is a failed test: the last line counts in any case.
test: setup
	@$(MAKE) --no-print-directory -j$(JOBS) test-build || { echo "0 passed, 1 failed"; exit 1; }
	@$(MAKE) --no-print-directory -k -j$(JOBS) unit || true
	@tests/run.sh

check: setup
	@$(MAKE) --no-print-directory -j$(JOBS) test-build
	@$(MAKE) --no-print-directory -k -j$(JOBS) unit || true
	@tests/run.sh state unit bare

test-build: all bare fuzz-guest hostile-build $(OTHER_KERNEL_FILES) $(FIRMWARE)/complete $(TEST_PROGRAMS) build/vms/linux.dtb build/guest/soak.cpio.gz
	@$(MAKE) --no-print-directory DEBUG=1 image

# Hostile guests for as long as that, from a seed: make hostile SECONDS=3600 SEED=1
hostile: setup
	@$(MAKE) --no-print-directory -j$(JOBS) all hostile-build
	@$(MAKE) --no-print-directory DEBUG=1 image
	@tests/hostile/run.sh --for $(SECONDS) $(SEED)

# A long run of mixed load: make soak SECONDS=7200, of guest time.
SECONDS ?= 600
soak: setup
	@$(MAKE) --no-print-directory -j$(JOBS) all build/guest/soak.cpio.gz
	@tests/linux/soak.sh $(SECONDS)

unit: $(UNIT_TESTS:%=build/unit/%)
unit-names:
	@echo $(UNIT_TESTS)

coverage: setup
	@tests/coverage/run.sh

check-format check-layers check-static stats:
	@scripts/$@.sh

bench: setup
	@$(MAKE) --no-print-directory -j$(JOBS) all build/bench/count.so
	@./umbra bench

build/host/tests/linux/typist: tests/linux/typist.c
	@mkdir -p $(@D)
	@echo "  HOSTCC  $<"
	@$(HOST_CC) $(HOST_CFLAGS) -o $@ $< -lutil

build/bench/count.so: bench/count.c
	@mkdir -p $(@D)
	@echo "  HOSTCC  $<"
	@$(HOST_CC) -std=gnu11 -O2 -Wall -Wextra -fPIC -shared -o $@ $<

build/vms/%.dtb: vms/%.dts
	@mkdir -p $(@D)
	@dtc -q -I dts -O dtb -o $@ $<
