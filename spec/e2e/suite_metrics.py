"""Metrics against a real engine: what they count, their format, over the control socket and over TCP, with clients that mean no good."""

import contextlib
import json
import pathlib
import re
import signal
import subprocess
import time

import exposition
import promtool
from agent import Agent
from cases import DROP, case, check
from lab import Lab, LabError, wait_until

RULES = "output: [{network: front, container: db, proto: tcp, dst_ports: [5432]}]"
FAULTY = "output: [{proto: tcp, dst_prots: [80]}]"
DOCS = pathlib.Path(__file__).parents[2] / "docs"
PORT = 9470
EXPECTED_ERRORS = ["quarantined", "cannot be enforced", "engine", "traffic between containers", "cannot listen for metrics"]

# What a program in the host's namespace sends, and prints: the answer, or "silent" when the other side says nothing and closes.
ASK = """
import socket, sys
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 20)
s.settimeout(20)
s.sendall(sys.argv[2].encode().decode("unicode_escape").encode("latin1"))
data = b""
try:
    while more := s.recv(65536):
        data += more
except ConnectionError:
    pass
sys.stdout.write(data.decode() or "silent")
"""
# Clients that connect, say a little or nothing, and go or stay, for so many seconds: at most 200 at a time.
HOSTILE = """
import itertools, random, select, socket, sys, time
held = []
for n in itertools.count():
    if select.select([sys.stdin], [], [], 0)[0]:
        break
    s = socket.socket()
    s.setblocking(False)
    s.connect_ex(("127.0.0.1", int(sys.argv[1])))
    held.append(s)
    s = random.choice(held)
    try:
        s.send(random.choice([b"GET /metrics HTTP/1.1\\r\\n\\r\\n", b"GET /met", b"\\0", b"x" * 5000, b"GET / HTTP/1.1\\r\\n\\r\\n"]))
    except OSError:
        pass
    if len(held) > 200:
        held.pop(random.randrange(len(held))).close()
    time.sleep(0.0005)
print(n)
"""

HOLD = """
import socket, sys, time
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(("127.0.0.1", int(sys.argv[1])))
s.listen()
time.sleep(600)
"""


def _expect(context, title, got, wanted):
    context.report(title, None if got == wanted else f"wanted {wanted!r}, got {got!r}")


