#!/bin/bash
# The host tool with arguments and files that are missing, wrong, truncated or damaged:
# a message that says so, the documented code, and no QEMU left behind.
#
# usage: cases.sh --list | CASE
set -u
cd "$(dirname "$0")/../.."
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
zimage=build/guest/vmlinuz

# expect CODE TEXT COMMAND...: the code, and TEXT in what it says
expect() {
    local want=$1 text=$2 code
    shift 2
    timeout 60 "$@" >"$dir/out" 2>&1 </dev/null
    code=$?
    cat "$dir/out"
    [ $code = "$want" ] || { echo "'$*' ended with $code, expected $want"; exit 1; }
    grep -qiF -- "$text" "$dir/out" || { echo "'$*' does not say '$text'"; exit 1; }
}

run() { local code=$1 text=$2; shift 2; expect "$code" "$text" ./umbra run --timeout 20 "$@"; }
build() { local code=$1 text=$2; shift 2; expect "$code" "$text" ./umbra build --output "$dir/boot" "$@"; }
# patch FILE OFFSET BYTES: overwrites bytes (printf's escapes)
patch() { printf "$3" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none; }

# alive PID: runs, and is no zombie that nobody has waited for yet
alive() { [ -n "$1" ] && [ -d "/proc/$1" ] && ! grep -q '^State:.*[ZX]' "/proc/$1/status"; }

case_help() {
    expect 0 'usage: umbra VERB' ./umbra --help
    local verb
    for verb in run build inspect bench; do expect 0 'usage: umbra' ./umbra $verb --help; done
    expect 0 'time-out' ./umbra run --help
    expect 2 'usage' ./umbra
}

case_arguments() {
    expect 2 "no verb 'fly'" ./umbra fly
    run 2 'unrecognized option' --fly
    run 2 'unexpected argument' file
    run 2 'requires an argument' --kernel
    run 2 "no board 'toaster'" --board toaster
    run 2 'vexpress-a9' --board toaster
    run 2 '--timeout' --timeout soon
    run 2 '--timeout' --timeout 0
    run 2 '--hash' --hash md5
    run 2 'exclude each other' --initrd x --no-initrd
    run 2 'does not know the board' --native --board realview-pb-a8
    run 2 'does not go with' --native --stats
    build 2 'unrecognized option' --native
    build 2 'no arguments for QEMU' -- -d int
}

# Canaries and hashes; the debug build can break them on purpose (umbra.break).
case_integrity() {
    run 0 'integrity: canaries intact, image hash ok' --verify --kernel build/bare/hello.bin
    run 0 'integrity: canaries intact, image hash ok' --debug --kernel build/bare/hello.bin
    local part
    for part in canary image; do
        run 13 'integrity: BROKEN' --debug --kernel build/bare/hello.bin -- -append "umbra.semihosting umbra.break=$part"
    done
}

case_memory-sizes() {
    local size
    for size in x 0 -1 8M 1.5G 256MB 17K 4G 99999999999999999999; do run 2 '--memory' --memory $size; done
    run 2 'does not fit on cubieboard' --memory 1G
    run 2 'does not fit on realview-pb-a8' --board realview-pb-a8 --memory 512M
    build 3 "outside the VM's memory" --memory 16M
}

# Known policies only, written to the description; umbra has not been started here.
case_policy() {
    run 2 'none of tlb, trap and oos' --policy magic
    run 2 'does not go with' --native --policy tlb
    build 0 bundle.itb --policy tlb --no-space-cache
    expect 0 'policy       tlb' ./umbra inspect "$dir/boot/bundle.itb"
    expect 0 'space-cache  off' ./umbra inspect "$dir/boot/bundle.itb"
}

case_missing-files() {
    run 3 'cannot open the kernel' --kernel "$dir/none"
    run 3 'cannot open the RAM disk' --initrd "$dir/none"
    run 3 'cannot open the device tree' --dtb "$dir/none"
    run 3 'cannot open the VM description' --vm "$dir/none.dts"
    run 3 'not a regular file' --kernel "$dir"
    : >"$dir/empty"
    run 3 'is empty' --kernel "$dir/empty"
    run 3 'is empty' --initrd "$dir/empty"
    expect 3 'cannot open the bundle' ./umbra inspect "$dir/none"
}

