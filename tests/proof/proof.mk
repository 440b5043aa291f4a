# The proofs: programs on the build machine, without sanitizers since they are long.
#
#   make proof          the short run of each, as in `make test`
#   make proof-full     every encoding
#
#   PROOFS              the programs
#   NAME_PROVES         what a program links beside tests/proof/NAME.c

PROOFS = prove_a32 prove_traces prove_copies model_shadow

PROOF_CC ?= gcc
PROOF_CFLAGS = -std=gnu11 -O2 -g -Wall -Wextra -Isrc/arch/fake -Isrc -Itests/proof -Itests/unit
PROOF_XLATE = $(addprefix tests/proof/,cpu.c forms.c kinds.c machine.c) $(wildcard src/xlate/*.c) \
	$(addprefix src/core/,pool.c vcpu.c cp15.c) src/arch/fake/fake.c

prove_a32_PROVES = $(PROOF_XLATE)
prove_traces_PROVES = $(PROOF_XLATE)
prove_copies_PROVES = $(PROOF_XLATE)
model_shadow_PROVES = tests/proof/models.c $(filter-out src/shadow/ats.c,$(wildcard src/shadow/*.c)) \
	$(addprefix src/core/,pool.c gmem.c vm.c) src/arch/fake/fake.c

.PHONY: proof proof-full proof-names
proof: setup
	@tests/run.sh proof
proof-full: setup $(PROOFS:%=build/proof/%)
	@for p in $(PROOFS); do build/proof/$$p --full || exit 1; done
proof-names:
	@echo $(PROOFS)

.SECONDEXPANSION:
$(PROOFS:%=build/proof/%): build/proof/%: tests/proof/%.c $$(%_PROVES) tests/unit/support.c \
		$$(wildcard tests/proof/*.h src/*/*.h src/*/*.def) tests/proof/proof.mk
	@mkdir -p $(@D)
	@echo "  PROOFCC $*"
	@$(PROOF_CC) $(PROOF_CFLAGS) -o $@ $< $($*_PROVES) tests/unit/support.c -lunicorn