def _run(agent, *words):
    child = agent.lab.popen("host", [str(w) for w in words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, text=True)
    output, _ = child.communicate(timeout=120)
    return child.returncode, output


def _printed(agent):
    code, text = _run(agent, *agent.command("metrics", "-d", agent.dir))
    if code:
        raise LabError(f"status {code}: {text}")
    return text


def _ask(agent, request):
    return _run(agent, "python3", "-c", ASK, PORT, request)[1]


def _samples(agent):
    return exposition.read(_printed(agent))[1]


def _value(agent, name, labels=""):
    return _samples(agent).get(("whalewall_" + name, labels))


def _folder(context):
    """In the build tree, where the probe is."""
    return pathlib.Path(context.probe).parent / "promtool"


def _format(context, agent):
    text = _printed(agent)
    try:
        types, _ = exposition.read(text)
        context.report("the format holds")
    except exposition.Bad as bad:
        context.report("the format holds", str(bad))
        return
    said = promtool.say(_folder(context), "check", "metrics", text=text)
    context.report("promtool has nothing to say" if said is not None else "no promtool here: held by a strict reader only", said or None)
    document = (DOCS / "metrics.md").read_text(encoding="utf-8")
    listed = dict(re.findall(r"^\| `(whalewall_\w+)` \| (\w+) \|", document, re.M))
    _expect(context, "docs/metrics.md lists all of them, and no other", listed, types)
    for name in ("alerts.yml", "dashboard.json"):
        used = set(re.findall(r"whalewall_\w+", (DOCS / "metrics" / name).read_text(encoding="utf-8")))
        known = {t + part for t, kind in types.items() for part in exposition.PARTS[kind]}
        _expect(context, f"{name} uses none that is not there", sorted(used - known - set(types)), [])
    json.loads((DOCS / "metrics/dashboard.json").read_text(encoding="utf-8"))
    config = agent.dir.with_name("prometheus.yml")
    config.write_text(re.search(r"^```text\n(# prometheus.yml\n.*?)^```", document, re.S | re.M)[1])
    said = promtool.say(_folder(context), "check", "config", str(config))
    context.report("promtool takes docs/metrics.md's configuration" if said is not None else "no promtool here: the configuration is not checked by it", said or None)
    said = promtool.say(_folder(context), "check", "rules", str(DOCS / "metrics/alerts.yml"))
    context.report("promtool takes the alerts" if said is not None else "no promtool here: alerts are not checked by it", said or None)


def _counts(context, lab, agent):
    before = _samples(agent)
    _expect(context, "containers by state", {s: before["whalewall_containers", f'state="{s}"'] for s in ("enforced", "quarantined")},
            {"enforced": 2, "quarantined": 0})
    _expect(context, "all is well", before["whalewall_healthy", ""], 1)
    mark = agent.mark()
    lab.restart("web")
    ms = agent.wait_line("container started", mark)["rules_active_ms_before_start"]
    side = "early" if ms >= 0 else "late"
    after = _samples(agent)
    more = {key[0].removeprefix("whalewall_") + (key[1] and "{" + key[1] + "}"): after[key] - value for key, value in before.items()}
    _expect(context, f"a start whose rules were {side}", {s: more[f'container_starts_total{{rules="{s}"}}'] for s in ("early", "late")},
            {"early": 0, "late": 0, side: 1})
    for name in ("event_to_commit_seconds_count", "event_to_commit_seconds_sum", "reconciliations_total", "commits_total"):
        context.report(f"{name} has grown ({more[name]:g})", None if more[name] > 0 else str(more))
    for c, fault in check(lab, [case("no output rule", "web -> outside:80/udp", DROP)]):
        context.report(c.title, fault)
    context.report("its drops", None if _value(agent, "dropped_packets_total", 'container="web",reason="out"') else "none")
    lab.container("bad", nets=["front"], rules=FAULTY)
    lab.start("bad")
    wait_until("it is quarantined", lambda: _value(agent, "containers", 'state="quarantined"') == 1, 10)
    _expect(context, "which is a problem", (_value(agent, "problems", 'code="quarantined"'), _value(agent, "healthy")), (1, 0))
    context.report("the policy was asked", None if _value(agent, "policy_duration_seconds_count") > 0 else "never")
    lab.remove("bad")
    wait_until("all is well again", lambda: _value(agent, "healthy") == 1, 10)


def _engine(context, lab, agent):
    before = _value(agent, "engine_reconnects_total")
    lab._stop_engine(signal.SIGTERM)
    try:
        wait_until("the engine is away", lambda: _value(agent, "engine_connected") == 0, 10)
    finally:
        lab.restart_engine()
    lab.start_all(["web", "db"])
    wait_until("the engine is back", lambda: _value(agent, "engine_connected") == 1 and _value(agent, "healthy") == 1, 20)
    context.report("the connection was made anew", None if _value(agent, "engine_reconnects_total") > before else "not counted")


def _repairs(context, lab, agent):
    """Where the table cannot be owned another program can take it away; where it is owned, it cannot."""
    before = _value(agent, "repairs_total", 'what="table"')
    owned = agent.ask()[1]["table"]["owned"]
    lab.popen("host", ["nft", "delete", "table", "inet", "whalewall"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).wait(30)
    if owned:
        _expect(context, "the table is owned: nothing is to be repaired", _value(agent, "repairs_total", 'what="table"'), before)
        return
    wait_until("it is repaired", lambda: _value(agent, "repairs_total", 'what="table"') > before, 10)
    context.report("a repair is counted")


def _over_tcp(context, lab, agent):
    head, _, body = _ask(agent, "GET /metrics HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n").partition("\n\n")
    _expect(context, "over TCP", head.split("\n")[:2], ["HTTP/1.1 200 OK", "Content-Type: text/plain; version=0.0.4; charset=utf-8"])
    _expect(context, "the same families", exposition.read(body)[0], exposition.read(_printed(agent))[0])
    for request, wanted in (("POST /v1/clear HTTP/1.1\\r\\n\\r\\n", "HTTP/1.1 404"), ("GET /v1/status HTTP/1.1\\r\\n\\r\\n", "HTTP/1.1 404"),
                            ("POST /metrics HTTP/1.1\\r\\n\\r\\n", "HTTP/1.1 405"), ("\\0\\0", "HTTP/1.1 400"), ("GET /metrics", "silent")):
        _expect(context, f"{request!r}", _ask(agent, request)[:len(wanted)], wanted)
    listening = _run(agent, "ss", "-Hltn", f"sport = :{PORT}")[1].split()
    _expect(context, "at loopback only", listening[3], f"127.0.0.1:{PORT}")


def _hostile(context, lab, agent):
    """Clients without end, while containers start: each is in force as ever."""
    child = lab.popen("host", ["python3", "-c", HOSTILE, str(PORT)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    starts = []
    try:
        time.sleep(1)
        while len(starts) < 5:
            mark = agent.mark()
            lab.restart("web")
            starts.append(agent.wait_line("container started", mark)["rules_active_ms_before_start"])
            code, status = agent.ask()
            _expect(context, "status answers, and all is well", (code, status["ok"]), (0, True))
    finally:
        connections = child.communicate(timeout=60)[0].strip()
    context.report(f"{connections} connections; rules of starts in force before them by {starts} ms")
    s = _samples(agent)
    slow = s["whalewall_event_to_commit_seconds_count", ""] - s["whalewall_event_to_commit_seconds_bucket", 'le="0.25"']
    _expect(context, "changes that took longer than 250 ms", slow, 0)
    wait_until("an honest client is served", lambda: _ask(agent, "GET /metrics HTTP/1.1\\r\\n\\r\\n").startswith("HTTP/1.1 200"), 30)
    context.report("an honest client is served again")


def _taken(context, lab, agent):
    """Another process has the port: enforcement goes on, and the log says so."""
    agent.stop()
    holder = lab.popen("host", ["python3", "-c", HOLD, str(PORT)])
    try:
        wait_until("the port is taken", lambda: str(PORT) in _run(agent, "ss", "-Hltn", f"sport = :{PORT}")[1], 10)
        mark = agent.mark()
        agent.start()
        agent.wait_line("cannot listen for metrics (-metrics); going on without", mark)
        _expect(context, "metrics by the control socket", _value(agent, "healthy"), 1)
    finally:
        holder.kill()
        holder.wait()


def run(context):
    if not context.agent:
        return
    with Lab(probe=context.probe) as lab, contextlib.ExitStack() as stack:
        lab.network("front")
        lab.container("db", nets=["front"], enabled="true")
        lab.container("web", nets=["front"], rules=RULES)
        lab.start_all(["db", "web"])
        agent = stack.enter_context(Agent(lab, context.agent, args=["-metrics", str(PORT)]))
        _format(context, agent)
        _counts(context, lab, agent)
        _over_tcp(context, lab, agent)
        _hostile(context, lab, agent)
        _repairs(context, lab, agent)
        _engine(context, lab, agent)
        _taken(context, lab, agent)
        agent.stop()
        code, text = _run(agent, *agent.command("metrics", "-d", agent.dir))
        _expect(context, "no program to ask", (code, "no whalewall runs" in text), (3, True))
        context.report("the agent's log and exit", "\n".join(agent.faults(EXPECTED_ERRORS)) or None)
