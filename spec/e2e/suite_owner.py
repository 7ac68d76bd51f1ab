"""Other programs change the rules under a flood of forbidden packets: refused where the table is owned, else closed and restored."""

import contextlib
import sqlite3
import subprocess
import time

from agent import Agent
from cases import DROP, PASS, case, check
from cleanup import wait_until
from early import some
from floods import PRIVATE, PUBLISHED, Floods
from lab import Lab
from pids import told_by_the_kernel

RULES = f"output: [{{network: front, container: srv, proto: udp, dst_ports: [{PUBLISHED}]}}]"
TIMES = some(12, 50)
SHARED = ["-shared-table"]
EXPECTED = ["cannot change the kernel's rules", "the kernel refuses a change"]  # another program was quicker
ACTIONS = {
    "flush ruleset": ["flush ruleset"],
    "delete table": ["delete table inet whalewall"],
    "flush chain": ["flush chain inet whalewall forward"],
    "delete element": ["delete element inet whalewall managed4 {{ {web} }}"],
    "add rule": ["insert rule inet whalewall forward accept"],
    "add element": ["add element inet whalewall out_sd4 {{ {web} . {srv} }}"],
}


class World:
    """Which node sends what: allowed to port 7000, everything else forbidden. Flows with ever new ports, and one that stays."""

    def __init__(self, lab):
        self.lab = lab
        lab.network("front")
        lab.container("srv", nets=["front"])
        lab.container("web", nets=["front"], rules=RULES)
        lab.start_all(["srv", "web"])
        self.floods = Floods(lab)
        for node in ("srv", "outside", "web"):
            self.floods.sink(node)
        self.addresses = {node: lab.addr(node, "front") for node in ("web", "srv")}

    def begin(self):
        srv, web, web6 = self.addresses["srv"], self.addresses["web"], self.lab.addr("web", "front", 6)
        out = {"srv": f"{srv}/{PRIVATE}", "outside": f"192.0.2.100/{PRIVATE}"}
        self.floods.send("web", "allowed", {"srv": f"{srv}/{PUBLISHED}"}, fresh=1, every=2000)
        self.floods.send("web", "new", out, fresh=1, every=2000)
        self.floods.send("web", "old", out)
        self.floods.send("outside", "in", {"web": f"{web}/{PRIVATE}", "web6": f"{web6}/{PRIVATE}"}, fresh=10)
        self.floods.send("srv", "near", {"web": f"{web}/{PRIVATE}"}, fresh=10)

    def count(self, allowed):
        return sum(n for node in ("srv", "outside", "web") for key, n in self.floods.tally(node).counts().items()
                   if key.startswith("allowed>") == allowed)

    def leaked(self):
        time.sleep(0.05)  # what was on its way
        return self.count(allowed=False)

    def sent(self):
        """Forbidden ones."""
        return sum(self.floods.tally(name).head().sent for name in ("new", "old", "in", "near"))

    def works_within(self, seconds):
        """None, or what is wrong."""
        before = self.count(allowed=True)
        begin = time.monotonic()
        try:
            wait_until("allowed flows work", lambda: self.count(allowed=True) > before + 5, seconds, 0.02)
        except Exception as error:  # noqa: BLE001
            return str(error)
        return None if time.monotonic() - begin < seconds else "too late"


