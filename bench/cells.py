"""Cells: one run of one workload under one configuration, and what it measured.

A cell's result is kept under build/bench/cells, named by a hash of everything it depends on (arguments, umbra's
image, kernel, RAM disk, plugin), so an interrupted run goes on where it was.  A cell that fails is not kept: it says
why, and is tried again the next time.
"""
import hashlib
import json
import os
import re
import subprocess
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
OUT = os.path.join(ROOT, "build", "bench")
PLUGIN = os.path.join(OUT, "count.so")
KERNEL = os.path.join(ROOT, "build", "guest", "vmlinuz")
RAMDISK = os.path.join(ROOT, "build", "guest", "initramfs.cpio.gz")
VMM_WINDOW = "fa000000-fc000000"  # src/arch/armv7/layout.h

# How a configuration is asked for; "native" is the same kernel on the board itself, with as much memory.
CONFIGS = {
    "native": ["--native"],
    "tlb": [],
    "trap": ["--policy", "trap"],
    "oos": ["--policy", "oos"],
    "no-cache": ["--no-space-cache"],
}


def path(*parts):
    return os.path.join(ROOT, *parts)


def file_hash(name):
    h = hashlib.sha256()
    try:
        with open(name, "rb") as f:
            h.update(f.read())
    except OSError:
        h.update(b"(missing)")
    return h.hexdigest()


class Failed(Exception):
    pass


class Cell:
    """One run: 'ops' are what bench/guest/bench.sh understands; 'clock' is "icount" or "wall"."""

    def __init__(self, workload, config, ops, board="cubieboard", clock="icount", ramdisk=RAMDISK, guess=15,
                 zimage=False, extra=()):
        self.workload, self.config, self.ops = workload, config, list(ops)
        self.board, self.clock, self.ramdisk, self.guess = board, clock, ramdisk, guess
        self.zimage, self.extra = zimage, list(extra)
        self.result = None

    @property
    def name(self):
        return "%s-%s-%s-%s" % (self.board, self.clock, self.workload, self.config)

    def arguments(self):
        append = "+umbra.script=bench umbra.ops=" + ",".join(self.ops)
        if self.config == "native":
            append += " mem=256M"
        args = ["--board", self.board, "--append", append, "--initrd", self.ramdisk]
        if not self.zimage:
            args += ["--decompress"]
        if self.clock == "icount":
            args += ["--icount"]
        return args + CONFIGS[self.config] + self.extra

    def key(self):
        inputs = [self.arguments()] + [file_hash(f) for f in (KERNEL, self.ramdisk)]
        if self.clock == "icount":
            inputs.append(file_hash(PLUGIN))
        if self.config != "native":
            inputs += [file_hash(path("build", "umbra.zimage")), file_hash(path("build", "board", self.board + ".dtb"))]
        return hashlib.sha256(json.dumps(inputs).encode()).hexdigest()[:20]

    def kept(self):
        return os.path.join(OUT, "cells", "%s-%s.json" % (self.name, self.key()))

    def load(self):
        try:
            with open(self.kept()) as f:
                self.result = json.load(f)
        except (OSError, ValueError):
            return False
        return True

    def run(self, timeout=1500):
        """Runs it, or takes what is kept.  Never raises: a failure is a result."""
        if self.load():
            return
        start = time.time()
        try:
            self.result = self.measure(timeout)
        except Failed as why:
            self.result = {"failed": str(why)}
            return
        self.result["seconds"] = round(time.time() - start, 1)
        os.makedirs(os.path.dirname(self.kept()), exist_ok=True)
        with open(self.kept() + ".new", "w") as f:
            json.dump(self.result, f, indent=1, sort_keys=True)
        os.replace(self.kept() + ".new", self.kept())

    def measure(self, timeout):
        log, marks = (os.path.join(OUT, self.name + end) for end in (".log", ".marks"))
        command = [path("umbra"), "run", "--timeout", str(timeout)] + self.arguments()
        if self.clock == "icount":
            command += ["--", "-plugin", "%s,out=%s,vmm=%s%s" % (PLUGIN, marks, VMM_WINDOW, self.first())]
        with open(log, "wb") as f:
            code = subprocess.call(command, stdin=subprocess.DEVNULL, stdout=f, stderr=subprocess.STDOUT, cwd=ROOT)
        with open(log, errors="replace") as f:
            text = f.read().replace("\r", "")
        complaints = re.findall(r"^(bench-error: .*|umbra: (?!.*powered off).*stopped.*|umbra: unrecognized option.*)$",
                                text, re.M)
        if code != 0 or "reboot: " not in text:
            raise Failed("ended with %d: %s (console: %s)" % (code, last_line(text, complaints), log))
        result = parse(text, read_marks(marks) if self.clock == "icount" else [])
        result["errors"] = complaints
        return result

    def first(self):
        """The address at which umbra enters its guest, for the plugin."""
        if self.config == "native":
            return ""
        return ",first=" + symbol("guest_switch")[0]


