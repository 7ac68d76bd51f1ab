"""Forged source addresses: a managed endpoint may send from its own addresses only."""

from agent import Agent
from cases import container
from lab import Lab
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
    ("an address that nobody has", "web", "203.0.113.29", "srv", 4, False),
    ("an address that nobody has", "web", "2001:db8:0:11::77", "srv", 6, False),
    ("a neighbour's address", "web", "free", "srv", 4, False),
    ("a neighbour's address", "web", "free", "srv", 6, False),
    ("a foreign address, to the world", "web", "192.0.2.77", "outside", 4, False),
    ("a foreign address, to the host", "web", "203.0.113.29", "host", 4, False),
    ("a managed one's address", "web", "closed", "srv", 4, False),
    ("a closed one with a neighbour's address", "closed", "free", "srv", 4, False),
    ("a closed one with a neighbour's address", "closed", "free", "srv", 6, False),
    ("a closed one with an open one's address", "closed", "web", "srv", 4, False),
    ("a closed one with a link-local address of nobody", "closed", "fe80::77", "srv", 6, False),
    ("a closed one with its own address", "closed", "closed", "srv", 4, False),
    ("who may ask", "asker", "asker", "shy", 4, True),
    ("a managed one as who may ask", "web", "asker", "shy", 4, False),
    ("a managed one as who may ask", "web", "asker", "shy", 6, False),
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
        came = lab.arrives(sender, packet, receiver, timeout=300 if not wanted else 1500)
        fault = None if came == wanted else f"{'arrives' if came else 'does not arrive'} ({packet})"
        context.report(f"{when}: {sender} with {title}, to {receiver}", fault)


def _try_tracked(context, lab):
    """Nor may a forged packet slip into a flow that others have begun."""
    flows = [("asker", "shy", 4), ("asker", "shy", 6), ("free", "srv", 4), ("free", "srv", 6)]
    for number, (sender, receiver, family) in enumerate(flows):
        source, target = (lab.addr(name, "front", family) for name in (sender, receiver))
        port = 22000 + number
        begun = lab.probe(sender, f"udp {target} 53 sport={port} timeout=1500")
        came = lab.arrives("web", f"udp {source} {port} {target} 53", receiver)
        fault = begun.detail if begun.outcome != "pass" else "arrives" if came else None
        context.report(f"web in a flow of {sender} to {receiver}, IPv{family}", fault)


def run(context):
    with Lab(probe=context.probe) as lab:
        make_world(lab, NETWORKS, CONTAINERS)
        _try_all(context, lab, "without", managed=False, first_port=20000)
        if not context.agent:
            return
        with Agent(lab, context.agent) as agent:
            _try_all(context, lab, "with", managed=True, first_port=21000)
            _try_tracked(context, lab)
            agent.stop()
            for fault in agent.faults() or [None]:
                context.report("the agent's log and exit", fault)
            if context.failed:
                print(agent.tail())
