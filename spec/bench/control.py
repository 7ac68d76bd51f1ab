"""The control plane: starting, following one container, memory and processor time; beside it the limit and the usual layout."""

import subprocess
import time

from namespaces import Namespaces, run
from population import OUTSIDE, PORT
from ports import Ports, quiet
from programs import Agent, Engine, Watcher

TABLES = (("1", "whalewall"), ("7", "whalewall"))  # NFPROTO_INET, NFPROTO_BRIDGE
SETTLE_SECONDS = 0.12  # longer than anything the program still does after a commit
USUAL_RULES = 6


class Measurement:
    def __init__(self, tools, spaces, folder, containers, peer=None):
        self.tools = tools
        self.space = quiet(spaces, f"host-{peer or containers}")
        self.folder = folder
        self.containers = containers
        self.engine = Engine(folder, containers, peer=peer)
        rows = self.engine.do("addresses")
        Ports(self.space, quiet(spaces, f"parked-{peer or containers}"), rows).park(rows)

    def fresh_dir(self, name):
        path = self.folder / name
        path.mkdir()
        return path

    def agent(self, data_dir):
        return Agent(self.tools.agent, self.space, self.engine, data_dir)

    def clear(self):
        """Remove the program's tables, where they are."""
        for family in ("inet", "bridge"):
            argv = self.space.enter("nft", "delete", "table", family, "whalewall")
            subprocess.run(argv, stderr=subprocess.DEVNULL, check=False)

    # Starting

    def first_start(self, i):
        """No database, nothing in the kernel. Seconds, and of the processor."""
        self.clear()
        with self.agent(self.fresh_dir(f"first-{self.containers}-{i}")) as agent:
            return agent.ready_after(), agent.cpu()

    def first_starts(self, times):
        seconds, cpu = zip(*[self.first_start(i) for i in range(times)])
        return list(seconds), list(cpu)

    def next_starts(self, times):
        """The same containers as the last time, and their rules in the kernel: a restart of the program."""
        data = self.fresh_dir(f"next-{self.containers}")
        seconds = []
        for i in range(times + 1):
            with self.agent(data) as agent:
                seconds.append(agent.ready_after())
        return seconds[1:]

    # One container more, one less

    def follow(self, times):
        """[(total ms, engine's share ms)…] of starts and of stops, and the program's own ms; the agent's memory before."""
        result = {"start": [], "stop": [], "own": []}
        with self.agent(self.fresh_dir(f"follow-{self.containers}")) as agent, Watcher(self.tools.wwbench, self.space) as watcher:
            agent.ready_after()
            time.sleep(1)
            result.update(agent.memory())
            result["idle"] = self.idle(agent)
            self.engine.do("spoken")
            for _ in range(times):
                self.follow_one(agent, watcher, result)
            result["memory_after"] = agent.memory()["pss"]
        return result

    def idle(self, agent):
        agent.drain()
        before, cpu = agent.switches(), agent.cpu()
        time.sleep(self.tools.idle_seconds)
        return {"switches": agent.switches() - before, "cpu": agent.cpu() - cpu}

    def follow_one(self, agent, watcher, result):
        ident = self.engine.do("make")
        time.sleep(SETTLE_SECONDS)
        agent.drain()
        address = self.engine.do("next_address", ident)
        watcher.arm(address, True)
        given = self.engine.do("connect_only", ident)
        if given != address:
            raise RuntimeError(f"the engine gave {given}, not {address}")
        result["start"].append(self.took(watcher.seen(), "connect", ident))
        time.sleep(SETTLE_SECONDS)
        result["own"] += [line["own_us"] / 1000 for line in agent.drain() if line["msg"] == "committed"][:1]
        self.engine.do("start_rest", ident)
        self.engine.do("die_only", ident)
        time.sleep(SETTLE_SECONDS)
        watcher.arm(address, False)
        self.engine.do("disconnect_rest", ident)
        result["stop"].append(self.took(watcher.seen(), "disconnect", ident))
        time.sleep(SETTLE_SECONDS)

    # The same, while the flows of one that is gone are deleted

    def crowded(self, times, flows):
        """In turns without and with so many tracked flows that the address's former holder leaves: ms of a start, as above."""
        result = {"flows": 0, "without": [], "with": [], "gone": []}
        with self.agent(self.fresh_dir(f"crowded-{self.containers}")) as agent, Watcher(self.tools.wwbench, self.space) as watcher:
            agent.ready_after()
            time.sleep(1)
            self.engine.do("spoken")
            for _ in range(times):
                self.succeed(agent, watcher, 0, result["without"])
                left, gone = self.succeed(agent, watcher, flows, result["with"])
                result["flows"] = max(result["flows"], left)
                result["gone"].append(gone)
        return result

    def tracked(self):
        return int(self.space.run("cat", "/proc/sys/net/netfilter/nf_conntrack_count"))

    def succeed(self, agent, watcher, flows, took):
        """One ends, and another gets its address at once. How many flows were left, and after how many ms none was there."""
        first, second = self.engine.do("make"), self.engine.do("make")
        address = self.engine.do("connect_only", first)
        self.engine.do("start_rest", first)
        time.sleep(2 * SETTLE_SECONDS)
        left = int(run(self.tools.wwbench, "track", self.space.path, address, flows)) if flows else 0
        agent.drain()
        self.engine.do("die_only", first)
        watcher.arm(address, False)
        self.engine.do("disconnect_rest", first)
        began = watcher.seen()
        if self.engine.do("next_address", second) != address:
            raise RuntimeError(f"the next one does not get {address}")
        watcher.arm(address, True)
        self.engine.do("connect_only", second)
        took.append(self.took(watcher.seen(), "connect", second))
        while left and self.tracked() > left / 100:
            time.sleep(0.01)
        gone = (time.monotonic_ns() - began) / 1e6
        self.engine.do("start_rest", second)
        self.engine.do("die_only", second)
        self.engine.do("disconnect_rest", second)
        time.sleep(2 * SETTLE_SECONDS)
        return left, gone

    def took(self, seen, action, ident):
        """From the event's bytes being written until it was seen; and how much of that the engine took to answer."""
        time.sleep(0.02)  # the engine notes an answer after it is given
        events, asked = self.engine.do("spoken")
        said = [ns for ns, what, who in events if what == action and who == ident][-1]
        answering = sum(min(end, seen) - begin for begin, end, _ in asked if said <= begin < seen)
        return [(seen - said) / 1e6, answering / 1e6]

    # What it is held against

    def limit(self, spaces, times):
        """The table again, in one transaction. ms to build the messages, and of the transaction."""
        with self.agent(self.fresh_dir(f"limit-{self.containers}")) as agent:
            agent.ready_after()
        words = [w for table in TABLES for w in table]
        empty = spaces.make(f"limit-{self.containers}")
        argv = [self.tools.wwbench, "copy", self.space.path, empty.path, times, *words]
        out = run(*argv)
        rows = [[int(n) for n in line.split()] for line in out.splitlines()]
        elements, chains, rules, size = rows[0][:4]
        build, send = ([row[i] / 1e6 for row in rows] for i in (4, 5))
        return {"elements": elements, "chains": chains, "rules": rules, "bytes": size, "build": build, "send": send}

    def labels(self, times):
        """ms from a label of five rules to the rules: in this process, through a worker, and with all ready-made policies."""
        rows = [[int(n) / 1e6 for n in line.split()] for line in run(self.tools.wwbench, "policy", times).splitlines()]
        return {"here": [r[0] for r in rows], "worker": [r[1] for r in rows], "worker, all policies": [r[2] for r in rows]}

    def usual(self, times):
        """A chain for each container. ms: all at once, one more, one less."""
        addresses = "\n".join(a[1] for a in self.engine.do("addresses"))
        rows = []
        for i in range(times):
            argv = [self.tools.wwbench, "usual", self.space.path, f"usual{i}", USUAL_RULES, OUTSIDE, PORT]
            rows.append([int(n) / 1e6 for n in run(*argv, input=addresses).split()])
            self.space.nft(f"delete table inet usual{i}\n")
        return {"start": [r[0] for r in rows], "add": [r[3] for r in rows], "remove": [r[2] for r in rows]}


def measure(tools, folder, containers, times, follows, flows):
    """All figures for so many containers. times: of whole starts; follows: of single ones; flows: that one of them leaves."""
    with Namespaces() as spaces:
        m = Measurement(tools, spaces, folder, containers)
        with m.engine:
            result = {"containers": containers}
            if times:
                result["first"], result["cpu"] = m.first_starts(times)
                result["next"] = m.next_starts(times)
            m.clear()
            result["follow"] = m.follow(follows)
            m.clear()
            if flows:
                result["crowded"] = m.crowded(max(follows // 4, 2), flows)
                m.clear()
            if times:
                result["limit"] = m.limit(spaces, times)
                m.clear()
            result["usual"] = m.usual(max(times, 3))
            if times:
                result["labels"] = m.labels(max(times * 20, 20))
            return result
