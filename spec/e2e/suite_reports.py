"""A managed container's reports of listeners (MLD, IGMP) have room for a letter. The bridge hands them to the ports at which a router seems to be: each that
has sent a query. None gets one, also where no container is known to be behind the port (an image build) and the network has no guard. To the host
those of IPv6 come in one piece, behind the option that such have: fragments of one could be of any size. Those of IPv4 are judged by the container's
rules, as any packet."""

import contextlib
import itertools
import struct
import subprocess

from agent import Agent, in_each_state
from frames import FRAGMENT, HOP_BY_HOP, ICMPV6, Mark, address, ether, fire, group_mac, icmp, ip, link_local, shot
from lab import Lab
from links import bridge, bridge_device, link, place, set_bridge_nf

NETS = ("front", "open", "bridge")
PAIRS = (("web", "front", "build"), ("web1", "open", "build1"), ("web2", "bridge", "build2"), ("web2", "bridge", "peer"))
QUERY, REPORT_2, REPORT_1, DONE = 130, 143, 131, 132
IGMP, IGMP_QUERY, IGMP_REPORT_2, IGMP_REPORT_3 = 2, 0x11, 0x16, 0x22
GROUPS_4 = {"version 2": ("239.1.2.3", IGMP_REPORT_2), "version 3": ("224.0.0.22", IGMP_REPORT_3)}
ALERT = bytes([ICMPV6, 0, 5, 2, 0, 0, 1, 0])
ALERT_4 = bytes([148, 4, 0, 0])
TRIES = 3
FILL = 480  # what a report in one piece has no room for
_idents = itertools.count(0x6000)
JOIN = """
import socket, sys
six, four = (socket.socket(family, socket.SOCK_DGRAM) for family in (socket.AF_INET6, socket.AF_INET))
for index in sys.argv[1:]:
    at = int(index).to_bytes(4, sys.byteorder)
    six.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, socket.inet_pton(socket.AF_INET6, "ff02::16") + at)
    for group in ("224.0.0.22", "239.1.2.3"):
        four.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton(group) + bytes(4) + at)
print("ready", flush=True)
sys.stdin.read()
"""


def _letters(src, data):
    """{title: (group, packet)}; all have the mark's bytes where a group's address ends."""
    group = bytes([0xff, 5, 0, 0]) + data
    name = ":".join(group[at:at + 2].hex() for at in range(0, 16, 2))
    made = {"version 2": ("ff02::16", REPORT_2, 1, struct.pack("!BBH", 4, 0, 0) + group), "version 1": (name, REPORT_1, 0, group),
            "done": ("ff02::2", DONE, 0, group)}
    return {title: (to, ip(src, to, ICMPV6, icmp(src, to, kind, 0, rest, body), 1, before=ALERT, first=0)) for title, (to, kind, rest, body) in made.items()}


def _letters_4(src, data):
    def packet(group, kind):
        rest = 1 if kind == IGMP_REPORT_3 else int.from_bytes(address(group), "big")
        return ip(src, group, IGMP, icmp(src, group, kind, 0, rest, bytes([4, 0, 0, 0, 239, 1, 2, 3]) + data), 1, options=ALERT_4)

    return {title: (group, packet(group, kind)) for title, (group, kind) in GROUPS_4.items()}


def _ask(lab, node):
    """As a router."""
    mac = link(lab, node, "eth0")["address"]
    src = link_local(mac)
    packet = ip(src, "ff02::1", ICMPV6, icmp(src, "ff02::1", QUERY, 0, 100 << 16, bytes(16)), 1, before=ALERT, first=0)
    packet_4 = ip("192.0.2.77", "224.0.0.1", IGMP, icmp("192.0.2.77", "224.0.0.1", IGMP_QUERY, 100), 1, options=ALERT_4)
    fire(lab, [shot(node, ether(group_mac(to), mac, p)) for to, p in (("ff02::1", packet), ("224.0.0.1", packet_4))])


def _gets(lab, name, net, to, wanted, family):
    """The kinds of reports that get there; wanted: one is enough."""
    me, came = place(lab, name, net), set()
    for _ in range(TRIES):
        if came and wanted:
            break
        _ask(lab, to)
        mark = Mark()
        letters = _letters(me.local, mark.data) if family == 6 else _letters_4(me.v4, mark.data)
        for title, (group, packet) in letters.items():
            if to in fire(lab, [shot(name, ether(group_mac(group), me.mac, packet), mark.key)], sniff=[to]).get(mark.key, {}):
                came.add(title)
    return came


def _head(then, at):
    """Of a fragment; at: where it begins, and 1 where more follow."""
    return struct.pack("!BBHI", then, 0, at, next(_idents))


def _cut(then, whole, cut):
    """A fragment's header and its part, twice."""
    ident = _head(then, 1)[4:]
    return [_head(then, 1)[:4] + ident + whole[:cut], _head(then, cut)[:4] + ident + whole[cut:]]


