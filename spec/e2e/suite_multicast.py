"""Broadcast and multicast on one bridge: none reaches a managed container that does not allow it, none leaves it. And neighbour
discovery or multicast listener messages carry nothing out of the link."""

import ipaddress
import subprocess
import time

from agent import Agent
from cleanup import wait_until
from early import figures, flooder
from floods import PUBLISHED, Floods
from lab import OUTSIDE6, Lab, LabError

NET = "front"
GROUPS = ("224.0.0.251%eth0", "ff02::fb%eth0")
CLOSED = {"whalewall.enabled": "true"}
OUT = {"whalewall.enabled": "true", "whalewall.rules": "output: [{ips: [0.0.0.0/0, '::/0']}]"}
TO_MANAGED = (("free", "closed"), ("talker", "closed"), ("host-many", "closed"), ("free", "talker"))
FROM_MANAGED = (("closed", "srv"), ("closed", "free"), ("closed", "talker"))
OTHERS = (("free", "srv"), ("host-many", "srv"))
SETTLE_SECONDS = 1  # what arrived before the rules were in force is counted by then
TO_MANY = ("all4", "subnet4", "mdns4", "mdns6", "nodes6")

# types of neighbour discovery and of multicast listener messages, with an option that holds a secret, sent with each hop limit
COVERT = """
import socket, struct, sys
def checksum(src, dst, body):
    data = socket.inet_pton(socket.AF_INET6, src) + socket.inet_pton(socket.AF_INET6, dst) + struct.pack("!IHBB", len(body), 0, 0, 58) + body
    words = sum(struct.unpack(f"!{len(data) // 2}H", data))
    words = (words >> 16) + (words & 0xffff)
    return ~(words + (words >> 16)) & 0xffff
src, dst = sys.argv[1:3]
out = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_RAW)
for kind in (130, 131, 132, 133, 134, 135, 136, 137, 143):
    for hops in (1, 2, 64, 128, 254, 255):
        body = struct.pack("!BBHI", kind, 0, 0, 0) + socket.inet_pton(socket.AF_INET6, dst) + struct.pack("!BB14s", 1, 2, b"covert secret.")
        body = body[:2] + struct.pack("!H", checksum(src, dst, body)) + body[4:]
        head = struct.pack("!IHBB", 6 << 28, len(body), 58, hops) + socket.inet_pton(socket.AF_INET6, src) + socket.inet_pton(socket.AF_INET6, dst)
        out.sendto(head + body, (dst, 0))
"""
WATCH = """
import socket, sys, time
s = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
s.settimeout(0.1)
print("ready", flush=True)
end = time.monotonic() + float(sys.argv[1])
seen = {}
while time.monotonic() < end:
    try:
        data = s.recv(2000)
    except TimeoutError:
        continue
    if b"covert secret" in data:
        seen[data[0]] = seen.get(data[0], 0) + 1
print(" ".join(f"{kind}:{count}" for kind, count in sorted(seen.items())))
"""


def _to_many(lab, interface):
    """{name: address/port} of everybody on the bridge."""
    subnet = next(c["Subnet"] for c in lab.engine.get(f"/networks/{NET}")["IPAM"]["Config"] if ":" not in c["Subnet"])
    addresses = {"all4": "255.255.255.255", "subnet4": str(ipaddress.ip_network(subnet).broadcast_address),
                 "mdns4": "224.0.0.251", "mdns6": f"ff02::fb%{interface}", "nodes6": f"ff02::1%{interface}"}
    return {name: f"{address}/{PUBLISHED}" for name, address in addresses.items()}


def _came(floods, sender, receiver):
    """{target: count} of what that sender sent to many, at that receiver."""
    return {key.split(">")[1]: count for key, count in floods.tally(receiver).counts().items() if key.split(">")[0] == sender}


def _grown(floods, pairs, seconds=0.7):
    """{(sender, receiver): {target: count}} of that time."""
    before = {pair: _came(floods, *pair) for pair in pairs}
    time.sleep(seconds)
    after = {pair: _came(floods, *pair) for pair in pairs}
    return {pair: {target: count - before[pair].get(target, 0) for target, count in after[pair].items()
                   if count > before[pair].get(target, 0)} for pair in pairs}