def _nft(lab, commands):
    """(status, output, pid) of one nft."""
    child = lab.popen("host", ["nft", "; ".join(commands)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    output, _ = child.communicate(timeout=10)
    return child.returncode, output, child.pid


def _attack(world, action):
    """Run it many times: the outputs, the pids, and how many forbidden packets came through."""
    commands = [text.format(**world.addresses) for text in ACTIONS[action]]
    before = world.leaked()
    results = []
    for _ in range(TIMES):
        results.append(_nft(world.lab, commands))
        time.sleep(0.02)
    return results, world.leaked() - before


def _owned(context, world, agent):
    for action in ACTIONS:
        results, leaked = _attack(world, action)
        if action != "flush ruleset":  # which leaves out what it may not touch
            fault = [r for r in results if r[0] == 0 or "not permitted" not in r[1]]
            context.report(f"owned, {action}: refused", str(fault[0]) if fault else None)
        context.report(f"owned, {action} {TIMES} times: no packet", f"{leaked} came through" if leaked else None)
        context.report(f"owned, {action}: allowed flows", world.works_within(2))
    context.report("owned: nothing to be undone", str(agent.lines(level="warn")[:1] or "") or None
                   if any("another program" in line["msg"] for line in agent.lines(level="warn")) else None)


def _shared(context, world, agent):
    for action in ACTIONS:
        mark = agent.mark()
        sent = -world.sent()
        results, leaked = _attack(world, action)
        sent += world.sent()
        begin = time.monotonic()
        context.report(f"shared, {action}: allowed flows work again", world.works_within(2))
        wait_until("the log says so", lambda: _undone(agent, mark), 3)
        time.sleep(max(0, 1.2 - (time.monotonic() - begin)))  # the row of changes is over
        lines = _undone(agent, mark)
        pids = {pid for _, _, pid in results}
        fault = [line for line in lines if line["process.name"] != "nft" or not told_by_the_kernel(line["process.pid"], pids)]
        context.report(f"shared, {action}: the log names the program", str(fault[0]) if fault else None)
        closed = sorted(line["closed_us"] for line in lines)
        print(f"  {action}: {leaked} of {sent} forbidden packets in {TIMES} times; restored {len(lines)} times, closed "
              f"{closed[len(closed) // 2]} µs after it was noticed (longest {closed[-1]}), restored after "
              f"{sorted(line['restored_us'] for line in lines)[len(lines) // 2]} µs", flush=True)
        after = world.leaked()
        time.sleep(0.3)
        context.report(f"shared, {action}: closed in the end", None if world.leaked() == after else "packets come")


def _undone(agent, mark):
    return [line for line in agent.lines(mark, level="warn") if "another program changed the rules" in line["msg"]]


def _two(context, world, agent, args):
    """Neither in the same directory nor in another one does a second program start."""
    for state in (agent.dir.name, "second"):
        second = Agent(world.lab, context.agent, args=args, state=state)
        second.log = world.lab.dir / "second.log"
        second.start(wait=0)
        status = second.process.wait(10)
        errors = [line.get("error", "") for line in second.lines(level="error")]
        fault = None if status == 1 and any("stop that one first" in text for text in errors) else f"{status}: {errors}"
        context.report(f"a second program ({' '.join(args) or 'owned'}, directory {state}) is refused", fault)
        second.log.unlink()


def _restarts(context, world, agent, steps):
    """Killed and started again, also with the other option: not a moment open."""
    for args, kill in steps:
        before = world.leaked()
        agent.kill() if kill else agent.stop()
        time.sleep(0.2)
        agent.args = args
        agent.start()
        time.sleep(0.3)
        leaked = world.leaked() - before
        title = f"{'killed' if kill else 'stopped'}, started {'shared' if args else 'owned'}"
        context.report(f"{title}: no packet", f"{leaked} came through" if leaked else None)
        context.report(f"{title}: allowed flows", world.works_within(2))
        status, output, _ = _nft(world.lab, ["add chain inet whalewall probe", "delete chain inet whalewall probe"])
        context.report(f"{title}: {'open to other programs' if args else 'owned'}", None if (status == 0) == bool(args) else output)
        if args:
            time.sleep(1.1)


def _resume(context, world, agent):
    """However odd the moment to resume from is: what is there now is what counts."""
    for title, ns in (("long ago", 1), ("in the future", (int(time.time()) + 86400) * 10**9)):
        agent.stop()
        with contextlib.closing(sqlite3.connect(agent.dir / "whalewall.sqlite")) as db:
            changed = db.execute("update meta set value = ? where key = 'last_event'", (ns,)).rowcount
            db.commit()
        context.report(f"resume from {title}: the row is there", None if changed == 1 else f"{changed} rows")
        name = f"came-{len(title)}"
        world.lab.container(name, nets=["front"], enabled="true")
        world.lab.start(name)
        agent.start()
        later = f"later-{len(title)}"
        world.lab.container(later, nets=["front"], rules="output: [{network: front, container: srv, proto: tcp, dst_ports: [80]}]")
        world.lab.start(later)
        for c, fault in check(world.lab, [case("one that came meanwhile is closed", f"{name} -> srv:80/tcp", DROP),
                                          case("one that comes later is followed", f"{later} -> srv:80/tcp", PASS),
                                          case("… only", f"{later} -> srv:81/tcp", DROP)], settling=True):
            context.report(f"resume from {title}: {c.title}: {c.way}", fault)


def run(context):
    if not context.agent:
        return
    with Lab(probe=context.probe) as lab:
        world = World(lab)
        with Agent(lab, context.agent) as agent:
            world.begin()
            context.report("allowed flows", world.works_within(5))
            context.report("nothing else", f"{world.leaked()} came through" if world.leaked() else None)
            _owned(context, world, agent)
            _two(context, world, agent, [])
            _restarts(context, world, agent, ((SHARED, False), ([], False), ([], True), (SHARED, True), ([], True)))
            agent.stop()
            agent.args = SHARED
            agent.start()
            _two(context, world, agent, SHARED)
            _shared(context, world, agent)
            _restarts(context, world, agent, (([], False), ([], True)))  # the table was made without an owner
            world.floods.stop_all()
            agent.args = []
            _resume(context, world, agent)
            agent.stop()
            context.report("the agent's log and exit", "\n".join(agent.faults(EXPECTED)) or None)
            if context.failed:
                print(agent.tail())
