#!/bin/bash
# Fetches the guest: Debian's armhf kernel and a static busybox, through apt.
#
# usage: fetch-guest.sh DIR
# leaves in DIR: vmlinuz, kernel-version, busybox, dtb/*.dtb
# A second run with the files in place does nothing.
set -euo pipefail
. "$(dirname "$0")/apt-private.sh"

[ $# = 1 ] || die "usage: fetch-guest.sh DIR"
mkdir -p "$1"
out=$(cd "$1" && pwd)
dtbs="sun4i-a10-cubieboard.dtb vexpress-v2p-ca9.dtb"

complete() {
    [ -s "$out/vmlinuz" ] && [ -x "$out/busybox" ] && [ -f "$out/complete" ] || return 1
    local dtb
    for dtb in $dtbs; do [ -s "$out/dtb/$dtb" ] || return 1; done
}
complete && exit 0

APT_DIR=$out/apt
apt_prepare armhf
echo "guest: reading the package lists for armhf (into $APT_DIR, not the system's)"
apt_update linux-image-armmp busybox-static

kernel=$(apt-cache "${apt_opts[@]}" depends linux-image-armmp | sed -n 's/^ *Depends: \(linux-image-.*-armmp\)$/\1/p' | head -n 1)
[ -n "$kernel" ] || die "linux-image-armmp does not say which kernel it stands for"

work=$out/unpacked
rm -rf "$work" && mkdir -p "$work"
trap 'rm -rf "$work"' EXIT

echo "guest: downloading $kernel"
deb=$(apt_fetch "$kernel" "$out/debs")
# Only the kernel and the boards' trees: the modules are not needed.
version=${kernel#linux-image-}
patterns=("./boot/vmlinuz-$version")
for dtb in $dtbs; do patterns+=("./usr/lib/linux-image-$version/$dtb"); done
dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$work" "${patterns[@]}" || die "$deb: not the files expected in it"

echo "guest: downloading busybox-static"
deb=$(apt_fetch busybox-static "$out/debs")
dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$work" ./bin/busybox 2>/dev/null ||
    dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$work" ./usr/bin/busybox || die "$deb: no busybox in it"

mkdir -p "$out/dtb"
for dtb in $dtbs; do cp "$work/usr/lib/linux-image-$version/$dtb" "$out/dtb/$dtb"; done
cp "$(find "$work" -name busybox -type f | head -n 1)" "$out/busybox"
cp "$work/boot/vmlinuz-$version" "$out/vmlinuz"
echo "$version" >"$out/kernel-version"
touch "$out/complete"
echo "guest: Linux $version and busybox are in $out"
