"""What `whalewall explain` says of a flow is what the kernel does with it: it is asked of flows at random, and each is sent."""

import json
import os
import random
import subprocess
import time

from agent import Agent
from cases import PATIENCE
from cleanup import wait_until
from documented import check_json, check_text
from engine import Engine, EngineError
from lab import HOST4, HOST4_SECOND, HOST6, HOST6_SECOND, Lab

ALLOWED, STOPPED, USAGE = 0, 1, 2
FLOWS, FULL = 400, 2000
BATCH = 100
AMBIGUOUS = 0.1  # of all flows, those of which explain says that it depends on the engine

EXPECTED_ERRORS = ["container quarantined"]
RULES = {
    "web": """
mapped_ports: {external: {allow: true}, localhost: {allow: false}}
output:
  - {network: front, container: db, proto: tcp, dst_ports: [5432]}
  - {network: back, container: api, proto: udp, dst_ports: [53, 80-82]}
  - {proto: icmp}
""",
    "api": """
input:
  - {ips: [192.0.2.100, 203.0.113.0/24], proto: tcp, dst_ports: [80]}
  - {host: true, proto: tcp, dst_ports: [443]}
output:
  - {ips: [192.0.2.100-192.0.2.102, "2001:db8:ffff::100"], proto: tcp, dst_ports: [80-443]}
  - {host: true, proto: tcp, dst_ports: [80, 8081, 8083]}
""",
    "chosen": """
mapped_ports: {external: {allow: true, ips: [192.0.2.100, "2001:db8:ffff::100"]}, localhost: {allow: true}}
output:
  - {proto: udp, dst_ports: [53]}
  - {ips: [192.0.2.0/24], proto: tcp, dst_ports: [8080, 8082, 443]}
""",
    "local": """
mapped_ports: {localhost: {allow: true}}
input: [{proto: icmp}]
""",
}
PUBLISHED = [8080, 8081, 8082, 8083, 8084]


def _world(lab):
    lab.network("front")
    lab.network("back")
    lab.network("loose", labels={"whalewall.guard": "false"})
    lab.container("db", nets=["front"], enabled="true")
    lab.container("web", nets=["front", "back"], rules=RULES["web"], ports=["8080:80"])
    lab.container("api", nets=["back"], rules=RULES["api"], ports=["8081:80"])
    lab.container("chosen", nets=["loose"], rules=RULES["chosen"], ports=["8082:80"])
    lab.container("local", nets=["front"], rules=RULES["local"], ports=["8083:80"])
    lab.container("free", nets=["front"], ports=["8084:80"])
    lab.container("stray", nets=["loose", "back"])
    lab.container("bad", nets=["front", "loose"], rules="output: [{dst_prots: [1]}]")
    lab.container("old", nets=["bridge"])
    return ["db", "web", "api", "chosen", "local", "free", "stray", "bad", "old"]


class Flow:
    """Which node sends what where; `to`: in which words explain is asked."""

    def __init__(self, node, to, address, proto, port, bind=None):
        self.node, self.to, self.address, self.proto, self.port, self.bind = node, to, address, proto, port, bind
        self.what = proto if proto == "icmp" else f"{proto}/{port}"
        self.sender = bind if node == "outside" else node
        self.line = f"{'ping' if proto == 'icmp' else proto} {address} {port}" + (f" bind={bind}" if bind else "")

    def __str__(self):
        return f"{self.sender} -> {self.to} ({self.address}) {self.what}"


def _sender(random_, containers):
    kind = random_.random()
    return "host" if kind < 0.15 else "outside" if kind < 0.35 else random_.choice(containers)


def _to_container(random_, lab, node, containers, family):
    """One of its addresses; by its name where both are on that network, so that this way is among those that are told."""
    other = random_.choice([name for name in containers if name != node])
    shared = [net for net in lab.nets(other) if node not in containers or net in lab.nets(node)]
    net = random_.choice(shared or lab.nets(other))
    address = lab.addr(other, net, family)
    return (other if shared and random_.random() < 0.5 else address), address


def _to_host(random_, lab, node, containers, family):
    named = {4: [HOST4, HOST4_SECOND], 6: [HOST6, HOST6_SECOND]}[family]
    if node == "host":
        named = named + [{4: "127.0.0.1", 6: "::1"}[family]]
    address = random_.choice(named)
    if node in containers and random_.random() < 0.5:
        address = lab.gateway(random_.choice(lab.nets(node)), family)
    return address, address


