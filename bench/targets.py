"""The table of targets: virtualized against native, instructions of the deterministic clock.

A row is a title, the operation whose cost it takes, the largest ratio accepted (None: shown, not judged), and
whether it counts for the geometric mean.
"""
import math
import statistics

LATENCY, OTHER, APP = "latency", "other", "app"

ROWS = [
    ("null system call", "null", 2.4, LATENCY),
    ("read 1 byte", "read", 1.7, LATENCY),
    ("write 1 byte", "write", 1.7, LATENCY),
    ("stat", "stat", 1.4, LATENCY),
    ("fstat", "fstat", 1.4, LATENCY),
    ("open + close", "open", 1.4, LATENCY),
    ("signal install", "sig-install", 1.7, LATENCY),
    ("signal catch", "sig-catch", 1.6, LATENCY),
    ("protection fault", "sig-prot", None, OTHER),
    ("pipe round trip", "pipe", 1.5, LATENCY),
    ("UNIX socket round trip", "unix", None, OTHER),
    ("context switch 2p/0k", "ctx-2-0", 1.6, LATENCY),
    ("fork + exit", "fork", 1.5, LATENCY),
    ("fork + exec", "exec", 1.5, LATENCY),
    ("fork + sh -c true", "shell", 1.5, LATENCY),
    ("page fault, anonymous", "fault-anon", 1.8, LATENCY),
    ("page fault, file", "fault-file", 1.8, LATENCY),
    ("mmap 4 MiB", "mmap", 1.7, LATENCY),
    ("user-mode loop", "user", 1.002, OTHER),
    ("user-mode mix (our own)", "mix", 1.002, OTHER),
    ("memory read, 1 MiB", "mem-read", 1.002, OTHER),
    ("memory write, 1 MiB", "mem-write", 1.002, OTHER),
    ("memory copy, 1 MiB", "mem-copy", 1.002, OTHER),
    ("pipe bandwidth, 1 MiB", "pipe-stream", None, OTHER),
    ("gzip", "app-gzip", 1.10, APP),
    ("xz", "app-xz", None, APP),
    ("sqlite3 script", "app-sqlite", 1.10, APP),
    ("busybox shell loops", "app-loops", 1.10, APP),
]
OPERATIONS = [op for _, op, _, kind in ROWS if kind != APP]
TITLES = {op: title for title, op, _, _ in ROWS}

MEMORY_LIMIT = (4 << 20) + (256 << 20) * 2 // 100
START_LIMIT = 40000000
FLAT = 1.02


def title(op):
    if op in TITLES:
        return TITLES[op]
    if op.startswith("ctx-"):
        _, processes, kib = op.split("-")
        return "context switch %sp/%sk" % (processes, kib)
    return op


def cost(result, op, what="instructions"):
    """The cost of one 'op', or None.  A context switch is a hop of the ring less the same hop within one process."""
    ops = (result or {}).get("ops", {})
    if op not in ops or what not in ops[op]:
        return None
    if op.startswith("ctx-"):
        name, _, label = op.partition("#")
        base = "ctx-1-" + name.split("-")[2] + ("#" + label if label else "")
        if base not in ops:
            return None
        return ops[op][what] - ops[base][what]
    return ops[op][what]


def count(result, op, name):
    """A counter of umbra's, per operation (a context switch: less the hop within one process)."""
    ops = (result or {}).get("ops", {})
    if op not in ops or "counts" not in ops[op]:
        return None
    value = ops[op]["counts"].get(name, 0)
    if op.startswith("ctx-") and not op.startswith("ctx-1-"):
        value -= ops.get("ctx-1-" + op.split("-")[2], {}).get("counts", {}).get(name, 0)
    return value


def geometric_mean(values):
    return math.exp(sum(math.log(v) for v in values) / len(values)) if values else None


def judge(what, native, umbra, target, ratio=None):
    """One line of the table, as a dictionary."""
    if ratio is None and native and umbra is not None:
        ratio = umbra / native
    verdict = ""
    if target is not None:
        verdict = "missing" if ratio is None else ("pass" if ratio <= target else "FAIL")
    return {"operation": what, "native": native, "umbra": umbra, "ratio": ratio, "target": target, "verdict": verdict}


def limited(what, value, limit):
    """A line that is judged by an absolute figure."""
    row = judge(what, None, value, None)
    row["limit"] = limit
    row["verdict"] = "missing" if value is None else ("pass" if value <= limit else "FAIL")
    return row


