"""Withdrawing cuts: a flow dies with its rule, cannot come back by itself, and other flows run on undisturbed."""

import re
import subprocess
import time

from agent import Agent
from cases import DROP, PASS, case, check, container
from lab import LabError, wait_until
from lab import Lab
from table import make_world

ROUNDS = 200
DIES_IN = 1.0  # s; tests on a loaded machine

NETWORKS = {"front": {}, "back": {}}
CONTAINERS = [
    container("db", nets=["front"], enabled="true"),
    container("other", nets=["front"]),
    container("free", nets=["front", "back"]),
    container("srv", nets=["front"], ports=["8500:80"]),
    container("web", nets=["front"], rules="""
output:
  - {network: front, container: db, proto: tcp, dst_ports: [5432]}
  - {network: front, container: db, proto: udp, dst_ports: [53]}
  - {network: front, container: srv, proto: tcp, dst_ports: [80]}
  - {network: front, container: other, proto: tcp, dst_ports: [80]}
"""),
    container("closed", nets=["front"], enabled="true", ports=["8501:80"]),
    container("open", nets=["front"], rules="mapped_ports: {external: {allow: true}}", ports=["8502:80"]),
    container("talker", nets=["front"], enabled="true"),
    container("list", nets=["front"], ports=["8503:80"], rules="""
mapped_ports: {external: {allow: true, ips: [192.0.2.96/29, '2001:db8:ffff::/64']}, localhost: {allow: true}}
output: [{ips: [192.0.2.0/24, '2001:db8:ffff::/64'], proto: tcp, dst_ports: [80]}]
"""),
    container("logged", nets=["front"], ports=["8504:80"], rules="mapped_ports: {external: {allow: true, log_prefix: 'new'}}"),
]


class Flows:
    """Long conversations, by title."""

    def __init__(self, lab):
        self.lab = lab
        self.all = {}

    def open(self, title, node, addr, port):
        flow = self.all[title] = self.lab.flow(node, addr, port)
        wait_until(f"flow {title}", lambda: flow.state == "open", 5)
        return flow

    def stop(self):
        for flow in self.all.values():
            flow.stop()


def _dies(context, title, flow, since):
    try:
        wait_until(title, lambda: flow.state in ("stalled", "lost"), DIES_IN + 1)
    except LabError:
        context.report(title, "the flow runs on")
        return
    late = flow.events[-1][1] / 1000 - since
    context.report(title, f"only after {late:.2f} s" if late > DIES_IN else None)


def _reset(context, title, flow):
    """The client's connection has ended: it need not wait."""
    try:
        wait_until(title, lambda: flow.state == "lost", DIES_IN)
        context.report(title)
    except LabError:
        context.report(title, f"{flow.state}: {flow.events}")


def _lives(context, title, flow):
    """Open, and no answer was ever so late that a segment must have been lost for good."""
    time.sleep(0.2)
    context.report(title, None if flow.state == "open" else f"{flow.state}: {flow.events}")


def _mid_stream(context, lab):
    """An allowed way begins with a SYN, never with any other segment."""
    web = lab.addr("web", "front")
    for number, (flags, wanted) in enumerate([("A", False), ("PA", False), ("SA", False), ("FA", False), ("R", False),
                                              ("S", True)]):
        for family in (4, 6):
            source, target = lab.addr("web", "front", family), lab.addr("db", "front", family)
            packet = f"tcp {source} {21000 + number * 2 + (family == 6)} {target} 5432 {flags}"
            came = lab.arrives("web", packet, "db", timeout=1500 if wanted else 250)
            fault = None if came == wanted else f"{'arrives' if came else 'does not arrive'} ({packet})"
            context.report(f"a flow that begins with {flags}, IPv{family}", fault)
    for sender, target, packet in [("db", "web", f"tcp {lab.addr('db', 'front')} 5432 {web} 21100 A"),
                                   ("db", "web", f"tcp {lab.addr('db', 'front')} 5432 {web} 21101 SA")]:
        came = lab.arrives(sender, packet, target, timeout=250)
        context.report("an answer to nothing", f"arrives ({packet})" if came else None)
    came = lab.arrives("free", f"tcp {lab.addr('free', 'front')} 21110 {lab.addr('srv', 'front')} 80 A", "srv", 1500)
    context.report("mid-stream between the unmanaged", None if came else "does not arrive")