def last_line(text, complaints):
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return complaints[0] if complaints else (lines[-1][:120] if lines else "it printed nothing")


def symbol(name):
    """(address, address behind it) of a symbol of umbra's, as hexadecimal text."""
    table = subprocess.run(["arm-none-eabi-nm", "-n", path("build", "umbra.elf")], stdout=subprocess.PIPE, text=True)
    lines = [line.split() for line in table.stdout.splitlines()]
    for i, fields in enumerate(lines):
        if fields[-1] == name:
            behind = next((f[0] for f in lines[i + 1:] if f[0] != fields[0]), "ffffffff")
            return fields[0], behind
    raise Failed("umbra.elf has no symbol " + name)


def read_marks(name):
    marks = []
    with open(name) as f:
        for line in f:
            what, *counts = line.split()
            marks.append((what, [int(c) for c in counts]))
    return marks


def parse(text, marks):
    """What the console and the plugin said: {"boot": .., "ops": {name: {..}}}."""
    result = {"ops": {}}
    pairs = []
    for what, counts in marks:
        if what == "first":
            result["start"] = counts[0]
        elif what == "0":
            result["boot"], result["boot_vmm"] = counts[0], counts[1]
        elif what == "1":
            begin = counts
        elif what == "2":
            pairs.append([b - a for a, b in zip(begin, counts)])
    for m in re.finditer(r"^bench: (\S+) (\d+) (\d+) (\d+) (\d+)$", text, re.M):
        name, (calls, units, count, ns) = m.group(1), (int(n) for n in m.groups()[1:])
        op = {"times": calls * units, "ns": ns / (calls * units)}
        if marks:
            if len(pairs) < count:
                raise Failed("%s: the plugin saw fewer markers than the guest set" % name)
            mine, pairs = pairs[:count], pairs[count:]
            op["instructions"] = sum(p[0] for p in mine) / (calls * units)
            op["vmm"] = sum(p[1] for p in mine) / (calls * units)
        result["ops"][name] = op
    if pairs:
        raise Failed("the plugin saw %d pairs of markers more than the guest set" % len(pairs))
    parse_counts(text, result["ops"])
    parse_lmbench(text, result)
    return result


def pairs_of(text):
    return {name: int(value) for name, value in (word.split("=") for word in text.split())}


def parse_counts(text, ops):
    """umbra's counters, per operation; its gauges at the end of it."""
    for m in re.finditer(r"^counts: (\S+) (.*)/(.*)$", text, re.M):
        op = ops[m.group(1)]
        op["counts"] = {name: value / op["times"] for name, value in pairs_of(m.group(2)).items()}
        op["gauges"] = pairs_of(m.group(3))


def parse_lmbench(text, result):
    """ns an operation, or a MB for the bandwidths: the last number of what the program says."""
    for m in re.finditer(r"^lmbench: (\S+) (.*)$", text, re.M):
        name, numbers = m.group(1), re.findall(r"\d+\.?\d*", m.group(2))
        if "not found" in m.group(2) or not numbers or float(numbers[-1]) <= 0:
            result.setdefault("lmbench-errors", []).append("%s: %s" % (name, m.group(2)[:100]))
        elif name.startswith("mem-") or name == "pipe-stream":
            result.setdefault("lmbench", {})[name] = 1e9 / float(numbers[-1])
        else:
            result.setdefault("lmbench", {})[name] = float(numbers[-1]) * 1000