case_wrong-kernels() {
    run 3 'a text file' --kernel Makefile
    run 3 'not 32-bit' --kernel build/umbra
    run 3 'a compressed file' --kernel build/guest/initramfs.cpio.gz
    run 3 'a device tree or FIT image' --kernel build/board/cubieboard.dtb
    run 3 'is not a zImage' --decompress --kernel build/board/cubieboard.dtb
}

case_damaged-zimage() {
    head -c 2000000 $zimage >"$dir/short"
    run 3 'truncated zImage' --kernel "$dir/short"
    cp $zimage "$dir/damaged"
    patch "$dir/damaged" 3000000 'damage damage damage'
    run 3 'unpacks' --decompress --kernel "$dir/damaged"
}

# The tool finds the load offset in the file: the raw Image that it unpacks tells the same one.
case_decompress() {
    build 0 bundle.itb --decompress
    expect 0 'kernel-1' ./umbra inspect "$dir/boot/bundle.itb"
    dumpimage -T flat_dt -p 0 -o "$dir/Image" "$dir/boot/bundle.itb" >/dev/null || exit 1
    local from_zimage
    from_zimage=$(grep -m1 'load 0x' "$dir/out")
    build 0 bundle.itb --kernel "$dir/Image"
    expect 0 "$from_zimage" ./umbra inspect "$dir/boot/bundle.itb"
}

case_uimage() {
    mkimage -A arm -O linux -T kernel -C none -a 0x40010000 -e 0x40010000 -n test -d $zimage "$dir/uImage" >/dev/null || exit 1
    build 0 bundle.itb --kernel "$dir/uImage"
    head -c 3000000 "$dir/uImage" >"$dir/short"
    build 3 'truncated uImage' --kernel "$dir/short"
    cp "$dir/uImage" "$dir/bad"
    patch "$dir/bad" 4000000 'damage'
    build 3 'data checksum' --kernel "$dir/bad"
    patch "$dir/bad" 20 'damage'
    build 3 'header checksum' --kernel "$dir/bad"
    mkimage -A arm -O linux -T kernel -C none -a 0x8000 -e 0x8000 -n test -d $zimage "$dir/uImage" >/dev/null
    build 3 "outside the VM's memory" --kernel "$dir/uImage"
    mkimage -A mips -O linux -T kernel -C none -a 0x40010000 -e 0x40010000 -n test -d $zimage "$dir/uImage" >/dev/null
    build 3 'another architecture' --kernel "$dir/uImage"
}

case_elf() {
    local elf=build/bare/hello.elf
    build 0 bundle.itb --kernel $elf
    ./umbra inspect "$dir/boot/bundle.itb" | grep -q 'fdt-address  0x40000000' ||
        { echo "the tree of an ELF file is not at the start of memory"; exit 1; }
    head -c 200 $elf >"$dir/short"
    build 3 'truncated ELF' --kernel "$dir/short"
    head -c 40 $elf >"$dir/short"
    build 3 'ELF' --kernel "$dir/short"
    build 3 "outside the VM's memory" --kernel build/umbra.elf
}

case_firmware() {
    printf 'first' >"$dir/first"
    head -c 100000 /dev/zero >>"$dir/first"
    printf 'second' >"$dir/second"
    build 0 bundle.itb --firmware "$dir/first" --flash "$dir/second" --kernel "$dir/second"
    expect 0 'flash-1    firmware' ./umbra inspect "$dir/boot/bundle.itb"
    ./umbra inspect "$dir/boot/bundle.itb" | grep -A1 firmware-1 | grep -q ' 5 bytes' ||
        { echo "zeros at the end are in the bundle"; exit 1; }
    build 3 'cannot' --firmware "$dir/none"
    build 2 'goes with --firmware' --flash "$dir/second"
    truncate -s $((64 * 1048576 + 1)) "$dir/first"
    build 3 'flash bank' --firmware "$dir/first"
    expect 2 'native' ./umbra run --native --firmware "$dir/second"
    expect 2 'does not fit' ./umbra build --output "$dir/boot" --firmware "$dir/second" --board realview-pb-a8
}

