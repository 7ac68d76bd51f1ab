"""A managed container's reports of listeners (MLD) have room for a letter. The bridge hands them to the ports at which a router seems to be: each that
has sent a query. None gets one, also where no container is known to be behind the port (an image build) and the network has no guard."""

import struct

from agent import Agent
from frames import ICMPV6, Mark, ether, fire, group_mac, icmp, ip, link_local, shot
from lab import Lab
from links import bridge_device, link, place

NETS = ("front", "open", "bridge")
PAIRS = (("web", "front", "build"), ("web1", "open", "build1"), ("web2", "bridge", "build2"), ("web2", "bridge", "peer"))
QUERY, REPORT_2, REPORT_1, DONE = 130, 143, 131, 132
ALERT = bytes([ICMPV6, 0, 5, 2, 0, 0, 1, 0])
TRIES = 3


def _letters(src, data):
    """{title: (group, packet)}; all have the mark's bytes where a group's address ends."""
    group = bytes([0xff, 5, 0, 0]) + data
    name = ":".join(group[at:at + 2].hex() for at in range(0, 16, 2))
    made = {"version 2": ("ff02::16", REPORT_2, 1, struct.pack("!BBH", 4, 0, 0) + group), "version 1": (name, REPORT_1, 0, group),
            "done": ("ff02::2", DONE, 0, group)}
    return {title: (to, ip(src, to, ICMPV6, icmp(src, to, kind, 0, rest, body), 1, before=ALERT, first=0)) for title, (to, kind, rest, body) in made.items()}


def _ask(lab, node):
    """As a router."""
    mac = link(lab, node, "eth0")["address"]
    src = link_local(mac)
    packet = ip(src, "ff02::1", ICMPV6, icmp(src, "ff02::1", QUERY, 0, 100 << 16, bytes(16)), 1, before=ALERT, first=0)
    fire(lab, [shot(node, ether(group_mac("ff02::1"), mac, packet))])


def _gets(lab, name, net, to, wanted):
    """The kinds of reports that get there; wanted: one is enough."""
    me, came = place(lab, name, net), set()
    for _ in range(TRIES):
        if came and wanted:
            break
        _ask(lab, to)
        mark = Mark()
        for title, (group, packet) in _letters(me.local, mark.data).items():
            if to in fire(lab, [shot(name, ether(group_mac(group), me.mac, packet), mark.key)], sniff=[to]).get(mark.key, {}):
                came.add(title)
    return came


def _judge(context, lab, when, wanted):
    for name, net, to in PAIRS:
        came = _gets(lab, name, net, to, wanted)
        fault = None if bool(came) == wanted else f"these do: {sorted(came)}" if came else "none does"
        context.report(f"{when}: {name}'s reports get to {to}", fault)


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
        _judge(context, lab, "without", True)
        if not context.agent:
            return
        with Agent(lab, context.agent) as agent:
            _judge(context, lab, "with", False)
            agent.kill()
            _judge(context, lab, "dead", False)
