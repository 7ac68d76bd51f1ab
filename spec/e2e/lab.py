"""The lab: a private Docker engine in a network namespace of its own, and an outside world.

    outside (namespace)  192.0.2.100 … .105/24, 2001:db8:ffff::100 … ::105/64
       │ veth
    host (namespace)     192.0.2.1/24, 192.0.2.5/24, 2001:db8:ffff::1/64, 2001:db8:ffff::5/64
       │ dockerd          default bridge 198.51.100.0/27, 2001:db8:0:1::/64; user networks: /27 and /64 each
    containers

The machine's own engine, rules and sysctls are not touched, and everything is removed in the end, also after a failure
or Ctrl-C. Two labs do not clash. Docker's FORWARD chain is opened in DOCKER-USER (`open_forward`), so that a packet which
does not arrive was stopped by the program under test, and by nothing else.

    with Lab(probe="/path/to/wwprobe") as lab:         # starts the engine, about 2 s
        lab.network("front")                           # dual stack; ipv6=False for IPv4 only
        web = lab.container("web", nets=["front"], ports=["8080:80"], rules="output: [...]")
        lab.start_all(["web"])                         # in parallel
        lab.probe("outside", "tcp 192.0.2.1 8080")     # -> Result(outcome="pass", server="web", peer="192.0.2.100")
        lab.engine.post("/containers/web/rename", name="web2")

A node is a sender: "host", "outside", and every running container by its name. Every container runs `wwprobe serve NAME PORTS`
on tcp and udp, and answers with its name and the address it saw, so it serves again after a restart.

    lab.addr("web", "front")          its address on that network ("front6"-style is family=6); None if it has none
    lab.gateway("front", family=4)    the host's address on that network
    lab.probes([(node, line), …])     many probes at once, in the order given; a line is `wwprobe batch` without its key
    lab.popen(node, argv, **kw)       run anything in the node's network namespace (the Popen is killed at the end)
    lab.run(node, argv)               the same, waits, returns stdout
    lab.flow(node, addr, port)        a long TCP conversation that knows when it stalls (class Flow)
    lab.arrives(node, packet, watcher)  forge a packet; does it arrive?
    lab.namespace(name, peer, …)      one more, joined to the host's by a veth pair
    lab.netns(node)                   path of the namespace, for nsenter --net=…
    lab.rules(), lab.own_tables()     the rules of other programs; the names of the program's tables
    lab.restart_engine(kill=False)    stop (or kill -9) dockerd and start it again with the same data
    lab.socket                        the engine's socket; lab.dir: a private folder that goes with the lab
    lab.inspect("web"), lab.pid("web"), lab.start/stop/restart/remove/rename/connect/disconnect/pause/unpause(…)
"""

import atexit
import collections
import concurrent.futures
import ctypes
import io
import ipaddress
import os
import pathlib
import re
import secrets
import signal
import subprocess
import tarfile
import tempfile

from cleanup import PREFIX, LabError, run, sweep_folder, undisturbed, wait_until
from dockerd import Dockerd
from engine import Engine
from flow import Flow

HOST4, HOST4_SECOND = "192.0.2.1", "192.0.2.5"
HOST6, HOST6_SECOND = "2001:db8:ffff::1", "2001:db8:ffff::5"
OUTSIDE4 = [f"192.0.2.{n}" for n in range(100, 106)]
OUTSIDE6 = [f"2001:db8:ffff::{n}" for n in range(100, 106)]
SERVED = ["1", "53", "80-82", "443", "3999-4003", "5432", "9000-9001", "65534-65535"]
IMAGE = "lab"

Result = collections.namedtuple("Result", "outcome server peer detail")
_PR_SET_PDEATHSIG = 1


def _die_with_parent():
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


