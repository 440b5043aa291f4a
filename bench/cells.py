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


VERSION = 1  # of what a kept result means


class Failed(Exception):
    pass


class Cell:
    """One run: 'ops' are what bench/guest/bench.sh understands; 'clock' is "icount" or "wall"."""

    def __init__(self, workload, config, ops, board="cubieboard", clock="icount", ramdisk=RAMDISK, guess=15,
                 zimage=False, samples=0, extra=()):
        self.workload, self.config, self.ops = workload, config, list(ops)
        self.board, self.clock, self.ramdisk, self.guess = board, clock, ramdisk, guess
        self.zimage, self.samples, self.extra = zimage, samples, list(extra)
        self.result = None

    @property
    def name(self):
        return "%s-%s-%s-%s" % (self.board, self.clock, self.workload, self.config)

    def arguments(self):
        append = "+norandmaps umbra.script=bench umbra.ops=" + ",".join(self.ops)
        if self.config == "native":
            append += " mem=256M"
        args = ["--board", self.board, "--append", append, "--initrd", self.ramdisk]
        if not self.zimage:
            args += ["--decompress"]
        if self.clock == "icount":
            args += ["--icount"]
        return args + CONFIGS[self.config] + self.extra

    def key(self):
        inputs = [VERSION, self.workload, self.samples, self.arguments()] + self.files()
        inputs.append(file_hash(PLUGIN) if self.clock == "icount" else "boot from the kernel's first line")
        if self.config != "native" or self.clock == "wall":  # seconds are compared within one run only
            inputs += [file_hash(path("build", "umbra.zimage")), file_hash(path("build", "board", self.board + ".dtb"))]
        return hashlib.sha256(json.dumps(inputs).replace(ROOT, "").encode()).hexdigest()[:20]

    def files(self):
        return [file_hash(f) for f in (KERNEL, self.ramdisk)]

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
        start, kept = time.time(), self.kept()
        try:
            self.result = self.measure(timeout)
            if self.kept() != kept:
                raise Failed("umbra's image, the kernel or the RAM disk changed while it ran")
        except Failed as why:
            self.result = {"failed": str(why)}
            return
        self.result["seconds"] = round(time.time() - start, 1)
        os.makedirs(os.path.dirname(kept), exist_ok=True)
        with open(kept + ".new", "w") as f:
            json.dump(self.result, f, indent=1, sort_keys=True)
        os.replace(kept + ".new", kept)

    def measure(self, timeout):
        log, marks, samples = (os.path.join(OUT, self.name + end) for end in (".log", ".marks", ".csv"))
        command = [path("umbra"), "run", "--timeout", str(timeout)] + self.arguments()
        if self.samples:
            command += ["--samples", samples, "--sample-interval", str(self.samples)]
        if self.clock == "icount":
            command += ["--", "-plugin", "%s,out=%s,vmm=%s%s" % (PLUGIN, marks, VMM_WINDOW, self.first())]
        code, boot_seconds, start_seconds = run_logged(command, log)
        with open(log, errors="replace") as f:
            text = f.read().replace("\r", "")
        complaints = re.findall(r"^(bench-error: .*|umbra: (?!.*powered off).*stopped.*|umbra: unrecognized option.*)$",
                                text, re.M)
        if code != 0 or "reboot: " not in text:
            raise Failed("ended with %d: %s (console: %s)" % (code, last_line(text, complaints), log))
        result = parse(text, read_marks(marks) if self.clock == "icount" else [])
        result["errors"] = complaints
        result["boot_seconds"], result["start_seconds"] = boot_seconds, start_seconds
        place = re.search(r"image and pool at 0x([0-9a-f]+)-0x([0-9a-f]+)", text)
        if place:
            result["reserved"] = int(place.group(2), 16) - int(place.group(1), 16)
        if self.samples:
            result["samples"] = read_samples(samples)
        return result

    def first(self):
        """The address at which umbra enters its guest, for the plugin."""
        if self.config == "native":
            return ""
        return ",first=" + symbol("guest_switch")[0]


