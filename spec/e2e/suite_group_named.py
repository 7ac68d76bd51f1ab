"""A flow to an address of more than one host, or of none that has it for its own: to a group, to a subnet's broadcast or anycast address, to 0.0.0.0;
or to the bridge's link-local address, in a frame to all.
The kernel takes it into its table of flows before a rule is asked; its sender answers itself in that address's name. What it sends then must not reach
a managed container through Docker's proxy, which listens at all addresses. And a managed container does not become the querier of its bridge."""

import itertools

from agent import Agent
from frames import EVERYBODY, Mark, datagram, ether, fire, group_mac, icmp, ip, shot
from lab import OUTSIDE4, Lab
from links import bridge, bridge_device, no_reverse_path, place

NET, ELSEWHERE = "front", "back"
RULES = "mapped_ports: {external: {allow: true, ips: [192.0.2.100, '2001:db8:ffff::100']}}"
SENDERS = {"free": NET, "loose": ELSEWHERE}
SUBNETS = {NET: ("203.0.113.31", "2001:db8:0:11::"), ELSEWHERE: ("203.0.113.63", "2001:db8:0:12::")}
IGMP, QUERY = 2, 0x11

_ports = itertools.count(35000)


def _targets(me, net, local):
    """{title: (source, destination, MAC)}; local: the bridge's link-local address"""
    broadcast, anycast = SUBNETS[net]
    return {"a group, IPv4": (me.v4, "224.0.0.1", group_mac("224.0.0.1")), "a group, IPv6": (me.v6, "ff02::1", group_mac("ff02::1")),
            "all": (me.v4, "255.255.255.255", EVERYBODY), "all, from no address": ("0.0.0.0", "0.0.0.0", EVERYBODY),
            "the subnet": (me.v4, broadcast, EVERYBODY), "the host's other subnet": (me.v4, "192.0.2.255", EVERYBODY),
            "any router of the subnet": (me.v6, anycast, EVERYBODY), "any router of another subnet": (me.v6, "2001:db8:ffff::", EVERYBODY),
            "the bridge on its link": (me.v6, local, EVERYBODY), "the bridge, from its link": (me.local, local, group_mac("ff02::1"))}


def _reaches(lab, me, gate, target, answered):
    src, dst, mac = target
    sport, mark = next(_ports), Mark()
    frames = [ether(mac, me.mac, datagram(src, dst, sport, 8053, b"seed")), ether(gate, me.mac, datagram(dst, src, 8053, sport, b"x"))]
    frames = (frames if answered else []) + [ether(mac, me.mac, datagram(src, dst, sport, 8053, mark.data))]
    return "srv" in fire(lab, [shot(me.name, f, mark.key, wait=30) for f in frames], sniff=["srv"], settle=0.3).get(mark.key, {})


def _judge_flows(context, lab, when):
    for name, net in SENDERS.items():
        me, at = place(lab, name, net), bridge(lab, net)
        for title, target in _targets(me, net, at.local).items():
            for answered in (False, True):
                came = _reaches(lab, me, at.mac, target, answered)
                context.report(f"{when}: {name} to {title}{', answered' * answered}", "it reaches the container" if came else None)


def _control(context, lab):
    """Without the program it needs no answer."""
    for name, net in SENDERS.items():
        me, at = place(lab, name, net), bridge(lab, net)
        for title, target in _targets(me, net, at.local).items():
            came = any(_reaches(lab, me, at.mac, target, False) for _ in range(3))
            context.report(f"without: {name} to {title}", None if came else "it does not reach the container")


def _becomes_router(lab, name):
    """A query of its: does the bridge take its port for one that a router is at?"""
    me = place(lab, name, NET)
    query = ip(me.v4, "224.0.0.1", IGMP, icmp(me.v4, "224.0.0.1", QUERY, 100), 1)
    fire(lab, [shot(name, ether(group_mac("224.0.0.1"), me.mac, query), wait=20)])
    ports = lab.run("host", ["bridge", "-d", "mdb", "show", "dev", bridge_device(lab, NET)]).partition("router ports on")[2]
    return me.port in ports


def run(context):
    with Lab(probe=context.probe) as lab:
        for net in (NET, ELSEWHERE):
            lab.network(net)
        lab.container("srv", nets=[NET], ports=["8053:53/udp"], rules=RULES)
        for name in ("closed", "vault"):
            lab.container(name, nets=[NET], enabled="true")
        for name, net in SENDERS.items():
            lab.container(name, nets=[net])
        lab.start_all(["srv", "closed", "vault", *SENDERS])
        no_reverse_path(lab)
        _control(context, lab)
        context.report("without: a query makes a querier", None if _becomes_router(lab, "vault") else "it does not")
        if not context.agent:
            return
        with Agent(lab, context.agent) as agent:
            allowed = lab.probe("outside", "udp 192.0.2.1 8053 timeout=1500")
            context.report(f"with: who may still does ({OUTSIDE4[0]})", None if allowed.outcome == "pass" else allowed.detail)
            _judge_flows(context, lab, "with")
            context.report("with: closed becomes no querier", "it does" if _becomes_router(lab, "closed") else None)
            agent.kill()
            _judge_flows(context, lab, "dead")