def _senders(lab, floods):
    inside = _to_many(lab, "eth0")
    flooder(floods, "free", NET, inside, every=2000, groups=GROUPS)
    flooder(floods, "closed", NET, inside, labels=CLOSED, every=2000, groups=GROUPS)
    flooder(floods, "talker", NET, inside, labels=OUT, every=2000, groups=GROUPS)
    flooder(floods, "srv", NET, groups=GROUPS)
    bridge = f"br-{lab.engine.get(f'/networks/{NET}')['Id'][:12]}"
    lab.run("host", ["ip", "route", "add", "224.0.0.251", "dev", bridge])
    host = {name: to for name, to in _to_many(lab, bridge).items() if name != "all4"}
    floods.send("host", "host-many", host, every=2000)


def _without(context, floods):
    """Everybody hears everybody: so what does not arrive later is the program's doing."""
    for sender in ("free", "closed", "talker", "host-many"):
        for receiver in ("srv", "closed"):
            if sender != receiver:
                wanted = set(TO_MANY) - ({"all4"} if sender == "host-many" else set())
                try:
                    wait_until("all arrive", lambda: wanted <= set(_came(floods, sender, receiver)), 3)
                    context.report(f"without: {sender} to many, at {receiver}")
                except LabError:
                    context.report(f"without: {sender} to many, at {receiver}", f"only {_came(floods, sender, receiver)}")


def _with(context, floods, when, all_seen):
    """all_seen: the kernel shows what goes from one port of the bridge to another."""
    time.sleep(SETTLE_SECONDS)
    grown = _grown(floods, [*TO_MANAGED, *FROM_MANAGED, *OTHERS, ("talker", "srv")])
    for sender, receiver in [*TO_MANAGED, *(FROM_MANAGED if all_seen else ())]:
        came = grown[(sender, receiver)]
        context.report(f"{when}: {sender} to many, not at {receiver}", f"{came}" if came else None)
    for sender, receiver in OTHERS:
        missing = set(TO_MANY) - ({"all4"} if sender == "host-many" else set()) - set(grown[(sender, receiver)])
        context.report(f"{when}: {sender} to many, at {receiver}", f"not {missing}" if missing else None)
    for sender, receiver in [("talker", "srv"), *(() if all_seen else FROM_MANAGED)]:
        figures(f"{when}: of {sender} to many, at {receiver}: {grown[(sender, receiver)] or 'none'}")


def _covert(context, lab, when, managed):
    """Routed out they would be letters; on the link they are what IPv6 cannot do without."""
    seen = ""
    for _ in range(1 if managed else 5):  # one that must arrive may be late on a busy machine
        watch = lab.popen("outside", ["python3", "-c", WATCH, 1.0 if managed else 4.0], stdout=subprocess.PIPE, text=True)
        if watch.stdout.readline() != "ready\n":
            raise LabError("the watcher does not start")
        lab.run("closed", ["python3", "-c", COVERT, lab.addr("closed", NET, 6), OUTSIDE6[0]])
        seen = seen or watch.communicate()[0].strip()
        if seen:
            break
    figures(f"{when}: letters in ND and MLD messages to the outside, by type: {seen or 'none'}")
    if managed:
        context.report(f"{when}: no letter to the outside in ND or MLD", seen or None)
    else:
        context.report(f"{when}: a letter to the outside arrives", None if seen else "none arrives")


def _run_with(context, lab, floods, bridge_nf):
    when = f"bridge-nf {bridge_nf:d}"
    with Agent(lab, context.agent) as agent:
        _with(context, floods, when, bridge_nf)
        _covert(context, lab, when, managed=True)
        agent.stop()
        _with(context, floods, f"{when}, stopped", bridge_nf)
        for fault in agent.faults(["traffic between containers of one bridge"]) or [None]:
            context.report("the log and exit", fault)


def run(context):
    if not context.agent:
        return
    for bridge_nf in (True, False):
        with Lab(probe=context.probe, bridge_nf=bridge_nf) as lab:
            lab.network(NET)
            floods = Floods(lab)
            _senders(lab, floods)
            _without(context, floods)
            _covert(context, lab, "without", managed=False)
            _run_with(context, lab, floods, bridge_nf)
