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
    head -c 200 $elf >"$dir/short"
    build 3 'truncated ELF' --kernel "$dir/short"
    head -c 40 $elf >"$dir/short"
    build 3 'ELF' --kernel "$dir/short"
    build 3 "outside the VM's memory" --kernel build/umbra.elf
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

if [ "${1:-}" = --list ]; then
    declare -F | sed -n 's/^declare -f case_//p'
else
    "case_${1:?usage: cases.sh --list | CASE}"
fi
