"""Endpoints are bound to their bridge port: early, wherever the kernel tells it, and whatever a container forges."""

import re
import signal

from agent import Agent
from cleanup import LabError, wait_until
from lab import Lab

NETWORKS = {"guarded": {}, "open": {"labels": {"whalewall.guard": "false"}}}
PORTS = {"guarded": 40000, "open": 41000}  # each its own: the host's address is the same outside
OUT = "output: [{proto: udp, dst_ports: [53], ips: [0.0.0.0/0, '::/0']}]"


def _ports(lab):
    """What is bound: {the first 12 digits of a container's id: its port}."""
    if "table bridge whalewall" not in lab.own_tables():
        return {}
    text = lab.run("host", ["nft", "list", "set", "bridge", "whalewall", "port"], check=False)
    return {comment: port for port, comment in re.findall(r'("[^"]+"|\d+) comment "([0-9a-f]{12})"', text)}


def _is_bound(lab, name):
    return lab.inspect(name)["Id"][:12] in _ports(lab)


def _take_identity(lab, thief, owner, net):
    """Its interface gets the owner's MAC, and its address, too."""
    mac = lab.inspect(owner)["NetworkSettings"]["Networks"][net]["MacAddress"]
    lab.run(thief, ["ip", "link", "set", "eth0", "address", mac])
    lab.run(thief, ["ip", "addr", "add", f"{lab.addr(owner, net)}/32", "dev", "eth0"])


def _forge(context, lab, net):
    """A closed container becomes its neighbour: with its MAC and address, in its flow."""
    owner, thief = f"free-{net}", f"thief-{net}"
    lab.container(owner, nets=[net])
    lab.container(thief, nets=[net], enabled="true")
    lab.start_all([owner, thief])
    wait_until("it is bound", lambda: _is_bound(lab, thief), 5)
    flow, other = (f"udp {lab.addr(owner, net)} {PORTS[net] + n} 192.0.2.100 53" for n in (1, 2))
    sent = any(lab.arrives(owner, flow, "outside", timeout=1500) for _ in range(3))
    context.report(f"{net}: the owner's flow", None if sent else "does not arrive")
    _take_identity(lab, thief, owner, net)
    came = lab.arrives(thief, flow, "outside")
    context.report(f"{net}: the same from a node that took its MAC and address", "arrives" if came else None)
    came = lab.arrives(thief, other, "outside")
    context.report(f"{net}: a new flow of the thief's", "arrives" if came else None)
    lab.remove(thief)
    sent = any(lab.arrives(owner, flow, "outside", timeout=1500) for _ in range(3))
    context.report(f"{net}: the owner again", None if sent else "does not arrive")


def _succeed(context, lab, agent, net):
    """The program is stopped, one that may talk ends, another gets its address, and before engine 28 its MAC."""
    first, heir = f"first-{net}", f"heir-{net}"
    lab.container(first, nets=[net], rules=OUT)
    lab.start(first)
    wait_until("it is bound", lambda: _is_bound(lab, first), 5)
    address = lab.addr(first, net)
    agent.process.send_signal(signal.SIGSTOP)
    lab.remove(first)
    lab.container(heir, nets=[net], ips={net: (address, None)})
    lab.start(heir)
    packet = f"udp {address} {PORTS[net] + 3} 192.0.2.100 53"
    context.report(f"{net}: the heir while the program is stopped",
                   "sends" if lab.arrives(heir, packet, "outside") else None)
    agent.process.send_signal(signal.SIGCONT)
    try:
        wait_until("the heir sends", lambda: lab.arrives(heir, packet, "outside"), 5)
        context.report(f"{net}: the heir when it is back")
    except LabError:
        context.report(f"{net}: the heir when it is back", "is still stopped")


def _early(context, lab):
    """A container is bound before its first instruction, or (an engine that moves the peer late) right before."""
    names = [lab.container(f"early{n}", nets=["open"], rules=OUT) for n in range(8)]
    lab.start_all(names, workers=4)
    try:
        wait_until("all are bound", lambda: all(_is_bound(lab, name) for name in names), 5)
        context.report("8 at a time are bound")
    except LabError:
        context.report("8 at a time are bound", f"only {sorted(_ports(lab).values())}")
    lab.restart(names[0])
    for name in names:
        lab.remove(name)
    try:
        wait_until("no endpoint is bound", lambda: not _ports(lab), 5)
        context.report("an endpoint that is gone is not bound any more")
    except LabError:
        context.report("an endpoint that is gone is not bound any more", str(_ports(lab)))


def run(context):
    if not context.agent:
        return
    with Lab(probe=context.probe) as lab, Agent(lab, context.agent) as agent:
        for name, more in NETWORKS.items():
            lab.network(name, **more)
        _early(context, lab)
        for net in NETWORKS:
            _forge(context, lab, net)
            _succeed(context, lab, agent, net)
        context.report("the log", "; ".join(map(str, agent.faults())) or None)
