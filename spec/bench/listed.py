"""Containers that one CIDR may reach, beside ones that one address may reach: the same start, following and memory, in turns."""

import contextlib
import time

from control import Measurement
from namespaces import Namespaces
from population import PEERS
from programs import Watcher


def measure(tools, folder, containers, times, follows):
    """{peer: {"first": [s…], "start", "stop": [(ms, engine's ms)…], "pss": MB, …}}. times: whole starts; follows: single ones."""
    result = {"containers": containers}
    with contextlib.ExitStack() as stack:
        spaces = stack.enter_context(Namespaces())
        beds = {}
        for peer in PEERS:
            (folder / peer).mkdir()
            beds[peer] = Measurement(tools, spaces, folder / peer, containers, peer)
            stack.enter_context(beds[peer].engine)
            result[peer] = {"first": [], "start": [], "stop": [], "own": []}
        for i in range(times):
            for peer in PEERS:
                result[peer]["first"].append(beds[peer].first_start(i)[0])
        follow(tools, beds, result, follows)
    return result


def follow(tools, beds, result, follows):
    with contextlib.ExitStack() as stack:
        agents, watchers = {}, {}
        for peer, bed in beds.items():
            bed.clear()
            agents[peer] = stack.enter_context(bed.agent(bed.fresh_dir("follow")))
            watchers[peer] = stack.enter_context(Watcher(tools.wwbench, bed.space))
            agents[peer].ready_after()
        time.sleep(1)
        for peer, bed in beds.items():
            result[peer].update(agents[peer].memory())
            bed.engine.do("spoken")
        for _ in range(follows):
            for peer, bed in beds.items():
                bed.follow_one(agents[peer], watchers[peer], result[peer])
