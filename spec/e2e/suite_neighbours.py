"""A managed container speaks for itself only, in ARP and in neighbour discovery: it takes no other node's address and no route, denies
no node an address, and carries nothing in these messages. Nor do DHCP and mDNS get past the rules. What IPv6 needs works."""

import collections
import json
import time

from agent import Agent
from cleanup import wait_until
from early import figures
from frames import (EVERYBODY, NA, NONCE, NS, RS, SOURCE_LL, TARGET_LL, Mark, address, datagram, ether, fire, group_mac, link_option,
                    message, option, router_advert, shot, solicited_node)
from lab import Lab
from links import no_reverse_path, place
from neighbours import ANY, Neighbours, advert, as_router, claims4, claims6, forms, redirect, solicit

NET = "front"
ALL = "output: [{ips: [0.0.0.0/0, '::/0']}]"
FROM_FREE = f"input: [{{network: {NET}, container: free}}]"
CONTAINERS = {"closed": {"enabled": "true"}, "web": {"rules": ALL}, "vault": {"rules": FROM_FREE}, "free": {}, "peer": {}}
WATCHERS = ["free", "web", "host"]
SEEN_AT = ["free", "peer", "web", "vault"]


def _world(lab):
    lab.network(NET)
    for name, more in CONTAINERS.items():
        lab.container(name, nets=[NET], **more)
    lab.start_all(CONTAINERS)
    no_reverse_path(lab)
    return Neighbours(lab, NET, {name: place(lab, name, NET) for name in CONTAINERS}, WATCHERS)


# --- what is learned --------------------------------------------------------------------------------------------------


def _claims(world):
    """{kind: frames} of the closed one, for what is its neighbours' and the gateway's."""
    me, b = world.places["closed"], world.bridge
    victims = [world.places["free"], world.places["web"]]
    host = me._replace(name="host", mac=b.mac, v4=b.v4, v6=b.v6, local=b.local)
    kinds = collections.defaultdict(list)
    for owner in (world.places["peer"], world.places["vault"], world.places["web"], world.places["free"], host):
        told = [v for v in (*victims, host) if v.name != owner.name]
        for whose, mine, addr in (("", claims4, owner.v4), ("", claims6, owner.v6), (" link-local", claims6, owner.local)):
            for title, frame in mine(me, told, addr):
                kinds[f"{title} for{whose} addresses of {'the gateway' if owner is host else 'neighbours'}"].append(frame)
    for src in (me.local, b.local):
        for title, frame in as_router(me, src):
            kinds[title].append(frame)
    return kinds


def _try_claims(context, world, when, managed):
    """Without the program each kind takes something from a node."""
    harmless = []
    world.mend()
    for title, frames in sorted(_claims(world).items()):
        world.learn()
        fire(world.lab, [shot("closed", frame) for frame in frames], settle=0.1)
        wrong = world.wrong()
        if wrong:
            world.mend()
        if managed:
            context.report(f"{when}: closed: {title}", "; ".join(wrong[:6]) or None)
        elif not wrong:
            harmless.append(title)
    world.learn()
    if not managed:
        figures(f"{when}: kinds of messages that no node believes even then: {', '.join(harmless) or 'none'}")
        few = [t for t in harmless if t.split(" for")[0] in ("ARP answers", "ARP questions", "advertisements", "solicitations", "router advertisements")]
        context.report(f"{when}: closed takes what is its neighbours'", "; ".join(few) or None)


# --- an address is denied ---------------------------------------------------------------------------------------------

WANTED = "2001:db8:0:11::dead"


def _deny(world, kind):
    """free wants one more address while the closed one says that it is in use; True when it does not get it."""
    lab, me = world.lab, world.places["closed"]
    packet = solicit(ANY, solicited_node(WANTED), WANTED, me.mac) if kind == "solicitations" else advert(me.v6, "ff02::1", WANTED, me.mac)
    group = group_mac(solicited_node(WANTED) if kind == "solicitations" else "ff02::1")
    values = "ipv6/conf/eth0/accept_dad=1 ipv6/conf/eth0/dad_transmits=1 ipv6/conf/eth0/router_solicitation_delay=0 ipv6/neigh/eth0/retrans_time_ms=500"
    lab.run("free", ["sh", "-c", f"for v in {values}; do echo ${{v#*=}} >/proc/sys/net/${{v%=*}}; done"])
    lab.run("free", ["ip", "-6", "addr", "add", f"{WANTED}/64", "dev", "eth0"])
    fire(lab, [shot("closed", frame, wait=10) for _ in range(30) for frame in forms(group, me.mac, packet).values()], settle=0)
    state = _flags(lab, "free", WANTED)
    lab.run("free", ["ip", "-6", "addr", "del", f"{WANTED}/64", "dev", "eth0"])
    return "dadfailed" in state


