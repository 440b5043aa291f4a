#!/bin/bash
# Fetches further Debian armhf kernels through apt, for the tests.
#
# usage: fetch-kernel.sh DIR METAPACKAGE...     e.g. linux-image-rt-armmp
# leaves in DIR: METAPACKAGE.vmlinuz, METAPACKAGE.version
# Files in place are left as they are.
set -euo pipefail
. "$(dirname "$0")/apt-private.sh"

[ $# -ge 2 ] || die "usage: fetch-kernel.sh DIR METAPACKAGE..."
mkdir -p "$1"
out=$(cd "$1" && pwd)
shift
missing=
for meta; do [ -s "$out/$meta.vmlinuz" ] || missing="$missing $meta"; done
[ -n "$missing" ] || exit 0

APT_DIR=$out/apt
apt_prepare armhf
echo "kernels: reading the package lists for armhf (into $APT_DIR, not the system's)"
# shellcheck disable=SC2086
apt_update $missing

for meta in $missing; do
    kernel=$(apt-cache "${apt_opts[@]}" depends "$meta" | sed -n 's/^ *Depends: \(linux-image-[0-9].*\)$/\1/p' | head -n 1)
    [ -n "$kernel" ] || die "$meta does not say which kernel it stands for"
    echo "kernels: downloading $kernel"
    deb=$(apt_fetch "$kernel" "$out/debs")
    version=${kernel#linux-image-}
    dpkg-deb --fsys-tarfile "$deb" | tar -x -O "./boot/vmlinuz-$version" >"$out/$meta.new" ||
        die "$deb: no ./boot/vmlinuz-$version in it"
    rm -f "$deb" # 30 MB of modules that nobody needs
    echo "$version" >"$out/$meta.version"
    mv "$out/$meta.new" "$out/$meta.vmlinuz"
    echo "kernels: Linux $version is $out/$meta.vmlinuz"
done
