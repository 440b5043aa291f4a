#!/bin/bash
# The RAM disk of the evaluation: the ordinary one, and what scripts/fetch-bench.sh got (nothing, when apt has nothing).
#
# usage: ramdisk.sh OUTPUT
set -eu
cd "$(dirname "$0")/.."
guest=build/cache/guest packages=build/cache/bench
scripts/fetch-bench.sh "$packages" || echo "bench: no packages for the guest: only our own operations will run"
{
    cat scripts/initramfs.list
    echo "file /bin/busybox $guest/busybox 0755"
    for f in bench/guest/*.sh bench/guest/*.sql build/guest/bench build/guest/counters; do echo "file /tests/$(basename "$f") $f 0755"; done
    [ ! -f "$packages/ramdisk.list" ] || sed "s| DIR/| $packages/|" "$packages/ramdisk.list"
} | build/mkinitramfs "$1.new"
cmp -s "$1.new" "$1" || cp "$1.new" "$1"
rm -f "$1.new"
