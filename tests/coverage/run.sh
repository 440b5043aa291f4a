#!/bin/bash
# Line and branch coverage of src/ by unit, bare, guest and Linux tests, in one report.
#
# usage: tests/coverage/run.sh [STAGE...]       build unit bare linux report (default: all)
#
# A copy of the sources in build/coverage/tree is built with gcc's counters: the unit tests, the
# image and its debug build.  The image writes its counters to the host when it ends (gcov_dump.c); a
# QEMU plugin counts what is assembly (executed.c).  report.py merges all of it:
#
#   build/coverage/report.txt    a line for each file, and the lines and branches that nothing reaches
#   build/coverage/html/         the same with sources
#
# What a test says does not matter here, `make test` is for that; but each is bound in time.
set -u
cd "$(dirname "$0")/../.."
top=$PWD
work=$top/build/coverage
tree=$work/tree

prepare() {
    local qemu
    rm -rf "$work" && mkdir -p "$tree/build" "$work/raw" "$work/bin"
    cp -r src tests tools vms scripts mk bench docs Makefile "$tree/"
    ln -s "$top/build/cache" "$tree/build/cache"
    cp -r build/guest "$tree/build/" 2>/dev/null
    gcc -O2 -Wall -Wextra -fPIC -shared -o "$work/executed.so" tests/coverage/executed.c
    # every QEMU that runs umbra has the plugin
    qemu=$(command -v qemu-system-arm)
    cat >"$work/bin/qemu-system-arm" <<END
#!/bin/sh
case "\$*" in
*umbra.zimage*) exec $qemu "\$@" -plugin $work/executed.so,out=$work/executed,lo=fa000000,hi=fa400000 ;;
*) exec $qemu "\$@" ;;
esac
END
    chmod +x "$work/bin/qemu-system-arm"
}

build() {
    local flags="TARGET_EXTRA=tests/coverage/coverage.mk COVERAGE_OUT=$work/raw"
    make -C "$tree" -s -j"$(nproc)" $flags test-build
}

unit() {
    local name
    make -C "$tree" -s -k -j"$(nproc)" unit UNIT_CFLAGS="-std=gnu11 -O1 -g -fprofile-arcs -ftest-coverage \
        -Isrc/arch/fake -Isrc -Itests/unit" >"$work/unit.log" 2>&1
    for name in $(make -C "$tree" -s --no-print-directory unit-names); do
        (cd "$tree" && timeout 120 "build/unit/$name") >>"$work/unit.log" 2>&1 ||
            echo "  unit test $name: failed"
    done
}

# step SECONDS COMMAND...: in the tree, with the plugin; only its end is shown
step() {
    local limit=$1 begin=$SECONDS
    shift
    (cd "$tree" && PATH="$work/bin:$PATH" timeout -k 5 "$limit" "$@") >>"$work/runs.log" 2>&1 </dev/null
    echo "  $*: status $? ($((SECONDS - begin)) s)"
}

# guest NAME BOARD FLAGS...
guest() {
    local name=$1 board=$2
    shift 2
    step 150 env UMBRA_TIMEOUT=120 UMBRA_FLAGS="$*" tests/bare/run.sh umbra "$name" "$board"
}

bare() {
    local name board kind
    for name in $(make -C "$tree" -s --no-print-directory -f tests/bare/bare.mk bare-names); do
        guest "$name" cubieboard
        guest "$name" cubieboard --policy oos
    done
    for name in tlb tables user hostile pocket thumb; do
        guest "$name" cubieboard --policy trap --debug
    done
    guest user cubieboard --no-space-cache
    for board in realview-pb-a8 vexpress-a9; do
        for name in timer_gic hello fiq; do
            guest "$name" "$board"
        done
    done
    step 100 tests/bare/run.sh negative cubieboard
    for kind in a32 t32 mix user irq mmu smc; do
        step 200 tests/fuzz/fuzz.sh --kinds $kind --count 1 --batch 200 --seed 1 --configs debug,trap
    done
}

linux() {
    local name
    for name in session-cubieboard session-debug panic reset interactive memory-64M trace; do
        LIMIT=400 step 420 tests/linux/cases.sh "$name"
    done
    for name in $("$tree/tests/guests/cases.sh" --list 2>/dev/null); do
        step 400 tests/guests/cases.sh "$name"
    done
}

report() { python3 tests/coverage/report.py "$work"; }

for stage in ${*:-build unit bare linux report}; do
    case $stage in
    build)
        echo "coverage: build"
        prepare
        build >"$work/build.log" 2>&1 ||
            { tail -20 "$work/build.log"; echo "coverage: the build fails"; exit 1; }
        ;;
    unit | bare | linux | report)
        echo "coverage: $stage"
        $stage || exit 1
        ;;
    *)
        echo "coverage: no stage '$stage'" >&2
        exit 2
        ;;
    esac
done
