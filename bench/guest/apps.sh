# One application, measured from fork to exit; Debian's own programs where scripts/fetch-bench.sh got them, else
# busybox's.  The input is made before, the same each time.
export PATH=/opt/bin:$PATH
cd /tmp
input() { # FILE LINES: text that compresses like text
    awk -v n="$2" 'BEGIN { for (i = 0; i < n; i++) print i, i * 7919 % 10007, "the quick brown fox", i % 97 }' >"$1"
}
case $1 in
gzip)
    input gzip.in 20000
    /tests/bench run app-gzip gzip -f gzip.in ;;
xz)
    [ -x /opt/bin/xz ] || exit 0
    input xz.in 5000
    /tests/bench run app-xz xz -1 -T1 -f xz.in ;;
sqlite)
    [ -x /opt/bin/sqlite3 ] || exit 0
    rm -f bench.db
    /tests/bench run app-sqlite sqlite3 bench.db '.read /tests/sqlite.sql' ;;
loops)
    /tests/bench run app-loops sh /tests/loops.sh ;;
*)
    echo "no application '$1'"
    exit 1 ;;
esac
