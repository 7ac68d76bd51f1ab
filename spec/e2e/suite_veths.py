"""Veths that are not Docker's work as ever, whatever they are called: one that the host routes through, and the ports of a bridge
that is the administrator's own. With them a managed container is on the machine, and a guarded network."""

from agent import Agent
from frames import (NONCE, NS, Field, Mark, address, datagram, echo, ether, fragments, group_mac, link_local, message, option,
                    router_advert, shot, solicited_node)
from lab import HOST4, HOST6, Lab
from links import link

# Named as Docker names its own: veth and seven hexadecimal digits.
ROUTED, PORTS = "vethfeed00d", {"left": "vetha11ce00", "right": "vethb0b0000"}
SIDE = ("198.51.100.226", "2001:db8:0:40::2")
GATE = ("198.51.100.225", "2001:db8:0:40::1")
OWN = {"left": ("198.51.100.242", "2001:db8:0:41::2"), "right": ("198.51.100.243", "2001:db8:0:41::3")}
OWN_GATE = ("198.51.100.241", "2001:db8:0:41::1")


def _world(lab):
    lab.network("front")
    lab.container("closed", nets=["front"], enabled="true")
    lab.container("free", nets=["front"])
    lab.start_all(["closed", "free"])
    lab.run("host", ["ip", "link", "add", "adm0", "type", "bridge"])
    lab.run("host", ["ip", "link", "set", "adm0", "up"])
    for addr, dev in ((f"{OWN_GATE[0]}/28", "adm0"), (f"{OWN_GATE[1]}/64", "adm0")):
        lab.run("host", ["ip", "addr", "add", addr, "dev", dev])
    lab.namespace("side", ROUTED, [f"{SIDE[0]}/28", f"{SIDE[1]}/64"], [f"default via {GATE[0]}", f"default via {GATE[1]}"])
    for addr in (f"{GATE[0]}/28", f"{GATE[1]}/64"):
        lab.run("host", ["ip", "addr", "add", addr, "dev", ROUTED])
    for name, port in PORTS.items():
        lab.namespace(name, port, [f"{OWN[name][0]}/28", f"{OWN[name][1]}/64"], [f"default via {OWN_GATE[0]}", f"default via {OWN_GATE[1]}"])
        lab.run("host", ["ip", "link", "set", port, "master", "adm0"])


def _ways(lab):
    """[(sender, line for wwprobe batch, the name that answers)]"""
    free = [lab.addr("free", "front", family) for family in (4, 6)]
    ends = [("side", GATE, "host"), ("side", (HOST4, HOST6), "host"), ("side", ("192.0.2.100", "2001:db8:ffff::100"), "outside"),
            ("side", OWN["left"], "left"), ("side", free, "free"), ("host", SIDE, "side"), ("outside", SIDE, "side"), ("free", SIDE, "side"),
            ("left", OWN["right"], "right"), ("left", OWN_GATE, "host"), ("left", ("192.0.2.100", "2001:db8:ffff::100"), "outside"),
            ("right", free, "free"), ("host", OWN["right"], "right"), ("outside", OWN["left"], "left"), ("free", OWN["left"], "left")]
    for sender, addresses, server in ends:
        for addr in addresses:
            yield from ((sender, f"{kind} {addr} {port} timeout=2000", server) for kind, port in (("tcp", 80), ("udp", 53), ("ping", 0)))


def _answers(context, lab, when):
    ways = list(_ways(lab))
    results = lab.probes([(sender, line) for sender, line, _ in ways])
    for (sender, line, server), result in zip(ways, results):
        right = result.outcome == "pass" and (line.startswith("ping") or result.server == server)
        context.report(f"{when}: {sender}: {line}", None if right else result.detail)


