"""Senders and sinks of tagged datagrams: which node sends where, and what came.

    floods = Floods(lab)
    floods.sink("outside")                              # counts at ports 7000 and 7001, until the lab is gone
    floods.send("outside", "flood", {"p4": "192.0.2.1/8400"}, fresh=20)
    floods.command("web", targets, ms=300)              # the same as a container's command; needs floods.binds
    floods.tally("outside").counts()                    # {"web>o4": 12}

A key is "SENDER>TARGET". Ports: 7000 is the one that tests publish, 7001 is not published.
"""

import signal
import subprocess

from cleanup import wait_until
from tally import Tally

PORTS = (7000, 7001)
PUBLISHED, PRIVATE = PORTS


class Floods:
    def __init__(self, lab):
        self.lab = lab
        self.dir = lab.dir / "reports"
        self.dir.mkdir(exist_ok=True)
        self.binds = [f"{self.dir}:/reports"]
        self.senders = {}

    def tally(self, name):
        return Tally(self.dir / name)

    @staticmethod
    def _words(name, path, targets, ports, options):
        groups = options.pop("groups", ())
        words = [name, path, *(f"{key}={value}" for key, value in options.items())]
        for port in ports:
            words += [f"listen={port}", *(f"join={group}" for group in groups)]
        return words + [f"{key}={to}" for key, to in targets.items()]

    def command(self, name, targets, ports=PORTS, **options):
        """For a container whose image is the lab's and which has `binds`. options: every (us), ms, fresh, sport; groups to join."""
        return ["/wwprobe", "first", *self._words(name, f"/reports/{name}", targets, ports, options)]

    def _run(self, node, name, words):
        child = self.lab.popen(node, [self.lab.probe_path, "first", *words], stdout=subprocess.DEVNULL)
        wait_until(f"{name} begins", self.tally(name).head, 30)
        return child

    def sink(self, node, name=None, ports=PORTS, **options):
        """Count at `node` ("host", "outside", a running container)."""
        name = name or node
        return self._run(node, name, self._words(name, self.dir / name, {}, ports, options))

    def send(self, node, name, targets, **options):
        """Send until stopped."""
        self.senders[name] = self._run(node, name, self._words(name, self.dir / name, targets, (), options))

    def stop(self, name):
        child = self.senders.pop(name)
        if child.poll() is None:
            child.send_signal(signal.SIGKILL)
            child.wait()

    def stop_all(self):
        for name in list(self.senders):
            self.stop(name)
