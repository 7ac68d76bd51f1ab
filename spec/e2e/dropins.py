"""The unit's drop-ins, each live under a systemd that boots: what one is for does not work without it, and works with it; what the unit
is shut in by is there in the process that runs."""

import json
import re
import subprocess

from cleanup import LabError, wait_until
from lab import HOST4

EXPOSURE = 17  # tenths: what systemd-analyze says of the unit with a drop-in at most
EXAMPLES = "/usr/share/doc/whalewall/examples"
FOLDER = "/etc/systemd/system/whalewall.service.d"
METRICS, ENGINE = 9470, 2375
READER = "import sys, urllib.request; print(urllib.request.urlopen(sys.argv[1], timeout=5).read().decode())"
# The engine's socket, over TCP.
BRIDGE = """
import socket, sys, threading
def carry(a, b):
    while data := a.recv(65536):
        b.sendall(data)
    b.shutdown(socket.SHUT_WR)
server = socket.create_server(("127.0.0.1", int(sys.argv[1])))
print("listens", flush=True)
while True:
    client = server.accept()[0]
    engine = socket.socket(socket.AF_UNIX)
    engine.connect(sys.argv[2])
    for ends in ((client, engine), (engine, client)):
        threading.Thread(target=carry, args=ends, daemon=True).start()
"""


def _expect(context, title, got, wanted):
    context.report(title, None if got == wanted else f"wanted {wanted!r}, got {got!r}")


def _restarted(system, options):
    """With these lines in /etc/default; what it has logged since then."""
    (system.root / "etc/default/whalewall").write_text(options)
    system.run("systemctl", "daemon-reload")
    system.tell("systemctl", "reset-failed", "whalewall")
    system.run("systemctl", "restart", "whalewall")
    run = system.run("systemctl", "show", "-P", "InvocationID", "whalewall").strip()
    return lambda: system.run("journalctl", f"_SYSTEMD_INVOCATION_ID={run}", "-o", "cat", "--no-pager")


def _status(system):
    code, text = system.tell("whalewall", "status", "-json")
    return json.loads(text) if code in (0, 1) and text.startswith("{") else {}


def _engine(system):
    return _status(system).get("engine", {}).get("state")


def _with(context, system, name):
    system.run("mkdir", "-p", FOLDER)
    system.run("cp", f"{EXAMPLES}/{name}", FOLDER)
    system.run("systemctl", "daemon-reload")
    status, text = system.tell("systemd-analyze", "verify", "--man=no", "whalewall.service")
    context.report(f"{name}: systemd finds nothing wrong in it", text if status or "whalewall" in text else None)
    status, text = system.tell("systemd-analyze", "security", f"--threshold={EXPOSURE}", "whalewall.service")
    context.report(f"{name}: its exposure is {EXPOSURE / 10} at most", text if status else None)


def _without(system, name):
    system.run("rm", f"{FOLDER}/{name}")


def _read(lab, who, address):
    """The metrics as that peer gets them; None where it gets none."""
    try:
        return lab.run(who, ["python3", "-c", READER, f"http://{address}:{METRICS}/metrics"])
    except (LabError, subprocess.CalledProcessError):
        return None


def _metrics(context, lab, system):
    options = f"WHALEWALL_METRICS={METRICS}\n"
    log = _restarted(system, options)
    wait_until("the engine is followed", lambda: _engine(system) == "synced", 30)
    context.report("without metrics.conf it cannot listen, says so, and goes on", None if "cannot listen for metrics" in log() else log())
    _with(context, system, "metrics.conf")
    log = _restarted(system, options)
    wait_until("the engine is followed", lambda: _engine(system) == "synced", 30)
    text = _read(lab, "host", "127.0.0.1")
    context.report("metrics.conf: a reader on this machine gets metrics", None if text and "whalewall_" in text else log())
    _expect(context, "metrics.conf: one elsewhere does not", _read(lab, "outside", HOST4), None)
    _without(system, "metrics.conf")


def _remote_engine(context, lab, system):
    options = f"DOCKER_HOST=tcp://127.0.0.1:{ENGINE}\n"
    bridge = lab.popen("host", ["python3", "-c", BRIDGE, str(ENGINE), str(lab.socket)], stdout=subprocess.PIPE, text=True)
    _expect(context, "the engine is reached over TCP", bridge.stdout.readline(), "listens\n")
    log = _restarted(system, options)
    wait_until("it says that the engine is away", lambda: _engine(system) == "away" and "the Docker engine" in log(), 30)
    context.report("without remote-engine.conf the engine is away, and it runs")
    _with(context, system, "remote-engine.conf")
    log = _restarted(system, options)
    try:
        wait_until("the engine is followed", lambda: _engine(system) == "synced", 30)
        context.report("remote-engine.conf: the engine is followed")
    except LabError:
        context.report("remote-engine.conf: the engine is followed", log())
    _without(system, "remote-engine.conf")
    bridge.kill()
    bridge.wait()


def _shut_in(context, system, log):
    """What keeps it in, seen at the process and in what it says of itself, under the unit as it is."""
    pid = system.run("systemctl", "show", "-P", "MainPID", "whalewall").strip()
    words = dict(line.split(":\t", 1) for line in system.run("cat", f"/proc/{pid}/status").splitlines() if ":\t" in line)
    _expect(context, "no new privileges, and a filter of calls", (words["NoNewPrivs"], words["Seccomp"]), ("1", "2"))
    filters = int(words.get("Seccomp_filters", 0))
    context.report(f"{filters} filters: the unit's and its own", None if filters >= 2 else str(words))
    found = re.search(r'"landlock": ?(\d+)', log())
    context.report("its jail has landlock", None if found and int(found[1]) > 0 else log())
    # the engine is outside of this system's pid namespace: where it is not, the unit hides no process
    context.report("it says that it sees no process of the engine's", None if "run the program in the host's pid namespace" in log() else log())
    program = _status(system).get("program", {})
    context.report("the status says that it is shut in", None if program.get("sandbox") == "on" and program.get("system_calls") else str(program))
    network = system.tell("nsenter", "-t", pid, "-m", "--", "touch", "/etc/x", "/usr/x")[0]
    context.report("it sees a system that it cannot write to", None if network else "it can")


def tried(context, lab, system):
    """Afterwards the options and the unit are as they were."""
    path = system.root / "etc/default/whalewall"
    before = path.read_text()
    _metrics(context, lab, system)
    _remote_engine(context, lab, system)
    log = _restarted(system, before)
    wait_until("the engine is followed", lambda: _engine(system) == "synced", 30)
    _shut_in(context, system, log)
