"""Labels with a mistaken key, on real containers, images and networks: they have no effect, and the log and the status say so."""


from agent import Agent
from cases import PASS, case, check
from lab import Lab, LabError, wait_until

RULES = "output: [{proto: udp, dst_ports: [53]}]"
ON_CONTAINER, ON_NETWORK = "a container's label is ignored", "a network's label is ignored"
LONG = "whalewall." + "x" * 4000
ESCAPES = "whalewall.\x1b[2J\x07\u202e\nready"

# {container: (its labels, the key as it is told, what is meant)}
TOLD = {
    "letter": ({"whalewall.enable": "true", "whalewall.rules": RULES}, "whalewall.enable", "did you mean 'whalewall.enabled'?"),
    "case": ({"Whalewall.enabled": "true"}, "Whalewall.enabled", "did you mean 'whalewall.enabled'?"),
    "underscore": ({"whalewall_enabled": "true"}, "whalewall_enabled", "did you mean 'whalewall.enabled'?"),
    "blank": ({"whalewall.enabled\u00a0": "true"}, "whalewall.enabled<U+00A0>", "did you mean 'whalewall.enabled'?"),
    "rule": ({"whalewall.enabled": "true", "whalewall.rule": RULES}, "whalewall.rule", "did you mean 'whalewall.rules'?"),
    "idle": ({"whalewall.rules": RULES}, "whalewall.rules", "'whalewall.enabled' is missing"),
    "unknown": ({"whalewall.foo": "1"}, "whalewall.foo", "known: whalewall.enabled, whalewall.rules"),
    "place": ({"whalewall.guard": "false"}, "whalewall.guard", "is for networks"),
    "long": ({LONG: "1"}, LONG[:61] + "...", "unknown key"),
    "escapes": ({ESCAPES: "1"}, "whalewall.<U+001B>[2J<U+0007><U+202E><U+000A>ready", "unknown key"),
    "by_image": ({}, "whalewall.enable", "did you mean 'whalewall.enabled'?"),
}
MANAGED = ["rule"]


def _problems(agent):
    return [(p["code"], p["subject"], p["text"]) for p in agent.ask()[1]["problems"]]


def _expect(context, title, got, wanted):
    context.report(title, None if got == wanted else f"wanted {wanted!r}, got {got!r}")


def _each_is_told(context, agent, when):
    def said():
        return {line["container.name"] for line in agent.lines(msg=ON_CONTAINER)} >= set(TOLD)
    try:
        wait_until("a line for each", said, 10)
    except LabError:
        pass
    lines, problems = agent.lines(msg=ON_CONTAINER), _problems(agent)
    for name, (_, key, meant) in TOLD.items():
        of = [line for line in lines if line["container.name"] == name]
        text = of[0]["reason"] if of else ""
        told = len(of) == 1 and of[0]["level"] == "warn" and text.startswith(f"label '{key}': ") and meant in text
        context.report(f"{when}: {name}: one warning, with what was found and what was meant", None if told else str(of))
        _expect(context, f"{when}: {name}: a problem with the same text",
                [p for p in problems if p[1] == name], [("label_ignored", name, text)])
    _expect(context, f"{when}: of no other object", {p[1] for p in problems} - set(TOLD) - {"lan"}, set())


def _networks_are_told(context, agent):
    wait_until("a line for the network", lambda: agent.lines(msg=ON_NETWORK), 10)
    said = [(line["network"], "did you mean 'whalewall.guard'?" in line["reason"]) for line in agent.lines(msg=ON_NETWORK)]
    _expect(context, "a network's, once", said, [("lan", True)])
    _expect(context, "… and a problem", [p[:2] for p in _problems(agent) if p[1] == "lan"], [("network_label_ignored", "lan")])


def run(context):
    if not context.agent:
        return
    with Lab(probe=context.probe) as lab:
        lab.network("front")
        lab.network("lan", labels={"whalewall.gaurd": "false", "com.example.guard": "x"})
        lab.image("mistaken", {"whalewall.enable": "true"})
        lab.container("plain", nets=["front"], labels={"com.docker.compose.service": "x", "maintainer": "y", "traefik.enable": "true"})
        lab.container("before", nets=["front"], labels={"whalewall.enable": "true"})
        with Agent(lab, context.agent) as agent:
            wait_until("one that was there before", lambda: agent.lines(msg=ON_CONTAINER), 10)
            lab.remove("before")
            for name, (labels, _, _) in TOLD.items():
                lab.container(name, nets=["front"], labels=labels, **({"image": "mistaken"} if name == "by_image" else {}))
            mark = agent.mark()
            lab.start_all(["plain", *TOLD])
            _each_is_told(context, agent, "started")
            _expect(context, "none is told anew for its start", agent.lines(mark, msg=ON_CONTAINER, **{"container.name": "case"}), [])
            free = [name for name in TOLD if name not in MANAGED]
            for c, fault in check(lab, [case("not obeyed", f"{name} -> outside:80/tcp", PASS) for name in free]):
                context.report(f"{c.title}: {c.way}", fault)
            _networks_are_told(context, agent)
            for name in TOLD:
                lab.stop(name)
            _each_is_told(context, agent, "stopped")
            for name in TOLD:
                lab.remove(name)
            lab.engine.delete("/networks/lan")
            wait_until("no problem is left", lambda: not _problems(agent), 10)
            agent.stop()
            context.report("the agent's log and exit", "\n".join(agent.faults()) or None)
