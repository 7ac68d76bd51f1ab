"""Builds frames, with what a sender could put into them, right or wrong, and tells at which nodes they come out.

    shot = Shot("closed", ether(BRIDGE, own, ip6(src, dst, ICMPV6, echo6(src, dst, mark))), mark.key)
    with Field(lab, hear=["host"], sniff=["outside", "free"]) as field:
        field.fire([shot, …])                           # all senders at once, each in the order given
    field.seen                                          # {key: Counter(node: how often)}
"""

import collections
import ipaddress
import itertools
import struct
import subprocess
import time

from cleanup import LabError

ICMP, TCP, UDP, ICMPV6 = 1, 6, 17, 58
HOP_BY_HOP, FRAGMENT, DEST_OPTIONS = 0, 44, 60
Q, AD = 0x8100, 0x88A8  # kinds of VLAN tags
EVERYBODY = "ff:ff:ff:ff:ff:ff"
NS, NA, RS, RA, REDIRECT = 135, 136, 133, 134, 137
SOURCE_LL, TARGET_LL, PREFIX, REDIRECTED, NONCE = 1, 2, 3, 4, 14
SOLICITED, OVERRIDE = 0x40000000, 0x20000000

PACE = 40  # so many at once: the kernel's queue between the ends of veths is short

_number = itertools.count(1)


class Mark:
    """Eight characters that are only once, and the bytes they are looked for with."""

    def __init__(self):
        self.key = f"{next(_number):08d}"
        self.data = f"~ww~{self.key}".encode()


def _mac(text):
    return bytes.fromhex(text.replace(":", ""))


def address(text):
    return ipaddress.ip_address(text.split("%")[0]).packed


def group_mac(addr):
    """Where a multicast address is sent to."""
    packed = address(addr)
    return ("33:33:" + packed[-4:].hex(":")) if len(packed) == 16 else ("01:00:5e:" + bytes([packed[1] & 127, *packed[2:]]).hex(":"))


def solicited_node(addr):
    return str(ipaddress.IPv6Address(int(ipaddress.IPv6Address("ff02::1:ff00:0")) | int(ipaddress.IPv6Address(addr)) & 0xFFFFFF))


def link_local(mac):
    """The address that the kernel derives from a MAC."""
    b = _mac(mac)
    return str(ipaddress.IPv6Address(b"\xfe\x80" + bytes(6) + bytes([b[0] ^ 2, b[1], b[2], 0xFF, 0xFE, *b[3:]])))


def _sum(data):
    data += b"\0" * (len(data) % 2)
    words = sum(struct.unpack(f"!{len(data) // 2}H", data))
    words = (words >> 16) + (words & 0xFFFF)
    return ~(words + (words >> 16)) & 0xFFFF


def _put_sum(body, at, pseudo=b""):
    return body[:at] + struct.pack("!H", _sum(pseudo + body) or 0xFFFF) + body[at + 2:]


def _pseudo(src, dst, proto, length):
    a, b = address(src), address(dst)
    return a + b + (struct.pack("!BBH", 0, proto, length) if len(a) == 4 else struct.pack("!IHBB", length, 0, 0, proto))


def ether(dst, src, packet, tags=()):
    """tags: (kind, id), from the outer to the inner. The type comes from the packet: IPv4, IPv6 or ARP."""
    kind = {4: 0x0800, 6: 0x86DD}.get(packet[0] >> 4, 0x0806)
    return _mac(dst) + _mac(src) + b"".join(struct.pack("!HH", *tag) for tag in tags) + struct.pack("!H", kind) + packet


def arp(operation, mac, addr, for_mac, for_addr):
    """1: the request, "who has"; 2: the reply, "is at"."""
    return struct.pack("!HHBBH", 1, 0x0800, 6, 4, operation) + _mac(mac) + address(addr) + _mac(for_mac) + address(for_addr)


