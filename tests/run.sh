#!/bin/bash
# The test driver.  Runs suites and prints one line a test; the last line counts.
#
# usage: tests/run.sh [SUITE...]       unit proof bare fuzz hostile guests linux tool state (default: all)
#
# Each test is a command with a time limit.  Its output goes to build/test/NAME.log; the
# last lines are shown when it fails or its time is up.
set -u
cd "$(dirname "$0")/.."
export logs=build/test
results=$logs/results
mkdir -p "$logs"
: >"$results"
workers=${WORKERS:-$(nproc)}
queue=()

# t SECONDS NAME COMMAND...: a test, to be run by the next 'finish'
t() { queue+=("$(printf '%q ' "$@")"); }

# Runs one test; what it prints is in one piece, whatever runs beside it.
one() {
    local limit=$1 name=$2 log status start=$SECONDS
    shift 2
    log=$logs/$(tr -c 'A-Za-z0-9.\n-' '_' <<<"$name").log
    timeout -k 10 "$limit" "$@" >"$log" 2>&1 </dev/null
    status=$?
    exec 9>"$logs/lock"
    flock 9
    if [ $status = 0 ]; then
        echo ok >>"$logs/results"
        printf 'ok   %s (%d s)\n' "$name" $((SECONDS - start))
        return
    fi
    echo "$name" >>"$logs/results"
    if [ $status = 124 ] || [ $status = 137 ]; then
        printf 'FAIL %s: no end after %d s; last output:\n' "$name" "$limit"
    else
        printf 'FAIL %s: status %d; last output (all of it: %s):\n' "$name" $status "$log"
    fi
    tr -d '\000\r' <"$log" | tail -n 30 | cut -c1-200 | sed 's/^/    /'
}
export -f one

# finish [WORKERS]: runs what is queued, as many at a time; tests of one 'finish' share no files
finish() {
    [ ${#queue[@]} = 0 ] || printf '%s\n' "${queue[@]}" |
        xargs -d '\n' -n 1 -P "${1:-$workers}" bash -c 'eval "one $1"' test
    queue=()
}

# cases FILE SECONDS: every case that FILE lists
cases() {
    local name
    for name in $("$1" --list); do t "$2" "$3: $name" "$1" "$name"; done
}

suite_unit() {
    local name
    for name in $(make -s --no-print-directory unit-names); do
        t 300 "unit: $name" sh -c "make -s --no-print-directory build/unit/$name && build/unit/$name"
    done
}

# The other policies: every guest on one board; what looks at tables on the others too.
bare_policies() {
    local name board policy
    for policy in trap oos; do
        for name in $(make -s --no-print-directory -f tests/bare/bare.mk bare-names); do
            t 100 "bare: $name on cubieboard, $policy" env UMBRA_TIMEOUT=60 UMBRA_FLAGS="--policy $policy" \
                tests/bare/run.sh umbra "$name" cubieboard
        done
        finish
        for board in realview-pb-a8 vexpress-a9; do
            for name in tlb tables; do
                t 100 "bare: $name on $board, $policy" env UMBRA_TIMEOUT=60 UMBRA_FLAGS="--policy $policy" \
                    tests/bare/run.sh umbra "$name" "$board"
            done
        done
    done
    finish
    for name in tlb tables user; do
        t 100 "bare: $name on cubieboard, no space cache" env UMBRA_TIMEOUT=60 UMBRA_FLAGS=--no-space-cache \
            tests/bare/run.sh umbra "$name" cubieboard
    done
}

suite_bare() {
    local name board
    for board in cubieboard realview-pb-a8 vexpress-a9; do
        for name in $(make -s --no-print-directory -f tests/bare/bare.mk bare-names); do
            t 100 "bare: $name on $board" env UMBRA_TIMEOUT=60 tests/bare/run.sh umbra "$name" "$board"
        done
        finish # the other boards use what plain QEMU printed for the first
    done
    finish
    bare_policies
    finish
    t 100 "bare: guests that hang or reset" tests/bare/run.sh negative cubieboard
}

suite_fuzz() {
    local kind
    t 120 "fuzz: programs that once differed" tests/fuzz/fuzz.sh --regressions
    for kind in a32 t32 mix user irq mmu smc flat; do
        t 300 "fuzz: $kind programs" tests/fuzz/fuzz.sh --kinds $kind --count 1 --batch 150 --seed 1
    done
    t 120 "fuzz: wild programs" tests/fuzz/fuzz.sh --kinds wild --count 1 --batch 100 --seed 1 --configs debug
}

suite_linux() { cases tests/linux/cases.sh 400 linux; }
suite_guests() { cases tests/guests/cases.sh 300 guests; }
suite_hostile() { cases tests/hostile/run.sh 150 hostile; }
suite_tool() { cases tests/tool/cases.sh 120 tool; }

# The short runs; `make proof-full` has the long ones.
suite_proof() {
    local name
    for name in $(make -s --no-print-directory proof-names); do
        t 400 "proof: $name" sh -c "make -s --no-print-directory build/proof/$name && build/proof/$name"
    done
}

suite_state() {
    t 120 "state: format" scripts/check-format.sh
    t 120 "state: layers" scripts/check-layers.sh
    t 300 "state: static analysis" scripts/check-static.sh
}

for suite in ${*:-state unit proof tool bare fuzz hostile guests linux}; do
    case $suite in
    unit | proof | bare | fuzz | hostile | guests | linux | tool | state) ;;
    *) echo "tests/run.sh: no suite '$suite'" >&2; exit 2 ;;
    esac
    echo "== $suite"
    "suite_$suite"
    case $suite in
    state | tool | fuzz | hostile) finish 1 ;; # their tests share files
    *) finish ;;
    esac
done
passed=$(grep -cx ok "$results")
failures=$(grep -vx ok "$results" | sed 's/^/  /')
failed=$(grep -cvx ok "$results")
[ -z "$failures" ] || printf '\nfailed:\n%s\n' "$failures"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
