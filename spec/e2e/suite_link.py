"""Around the bridge: frames to its reserved group addresses reach the host's stack from the port itself, past most hooks. With
them, in tags, and with fragments that take two ways, nothing gets to the host, to the outside, or to another container; nor
does what the host sends to a managed container through its port's device. Veths that are not Docker's work as ever."""

import collections
import itertools

from agent import Agent
from early import figures
from frames import (AD, NA, NONCE, NS, Q, TCP, Field, Mark, address, datagram, echo, ether, fire, fragments, ip, message, option,
                    router_advert, shot, tcp)
from lab import Lab
from links import bridge, host, link, no_reverse_path, outside, place, set_bridge_nf

GROUPS = [f"01:80:c2:00:00:{n:02x}" for n in range(16)]
FEW_GROUPS = [GROUPS[n] for n in (0, 1, 2, 3, 14, 15)]  # the kernel knows 00, 01 and 0e from the rest
FORWARDED = GROUPS[0]  # without STP the bridge treats it as any other group
MADE_UP = "02:5e:00:53:00:01"
SILENT = 5555  # no server answers there: a server's answers would only cost time
SENDERS = {"front": ("closed", "free"), "bridge": ("closed0", "free0")}
STRANGERS = {"front": "stranger", "bridge": "stranger0"}
WATCHED = ("outside", "peer", "vault", "peer0", "vault0")
# an endpoint that is known and not managed, or on a network without guard: what it sends to all neighbours is its own affair
UNRESTRICTED = ("free", "free0", "stranger0")

Attack = collections.namedtuple("Attack", "sender title frame key harmless")
_sport = itertools.cycle(range(20000, 60000))


class World:
    def __init__(self, lab):
        self.lab = lab
        self.places = {}
        self.bridges = {}

    def make(self):
        self.lab.network("front")
        for net, suffix in (("front", ""), ("bridge", "0")):
            for name in ("closed", "vault"):
                self.lab.container(name + suffix, nets=[net], enabled="true")
            for name in ("free", "peer"):
                self.lab.container(name + suffix, nets=[net])
            names = [name + suffix for name in ("closed", "vault", "free", "peer")]
            self.lab.start_all(names)
            self.bridges[net] = bridge(self.lab, net)
            for name in names:
                self.places[name] = place(self.lab, name, net)
        no_reverse_path(self.lab)

    def add_strangers(self):
        for net, name in STRANGERS.items():
            self.lab.container(name, nets=[net])
            self.lab.start(name)
            self.places[name] = place(self.lab, name, net)
        no_reverse_path(self.lab)

    def remove_strangers(self):
        for name in STRANGERS.values():
            self.lab.remove(name)
            del self.places[name]


def _packets(world, me):
    """[(title, the packet for a mark's bytes, tags)]: whatever might reach a socket of the host, or be answered to another node."""
    b, suffix = world.bridges[me.net], "" if me.net == "front" else "0"
    victim, known = world.places["vault" + suffix], world.places["peer" + suffix]
    found = []
    for family, own, gate, forged in ((4, me.v4, b.v4, (victim.v4, known.v4)), (6, me.v6, b.v6, (victim.v6, known.v6))):
        def send(src, dst):
            return lambda data: datagram(src, dst, next(_sport), SILENT, data)

        def ask(src, dst):
            return lambda data: echo(src, dst, data)

        def begin(src, dst):
            return lambda data: ip(src, dst, TCP, tcp(src, dst, next(_sport), 80, data))
        found += [(f"udp{family} to the gateway", send(own, gate)), (f"udp{family} to the host's address", send(own, host(family))),
                  (f"udp{family} to the host as the outside", send(outside(family), host(family))),
                  (f"udp{family} to the gateway as a managed one", send(forged[0], gate)),
                  (f"udp{family} to the gateway as an unmanaged one", send(forged[1], gate)),
                  (f"udp{family} to the outside", send(own, outside(family))),
                  (f"udp{family} to a managed one", send(own, forged[0])), (f"udp{family} to an unmanaged one", send(own, forged[1])),
                  (f"tcp{family} to the gateway", begin(own, gate)),
                  (f"echo{family} to the gateway", ask(own, gate)),
                  (f"echo{family} to the host as the outside", ask(outside(family), host(family))),
                  (f"echo{family} to the gateway as a managed one", ask(forged[0], gate)),
                  (f"echo{family} to the gateway as an unmanaged one", ask(forged[1], gate))]
    local = me.local
    found += [("udp6 from link-local to the port", lambda data: datagram(local, me.port_local, next(_sport), SILENT, data)),
              ("echo6 from link-local to the port", lambda data: echo(local, me.port_local, data)),
              ("udp6 to the port", lambda data: datagram(me.v6, me.port_local, next(_sport), SILENT, data)),
              ("udp6 from link-local to the bridge's link-local", lambda data: datagram(local, b.local, next(_sport), SILENT, data)),
              ("udp6 from link-local to all nodes", lambda data: datagram(local, "ff02::1", next(_sport), SILENT, data)),
              ("echo6 from link-local to all nodes", lambda data: echo(local, "ff02::1", data)),
              ("udp4 to all nodes", lambda data: datagram(me.v4, "224.0.0.1", next(_sport), SILENT, data)),
              ("udp4 to the broadcast address", lambda data: datagram(me.v4, "255.255.255.255", next(_sport), SILENT, data)),
              ("router advertisement", lambda data: router_advert(local, "ff02::1", option(NONCE, data))),
              ("neighbour solicitation", lambda data: message(local, me.port_local, NS, 0, 0, address(me.port_local) + option(NONCE, data))),
              ("neighbour advertisement", lambda data: message(local, "ff02::1", NA, 0, 0x20000000, address(b.v6) + option(NONCE, data)))]
    tagged = [(f"{name} {title}", make, tags) for name, tags in
              (("priority-tagged", [(Q, 0)]), ("priority-tagged (ad)", [(AD, 0)]), ("twice tagged", [(AD, 0), (Q, 0)]))
              for title, make in found if title.startswith(("udp6 to the host as", "echo6 to the host as", "udp6 from link-local to the port"))]
    return [(title, make, []) for title, make in found] + tagged


