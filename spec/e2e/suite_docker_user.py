"""-docker-user: what the labels allow wins over Docker's own drops (icc=false), and over no policy's bans; and the rule stays in its place."""

import re
import subprocess
import time

from agent import Agent
from cases import DROP, PASS, REFUSED, case, check
from lab import Lab, LabError, wait_until

SENDER = "output: [{network: bridge, container: srv, proto: tcp, dst_ports: [80]}]"
PUBLISHED = "mapped_ports: {external: {allow: true}}"
ALLOWED = [case("allowed by the labels", "web -> srv@bridge:80/tcp", PASS)]
DROPPED = [case("allowed by the labels, dropped by Docker", "web -> srv@bridge:80/tcp", DROP)]
ALWAYS = [
    case("not allowed", "web -> srv@bridge:81/tcp", DROP),
    case("not managed, dropped by Docker", "free -> srv@bridge:80/tcp", DROP),
    case("not managed, dropped by Docker", "free -> free2@bridge:80/tcp", DROP),
    case("not managed, to the world", "free -> outside:80/tcp", PASS),
]
GUEST = [case("not banned", "outside@100 -> pub:8080/tcp =shop", PASS), case("not banned", "outside@100 -> pub:8080/tcp6 =shop", PASS)]
BANNED_BEFORE = [case("banned before the start", "outside@101 -> pub:8080/tcp =shop", REFUSED)]
BANNED_AFTER = [case("banned after the start", "outside@102 -> pub:8080/tcp =shop", DROP)]
BANNED_LAST = [case("banned at the chain's end", "outside@103 -> pub:8080/tcp =shop", DROP)]
OURS = ["-m", "mark", "--mark", "0x10000000/0x10000000", "-m", "comment", "--comment", "whalewall", "-j", "ACCEPT"]
SOON = 1.0  # seconds: so soon it is mended, which is looked for twice a second
TOOLS = {"ipv4": "iptables", "ipv6": "ip6tables"}


def _check(context, lab, when, cases):
    for c, fault in check(lab, cases):
        context.report(f"{when}: {c.title}: {c.way}", fault)


def _tables(lab, *words, tool="iptables", check=True):
    return lab.run("host", [tool, "-w", *words], check=check)


def _docker_user(lab, tool="iptables"):
    return _tables(lab, "-S", "DOCKER-USER", tool=tool)


def _rules(lab, tool="iptables"):
    return [line for line in _docker_user(lab, tool).splitlines() if line.startswith("-A")]


def _place(lab, tool="iptables"):
    """None: the rule is there once, and the last one that is tried."""
    rules = _rules(lab, tool)
    tried = rules[:-1] if rules and rules[-1] == "-A DOCKER-USER -j RETURN" else rules
    where = [i for i, rule in enumerate(tried) if "0x10000000/" in rule]
    return None if where == [len(tried) - 1] else "\n".join(rules) or "an empty chain"


def _soon(context, lab, title, since, tool="iptables"):
    """It is mended; the limit has some room for a slow machine, and the time is said."""
    try:
        wait_until(title, lambda: _place(lab, tool) is None, 10)
        took = time.monotonic() - since
        context.report(f"{title}: after {took:.2f} s", None if took < SOON + 1 else "too late")
    except LabError:
        context.report(title, _place(lab, tool))


def _same(context, lab, when, before):
    now = _docker_user(lab)
    context.report(f"{when}: DOCKER-USER is as it was", None if now == before else now)


def _status(agent):
    _, status = agent.ask()
    return status["docker_user"], [p["text"] for p in status["problems"] if p["code"] == "docker_user"]


def _says(context, agent, title, place, problem=None):
    """What the status says of it; problem: a part of the text."""
    def wrong():
        got, texts = _status(agent)
        same = got == place and (any(problem in text for text in texts) if problem else not texts)
        return None if same else f"{got}, {texts}"
    try:
        wait_until(title, lambda: wrong() is None, 5)
        context.report(title)
    except LabError:
        context.report(title, wrong())