def latency_mean(native, umbra, what="instructions"):
    ratios = []
    for _, op, _, kind in ROWS:
        n, u = cost(native, op, what), cost(umbra, op, what)
        if kind == LATENCY and n and u and n > 0 and u > 0:
            ratios.append(u / n)
    return geometric_mean(ratios)


def table(native, umbra, what="instructions"):
    """Rows for two results; the last is the geometric mean of the latency rows."""
    rows = []
    for name, op, target, kind in ROWS:
        n, u = cost(native, op, what), cost(umbra, op, what)
        if n is None and u is None and (target is None or kind == APP):
            continue
        rows.append(judge(name, n, u, target))
    rows.append(judge("geometric mean, latency rows", None, None, 1.5, latency_mean(native, umbra, what)))
    return rows


def boot_rows(native, umbra, name="boot of the raw Image", target=1.25):
    """Boot from the guest's first instruction to its script; what umbra does before is a row of its own."""
    n, u, start = native.get("boot"), umbra.get("boot"), umbra.get("start")
    rows = [judge(name, n, u - start if u and start else None, target)]
    if start:
        rows.append(judge("  umbra's start before it", None, start, None))
    return rows


# --- everything: 'store' maps board/clock/workload/config to a result --------------------------------------

def merged(store, config, board="cubieboard"):
    """One result with the operations of the micro and apps cells."""
    ops = {}
    for workload in ("apps", "micro"):
        ops.update(store.get("%s/icount/%s/%s" % (board, workload, config), {}).get("ops", {}))
    return dict(store.get("%s/icount/micro/%s" % (board, config), {}), ops=ops)


def wall(store, config):
    """Median, least and greatest seconds or ns of the repeated wall-clock cells: {op: (median, min, max)}."""
    values = {}
    for key, result in store.items():
        board, clock, _, which = key.split("/")
        if clock != "wall" or which != config or board != "cubieboard" or "failed" in result:
            continue
        for op in result["ops"]:
            values.setdefault(op, []).append(cost(result, op, "ns"))
        for what in ("boot", "start"):
            if result.get(what + "_seconds"):
                values.setdefault(what, []).append(result[what + "_seconds"] * 1e9)
    return {op: (statistics.median(v), min(v), max(v)) for op, v in values.items() if None not in v}


def wall_rows(store):
    native, tlb = ({"ops": {op: {"ns": v[0]} for op, v in wall(store, c).items()}} for c in ("native", "tlb"))
    for result in (native, tlb):  # costs of context switches are differences already
        result["ops"].update({"ctx-1-%d" % k: {"ns": 0} for k in (0, 16, 64) if result["ops"]})
    loops = [r["ops"].get("user", {}).get("ns") for r in (native, tlb)]
    rows = [judge("wall clock: geometric mean", None, None, 2.5, latency_mean(native, tlb, "ns")),
            judge("  user-mode loop, ns: the machine's own drift", *loops, None)]
    n, u, start = cost(native, "boot", "ns"), cost(tlb, "boot", "ns"), cost(tlb, "start", "ns")
    rows.append(judge("wall clock: boot to the script, s", n and n / 1e9, u and u / 1e9, 1.6))
    rows.append(judge("  umbra's start before it, s", None, start and start / 1e9, None))
    return rows


def board_rows(store):
    """vexpress-a9 within 10% of the same targets."""
    native, tlb = (merged(store, c, "vexpress-a9") for c in ("native", "tlb"))
    worst = [(cost(tlb, op) / cost(native, op) / target, name) for name, op, target, kind in ROWS
             if target and cost(native, op) and cost(tlb, op)]
    rows = [judge("vexpress-a9: geometric mean", None, None, 1.65, latency_mean(native, tlb))]
    at = max(worst) if worst else (None, "worst row")
    rows.append(judge("vexpress-a9: %s, of its target" % at[1], None, None, 1.10, at[0]))
    return rows + [dict(r, operation="vexpress-a9: " + r["operation"].strip()) for r in
                   boot_rows(native, tlb, target=1.375)[:1]]


def drift(native, umbra, label):
    """How much more an operation costs under umbra than before, natively changes taken out: the worst."""
    worst = []
    for op in native.get("ops", {}):
        n, n2, u, u2 = (cost(r, o) for r in (native, umbra) for o in (op, op + "#" + label))
        if "#" not in op and not op.startswith("ctx-1-") and n and n2 and u and u2:
            worst.append(((u2 / u) / (n2 / n), op))
    return max(worst) if worst else (None, "any operation")