def _to_groups(world, name):
    me = world.places[name]
    for title, make, tags in _packets(world, me):
        for group in GROUPS if name in ("closed", "stranger") else FEW_GROUPS:
            for mac in (me.mac, MADE_UP):
                mark = Mark()
                harmless = group == FORWARDED and name in UNRESTRICTED
                yield Attack(name, title, ether(group, mac, make(mark.data), tags), mark.key, harmless)


def _tagged(world, name):
    """As a managed one, to the bridge itself, in a tag that says nothing: it is taken off before the host's stack."""
    me, b = world.places[name], world.bridges[world.places[name].net]
    victim = world.places["vault" if me.net == "front" else "vault0"]
    for tag, tags in (("802.1Q", [(Q, 0)]), ("802.1ad", [(AD, 0)]), ("both", [(AD, 0), (Q, 0)]), ("twice 802.1Q", [(Q, 0), (Q, 0)])):
        for src, gate, family in ((victim.v4, b.v4, 4), (victim.v6, b.v6, 6)):
            for what, dst in (("the gateway", gate), ("the outside", outside(family))):
                mark = Mark()
                yield Attack(name, f"priority-tagged {tag}, udp{family} to {what} as a managed one",
                             ether(b.mac, me.mac, datagram(src, dst, next(_sport), SILENT, mark.data), tags), mark.key, False)
        known = world.places["peer" if me.net == "front" else "peer0"]
        for what, to, harmless in (("a managed one", victim, False), ("an unmanaged one", known, name in UNRESTRICTED)):
            for src, dst, family in ((me.v4, to.v4, 4), (me.v6, to.v6, 6)):
                mark = Mark()
                yield Attack(name, f"priority-tagged {tag}, udp{family} to {what}",
                             ether(to.mac, me.mac, datagram(src, dst, next(_sport), SILENT, mark.data), tags), mark.key, harmless)


def _in_two_ways(world, name):
    """One fragment to the bridge, the other to a group; the mark is in both."""
    me, b = world.places[name], world.bridges[world.places[name].net]
    suffix = "" if me.net == "front" else "0"
    victim = world.places["vault" + suffix]
    ways = [(f"{title}, group {group[-2:]}", (a, z)) for group in (GROUPS[14], GROUPS[3], GROUPS[0])
            for title, a, z in (("first to the bridge", b.mac, group), ("last to the bridge", group, b.mac), ("both to the group", group, group))]
    for family, own, gate, forged in ((4, me.v4, b.v4, victim.v4), (6, me.v6, b.v6, victim.v6)):
        for what, src, dst in (("the outside", own, outside(family)), ("the gateway", own, gate), ("a managed one", own, forged),
                               ("the outside as a managed one", forged, outside(family)), ("the gateway as a managed one", forged, gate)):
            for title, macs in ways:
                for order in (1, -1):
                    mark = Mark()
                    packet = datagram(src, dst, next(_sport), SILENT, mark.data + bytes(28) + mark.data)
                    parts = fragments(packet, int(mark.key) % 65536, 32)
                    frames = [ether(to, me.mac, part) for to, part in zip(macs, parts)][::order]
                    # put together it is from where the last one came: from the bridge, where it is judged as any other
                    judged = title.endswith("00") or (title.startswith("first") and order == -1)
                    harmless = name in UNRESTRICTED and src == own and judged
                    yield Attack(name, f"fragments of udp{family} to {what}: {title}", frames, mark.key, harmless)


