#!/bin/bash
# Fetches Debian's armhf stress-ng and the libraries it needs, through apt.
#
# usage: fetch-stress.sh DIR
# leaves in DIR: files, a list "file GUEST-PATH PATH MODE" for mkinitramfs, with paths as DIR is
# A second run with the files in place does nothing.
set -euo pipefail
. "$(dirname "$0")/apt-private.sh"

[ $# = 1 ] || die "usage: fetch-stress.sh DIR"
mkdir -p "$1"
out=$(cd "$1" && pwd)
[ ! -s "$out/files" ] || exit 0

APT_DIR=$out/apt
apt_prepare armhf
echo "stress-ng: reading the package lists for armhf (into $APT_DIR, not the system's)"
apt_update stress-ng

echo "stress-ng: downloading it and its libraries"
apt-get "${apt_opts[@]}" -o Debug::NoLocking=1 -y --no-install-recommends --download-only install stress-ng \
    >"$APT_DIR/download.log" 2>&1 ||
    { sed 's/^/    /' "$APT_DIR/download.log" >&2; die "could not download stress-ng with its dependencies"; }
root=$out/root
rm -rf "$root" && mkdir -p "$root"
for deb in "$APT_DIR"/cache/archives/*.deb; do dpkg-deb -x "$deb" "$root"; done

# find_library NAME: its file, links followed, in the tree
find_library() {
    local path
    for path in lib usr/lib; do
        path=$(find "$root/$path" -name "$1" 2>/dev/null | head -n 1)
        [ -z "$path" ] || { readlink -f "$path"; return; }
    done
    die "stress-ng needs $1, and no package has it"
}
needed() { readelf -d "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p'; }

# The program and, of all the packages, only the libraries that it is linked with.
program=$root/usr/bin/stress-ng
[ -x "$program" ] || die "the package stress-ng has no /usr/bin/stress-ng"
loader=$(readelf -l "$program" | sed -n 's/.*interpreter: \(.*\)\]/\1/p')
queue="$program"
list="file /usr/bin/stress-ng $program 0755"$'\n'"file $loader $(find_library "$(basename "$loader")") 0755"
seen=" $(basename "$loader") "
while [ -n "$queue" ]; do
    next=
    for file in $queue; do
        for name in $(needed "$file"); do
            [[ $seen != *" $name "* ]] || continue
            seen="$seen$name "
            library=$(find_library "$name")
            list="$list"$'\n'"file /lib/$name $library 0755"
            next="$next $library"
        done
    done
    queue=$next
done
echo "${list//$out\//$1/}" >"$out/files.new"
mv "$out/files.new" "$out/files"
rm -rf "$APT_DIR/cache"
echo "stress-ng: $(wc -l <"$out/files") files are in $out"
