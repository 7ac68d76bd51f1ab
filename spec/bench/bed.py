"""
What the data plane is measured on: every container of the pretended engine is at a port of its network's bridge, as it is
with a real one. Those that send and get packets have a namespace each; the others' ends lie in one.
"""

from population import OUTSIDE, PUBLISHED, host_port
from ports import Ports, quiet

HOST_OUTSIDE = "192.0.2.1"
NAT = """
table ip nat {
    chain prerouting { type nat hook prerouting priority dstnat; }
    chain postrouting { type nat hook postrouting priority srcnat; oifname "out0" masquerade; }
}
table inet hook1 {
    chain forward { type filter hook forward priority -10; ct state established accept; }
}
table inet hook2 {
    chain forward { type filter hook forward priority -10; ct state established accept; }
}
"""


class Bed:
    """rows: what the engine's `addresses` says. playing: role → container's name."""

    def __init__(self, spaces, rows, playing):
        self.spaces = spaces
        self.host = quiet(spaces, "host")
        self.outside = spaces.make("outside")
        self.host.sysctl("net.ipv4.ip_forward", 1)
        for key in ("iptables", "ip6tables"):
            self.host.sysctl(f"net.bridge.bridge-nf-call-{key}", 1)
        self.connect_outside()
        self.host.nft(NAT)
        roles = {name: role for role, name in playing.items()}
        self.ports = Ports(self.host, quiet(spaces, "parked"), rows)
        self.containers = {roles[row[0]]: self.make_container(roles[row[0]], row) for row in rows if row[0] in roles}
        self.ports.park([row for row in rows if row[0] not in roles])

    def publish(self, row):
        """As the engine does it: the container's port, at the host's."""
        port = host_port(int(row[0].removeprefix("c-")))
        self.host.nft(f"add rule ip nat prerouting tcp dport {port} dnat to {row[1]}:{PUBLISHED}")
        return port

    def connect_outside(self):
        self.host.ip("link", "add", "out0", "type", "veth", "peer", "name", "eth0", "netns", self.outside.name)
        self.host.ip("link", "set", "out0", "up")
        self.host.ip("address", "add", f"{HOST_OUTSIDE}/24", "dev", "out0")
        self.outside.ip("address", "add", f"{OUTSIDE}/24", "dev", "eth0")
        self.outside.ip("link", "set", "eth0", "up")

    def make_container(self, role, row):
        space = self.spaces.make(role)
        self.host.ip_batch(self.ports.lines(f"v-{role}", "eth0", space, row))
        space.ip_batch([f"address add {row[1]}/25 dev eth0", "link set eth0 up", f"route add default via {row[5]}"])
        return space
