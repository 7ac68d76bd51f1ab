"""The program itself inside the machine, with the pretended engine and two network namespaces as containers on one bridge.

Runs as one of the machine's programs, in the machine's own network, and prints as they do. usage: agent.py WHALEWALL FAKE-ENGINE-FOLDER
"""

import os
import subprocess
import sys
import threading
import time

RULES = "output:\n- ips: [203.0.113.5, '2001:db8:ffff::5']\n"
LABELS = {"whalewall.enabled": "true", "whalewall.rules": RULES}
ALLOWED = ["203.0.113.5", "2001:db8:ffff::5"]
FORBIDDEN = ["203.0.113.6", "2001:db8:ffff::6"]


def sh(command, check=True):
    return subprocess.run(["sh", "-ec", command], check=check, stdout=subprocess.PIPE, text=True)


def wait_until(what, holds, seconds=20):
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            raise AssertionError("%s: not within %d s" % (what, seconds))
        time.sleep(0.05)


class Host:
    """A bridge as the engine would have made it, and the outside."""

    def __init__(self, network):
        self.bridge = "br-" + network["Id"][:12]
        gateways = [(c["Gateway"], c["Subnet"].split("/")[1]) for c in network["IPAM"]["Config"]]
        sh("ip link add %s type bridge; ip link set %s up" % (self.bridge, self.bridge))
        for gateway, length in gateways:
            sh("ip addr add %s/%s dev %s %s" % (gateway, length, self.bridge, "nodad" if ":" in gateway else ""))
        self.gateways = [gateway for gateway, _ in gateways]
        sh(
            "ip netns add outside; ip link add ext type veth peer name eth0 netns outside; ip link set ext up;"
            "ip addr add 192.0.2.1/24 dev ext; ip addr add 2001:db8:fffe::1/64 dev ext nodad;"
            "ip -n outside link set lo up; ip -n outside link set eth0 up; ip -n outside addr add 192.0.2.2/24 dev eth0;"
            "ip -n outside addr add 2001:db8:fffe::2/64 dev eth0 nodad;"
            "for a in 5 6; do ip -n outside addr add 203.0.113.$a dev lo; ip -n outside addr add 2001:db8:ffff::$a dev lo; done;"
            "ip -n outside route add default via 192.0.2.1; ip -n outside -6 route add default via 2001:db8:fffe::1;"
            "ip route add 203.0.113.0/24 via 192.0.2.2; ip -6 route add 2001:db8:ffff::/64 via 2001:db8:fffe::2;"
            "echo 1 >/proc/sys/net/ipv4/ip_forward; echo 1 >/proc/sys/net/ipv6/conf/all/forwarding"
        )

    def plug(self, name, endpoint):
        sh(
            "ip netns add %(n)s; ip link add v-%(n)s type veth peer name eth0 address %(mac)s netns %(n)s;"
            "ip link set v-%(n)s master %(bridge)s up; ip -n %(n)s link set lo up;"
            "ip -n %(n)s addr add %(v4)s dev eth0; ip -n %(n)s addr add %(v6)s dev eth0 nodad; ip -n %(n)s link set eth0 up;"
            "ip -n %(n)s route add default via %(gw4)s; ip -n %(n)s -6 route add default via %(gw6)s"
            % {
                "n": name,
                "bridge": self.bridge,
                "mac": endpoint["MacAddress"],
                "v4": endpoint["IPv4Address"],
                "v6": endpoint["IPv6Address"],
                "gw4": self.gateways[0],
                "gw6": self.gateways[1],
            }
        )


def reaches(name, address):
    return sh("ip netns exec %s busybox ping -q -c 1 -W 1 %s >/dev/null" % (name, address), check=False).returncode == 0


class Scene:
    def __init__(self, whalewall, engine, socket):
        self.whalewall = whalewall
        self.engine = engine
        self.environment = dict(os.environ, DOCKER_HOST=socket)
        self.dir = "/run/whalewall"
        os.makedirs(self.dir)
        self.process = None
        network = engine.networks[engine.add_network("web", "bridge", 1)]
        self.host = Host(network)
        self.endpoints = {}
        for name, labels in (("box", LABELS), ("free", {}), ("other", LABELS)):
            ident = engine.add_container(name, labels, ["web"])
            engine.start(ident)
            self.endpoints[name] = network["Containers"][ident]
            self.host.plug(name, self.endpoints[name])

    def addresses(self, name):
        return [self.endpoints[name][key].split("/")[0] for key in ("IPv4Address", "IPv6Address")]

    def lines(self, text):
        try:
            with open(self.dir + "/log") as f:
                return [line for line in f if '"%s' % text in line]
        except FileNotFoundError:
            return []

    def start(self):
        before = len(self.lines("ready"))
        arguments = [self.whalewall, "-d", self.dir, "-l", self.dir + "/log"]
        self.process = subprocess.Popen(arguments, env=self.environment, stdin=subprocess.DEVNULL)
        wait_until("ready", lambda: len(self.lines("ready")) > before)

    def judged_as_its_label_says(self):
        for address in ALLOWED:
            assert reaches("box", address), "%s is not let out" % address
            assert reaches("free", address), "the unmanaged is not let out to %s" % address
        for address in FORBIDDEN:
            assert not reaches("box", address), "%s is reached" % address
            assert reaches("free", address), "the unmanaged does not reach %s" % address
        for address in self.host.gateways:
            assert not reaches("box", address), "the host is reached at %s" % address


