# umbra: see README.md.  `make run` and `make test` are all a newcomer needs;
# both install what is missing first.

JOBS ?= $(shell nproc)
CACHE = build/cache
LIBFDT = $(CACHE)/libfdt
GUEST = $(CACHE)/guest

.PHONY: all run test check bench setup clean distclean help
.DEFAULT_GOAL = help

help:
	@echo "make run        install what is missing, build, and boot Debian's armhf kernel to a shell"
	@echo "make test       everything that is tested; the last line counts"
	@echo "make check      the fast part: format, static analysis, layers, unit and bare tests"
	@echo "make proof      the translator against an emulated core, encoding by encoding (proof-full: all of them)"
	@echo "make coverage   lines and branches of src/ that unit, bare and Linux tests reach"
	@echo "make bench      the evaluation: native and every policy, with report and targets ('umbra bench --quick': a minute)"
	@echo "make fuzz       random programs, plain QEMU against umbra (SECONDS=n SEED=s KINDS=.. CONFIGS=..): docs/fuzzing.md"
	@echo "make soak       SECONDS=n of guest time under stress-ng, with checks of umbra's counters and memory"
	@echo "make all        build only (DEBUG=1: build/debug/, with the audits)"
	@echo "make stats      sizes of functions and files"
	@echo "make clean      remove what was built; distclean: the downloads as well"

all: image tools guest

run: setup
	@$(MAKE) --no-print-directory -j$(JOBS) all
	@echo "umbra: starting; end with 'exit' in the guest's shell"
	@./umbra run

# Packages; a stamp keeps later runs from asking dpkg again.
setup: $(CACHE)/setup.done
$(CACHE)/setup.done: scripts/setup.sh
	@scripts/setup.sh
	@mkdir -p $(@D) && touch $@

clean:
	@find build -mindepth 1 -maxdepth 1 ! -name cache -exec rm -rf {} + 2>/dev/null || true
	@rm -f umbra

distclean: clean
	@rm -rf build

include mk/target.mk
include mk/host.mk
include mk/test.mk
