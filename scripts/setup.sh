#!/bin/bash
# Installs the Debian packages that building and testing umbra need; does
# nothing when all are there.
set -u

packages="
    gcc libc6-dev make git ca-certificates
    qemu-system-arm
    gcc-arm-none-eabi binutils-arm-none-eabi picolibc-arm-none-eabi
    gcc-arm-linux-gnueabihf libc6-dev-armhf-cross
    device-tree-compiler libfdt-dev zlib1g-dev liblzma-dev
    dpkg-dev apt xz-utils
    clang-format cppcheck u-boot-tools
    python3 gnuplot-nox
    libunicorn-dev
"

die() { echo "setup: $*" >&2; exit 1; }

command -v dpkg-query >/dev/null || die "this is not Debian (no dpkg); install by hand:$(echo $packages | sed 's/^/ /')"

missing=
for package in $packages; do
    status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)
    [ "$status" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || { echo "setup: all packages are there"; exit 0; }

as_root=
if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || die "missing packages, and neither root nor sudo to install them. As root:
    apt-get install$missing"
    as_root=sudo
fi

echo "setup: installing$missing"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# A source of somebody else's that fails must not stop us; the install tells.
$as_root apt-get -q update >"$log" 2>&1 || true
if ! $as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends install $missing >>"$log" 2>&1; then
    sed 's/^/    /' "$log" | tail -n 40 >&2
    die "apt-get could not install the packages (its messages are above)"
fi
echo "setup: done"
