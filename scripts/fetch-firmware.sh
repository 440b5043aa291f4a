#!/bin/bash
# Fetches firmware for the virt board from Debian packages, through apt: programs for
# 32-bit ARM that are not Linux and know nothing of umbra.
#
# usage: fetch-firmware.sh DIR
# leaves in DIR: uefi.fd (qemu-efi-arm), u-boot.bin (u-boot-qemu), grub.efi (made of grub-efi-arm-bin)
# A second run with the files in place does nothing.
set -euo pipefail
. "$(dirname "$0")/apt-private.sh"

[ $# = 1 ] || die "usage: fetch-firmware.sh DIR"
mkdir -p "$1"
out=$(cd "$1" && pwd)
[ -s "$out/uefi.fd" ] && [ -s "$out/u-boot.bin" ] && [ -s "$out/grub.efi" ] && [ -f "$out/complete" ] && exit 0

APT_DIR=$out/apt
apt_prepare armhf
echo "firmware: reading the package lists for armhf (into $APT_DIR, not the system's)"
apt_update qemu-efi-arm u-boot-qemu grub-efi-arm-bin

# take PACKAGE PATH FILE
take() {
    local deb
    echo "firmware: downloading $1"
    deb=$(apt_fetch "$1" "$out/debs")
    dpkg-deb --fsys-tarfile "$deb" | tar -xO "$2" >"$out/$3.new" && [ -s "$out/$3.new" ] || die "$deb: no $2 in it"
    mv "$out/$3.new" "$out/$3"
}
take qemu-efi-arm ./usr/share/AAVMF/AAVMF32_CODE.fd uefi.fd
take u-boot-qemu ./usr/lib/u-boot/qemu_arm/u-boot.bin u-boot.bin

# GRUB's modules are for ARM; grub-mkimage, which puts them together, is the build machine's.
work=$out/unpacked
rm -rf "$work" && mkdir -p "$work"
trap 'rm -rf "$work"' EXIT
echo "firmware: downloading grub-efi-arm-bin, grub-common"
dpkg-deb -x "$(apt_fetch grub-efi-arm-bin "$out/debs")" "$work"
APT_DIR=$out/apt-host
apt_prepare "$(dpkg --print-architecture)"
apt_update grub-common
dpkg-deb -x "$(apt_fetch grub-common "$out/debs")" "$work"
"$work/usr/bin/grub-mkimage" -O arm-efi -d "$work/usr/lib/grub/arm-efi" -p / -o "$out/grub.efi.new" \
    normal echo halt reboot help lsmmap date test || die "grub-mkimage failed"
mv "$out/grub.efi.new" "$out/grub.efi"
rm -rf "$out/debs"
