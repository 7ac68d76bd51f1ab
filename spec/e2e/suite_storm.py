"""
As many forbidden packets as this machine can send: each is counted, few are reported, the program has little work with them, and
what else it does goes on. Of containers that are enforced, with one flow each and with a scan; and of audited ones.
"""

import json
import os
import re
import subprocess
import time

from agent import Agent
from lab import Lab, wait_until

PEER = "192.0.2.100"
SENDERS = ["one", "two"]
SECONDS, BEFORE = 7, 3  # of a storm; until another container starts
REPORTS_S, REPORTS_AT_ONCE = 3, 5  # docs/datapath.md, "Drops": of each address
FLOWS_S, FLOWS_AT_ONCE = 50, 500  # docs/datapath.md, "Audit"
# of one processor: a program under a sanitizer needs more than the 5 % that are aimed at, which the figures are for
CPU_MOST = 0.25


def _cpu_s(agent):
    """The processor's time that the program has had (proc_pid_stat(5): utime, stime)."""
    with open(f"/proc/{agent.process.pid}/stat", encoding="utf-8") as f:
        fields = f.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _watch(lab):
    """Count what comes from the senders, before any rule of whalewall's looks at it; of flows that are answered, for they pass, the first only."""
    rows = "; ".join(f"add rule inet storm came ip saddr {lab.addr(name, 'front')} ip daddr {PEER} udp dport 1000-65535 ct state new counter" for name in SENDERS)
    lab.run("host", ["nft", f"add table inet storm; flush table inet storm; add chain inet storm came "
                            f"{{ type filter hook prerouting priority -150; }}; {rows}"])


def _came(lab):
    text = lab.run("host", ["nft", "list", "chain", "inet", "storm", "came"])
    return sum(int(n) for n in re.findall(r"counter packets (\d+)", text))


def _counted(lab, stem):
    """The kernel's counts of the senders."""
    addresses = {lab.addr(name, "front") for name in SENDERS}
    text = lab.run("host", ["nft", "list", "set", "inet", "whalewall", stem])
    return sum(int(n) for address, n in re.findall(r"([0-9.]+) counter packets (\d+)", text) if address in addresses)


def _told(agent, key):
    status = agent.ask()[1]
    return sum(c[key].get("out", 0) for c in status["containers"] if c["name"] in SENDERS)


def _storm(lab, last_port):
    return [lab.popen(name, [lab.probe_path, "storm", PEER, "1000", str(last_port), str(SECONDS)], stdin=subprocess.DEVNULL,
                      stdout=subprocess.PIPE, text=True) for name in SENDERS]


def _start_another(lab, agent, name):
    """Seconds until its rules are in force, beside the storm."""
    lab.container(name, nets=["front"], rules="output: [{ips: [192.0.2.101], proto: udp, dst_ports: [53]}]")
    begin = time.monotonic()
    lab.start(name)
    wait_until("its rules are in force", lambda: any(c["name"] == name and c["state"] in ("enforced", "audited") for c in agent.ask()[1]["containers"]), 30)
    return time.monotonic() - begin


def _try(context, lab, agent, title, last_port, key, stem, message, most_lines):
    before = {"came": _came(lab), "counted": _counted(lab, stem), "told": _told(agent, key)}
    name = f"new-{key.replace('_', '-')}-{last_port}"
    alone = _start_another(lab, agent, name)
    lab.remove(name)
    mark, begin, cpu = agent.mark(), time.monotonic(), _cpu_s(agent)
    children = _storm(lab, last_port)
    time.sleep(BEFORE)
    cpu = (_cpu_s(agent) - cpu) / (time.monotonic() - begin)
    started = _start_another(lab, agent, name)
    asked = time.monotonic()
    agent.ask()
    asked = time.monotonic() - asked
    sent = sum(int(child.communicate(timeout=60)[0]) for child in children)
    took = time.monotonic() - begin
    time.sleep(1)  # what was on its way
    came = _came(lab) - before["came"]
    counted = _counted(lab, stem) - before["counted"]
    lines = len([line for line in agent.lines(mark, msg=message) if line.get("container.name") in SENDERS])
    print(f"  figures {title}: packets/s={came / took:.0f} cpu={100 * cpu:.1f}% lines={lines} start={started:.2f}s, alone {alone:.2f}s status={1000 * asked:.0f}ms",
          flush=True)
    context.report(f"{title}: packets came", None if came > 1000 else f"{came} of {sent}")
    context.report(f"{title}: each is counted", None if counted == came else f"{counted} of {came}")
    wait_until("the status has the counts", lambda: _told(agent, key) - before["told"] == came, 10)
    context.report(f"{title}: the status says as many", None)
    most = most_lines(took + 2)
    context.report(f"{title}: few lines", None if 1 <= lines <= most else f"{lines} lines, at most {most:.0f}")
    context.report(f"{title}: it costs little", None if cpu <= CPU_MOST else f"{cpu:.2f} of a processor")
    lab.remove(name)


def _dropped_most(seconds):
    return len(SENDERS) * (REPORTS_S * seconds + REPORTS_AT_ONCE)


def _audited_most(seconds):
    return len(SENDERS) * (FLOWS_S * seconds + FLOWS_AT_ONCE)


def run(context):
    if not context.agent:
        return
    with Lab(probe=context.probe) as lab:
        lab.network("front")
        for name in SENDERS:
            lab.container(name, nets=["front"], enabled="true")
        lab.start_all(SENDERS)
        _watch(lab)
        with Agent(lab, context.agent) as agent:
            _try(context, lab, agent, "one flow each", 1000, "dropped", "drop_out4", "packet dropped", _dropped_most)
            _try(context, lab, agent, "a scan", 65535, "dropped", "drop_out4", "packet dropped", _dropped_most)
            agent.stop()
            agent.args = ["-audit"]
            agent.start()
            _try(context, lab, agent, "audit, one flow each", 1000, "would_drop", "audit_out4", "packet would be dropped", _audited_most)
            _try(context, lab, agent, "audit, a scan", 65535, "would_drop", "audit_out4", "packet would be dropped", _audited_most)
            for child in SENDERS:
                answer = json.loads(lab.popen("host", agent.command("suggest", "-d", agent.dir, "-json", child), stdin=subprocess.DEVNULL,
                                              stdout=subprocess.PIPE, text=True).communicate(timeout=60)[0])
                context.report(f"audit: suggest says that there is more: {child}", None if answer["left_out"] > 0 else str(answer)[:400])
            agent.stop()
            context.report("the agent's log and exit", "\n".join(agent.faults()) or None)