def _withdraw(context, lab, flows):
    udp = [case("tracked udp", "web#22000 -> db:53/udp", PASS), case("tracked udp", "web#22001 -> db:53/udp6", PASS)]
    for c, fault in check(lab, udp):
        context.report(f"before: {c.title}", fault)
    four = flows.open("db", "web", lab.addr("db", "front"), 5432)
    six = flows.open("db6", "web", lab.addr("db", "front", 6), 5432)
    stays = flows.open("srv", "web", lab.addr("srv", "front"), 80)
    begin = time.monotonic()
    lab.rename("db", "gone")
    _dies(context, "the target is renamed: its flow dies", four, begin)
    _dies(context, "the target is renamed: its IPv6 flow dies", six, begin)
    _reset(context, "the target is renamed: the sender is told", four)
    _reset(context, "the target is renamed: the IPv6 sender is told", six)
    _lives(context, "the target is renamed: another flow of the sender lives", stays)
    gone = [case("tracked udp", f"web#{port} -> gone:53/udp{six}", DROP) for port, six in ((22000, ""), (22001, "6"))]
    for c, fault in check(lab, gone + [case("new flow", "web -> gone:5432/tcp", DROP)], settling=True):
        context.report(f"withdrawn: {c.title}", fault)
    lab.rename("gone", "db")
    for c, fault in check(lab, [case("new flow", "web -> db:5432/tcp", PASS)], settling=True):
        context.report(f"allowed again: {c.title}", fault)
    time.sleep(0.5)  # several retransmissions of the cut flow
    context.report("allowed again: the cut flow does not come back", "it has" if four.state == "open" else None)
    context.report("… nor the IPv6 one", "it has" if six.state == "open" else None)


def _out_of_window(context, lab, flows):
    """A segment that the kernel calls invalid may be of a flow that lives: it is dropped, and neither end is told that it does not."""
    flow = flows.open("window", "outside", "192.0.2.1", 8502)
    tracked = lab.run("host", ["conntrack", "-L", "-p", "tcp", "--orig-port-dst", "8502"])
    ports = re.findall(r"src=192\.0\.2\.100 dst=192\.0\.2\.1 sport=(\d+) dport=8502", tracked)
    for port in ports:
        lab.run("outside", [lab.probe_path, "raw", "tcp", "192.0.2.100", port, "192.0.2.1", "8502", "A"])
    sent = lab.run("host", ["nft", "list", "set", "inet", "whalewall", "sample_reset4"])
    context.report("out of a flow's window: no reset", None if ports and lab.addr("open", "front") not in sent else f"{ports}: {sent}")
    _lives(context, "out of a flow's window: the flow lives", flow)
    flow.stop()


def _lose(context, lab, flows):
    """The kernel forgets all flows: a sender that may know is told at once, and connects again. Other senders hear nothing."""
    told = {
        "of two managed ones": flows.open("lost a", "web", lab.addr("db", "front"), 5432),
        "of two managed ones, IPv6": flows.open("lost b", "web", lab.addr("db", "front", 6), 5432),
        "to a published port": flows.open("lost c", "outside", "192.0.2.1", 8502),
        "to a published port, IPv6": flows.open("lost d", "outside", "2001:db8:ffff::1", 8502),
        "to a list's published port": flows.open("lost e", "outside", "192.0.2.1", 8503),
        "to a list's published port, IPv6": flows.open("lost f", "outside", "2001:db8:ffff::1", 8503),
        "to the outside": flows.open("lost g", "list", "192.0.2.100", 80),
        "to the outside, IPv6": flows.open("lost h", "list", "2001:db8:ffff::100", 80),
        "of the host": flows.open("lost i", "host", lab.addr("list", "front"), 80),
        "of the host, IPv6": flows.open("lost j", "host", lab.addr("list", "front", 6), 80),
        "of the proxy": flows.open("lost k", "host", "127.0.0.1", 8503),
    }
    silent = flows.open("lost l", "outside", "192.0.2.1", 8504)
    lab.run("host", ["conntrack", "-F"])
    for title, flow in told.items():
        _reset(context, f"lost, {title}: told", flow)
    time.sleep(0.5)
    context.report("lost, where a rule logs: not told", f"{silent.state}: {silent.events}" if silent.state != "stalled" else None)
    flows.open("again", "web", lab.addr("db", "front"), 5432)
    context.report("lost: a new flow works")
    for title, source, port, wanted in (("may reach it", "192.0.2.100", 8502, True), ("is on the list", "192.0.2.100", 8503, True),
                                        ("is not on the list", "192.0.2.105", 8503, False), ("may not reach it", "192.0.2.100", 8501, False)):
        answered = _answered(lab, f"tcp {source} {21200 + port} 192.0.2.1 {port} A", port)
        context.report(f"a segment of no flow, of a sender that {title}", None if answered == wanted else f"{'a' if answered else 'no'}nswered")