def ip(src, dst, proto, body, hops=64, before=b"", first=None, ident=0, fragment=0, options=b""):
    """before: extension headers (IPv6), the first of which is `first`; fragment: the field of IPv4, flags and offset; options: of IPv4."""
    if ":" in dst:
        body = before + body
        return struct.pack("!IHBB", 6 << 28, len(body), proto if first is None else first, hops) + address(src) + address(dst) + body
    size = 20 + len(options)
    head = struct.pack("!BBHHHBBH", 0x40 | size // 4, 0, size + len(body), ident, fragment, hops, proto, 0) + address(src) + address(dst) + options
    return _put_sum(head, 10) + body


def padding(then):
    """An extension header (hop by hop, or destination options) without meaning; `then`: what follows it."""
    return bytes([then, 0, 1, 4, 0, 0, 0, 0])


def udp(src, dst, sport, dport, data):
    body = struct.pack("!4H", sport, dport, 8 + len(data), 0) + data
    return _put_sum(body, 6, _pseudo(src, dst, UDP, len(body)))


def tcp(src, dst, sport, dport, data=b"", flags=2):
    body = struct.pack("!HHIIBBHHH", sport, dport, 1000, 0, 5 << 4, flags, 1000, 0, 0) + data
    return _put_sum(body, 16, _pseudo(src, dst, TCP, len(body)))


def icmp(src, dst, kind, code=0, rest=0, data=b""):
    """Of either family; rest: the four bytes behind the checksum."""
    body = struct.pack("!BBHI", kind, code, 0, rest) + data
    return _put_sum(body, 2, _pseudo(src, dst, ICMPV6, len(body)) if ":" in dst else b"")


def datagram(src, dst, sport, dport, data, hops=64):
    return ip(src, dst, UDP, udp(src, dst, sport, dport, data), hops)


def echo(src, dst, data, hops=64):
    """With an identifier of its own: it belongs to no tracked flow."""
    kind = 128 if ":" in dst else 8
    rest = (0x4000 + next(_number) % 0xB000) << 16 | 1
    return ip(src, dst, ICMPV6 if kind == 128 else ICMP, icmp(src, dst, kind, 0, rest, data), hops)


def message(src, dst, kind, code=0, rest=0, data=b"", hops=255):
    """ICMP of either family."""
    return ip(src, dst, ICMPV6 if ":" in dst else ICMP, icmp(src, dst, kind, code, rest, data), hops)


def option(kind, data):
    """Of neighbour discovery; padded to eight bytes."""
    data += b"\0" * (-(len(data) + 2) % 8)
    return bytes([kind, (len(data) + 2) // 8]) + data


def link_option(kind, mac):
    return option(kind, _mac(mac))


def prefix_option(prefix):
    """On the link, for addresses; valid for long."""
    net = ipaddress.ip_network(prefix)
    return struct.pack("!BBBBIII", PREFIX, 4, net.prefixlen, 0xC0, 86400, 86400, 0) + net.network_address.packed


def router_advert(src, dst, options, lifetime=1800):
    return message(src, dst, RA, 0, 64 << 24 | lifetime, bytes(8) + options)


def fragments(packet, ident, cut, hops=64):
    """A packet without extension headers in two; cut: bytes of its payload in the first, a multiple of eight."""
    if packet[0] >> 4 == 4:
        src, dst = (str(ipaddress.ip_address(packet[at:at + 4])) for at in (12, 16))
        body, proto = packet[20:], packet[9]
        return [ip(src, dst, proto, body[:cut], ident=ident, fragment=0x2000),
                ip(src, dst, proto, body[cut:], ident=ident, fragment=cut // 8)]
    src, dst = (str(ipaddress.ip_address(packet[at:at + 16])) for at in (8, 24))
    body, proto = packet[40:], packet[6]
    heads = [struct.pack("!BBHI", proto, 0, at, ident) for at in (1, cut)]
    return [ip(src, dst, proto, part, hops, before=head, first=FRAGMENT) for head, part in zip(heads, (body[:cut], body[cut:]))]


Shot = collections.namedtuple("Shot", "node frame key wait iface count")


def shot(node, frame, key=None, wait=0, iface="eth0", count=1):
    """wait: ms to wait behind it."""
    return Shot(node, frame, key, wait, iface, count)


class Field:
    """Looks for marks at sockets (`hear`) and at interfaces (`sniff`: names, or (name, interface) for another than eth0)."""

    def __init__(self, lab, hear=(), sniff=()):
        self.lab = lab
        self.seen = collections.defaultdict(collections.Counter)
        self._wanted = [(node, ["hear"], "sockets") for node in hear]
        self._wanted += [(w, ["sniff", i], "") for w, i in (s if isinstance(s, tuple) else (s, "eth0") for s in sniff)]
        self._ears = []

    def __enter__(self):
        for node, words, what in self._wanted:
            child = self.lab.popen(node, [self.lab.probe_path, *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            self._ears.append((f"{node}'s {what}" if what else node, child))
        for node, child in self._ears:
            if child.stdout.readline() != "ready\n":
                raise LabError(f"no process listens at {node}")
        return self

    def __exit__(self, *_):
        for node, child in self._ears:
            child.stdin.close()
            for key in child.stdout.read().split():
                self.seen[key][node] += 1
            child.wait()

    def fire(self, shots, settle=0.25):
        by_sender = collections.defaultdict(list)
        for s in shots:
            by_sender[s.node, s.iface].append(s)
        running = []
        for (node, iface), group in by_sender.items():
            text = "".join(f"{s.frame.hex()} {s.count}\n" + (f"wait {s.wait}\n" if s.wait else "wait 2\n" * (n % PACE == 0))
                           for n, s in enumerate(group))
            child = self.lab.popen(node, [self.lab.probe_path, "frame", iface], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            child.stdin.write(text)
            child.stdin.close()
            running.append((node, child))
        for node, child in running:
            answer = child.stdout.read()
            child.wait()
            if answer != "sent\n":
                raise LabError(f"{node} cannot send a frame: {answer}")
        time.sleep(settle)


def fire(lab, shots, hear=(), sniff=(), settle=0.25):
    """{key: Counter(node: how often)} of these shots."""
    with Field(lab, hear, sniff) as field:
        field.fire(shots, settle)
    return field.seen
