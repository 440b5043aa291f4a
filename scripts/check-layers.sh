#!/bin/bash
# Holds the includes under src/ to the layers:
#
#   lib <- arch <- core <- { xlate, shadow, vdev } <- vmm        drv: beside arch, above lib
#
# A row names a layer and every layer it may include besides itself.  vdev never sees
# arch or drv; xlate and shadow never include each other; vmm joins them; nobody
# includes board.  Includes are rooted at src/, except of a file beside the includer.
set -u
cd "$(dirname "$0")/.."

allowed() {
    case $1 in
    lib) echo "" ;;
    drv) echo "lib arch" ;;
    arch) echo "lib drv core/vcpu.h" ;; # guest entry saves and restores the vcpu
    core) echo "lib arch vdev" ;;
    vdev) echo "lib core" ;;
    xlate) echo "lib arch core" ;;
    shadow) echo "lib arch core" ;;
    vmm) echo "lib drv arch core vdev xlate shadow" ;;
    *) return 1 ;;
    esac
}

bad=0
while IFS=: read -r file line text; do
    layer=${file#src/} && layer=${layer%%/*}
    included=$(sed -n 's/.*#include "\([^"]*\)".*/\1/p' <<<"$text")
    target=${included%%/*}
    [ "$target" != "$included" ] || continue # beside the includer, or generated
    [ -e "$(dirname "$file")/$included" ] && continue
    [ "$target" = "$layer" ] && continue
    may=$(allowed "$layer") || may=
    case " $may " in
    *" $target "* | *" $included "*) ;;
    *) echo "$file:$line: $layer must not include $included (it may: ${may:-nothing but itself})"; bad=$((bad + 1)) ;;
    esac
done < <(grep -rn '#include "' src --include='*.[chS]' --exclude-dir=fake)

if [ $bad != 0 ]; then
    echo "check-layers: $bad wrong include(s)"
    exit 1
fi
echo "check-layers: ok"
