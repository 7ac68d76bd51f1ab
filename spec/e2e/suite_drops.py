"""Dropped packets: each reason with real containers, the log's line field by field, the counters, and a flood."""

import re
import time

from agent import Agent
from cases import container, resolve
from lab import HOST4, Lab, wait_until
from table import make_world

NETWORKS = {"front": {}, "back": {"ipv6": False}}
WEB = ("output: [{network: front, container: db, proto: tcp, dst_ports: [5432]},"
       " {ips: [192.0.2.100], proto: udp, dst_ports: [9001], verdict: {chain: back}}]")
CONTAINERS = [
    container("web", nets=["front"], rules=WEB, ports=["8080:80", "8053:53/udp"]),
    container("db", nets=["front"], enabled="true"),
    container("old", nets=["back"], enabled="true", ports=["8081:80"]),
    container("shut", nets=["front"], rules="outputs: []"),
    container("free", nets=["front"]),
]
EXPECTED = ["quarantined"]
ALLOW = "allows it"

# title, way, container, and the fields of the line
ROWS = [
    ("to the world", "web -> outside:53/udp", "web",
     {"direction": "out", "peer": "192.0.2.100", "proto": "udp", "port": 53, "drop": "out", "reason": "no output rule"}),
    ("to the world, IPv6", "web -> outside:443/tcp6", "web",
     {"direction": "out", "peer": "2001:db8:ffff::100", "proto": "tcp", "port": 443, "drop": "out", "reason": "no output rule"}),
    ("to the world, SCTP", "web -> outside:9000/sctp", "web",
     {"direction": "out", "peer": "192.0.2.100", "proto": "sctp", "port": 9000, "drop": "out", "reason": "no output rule"}),
    ("an echo", "web -> outside/icmp", "web",
     {"direction": "out", "peer": "192.0.2.100", "proto": "icmp", "icmp.type": 8, "icmp.code": 0, "drop": "out",
      "reason": "no output rule"}),
    ("an echo, IPv6", "web -> outside/icmp6", "web",
     {"direction": "out", "peer": "2001:db8:ffff::100", "proto": "icmpv6", "icmp.type": 128, "icmp.code": 0, "drop": "out",
      "reason": "no output rule"}),
    ("to an unmanaged neighbour", "web -> free:80/tcp", "web",
     {"direction": "out", "peer": "@free", "peer.name": "free", "proto": "tcp", "port": 80, "drop": "out",
      "reason": "no output rule"}),
    ("to a managed one, at another port", "web -> db:80/tcp6", "web",
     {"direction": "out", "peer": "@db", "peer.name": "db", "proto": "tcp", "port": 80, "drop": "out",
      "reason": "no output rule"}),
    ("to the host", "web -> host:80/tcp", "web",
     {"direction": "out", "peer": "@host", "peer.name": "host", "proto": "tcp", "port": 80, "drop": "out",
      "reason": "no output rule"}),
    ("of a quarantined one", "shut -> outside:53/udp", "shut",
     {"direction": "out", "peer": "192.0.2.100", "proto": "udp", "port": 53, "drop": "out", "reason": "quarantined"}),
    ("from an unmanaged neighbour", "free -> db:5432/tcp", "db",
     {"direction": "in", "peer": "@free", "peer.name": "free", "proto": "tcp", "port": 5432, "drop": "in", "reason": ALLOW}),
    ("from an unmanaged neighbour, IPv6", "free -> db:5432/udp6", "db",
     {"direction": "in", "peer": "@free", "peer.name": "free", "proto": "udp", "port": 5432, "drop": "in", "reason": ALLOW}),
    ("from the world, through a published port", "outside -> pub:8080/tcp", "web",
     {"direction": "in", "peer": "192.0.2.100", "proto": "tcp", "port": 80, "drop": "in", "reason": "mapped_ports.external"}),
    ("from the world, to the proxy's end", "outside -> pub:8081/tcp6", "old",
     {"direction": "in", "peer": "2001:db8:ffff::100", "proto": "tcp", "port": 8081, "drop": "port",
      "reason": "mapped_ports.external"}),
    ("from the host", "host -> db:5432/tcp", "db",
     {"direction": "in", "peer": "@host", "peer.name": "host", "proto": "tcp", "port": 5432, "drop": "host",
      "reason": "mapped_ports.localhost"}),
    ("from the host, to the published port", "host -> lo:8080/tcp", "web",
     {"direction": "in", "peer": "127.0.0.1", "peer.name": "host", "proto": "tcp", "port": 8080, "drop": "port",
      "reason": "mapped_ports.localhost"}),
    ("multicast", "free -> 224.0.0.251:9/udp", "db",
     {"direction": "in", "address": "224.0.0.251", "peer": "@free", "peer.name": "free", "proto": "udp", "port": 9, "drop": "bridge",
      "reason": "broadcast and multicast do not come to a managed container"}),
    ("returned by a chain", "web -> outside:9001/udp", "web",
     {"direction": "out", "peer": "192.0.2.100", "proto": "udp", "port": 9001, "drop": "chain", "reason": "returned it"}),
]


