"""The program is killed, its database damaged: enforcement goes on, says so, and is right again at the next start."""

import contextlib
import os
import sqlite3

from agent import Agent
from cases import DROP, PASS, case
from lab import Lab, run as command
from shop import WEB, judge, open_shop

NOT_REMEMBERED = ["the database", "remembered rules cannot be read"]


def _kill_and_change(context, lab, agent):
    """Containers come and go while the program is dead."""
    agent.kill()
    judge(context, lab, "killed")
    lab.remove("going")
    lab.container("coming", nets=["front"], rules=WEB, ports=["8402:80"])
    lab.start("coming")
    lab.restart("web")
    agent.start()
    judge(context, lab, "started again", [
        case("one that came meanwhile", "coming -> db:5432/tcp", PASS),
        case("… only", "coming -> db:80/tcp", DROP),
        case("its published port", "outside -> pub:8402/tcp =coming", PASS),
    ], settling=True)


def _reuse(context, agent):
    """A start with nothing new compiles nothing, and touches nothing."""
    agent.stop()
    mark = agent.mark()
    agent.start()
    ready = agent.wait_line("ready", mark)
    context.report("compiled rules are reused", None if ready["compiled"] == 0 and ready["reused"] > 0 else str(ready))
    context.report("nothing was changed", None if ready["changed"] == 0 else str(ready))


def _delete(directory):
    for path in directory.glob("whalewall.sqlite*"):
        path.unlink()


def _truncate(directory):
    os.truncate(directory / "whalewall.sqlite", 5000)
    _delete_wal(directory)


def _noise(directory):
    (directory / "whalewall.sqlite").write_bytes(os.urandom(20000))
    _delete_wal(directory)


def _delete_wal(directory):
    for name in ("whalewall.sqlite-wal", "whalewall.sqlite-shm"):
        (directory / name).unlink(missing_ok=True)


def _lie(directory):
    """Rows that are not what they should be."""
    with contextlib.closing(sqlite3.connect(directory / "whalewall.sqlite")) as db:
        tables = [row[0] for row in db.execute("select name from sqlite_master where type = 'table'")]
        if "ruleset" in tables:
            db.execute("update ruleset set text = 'open the door'")
        if "compiled" in tables:
            db.execute("update compiled set text = 'open everything'")
        db.commit()


def _damage(context, lab, agent):
    for damage in (_delete, _truncate, _noise, _lie):
        when = damage.__name__.strip("_")
        agent.stop()
        damage(agent.dir)
        judge(context, lab, f"{when}, stopped")
        agent.start()
        judge(context, lab, f"{when}, started")


def _delete_while_running(context, lab, agent):
    _delete(agent.dir)
    lab.restart("web")
    judge(context, lab, "deleted while it runs", settling=True)


@contextlib.contextmanager
def _mounted(directory, options):
    directory.mkdir(exist_ok=True)
    command("mount", "-t", "tmpfs", "-o", options, "tmpfs", directory)
    try:
        yield
    finally:
        command("umount", "-l", directory)


def _bad_directory(context, lab, name, options):
    """A directory in which nothing can be kept: it says so, and enforces."""
    directory = lab.dir / name
    with _mounted(directory, options):
        with Agent(lab, context.agent, state=name) as agent:
            judge(context, lab, name)
            lab.restart("web")
            judge(context, lab, f"{name}, after a change", settling=True)
            lines = [line for line in agent.lines(level="error") if "database" in line["msg"]]
            context.report(f"{name}: the log says so", None if lines else agent.tail())
            agent.stop()
            context.report(f"{name}: nothing else", "\n".join(agent.faults(NOT_REMEMBERED)) or None)


def run(context):
    if not context.agent:
        return
    with Lab(probe=context.probe) as lab:
        open_shop(lab)
        lab.container("going", nets=["front"], rules=WEB, ports=["8401:80"])
        lab.start("going")
        with Agent(lab, context.agent) as agent:
            _kill_and_change(context, lab, agent)
            _reuse(context, agent)
            _damage(context, lab, agent)
            _delete_while_running(context, lab, agent)
            agent.stop()
            context.report("the agent's log and exit", "\n".join(agent.faults(NOT_REMEMBERED)) or None)
        _bad_directory(context, lab, "read-only", "ro,size=1m,mode=700")
        _bad_directory(context, lab, "full", "size=16k,mode=700")
