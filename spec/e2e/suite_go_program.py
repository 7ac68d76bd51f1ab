"""The Go program of the same name was here before, or still is: that is said, nothing of its is spoilt, and -clear removes its rules."""

import contextlib
import json
import os
import shutil
import signal
import sqlite3

from agent import Agent
from cases import DROP, PASS, case, check
from lab import Lab, wait_until

RULES = "output: [{network: front, container: db, proto: tcp, dst_ports: [5432]}]"
WAY = "web -> db:5432/tcp"
CHAIN = "whalewall-web-0123456789ab"
# What version 0.2 leaves for a container without rules, by its sources.
LEFT = f"""
table ip filter {{
  map whalewall-container-addrs {{ type ipv4_addr : verdict; }}
  chain {CHAIN} {{ counter log prefix "{CHAIN} drop: " level info drop; }}
  chain whalewall {{ ip saddr vmap @whalewall-container-addrs; ip daddr vmap @whalewall-container-addrs; }}
}}
add element ip filter whalewall-container-addrs {{ %s : jump {CHAIN} }}
insert rule ip filter DOCKER-USER counter jump whalewall
insert rule ip filter INPUT counter jump whalewall
insert rule ip filter OUTPUT counter jump whalewall
"""
OBJECTS = 2 + 3 + 1


def _expect(context, title, got, wanted):
    context.report(title, None if got == wanted else f"wanted {wanted!r}, got {got!r}")


def _check(context, lab, when, want):
    for c, fault in check(lab, [case("allowed by the labels", WAY, want)]):
        context.report(f"{when}: {c.way}: {want}", fault)


def _leave_rules(lab):
    for chain, hook in (("INPUT", "input"), ("OUTPUT", "output")):  # an engine need not have made them
        lab.run("host", ["nft", f"add chain ip filter {chain} {{ type filter hook {hook} priority filter; policy accept; }}"])
    path = lab.dir / "left.nft"
    path.write_text(LEFT % lab.addr("web", "front"))
    lab.run("host", ["nft", "-f", path])


def _left(lab):
    return lab.run("host", ["nft", "list", "table", "ip", "filter"]).count("whalewall")


def _make_database(directory):
    """By another process that is killed, so that it has as much in its log as the Go program's."""
    directory.mkdir(exist_ok=True)
    pid = os.fork()
    if pid == 0:
        db = sqlite3.connect(directory / "db.sqlite")
        db.executescript("PRAGMA journal_mode = WAL;"
                         "CREATE TABLE containers (id TEXT PRIMARY KEY, name TEXT UNIQUE NOT NULL);"
                         "CREATE TABLE addrs (addr BLOB PRIMARY KEY, container_id TEXT NOT NULL);"
                         "INSERT INTO containers VALUES ('0123456789ab', 'web');")
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(pid, 0)


def _database(directory):
    return {path.name: path.read_bytes() for path in directory.glob("db.sqlite*") if not path.name.endswith("-shm")}


@contextlib.contextmanager
def _running(lab, directory):
    """A process of the Go program's name that has its database open."""
    program = lab.dir / "whalewall"
    shutil.copy(shutil.which("sleep"), program)
    child = lab.popen("host", ["sh", "-c", 'exec 3<>"$1/db.sqlite"; exec "$2" 1000', "sh", directory, program])
    try:
        wait_until("it runs", lambda: open(f"/proc/{child.pid}/comm", encoding="ascii").read() == "whalewall\n", 5)
        yield child.pid
    finally:
        child.kill()
        child.wait()


def _problems(agent):
    code, status = agent.ask()
    return code, [p["text"] for p in status["problems"] if p["code"] == "go_program"]


def _says(context, when, agent, *parts):
    code, texts = _problems(agent)
    right = code == 1 and len(texts) == 1 and all(part in texts[0] for part in (*parts, "`whalewall -clear`"))
    context.report(f"{when}: status", None if right else f"{code} {texts}")


