# umbra's counters as a guest's program reads them.
failed=0
fail() { echo "FAIL $*"; failed=$((failed + 1)); }
# get NAME: from the last reading
get() { sed -n "s/^$1 //p" /tmp/now; }
# at_least NAME N
at_least() { [ -n "$(get $1)" ] && [ "$(get $1)" -ge "$2" ] || fail "$1 is '$(get $1)', expected $2 or more"; }

# They count, and never down.
/tests/counters >/tmp/first || fail "counters ended with $?"
sh -c true
/tests/counters >/tmp/now || fail "counters ended with $?"
for name in exit_total exit_emulate exit_irq exc_svc fault_hidden fault_reflected shadow_fill xlate_page mem_spaces \
    mem_pool_used mem_pool_total; do at_least $name 1; done
[ "$(get mem_pool_used)" -le "$(get mem_pool_total)" ] || fail "more of the pool is used than there is"
sort /tmp/first >/tmp/a && sort /tmp/now >/tmp/b
awk 'NR == FNR { v[$1] = $2; next } { print $1, v[$1], $2 }' /tmp/a /tmp/b >/tmp/c
awk '$1 !~ /^mem_/ && $3 < $2 { print "FAIL", $1, "went from", $2, "to", $3; bad = 1 } END { exit bad }' /tmp/c ||
    failed=$((failed + 1))
[ "$(wc -l </tmp/first)" = "$(wc -l </tmp/c)" ] || fail "the two readings have different names"

# An operation between two latches.
/tests/counters diff -n 20 -- /bin/busybox true >/tmp/now || fail "counters diff ended with $?"
at_least ticks 1
at_least exc_svc 200      # 20 times fork, exec and what a program does at its start and end
at_least exc_dabt 100
at_least shadow_fill 100
/tests/counters diff -n 0 -- /bin/busybox true >/tmp/now
[ "$(get exc_svc)" = "" ] || fail "system calls where there were none: $(get exc_svc)"
/tests/counters diff -- /bin/busybox false >/dev/null && fail "the command's status is lost"
/tests/counters diff -n x -- true 2>/dev/null
[ $? = 2 ] || fail "bad arguments are accepted"
dmesg | grep -v 'command line' | grep -iE 'counters|b000000' && fail "the kernel has something to say about the device"
echo "counters: $failed failed"
