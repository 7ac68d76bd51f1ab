"""
Audit: of an audited container nothing is dropped, and what would be is told; an end that is enforced drops all the same.
And `whalewall suggest`: a stack without labels is audited, gets the labels that are suggested, and goes on as before, with all
else closed.
"""

import json
import os
import random
import subprocess
import time

from agent import Agent
from cases import DROP, PASS, case, check
from cleanup import wait_until
from documented import check_json
from flow import Flow
from lab import Lab

AUDIT = {"whalewall.audit": "true"}
EXPECTED_ERRORS = ["has no rules until this is mended", "container quarantined", "cannot be enforced"]
CASES = [
    case("what its rules allow", "seen -> shut:5432/tcp", PASS),
    case("to the world", "seen -> outside:443/tcp", PASS),
    case("to the world, IPv6", "seen -> outside:443/udp6", PASS),
    case("an echo", "seen -> outside/icmp", PASS),
    case("from the world, at a published port", "outside -> pub:8080/tcp =seen", PASS),
    case("from the host, at a published port", "host -> lo:8080/tcp =seen", PASS),
    case("from the host", "host -> seen:80/tcp", PASS),
    case("from a neighbour", "free -> seen:53/udp", PASS),
    case("to a neighbour", "seen -> free:80/tcp", PASS),
    case("to the host", "seen -> host:80/tcp", PASS),
    case("between two", "seen -> bad:80/tcp6", PASS),
    case("a faulty label of an audited one closes nothing", "bad -> outside:80/tcp", PASS),
    case("an enforced one drops, whoever sends", "seen -> shut:80/tcp", DROP),
    case("… and does not send, whoever gets it", "shut -> seen:80/tcp", DROP),
    case("an image's label audits nothing", "imaged -> outside:80/tcp", DROP),
    case("one whose label cannot be read is closed", "typo -> outside:80/tcp", DROP),
]

WEB, DB, CACHE = STACK = ["shop-web-1", "shop-db-1", "shop-cache-1"]
# what the stack does: all of it is seen in audit
WORKS = [
    case("web asks the database", f"{WEB} -> {DB}:5432/tcp", PASS),
    case("… in IPv6", f"{WEB} -> {DB}:5432/tcp6", PASS),
    case("web asks the cache at ports in a row", f"{WEB} -> {CACHE}:80/tcp", PASS),
    case("…", f"{WEB} -> {CACHE}:81/tcp", PASS),
    case("…", f"{WEB} -> {CACHE}:82/tcp", PASS),
    case("the database pings the cache", f"{DB} -> {CACHE}/icmp", PASS),
    case("web asks a name server", f"{WEB} -> outside:53/udp", PASS),
    case("… and another", f"{WEB} -> outside@103:53/udp", PASS),
    case("web asks the host", f"{WEB} -> host:443/tcp", PASS),
    case("a client of the web", f"outside -> pub:8081/tcp ={WEB}", PASS),
    case("… another one, in IPv6", f"outside@101 -> pub:8081/tcp6 ={WEB}", PASS),
    case("the host asks the database's published port", f"host -> lo:8082/tcp ={DB}", PASS),
    case("a container beside the stack asks the cache", f"free-too -> {CACHE}:443/tcp", PASS),
]
NEVER = [
    case("another client", f"outside@102 -> pub:8081/tcp ={WEB}", DROP),
    case("a client of the database", f"outside -> pub:8082/tcp ={DB}", DROP),
    case("a third name server", f"{WEB} -> outside@104:53/udp", DROP),
    case("the name server at another port", f"{WEB} -> outside:443/udp", DROP),
    case("the host, by web's published port", f"host -> lo:8081/tcp ={WEB}", DROP),
]
COMPOSE = """name: shop
services:
  web: {image: lab, ports: ["8081:80"]}
  db: {image: lab, ports: ["8082:5432"]}
  cache: {image: lab}
"""
TRIED = 60


def _expect(context, title, got, wanted):
    context.report(title, None if got == wanted else f"wanted {wanted!r}, got {got!r}")


