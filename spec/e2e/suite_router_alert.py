"""A packet that alerts routers (IPv6, an option for each hop) the kernel gives, before it forwards it and asks a hook, to each raw socket that wants
such, in any network namespace. So a managed container without rules could send a datagram to any container that may have raw sockets, and to the
host; and one that is not managed could send to it. A frame to a neighbour's MAC is forwarded so, too, where its destination is translated. What alerts
routers in IPv4 is heard on the host only."""

import ipaddress
import itertools
import struct
import subprocess

from agent import in_each_state
from frames import FRAGMENT, HOP_BY_HOP, ICMPV6, NS, UDP, Mark, ether, fire, icmp, ip, shot, udp
from lab import HOST6, OUTSIDE4, OUTSIDE6, Lab
from links import Place, bridge, bridge_device, link, no_reverse_path, place

NET, ELSEWHERE = "front", "back"
SENDERS = {"closed": NET, "free": NET, "loose": ELSEWHERE, "build": ELSEWHERE}
LISTENERS = ("host", "peer", "vault", "loose")
TRANSLATED = {NET: 8054, ELSEWHERE: 8053}  # to a container on the other network: what stays on one is not forwarded
ALERT = bytes([UDP, 0, 5, 2, 0, 0, 1, 0])
_idents = itertools.count(0x5000)
HEAR = """
import select, socket, sys
six = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_RAW)
six.setsockopt(socket.IPPROTO_IPV6, 22, 0)  # IPV6_ROUTER_ALERT
four = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_UDP)
four.setsockopt(socket.IPPROTO_IP, 5, 1)  # IP_ROUTER_ALERT
print("ready", flush=True)
while True:
    ready = select.select([six, four, sys.stdin], [], [])[0]
    for s in ready[:1]:
        if s is sys.stdin:
            sys.exit()
        data = s.recv(4096)
        at = data.find(b"~ww~") + 4
        if at > 3:
            print(data[at:at + 8].decode(), flush=True)
"""


def _ears(lab):
    ears = [(node, lab.popen(node, ["python3", "-c", HEAR], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)) for node in LISTENERS]
    for _, child in ears:
        child.stdout.readline()
    return ears


def _plain(src, dst, body):
    return [ip(src, dst, UDP, body, before=ALERT, first=HOP_BY_HOP)]


def _padded(src, dst, body):
    return [ip(src, dst, UDP, body, before=bytes([UDP, 1, 1, 2, 0, 0, 5, 2, 0, 0, 1, 4, 0, 0, 0, 0]), first=HOP_BY_HOP)]


def _late(src, dst, body):
    """Behind what looks like a header of padding only, but for its length."""
    return [ip(src, dst, UDP, body, before=bytes([UDP, 1, 1, 4, 0, 0, 0, 0, 5, 2, 0, 0, 1, 2, 0, 0]), first=HOP_BY_HOP)]


def _whole(src, dst, body):
    """In a fragment that is all of it: bridge netfilter takes the fragment's header off."""
    return [ip(src, dst, UDP, body, before=struct.pack("!BBHI", HOP_BY_HOP, 0, 0, next(_idents)) + ALERT, first=FRAGMENT)]


def _parts(src, dst, body):
    whole, ident = ALERT + body, next(_idents)
    return [ip(src, dst, UDP, part, before=struct.pack("!BBHI", HOP_BY_HOP, 0, at, ident), first=FRAGMENT)
            for at, part in ((1, whole[:24]), (24, whole[24:]))]


def _behind(src, dst, body):
    """Options for each hop, and then fragments."""
    ident = next(_idents)
    return [ip(src, dst, UDP, part, before=bytes([FRAGMENT]) + ALERT[1:] + struct.pack("!BBHI", UDP, 0, at, ident), first=HOP_BY_HOP)
            for at, part in ((1, body[:16]), (16, body[16:]))]


def _discovery(src, dst, body):
    """As neighbour discovery: it is looked at apart."""
    before = bytes([ICMPV6]) + ALERT[1:]
    return [ip(src, dst, ICMPV6, icmp(src, dst, NS, 0, 0, body), before=before, first=HOP_BY_HOP)]


KINDS = {"at once": _plain, "behind padding": _padded, "late": _late, "in one fragment": _whole, "in fragments": _parts, "before fragments": _behind,
         "as discovery": _discovery}


