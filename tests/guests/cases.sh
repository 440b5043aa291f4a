#!/bin/bash
# Guests that are not Linux, and were not written for umbra.
#
# usage: cases.sh --list | CASE
set -u
cd "$(dirname "$0")/../.."
firmware=build/cache/firmware
typist=build/host/tests/linux/typist
out=$(mktemp)
trap 'rm -f "$out"' EXIT

# session SCRIPT ARGS...: somebody at the guest's console, who types what the script says
session() {
    local script=$1
    shift
    $typist "tests/guests/$script" ./umbra run --timeout "${LIMIT:-270}" "$@" </dev/null >"$out" 2>&1
    local code=$?
    # screen control and colours would hide what was said
    sed -e 's/\x1b\[[0-9;=]*[A-Za-z]//g' "$out" | tr -d '\r\000'
    return $code
}

said() { tr -d '\r' <"$out" | grep -qaF -- "$1" || { echo "not on the console: $1"; return 1; }; }

# U-Boot as Debian builds it uses long descriptors (CONFIG_ARMV7_LPAE): it runs from flash, moves itself to
# RAM, and gets the answer of a processor without LPAE.
case_u-boot-lpae() {
    session u-boot.script --firmware $firmware/u-boot.bin && said 'LPAE'
}

# The firmware loads Debian's kernel and RAM disk from fw_cfg, as from a disk.
case_uefi-linux() {
    session uefi-linux.script --firmware $firmware/uefi.fd --kernel build/guest/vmlinuz \
        --initrd build/guest/initramfs.cpio.gz --append 'cryptomgr.notests umbra.script=null' &&
        said 'efi: EFI v2.70 by EDK II' && said 'null: up'
}

# The same with GRUB, which is a program of the firmware's.
case_uefi-grub() { session grub.script --firmware $firmware/uefi.fd --kernel $firmware/grub.efi; }

case_uefi() { session uefi.script --firmware $firmware/uefi.fd; }

if [ "${1:-}" = --list ]; then
    declare -F | sed -n 's/^declare -f case_//p'
else
    "case_${1:?usage: cases.sh --list | CASE}"
fi
