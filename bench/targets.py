"""The table of targets: virtualized against native, instructions of the deterministic clock.

A row is a title, the operation whose cost it takes, the largest ratio accepted (None: shown, not judged), and
whether it counts for the geometric mean.
"""
import math

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
    ("user-mode mix", "mix", 1.002, OTHER),
    ("memory read", "mem-read", 1.002, OTHER),
    ("memory write", "mem-write", 1.002, OTHER),
    ("memory copy", "mem-copy", 1.002, OTHER),
    ("pipe bandwidth", "pipe-stream", None, OTHER),
    ("gzip", "app-gzip", 1.10, APP),
    ("xz", "app-xz", None, APP),
    ("sqlite3 script", "app-sqlite", 1.10, APP),
    ("busybox shell loops", "app-loops", 1.10, APP),
]

OPERATIONS = [op for _, op, _, kind in ROWS if kind != APP]


def cost(result, op, what="instructions"):
    """The cost of one 'op', or None.  A context switch is a hop of the ring less the same hop within one process."""
    ops = (result or {}).get("ops", {})
    if op not in ops or what not in ops[op]:
        return None
    if op.startswith("ctx-"):
        base = "ctx-1-" + op.split("-")[2]
        if base not in ops:
            return None
        return ops[op][what] - ops[base][what]
    return ops[op][what]


def geometric_mean(values):
    return math.exp(sum(math.log(v) for v in values) / len(values)) if values else None


def judge(title, native, umbra, target, ratio=None):
    """One line of the table, as a dictionary."""
    if ratio is None and native and umbra:
        ratio = umbra / native
    verdict = ""
    if target is not None:
        verdict = "missing" if ratio is None else ("pass" if ratio <= target else "FAIL")
    return {"operation": title, "native": native, "umbra": umbra, "ratio": ratio, "target": target, "verdict": verdict}


def table(native, umbra, what="instructions"):
    """Rows for two results (of cells, merged); the last is the geometric mean of the latency rows."""
    rows, ratios = [], []
    for title, op, target, kind in ROWS:
        n, u = cost(native, op, what), cost(umbra, op, what)
        if n is None and u is None and (target is None or kind == APP):
            continue
        row = judge(title, n, u, target)
        rows.append(row)
        if kind == LATENCY and row["ratio"]:
            ratios.append(row["ratio"])
    rows.append(judge("geometric mean, latency rows", None, None, 1.5, geometric_mean(ratios)))
    return rows


def number(value):
    if value is None:
        return "-"
    return "{:,.0f}".format(value) if value >= 100 else "%.3g" % value


def show(rows):
    lines = ["%-34s %15s %15s %8s %8s  %s" % ("operation", "native", "umbra", "ratio", "target", "")]
    for r in rows:
        lines.append("%-34s %15s %15s %8s %8s  %s" % (
            r["operation"], number(r["native"]), number(r["umbra"]),
            "%.3f" % r["ratio"] if r["ratio"] is not None else "-",
            "%g" % r["target"] if r["target"] is not None else "", r["verdict"]))
    return "\n".join(lines)
