#!/usr/bin/env python3
"""The pretended engine of spec/fake-engine with the bench's containers, and with a note of when it said what.

    bench_engine.py --listen unix:///… --containers N [--rules N | --peer address|cidr] [--unmanaged N] [--apart]

--rules: so many counted rules each, instead of the typical ones. --peer: who may reach a container is one address, or one CIDR. --unmanaged: the last so many are not managed. --apart: one
more that is not managed, alone on a network that is not guarded.
POST /fake/do takes these methods, too: make, connect_only, start_rest, die_only, disconnect_rest, next_address, addresses,
spoken.
"""

import argparse
import json
import os
import queue
import sys
import threading
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "fake-engine"))

from engine import Engine  # noqa: E402
from fake_engine import Server, listen  # noqa: E402
from population import PEERS, PER_NETWORK, PUBLISHED, counted_rules, host_port, labels, listed_rules, typical_rules  # noqa: E402


class Stream:
    """A stream of events that notes when each is written."""

    def __init__(self, engine):
        self.engine = engine
        self.lines = queue.SimpleQueue()

    def put(self, line):
        self.lines.put(line)

    def get(self):
        line = self.lines.get()
        self.engine.said.append((time.monotonic_ns(), line))
        return line


class BenchEngine(Engine):
    def __init__(self, rules, peer):
        self.rules = rules
        self.peer = peer
        self.said = []
        self.asked = []
        self.answers = {}
        self.numbers = 0
        super().__init__()

    # An answer is made once, so that its making is not measured.

    def changed(self):
        super().changed()
        self.answers = {}

    def answer(self, path):
        with self.lock:
            if path not in self.answers:
                self.answers[path] = super().answer(path)
            return self.answers[path]

    def subscribe(self, since):
        stream = Stream(self)
        with self.lock:
            for when, line in self.history:
                if since is not None and when >= since:
                    stream.put(line)
            self.streams.append(stream)
        return stream

    # Containers

    def make(self, managed=True, silent=False):
        """The next container, created but not started. Returns its id."""
        with self.lock:
            number, self.numbers = self.numbers, self.numbers + 1
            group = number // PER_NETWORK
            network = f"net-{group}"
            if number % PER_NETWORK == 0:
                self.add_network(network, subnet=group + 1, silent=silent)
            first = f"c-{group * PER_NETWORK}" if number % PER_NETWORK else None
            rules = self.rules_of(number, network, first)
            ports = {f"{PUBLISHED}/tcp": [("", str(host_port(number)))]}
            return self.add_container(f"c-{number}", labels(rules if managed else None), [network], None, ports, silent=silent)

    def rules_of(self, number, network, first):
        if self.peer:
            return listed_rules(number, network, first, self.peer)
        return counted_rules(self.rules) if self.rules else typical_rules(number, network, first)

    def make_apart(self):
        """A container that is not managed, on a network where no container is."""
        with self.lock:
            self.add_network("apart", subnet=1023, silent=True)
            return self.add_container("apart", {}, ["apart"], None, {}, silent=True)

    def fill(self, containers, unmanaged, apart):
        for i in range(containers):
            self.start(self.make(i < containers - unmanaged, silent=True), silent=True)
        if apart:
            self.start(self.make_apart(), silent=True)
        for ident in self.networks:
            self.answer(f"/networks/{ident}")
        for path in ("/containers/json", "/networks"):
            self.answer(path)

    def connect_only(self, ident):
        """Returns its address. Nothing else is done after the event: it would be done while the program asks."""
        with self.lock:
            c = self.containers[ident]
            network = self.network_named(next(iter(c["NetworkSettings"]["Networks"])))
            self.attach(c, network, silent=True)
            self.changed()
            self.answer(f"/networks/{network['Id']}")
            address = network["Containers"][ident]["IPv4Address"].split("/")[0]
            self.network_event("connect", network, ident)
        return address

    def start_rest(self, ident):
        with self.lock:
            c = self.containers[ident]
            self.publish(c)
            self.status(c, "running")
            self.container_event("start", c)

    def die_only(self, ident):
        with self.lock:
            c = self.containers[ident]
            c["NetworkSettings"]["Ports"] = {}
            self.status(c, "exited")
            self.container_event("die", c, exitCode="0")

    def disconnect_rest(self, ident):
        with self.lock:
            for network in self.networks.values():
                if network["Containers"].pop(ident, None):
                    self.changed()
                    self.answer(f"/networks/{network['Id']}")
                    self.network_event("disconnect", network, ident)

    def next_address(self, ident):
        """Which address a container will get when it is connected."""
        with self.lock:
            network = self.network_named(next(iter(self.containers[ident]["NetworkSettings"]["Networks"])))
            self.attach(self.containers[ident], network, silent=True)
            return network["Containers"].pop(ident)["IPv4Address"].split("/")[0]

    def addresses(self):
        """[name, IPv4, MAC, network's name, network's id, gateway] of all containers that have an address."""
        with self.lock:
            return [
                [e["Name"], e["IPv4Address"].split("/")[0], e["MacAddress"], n["Name"], n["Id"], n["IPAM"]["Config"][0]["Gateway"]]
                for n in self.networks.values()
                for e in n["Containers"].values()
            ]

    def spoken(self):
        """What was said since the last call: [[ns, action, container's id]…], and the answers given, [[ns, ns, path]…]."""
        said, self.said = self.said, []
        asked, self.asked = self.asked, []
        events = []
        for ns, line in said:
            event = json.loads(line)
            actor = event["Actor"]
            events.append([ns, event["Action"], actor["Attributes"].get("container", actor["ID"])])
        return [events, asked]


class BenchServer(Server):
    def get(self, connection, target):
        begin = time.monotonic_ns()
        result = super().get(connection, target)
        self.engine.asked.append([begin, time.monotonic_ns(), target])
        return result


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--listen", required=True)
    parser.add_argument("--containers", type=int, required=True)
    parser.add_argument("--rules", type=int, default=0)
    parser.add_argument("--peer", choices=PEERS)
    parser.add_argument("--unmanaged", type=int, default=0)
    parser.add_argument("--apart", action="store_true")
    args = parser.parse_args()
    sys.setswitchinterval(0.0005)
    engine = BenchEngine(args.rules, args.peer)
    engine.fill(args.containers, args.unmanaged, args.apart)
    listener, address = listen(args.listen)
    print("ready", address, flush=True)
    threading.stack_size(256 * 1024)
    BenchServer(engine).serve(listener, None)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(0)