case_descriptions() {
    echo '/dts-v1/; / { compatible = "umbra,vm"; };' >"$dir/vm.dts"
    build 3 "'memory-base' must be one cell" --vm "$dir/vm.dts"
    echo '/dts-v1/; / { compatible = "toaster"; };' >"$dir/vm.dts"
    build 3 'not a VM description' --vm "$dir/vm.dts"
    echo '/dts-v1/; / { broken' >"$dir/vm.dts"
    build 3 'dtc does not accept' --vm "$dir/vm.dts"
    build 3 'not a device tree blob' --dtb $zimage
    head -c 100 build/board/cubieboard.dtb >"$dir/short.dtb"
    build 3 'truncated' --dtb "$dir/short.dtb"
    build 3 'truncated' --vm "$dir/short.dtb"
}

case_inspect() {
    build 0 bundle.itb --hash crc32 --hash sha256
    local bundle=$dir/boot/bundle.itb
    expect 0 'sha256' ./umbra inspect "$bundle"
    expect 0 'policy       tlb' ./umbra inspect "$bundle"
    dumpimage -l "$bundle" | grep -q 'ARM' || { echo "mkimage's tools do not read the bundle"; exit 1; }
    head -c 1000000 "$bundle" >"$dir/short.itb"
    expect 3 'truncated' ./umbra inspect "$dir/short.itb"
    cp "$bundle" "$dir/bad.itb"
    patch "$dir/bad.itb" 1000000 'damage'
    expect 3 'DOES NOT MATCH' ./umbra inspect "$dir/bad.itb"
    expect 3 'not a device tree blob' ./umbra inspect $zimage
    expect 2 'usage' ./umbra inspect
}

# The same input gives the same bytes.
case_reproducible() {
    build 0 bundle.itb
    cp "$dir/boot/bundle.itb" "$dir/first"
    build 0 bundle.itb
    cmp "$dir/first" "$dir/boot/bundle.itb"
}

# boot_bundle CODE TEXT FILE: umbra itself, with a bundle that the tool did not write
boot_bundle() {
    expect "$1" "$2" qemu-system-arm -M cubieboard -m 512M -display none -monitor none -serial stdio -no-reboot \
        -semihosting-config enable=on,target=native -kernel build/umbra.zimage -initrd "$3" \
        -dtb build/board/cubieboard.dtb -append umbra.semihosting
}

case_umbra-refuses-bundles() {
    build 0 bundle.itb --hash sha256
    local bundle=$dir/boot/bundle.itb
    head -c 1000000 "$bundle" >"$dir/bad.itb"
    boot_bundle 12 'umbra:' "$dir/bad.itb"
    cp "$bundle" "$dir/bad.itb"
    patch "$dir/bad.itb" 1000000 'damage'
    boot_bundle 12 'kernel-1' "$dir/bad.itb"
    boot_bundle 12 'umbra:' $zimage
}

# trace_hello FILE OPTIONS...: a small guest's run, recorded
trace_hello() {
    local file=$1
    shift
    run 0 'powered off' --kernel build/bare/hello.elf --no-initrd --icount --trace "$file" "$@"
}

case_trace() {
    trace_hello "$dir/t"
    expect 0 'exit_dabt_kernel' ./umbra trace "$dir/t"
    local exits lines
    exits=$(sed -n 's/^vm linux: \([0-9]*\) exits.*/\1/p' "$dir/out")
    expect 0 'emul_mmio' ./umbra trace --print "$dir/t"
    lines=$(grep -c ' exit_' "$dir/out")
    [ "$exits" -gt 10 ] && [ "$lines" = "$exits" ] || { echo "$exits exits, $lines printed"; exit 1; }
    expect 0 'put_number+' ./umbra trace --symbols build/bare/hello.elf "$dir/t"
    arm-none-eabi-nm build/bare/hello.elf >"$dir/System.map"
    expect 0 ' print+' ./umbra trace --top 3 --symbols "$dir/System.map" "$dir/t"
    [ "$(sed -n '/^places/,$p' "$dir/out" | wc -l)" = 5 ] || { echo "--top 3 shows more or less"; exit 1; }
    expect 0 ': 0 exits' ./umbra trace --from 1000 "$dir/t"
    ./umbra trace --json "$dir/t.json" "$dir/t" || exit 1
    python3 -m json.tool "$dir/t.json" >"$dir/t.pretty" || { echo "not JSON"; exit 1; }
    lines=$(grep -c '"ph": "X"' "$dir/t.pretty")
    [ "$lines" = "$exits" ] || { echo "$exits exits, $lines in JSON"; exit 1; }
    expect 0 '"traceEvents"' ./umbra trace --json - "$dir/t"
}

