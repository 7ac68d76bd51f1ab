"""What no unit test on this machine's kernel misses: patterns of names, and why it is not judged here."""

import fnmatch

BRIDGED = "judged where the kernel tracks connections within bridges: spec/kernels/run --mutation"
NAMES = "judged where the kernel can name the bridge of a port (CONFIG_NFT_BRIDGE_META)"
LAST = "the last of its chain, says what the base chain's policy does: for whoever reads the list"
PROXY = "one rule for each protocol: with ICMP the rule of the same set in icmp-out comes first"
ERRORS = "left: no unit test sends an ICMP error of a tracked flow yet"
RESETS = "left: no unit test sends a TCP segment that is no SYN yet"
GROUPS = "left: no unit test sends the host a frame to a reserved group, or past the bridge, yet"
FOREIGN = "left: no unit test has a bridge that is none of the engine's yet"
TWIN = "left: no unit test has an endpoint whose address another holds elsewhere, or with a second address, yet"
UNBOUND = "left: no unit test sends to the link-local address of a managed endpoint that is not bound yet"
WITHIN = "left: no unit test sends what only this rule judges within a guarded bridge with bridge-nf-call-iptables=0 yet"
QUIET = "left: the packets of no unit test tell it from the rules behind it yet"
SHUT = "left: where all is shut, unit tests look at a guarded bridge, on which another rule drops the same"
HOSTS = "left: no unit test has a verdict for the host's own packets, or looks at the mark"
RANDOM = "left: only random plans meet it (test_agreement), and not in each run"
PINGS = "left: no unit test pings between the host and a container by a rule that has no ports yet"
SPEED = "makes look-ups quicker, and changes nothing else"
CLOSING = "left: it counts while another program's change is undone, where unit tests look at `managed` and published ports"
SPARES = "left: without it packets meet one look-up more, and nothing else changes"

ELSEWHERE = {
    "row mirror *": BRIDGED,
    "flag mirrored *": BRIDGED,
    "row bound strange 14": NAMES,
    "row bound postrouting 6": NAMES,
    "row fenced fenced 6": NAMES,
    "row fenced fenced 7": NAMES,
    "row always recv 2": LAST,
    "row always tohost 10": LAST,
    "row always local 5": LAST,
    "row always pass-new 2": LAST,
    "row always dialled 9": PROXY,
    "row always dialled 10": PROXY,
    "row always first [345]": ERRORS,
    "row always error [124]": ERRORS,
    "row always told *": ERRORS,
    "row always output [345]": ERRORS,
    "row always input 3": RESETS,
    "row always output 6": RESETS,
    "row always send-reset *": RESETS,
    "row always nonew 1": RESETS,
    "row always stale 2": RESETS,
    "row always in 1": RESETS,
    "row always lost-in *": RESETS,
    "row always lost-host *": RESETS,
    "row always pass-new 1": RESETS,
    "row always fromhost 1": RESETS,
    "row always fromhost 2": RESETS,
    "row always outh 1": RESETS,
    "row drops drop-invalid [245]": RESETS,
    "row drops drop-reset *": RESETS,
    "row always input 1": GROUPS,
    "row always first [12]": GROUPS,
    "row always output 2": GROUPS,
    "row drops drop-link *": GROUPS,
    "row fenced fenced 1": GROUPS,
    "row always forward 2": FOREIGN,
    "row bound strange 1": FOREIGN,
    "row bound postrouting 2": FOREIGN,
    "row bound claim 1": TWIN,
    "row bound borrowed 1": TWIN,
    "row bound tells-target 3": TWIN,
    "row bound says-arp 2": TWIN,
    "row mine local-mine 2": UNBOUND,
    "row mine output-mine 1": UNBOUND,
    "row mine forward-mine 2": UNBOUND,
    "flag elements local": UNBOUND,
    "flag closing local": UNBOUND,
    "row fenced fenced [234]": WITHIN,
    "row bound unknown [23]": WITHIN,
    "row bound drop-guard 2": WITHIN,
    "row bound place 6": QUIET,
    "row bound guest 2": QUIET,
    "row bound guest 7": QUIET,
    "row always input 6": QUIET,
    "row always nd [34]": QUIET,
    "row always out 4": RANDOM,
    "row always outh 3": PINGS,
    "row always icmp-host 2": PINGS,
    "flag elements says": TWIN,
    "flag quick *": SPEED,
    "flag closing *": CLOSING,
    "flag spares *": SPARES,
    "row shut input [1234]": SHUT,
    "row shut output 1": SHUT,
    "row shut forward [12]": SHUT,
    "row verdicts input-*": HOSTS,
    "row verdicts output-*": HOSTS,
    "row mark mark *": HOSTS,
}


def names():
    return list(ELSEWHERE)


def why(name):
    return next((ELSEWHERE[pattern] for pattern in ELSEWHERE if fnmatch.fnmatch(name, pattern)), None)
