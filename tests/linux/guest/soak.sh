# Mixed load with verification, for as long as soak.seconds on the kernel's command
# line says: rounds of stress-ng, each of them complete by itself.
seconds=$(sed -n 's/.*soak\.seconds=\([0-9]*\).*/\1/p' /proc/cmdline)
[ -x /usr/bin/stress-ng ] && [ -n "$seconds" ] || { echo "soak: no stress-ng here, or no soak.seconds"; exit 1; }
round=$((seconds / 10))
[ $round -ge 15 ] || round=15
[ $round -le 240 ] || round=240
failed=0
n=0
mkdir -p /tmp/soak && cd /tmp/soak || exit 1
up() { cut -d. -f1 /proc/uptime; }
start=$(up)
while [ $(($(up) - start)) -lt "$seconds" ] && [ $failed = 0 ]; do
    n=$((n + 1))
    stress-ng --cpu 1 --vm 1 --vm-bytes 16M --fork 1 --mmap 1 --mmap-bytes 8M --switch 1 --context 1 --signal 1 \
        --sigq 1 --sigsegv 1 --pipe 1 --mremap 1 --mremap-bytes 4M --vm-keep --verify --oomable --timeout ${round}s \
        >/tmp/round.log 2>&1
    status=$?
    if [ $status != 0 ] || grep -qiE 'fail|error' /tmp/round.log; then
        failed=$((failed + 1))
        tail -n 30 /tmp/round.log
    fi
    grep -qE 'successful run completed' /tmp/round.log || { tail -n 5 /tmp/round.log; failed=$((failed + 1)); }
    echo "soak: round $n ended with $status, up $(up) s, $(sed -n 's/^MemAvailable: *//p' /proc/meminfo) available"
done
dmesg | grep -E 'Oops|BUG:|WARNING:|Internal error|Unhandled|rcu.*stall|soft lockup|Out of memory' && failed=$((failed + 1))
echo "soak: $n rounds in $(($(up) - start)) s, $failed failed"
