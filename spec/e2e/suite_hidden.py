"""What an IPv6 packet is, hidden from whoever looks at its fragments: the first ends within the first of two headers of options, so neither names
what they carry. Put together before table inet, at the bridge, it is neighbour discovery of any size, or a datagram to a published port; put
together behind it (fragments in a frame to all, or fragments within fragments) it is one whose port nothing has seen."""

import itertools
import struct

from agent import in_each_state
from frames import (DEST_OPTIONS, EVERYBODY, FRAGMENT, ICMPV6, NA, NONCE, NS, OVERRIDE, SOLICITED, TARGET_LL, UDP, Mark, address, ether, fire, icmp,
                    ip, link_option, option, shot, udp)
from lab import HOST6, Lab
from links import bridge, no_reverse_path, place

NET, ELSEWHERE = "front", "back"
RULES = "mapped_ports: {external: {allow: true, ips: [192.0.2.100, '2001:db8:ffff::100']}}"
SENDERS = {"free": NET, "loose": ELSEWHERE}
OPTION = 0x1E  # without meaning, and skipped by who does not know it: padding may have seven bytes at most

_ports = itertools.count(33000)
_idents = itertools.count(0x1000)


def _parts(first, body, cut=8):
    """[the fragment header and what is behind it]"""
    ident = next(_idents)
    return [struct.pack("!BBHI", first, 0, at, ident) + part for at, part in ((1, body[:cut]), (cut, body[cut:]))]


def _hide(then, body):
    return bytes([DEST_OPTIONS, 1, OPTION, 12]) + bytes(12) + bytes([then, 0, 1, 4, 0, 0, 0, 0]) + body


def _hidden(src, dst, then, body, hops=64):
    return [ip(src, dst, FRAGMENT, part, hops) for part in _parts(DEST_OPTIONS, _hide(then, body))]


def _nested(src, dst, then, body):
    return [ip(src, dst, FRAGMENT, outer) for inner in _parts(DEST_OPTIONS, _hide(then, body)) for outer in _parts(FRAGMENT, inner)]


def _to_port(lab, me, gate):
    """The ways on which a datagram that no rule allows reaches the container that the port is published for."""
    came = set()
    for door, mac in (("to the bridge", gate), ("to all", EVERYBODY)):
        for kind, make in (("hidden", _hidden), ("nested", _nested)):
            for _ in range(2):
                mark = Mark()
                packets = make(me.v6, HOST6, UDP, udp(me.v6, HOST6, next(_ports), 8053, mark.data))
                seen = fire(lab, [shot(me.name, ether(mac, me.mac, p), mark.key, wait=20) for p in packets], sniff=["srv"], settle=0.3)
                if seen.get(mark.key):
                    came.add(f"{kind}, {door}")
    return came


def _letters(lab, me, to):
    """Kinds of neighbour discovery with room for a letter that get to `to`."""
    came = set()
    for kind in (NS, NA):
        mark = Mark()
        body = icmp(me.v6, to.v6, kind, 0, 0, address(to.v6) + option(NONCE, mark.data))
        frames = [ether(to.mac, me.mac, p) for p in _hidden(me.v6, to.v6, ICMPV6, body, 255)]
        if fire(lab, [shot(me.name, f, mark.key, wait=20) for f in frames], hear=["host"], sniff=["peer"], settle=0.3).get(mark.key):
            came.add(kind)
    return came


def _claim(lab, me, victim, gate):
    """Does the victim believe that the bridge's address is at me?"""
    lab.probe(victim.name, f"udp {HOST6} 53 timeout=300")
    body = icmp(me.v6, victim.v6, NA, 0, SOLICITED | OVERRIDE, address(gate.v6) + link_option(TARGET_LL, me.mac))
    fire(lab, [shot(me.name, ether(victim.mac, me.mac, p), wait=20) for p in _hidden(me.v6, victim.v6, ICMPV6, body, 255)])
    known = lab.run(victim.name, ["ip", "-6", "neigh", "show", gate.v6])
    lab.run(victim.name, ["ip", "-6", "neigh", "flush", "all"])
    return me.mac in known


def _judge(context, lab, when):
    wanted = when == "without"

    def tell(title, came):
        context.report(f"{when}: {title}", None if bool(came) == wanted else f"it does: {came}" if came else "it does not")

    if when == "with":
        allowed = lab.probe("outside", f"udp {HOST6} 8053 timeout=1500")
        context.report("with: a sender that may still does", None if allowed.outcome == "pass" else allowed.detail)
    no_reverse_path(lab)
    gate, peer = bridge(lab, NET), place(lab, "peer", NET)
    for name, net in SENDERS.items():
        tell(f"{name}: a hidden datagram reaches the published port", _to_port(lab, place(lab, name, net), bridge(lab, net).mac))
    closed = place(lab, "closed", NET)
    tell("closed: a hidden letter reaches a neighbour", _letters(lab, closed, peer))
    tell("closed: a hidden letter reaches the host", _letters(lab, closed, gate))
    for name in ("closed", "free"):
        tell(f"{name}: a hidden claim of the bridge's address is believed", _claim(lab, place(lab, name, NET), peer, gate))


def run(context):
    with Lab(probe=context.probe) as lab:
        for net in (NET, ELSEWHERE):
            lab.network(net)
        lab.container("srv", nets=[NET], ports=["8053:53/udp"], rules=RULES)
        lab.container("closed", nets=[NET], enabled="true")
        lab.container("peer", nets=[NET])
        for name, net in SENDERS.items():
            lab.container(name, nets=[net])
        lab.start_all(["srv", "closed", "peer", *SENDERS])
        in_each_state(context, lab, lambda when: _judge(context, lab, when))
