#!/usr/bin/python3
"""The bench harness itself: the report from canned results, cells that are kept, resumed, that fail.

usage: bench_test.py report | cells | interrupt
"""
import json
import os
import re
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "bench"))
import cells  # noqa: E402
import model  # noqa: E402
import plan  # noqa: E402
import targets  # noqa: E402

bad = 0


def check(condition, what):
    global bad
    if not condition:
        print("FAILED:", what)
        bad += 1


# --- the report ---------------------------------------------------------------------------------------------

def canned_result(scale, counts):
    ops = {}
    for op in plan.MICRO_OPS + plan.GROWTH_OPS:
        name = op.split(":")[0]
        base = 500 if name.startswith("ctx-1-") else 4000
        ops[name] = {"times": 10, "ns": base * scale, "instructions": base * scale, "vmm": base * (scale - 1)}
        if counts:
            ops[name]["counts"] = {} if name.startswith("ctx-1-") else dict(counts)
            ops[name]["gauges"] = {"mem_l2_tables": 40, "mem_spaces": 3}
    return {"ops": ops, "boot": int(1e8 * scale), "boot_vmm": 0, "start": int(1e7) if scale > 1 else 0,
            "reserved": 1 << 20, "boot_seconds": 2.0 * scale}


def canned_store():
    counts = {"exit_total": 10, "exit_svc_user": 1, "exc_svc": 1, "emul_dacr": 6, "fault_hidden": 2, "shadow_fill": 3,
              "tlbi_mva": 1}
    store = {"cubieboard/icount/micro/native": canned_result(1, None),
             "cubieboard/icount/micro/tlb": canned_result(1.3, counts),
             "cubieboard/icount/micro/trap": canned_result(3, dict(counts, policy_trap=5, fault_hidden=7)),
             "cubieboard/icount/micro/oos": {"failed": "ended with 11: a reason <&>"},
             "cubieboard/icount/growth/native": canned_result(1, None),
             "cubieboard/icount/growth/tlb": canned_result(1.3, counts)}
    names = ["time_us", "exit_total", "fault_hidden", "shadow_fill", "mem_l2_tables", "mem_spaces", "mem_pool_used"]
    store["cubieboard/icount/timeline/tlb"] = dict(
        canned_result(1.3, counts), samples={"names": names, "rows": [[i * 1000, i, i, i, i, 2, 50 + i] for i in range(9)]})
    for c, ns in (("native", 1000.0), ("tlb", 1250.0)):
        store["cubieboard/icount/lmpipe/" + c] = {"ops": {}, "lmbench": {"pipe": ns}}
    for n in range(1, 4):
        store["cubieboard/wall/wall%d/native" % n] = canned_result(1, None)
        store["cubieboard/wall/wall%d/tlb" % n] = canned_result(1 + n / 10, None)
    return store