def _flags(lab, node, addr):
    for entry in json.loads(lab.run(node, ["ip", "-j", "-6", "addr", "show", "dev", "eth0"])):
        for info in entry.get("addr_info", []):
            if info.get("local") == addr:
                return [key for key in ("tentative", "dadfailed") if info.get(key)]
    return ["gone"]


def _try_denials(context, world, when, managed):
    for kind in ("solicitations", "advertisements"):
        denied = _deny(world, kind)
        fault = ("free gets no address" if denied else None) if managed else (None if denied else "free gets its address")
        context.report(f"{when}: closed denies an address by {kind}", fault)


# --- letters ------------------------------------------------------------------------------------------------------------


def _letters(world, me, told):
    """[(title, frame, key)]: messages of neighbour discovery and MLD that carry more than they need."""
    found = []
    b = world.bridge

    def add(title, dst_mac, make):
        for form in forms(dst_mac, me.mac, make(Mark().data)):
            mark = Mark()  # each form its own
            found.append((f"{title} {form}".strip(), forms(dst_mac, me.mac, make(mark.data))[form], mark.key))

    ways = [("ff02::1", group_mac("ff02::1"))] + [(p.v6, p.mac) for p in told] + [(b.v6, b.mac), (b.local, b.mac)]
    for dst, mac in ways:
        to = "to all" if dst == "ff02::1" else "to one"
        for src in (me.v6, me.local):
            for kind, name in ((NONCE, "a nonce"), (253, "an unknown option")):
                add(f"an advertisement with {name} {to}", mac, lambda d, s=src, t=dst, k=kind: message(
                    s, t, NA, 0, 0, address(me.v6) + link_option(TARGET_LL, me.mac) + option(k, d)))
                add(f"a solicitation with {name} {to}", mac, lambda d, s=src, t=dst, k=kind: message(
                    s, t, NS, 0, 0, address(t if t != "ff02::1" else b.v6) + link_option(SOURCE_LL, me.mac) + option(k, d)))
            add(f"a router solicitation with a nonce {to}", mac, lambda d, s=src, t=dst: message(
                s, t, RS, 0, 0, link_option(SOURCE_LL, me.mac) + option(NONCE, d)))
        for src in (me.v6, me.local, b.local):
            add(f"a router advertisement {to}", mac, lambda d, s=src, t=dst: router_advert(s, t, option(NONCE, d), lifetime=0))
            add(f"a redirect {to}", mac, lambda d, s=src, t=dst: redirect(s, t, me.local, "2001:db8:ffff::100", option(4, bytes(6) + d)))
            add(f"an MLD query {to}", mac, lambda d, s=src, t=dst: message(s, t, 130, 0, 0, bytes(16) + bytes(4) + d, hops=1))
            add(f"an advertisement's body after its options {to}", mac, lambda d, s=src, t=dst: message(
                s, t, NA, 0, 0, address(me.v6) + link_option(TARGET_LL, me.mac) + bytes(2) + d))
    return found


def _others(world, me, victim):
    """DHCP and mDNS, which are judged as any packet."""
    found = []
    own_gate = world.bridge.v4
    for title, src, dst, sport, dport in (("a DHCP answer", me.v4, "255.255.255.255", 67, 68), ("a DHCP answer as the gateway", own_gate, "255.255.255.255", 67, 68),
                                          ("a DHCP answer to one", me.v4, victim.v4, 67, 68), ("a DHCP question", "0.0.0.0", "255.255.255.255", 68, 67),
                                          ("a DHCPv6 question", me.local, "ff02::1:2", 546, 547), ("a DHCPv6 answer", me.local, victim.local, 547, 546),
                                          ("mDNS", me.v4, "224.0.0.251", 5353, 5353), ("mDNS", me.local, "ff02::fb", 5353, 5353),
                                          ("LLMNR", me.local, "ff02::1:3", 5355, 5355)):
        mac = EVERYBODY if dst == "255.255.255.255" else victim.mac if dst in (victim.v4, victim.local) else group_mac(dst)
        for hops in (1, 64, 255):
            for tag in ((), ((0x8100, 0),)):
                mark = Mark()
                found.append((title + " (tagged)" * bool(tag), ether(mac, me.mac, datagram(src, dst, sport, dport, mark.data, hops), tag), mark.key))
    return found


