#!/bin/bash
# Sizes of the code, per directory and over all: functions in code lines, files in lines.
# A function begins at a line of its own "{" in column 1 and ends at "}" in column 1.
set -u
cd "$(dirname "$0")/.."

percentiles() { # of the numbers on standard input, sorted
    awk '{v[NR]=$1} END {
        if (!NR) { print "-\t-\t-\t-"; exit }
        printf "%d\t%d\t%d\t%d\n", v[int((NR+1)*.5)], v[int(NR*.9)?int(NR*.9):1], v[int(NR*.99)?int(NR*.99):1], v[NR] }'
}

functions() {
    awk 'FNR==1 {open=0} /^\{/ {open=1; n=0; next} /^\}/ {if (open) print n; open=0} open && NF {n++}' "$@"
}

printf '%-14s %6s %8s   %-26s   %s\n' directory files lines 'functions 50/90/99/max' 'files 50/90/99/max'
row() {
    local name=$1
    shift
    [ $# -gt 0 ] || return 0
    printf '%-14s %6d %8d   %-26s   %s\n' "$name" $# "$(cat "$@" | wc -l)" \
        "$(functions "$@" | sort -n | percentiles | tr '\t' '/') ($(functions "$@" | wc -l))" \
        "$(for f in "$@"; do wc -l <"$f"; done | sort -n | percentiles | tr '\t' '/')"
}
for dir in src/lib src/arch src/drv src/core src/xlate src/shadow src/vdev src/vmm tools tests; do
    row "$dir" $(find "$dir" -name '*.c' 2>/dev/null)
done
row "src, all" $(find src -name '*.c')
comments=$(cat $(find src -name '*.[chS]') | grep -cE '^ *(/\*|\*|//)|/\*')
code=$(cat $(find src -name '*.[chS]') | grep -cvE '^ *(/\*|\*|//)|^ *$')
echo "comment lines per code line in src: $(awk "BEGIN {printf \"%.2f\", $comments / $code}")"
echo "preprocessor conditionals in src: $(cat $(find src -name '*.[chS]') | grep -cE '^ *#if')"
