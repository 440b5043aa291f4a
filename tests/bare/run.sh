#!/bin/sh
# Runs bare guests and compares what they print.
#
#   tests/bare/run.sh oracle [NAME...]          on plain QEMU; keeps build/bare/NAME.oracle
#   tests/bare/run.sh umbra NAME|all [BOARD]    inside umbra, compared with the oracle
#   tests/bare/run.sh negative [BOARD]          the guests that hang, reset or are stopped, inside umbra
#
# A guest passes when it ends by itself, prints its END line with 0 failed, and (umbra) prints
# word for word what it printed on plain QEMU.  Lines that begin with "umbra:" are the VMM's own.
# Ends with the number of guests that failed.

set -u
cd "$(dirname "$0")/../.." || exit 99
out=build/bare
oracle_limit=${ORACLE_TIMEOUT:-60}
umbra_limit=${UMBRA_TIMEOUT:-120}
failed=0
run=0

usage() {
    sed -n '2,11s/^# \{0,1\}//p' "$0" >&2
    exit 98
}

names() {
    make -s --no-print-directory -f tests/bare/bare.mk bare-names
}

# Guests without an oracle: their own checks decide.
is_alone() {
    make -s --no-print-directory -f tests/bare/bare.mk bare-alone | grep -qw "$1"
}

# The guest's lines: no carriage returns, none of the VMM's lines, no blank line at the end.
guest_lines() {
    tr -d '\r\000' <"$1" | grep -av '^umbra:' | sed -e :a -e '/^\n*$/{$d;N;ba' -e '}'
}

fail() {
    echo "FAIL $1: $2"
    failed=$((failed + 1))
}

last_lines() {
    echo "  last output of $1:"
    tr -d '\000' <"$2" | tail -n "${3:-12}" | cut -c 1-160 | sed 's/^/  | /'
}

# Did the guest finish with no failed check?  $1 = label, $2 = file of lines, $3 = exit code
finished() {
    if [ "$3" -ne 0 ]; then
        fail "$1" "ended with code $3"
    elif ! grep -aq '^END: ' "$2"; then
        fail "$1" "no END line"
    elif grep -aq 'FAIL: ' "$2" || ! grep -aq '^END: .* 0 failed$' "$2"; then
        fail "$1" "checks failed"
        grep -a -B1 "FAIL: " "$2" | cut -c 1-160 | sed "s/^/  | /" | head -40
    else
        return 0
    fi
    last_lines "$1" "$2"
    return 1
}

have_guest() {
    [ -f "$out/$1.bin" ] && return 0
    fail "$1" "$out/$1.bin is not built (make -f tests/bare/bare.mk bare)"
    return 1
}

# How guest $1 is started: with option $2 from flash, when there is such an image, or with $3.
start() {
    if [ -f "$out/$1.rom" ]; then echo "$2 $out/$1.rom"; else echo "$3 $out/$1.bin"; fi
}

run_oracle() {
    timeout "$oracle_limit" qemu-system-arm -M virt -cpu cortex-a15 -m 256 -nic none -no-reboot -nographic \
        $(start "$1" -bios -kernel) </dev/null >"$out/$1.oracle.raw" 2>"$out/$1.oracle.err"
    code=$?
    guest_lines "$out/$1.oracle.raw" >"$out/$1.oracle.new"
    mv "$out/$1.oracle.new" "$out/$1.oracle"
    [ "$code" -eq 124 ] && echo "  time is up after $oracle_limit s"
    return "$code"
}

oracle() {
    run=$((run + 1))
    have_guest "$1" || return
    run_oracle "$1"
    finished "$1 oracle" "$out/$1.oracle" $? && echo "ok   $1 oracle ($(sed -n 's/^END: //p' "$out/$1.oracle"))"
}

run_umbra() {
    timeout $((umbra_limit + 20)) ./umbra run ${UMBRA_FLAGS:-} --board "$2" $(start "$1" "--memory 128M --firmware" --kernel) --timeout "$3" \
        </dev/null >"$out/$1.$2.raw" 2>"$out/$1.$2.err"
    code=$?
    guest_lines "$out/$1.$2.raw" >"$out/$1.$2.out"
    return "$code"
}

umbra() {
    run=$((run + 1))
    have_guest "$1" || return
    if ! is_alone "$1" && { [ ! -f "$out/$1.oracle" ] || [ "$out/$1.bin" -nt "$out/$1.oracle" ]; }; then
        run_oracle "$1"
        finished "$1 oracle" "$out/$1.oracle" $? || return
    fi
    run_umbra "$1" "$2" "$umbra_limit"
    code=$?
    if ! finished "$1 $2" "$out/$1.$2.out" "$code"; then
        [ "$code" -ne 0 ] && last_lines "$1 with the VMM's lines" "$out/$1.$2.raw" 25
    elif ! is_alone "$1" && ! diff "$out/$1.oracle" "$out/$1.$2.out" >"$out/$1.$2.diff"; then
        fail "$1 $2" "prints other lines than on plain QEMU (< QEMU, > umbra)"
        head -20 "$out/$1.$2.diff"
    else
        echo "ok   $1 $2 ($(sed -n 's/^END: //p' "$out/$1.$2.out"))"
    fi
}

# A guest that must not end with 0: $1 = name, $2 = board, $3 = its first line
negative() {
    run=$((run + 1))
    have_guest "$1" || return
    run_umbra "$1" "$2" 10
    code=$?
    if [ "$code" -eq 0 ]; then
        fail "$1 $2" "ended with 0"
    elif ! grep -aq "^$3" "$out/$1.$2.out"; then
        fail "$1 $2" "did not start (code $code)"
        last_lines "$1" "$out/$1.$2.raw"
    else
        echo "ok   $1 $2 (code $code)"
        eval "code_$1=$code"
    fi
}

[ $# -ge 1 ] || usage
what=$1
shift
case $what in
oracle)
    for name in ${*:-$(names)}; do is_alone "$name" || oracle "$name"; done
    ;;
umbra)
    [ $# -ge 1 ] || usage
    board=${2:-cubieboard}
    [ "$1" = all ] && set -- "$(names)"
    for name in $1; do umbra "$name" "$board"; done
    ;;
negative)
    board=${1:-cubieboard}
    code_hang=0 code_reset=0
    negative hang "$board" 'hang: '
    negative reset "$board" 'reset: '
    for name in window window_code window_user; do negative $name "$board" 'window: RAM'; done
    if [ "$code_hang" -ne 0 ] && [ "$code_hang" = "$code_reset" ]; then
        fail "negative $board" "a time-out and a reset give the same code $code_hang"
    fi
    ;;
*)
    usage
    ;;
esac
echo "bare: $run run, $failed failed"
exit "$failed"
