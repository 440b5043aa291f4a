#!/usr/bin/env python3
"""Merges what tests/coverage/run.sh collected into one report.

usage: report.py build/coverage

Counters of the image (raw/NNNN, one file a run) are added up; gcov turns those and the unit tests' into
lines and branches (JSON); lines of assembly get theirs from the plugin's addresses.  A line or branch is covered when any build of it was executed.
"""
import collections
import json
import os
import re
import shutil
import struct
import subprocess
import sys

CROSS = "arm-none-eabi-"
GOAL = 95
# what has to reach the goal, or be explained in docs/coverage.md
WATCHED = ("src/xlate/", "src/shadow/", "src/core/vcpu.c", "src/arch/armv7/", "src/vmm/run.c",
           "src/vmm/world.c", "src/vmm/fault.c", "src/vmm/emulate.c", "src/vmm/thumb.c", "src/vmm/access.c",
           "src/vmm/codesync.c",
           "src/vmm/hooks.c")


def records(path):
    data = open(path, "rb").read()
    at = 0
    while at + 4 <= len(data):
        size, = struct.unpack_from("<I", data, at)
        name = data[at + 4:at + 4 + size].decode()
        at += 4 + size
        size, = struct.unpack_from("<I", data, at)
        yield name, data[at + 4:at + 4 + size]
        at += 4 + size


ARCS = 0x01a10000  # tag of the counters in a .gcda file


