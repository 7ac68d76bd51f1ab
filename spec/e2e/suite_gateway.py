"""The bridge's addresses are the bridge's: no neighbour, managed or not, gets what a managed container sends to its gateway. Router
advertisements and redirects of neighbours reach no managed container. What unmanaged ones do among themselves goes on."""

import subprocess

from agent import Agent
from cleanup import wait_until
from early import figures
from frames import (EVERYBODY, NONCE, Q, SOURCE_LL, Field, Mark, arp, ether, fire, group_mac, link_option, option, prefix_option, router_advert, shot,
                    solicited_node)
from lab import Lab
from links import bridge, no_reverse_path, place
from neighbours import advert, forms, redirect, solicit

ALL = "output: [{ips: [0.0.0.0/0, '::/0']}]"
NETS = {"front": "", "bridge": "0"}
COUNT = 20  # datagrams
TAG = [(Q, 0)]

# argv: marks; to the outside in both families, and through a link-local gateway
SEND = """
import socket, sys, time
four, six = socket.socket(socket.AF_INET, socket.SOCK_DGRAM), socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
for _ in range(int(sys.argv[1])):
    for s, addr, mark in ((four, "192.0.2.100", sys.argv[2]), (six, "2001:db8:ffff::100", sys.argv[3]), (six, "2001:db8:ffff::101", sys.argv[4])):
        try:
            s.sendto(b"~ww~" + mark.encode(), (addr, 5555))
        except OSError:
            pass
    time.sleep(0.015)
"""


class World:
    def __init__(self, lab):
        self.lab = lab
        lab.network("front")
        for net, suffix in NETS.items():
            lab.container(f"web{suffix}", nets=[net], rules=ALL)
            for name in ("free", "evil"):
                lab.container(name + suffix, nets=[net])
        lab.container("router", nets=["front"], host_config={"Sysctls": {"net.ipv6.conf.all.forwarding": "1"}})
        names = [f"{name}{suffix}" for suffix in NETS.values() for name in ("web", "free", "evil")] + ["router"]
        lab.start_all(names)
        no_reverse_path(lab)
        self.places = {name: place(lab, name, "bridge" if name.endswith("0") else "front") for name in names}
        self.bridges = {net: bridge(lab, net) for net in NETS}
        for name in names:
            if name.startswith(("web", "free")):
                self._believe(name)

    def _believe(self, name):
        """Whoever speaks last is believed; one way to the outside goes by the gateway's link-local address. A managed one that took an
        address of a router's prefix would send from it, and be stopped: only unmanaged ones listen to routers."""
        b = self.bridges[self.places[name].net]
        listen = 2 if name.startswith("free") else 0
        self.lab.run(name, ["sh", "-c", f"echo 0 >/proc/sys/net/ipv4/neigh/eth0/locktime; echo {listen} >/proc/sys/net/ipv6/conf/eth0/accept_ra"])
        self.lab.run(name, ["ip", "-6", "route", "add", "2001:db8:ffff::101/128", "via", b.local, "dev", "eth0"])


def _claims(world, thief, victim):
    """{kind: frames}: the thief says that it is the gateway."""
    me, v, b = world.places[thief], world.places[victim], world.bridges[world.places[thief].net]
    all_nodes, node = group_mac("ff02::1"), group_mac(solicited_node(v.v6))
    kinds = {"ARP": [ether(v.mac, me.mac, arp(2, me.mac, b.v4, v.mac, v.v4)), ether(EVERYBODY, me.mac, arp(2, me.mac, b.v4, EVERYBODY, b.v4)),
                     ether(EVERYBODY, me.mac, arp(1, me.mac, b.v4, EVERYBODY, v.v4)), ether(v.mac, me.mac, arp(1, me.mac, b.v4, v.mac, v.v4))],
             "messages from the bridge's MAC": [ether(v.mac, b.mac, arp(2, me.mac, b.v4, v.mac, v.v4)), ether(v.mac, b.mac, advert(b.v6, v.v6, b.v6, me.mac))],
             "priority-tagged messages": [ether(v.mac, me.mac, arp(2, me.mac, b.v4, v.mac, v.v4), TAG), ether(v.mac, me.mac, advert(b.v6, v.v6, b.v6, me.mac), TAG)]}
    for name, addr in (("", b.v6), (" link-local", b.local)):
        kinds[f"advertisements of the{name} address"] = [*forms(v.mac, me.mac, advert(addr, v.v6, addr, me.mac)).values(),
                                                         *forms(all_nodes, me.mac, advert(me.local, "ff02::1", addr, me.mac)).values()]
        kinds[f"solicitations from the{name} address"] = [*forms(node, me.mac, solicit(addr, solicited_node(v.v6), v.v6, me.mac)).values()]
    kinds["router advertisements"] = [*forms(all_nodes, me.mac, router_advert(b.local, "ff02::1", link_option(SOURCE_LL, me.mac), lifetime=0)).values()]
    return kinds


