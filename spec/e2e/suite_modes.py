"""Kinds of networks and network modes: each is enforced, or the log says that it is not. And an image's labels open nothing."""

from agent import Agent
from cases import DROP, PASS, case, check, container
from cleanup import wait_until
from engine import EngineError
from lab import HOST4, Lab
from links import bridge_device
from table import make_world

TO_SRV = "output: [{network: front, container: srv, proto: tcp, dst_ports: [80]}]"
OPEN = "{mapped_ports: {external: {allow: true}}, output: [{ips: [0.0.0.0/0, '::/0']}]}"
PAST = "a network goes past the ports of another one's bridge"
SAID = "container cannot be enforced from the host on some of its networks"
IMAGE_LABELS = {"whalewall.enabled": "true", "whalewall.rules": OPEN}

OWN4, OWN6 = "203.0.113.29", "2001:db8:0:11::999"
LINK_LOCAL = "169.254.7.7"

NETWORKS = {"front": {}, "side": {}}
CONTAINERS = [
    container("srv", nets=["front"]),
    container("free", nets=["front"]),
    container("lone", nets=["front"]),
    container("closed", nets=["front"], enabled="true"),
    # shares a network namespace
    container("joined", mode="container:lone", rules=TO_SRV, serve=["5433"]),
    # not to be enforced from the host
    container("on_host", mode="host", rules=TO_SRV, serve=["5434"]),
    container("on_nothing", mode="none", rules=TO_SRV),
    container("on_macvlan", nets=["mac"], rules=TO_SRV),
    container("on_ipvlan", nets=["ipv"], rules=TO_SRV, start=False),
    container("on_overlay", nets=["over"], rules=TO_SRV),
    container("on_both", nets=["front", "mac"], rules=TO_SRV),
    # addresses
    container("by_image", nets=["front"], image="opened", ports=["8440:80"]),
    container("by_user", nets=["front"], image="opened", ports=["8441:80"], rules=TO_SRV),
    container("switched", nets=["front"], image="opened", ports=["8442:80"], enabled="false"),
    container("self_made", nets=["front"], rules=TO_SRV, host_config={"CapAdd": ["NET_ADMIN"]}),
    container("linked", nets=["front"], rules=TO_SRV.replace("front", "side").replace("srv", "side_srv")),
    container("side_srv", nets=["side"]),
]
NOT_ENFORCEABLE = {"on_host": "host (host)", "on_macvlan": "mac (macvlan)", "on_ipvlan": "ipv (ipvlan)",
                   "on_overlay": "over (overlay)", "on_both": "mac (macvlan)"}

CASES = [
    case("whose namespace is shared: the sharer's rule", "lone -> srv:80/tcp", PASS),
    case("whose namespace is shared: nothing else out", "lone -> srv:81/tcp", DROP),
    case("whose namespace is shared: nothing else out", "lone -> outside:80/tcp6", DROP),
    case("whose namespace is shared: nothing in", "free -> lone:80/tcp", DROP),
    case("whose namespace is shared: nothing in at the sharer's port", "free -> lone:5433/tcp6 =joined", DROP),
    case("on a network that can be enforced and one that cannot", "on_both -> srv@front:80/tcp", PASS),
    case("on a network that can be enforced and one that cannot", "on_both -> srv@front:81/tcp", DROP),
    case("on a network that can be enforced and one that cannot", "free -> on_both@front:80/tcp6", DROP),
    case("the host's own traffic beside one in host mode", "host -> srv:80/tcp", PASS),
    case("the host's own traffic beside one in host mode", "outside -> host@192.0.2.1:5434/tcp =on_host", PASS),
    case("rules of the image", "by_image -> srv:80/tcp", DROP),
    case("rules of the image", "by_image -> outside:80/tcp6", DROP),
    case("rules of the image", "outside -> pub:8440/tcp =by_image", DROP),
    case("rules of the image, replaced by the user's", "by_user -> srv:80/tcp", PASS),
    case("rules of the image, replaced by the user's", "by_user -> outside:80/tcp", DROP),
    case("rules of the image, replaced by the user's", "outside -> pub:8441/tcp =by_user", DROP),
    case("an image's switch, turned off by the user", "switched -> outside:80/tcp", PASS),
    case("an image's switch, turned off by the user", "outside -> pub:8442/tcp =switched", PASS),
    case("with a link-local address beside the other", "linked -> side_srv:80/tcp", PASS),
    case("with a link-local address beside the other", f"linked@{LINK_LOCAL} -> side_srv:81/udp", DROP),
    case("with a link-local address beside the other", "linked -> side_srv:81/tcp", DROP),
    case("with a link-local address beside the other", "side_srv -> linked@side:80/tcp6", DROP),
    case("an address of its own making, before", "self_made -> srv:80/tcp", PASS),
    case("an address of its own making, before", "self_made -> srv:80/tcp6", PASS),
]
SELF_MADE = [
    case("from an address of its own making", f"self_made@{OWN4} -> srv:80/tcp", DROP),
    case("from an address of its own making", f"self_made@{OWN6} -> srv:80/tcp6", DROP),
    case("to an address of its own making", f"free -> {OWN4}:80/tcp =self_made", DROP),
    case("to an address of its own making", f"free -> [{OWN6}]:80/tcp6 =self_made", DROP),
    case("from its own address still", "self_made -> srv:80/tcp", PASS),
]


