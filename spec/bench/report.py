"""What was measured, as text: tables for the terminal and for docs/performance.md, and the bars they are held against."""

from figures import median, ratio, short, with_spread

LAYOUTS = {
    "none": "conntrack and NAT only",
    "hook": "a hook with `ct state established accept`",
    "hook-again": "the same once more (what the noise is)",
    "usual": "a chain for each container",
    "whalewall": "whalewall",
}
LISTED_RATIO, LISTED_MB = 1.3, 16
START_LIMITS, START_SECONDS, MEMORY_MB, ESTABLISHED = 3, 1.0, 15, 0.935
FOLLOW_MS, FOLLOW_LOG_MS, FOLLOW_GROWTH = 1.5, 1.0, 1.5
ASKED_MS, ASKED_RATIO = 100, 1.5
CHECK_MS = 100
LABEL_MS = {"here": 0.3, "worker": 0.5, "worker, all policies": 0.8}


def table(head, rows):
    """GitHub's form, aligned."""
    rows = [[str(c) for c in row] for row in [head, *rows]]
    widths = [max(len(row[i]) for row in rows) for i in range(len(head))]
    lines = ["| " + " | ".join(c.ljust(w) for c, w in zip(row, widths)) + " |" for row in rows]
    return "\n".join([lines[0], "|" + "|".join("-" * (w + 2) for w in widths) + "|", *lines[1:]])


def in_order(results):
    return sorted(results.values(), key=lambda r: r.get("containers", 0) * 1000 + r.get("rules", 0))


def starts(control):
    rows = []
    for r in in_order(control):
        if "first" not in r:
            continue
        limit = median([b + s for b, s in zip(r["limit"]["build"], r["limit"]["send"])])
        first = [1000 * s for s in r["first"]]
        again = [1000 * s for s in r["next"]]
        rows.append(
            [r["containers"], with_spread(first), short(median(first) / limit) + " ×", with_spread(again)]
            + [short(1000 * median(r["cpu"])), short(limit), r["limit"]["elements"], with_spread(r["usual"]["start"])]
        )
    head = ["containers", "first start, ms", "of the limit", "restart, ms", "processor, ms", "the limit, ms", "elements"]
    return table([*head, "usual layout, ms"], rows)


def totals(pairs):
    return [total for total, _ in pairs]


def own(pairs):
    return [total - answering for total, answering in pairs]


def follows(control):
    rows = [
        [r["containers"], with_spread(own(r["follow"]["start"])), with_spread(own(r["follow"]["stop"]))]
        + [with_spread(totals(r["follow"]["start"])), with_spread(r["follow"]["own"])]
        + [with_spread(r["usual"]["add"]), with_spread(r["usual"]["remove"])]
        for r in in_order(control)
    ]
    head = ["present", "start, ms", "stop, ms", "start with the engine's answer, ms", "start, by the log, ms"]
    return table([*head, "usual layout: add, ms", "remove, ms"], rows)


def crowds(control):
    rows = []
    for r in in_order(control):
        if "crowded" not in r:
            continue
        c = r["crowded"]
        without, crowded = own(c["without"]), own(c["with"])
        rows.append([r["containers"], c["flows"], with_spread(without), with_spread(crowded)]
                    + ["%.2f ± %.2f" % ratio(crowded, without), with_spread(c["gone"])])
    return table(["present", "flows", "start without, ms", "start with them, ms", "with to without", "all deleted after, ms"], rows)


def memories(control):
    rows = [
        [r["containers"], short(r["follow"]["pss"]), short(r["follow"]["private"]), short(r["follow"]["memory_after"])]
        + [r["follow"]["idle"]["switches"], short(1000 * r["follow"]["idle"]["cpu"])]
        for r in in_order(control)
    ]
    head = ["containers", "PSS, MB", "of it its own, MB", "PSS after following, MB", "context switches in 5 s idle"]
    return table([*head, "processor in 5 s idle, ms"], rows)


LISTED_VALUES = {"first": lambda r: [1000 * s for s in r["first"]], "start": lambda r: own(r["start"]), "stop": lambda r: own(r["stop"])}


def listed(results):
    rows = []
    for r in in_order(results):
        exact, wide = r["address"], r["cidr"]
        for name, one in (("an address", exact), ("a CIDR", wide)):
            spread = [with_spread(value(one)) for value in LISTED_VALUES.values()]
            rows.append([r["containers"], name, *spread, short(one["pss"])])
        ratios = ["%.2f ± %.2f" % ratio(value(wide), value(exact)) for value in LISTED_VALUES.values()]
        rows.append([r["containers"], "CIDR to address", *ratios, f"{wide['pss'] / exact['pss']:.2f}"])
    return table(["containers", "reached by", "first start, ms", "one starts, ms", "one stops, ms", "PSS, MB"], rows)


def listed_bars(results):
    """The same as bars, where it was measured."""
    r = results.get("listed", {}).get("1000")
    if not r:
        return []
    found = []
    for name, what in (("first", "start"), ("start", "event → commit, start")):
        value = LISTED_VALUES[name]
        (middle, _) = ratio(value(r["cidr"]), value(r["address"]))
        found.append((f"{what}, one CIDR each", f"≤ {LISTED_RATIO} × an address each", f"{middle:.2f} ×", middle <= LISTED_RATIO))
    pss = r["cidr"]["pss"]
    found.append(("memory, one CIDR each", f"≤ {LISTED_MB} MB", f"{pss:.1f} MB", pss <= LISTED_MB))
    return found


