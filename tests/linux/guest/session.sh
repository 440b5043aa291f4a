# A scripted session: what a person would try in the first minutes.  One line
# a check, "ok NAME" or "FAIL NAME", and a count at the end.
passed=0
failed=0

# check NAME COMMAND...: the command must succeed
check() {
    name=$1
    shift
    if "$@" >/tmp/check.log 2>&1; then
        echo "ok $name"
        passed=$((passed + 1))
    else
        echo "FAIL $name"
        sed 's/^/    /' /tmp/check.log
        failed=$((failed + 1))
    fi
}

same() { [ "$1" = "$2" ] || { echo "expected '$2', got '$1'"; return 1; }; }

files() {
    mkdir -p /tmp/d/e && echo hello >/tmp/d/e/f && cp -r /tmp/d /tmp/d2 && mv /tmp/d2/e/f /tmp/d2/g || return 1
    same "$(cat /tmp/d2/g)" hello || return 1
    ln -s ../d2/g /tmp/d/link && same "$(cat /tmp/d/link)" hello || return 1
    chmod 640 /tmp/d2/g && same "$(stat -c %a /tmp/d2/g)" 640 || return 1
    rm -r /tmp/d /tmp/d2 && [ ! -e /tmp/d ]
}

large_file() {
    dd if=/dev/zero of=/tmp/zero bs=65536 count=128 2>/dev/null
    same "$(md5sum </tmp/zero)" "96995b58d4cbf6aaa9041b4f00c7f6ae  -" || return 1
    yes 0123456789abcdef | head -c 1000000 >/tmp/yes
    gzip -c /tmp/yes | gunzip -c | cmp - /tmp/yes || return 1
    rm /tmp/zero /tmp/yes
}

processes() {
    i=0
    while [ $i -lt 50 ]; do
        /bin/true || return 1
        i=$((i + 1))
    done
    sleep 30 &
    pid=$!
    [ -d /proc/$pid ] && kill $pid || return 1
    wait $pid
    same $? 143
}

parallel() {
    for n in 1 2 3 4 5 6 7 8; do (seq 1 2000 | md5sum >/tmp/par.$n) & done
    wait
    same "$(sort -u /tmp/par.? | wc -l)" 1
}

pipes() {
    same "$(seq 1 10000 | sed 's/^/x/' | grep 9 | tr -d x | sort -n | tail -n 1)" 9999 || return 1
    same "$(seq 1 500 | awk '{s += $1} END {print s}')" 125250
}

signals() {
    got=0
    trap 'got=$((got + 1))' USR1
    kill -USR1 $$
    kill -USR1 $$
    trap - USR1
    same $got 2
}

proc() {
    grep -q '^processor' /proc/cpuinfo && grep -q '^MemFree' /proc/meminfo && grep -q tty /proc/consoles || return 1
    [ "$(cat /proc/1/comm)" = init ] && grep -q '\[stack\]' /proc/self/maps && [ -d /sys/devices/system/cpu/cpu0 ]
}

# Time passes, and not wildly: two readings around a sleep.
time_passes() {
    a=$(cut -d. -f1 /proc/uptime)
    sleep 2
    b=$(cut -d. -f1 /proc/uptime)
    [ $((b - a)) -ge 2 ] && [ $((b - a)) -le 6 ]
}

# What the VM, and no board, has.
devices() {
    [ -d /proc/device-tree/psci ] || return 0
    grep -q arch_timer /proc/interrupts && grep -q uart-pl011 /proc/interrupts || return 1
    [ -c /dev/ttyAMA0 ] && [ "$(date +%Y)" -ge 2024 ]
}

no_complaints() {
    ! dmesg | grep -E 'Oops|BUG:|WARNING:|Internal error|Unhandled|unexpected|rcu.*stall|soft lockup'
}

check files files
check large-file large_file
check processes processes
check parallel parallel
check pipes pipes
check signals signals
check proc proc
check time time_passes
check devices devices
for part in fork pipe signal segv mmap cow file-map protect brk stack float unaligned threads icache; do
    check "probe-$part" /tests/probe $part
done
check kernel-is-content no_complaints
echo "session: $passed passed, $failed failed"
