"""ICMP errors are letters, too: one about a managed container's flow comes from the flow's other end, or from a router on its way, and
from no other node; redirects never. A managed one sends none about other nodes' flows. What unmanaged ones tell each other goes on."""

import collections
import json
import re
import subprocess

from agent import Agent
from frames import REDIRECTED, Mark, datagram, ether, fire, message, option, shot
from lab import HOST4, HOST4_SECOND, HOST6, HOST6_SECOND, OUTSIDE4, OUTSIDE6, Lab
from links import bridge, host, no_reverse_path, outside, place
from neighbours import redirect, wrapped

RULES = """
output:
  - {proto: udp, dst_ports: [9, 53]}
input:
  - {network: front, container: free, proto: udp, dst_ports: [9, 53]}
"""
MANAGED = ("web", "web0")
NETS = {"web": "front", "web0": "bridge", "free": "front", "evil": "front", "far": "back", "evil0": "bridge"}
BEYOND = {4: ("198.51.100.193/30", "198.51.100.194"), 6: ("2001:db8:0:7777::1/64", "2001:db8:0:7777::2")}  # the router's, and behind it
ROUTER = {4: "198.51.100.222", 6: "2001:db8:0:7778::1"}  # an address that no node has
SMALL = 1280  # bytes that fit behind the router
REDIRECTS = "redirect"

Kind = collections.namedtuple("Kind", "title kind code rest")
KINDS = {4: [Kind("host unreachable", 3, 1, 0), Kind("port unreachable", 3, 3, 0), Kind("fragmentation needed", 3, 4, 900),
             Kind(REDIRECTS, 5, 1, 0xCB007109), Kind("time exceeded", 11, 0, 0), Kind("parameter problem", 12, 0, 9 << 24)],
         6: [Kind("no route", 1, 0, 0), Kind("port unreachable", 1, 4, 0), Kind("packet too big", 2, 0, 1280), Kind(REDIRECTS, 137, 0, 0),
             Kind("time exceeded", 3, 0, 0), Kind("parameter problem", 4, 1, 6)]}

Flow = collections.namedtuple("Flow", "title family sender receiver sport")
Letter = collections.namedtuple("Letter", "sender end flow kind source frame key")
HEADERS = ["", "behind a hop-by-hop header", "behind destination options"]

# argv: address, port, source port, hops, bytes, 1 if an answer is to come first; prints: type code sender what
ASK = """
import select, socket, struct, sys, time
addr, port, sport, hops, size, warm = sys.argv[1], *map(int, sys.argv[2:])
six = ":" in addr
s = socket.socket(socket.AF_INET6 if six else socket.AF_INET, socket.SOCK_DGRAM)
level, errors, discover, ttl = (41, 25, 23, 16) if six else (0, 11, 10, 2)
s.setsockopt(level, errors, 1)
s.setsockopt(level, discover, 2)
s.bind(("::" if six else "0.0.0.0", sport))
def send(what):
    try:
        s.sendto(what, (addr, port))
    except OSError:
        pass
def wait(seconds):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        for _, event in (lambda p: p.poll(100))(poller):
            if event & select.POLLERR:
                data = s.recvmsg(0, 512, socket.MSG_ERRQUEUE)[1]
                for _, _, text in data:
                    number, origin, kind, code, _, info, _ = struct.unpack("=IBBBBII", text[:16])
                    if origin in (2, 3):
                        inner = text[16:]
                        name = socket.inet_ntop(s.family, inner[8:24] if six else inner[4:8])
                        return f"{kind} {code} {name} {info}"
            elif event & select.POLLIN:
                return s.recv(512) and "answer"
poller = select.poll()
poller.register(s, select.POLLIN)
for _ in range(3 if warm else 0):
    send(b"who")
    if wait(2) == "answer":
        break
s.setsockopt(level, ttl, hops)
for _ in range(4):
    send(b"x" * size)
    answer = wait(1.5)
    if answer:
        break
print(answer or "silence")
"""