def _steal(world, thief, victim, frames):
    """Counts of the victim's datagrams, at the thief and outside, while the thief goes on claiming."""
    lab = world.lab
    marks = [Mark() for _ in range(3)]
    with Field(lab, sniff=["outside", thief]) as field:
        lab.run(victim, ["ip", "neigh", "flush", "dev", "eth0"])
        sender = lab.popen(victim, ["python3", "-c", SEND, COUNT, *(m.key for m in marks)], stdout=subprocess.DEVNULL)
        while sender.poll() is None:
            field.fire([shot(thief, frame, wait=2) for _ in range(12) for frame in frames], settle=0)
        field.fire([])
    return [sum(field.seen.get(m.key, {}).get(node, 0) for m in marks) for node in (thief, "outside")]


def _try_claims(context, world, when, managed):
    believed = set()
    for thief, victim in (("evil", "web"), ("evil", "free"), ("evil0", "web0")):
        for title, frames in _claims(world, thief, victim).items():
            stolen, arrived = _steal(world, thief, victim, frames)
            if not managed:
                believed |= {title} if stolen else set()
            else:
                text = f"{stolen} of {3 * COUNT} at {thief}, {arrived} outside" if stolen or arrived < 3 * COUNT else None
                context.report(f"{when}: {thief} is {victim}'s gateway, by {title}", text)
        if not managed:
            break
    if not managed:
        never = sorted(_claims(world, "evil", "web").keys() - believed)
        figures(f"{when}: kinds of messages that no node believes even then: {', '.join(never) or 'none'}")
        needed = {"ARP", "advertisements of the address", "advertisements of the link-local address", "solicitations from the address"}
        context.report(f"{when}: evil is web's gateway", ", ".join(needed & set(never)) or None)


def _try_kernel(context, world, when, managed):
    """The thief really has the addresses, and answers as any node does."""
    lab = world.lab
    for thief, victims, b in (("evil", ("web", "free"), world.bridges["front"]), ("evil0", ("web0",), world.bridges["bridge"])):
        for addr, width in ((b.v4, 32), (b.v6, 128), (b.local, 128)):
            lab.run(thief, ["ip", "addr", "add", f"{addr}/{width}", "dev", "eth0", *(["nodad"] if ":" in addr else [])])
        for victim in victims if managed else ():
            stolen, arrived = 0, 0
            for _ in range(2):
                more = _steal(world, thief, victim, [])
                stolen, arrived = stolen + more[0], arrived + more[1]
            text = f"{stolen} of {6 * COUNT} at {thief}, {arrived} outside" if stolen or arrived < 6 * COUNT else None
            context.report(f"{when}: {thief} has the addresses of {victim}'s gateway", text)
        for addr, width in ((b.v4, 32), (b.v6, 128), (b.local, 128)):
            lab.run(thief, ["ip", "addr", "del", f"{addr}/{width}", "dev", "eth0"])


def _routers(world, sender):
    """[(title, frame, key)]: advertisements with a prefix and a mark, and redirects."""
    me, b = world.places[sender], world.bridges[world.places[sender].net]
    v = world.places["web0" if sender.endswith("0") else "web"]
    found = []
    for src in (me.local, b.local):
        for dst, mac in (("ff02::1", group_mac("ff02::1")), (v.v6, v.mac), (v.local, v.mac)):
            for title, make in (("router advertisements", lambda d, s=src, t=dst: router_advert(s, t, option(NONCE, d), lifetime=0)),
                                ("redirects", lambda d, s=src, t=dst: redirect(s, t, me.local, "2001:db8:ffff::100", option(4, bytes(6) + d)))):
                for form in forms(mac, me.mac, make(bytes(12))):
                    mark = Mark()
                    whose = "its own" if src == me.local else "the gateway's"
                    found.append((f"{title} from {whose} address {form}".strip(), forms(mac, me.mac, make(mark.data))[form], mark.key))
    return found


