"""The figures as SVG, by gnuplot."""

import subprocess

from figures import median, quartiles, ratio
from report import LAYOUTS, in_order, own

STYLE = """
set terminal svg size 720,400 font "sans-serif,13" background rgb "white"
set border 3
set tics nomirror
set grid ytics lc rgb "#dddddd"
set key top left
set datafile separator "\\t"
"""
COLOURS = {"whalewall": "#1f6fb2", "usual": "#c8553d", "limit": "#777777", "none": "#8fb339", "hook": "#555555"}


def draw(path, script, blocks):
    """blocks: name → rows; in the script they are $name."""
    text = "".join(f"${name} << END\n" + "\n".join("\t".join(str(c) for c in row) for row in rows) + "\nEND\n" for name, rows in blocks.items())
    subprocess.run(["gnuplot"], input=f"{text}{STYLE}set output '{path}'\n{script}", text=True, check=True)


def with_quartiles(x, values):
    return [x, median(values), *quartiles(values)]


def start(folder, control):
    rows = [r for r in in_order(control) if "first" in r]
    limits = [(r["containers"], [b + s for b, s in zip(r["limit"]["build"], r["limit"]["send"])]) for r in rows]
    blocks = {
        "whalewall": [with_quartiles(r["containers"], [1000 * s for s in r["first"]]) for r in rows],
        "limit": [with_quartiles(n, values) for n, values in limits],
        "usual": [with_quartiles(r["containers"], r["usual"]["start"]) for r in rows],
    }
    script = 'set logscale xy\nset xlabel "containers"\nset ylabel "ms"\nset title "Start: from exec to all rules in force"\nplot '
    draw(f"{folder}/start.svg", script + lines({"whalewall": "whalewall", "limit": "the same table in one transaction", "usual": "a chain for each container, in one transaction"}), blocks)


def lines(titles):
    return ", ".join(
        f"${name} using 1:2:3:4 with yerrorlines lw 2 pt 7 ps 0.6 lc rgb '{COLOURS[name]}' title '{title}'"
        for name, title in titles.items()
    ) + "\n"


def follow(folder, control):
    rows = in_order(control)
    blocks = {
        "whalewall": [with_quartiles(r["containers"], own(r["follow"]["start"])) for r in rows],
        "limit": [with_quartiles(r["containers"], own(r["follow"]["stop"])) for r in rows],
        "usual": [with_quartiles(r["containers"], r["usual"]["add"]) for r in rows],
    }
    script = 'set logscale xy\nset xlabel "containers present"\nset ylabel "ms"\nset title "One container more: from the event to the commit"\nplot '
    draw(f"{folder}/follow.svg", script + lines({"whalewall": "whalewall, start", "limit": "whalewall, stop", "usual": "a chain for each container: the transaction alone"}), blocks)


def bar_chart(folder, data, what, title):
    names = ["none", "usual", "whalewall"]
    rows = []
    for r in in_order(data):
        for flow in sorted(r[what]["hook"]):
            row = [f"{flow}, {r['rules']}"]
            for layout in names:
                row += ratio(r[what][layout][flow], r[what]["hook"][flow])
            rows.append(row)
    script = (
        "set style data histogram\nset style histogram errorbars gap 1.5 lw 1\nset style fill solid 0.9 border\n"
        f'set yrange [0:1.25]\nset xtics rotate by -35\nset title "{title}"\nset ylabel "of a bare hook"\nset key top right horizontal\nplot '
    )
    script += ", ".join(
        f"$rows using {2 + 2 * i}:{3 + 2 * i}:xtic(1) lc rgb '{COLOURS[name]}' title '{LAYOUTS[name]}'" for i, name in enumerate(names)
    )
    draw(f"{folder}/{what}.svg", script + "\n", {"rows": rows})


def draw_all(folder, results):
    folder.mkdir(exist_ok=True)
    if results.get("control"):
        start(folder, results["control"])
        follow(folder, results["control"])
    if results.get("data"):
        bar_chart(folder, results["data"], "packets", "Packets a second of established flows; flow, rules")
        bar_chart(folder, results["data"], "connections", "Connections a second; flow, rules")
