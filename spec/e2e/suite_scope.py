"""An identity holds on its bridge only: whoever has a managed container's MAC on another bridge keeps its network, and the managed one its
binding and its rules; whoever has its address on a bridge that is not the engine's, too."""

import json

from agent import Agent
from cases import DROP, PASS, case, check
from frames import link_local
from lab import Lab, LabError, wait_until
from links import no_reverse_path, place, set_bridge_nf

MAC = "02:42:cb:00:71:07"
NETS = {"": "bridge", "p": "plain", "g": "side"}  # of the twins, and of their mates
RULES = """
output:
  - {network: front, container: friend, proto: udp, dst_ports: [53]}
  - {proto: tcp, dst_ports: [80]}
"""
PATIENT = "timeout=3000"


def _make(lab):
    lab.network("front")
    lab.network("plain", labels={"whalewall.guard": "false"})
    lab.network("side")
    lab.container("keeper", nets=["side"], enabled="true")  # guarded for its sake; it does not run
    lab.container("web", nets=["front"], rules=RULES, mac=MAC)
    for name in ("friend", "evil"):
        lab.container(name, nets=["front"])
    for suffix, net in NETS.items():
        lab.container(f"twin{suffix}", nets=[net], mac=MAC)
        lab.container(f"mate{suffix}", nets=[net])
    lab.start_all([f"{name}{suffix}" for suffix in NETS for name in ("twin", "mate")] + ["friend", "evil"])
    lab.start("web")
    no_reverse_path(lab)


def _ways(twin, mate):
    """[(sender, line, outcome)]: the twin has both families, its link-local address, and hears of errors."""
    found = []
    for a, b in ((twin, mate), (mate, twin)):
        found += [(a.name, f"{proto} {addr} 53 {PATIENT}", "pass") for proto in ("udp", "tcp") for addr in (b.v4, b.v6, f"{b.local}%eth0")]
        found += [(a.name, f"udp {addr} 9 {PATIENT}", "refused") for addr in (b.v4, b.v6)]
        found += [(a.name, f"ping {addr} 0 {PATIENT}", "pass") for addr in (b.v4, b.v6, f"{b.local}%eth0")]
    for addr in ("192.0.2.100", "2001:db8:ffff::100"):
        found += [(twin.name, f"udp {addr} {port} {PATIENT}", want) for port, want in ((53, "pass"), (9, "refused"))]
    return found + [(node, f"tcp {addr} 80 {PATIENT}", "pass") for node in ("host", "outside") for addr in (twin.v4, twin.v6)]


def counted(lab, words):
    """What the program counts as dropped for any of these: ["drop_spoof: …"]."""
    found = []
    for entry in json.loads(lab.run("host", ["nft", "-j", "list", "ruleset"]))["nftables"]:
        s = entry.get("set", {})
        if s.get("table") == "whalewall" and s["name"].startswith("drop_"):
            texts = [json.dumps(e) for e in s.get("elem", [])]
            found += [f"{s['family']} {s['name']}: {text}" for text in texts if any(f'"{word}"' in text for word in words)]
    return found


def _try_twins(context, lab, when):
    places = {name: place(lab, name, net) for suffix, net in NETS.items() for name in (f"twin{suffix}", f"mate{suffix}")}
    twins = [p for name, p in places.items() if name.startswith("twin")]
    words = [MAC, link_local(MAC), *(word for p in twins for word in (p.v4, p.v6, p.port))]
    before = counted(lab, words)  # web has that MAC, too: what it sends before it is bound is counted there
    for node in ("host", *places):
        lab.run(node, ["ip", "neigh", "flush", "all"])
    ways = [way for suffix in NETS for way in _ways(places[f"twin{suffix}"], places[f"mate{suffix}"])]
    for (node, line, want), result in zip(ways, lab.probes([(node, line) for node, line, _ in ways])):
        context.report(f"{when}: {node}: {line}", None if result.outcome == want else f"wanted {want}, got {result.detail}")
    more = [text for text in counted(lab, words) if text not in before]
    context.report(f"{when}: nothing is counted against the twins", "; ".join(more) or None)


CASES = [
    case("its rule", "web -> friend:53/udp", PASS),
    case("its rule", "web -> friend:53/udp6", PASS),
    case("its rule", "web -> outside:80/tcp", PASS),
    case("its rule", "web -> outside:80/tcp6", PASS),
    case("… only", "web -> friend:54/udp", DROP, base="refused"),
    case("… only", "web -> outside:81/tcp", DROP),
    case("… only", "web -> outside:81/tcp6", DROP),
    case("nothing in", "friend -> web:53/udp", DROP),
    case("nothing in", "friend -> web:53/udp6", DROP),
    case("nothing from a twin", "twin -> web@front:53/udp", DROP),
    case("nothing from a twin", "twing -> web@front:53/udp6", DROP),
]


