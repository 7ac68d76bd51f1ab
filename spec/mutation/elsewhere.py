"""What no unit test on this machine's kernel misses, and why it is not judged here: patterns of names with what stands there.

By what stands there, and not by its number alone: rules come in before it."""

import fnmatch

BRIDGED = "judged where the kernel tracks connections within bridges: spec/kernels/run --mutation"
NAMES = "judged where the kernel can name the bridge of a port (CONFIG_NFT_BRIDGE_META)"
LAST = "the last of its chain, says what the base chain's policy does: for whoever reads the list"
PROXY = "one rule for each protocol: with ICMP the rule of the same set in icmp-out comes first"
SPEED = "makes look-ups quicker, and changes nothing else"
SPARES = "without it packets meet one look-up more, and nothing else changes"

ELSEWHERE = {
    "row mirror recv *: accept": LAST,
    "row mirror pass-new *: accept": LAST,
    "row mirror *: *": BRIDGED,
    "flag mirrored *: *": BRIDGED,
    "row bound strange *: ibrname @closed goto unknown": NAMES,
    "row bound postrouting *: obrname @closed goto shunned": NAMES,
    "row bound unknown *: ibrname . * @aside_at* accept": NAMES,
    "row bound shunned *: obrname . * @aside_at* accept": NAMES,
    "flag elements aside_at: *": NAMES,
    "row fenced fenced *: ibrname @guarded *": NAMES,
    "row fenced fenced *: obrname @guarded *": NAMES,
    "row always recv *: accept": LAST,
    "row always tohost *: accept": LAST,
    "row always local *: accept": LAST,
    "row always pass-new *: accept": LAST,
    "row always send-reset *: accept": LAST,
    "row always dialled* *: meta l4proto icmp ip saddr . meta l4proto . ct original proto-dst @out_sp4 return": PROXY,
    "row always dialled* *: meta l4proto icmpv6 ip6 saddr . meta l4proto . ct original proto-dst @out_sp6 return": PROXY,
    "flag quick held: *": SPEED,
    "flag quick port: *": SPEED,
    "flag spares taken: *": SPARES,
}


NOTHING = (LAST, SPEED, SPARES)  # by design nothing could miss these
THERE = (BRIDGED, NAMES)  # judged in the machine of spec/kernels/run


def changes_nothing(name, what):
    return why(name, what) in NOTHING


def unused(whats):
    """Patterns that nothing fits any more; whats: what stands there, by name."""
    lines = ["%s: %s" % line for line in whats.items()]
    return [pattern for pattern in ELSEWHERE if not fnmatch.filter(lines, pattern)]


def why(name, what, there=False):
    """there: of what is judged there, nothing is elsewhere."""
    line = "%s: %s" % (name, what)
    found = next((ELSEWHERE[pattern] for pattern in ELSEWHERE if fnmatch.fnmatchcase(line, pattern)), None)
    return None if there and found in THERE else found
