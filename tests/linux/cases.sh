#!/bin/bash
# Linux in a VM: each case boots Debian's kernel and looks at what came out.
#
# usage: cases.sh --list | CASE
set -u
cd "$(dirname "$0")/../.."
out=$(mktemp)
trap 'rm -f "$out"' EXIT

# boot CODE ARGS...: runs umbra, shows what it says, expects CODE
boot() {
    local want=$1 code
    shift
    ./umbra run --timeout "${LIMIT:-180}" "$@" </dev/null >"$out" 2>&1
    code=$?
    cat "$out"
    [ $code = "$want" ] || { echo "ended with $code, expected $want"; return 1; }
}

# said TEXT: the console showed it
said() { tr -d '\r' <"$out" | grep -qF -- "$1" || { echo "not on the console: $1"; return 1; }; }

session() { boot 0 --append +umbra.script=session "$@" && said ', 0 failed' && said 'reboot: Power down'; }

case_session-cubieboard() { session; }
case_session-realview-pb-a8() { session --board realview-pb-a8; }
case_session-vexpress-a9() { session --board vexpress-a9; }
case_session-decompressed() { session --decompress; }
# The audits of the debug build: every shadow entry against the VM's memory, and
# a scan of everything the guest kernel can execute.
case_session-debug() {
    session --debug --decompress && said 'audit: 0 bad shadow entries' && said 'executable in guest kernel mode, 0 sensitive'
}

# Every optimisation that can be switched off is.
case_without-optimisations() {
    session --decompress --without fast-paths,lazy-dacr,system-stubs,tlbi-queue,lazy-stubs,traces
}

# Debian's other kernels.  Realtime: the same session.
case_kernel-rt() {
    session --kernel build/cache/kernels/linux-image-rt-armmp.vmlinuz && said 'PREEMPT_RT'
}

# LPAE: a processor without it makes that kernel stop itself, before it has a console.
case_kernel-lpae() {
    LIMIT=30 boot 15 --kernel build/cache/kernels/linux-image-armmp-lpae.vmlinuz &&
        said 'the guest has stopped itself' && said 'was ID_MMFR0' && said 'no Large Physical Address Extension (LPAE)'
}

# The other policies: on the default board with the audits of the debug build, which look for tables
# that are mapped writable although they are watched.
policy_debug() { session --policy "$1" --debug --decompress && said 'audit: 0 bad shadow entries'; }
case_policy-trap() { policy_debug trap; }
case_policy-oos() { policy_debug oos; }
case_policy-trap-vexpress-a9() { session --policy trap --decompress --board vexpress-a9; }
case_policy-oos-vexpress-a9() { session --policy oos --decompress --board vexpress-a9; }
case_policy-trap-realview-pb-a8() { session --policy trap --decompress --board realview-pb-a8; }
case_policy-oos-realview-pb-a8() { session --policy oos --decompress --board realview-pb-a8; }
case_no-space-cache() {
    boot 0 --no-space-cache --debug --decompress --append +umbra.script=null && said 'null: up' &&
        said 'audit: 0 bad shadow entries'
}

case_ten-boots() {
    local n
    for n in 1 2 3 4 5 6 7 8 9 10; do
        LIMIT=60 boot 0 --decompress --append +umbra.script=null >/dev/null || { tail -30 "$out"; return 1; }
        said 'null: up' || return 1
        echo "boot $n: ok"
    done
}

case_memory-64M() { boot 0 --decompress --memory 64M --append +umbra.script=null && said 'null: up'; }
case_memory-640M() { boot 0 --decompress --memory 640M --append +umbra.script=null && said 'null: up'; }
# Linux patches 39,757 places at boot through a mapping for each.
case_statistics() {
    boot 0 --decompress --stats --append +umbra.script=null && said 'exits, all' &&
        tr -d '\r' <"$out" | awk '/a store to a momentary mapping/ { n = $NF } END { exit n < 30000 }' ||
        { echo "fewer than 30000 stores to momentary mappings"; return 1; }
}
case_counters() { boot 0 --decompress --append +umbra.script=counters && said 'counters: 0 failed'; }
case_counters-native() {
    boot 0 --native --decompress --append +umbra.script=counters && said 'this is not a VM of umbra'
}
# Every exit is in the trace: by reason as many as the counters tell.  Symbols come from the guest.
case_trace() {
    local name text counted traced total=0
    dir=$(mktemp -d) && trap 'rm -rf "$out" "$dir"' EXIT
    boot 0 --decompress --stats --trace "$dir/t" --append +umbra.script=kallsyms || return 1
    ./umbra trace --print "$dir/t" >"$dir/text" || return 1
    while read -r name text; do
        counted=$(tr -d '\r' <"$out" | sed -n "s/^  $text  *\([0-9][0-9]*\)\$/\1/p")
        traced=$(grep -c " $name " "$dir/text")
        echo "$name: ${counted:-0} counted, $traced traced"
        [ "${counted:-0}" = "$traced" ] || return 1
        total=$((total + traced))
    done < <(sed -n '/define VM_EXITS/,/^$/s/^ *X(\([a-z_]*\), "\([^"]*\)").*/\1 \2/p' src/core/stats.h)
    counted=$(tr -d '\r' <"$out" | sed -n 's/^  exits, all *//p')
    echo "all: $counted counted, $total traced"
    [ "$total" -gt 10000 ] && [ "$counted" = "$total" ] || return 1
    # nearly all of them came to something that is counted, and took time
    ./umbra trace "$dir/t" | awk -v total="$total" '/nothing counted/ { n += $3 } / s of it in umbra$/ { s = $(NF - 5) }
        END { print n + 0 " of them without an outcome, " s " s in umbra"; exit n > total / 100 || s <= 0 }' || return 1
    tr -d '\r' <"$out" | sed -n 's/^kallsyms: //p' >"$dir/System.map"
    ./umbra trace --symbols "$dir/System.map" --top 1000 "$dir/t" | grep -m5 'pl011_'
}
# The long run, shortened: a minute of guest time (make soak SECONDS=n: any length).
case_soak() { LIMIT=360 tests/linux/soak.sh 60; }
case_reset() { boot 10 --decompress --append +umbra.script=reset; }
case_panic() { boot 14 --decompress --append +umbra.script=panic; }
case_time-out() { LIMIT=30 boot 15 --decompress --append +umbra.script=hang && said 'the last console lines'; }

# With the deterministic clock two runs print the same, to the letter.
case_deterministic() {
    boot 0 --decompress --icount --append +umbra.script=null >/dev/null || { tail -30 "$out"; return 1; }
    cp "$out" "$out.first"
    boot 0 --decompress --icount --append +umbra.script=null >/dev/null || return 1
    diff "$out.first" "$out"
    local same=$?
    rm -f "$out.first"
    return $same
}

# A person at a terminal: a prompt, a command, job control, exit.
case_interactive() { build/host/tests/linux/typist tests/linux/interactive.script ./umbra run --decompress --timeout 180; }
case_native-cubieboard() { boot 0 --native --append +umbra.script=session && said ', 0 failed'; }
case_native-vexpress-a9() { boot 0 --native --board vexpress-a9 --append +umbra.script=session && said ', 0 failed'; }

if [ "${1:-}" = --list ]; then
    declare -F | sed -n 's/^declare -f case_//p'
else
    "case_${1:?usage: cases.sh --list | CASE}"
fi
