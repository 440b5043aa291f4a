# The samples of a long run: do they agree, and does umbra's memory grow?
function complain(text) {
    if (problems++ < 10)
        print "soak: " text
}
function value(name) { return $(column[name]) + 0 }

NR == 1 {
    for (i = 1; i <= NF; i++) {
        column[$i] = i
        gauge[i] = $i ~ /^mem_/
        reason[i] = $i ~ /^(exit|fast)_/ && $i != "exit_total"
        name[i] = $i
    }
    fields = NF
    next
}

NF != fields { complain("line " NR " has " NF " fields, not " fields); next }

{
    sum = 0
    for (i = 1; i <= NF; i++) {
        if (reason[i])
            sum += $i
        if (!gauge[i] && $i + 0 < last[i])
            complain(name[i] " went down from " last[i] " to " $i " at " $1 " us")
        last[i] = $i + 0
    }
    if (sum != value("exit_total"))
        complain("reasons sum up to " sum " of " value("exit_total") " exits at " $1 " us")
    if (value("exc_svc") != value("exit_svc_user") + value("fast_svc") + value("emul_svc"))
        complain("system calls taken are not those injected, " value("exc_svc") ", at " $1 " us")
    if (value("space_miss") > value("space_switch"))
        complain("more spaces missed than switched to at " $1 " us")
    if (value("mem_pool_used") > value("mem_pool_total"))
        complain("more of the pool in use than there is at " $1 " us")
    lines++
    time[lines] = $1 / 1e6
    for (i = 1; i <= NF; i++)
        if (gauge[i])
            history[name[i], lines] = $i
    exits[lines] = value("exit_total")
}

function mean(what, from, to,    n, s) {
    for (n = from; n < to; n++)
        s += history[what, n]
    return s / (to - from)
}

# After the first quarter, the second half of the rest against the first.
function grows(what,    before, after) {
    before = mean(what, int(lines / 4), int(lines * 5 / 8))
    after = mean(what, int(lines * 5 / 8), lines)
    printf "soak: %-16s %10.1f, later %10.1f\n", what, before, after
    # a short run still meets kernel code that was never translated before
    if (after > before * (time[lines] < 600 ? 1.2 : 1.05) + 16)
        complain(what " grows")
}

END {
    if (lines < 50) {
        print "soak: only " lines + 0 " samples"
        exit 1
    }
    printf "soak: %d samples over %.0f s of guest time, %.0f exits\n", lines, time[lines], exits[lines]
    if (time[lines] < least)
        complain("guest time ends at " time[lines] " s")
    grows("mem_pool_used")
    grows("mem_l2_tables")
    grows("mem_xlate_pages")
    grows("mem_arena_pages")
    exit problems != 0
}
