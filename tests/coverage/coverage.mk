# Included by mk/target.mk in the coverage build (tests/coverage/run.sh): counters in every C file, and
# a writer for them in the image.
TARGET_CFLAGS += -fprofile-arcs -ftest-coverage -fprofile-info-section=gcov_info
TARGET_CPPFLAGS += -DCOVERAGE_OUT='"$(COVERAGE_OUT)"'
TARGET_SOURCES += tests/coverage/gcov_dump.c
TARGET_LDFLAGS += -Wl,--wrap=semihosting_exit -Wl,--orphan-handling=place
TARGET_LIBS = -lgcov

$(OUT)/obj/tests/coverage/gcov_dump.c.o: TARGET_CFLAGS := $(filter-out -fprofile% -ftest%,$(TARGET_CFLAGS))
