"""Plots as SVG text, made by gnuplot."""
import re
import subprocess

COLOURS = ["#4477aa", "#ee6677", "#228833", "#ccbb44", "#66ccee", "#aa3377", "#999999", "#994455", "#004488",
           "#ddaa33", "#117733", "#555555"]


def available():
    try:
        return subprocess.run(["gnuplot", "--version"], stdout=subprocess.DEVNULL).returncode == 0
    except OSError:
        return False


def quote(text):
    return '"%s"' % str(text).replace("\\", "\\\\").replace('"', "'")


def draw(name, commands, width=900, height=420):
    """The SVG that gnuplot makes of 'commands'; ids made unique, so that many fit into one page."""
    styles = "".join("set linetype %d lc rgb '%s' lw 1.6 pt 7 ps 0.5\n" % (i + 1, c) for i, c in enumerate(COLOURS))
    head = "set terminal svg size %d,%d dynamic font 'sans-serif,11' name '%s'\nset encoding utf8\n%s" % (
        width, height, name.replace("-", "_"), styles)
    run = subprocess.run(["gnuplot"], input=head + "set grid ytics lc rgb '#dddddd'\nset border 3\nset tics nomirror\nset lmargin 11\n" +
                         commands, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if run.returncode != 0 or "<svg" not in run.stdout:
        return "<p class='failed'>gnuplot could not draw %s: %s</p>" % (name, run.stderr.strip()[:300])
    svg = run.stdout[run.stdout.index("<svg"):]
    svg = re.sub(r"\b(id=['\"]|url\(#|href=['\"]#)", lambda m: m.group(0) + name + "-", svg)
    return re.sub(r"<script.*?</script>", "", svg, flags=re.S)


def block(name, rows):
    return "$%s << EOD\n%s\nEOD\n" % (name, "\n".join(" ".join(str(v) for v in row) for row in rows))


def cell(value):
    return "NaN" if value is None else "%.6g" % value


def bars(name, labels, series, ylabel, log=False, line=None, height=440, errors=None):
    """Clustered bars: 'series' is [(title, [value or None for each label])]; 'errors': the same with (low, high)."""
    rows = []
    for i, label in enumerate(labels):
        row = [quote(label)]
        for s, (_, values) in enumerate(series):
            row.append(cell(values[i]))
            if errors:
                row += [cell(v) for v in (errors[s][i] or (None, None))]
        rows.append(row)
    step = 3 if errors else 1
    style = "errorbars gap 1.5 lw 1" if errors else "clustered gap 1.5"
    using = [":".join(str(2 + step * s + k) for k in range(step)) for s in range(len(series))]
    commands = block("d", rows) + "set style data histograms\nset style histogram %s\nset style fill solid 0.85\n" % style
    commands += "set ylabel %s\nset xtics rotate by 40 right\nset key outside top horizontal\n" % quote(ylabel)
    commands += "set logscale y\n" if log else "set yrange [0:*]\n"
    if line is not None:
        commands += "set arrow from graph 0,first %g to graph 1,first %g nohead lc rgb '#444444' dt 2\n" % (line, line)
    commands += "plot " + ", ".join("$d using %s%s title %s" % (u, ":xtic(1)" if s == 0 else "", quote(series[s][0]))
                                    for s, u in enumerate(using)) + "\n"
    return draw(name, commands, height=height)


def stacked(name, labels, series, ylabel, height=440):
    rows = [[quote(label)] + [cell(values[i]) for _, values in series] for i, label in enumerate(labels)]
    commands = block("d", rows) + "set style data histograms\nset style histogram rowstacked\nset style fill solid 0.85\n"
    commands += "set boxwidth 0.7\nset ylabel %s\nset xtics rotate by 40 right\nset yrange [0:*]\n" % quote(ylabel)
    commands += "set key outside right vertical invert\n"
    commands += "plot " + ", ".join("$d using %d%s title %s" % (s + 2, ":xtic(1)" if s == 0 else "", quote(title))
                                    for s, (title, _) in enumerate(series)) + "\n"
    return draw(name, commands, height=height)


def lines(name, series, xlabel, ylabel, logx=False, marks=(), points=True, height=380):
    """'series' is [(title, [(x, y), ..])]; 'marks' [(x, text)]: vertical lines."""
    commands = "".join(block("s%d" % i, [(cell(x), cell(y)) for x, y in points_]) for i, (_, points_) in enumerate(series))
    commands += "set xlabel %s\nset ylabel %s\nset yrange [0:*]\nset key outside top horizontal\n" % (
        quote(xlabel), quote(ylabel))
    if logx:
        commands += "set logscale x 2\n"
    for x, text in marks:
        commands += "set arrow from %g,graph 0 to %g,graph 1 nohead lc rgb '#aaaaaa' dt 3\n" % (x, x)
        commands += "set label %s at %g,graph 0.97 right rotate by 90 font ',9' tc rgb '#666666'\n" % (quote(text), x)
    style = "linespoints" if points else "lines"
    commands += "plot " + ", ".join("$s%d using 1:2 with %s title %s" % (i, style, quote(title))
                                    for i, (title, _) in enumerate(series)) + "\n"
    return draw(name, commands, height=height)
