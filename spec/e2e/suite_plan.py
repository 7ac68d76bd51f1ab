"""`whalewall plan` of what is in force, and what files would change of it: what it says before is what packets do after."""

import json
import re
import subprocess

from agent import Agent
from cases import DROP, PASS, case, check
from cleanup import wait_until
from documented import check_json
from engine import Engine
from lab import Lab

PRINTED, WRONG, SILENT = 0, 1, 3
PROJECT = "shop"

# What runs first: web may ask db, and is published; nothing keeps side and tool from each other.
BEFORE = {
    "web": {"rules": "mapped_ports: {external: {allow: true}}\n"
                     "output: [{network: default, container: db, proto: tcp, dst_ports: [5432]}]", "ports": ["8400:80"]},
    "db": {"enabled": "true"},
    "side": {},
}
FILES = """
name: shop
services:
  web:
    image: lab
    ports: ["8400:80"]
    labels:
      whalewall.enabled: "true"
      whalewall.rules: |
        output:
          - {network: default, container: db, proto: tcp, dst_ports: [5432, 443]}
          - {network: default, container: tool, proto: udp, dst_ports: [53]}
  db: {image: lab, labels: {whalewall.enabled: "true"}}
  side: {image: lab, labels: {whalewall.enabled: "true"}}
"""


def _run(agent, *words):
    """(exit status, the standard output)."""
    child = agent.lab.popen("host", agent.command("plan", *words), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, text=True)
    output, _ = child.communicate(timeout=120)
    return child.returncode, output


def _expect(context, title, got, wanted):
    context.report(title, None if got == wanted else f"wanted {wanted!r}, got {got!r}")


def _service(lab, name, **options):
    labels = {"com.docker.compose.project": PROJECT, "com.docker.compose.service": name}
    lab.container(f"{PROJECT}-{name}-1", nets=["shop_default"], labels=labels, **options)
    lab.start(f"{PROJECT}-{name}-1")


def _open(lab):
    lab.network("shop_default", labels={"com.docker.compose.project": PROJECT, "com.docker.compose.network": "default"})
    for name, options in BEFORE.items():
        _service(lab, name, **options)
    lab.container("tool", nets=["shop_default"], rules="output: [{network: shop_default, container: web, proto: tcp, dst_ports: [81]}]")
    lab.start("tool")


def _flows(plan):
    return {(flow["from"], flow["to"], flow["protocol"], flow.get("first_port")) for flow in plan["flows"]}


def _in_force(context, agent):
    """Without files."""
    status, text = _run(agent, "-d", agent.dir, "-json")
    _expect(context, "exit status", status, PRINTED)
    plan = json.loads(text)
    flows = _flows(plan)
    for wanted in [("shop-web-1", "shop-db-1", "tcp", 5432), ("internet", "shop-web-1", "tcp", 80), ("tool", "shop-web-1", "tcp", 81)]:
        context.report(f"in force: {wanted}", None if wanted in flows else str(sorted(map(str, flows))))
    _expect(context, "nothing else to db", {flow for flow in flows if flow[1] == "shop-db-1"}, {("shop-web-1", "shop-db-1", "tcp", 5432)})
    _expect(context, "which services are managed", {end["name"]: end["managed"] for end in plan["ends"] if end["kind"] == "service"},
            {"shop-web-1": True, "shop-db-1": True, "shop-side-1": False, "tool": True})
    table = _run(agent, "-d", agent.dir)[1]
    context.report("as a table", None if re.search(r"open to the world:\n +shop-web-1: tcp 80 \(at 8400\)", table) else table)
    context.report("as a graph", None if '"shop-web-1" -> "shop-db-1" [label="tcp 5432"]' in _run(agent, "-d", agent.dir, "-dot")[1] else "")