def _clear_and_end(agent):
    code, output = agent.run("-clear")
    agent.status = agent.process.wait(10)
    return code, output


def _rules_are_left(context, lab, agent, before):
    mark = agent.mark()
    agent.start()
    _check(context, lab, "its rules are left", DROP)
    line = agent.wait_line("the Go program whalewall left rules in table ip filter, which go on dropping: run `whalewall -clear`, "
                           "and start this one again", mark)
    _expect(context, "its rules are left: the log", (line["level"], line["objects"]), ("warn", OBJECTS))
    _says(context, "its rules are left", agent, f"left {OBJECTS} objects")
    code, output = _clear_and_end(agent)
    _expect(context, "-clear through the program", (code, "Go program" in output, _left(lab)), (0, False, 0))
    _expect(context, "its database is as it was", _database(agent.dir), before)


def _it_runs(context, lab, agent, elsewhere):
    _leave_rules(lab)
    with _running(lab, elsewhere) as pid:
        mark = agent.mark()
        agent.start()
        line = agent.wait_line("the Go program whalewall runs, and drops by rules of its own: stop it, run `whalewall -clear`, "
                               "and start this one again", mark)
        _expect(context, "it runs: the log", (line["level"], line["process.pid"]), ("warn", pid))
        _says(context, "it runs", agent, f"(process {pid})")
        agent.stop()
        code, output = agent.run("-clear")
        last = json.loads(output.splitlines()[-1])
        _expect(context, "it runs: -clear says so", (code, last["level"], last.get("process.pid"), _left(lab)), (0, "warn", pid, 0))
        agent.start()
        _expect(context, "it runs, and has no rules any more: status", _problems(agent), (0, []))
        _leave_rules(lab)
        _says(context, "it makes them anew beside us", agent, f"(process {pid})")
    _says(context, "it has ended", agent, f"left {OBJECTS} objects")
    _expect(context, "it has ended: -clear says nothing of it", "Go program" in _clear_and_end(agent)[1], False)


def _former(context, agent):
    """What an earlier version of this program remembered, under the name that its database had."""
    shutil.rmtree(agent.dir)
    agent.start()
    agent.stop()
    for path in agent.dir.glob("whalewall.sqlite*"):
        path.rename(agent.dir / path.name.replace("whalewall.sqlite", "db.sqlite"))
    mark = agent.mark()
    agent.start()
    ready = agent.wait_line("ready", mark)
    _expect(context, "an earlier version's database: what it knew is known", (ready["compiled"], ready["reused"] > 0), (0, True))
    _expect(context, "an earlier version's database: its name", sorted(p.name for p in agent.dir.glob("*.sqlite")), ["whalewall.sqlite"])
    _expect(context, "an earlier version's database: status", agent.ask()[1]["database"],
            {"path": f"{agent.dir}/whalewall.sqlite", "durable": True, "trouble": None})
    agent.stop()


def run(context):
    if not context.agent:
        return
    with Lab(probe=context.probe, open_forward=False) as lab:
        lab.network("front")
        lab.container("db", nets=["front"], enabled="true")
        lab.container("web", nets=["front"], rules=RULES)
        lab.start_all(["db", "web"])
        _leave_rules(lab)
        agent = Agent(lab, context.agent)
        elsewhere = lab.dir / "elsewhere"
        for directory in (agent.dir, elsewhere):
            _make_database(directory)
        before = _database(agent.dir)
        try:
            _rules_are_left(context, lab, agent, before)
            _it_runs(context, lab, agent, elsewhere)
            agent.start()
            _check(context, lab, "all of its is gone", PASS)
            _expect(context, "all of its is gone: status", _problems(agent), (0, []))
            agent.stop()
            _expect(context, "its database is as it was, in the end", _database(agent.dir), before)
            _former(context, agent)
            context.report("the log and exit", "\n".join(agent.faults()) or None)
        finally:
            agent.__exit__()
