"""Forged source addresses: a managed endpoint may send from its own addresses only."""

import subprocess

from agent import Agent
from cases import container
from lab import Lab, LabError
from table import make_world

NETWORKS = {"front": {}, "back": {"ipv6": False}}
CONTAINERS = [
    container("srv", nets=["front"]),
    container("free", nets=["front"]),
    container("web", nets=["front"], rules="output: [{ips: [0.0.0.0/0, '::/0']}]"),
    container("two", nets=["front", "back"], rules="output: [{ips: [0.0.0.0/0, '::/0']}]"),
    container("closed", nets=["front"], enabled="true"),
    container("asker", nets=["front"], rules="output: [{network: front, container: shy, proto: udp, dst_ports: [53]}]"),
    container("shy", nets=["front"], enabled="true"),
]

# title, sender, forged source (a container, or an address), receiver, IP family, does it arrive with the program
PACKETS = [
    ("its own address", "web", "web", "srv", 4, True),
    ("its own address", "web", "web", "srv", 6, True),
    ("an address that no node has", "web", "203.0.113.29", "srv", 4, False),
    ("an address that no node has", "web", "2001:db8:0:11::77", "srv", 6, False),
    ("a neighbour's address", "web", "free", "srv", 4, False),
    ("a neighbour's address", "web", "free", "srv", 6, False),
    ("a foreign address, to the world", "web", "192.0.2.77", "outside", 4, False),
    ("a foreign address, to the host", "web", "203.0.113.29", "host", 4, False),
    ("a managed one's address", "web", "closed", "srv", 4, False),
    ("a closed one with a neighbour's address", "closed", "free", "srv", 4, False),
    ("a closed one with a neighbour's address", "closed", "free", "srv", 6, False),
    ("a closed one with an open one's address", "closed", "web", "srv", 4, False),
    ("a closed one with a link-local address that no node has", "closed", "fe80::77", "srv", 6, False),
    ("a closed one with its own address", "closed", "closed", "srv", 4, False),
    ("a container that may ask", "asker", "asker", "shy", 4, True),
    ("a managed one as one that may ask", "web", "asker", "shy", 4, False),
    ("a managed one as one that may ask", "web", "asker", "shy", 6, False),
    ("not managed", "free", "203.0.113.28", "srv", 4, True),
    ("not managed", "free", "2001:db8:0:11::78", "srv", 6, True),
]


def _address(lab, what, family):
    if what == "outside":
        return "192.0.2.100"
    if what == "host":
        return lab.gateway("front", family)
    return what if "." in what or ":" in what else lab.addr(what, "front", family)


def _try_all(context, lab, when, managed, first_port):
    """Every packet has a source port of its own: none belongs to a tracked flow."""
    for number, (title, sender, source, receiver, family, arrives) in enumerate(PACKETS):
        addresses = [_address(lab, what, family) for what in (source, receiver)]
        packet = f"udp {addresses[0]} {first_port + number} {addresses[1]} 53"
        wanted = arrives or not managed
        # one that must arrive may be lost on a busy machine: it is sent again; one that must not is sent once
        came = any(lab.arrives(sender, packet, receiver, timeout=300 if not wanted else 1500)
                   for _ in range(3 if wanted else 1))
        fault = None if came == wanted else f"{'arrives' if came else 'does not arrive'} ({packet})"
        context.report(f"{when}: {sender} with {title}, to {receiver}", fault)


def _try_tracked(context, lab):
    """Nor may a forged packet slip into a flow that other nodes have begun."""
    flows = [("asker", "shy", 4), ("asker", "shy", 6), ("free", "srv", 4), ("free", "srv", 6)]
    for number, (sender, receiver, family) in enumerate(flows):
        source, target = (lab.addr(name, "front", family) for name in (sender, receiver))
        port = 22000 + number
        begun = lab.probe(sender, f"udp {target} 53 sport={port} timeout=1500")
        came = lab.arrives("web", f"udp {source} {port} {target} 53", receiver)
        fault = begun.detail if begun.outcome != "pass" else "arrives" if came else None
        context.report(f"web in a flow of {sender} to {receiver}, IPv{family}", fault)