def _answered(lab, packet, port):
    """Does anything come back from that port?"""
    watch = lab.popen("outside", [lab.probe_path, "watch", "tcp", str(port), "500"], stdout=subprocess.PIPE, text=True)
    if watch.stdout.readline() != "ready\n":
        raise LabError("wwprobe watch does not start")
    lab.run("outside", [lab.probe_path, "raw", *packet.split()])
    return "seen" in watch.communicate()[0]


def _reconcile(context, lab, agent, flows):
    """Each rename completes or withdraws a rule of the container whose other flow must not notice."""
    flow = flows.open("steady", "web", lab.addr("srv", "front"), 80)
    six = flows.open("steady6", "web", lab.addr("srv", "front", 6), 80)
    outside = flows.open("published", "outside", "192.0.2.1", 8502)
    bystander = flows.open("bystander", "free", lab.addr("srv", "front"), 80)
    for number in range(ROUNDS // 2):
        lab.rename("other", "another")
        lab.rename("another", "other")
        if number % 10 == 0:
            lab.disconnect("free", "back")
            lab.connect("free", "back")
    for title, f in (("a flow with a rule", flow), ("an IPv6 flow with a rule", six),
                     ("a flow through a published port", outside), ("a flow of the unmanaged", bystander)):
        _lives(context, f"{ROUNDS} reconciliations: {title}", f)
        late = [b[1] - a[1] for a, b in zip(f.events, f.events[1:]) if a[0] == "stalled"]
        context.report(f"{ROUNDS} reconciliations: {title} never waits a second",
                       f"stalls of {late} ms" if any(ms > 1000 for ms in late) else None)


def _before_the_program(context, lab, flows):
    """Flows that began before: (title, flow, must it live)."""
    return [
        ("into a container that allows nothing", flows.open("a", "outside", "192.0.2.1", 8501), False),
        ("into it in IPv6", flows.open("b", "outside", "2001:db8:ffff::1", 8501), False),
        ("into it through the proxy", flows.open("c", "host", "127.0.0.1", 8501), False),
        ("out of a container that allows nothing", flows.open("d", "talker", "192.0.2.100", 80), False),
        ("out of it in IPv6, to a neighbour", flows.open("e", "talker", lab.addr("srv", "front", 6), 80), False),
        ("out of it to the host", flows.open("f", "talker", lab.gateway("front"), 80), False),
        ("into a container that allows it", flows.open("g", "outside", "192.0.2.1", 8502), True),
        ("into it in IPv6", flows.open("h", "outside", "2001:db8:ffff::1", 8502), True),
        ("out of a container that allows it", flows.open("i", "web", lab.addr("srv", "front"), 80), True),
        ("among the managed, allowed", flows.open("j", "web", lab.addr("db", "front"), 5432), True),
        ("among the unmanaged", flows.open("k", "free", lab.addr("srv", "front"), 80), True),
        ("into the unmanaged", flows.open("l", "outside", "192.0.2.1", 8500), True),
        ("of the host", flows.open("m", "host", "192.0.2.100", 80), True),
    ]


def run(context):
    with Lab(probe=context.probe) as lab:
        make_world(lab, NETWORKS, CONTAINERS)
        wait_until("IPv6 works", lambda: lab.probe("outside", "tcp 2001:db8:ffff::1 8501").outcome == "pass", 5)
        flows = Flows(lab)
        before = _before_the_program(context, lab, flows)
        if not context.agent:
            for title, flow, _ in before:
                _lives(context, f"without: {title}", flow)
            flows.stop()
            return
        with Agent(lab, context.agent) as agent:
            begin = time.monotonic()
            for title, flow, lives in before:
                if lives:
                    _lives(context, f"began before: {title} lives", flow)
                else:
                    _dies(context, f"began before: {title} dies", flow, begin)
            flows.stop()
            flows.all.clear()
            _withdraw(context, lab, flows)
            _mid_stream(context, lab)
            _out_of_window(context, lab, flows)
            _lose(context, lab, flows)
            _reconcile(context, lab, agent, flows)
            flows.stop()
            agent.stop()
            for fault in agent.faults() or [None]:
                context.report("the agent's log and exit", fault)
            if context.failed:
                print(agent.tail())
