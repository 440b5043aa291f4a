#!/usr/bin/python3
"""umbra bench: native and umbra side by side.  docs/evaluation.md says what is measured and why."""
import argparse
import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import targets  # noqa: E402
from cells import CONFIGS, OUT, PLUGIN, ROOT, Cell  # noqa: E402

MAIN_OPS = [op for op in targets.OPERATIONS if not op.startswith("ctx-")] + ["ctx-1-0", "ctx-2-0"]
QUICK_OPS = MAIN_OPS + ["@gzip", "@loops"]


def say(text):
    print(text, flush=True)


def run_cells(cells):
    """Runs what is not kept yet, saying what runs and about how long it will take."""
    left = [c for c in cells if not c.load()]
    if len(left) < len(cells):
        say("bench: %d of %d cells are kept from before" % (len(cells) - len(left), len(cells)))
    pace = 1.0
    for i, cell in enumerate(left):
        rest = sum(c.guess for c in left[i:]) * pace
        say("bench: [%d/%d] %s; about %d s left" % (i + 1, len(left), cell.name, rest))
        start = time.time()
        cell.run()
        pace = 0.5 * pace + 0.5 * (time.time() - start) / cell.guess
        if "failed" in cell.result:
            say("bench: FAILED %s: %s" % (cell.name, cell.result["failed"]))
        for error in cell.result.get("errors", []):
            say("bench: %s: %s" % (cell.name, error))


def boot_rows(native, umbra):
    """Boot from the guest's first instruction to its script; what umbra does before is a row of its own."""
    rows = []
    if "boot" in native and "boot" in umbra:
        rows.append(targets.judge("boot of the raw Image", native["boot"], umbra["boot"] - umbra["start"], 1.25))
        rows.append(targets.judge("umbra's own start, this bundle", None, umbra["start"], None))
    return rows


def quick(args):
    cells = [Cell("quick", config, QUICK_OPS, args.board, guess=guess)
             for config, guess in (("native", 9), (args.config, 18))]
    run_cells(cells)
    native, umbra = (c.result for c in cells)
    rows = targets.table(native, umbra) + boot_rows(native, umbra)
    say("\n%s, %s, instructions per operation\n" % (args.board, args.config))
    say(targets.show(rows))
    if "ops" in umbra:
        say("\nof umbra's instructions, executed by the VMM itself:")
        say("  " + ", ".join("%s %.0f%%" % (op, 100 * c["vmm"] / c["instructions"])
                             for op, c in umbra["ops"].items() if c["instructions"]))
    return verdict(rows)


def verdict(rows):
    missed = [r["operation"] for r in rows if r["verdict"] in ("FAIL", "missing")]
    say("\nbench: %s" % ("every target is met" if not missed else "%d missed: %s" % (len(missed), ", ".join(missed))))
    return 1 if missed else 0


def main():
    parser = argparse.ArgumentParser(prog="umbra bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one policy, the rows of the targets table: a minute")
    parser.add_argument("--board", default="cubieboard", choices=["cubieboard", "vexpress-a9"])
    parser.add_argument("--config", default="tlb", choices=[c for c in CONFIGS if c != "native"],
                        help="with --quick: the policy to judge (default: tlb)")
    args = parser.parse_args()
    os.makedirs(OUT, exist_ok=True)
    if subprocess.call(["make", "-s", "-j2", "all", os.path.relpath(PLUGIN, ROOT)], cwd=ROOT, stdout=subprocess.DEVNULL):
        say("bench: the build failed")
        return 1
    return quick(args)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        say("bench: interrupted; what is measured is kept")
        sys.exit(130)
