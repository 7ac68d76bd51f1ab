"""A port that stays behind is no container's way out: a container that may rename its interface does so before the engine disconnects it, and the
engine leaves the port at the bridge. On the default bridge, which is not guarded for good, that port had no known endpoint, and was free.

What is no endpoint of the engine's there by right, image builds, goes on."""

import io
import pathlib
import shutil
import tarfile
import tempfile
import threading

import engine_folder
from agent import Agent
from cleanup import wait_until
from frames import Mark, datagram, ether, fire, shot
from lab import IMAGE, Lab
from links import bridge, link, no_reverse_path, outside, place

NET = "bridge"
ADMIN = {"CapAdd": ["NET_ADMIN"]}
ASIDE = "aside0"  # what it calls its interface
ROUNDS = 3
OUT = "output: [{proto: udp, dst_ports: [53], ips: [0.0.0.0/0]}]"
# a container is not made while there is the file
LATE = """#!/bin/sh
for word in "$@"; do
    while [ "$word" = create ] && [ -e {wait} ]; do sleep 0.1; done
done
exec {runc} "$@"
"""
BUILD = f"FROM {IMAGE}\nRUN [\"/bin/busybox\", \"ping\", \"-c\", \"3\", \"-W\", \"5\", \"192.0.2.100\"]\n"


def _leave(lab, name, inside, how):
    """It renames its interface, `how` has the engine take it away, and it puts it up again. Its place before that."""
    was = place(lab, name, NET)
    for command in (["down"], ["name", ASIDE]):
        lab.run(inside, ["ip", "link", "set", "eth0", *command])
        if command == ["down"]:
            continue
    how(name)
    lab.run(inside, ["ip", "link", "set", ASIDE, "up"])
    wait_until("the port forwards", lambda: link(lab, "host", was.port).get("operstate") == "UP", 5)
    return was


def _attacks(was, gate, free):
    """[(title, frame for a mark's bytes, the node that must not see it)]"""
    made_up = "203.0.113.250"
    return [("as it was, to the outside", lambda d: ether(gate.mac, was.mac, datagram(was.v4, outside(4), 5000, 5000, d)), "outside"),
            ("as it was, IPv6", lambda d: ether(gate.mac, was.mac, datagram(was.v6, outside(6), 5000, 5000, d)), "outside"),
            ("from a made-up address, to the outside", lambda d: ether(gate.mac, was.mac, datagram(made_up, outside(4), 5000, 5000, d)), "outside"),
            ("from another MAC", lambda d: ether(gate.mac, "02:00:00:00:ca:fe", datagram(made_up, outside(4), 5000, 5001, d)), "outside"),
            ("to a neighbour", lambda d: ether(free.mac, was.mac, datagram(was.v4, free.v4, 5000, 5000, d)), free.name)]


def _came(lab, inside, attacks):
    marks = [(title, seen_by, Mark(), make) for title, make, seen_by in attacks for _ in range(ROUNDS)]
    seen = fire(lab, [shot(inside, make(m.data), m.key, iface=ASIDE, wait=4) for _, _, m, make in marks], sniff=["outside", "free"], settle=0.4)
    return {title for title, seen_by, m, _ in marks if seen_by in seen.get(m.key, {})}


def _judge(context, lab, when, inside, attacks, wanted):
    came = _came(lab, inside, attacks)
    for title, *_ in attacks:
        context.report(f"{when}: {title}", None if (title in came) == wanted else "does not come" if wanted else "comes")


def _build(context, lab, when):
    """The classic builder's containers and the other builder's, which the engine announces in no event: an interface that is at the bridge."""
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w") as archive:
        entry = tarfile.TarInfo("Dockerfile")
        entry.size = len(BUILD)
        archive.addfile(entry, io.BytesIO(BUILD.encode()))
    said = str(lab.engine.call("POST", "/build", raw=tar.getvalue(), t="built", nocache=1, forcerm=1))
    context.report(f"{when}: an image is built", None if "Successfully built" in said else said[-400:])
    answer = lab.probe("build", "udp 192.0.2.100 53")
    context.report(f"{when}: a build that the engine does not announce", None if answer.outcome == "pass" else answer.detail)


def _problems(agent):
    return [(p["code"], p["subject"]) for p in agent.ask()[1]["problems"] if p["code"].startswith("port_")]


def _told(context, agent, when, wanted):
    try:
        wait_until("the status has it", lambda: _problems(agent) == wanted, 15, 0.3)
        context.report(f"{when}: the status")
    except Exception:  # noqa: BLE001 — whatever it says
        context.report(f"{when}: the status", f"{_problems(agent)} is not {wanted}")


def _disconnected(context, lab, gate, free):
    """Without the program the engine leaves a port that works, or this suite proves nothing."""
    lab.container("leaver", enabled="true", host_config=ADMIN)
    lab.start("leaver")
    attacks = _attacks(_leave(lab, "leaver", "leaver", lambda name: lab.disconnect(name, NET)), gate, free)
    no_reverse_path(lab)
    return attacks