class World:
    def __init__(self, lab):
        self.lab = lab
        for net in ("front", "back"):
            lab.network(net)
        for name, net in NETS.items():
            lab.container(name, nets=[net], rules=RULES if name == "web" else RULES[:RULES.index("input")] if name == "web0" else None)
        lab.start_all(list(NETS))
        no_reverse_path(lab)
        self.places = {name: place(lab, name, net) for name, net in NETS.items()}
        self.bridges = {net: bridge(lab, net) for net in set(NETS.values())}
        self._route_beyond()
        for node in ("host", "outside", *NETS):  # errors are not rare here
            lab.run(node, ["sh", "-c", "echo 0 >/proc/sys/net/ipv4/icmp_ratelimit; echo 0 >/proc/sys/net/ipv6/icmp/ratelimit"])
        self.flows = [Flow(f"{a} to {b}", family, a, b, 40000 + n)
                      for n, (a, b) in enumerate((("web", "outside"), ("web", "free"), ("web", "far"), ("free", "web"), ("web0", "outside"),
                                                  ("free", "outside"), ("free", "evil"), ("free", "far"))) for family in (4, 6)]

    def _route_beyond(self):
        """outside -- beyond: outside is a router to it, and the way is narrow."""
        lab = self.lab
        lab.namespace("beyond", "beyond0", [f"{addr}{'/30' if '.' in addr else '/64'}" for _, addr in BEYOND.values()])
        lab.run("host", ["ip", "link", "set", "beyond0", "netns", lab.netns("outside")])
        lab.run("outside", ["sh", "-c", "echo 1 >/proc/sys/net/ipv4/ip_forward; echo 1 >/proc/sys/net/ipv6/conf/all/forwarding"])
        lab.run("outside", ["ip", "link", "set", "beyond0", "mtu", SMALL, "up"])
        for family, (router, _) in BEYOND.items():
            lab.run("outside", ["ip", f"-{family}", "addr", "add", router, "dev", "beyond0", *(["nodad"] if family == 6 else [])])
            lab.run("beyond", ["ip", f"-{family}", "route", "add", "default", "via", router.split("/")[0]])
            net = re.sub(r"193/|1/", "192/" if family == 4 else "/", router)
            lab.run("host", ["ip", f"-{family}", "route", "add", net, "via", outside(family)])

    def addr(self, name, family):
        if name == "outside":
            return outside(family)
        return self.places[name].v6 if family == 6 else self.places[name].v4

    def refresh(self, flows):
        """They are tracked, and answered. A list of those that are not."""
        wanted = [(f.sender, f"udp {self.addr(f.receiver, f.family)} 53 sport={f.sport} timeout=4000") for f in flows]
        return [f"{f.title} ({f.family})" for f, result in zip(flows, self.lab.probes(wanted)) if result.outcome != "pass"]

    def quoted(self, flow, end):
        """A packet that `end` sent in it, as a router on its way would have seen it: (src, sport, dst, dport)."""
        src, dst = self.addr(flow.sender, flow.family), self.addr(flow.receiver, flow.family)
        text = self.lab.run("host", ["conntrack", "-L", "-f", f"ipv{flow.family}", "-p", "udp", "--orig-src", src, "--orig-dst", dst, "--sport", flow.sport])
        asked, answered = ({key: m[key] for key in m.groupdict()} for m in re.finditer(
            r"src=(?P<src>\S+) dst=(?P<dst>\S+) sport=(?P<sport>\d+) dport=(?P<dport>\d+)", text))
        t = answered if end == flow.sender else asked
        return t["dst"], int(t["dport"]), t["src"], int(t["sport"])


def _error(src, quoted, kind, mark):
    told, sport, other, dport = quoted
    inner = datagram(told, other, sport, dport, mark.data, hops=60)
    if kind.kind == 137:
        return redirect(src, told, other, other, option(REDIRECTED, bytes(6) + inner))
    return message(src, told, kind.kind, kind.code, kind.rest, inner, hops=64)