def _ban(lab, name, address, target):
    """As fail2ban does it: a chain of its own, and a jump to it at the front."""
    _tables(lab, "-N", name)
    _tables(lab, "-A", name, "-j", "RETURN")
    _tables(lab, "-I", "DOCKER-USER", "-p", "tcp", "-j", name)
    _tables(lab, "-I", name, "1", "-s", address, "-j", *target)


def _ban_last(lab):
    """The last one that is tried: before a RETURN, where there is one."""
    rules = _rules(lab)
    where = ["-I", "DOCKER-USER", str(len(rules))] if rules[-1].endswith("-j RETURN") else ["-A", "DOCKER-USER"]
    _tables(lab, *where, "-s", "192.0.2.103", "-j", "DROP")


def _without(context, lab):
    before = _docker_user(lab)
    with Agent(lab, context.agent) as agent:
        _check(context, lab, "without the option", DROPPED + ALWAYS + GUEST)
        _same(context, lab, "without the option", before)
        _says(context, agent, "without the option: status", {"wanted": False, "ipv4": None, "ipv6": None})
        agent.stop()


def _with(context, lab, place):
    before = _docker_user(lab)
    with Agent(lab, context.agent, args=["-docker-user"]) as agent:
        _check(context, lab, "with the option", ALLOWED + ALWAYS + GUEST)
        for family, tool in TOOLS.items():
            if place[family]:
                context.report(f"its place, {family}", _place(lab, tool))
        _says(context, agent, "with the option: status", place)
        agent.stop()
        agent.start()
        context.report("there is one such rule", _place(lab))
        agent.stop()
    with Agent(lab, context.agent) as agent:
        _check(context, lab, "without it again", DROPPED + ALWAYS)
        _same(context, lab, "without it again", before)
        agent.stop()


def _bans(context, lab, agent):
    _check(context, lab, "a ban from before", BANNED_BEFORE + GUEST + ALLOWED)
    _ban(lab, "f2b-after", "192.0.2.102", ["DROP"])
    time.sleep(SOON)
    context.report("a ban from after: the rule's place", _place(lab))
    _check(context, lab, "a ban from after", BANNED_BEFORE + BANNED_AFTER + GUEST + ALLOWED)
    _ban_last(lab)
    _soon(context, lab, "a ban behind the rule: it is moved", time.monotonic())
    _check(context, lab, "a ban behind the rule", BANNED_BEFORE + BANNED_AFTER + BANNED_LAST + GUEST + ALLOWED)
    context.report("that is no warning", None if not agent.lines(level="warn") else str(agent.lines(level="warn")))


def _flushed(context, lab, agent, place):
    for family, tool in TOOLS.items():
        if not place[family]:
            continue
        for title, words in (("flushed", ["-F", "DOCKER-USER"]), ("deleted", ["-D", "DOCKER-USER", *OURS])):
            mark = agent.mark()
            _tables(lab, *words, tool=tool)
            _soon(context, lab, f"{title}, {family}: it is back", time.monotonic(), tool)
            agent.wait_line("another program took the rule out of DOCKER-USER; it is back", mark, 5)
    _tables(lab, "-A", "DOCKER-USER", "-j", "RETURN")
    _check(context, lab, "flushed", ALLOWED + ALWAYS + GUEST)