def asked(results):
    rows = []
    for r in in_order(results):
        without, meanwhile = own(r["without"]), own(r["with"])
        rows.append([r["containers"], *(with_spread(ms) for ms in r["took"].values())]
                    + [with_spread(without), with_spread(meanwhile), "%.2f ± %.2f" % ratio(meanwhile, without)])
    heads = [f"{what}, ms" for r in results.values() for what in r["took"]][:3]
    return table(["containers", *heads, "one starts, not asked, ms", "one starts meanwhile, ms", "meanwhile to not asked"], rows)


def asked_bars(results):
    """The same as bars, where it was measured."""
    r = results.get("asked", {}).get("1000")
    if not r:
        return []
    found = []
    for what in ("status", "explain"):
        ms = median(r["took"][what])
        found.append((f"{what}, 1000 containers", f"≤ {ASKED_MS} ms", f"{short(ms)} ms", ms <= ASKED_MS))
    value, _ = ratio(own(r["with"]), own(r["without"]))
    found.append(("event → commit, start, while asked", f"≤ {ASKED_RATIO} × not asked", f"{value:.2f} ×", value <= ASKED_RATIO))
    return found


def checked(results):
    rows = [[r["services"], with_spread(r["wall"]), with_spread(r["cpu"])] for _, r in sorted(results.items())]
    return table(["services", "check, ms", "of the processor, ms"], rows)


def checked_bars(results):
    found = []
    for services, r in results.get("checked", {}).items():
        ms = median(r["wall"])
        found.append((f"check, {services} services", f"≤ {CHECK_MS} ms", f"{short(ms)} ms", ms <= CHECK_MS))
    return found


def rates(data, what):
    rows = []
    for r in in_order(data):
        for flow in sorted(r[what]["hook"]):
            row = [r["rules"], flow, short(median(r[what]["hook"][flow]) / 1000)]
            for layout in ("none", "hook-again", "usual", "whalewall"):
                row.append("%.3f ± %.3f" % ratio(r[what][layout][flow], r[what]["hook"][flow]))
            rows.append(row)
    return table(["rules", "flow", "bare hook, thousand/s", "no hook", "bare hook again", "usual layout", "whalewall"], rows)


def bars(results):
    """[(what, bar, measured, held)…] of what is there."""
    control, data = results.get("control", {}), results.get("data", {})
    found = []
    r = control.get("1000")
    if r and "first" in r:
        limit = median([b + s for b, s in zip(r["limit"]["build"], r["limit"]["send"])])
        first = 1000 * median(r["first"])
        found.append(("start, 1000 containers", f"≤ {START_LIMITS} × the limit", f"{first / limit:.1f} ×", first <= START_LIMITS * limit))
        found.append(("start, 1000 containers", "≤ 1 s", f"{first / 1000:.2f} s", first <= 1000 * START_SECONDS))
    if r:
        pss = r["follow"]["pss"]
        found.append(("memory, 1000 containers", f"≤ {MEMORY_MB} MB", f"{pss:.1f} MB", pss <= MEMORY_MB))
        idle = r["follow"]["idle"]["switches"]
        found.append(("idle wakeups", "0", idle, idle == 0))
    if r and "labels" in r:
        for where, bar in LABEL_MS.items():
            ms = median(r["labels"][where])
            found.append((f"label of five rules → rules, {where}", f"≤ {bar} ms", f"{ms:.2f} ms", ms <= bar))
    for what in ("start", "stop"):
        values = {n: median(own(m["follow"][what])) for n, m in control.items()}
        if values:
            most = max(values.values())
            found.append((f"event → commit, {what}", f"≤ {FOLLOW_MS} ms", f"{most:.2f} ms", most <= FOLLOW_MS))
        if "10" in values and "5000" in values:
            growth = values["5000"] / values["10"]
            found.append((f"event → commit, {what}, 5000 to 10", f"≤ {FOLLOW_GROWTH} ×", f"{growth:.2f} ×", growth <= FOLLOW_GROWTH))
    if control:
        by_log = max(median(m["follow"]["own"]) for m in control.values())
        found.append(("event → commit, start, by the log", f"≤ {FOLLOW_LOG_MS} ms", f"{by_log:.2f} ms", by_log <= FOLLOW_LOG_MS))
    found += listed_bars(results) + asked_bars(results) + checked_bars(results)
    for kind, flows in {"managed": ("managed",), "unmanaged": ("unmanaged", "apart")}.items():
        worst = [
            (ratio(m["packets"]["whalewall"][flow], m["packets"]["hook"][flow]), flow, m["rules"])
            for m in data.values()
            for flow in m["packets"]["hook"]
            if flow.split()[0] in flows
        ]
        if worst:
            (value, error), flow, rules = min(worst)
            text = f"{value:.3f} ± {error:.3f} ({flow}, {rules} rules)"
            found.append((f"established, {kind}, worst", f"≥ {ESTABLISHED} of a bare hook", text, value >= ESTABLISHED))
    return found


def bar_table(results):
    rows = [[what, bar, measured, "yes" if held else "**no**"] for what, bar, measured, held in bars(results)]
    return table(["", "bar", "measured", "held"], rows)


def sections(results):
    """[(marker, text)…]"""
    control, data = results.get("control", {}), results.get("data", {})
    found = []
    if bars(results):
        found.append(("bars", bar_table(results)))
        found.append(("machine", results["machine"]))
    if control:
        found += [("start", starts(control)), ("follow", follows(control)), ("memory", memories(control))]
        if any("crowded" in r for r in control.values()):
            found.append(("crowd", crowds(control)))
    if results.get("listed"):
        found.append(("listed", listed(results["listed"])))
    if results.get("asked"):
        found.append(("asked", asked(results["asked"])))
    if results.get("checked"):
        found.append(("checked", checked(results["checked"])))
    if data:
        found += [("packets", rates(data, "packets")), ("connections", rates(data, "connections"))]
    return found