def _letters(world, sender, flow, end, sources=None):
    """Errors of all kinds about that flow from `sender` to its `end`, straight and by way of the sender's gateway; about what is translated
    as a router sees it, and as the end does."""
    me, b, six = world.places[sender], world.bridges[NETS[sender]], flow.family == 6
    quoted, addr = world.quoted(flow, end), world.addr(end, flow.family)
    known = {"its own address": [me.v6, me.local] if six else [me.v4], "the gateway's address": [b.v6, b.local] if six else [b.v4],
             "the far end's address": [quoted[2]], "a stranger's address": [ROUTER[flow.family]]}
    views = {quoted, _as_seen(world, flow, end)}
    found = []
    for title, src, view in ((title, src, view) for title in sources or known for src in known[title] for view in sorted(views)):
        near = end in NETS and NETS[end] == NETS[sender] and view[0] == addr
        for mac in (b.mac, world.places[end].mac) if near else (b.mac,):
            for kind in KINDS[flow.family]:
                for behind in HEADERS if six and kind.title != REDIRECTS else HEADERS[:1]:
                    mark = Mark()
                    packet = _error(src, view, kind, mark)
                    packet = dict(wrapped(packet))[behind] if behind else packet
                    found.append(Letter(sender, end, flow, f"{kind.title} {behind}".strip(), title, ether(mac, me.mac, packet), mark.key))
    return found


def _as_seen(world, flow, end):
    sender, receiver = world.addr(flow.sender, flow.family), world.addr(flow.receiver, flow.family)
    return (sender, flow.sport, receiver, 53) if end == flow.sender else (receiver, 53, sender, flow.sport)


def _title(x):
    return f"{x.sender}, about {x.flow.title} ({x.flow.family}), to {x.end}: {x.kind}"


def _fire(world, letters, sniff, hear=()):
    """[(title, source, where it came, how many were sent)]"""
    seen = fire(world.lab, [shot(x.sender, x.frame, x.key) for x in letters], hear=hear, sniff=sniff, settle=0.6)
    came, sent = collections.defaultdict(collections.Counter), collections.Counter()
    for x in letters:
        sent[_title(x), x.source] += 1
        came[_title(x), x.source].update(seen.get(x.key, {}).keys())
    return [(title, source, came[title, source], n) for (title, source), n in sent.items()]


def _judge(context, when, results, managed, watched):
    """Nothing may arrive; without the program something of each kind does, or the test does not test anything."""
    if managed:
        for title, source, where, sent in results:
            text = ", ".join(f"{n} at {node}" for node, n in sorted(where.items()) if node in watched)
            context.report(f"{when}: {title} from {source}", f"of {sent} {text}" if text else None)
        return
    arrived = collections.Counter()
    for title, _, where, _ in results:
        if title.endswith(REDIRECTS):  # the kernel itself does not translate them: all of a sender's together
            title = f"{title.split(',')[0]}: {REDIRECTS} {re.search('[(].[)]', title)[0]}"
        arrived[title] += sum(where.values())
    for title, n in arrived.items():
        context.report(f"{when}: {title}", None if n else "does not arrive")


# --- what must not arrive ----------------------------------------------------------------------------------------------

def _try_attacks(context, world, when, managed):
    """Of neighbours, about the managed ones' flows."""
    flows = [f for f in world.flows if {*MANAGED} & {f.sender, f.receiver}]
    context.report(f"{when}: the flows of web", ", ".join(world.refresh(flows)) or None)
    letters = [x for f in flows for sender in ("evil", "far", "evil0") if sender != f.receiver
               for x in _letters(world, sender, f, f.sender if f.sender in MANAGED else f.receiver)]
    _judge(context, when, _fire(world, letters, MANAGED), managed, MANAGED)


def _try_own(context, world, when, managed):
    """Of the managed one, about other nodes' flows, and redirects about its own."""
    others = [f for f in world.flows if not {*MANAGED} & {f.sender, f.receiver}]
    own = [f for f in world.flows if "web" in (f.sender, f.receiver)]
    context.report(f"{when}: the flows of web and free", ", ".join(world.refresh(others + own)) or None)
    letters = [x for f in others for end in (f.sender, f.receiver) for x in _letters(world, "web", f, end)]
    letters += [x for f in own for end in {f.sender, f.receiver} - {"web"} for x in _letters(world, "web", f, end) if x.kind == REDIRECTS]
    watched = ["free", "evil", "far", "outside"]
    _judge(context, when, _fire(world, letters, watched, hear=["host"]), managed, [*watched, "host's sockets"])


# --- what must ----------------------------------------------------------------------------------------------------------

def _try_ends(context, world, when):
    """The flow's other end says what it likes about it, but for redirects; so does web."""
    flows = [f for f in world.flows if "web" in (f.sender, f.receiver) and f.receiver != "outside"]
    context.report(f"{when}: the flows of web", ", ".join(world.refresh(flows)) or None)
    letters = [x for f in flows for sender, end in ((f.receiver, f.sender), (f.sender, f.receiver))
               for x in _letters(world, sender, f, end, ["its own address"]) if x.kind != REDIRECTS]
    for title, _, where, _ in _fire(world, letters, list(NETS)):
        end = re.search(r"to (\w+):", title)[1]
        context.report(f"{when}: the other end: {title}", None if where[end] else "does not arrive")


