# Sourced by the fetch scripts: an apt of our own.
#
# State and cache live under $APT_DIR, so no foreign architecture, package list
# or archive ever reaches the user's system.  Sources, keys and proxy settings
# are the system's own.

die() { echo "$(basename "$0"): $*" >&2; exit 1; }

# apt_prepare ARCH: makes the directories; sets the array apt_opts.
apt_prepare() {
    local arch=$1
    : "${APT_DIR:?}"
    mkdir -p "$APT_DIR/state/lists/partial" "$APT_DIR/cache/archives/partial" "$APT_DIR/log"
    : >>"$APT_DIR/state/status"
    apt_opts=(
        -q
        -o "APT::Architecture=$arch"
        -o "APT::Architectures=$arch"
        -o "Dir::State=$APT_DIR/state"
        -o "Dir::State::status=$APT_DIR/state/status"
        -o "Dir::Cache=$APT_DIR/cache"
        -o "Dir::Log=$APT_DIR/log"
        -o "Acquire::Languages=none"
        -o "Acquire::Retries=3"
        -o "APT::Sandbox::User=$(id -un)"
        -o "APT::Update::Post-Invoke-Success::="
    )
}

# apt_update PACKAGE...: refreshes the lists.  Sources without this
# architecture, or that cannot be reached, do not matter as long as every
# PACKAGE is known afterwards.
apt_update() {
    local log=$APT_DIR/update.log p
    apt-get "${apt_opts[@]}" update >"$log" 2>&1 || true
    for p; do
        apt-cache "${apt_opts[@]}" show "$p" >/dev/null 2>&1 && continue
        sed 's/^/    /' "$log" >&2
        die "apt knows no package '$p' (its messages are above); check the network and the sources in /etc/apt"
    done
}

# apt_fetch PACKAGE DIR: downloads one .deb into DIR (apt verifies its
# SHA-256 against the signed lists) and prints its path.
apt_fetch() {
    local package=$1 dir=$2 deb
    mkdir -p "$dir"
    (cd "$dir" && apt-get "${apt_opts[@]}" download "$package") >"$APT_DIR/download.log" 2>&1 ||
        { sed 's/^/    /' "$APT_DIR/download.log" >&2; die "could not download '$package'"; }
    deb=$(ls -t "$dir/${package}"_*.deb 2>/dev/null | head -n 1)
    [ -n "$deb" ] || die "apt downloaded '$package' but left no file in $dir"
    echo "$deb"
}

# apt_add_component NAME: the system's sources (in $APT_ETC, when a test wants others), with one more section of the
# archive in each that has "main".
apt_add_component() {
    local component=$1 dir=$APT_DIR/sources.d etc=${APT_ETC:-/etc/apt} file
    rm -rf "$dir" && mkdir -p "$dir"
    for file in "$etc"/sources.list "$etc"/sources.list.d/*.list "$etc"/sources.list.d/*.sources; do
        [ -f "$file" ] || continue
        case $file in
        *.sources) sed -E "/^Components:/{/ main( |\$)/{/ $component( |\$)/!s/\$/ $component/}}" "$file" ;;
        *) sed -E "/^deb /{/ main( |\$)/{/ $component( |\$)/!s/\$/ $component/}}" "$file" ;;
        esac >"$dir/$(basename "$file" | sed 's/^sources.list$/system.list/')"
    done
    apt_opts+=(-o "Dir::Etc::sourcelist=/dev/null" -o "Dir::Etc::sourceparts=$dir")
}