def _shared(lab, gate, free):
    """It is stopped, and lives on in one that shares its network namespace."""
    lab.container("head", enabled="true")
    lab.start("head")
    lab.container("sharer", mode="container:head", serve=["7000"], host_config=ADMIN)
    lab.start("sharer")
    return _attacks(_leave(lab, "head", "sharer", lab.stop), gate, free)


def _is_bound(lab, name):
    return lab.inspect(name)["Id"][:12] in lab.run("host", ["nft", "list", "set", "bridge", "whalewall", "port"], check=False)


def _restarts(context, lab, agent, attacks):
    agent.stop()
    _judge(context, lab, "stopped", "leaver", attacks, False)
    agent.start()
    _judge(context, lab, "started again", "leaver", attacks, False)
    agent.stop()
    lab.run("host", ["nft", "delete", "table", "bridge", "whalewall"])
    agent.start()
    wait_until("it is bound by its process", lambda: _is_bound(lab, "leaver"), 15, 0.1)
    _judge(context, lab, "nothing bound before", "leaver", attacks, False)


def _claim(context, lab, gate, agent, wait):
    """Before 28 an engine makes an endpoint long before its port has its MAC. A container that has left a port and takes that MAC, while the program is
    about to start, is not taken for it."""
    lab.container("thief", host_config=ADMIN)
    lab.start("thief")
    _leave(lab, "thief", "thief", lambda name: lab.disconnect(name, NET))
    agent.stop()
    lab.run("host", ["nft", "delete", "table", "bridge", "whalewall"])
    lab.container("victim", rules=OUT, host_config={"Runtime": "late"})
    victim = lab.inspect("victim")["Id"]  # while it starts the engine does not say
    wait.touch()
    starting = threading.Thread(target=lab.start, args=["victim"])
    starting.start()
    found = wait_until("it has an endpoint", lambda: lab.engine.get(f"/networks/{NET}")["Containers"].get(victim), 20)
    for command in (["down"], ["address", found["MacAddress"]], ["up"]):
        lab.run("thief", ["ip", "link", "set", ASIDE, *command])
    agent.start()
    mac, v4 = found["MacAddress"], found["IPv4Address"].split("/")[0]
    attacks = [("as the one that starts", lambda d: ether(gate.mac, mac, datagram(v4, outside(4), 5000, 53, d)), "outside")]
    came = [_came(lab, "thief", attacks) for _ in range(4)]
    context.report("with the MAC of the next: as the one that starts", "comes" if any(came) else None)
    wait.unlink()
    starting.join()
    lab.forget("victim")
    heard = wait_until("it is heard", lambda: lab.probe("victim", "udp 192.0.2.100 53").outcome == "pass", 10, 0.2)
    context.report("with the MAC of the next: the one that starts is heard", None if heard else "it is not")


def run_suite(context, lab, wait):
    lab.container("free")
    lab.start("free")
    lab.namespace("build", "build0", ["198.51.100.30/27", "2001:db8:0:1::1e/64"], ["default via 198.51.100.1"])
    lab.run("host", ["ip", "link", "set", "build0", "master", "docker0"])
    gate, free = bridge(lab, NET), place(lab, "free", NET)
    attacks = _disconnected(context, lab, gate, free)
    _judge(context, lab, "without", "leaver", attacks, True)
    lab.remove("leaver")
    if not context.agent:
        return
    with Agent(lab, context.agent) as agent:
        attacks = _disconnected(context, lab, gate, free)
        _judge(context, lab, "left behind", "leaver", attacks, False)
        _build(context, lab, "left behind")
        _told(context, agent, "left behind", [("port_left", "leaver")])
        _restarts(context, lab, agent, attacks)
        lab.remove("leaver")
        _told(context, agent, "removed", [])
        attacks = _shared(lab, gate, free)
        _judge(context, lab, "in one that shares", "sharer", attacks, False)
        for name in ("sharer", "head"):
            lab.remove(name)
        if not engine_folder.chosen():
            _claim(context, lab, gate, agent, wait)
        agent.stop()
        context.report("the log", "; ".join(map(str, agent.faults(["closed at a bridge port that it has left behind"]))) or None)
        if context.failed:
            print(agent.tail())


def run(context):
    with tempfile.TemporaryDirectory(prefix="wwlate-") as folder:
        late, wait = pathlib.Path(folder) / "late", pathlib.Path(folder) / "wait"
        late.write_text(LATE.format(wait=wait, runc=shutil.which("runc")))
        late.chmod(0o755)
        with Lab(probe=context.probe, engine_args=() if engine_folder.chosen() else ("--add-runtime", f"late={late}")) as lab:
            run_suite(context, lab, wait)