case_trace-damaged() {
    trace_hello "$dir/t"
    expect 3 'cannot open the trace' ./umbra trace "$dir/none"
    expect 3 'is not a trace' ./umbra trace Makefile
    : >"$dir/bad"
    expect 3 'is empty' ./umbra trace "$dir/bad"
    head -c 50 "$dir/t" >"$dir/bad"
    expect 3 'truncated in its header' ./umbra trace "$dir/bad"
    head -c 300 "$dir/t" >"$dir/bad"
    expect 3 'truncated in its header' ./umbra trace "$dir/bad"
    head -c -30 "$dir/t" >"$dir/bad"
    expect 3 'has no end' ./umbra trace "$dir/bad"
    grep -q exit_dabt_kernel "$dir/out" || { echo "what is there is not shown"; exit 1; }
    head -c -20 "$dir/t" >"$dir/bad"
    expect 3 'has no end' ./umbra trace --print "$dir/bad"
    cat "$dir/t" Makefile >"$dir/bad"
    expect 3 'more after its end' ./umbra trace "$dir/bad"
    local size
    size=$(stat -c %s "$dir/t")
    cp "$dir/t" "$dir/bad" && patch "$dir/bad" $((size - 16)) '\001\000'
    expect 3 'its end tells of' ./umbra trace "$dir/bad"
    cp "$dir/t" "$dir/bad" && patch "$dir/bad" $((size - 24)) '\160'
    expect 3 'no record is of kind 0x70' ./umbra trace "$dir/bad"
    cp "$dir/t" "$dir/bad" && patch "$dir/bad" 8 '\002'
    expect 3 'has version 2' ./umbra trace "$dir/bad"
    cp "$dir/t" "$dir/bad" && patch "$dir/bad" 16 '\025'
    expect 3 'damaged header' ./umbra trace "$dir/bad"
    cp "$dir/t" "$dir/bad" && patch "$dir/bad" 72 '"'
    expect 3 'damaged header' ./umbra trace "$dir/bad"
    echo 'ffffffffffffffff B The real System.map is in the linux-image-VERSION-dbg package' >"$dir/stub"
    expect 3 'name no code' ./umbra trace --symbols "$dir/stub" "$dir/t"
    head -c 200 build/bare/hello.elf >"$dir/stub"
    expect 3 'truncated ELF' ./umbra trace --symbols "$dir/stub" "$dir/t"
}

case_trace-arguments() {
    expect 0 'usage: umbra trace' ./umbra trace --help
    expect 2 'usage: umbra trace' ./umbra trace
    expect 2 '--top' ./umbra trace --top none x
    expect 2 '--from' ./umbra trace --from soon x
    expect 2 'exclude each other' ./umbra trace --print --json x y
    run 1 'cannot create the trace' --trace "$dir/none/t"
    run 1 'cannot create' --samples "$dir/none/s"
    run 2 '--sample-interval' --samples "$dir/s" --sample-interval 0
    run 2 'goes with --samples' --sample-interval 5
    run 2 'does not go with --trace' --native --trace "$dir/t"
}

# A disk that is full, and a run that is killed: the trace says that it has no end.
case_trace-cut-short() {
    run 0 'trace: the host did not take all' --kernel build/bare/hello.elf --no-initrd --trace /dev/full
    expect 15 'time-out' ./umbra run --timeout 5 --decompress --append +umbra.script=hang --trace "$dir/t"
    expect 3 'has no end' ./umbra trace "$dir/t"
    grep -q 'exit_emulate' "$dir/out" || { echo "the trace of a killed run shows nothing"; exit 1; }
}