def _flow(random_, lab, containers):
    """None: there is no such address."""
    node, family = _sender(random_, containers), random_.choice([4, 6])
    proto = random_.choice(["tcp", "tcp", "udp", "icmp"])
    port = random_.choice([53, 80, 81, 443, 5432])
    kind = random_.random()
    if kind < 0.5:
        to, address = _to_container(random_, lab, node, containers, family)
    elif kind < 0.85 or node not in containers:
        to, address = _to_host(random_, lab, node, containers, family)
        if proto == "tcp" and (node == "host" or random_.random() < 0.7):
            port = random_.choice(PUBLISHED)
        if node == "host" and port not in PUBLISHED:
            return None
    else:
        last = random_.choice([100, 101, 103])
        to = address = {4: f"192.0.2.{last}", 6: f"2001:db8:ffff::{last}"}[family]
    bind = None
    if node == "outside":
        last = random_.choice([100, 101])
        bind = {4: f"192.0.2.{last}", 6: f"2001:db8:ffff::{last}"}[family]
    return Flow(node, to, address, proto, 0 if proto == "icmp" else port, bind) if address else None


def _verdict(socket, flow):
    """What explain says of the ways to that address: "allowed", "refused", None: one of each."""
    answer = socket.get("/v1/explain", **{"from": flow.sender, "to": flow.to, "what": flow.what})
    verdicts = {way["verdict"] for way in answer["ways"]
                if flow.address in (way["dialled"], way["destination"])}
    if not verdicts <= {"allowed", "refused"} or not verdicts:
        raise ValueError(f"{flow}: {verdicts}: {json.dumps(answer)}")
    return (verdicts.pop() if len(verdicts) == 1 else None), answer


def _send(lab, asked):
    """[(flow, verdict)] -> those that went otherwise. A flow that may pass is tried again: silence may be a slow machine."""
    begin, todo = time.monotonic(), asked
    while todo:
        results = lab.probes([(flow.node, flow.line) for flow, _, _ in todo])
        wrong = [(*one, result) for one, result in zip(todo, results)
                 if (result.outcome == "pass") != (one[1] == "allowed")]
        final = [one for one in wrong if one[1] == "refused"]
        todo = [one[:3] for one in wrong if one[1] == "allowed"]
        if final or time.monotonic() - begin > PATIENCE:
            return wrong
    return []


def _at_random(context, lab, agent, containers):
    seed = int(os.environ.get("WW_SEED") or random.SystemRandom().randrange(1 << 32))
    flows = FULL if os.environ.get("WW_FULL") else FLOWS
    random_, socket = random.Random(seed), Engine(str(agent.dir / "control.sock"))
    print(f"  WW_SEED={seed}", flush=True)
    count, slowest = {"allowed": 0, "refused": 0, None: 0}, 0.0
    while sum(count.values()) < flows:
        asked = []
        while len(asked) < BATCH:
            flow = _flow(random_, lab, containers)
            if not flow:
                continue
            begin = time.monotonic()
            verdict, answer = _verdict(socket, flow)
            slowest = max(slowest, time.monotonic() - begin)
            count[verdict] += 1
            asked += [(flow, verdict, answer)]
        for flow, verdict, answer, result in _send(lab, [one for one in asked if one[1]]):
            context.report(str(flow), f"explain says {verdict}, and the packet says {result.detail}: {json.dumps(answer)}")
    print(f"  figures: {count}, slowest answer {slowest * 1000:.1f} ms", flush=True)
    context.report(f"{flows} flows went as explain says")
    context.report("most of them are told for certain", None if count[None] <= AMBIGUOUS * flows else str(count))
    context.report("of both kinds", None if min(count["allowed"], count["refused"]) > flows / 10 else str(count))


def _expect(context, title, got, wanted):
    context.report(title, None if got == wanted else f"wanted {wanted!r}, got {got!r}")


