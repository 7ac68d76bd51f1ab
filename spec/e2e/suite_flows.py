"""A container makes as many tracked flows as the kernel takes and ends, all by one rule: no other container notices.

Three managed containers without rules that start then, one of them at its address and with its source ports, let nothing out
(on the default bridge, where no guard holds then: nothing after a tenth of a second); `status` answers, a container elsewhere that
starts again is open, and all that about as fast as without the flows."""

import collections
import socket
import statistics
import threading
import time

from agent import Agent
from cleanup import LabError, wait_until
from early import figures, judge
from engine import EngineError
from floods import PUBLISHED, Floods
from lab import IMAGE, OUTSIDE4, Lab
from starts import Starts

TO = (7100, 7109)  # of the outside, which the one rule allows
SOURCES = 24000
FLOWS = SOURCES * (TO[1] - TO[0] + 1)
ENOUGH = 100000
STALL = 6  # seconds without a new one: that is all the kernel takes; whoever makes them may have to wait in between
SHARED = 8001  # a source port of its flows, from which those that start then send, too
GUARDED_S = 5.5  # so long after its creation a container's start is not awaited by a guard for the moment
GRACE_MS = 100  # on the default bridge no guard holds then, only how soon the program is given the processor
SENDS_MS = 4000  # how long those that start then try
TIMES = 8  # so much slower than without the flows is late: a fifth of what it was when the loop waited
RULE = f"output: [{{proto: udp, ips: [{OUTSIDE4[0]}], dst_ports: ['{TO[0]}-{TO[1]}']}}]"
OPEN = f"output: [{{proto: udp, ips: [{OUTSIDE4[0]}], dst_ports: [{PUBLISHED}]}}]"

Seen = collections.namedtuple("Seen", "status elsewhere early")


class Asking(threading.Thread):
    """Asks for the status again and again; how long each answer took, in ms."""

    def __init__(self, agent):
        super().__init__(daemon=True)
        self.agent = agent
        self.ended = threading.Event()
        self.took = []

    def run(self):
        while not self.ended.is_set():
            begin = time.monotonic()
            with socket.socket(socket.AF_UNIX) as link:
                link.connect(str(self.agent.dir / "control.sock"))
                link.sendall(b"GET /v1/status HTTP/1.0\r\n\r\n")
                answer = b"".join(iter(lambda: link.recv(65536), b""))
            if b"200 OK" not in answer[:64]:
                raise LabError(f"no status: {answer[:200]}")
            self.took.append((time.monotonic() - begin) * 1000)
            self.ended.wait(0.02)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.join()


def _tracked(lab):
    return int(lab.run("host", ["cat", "/proc/sys/net/netfilter/nf_conntrack_count"]))


def _create(floods, name, net, command, rules):
    body = {"Image": IMAGE, "Cmd": command, "StopSignal": "SIGKILL",
            "Labels": {"whalewall.enabled": "true", "whalewall.rules": rules},
            "HostConfig": {"NetworkMode": net, "Binds": floods.binds}}
    floods.lab.engine.post("/containers/create", body, name=name)


def _flood(lab, floods, net, label):
    """All at once, before it ends."""
    command = ["/wwprobe", "flood", OUTSIDE4[0], str(TO[0]), str(TO[1]), str(SOURCES)]
    _create(floods, "many", net, command, RULE)
    lab.engine.post("/containers/many/start")
    flows = [0]

    def grows_no_more():
        flows.append(_tracked(lab))
        return flows[-1] >= FLOWS or (len(flows) > STALL and 0 < flows[-1] <= flows[-STALL])

    wait_until("the flows are there", grows_no_more, 60, 1)
    figures(f"{label}: {flows[-1]} of {FLOWS} flows are tracked")
    return None if flows[-1] > ENOUGH else f"only {flows[-1]}"


def _end_flood(lab):
    try:
        lab.engine.post("/containers/many/kill")
    except EngineError:
        pass  # it has given up, with fewer flows
    lab.engine.post("/containers/many/wait")


