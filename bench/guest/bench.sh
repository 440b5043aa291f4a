# What the kernel's command line asks for: umbra.ops=A,B,...; @lmbench-NAME is one of lmbench's programs, any
# other name that begins with '@' a command of /tests/apps.sh.  The first marker says that the system is up.
/tests/bench up
ops=
for word in $(cat /proc/cmdline); do
    case $word in
    umbra.ops=*) ops=${word#umbra.ops=} ;;
    esac
done
own=
flush() {
    [ -z "$own" ] || /tests/bench $own || echo "bench-error: ended with $?"
    own=
}
for op in $(echo "$ops" | tr , ' '); do
    case $op in
    @lmbench-*) flush; sh /tests/lmbench.sh "${op#@lmbench-}" || echo "bench-error: $op ended with $?" ;;
    @*) flush; sh /tests/apps.sh "${op#@}" || echo "bench-error: $op ended with $?" ;;
    *) own="$own $op" ;;
    esac
done
flush