class StartCell(Cell):
    """umbra's own start, up to the guest's first instruction, with a bundle of 32 MiB; its hash check apart."""

    SIZE = 32 << 20

    def __init__(self):
        super().__init__("start", "tlb", [], guess=4, ramdisk=os.path.join(OUT, "start.ramdisk"))

    def measure(self, timeout):
        marks, log, pad = (os.path.join(OUT, self.name + end) for end in (".marks", ".log", ".ramdisk"))
        bundle = self.build(1 << 20, pad)
        bundle = self.build((1 << 20) + self.SIZE - bundle, self.ramdisk)
        plugin = "%s,out=%s,vmm=%s%s,part=%s,stop=on" % (PLUGIN, marks, VMM_WINDOW, self.first(), object_range("crc32"))
        run_logged([path("umbra"), "run", "--timeout", str(timeout)] + self.arguments() + ["--", "-plugin", plugin], log)
        seen = [counts for what, counts in read_marks(marks) if what == "first"]
        if not seen:
            raise Failed("umbra did not reach its guest (console: %s)" % log)
        return {"ops": {}, "bundle": bundle, "start": seen[0][0], "hash": seen[0][2]}

    def files(self):
        return [file_hash(KERNEL), self.SIZE]

    def build(self, size, ramdisk):
        """The size of the bundle with a RAM disk of 'size' bytes that do not repeat."""
        blocks = (hashlib.sha256(b"%d" % i).digest() for i in range(size // 32 + 1))
        with open(ramdisk, "wb") as f:
            f.write(b"".join(blocks)[:size])
        out = os.path.join(OUT, "start.boot")
        args = ["--decompress", "--board", self.board, "--initrd", ramdisk, "--output", out]
        if subprocess.call([path("umbra"), "build"] + args, stdout=subprocess.DEVNULL) != 0:
            raise Failed("umbra build failed")
        return os.path.getsize(os.path.join(out, "bundle.itb"))


running = set()


def stop_running():
    """Ends every run of ours that is under way."""
    for child in list(running):
        child.terminate()


def run_logged(command, log):
    """Its status, the seconds from the kernel's first line on the console to the guest's script (None: it never began),
    and those from umbra's first line to the kernel's (0 without umbra)."""
    first, kernel, up = None, None, None
    with open(log, "wb", buffering=0) as f, subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                                stderr=subprocess.STDOUT, cwd=ROOT) as child:
        running.add(child)
        try:
            for line in child.stdout:
                first = first or time.time()
                if kernel is None and b"Booting Linux" in line:
                    kernel = time.time()
                if up is None and kernel and line.startswith(b"umbra-guest: script"):
                    up = round(time.time() - kernel, 3)
                f.write(line)
        finally:
            if child.poll() is None:
                child.terminate()
                child.wait()
            running.discard(child)
    return child.returncode, up, round(kernel - first, 3) if kernel else None


def object_range(name):
    """Where the functions of src/lib/NAME.c lie, from the linker's map."""
    with open(path("build", "umbra.map")) as f:
        found = re.findall(r"^ \.text\S*\s+0x0*([0-9a-f]+)\s+0x([0-9a-f]+) \S*/%s\.c\.o$" % name, f.read(), re.M)
    places = [(int(at, 16), int(size, 16)) for at, size in found if int(size, 16) and int(at, 16)]
    if not places:
        raise Failed("no code of %s.c in umbra.map" % name)
    return "%x-%x" % (min(at for at, _ in places), max(at + size for at, size in places))


def read_samples(name):
    """{"names": [..], "rows": [[..]]}: umbra's counters over the guest's time."""
    with open(name) as f:
        lines = [line.strip().split(",") for line in f if line.strip()]
    return {"names": lines[0], "rows": [[int(v) for v in row] for row in lines[1:]]}


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
