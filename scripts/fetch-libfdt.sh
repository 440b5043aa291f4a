#!/bin/bash
# Fetches libfdt for the target, through apt: the static library and headers of
# Debian's libfdt-dev for armel, which is ARM (not Thumb) code for the soft-float
# EABI that umbra itself is built for.
#
# usage: fetch-libfdt.sh DIR
# leaves in DIR: libfdt.a, include/*.h and complete.  Does nothing the second time.
set -euo pipefail
. "$(dirname "$0")/apt-private.sh"

[ $# = 1 ] || die "usage: fetch-libfdt.sh DIR"
mkdir -p "$1"
out=$(cd "$1" && pwd)
[ -f "$out/complete" ] && [ -s "$out/libfdt.a" ] && exit 0

APT_DIR=$out/apt
apt_prepare armel
echo "libfdt: reading the package lists for armel (into $APT_DIR, not the system's)"
apt_update libfdt-dev
echo "libfdt: downloading libfdt-dev"
deb=$(apt_fetch libfdt-dev "$out/debs")
rm -rf "$out/unpacked" "$out/include" && mkdir -p "$out/unpacked"
dpkg-deb -x "$deb" "$out/unpacked"
mkdir -p "$out/include"
cp "$out"/unpacked/usr/include/*fdt*.h "$out/include/"
find "$out/unpacked" -name libfdt.a -exec cp {} "$out/libfdt.a" \;
[ -s "$out/libfdt.a" ] || die "$deb: no libfdt.a in it"
rm -rf "$out/unpacked"
touch "$out/complete"
echo "libfdt: the library is in $out"
