#!/bin/bash
# Fetches what the benchmark runs in its guest, as Debian packages for armhf, through apt: lmbench (of the section
# non-free), gzip, xz and sqlite3, and the libraries these are linked with.
#
# usage: fetch-bench.sh DIR
# leaves in DIR: root/ (the files), ramdisk.list (for mkinitramfs; DIR stands for the folder), missing (packages that
# could not be had)
# Nothing of this is required: what apt does not have is named, and the rest is used.  A second run with everything in
# place does nothing; what was missing is tried again.
set -uo pipefail
. "$(dirname "$0")/apt-private.sh"

[ $# = 1 ] || die "usage: fetch-bench.sh DIR"
mkdir -p "$1"
out=$(cd "$1" && pwd)
packages="libc6 lmbench gzip xz-utils liblzma5 sqlite3 libsqlite3-0 libreadline8 libtinfo6 zlib1g"
lmbench_tools="lat_syscall lat_sig lat_pipe lat_unix lat_ctx lat_proc lat_pagefault lat_mmap bw_mem bw_pipe hello"

[ -f "$out/complete" ] && [ ! -s "$out/missing" ] && exit 0

APT_DIR=$out/apt
apt_prepare armhf
apt_add_component non-free
echo "bench: reading the package lists for armhf, section non-free as well (into $APT_DIR, not the system's)"
apt-get "${apt_opts[@]}" update >"$APT_DIR/update.log" 2>&1 || true

rm -rf "$out/root" "$out/missing"
mkdir -p "$out/root"
: >"$out/missing"
for package in $packages; do
    deb=$(ls -t "$out/debs/${package}"_*.deb 2>/dev/null | head -n 1)
    [ -n "$deb" ] || deb=$(apt_fetch "$package" "$out/debs" 2>/dev/null) || deb=
    if [ -z "$deb" ] || ! dpkg-deb -x "$deb" "$out/root"; then
        echo "$package" >>"$out/missing"
    fi
done
[ ! -s "$out/missing" ] || echo "bench: apt could not get for armhf: $(tr '\n' ' ' <"$out/missing")(its messages: $APT_DIR/update.log)"

# The list: libraries by the names that programs ask for, and the few programs.
list_libraries() {
    local lib
    find "$out/root" -name '*.so.*' ! -path '*/gconv/*' ! -path '*/audit/*' \( -type f -o -type l \) |
        grep -E '/(ld-linux-armhf|libc|libm|liblzma|libsqlite3|libreadline|libtinfo|libz)\.so\.[0-9]+$' |
        sort | while read -r lib; do
            echo "file /lib/$(basename "$lib") $(readlink -f "$lib") 0755"
        done
}

list_programs() {
    local tool at
    for tool in $lmbench_tools; do
        at=$(find "$out/root/usr/lib/lmbench" -name "$tool" -type f 2>/dev/null | head -n 1)
        [ -z "$at" ] || echo "file /opt/lmbench/$tool $at 0755"
    done
    for tool in gzip xz sqlite3; do
        at=$(find "$out/root" -path "*/bin/$tool" -type f | head -n 1)
        [ -z "$at" ] || echo "file /opt/bin/$tool $at 0755"
    done
}

{
    echo "dir /opt 0755"
    echo "dir /opt/bin 0755"
    echo "dir /opt/lmbench 0755"
    echo "dir /lib 0755"
    list_libraries | sort -u -k2,2
    list_programs
} | sed "s|$out/|DIR/|" >"$out/ramdisk.list"
touch "$out/complete"
exit 0