def _changes(context, agent, path):
    status, text = _run(agent, "-d", agent.dir, "-json", path)
    _expect(context, "with files: exit status", status, PRINTED)
    got = {(c["change"], c["from"], c["to"], c["protocol"], c.get("first_port"), c.get("last_port")) for c in json.loads(text)["changes"]}
    for wanted in [("opens", "web", "db", "tcp", 443, 443), ("opens", "web", "tool", "udp", 53, 53),
                   ("closes", "internet", "web", "tcp", 80, 80), ("closes", "side", "internet", "tcp", 1, 65535)]:
        context.report(f"changes: {wanted}", None if wanted in got else str(sorted(map(str, got))))
    _expect(context, "nothing else changes for db and tool", {c for c in got if c[2] in ("db", "tool") and c[1] == "web"},
            {("opens", "web", "db", "tcp", 443, 443), ("opens", "web", "tool", "udp", 53, 53)})
    table = _run(agent, "-d", agent.dir, path)[1]
    for line in ("  web -> db: + tcp 443\n", "  web -> tool: + udp 53\n", "  internet -> web: - tcp 80 (at 8400)\n"):
        context.report(f"as a table: {line.strip()}", None if line in table else table)
    graph = _run(agent, "-d", agent.dir, "-dot", path)[1]
    context.report("as a graph", None if '"web" -> "db" [label="+ tcp 443", color=darkgreen' in graph else graph)


def _hint(context, agent):
    """What would allow it is in the names of the files."""
    child = agent.lab.popen("host", agent.command("explain", "-d", agent.dir, "shop-web-1", "shop-side-1", "tcp/80"),
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    text, _ = child.communicate(timeout=120)
    hint = "in whalewall.rules of shop-web-1: output: [{network: default, container: side, proto: tcp, dst_ports: [80]}]"
    context.report("a hint within a project", None if hint in text else text)


def _documented(context, agent):
    answer = Engine(str(agent.dir / "control.sock")).get("/v1/enforced")
    check_json(context, "control.md", [answer], "## enforced")


def _packets(context, lab, when, rows):
    for c, fault in check(lab, [case(when, way, want) for way, want in rows], settling=True):
        context.report(f"{when}: {c.way}", fault)


def _go_on(lab):
    """What Compose does with the files."""
    for name in ("web", "side"):
        lab.remove(f"{PROJECT}-{name}-1")
    _service(lab, "side", enabled="true")
    _service(lab, "web", rules=re.search(r"rules: \|\n(.*?)\n  db:", FILES, re.S).group(1), ports=["8400:80"])


def run(context):
    if not context.agent:
        return
    with Lab(probe=context.probe) as lab:
        _open(lab)
        path = lab.dir / "compose.yml"
        path.write_text(FILES, encoding="utf-8")
        with Agent(lab, context.agent) as agent:
            wait_until("all are in force", lambda: "pending" not in str(agent.ask()[1]), 10)
            _in_force(context, agent)
            _changes(context, agent, path)
            _documented(context, agent)
            _hint(context, agent)
            ways = [("shop-web-1 -> shop-db-1:443/tcp", DROP, PASS), ("shop-web-1 -> shop-db-1:5432/tcp", PASS, PASS),
                    ("shop-web-1 -> tool:53/udp", DROP, PASS), ("outside -> pub:8400/tcp =shop-web-1", PASS, DROP),
                    ("tool -> shop-web-1:81/tcp", PASS, PASS), ("shop-side-1 -> outside:80/tcp", PASS, DROP)]
            _packets(context, lab, "before", [(way, before) for way, before, _ in ways])
            _go_on(lab)
            _packets(context, lab, "after", [(way, after) for way, _, after in ways])
            text = _run(agent, "-d", agent.dir, path)[1]
            context.report("nothing changes any more", None if "\nno change against what is in force\n" in text else text)
            agent.stop()
            _expect(context, "no program: exit status", _run(agent, "-d", agent.dir, path)[0], SILENT)
            context.report("the agent's log and exit", "\n".join(agent.faults()) or None)
