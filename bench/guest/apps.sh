# One application, measured from fork to exit.  Its input is made before, the same each time.
cd /tmp
input() { # FILE LINES: text that compresses like text
    awk -v n="$2" 'BEGIN { for (i = 0; i < n; i++) print i, i * 7919 % 10007, "the quick brown fox", i % 97 }' >"$1"
}
case $1 in
gzip)
    input gzip.in 20000
    /tests/bench run app-gzip gzip -f gzip.in ;;
loops)
    /tests/bench run app-loops sh /tests/loops.sh ;;
*)
    echo "no application '$1'"
    exit 1 ;;
esac
