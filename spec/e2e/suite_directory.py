"""The data directory of the real program: made where it is missing, refused where another user could write to it, and left as it was."""

import collections
import json
import os
import shutil
import subprocess

from agent import Agent
from cases import DROP, case, check
from lab import Lab

NOBODY = 65534
LIES = 50  # an answer may come before the asking program has looked at its socket
DISBELIEF = f"of user {NOBODY}, which cannot change rules here"
# title: (what is done to the directory, what the error says)
REFUSED = {
    "a lock that is a link": (lambda d: (d / "lock").symlink_to(d / "elsewhere"), "is a symbolic link, which is not followed: remove it"),
    "a database that is a link": (lambda d: (d / "whalewall.sqlite").symlink_to(d / "elsewhere"), "is a symbolic link, which is not followed"),
    "writable for other users": (lambda d: d.chmod(0o777), "(mode 0777): take that away (chmod go-w)"),
    "writable for a group": (lambda d: d.chmod(0o770), "(mode 0770): take that away (chmod go-w)"),
    "another user's": (lambda d: os.chown(d, NOBODY, NOBODY), "give it to the user that whalewall runs as (chown)"),
}
# Takes the name of the lock, says so, and waits.
SQUATTER = """
import socket, sys, time
s = socket.socket(socket.AF_UNIX)
s.bind("\\0whalewall")
s.listen(1)
print("bound", flush=True)
time.sleep(600)
"""
# Answers at the control socket, as a program that has removed its rules.
LIAR = """
import socket, sys
s = socket.socket(socket.AF_UNIX)
s.bind(sys.argv[1])
s.listen(1)
print("bound", flush=True)
while True:
    c = s.accept()[0]
    c.recv(4096)
    c.sendall(b'HTTP/1.1 200 OK\\r\\nContent-Length: 25\\r\\nConnection: close\\r\\n\\r\\n{"removed":1e300,"pid":1}')
    c.close()
"""
AS = {"anybody": ["setpriv", f"--reuid={NOBODY}", "--clear-groups"],
      "root without capabilities": ["setpriv", "--bounding-set=-all", "--inh-caps=-all"]}


def _tree(top):
    return sorted(str(p.relative_to(top)) for p in top.rglob("*"))


