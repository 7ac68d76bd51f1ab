"""The bridges of the pretended engine's networks, and a port of them for each of its containers, as a real engine makes them."""


def quiet(spaces, name):
    """A namespace whose devices do not look for IPv6 neighbours: there are thousands of them."""
    space = spaces.make(name)
    for which in ("all", "default"):
        space.sysctl(f"net.ipv6.conf.{which}.disable_ipv6", 1)
    return space


class Ports:
    """rows: what the engine's `addresses` says. host: where bridges and ports are; parked: where their other ends lie."""

    def __init__(self, host, parked, rows):
        self.host = host
        self.parked = parked
        gateways = {row[4]: row[5] for row in rows}
        self.bridges = {network: f"br-{network[:12]}" for network in gateways}
        lines = []
        for network, name in self.bridges.items():
            lines += [f"link add {name} type bridge", f"address add {gateways[network]}/25 dev {name}", f"link set {name} up"]
        self.host.ip_batch(lines)

    def lines(self, port, peer, space, row):
        """What makes one, for ip -batch; its other end is not up yet."""
        return [
            f"link add {port} type veth peer name {peer} address {row[2]} netns {space.name}",
            f"link set {port} master {self.bridges[row[4]]} up",
        ]

    def park(self, rows):
        lines = []
        for i, row in enumerate(rows):
            lines += self.lines(f"v{i}", f"p{i}", self.parked, row)
        self.host.ip_batch(lines)
        self.parked.ip_batch([f"link set p{i} up" for i in range(len(rows))])
