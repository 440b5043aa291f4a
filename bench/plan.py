"""Which cells there are."""
import targets
from cells import OUT, Cell, StartCell
import os

BENCH_RAMDISK = os.path.join(OUT, "initramfs.cpio.gz")
SAMPLES = 2  # ms of guest time

MAIN_OPS = [op for op in targets.OPERATIONS if not op.startswith("ctx-")] + ["ctx-1-0:1000", "ctx-2-0:1000"]
APPS = ["@gzip", "@xz", "@sqlite", "@loops"]
CTX_KIB, CTX_PROCESSES = (0, 16, 64), (1, 2, 8, 16)
MICRO_OPS = MAIN_OPS + ["ctx-%d-%d" % (p, k) for k in CTX_KIB for p in CTX_PROCESSES if k or p > 2]

LMBENCH_ROWS = ["null", "read", "write", "stat", "fstat", "open", "sig-install", "sig-catch", "sig-prot", "pipe",
                "unix"] + ["ctx-%d-%d" % (p, k) for k in CTX_KIB for p in CTX_PROCESSES[1:]] + \
               ["fork", "exec", "shell", "fault-file", "mmap", "mem-read", "mem-write", "mem-copy", "pipe-stream"]
LMBENCH_LONG = ["pipe", "pipe-stream"]  # measure for seconds, billions of instructions: cells of their own, the last
LMBENCH_OPS = ["@lmbench-" + row for row in LMBENCH_ROWS if row not in LMBENCH_LONG]
LMBENCH_LONG_OPS = ["@lmbench-" + row for row in LMBENCH_LONG]

GROWTH_PROCESSES = (2, 4, 8, 16, 32, 64, 96, 128)
GROWTH_MIB = (1, 2, 4, 8, 16, 32, 64)
GROWTH_OPS = ["ctx-1-0"] + ["ctx-%d-0:40" % p for p in GROWTH_PROCESSES] + ["forkmem-%d" % m for m in GROWTH_MIB]

FLAT_SET = ["null", "read", "open", "sig-catch", "pipe", "ctx-1-0", "ctx-2-0", "fork", "exec", "fault-anon", "mmap"]
# Else a timer tick and what the kernel does with it are 1%; and the kernel begins its ASIDs anew once in 255 address
# spaces, which umbra pays for then.
FLAT_LONGER = {"null": ":200000", "read": ":64000", "open": ":16000", "fault-anon": ":80", "ctx-1-0": ":1000",
               "ctx-2-0": ":1000", "fork": ":255", "exec": ":255"}


def flat_set(when=""):
    return [op + when + FLAT_LONGER.get(op, "") for op in FLAT_SET]


FLAT_OPS = flat_set() + ["fork#churn:10000"] + flat_set("#later") + ["bystanders-126"] + flat_set("#crowd")

CONFIGS = ["native", "tlb", "trap", "oos", "no-cache"]


def quick(board, config, without):
    """'without': optimisations that umbra switches off (umbra run --without)."""
    ops = MAIN_OPS + ["@gzip", "@loops"]
    extra = ["--without", without] if without else []
    name = "quick-without-" + without.replace(",", "-") if without else "quick"
    return [Cell("quick", "native", ops, board, guess=12), Cell(name, config, ops, board, guess=24, extra=extra)]


def full(configs, repeats):
    """Everything, the most useful first: what is missing when somebody interrupts it is at the end."""
    cells = []
    for workload, ops, native_guess, guess in (("micro", MICRO_OPS, 14, 30), ("apps", APPS, 12, 20),
                                               ("growth", GROWTH_OPS, 15, 40)):
        cells += [Cell(workload, c, ops, ramdisk=BENCH_RAMDISK, guess=native_guess if c == "native" else guess)
                  for c in configs]
    cells += [Cell("timeline", c, ["fork", "exec", "forkmem-16:4"], ramdisk=BENCH_RAMDISK, guess=12, samples=SAMPLES)
              for c in configs if c != "native"]
    cells += [StartCell()]
    cells += [Cell("micro", c, MICRO_OPS, "vexpress-a9", ramdisk=BENCH_RAMDISK, guess=30)
              for c in configs if c in ("native", "tlb")]
    cells += [Cell("zimage", c, ["null"], zimage=True, guess=25) for c in configs if c in ("native", "tlb")]
    cells += [Cell("wall%d" % n, c, MAIN_OPS + APPS[:1] + APPS[3:], ramdisk=BENCH_RAMDISK, clock="wall", guess=12)
              for n in range(1, repeats + 1) for c in configs]
    if have_lmbench():
        cells += [Cell("lmbench", c, LMBENCH_OPS, ramdisk=BENCH_RAMDISK, guess=20) for c in configs]
    cells += [Cell("flat", c, FLAT_OPS, ramdisk=BENCH_RAMDISK, guess=guess)
              for c, guess in (("native", 40), ("tlb", 90)) if c in configs]
    if have_lmbench():
        cells += [Cell("lmpipe", c, LMBENCH_LONG_OPS, ramdisk=BENCH_RAMDISK, guess=50) for c in configs]
    return cells


def have_lmbench():
    listing = os.path.join(os.path.dirname(OUT), "cache", "bench", "ramdisk.list")
    try:
        with open(listing) as f:
            return "/opt/lmbench/lat_syscall" in f.read()
    except OSError:
        return False


def check():
    """Two runs of the same that must agree to the digit."""
    ops = ["null", "open", "sig-catch", "pipe", "fork", "exec", "fault-anon", "mmap"]
    return [[Cell("check%d" % n, c, ops, guess=12) for n in (1, 2)] for c in ("native", "tlb")]
