"""Faulty labels of spec/labels/bad, each on a real container: closed in both families, with its exact error; the rest go on.

Every second of them; with WW_FULL=1 the rest, too."""

import os
import pathlib

from agent import Agent
from cases import DROP, PASS, case, check
from lab import Lab, wait_until

BAD = pathlib.Path(__file__).resolve().parent.parent / "labels" / "bad"
GOOD = "mapped_ports: {external: {allow: true}}\noutput: [{network: wide, container: srv, proto: tcp, dst_ports: [80]}]"
QUARANTINED = "container quarantined: nothing is allowed until this is mended"


def _start_faulty(lab, paths):
    """{container: its exact error}"""
    wanted = {}
    for path in paths:
        name = lab.container(f"bad-{path.stem}", nets=["wide"], rules=path.read_text())
        wanted[name] = path.with_suffix(".error").read_text().rstrip("\n")
    wanted["bad-switch"] = ("label 'whalewall.enabled' line 1 column 1: 'maybe' is not a YAML boolean; write \"true\" to "
                            "manage the container, \"false\" not to")
    wanted["unseen-switch"] = wanted["bad-switch"].replace("maybe", "true<U+00A0>")
    lab.container("bad-switch", nets=["wide"], enabled="maybe", rules=GOOD)
    lab.container("unseen-switch", nets=["wide"], enabled="true\u00a0", rules=GOOD)
    lab.start_all(wanted, workers=8)
    return wanted


def _errors(agent):
    return {line.get("container.name"): line.get("error") for line in agent.lines(msg=QUARANTINED)}


def _check_errors(context, agent, wanted):
    wait_until("an error line for each", lambda: set(wanted) <= set(_errors(agent)), seconds=10)
    said = _errors(agent)
    for name, text in wanted.items():
        context.report(f"{name}: its error", None if said[name] == text else f"wanted {text!r}, got {said[name]!r}")


def _closed(name):
    return [case("nothing out", f"{name} -> outside:80/tcp", DROP), case("nothing out", f"{name} -> outside:80/tcp6", DROP),
            case("nothing to a neighbour", f"{name} -> srv:80/udp", DROP),
            case("nothing in", f"srv -> {name}:80/tcp", DROP), case("nothing in", f"srv -> {name}:80/tcp6", DROP),
            case("nothing from the host", f"host -> {name}:80/tcp", DROP)]


def _run_half(context, paths):
    with Lab(probe=context.probe) as lab:
        lab.network("wide", wide=True)
        lab.container("srv", nets=["wide"])
        lab.container("good", nets=["wide"], rules=GOOD, ports=["8400:80"])
        lab.start_all(["srv", "good"])
        with Agent(lab, context.agent) as agent:
            wanted = _start_faulty(lab, paths)
            _check_errors(context, agent, wanted)
            going_on = [case("other containers go on", "good -> srv:80/tcp", PASS),
                        case("other containers go on", "outside -> pub:8400/tcp =good", PASS),
                        case("other containers go on", "outside -> pub:8400/tcp6 =good", PASS)]
            cases = going_on + [c for name in wanted for c in _closed(name)]
            for c, fault in check(lab, cases):
                context.report(f"{c.title}: {c.way}", fault)
            agent.stop()
            for fault in agent.faults(["container quarantined"]) or [None]:
                context.report("the agent's log and exit", fault)


def run(context):
    if not context.agent:
        return
    paths = sorted(BAD.glob("*.yaml"))
    context.report("at least 100 faulty labels", None if len(paths[::2]) >= 100 else f"only {len(paths)}")
    _run_half(context, paths[::2])
    if os.environ.get("WW_FULL"):
        _run_half(context, paths[1::2])
