#!/bin/bash
# Fetches firmware for the virt board from Debian packages, through apt: programs for
# 32-bit ARM that are not Linux and know nothing of umbra.
#
# usage: fetch-firmware.sh DIR
# leaves in DIR: uefi.fd (qemu-efi-arm), u-boot.bin (u-boot-qemu)
# A second run with the files in place does nothing.
set -euo pipefail
. "$(dirname "$0")/apt-private.sh"

[ $# = 1 ] || die "usage: fetch-firmware.sh DIR"
mkdir -p "$1"
out=$(cd "$1" && pwd)
[ -s "$out/uefi.fd" ] && [ -s "$out/u-boot.bin" ] && [ -f "$out/complete" ] && exit 0

APT_DIR=$out/apt
apt_prepare armhf
echo "firmware: reading the package lists for armhf (into $APT_DIR, not the system's)"
apt_update qemu-efi-arm u-boot-qemu

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
rm -rf "$out/debs"
