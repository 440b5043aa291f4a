# Unit tests: one program each, on the build machine, with sanitizers.
#
#   UNIT_TESTS            the programs
#   NAME_SOURCES          what a program links beside tests/unit/NAME.c
#   build/unit/NAME       the rule for all of them
#
# The including Makefile runs each program; it returns non-zero when a test fails.

UNIT_TESTS := $(patsubst tests/unit/%.c,%,$(sort $(wildcard tests/unit/test_*.c)))

UNIT_SUPPORT = tests/unit/support.c
VDEV_SOURCES = $(wildcard src/vdev/*.c)

test_vcpu_SOURCES = src/core/vcpu.c
test_walk_SOURCES = src/shadow/walk.c
test_t32_SOURCES = src/xlate/t32.c src/xlate/sweep.c src/xlate/a32.c
test_ldst_SOURCES = src/xlate/ldst.c
test_cp15_SOURCES = src/core/cp15.c src/core/vcpu.c
test_psci_SOURCES = src/core/psci.c
test_ats_SOURCES = src/shadow/ats.c src/shadow/walk.c
test_sysinsn_SOURCES = src/xlate/sysinsn.c src/xlate/exec.c src/xlate/ldst.c src/core/vcpu.c
test_pcinsn_SOURCES = src/xlate/pcinsn.c src/xlate/exec.c src/xlate/ldst.c src/core/vcpu.c
test_vgic_SOURCES = src/vdev/vgic.c src/vdev/vdev_fdt.c
test_vtimer_SOURCES = src/vdev/vtimer.c
test_vpl011_SOURCES = src/vdev/vpl011.c src/vdev/vdev_fdt.c
test_vcounters_SOURCES = src/vdev/vcounters.c src/vdev/vdev_fdt.c
test_vpl031_SOURCES = src/vdev/vpl031.c src/vdev/vdev_fdt.c
test_vpl061_SOURCES = src/vdev/vpl061.c src/vdev/vdev_fdt.c
test_vflash_SOURCES = src/vdev/vflash.c src/vdev/vdev_fdt.c
test_vfwcfg_SOURCES = src/vdev/vfwcfg.c src/vdev/vdev_fdt.c
test_host_SOURCES = src/drv/host.c src/drv/fdt_util.c src/drv/pl011.c src/drv/ns16550.c src/drv/gic.c \
	src/drv/sun4i_ic.c src/drv/sp804.c src/drv/sun4i_timer.c
test_host_file_SOURCES = src/drv/host_file.c
test_host_timer_SOURCES = src/drv/sp804.c src/drv/sun4i_timer.c
test_a32_SOURCES = src/xlate/a32.c
XLATE_SOURCES = $(wildcard src/xlate/*.c) src/core/pool.c src/core/vcpu.c src/arch/fake/fake.c
test_shadow_tlb_SOURCES = $(test_shadow_SOURCES)
test_shadow_SOURCES = $(addprefix src/shadow/,audit.c claims.c drop.c fill.c l2.c policy_tlb.c policy_trap.c policy_oos.c quick.c space.c \
	sync.c tables.c walk.c) \
	$(addprefix src/core/,pool.c gmem.c vm.c) src/arch/fake/fake.c
test_stubs_SOURCES = $(XLATE_SOURCES)
test_xlate_SOURCES = $(XLATE_SOURCES)
test_check_SOURCES = $(XLATE_SOURCES)
test_deadend_SOURCES = src/vmm/deadend.c
test_alarm_SOURCES = src/vmm/alarm.c
test_integrity_SOURCES = src/vmm/integrity.c src/lib/crc32.c src/arch/fake/fake.c
test_hash_SOURCES = src/lib/crc32.c src/lib/sha256.c
test_bundle_SOURCES = src/vmm/bundle.c src/vmm/vmdesc.c src/lib/crc32.c src/lib/sha256.c
test_vm_virt_SOURCES = src/vmm/vm_virt.c src/vmm/guest_fdt.c src/core/vm.c $(VDEV_SOURCES)

UNIT_CC ?= gcc
UNIT_CFLAGS = -std=gnu11 -O1 -g -Wall -Wextra -fsanitize=address,undefined -fno-sanitize-recover=all \
	-Isrc/arch/fake -Isrc -Itests/unit
UNIT_LIBS = -lfdt

.SECONDEXPANSION:
$(UNIT_TESTS:%=build/unit/%): build/unit/%: tests/unit/%.c $$(%_SOURCES) $(UNIT_SUPPORT) tests/unit/test.h \
		tests/unit/unit.mk $$(wildcard tests/unit/*.h src/*/*.h src/*/*.def)
	@mkdir -p $(@D)
	@echo "  UNITCC  $*"
	@$(UNIT_CC) $(UNIT_CFLAGS) -o $@ $< $($*_SOURCES) $(UNIT_SUPPORT) $(UNIT_LIBS)