def _attacks(world, names):
    return [attack for name in names for part in (_to_groups, _tagged, _in_two_ways) for attack in part(world, name)]


def _fire(world, attacks):
    """{attack: Counter(the nodes that saw it)}"""
    shots = [shot(a.sender, frame, a.key) for a in attacks for frame in (a.frame if isinstance(a.frame, list) else [a.frame])]
    seen = fire(world.lab, shots, hear=["host"], sniff=[w for w in WATCHED], settle=0.5)
    return {a.key: seen.get(a.key, {}) for a in attacks}


def _group(attacks):
    """{(sender, kind): attacks}; the ways of fragments are one kind."""
    groups = collections.defaultdict(list)
    for a in attacks:
        groups[a.sender, a.title.split(": ")[0]].append(a)
    return groups


def _judge(context, when, attacks, seen):
    """One check for each sender and kind."""
    for (sender, title), group in _group(attacks).items():
        came = collections.Counter(node for a in group if not a.harmless for node in seen[a.key])
        text = ", ".join(f"{count} at {node}" for node, count in sorted(came.items()))
        ways = sorted({a.title.split(": ")[1] for a in group if not a.harmless and seen[a.key] and ": " in a.title})
        context.report(f"{when}: {sender}: {title}", f"of {len(group)} {text} {'; '.join(ways)}" if came else None)


def _wanted(bridge_nf):
    """[(a kind's beginning, the node that must see one of them)]"""
    found = [(text, "host's sockets") for text in CONTROLS] + [(text, "outside") for text in REFLECTED]
    if not bridge_nf:  # else br_netfilter has the bridge's fragments in a queue of their own
        found += [(f"fragments of udp{family} to the outside: first to the bridge, group 0e", "outside") for family in (4, 6)]
    return found


def _control(context, world, bridge_nf):
    """Without the program most kinds get somewhere; which do not is said, for of them nothing is proven."""
    when, names = f"without, bridge-nf {bridge_nf:d}", [*(name for names in SENDERS.values() for name in names), *STRANGERS.values()]
    attacks = _attacks(world, names)
    seen = _fire(world, attacks)
    groups = _group(attacks)
    came = {kind for kind, group in groups.items() if any(seen[a.key] for a in group)}
    figures(f"{when}: {len(came)} of {len(groups)} kinds get to a node, {sum(map(bool, seen.values()))} of {len(seen)} tries; "
            f"the kernel itself stops: {', '.join(sorted({title for _, title in groups.keys() - came})) or 'none'}")
    missing = _wanted(bridge_nf)
    for tries in range(4):  # a busy machine loses some
        missing = [(text, node) for text, node in missing if not any(node in seen[a.key] for a in attacks if a.title.startswith(text))]
        if not missing or tries == 3:
            break
        attacks = [a for a in _attacks(world, names) if a.title.startswith(tuple(text for text, _ in missing))]
        seen = _fire(world, attacks)
    for text, node in _wanted(bridge_nf):
        context.report(f"{when}: {text}, at {node}", "does not arrive" if (text, node) in missing else None)


CONTROLS = ("udp4 to the gateway", "udp6 to the host as the outside", "udp6 from link-local to the port", "echo6 from link-local to the port",
            "udp4 to the gateway as a managed one", "udp6 to the gateway as a managed one", "router advertisement", "neighbour solicitation",
            "priority-tagged udp6 to the host as the outside", "twice tagged udp6 to the host as the outside",
            "priority-tagged 802.1Q, udp4 to the gateway as a managed one", "priority-tagged both, udp6 to the gateway as a managed one")
REFLECTED = ("echo4 to the host as the outside", "echo6 to the host as the outside", "priority-tagged echo6 to the host as the outside",
             "priority-tagged 802.1Q, udp4 to the outside as a managed one", "priority-tagged 802.1ad, udp6 to the outside as a managed one")

TO_PORT = """
import socket, sys, time
port, index = sys.argv[1], socket.if_nametoindex(sys.argv[1])
for text in sys.argv[2:]:
    addr, mark = text.split("=")
    six = ":" in addr
    s = socket.socket(socket.AF_INET6 if six else socket.AF_INET, socket.SOCK_DGRAM)
    if not six:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, port.encode())
        s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("0.0.0.0") * 2 + index.to_bytes(4, sys.byteorder))
        s.bind(("192.0.2.1", 0))
    sent = tries = 0
    while sent < 3:
        try:
            s.sendto(b"~ww~" + mark.encode(), (addr, 5353, 0, index) if six else (addr, 5353))
        except PermissionError:
            pass
        except OSError:  # the port is so new that it has no address of its own yet
            tries += 1
            if tries > 100:
                raise
            time.sleep(0.1)
            continue
        sent += 1
"""