def _place(lab, name, net):
    """build: no container's, as far as the engine knows."""
    if name != "build":
        return place(lab, name, net)
    mac = link(lab, name, "eth0")["address"]
    return Place(name, net, mac, None, _beside(place(lab, "loose", net).v6), None, None, None)


def _beside(addr):
    return str(ipaddress.IPv6Address(addr) + 0x77)


def _ways(lab):
    """[(sender, title, shots, key)]"""
    found, peer, neighbours = [], place(lab, "peer", NET), {NET: place(lab, "peer", NET).mac, ELSEWHERE: place(lab, "far", ELSEWHERE).mac}
    for (name, net), (kind, make) in itertools.product(SENDERS.items(), KINDS.items()):
        me, gate = _place(lab, name, net), bridge(lab, net)
        ways = [("to the outside", OUTSIDE6[0], gate.mac), ("to a neighbour, by the host", peer.v6, gate.mac)]
        if kind != "as discovery":
            ways += [("to a translated port", HOST6, gate.mac), ("to a translated port, with a neighbour's MAC", HOST6, neighbours[net])]
        for title, dst, mac in ways:
            mark = Mark()
            body = udp(me.v6, dst, 4000, TRANSLATED[net] if dst == HOST6 else 8053, bytes(16) + mark.data)
            found.append((name, f"{title}, {kind}", [shot(name, ether(mac, me.mac, p), wait=15) for p in make(me.v6, dst, body)], mark.key))
    return found


def _way4(lab):
    me, mark = place(lab, "free", NET), Mark()
    packet = ip(me.v4, OUTSIDE4[0], UDP, udp(me.v4, OUTSIDE4[0], 4000, 8053, mark.data), options=bytes([148, 4, 0, 0]))
    return "free", "IPv4", [shot("free", ether(bridge(lab, NET).mac, me.mac, packet), wait=15)], mark.key


def _hear(lab, ways):
    """{sender: {way: the nodes that hear it}}"""
    ears = _ears(lab)
    fire(lab, [s for _, _, shots, _ in ways for s in shots])
    by_key = {key: set() for *_, key in ways}
    for node, child in ears:
        child.stdin.close()
        for key in child.stdout.read().split():
            by_key[key].add(node)
        child.wait()
    return {name: {title: by_key[key] for sender, title, _, key in ways if sender == name} for name in SENDERS}


def _control(context, lab):
    for name, ways in _hear(lab, _ways(lab)).items():
        for title, nodes in ways.items():
            context.report(f"without: {name} {title}", None if nodes == set(LISTENERS) else f"only {sorted(nodes)} hear it")
    heard = _hear(lab, [_way4(lab)])["free"]["IPv4"]
    context.report("without: what alerts routers in IPv4 the host hears, and no container", None if heard == {"host"} else f"{sorted(heard)} hear it")


def _judge(context, lab, when):
    for name, ways in _hear(lab, _ways(lab)).items():
        came = {title: sorted(nodes) for title, nodes in ways.items() if nodes}
        context.report(f"{when}: {name} alerts no router", f"heard: {came}" if came else None)


def _translate(lab):
    """As an engine without the userland proxy does."""
    rules = "; ".join(f"ip6 daddr {HOST6} udp dport {TRANSLATED[net]} dnat to [{addr}]:53" for net, addr in
                      ((ELSEWHERE, lab.addr("srv", NET, 6)), (NET, lab.addr("loose", ELSEWHERE, 6))))
    lab.run("host", ["nft", f"table ip6 translated {{ chain pre {{ type nat hook prerouting priority -110; {rules}; }}; }}"])


def run(context):
    with Lab(probe=context.probe) as lab:
        for net in (NET, ELSEWHERE):
            lab.network(net)
        lab.container("srv", nets=[NET], ports=["8053:53/udp"], rules="mapped_ports: {external: {allow: true}}")
        for name in ("closed", "vault"):
            lab.container(name, nets=[NET], enabled="true")
        for name in ("free", "peer"):
            lab.container(name, nets=[NET])
        for name in ("loose", "far"):
            lab.container(name, nets=[ELSEWHERE])
        lab.start_all(["srv", "closed", "vault", "free", "peer", "loose", "far"])
        lab.namespace("build", "veth-b0")
        lab.run("host", ["ip", "link", "set", "veth-b0", "master", bridge_device(lab, ELSEWHERE)])
        no_reverse_path(lab)
        _translate(lab)
        in_each_state(context, lab, lambda when: _control(context, lab) if when == "without" else _judge(context, lab, when))