def _try_letters(context, world, when, managed):
    me, told = world.places["closed"], [world.places[name] for name in ("free", "vault")]
    for sender, letters, watched in (("closed", _letters(world, me, told), SEEN_AT),
                                     ("closed", _others(world, me, world.places["free"]), SEEN_AT),
                                     ("free", _others(world, world.places["free"], me), ["closed", "web"])):
        seen = fire(world.lab, [shot(sender, frame, key) for _, frame, key in letters],
                    hear=["host"] if sender == "closed" else [], sniff=watched)
        came = collections.defaultdict(collections.Counter)
        for title, _, key in letters:
            came[title].update(seen.get(key, {}).keys())
        for title, where in came.items():
            text = ", ".join(f"{count} at {node}" for node, count in sorted(where.items()))
            fault = (text or None) if managed else (None if text else "does not arrive")
            context.report(f"{when}: {sender}: {title}", fault)


# --- what must work ----------------------------------------------------------------------------------------------------

WAYS = (("web", "outside", "pass"), ("web", "peer", "pass"), ("web", "gateway", "pass"), ("free", "vault", "pass"), ("free", "peer", "pass"),
        ("free", "outside", "pass"), ("outside", "free", "pass"), ("host", "free", "pass"), ("free", "gateway", "pass"), ("peer", "vault", "timeout"),
        ("closed", "free", "timeout"), ("free", "closed", "timeout"))


def _try_ways(context, world, when):
    """No node knows a neighbour; then all talk."""
    lab, b = world.lab, world.bridge
    for number in range(2):
        for node in ("host", "outside", *CONTAINERS):
            lab.run(node, ["ip", "neigh", "flush", "all"])
        wanted = []
        for sender, receiver, want in WAYS:
            for family in (4, 6):
                there = {"outside": ("192.0.2.100", "2001:db8:ffff::100"), "gateway": (b.v4, b.v6)}
                addr = there[receiver][family == 6] if receiver in there else lab.addr(receiver, NET, family)
                wanted += [(sender, f"{proto} {addr} 53 timeout={2500 if want == 'pass' else 500}", want) for proto in ("udp", "tcp")]
        results = lab.probes([(sender, line) for sender, line, _ in wanted])
        for (sender, line, want), result in zip(wanted, results):
            context.report(f"{when}, {number + 1}: {sender}: {line}", None if result.outcome == want else result.detail)


def _try_duplicates(context, world, when):
    """web gets its own address again, and duplicate address detection lets it have it."""
    lab, addr = world.lab, world.places["web"].v6
    lab.run("web", ["sh", "-c", "echo 1 >/proc/sys/net/ipv6/conf/eth0/accept_dad; echo 0 >/proc/sys/net/ipv6/conf/eth0/router_solicitation_delay"])
    lab.run("web", ["ip", "-6", "addr", "del", f"{addr}/64", "dev", "eth0"])
    lab.run("web", ["ip", "-6", "addr", "add", f"{addr}/64", "dev", "eth0"])
    time.sleep(1.5)
    state = _flags(lab, "web", addr)
    context.report(f"{when}: web has its address", str(state) if state else None)


def _ask_servers(lab, lines):
    """One that has just started may refuse, for its server is not there yet: then it was reached."""
    def ask():
        results = lab.probes(lines)
        return None if any(result.outcome == "refused" for result in results) else results

    return wait_until("what has just started serves", ask, 30)


def _try_fresh(context, world, when):
    lab = world.lab
    for name, more in (("fresh", {"rules": ALL}), ("newcomer", {})):
        lab.container(name, nets=[NET], **more)
        lab.start(name)
    lines = [("fresh", f"udp {a} 53 timeout=2500") for a in (lab.addr("newcomer", NET, 6), world.places["peer"].v6, "2001:db8:ffff::100", world.bridge.v6)]
    lines += [("newcomer", f"udp {a} 53 timeout=2500") for a in (world.places["free"].v6, "2001:db8:ffff::100", world.bridge.v6)]
    for (node, line), result in zip(lines, _ask_servers(lab, lines)):
        context.report(f"{when}: {node}, just started: {line}", None if result.outcome == "pass" else result.detail)


def run(context):
    with Lab(probe=context.probe) as lab:
        world = _world(lab)
        world.prepare()
        for phase in (_try_claims, _try_denials, _try_letters):
            phase(context, world, "without", managed=False)
        if not context.agent:
            return
        with Agent(lab, context.agent) as agent:
            for phase in (_try_claims, _try_denials, _try_letters):
                phase(context, world, "with", managed=True)
            _try_ways(context, world, "with")
            _try_duplicates(context, world, "with")
            _try_fresh(context, world, "with")
            agent.stop()
            for fault in agent.faults() or [None]:
                context.report("the log and exit", fault)