def _fight(context, lab, agent, place):
    """Another program takes it out ten times a second: it is not put back at that pace, which is said, and it comes back in the end."""
    mark = agent.mark()
    script = f"while :; do iptables -w -D DOCKER-USER {' '.join(OURS)}; sleep 0.1; done"
    other = lab.popen("host", ["sh", "-c", script], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        agent.wait_line("another program takes the rule out of DOCKER-USER again and again: it is put back less and less often, "
                        "until it stays; meanwhile Docker's own rules may drop what is allowed", mark, 20)
        time.sleep(5)
        _says(context, agent, "a fight: status", {**place, "ipv4": False}, "again and again")
        _check(context, lab, "a fight", ALWAYS)
    finally:
        other.kill()
        other.wait()
    lines = [line for line in agent.lines(mark) if "DOCKER-USER" in line["msg"]]
    context.report("a fight fills no log", None if len(lines) <= 5 else "\n".join(map(str, lines)))
    try:
        wait_until("it is back", lambda: _place(lab) is None, 30)
        context.report("after the fight it comes back by itself")
    except LabError:
        context.report("after the fight it comes back by itself", _place(lab))
    agent.wait_line("the rule in DOCKER-USER stays", mark, 20)
    _says(context, agent, "after the fight: status", place)
    _check(context, lab, "after the fight", ALLOWED + GUEST)


def _delete_chain(lab, tool):
    """The program puts its rule there again and again, and a chain with a rule is not deleted."""
    def deleted():
        _tables(lab, "-F", "DOCKER-USER", tool=tool)
        try:
            _tables(lab, "-X", "DOCKER-USER", tool=tool)
        except LabError as error:
            if "busy" not in str(error):
                raise
            return False
        return True
    wait_until("DOCKER-USER is deleted", deleted, 20, 0.01)


def _no_chain(context, lab, agent, place):
    for family, tool in TOOLS.items():
        if place[family] is not None:
            _tables(lab, "-D", "FORWARD", "-j", "DOCKER-USER", tool=tool)
            _delete_chain(lab, tool)
    _says(context, agent, "no chain: status", {"wanted": True, "ipv4": None, "ipv6": None}, "has no chain DOCKER-USER")
    _tables(lab, "-N", "DOCKER-USER")
    _tables(lab, "-I", "FORWARD", "-j", "DOCKER-USER")
    _soon(context, lab, "a chain that is made: the rule is in it", time.monotonic())
    _says(context, agent, "a chain that is made: status", {"wanted": True, "ipv4": True, "ipv6": None})
    _check(context, lab, "a chain that is made", ALLOWED + ALWAYS)
    mark = agent.mark()
    for words in (["-N", "DOCKER-USER"], ["-I", "FORWARD", "-j", "DOCKER-USER"]):
        _tables(lab, *words, tool="ip6tables")
    _soon(context, lab, "one for IPv6, too: the rule is in it", time.monotonic(), "ip6tables")
    line = agent.wait_line("DOCKER-USER accepts what is allowed", mark, 5)
    context.report("the log says so", None if (line["tables"], line["ipv4"], line["ipv6"]) == (2, "yes", "yes") else str(line))
    _says(context, agent, "one for IPv6, too: status", {"wanted": True, "ipv4": True, "ipv6": True})


def _clear(context, lab):
    before = re.sub("(?m)^.*0x10000000/.*\n", "", _docker_user(lab))
    with Agent(lab, context.agent, args=["-docker-user"]) as agent:
        agent.stop()
        status, output = agent.run("-clear")
        context.report("-clear ends well", None if status == 0 else output)
        _same(context, lab, "-clear", before)
        agent.start()
        status, output = agent.run("-clear")
        context.report("-clear through the program ends well", None if status == 0 else output)
        agent.status = agent.process.poll()
        _same(context, lab, "-clear through the program", before)


def run(context):
    if not context.agent:
        return
    with Lab(probe=context.probe, open_forward=False, engine_args=["--icc=false"]) as lab:
        lab.container("srv")
        lab.container("free")
        lab.container("free2")
        lab.container("web", rules=SENDER)
        lab.container("shop", rules=PUBLISHED, ports=["8080:80"])
        lab.start_all(["srv", "free", "free2", "web", "shop"])
        place = {"wanted": True, **{family: True if "-N DOCKER-USER" in _tables(lab, "-S", tool=tool) else None
                                    for family, tool in TOOLS.items()}}
        _without(context, lab)
        _with(context, lab, place)
        _ban(lab, "f2b-before", "192.0.2.101", ["REJECT"])
        with Agent(lab, context.agent, args=["-docker-user"]) as agent:
            line = agent.lines(msg="DOCKER-USER accepts what is allowed")[0]
            said = {family: {"yes": True, "no such chain": None}[line[family]] for family in TOOLS}
            context.report("the log says where it is", None if {"wanted": True, **said} == place else f"{line}, {place}")
            _bans(context, lab, agent)
            _flushed(context, lab, agent, place)
            _fight(context, lab, agent, place)
            _no_chain(context, lab, agent, place)
            agent.stop()
            faults = agent.faults(["again and again", "what is allowed is marked"])
            context.report("the agent's log and exit", "\n".join(faults) or None)
        _clear(context, lab)