def _asked(world, lines):
    """[answer] of ASK for each (node, addr, port, hops, size, warm), all at once."""
    children = [world.lab.popen(node, ["python3", "-c", ASK, addr, port, 41000 + n, *rest], stdout=subprocess.PIPE, text=True)
                for n, (node, addr, port, *rest) in enumerate(lines)]
    return [child.communicate()[0].strip() for child in children]


def _try_routers(context, world, when):
    lab, b = world.lab, world.bridges["front"]
    ours = {4: {b.v4, HOST4, HOST4_SECOND}, 6: {b.v6, b.local, "fe80::1", HOST6, HOST6_SECOND}}
    theirs = {4: set(OUTSIDE4), 6: set(OUTSIDE6)}
    cases = []
    for family, unreachable, exceeded, big in ((4, "3 3", "11 0", "3 4"), (6, "1 4", "3 0", "2 0")):
        for node in ("web", "free"):
            peers = {name: world.addr(name, family) for name in ("free", "far", "outside", "evil", "web")
                     if name != node and (name != "web" or node == "free")}
            for name, addr in {**peers, "host": host(family), "gateway": b.v6 if family == 6 else b.v4}.items():
                cases.append((f"{node}: {name} has no such port", (node, addr, 9, 64, 3, 0), unreachable, {addr}))
            beyond = BEYOND[family][1]
            cases.append((f"{node}: a router, out of hops", (node, beyond, 53, 2, 3, 0), exceeded, theirs[family]))
            cases.append((f"{node}: a router, out of hops in a flow", (node, beyond, 53, 2, 3, 1), exceeded, theirs[family]))
            cases.append((f"{node}: the host, out of hops in a flow", (node, outside(family), 53, 1, 3, 1), exceeded, ours[family]))
            cases.append((f"{node}: a router, too big", (node, beyond, 53, 64, SMALL + 90, 0), big, theirs[family]))
    for node in ("web", "free"):
        for family in (4, 6):
            lab.run(node, ["ip", f"-{family}", "route", "flush", "cache"])
    for (title, line, want, offenders), got in zip(cases, _asked(world, [line for _, line, _, _ in cases])):
        kind, node, what = (re.match(r"(\d+ \d+) (\S+) (\d+)", got) or re.match("()()()", "")).groups()
        right = kind == want and node in offenders and (not title.endswith("too big") or int(what) == SMALL)
        context.report(f"{when}: {title}: {line[1]}", None if right else f"wanted {want} of {', '.join(sorted(offenders))}, got {got}")


def _tell_unmanaged(world):
    """{what: how much arrives at free} of its neighbours' errors and redirects."""
    flows = [f for f in world.flows if f.sender == "free" and f.receiver in ("outside", "evil")]
    world.refresh(flows)
    letters = [x for f in flows for sender in ("evil", "far", "evil0")
               for x in _letters(world, sender, f, "free", ["its own address", "a stranger's address"])]
    return {f"{title} from {source}": where["free"] for title, source, where, _ in _fire(world, letters, ["free"])}


def run(context):
    with Lab(probe=context.probe) as lab:
        world = World(lab)
        before = _tell_unmanaged(world)
        needed = [text for text, n in before.items() if text.startswith("evil,") and "own" in text and not n]
        context.report("without: free hears of its neighbours", json.dumps(needed) if needed else None)
        _try_routers(context, world, "without")
        for phase in (_try_attacks, _try_own):
            phase(context, world, "without", managed=False)
        if not context.agent:
            return
        with Agent(lab, context.agent) as agent:
            _try_routers(context, world, "with")
            _try_ends(context, world, "with")
            for phase in (_try_attacks, _try_own):
                phase(context, world, "with", managed=True)
            for text, n in _tell_unmanaged(world).items():
                context.report(f"with: {text}", None if n == before[text] else f"{n} arrive at free, {before[text]} without")
            agent.stop()
            for fault in agent.faults() or [None]:
                context.report("the log and exit", fault)
