#!/bin/bash
# Boot and a handful of operations, native and in umbra, counted in instructions
# executed by the processor: user, kernel and VMM together, under the deterministic
# clock.  Then boot in seconds, at full speed.
#
# usage: bench/run.sh [BOARD]      cubieboard (default) or vexpress-a9
set -u
cd "$(dirname "$0")/.."
board=${1:-cubieboard}
out=build/bench
mkdir -p "$out"

die() { echo "bench: $*" >&2; exit 1; }

# count NAME ARGS...: runs the bench script; leaves NAME.marks (marker, count) and NAME.names
count() {
    local name=$1
    shift
    echo "bench: counting $name" >&2
    ./umbra run --board "$board" --icount --timeout 900 --append +umbra.script=bench "$@" \
        -- -plugin "$out/count.so,out=$out/$name.marks" </dev/null >"$out/$name.log" 2>&1 ||
        { tail -n 20 "$out/$name.log"; die "$name ended with an error; its console is in $out/$name.log"; }
    tr -d '\r' <"$out/$name.log" | sed -n 's/^bench: \([a-z]* [0-9]*\)$/\1/p' >"$out/$name.names"
}

# costs NAME: "operation instructions-per-operation", boot first
costs() {
    awk 'NR == FNR { n[FNR] = $1; times[FNR] = $2; next }
         $1 == 0 { print "boot", $2 }
         $1 == 1 { start = $2 }
         $1 == 2 { i++; printf "%s %.0f\n", n[i], ($2 - start) / times[i] }' "$out/$1.names" "$out/$1.marks"
}

seconds() {
    local start end
    start=$(date +%s%N)
    ./umbra run --board "$board" --timeout 300 --append +umbra.script=null "$@" </dev/null >/dev/null 2>&1 || return
    end=$(date +%s%N)
    awk "BEGIN { printf \"%.1f\", ($end - $start) / 1e9 }"
}

table() { # of lines "name native umbra"
    awk '{ printf "%-22s %15s %15s %9s\n", $1, $2, $3, ($2 > 0 ? sprintf("%.2f", $3 / $2) : "-") }'
}

count native --native --decompress
count umbra --decompress
count native-zimage --native
count umbra-zimage

printf '\n%-22s %15s %15s %9s\n' "$board" native umbra ratio
echo "instructions"
join -j 1 <(costs native | sort) <(costs umbra | sort) | sort -k2,2nr | table
join -j 1 <(costs native-zimage | sort) <(costs umbra-zimage | sort) | sed -n 's/^boot /boot-from-zImage /p' | table
echo "seconds, boot to power-off"
echo "Image $(seconds --native --decompress) $(seconds --decompress)" | table
echo "zImage $(seconds --native) $(seconds)" | table
