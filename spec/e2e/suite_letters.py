"""Letters in what a link needs: behind ARP and neighbour discovery, in other protocols, in what goes to all; and an answer to a flow that a
stranger began itself. Managed containers send and get none; a stranger on a guarded network, with the program dead, neither."""

import time

from agent import Agent
from frames import (EVERYBODY, NA, NONCE, NS, TARGET_LL, Mark, address, arp, datagram, ether, fire, fragments, group_mac, link_option, message,
                    option, shot)
from lab import Lab
from links import bridge, no_reverse_path, place

NET = "front"
PEER4, PEER6 = "192.0.2.100", "2001:db8:ffff::100"
OTHER = 0xCAFE
REPORT, REPORTS_TO = 143, "ff02::16"
ALL = "ff02::1"


def _make(lab):
    lab.network(NET)
    for name in ("closed", "vault"):
        lab.container(name, nets=[NET], enabled="true")
    for name in ("free", "peer"):
        lab.container(name, nets=[NET])
    lab.start_all(["closed", "vault", "free", "peer"])


def _raw(dst, src, kind, data):
    return bytes.fromhex((dst + src).replace(":", "")) + kind.to_bytes(2, "big") + data


def _to_managed(closed, vault, free):
    """[(title, sender, frames for a mark's bytes, the node that must not see it)]"""
    def asked(me, to, data):
        return ether(to.mac, me.mac, arp(1, me.mac, me.v4, "00:00:00:00:00:00", to.v4)) + bytes(18) + data

    def told(me, to, data):
        return ether(to.mac, me.mac, message(me.v6, to.v6, NS, 0, 0, address(to.v6) + option(NONCE, data)))

    def answered(me, to, data):
        return ether(to.mac, me.mac, message(me.v6, to.v6, NA, 0, 0x60000000, address(me.v6) + option(NONCE, data)))

    return [("behind ARP", closed, lambda d: [asked(closed, vault, d)], ["vault"]), ("behind ARP, to all", closed, lambda d: [
        ether(EVERYBODY, closed.mac, arp(1, closed.mac, closed.v4, "00:00:00:00:00:00", vault.v4)) + bytes(18) + d], ["vault", "free", "peer"]),
            ("behind ARP, from one not managed", free, lambda d: [asked(free, vault, d)], ["vault"]),
            ("in a solicitation", free, lambda d: [told(free, vault, d)], ["vault"]),
            ("in an advertisement", free, lambda d: [answered(free, vault, d)], ["vault"]),
            ("in a listener's report to one neighbour", closed, lambda d: [
                ether(free.mac, closed.mac, message(closed.v6, REPORTS_TO, REPORT, 0, 1, d, hops=1))], ["free"]),
            ("in a listener's report to all", closed, lambda d: [
                ether(group_mac(ALL), closed.mac, message(closed.v6, ALL, kind, 0, 0, address(ALL) + d, hops=1)) for kind in (131, REPORT)],
             ["host's sockets"]),
            ("in another protocol", closed, lambda d: [_raw(vault.mac, closed.mac, OTHER, d)], ["vault"])]


def _of_stranger(stranger, free, peer, gate):
    def begun(src, dst, seed_mac, back):
        """What would be the question comes to all, from a node that is never asked; then the answer."""
        sport, dport = 5555, 40000 + next(_ports)
        return lambda d: [ether(seed_mac, stranger.mac, datagram(dst, src, sport, dport, b"seed")),
                          ether(back, stranger.mac, datagram(src, dst, dport, sport, d))]

    return [("an answer to what it began for the outside, IPv4", stranger, begun(stranger.v4, PEER4, EVERYBODY, gate), ["outside"]),
            ("an answer to what it began for the outside, IPv6", stranger, begun(stranger.v6, PEER6, EVERYBODY, gate), ["outside"]),
            ("another protocol", stranger, lambda d: [_raw(peer.mac, stranger.mac, OTHER, d)], ["peer"]),
            ("another protocol, to all", stranger, lambda d: [_raw(EVERYBODY, stranger.mac, OTHER, d)], ["free", "peer"]),
            ("another protocol, to it", free, lambda d: [_raw(stranger.mac, free.mac, OTHER, d)], ["stranger"]),
            ("multicast to it", free, lambda d: [ether(group_mac("224.0.0.251"), free.mac, datagram(free.v4, "224.0.0.251", 5353, 5353, d))], ["stranger"])]


