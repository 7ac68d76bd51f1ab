"""A published port that a managed container's rules give to some clients only, and a client that has none: it begins its flow to the host's address in
a frame that the bridge hands to the host under another MAC, and answers itself in the host's name; or a partner has begun the flow in
the host's name. The kernel takes the flow for established before any rule is asked; what comes then must not reach the container through Docker's proxy, from a known neighbour, from another network, or from a stranger."""

import ipaddress
import itertools
from typing import NamedTuple

from agent import in_each_state
from frames import EVERYBODY, TCP, Mark, datagram, ether, fire, group_mac, ip, shot, tcp
from lab import HOST4, HOST6, OUTSIDE4, OUTSIDE6, Lab
from links import Place, bridge, link, no_reverse_path, place

NET, ELSEWHERE = "front", "back"
ADMIN = "vadmin"  # a port that no container is behind; on each network one
RULES = "mapped_ports: {external: {allow: true, ips: [192.0.2.100, '2001:db8:ffff::100']}}"
SENDERS = {"free": NET, "peer": NET, "closed": NET, "loose": ELSEWHERE, "loose0": "bridge"}
STRANGERS = {"stranger": ELSEWHERE, "stranger0": "bridge"}
SYN, SYN_ACK = 0x02, 0x12
UPLINK_BROADCAST, UPLINK_ANYCAST = "192.0.2.255", "2001:db8:ffff::"
OLD_PORT = 30999  # of flows that begin before the program does

_ports = itertools.count(31000)


def _admin(lab, net):
    return f"{ADMIN}{(NET, ELSEWHERE, 'bridge').index(net)}"


DOORS = ("to all", "to a group", "to a MAC of the host's")


class Attacker(NamedTuple):
    place: Place
    gate: str  # the MAC of its network's bridge
    admin: str  # … and of a port there that no container is behind


def _attackers(lab, senders):
    return [Attacker(place(lab, name, net), bridge(lab, net).mac, link(lab, "host", _admin(lab, net))["address"])
            for name, net in senders.items()]


def _door(attacker, title, family):
    """The MAC that its flow begins with."""
    group = group_mac({4: "224.0.0.77", 6: "ff02::77"}[family])
    return {"to all": EVERYBODY, "to a group": group, "to a MAC of the host's": attacker.admin}[title]


def _ends(me, family):
    return (me.v4, HOST4) if family == 4 else (me.v6, HOST6)


def _tcp(lab, attackers, family, door):
    """The names of those that the container answers. Without a door they ask plainly."""
    shots, questions = [], []
    for attacker in attackers:
        me, gate, _ = attacker
        src, dst = _ends(me, family)
        sport = next(_ports)
        questions.append((me.name, f"tcp {dst} 8080 sport={sport} timeout=800"))
        begun = ip(src, dst, TCP, tcp(src, dst, sport, 8080, flags=SYN))
        answer = ip(dst, src, TCP, tcp(dst, src, 8080, sport, flags=SYN_ACK))
        if door:
            shots += [shot(me.name, ether(_door(attacker, door, family), me.mac, begun), wait=30), shot(me.name, ether(gate, me.mac, answer), wait=30)]
    fire(lab, shots, settle=0.1)
    return {name for (name, _), result in zip(questions, lab.probes(questions)) if result.outcome == "pass"}


def _udp(lab, attackers, family, door):
    """The names of those of which a datagram reaches the container."""
    shots, marks = [], {}
    for attacker in attackers:
        me, gate, _ = attacker
        src, dst = _ends(me, family)
        sport, mark = next(_ports), Mark()
        frames = [ether(gate, me.mac, datagram(src, dst, sport, 8053, mark.data))]
        if door:
            frames[:0] = [ether(_door(attacker, door, family), me.mac, datagram(src, dst, sport, 8053, b"seed")),
                          ether(gate, me.mac, datagram(dst, src, 8053, sport, b"x"))]
        shots += [shot(me.name, frame, mark.key, wait=30) for frame in frames]
        marks[mark.key] = me.name
    seen = fire(lab, shots, sniff=["srv"], settle=0.4)
    return {name for key, name in marks.items() if "srv" in seen.get(key, {})}


def _ends_of(lab, name):
    """The first and the last address of a network's subnet."""
    subnet = ipaddress.ip_network(f"{place(lab, name, SENDERS[name]).v4}/27", strict=False)
    return [str(subnet.network_address), str(subnet.broadcast_address)]


def _hosts_names(lab, partner):
    """What the host takes for its own address, alone or not; IPv4 takes in none that is its own alone from elsewhere."""
    shared = [UPLINK_BROADCAST, *_ends_of(lab, partner)] if partner else [UPLINK_BROADCAST]
    return [HOST6, UPLINK_ANYCAST, *shared]


def _from_outside(lab, partner, name):
    """A machine that may not: it begins a flow in the host's name, to itself or to a container; what that sends then would be an answer."""
    gate, own = link(lab, "host", "out0")["address"], link(lab, "outside", "eth0")["address"]
    family = 6 if ":" in name else 4
    me = getattr(place(lab, partner, SENDERS[partner]), f"v{family}") if partner else (OUTSIDE6 if family == 6 else OUTSIDE4)[1]
    sport, mark = next(_ports), Mark()
    seed = shot("outside", ether(gate, own, datagram(name, me, 8053, sport, b"seed")), wait=50)
    question = datagram(me, name, sport, 8053, mark.data)
    if partner:
        then = shot(partner, ether(bridge(lab, SENDERS[partner]).mac, place(lab, partner, SENDERS[partner]).mac, question), mark.key)
    else:
        then = shot("outside", ether(gate, own, question), mark.key)
    fire(lab, [seed], settle=0.1)
    return "srv" in fire(lab, [then], sniff=["srv"], settle=0.4).get(mark.key, {})


