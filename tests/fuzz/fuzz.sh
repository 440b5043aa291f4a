#!/bin/bash
# Differential random testing: the same programs on plain QEMU and in umbra.
#
#   fuzz.sh [--seconds N] [--count N] [--seed S] [--batch N] [--kinds LIST] [--configs LIST]
#   fuzz.sh --one KIND SEED [CONFIG]      one program: compared, shown, made small
#   fuzz.sh --regressions                 the programs of tests/fuzz/regressions
#   fuzz.sh --list                        kinds and configurations
#
# A configuration is a name of configs() below: options of 'umbra run'.  Each batch of each kind runs on
# plain QEMU once and in umbra in each configuration.  docs/fuzzing.md tells what the kinds do.
set -u
cd "$(dirname "$0")/../.." || exit 99
out=build/fuzz
image=build/bare/fuzz
kinds=(a32 t32 mix user irq mmu smc wild flat)
limit=60
mkdir -p "$out"

usage() { sed -n '2,10s/^# \{0,1\}//p' "$0" >&2; exit 98; }
die() { echo "fuzz: $*" >&2; exit 97; }

# name: options, for what this umbra can do
configs() {
    local help all w
    help=$(./umbra run --help 2>&1)
    echo "plain:"
    echo "debug:--debug"
    echo "icount:--icount" # interrupts at the same instructions whenever a seed runs
    echo "pb-a8:--board realview-pb-a8"
    echo "a9:--board vexpress-a9"
    if grep -q -- --policy <<<"$help"; then
        echo "trap:--policy trap"
        echo "oos:--policy oos"
        echo "trap-debug:--policy trap --debug"
        echo "oos-debug:--policy oos --debug"
    fi
    grep -q -- --no-space-cache <<<"$help" && echo "no-space-cache:--no-space-cache"
    if grep -q -- --without <<<"$help"; then
        all=$(sed -n 's/.*names\[\] = { "\(.*\)" };/\1/p' src/vmm/vmdesc.c | sed 's/", "/ /g')
        for w in $all; do echo "no-$w:--without $w"; done
        echo "none:--without ${all// /,}"
        echo "none-trap-debug:--without ${all// /,} --policy trap --debug"
    fi
}

config_options() {
    configs | sed -n "s/^$1://p" | grep . || [ "$1" = plain ] || die "no configuration '$1'; --list tells"
}

kind_number() {
    local i
    for i in "${!kinds[@]}"; do [ "${kinds[$i]}" = "$1" ] && echo "$i" && return; done
    die "no kind '$1'; there are: ${kinds[*]}"
}

# le32 VALUE...: little-endian words as printf escapes
le32() {
    local v
    for v; do printf '\\x%02x\\x%02x\\x%02x\\x%02x' $((v & 255)) $((v >> 8 & 255)) $((v >> 16 & 255)) $((v >> 24 & 255)); done
}

# orders FILE KIND SEED COUNT VERBOSE [SEED LOW HIGH]...: an image that has its orders
orders() {
    local file=$1 kind=$2 seed=$3 count=$4 verbose=$5 offset
    shift 5
    offset=$((0x$(arm-none-eabi-nm $image.elf | awk '$3 == "fuzz_orders" { print $1 }') - 0x40010000))
    cp $image.bin "$file"
    # shellcheck disable=SC2059
    printf "$(le32 "$kind" "$seed" "$count" "$verbose" $(($# / 3)) "$@")" |
        dd of="$file" bs=1 seek=$((offset + 4)) conv=notrunc status=none
}

on_qemu() { # IMAGE OUTPUT
    timeout "$limit" qemu-system-arm -M virt -cpu cortex-a15 -m 256 -nic none -no-reboot -nographic -kernel "$1" \
        </dev/null 2>/dev/null | tr -d '\r\000' >"$2"
}

on_umbra() { # IMAGE OUTPUT CONFIG
    # shellcheck disable=SC2046
    timeout $((limit + 20)) ./umbra run $(config_options "$3") --kernel "$1" --timeout "$limit" \
        </dev/null 2>"$2.err" | tr -d '\r\000' >"$2.raw"
    grep -av '^umbra:' "$2.raw" >"$2"
    # what the VMM itself complains about
    grep -aE '^umbra: .*(check:|audit:|panic|CHECK|stopped:)' "$2.raw" |
        grep -vE 'audit: 0 bad|, 0 sensitive' >>"$2"
}

# Disassembles what a verbose run printed: each stretch in its instruction set.
disassemble() {
    local base from to set next
    base=$(sed -n 's/^  code //p' "$1" | head -1)
    [ -n "$base" ] || return
    # shellcheck disable=SC2059
    printf "$(le32 $(sed -n 's/^  w //p' "$1" | tr ' ' '\n' | grep . | sed 's/^/0x/'))" >"$out/code.bin"
    to=$((0x$base + $(stat -c %s "$out/code.bin")))
    sed -n 's/^  item [0-9]* at \([0-9a-f]*\)\(.*\)/\1\2/p' "$1" >"$out/items"
    printf '%x\n' "$to" >>"$out/items"
    while read -r next set; do
        [ -z "${from:-}" ] || [ "$from" = "$next" ] ||
            arm-none-eabi-objdump -D -b binary -marm -M reg-names-std ${old:+-M force-thumb} --adjust-vma=0x"$base" \
                --start-address=0x"$from" --stop-address=0x"$next" "$out/code.bin" | grep -E '^ *[0-9a-f]+:'
        from=$next old=$set
    done <"$out/items"
}

