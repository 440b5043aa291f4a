"""The report's tables and plots, from a store of results: {board/clock/workload/config: result}."""
import plan
import plots
import targets
from targets import cost, count, title

BOARD = "cubieboard"
FOCUS = ["fork", "exec", "shell", "fault-anon", "fault-file", "ctx-2-0", "ctx-8-16", "mmap"]

# Exits by reason; what is in none of them is "other".
REASONS = [
    ("system call", ["exit_svc_user", "fast_svc"]),
    ("exception return", ["emul_eret", "fast_eret"]),
    ("fault, reflected", ["fault_reflected"]),
    ("fault, hidden", ["fault_hidden"]),
    ("write to a table", ["policy_trap"]),
    ("DACR", ["emul_dacr", "fast_dacr", "fast_dacr_fault"]),
    ("CP15, TLB operations", ["emul_cp15"]),
    ("SPSR, banked registers, CPSR", ["emul_spsr", "emul_usr_regs", "emul_cps"]),
    ("LDRT/STRT", ["emul_unpriv"]),
    ("device", ["emul_mmio"]),
    ("interrupt", ["exit_irq", "exit_pending"]),
]


def get(store, workload, config, board=BOARD, clock="icount"):
    return store.get("%s/%s/%s/%s" % (board, clock, workload, config), {})


def configs_of(store):
    """Those with any operation measured, in the usual order."""
    have = {key.split("/")[3] for key, result in store.items() if result.get("ops")}
    return [c for c in plan.CONFIGS if c in have]


def virtual(store):
    return [c for c in configs_of(store) if c != "native"]


def operations(store, board=BOARD):
    have = {op for c in configs_of(store) for op in targets.merged(store, c, board)["ops"]}
    order = targets.OPERATIONS + ["app-gzip", "app-xz", "app-sqlite", "app-loops"]
    contexts = ["ctx-%d-%d" % (p, k) for k in plan.CTX_KIB for p in plan.CTX_PROCESSES[1:]]
    at = order.index("ctx-2-0")
    return [op for op in order[:at] + contexts + order[at + 1:] if op in have]


def ratio(native, umbra):
    return umbra / native if native and umbra is not None and native > 0 else None


# --- tables: (head, body) -------------------------------------------------------------------------------------

def targets_table(rows):
    body = [[r["operation"], r["native"], r["umbra"], r["ratio"], r.get("lmbench"), r.get("limit", r["target"]),
             r["verdict"]] for r in rows]
    return ["operation", "native", "umbra", "ratio", "ratio by lmbench", "target", ""], body


def costs(store, board=BOARD):
    names = virtual(store)
    native = targets.merged(store, "native", board)
    body = []
    for op in operations(store, board):
        n = cost(native, op)
        row = [title(op), n]
        for c in names:
            u = cost(targets.merged(store, c, board), op)
            row += [u, ratio(n, u)]
        body.append(row)
    mean = ["geometric mean, latency rows", None]
    for c in names:
        mean += [None, targets.latency_mean(native, targets.merged(store, c, board))]
    return ["operation", "native"] + [h for c in names for h in (c, "ratio")], body + [mean]


def counts(store, operations_):
    head = ["operation", "policy", "instructions", "of which umbra"] + [name for name, _ in targets.COLUMNS] + \
           ["table writes", "resyncs"]
    body = []
    for op in operations_:
        for c in virtual(store):
            result = targets.merged(store, c)
            if count(result, op, "exit_total") is None:
                continue
            body.append([title(op), c, cost(result, op), cost(result, op, "vmm")] +
                        [sum(count(result, op, n) for n in names) -
                         (count(result, op, "policy_trap") if name == "hidden" else 0) for name, names in targets.COLUMNS] +
                        [count(result, op, "policy_trap"), count(result, op, "policy_resync")])
    return head, body


def every_counter(store):
    names, lines = [], []
    for c in virtual(store):
        for workload in ("micro", "apps", "growth", "flat"):
            for op, values in get(store, workload, c).get("ops", {}).items():
                lines.append((c, workload, op, values.get("counts", {})))
                names += [n for n in values.get("counts", {}) if n not in names]
    return ["policy", "cell", "operation"] + names, [[c, w, op] + [v.get(n, 0) for n in names] for c, w, op, v in lines]


