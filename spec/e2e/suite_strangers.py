"""Containers that were not judged, on a guarded network, with the program dead: what they hand each other and known ones beside IP, what the
host quotes for them, and flows that a partner elsewhere has begun in their name."""

import itertools
import time

from agent import Agent
from frames import EVERYBODY, NONCE, NS, Mark, Q, address, arp, datagram, ether, fire, message, option, shot
from lab import HOST4, HOST6, Lab
from links import bridge, link, no_reverse_path, place

NET, ELSEWHERE = "front", "back"
STRANGERS = ("stranger", "another")
PEER = {4: "192.0.2.100", 6: "2001:db8:ffff::100"}
NEXT = {4: "192.0.2.101", 6: "2001:db8:ffff::101"}  # behind the host, too
HOST = {4: HOST4, 6: HOST6}
OTHER = 0xCAFE
REPORT, REPORTS_TO = 143, "ff02::16"
MADE_UP = "02:00:00:00:ca:fe"
ROUNDS = 3

_ports = itertools.count(21000)


def _raw(dst, src, kind, data):
    return bytes.fromhex((dst + src).replace(":", "")) + kind.to_bytes(2, "big") + data


def _v(place_, family):
    return place_.v4 if family == 4 else place_.v6


def _hand_over(me, to):
    """[(title, frame for a mark's bytes)]: from one to the other, past the IP hooks."""
    return [("behind ARP", lambda d: ether(to.mac, me.mac, arp(1, me.mac, me.v4, "00:00:00:00:00:00", to.v4)) + bytes(18) + d),
            ("behind ARP, to all", lambda d: ether(EVERYBODY, me.mac, arp(1, me.mac, me.v4, "00:00:00:00:00:00", to.v4)) + bytes(18) + d),
            ("in a VLAN", lambda d: ether(to.mac, me.mac, datagram(me.v4, to.v4, 5000, 5000, d), [(Q, 5)])),
            ("in another protocol", lambda d: _raw(to.mac, me.mac, OTHER, d)),
            ("in a solicitation", lambda d: ether(to.mac, me.mac, message(me.v6, to.v6, NS, 0, 0, address(to.v6) + option(NONCE, d)))),
            ("in a listener's report", lambda d: ether(to.mac, me.mac, message(me.v6, REPORTS_TO, REPORT, 0, 1, d, hops=1)))]


def _quoted(me, family, gate):
    """The host may not forward it any more, and tells whoever the packet names."""
    return lambda d: ether(gate, me.mac, datagram(PEER[family], NEXT[family], 5000, 5000, d, hops=1))


def _attacks(places, gate):
    """[(title, sender, frame for a mark's bytes, the node that must not see it)]"""
    stranger, another, free = (places[name] for name in (*STRANGERS, "free"))
    ways = [(stranger, another), (stranger, free), (free, stranger)]
    found = [(f"{me.name} to {to.name}: {title}", me.name, make, to.name) for me, to in ways for title, make in _hand_over(me, to)]
    found.append((f"free to stranger: from {MADE_UP}", "free", lambda d: _raw(stranger.mac, MADE_UP, OTHER, d), "stranger"))
    return found + [(f"stranger to the outside: quoted by the host, IPv{f}", "stranger", _quoted(stranger, f, gate), "outside") for f in (4, 6)]


def _fire(lab, attacks):
    """The titles of those that came."""
    marks = [(title, seen_by, Mark(), node, make) for title, node, make, seen_by in attacks for _ in range(ROUNDS)]
    seen = fire(lab, [shot(node, make(m.data), m.key, wait=4) for _, _, m, node, make in marks], sniff=[*STRANGERS, "free", "outside"], settle=0.6)
    return {title for title, seen_by, m, _, _ in marks if seen_by in seen.get(m.key, {})}


