"""Probes as a table: what is sent, and whether it must arrive.

    case("db by service name", "web -> db:5432/tcp", PASS)
    case("… and not its other port", "web -> db:80/tcp", DROP)

The way: SENDER[@BIND][#SPORT] -> RECEIVER[@WHERE][:PORT]/PROTO [=SERVER]

    (@ll: a container's, or the host's, link-local address on eth0 of the sender)

    SENDER    a container, "host", or "outside"; @BIND: the last number of an outside address (@103), or an address,
              or one of the container's networks; #SPORT: the source port
    RECEIVER  a container (@NETWORK; else the first network that both are on, else its first)
              "host" (the gateway of the sender's first network; @NETWORK; @ADDRESS), "outside" (@103)
              "pub", "pub2", "lo": the host's first, second, and loopback address, for published ports
              an address: 192.0.2.1, [2001:db8::1]
    PROTO     tcp udp sctp icmp, and tcp6 udp6 sctp6 icmp6
    SERVER    the container that must answer, where the receiver does not say so

PASS: the answer came back. DROP: silence. REFUSED: the receiver (or its host) itself said no, so the packet arrived.
Without the program every case must PASS, unless it says `base=…`: so a DROP is known to be the program's doing.
Cases after a step() are tried until they hold, at most SETTLE seconds; a DROP before any step is never tried twice.
"""

import collections
import re
import time

import lab as lab_module
from lab import LabError

PASS, DROP, REFUSED = "pass", "timeout", "refused"
SETTLE = 2.0
PATIENCE = 5.0  # for what must PASS: a loaded machine is slow
BASELINE_SPORT = 1000
WAY = re.compile(r"(?P<src>[\w.-]+)(@(?P<bind>[\w.:-]+))?(#(?P<sport>\d+))? -> "
                 r"(?P<dst>\[[0-9a-f:%\w]+\]|[\w.-]+?)(@(?P<where>[\w.:-]+?))?(:(?P<port>\d+))?"
                 r"/(?P<proto>(tcp|udp|sctp|icmp)6?)( =(?P<server>\S+))?$")

Case = collections.namedtuple("Case", "title way want base")
Step = collections.namedtuple("Step", "title action")


def case(title, way, want, base=PASS):
    if not WAY.match(way):
        raise ValueError(f"not a way: {way}")
    return Case(title, way, want, base)


def step(title, action):
    """action(lab): what happens between the cases before and those after."""
    return Step(title, action)


def container(name, **options):
    """As Lab.container; start=False leaves it created."""
    return {"name": name, **options}


def output(name, *rules, nets=("front",), **more):
    """A container with these rules in its label, each what stands between the braces."""
    return _ruled("output", name, rules, nets, more)


def inputs(name, *rules, nets=("front",), **more):
    return _ruled("input", name, rules, nets, more)


def _ruled(side, name, rules, nets, more):
    return container(name, nets=list(nets), rules=f"{side}:\n" + "".join(f"  - {{{rule}}}\n" for rule in rules), **more)


def _is_container(name):
    return name not in ("host", "outside")


def _receiver(lab, m, family):
    dst, where, src = m["dst"], m["where"], m["src"]
    named = {"pub": (lab_module.HOST4, lab_module.HOST6), "pub2": (lab_module.HOST4_SECOND, lab_module.HOST6_SECOND),
             "lo": ("127.0.0.1", "::1")}
    if dst in named:
        return named[dst][family == 6], m["server"]
    if dst == "outside":
        last = int(where or 100)
        return (f"192.0.2.{last}" if family == 4 else f"2001:db8:ffff::{last}"), m["server"] or "outside"
    if dst == "host":
        if where and re.search(r"[.:]", where):
            return where, m["server"] or "host"
        if where == "ll":
            return lab.host_link_local(lab.nets(src)[0]) + "%eth0", m["server"] or "host"
        net = where or (lab.nets(src)[0] if _is_container(src) else None)
        return (lab.gateway(net, family) if net else named["pub"][family == 6]), m["server"] or "host"
    if dst[0] == "[" or re.fullmatch(r"[\d.]+", dst):
        return dst.strip("[]"), m["server"]
    if where == "ll":
        return lab.link_local(dst) + "%eth0", lab.answers(dst)
    shared = [n for n in lab.nets(dst) if _is_container(src) and n in lab.nets(src)]
    addr = lab.addr(dst, where or (shared or lab.nets(dst))[0], family)
    if not addr:
        raise LabError(f"{dst} has no address for '{m.string}'")
    return addr, m["server"] or lab.answers(dst)


def _bind(lab, m, family):
    bind = m["bind"]
    if not bind:
        return ""
    if bind.isdigit():
        bind = f"192.0.2.{bind}" if family == 4 else f"2001:db8:ffff::{bind}"
    elif not re.search(r"[.:]", bind):
        bind = lab.addr(m["src"], bind, family)
    return f" bind={bind}"


def resolve(lab, way, baseline=False):
    """(sender, line for wwprobe batch, the name that must answer). What is sent without the program is another flow than with it."""
    m = WAY.match(way)
    family = 6 if m["proto"].endswith("6") else 4
    proto = m["proto"].rstrip("6")
    addr, server = _receiver(lab, m, family)
    line = f"{'ping' if proto == 'icmp' else proto} {addr} {m['port'] or 0}{_bind(lab, m, family)}"
    if m["sport"]:
        line += f" sport={int(m['sport']) + (BASELINE_SPORT if baseline else 0)}"
    return m["src"], line, None if proto == "icmp" else server


def _judge(result, want, server):
    if result.outcome != want:
        return f"wanted {want}, got {result.detail}"
    if want == PASS and server and result.server != server:
        return f"wanted an answer of {server}, got {result.detail}"
    return None


def check(lab, cases, baseline=False, settling=False):
    """Try all cases at once, until each holds or may no longer be tried again. Returns [(case, fault or None)]."""
    faults = {}
    todo = list(cases)
    begin = time.monotonic()
    while todo:
        ways = [resolve(lab, c.way, baseline) for c in todo]
        results = lab.probes([(node, line) for node, line, _ in ways])
        for c, (_, line, server), result in zip(todo, ways, results):
            want = c.base if baseline else c.want
            fault = _judge(result, want, server)
            faults[c] = f"{fault} ({line})" if fault else None
        passed = time.monotonic() - begin
        # a refusal that does not hold is final, unless the world has just changed; silence may be a slow machine
        todo = [c for c in todo if faults[c] and passed < (SETTLE if settling else PATIENCE)
                and (settling or baseline or c.want != DROP)]
    return [(c, faults[c]) for c in cases]
