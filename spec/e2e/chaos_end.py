"""At the end of a chaos run: the kernel holds exactly what is desired, and the program is as large as one that has just begun."""

import json
import os
import pathlib
import time

from agent import Agent
from early import figures

BY_PACKETS = ("drop_", "sample_")  # sets that packets fill: counters, and what was reported lately
SETTLE_TRIES = 20
IDLE_CONNECTIONS = 8  # to the engine: so many are kept for later
VOLATILE = ("handle", "packets", "bytes", "index", "metainfo")


def _plain(value):
    """Without what differs between two equal tables; sets' elements in order."""
    if isinstance(value, dict):
        return {key: sorted(map(_text, item)) if key == "elem" and isinstance(item, list) else _plain(item)
                for key, item in value.items() if key not in VOLATILE}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value


def _text(value):
    return json.dumps(_plain(value), sort_keys=True)


def tables(lab):
    """What the kernel holds, read by nft: {what: text}; a chain's rules in their order."""
    found = {}
    for line in lab.own_tables():
        _, family, name = line.split()
        for entry in json.loads(lab.run("host", ["nft", "-j", "list", "table", family, name]))["nftables"]:
            (kind, body), = entry.items()
            if kind == "rule":
                found.setdefault(f"rules of {family} {body['chain']}", []).append(_text(body))
            elif kind != "metainfo" and not body["name"].startswith(BY_PACKETS):
                found[f"{kind} {family} {body['name']}"] = _text(body)
    return found


def settled(lab):
    """What the kernel holds, once nothing of it has changed for a second: each table is read by itself, and the program may be late."""
    before, now = None, tables(lab)
    for _ in range(SETTLE_TRIES):
        time.sleep(1)
        before, now = now, tables(lab)
        if before == now:
            break
    return now


def differences(one, other):
    """Texts, empty when both are the same."""
    texts = []
    for key in sorted(set(one) | set(other)):
        if one.get(key) != other.get(key):
            texts.append(f"{key}: {str(one.get(key))[:600]} ≠ {str(other.get(key))[:600]}")
    return texts


def size(agent):
    """(descriptors, kB of memory that is no file's) of the program and its workers. Pages of code come and go as they are touched."""
    pids = [agent.process.pid, *_children(agent.process.pid)]
    descriptors = own = 0
    for pid in pids:
        descriptors += len(os.listdir(f"/proc/{pid}/fd"))
        for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss_Anon:"):
                own += int(line.split()[1])
    return descriptors, own


def _children(pid):
    return [int(child) for child in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _sanitized(agent):
    return "libasan" in pathlib.Path(f"/proc/{agent.process.pid}/maps").read_text()


def judge(context, lab, agent):
    """Against a program that starts on an empty table with an empty database. The agent is stopped."""
    held, then, sanitized = settled(lab), size(agent), _sanitized(agent)
    agent.stop()
    status, output = agent.run("-clear")
    context.report("-clear after all that", output if status else None)
    fresh = Agent(lab, context.agent, args=agent.args, env=agent.env, state="fresh")
    fresh.start()
    texts = differences(held, settled(lab))
    context.report("the kernel holds exactly what is desired", "; ".join(texts[:6]) or None)
    now = size(fresh)
    figures(f"at the end {then[0]} descriptors and {then[1]} kB; a fresh one {now[0]} and {now[1]} kB")
    more = then[0] - now[0] - IDLE_CONNECTIONS
    context.report("no more descriptors", f"{then[0]}, a fresh one {now[0]}" if more > 0 else None)
    if not sanitized:
        context.report("no more memory", f"{then[1]} kB, a fresh one {now[1]}" if then[1] > now[1] * 1.3 + 1024 else None)
    fresh.stop()
    for fault in fresh.faults() or [None]:
        context.report("the fresh one's log and exit", fault)