def _begun(lab, node, places, family, gate):
    """(did the outside's answer come, did the stranger's) in flows that `node` has begun with the stranger's address."""
    stranger, sender = places["stranger"], places[node]
    out, far = link(lab, "host", "out0")["address"], link(lab, "outside", "eth0")["address"]
    to, back, marks = [], [], []
    for _ in range(ROUNDS):
        sport, dport, one, two = next(_ports), next(_ports), Mark(), Mark()
        to.append(shot(node, ether(gate[sender.net], sender.mac, datagram(_v(stranger, family), PEER[family], sport, dport, b"seed")), wait=20))
        for dst in (_v(stranger, family), HOST[family]):  # the engine may have translated the source
            to.append(shot("outside", ether(out, far, datagram(PEER[family], dst, dport, sport, one.data)), one.key, wait=20))
        back.append(shot("stranger", ether(gate[NET], stranger.mac, datagram(_v(stranger, family), PEER[family], sport, dport, two.data)), two.key, wait=4))
        marks.append((one.key, two.key))
    seen = {}
    for shots in ([s for s in to if s.node == node], [s for s in to if s.node != node], back):
        seen.update(fire(lab, shots, sniff=["stranger", "outside"], settle=0.5))
    return any("stranger" in seen.get(a, {}) for a, _ in marks), any("outside" in seen.get(b, {}) for _, b in marks)


def _judge_frames(context, lab, when, attacks, wanted):
    """What is to come comes sooner or later: the lab's links have just been made."""
    came = _fire(lab, attacks)
    for _ in range(10 if wanted else 0):
        if len(came) == len(attacks):
            break
        time.sleep(0.5)
        came |= _fire(lab, [attack for attack in attacks if attack[0] not in came])
    for title, *_ in attacks:
        context.report(f"{when}: {title}", None if (title in came) == wanted else "does not come" if wanted else "comes")


def _judge(context, lab, when, places, gate, wanted):
    attacks = _attacks(places, gate[NET])
    if not wanted and not _names_bridges(lab):
        print("  not judged, for this kernel cannot name bridges (spec/unit/kernel/test_strangers.c): frames beside IP among strangers")
        attacks = [attack for attack in attacks if not _past_the_hooks(attack)]
    _judge_frames(context, lab, when, attacks, wanted)
    for node, family in itertools.product(("partner", "free"), (4, 6)):
        for what, arrived in zip(("to", "from"), _begun(lab, node, places, family, gate)):
            fault = None if arrived == wanted else "does not come" if wanted else "comes"
            context.report(f"{when}: {what} the stranger, in a flow that {node} began in its name, IPv{family}", fault)


def _names_bridges(lab):
    """Can rules of this kernel name the bridge of a port they have never seen?"""
    asked = "table bridge probe { chain probe { meta ibrname none drop; }; }"
    return not lab.run("host", ["sh", "-c", f"nft -c '{asked}' 2>&1"], check=False)


def _past_the_hooks(attack):
    """Among strangers, or from a MAC that no node has: only their bridge tells."""
    title, _, _, seen_by = attack
    return seen_by in STRANGERS and (title.startswith("stranger") or MADE_UP in title)


def _start(lab, names):
    for name in names:
        lab.container(name, nets=[NET])
    lab.start_all(names)


def _places(lab):
    nets = {"free": NET, "partner": ELSEWHERE, **{name: NET for name in STRANGERS}}
    found = {name: place(lab, name, net) for name, net in nets.items()}
    no_reverse_path(lab)
    return found


def run(context):
    with Lab(probe=context.probe) as lab:
        for net in (NET, ELSEWHERE):
            lab.network(net)
        lab.container("closed", nets=[NET], enabled="true")
        lab.container("free", nets=[NET])
        lab.container("partner", nets=[ELSEWHERE])
        lab.start_all(["closed", "free", "partner"])
        gate = {net: bridge(lab, net).mac for net in (NET, ELSEWHERE)}
        _start(lab, STRANGERS)
        _judge(context, lab, "without", _places(lab), gate, True)
        for name in STRANGERS:
            lab.remove(name)
        if not context.agent:
            return
        with Agent(lab, context.agent) as agent:
            agent.kill()
            _start(lab, STRANGERS)
            _judge(context, lab, "dead", _places(lab), gate, False)
            agent.start()
            places = _places(lab)
            _judge_frames(context, lab, "known", [a for a in _attacks(places, gate[NET]) if a[3] != "outside" and MADE_UP not in a[0]], True)
