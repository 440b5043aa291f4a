#!/bin/bash
# A long run: stress-ng's mixed load with verification for SECONDS of guest time, and umbra's
# counters all along.  No error in the guest, none of umbra's, counters that agree with each
# other in every sample, and no growth of umbra's memory after the first quarter.
#
# usage: soak.sh SECONDS [OPTIONS of umbra run]
#
# The clock is deterministic, one instruction is 2^SHIFT nanoseconds (default 4: a processor of
# 62 million instructions a second).  LIMIT is the time limit in seconds.  Leaves its log and the
# samples in build/soak.
set -u
cd "$(dirname "$0")/../.."
seconds=${1:?usage: soak.sh SECONDS [OPTIONS]}
shift
dir=build/soak${OUT:+/$OUT}
mkdir -p "$dir"
interval=$((seconds * 1000 / 400))
[ $interval -ge 20 ] || interval=20

./umbra run --timeout "${LIMIT:-$((600 + seconds * 20))}" --decompress --initrd build/guest/soak.cpio.gz --stats --verify \
    --samples "$dir/samples.csv" --sample-interval $interval --append "+umbra.script=soak soak.seconds=$seconds" "$@" \
    -- -icount "shift=${SHIFT:-4},sleep=off" -seed 1 -rtc base=2024-01-01T00:00:00,clock=vm </dev/null 2>&1 |
    tee "$dir/log" | sed -u 's,\r,,g' | grep -aE --line-buffered '^(soak:|umbra:|stress-ng:)|Oops|BUG:|panic'
status=${PIPESTATUS[0]}

bad=0
complain() { echo "soak: $*"; bad=1; }
[ "$status" = 0 ] || complain "umbra run ended with $status; the end of its log:
$(tail -n 20 "$dir/log" | cut -c1-200)"
tr -d '\r' <"$dir/log" | grep -q '^soak: .* 0 failed' || complain "the guest tells of failures, or of nothing"
awk -F, -v least="$seconds" -f tests/linux/soak.awk "$dir/samples.csv" || bad=1
[ $bad = 0 ] && echo "soak: ok"
exit $bad