def lmbench(store):
    native = targets.lmbench(store, "native")
    names = [c for c in virtual(store) if targets.lmbench(store, c)]
    body = []
    for op in plan.LMBENCH_ROWS:
        row = [title(op), native.get(op)]
        for c in names:
            u = targets.lmbench(store, c).get(op)
            row += [u, ratio(native.get(op), u)]
        if any(v is not None for v in row[1:]):
            body.append(row)
    return ["lmbench, ns", "native"] + [h for c in names for h in (c, "ratio")], body


def wall(store):
    seen = {c: targets.wall(store, c) for c in configs_of(store)}
    body = []
    for op in ["boot"] + operations(store):
        row = [title(op)]
        for c in seen:
            median, low, high = seen[c].get(op, (None, None, None))
            row += [median, (high - low) / median if median else None]
            if c != "native":
                row.append(ratio(seen.get("native", {}).get(op, (None,))[0], median))
        if any(v is not None for v in row[1:]):
            body.append(row)
    head = [h for c in seen for h in ([c, "spread"] + (["ratio"] if c != "native" else []))]
    return ["wall clock, ns (median)"] + head, body


def growth(store):
    body = []
    for kind, values in (("ctx-%d-0", plan.GROWTH_PROCESSES), ("forkmem-%d", plan.GROWTH_MIB)):
        for v in values:
            op = kind % v
            row = ["context switch, %d processes" % v if kind[0] == "c" else "fork + exit, %d MiB touched" % v]
            row += [cost(get(store, "growth", c), op) for c in configs_of(store)]
            row += [shadow_kib(get(store, "growth", c), op) for c in virtual(store)]
            if any(r is not None for r in row[1:]):
                body.append(row)
    return ["", *configs_of(store), *["shadow KiB, " + c for c in virtual(store)]], body


def shadow_kib(result, op):
    gauges = result.get("ops", {}).get(op, {}).get("gauges")
    return gauges["mem_l2_tables"] + 32 * gauges["mem_spaces"] if gauges else None


def why(store):
    """For each policy and operation: what differs from tlb, in instructions and in the counters that changed most."""
    tlb = targets.merged(store, "tlb")
    body = []
    for op in FOCUS:
        best = min(((cost(targets.merged(store, c), op), c) for c in virtual(store)
                    if cost(targets.merged(store, c), op) is not None), default=None)
        for c in virtual(store):
            other = targets.merged(store, c)
            a, b = cost(tlb, op), cost(other, op)
            if c == "tlb" or a is None or b is None:
                continue
            names = set(tlb["ops"][op].get("counts", {})) | set(other["ops"][op].get("counts", {}))
            changes = sorted(((count(other, op, n) - count(tlb, op, n), n) for n in names), key=lambda v: -abs(v[0]))
            text = ", ".join("%s %+.3g" % (n, v) for v, n in changes[:7] if abs(v) >= 0.05)
            body.append([title(op), c, b - a, ratio(a, b), "cheapest" if best and best[1] == c else "", text])
    return ["operation", "policy", "instructions more than tlb", "ratio to tlb", "", "counters that changed most, per operation"], body


def sentence(store, op, config):
    """What a policy pays and saves against tlb, in counts."""
    tlb, other = targets.merged(store, "tlb"), targets.merged(store, config)
    a, b = cost(tlb, op), cost(other, op)
    if a is None or b is None:
        return None
    change = {n: sum(count(other, op, c) - count(tlb, op, c) for c in names) for n, names in (
        ("exits", ["exit_total"]), ("hidden faults", ["fault_hidden"]), ("entries filled", ["shadow_fill"]),
        ("writes to tables trapped", ["policy_trap"]), ("tables synchronized", ["policy_resync"]),
        ("shadows built anew", ["space_miss"]))}
    change["hidden faults"] -= change["writes to tables trapped"]  # which are counted as such
    parts = ["%.3g %s %s" % (abs(v), "more" if v > 0 else "fewer", n) for n, v in change.items() if abs(v) >= 0.05]
    return "%s: %+.0f instructions (%.2f of tlb)%s" % (config, b - a, b / a, ", with " + ", ".join(parts) if parts else "")


