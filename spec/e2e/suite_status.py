"""`whalewall status` against a real engine: what it says of each container, and its exit status; and -clear through the program."""

import contextlib
import json
import os
import pathlib
import re
import signal
import sqlite3
import subprocess
import time

from agent import Agent
from cases import DROP, PASS, case, check
from documented import check_json
from lab import Lab, LabError, wait_until

RULES = "output: [{network: front, container: db, proto: tcp, dst_ports: [5432]}]"
WAITS = "output: [{network: front, container: later, proto: tcp, dst_ports: [80]}]"
FAULTY = "output: [{proto: tcp, dst_prots: [80]}]"
ALL_WELL, WRONG, SILENT, USAGE = 0, 1, 3, 2
EXPECTED_ERRORS = ["quarantined", "cannot be enforced", "engine", "traffic between containers"]


def _status(agent, *args):
    """(exit status, what was printed)"""
    child = agent.lab.popen("host", agent.command("status", "-d", agent.dir, *args), stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    output, _ = child.communicate(timeout=120)
    return child.returncode, output


def _json(agent):
    code, output = _status(agent, "--json")
    try:
        return code, json.loads(output)
    except ValueError:
        raise LabError(f"not JSON (status {code}): {output[:500]}") from None


def _containers(status):
    return {c["name"]: c for c in status["containers"]}


def _expect(context, title, got, wanted):
    context.report(title, None if got == wanted else f"wanted {wanted!r}, got {got!r}")


def _states(context, agent, when, wanted):
    """Wait until the containers are in these states."""
    found = {}

    def look():
        found.clear()
        found.update({name: c["state"] for name, c in _containers(_json(agent)[1]).items()})
        return found == wanted
    try:
        wait_until(when, look, 10)
        context.report(when)
    except LabError:
        context.report(when, f"wanted {wanted}, got {found}")


def _early(context, lab, agent):
    """On the engine's word: hundreds of milliseconds on 20.10, which waits with the start; never late."""
    for name in ("web", "db"):
        mark = agent.mark()
        lab.restart(name)
        line = agent.wait_line("container started", mark)
        ms = line["rules_active_ms_before_start"]
        context.report(f"{name} was closed before its start", None if 0 < ms < 30000 else str(line))
        listed = _containers(_json(agent)[1])[name]
        _expect(context, f"… and status says it, too ({ms} ms)", listed["active_before_start_ms"], ms)
        _expect(context, "… of this container", (line["container.name"], line["container.id"]), (name, listed["id"][:12]))


def _well(context, lab, agent):
    code, status = _json(agent)
    _expect(context, "all is well", (code, status["ok"], status["problems"]), (ALL_WELL, True, []))
    web = _containers(status)["web"]
    _expect(context, "its address", [(a["network"], a["ipv4"]) for a in web["addresses"]],
            [("front", lab.addr("web", "front"))])
    _expect(context, "its rules", web["rules"], 1)
    _expect(context, "one that ran before is not known to be early", web["active_before_start_ms"], None)
    _expect(context, "the engine", (status["engine"]["state"], "API" in status["engine"]["version"]), ("synced", True))
    _expect(context, "the database", status["database"],
            {"path": f"{agent.dir}/whalewall.sqlite", "durable": True, "trouble": None})
    _expect(context, "the table is owned where that can be", status["table"],
            {"owned": bool(status["kernel"]["table_owner"]), "shared": False})
    _expect(context, "whether there are queues is known", type(status["kernel"]["nfqueue"]), bool)
    _expect(context, "the program", status["program"]["pid"], agent.process.pid)
    code, text = _status(agent)
    _expect(context, "the same as a table", code, ALL_WELL)
    for pattern in (r": all is well\n", r"\nengine +synced: ", r"\nCONTAINER +ID +STATE +IN FORCE +RULES +DROPPED +ADDRESSES\n",
                    rf"\nweb +{web['id'][:12]} +enforced +- +1 +0 +front {re.escape(lab.addr('web', 'front'))}"):
        context.report(f"the table has {pattern!r}", None if re.search(pattern, text) else text)
    context.report("no colours in a pipe", None if "\033" not in text else text)


def _wrong(context, lab, agent):
    lab.container("bad", nets=["front"], rules=FAULTY)
    lab.container("patient", nets=["front"], rules=WAITS)
    lab.container("host-net", mode="host", rules="# nothing", serve=["7999"])
    lab.container("side", mode="container:web", rules="# nothing", serve=["7998"])
    lab.start_all(["bad", "patient", "host-net", "side"])
    _states(context, agent, "each in its state", {"web": "enforced", "db": "enforced", "bad": "quarantined",
                                                  "patient": "waiting", "host-net": "unenforceable", "side": "enforced"})
    code, status = _json(agent)
    by_name = _containers(status)
    _expect(context, "something is wrong", (code, status["ok"]), (WRONG, False))
    _expect(context, "what is wrong", sorted((p["code"], p["subject"]) for p in status["problems"]),
            [("quarantined", "bad"), ("unenforceable", "host-net")])
    context.report("the reason of the quarantine", None if "dst_prots" in by_name["bad"]["quarantine"] else str(by_name["bad"]))
    _expect(context, "the rule that waits", [w["rule"] for w in by_name["patient"]["waiting"]], ["output[0] line 1"])
    _expect(context, "the network that cannot be enforced",
            [(u["network"], u["reason"].split(":")[0]) for u in by_name["host-net"]["unenforceable"]], [("host", "driver host")])
    _expect(context, "whose addresses it shares", by_name["side"]["shares"], by_name["web"]["id"])
    _expect(context, "the last error is told", bool(status["last_error"]["text"]), True)
    code, text = _status(agent)
    _expect(context, "the table's status", code, WRONG)
    for pattern in (r": 2 problems\n", r"\n  quarantined +bad +label 'whalewall.rules'", r"\nrules that wait\n  patient +output\[0\]",
                    r"\nnot enforceable\n  host-net +host +driver host"):
        context.report(f"the table has {pattern!r}", None if re.search(pattern, text) else text)
    check_json(context, "status.md", [_json(agent)[1]], opaque=("dropped",))
    agent.wait_line("rule waits", seconds=15)
    _expect(context, "a container whose rules wait is told once, and none that only starts",
            [line["container.name"] for line in agent.lines(msg="rule waits")], ["patient"])
    lab.container("later", nets=["front"])
    lab.start("later")
    for name in ("bad", "host-net", "side"):
        lab.remove(name)
    _states(context, agent, "and all is well again", {"web": "enforced", "db": "enforced", "patient": "enforced"})
    _expect(context, "its exit status", _json(agent)[0], ALL_WELL)
    lab.stop("patient")
    _states(context, agent, "a stopped one is down", {"web": "enforced", "db": "enforced", "patient": "down"})
    _expect(context, "which is no problem", _json(agent)[0], ALL_WELL)


def _networks(context, lab, agent):
    def found():
        return {n["name"]: (n["guard"], n["guarded"], n["known"]) for n in _json(agent)[1]["networks"]}
    lab.network("open", labels={"whalewall.guard": "false"})
    lab.network("idle")
    wait_until("the new networks are there", lambda: len(found()) == 4, 10)
    _expect(context, "which networks are guarded, and why", found(),
            {"front": ("auto", True, 3), "bridge": ("none", False, 0), "open": ("label", False, 0), "idle": ("none", False, 0)})


def _drops(context, lab, agent):
    """What does not get through is counted for the container that it concerns."""
    before = _containers(_json(agent)[1])
    for c, fault in check(lab, [case("no output rule", "web -> outside:80/udp", DROP),
                                case("no inbound rule", "free -> db:80/udp", DROP)]):
        context.report(c.title, fault)
    after = _containers(_json(agent)[1])
    for name, reason in (("web", "out"), ("db", "in")):
        more = {r: n - before[name]["dropped"].get(r, 0) for r, n in after[name]["dropped"].items()
                if n != before[name]["dropped"].get(r)}
        context.report(f"{name}: counted as {reason} only", None if list(more) == [reason] and more[reason] > 0 else str(more))
    text = _status(agent)[1]
    context.report("the table has them, too",
                   None if re.search(r"\ndropped packets\n(  .*\n)*?  web +\d+ +out\n", text) else text)


def _engine_away(context, lab, agent):
    lab._stop_engine(signal.SIGTERM)
    try:
        wait_until("it notices", lambda: _json(agent)[1]["engine"]["state"] == "away", 10)
        code, status = _json(agent)
        _expect(context, "the engine is away", (code, [p["code"] for p in status["problems"]]), (WRONG, ["engine_away"]))
    finally:
        lab.restart_engine()
    lab.start_all(["web", "db"])
    _states(context, agent, "the engine is back", {"web": "enforced", "db": "enforced", "patient": "down"})
    _expect(context, "all is well", _json(agent)[0], ALL_WELL)


def _switches(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        return sum(int(line.split()[1]) for line in file if "ctxt_switches" in line)


def _idle(context, lab, agent):
    """Serving costs nothing while no client asks. What was before may take some time to be over, so five seconds without are waited for;
    what wakes it more often than that never gives them."""
    seen = []
    while len(seen) < 6 and 0 not in seen:
        before = _switches(agent.process.pid)
        time.sleep(5)
        seen.append(_switches(agent.process.pid) - before)
    context.report("no wake-ups while idle", None if 0 in seen else f"{seen} in 5 s each")
    _expect(context, "it answers after that", _json(agent)[0], ALL_WELL)


def _silent(context, lab, agent):
    elsewhere = lab.dir / "elsewhere"
    elsewhere.mkdir(exist_ok=True)
    code, text = _other(agent, "status", "-d", elsewhere)
    _expect(context, "no program runs there: the command says where one runs", (code, text),
            (SILENT, f"whalewall: no whalewall runs with the data directory '{elsewhere}'; one (process {agent.process.pid}) "
                     f"runs with '{agent.dir}': use -d {agent.dir}\n"))
    code, text = _other(agent, "status", "-l", "x")
    _expect(context, "wrong usage", (code, "is not for" in text), (USAGE, True))
    os.kill(agent.process.pid, signal.SIGSTOP)
    code, text = _status(agent)
    os.kill(agent.process.pid, signal.SIGCONT)
    _expect(context, "it is stopped", (code, "does not answer" in text), (SILENT, True))
    code, text = _somebody_else(lab, agent)
    _expect(context, "another user", (code, "may not ask" in text), (SILENT, True))


def _somebody_else(lab, agent):
    """Another user's `status`: whether that user may read the program's file and its directory is not the question."""
    copy = os.memfd_create("whalewall", 0)
    os.write(copy, pathlib.Path(agent.path).read_bytes())
    words = agent.command("status", "-d", agent.dir)
    words[words.index(agent.path)] = f"/proc/self/fd/{copy}"
    lab.dir.chmod(0o755)
    agent.dir.chmod(0o755)
    try:
        child = lab.popen("host", ["setpriv", "--reuid=65534", "--clear-groups", *words], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, pass_fds=[copy])
        return child.wait(120), child.stdout.read()
    finally:
        os.close(copy)
        lab.dir.chmod(0o700)


def _other(agent, *args):
    child = agent.lab.popen("host", agent.command(*args), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, text=True)
    output, _ = child.communicate(timeout=120)
    return child.returncode, output


def _killed(context, lab, agent):
    agent.kill()
    code, text = _status(agent)
    _expect(context, "killed", (code, "no whalewall runs" in text), (SILENT, True))
    agent.start()
    _expect(context, "its socket is replaced", _json(agent)[0], ALL_WELL)
    mode = (agent.dir / "control.sock").stat().st_mode & 0o777
    _expect(context, "for its owner only", oct(mode), "0o600")


def _watch(context, agent):
    """-watch says it again and again, also while no program answers, until a signal."""
    child = agent.lab.popen("host", agent.command("status", "-d", agent.dir, "-watch", "-json"), stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    lines = [json.loads(child.stdout.readline())["ok"] for _ in range(2)]
    agent.kill()
    silent = child.stdout.readline()
    while silent.startswith("{"):
        silent = child.stdout.readline()
    agent.start()
    while not silent.startswith("{"):
        silent = child.stdout.readline()
    lines.append(json.loads(silent)["ok"])
    child.terminate()
    child.wait()
    _expect(context, "-watch says it twice, and again after the program was gone", lines, [True, True, True])


def _remembered(agent):
    """How much of what was in force the database would put in force again."""
    with contextlib.closing(sqlite3.connect(agent.dir / "whalewall.sqlite")) as db:
        return {table: db.execute(f"select count(*) from {table}").fetchone()[0] for table in ("ruleset", "fence")}


def _clear(context, lab, agent):
    context.report("something is remembered", None if all(_remembered(agent).values()) else str(_remembered(agent)))
    code, output = agent.run("-clear")
    line = json.loads(output.splitlines()[-1])
    _expect(context, "cleared", (code, "by the running program" in line["msg"], line.get("objects", 0) > 0), (0, True, True))
    agent.status = agent.process.poll()
    _expect(context, "the program has ended, and well", agent.status, 0)
    _expect(context, "no table of its own is left", lab.own_tables(), [])
    _expect(context, "nothing is remembered", _remembered(agent), {"ruleset": 0, "fence": 0})
    _expect(context, "no socket is left", (agent.dir / "control.sock").exists(), False)
    for c, fault in check(lab, [case("no container is restricted", "db -> web:80/tcp", PASS)]):
        context.report(c.title, fault)
    agent.start()
    agent.kill()
    code, output = agent.run("-clear")
    _expect(context, "clear without a running program", (code, "by the running" in output), (0, False))
    _expect(context, "that forgets, too", _remembered(agent), {"ruleset": 0, "fence": 0})


def _names(context, lab, agent):
    """A host whose name server has a loopback address: said once, however often the engine is asked for everything."""
    conf = lab.dir / "resolv.conf"
    conf.write_text("search example\nnameserver 127.0.0.1\n")
    agent.stop()
    agent.prefix = ["unshare", "--mount", "sh", "-c", f"mount --bind {conf} /etc/resolv.conf && exec \"$0\" \"$@\""]
    mark = agent.mark()
    agent.start()
    agent.process.send_signal(signal.SIGHUP)
    agent.wait_line("asking the engine for everything again", mark)
    lab.restart("web")
    said = [line["nameserver"] for line in agent.lines(mark) if line["msg"].startswith("names are a way out")]
    _expect(context, "a name server that is a way out", said, ["127.0.0.1"])
    agent.stop()
    agent.prefix = []
    agent.start()


def run(context):
    if not context.agent:
        return
    with Lab(probe=context.probe) as lab:
        lab.network("front")
        lab.container("db", nets=["front"], enabled="true")
        lab.container("web", nets=["front"], rules=RULES)
        lab.container("free", nets=["front"])
        lab.start_all(["db", "web", "free"])
        with Agent(lab, context.agent) as agent:
            _well(context, lab, agent)
            _early(context, lab, agent)
            _networks(context, lab, agent)
            _drops(context, lab, agent)
            _names(context, lab, agent)
            _wrong(context, lab, agent)
            _engine_away(context, lab, agent)
            _idle(context, lab, agent)
            _silent(context, lab, agent)
            _killed(context, lab, agent)
            _watch(context, agent)
            _clear(context, lab, agent)
            context.report("the agent's log and exit", "\n".join(agent.faults(EXPECTED_ERRORS)) or None)
