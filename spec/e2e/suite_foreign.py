"""Beside the host's own rules: nothing outside the own table changes, whatever kind of rules the host has."""

import json
import re

from agent import Agent
from cases import DROP, PASS, case, check
from lab import Lab

RULES = "mapped_ports: {external: {allow: true}}"
SAVES = [["iptables-nft-save"], ["ip6tables-nft-save"], ["iptables-legacy-save"], ["ip6tables-legacy-save"]]
CASES = [
    case("allowed", "outside -> pub:8400/tcp =web", PASS),
    case("allowed", "outside -> pub:8400/tcp6 =web", PASS),
    case("not allowed", "web -> outside:80/tcp", DROP),
    case("the host's iptables rule holds", "outside -> host:9000/tcp", DROP, base=DROP),
    case("the host's nftables rule holds", "outside -> host:9001/tcp", DROP, base=DROP),
    case("the host's legacy rule holds", "outside -> host:443/tcp", DROP, base=DROP),
    case("not managed", "free -> outside:80/tcp", PASS),
]


def _host_rules(lab):
    for argv in (["iptables-nft", "-I", "INPUT", "-p", "tcp", "--dport", "9000", "-j", "DROP"],
                 ["iptables-legacy", "-I", "INPUT", "-p", "tcp", "--dport", "443", "-j", "DROP"],
                 ["nft", "add table inet site"],
                 ["nft", "add chain inet site input { type filter hook input priority 0; policy accept; }"],
                 ["nft", "add rule inet site input tcp dport 9001 drop"]):
        lab.run("host", argv)


def _saved(lab):
    """What iptables' own tools say, without counters and dates."""
    texts = [lab.run("host", argv) for argv in SAVES]
    return re.sub(r"\[\d+:\d+\]", "", "\n".join(line for text in texts for line in text.splitlines() if line[:1] != "#"))


def _elsewhere(lab):
    """All of nftables but the own table, without counters and handles."""
    listed = json.loads(lab.run("host", ["nft", "-j", "list", "ruleset"]))["nftables"]
    text = json.dumps([entry for entry in listed if "whalewall" not in json.dumps(entry)], sort_keys=True)
    return re.sub(r'"(packets|bytes|handle)": \d+', "", text)


def _tables(lab):
    return sorted(lab.run("host", ["nft", "list", "tables"]).split("\n"))


def _same(before, after):
    return None if before == after else f"before:\n{before}\nafter:\n{after}"


def _check_cases(context, lab, when, baseline=False):
    for c, fault in check(lab, CASES, baseline=baseline):
        context.report(f"{when}: {c.title}: {c.way}", fault)


def _run_with(context, lab):
    before = _saved(lab), _elsewhere(lab), _tables(lab)
    with Agent(lab, context.agent) as agent:
        _check_cases(context, lab, "with")
        context.report("iptables-save, all four, is the same", _same(before[0], _saved(lab)))
        context.report("no rule outside the own table", _same(before[1], _elsewhere(lab)))
        lab.run("host", ["nft", "list", "table", "inet", "whalewall"])
        agent.stop()
        _check_cases(context, lab, "after it has stopped")
        status, output = agent.run("-clear")
        context.report("-clear ends well", None if status == 0 else output)
        context.report("-clear leaves the tables as they were", _same(before[2], _tables(lab)))
        context.report("-clear leaves iptables as it was", _same(before[0], _saved(lab)))
        context.report("the agent's log and exit", "\n".join(agent.faults()) or None)


def run(context):
    with Lab(probe=context.probe) as lab:
        lab.network("front")
        lab.container("web", nets=["front"], rules=RULES, ports=["8400:80"])
        lab.container("free", nets=["front"])
        lab.start_all(["web", "free"])
        _host_rules(lab)
        _check_cases(context, lab, "without", baseline=True)
        if context.agent:
            _run_with(context, lab)