# A line each 5 ms of guest time; counters never go down; the last line is the whole run.
case_samples() {
    run 0 'powered off' --kernel build/bare/hello.elf --no-initrd --icount --stats --samples "$dir/s.csv" \
        --sample-interval 5
    local total
    total=$(sed -n 's/^  exits, all *\([0-9]*\).*/\1/p' "$dir/out")
    awk -F, -v total="$total" '
        NR == 1 { for (i = 1; i <= NF; i++) { if ($i == "exit_total") e = i; gauge[i] = $i ~ /^mem_/ }; n = NF; next }
        NF != n { print "line " NR " has " NF " fields, not " n; exit 1 }
        { for (i = 1; i <= NF; i++)
              if (!gauge[i] && $i < was[i]) { print "field " i " goes down in line " NR; exit 1 }
          split($0, was, ",") }
        END { if (NR < 3 || !e || $e != total) { print NR " lines, in the last " $e " exits, not " total; exit 1 } }' \
        "$dir/s.csv" || exit 1
    run 4 'no samples' --kernel build/bare/hello.elf --no-initrd --samples "$dir/s.csv" -- -no-such-option
}

case_qemu-trouble() {
    expect 4 'qemu' ./umbra run --timeout 20 -- -no-such-option
    expect 4 'qemu' env PATH="$dir:/usr/bin-none" ./umbra run --vm build/vms/linux.dtb --timeout 20
}

# An interrupted run ends with 130, removes its bundle, and leaves no QEMU behind.
case_interrupted() {
    local tool qemu
    TMPDIR=$dir ./umbra run --native --decompress --append +umbra.script=hang --timeout 60 </dev/null >"$dir/out" 2>&1 &
    tool=$!
    sleep 3
    qemu=$(cat /proc/$tool/task/$tool/children)
    alive "${qemu% }" || { echo "no QEMU runs"; exit 1; }
    kill -TERM $tool
    wait $tool
    local code=$?
    [ $code = 130 ] || { echo "ended with $code"; exit 1; }
    alive "${qemu% }" && { echo "QEMU ${qemu} is still there"; exit 1; }
    ls "$dir"/umbra-* 2>/dev/null && { echo "files stay behind"; exit 1; }
    return 0
}

# Killed so hard that it cannot clean up: QEMU still goes with it.
case_killed() {
    local tool qemu
    TMPDIR=$dir ./umbra run --native --append +umbra.script=hang --timeout 60 </dev/null >"$dir/out" 2>&1 &
    tool=$!
    sleep 2
    qemu=$(cat /proc/$tool/task/$tool/children)
    kill -KILL $tool
    wait $tool 2>/dev/null
    sleep 1
    [ -n "$qemu" ] || { echo "no QEMU ran"; exit 1; }
    ! alive "${qemu% }" || { echo "QEMU '${qemu}' is still there"; exit 1; }
}

# A download that broke off is not taken for a whole one.
case_interrupted-download() {
    mkdir -p "$dir/guest"
    head -c 1000 $zimage >"$dir/guest/vmlinuz"
    cp build/cache/guest/busybox "$dir/guest/"
    scripts/fetch-guest.sh "$dir/guest" || exit 1
    cmp "$dir/guest/vmlinuz" $zimage
}

# The bench harness: its report from canned results, and cells that are kept, resumed, that fail.
case_bench-report() { tests/tool/bench_test.py report; }
case_bench-cells() { tests/tool/bench_test.py cells; }
case_bench-interrupted() { tests/tool/bench_test.py interrupt; }
# Without packages for its guest the bench says which are missing, and goes on without them.
case_bench-no-packages() {
    mkdir "$dir/etc"
    expect 0 'could not get for armhf: libc6 lmbench' env APT_ETC="$dir/etc" scripts/fetch-bench.sh "$dir/packages"
    ! grep -q '^file' "$dir/packages/ramdisk.list" || { echo "files of packages that are missing"; exit 1; }
}
case_bench-arguments() {
    expect 2 'unrecognized arguments' ./umbra bench --fly
    expect 2 "no configuration 'fast'" ./umbra bench --configs native,fast
    expect 2 'invalid choice' ./umbra bench --quick --board toaster
    expect 0 '--quick' ./umbra bench --help
}

if [ "${1:-}" = --list ]; then
    declare -F | sed -n 's/^declare -f case_//p'
else
    "case_${1:?usage: cases.sh --list | CASE}"
fi