# "host unreachable" from argv 1 to argv 2, about a datagram of argv 3's port argv 5 to argv 4's port 53
ERROR = """
import socket, struct, sys
def total(data):
    words = sum(struct.unpack(f"!{len(data) // 2}H", data))
    words = (words >> 16) + (words & 0xffff)
    return ~(words + (words >> 16)) & 0xffff
def ip(proto, src, dst, body):
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(body), 1, 0, 64, proto, 0, *map(socket.inet_aton, (src, dst)))
    return head[:10] + struct.pack("!H", total(head)) + head[12:] + body
about = ip(17, sys.argv[3], sys.argv[4], struct.pack("!4H", int(sys.argv[5]), 53, 16, 0) + b"whatever")
body = struct.pack("!BBHI", 3, 1, 0, 0) + about
body = body[:2] + struct.pack("!H", total(body)) + body[4:]
out = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
out.sendto(ip(1, sys.argv[1], sys.argv[2], body), (sys.argv[2], 0))
"""
# waits for an ICMP error whose datagram came from port argv 1
WATCH = """
import socket, sys, time
s = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
s.settimeout(float(sys.argv[2]))
print("ready", flush=True)
end = time.monotonic() + float(sys.argv[2])
try:
    while time.monotonic() < end:
        data = s.recv(2000)
        if data[20] == 3 and int.from_bytes(data[48:50], "big") == int(sys.argv[1]):
            print("seen")
            break
except TimeoutError:
    pass
"""


def _error_arrives(lab, sender, flow, port, seconds):
    """An ICMP error of `sender` about the flow (from, to), which goes to the end that began it."""
    begin, end = (lab.addr(name, "front") for name in flow)
    watch = lab.popen(flow[0], ["python3", "-c", WATCH, port, seconds], stdout=subprocess.PIPE, text=True)
    if watch.stdout.readline() != "ready\n":
        raise LabError(f"the watcher does not start at {flow[0]}")
    lab.run(sender, ["python3", "-c", ERROR, lab.addr(sender, "front"), begin, begin, end, port])
    return watch.communicate()[0].startswith("seen")


def _try_errors(context, lab, managed):
    """An ICMP error is an answer in one's own flow; about another's it would be a packet to a node that its sender may not reach."""
    for number, (title, sender, flow, wanted) in enumerate([
            ("about its own flow", "shy", ("asker", "shy"), True),
            ("about a flow of neighbours", "closed", ("free", "srv"), not managed),
            ("about a flow of neighbours, with other rules", "asker", ("free", "srv"), not managed),
            ("not managed, about a flow of neighbours", "free", ("asker", "shy"), not managed)]):
        port = 23000 + number + (100 if managed else 0)
        begun = lab.probe(flow[0], f"udp {lab.addr(flow[1], 'front')} 53 sport={port} timeout=1500")
        came = _error_arrives(lab, sender, flow, port, 2.0 if wanted else 0.4)
        fault = begun.detail if begun.outcome != "pass" else None if came == wanted else "arrives" if came else "does not arrive"
        context.report(f"{'with' if managed else 'without'}: an error of {sender}, {title}", fault)


def run(context):
    with Lab(probe=context.probe) as lab:
        make_world(lab, NETWORKS, CONTAINERS)
        _try_all(context, lab, "without", managed=False, first_port=20000)
        _try_errors(context, lab, managed=False)
        if not context.agent:
            return
        with Agent(lab, context.agent) as agent:
            _try_all(context, lab, "with", managed=True, first_port=21000)
            _try_tracked(context, lab)
            _try_errors(context, lab, managed=True)
            agent.stop()
            for fault in agent.faults() or [None]:
                context.report("the agent's log and exit", fault)
            if context.failed:
                print(agent.tail())
