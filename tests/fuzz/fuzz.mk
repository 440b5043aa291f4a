# The fuzz guest: tests/fuzz/*.[cS] + the library of the bare guests -> build/bare/fuzz.bin

FUZZ_OUT := $(BARE_OUT)/fuzz
FUZZ_OBJECTS := $(patsubst tests/fuzz/%,$(FUZZ_OUT)/%.o,$(basename $(wildcard tests/fuzz/*.[cS])))

.PHONY: fuzz-guest
fuzz-guest: $(BARE_OUT)/fuzz.bin

$(FUZZ_OUT)/%.o: tests/fuzz/%.c
	@mkdir -p $(@D)
	@$(CROSS)gcc $(BARE_CFLAGS) -Isrc -c -o $@ $<

$(FUZZ_OUT)/%.o: tests/fuzz/%.S
	@mkdir -p $(@D)
	@$(CROSS)gcc $(BARE_CFLAGS) -c -o $@ $<

$(BARE_OUT)/fuzz.elf: $(FUZZ_OBJECTS) $(BARE_LIB) tests/bare/lib/bare.lds
	@$(CROSS)gcc $(BARE_LDFLAGS) -o $@ $(filter %.o,$^)

-include $(wildcard $(FUZZ_OUT)/*.d)

# make fuzz SECONDS=n SEED=s [KINDS=a32,..] [CONFIGS=plain,..]: docs/fuzzing.md
.PHONY: fuzz
fuzz: setup
	@$(MAKE) --no-print-directory -j$(JOBS) all fuzz-guest
	@$(MAKE) --no-print-directory DEBUG=1 image
	@env -u SECONDS tests/fuzz/fuzz.sh --seconds $(or $(SECONDS),60) --seed $(or $(SEED),1) \
		$(if $(KINDS),--kinds $(KINDS)) $(if $(CONFIGS),--configs $(CONFIGS))
