"""A container with broad permissions dies under traffic, and another takes its address: what of the first one's flows goes on."""

import ipaddress
import time

import engine_folder
from cleanup import wait_until
from early import figures, flooder
from engine import EngineError
from floods import PUBLISHED, Floods
from lab import HOST4, HOST6, IMAGE, OUTSIDE4, OUTSIDE6
from starts import random_mac

NET = "front"
PORT = 8400  # of the host, published by the first one
SOURCE = 7100  # of all that the first and the second send: the same flows
BROAD = """
mapped_ports: {external: {allow: true}}
output: [{ips: [0.0.0.0/0, '::/0']}]
"""
FOR_FIRST = f"input: [{{network: {NET}, container: first, proto: udp, dst_ports: [{PUBLISHED}]}}]"


class Reuse:
    """A lab's world for one round after the other."""

    def __init__(self, lab):
        self.lab = lab
        self.floods = Floods(lab)
        lab.network(NET)
        flooder(self.floods, "srv", NET)
        self._vault()
        for node in ("outside", "host"):
            self.floods.sink(node)
        self.address4 = str(ipaddress.ip_address(lab.gateway(NET)) + 20)
        self.address6 = str(ipaddress.ip_address(lab.gateway(NET, 6)) + 0x20)

    def _vault(self):
        """Managed; takes datagrams of the first one only."""
        self._create("vault", {"whalewall.enabled": "true", "whalewall.rules": FOR_FIRST}, {}, None, fixed=False)
        self.lab.start("vault")

    def _create(self, name, labels, targets, mac, fixed=True, publish=False, report=None):
        endpoint = {"IPAMConfig": {"IPv4Address": self.address4, "IPv6Address": self.address6}} if fixed else {}
        bindings = {f"{PUBLISHED}/udp": [{"HostIp": "", "HostPort": str(PORT)}]} if publish else {}
        body = {"Image": IMAGE, "Cmd": self.floods.command(report or name, targets, sport=SOURCE), "StopSignal": "SIGKILL",
                "Labels": labels, "ExposedPorts": {port: {} for port in bindings},
                "HostConfig": {"NetworkMode": NET, "Binds": self.floods.binds, "PortBindings": bindings},
                "NetworkingConfig": {"EndpointsConfig": {NET: endpoint}}}
        if mac:
            body["MacAddress"] = mac
        return self.lab.engine.post("/containers/create", body, name=name)["Id"]

    def targets(self):
        addresses = {"outside4": OUTSIDE4[0], "outside6": OUTSIDE6[0], "host4": self.lab.gateway(NET),
                     "host6": self.lab.gateway(NET, 6)}
        for name in ("srv", "vault"):
            addresses |= {f"{name}{family}": self.lab.addr(name, NET, family) for family in (4, 6)}
        return {key: f"{address}/{PUBLISHED}" for key, address in addresses.items()}

    def begin(self, report, mac):
        """The first one, under traffic in both directions through established flows."""
        self._create("first", {"whalewall.enabled": "true", "whalewall.rules": BROAD}, self.targets(), mac, publish=True,
                     report=report)
        self.lab.start("first")
        published = {"p4": f"{HOST4}/{PORT}", "p6": f"{HOST6}/{PORT}", "direct4": f"{self.address4}/{PUBLISHED}",
                     "direct6": f"{self.address6}/{PUBLISHED}"}
        self.floods.send("outside", f"{report}-in", published, every=1000)
        self.floods.send("outside", f"{report}-fresh", published, every=1000, fresh=20)
        near = {"n4": f"{self.address4}/{PUBLISHED}", "n6": f"{self.address6}/{PUBLISHED}"}
        self.floods.send("host", f"{report}-host", near, every=1000)
        wanted = {f"{report}>{target}" for target in ("outside4", "outside6", "srv4", "vault4", "vault6")}
        wait_until("the first one's datagrams arrive", lambda: wanted <= set(self.arrived(report)), 10)
        wait_until("the flood reaches the first one",
                   lambda: {f"{report}-in>{target}" for target in published} <= set(self.floods.tally(report).counts()), 10)

    def prepare(self, report, labels, mac, same_name):
        """The second one, created before the first dies: nothing is between the two but its start."""
        return self._create("first-next" if same_name else "second", labels, self.targets(), mac, report=report)

    def take_over(self, second, same_name):
        """Kill the first, and start the second as soon as the address is free."""
        engine = self.lab.engine
        engine.post("/containers/first/kill")
        if same_name:
            engine.post("/containers/first/rename", name="first-gone")
            engine.post(f"/containers/{second}/rename", name="first")

        def start():
            try:
                engine.post(f"/containers/{second}/start")
                return True
            except EngineError as error:
                if "in use" not in str(error):
                    raise
                return False

        wait_until("the second one starts", start, 20, 0.005)

    def arrived(self, report):
        """{key: count} at all sinks of what this one has sent."""
        return {key: count for sink in ("outside", "host", "srv", "vault")
                for key, count in self.floods.tally(sink).counts().items() if key.split(">")[0] == report}

    def leaked(self, second, first, managed):
        """{key: count} of the first one's flows at the second: all that it gets or gets out if it is managed; if not, only what
        was the first one's: the floods to its port (the second publishes none), and the way to the vault."""
        came = {f"{key} at the second": count for key, count in self.floods.tally(second).counts().items()
                if managed or key.startswith((f"{first}-in>p", f"{first}-fresh>p"))}
        went = {key: count for key, count in self.arrived(second).items() if managed or key.split(">")[1].startswith("vault")}
        return came | went

    def end(self, report):
        for name in (f"{report}-in", f"{report}-fresh", f"{report}-host"):
            self.floods.stop(name)
        for name in ("first", "second", "first-gone", "first-next"):
            try:
                self.lab.engine.delete(f"/containers/{name}", force=1)
            except EngineError:
                pass


def macs(kind):
    """Of the first and the second: what engines before 28 derive from the address ("equal"; newer ones are told one), or two random
    ones."""
    if kind == "equal":
        return (random_mac(),) * 2 if engine_folder.chosen() else (None, None)
    return random_mac(), random_mac()


def tell(label, leaks):
    figures(f"{label}: {sum(leaks.values())} datagrams of the first one's flows" +
            "".join(f", {count} {key}" for key, count in sorted(leaks.items())[:8]))


def grows(reuse, args, seconds=0.4):
    """What still comes through in that time."""
    before = reuse.leaked(*args)
    time.sleep(seconds)
    return {key: count - before.get(key, 0) for key, count in reuse.leaked(*args).items() if count > before.get(key, 0)}
