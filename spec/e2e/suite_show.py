"""`whalewall show`, `drops` and `events`: one container as it is enforced, what was dropped, what the program did, for people and as JSON, as the document has it."""

import json
import signal
import subprocess

from agent import Agent
from cases import DROP, PASS, case, check
from cleanup import wait_until
from documented import check_json, check_text
from lab import Lab

WELL, NOT_WELL, USAGE = 0, 1, 2
RULES = """
mapped_ports: {external: {allow: true}}
output:
  - {network: front, container: db, proto: tcp, dst_ports: [5432]}
"""
EXPECTED_ERRORS = ["container quarantined"]


def ask(agent, *words):
    """(exit status, what was printed) of a command that asks the running program."""
    child = agent.lab.popen("host", agent.command(words[0], "-d", agent.dir, *words[1:]), stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    output, _ = child.communicate(timeout=120)
    return child.returncode, output


def _expect(context, title, got, wanted):
    context.report(title, None if got == wanted else f"wanted {wanted!r}, got {got!r}")


def _show(context, lab, agent):
    for c, fault in check(lab, [case("dropped", "web -> db:80/udp", DROP), case("allowed", "web -> db:5432/tcp", PASS)]):
        context.report(c.title, fault)
    code, text = ask(agent, "show", "web")
    _expect(context, "exit status", code, WELL)
    check_text(context, "control.md", "## show", text)
    answers = [json.loads(ask(agent, "show", "-json", name)[1]) for name in ("web", "db")]
    check_json(context, "control.md", answers, "## show", opaque=("status",))
    _expect(context, "the status is that of `status`", answers[0]["status"],
            next(c for c in agent.ask()[1]["containers"] if c["name"] == "web"))
    _expect(context, "by its id", ask(agent, "show", lab.inspect("web")["Id"][:12])[1], text)
    _expect(context, "opened by another's rule", [(r["origin"], r["consent"]) for r in answers[1]["rules"]],
            [("output[0] line 4 of web", True)])


def _others(context, agent):
    rows = [("a quarantined one", "bad", NOT_WELL, "quarantined: label 'whalewall.rules' line 1"),
            ("one that is not managed", "free", NOT_WELL, "not managed, so nothing that it does is restricted"),
            ("one that shares", "side", WELL, "shares     the addresses of"),
            ("none", "nobody", USAGE, "'nobody' is no container"),
            ("the host", "host", USAGE, "'host' is no container")]
    for title, name, status, part in rows:
        code, text = ask(agent, "show", name)
        _expect(context, f"{title}: exit status", code, status)
        context.report(f"{title}: {part!r}", None if part in text else text)
    _expect(context, "no name", ask(agent, "show")[0], USAGE)


def _reported(agent):
    """What is remembered of web's drops: {(protocol, port): entry}."""
    code, text = ask(agent, "drops", "-json", "web")
    return code, {(drop["protocol"], drop["port"]): drop for drop in json.loads(text)["drops"]}


def _drops(context, lab, agent):
    """web has sent udp/80 to db before, which its rules do not allow."""
    code, drops = _reported(agent)
    drop = drops[("udp", 80)]
    _expect(context, "drops: exit status", code, 0)
    _expect(context, "what was dropped", (drop["container"], drop["direction"], drop["peer_name"], drop["reason"], drop["text"]),
            ("web", "out", "db", "out", "no output rule of this container allows it"))
    _expect(context, "from where to where", (drop["address"], drop["peer"]), (lab.addr("web", "front"), lab.addr("db", "front")))
    context.report("as often as the kernel counts", None if drop["packets"] >= drop["reports"] >= 1 else str(drop))
    check_json(context, "control.md", [json.loads(ask(agent, "drops", "-json")[1])], "## drops")
    text = ask(agent, "drops", "web")[1]
    context.report("as a table", None if f"web        to db ({drop['peer']})" in text and "udp/80" in text else text)
    _expect(context, "of another there is nothing", ask(agent, "drops", "free"), (0, "nothing that was dropped is remembered\n"))
    _expect(context, "of no container", ask(agent, "drops", "nobody")[0], USAGE)


def _follow(context, lab, agent):
    """-f tells what is there, and then what comes, until it has no answer any more."""
    child = lab.popen("host", agent.command("drops", "-d", agent.dir, "-f", "web"), stdin=subprocess.DEVNULL,
                      stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    line = child.stdout.readline()
    context.report("-f begins with what is remembered", None if "udp/80  out: no output rule" in line else line)
    lab.probe("web", f"udp {lab.addr('db', 'front')} 443")
    seen = []
    while not any("udp/443  out: no output rule" in text for text in seen) and len(seen) < 20:
        seen.append(child.stdout.readline())
    context.report("… and goes on", None if len(seen) < 20 else str(seen))
    return child


def _kinds(agent, container):
    return [event["kind"] for event in json.loads(ask(agent, "events", "-json")[1])["events"] if event["container"] == container]


def _events(context, lab, agent):
    """What is remembered, and with -f what comes; a reader that reads nothing holds up no other client."""
    code, text = ask(agent, "events", "-json")
    _expect(context, "events: exit status", code, 0)
    check_json(context, "control.md", [json.loads(text)], "## events", opaque=("details",))
    _expect(context, "what became of bad", _kinds(agent, "bad"), ["quarantined"])
    following = [lab.popen("host", agent.command("events", "-d", agent.dir, "-f", *words), stdin=subprocess.DEVNULL,
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) for words in ([], [], ["-json"])]
    lab.container("late", nets=["front"], enabled="true")
    lab.start("late")
    lab.remove("late")
    seen, _ = [], following[0]  # which is never read
    while not any("released    late: container's rules removed" in line for line in seen) and len(seen) < 40:
        seen.append(following[1].stdout.readline())
    context.report("-f goes on", None if any("enforced    late: container enforced" in line for line in seen) else str(seen))
    first = json.loads(following[2].stdout.readline())
    _expect(context, "-f -json: each line is an object", (first["seq"], first["level"]), (1, first["level"]))
    agent.process.send_signal(signal.SIGHUP)
    wait_until("a reload is an event", lambda: "reload" in ask(agent, "events")[1], 10)
    return following[1]


def run(context):
    if not context.agent:
        return
    with Lab(probe=context.probe) as lab:
        lab.network("front")
        lab.container("db", nets=["front"], enabled="true")
        lab.container("web", nets=["front"], rules=RULES, ports=["8080:80"])
        lab.container("free", nets=["front"])
        lab.container("bad", nets=["front"], rules="output: [{dst_prots: [1]}]")
        lab.container("side", mode="container:web", rules="# nothing", serve=["7998"])
        for name in ("db", "web", "free", "bad", "side"):
            lab.start(name)
        with Agent(lab, context.agent) as agent:
            wait_until("all are in force", lambda: "pending" not in str(agent.ask()[1]), 10)
            _show(context, lab, agent)
            _others(context, agent)
            _drops(context, lab, agent)
            following = [_follow(context, lab, agent), _events(context, lab, agent)]
            agent.stop()
            _expect(context, "-f ends with the program", [child.wait(30) for child in following], [3, 3])
            context.report("the agent's log and exit", "\n".join(agent.faults(EXPECTED_ERRORS)) or None)