def parse_gcda(data):
    """Header, and [tag, length, payload]; counters as a list, a negative length means zeros."""
    out = []
    at = 16
    while at + 8 <= len(data):
        tag, length = struct.unpack_from("<Ii", data, at)
        at += 8
        if tag == ARCS and length < 0:
            out.append([tag, [0] * (-length // 8)])
        elif tag == ARCS:
            out.append([tag, list(struct.unpack_from(f"<{length // 8}Q", data, at))])
            at += length
        else:
            out.append([tag, data[at:at + length]])
            at += length
    return data[:16], out


def add_gcda(total, data):
    header, parts = parse_gcda(data)
    if total is None:
        return header, parts
    assert header == total[0] and len(parts) == len(total[1])
    for mine, more in zip(total[1], parts):
        if mine[0] == ARCS:
            mine[1] = [x + y for x, y in zip(mine[1], more[1])]
    return total


def write_gcda(path, header, parts):
    with open(path, "wb") as f:
        f.write(header)
        for tag, value in parts:
            data = struct.pack(f"<{len(value)}Q", *value) if tag == ARCS else value
            f.write(struct.pack("<II", tag, len(data)) + data)


def merge_raw(work):
    """Adds all runs of the image up; the result goes beside the objects.  Returns how many runs."""
    runs = sorted(os.listdir(f"{work}/raw"))
    total = {}
    for run in runs:
        for name, data in records(f"{work}/raw/{run}"):
            if data:
                total[name] = add_gcda(total.get(name), data)
    for name, (header, parts) in total.items():
        write_gcda(name, header, parts)
    return len(runs)


class Source:
    def __init__(self):
        self.lines = {}     # line -> count
        self.branches = {}  # (line, index) -> count
        self.functions = collections.Counter()


def add_gcov(sources, tool, directory, tree):
    """Every object under 'directory' that has counters or notes."""
    for path, _, files in os.walk(directory):
        for f in sorted(files):
            if not f.endswith(".gcno"):
                continue
            out = subprocess.run([tool, "--json-format", "--stdout", "--branch-probabilities", f"{path}/{f}"],
                                 cwd=tree, capture_output=True).stdout
            for text in out.decode().splitlines():
                add_file(sources, json.loads(text), tree)


def add_file(sources, report, tree):
    for entry in report["files"]:
        name = os.path.relpath(os.path.normpath(os.path.join(tree, entry["file"])), tree)
        if not name.startswith("src/") or name.startswith("src/arch/fake"):
            continue
        source = sources.setdefault(name, Source())
        here = {}
        for line in entry["lines"]:
            n = line["line_number"]
            source.lines[n] = source.lines.get(n, 0) + line["count"]
            counts = [b["count"] for b in line["branches"] if not b.get("throw")]
            # copies of an inline function: the same branches again
            here.setdefault(n, []).append(counts)
        for n, copies in here.items():
            for counts in copies:
                for i, c in enumerate(counts):
                    key = (n, i)
                    source.branches[key] = source.branches.get(key, 0) + c


def prune_branches(sources, reference):
    """Builds for other processors may number branches otherwise: what only one has, and never takes, is
    left to the image's build."""
    for name, source in sources.items():
        if name not in reference:
            continue
        known = reference[name].branches
        for key in list(source.branches):
            if known and key not in known:
                del source.branches[key]


def assembly_lines(tree):
    """{file: {line: [addresses]}} of the image's .S files."""
    text = subprocess.run([CROSS + "objdump", "--dwarf=decodedline", f"{tree}/build/umbra.elf"],
                          capture_output=True).stdout.decode()
    found = {}
    current = None
    for line in text.splitlines():
        m = re.match(r"(?:CU: )?(\S+\.S)(?:\[\+\+\])?:$", line)
        if m:
            current = os.path.normpath(m.group(1))
        m = re.match(r"(\S+\.S)\s+(\d+)\s+(0x[0-9a-f]+|0)", line)
        if m:
            base = m.group(1)
            name = current if current and current.endswith(base) else base
            if not name.startswith("src/"):
                name = f"src/arch/armv7/{os.path.basename(base)}"
            if not os.path.exists(f"{tree}/{name}"):
                continue # of a library
            found.setdefault(name, {}).setdefault(int(m.group(2)), []).append(int(m.group(3), 16))
    return found


def add_assembly(sources, work):
    tree = f"{work}/tree"
    executed = collections.Counter()
    for line in open(f"{work}/executed"):
        address, n = line.split()
        executed[int(address, 16)] += int(n)
    early = collections.Counter()  # before the MMU: offsets in the image, loaded at 64 KiB of RAM
    for address, n in executed.items():
        if address < 0xfa000000:
            early[(address & 0xffffff) - 0x10000] += n
    for name, lines in assembly_lines(tree).items():
        source = sources.setdefault(name, Source())
        for n, addresses in lines.items():
            source.lines[n] = sum(executed[a] + early[a - 0xfa000000] for a in addresses)


def percent(covered, total):
    return 100.0 if not total else 100.0 * covered / total


def ranges(numbers):
    out = []
    for n in sorted(numbers):
        if out and n - out[-1][1] <= 1:
            out[-1][1] = n
        else:
            out.append([n, n])
    return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in out)


def row(name, source):
    lines, covered = len(source.lines), sum(c > 0 for c in source.lines.values())
    branches, taken = len(source.branches), sum(c > 0 for c in source.branches.values())
    return name, lines, covered, branches, taken


def format_row(name, lines, covered, branches, taken):
    b = f"{taken:6d} /{branches:6d} {percent(taken, branches):6.1f}%" if branches else f"{'':22s}"
    return f"{name:34s} {covered:6d} /{lines:6d} {percent(covered, lines):6.1f}%   {b}"


def write_report(sources, work, runs):
    out = open(f"{work}/report.txt", "w")

    def say(text=""):
        print(text, file=out)

    say(f"Coverage of src/: unit tests, and {runs} runs of the image (bare guests, Linux, other guests).")
    say("Lines: executed / all.  Branches: edges taken / all (assembly: lines only).")
    say()
    total = [0, 0, 0, 0]
    below = []
    for name in sorted(sources):
        r = row(name, sources[name])
        if not r[1]:
            continue
        total = [a + b for a, b in zip(total, r[1:])]
        watched = name.startswith(WATCHED)
        low = percent(r[2], r[1]) < GOAL or (r[3] and percent(r[4], r[3]) < GOAL)
        if watched and low:
            below.append(name)
        say(format_row(*r) + ("   <" if watched and low else ""))
    say(format_row("all", *total))
    say()
    say(f"Translator, shadow and exception code below {GOAL}%, by line or by branch:")
    for name in below:
        source = sources[name]
        say()
        say(format_row(*row(name, source)))
        missed = [n for n, c in source.lines.items() if not c]
        if missed:
            say(f"    lines never executed: {ranges(missed)}")
        untaken = sorted({n for (n, _), c in source.branches.items() if not c and source.lines.get(n)})
        if untaken:
            say(f"    lines with a branch never taken: {ranges(untaken)}")
    out.close()
    return below


def write_html(sources, work):
    html = f"{work}/html"
    shutil.rmtree(html, ignore_errors=True)
    os.makedirs(html)
    style = ("<style>body{font:13px monospace}td{padding:0 8px;white-space:pre}.m{background:#fcc}"
             ".p{background:#ffc}.h{background:#dfd}</style>")
    index = [style, "<h1>umbra: coverage</h1><table>"]
    for name in sorted(sources):
        r = row(name, sources[name])
        if not r[1]:
            continue
        page = name.replace("/", "_") + ".html"
        index.append(f"<tr><td><a href={page}>{name}</a><td>{percent(r[2], r[1]):.1f}% of {r[1]} lines"
                     f"<td>{percent(r[4], r[3]):.1f}% of {r[3]} branches")
        text = [style, f"<h1>{name}</h1><table>"]
        partly = {n for (n, _), c in sources[name].branches.items() if not c}
        for n, line in enumerate(open(f"{work}/tree/{name}", errors="replace"), 1):
            count = sources[name].lines.get(n)
            kind = "" if count is None else "m" if not count else "p" if n in partly else "h"
            line = line.rstrip("\n").replace("&", "&amp;").replace("<", "&lt;")
            text.append(f"<tr class={kind or 'n'}><td>{n}<td>{'' if count is None else count}<td>{line}")
        open(f"{html}/{page}", "w").write("\n".join(text))
    open(f"{html}/index.html", "w").write("\n".join(index))


def main():
    work = os.path.abspath(sys.argv[1])
    tree = f"{work}/tree"
    runs = merge_raw(work)
    image = {}
    for build in ("build/obj", "build/debug/obj"):
        add_gcov(image, CROSS + "gcov", f"{tree}/{build}", tree)
    unit = {}
    add_gcov(unit, "gcov", f"{tree}/build/unit", tree)
    prune_branches(unit, image)
    sources = {}
    for part in (image, unit):
        for name, source in part.items():
            whole = sources.setdefault(name, Source())
            for n, c in source.lines.items():
                whole.lines[n] = whole.lines.get(n, 0) + c
            for key, c in source.branches.items():
                whole.branches[key] = whole.branches.get(key, 0) + c
    add_assembly(sources, work)
    below = write_report(sources, work, runs)
    write_html(sources, work)
    print(open(f"{work}/report.txt").read())
    print(f"coverage: {runs} runs; {len(below)} watched files below {GOAL}%; build/coverage/html/index.html")


main()