def explain(store):
    """One line an operation: who is cheapest, and what the others do more or less."""
    lines = []
    for op in FOCUS:
        costs_ = [(cost(targets.merged(store, c), op), c) for c in virtual(store)]
        costs_ = sorted(v for v in costs_ if v[0] is not None)
        others = [s for s in (sentence(store, op, c) for c in virtual(store) if c != "tlb") if s]
        if costs_ and others:
            lines.append("%s: %s is cheapest. %s." % (title(op), costs_[0][1], "; ".join(others)))
    return lines


def memory(store):
    body = []
    for c in virtual(store):
        rows = get(store, "timeline", c).get("samples")
        micro = get(store, "micro", c)
        if rows:
            names, last = rows["names"], rows["rows"]
            used = max(r[names.index("mem_pool_used")] for r in last) * 4
            body.append([c, micro.get("reserved", 0) // 1024, used, max(shadow_at(names, r) for r in last)])
    return ["policy", "reserved at start, KiB", "pool used at most, KiB", "shadow tables at most, KiB"], body


def shadow_at(names, row):
    return row[names.index("mem_l2_tables")] + 32 * row[names.index("mem_spaces")]


def timeline(store):
    body = []
    for c in virtual(store):
        samples = get(store, "timeline", c).get("samples")
        for row in samples["rows"] if samples else []:
            names = samples["names"]
            body.append([c, row[0] / 1000, row[names.index("exit_total")], row[names.index("fault_hidden")],
                         row[names.index("shadow_fill")], shadow_at(names, row), row[names.index("mem_pool_used")] * 4])
    return ["policy", "ms", "exits", "hidden faults", "fills", "shadow KiB", "pool KiB"], body


def tables(store):
    return [("costs", costs(store)), ("costs-vexpress-a9", costs(store, "vexpress-a9")),
            ("counts", counts(store, FOCUS)), ("counts-all", every_counter(store)), ("why", why(store)),
            ("lmbench", lmbench(store)), ("wall", wall(store)), ("growth", growth(store)), ("memory", memory(store)),
            ("timeline", timeline(store))]


# --- plots -------------------------------------------------------------------------------------------------------

def plot_slowdown(store, board=BOARD):
    names, native = virtual(store), targets.merged(store, "native", board)
    ops = [op for op in operations(store, board) if cost(native, op)]
    series = [(c, [ratio(cost(native, op), cost(targets.merged(store, c, board), op)) for op in ops]) for c in names]
    series = [(c, values) for c, values in series if any(values)]
    return plots.bars("slowdown-" + board, [title(op) for op in ops], series, "instructions, times native", log=True,
                      line=1) if series else ""


def plot_reasons(store, config):
    """Two charts: operations with few exits, and with many."""
    result = targets.merged(store, config)
    ops = [op for op in operations(store) if count(result, op, "exit_total")]
    ops.sort(key=lambda op: count(result, op, "exit_total"))
    small = [op for op in ops if count(result, op, "exit_total") < 40]
    large = [op for op in ops if 40 <= count(result, op, "exit_total") < 5000]
    out = []
    for name, some in (("few", small), ("many", large)):
        if not some:
            continue
        series, rest = [], {op: count(result, op, "exit_total") for op in some}
        for reason, names in REASONS:
            values = [max(0, sum(count(result, op, n) for n in names)) for op in some]
            for op, v in zip(some, values):
                rest[op] -= v
            if any(v >= 0.01 for v in values):
                series.append((reason, values))
        series.append(("other", [max(0, rest[op]) for op in some]))
        out.append(plots.stacked("reasons-%s-%s" % (config, name), [title(op) for op in some], series,
                                 "exits per operation, " + config))
    return out


def script_begins(result):
    """The guest time, ms, at which boot is over; the first sample is the guest's first instruction."""
    if not result.get("samples") or not result.get("boot"):
        return []
    return [(result["samples"]["rows"][0][0] / 1000 + (result["boot"] - result["start"]) / 1e6, "tlb: the script begins")]


def plot_timeline(store):
    out = []
    for name, column, label in (("hidden", lambda n, r: r[n.index("fault_hidden")], "hidden faults since the start"),
                                ("shadow", shadow_at, "shadow tables, KiB")):
        series = []
        for c in virtual(store):
            samples = get(store, "timeline", c).get("samples")
            if samples:
                series.append((c, [(r[0] / 1000, column(samples["names"], r)) for r in samples["rows"]]))
        if series:
            out.append(plots.lines("time-" + name, series, "guest time, ms (1 instruction = 1 ns)", label, points=False,
                                   marks=script_begins(get(store, "timeline", "tlb"))))
    return out


def plot_growth(store):
    out = []
    for name, kind, values, what, label, axis in (
            ("ctx", "ctx-%d-0", plan.GROWTH_PROCESSES, cost, "instructions a context switch", "processes"),
            ("fork", "forkmem-%d", plan.GROWTH_MIB, cost, "instructions a fork + exit", "MiB touched by the parent"),
            ("shadow", "forkmem-%d", plan.GROWTH_MIB, shadow_kib, "shadow tables, KiB", "MiB mapped and touched")):
        series = []
        for c in configs_of(store):
            result = get(store, "growth", c)
            points = [(v, what(result, kind % v)) for v in values]
            points = [p for p in points if p[1] is not None]
            if points:
                series.append((c, points))
        if series:
            out.append(plots.lines("growth-" + name, series, axis, label, logx=True))
    return out


def plot_wall(store):
    seen = {c: targets.wall(store, c) for c in configs_of(store)}
    native = seen.get("native", {})
    ops = [op for op in ["boot"] + operations(store) if op in native and not op.startswith("ctx-1-")]
    series, errors = [], []
    for c in virtual(store):
        values = [tuple(v / native[op][0] for v in seen[c][op]) if op in seen[c] and native[op][0] > 0 else None for op in ops]
        if any(values):
            series.append((c, [v and v[0] for v in values]))
            errors.append([v and v[1:] for v in values])
    return plots.bars("wall", [title(op) for op in ops], series, "seconds, times native", log=True, line=1,
                      errors=errors) if series else ""


def plot_lmbench(store):
    head, body = lmbench(store)
    names = [h for h in head[2:] if h != "ratio"]
    series = [(c, [row[3 + 2 * i] for row in body]) for i, c in enumerate(names)]
    return plots.bars("lmbench", [row[0] for row in body], series, "time, times native", log=True, line=1) if series else ""


def chapters(store):
    """(title, text, names of tables, plots)"""
    return [
        ("Cost per operation and policy", "Our own operations, after lmbench's rows; a context switch is a hop in a ring of "
         "processes less the same hop within one. Dashed: native.", ["costs"], [plot_slowdown(store)]),
        ("Why: exits by reason", "An exit is an entry into umbra from the guest. Operations are sorted by their exits; "
         "beside fork, exec, faults and switches stands what each policy does, and what differs from tlb.",
         ["counts", "why"], [p for c in virtual(store) for p in plot_reasons(store, c)] +
         ["<ul>%s</ul>" % "".join("<li>%s</li>" % line for line in explain(store))]),
        ("Boot and a short session over time", "umbra's counters, sampled every %d ms of guest time." % plan.SAMPLES,
         ["memory"], plot_timeline(store)),
        ("Growth", "Cost against the number of processes and the memory touched; shadow tables against memory mapped.",
         ["growth"], plot_growth(store)),
        ("lmbench", "Debian's lmbench, timed by the guest's own clock, which the deterministic clock makes count instructions: "
         "a nanosecond is one instruction. Bandwidths as time for a MB.", ["lmbench"], [plot_lmbench(store)]),
        ("vexpress-a9", "The same operations on another board (Cortex-A9).", ["costs-vexpress-a9"],
         [plot_slowdown(store, "vexpress-a9")]),
        ("Wall clock", "Plain QEMU, seconds by the guest's clock; medians of repeated boots, spread from least to greatest. An "
         "emulator's seconds: they say nothing about silicon.", ["wall"], [plot_wall(store)]),
    ]
