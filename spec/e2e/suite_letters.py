"""Letters in what a link needs: behind ARP and neighbour discovery, in other protocols, in what goes to all; and an answer to a flow that a
stranger began itself. Managed containers send and get none; a stranger on a guarded network, with the program dead, neither."""

from agent import Agent
from frames import EVERYBODY, NA, NONCE, NS, Mark, address, arp, datagram, ether, fire, group_mac, message, option, shot
from lab import Lab
from links import bridge, no_reverse_path, place

NET = "front"
PEER4, PEER6 = "192.0.2.100", "2001:db8:ffff::100"
OTHER = 0xCAFE


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
    """[(title, sender, frames for a mark's bytes, who must not see it)]"""
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
            ("in another protocol", closed, lambda d: [_raw(vault.mac, closed.mac, OTHER, d)], ["vault"])]


def _of_stranger(stranger, free, peer, gate):
    def begun(src, dst, seed_mac, back):
        """What would be the question comes to all, from who is never asked; then the answer."""
        sport, dport = 5555, 40000 + next(_ports)
        return lambda d: [ether(seed_mac, stranger.mac, datagram(dst, src, sport, dport, b"seed")),
                          ether(back, stranger.mac, datagram(src, dst, dport, sport, d))]

    return [("an answer to what it began for the outside, IPv4", stranger, begun(stranger.v4, PEER4, EVERYBODY, gate), ["outside"]),
            ("an answer to what it began for the outside, IPv6", stranger, begun(stranger.v6, PEER6, EVERYBODY, gate), ["outside"]),
            ("another protocol", stranger, lambda d: [_raw(peer.mac, stranger.mac, OTHER, d)], ["peer"]),
            ("another protocol, to all", stranger, lambda d: [_raw(EVERYBODY, stranger.mac, OTHER, d)], ["free", "peer"]),
            ("another protocol, to it", free, lambda d: [_raw(stranger.mac, free.mac, OTHER, d)], ["stranger"]),
            ("multicast to it", free, lambda d: [ether(group_mac("224.0.0.251"), free.mac, datagram(free.v4, "224.0.0.251", 5353, 5353, d))], ["stranger"])]


_ports = iter(range(1, 20000))


def _try(context, lab, when, attacks, wanted):
    marks = []
    for title, sender, make, seen_by in attacks:
        for _ in range(3):
            mark = Mark()
            marks.append((title, seen_by, mark.key, [(sender.name, frame) for frame in make(mark.data)]))
    shots = [shot(who, frame, key, wait=4) for _, _, key, frames in marks for who, frame in frames]
    watched = sorted({who for *_, seen_by in attacks for who in seen_by})
    seen = fire(lab, shots, hear=[], sniff=watched, settle=0.6)
    for title, *_ in attacks:
        came = sorted({who for t, seen_by, key, _ in marks if t == title for who in seen.get(key, {}) if who in seen_by})
        fault = (f"comes to {', '.join(came)}" if came else None) if not wanted else (None if came else "does not come")
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
        gate = bridge(lab, NET).mac
        _try(context, lab, "without", _to_managed(closed, vault, free) + _of_stranger(stranger, free, peer, gate), True)
        lab.remove("stranger")
        if not context.agent:
            return
        with Agent(lab, context.agent) as agent:
            _try(context, lab, "with", _to_managed(closed, vault, free), False)
            agent.kill()
            lab.container("stranger", nets=[NET])
            lab.start("stranger")
            stranger, = _places(lab, ("stranger",))
            _try(context, lab, "dead", _of_stranger(stranger, free, peer, gate), False)
