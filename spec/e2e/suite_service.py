"""As a service of systemd's: what the manager is told over NOTIFY_SOCKET by the program as it runs, shut in, and levels in its journal."""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import threading
import time

from agent import Agent
from lab import Lab, LabError, wait_until

RULES = "output: [{proto: udp, dst_ports: [53]}]"
FAULTY = "output: [{proto: tcp, dst_prots: [80]}]"
EXPECTED_ERRORS = ["quarantined", "engine", "traffic between containers"]


class Manager:
    """Takes datagrams, with the time of each, as long as it is there."""

    def __init__(self, address):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(address)
        self.heard = []
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self):
        with contextlib.suppress(OSError):
            while True:
                self.heard.append((time.monotonic(), self.socket.recv(4096).decode()))

    def texts(self, since=0):
        return [text for _, text in self.heard[since:]]

    def wait(self, pattern, since=0, seconds=20):
        return wait_until(f"the manager hears {pattern!r}", lambda: [t for t in self.texts(since) if re.search(pattern, t)], seconds)[0]


def _expect(context, title, got, wanted):
    context.report(title, None if got == wanted else f"wanted {wanted!r}, got {got!r}")


def _started(context, agent, manager):
    _expect(context, "ready is told once", manager.texts().count("READY=1"), 1)
    context.report("and how it is", None if manager.wait(r"^STATUS=1 container has rules in force; the engine is followed$") else "")


def _watchdog(context, manager):
    began = len(manager.heard)
    time.sleep(4)
    beats = [at for at, text in manager.heard[began:] if text == "WATCHDOG=1"]
    gaps = [b - a for a, b in zip(beats, beats[1:])]
    context.report(f"{len(beats)} beats in 4 s, where one is wanted every 3 s", None if len(beats) >= 2 and max(gaps, default=9) < 3 else str(gaps))


def _reloaded(context, agent, manager):
    mark = len(manager.heard)
    agent.process.send_signal(signal.SIGHUP)
    text = manager.wait("^RELOADING=1", mark)
    match = re.fullmatch(r"RELOADING=1\nMONOTONIC_USEC=(\d+)", text)
    context.report("reloading says when", None if match and abs(time.monotonic() - int(match[1]) / 1e6) < 20 else text)
    manager.wait("^READY=1$", mark)
    order = [t.split("=")[0] for t in manager.texts(mark) if t.startswith(("RELOADING", "READY"))]
    _expect(context, "and ready again behind it", order, ["RELOADING", "READY"])


def _changed(context, lab, agent, manager):
    mark = len(manager.heard)
    lab._stop_engine(signal.SIGTERM)
    try:
        manager.wait("the engine does not answer", mark)
        before = len(manager.heard)
        agent.process.send_signal(signal.SIGHUP)
        manager.wait("^READY=1$", before)
        context.report("a reload is over while the engine is away, too")
    finally:
        lab.restart_engine()
    manager.wait("the engine is followed", mark, 60)
    context.report("the line follows the engine")


def _stopped(context, agent, manager):
    mark = len(manager.heard)
    agent.stop()
    manager.wait("^STOPPING=1$", mark)
    _expect(context, "stopping is told, and its end is a good one", agent.status, 0)


def _notified(context, lab):
    manager = Manager(str(lab.dir / "notify"))
    env = {"NOTIFY_SOCKET": str(lab.dir / "notify"), "WATCHDOG_USEC": "3000000"}
    with Agent(lab, context.agent, env=env) as agent:
        _started(context, agent, manager)
        _watchdog(context, manager)
        _reloaded(context, agent, manager)
        _changed(context, lab, agent, manager)
        _stopped(context, agent, manager)
        context.report("the agent's log and exit", "\n".join(agent.faults(EXPECTED_ERRORS)) or None)
    manager.socket.close()


def _levels(text):
    """(syslog level, the program's) of each line; a line that does not begin with a level has None."""
    found = set()
    for line in text.splitlines():
        match = re.fullmatch(r"(?:<(\d)>)?(\{.*\})", line)
        found.add((match[1], json.loads(match[2])["level"]) if match else ("?", line))
    return found


def _journal(context, lab):
    """Standard output is the journal where its device and inode are those that systemd names."""
    lab.container("bad", mode="none", rules=FAULTY)
    for stream, wanted in (("is it", {("6", "info"), ("3", "error")}), ("1:1", {(None, "info"), (None, "error")})):
        path = lab.dir / "journal"
        with open(path, "wb") as out:
            info = os.fstat(out.fileno())
            name = f"{info.st_dev}:{info.st_ino}" if stream == "is it" else stream
            agent = Agent(lab, context.agent, env={"JOURNAL_STREAM": name})
            agent.dir.mkdir(exist_ok=True)
            child = lab.popen("host", agent.command("-d", agent.dir, "-l", "stdout"), stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        try:
            wait_until("it is ready", lambda: '"ready"' in path.read_text(), 30)
        except LabError as error:
            context.report("it is ready", f"{error}: {path.read_text()}")
        child.send_signal(signal.SIGTERM)
        child.wait(20)
        found = _levels(path.read_text()) - {(wanted_level, "warn") for wanted_level in ("4", None)}
        context.report(f"JOURNAL_STREAM {stream}: levels {sorted(wanted, key=str)}", None if found == wanted else str(found))


def run(context):
    if not context.agent:
        return
    with Lab(probe=context.probe) as lab:
        lab.network("front")
        lab.container("web", nets=["front"], rules=RULES)
        lab.start_all(["web"])
        _notified(context, lab)
        _journal(context, lab)