def _difference(line, wanted):
    for key, value in wanted.items():
        got = line.get(key)
        if not (value in got if key == "reason" and got else got == value):
            return f"{key} is {got!r}, not {value!r}: {line}"
    return None


def _expect(context, lab, agent, title, name, wanted, act):
    """After act() there is a line about the container that has all of these fields."""
    mark = agent.mark()
    wanted = {**wanted, "container.id": lab.inspect(name)["Id"][:12], "container.name": name}
    act()
    kind = {"container.name": name, "drop": wanted["drop"]}
    try:
        lines = wait_until(f"a line about {name}", lambda: agent.lines(mark, msg="packet dropped", **kind), 3)
    except Exception as error:  # noqa: BLE001 — said with the title, and the next is tried
        context.report(title, f"{error}\n{agent.tail(5)}")
        return
    faults = [_difference(line, wanted) for line in lines]
    context.report(title, None if None in faults else faults[0])


def _address(lab, way, name):
    family = 6 if way.endswith("6") else 4
    if name == "host":
        return lab.gateway("front", family)
    return lab.addr(name, "front", family)


def _try_rows(context, lab, agent):
    for title, way, name, wanted in ROWS:
        sender, line, _ = resolve(lab, way)
        peer = wanted["peer"]
        if peer.startswith("@"):
            wanted = {**wanted, "peer": _address(lab, way, peer[1:])}
        _expect(context, lab, agent, title, name, wanted, lambda s=sender, text=line: lab.probe(s, text + " timeout=300"))
        time.sleep(0.4)  # the samples' budget


ACK = """
import socket, struct, sys
s = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_TCP)
s.setsockopt(socket.IPPROTO_IPV6, 7, 16)
s.sendto(struct.pack("!HHIIBBHHH", 7, int(sys.argv[2]), 1, 1, 0x50, 0x10, 512, 0, 0), (sys.argv[1], 0))
"""


def _try_forged(context, lab, agent):
    """What no probe sends."""
    web, free = lab.addr("web", "front"), lab.addr("free", "front")
    mac = lab.inspect("web")["NetworkSettings"]["Networks"]["front"]["MacAddress"]
    rows = [
        ("from an address that is not its own", "web", "web", f"udp {free} 40001 192.0.2.100 53",
         {"direction": "out", "peer": "192.0.2.100", "address": free, "mac": mac, "drop": "spoof", "reason": "not its own"}),
        ("from a container's address by another", "web", "free", f"udp {web} 40002 192.0.2.100 53",
         {"direction": "out", "peer": "192.0.2.100", "address": web, "drop": "forged", "reason": "another sender"}),
        ("from a published port, to a client that did not ask", "web", "host", f"udp {HOST4} 8053 192.0.2.100 7000",
         {"direction": "out", "peer": "192.0.2.100", "proto": "udp", "port": 8053, "drop": "stale", "reason": "answers nothing"}),
    ]
    for title, name, sender, packet, wanted in rows:
        _expect(context, lab, agent, title, name, wanted,
                lambda s=sender, p=packet: lab.run(s, [lab.probe_path, "raw", *p.split()], check=False))  # the host is told EPERM
    target = lab.addr("db", "front", 6)
    _expect(context, lab, agent, "in the midst of no flow", "web",
            {"direction": "out", "peer": target, "peer.name": "db", "proto": "tcp", "port": 5432, "drop": "invalid"},
            lambda: lab.run("web", ["python3", "-c", ACK, target, 5432]))