def _claims(context, lab, when, stranger, vault, gate, wanted):
    """That it is the gateway, in two fragments: the target of the advertisement is in the second."""
    lab.run(vault.name, ["ip", "-6", "neigh", "flush", "dev", "eth0"])
    lab.probe(vault.name, f"udp {gate.v6} 9 timeout=200")  # so it knows its gateway
    whole = message(stranger.v6, vault.v6, NA, 0, 0x20000000, address(gate.v6) + link_option(TARGET_LL, stranger.mac))
    for ident in range(1, 4):
        fire(lab, [shot(stranger.name, ether(vault.mac, stranger.mac, part)) for part in fragments(whole, ident, 8, hops=255)], settle=0.2)
    known = lab.run(vault.name, ["ip", "-6", "neigh", "show", gate.v6])
    taken = stranger.mac in known
    context.report(f"{when}: the gateway, in fragments", None if taken == wanted else f"{'taken' if taken else 'not taken'}: {known}")


_ports = iter(range(1, 20000))


def _fire(lab, attacks):
    """{title: the nodes that saw it, of those that must not}"""
    marks = []
    for title, sender, make, seen_by in attacks:
        for _ in range(3):
            mark = Mark()
            marks.append((title, seen_by, mark.key, [(sender.name, frame) for frame in make(mark.data)]))
    shots = [shot(node, frame, key, wait=4) for _, _, key, frames in marks for node, frame in frames]
    watched = sorted({node for *_, seen_by in attacks for node in seen_by} - {"host's sockets"})
    seen = fire(lab, shots, hear=["host"], sniff=watched, settle=0.6)
    return {title: sorted({node for t, seen_by, key, _ in marks if t == title for node in seen.get(key, {}) if node in seen_by})
            for title, *_ in attacks}


def _try(context, lab, when, attacks, wanted):
    """Without the program each must come, sooner or later: the lab's links and routes have just been made."""
    came = _fire(lab, attacks)
    for _ in range(10 if wanted else 0):
        left = [attack for attack in attacks if not came[attack[0]]]
        if not left:
            break
        time.sleep(0.5)
        came.update(_fire(lab, left))
    for title, *_ in attacks:
        fault = (f"comes to {', '.join(came[title])}" if came[title] else None) if not wanted else (None if came[title] else "does not come")
        context.report(f"{when}: {title}", fault)


def _places(lab, names):
    found = [place(lab, name, NET) for name in names]
    no_reverse_path(lab)
    return found


def run(context):
    with Lab(probe=context.probe) as lab:
        _make(lab)
        lab.container("stranger", nets=[NET])
        lab.start("stranger")
        closed, vault, free, peer, stranger = _places(lab, ("closed", "vault", "free", "peer", "stranger"))
        gate = bridge(lab, NET)
        _try(context, lab, "without", _to_managed(closed, vault, free) + _of_stranger(stranger, free, peer, gate.mac), True)
        _claims(context, lab, "without", stranger, vault, gate, True)
        lab.remove("stranger")
        if not context.agent:
            return
        with Agent(lab, context.agent) as agent:
            _try(context, lab, "with", _to_managed(closed, vault, free), False)
            agent.kill()
            lab.container("stranger", nets=[NET])
            lab.start("stranger")
            stranger, = _places(lab, ("stranger",))
            _try(context, lab, "dead", _of_stranger(stranger, free, peer, gate.mac), False)
            _claims(context, lab, "dead", stranger, vault, gate, False)
