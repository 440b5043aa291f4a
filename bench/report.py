"""The report: report.html (self-contained), results.json (everything), one CSV a table."""
import csv
import html
import json
import os
import sys

import model
import plots
import sections
import targets

STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #222; background: #fff; max-width: 1080px; margin: 2em auto; padding: 0 1em; }
h1 { font-size: 1.7em; margin-bottom: 0; } h2 { margin-top: 2.2em; border-bottom: 1px solid #ccc; } h3 { margin-bottom: .3em; }
table { border-collapse: collapse; margin: 1em 0; font-size: .88em; display: block; overflow-x: auto; }
th, td { padding: .2em .7em; text-align: right; border-bottom: 1px solid #e4e4e4; white-space: nowrap; }
th:first-child, td:first-child { text-align: left; } th { background: #f4f4f4; position: sticky; top: 0; }
td.pass { color: #176d2c; } td.FAIL, td.missing, .failed { color: #a8071a; font-weight: 600; }
svg { max-width: 100%; height: auto; } .note { color: #555; max-width: 52em; }
"""


def must_have_gnuplot():
    if not plots.available():
        print("bench: gnuplot is missing: apt-get install gnuplot-nox (make setup does)", file=sys.stderr)
        sys.exit(1)


def store_of(cells):
    return {"%s/%s/%s/%s" % (c.board, c.clock, c.workload, c.config): c.result for c in cells}


def write(cells, folder):
    """Writes everything from run cells; the rows of the targets table."""
    return write_store(store_of(cells), folder)


def from_file(name, folder, say):
    must_have_gnuplot()
    try:
        with open(name) as f:
            store = json.load(f)["cells"]
    except (OSError, ValueError, KeyError) as error:
        say("bench: cannot read %s: %s" % (name, error))
        return 3
    rows = write_store(store, folder)
    say(targets.show(rows))
    say("bench: report: %s" % os.path.join(folder, "report.html"))
    return 0


def write_store(store, folder):
    os.makedirs(folder, exist_ok=True)
    good = {k: r for k, r in store.items() if "failed" not in r}
    rows = targets.everything(good)
    tables = [("targets", sections.targets_table(rows))] + sections.tables(good) + [("model", model_table(good))]
    for name, (head, body) in tables:
        write_csv(os.path.join(folder, name + ".csv"), head, body)
    save_json(os.path.join(folder, "results.json"),
              {"targets": rows, "cells": store, "tables": {n: {"head": h, "rows": b} for n, (h, b) in tables}})
    with open(os.path.join(folder, "report.html"), "w") as f:
        f.write(page(store, good, dict(tables)))
    with open(os.path.join(folder, "tables.md"), "w") as f:
        for name in ("targets", "costs", "counts", "why", "growth", "memory", "lmbench", "wall", "costs-vexpress-a9", "model"):
            f.write("### %s\n\n%s\n\n" % (name, as_markdown(*dict(tables)[name])))
        f.write("### in words\n\n%s\n" % "\n".join("- " + line for line in sections.explain(good)))
    return rows


def save_json(name, value):
    with open(name + ".new", "w") as f:
        json.dump(value, f, indent=1, sort_keys=True)
    os.replace(name + ".new", name)


def write_csv(name, head, body):
    with open(name, "w", newline="") as f:
        out = csv.writer(f)
        out.writerow(head)
        out.writerows([["" if v is None else ("%.6g" % v if isinstance(v, float) else v) for v in row] for row in body])


def model_table(store):
    body = [row for config in sections.configs_of(store) if config != "native" and config == "tlb"
            for row in model.table(store, config)]
    return ["core", "operation", "native cycles", "umbra cycles", "ratio", "low", "high"], body


# --- HTML ---------------------------------------------------------------------------------------------------

def as_text(value):
    if value is None:
        return ""
    if isinstance(value, float):
        return "{:,.0f}".format(value) if abs(value) >= 1000 else "%.4g" % value
    return "{:,}".format(value) if isinstance(value, int) else str(value)


def as_markdown(head, body):
    rows = [head, ["---"] * len(head)] + [[as_text(v) for v in row] for row in body]
    return "\n".join("| %s |" % " | ".join(row) for row in rows)


def as_table(head, body):
    out = ["<table><tr>%s</tr>" % "".join("<th>%s</th>" % html.escape(h) for h in head)]
    for row in body:
        cells = ["<td%s>%s</td>" % (" class='%s'" % v if v in ("pass", "FAIL", "missing") else "", html.escape(as_text(v)))
                 for v in row]
        out.append("<tr>%s</tr>" % "".join(cells))
    return "\n".join(out + ["</table>"])


def note(text):
    return "<p class='note'>%s</p>" % text


def failures(store):
    bad = ["<li>%s: %s</li>" % (html.escape(k), html.escape(r["failed"])) for k, r in sorted(store.items()) if "failed" in r]
    for key, r in sorted(store.items()):
        bad += ["<li>%s: %s</li>" % (html.escape(key), html.escape(e)) for e in r.get("errors", []) + r.get("lmbench-errors", [])]
    return "<div class='failed'><p>Failed:</p><ul>%s</ul></div>" % "".join(bad) if bad else ""


def constants():
    body = [[core, name] + list(values) for core, all_ in model.CORES.items() for name, values in all_.items()]
    return as_table(["core", "constant", "cycles", "low", "high", "source"], body)


def page(store, good, tables):
    """'store': every cell; 'good': those that did not fail."""
    parts = ["<!doctype html><html lang='en'><meta charset='utf-8'><title>umbra: evaluation</title>"
             "<meta name='viewport' content='width=device-width'><style>%s</style>" % STYLE,
             "<h1>umbra: evaluation</h1>",
             note("Native and virtualized: the same unmodified kernel, RAM disk, command line and board "
                  "(cubieboard, Cortex-A8, unless a title says otherwise). Unless a unit says seconds, figures are "
                  "instructions executed by the processor &ndash; user, kernel and umbra together &ndash; under QEMU's "
                  "deterministic clock. docs/evaluation.md tells what they mean and what threatens them."),
             failures(store), "<h2>Targets</h2>", as_table(*tables["targets"])]
    for title, text, names, figures in sections.chapters(good):
        parts += ["<h2>%s</h2>" % html.escape(title), note(text)]
        parts += figures
        parts += [as_table(*tables[name]) for name in names if tables.get(name) and tables[name][1]]
    parts += ["<h2>Cycles, estimated</h2>",
              note("bench/model.py: instructions and events times constants of two processors; 'low' and 'high' span what is "
                   "assumed. An estimate, no measurement."), as_table(*tables["model"]), constants(), "</html>"]
    return "\n".join(p for p in parts if p) + "\n"
