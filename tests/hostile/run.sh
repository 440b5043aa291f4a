#!/bin/bash
# Hostile guests: umbra must not crash, hang, leak or let a byte outside the VM change.
#
# usage: run.sh --list                  the cases of the suite, ATTACK:SEED:BOARD
#        run.sh ATTACK:SEED[:BOARD[:UMBRA-OPTION...]]
#        run.sh --for SECONDS [SEED]    cases at random, as long as that; all of them with their own seeds
#
# Each runs the debug build, with its audits, for at most LIMIT seconds, then Ctrl-] x.  docs/hostile.md
# describes the attacks.  Logs of failures stay in build/hostile/log.
set -u
cd "$(dirname "$0")/../.."
driver=build/host/tests/hostile/driver
logs=build/hostile/log
boards="cubieboard vexpress-a9 realview-pb-a8"
# Each seed of a long run has one of these.
variants=("" :--policy:trap :--policy:oos :--no-space-cache :--without:fast-paths :--without:lazy-dacr
          :--without:system-stubs :--without:tlbi-queue :--without:traces)
# These leave the program alone, so it must come to its end, with no check failed.
whole="words user-words thumb leak mmio dma flash cpregs control modes tables spaces code storm floods"
# These may kill or stop the VM.
fatal="state jumps stacks wild map4g window"
deaths=17

# limit ATTACK: seconds
limit() {
    case $1 in
    dead) echo "${LIMIT:-2}" ;;
    wild | state | jumps | stacks) echo "${LIMIT:-5}" ;;
    *) echo "${LIMIT:-60}" ;;
    esac
}

# expect TEXT: the log has it
expect() { grep -aqF -- "$1" "$log" || { echo "not on the console: $1"; return 1; }; }

# What must have been said, beside what the driver looks at.
judge() {
    case " $whole " in
    *" $1 "*)
        grep -aq '^END: .* 0 failed' "$log" || { echo "the guest did not come to its end with 0 failed"; return 1; }
        ;;
    esac
    case $1 in
    window) expect "inside umbra's window 0xfa000000-0xfc000000" ;;
    map4g) grep -aq '^  read all\|no place for the translation' "$log" || { echo "neither an end nor a reason"; return 1; } ;;
    *) expect "hostile: $1" ;;
    esac
}

# one ATTACK:SEED[:BOARD[:OPTION...]]
one() {
    local attack seed board options status
    IFS=: read -r attack seed board options <<<"$1"
    local args="attack=$attack seed=$seed"
    [ "$attack" = dead ] && args="$args rounds=$seed"
    [ -n "${ROUNDS:-}" ] && args="$args rounds=$ROUNDS"
    local image="--kernel build/hostile/hostile.bin"
    [ "$attack" = flash ] && image="--firmware build/hostile/firmware.bin"
    mkdir -p "$logs"
    log=$logs/$(tr -c 'A-Za-z0-9.\n-' '_' <<<"$1").log
    # shellcheck disable=SC2086
    "$driver" --limit "$(limit "$attack")" ./umbra run --debug --icount --board "${board:-cubieboard}" \
        $image --append "$args" ${options//:/ } >"$log" 2>&1 && judge "$attack"
    status=$?
    [ $status = 0 ] || { tail -n 40 "$log" | cut -c1-160; echo "run.sh: $1 failed; again: tests/hostile/run.sh $1"; }
    return $status
}

list() {
    local attack n
    for attack in $whole $fatal; do echo "$attack:1:cubieboard" "$attack:2:vexpress-a9"; done
    for attack in state wild; do echo "$attack:3:realview-pb-a8" "$attack:4:cubieboard"; done
    for attack in tables spaces state; do echo "$attack:5:cubieboard:--policy:trap" "$attack:6:cubieboard:--policy:oos"; done
    for n in 0 1 4 7 9 10 12 15; do echo "dead:$n:cubieboard"; done
}

# A long run: each case once in turn, with ever new seeds, boards and variants of umbra in turn.
for_long() {
    local end=$((SECONDS + $1)) seed=${2:-$RANDOM} first=${2:-$seed} ran=0 failed=0 attack board
    echo "hostile: $1 s, seeds from $seed"
    while [ $SECONDS -lt $end ]; do
        for attack in $whole $fatal dead; do
            [ $SECONDS -lt $end ] || break
            board=$(cut -d' ' -f$((seed % 3 + 1)) <<<"$boards")
            local s=$seed
            [ $attack = dead ] && s=$((seed % deaths))
            one "$attack:$s:$board${variants[seed % ${#variants[@]}]}" || failed=$((failed + 1))
            ran=$((ran + 1))
        done
        seed=$((seed + 1))
    done
    echo "hostile: $ran runs, seeds $first to $seed, $failed failed"
    [ $failed = 0 ]
}

case ${1:-} in
--list) list ;;
--for) for_long "${2:?seconds}" "${3:-}" ;;
*:*) one "$1" ;;
*) sed -n '2,9s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac
