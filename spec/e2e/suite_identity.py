"""Which container it is does not depend on what it makes of itself: one that may change its MAC is known by its process.

A thief takes a victim's MAC, an unmanaged neighbour's, or one that no node has; then the program is started anew, or starts only
then. Whatever the thief sends as another must not arrive, and the rest must not notice."""

import itertools
import re
import subprocess
import time

from agent import Agent
from cleanup import LabError, wait_until
from lab import Lab

NETS = ("front", "bridge")
OUT = "output: [{proto: udp, dst_ports: [53], ips: [0.0.0.0/0, '::/0']}]"
MADE_UP = "02:42:00:00:be:ef"
AS = ("the victim", "a neighbour", "nobody")
ADMIN = {"CapAdd": ["NET_ADMIN"]}
_port = itertools.count(24000)

# datagrams as they are on the wire. argv: interface, to which MAC, to which address, then for each: MAC, address, source port
SEND = """
import socket, struct, sys, time
def total(data):
    words = sum(struct.unpack(f"!{len(data) // 2}H", data))
    words = (words >> 16) + (words & 0xffff)
    return ~(words + (words >> 16)) & 0xffff
raw = lambda text: bytes(int(part, 16) for part in text.split(":"))
device, to_mac, dst = sys.argv[1:4]
out = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
out.bind((device, 0x0800))
for _ in range(3):
    for mac, src, sport in zip(*[iter(sys.argv[4:])] * 3):
        udp = struct.pack("!4H", int(sport), 53, 12, 0) + b"who\\0"
        head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 32, 1, 0, 64, 17, 0, *map(socket.inet_aton, (src, dst)))
        head = head[:10] + struct.pack("!H", total(head)) + head[12:]
        out.send(raw(to_mac) + raw(mac) + b"\\x08\\x00" + head + udp)
    time.sleep(0.02)
"""
# prints the source ports of all datagrams that come in until its standard input ends
WATCH = """
import select, socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_UDP)
print("ready", flush=True)
seen = set()
while True:
    ready = select.select([s, sys.stdin], [], [])[0]
    if s in ready:
        data = s.recv(2000)
        seen.add(int.from_bytes(data[20:22], "big"))
    elif sys.stdin in ready:
        break
print(*seen)
"""


def _mac(lab, name, net):
    return lab.inspect(name)["NetworkSettings"]["Networks"][net]["MacAddress"]


class Stage:
    """Three containers on a network: a managed victim that may send, an unmanaged neighbour, and a thief that may nothing."""

    def __init__(self, context, lab, net):
        self.context, self.lab, self.net = context, lab, net
        self.victim, self.neighbour, self.thief = (f"{name}-{net}" for name in ("victim", "neighbour", "thief"))
        lab.container(self.victim, nets=[net], rules=OUT)
        lab.container(self.neighbour, nets=[net])
        lab.start_all([self.victim, self.neighbour])
        device = lab.run("host", ["ip", "-o", "addr", "show", "to", lab.gateway(net)]).split()[1]
        self.bridge_mac = re.search(r"link/ether (\S+)", lab.run("host", ["ip", "link", "show", device])).group(1)

    def macs(self):
        return {"the victim": _mac(self.lab, self.victim, self.net), "a neighbour": _mac(self.lab, self.neighbour, self.net),
                "nobody": MADE_UP}

    def begin(self, disguise):
        """The thief starts, and takes that MAC."""
        lab = self.lab
        lab.container(self.thief, nets=[self.net], enabled="true", host_config=ADMIN)
        lab.start(self.thief)
        if disguise:
            self.change(disguise)

    def change(self, disguise):
        for command in (["down"], ["address", self.macs()[disguise]], ["up"]):
            self.lab.run(self.thief, ["ip", "link", "set", "eth0", *command])

    def end(self):
        self.lab.remove(self.thief)

    def _arrived(self, frames):
        """frames: {title: (MAC, address)}. The titles of those that come in outside."""
        ports = {next(_port): title for title in frames}
        watch = self.lab.popen("outside", ["python3", "-c", WATCH], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        if watch.stdout.readline() != "ready\n":
            raise LabError("the watcher does not start")
        words = [word for port, title in ports.items() for word in (*frames[title], port)]
        self.lab.run(self.thief, ["python3", "-c", SEND, "eth0", self.bridge_mac, "192.0.2.100", *words])
        time.sleep(0.2)
        seen = {int(word) for word in watch.communicate("")[0].split()}
        return [title for port, title in ports.items() if port in seen]

    def forgeries(self, managed=True):
        """What of the thief's arrives, as texts. Nothing may: it has no rules, and the rest are other nodes. One that is not managed
        may send what it likes, but not as the victim."""
        lab = self.lab
        addresses = {"its own address": lab.addr(self.thief, self.net), "a neighbour's": lab.addr(self.neighbour, self.net),
                     "a stranger's": "203.0.113.250"} if managed else {}
        addresses["the victim's"] = lab.addr(self.victim, self.net)
        macs = {"its own MAC": _mac(lab, self.thief, self.net), **{f"the MAC of {node}": mac for node, mac in self.macs().items()}}
        return self._arrived({f"{mac_name} and {address_name}": (mac, address) for (mac_name, mac), (address_name, address) in
                              itertools.product(macs.items(), addresses.items())})

    def honest(self, name):
        packet = f"udp {self.lab.addr(name, self.net)} {next(_port)} 192.0.2.100 53"
        return any(self.lab.arrives(name, packet, "outside", timeout=1500) for _ in range(3))

    def check(self, when):
        """The honest containers talk, the thief does not."""
        report = self.context.report
        for name in (self.victim, self.neighbour):
            report(f"{self.net}: {when}: {name} is heard", None if self.honest(name) else "it is not")
        report(f"{self.net}: {when}: nothing of the thief's", "; ".join(self.forgeries()) or None)


def _is_bound(lab, name):
    text = lab.run("host", ["nft", "list", "set", "bridge", "whalewall", "port"], check=False)
    return lab.inspect(name)["Id"][:12] in text


def _settle(context, lab, stage, when):
    for name in (stage.thief, stage.victim):
        try:
            wait_until("it is bound", lambda n=name: _is_bound(lab, n), 5)
            context.report(f"{stage.net}: {when}: {name} is bound")
        except LabError:
            context.report(f"{stage.net}: {when}: {name} is bound", "it is not")


def _start_anew(agent, how):
    if how == "SIGTERM":
        agent.stop()
    else:
        agent.kill()
    agent.start()


def _while_it_runs(context, lab, agent, stage, disguise, how):
    """It changes its MAC under the program's eyes, and the program is started anew."""
    when = f"as {disguise}, then {how}"
    stage.begin(None)
    _settle(context, lab, stage, "as itself")
    stage.change(disguise)
    stage.check(f"as {disguise}")
    _start_anew(agent, how)
    _settle(context, lab, stage, when)
    stage.check(when)
    stage.end()


def _while_it_is_stopped(context, lab, agent, stage, disguise):
    """It starts and changes its MAC, and only then the program comes."""
    agent.stop()
    stage.begin(disguise)
    agent.start()
    _settle(context, lab, stage, f"as {disguise}, before the program")
    stage.check(f"as {disguise}, before the program")
    stage.end()


def _without_traces(context, lab, agent, stage):
    """Nothing is left of what was bound, two claim one MAC, and the thief is not even managed."""
    agent.stop()
    lab.run("host", ["nft", "delete", "table", "bridge", "whalewall"])
    lab.container(stage.thief, nets=[stage.net], host_config=ADMIN)
    lab.start(stage.thief)
    stage.change("the victim")
    agent.start()
    title = f"{stage.net}: an unmanaged one with the victim's MAC, nothing bound before"
    try:
        wait_until("the victim is bound", lambda: _is_bound(lab, stage.victim), 5)
        context.report(f"{title}: the victim is bound")
    except LabError:
        context.report(f"{title}: the victim is bound", "it is not")
    context.report(f"{title}: the victim is heard", None if stage.honest(stage.victim) else "it is not")
    context.report(f"{title}: nothing as the victim", "; ".join(stage.forgeries(managed=False)) or None)
    later = f"later-{stage.net}"
    lab.container(later, nets=[stage.net], rules=OUT)
    lab.start(later)
    context.report(f"{title}: a container that starts beside it is heard", None if stage.honest(later) else "it is not")
    lab.remove(later)
    stage.end()


def _deleted(lab):
    """The program in a pid namespace of its own ends a moment after the one that was killed."""
    try:
        lab.run("host", ["nft", "delete", "table", "bridge", "whalewall"])
    except LabError:
        return False
    return True


def _blind(context, lab, agent, stage):
    """In a pid namespace of its own the program cannot see the engine's processes: it says so, and opens nothing."""
    title = f"{stage.net}: without the engine's processes"
    stage.begin(None)
    _settle(context, lab, stage, "before the program is blind")
    stage.change("the victim")
    agent.stop()
    agent.prefix = ["unshare", "--pid", "--fork", "--kill-child"]
    mark = agent.mark()
    agent.start()
    agent.wait_line("the engine's process ids mean nothing in this pid namespace: which port of a bridge leads to which container is told by what "
                    "was bound before, and by MAC addresses that one port has; run the program in the host's pid namespace", mark)
    codes = [problem["code"] for problem in agent.ask()[1]["problems"]]
    context.report(f"{title}: the status", None if "pids_hidden" in codes else str(codes))
    stage.check("without the engine's processes, and what was bound")
    agent.kill()
    wait_until("the table has no owner any more", lambda: _deleted(lab), 5)
    agent.start()
    wait_until("the neighbour is heard", lambda: stage.honest(stage.neighbour), 5)
    came = [title for title in stage.forgeries() if "the victim's" in title]
    context.report(f"{title}, and nothing bound before: not as the victim", "; ".join(came) or None)
    agent.kill()
    agent.prefix = []
    agent.start()
    _settle(context, lab, stage, "when the program sees again")
    stage.check("when the program sees again")
    stage.end()


def run(context):
    if not context.agent:
        return
    with Lab(probe=context.probe) as lab, Agent(lab, context.agent) as agent:
        lab.network("front")
        for net in NETS:
            stage = Stage(context, lab, net)
            for disguise, how in zip(AS, ("SIGTERM", "kill -9", "SIGTERM")):
                _while_it_runs(context, lab, agent, stage, disguise, how)
            for disguise in AS:
                _while_it_is_stopped(context, lab, agent, stage, disguise)
            _without_traces(context, lab, agent, stage)
            if net == "front":
                _blind(context, lab, agent, stage)
        agent.stop()
        expected = [r"container closed on a network"]  # while the program is blind, two have one MAC
        context.report("the log", "; ".join(map(str, agent.faults(expected))) or None)
        if context.failed:
            print(agent.tail())