def _ask(agent, *words):
    child = agent.lab.popen("host", agent.command("explain", "-d", agent.dir, *words), stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    output, _ = child.communicate(timeout=120)
    return child.returncode, output


def _words(context, agent):
    """What people read, and exit statuses."""
    rows = [
        ("allowed by name", ("web", "db", "tcp/5432"), ALLOWED,
         ["web -> db tcp/5432: allowed", "web: output[0] line 4: allowed", "db: output[0] line 4 of web: allowed by the sender's rule"]),
        ("refused at the sender", ("web", "db", "tcp/80"), STOPPED,
         ["sender    web: no output rule of the sender matches",
          "to allow it: in whalewall.rules of web: output: [{network: front, container: db, proto: tcp, dst_ports: [80]}]"]),
        ("refused at the receiver", ("free", "db", "tcp/80"), STOPPED,
         ["receiver  db: no rule of the receiver allows it", "of db: input: [{network: front, container: free, proto: tcp, dst_ports: [80]}]"]),
        ("from outside", ("internet", "api", "tcp/80"), STOPPED, ["by the host port", "of api: mapped_ports: {external: {allow: true}}"]),
        ("to the internet", ("api", "internet", "tcp/443"), STOPPED, ["of api: output: [{proto: tcp, dst_ports: [443]}]"]),
        ("quarantined", ("bad", "db", "tcp/80"), STOPPED, ["sender    bad: label 'whalewall.rules' line 1", "dst_prots"]),
        ("the host", ("host", "api", "tcp/443"), ALLOWED, ["api: input[1] line 4: allowed"]),
        ("no end is managed", ("free", "outside.example", "tcp/80"), USAGE, ["'outside.example' is no container, no service and no address"]),
        ("an unknown protocol", ("web", "db", "ipx"), USAGE, ["'ipx' is no protocol that rules name"]),
        ("no port", ("web", "db", "tcp"), USAGE, ["tcp needs a port"]),
        ("one word", ("web",), USAGE, ["two or three words are needed"]),
        ("all ports", ("web", "db"), ALLOWED, ["web -> db: partly\n  tcp   5432         allowed\n"]),
        ("all ports, of which none passes", ("bad", "db"), STOPPED, ["bad -> db: refused\n  nothing passes;"]),
        ("all ports of the host", ("internet", "host"), ALLOWED, ["  tcp   1-8080       allowed\n", "  tcp   8084-65535   allowed\n"]),
    ]
    for title, words, status, parts in rows:
        code, text = _ask(agent, *words)
        _expect(context, f"{title}: exit status", code, status)
        for part in parts:
            context.report(f"{title}: {part!r}", None if part in text else text)
    context.report("no colours in a pipe", None if "\033" not in _ask(agent, "web", "db", "tcp/80")[1] else "there are")
    code, text = _ask(agent, "--json", "free", "db", "tcp/80")
    _expect(context, "JSON", (code, json.loads(text)["verdict"]), (STOPPED, "refused"))


def _documented(context, agent):
    socket = Engine(str(agent.dir / "control.sock"))
    check_text(context, "control.md", "## explain", _ask(agent, "web", "db", "tcp/80")[1])
    check_json(context, "control.md", [socket.get("/v1/explain", **{"from": "web", "to": "db", "what": "tcp/80"})], "## explain")
    check_json(context, "control.md", [socket.get("/v1/explain", **{"from": "web", "to": "db"})], "### All ports")
    check_text(context, "control.md", "### All ports", _ask(agent, "web", "db")[1])


def _faults(context, agent):
    socket = Engine(str(agent.dir / "control.sock"))
    for query, status in (({"from": "web"}, 400), ({"from": "web", "to": "nobody"}, 404), ({"from": "web", "to": "nobody", "what": "icmp"}, 404),
                          ({"from": "web", "to": "db", "what": "tcp/0"}, 400), ({"from": "web", "to": "db", "what": "tcp/65536"}, 400)):
        try:
            answer = socket.get("/v1/explain", **query)
            context.report(f"{query} is refused", str(answer))
        except EngineError as error:
            _expect(context, f"{query} is refused", error.status, status)


def run(context):
    if not context.agent:
        return
    with Lab(probe=context.probe) as lab:
        containers = _world(lab)
        lab.start_all(containers)
        with Agent(lab, context.agent) as agent:
            wait_until("all are in force", lambda: "pending" not in str(agent.ask()[1]), 10)
            _words(context, agent)
            _documented(context, agent)
            _faults(context, agent)
            _at_random(context, lab, agent, containers)
            agent.stop()
            context.report("the agent's log and exit", "\n".join(agent.faults(EXPECTED_ERRORS)) or None)
