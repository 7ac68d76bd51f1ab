"""Containers of a swarm's overlay: what of theirs crosses docker_gwbridge, a bridge of the host, is judged; the inside is not."""

import engine_folder
from agent import Agent
from cases import DROP, PASS, case, check
from early import figures
from engine import EngineError
from lab import Lab, LabError, wait_until

GATEWAY = {"Name": "docker_gwbridge", "Driver": "bridge", "IPAM": {"Config": [{"Subnet": "203.0.113.128/27"}]},
           "Options": {"com.docker.network.bridge.name": "docker_gwbridge", "com.docker.network.bridge.enable_icc": "false",
                       "com.docker.network.bridge.enable_ip_masquerade": "true"}}
SWARM = {"ListenAddr": "192.0.2.1:2377", "AdvertiseAddr": "192.0.2.1", "DefaultAddrPool": ["198.51.100.128/25"], "SubnetSize": 28}
OPEN = "mapped_ports: {external: {allow: true}}\noutput: [{ips: [192.0.2.100], proto: tcp, dst_ports: [80]}]"
OF_SERVICE = "a service's label is ignored"
UNENFORCEABLE = "container cannot be enforced from the host"


def _world(lab):
    lab.engine.post("/networks/create", GATEWAY)
    lab.engine.post("/swarm/init", SWARM)
    lab.network("front")
    lab.engine.post("/networks/create", {"Name": "over", "Driver": "overlay", "Attachable": True})
    lab.container("free", ["over"], ports=["8600:80"])
    lab.container("before", ["over"], enabled="true", ports=["8601:80"])
    lab.start("free")
    lab.start("before")


def _closed(name, port):
    return [case("not out", f"{name} -> outside:80/tcp", DROP), case("not to the host", f"{name} -> host@192.0.2.1:80/tcp", DROP),
            case("not in by its port", f"outside -> pub:{port}/tcp ={name}", DROP)]


def _free():
    return [case("an unmanaged one, out", "free -> outside:80/tcp", PASS), case("an unmanaged one, in", "outside -> pub:8600/tcp =free", PASS)]


def _check(context, lab, when, cases, **how):
    for c, fault in check(lab, cases, **how):
        context.report(f"{when}: {c.title}: {c.way}", fault)


def _sandbox(lab):
    """The way to the routing mesh's own endpoint."""
    gateway = lab.engine.get("/networks/docker_gwbridge")["Containers"]
    address = gateway["ingress-sbox"]["IPv4Address"].split("/")[0]
    return case("the routing mesh's endpoint", f"host -> {address}/icmp", PASS)


def _first(context, lab, agent):
    """The first managed ones of all: no event tells of their endpoint on that bridge."""
    lab.container("closed", ["over"], enabled="true", ports=["8602:80"])
    lab.container("opened", ["over"], rules=OPEN, ports=["8603:80"])
    lab.start_all(["closed", "opened"])
    for name in ("closed", "opened"):
        line = wait_until(f"{name} has started", lambda n=name: agent.lines(msg="container started", **{"container.name": n}), 5)[0]
        early = line["rules_active_ms_before_start"]
        if engine_folder.chosen():  # which connects a container to its networks when its process is there already
            figures(f"{name}: its rules came {-early} ms after its process; until then the guard holds")
        else:
            context.report(f"{name}: its rules came before its process", None if early >= 0 else f"{-early} ms after it")


def _problems(agent, code):
    return [(p["subject"], p["text"]) for p in agent.ask()[1]["problems"] if p["code"] == code]


def _unenforceable(agent):
    return {c["name"]: [(n["network"], n["accepted"]) for n in c["unenforceable"]] for c in agent.ask()[1]["containers"]
            if c["unenforceable"]}


def _service(name, own, containers):
    return {"Name": name, "Labels": own, "Mode": {"Replicated": {"Replicas": 0}},
            "TaskTemplate": {"ContainerSpec": {"Image": "lab", "Labels": containers}}}


def _services(context, lab, agent):
    """Labels under `deploy:` are the service's, not its containers'."""
    enabled = {"whalewall.enabled": "true"}
    for name, own, containers in (("wrong", enabled, {}), ("right", {"x": "y"}, enabled), ("both", enabled, enabled)):
        lab.engine.post("/services/create", _service(name, own, containers))
    wait_until("a line", lambda: agent.lines(msg=OF_SERVICE), 10)
    wait_until("a problem", lambda: _problems(agent, "service_label_ignored"), 10)
    said = [(line["service"], line["level"]) for line in agent.lines(msg=OF_SERVICE)]
    context.report("a service's own label is told once, and of no other", None if said == [("wrong", "warn")] else str(said))
    told = _problems(agent, "service_label_ignored")
    fine = len(told) == 1 and told[0][0] == "wrong" and "label 'whalewall.enabled': not obeyed" in told[0][1]
    context.report("… and is a problem", None if fine else str(told))
    service = lab.engine.get("/services/wrong")
    lab.engine.post(f"/services/wrong/update?version={service['Version']['Index']}", _service("wrong", {}, enabled))
    try:
        wait_until("none", lambda: not _problems(agent, "service_label_ignored"), 10)
        context.report("… until it is mended")
    except LabError as error:
        context.report("… until it is mended", str(error))
    for name in ("wrong", "right", "both"):
        lab.engine.delete(f"/services/{name}")