# jobs_differ KIND CONFIG SEED MASK...: prints the index of the first mask whose program differs, if any.
jobs_differ() {
    local kind=$1 config=$2 seed=$3 jobs=() mask i=0
    shift 3
    for mask; do jobs+=("$seed" $((mask & 0xffffffff)) $((mask >> 32 & 0xffffffff))); done
    orders "$out/min.bin" "$kind" 0 0 0 "${jobs[@]}"
    limit=20 on_qemu "$out/min.bin" "$out/min.qemu"
    limit=20 on_umbra "$out/min.bin" "$out/min.umbra" "$config"
    paste -d'|' <(head -n $# "$out/min.qemu") <(head -n $# "$out/min.umbra") | while IFS='|' read -r a b; do
        [ -n "$a" ] && [ "$a" != "$b" ] && echo $i && break
        i=$((i + 1))
    done
}

# Removes items as long as the program still differs; prints the mask that is left.
minimise() {
    local kind=$1 config=$2 seed=$3 keep=-1 size=32 masks cut at hit
    while [ $size -ge 1 ]; do
        masks=()
        for ((at = 0; at < 64; at += size)); do
            cut=$((size == 64 ? -1 : ((1 << size) - 1) << at))
            [ $((keep & ~cut)) != $keep ] && masks+=($((keep & ~cut)))
        done
        hit=
        [ ${#masks[@]} = 0 ] || hit=$(jobs_differ "$kind" "$config" "$seed" "${masks[@]}")
        if [ -n "$hit" ]; then keep=${masks[$hit]}; else size=$((size / 2)); fi
    done
    echo "$keep"
}

# Those of the configurations that this umbra can run.
available() {
    local config
    orders "$out/try.bin" 0 1 1 0
    for config; do
        on_umbra "$out/try.bin" "$out/try" "$config"
        if grep -q 'unknown' "$out/try.raw" "$out/try.err"; then
            echo "fuzz: this umbra has no '$config'" >&2
        else
            echo "$config"
        fi
    done
}

# show KIND SEED CONFIG: returns 1 when the program differs, having shown where
show() {
    local kind=$1 seed=$2 config=$3 number keep
    number=$(kind_number "$kind") || exit
    if [ -z "$(jobs_differ "$number" "$config" "$seed" -1)" ]; then
        echo "  kind $kind seed $seed in '$config': no difference when it runs alone"
        return 0
    fi
    keep=$(minimise "$number" "$config" "$seed")
    orders "$out/one.bin" "$number" 0 0 1 "$seed" $((keep & 0xffffffff)) $((keep >> 32 & 0xffffffff))
    limit=20 on_qemu "$out/one.bin" "$out/one.qemu"
    limit=20 on_umbra "$out/one.bin" "$out/one.umbra" "$config"
    printf '  kind %s seed %s in "%s": differs; items kept: %x\n' "$kind" "$seed" "$config" "$keep"
    disassemble "$out/one.qemu" | head -80 | sed 's/^/  | /'
    echo "  first difference (< QEMU, > umbra):"
    [ -s "$out/one.umbra" ] || tail -3 "$out/one.umbra.raw"
    diff "$out/one.qemu" "$out/one.umbra" | head -16 | cut -c1-170 | sed 's/^/  | /'
    return 1
}

# After a difference in a batch: the seed, then it alone, or else the run that led to it.
report() {
    local kind=$1 config=$2 first=$3 seed
    seed=$(diff "$out/$kind.qemu" "$out/$kind.$config" | sed -n 's/^[<>] \([0-9a-f]\{1,8\}\) [0-9a-f]\{8\}$/\1/p' | head -1)
    [ -n "$seed" ] || seed=$(grep -aE '^[0-9a-f]+ [0-9a-f]{8}$' "$out/$kind.$config" | tail -1 | cut -d' ' -f1)
    seed=$((0x${seed:-0}))
    echo "FAIL kind $kind seed $seed config $config (batch from $first)"
    diff "$out/$kind.qemu" "$out/$kind.$config" | head -6 | cut -c1-170 | sed 's/^/  | /'
    cp "$out/$kind.$config.raw" "$out/failed.$kind.$config.$seed"
    show "$kind" "$seed" "$config" && echo "  again: fuzz.sh --kinds $kind --configs $config --seed $first --batch $batch --count 1"
}

# A batch of wild programs: nothing is compared.  Such a program may end the guest, or hang it; umbra must
# go on to answer its key, and complain of nothing.
survive() { # FIRST CONFIG
    local at=$1 end=$(($1 + batch)) config=$2 code last
    while [ $at -lt $end ]; do
        orders "$out/wild.bin" "$(kind_number wild)" $at $((end - at)) 0
        # shellcheck disable=SC2046
        timeout 40 ./umbra run $(config_options "$config") --kernel "$out/wild.bin" --timeout 15 \
            < <(sleep 8; printf '\035s'; sleep 1; printf '\035x'; sleep 2) >"$out/wild.raw" 2>"$out/wild.err"
        code=$?
        last=$(tr -d '\r\000' <"$out/wild.raw" | grep -aE '^[0-9a-f]+ [0-9a-f]{8}$' | tail -1 | cut -d' ' -f1)
        last=$((0x${last:-$(printf %x $((at - 1)))}))
        if grep -aq 'shadow: entries filled' "$out/wild.raw"; then
            hung=$((hung + 1))
        elif [ $code != 0 ] && [ $code != 10 ] && [ $code != 11 ] ||
            grep -aE '^umbra: .*(check:|audit:|PANIC)' "$out/wild.raw" | grep -vqE 'audit: 0 bad|, 0 sensitive'; then
            echo "FAIL kind wild seed $((last + 1)) config $config: exit code $code"
            tail -4 "$out/wild.raw" | cut -c1-170
            cp "$out/wild.raw" "$out/failed.wild.$config.$((last + 1))"
            failed=$((failed + 1))
        elif [ $code = 11 ]; then
            stopped=$((stopped + 1))
            grep -a 'stopped:' "$out/wild.raw" | cut -c1-120
        fi
        grep -aq '^END' "$out/wild.raw" && last=$end
        count[wild/$config]=$((${count[wild/$config]:-0} + (last < end ? last + 2 : end) - at))
        at=$((last + 2))
    done
}

run_batch() { # KIND FIRST CONFIG...
    local kind=$1 first=$2 number config
    number=$(kind_number "$kind") || exit
    shift 2
    if [ "$kind" = wild ]; then
        for config; do survive "$first" "$config"; done
        return
    fi
    orders "$out/$kind.bin" "$number" "$first" "$batch" 0
    on_qemu "$out/$kind.bin" "$out/$kind.qemu"
    if ! grep -q '^END' "$out/$kind.qemu"; then
        echo "FAIL kind $kind: plain QEMU does not end the batch from $first; last lines:"
        tail -3 "$out/$kind.qemu" | cut -c1-170
        failed=$((failed + 1))
        return
    fi
    for config; do
        on_umbra "$out/$kind.bin" "$out/$kind.$config" "$config"
        done_programs=$((done_programs + batch))
        count[$kind/$config]=$((${count[$kind/$config]:-0} + batch))
        cmp -s "$out/$kind.qemu" "$out/$kind.$config" && continue
        failed=$((failed + 1))
        report "$kind" "$config" "$first"
    done
}

regressions() {
    local kind seed what bad=0
    while read -r kind seed what; do
        [ "$kind" != '#' ] || continue
        show "$kind" "$seed" plain >"$out/regression" && continue
        echo "FAIL $kind $seed: $what"
        cat "$out/regression"
        bad=1
    done <tests/fuzz/regressions
    return $bad
}

limit=${FUZZ_LIMIT:-240} seconds=60 rounds=0 seed=1 batch=250 failed=0 done_programs=0 hung=0 stopped=0
declare -A count
use_kinds=a32,t32,mix,user,irq,mmu,smc,flat
use_configs=
while [ $# -gt 0 ]; do
    case $1 in
    --seconds) seconds=$2 ;;
    --count) rounds=$2 ;;
    --seed) seed=$2 ;;
    --batch) batch=$2 ;;
    --kinds) use_kinds=$2 ;;
    --configs) use_configs=$2 ;;
    --one) show "$2" "$3" "${4:-plain}"; exit ;;
    --regressions) regressions; exit ;;
    --list) echo "kinds: ${kinds[*]}"; configs; exit ;;
    *) usage ;;
    esac
    shift 2 || usage
done
[ -f $image.bin ] || die "$image.bin is not built (make fuzz-guest)"
[ -n "$use_configs" ] || use_configs=$(configs | cut -d: -f1 | tr '\n' ,)
# shellcheck disable=SC2086
use_configs=$(available ${use_configs//,/ })
start=$SECONDS
for ((round = 0; rounds ? round < rounds : SECONDS - start < seconds; round++)); do
    for kind in ${use_kinds//,/ }; do
        # shellcheck disable=SC2086
        run_batch "$kind" $((seed + round * batch)) $use_configs
        [ $rounds != 0 ] || [ $((SECONDS - start)) -lt "$seconds" ] || break
    done
    [ $failed -lt 20 ] || break
done
for key in $(printf '%s\n' "${!count[@]}" | sort); do printf '  %-24s %d\n' "$key" "${count[$key]}"; done
[ $hung$stopped = 00 ] || echo "  wild: $hung guests hung, $stopped stopped by umbra"
echo "fuzz: $done_programs programs compared in $((SECONDS - start)) s, $failed batches failed"
[ $failed = 0 ]