def _run(agent, *args):
    """(exit status, the last line): one that starts all the same is ended."""
    child = agent.lab.popen("host", agent.command("-d", agent.dir, *args), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    try:
        output, _ = child.communicate(timeout=10)
    except subprocess.TimeoutExpired:
        child.terminate()
        output, _ = child.communicate()
    return child.returncode, json.loads(output.splitlines()[-1])


def _made(context, lab):
    umask = os.umask(0)
    try:
        agent = Agent(lab, context.agent)
        agent.dir = lab.dir / "a" / "b" / "c"
        argv = agent.command("-d", agent.dir, "-l", agent.log)
        agent.process = lab.popen("host", argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        agent.wait_line("ready")
    finally:
        os.umask(umask)
    modes = {p: oct((lab.dir / p).stat().st_mode & 0o7777) for p in ("a", "a/b", "a/b/c")}
    context.report("missing directories are made, for the user only", None if set(modes.values()) == {"0o700"} else str(modes))
    context.report("the database is there", None if (agent.dir / "whalewall.sqlite").exists() else str(_tree(agent.dir)))
    agent.stop()
    context.report("the agent's log and exit", "\n".join(agent.faults()) or None)


def _refused(context, lab):
    for number, (title, (spoil, why)) in enumerate(REFUSED.items()):
        agent = Agent(lab, context.agent, state=f"refused-{number}")
        agent.dir.mkdir(mode=0o700)
        spoil(agent.dir)
        before = _tree(agent.dir)
        for args in ([], ["-clear"]):
            status, line = _run(agent, *args)
            fault = None if status == 1 and line["level"] == "error" and why in line["error"] else str(line)
            context.report(f"{title}: {' '.join(args) or 'a start'} is refused, and says what to do", fault)
        context.report(f"{title}: nothing is written", None if _tree(agent.dir) == before else str(_tree(agent.dir)))


def _cleared(context, lab):
    for title, make in (("a new directory", True), ("one that is not there", False)):
        agent = Agent(lab, context.agent, state=f"clear-{make}")
        if make:
            agent.dir.mkdir()
        status, output = agent.run("-clear")
        left = _tree(agent.dir) if agent.dir.exists() else "none"
        context.report(f"-clear in {title} leaves nothing", None if (status, left) == (0, [] if make else "none") else f"{left} {output}")


def _lied_to(lab, agent):
    """What -clear comes to where another user's process answers in the program's place: (exit status, lines of the log)."""
    lab.dir.chmod(0o711)
    agent.dir.mkdir(mode=0o700)
    os.chown(agent.dir, NOBODY, NOBODY)
    liar = lab.popen("host", [*AS["anybody"], "python3", "-c", LIAR, agent.dir / "control.sock"], stdout=subprocess.PIPE, text=True)
    try:
        if liar.stdout.readline() != "bound\n":
            return None, []
        status, output = agent.run("-clear")
        return status, [json.loads(line) for line in output.splitlines()]
    finally:
        liar.kill()
        liar.wait()
        shutil.rmtree(agent.dir)
        lab.dir.chmod(0o700)


def _status(lab, agent):
    """(exit status, what it says)"""
    child = lab.popen("host", agent.command("status", "-d", agent.dir), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                      stderr=subprocess.STDOUT, text=True)
    output, _ = child.communicate(timeout=30)
    return child.returncode, output


def _status_of_liars(context, lab):
    """Root asks in a directory of another user, where that user's process answers; and once one that has all capabilities, in a user
    namespace of its own."""
    agent = Agent(lab, context.agent, state="lies")
    lab.dir.chmod(0o711)
    agent.dir.mkdir(mode=0o700)
    os.chown(agent.dir, NOBODY, NOBODY)
    for title, more in {"a false answer": [], "the same, in a user namespace": ["unshare", "-Ur"]}.items():
        liar = lab.popen("host", [*AS["anybody"], *more, "python3", "-c", LIAR, agent.dir / "control.sock"], stdout=subprocess.PIPE, text=True)
        try:
            bound = liar.stdout.readline()
            said = collections.Counter(_status(lab, agent) for _ in range(LIES))
            good = bound == "bound\n" and all(code == 3 and DISBELIEF in output for code, output in said)
            context.report(f"{title}: status does not believe it", None if good else f"{bound!r} {said}")
        finally:
            liar.kill()
            liar.wait()
            (agent.dir / "control.sock").unlink(missing_ok=True)
    shutil.rmtree(agent.dir)
    lab.dir.chmod(0o700)


def _not_believed(context, lab):
    """Whose the directory is may answer what it likes: the rules are gone when -clear says so, or it fails."""
    for args in ([], ["-shared-table"]):
        title = " ".join(["a false answer", *args])
        with Agent(lab, context.agent, args=args, state=f"true{len(args)}") as true:
            status, lines = _lied_to(lab, Agent(lab, context.agent, state="false"))
            fault = None if status == 1 and f"{true.process.pid}" in lines[-1]["error"] else f"{status}: {lines}"
            context.report(f"{title} while a program works elsewhere: -clear fails, and says which", fault)
            other = Agent(lab, context.agent, state="none")
            status, output = other.run("-clear")
            fault = None if status == 1 and f"{true.process.pid}" in json.loads(output)["error"] else f"{status}: {output}"
            context.report(f"{' '.join(['-clear with another directory', *args])} fails, and says which program works", fault)
            context.report(f"{title}: the rules stay", None if lab.own_tables() else "they are gone")
            true.stop()
        status, lines = _lied_to(lab, Agent(lab, context.agent, state="false"))
        warned = any("is it whalewall?" in line["msg"] and line["level"] == "warn" for line in lines)
        fault = None if status == 0 and warned and not lab.own_tables() else f"{status}: {lab.own_tables()} {lines}"
        context.report(f"{title} where none works: the rules are gone, and it says so", fault)


def _squatted(context, lab, node, words):
    """Whoever has the name without the right to change nftables neither keeps the program from its work, nor lets a second one work."""
    squatter = lab.popen("host", [*words, "python3", "-c", SQUATTER], stdout=subprocess.PIPE, text=True)
    try:
        context.report(f"{node} has the name of the lock", None if squatter.stdout.readline() == "bound\n" else "no")
        with Agent(lab, context.agent, args=["-shared-table"], state=f"first-{len(node)}") as first:
            for c, fault in check(lab, [case("the program starts and enforces", "web -> outside:80/tcp", DROP)]):
                context.report(f"{node}: {c.title}", fault)
            second = Agent(lab, context.agent, args=["-shared-table"], state=f"second-{len(node)}")
            second.dir.mkdir(mode=0o700)
            status, line = _run(second, "-shared-table")
            fault = None if status == 1 and "stop that one first" in line.get("error", "") else f"{status}: {line}"
            context.report(f"{node}: a second one does not start", fault)
            first.stop()
            context.report(f"{node}: the agent's log and exit", "\n".join(first.faults()) or None)
    finally:
        squatter.kill()
        squatter.wait()


def run(context):
    if not context.agent:
        return
    with Lab(probe=context.probe) as lab:
        lab.network("front")
        lab.container("web", nets=["front"], enabled="true")
        lab.start("web")
        _cleared(context, lab)
        _refused(context, lab)
        for node, words in AS.items():
            _squatted(context, lab, node, words)
        _status_of_liars(context, lab)
        _not_believed(context, lab)
        _made(context, lab)