def _through_ports(world, names):
    """What the host sends through the port's own device; {(name, to): does it arrive}."""
    marks = {}
    with Field(world.lab, sniff=names) as field:
        for name in names:
            me = world.places[name]
            words = []
            # its answer to the host's question would come in at the bridge; one to a reserved group would have been heeded
            world.lab.run("host", ["ip", "neigh", "replace", me.local, "lladdr", me.mac, "dev", me.port])
            for to in ("ff02::fb", "ff02::1", me.local, "224.0.0.251", "255.255.255.255"):
                mark = Mark()
                marks[name, "its link-local address" if to == me.local else to] = mark.key
                words.append(f"{to}={mark.key}")
            world.lab.run("host", ["python3", "-c", TO_PORT, me.port, *words])
        field.fire([])
    return {what: what[0] in field.seen.get(key, {}) for what, key in marks.items()}


MANAGED = ["closed", "vault", "closed0", "vault0"]


def _ports_without(context, world):
    for (name, to), came in _through_ports(world, MANAGED).items():
        context.report(f"without: the host through {name}'s port to {to}", None if came else "does not arrive")


def _ports_with(context, world, when, names):
    for (name, to), came in _through_ports(world, names).items():
        context.report(f"{when}: the host through {name}'s port to {to}", "arrives" if came else None)


def _lent(world, name):
    """{(family, group)} of datagrams from outside to the host's sockets, the second fragment of which is the container's."""
    me, came = world.places[name], set()
    out, far = link(world.lab, "host", "out0")["address"], link(world.lab, "outside", "eth0")["address"]
    for family, group in itertools.product((4, 6), (GROUPS[n] for n in (2, 3, 14))):
        mark = Mark()
        packet = datagram(outside(family), host(family), next(_sport), SILENT, bytes(32) + mark.data)
        head, tail = fragments(packet, int(mark.key) % 65536, 32)
        with Field(world.lab, hear=["host"]) as field:
            field.fire([shot(name, ether(group, me.mac, tail), mark.key)], settle=0.05)
            field.fire([shot("outside", ether(out, far, head), mark.key)], settle=0.2)
        if field.seen.get(mark.key):
            came.add((family, group[-2:]))
    return came


def _judge_lent(context, world, when, names, wanted):
    for name in names:
        came = _lent(world, name)
        for _ in range(4 if wanted else 0):
            came |= _lent(world, name) if len(came) < 6 else set()
        fault = None if len(came) == (6 if wanted else 0) else str(sorted(came))
        context.report(f"{when}: {name} lends its bytes to a datagram in fragments from outside", fault)


def _judge_late(context, world, when):
    """A container that starts while the program runs."""
    world.lab.container("late", nets=["front"], enabled="true")
    world.lab.start("late")
    world.places["late"] = place(world.lab, "late", "front")
    no_reverse_path(world.lab)
    _judge_lent(context, world, when, ["late"], False)
    world.lab.remove("late")
    del world.places["late"]


def _with(context, world, agent, bridge_nf):
    """Alive, dead with strangers, and alive again."""
    when = f"bridge-nf {bridge_nf:d}"
    known = [name for names in SENDERS.values() for name in names]
    attacks = _attacks(world, known)
    _judge(context, when, attacks, _fire(world, attacks))
    _ports_with(context, world, when, MANAGED)
    _judge_lent(context, world, when, MANAGED[::2], False)
    _judge_late(context, world, when)
    agent.kill()
    world.add_strangers()
    attacks = _attacks(world, [*STRANGERS.values(), "closed", "closed0"])
    _judge(context, f"{when}, dead", attacks, _fire(world, attacks))
    _judge_lent(context, world, f"{when}, dead", MANAGED[::2], False)
    _ports_with(context, world, f"{when}, dead", MANAGED)  # a stranger's port is like any other veth: see docs/security.md
    world.remove_strangers()


def run(context):
    with Lab(probe=context.probe) as lab:
        world = World(lab)
        world.make()
        world.add_strangers()
        for bridge_nf in (False, True):
            set_bridge_nf(lab, bridge_nf)
            _control(context, world, bridge_nf)
        _ports_without(context, world)
        _judge_lent(context, world, "without", MANAGED[::2], True)
        world.remove_strangers()
        if not context.agent:
            return
        for bridge_nf in (True, False):
            set_bridge_nf(lab, bridge_nf)
            with Agent(lab, context.agent) as agent:
                _with(context, world, agent, bridge_nf)
                for fault in agent.faults(["traffic between containers of one bridge"]) or [None]:
                    context.report(f"bridge-nf {bridge_nf:d}: the log", fault)