def ask(agent, *words):
    """(exit status, what was printed) of a command that asks the running program."""
    child = agent.lab.popen("host", agent.command(words[0], "-d", agent.dir, *words[1:]), stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    output, _ = child.communicate(timeout=120)
    return child.returncode, output


def _status(agent):
    code, status = agent.ask()
    return code, status, {c["name"]: c for c in status["containers"]}


def _world(lab):
    lab.image("audited", AUDIT)
    lab.network("front")
    rules = "output: [{network: front, container: shut, proto: tcp, dst_ports: [5432]}]"
    lab.container("seen", nets=["front"], rules=rules, ports=["8080:80"], labels=AUDIT)
    lab.container("bad", nets=["front"], rules="outputs: []", labels=AUDIT)
    lab.network("back")
    lab.container("typo", nets=["back"], labels={"whalewall.audit": "ture"})
    lab.container("imaged", nets=["front"], enabled="true", image="audited")
    lab.container("shut", nets=["front"], enabled="true")
    lab.container("free", nets=["front"])
    for name in ("shut", "seen", "bad", "typo", "imaged", "free"):
        lab.start(name)


def _make_stack(lab, labels):
    ports = {WEB: ["8081:80"], DB: ["8082:5432"], CACHE: []}
    for name in STACK:
        lab.container(name, nets=["shop_default"], project="shop", service=name.split("-")[1], ports=ports[name],
                      labels=labels.get(name))
    lab.start_all(STACK)


def _open_shop(lab):
    compose = {"com.docker.compose.project": "shop", "com.docker.compose.network": "default"}
    lab.network("shop_default", labels=compose)
    lab.container("free-too", nets=["shop_default"], enabled="false")
    lab.start("free-too")
    _make_stack(lab, {})


def _others(lab):
    """Flows of the stack that were not seen, at random."""
    seen = {c.way for c in WORKS}
    ends = [*STACK, "free-too"]
    ways = [f"{a} -> {b}:{port}/{proto}" for a in ends for b in ends if a != b for port in (53, 80, 81, 82, 443, 5432)
            for proto in ("tcp", "udp", "tcp6", "udp6")]
    ways += [f"{a} -> {b}/{proto}" for a in ends for b in STACK if a != b for proto in ("icmp", "icmp6")]
    ways += [f"{a} -> {b}:{port}/tcp" for a in STACK for b in ("outside", "host") for port in (80, 443, 5432)]
    # a name is all of its container's addresses, in both families
    ways = [way for way in ways if way not in seen and way.replace("6", "") not in seen and way + "6" not in seen]
    return [case("not seen", way, DROP) for way in random.sample(ways, TRIED)]


def _suggest(context, lab, agent):
    """{container: labels}, and what is printed is a compose file that `whalewall check` accepts."""
    parts = ["container: cache, proto: tcp, dst_ports: [80-82]", "network: default, container: db",
             'ips: ["192.0.2.100", "192.0.2.103"], proto: udp, dst_ports: [53]', "host: true, proto: tcp, dst_ports: [443]",
             "container: free-too, proto: tcp, dst_ports: [443]", "container: cache, proto: icmp",
             'ips: ["192.0.2.100", "2001:db8:ffff::101"]', "localhost"]
    code, text = ask(agent, "suggest", "-project", "shop")
    since = time.monotonic()
    while any(part not in text for part in parts) and time.monotonic() - since < 5:  # the kernel gathers reports for up to a second
        time.sleep(0.2)
        code, text = ask(agent, "suggest", "-project", "shop")
    _expect(context, "suggest: exit status", code, 0)
    _expect(context, "suggest: the same of each container", sorted(ask(agent, "suggest", *STACK)[1].splitlines()), sorted(text.splitlines()))
    _expect(context, "suggest: no such project", ask(agent, "suggest", "-project", "shops"), (2, "whalewall: no container is of a compose project 'shops'\n"))
    _expect(context, "suggest: a project, or containers", ask(agent, "suggest", "-project", "shop", "web")[0], 2)
    for part in parts:
        context.report(f"suggest: {part}", None if part in text else text)
    files = [lab.dir / "compose.yml", lab.dir / "override.yml"]
    for path, content in zip(files, [COMPOSE, text]):
        path.write_text(content, encoding="utf-8")
    child = subprocess.run([agent.path, "check", *map(str, files)], capture_output=True, text=True, check=False)
    context.report("suggest: what is printed is accepted", None if child.returncode == 0 else f"{child.stdout}{child.stderr}\n{text}")
    answers = {name: json.loads(ask(agent, "suggest", "-json", name)[1]) for name in STACK}
    check_json(context, "audit.md", list(answers.values()))
    return {name: {"whalewall.enabled": "true", "whalewall.rules": answer["rules"]} for name, answer in answers.items()}


def _audit_stack(context, lab, agent):
    for c, fault in check(lab, WORKS):
        context.report(f"audit: {c.title}: {c.way}", fault)
    labels = _suggest(context, lab, agent)
    for name in STACK:
        lab.remove(name)
    _make_stack(lab, labels)


def _told(context, lab, agent):
    _, status, containers = _status(agent)
    seen = containers["seen"]
    _expect(context, "its state", (seen["state"], seen["audited"], seen["dropped"]), ("audited", True, {}))
    context.report("counted by reason", None if {"out", "in", "host", "port"} <= set(seen["would_drop"]) else str(seen))
    _expect(context, "the other end's drops are its own", set(containers["shut"]["dropped"]) >= {"in", "out"}, True)
    codes = {(p["code"], p["subject"]) for p in status["problems"]}
    context.report("the status is loud", None if ("audited", "seen") in codes else str(codes))
    drops = json.loads(ask(agent, "drops", "-json", "seen")[1])["drops"]
    context.report("drops tells them as audited", None if drops and all(d["audited"] for d in drops) else str(drops))
    context.report("the log, too", None if agent.lines(msg="packet would be dropped", audited="true") else agent.tail(9))
    text = ask(agent, "show", "seen")[1]
    context.report("show", None if "all else passes, for it is audited" in text else text)
    text = ask(agent, "explain", "seen", "internet", "tcp/443")[1]
    context.report("explain", None if "nothing of it is dropped" in text else text)
    metrics = ask(agent, "metrics")[1]
    context.report("metrics", None if 'whalewall_audited_packets_total{container="seen",reason="out"}' in metrics else metrics)


SCAN = """
import socket, sys, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
end, sent = time.monotonic() + float(sys.argv[2]), 0
while time.monotonic() < end or sent < 65536:  # more than the kernel's sets take
    s.sendto(b"x", (sys.argv[1], sent % 65535 + 1))
    sent += 1
print(sent)
"""
SCAN_S = 4
CPU_MOST = 0.25  # of one processor; the figure that is promised is printed, for a program under a sanitizer needs more


def _cpu_s(agent):
    """The processor's time that the program has had (proc_pid_stat(5): utime, stime)."""
    with open(f"/proc/{agent.process.pid}/stat", encoding="utf-8") as f:
        fields = f.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _scanned(context, lab, agent):
    """A container that does too much to be told: the program has little work with it, and says that there is more."""
    before, begin = _cpu_s(agent), time.monotonic()
    sent = int(lab.run("seen", ["python3", "-c", SCAN, "192.0.2.100", SCAN_S]).strip())
    took = time.monotonic() - begin
    share = (_cpu_s(agent) - before) / took
    print(f"  figures audited packets/s={sent / took:.0f} cpu={100 * share:.1f}%", flush=True)
    context.report("a scan costs little", None if share <= CPU_MOST else f"{share:.2f} of a processor, {sent} packets in {took:.1f} s")
    code, text = ask(agent, "suggest", "seen")
    _expect(context, "a scan: exit status of suggest", code, 1)
    context.report("a scan: suggest says so", None if "NOT ALL: " in text else text)
    problems = {(p["code"], p["subject"]): p["text"] for p in _status(agent)[1]["problems"]}
    told = problems.get(("audit_incomplete", "seen"), "")
    context.report("a scan: status says so", None if told.startswith("not all that the container does is known: ") else str(problems))
    lab.container("aside", nets=["back"], enabled="false", project="aside", service="aside")
    wait_until("it is known", lambda: ask(agent, "suggest", "-project", "aside")[0] == 1, 10)
    text = ask(agent, "suggest", "-project", "aside")[1]
    context.report("suggest: one that is not managed is left out", None if text == '  # NOT ALL: "aside" is not managed, so nothing of it was looked at.\n' else text)
    context.report("a scan: not of others", None if ("audit_incomplete", "bad") not in problems else str(problems))


def _unlabelled(context, lab, agent):
    """The administrator's word counts before that of labels."""
    agent.stop()
    agent.args = ["-audit-labels", "off"]
    agent.start()
    rows = [case("a label audits nothing", "seen -> outside:443/tcp", DROP), case("… its rules hold", "seen -> shut:5432/tcp", PASS)]
    for c, fault in check(lab, rows, settling=True):
        context.report(f"-audit-labels off: {c.title}: {c.way}", fault)
    problems = {(p["code"], p["subject"]) for p in _status(agent)[1]["problems"]}
    context.report("-audit-labels off: it is said", None if ("label_ignored", "seen") in problems else str(problems))


def _switched(context, lab, agent):
    """-audit: all but those whose label says otherwise; without it what only that let pass is cut."""
    agent.stop()
    agent.args = ["-audit"]
    agent.start()
    flow = Flow(lab.popen("shut", [lab.probe_path, "flow", "192.0.2.100", "5432"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
    wait_until("a flow that no rule allows", lambda: flow.state == "open", 10)
    rows = [case("a labelled one is audited, too", "shut -> seen:80/tcp", PASS),
            case("… as one without a label", "free -> outside:80/tcp", PASS)]
    for c, fault in check(lab, rows):
        context.report(f"-audit: {c.title}: {c.way}", fault)
    code, status, containers = _status(agent)
    _expect(context, "-audit: exit status", code, 1)
    _expect(context, "-audit: states", {name: containers[name]["state"] for name in ("free", "shut", "seen")},
            {"free": "audited", "shut": "audited", "seen": "audited"})
    context.report("-audit: the network is guarded no longer", None if not any(n["guarded"] for n in status["networks"] if n["name"] == "front") else str(status["networks"]))
    _audit_stack(context, lab, agent)
    agent.stop()
    agent.args = []
    agent.start()
    for c, fault in check(lab, [*WORKS, *NEVER, *_others(lab)], settling=True):
        context.report(f"with the labels: {c.title}: {c.way}", fault)
    try:
        wait_until("the flow is cut", lambda: flow.state in ("stalled", "lost"), 10)
        context.report("what only audit let pass is cut", None)
    except Exception as error:  # noqa: BLE001
        context.report("what only audit let pass is cut", f"{error}: {flow.events}")
    for c, fault in check(lab, CASES[-4:], settling=True):
        context.report(f"enforced again: {c.title}: {c.way}", fault)


GROUPS = """groups:
  lists:
    names: [192.0.2.100, 192.0.2.101, "2001:db8:ffff::100"]
    partners: [192.0.2.102, 192.0.2.103]
    office: [192.0.2.104]
    none: []
"""
GROUPED = [case("a name server", "asks -> outside:53/udp", PASS),
           case("… another", "asks -> outside@101:53/udp", PASS),
           case("… in IPv6", "asks -> outside:53/udp6", PASS),
           case("a partner", "asks -> outside@102:443/tcp", PASS),
           case("the office", "outside@104 -> pub:8083/tcp =asks", PASS)]
REST = [case("a partner that was not seen", "asks -> outside@103:443/tcp", DROP),
        case("another client", "outside@105 -> pub:8083/tcp =asks", DROP),
        case("a name server at another port", "asks -> outside:80/tcp", DROP)]
NAMED = ['"@office"', '- {ips: ["@names"], proto: udp, dst_ports: [53]}', '"@partners" has 192.0.2.102, and addresses that were not seen']


def _grouped(context, lab, agent):
    """With a policy that names groups: a suggestion names them where all of one was seen, and it opens no more."""
    config = lab.dir / "groups.yml"
    config.write_text(GROUPS, encoding="utf-8")
    policy = ["-policy", "groups", "-policy-config", config]
    agent.stop()
    agent.args = ["-audit", *policy]
    agent.start()
    lab.container("asks", nets=["front"], ports=["8083:80"])
    lab.start("asks")
    for c, fault in check(lab, GROUPED, settling=True):
        context.report(f"groups, audit: {c.title}: {c.way}", fault)
    wait_until("the reports", lambda: all(part in ask(agent, "suggest", "asks")[1] for part in NAMED), 5)
    text = ask(agent, "suggest", "asks")[1]
    files = [lab.dir / "asks.yml", lab.dir / "asks.override.yml"]
    for path, content in zip(files, ['services: {asks: {image: lab, ports: ["8083:80"]}}\n', text]):
        path.write_text(content, encoding="utf-8")
    child = subprocess.run([agent.path, "check", *map(str, policy), *map(str, files)], capture_output=True, text=True, check=False)
    context.report("groups: what is printed is accepted", None if child.returncode == 0 else f"{child.stdout}{child.stderr}\n{text}")
    rules = json.loads(ask(agent, "suggest", "-json", "asks")[1])["rules"]
    lab.remove("asks")
    agent.stop()
    agent.args = policy
    agent.start()
    lab.container("asks", nets=["front"], ports=["8083:80"], rules=rules)
    lab.start("asks")
    for c, fault in check(lab, [*GROUPED, *REST], settling=True):
        context.report(f"groups, with the labels: {c.title}: {c.way}", fault)


def run(context):
    if not context.agent:
        return
    with Lab(probe=context.probe) as lab:
        _world(lab)
        _open_shop(lab)
        with Agent(lab, context.agent) as agent:
            for c, fault in check(lab, CASES, settling=True):
                context.report(f"{c.title}: {c.way}", fault)
            _told(context, lab, agent)
            _scanned(context, lab, agent)
            _unlabelled(context, lab, agent)
            _switched(context, lab, agent)
            _grouped(context, lab, agent)
            agent.stop()
            context.report("the agent's log and exit", "\n".join(agent.faults(EXPECTED_ERRORS)) or None)