def _is_removed(lab, network):
    """An overlay of the swarm: its manager still counts a container as the network's user for a while after its removal."""
    try:
        lab.engine.delete(f"/networks/{network}")
        return True
    except EngineError as error:
        if "in use" not in str(error):
            raise
        return False


def _accepted(context, lab, agent):
    """Of a network whose inside cannot be enforced its owner may say that this is known."""
    for name, value in (("known", "unenforceable"), ("doubtful", "yes")):
        lab.engine.post("/networks/create", {"Name": name, "Driver": "overlay", "Attachable": True, "Labels": {"whalewall.accept": value}})
        lab.container(f"on-{name}", [name], enabled="true")
        lab.start(f"on-{name}")
    wait_until("both are listed", lambda: {"on-known", "on-doubtful"} <= set(_unenforceable(agent)), 10)
    listed = {name: _unenforceable(agent)[name] for name in ("on-known", "on-doubtful")}
    context.report("both are listed, one as accepted",
                   None if listed == {"on-known": [("known", True)], "on-doubtful": [("doubtful", False)]} else str(listed))
    told = [name for name, _ in _problems(agent, "unenforceable") if name in listed]
    context.report("the other one only is a problem", None if told == ["on-doubtful"] else str(told))
    ignored = _problems(agent, "network_label_ignored")
    context.report("… and so is a value that is none", None if [name for name, _ in ignored] == ["doubtful"] else str(ignored))
    levels = {line["container.name"]: line["level"] for line in agent.lines(msg=f"{UNENFORCEABLE} on some of its networks")}
    context.report("what is accepted is no error", None if (levels["on-known"], levels["on-doubtful"]) == ("info", "error") else str(levels))
    for name in ("known", "doubtful"):
        lab.remove(f"on-{name}")
        wait_until(f"the network {name} is gone", lambda: _is_removed(lab, name), 60)


def _useless(context, lab, agent):
    """A rule about the inside of an overlay."""
    lab.container("useless", ["over"], rules="output: [{network: over, proto: tcp, dst_ports: [80]}]")
    lab.start("useless")
    line = wait_until("a line", lambda: agent.lines(msg="label", **{"container.name": "useless"}), 10)[0]
    fine = line["level"] == "warn" and line["rule"] == "output[0] line 1" and "the network 'over' cannot be enforced" in line["reason"]
    context.report("a rule about an overlay is told to do nothing", None if fine else str(line))
    notes = [c["notes"] for c in agent.ask()[1]["containers"] if c["name"] == "useless"]
    context.report("… and the status has it", None if notes == [[{"rule": "output[0] line 1", "reason": line["reason"]}]] else str(notes))
    lab.remove("useless")


def _moved(context, lab):
    """Its way out was another network, which is taken away: now it is that bridge."""
    for name, how in (("moved", {"rules": OPEN}), ("moved_free", {})):
        lab.container(name, ["front", "over"], **how)
        lab.start(name)
        lab.disconnect(name, "front")
    _check(context, lab, "disconnected from its bridge",
           [case("out", "moved -> outside:80/tcp", PASS), case("not another port", "moved -> outside:443/tcp", DROP),
            case("an unmanaged one, out", "moved_free -> outside:80/tcp", PASS)], settling=True)


def _dead(context, lab, agent):
    agent.kill()
    lab.container("late", ["over"], enabled="true", ports=["8604:80"])
    lab.container("late_free", ["over"], ports=["8605:80"])
    lab.start_all(["late", "late_free"])
    waits = [case("an unmanaged one waits for the program", "late_free -> outside:80/tcp", DROP)]
    _check(context, lab, "dead", _closed("late", 8604) + _closed("closed", 8602) + waits + _free())
    agent.start()
    _check(context, lab, "started again", _closed("late", 8604) + [case("it need not wait any more", "late_free -> outside:80/tcp", PASS)],
           settling=True)


def run(context):
    with Lab(probe=context.probe) as lab:
        _world(lab)
        baseline = _closed("before", 8601) + _free() + [_sandbox(lab)]
        _check(context, lab, "without", baseline, baseline=True)
        if not context.agent:
            return
        with Agent(lab, context.agent) as agent:
            _check(context, lab, "there before the program", baseline)
            _first(context, lab, agent)
            opened = [case("out", "opened -> outside:80/tcp", PASS), case("not another port", "opened -> outside:443/tcp", DROP),
                      case("in by its port", "outside -> pub:8603/tcp =opened", PASS)]
            inside = [case("the inside of the overlay is open", f"free -> {lab.addr('closed', 'over')}:80/tcp =closed", PASS)]
            _check(context, lab, "with", _closed("closed", 8602) + opened + inside + _free() + [_sandbox(lab)])
            told = {line["container.name"]: line["networks"] for line in agent.lines(msg=f"{UNENFORCEABLE} on some of its networks")}
            context.report("the inside is told", None if told.get("closed") == "over (overlay)" else str(told))
            lab.restart("closed")
            _check(context, lab, "restarted", _closed("closed", 8602), settling=True)
            _services(context, lab, agent)
            _accepted(context, lab, agent)
            _useless(context, lab, agent)
            _moved(context, lab)
            _dead(context, lab, agent)
            agent.stop()
            context.report("the log and exit", "\n".join(agent.faults([UNENFORCEABLE])) or None)