def _is_bound(lab, name):
    text = lab.run("host", ["nft", "list", "set", "bridge", "whalewall", "port"], check=False)
    return lab.inspect(name)["Id"][:12] in text


def _try_web(context, lab, when, managed, sport):
    """Its rules, its binding; no other node speaks as it, its twins neither."""
    for c, fault in check(lab, CASES, baseline=not managed):
        context.report(f"{when}: web: {c.title}: {c.way}", fault)
    if managed:
        try:
            wait_until("it is bound", lambda: _is_bound(lab, "web"), 5)
            context.report(f"{when}: web is bound to its port")
        except LabError:
            context.report(f"{when}: web is bound to its port", "it is not")
    for n, (node, owner) in enumerate([("evil", "web"), *((f"twin{suffix}", "web") for suffix in NETS)]):
        for family, target in ((4, "192.0.2.100"), (6, "2001:db8:ffff::100")):
            packet = f"udp {lab.addr(owner, 'front', family)} {sport + 2 * n + (family == 6)} {target} 53"
            came = any(lab.arrives(node, packet, "outside", timeout=400 if managed else 2500) for _ in range(1 if managed else 3))
            fault = ("arrives" if came else None) if managed else (None if came else "does not arrive")
            context.report(f"{when}: {node} speaks as {owner} ({family})", fault)


# --- the same subnet on a bridge that is not the engine's -----------------------------------------------------------------

FOREIGN = "br-foreign"


def _make_foreign(lab):
    """left has web's own addresses there, right has other ones of its subnet."""
    lab.run("host", ["ip", "link", "add", FOREIGN, "up", "type", "bridge"])
    addrs = {"left": (lab.addr("web", "front"), lab.addr("web", "front", 6)), "right": ("203.0.113.28", "2001:db8:0:11::5ca")}
    for name, (v4, v6) in addrs.items():
        lab.namespace(name, f"{name}0", [f"{v4}/27", f"{v6}/64"])
        lab.run("host", ["ip", "link", "set", f"{name}0", "master", FOREIGN])
    for tool in ("iptables", "ip6tables"):  # the engine translates the subnet's addresses wherever they are
        lab.run("host", [tool, "-w", "-t", "nat", "-I", "POSTROUTING", "-o", FOREIGN, "-j", "ACCEPT"])
    return addrs


def _try_foreign(context, lab, when, addrs, managed):
    for on in (True, False):
        set_bridge_nf(lab, on)
        wanted = []
        for sender, receiver in (("left", "right"), ("right", "left")):
            lab.run(sender, ["ip", "neigh", "flush", "all"])
            wanted += [(sender, f"{proto} {addr} {port} {PATIENT}") for addr in addrs[receiver] for proto, port in (("udp", 53), ("tcp", 53), ("ping", 0))]
        for (node, line), result in zip(wanted, lab.probes(wanted)):
            context.report(f"{when}, bridge-nf {on:d}: {node}: {line}", None if result.outcome == "pass" else result.detail)
        words = [*addrs["left"], *addrs["right"], "left0", "right0"]
        context.report(f"{when}, bridge-nf {on:d}: nothing is counted there", "; ".join(counted(lab, words)) or None if managed else None)
    set_bridge_nf(lab, True)


def _run_foreign(context):
    with Lab(probe=context.probe) as lab:
        lab.network("front")
        lab.container("web", nets=["front"], rules=RULES)
        for name in ("friend", "evil"):
            lab.container(name, nets=["front"])
        lab.start_all(["web", "friend", "evil"])
        addrs = _make_foreign(lab)
        _try_foreign(context, lab, "a foreign bridge, without", addrs, managed=False)
        if not context.agent:
            return
        with Agent(lab, context.agent) as agent:
            _try_foreign(context, lab, "a foreign bridge, with", addrs, managed=True)
            for c, fault in check(lab, [c for c in CASES if "twin" not in c.way]):
                context.report(f"a foreign bridge: web: {c.title}: {c.way}", fault)
            agent.stop()
            for fault in agent.faults() or [None]:
                context.report("a foreign bridge: the log and exit", fault)


def run(context):
    _run_foreign(context)
    _run_twins(context)


def _run_twins(context):
    with Lab(probe=context.probe) as lab:
        _make(lab)
        _try_twins(context, lab, "without")
        _try_web(context, lab, "without", False, 42000)
        if not context.agent:
            return
        with Agent(lab, context.agent) as agent:
            _try_twins(context, lab, "the twins are older")
            _try_web(context, lab, "the twins are older", True, 42100)
            for suffix in NETS:
                lab.restart(f"twin{suffix}")
            _try_twins(context, lab, "the twins are younger")
            _try_web(context, lab, "the twins are younger", True, 42200)
            lab.restart("web")
            agent.stop()
            agent.start()
            _try_twins(context, lab, "the program is younger")
            _try_web(context, lab, "the program is younger", True, 42300)
            agent.stop()
            for fault in agent.faults() or [None]:
                context.report("the log and exit", fault)