def test_report(folder):
    source, out = os.path.join(folder, "cells.json"), os.path.join(folder, "report")
    with open(source, "w") as f:
        json.dump({"cells": canned_store()}, f)
    run = subprocess.run([os.path.join(ROOT, "umbra"), "bench", "--from-cells", source, "--output", out],
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    print(run.stdout)
    check(run.returncode == 0, "the report is written")
    check(re.search(r"^null system call +4,000 +5,200 +1\.300 +2\.4 +pass$", run.stdout, re.M), "a target that is met")
    check(re.search(r"^user-mode loop .* 1\.300 +1\.002 +FAIL$", run.stdout, re.M), "a target that is missed")
    check(re.search(r"^pipe round trip .* 1\.300 +1\.250 +1\.5 +pass$", run.stdout, re.M), "lmbench beside ours")
    check(re.search(r"^context switch 2p/0k +3,500 +4,550 +1\.300 ", run.stdout, re.M), "a switch is a difference")
    check(re.search(r"^wall clock: boot .* 1\.200 +1\.6 +pass$", run.stdout, re.M), "the median of three runs")
    check(re.search(r"^start of umbra.* missing$", run.stdout, re.M), "what was not measured is not passed")
    with open(os.path.join(out, "report.html")) as f:
        page = f.read()
    for text in ("ended with 11: a reason &lt;&amp;&gt;", "class='FAIL'", "policy_trap +5", "fork + exit: tlb is cheapest. trap: +6800 instructions (2.31 of tlb), with 5 more writes",
                 "</html>"):
        check(text in page, "the page says: " + text)
    check(page.count("<svg") >= 8, "plots, not %d" % page.count("<svg"))
    check("could not draw" not in page, "gnuplot draws everything")
    check(not re.search(r"(src|href)=['\"](?!#)|@import|url\((?!#)", page), "the page needs no other file")
    with open(os.path.join(out, "costs.csv")) as f:
        check("fork + exit,4000,5200,1.3,12000,3" in f.read().replace(".0,", ","), "costs.csv")
    with open(os.path.join(out, "results.json")) as f:
        check(json.load(f)["cells"] == canned_store(), "results.json gives back the cells")
    broken = subprocess.run([os.path.join(ROOT, "umbra"), "bench", "--from-cells", "/dev/null", "--output", out],
                            stdout=subprocess.PIPE, text=True)
    check(broken.returncode == 3 and "cannot read" in broken.stdout, "a file that is no result is refused")


def test_model():
    native, umbra, ratio, low, high = model.estimate(1000, 2000, {"exit_total": 4, "exc_svc": 1, "fast_eret": 1}, "Cortex-A8")
    # 1 exception natively, 4 exits and 2 crossings under umbra, each exception 2 flushes of 13 and 2 walks of 24
    check(native == 1000 * 1.5 + 74 and umbra == 2000 * 1.5 + 4 * 74 + 2 * 13, "cycles: %g, %g" % (native, umbra))
    check(low <= ratio <= high, "a range around the estimate")


# --- cells --------------------------------------------------------------------------------------------------------

CONSOLE = """umbra: image and pool at 0x40200000-0x40300000, bundle at 0x48000000-0x49000000
umbra-guest: script bench
bench: null 100 1 1 20000
counts: null exit_total=200 / mem_spaces=3
bench: fault-anon 2 10 2 4000
lmbench: mmap 4.194304 93
lmbench: fork sh: not found
reboot: Power down
"""
MARKS = "first 500 400 0\n0 1000 600 0\n1 2000 700 0\n2 12000 5700 0\n1 0 0 0\n2 100 10 0\n1 200 20 0\n2 400 30 0\n"


def fake_tool(folder, console, status=0, marks=MARKS):
    """An umbra that says what it is told to, and counts how often it was asked."""
    tool = os.path.join(folder, "umbra")
    for name, text in (("console", console), ("marks", marks)):
        with open(os.path.join(folder, name), "w") as f:
            f.write(text)
    with open(tool, "w") as f:
        f.write("#!/bin/sh\necho run >>%s/asked\nfor a; do case $a in *count.so,out=*) out=${a#*out=};"
                " cp %s/marks ${out%%%%,*} ;; esac; done\ncat %s/console\nexit %d\n" % (folder, folder, folder, status))
    os.chmod(tool, 0o755)


def asked(folder):
    with open(os.path.join(folder, "asked")) as f:
        return len(f.read().split())


def test_cells(folder):
    real = cells.path
    cells.OUT = folder
    cells.path = lambda *parts: os.path.join(folder, "umbra") if parts == ("umbra",) else real(*parts)
    cells.KERNEL = os.path.join(folder, "kernel")

    fake_tool(folder, CONSOLE.replace("reboot: Power down", ""), 11)
    cell = cells.Cell("micro", "native", ["null"])
    cell.run()
    check("ended with 11" in cell.result.get("failed", ""), "a run that fails says so")
    fake_tool(folder, CONSOLE)
    cell.run()
    check("failed" not in cell.result and asked(folder) == 2, "a failed cell is tried again")
    null, fault = cell.result["ops"]["null"], cell.result["ops"]["fault-anon"]
    check(null["instructions"] == 100 and null["vmm"] == 50 and null["ns"] == 200, "instructions a call")
    check(null["counts"] == {"exit_total": 2} and null["gauges"] == {"mem_spaces": 3}, "counts a call")
    check(fault["instructions"] == 15 and fault["times"] == 20, "pairs of markers add up")
    check(cell.result["lmbench"] == {"mmap": 93000} and len(cell.result["lmbench-errors"]) == 1, "lmbench's lines")
    check(cell.result["reserved"] == 1 << 20 and cell.result["start"] == 500, "memory and start")

    again = cells.Cell("micro", "native", ["null"])
    again.run()
    check(asked(folder) == 2 and again.result == cell.result, "what is kept is not run again")
    cells.Cell("micro", "native", ["null", "read"]).run()
    check(asked(folder) == 3, "other operations are another cell")
    with open(cells.KERNEL, "w") as f:
        f.write("another kernel")
    again.run()
    check(asked(folder) == 4, "another kernel is another cell")
    with open(again.kept(), "w") as f:
        f.write("{ half a resu")
    again.run()
    check(asked(folder) == 5 and "failed" not in again.result, "half a result is none")

    fake_tool(folder, CONSOLE, marks=MARKS + "1 0 0 0\n2 1 1 1\n")
    cell = cells.Cell("odd", "native", ["null"])
    cell.run()
    check("more than the guest set" in cell.result.get("failed", ""), "markers that belong to nothing")


# --- interruption -----------------------------------------------------------------------------------------------

RUNNER = """
import signal, sys
sys.path.insert(0, %r)
import bench, cells
cells.OUT = %r
real = cells.path
cells.path = lambda *parts: %r if parts == ("umbra",) else real(*parts)
signal.signal(signal.SIGTERM, bench.interrupt)
try:
    bench.run_cells([cells.Cell("w%%d" %% n, "native", ["null"]) for n in range(6)], %d)
except KeyboardInterrupt:
    sys.exit(130)
"""


def test_interrupt(folder):
    tool = os.path.join(folder, "umbra")
    with open(tool, "w") as f:
        f.write("#!/bin/sh\necho run >>%s/asked\nexec sleep 100\n" % folder)
    os.chmod(tool, 0o755)
    for jobs in (1, 2):
        open(os.path.join(folder, "asked"), "w").close()
        runner = subprocess.Popen([sys.executable, "-c", RUNNER % (os.path.join(ROOT, "bench"), folder, tool, jobs)])
        for _ in range(100):
            time.sleep(0.1)
            if asked(folder) == jobs:
                break
        start = time.time()
        runner.terminate()
        try:
            check(runner.wait(20) == 130, "an interrupted bench says so")
        except subprocess.TimeoutExpired:
            runner.kill()
            check(False, "an interrupted bench ends")
        check(time.time() - start < 10 and asked(folder) == jobs, "%d at a time: no other cell begins" % jobs)


def main():
    with tempfile.TemporaryDirectory() as folder:
        if sys.argv[1:] == ["report"]:
            test_report(folder)
            test_model()
        elif sys.argv[1:] == ["cells"]:
            test_cells(folder)
        elif sys.argv[1:] == ["interrupt"]:
            test_interrupt(folder)
        else:
            sys.exit(__doc__)
    check(abs(targets.geometric_mean([1, 4]) - 2) < 1e-9, "geometric mean")
    print("bench: %s" % ("%d failed" % bad if bad else "ok"))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
