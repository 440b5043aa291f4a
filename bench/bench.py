#!/usr/bin/python3
"""umbra bench: native and umbra side by side.  docs/evaluation.md says what is measured and why."""
import argparse
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import plan  # noqa: E402
import report  # noqa: E402
import targets  # noqa: E402
from cells import OUT, PLUGIN, ROOT, stop_running  # noqa: E402


def say(text):
    print(text, flush=True)


class Progress:
    """What runs, and about how long is left: guesses, corrected by what the cells so far took."""

    def __init__(self, cells, jobs):
        self.left, self.total, self.jobs = list(cells), len(cells), jobs
        self.begun, self.pace = 0, 1.0

    def begin(self, cell):
        self.begun += 1
        rest = sum(c.guess for c in self.left) * self.pace / self.jobs
        say("bench: [%d/%d] %s; about %s left" % (self.begun, self.total, cell.name,
                                                 "%d s" % rest if rest < 100 else "%d min" % (rest / 60 + 0.5)))

    def end(self, cell, seconds):
        self.left.remove(cell)
        self.pace = 0.6 * self.pace + 0.4 * seconds / cell.guess
        if "failed" in cell.result:
            say("bench: FAILED %s: %s" % (cell.name, cell.result["failed"]))
        for error in cell.result.get("errors", []) + cell.result.get("lmbench-errors", []):
            say("bench: %s: %s" % (cell.name, error))


def run_cells(cells, jobs=1):
    """Runs what is not kept yet; what measures seconds runs alone."""
    left = [c for c in cells if not c.load()]
    if len(left) < len(cells):
        say("bench: %d of %d cells are kept from before" % (len(cells) - len(left), len(cells)))
    progress = Progress(left, jobs)

    def one(cell):
        progress.begin(cell)
        start = time.time()
        cell.run()
        progress.end(cell, time.time() - start)

    together(one, [c for c in left if c.clock == "icount"], jobs)
    together(one, [c for c in left if c.clock == "wall"], 1)


def together(work, cells, jobs):
    """As many at a time; whoever interrupts us interrupts all of them."""
    if jobs == 1:
        for cell in cells:
            work(cell)
        return
    pool = ThreadPoolExecutor(jobs)
    try:
        for done in [pool.submit(work, cell) for cell in cells]:
            done.result()
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        stop_running()
        raise
    pool.shutdown()


def quick(args):
    cells = plan.quick(args.board, args.config, args.without)
    run_cells(cells)
    native, umbra = (c.result for c in cells)
    rows = targets.table(native, umbra) + targets.boot_rows(native, umbra)
    say("\n%s, %s%s, instructions per operation\n" % (args.board, args.config,
                                                    " without " + args.without if args.without else ""))
    say(targets.show(rows))
    say("\ncounts per operation; vmm: instructions that umbra itself executes\n")
    say(targets.show_counts(umbra))
    return verdict(rows)


def full(args):
    report.must_have_gnuplot()
    ramdisk = [os.path.join(ROOT, "bench", "ramdisk.sh"), plan.BENCH_RAMDISK]
    if subprocess.call(ramdisk, cwd=ROOT) != 0:
        say("bench: the RAM disk could not be made")
        return 1
    if not plan.have_lmbench():
        say("bench: lmbench is missing (Debian's section non-free; see %s/build/cache/bench/apt/update.log):"
            " our own operations run without it" % ROOT)
    cells = plan.full(args.configs.split(","), args.repeats)
    run_cells(cells, args.jobs)
    rows = report.write(cells, args.output)
    say("\ncubieboard, tlb: counts per operation; vmm: instructions that umbra itself executes\n")
    say(targets.show_counts(targets.merged(report.store_of(cells), "tlb")))
    say("\ncubieboard, tlb: targets\n")
    say(targets.show(rows))
    failed = [c.name for c in cells if "failed" in c.result]
    if failed:
        say("\nbench: %d of %d cells failed: %s" % (len(failed), len(cells), ", ".join(failed)))
    status = verdict(rows)
    say("bench: report: %s" % os.path.join(args.output, "report.html"))
    return status or (1 if failed else 0)


def check():
    """Runs each of a few cells twice; every number must be the same."""
    bad = 0
    for pair in plan.check():
        for cell in pair:
            if os.path.exists(cell.kept()):
                os.remove(cell.kept())
        run_cells(pair)
        first, second = (dict(c.result, seconds=0, boot_seconds=0, start_seconds=0) for c in pair)
        same = first == second and "failed" not in first
        say("bench: %s: two runs, %d numbers: %s" % (pair[0].config, targets.count_numbers(first),
                                                     "identical" if same else "DIFFERENT"))
        bad += not same
    return 1 if bad else 0


def verdict(rows):
    missed = [r["operation"] for r in rows if r["verdict"] in ("FAIL", "missing")]
    say("\nbench: %s" % ("every target is met" if not missed else "%d missed: %s" % (len(missed), ", ".join(missed))))
    return 1 if missed else 0


def parse():
    parser = argparse.ArgumentParser(prog="umbra bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one policy, the rows of the targets table: a minute")
    parser.add_argument("--check", action="store_true", help="show that two deterministic runs agree to the digit")
    parser.add_argument("--board", default="cubieboard", choices=["cubieboard", "vexpress-a9"], help="for --quick")
    parser.add_argument("--config", default="tlb", choices=plan.CONFIGS[1:], help="for --quick (default: tlb)")
    parser.add_argument("--without", metavar="NAME[,NAME]", help="with --quick: optimisations to switch off")
    parser.add_argument("--configs", default=",".join(plan.CONFIGS), help="which are compared (default: %(default)s)")
    parser.add_argument("--repeats", type=int, default=3, help="of what is measured in seconds (default: 3)")
    parser.add_argument("--jobs", type=int, default=max(1, (os.cpu_count() or 1) // 2),
                        help="deterministic cells at a time (default: half of the processors)")
    parser.add_argument("--output", default=os.path.join(OUT, "report"), help="folder of the report")
    parser.add_argument("--from-cells", metavar="FILE", help="write the report from these results, and run nothing")
    args = parser.parse_args()
    wrong = [c for c in args.configs.split(",") if c not in plan.CONFIGS]
    if wrong or args.repeats < 1 or args.jobs < 1:
        parser.error("no configuration '%s'" % wrong[0] if wrong else "--repeats and --jobs are at least 1")
    return args


def interrupt(*_):
    raise KeyboardInterrupt


def main():
    args = parse()
    signal.signal(signal.SIGTERM, interrupt)
    if args.from_cells:
        return report.from_file(args.from_cells, args.output, say)
    os.makedirs(OUT, exist_ok=True)
    if subprocess.call(["make", "-s", "-j2", "all", os.path.relpath(PLUGIN, ROOT)], cwd=ROOT, stdout=subprocess.DEVNULL):
        say("bench: the build failed")
        return 1
    if args.check:
        return check()
    return quick(args) if args.quick else full(args)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        say("bench: interrupted; what is measured is kept")
        sys.exit(130)
    except BrokenPipeError:
        sys.exit(1)