def _shots(lab):
    """[(title, shots, key, the node that must see it)]"""
    mac = {node: link(lab, node, "eth0")["address"] for node in ("side", "left", "right")}
    routed, own = (link(lab, "host", device)["address"] for device in (ROUTED, "adm0"))
    local = {node: link_local(m) for node, m in mac.items()}
    found = []

    def add(title, sender, seen, frames):
        mark = Mark()
        made = frames(mark.data)
        found.append((f"{title}: {sender} to {seen}", [shot(sender, f) for f in (made if isinstance(made, list) else [made])], mark.key, seen))

    for sender, sees, gate_mac, gates, addresses in (("side", "host's sockets", routed, GATE, SIDE),
                                                    ("left", "host's sockets", own, OWN_GATE, OWN["left"]),
                                                    ("left", "right", mac["right"], OWN["right"], OWN["left"]),
                                                    ("side", "outside", routed, ("192.0.2.100", "2001:db8:ffff::100"), SIDE),
                                                    ("left", "outside", own, ("192.0.2.100", "2001:db8:ffff::100"), OWN["left"])):
        me = mac[sender]
        for src, dst in zip(addresses, gates):
            add("a large datagram in fragments", sender, sees, lambda d, s=src, t=dst, m=gate_mac, me=me: [
                ether(m, me, part) for part in fragments(datagram(s, t, 4444, 5555, bytes(800) + d), int(d[-4:]), 600)])
            add("an echo request", sender, sees, lambda d, s=src, t=dst, m=gate_mac, me=me: ether(m, me, echo(s, t, d)))
        if sees == "outside":
            continue
        for group, src in (("224.0.0.251", addresses[0]), ("224.0.0.1", addresses[0]), ("ff02::fb", local[sender]), ("ff02::1", local[sender])):
            if group not in ("224.0.0.251", "ff02::fb") or sees != "host's sockets":  # the host is in no such group
                add(f"a datagram to {group}", sender, sees,
                    lambda d, g=group, s=src, me=me: ether(group_mac(g), me, datagram(s, g, 5353, 5353, d, hops=1)))
        add("a router advertisement", sender, sees, lambda d, s=local[sender], me=me: ether(
            group_mac("ff02::1"), me, router_advert(s, "ff02::1", option(NONCE, d), lifetime=0)))
        add("a neighbour solicitation", sender, sees, lambda d, s=local[sender], t=gates[1], me=me: ether(
            group_mac(solicited_node(t)), me, message(s, solicited_node(t), NS, 0, 0, address(t) + option(NONCE, d))))
    return found


TO_PORT = """
import socket, sys
port, local, group, single = sys.argv[1:5]
index = socket.if_nametoindex(port)
s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
for addr, mark in (("ff02::fb", group), (local, single)):
    s.sendto(b"~ww~" + mark.encode(), (addr, 5353, 0, index))
"""


def _from_host(lab, field):
    """Through the device itself: that of the routed veth, and that of a port."""
    found = []
    for node, port in (("side", ROUTED), ("left", PORTS["left"])):
        mac = link(lab, node, "eth0")["address"]
        marks = Mark(), Mark()
        lab.run("host", ["ip", "neigh", "replace", link_local(mac), "lladdr", mac, "dev", port])
        lab.run("host", ["python3", "-c", TO_PORT, port, link_local(mac), *(m.key for m in marks)])
        found += [(f"the host through {node}'s veth to {to}", [], mark.key, node) for to, mark in zip(("ff02::fb", "its link-local address"), marks)]
    return found


def _marks(context, lab, when):
    missing = None
    for _ in range(3):  # a busy machine may lose some
        with Field(lab, hear=["host"], sniff=["outside", "side", "left", "right"]) as field:
            tries = _shots(lab)
            field.fire([s for _, shots, _, _ in tries for s in shots])
            tries += _from_host(lab, field)
        lost = {title for title, _, key, node in tries if node not in field.seen.get(key, {})}
        missing = lost if missing is None else missing & lost
        if not missing:
            break
    for title, *_ in tries:
        context.report(f"{when}: {title}", "does not arrive" if title in missing else None)


def run(context):
    with Lab(probe=context.probe) as lab:
        _world(lab)
        for when in ("without", "with") if context.agent else ("without",):
            agent = Agent(lab, context.agent) if when == "with" else None
            if agent:
                agent.start()
            _answers(context, lab, when)
            _marks(context, lab, when)
            if agent:
                agent.stop()
                _answers(context, lab, "after it has stopped")
                for fault in agent.faults() or [None]:
                    context.report("the log and exit", fault)