def bridge_netfilter(on):
    for family in ("ip", "ip6"):
        with open("/proc/sys/net/bridge/bridge-nf-call-%stables" % family, "w") as f:
            f.write("%d\n" % on)


def without_it_all_passes(scene):
    """The probes can succeed: what fails later was stopped."""
    for address in ALLOWED + FORBIDDEN + scene.addresses("free"):
        wait_until(address, lambda address=address: reaches("box", address))


def rules_are_in_force_when_it_is_ready(scene):
    scene.start()
    scene.judged_as_its_label_says()


def neighbours_are_judged_with_bridge_netfilter(scene):
    bridge_netfilter(True)
    for address in scene.addresses("free"):
        assert not reaches("box", address), "a neighbour is reached at %s" % address
    for address in scene.addresses("other"):
        assert not reaches("free", address), "a managed neighbour is reached at %s" % address


def a_foreign_flush_opens_nothing(scene):
    """Refused where the table is owned, restored elsewhere."""
    sh("nft flush ruleset")
    wait_until("closed, or not changed", lambda: "box" in sh("nft list set inet whalewall managed4", check=False).stdout, 5)
    wait_until("restored", lambda: "chain drop-out" in sh("nft list chains inet", check=False).stdout, 5)
    scene.judged_as_its_label_says()


def killed_it_leaves_the_rules_and_takes_over_again(scene):
    scene.process.kill()
    scene.process.wait()
    scene.judged_as_its_label_says()
    scene.start()
    scene.judged_as_its_label_says()
    neighbours_are_judged_with_bridge_netfilter(scene)


def neighbours_are_judged_without_bridge_netfilter(scene):
    """By table bridge, which can track connections here."""
    scene.process.kill()
    scene.process.wait()
    bridge_netfilter(False)
    scene.start()
    for address in scene.addresses("free"):
        assert not reaches("box", address), "a neighbour is reached at %s" % address
    for address in scene.addresses("other"):
        assert not reaches("free", address), "a managed neighbour is reached at %s" % address
    assert not scene.lines("traffic between containers of one bridge"), "it is judged, and reported not to be"
    scene.judged_as_its_label_says()
    bridge_netfilter(True)


def a_container_that_ends_is_forgotten(scene):
    ident = next(c["Id"] for c in scene.engine.containers.values() if c["Name"] == "/other")
    scene.engine.stop(ident)
    wait_until("gone", lambda: "other" not in sh("nft list set inet whalewall managed4").stdout)
    scene.judged_as_its_label_says()


def stopped_it_leaves_the_rules_and_clear_removes_them(scene):
    scene.process.terminate()
    assert scene.process.wait(10) == 0
    scene.judged_as_its_label_says()
    subprocess.run([scene.whalewall, "-clear", "-d", scene.dir], env=scene.environment, check=True)
    assert "whalewall" not in sh("nft list tables").stdout


PARTS = [
    without_it_all_passes,
    rules_are_in_force_when_it_is_ready,
    neighbours_are_judged_with_bridge_netfilter,
    a_foreign_flush_opens_nothing,
    killed_it_leaves_the_rules_and_takes_over_again,
    neighbours_are_judged_without_bridge_netfilter,
    a_container_that_ends_is_forgotten,
    stopped_it_leaves_the_rules_and_clear_removes_them,
]


def main():
    whalewall, fake = sys.argv[1:3]
    sys.path.insert(0, fake)
    import engine
    import fake_engine

    pretended = engine.Engine()
    listener, address = fake_engine.listen("unix:///run/docker.sock")
    threading.Thread(target=fake_engine.Server(pretended).serve, args=(listener, None), daemon=True).start()
    scene = Scene(whalewall, pretended, address)
    for part in PARTS:
        print("[ RUN      ] %s" % part.__name__, flush=True)
        try:
            part(scene)
        except Exception as e:
            print("%s\n[  FAILED  ] %s" % (e, part.__name__), flush=True)
            print(sh("cat %s/log; nft list ruleset" % scene.dir, check=False).stdout, flush=True)
            sys.stdout.flush()
            os._exit(1)
        print("[       OK ] %s" % part.__name__, flush=True)
    sys.stdout.flush()
    os._exit(0)  # the engine's threads wait for ever


main()
