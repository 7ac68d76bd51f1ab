"""The state of a pretended Docker engine: containers, networks, images, and the events of what happens to them.

It answers in the shape of engine 20.10 (spec/recordings), reduced to what a client may look at.
"""

import hashlib
import ipaddress
import json
import queue
import random
import threading
import time

IMAGE = "sha256:" + "ab" * 32


def make_id(text):
    return hashlib.sha256(text.encode()).hexdigest()


class Engine:
    def __init__(self):
        self.lock = threading.RLock()
        self.streams = []
        self.version = {"Version": "20.10.24", "ApiVersion": "1.41", "MinAPIVersion": "1.12"}
        self.list_cache = None
        self.serial = 0
        self.clock = time.time_ns()
        self.reset()

    def reset(self):
        with self.lock:
            self.containers = {}
            self.networks = {}
            self.services = []
            self.images = {IMAGE: {"Id": IMAGE, "Config": {"Labels": {"whalewall.rules": "# of the image"}}}}
            self.history = []
            self.held = None
            self.changed()
            for name, driver, subnet in (("none", "null", None), ("host", "host", None), ("bridge", "bridge", 0)):
                self.add_network(name, driver, subnet, silent=True)

    def changed(self):
        self.list_cache = None

    # Events

    def emit(self, kind, action, ident, attributes):
        self.clock = max(self.clock + 1, time.time_ns())
        line = json.dumps(
            {
                "Type": kind,
                "Action": action,
                "Actor": {"ID": ident, "Attributes": attributes},
                "scope": "local",
                "time": self.clock // 10**9,
                "timeNano": self.clock,
            }
        )
        if self.held is not None:
            self.held.append((self.clock, line))
        else:
            self.send(self.clock, line)

    def send(self, when, line):
        self.history = self.history[-255:] + [(when, line)]
        for stream in self.streams:
            stream.put(line)

    def hold(self):
        """Keep the events of what happens from now on, until release()."""
        with self.lock:
            self.held = []

    def release(self, rng=None):
        with self.lock:
            held, self.held = self.held, None
            if rng:
                rng.shuffle(held)
            for when, line in held:
                self.send(when, line)

    def subscribe(self, since):
        stream = queue.SimpleQueue()
        with self.lock:
            for when, line in self.history:
                if since is not None and when >= since:
                    stream.put(line)
            self.streams.append(stream)
        return stream

    def unsubscribe(self, stream):
        with self.lock:
            if stream in self.streams:
                self.streams.remove(stream)

    def drop_streams(self):
        with self.lock:
            for stream in self.streams:
                stream.put(None)

    def container_event(self, action, c, **more):
        self.emit("container", action, c["Id"], {"name": c["Name"].lstrip("/"), **c["Config"]["Labels"], **more})

    def network_event(self, action, n, container=None):
        attributes = {"name": n["Name"], "type": n["Driver"]}
        if container:
            attributes["container"] = container
        self.emit("network", action, n["Id"], attributes)

    def last_time(self):
        return self.clock

    # Services of a swarm

    def set_service(self, name, labels, container_labels=None):
        with self.lock:
            known = [s for s in self.services if s["Spec"]["Name"] == name]
            spec = {"Name": name, "Labels": labels, "TaskTemplate": {"ContainerSpec": {"Image": "x", "Labels": container_labels or {}}}}
            if known:
                known[0]["Spec"] = spec
            else:
                self.services.append({"ID": make_id("service %s" % name)[:25], "Spec": spec})
            self.emit("service", "update" if known else "create", make_id("service %s" % name)[:25], {"name": name})

    def remove_service(self, name):
        with self.lock:
            self.services = [s for s in self.services if s["Spec"]["Name"] != name]
            self.emit("service", "remove", make_id("service %s" % name)[:25], {"name": name})

    # Networks

    def add_network(self, name, driver="bridge", subnet=None, labels=None, silent=False):
        """subnet: a number from 0 to 1023, or None for a driver without addresses."""
        with self.lock:
            self.serial += 1
            ident = make_id("network %s %d" % (name, self.serial))
            config = []
            if subnet is not None:
                v4 = ipaddress.ip_network("198.18.0.0/15")
                base = int(v4.network_address) + subnet * 128
                config = [
                    {"Subnet": "%s/25" % ipaddress.ip_address(base), "Gateway": str(ipaddress.ip_address(base + 1))},
                    {"Subnet": "2001:db8:%x::/64" % subnet, "Gateway": "2001:db8:%x::1" % subnet},
                ]
            options = {}
            if name == "bridge":
                options = {
                    "com.docker.network.bridge.default_bridge": "true",
                    "com.docker.network.bridge.name": "docker0",
                }
            network = {
                "Name": name,
                "Id": ident,
                "Scope": "local",
                "Driver": driver,
                "EnableIPv6": bool(config),
                "IPAM": {"Driver": "default", "Options": {}, "Config": config},
                "Internal": False,
                "Containers": {},
                "Options": options,
                "Labels": labels or {},
            }
            self.networks[ident] = network
            if not silent:
                self.network_event("create", network)
            return ident

    def network_named(self, name):
        for network in self.networks.values():
            if network["Name"] == name:
                return network
        raise KeyError(name)

    def remove_network(self, ident):
        with self.lock:
            network = self.networks.pop(ident)
            self.network_event("destroy", network)

    def attach(self, c, network, silent=False):
        used = {e["IPv4Address"] for e in network["Containers"].values()}
        endpoint = {"Name": c["Name"].lstrip("/"), "EndpointID": "", "MacAddress": "", "IPv4Address": "", "IPv6Address": ""}
        if network["IPAM"]["Config"]:
            v4 = ipaddress.ip_network(network["IPAM"]["Config"][0]["Subnet"])
            v6 = ipaddress.ip_network(network["IPAM"]["Config"][1]["Subnet"])
            number = len(used) + 2
            while "%s/25" % v4[number] in used:
                number = number + 1 if number < 120 else 2
            packed = v4[number].packed
            endpoint["IPv4Address"] = "%s/25" % v4[number]
            endpoint["IPv6Address"] = "%s/64" % v6[number]
            endpoint["MacAddress"] = "02:42:%02x:%02x:%02x:%02x" % tuple(packed)
        endpoint["EndpointID"] = make_id(c["Id"] + network["Id"])
        network["Containers"][c["Id"]] = endpoint
        if not silent:
            self.network_event("connect", network, c["Id"])

    def detach(self, c, network):
        if network["Containers"].pop(c["Id"], None):
            self.network_event("disconnect", network, c["Id"])

    # Containers

    def add_container(self, name, labels=None, networks=("bridge",), mode=None, ports=None, image=IMAGE, silent=False):
        """ports: {"80/tcp": [("", "8080")]}."""
        with self.lock:
            self.serial += 1
            ident = make_id("container %s %d" % (name, self.serial))
            bindings = {k: [{"HostIp": ip, "HostPort": p} for ip, p in v] for k, v in (ports or {}).items()}
            self.containers[ident] = {
                "Id": ident,
                "Name": "/" + name,
                "Image": image,
                "State": {"Status": "created", "Running": False, "StartedAt": "0001-01-01T00:00:00Z"},
                "Config": {"Labels": labels or {}, "ExposedPorts": {k: {} for k in bindings}},
                "HostConfig": {"NetworkMode": mode or networks[0], "PortBindings": bindings, "PublishAllPorts": False},
                "NetworkSettings": {"Ports": {}, "Networks": {name: {"NetworkID": ""} for name in networks}},
            }
            self.changed()
            if not silent:
                self.container_event("create", self.containers[ident], image=image)
            return ident

    def status(self, c, status):
        c["State"]["Status"] = status
        c["State"]["Running"] = status in ("running", "paused")
        self.changed()

    def process(self, ident, pid):
        """What inspects say of its process; before that nothing."""
        with self.lock:
            self.containers[ident]["State"]["Pid"] = pid
            self.changed()

    def publish(self, c):
        ports = {}
        for key, bindings in c["HostConfig"]["PortBindings"].items():
            ports[key] = []
            for b in bindings:
                for ip in [b["HostIp"]] if b["HostIp"] else ["0.0.0.0", "::"]:
                    ports[key].append({"HostIp": ip, "HostPort": b["HostPort"] or "49153"})
        c["NetworkSettings"]["Ports"] = ports

    def start(self, ident, silent=False):
        with self.lock:
            c = self.containers[ident]
            if c["State"]["Running"]:
                return
            for name in list(c["NetworkSettings"]["Networks"]):
                try:
                    self.attach(c, self.network_named(name), silent)
                except KeyError:
                    del c["NetworkSettings"]["Networks"][name]
            self.publish(c)
            now = time.time_ns()
            c["State"]["StartedAt"] = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now // 10**9)) + ".%09dZ" % (now % 10**9)
            self.status(c, "running")
            if not silent:
                self.container_event("start", c)

    def stop(self, ident):
        with self.lock:
            c = self.containers[ident]
            if not c["State"]["Running"]:
                return
            self.container_event("kill", c, signal="15")
            c["NetworkSettings"]["Ports"] = {}
            self.status(c, "exited")
            self.container_event("die", c, exitCode="0")
            for network in self.networks.values():
                self.detach(c, network)
            self.container_event("stop", c)

    def pause(self, ident, paused):
        with self.lock:
            c = self.containers[ident]
            if c["State"]["Status"] == ("running" if paused else "paused"):
                self.status(c, "paused" if paused else "running")
                self.container_event("pause" if paused else "unpause", c)

    def rename(self, ident, name):
        with self.lock:
            c = self.containers[ident]
            c["Name"] = "/" + name
            self.changed()
            self.container_event("rename", c)

    def remove(self, ident):
        with self.lock:
            self.stop(ident)
            c = self.containers.pop(ident)
            self.changed()
            self.container_event("destroy", c)

    def connect(self, ident, network_id):
        with self.lock:
            c, n = self.containers[ident], self.networks[network_id]
            if c["State"]["Running"] and ident not in n["Containers"] and n["Driver"] == "bridge":
                c["NetworkSettings"]["Networks"][n["Name"]] = {"NetworkID": n["Id"]}
                self.changed()
                self.attach(c, n)

    def disconnect(self, ident, network_id):
        with self.lock:
            c, n = self.containers[ident], self.networks[network_id]
            if c["State"]["Running"] and ident in n["Containers"]:
                c["NetworkSettings"]["Networks"].pop(n["Name"], None)
                self.changed()
                self.detach(c, n)

    # Answers

    def list_entry(self, c):
        ports = []
        for key, bindings in c["NetworkSettings"]["Ports"].items():
            number, proto = key.split("/")
            for b in bindings:
                ports.append(
                    {"IP": b["HostIp"], "PrivatePort": int(number), "PublicPort": int(b["HostPort"]), "Type": proto}
                )
        return {
            "Id": c["Id"],
            "Names": [c["Name"]],
            "ImageID": c["Image"],
            "Ports": ports,
            "Labels": c["Config"]["Labels"],
            "State": c["State"]["Status"],
            "HostConfig": {"NetworkMode": c["HostConfig"]["NetworkMode"]},
            "NetworkSettings": {"Networks": c["NetworkSettings"]["Networks"]},
        }

    def answer(self, path):
        """The body of a GET (bytes), or None when there is no such thing."""
        parts = path.strip("/").split("/")
        with self.lock:
            if parts == ["version"]:
                found = self.version
            elif parts == ["containers", "json"]:
                if self.list_cache is None:
                    self.list_cache = json.dumps([self.list_entry(c) for c in self.containers.values()]).encode()
                return self.list_cache
            elif parts == ["services"]:
                found = self.services
            elif parts == ["networks"]:
                found = [{k: v for k, v in n.items() if k != "Containers"} for n in self.networks.values()]
            elif parts[0] == "networks" and len(parts) == 2:
                found = self.networks.get(parts[1])
            elif parts[0] == "containers" and parts[2:] == ["json"]:
                found = self.containers.get(parts[1])
            elif parts[0] == "images" and parts[2:] == ["json"]:
                found = self.images.get(parts[1])
            else:
                found = None
            return None if found is None else json.dumps(found).encode()

    # Many at once

    def populate(self, containers, per_network, managed=True):
        """So many running containers, on networks of `per_network` each."""
        with self.lock:
            for i in range(containers):
                if i % per_network == 0:
                    self.add_network("net-%d" % (i // per_network), subnet=i // per_network + 1, silent=True)
                labels = {"whalewall.enabled": "true", "whalewall.rules": "# none\n"} if managed else {}
                labels["com.docker.compose.service"] = "svc-%d" % (i % 100)
                ident = self.add_container(
                    "c-%d" % i, labels, ["net-%d" % (i // per_network)], ports={"80/tcp": [("", str(10000 + i))]}, silent=True
                )
                self.start(ident, silent=True)

    def load(self, folder):
        """What a real engine answered: its list, containers and networks."""
        with self.lock:
            self.containers = {}
            self.networks = {}
            for name in ("inspect-running-unpublished", "inspect-two-networks"):
                with open("%s/%s.json" % (folder, name), encoding="utf-8") as file:
                    c = json.load(file)
                self.containers[c["Id"]] = c
                self.images[c["Image"]] = {"Id": c["Image"], "Config": {"Labels": None}}
            with open("%s/networks.json" % folder, encoding="utf-8") as file:
                self.networks = {n["Id"]: n for n in json.load(file)}
            with open("%s/network-inspect.json" % folder, encoding="utf-8") as file:
                n = json.load(file)
            self.networks[n["Id"]] = n
            with open("%s/version.json" % folder, encoding="utf-8") as file:
                self.version = json.load(file)
            with open("%s/list-all.json" % folder, encoding="utf-8") as file:
                self.list_cache = file.read().encode()

    def storm(self, seed, steps, shuffle):
        """Random operations; with `shuffle` their events come after all of them, in any order."""
        rng = random.Random(seed)
        if shuffle:
            self.hold()
        for step in range(steps):
            with self.lock:
                self.random_step(rng, step)
            if not shuffle and rng.random() < 0.3:
                time.sleep(rng.random() * 0.004)
        if shuffle:
            self.release(rng)

    def random_step(self, rng, step):
        containers = sorted(self.containers)
        networks = sorted(i for i, n in self.networks.items() if n["Driver"] == "bridge" and n["Name"] != "bridge")
        kind = rng.randrange(12)
        if kind == 0 or not networks:
            self.serial += 1
            self.add_network("n-%d" % self.serial, subnet=1 + self.serial % 1000)
        elif kind <= 2 or not containers:
            names = [self.networks[i]["Name"] for i in rng.sample(networks, min(len(networks), rng.randrange(1, 3)))]
            labels = {"whalewall.enabled": "true", "whalewall.rules": "# %d" % step} if rng.random() < 0.7 else {}
            self.add_container("c-%d" % step, labels, names, ports={"80/tcp": [("", str(8000 + step))]})
        elif kind <= 5:
            self.start(rng.choice(containers))
        elif kind == 6:
            self.stop(rng.choice(containers))
        elif kind == 7:
            self.remove(rng.choice(containers))
        elif kind == 8:
            self.rename(rng.choice(containers), "r-%d" % step)
        elif kind == 9:
            self.pause(rng.choice(containers), rng.random() < 0.5)
        elif kind == 10:
            self.connect(rng.choice(containers), rng.choice(networks))
        else:
            ident = rng.choice(networks)
            if self.networks[ident]["Containers"]:
                self.disconnect(rng.choice(sorted(self.networks[ident]["Containers"])), ident)
            else:
                self.remove_network(ident)
