"""What an attack on ARP and neighbour discovery is made of, and how one sees that it took: neighbour entries, routes, addresses.

    watch = Neighbours(lab, "front", {"free": …, "web": …})   # {name: Place}
    watch.learn(); …; watch.wrong()                     # ["free has 02:… for the gateway", …]
"""

from frames import (DEST_OPTIONS, EVERYBODY, HOP_BY_HOP, ICMPV6, NA, NS, OVERRIDE, Q, REDIRECT, RS, SOLICITED, SOURCE_LL, TARGET_LL,
                    address, arp, ether, group_mac, link_option, message, padding, prefix_option, router_advert, solicited_node)
from links import bridge

STRAY = "2001:db8:0:bad::/64"  # a prefix that no node here has
ANY = "::"


def wrapped(packet):
    """The same message behind each kind of extension header: [(title, packet)]. The packet is IPv6 without any."""
    head, body = packet[:40], packet[40:]
    found = []
    for title, kind in (("behind a hop-by-hop header", HOP_BY_HOP), ("behind destination options", DEST_OPTIONS)):
        length = (len(body) + 8).to_bytes(2, "big")
        found.append((title, head[:4] + length + bytes([kind]) + head[7:40] + padding(ICMPV6) + body))
    return found


def forms(dst, src, packet):
    """A frame in all its forms: {title: frame}."""
    found = {"": ether(dst, src, packet), "in a priority tag": ether(dst, src, packet, [(Q, 0)])}
    if packet[0] >> 4 == 6:
        found |= {title: ether(dst, src, p) for title, p in wrapped(packet)}
    return found


def advert(src, dst, target, mac):
    return message(src, dst, NA, 0, OVERRIDE | (SOLICITED if not dst.startswith("ff") else 0), address(target) + link_option(TARGET_LL, mac))


def solicit(src, dst, target, mac):
    return message(src, dst, NS, 0, 0, address(target) + (link_option(SOURCE_LL, mac) if src != ANY else b""))


def claims4(me, victims, addr):
    """[(title, frame)]: `me` says that it has another node's IPv4 address."""
    found = []
    for title, operation, tags in (("ARP answers", 2, []), ("ARP questions", 1, []), ("priority-tagged ARP", 2, [(Q, 0)])):
        found.append((title, ether(EVERYBODY, me.mac, arp(operation, me.mac, addr, EVERYBODY, addr), tags)))
        found += [(title, ether(v.mac, me.mac, arp(operation, me.mac, addr, v.mac, v.v4), tags)) for v in victims]
    return found


def claims6(me, victims, addr):
    """The same in IPv6, in every kind of message that tells a link-layer address, from own and from forged sources."""
    found = []
    ways = [("ff02::1", group_mac("ff02::1"))] + [(v.v6, v.mac) for v in victims]
    for dst, mac in ways:
        for src in (me.v6, me.local, addr):
            found += [(f"advertisements {form}".strip(), f) for form, f in forms(mac, me.mac, advert(src, dst, addr, me.mac)).items()]
        hello = message(addr, dst, RS, 0, 0, link_option(SOURCE_LL, me.mac))
        found += [(f"router solicitations {form}".strip(), f) for form, f in forms(mac, me.mac, hello).items()]
    for v in victims:
        for dst, mac in ((solicited_node(v.v6), group_mac(solicited_node(v.v6))), (v.v6, v.mac)):
            found += [(f"solicitations {form}".strip(), f) for form, f in forms(mac, me.mac, solicit(addr, dst, v.v6, me.mac)).items()]
    return found


def as_router(me, src):
    """Router advertisements with a prefix and a default route."""
    packet = router_advert(src, "ff02::1", link_option(SOURCE_LL, me.mac) + prefix_option(STRAY))
    return [(f"router advertisements {form}".strip(), f) for form, f in forms(group_mac("ff02::1"), me.mac, packet).items()]


def redirect(src, dst, target, about, options):
    return message(src, dst, REDIRECT, 0, 0, address(target) + address(about) + options)


class Neighbours:
    """Reads what some have learned. Names are containers, or "host"."""

    def __init__(self, lab, net, places, watchers):
        self.lab = lab
        self.bridge = bridge(lab, net)
        self.places = places
        self.watchers = watchers
        self.right = {a: p.mac for p in places.values() for a in (p.v4, p.v6, p.local)}
        self.right |= {a: self.bridge.mac for a in (self.bridge.v4, self.bridge.v6, self.bridge.local)}

    def device(self, node):
        return self.bridge.device if node == "host" else "eth0"

    def _own(self, node):
        if node == "host":
            return {self.bridge.v4, self.bridge.v6, self.bridge.local}
        p = self.places[node]
        return {p.v4, p.v6, p.local}

    def prepare(self):
        """Everybody listens to routers, and believes whoever speaks last; the bridge sends every group to all."""
        self.lab.run("host", ["ip", "link", "set", self.bridge.device, "type", "bridge", "mcast_snooping", "0"])
        for node in self.watchers:
            dev = self.device(node)
            values = {f"ipv6/conf/{dev}/accept_ra": 2, f"ipv6/conf/{dev}/accept_redirects": 1, f"ipv6/conf/{dev}/autoconf": 1,
                      f"ipv6/conf/{dev}/accept_ra_defrtr": 1, f"ipv4/neigh/{dev}/locktime": 0}
            self.lab.run(node, ["sh", "-c", "; ".join(f"echo {value} >/proc/sys/net/{name}" for name, value in values.items())])

    def learn(self):
        """Everybody knows everybody as it should be."""
        for node in self.watchers:
            dev = self.device(node)
            lines = [f"neigh replace {addr} lladdr {self.right[addr]} nud stale dev {dev}" for addr in self.right.keys() - self._own(node)]
            self.lab.run(node, ["sh", "-c", "printf '%s\\n' \"$@\" | ip -batch -", "sh", f"neigh flush dev {dev}", *lines])

    def _said(self, node):
        """What the kernel says of entries, routes and addresses: lists of words."""
        dev = self.device(node)
        text = self.lab.run(node, ["sh", "-c", f"ip neigh show dev {dev}; ip -6 route show dev {dev}; ip -6 addr show dev {dev}"])
        return [line.split() for line in text.splitlines()]

    def wrong(self):
        """Texts of what is not as it should be, entries and routes."""
        found = []
        for node in self.watchers:
            said = self._said(node)
            for words in said:
                if words[1:2] == ["lladdr"] and self.right.get(words[0], words[2]) != words[2]:
                    found.append(f"{node} has {words[2]} for {words[0]}")
            found += [f"{node}: {' '.join(words)}" for words in self._stray(said)]
        return found

    @staticmethod
    def _stray(said):
        """Routes and addresses of an advertisement."""
        prefix = STRAY.split("::")[0]
        return [words for words in said if any(w.startswith(prefix) for w in words[:2]) or "proto ra" in " ".join(words)]

    def mend(self):
        """Without what advertisements have brought."""
        for node in self.watchers:
            for words in self._stray(self._said(node)):
                what = ["addr", "del", words[1]] if words[0] == "inet6" else ["route", "del", *words[:words.index("proto")]]
                self.lab.run(node, ["ip", "-6", *what, "dev", self.device(node)], check=False)