class Elsewhere:
    """A container on another network that may send to the outside; it is started again and again, at the address that it left."""

    def __init__(self, floods, net):
        self.floods = floods
        self.name = f"elsewhere-{net}"
        targets = {"o": f"{OUTSIDE4[0]}/{PUBLISHED}"}
        _create(floods, self.name, net, floods.command(self.name, targets, ports=(), ms=SENDS_MS), OPEN)

    def _row(self):
        return self.floods.tally("outside").rows().get(f"{self.name}>o")

    def start(self):
        """How long after its first instruction a datagram arrives, in ms."""
        engine = self.floods.lab.engine
        tally = self.floods.tally(self.name)
        tally.path.unlink(missing_ok=True)
        engine.post(f"/containers/{self.name}/start")
        head = wait_until(f"{self.name} sends", tally.head, 20, 0.01)
        try:
            row = wait_until(f"{self.name} is open",
                             lambda: (row := self._row()) and row.last_sent > head.began and row, SENDS_MS / 1000 + 4, 0.005)
        except LabError:
            return float("inf")
        finally:
            try:
                engine.post(f"/containers/{self.name}/kill")
            except EngineError:
                pass
            engine.post(f"/containers/{self.name}/wait")
        return max((row.last_sent - head.began) / 1e6, 0)


def _start_three(context, agent, starts, elsewhere, label):
    """Three managed ones without rules that were created long ago, and the one elsewhere: what is seen meanwhile."""
    result = None
    mark = agent.mark()

    def go():
        nonlocal result
        result = starts.go(3, 3, label)

    with Asking(agent) as asking:
        three = threading.Thread(target=go)
        three.start()
        opened = [elsewhere.start() for _ in range(2)]
        three.join()
    judge(context, result)
    started = agent.lines(mark, msg="container started")
    early = sorted(line["rules_active_ms_before_start"] for line in started if line["container.name"] in starts.latest[-3:])
    there = [line["rules_active_ms_before_start"] for line in started if line["container.name"] == elsewhere.name]
    figures(f"{label}: rules in force {early} ms before the start; status answered after {statistics.median(asking.took):.0f} ms by median, {max(asking.took):.0f} at most; "
            f"a start elsewhere was open after {', '.join(f'{ms:.0f}' for ms in opened)} ms (rules {there} ms before it)")
    return Seen(max(asking.took), max(opened), early[0] if early else float("-inf"))


def _compare(context, label, what, with_flows, without):
    """Of what takes less than some milliseconds a multiple says little."""
    late = with_flows > TIMES * max(without, 20)
    context.report(f"{label}: {what} is as fast as without the flows",
                   f"{with_flows:.0f} instead of {without:.0f} ms" if late else None)


def _on(context, agent, floods, net, neighbour, elsewhere):
    lab = floods.lab
    starts = Starts(floods, net, neighbour)
    starts.grace = GRACE_MS if net == "bridge" else 0
    starts.targets = {"old": f"{OUTSIDE4[0]}/{TO[0]}", **{key: to for key, to in starts.targets.items() if key.endswith("4")}}
    starts.prepare(3, ms=SENDS_MS, sends={"sport": SHARED})
    time.sleep(GUARDED_S)
    without = _start_three(context, agent, starts, elsewhere, f"{net}, without the flows")
    starts.prepare(3, ms=SENDS_MS, sends={"sport": SHARED})
    context.report(f"{net}: the flows", _flood(lab, floods, net, net))
    time.sleep(GUARDED_S)
    _end_flood(lab)
    old = floods.sink("outside", f"old-{net}", ports=(TO[0],))
    starts.sinks = [*starts.sinks, f"old-{net}"]
    seen = _start_three(context, agent, starts, elsewhere, f"{net}, after {FLOWS} flows")
    _compare(context, net, "the status", seen.status, without.status)
    _compare(context, net, "a start elsewhere", seen.elsewhere, without.elsewhere)
    wait_until("the flows are gone", lambda: _tracked(lab) < ENOUGH / 10, 60)
    lab.engine.delete("/containers/many", force=1)
    old.kill()
    old.wait()


def run(context):
    if not context.agent:
        return
    with Lab(probe=context.probe) as lab:
        lab.run("host", ["sysctl", "-q", "-w", "net.netfilter.nf_conntrack_udp_timeout=600"])
        floods = Floods(lab)
        lab.network("front")
        lab.container("keeper", nets=["front"], enabled="true")
        for name, net in (("srv", "bridge"), ("srv-front", "front")):
            lab.engine.post("/containers/create", {
                "Image": IMAGE, "Cmd": floods.command(name, {}), "StopSignal": "SIGKILL",
                "HostConfig": {"NetworkMode": net, "Binds": floods.binds}}, name=name)
            lab.start(name)
        for node in ("outside", "host"):
            floods.sink(node)
        with Agent(lab, context.agent) as agent:
            near, far = Elsewhere(floods, "front"), Elsewhere(floods, "bridge")
            _on(context, agent, floods, "bridge", "srv", near)
            _on(context, agent, floods, "front", "srv-front", far)
            agent.stop(30)
            context.report("the log and exit", "\n".join(agent.faults()) or None)