def _make_networks(lab):
    """Those that hang on an interface of the host, or on a swarm."""
    for name, driver in (("mac", "macvlan"), ("ipv", "ipvlan")):
        lab.run("host", ["ip", "link", "add", f"{name}0", "type", "veth", "peer", "name", f"{name}1"])
        lab.run("host", ["ip", "link", "set", f"{name}0", "up"])
        subnet = "198.51.100.64/27" if driver == "macvlan" else "198.51.100.96/27"
        lab.engine.post("/networks/create", {"Name": name, "Driver": driver, "Options": {"parent": f"{name}0"},
                                             "IPAM": {"Config": [{"Subnet": subnet}]}})
    lab.engine.post("/swarm/init", {"ListenAddr": f"{HOST4}:2377", "AdvertiseAddr": HOST4})
    lab.engine.post("/networks/create", {"Name": "over", "Driver": "overlay", "Attachable": True,
                                         "IPAM": {"Config": [{"Subnet": "198.51.100.192/27"}]}})


def _start_ipvlan(lab):
    """False where the kernel has no ipvlan."""
    try:
        lab.start("on_ipvlan")
        return True
    except EngineError:
        print("  no ipvlan in this kernel", flush=True)
        return False


def _said(agent, name):
    return [line.get("networks") for line in agent.lines(level="error", msg=SAID) if line.get("container.name") == name]


def _status(context, agent, names):
    """`whalewall status` has them, too, and is not well."""
    _, status = agent.ask()
    said = {c["name"]: c for c in status["containers"]}
    context.report("status: not all is well", "it says so" if status["ok"] else None)
    for name in names:
        network = NOT_ENFORCEABLE[name].split()[0]
        listed = [entry["network"] for entry in said[name]["unenforceable"]]
        fault = None if (said[name]["state"], listed) == ("unenforceable", [network]) else f"{said[name]}"
        context.report(f"status: {name} is not enforceable on {network}", fault)
    context.report("status: joined shares the addresses of lone", None if said["joined"]["shares"] else f"{said['joined']}")


def _on_a_bridge(context, lab, agent):
    """A network that hangs on another one's bridge: its containers are past the ports."""
    made = lab.engine.post("/networks/create", {"Name": "past", "Driver": "macvlan", "Options": {"parent": bridge_device(lab, "front")},
                                                "IPAM": {"Config": [{"Subnet": "198.51.100.128/27"}]}})
    wait_until("the log says that a network goes past the rules", lambda: agent.lines(level="error", msg=PAST), 5)
    context.report("on a bridge of the engine's: said, with both names", None if [
        line["network"] for line in agent.lines(msg=PAST) if "network 'front'" in line["reason"]] == ["past"] else str(agent.lines(msg=PAST)))
    told = [p["subject"] for p in agent.ask()[1]["problems"] if p["code"] == "network_bypass"]
    context.report("on a bridge of the engine's: a problem of the status", None if told == ["past"] else str(told))
    lab.engine.delete(f"/networks/{made['Id']}")
    wait_until("no problem without it", lambda: "network_bypass" not in [p["code"] for p in agent.ask()[1]["problems"]], 5)


def _check(context, lab, cases):
    for c, fault in check(lab, cases):
        context.report(f"{c.title}: {c.way}", fault)


def _give_addresses(lab):
    for address in (f"{OWN4}/27", f"{OWN6}/64"):
        lab.run("self_made", ["ip", "address", "add", address, "dev", "eth0", *(["nodad"] if ":" in address else [])])


def _link(lab):
    """A network on which the container has a second address."""
    lab.engine.post("/networks/side/connect", {"Container": "linked",
                                               "EndpointConfig": {"IPAMConfig": {"LinkLocalIPs": [LINK_LOCAL]}}})
    lab.forget("linked")


def run(context):
    if not context.agent:
        return
    with Lab(probe=context.probe) as lab:
        lab.image("opened", IMAGE_LABELS)
        _make_networks(lab)
        make_world(lab, NETWORKS, CONTAINERS)
        _link(lab)
        wanted = sorted(set(NOT_ENFORCEABLE) - (set() if _start_ipvlan(lab) else {"on_ipvlan"}))
        with Agent(lab, context.agent) as agent:
            for name in wanted:
                wait_until(f"the log says that {name} cannot be enforced", lambda: _said(agent, name), 5)
                said, networks = _said(agent, name), NOT_ENFORCEABLE[name]
                context.report(f"{name}: said aloud, once", None if said == [networks] else f"{said}, not [{networks}]")
            for name in {c["name"] for c in CONTAINERS} - set(NOT_ENFORCEABLE):
                context.report(f"{name}: not said", f"{_said(agent, name)}" if _said(agent, name) else None)
            _status(context, agent, wanted)
            _check(context, lab, CASES)
            _give_addresses(lab)
            _check(context, lab, SELF_MADE)
            _on_a_bridge(context, lab, agent)
            agent.stop()
            for fault in agent.faults([SAID, PAST]) or [None]:
                context.report("the log and exit", fault)