def _judge_from_outside(context, lab, when):
    for partner in (None, "free", "loose"):
        for name in _hosts_names(lab, partner):
            came = any(_from_outside(lab, partner, name) for _ in range(2))
            title = f"{when}: {partner or 'a machine outside'}, udp, in a flow that one outside began in the host's name ({name})"
            context.report(title, "it reaches the container" if came else None)


def _ask_names(lab, begun):
    """To what the host takes for its own, by the same flow each time, which a machine outside has begun (begun: just now) where IPv4 lets it:
    the names by which it reaches the container."""
    me, gate, marks, seeds, shots = place(lab, "free", NET), bridge(lab, NET).mac, {}, [], []
    to, own = link(lab, "host", "out0")["address"], link(lab, "outside", "eth0")["address"]
    for name in _hosts_names(lab, "free"):
        mine, mark = me.v6 if ":" in name else me.v4, Mark()
        marks[mark.key] = name
        seeds.append(shot("outside", ether(to, own, datagram(name, mine, 8053, OLD_PORT, b"seed")), wait=30))
        shots.append(shot("free", ether(gate, me.mac, datagram(mine, name, OLD_PORT, 8053, mark.data)), mark.key, wait=30))
    if begun:
        fire(lab, seeds, settle=0.1)
    seen = fire(lab, shots, sniff=["srv"], settle=0.4)
    return {marks[key] for key in marks if "srv" in seen.get(key, {})}


ATTACKS = {"tcp": _tcp, "udp": _udp}


def _in_hosts_name(lab, me, partner, gate, family):
    """A flow from the host to a partner, forged; the partner's question is an answer in it. Does it reach the container?"""
    dst, src = _ends(partner, family)
    sport, mark = next(_ports), Mark()
    fire(lab, [shot(me.name, ether(partner.mac, me.mac, datagram(src, dst, 8053, sport, b"seed")), wait=30)], settle=0.1)
    question = ether(gate, partner.mac, datagram(dst, src, sport, 8053, mark.data))
    return "srv" in fire(lab, [shot(partner.name, question, mark.key, wait=30)], sniff=["srv"], settle=0.4).get(mark.key, {})


def _judge_pairs(context, lab, when):
    """No frame in it is other than an honest one's, but for its source."""
    me, partner, gate = place(lab, "free", NET), place(lab, "peer", NET), bridge(lab, NET).mac
    for family in (4, 6):
        came = _in_hosts_name(lab, me, partner, gate, family)
        context.report(f"{when}: peer, udp, IPv{family}, in a flow that free began in the host's name", "it reaches the container" if came else None)


def _judge(context, lab, when, senders):
    no_reverse_path(lab)
    _judge_pairs(context, lab, when)
    _judge_from_outside(context, lab, when)
    attackers = _attackers(lab, senders)
    for family, door, (proto, attack) in itertools.product((4, 6), (None, *DOORS), ATTACKS.items()):
        came = attack(lab, attackers, family, door)
        for name in senders:
            context.report(f"{when}: {name}, {proto}, IPv{family}, {door or 'plainly'}", "it reaches the container" if name in came else None)


def _control(context, lab):
    """Without the program it needs no trick."""
    attackers = _attackers(lab, SENDERS)
    for family, (proto, attack) in itertools.product((4, 6), ATTACKS.items()):
        came = set().union(*(attack(lab, attackers, family, None) for _ in range(3)))
        for name in SENDERS:
            context.report(f"without: {name}, {proto}, IPv{family}", None if name in came else "it does not reach the container")
    came = _ask_names(lab, True)
    context.report("without: by what the host takes for its own", None if {HOST6, UPLINK_ANYCAST, UPLINK_BROADCAST} <= came else f"only by {sorted(came)}")


def _judge_with(context, lab):
    came = _ask_names(lab, False)
    context.report("with: free, in flows from before the program", f"reaches the container by {sorted(came)}" if came else None)
    allowed = lab.probe("outside", f"tcp {HOST4} 8080 timeout=1500")
    context.report("with: a sender that may still does", None if allowed.outcome == "pass" else allowed.detail)
    _judge(context, lab, "with", SENDERS)


def _judge_dead(context, lab):
    for name, net in STRANGERS.items():
        lab.container(name, nets=[net])
        lab.start(name)
    _judge(context, lab, "dead", {**SENDERS, **STRANGERS})


JUDGES = {"without": _control, "with": _judge_with, "dead": _judge_dead}


def run(context):
    with Lab(probe=context.probe) as lab:
        for net in (NET, ELSEWHERE):
            lab.network(net)
        lab.container("srv", nets=[NET], ports=["8053:53/udp", "8080:80"], rules=RULES)
        for name, net in SENDERS.items():
            lab.container(name, nets=[net], enabled="true" if name == "closed" else None)
        lab.start_all(["srv", *SENDERS])
        for net in (NET, ELSEWHERE, "bridge"):
            port = _admin(lab, net)
            lab.run("host", ["sh", "-c", f"ip link add {port} type veth peer name p{port} && ip link set {port} master {bridge(lab, net).device} up "
                                         f"&& ip link set p{port} up"])
        no_reverse_path(lab)
        in_each_state(context, lab, lambda when: JUDGES[when](context, lab))