def _large(src, data):
    """{title: packets}; the mark is behind the first fragment."""
    def packets(to, parts, first=FRAGMENT, before=b""):
        return [ip(src, to, ICMPV6, part, 1, before=before, first=first) for part in parts]

    def message(to, kind):
        rest, body = (1, struct.pack("!BBH", 4, 0, 0) + bytes(16)) if kind == REPORT_2 else (0, bytes(16))
        return icmp(src, to, kind, 0, rest, body + bytes(FILL) + data)

    report, done = message("ff02::16", REPORT_2), message("ff02::2", DONE)
    before = bytes([FRAGMENT]) + ALERT[1:]
    return {"in fragments": packets("ff02::16", _cut(ICMPV6, report, 240)),
            "in fragments, version 1": packets("ff02::2", _cut(ICMPV6, done, 24)),
            "the option in them": packets("ff02::16", _cut(HOP_BY_HOP, ALERT + report, 240)),
            "the option before them": packets("ff02::16", _cut(ICMPV6, report, 240), HOP_BY_HOP, before),
            "the option before them, version 1": packets("ff02::2", _cut(ICMPV6, done, 24), HOP_BY_HOP, before),
            "within a fragment": packets("ff02::16", [_head(FRAGMENT, 0) + part for part in _cut(ICMPV6, report, 240)])}


@contextlib.contextmanager
def _joined(lab):
    """A daemon of the host that routes groups is in that of reports on each link."""
    indexes = [str(link(lab, "host", bridge_device(lab, net))["ifindex"]) for net in NETS]
    child = lab.popen("host", ["python3", "-c", JOIN, *indexes], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        child.stdout.readline()
        yield
    finally:
        child.stdin.close()
        child.wait()


def _host_hears(lab, name, net):
    """The large reports, and those of IPv4, that get to sockets of the host; and which there are."""
    me, gate, shots, titles = place(lab, name, net), bridge(lab, net), [], {}
    for mac, src in itertools.product((None, gate.mac), (me.v6, me.local)):
        for title in _large(src, b""):
            mark = Mark()
            titles[mark.key] = f"{title}{', to the MAC of the bridge' * bool(mac)}{', from the link' * (src == me.local)}"
            for packet in _large(src, mark.data)[title]:
                to = mac or ("33:33:00:00:00:16" if packet[39] == 0x16 else "33:33:00:00:00:02")
                shots.append(shot(name, ether(to, me.mac, packet), mark.key, wait=4))
    for mac, title in ((None, "version 3"), (gate.mac, "version 2"), (gate.mac, "version 3")):  # to its group the bridge keeps that of version 2
        mark = Mark()
        group, packet = _letters_4(me.v4, mark.data)[title]
        titles[mark.key] = f"{title} of IPv4{', to the MAC of the bridge' * bool(mac)}"
        shots.append(shot(name, ether(mac or group_mac(group), me.mac, packet), mark.key, wait=4))
    seen = fire(lab, shots, hear=["host"])
    return {titles[key] for key in titles if seen.get(key)}, set(titles.values())


def _judge_large(context, lab, when, wanted):
    for name, net in dict((name, net) for name, net, _ in PAIRS).items():
        with _joined(lab):
            came, ways = _host_hears(lab, name, net)
        if wanted:
            fault = f"these do not: {sorted(ways - came)}" if ways - came else None
        else:
            fault = f"these do: {sorted(came)}" if came else None
        context.report(f"{when}: large reports of {name}, and those of IPv4, get to the host", fault)


def _judge(context, lab, when, wanted, families=(6, 4)):
    for (name, net, to), family in itertools.product(PAIRS, families):
        came = _gets(lab, name, net, to, wanted, family)
        fault = None if bool(came) == wanted else f"these do: {sorted(came)}" if came else "none does"
        context.report(f"{when}: {name}'s reports of IPv{family} get to {to}", fault)


def _judge_all(context, lab, when, wanted):
    _judge(context, lab, when, wanted)
    _judge_large(context, lab, when, wanted)


def run(context):
    with Lab(probe=context.probe) as lab:
        lab.network("front")
        lab.network("open", labels={"whalewall.guard": "false"})
        for number, net in enumerate(NETS):
            suffix = str(number or "")
            lab.container(f"web{suffix}", nets=[net], enabled="true")
            lab.namespace(f"build{suffix}", f"veth-b{number}")
            lab.run("host", ["ip", "link", "set", f"veth-b{number}", "master", bridge_device(lab, net)])
        lab.container("peer", nets=["bridge"])
        lab.start_all(["web", "web1", "web2", "peer"])
        in_each_state(context, lab, lambda when: _judge_all(context, lab, when, when == "without"))
        if not context.agent:
            return
        set_bridge_nf(lab, False)
        with Agent(lab, context.agent) as agent:
            _judge(context, lab, "bridge-nf 0", False, [6])  # what stays within a bridge is not judged then, but these are known by their kind
            _judge_large(context, lab, "bridge-nf 0", False)
