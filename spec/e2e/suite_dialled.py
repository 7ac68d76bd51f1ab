"""Rules about the host, where destination NAT leads what was dialled to a container: an engine without the userland proxy."""

import gzip
import time

from agent import Agent
from cases import DROP, PASS, case, check, container, resolve
from cleanup import LabError, wait_until
from lab import HOST4, HOST6, Lab
from table import make_world

NEW4 = "192.0.2.9"
RULE = "host: true, proto: tcp, dst_ports: [8310, 8314]"
CONTAINERS = [
    container("far", nets=["back"], ports=["8314:80", "8315:81"], rules="mapped_ports: {external: {allow: true}}"),
    container("near", nets=["front"], ports=["8310:80"]),
    container("closed", nets=["back"], ports=["8316:80"], enabled="true"),
    container("dialler", nets=["front"], rules=f"output: [{{{RULE}}}]"),
    container("list", nets=["front"], rules=f"output: [{{{RULE}, src_ports: [1024-65535]}}]"),
    container("all", nets=["front"], rules="output: [{host: true}]"),
]
CASES = [
    case("on another network", "dialler -> pub:8314/tcp =far", PASS),
    case("on another network, IPv6", "dialler -> pub:8314/tcp6 =far", PASS),
    case("at the host's second address", "dialler -> pub2:8314/tcp =far", PASS),
    case("on its own network", "dialler -> pub:8310/tcp =near", PASS),
    case("by a rule with source ports", "list -> pub:8314/tcp =far", PASS),
    case("by a rule with source ports, IPv6", "list -> pub:8310/tcp6 =near", PASS),
    case("by a rule without ports", "all -> pub:8315/tcp6 =far", PASS),
    case("another port dialled, though it leads to that container", "dialler -> pub:8315/tcp =far", DROP),
    case("another port dialled, by a rule with source ports", "list -> pub:8315/tcp =far", DROP),
    case("the container itself is not the host", "dialler -> near:80/tcp", DROP),
    case("where the receiver allows nothing", "all -> pub:8316/tcp =closed", DROP),
]


def _comes_and_goes(context, lab):
    """An address that the host gets, and loses, while the program runs."""
    way = [case("a new address of the host", f"dialler -> {NEW4}:8314/tcp =far", PASS)]
    lab.run("host", ["ip", "addr", "add", f"{NEW4}/24", "dev", "out0"])
    for c, fault in check(lab, way, settling=True):
        context.report(c.title, fault)
    lab.run("host", ["ip", "addr", "del", f"{NEW4}/24", "dev", "out0"])
    try:
        wait_until("it is not in the set any more", lambda: NEW4 not in lab.run("host", ["nft", "list", "set", "inet", "whalewall", "hostaddr4"]), 3)
        context.report("… and it goes")
    except LabError as error:
        context.report("… and it goes", str(error))


def _tells_flows():
    """Does this kernel say in NFLOG of which flow a packet is? It must be built so."""
    try:
        return b"CONFIG_NETFILTER_NETLINK_GLUE_CT=y" in gzip.open("/proc/config.gz").read()
    except OSError:
        return True


def _reports(context, lab, agent):
    """The log names what was dialled beside where it led."""
    told = _tells_flows()
    if not told:
        print("  this kernel (no CONFIG_NETFILTER_NETLINK_GLUE_CT) does not say in reports what was dialled", flush=True)
    for title, way, name, wanted in (
            ("the sender may not", "dialler -> pub:8315/tcp =far", "dialler", {"drop": "out", "port": 81, "dialled": HOST4, "dialled.port": 8315}),
            ("the receiver may not be reached", "all -> pub:8316/tcp6 =closed", "closed", {"drop": "in", "port": 80, "dialled": HOST6, "dialled.port": 8316}),
            ("nothing was translated", "dialler -> near:80/tcp", "dialler", {"drop": "out", "port": 80, "dialled": None})):
        time.sleep(2)  # the samples' budget
        if not told:
            wanted = {**wanted, "dialled": None, "dialled.port": None}
        mark = agent.mark()
        sender, line, _ = resolve(lab, way)
        lab.probe(sender, line + " timeout=300")
        try:
            lines = wait_until("a line", lambda: agent.lines(mark, msg="packet dropped", **{"container.name": name}), 3)
            context.report(f"report: {title}", None if any(all(found.get(key) == value for key, value in wanted.items()) for found in lines) else str(lines))
        except LabError as error:
            context.report(f"report: {title}", str(error))


def run(context):
    with Lab(probe=context.probe, engine_args=["--userland-proxy=false"]) as lab:
        make_world(lab, {"front": {}, "back": {}}, CONTAINERS)
        for c, fault in check(lab, CASES, baseline=True):
            context.report(f"without: {c.title}: {c.way}", fault)
        if not context.agent:
            return
        with Agent(lab, context.agent) as agent:
            for c, fault in check(lab, CASES):
                context.report(f"{c.title}: {c.way}", fault)
            _reports(context, lab, agent)
            _comes_and_goes(context, lab)
            agent.stop()
            for c, fault in check(lab, CASES):
                context.report(f"stopped: {c.title}: {c.way}", fault)
            context.report("the log and exit", "\n".join(agent.faults()) or None)