def flat_rows(store):
    flat = [store.get("cubieboard/icount/flat/" + c, {}) for c in ("native", "tlb")]
    later, crowd = drift(*flat, "later"), drift(*flat, "crowd")
    grown = [store.get("cubieboard/icount/growth/" + c, {}) for c in ("native", "tlb")]
    (n2, n128), (u2, u128) = ([cost(r, "ctx-%d-0" % p) for p in (2, 128)] for r in grown)
    switch = (u128 / u2) / (n128 / n2) if n2 and n128 and u2 and u128 else None
    return [judge("after 10,000 forks: %s (worst)" % later[1], None, None, FLAT, later[0]),
            judge("beside 126 processes: %s (worst)" % crowd[1], None, None, FLAT, crowd[0]),
            judge("context switch, 128 against 2", None, None, FLAT, switch)]


def lmbench(store, config):
    """{row: ns}, of both cells."""
    cells = (store.get("cubieboard/icount/%s/%s" % (w, config), {}).get("lmbench", {}) for w in ("lmbench", "lmpipe"))
    return {op: ns for cell in cells for op, ns in cell.items()}


def add_lmbench(store, rows):
    """lmbench's own ratio beside each of our operations that it has as well: shown, not judged."""
    native, tlb = lmbench(store, "native"), lmbench(store, "tlb")
    ops = {name: op for name, op, _, _ in ROWS}
    for row in rows:
        op = ops.get(row["operation"])
        if native.get(op) and tlb.get(op):
            row["lmbench"] = tlb[op] / native[op]


def everything(store):
    native, tlb = merged(store, "native"), merged(store, "tlb")
    zimage = [store.get("cubieboard/icount/zimage/" + c, {}) for c in ("native", "tlb")]
    start = store.get("cubieboard/icount/start/tlb", {})
    rows = table(native, tlb) + boot_rows(native, tlb) + boot_rows(*zimage, "boot of the zImage", None)[:1]
    own = start["start"] - start["hash"] if "start" in start else None
    rows.append(limited("start of umbra, 32 MiB bundle", own, START_LIMIT))
    rows.append(judge("  its hash check", None, start.get("hash"), None))
    rows.append(limited("umbra's memory, bytes (256 MiB VM)", tlb.get("reserved"), MEMORY_LIMIT))
    add_lmbench(store, rows)
    return rows + wall_rows(store) + board_rows(store) + flat_rows(store)


# --- as text ------------------------------------------------------------------------------------------------

def number(value):
    if value is None:
        return "-"
    return "{:,.0f}".format(value) if abs(value) >= 100 else "%.3g" % value


def show(rows):
    lmbench = any("lmbench" in r for r in rows)
    lines = ["%-42s %14s %14s %7s %s%10s" % ("operation", "native", "umbra", "ratio", "lmbench " if lmbench else "", "target")]
    for r in rows:
        limit = number(r["limit"]) if "limit" in r else ("%g" % r["target"] if r["target"] is not None else "")
        other = "%7s " % ("%.3f" % r["lmbench"] if "lmbench" in r else "") if lmbench else ""
        lines.append(("%-42s %14s %14s %7s %s%10s  %s" % (
            r["operation"], number(r["native"]), number(r["umbra"]),
            "%.3f" % r["ratio"] if r["ratio"] is not None else "-", other, limit, r["verdict"])).rstrip())
    return "\n".join(lines)


COLUMNS = [("exits", ["exit_total"]), ("hidden", ["fault_hidden"]), ("reflected", ["fault_reflected"]),
           ("fills", ["shadow_fill"]), ("drops", ["shadow_drop"]),
           ("TLBI", ["tlbi_all", "tlbi_asid", "tlbi_mva", "tlbi_mvaa"]), ("DACR", ["emul_dacr"]),
           ("switches", ["space_switch"]), ("I-cache", ["icache_inv"])]


def show_counts(result):
    """What an operation makes umbra do, one line an operation."""
    lines = ["%-26s" % "operation" + "".join("%10s" % name for name, _ in COLUMNS) + "%12s%7s" % ("vmm", "")]
    for op, values in (result or {}).get("ops", {}).items():
        if "counts" not in values:
            continue
        cells = [sum(values["counts"].get(c, 0) for c in names) for _, names in COLUMNS]
        share = 100 * values["vmm"] / values["instructions"] if values.get("instructions") else 0
        lines.append("%-26s" % op + "".join("%10s" % (number(c) if c >= 0.005 else "") for c in cells) +
                     "%12s%6.0f%%" % (number(values.get("vmm")), share))
    return "\n".join(lines)


def count_numbers(value):
    if isinstance(value, dict):
        return sum(count_numbers(v) for v in value.values())
    if isinstance(value, list):
        return sum(count_numbers(v) for v in value)
    return 1 if isinstance(value, (int, float)) else 0
