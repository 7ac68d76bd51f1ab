"""
The data plane: packets a second of established flows, connections a second.

    outside 192.0.2.100 ── veth ── host: bridge, conntrack, masquerade ── veth ── a managed and an unmanaged container

Every layout is in the host's namespace all the time; all but one are dormant, which takes their hooks out.
"""

import os
import subprocess
import time

from namespaces import Namespaces, run
from population import OUTSIDE, PORT
from programs import Agent, Engine

HOST_OUTSIDE = "192.0.2.1"
NAT = """
table ip nat {
    chain postrouting { type nat hook postrouting priority srcnat; oifname "out0" masquerade; }
}
table inet hook1 {
    chain forward { type filter hook forward priority -10; ct state established accept; }
}
table inet hook2 {
    chain forward { type filter hook forward priority -10; ct state established accept; }
}
"""


class Bed:
    """The namespaces and what connects them, with the addresses that the pretended engine gave."""

    def __init__(self, spaces):
        self.spaces = spaces
        self.host = spaces.make("host")
        self.outside = spaces.make("outside")
        self.containers = {}
        self.host.sysctl("net.ipv4.ip_forward", 1)
        for key in ("iptables", "ip6tables"):
            self.host.sysctl(f"net.bridge.bridge-nf-call-{key}", 1)
        self.host.ip("link", "add", "out0", "type", "veth", "peer", "name", "eth0", "netns", self.outside.name)
        self.host.ip("link", "set", "out0", "up")
        self.host.ip("address", "add", f"{HOST_OUTSIDE}/24", "dev", "out0")
        self.outside.ip("address", "add", f"{OUTSIDE}/24", "dev", "eth0")
        self.outside.ip("link", "set", "eth0", "up")
        self.host.nft(NAT)

    def bridge(self, network_id, gateway):
        name = f"br-{network_id[:12]}"
        self.host.ip("link", "add", name, "type", "bridge")
        self.host.ip("address", "add", f"{gateway}/25", "dev", name)
        self.host.ip("link", "set", name, "up")
        return name

    def container(self, role, bridge, address, mac, gateway):
        space = self.spaces.make(role)
        port = f"v-{role}"
        self.host.ip("link", "add", port, "type", "veth", "peer", "name", "eth0", "address", mac, "netns", space.name)
        self.host.ip("link", "set", port, "master", bridge, "up")
        space.ip("address", "add", f"{address}/25", "dev", "eth0")
        space.ip("link", "set", "eth0", "up")
        space.ip("route", "add", "default", "via", gateway)
        self.containers[role] = space


def put_usual(tools, bed, rows, rules):
    addresses = "\n".join(row[1] for row in rows if row[0] != rows[-1][0])
    run(tools.wwbench, "usual", bed.host.path, "usual", rules, OUTSIDE, PORT, input=addresses)


def put_whalewall(tools, bed, engine, folder):
    """Its rules stay when it ends."""
    with Agent(tools.agent, bed.host, engine, folder) as agent:
        agent.ready_after()
        time.sleep(0.2)
        return agent.cpu()


LAYOUTS = ("none", "hook 1 hook1", "hook-again 1 hook2", "usual 1 usual", "whalewall 1 whalewall 7 whalewall")


def instructions(bed, rounds, seconds):
    lines = [f"host {bed.host.path}", f"core {os.cpu_count() - 1}", f"rounds {rounds} {seconds}"]
    lines += [f"layout {layout}" for layout in LAYOUTS]
    lines += [
        f"flow {role} {space.path} {bed.outside.path} {OUTSIDE} {PORT}" if role == "managed"
        else f"flow {role} {space.path} {bed.outside.path} {OUTSIDE} {PORT + 1}"
        for role, space in bed.containers.items()
    ]
    return "\n".join(lines) + "\n"


def run_rounds(tools, what, text):
    """
    {layout: {"managed out": [a second, …], …}}, round by round. A second is one of the core's time spent on it: what other
    programs take of the core, on a machine that is not idle, is left out.
    """
    done = subprocess.run([str(tools.wwbench), what], input=text, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr.strip())
    result = {}
    for line in done.stdout.splitlines():
        words = line.split()
        if words[0] == "dropped":
            if int(words[1]):
                raise RuntimeError(f"{words[1]} packets were never filtered: the figures would be too good")
            continue
        layout, flow, way, number, _, own = words
        result.setdefault(layout, {}).setdefault(f"{flow} {way}", []).append(int(number) * 1e9 / int(own))
    return result


def measure(tools, folder, containers, rules, rounds, seconds):
    with Namespaces() as spaces, Engine(folder, containers, rules, unmanaged=1) as engine:
        bed = Bed(spaces)
        rows = engine.do("addresses")
        last = [row for row in rows if row[4] == rows[-1][4]]  # of the network that the unmanaged one is on
        bridge = bed.bridge(last[0][4], last[0][5])
        for role, row in (("managed", last[0]), ("unmanaged", last[-1])):
            bed.container(role, bridge, row[1], row[2], row[5])
        put_usual(tools, bed, rows, rules)
        data = folder / f"data-{rules}"
        data.mkdir()
        put_whalewall(tools, bed, engine, data)
        text = instructions(bed, rounds, seconds)
        return {
            "rules": rules,
            "containers": containers,
            "packets": run_rounds(tools, "packets", text),
            "connections": run_rounds(tools, "connections", text),
        }
