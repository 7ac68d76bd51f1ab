"""
The data plane: packets a second of established flows, connections a second.

    outside 192.0.2.100 ── veth ── host: bridge, conntrack, masquerade ── veth ── containers: managed, unmanaged, apart

Managed and unmanaged are on one network; apart is not managed either, on a network where no container is.

Every layout is in the host's namespace all the time; all but one are dormant, which takes their hooks out.
"""

import os
import subprocess
import time

from bed import HOST_OUTSIDE, Bed
from namespaces import Namespaces, run
from population import OUTSIDE, PORT, PUBLISHED
from programs import PATIENCE, Agent, Engine


def put_usual(tools, bed, rows, rules):
    addresses = "\n".join(row[1] for row in rows)
    run(tools.wwbench, "usual", bed.host.path, "usual", rules, OUTSIDE, PORT, input=addresses)


def put_whalewall(tools, bed, engine, folder):
    """Its rules stay when it ends."""
    with Agent(tools.agent, bed.host, engine, folder) as agent:
        agent.ready_after()
        wait_until_bound(bed)


def wait_until_bound(bed):
    """Until the program has told every managed container by its port, and so needs no look at MACs any more."""
    deadline = time.monotonic() + PATIENCE
    while any(chain in bed.host.run("nft", "list", "chains") for chain in ("forward-mine", "input-mine")):
        if time.monotonic() > deadline:
            raise RuntimeError("the program does not find the containers' ports")
        time.sleep(0.2)


LAYOUTS = ("none", "hook 1 hook1", "hook-again 1 hook2", "usual 1 usual", "whalewall 1 whalewall 7 whalewall")


NAMES = {"published": "managed in"}  # others' connections to the managed one


def instructions(bed, rounds, seconds, more=()):
    lines = [f"host {bed.host.path}", f"core {os.cpu_count() - 1}", f"rounds {rounds} {seconds}"]
    lines += [f"layout {layout}" for layout in LAYOUTS]
    for i, (role, space) in enumerate(bed.containers.items()):
        lines.append(f"flow {role} {space.path} {bed.outside.path} {OUTSIDE} {PORT + i}")
    return "\n".join([*lines, *more]) + "\n"


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
        name = NAMES.get(flow, f"{flow} {way}")
        result.setdefault(layout, {}).setdefault(name, []).append(int(number) * 1e9 / int(own))
    return result


def measure(tools, folder, containers, rules, rounds, seconds):
    with Namespaces() as spaces, Engine(folder, containers, rules, unmanaged=1, apart=True) as engine:
        rows = engine.do("addresses")
        *_, last, apart = rows
        first = next(row for row in rows if row[4] == last[4])
        bed = Bed(spaces, rows, {"managed": first[0], "unmanaged": last[0], "apart": apart[0]})
        put_usual(tools, bed, rows[:-2], rules)
        data = folder / f"data-{rules}"
        data.mkdir()
        put_whalewall(tools, bed, engine, data)
        port = bed.publish(first)
        published = f"flow published {bed.outside.path} {bed.containers['managed'].path} {HOST_OUTSIDE} {port} {PUBLISHED}"
        return {
            "rules": rules,
            "containers": containers,
            "packets": run_rounds(tools, "packets", instructions(bed, rounds, seconds)),
            "connections": run_rounds(tools, "connections", instructions(bed, rounds, seconds, [published])),
        }