class Lab:
    def __init__(self, probe, open_forward=True, bridge_nf=True, engine_args=()):
        self.probe_path = str(probe)
        self.open_forward = open_forward
        self.bridge_nf = bridge_nf
        self.suffix = f"{os.getpid()}-{secrets.token_hex(3)}"
        self.dir = pathlib.Path(tempfile.gettempdir()) / f"{PREFIX}{self.suffix}"
        self.dir.mkdir(mode=0o700)
        self.socket = self.dir / "docker.sock"
        self.engine = Engine(str(self.socket))
        self._dockerd = Dockerd(self.engine, self.dir, f"{PREFIX}{self.suffix}", lambda argv: self._in("host", argv), engine_args)
        self._children = []
        self._specs = {}
        self._inspected = {}
        self._networks = {}
        self._namespaces = ["host", "outside"]

    # --- life -------------------------------------------------------------------------------------------------------

    def __enter__(self):
        atexit.register(self.close)
        try:
            self._make_namespaces()
            self._dockerd.start()
            self._prepare_host()
            self._make_image(IMAGE)
            self._serve("host")
            self._serve("outside")
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """Remove everything. Every step is tried, whatever became of the steps before."""
        atexit.unregister(self.close)
        with undisturbed():
            for child in self._children:
                if child.poll() is None:
                    child.kill()
                    child.wait()
            self._dockerd.kill_containers()
            self._stop_engine(signal.SIGTERM)
            sweep_folder(self.dir)
            for name in self._namespaces:
                run("ip", "netns", "del", self._ns(name), check=False)

    def _ns(self, name):
        return f"{PREFIX}{self.suffix}-{name}"

    def netns(self, node):
        if node in self._namespaces:
            return f"/run/netns/{self._ns(node)}"
        return f"/proc/{self.pid(node)}/ns/net"

    def _in(self, node, argv):
        return ["nsenter", f"--net={self.netns(node)}", *[str(a) for a in argv]]

    def run(self, node, argv, check=True):
        return run(*self._in(node, argv), check=check)

    def popen(self, node, argv, **kw):
        child = subprocess.Popen(self._in(node, argv), preexec_fn=_die_with_parent, **kw)
        self._children.append(child)
        return child

    def _make_namespaces(self):
        for name in ("host", "outside"):
            run("ip", "netns", "add", self._ns(name))
        host, outside = self._ns("host"), self._ns("outside")
        run("ip", "link", "add", "out0", "netns", host, "type", "veth", "peer", "name", "eth0", "netns", outside)
        lines = ["link set lo up", "link set out0 up"]
        lines += [f"addr add {a}/24 dev out0" for a in (HOST4, HOST4_SECOND)]
        # an IPv6 address is preferred for sending when it was added last
        lines += [f"addr add {a}/64 dev out0 nodad" for a in (HOST6_SECOND, HOST6)]
        run("nsenter", f"--net=/run/netns/{host}", "sh", "-c", "echo 0 >/proc/sys/net/ipv6/conf/default/accept_dad")
        run("ip", "-n", host, "-batch", "-", input="\n".join(lines))
        lines = ["link set lo up", "link set eth0 up"]
        lines += [f"addr add {a}/24 dev eth0" for a in OUTSIDE4]
        lines += [f"addr add {a}/64 dev eth0 nodad" for a in reversed(OUTSIDE6)]
        lines += [f"route add {net} via {HOST4}" for net in ("198.51.100.0/24", "203.0.113.0/24")]
        lines += [f"route add 2001:db8::/32 via {HOST6}"]
        run("ip", "-n", outside, "-batch", "-", input="\n".join(lines))

    def namespace(self, name, peer, addresses=(), routes=()):
        """One more namespace, which can send, too: a veth pair leads from its eth0 to `peer` in the host's namespace."""
        run("ip", "netns", "add", self._ns(name))
        self._namespaces.append(name)
        run("ip", "link", "add", peer, "netns", self._ns("host"), "type", "veth", "peer", "name", "eth0", "netns", self._ns(name))
        lines = ["link set lo up", "link set eth0 up", *(f"addr add {a} dev eth0{' nodad' * (':' in a)}" for a in addresses)]
        run("ip", "-n", self._ns("host"), "link", "set", peer, "up")
        run("ip", "-n", self._ns(name), "-batch", "-", input="\n".join([*lines, *(f"route add {r}" for r in routes)]))
        self._serve(name)

    # --- engine -----------------------------------------------------------------------------------------------------

    def _prepare_host(self):
        self._open_forward()
        self._dockerd.filter_bridges(self.bridge_nf)

    def _open_forward(self):
        """Docker 20.10 has DOCKER-USER for IPv4 only, and puts its IPv6 rules before others when it makes a network."""
        if self.open_forward:
            self.run("host", ["iptables", "-w", "-I", "DOCKER-USER", "-j", "ACCEPT"])
            self.run("host", ["ip6tables", "-w", "-I", "FORWARD", "-j", "ACCEPT"])

    def engine_log(self, lines):
        return self._dockerd.log(lines)

    def _stop_engine(self, sig):
        self._dockerd.stop(sig)

    def restart_engine(self, kill=False):
        """Containers with restart policy "always" come back. After kill -9 its containerd goes with it, the containers run on."""
        self._inspected.clear()
        self._dockerd.restart(kill)
        self._prepare_host()

    def _make_image(self, name, labels=None):
        tar = io.BytesIO()
        with tarfile.open(fileobj=tar, mode="w") as archive:
            archive.add(self.probe_path, "wwprobe")
            archive.add("/bin/busybox", "bin/busybox")
        self.engine.import_image(tar.getvalue(), name, labels)

    def image(self, name, labels):
        """One more image, with labels of its own."""
        self._make_image(name, labels)

    # --- networks and containers ------------------------------------------------------------------------------------

    def network(self, name, ipv6=True, wide=False, labels=None, **more):
        """A bridge network with a subnet of documentation addresses: a /27, or the one /25 there is (wide)."""
        n = len(self._networks) + 1
        if n > 11:
            raise LabError("no more subnets")
        v4 = "198.51.100.128/25" if wide else f"203.0.113.{(n - 1) * 32}/27" if n <= 8 else f"198.51.100.{(n - 8) * 32}/27"
        ipam = [{"Subnet": v4}] + ([{"Subnet": f"2001:db8:0:{n + 0x10:x}::/64"}] if ipv6 else [])
        body = {"Name": name, "Driver": "bridge", "EnableIPv6": ipv6, "IPAM": {"Config": ipam},
                "Labels": labels or {}, "CheckDuplicate": True, **more}
        self._networks[name] = self.engine.post("/networks/create", body)["Id"]
        self._open_forward()

    def container(self, name, nets=("bridge",), rules=None, enabled=None, ports=(), ips=None, project=None,
                  service=None, labels=None, serve=SERVED, image=IMAGE, mode=None, host_config=None, expose=(), mac=None):
        """Create (not start) a container. rules: the text of whalewall.rules; enabled: of whalewall.enabled (default "true"
        when there are rules). ports: "[HOSTIP:]HOSTPORT:PORT[/PROTO]". ips: {network: (v4, v6)}. mode: network mode instead of nets.
        """
        labels = dict(labels or {})
        if rules is not None:
            labels.setdefault("whalewall.rules", rules)
            enabled = "true" if enabled is None else enabled
        if enabled is not None:
            labels["whalewall.enabled"] = enabled
        if project:
            labels["com.docker.compose.project"] = project
        if service:
            labels["com.docker.compose.service"] = service
        bindings = _bindings(ports)
        exposed = {port: {} for port in [*bindings, *expose]}
        body = {"Image": image, "Cmd": ["/wwprobe", "serve", name, *serve], "Labels": labels, "StopSignal": "SIGKILL",
                "ExposedPorts": exposed,
                "HostConfig": {"NetworkMode": mode or nets[0], "PortBindings": bindings, **(host_config or {})}}
        if mac:
            body["MacAddress"] = mac
        if mode is None:
            body["NetworkingConfig"] = {"EndpointsConfig": {nets[0]: self._endpoint(nets[0], ips)}}
        self._specs[name] = {"nets": list(nets) if mode is None else [], "ips": ips, "answers": name}
        self.engine.post("/containers/create", body, name=name)
        for net in self._specs[name]["nets"][1:]:
            self.connect(name, net)
        return name

    @staticmethod
    def _endpoint(net, ips):
        v4, v6 = (ips or {}).get(net, (None, None))
        config = {key: value for key, value in (("IPv4Address", v4), ("IPv6Address", v6)) if value}
        return {"IPAMConfig": config} if config else {}

    def _act(self, container, action, **query):
        self._inspected.pop(container, None)
        self.engine.post(f"/containers/{container}/{action}", **query)
        self._inspected.pop(container, None)

    def start(self, name):
        self._act(name, "start")

    def stop(self, name):
        self._act(name, "stop", t=1)

    def restart(self, name):
        self._act(name, "restart", t=1)

    def pause(self, name):
        self._act(name, "pause")

    def unpause(self, name):
        self._act(name, "unpause")

    def rename(self, name, new):
        self._act(name, "rename", name=new)
        self._specs[new] = self._specs.pop(name)

    def remove(self, name):
        self._inspected.pop(name, None)
        self.engine.delete(f"/containers/{name}", force=1)

    def connect(self, name, net, ips=None):
        body = {"Container": name, "EndpointConfig": self._endpoint(net, {net: ips} if ips else self._specs[name]["ips"])}
        self.engine.post(f"/networks/{net}/connect", body)
        self._inspected.pop(name, None)

    def disconnect(self, name, net):
        self.engine.post(f"/networks/{net}/disconnect", {"Container": name})
        self._inspected.pop(name, None)

    def start_all(self, names, workers=4):
        with concurrent.futures.ThreadPoolExecutor(workers) as pool:
            list(pool.map(self.start, names))

    def inspect(self, name):
        """What the engine says of it; remembered until one of this object's methods changes the container."""
        if name not in self._inspected:
            self._inspected[name] = self.engine.get(f"/containers/{name}/json")
        return self._inspected[name]

    def forget(self, name):
        """After a change that was not made through this object."""
        self._inspected.pop(name, None)

    def pid(self, name):
        pid = self.inspect(name)["State"]["Pid"]
        if not pid:
            raise LabError(f"{name} is not running")
        return pid

    def answers(self, name):
        """The name with which its server answers: the one it was created with."""
        return self._specs.get(name, {}).get("answers", name)

    def nets(self, name):
        """Its networks, in the order in which they were given."""
        now = self.inspect(name)["NetworkSettings"]["Networks"]
        order = self._specs.get(name, {}).get("nets", [])
        return [n for n in order if n in now] + [n for n in now if n not in order]

    def addr(self, name, net, family=4):
        endpoint = self.inspect(name)["NetworkSettings"]["Networks"].get(net) or {}
        return endpoint.get("IPAddress" if family == 4 else "GlobalIPv6Address") or None

    def link_local(self, name):
        """The address that the kernel derives from the MAC of its first interface."""
        mac = [int(part, 16) for part in self.inspect(name)["NetworkSettings"]["Networks"][self.nets(name)[0]]["MacAddress"].split(":")]
        eui = [mac[0] ^ 2, mac[1], mac[2], 0xFF, 0xFE, *mac[3:]]
        return "fe80::" + ":".join(f"{eui[i]:02x}{eui[i + 1]:02x}" for i in range(0, 8, 2))

    def host_link_local(self, net):
        """The first one of the host's on that network; older engines give each bridge fe80::1."""
        found = self.engine.get(f"/networks/{net}")
        bridge = found["Options"].get("com.docker.network.bridge.name", f"br-{found['Id'][:12]}")
        return re.search(r"inet6 (fe80:[0-9a-f:]+)", self.run("host", ["ip", "-6", "addr", "show", "dev", bridge]))[1]

    def gateway(self, net, family=4):
        for config in self.engine.get(f"/networks/{net}")["IPAM"]["Config"]:
            if (":" in config["Subnet"]) == (family == 6):
                return config.get("Gateway") or _first(config["Subnet"])
        return None

    def rules(self):
        """The host namespace's rules but for the program's own tables, without counters."""
        text = self.run("host", ["nft", "-s", "list", "ruleset"])
        tables = re.split(r"^(?=table )", text, flags=re.M)[1:]
        return "".join(t for t in tables if not re.match(r"table \w+ whalewall ", t))

    def own_tables(self):
        """The program's tables, as `nft list tables` names them."""
        return [line for line in self.run("host", ["nft", "list", "tables"]).splitlines() if line.endswith(" whalewall")]

    # --- flows and forged packets ------------------------------------------------------------------------------------

    def flow(self, node, addr, port):
        """A long TCP conversation with a server; see Flow."""
        return Flow(self.popen(node, [self.probe_path, "flow", addr, port], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, text=True))

    def arrives(self, node, packet, watcher, timeout=300):
        """Forge a packet ("udp SRC SPORT DST DPORT") at `node`: does one from that source port come in at `watcher`?"""
        proto, _, sport, *_ = packet.split()
        watch = self.popen(watcher, [self.probe_path, "watch", proto, sport, timeout], stdout=subprocess.PIPE, text=True)
        if watch.stdout.readline() != "ready\n":
            raise LabError(f"wwprobe watch does not start at {watcher}")
        self.run(node, [self.probe_path, "raw", *packet.split()])
        answer = watch.communicate()[0]
        return answer.startswith("seen")

    # --- probes -----------------------------------------------------------------------------------------------------

    def _serve(self, node):
        argv = [self.probe_path, "serve", node, *SERVED]
        child = self.popen(node, argv, stdout=subprocess.PIPE, text=True)
        if "serving" not in child.stdout.readline():
            raise LabError(f"wwprobe serve does not start in {node}")

    def probe(self, node, line):
        return self.probes([(node, line)])[0]

    def probes(self, wanted):
        """One `wwprobe batch` for each sender, all at once. A list of Result in the order of `wanted`."""
        lines = collections.defaultdict(list)
        for key, (node, line) in enumerate(wanted):
            lines[node].append(f"{key} {line}\n")
        running = [(subprocess.Popen(self._in(node, [self.probe_path, "batch"]), stdin=subprocess.PIPE,
                                     stdout=subprocess.PIPE, text=True), "".join(text)) for node, text in lines.items()]
        results = {}
        for child, text in running:
            child.stdin.write(text)
            child.stdin.close()
        for child, _ in running:
            for answer in child.stdout:
                key, outcome, *rest = answer.split()
                server, peer = (rest + [None, None])[:2] if outcome == "pass" else (None, None)
                results[int(key)] = Result(outcome, server, peer, " ".join([outcome, *rest]))
            child.stdout.close()
            child.wait()
        lost = Result("error", None, None, "no answer of wwprobe")
        return [results.get(key, lost) for key in range(len(wanted))]


def _bindings(ports):
    bindings = {}
    for text in ports:
        text, _, proto = text.partition("/")
        ip, host_port, port = text.rsplit(":", 2) if text.count(":") > 1 else ("", *text.split(":"))
        key = f"{port}/{proto or 'tcp'}"
        bindings.setdefault(key, []).append({"HostIp": ip.strip("[]"), "HostPort": host_port})
    return bindings


def _first(subnet):
    return str(ipaddress.ip_network(subnet)[1])