def _try_routers(context, world, when, managed):
    for sender, victim, other in (("evil", "web", "free"), ("evil0", "web0", "free0")):
        letters = _routers(world, sender)
        seen = fire(world.lab, [shot(sender, frame, key) for _, frame, key in letters], sniff=[victim, other])
        for title in sorted({title for title, _, _ in letters}):
            keys = [key for t, _, key in letters if t == title]
            came = sum(victim in seen.get(key, {}) for key in keys)
            fault = (f"{came} of {len(keys)}" if came else None) if managed else (None if came else "do not arrive")
            context.report(f"{when}: {title} of {sender} at {victim}", fault)
            if "its own address" in title and title.startswith("router") and "behind" not in title and "tag" not in title:
                context.report(f"{when}: {title} of {sender} at {other}", None if any(other in seen.get(k, {}) for k in keys) else "do not arrive")


def _try_router(context, world, when):
    """An unmanaged container routes for its neighbours: addresses that no endpoint has, nets behind it, a prefix that it gives out."""
    lab, me = world.lab, world.places["router"]
    spare4, spare6 = "203.0.113.29", "2001:db8:0:11::5ba"
    behind4, behind6 = "198.51.100.209", "2001:db8:0:99::1"
    lab.run("router", ["sh", "-c", "echo 1 >/proc/sys/net/ipv4/ip_forward"])
    for addr, dev in ((f"{spare4}/27", "eth0"), (f"{spare6}/64", "eth0"), (f"{behind4}/32", "lo"), (f"{behind6}/128", "lo")):
        lab.run("router", ["ip", "addr", "replace", addr, "dev", dev, *(["nodad"] if ":" in addr else [])])
    lab.run("free", ["ip", "route", "replace", f"{behind4}/32", "via", me.v4])
    lab.run("free", ["ip", "-6", "route", "replace", f"{behind6}/128", "via", me.local, "dev", "eth0"])
    lab.run("free", ["ip", "-6", "addr", "flush", "dev", "eth0", "dynamic"])  # of an earlier prefix: the router has no way back
    for node in ("free", "router"):
        lab.run(node, ["ip", "neigh", "flush", "all"])
    spare = (spare4, spare6) if when == "without" else ()  # what is in a guarded subnet must be an endpoint's: docs/operating.md
    lines = [f"{proto} {addr} 53 timeout=2500" for addr in (me.v4, me.v6, *spare, behind4, behind6) for proto in ("udp", "tcp")]
    for line, result in zip(lines, lab.probes([("free", line) for line in lines])):
        context.report(f"{when}: free to the router: {line}", None if result.outcome == "pass" else result.detail)
    prefix = f"2001:db8:0:{'a' if when == 'without' else 'b'}::/64"
    advert_ = router_advert(me.local, "ff02::1", link_option(SOURCE_LL, me.mac) + prefix_option(prefix), lifetime=0)
    fire(lab, [shot("router", ether(group_mac("ff02::1"), me.mac, advert_))])
    try:
        wait_until("an address of the prefix", lambda: prefix[:-4] in lab.run("free", ["ip", "-6", "addr", "show", "dev", "eth0"]), 2)
        context.report(f"{when}: free takes the router's prefix")
    except Exception:  # noqa: BLE001
        context.report(f"{when}: free takes the router's prefix", "it has no such address")


def run(context):
    with Lab(probe=context.probe) as lab:
        world = World(lab)
        for net in NETS:
            lab.run("host", ["ip", "link", "set", world.bridges[net].device, "type", "bridge", "mcast_snooping", "0"])
        _try_router(context, world, "without")
        for phase in (_try_claims, _try_routers):
            phase(context, world, "without", managed=False)
        if not context.agent:
            return
        with Agent(lab, context.agent) as agent:
            for phase in (_try_claims, _try_kernel, _try_routers):
                phase(context, world, "with", managed=True)
            _try_router(context, world, "with")
            agent.stop()
            for fault in agent.faults() or [None]:
                context.report("the log and exit", fault)