def _counted(lab, reason, address):
    text = lab.run("host", ["nft", "list", "set", "inet", "whalewall", f"drop_{reason}{6 if ':' in address else 4}"])
    found = re.search(rf"\b{re.escape(address)} counter packets (\d+)", text)
    return int(found.group(1)) if found else 0


REASONS = {"web": {"out", "in", "port", "chain", "spoof", "forged", "invalid", "bridge"}, "db": {"in", "host", "bridge"}, "old": {"port"},
           "shut": {"out", "bridge"}, "free": None}


def _try_status(context, lab, agent):
    dropped = {c["name"]: c["dropped"] for c in agent.ask()[1]["containers"]}  # {container: {reason: packets}}
    for name, reasons in REASONS.items():
        got = set(dropped[name]) if name in dropped else None
        context.report(f"status: reasons of {name}", None if got == reasons else f"{got}, not {reasons}")
    wanted = sum(_counted(lab, "out", lab.addr("web", "front", family)) for family in (4, 6))
    got = dropped["web"]["out"]
    context.report("status: as the kernel counts", None if got == wanted else f"{got}, not {wanted}")


FLOOD = """
import socket, sys, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for i in range(int(sys.argv[2])): s.sendto(b"x", (sys.argv[1], 53))
"""
MANY = 20000


def _try_flood(context, lab, agent):
    web = lab.addr("web", "front")
    time.sleep(2)  # five reports at once are allowed again: a quick flood is over before there is one more
    before, mark, begin = _counted(lab, "out", web), agent.mark(), time.monotonic()
    lab.run("web", ["python3", "-c", FLOOD, "192.0.2.100", MANY])
    took = time.monotonic() - begin
    time.sleep(0.5)
    number = _counted(lab, "out", web) - before
    context.report("each packet of a flood is counted", None if number == MANY else f"{number} of {MANY}")
    wait_until("the log says so", lambda: agent.lines(mark, msg="packet dropped"), 5)
    lines = len(agent.lines(mark, msg="packet dropped"))
    most = 8 + 3 * (time.monotonic() - begin)
    context.report("a flood is a few lines", None if 1 <= lines <= most else f"{lines} lines in {took:.1f} s")
    agent.kill()
    agent.start()
    number = _counted(lab, "out", web) - before
    context.report("a restart keeps the counters", None if number >= MANY else f"{number} of {MANY}")
    _expect(context, lab, agent, "after the restart", "web", {"drop": "out", "port": 53},
            lambda: lab.probe("web", "udp 192.0.2.100 53 timeout=300"))
    lab.stop("web")
    lab.start("web")
    wait_until("a counter that begins anew", lambda: _counted(lab, "out", lab.addr("web", "front")) < MANY, 3)
    context.report("counters go with their container")


def run(context):
    with Lab(probe=context.probe) as lab:
        make_world(lab, NETWORKS, CONTAINERS)
        if not context.agent:
            context.report("nothing to try without the program")
            return
        with Agent(lab, context.agent, args=["-shared-table"]) as agent:
            time.sleep(0.5)  # "ready" is said before it watches for missing chains
            lab.run("host", ["nft", "add chain inet whalewall back"])
            wait_until("web's rules", lambda: agent.lines(msg="container enforced", **{"container.name": "web"}), 10)
            _try_rows(context, lab, agent)
            _try_forged(context, lab, agent)
            _try_status(context, lab, agent)
            _try_flood(context, lab, agent)
            agent.stop()
            for fault in agent.faults(EXPECTED) or [None]:
                context.report("the agent's log and exit", fault)
