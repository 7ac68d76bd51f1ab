"""Starts containers whose first instruction sends, and finds out which datagrams arrived that must not.

    round = Starts(floods, "front", neighbour="srv")
    result = round.go(30, at_once=8, label="guarded", mac=True)
    result.leaks       # ["c12>o4: 3 at outside, the first 1.2 ms after the first instruction", …]
    result.figures     # one line
"""

import concurrent.futures
import ipaddress
import itertools
import random
import statistics
import threading
import time

from cleanup import wait_until
from engine import EngineError
from floods import PRIVATE, PUBLISHED
from lab import HOST4, HOST6, IMAGE, OUTSIDE4, OUTSIDE6

FIRST_HOST_PORT = 8400
MOST = 8  # at once
OTHERS_MS = 60000  # how long an unmanaged one tries; it is over as soon as it has reached everybody
PATIENCE = 120  # s, however slow the machine
_number = itertools.count(1)
_random = random.Random()


def random_mac():
    """As engines since 28 give them: random, locally administered, unicast."""
    return ":".join(f"{octet:02x}" for octet in (_random.randrange(256) & 0xFC | 2, *_random.randbytes(5)))


class Result:
    def __init__(self, label, began, sent, leaks, queued, delays, failures, beyond=()):
        self.label = label
        self.starts = began
        self.sent = sent
        self.leaks = leaks
        self.queued = queued  # datagrams older than the container: not forbidden when they were judged
        self.delays = delays  # {target: [ms until the first datagram that came was sent; 0: the first; None: none came]}
        self.failures = failures
        self.beyond = beyond  # those that are not judged: their start took too long

    @property
    def arrived(self):
        return sum(count for _, count, _ in self.leaks)

    @property
    def figures(self):
        queued = f", {self.queued} had been sent before it was there" if self.queued else ""
        beyond = f", {len(self.beyond)} starts took longer than the guard's moment and are not judged" if self.beyond else ""
        return f"{self.label}: {self.starts} starts, {self.sent} datagrams sent, {self.arrived} arrived{queued}{beyond}"

    def fault(self, limit=6):
        """None when nothing arrived, and everything was tried."""
        texts = list(self.failures[:limit])
        texts += [f"{count} of {key} arrived{when}" for key, count, when in self.leaks[:limit]]
        if not self.sent:
            texts.append("nothing was sent")
        if self.beyond and len(self.beyond) == self.starts:
            texts.append("no start was quick enough to be judged")
        more = len(self.leaks) - limit
        return "; ".join(texts) + (f"; and {more} more" if more > 0 else "") if texts else None

    def delayed(self):
        """How long the unmanaged ones had to wait until a datagram of theirs came through, by target, one line each."""
        lines = []
        for target, values in sorted(self.delays.items()):
            late = sorted(ms for ms in values if ms)
            numbers = "" if not late else (f" by median {statistics.median(late):.1f}, p95 {late[int(len(late) * 0.95)]:.1f}, "
                                           f"max {late[-1]:.1f} ms")
            never = f", {values.count(None)} never came through" if None in values else ""
            lines.append(f"{self.label}: to {target}: {len(late)} of {len(values)} delayed{numbers}{never}")
        return lines


class Starts:
    """Containers on one network. The neighbour is a container there with a sink; outside and host have one, too."""

    def __init__(self, floods, net, neighbour):
        self.floods = floods
        self.lab = floods.lab
        self.net = net
        self.neighbour = neighbour
        self.sinks = ["outside", "host", neighbour]
        self.ports = list(range(FIRST_HOST_PORT, FIRST_HOST_PORT + MOST))
        self.grace = 0  # ms after the first instruction in which what arrives is not judged: where no guard holds, only speed does
        self.lock = threading.Lock()
        self.latest = []  # names, in the order of creation
        self.prepared = []  # (name, port) of those that are created and not started yet
        self.before = {}  # rows that an earlier run of a container has left
        self.targets = self._targets()

    def _targets(self):
        lab = self.lab
        addresses = {"outside4": OUTSIDE4[0], "outside6": OUTSIDE6[0], "host4": HOST4, "host6": HOST6,
                     "gateway4": lab.gateway(self.net), "gateway6": lab.gateway(self.net, 6),
                     "neighbour4": lab.addr(self.neighbour, self.net), "neighbour6": lab.addr(self.neighbour, self.net, 6)}
        return {key: f"{address}/{PUBLISHED}" for key, address in addresses.items() if address}

    def flood_inwards(self, addresses=10):
        """Outside and host to the published ports, neighbour and host to the addresses that the engine will give next."""
        published = {f"{HOST4}/{port}" for port in self.ports} | {f"{HOST6}/{port}" for port in self.ports}
        targets = {f"p{number}": to for number, to in enumerate(sorted(published))}
        self.floods.send("outside", "from-outside", targets, every=1000, fresh=10)
        near = {}
        for family in (4, 6):
            base = self.lab.addr(self.neighbour, self.net, family)
            for number in range(1, addresses + 1) if base else ():
                for port in (PUBLISHED, PRIVATE):
                    near[f"n{number}.{family}.{port}"] = f"{_later(base, number)}/{port}"
        self.floods.send(self.neighbour, "from-neighbour", near, every=4000, fresh=5)
        local = {f"l{port}": f"127.0.0.1/{port}" for port in self.ports}
        self.floods.send("host", "from-host", {**near, **local}, every=4000, fresh=5)

    def _body(self, name, mac, managed, ms, port, options):
        labels = {"whalewall.enabled": "true"} if managed else {}
        body = {"Image": IMAGE, "Cmd": self.floods.command(name, self.targets, ms=ms, **options.get("sends", {})), "StopSignal": "SIGKILL",
                "Labels": {**labels, **options.get("labels", {})}, "ExposedPorts": {f"{PUBLISHED}/udp": {}},
                "HostConfig": {"NetworkMode": self.net, "Binds": self.floods.binds,
                               "PortBindings": {f"{PUBLISHED}/udp": [{"HostIp": "", "HostPort": str(port)}]}}}
        if mac:
            body["MacAddress"] = random_mac()
        return body

    def _start(self, name, managed=True):
        """Until it has sent all, or, an unmanaged one, reached everybody: (name, head of its report, what reached it)."""
        self.lab.engine.post(f"/containers/{name}/start")
        tally = self.floods.tally(name)
        wanted = None if managed else {f"{name}>{target}" for target in self.targets}

        def over():
            return (tally.head() or (0, 0))[1] or (wanted and wanted <= set(self.arrived([name])))

        wait_until(f"{name} has sent", over, PATIENCE, 0.02 if managed else 0.1)
        return name, tally.head(), tally.rows()

    def _create(self, mac, managed, ms, options):
        with self.lock:
            name = f"c{next(_number)}"
            port = self.ports.pop(0)
            self.latest.append(name)
        self.lab.engine.post("/containers/create", self._body(name, mac, managed, ms, port, options), name=name)
        return name, port

    def prepare(self, count, mac=False, managed=True, ms=250, **options):
        """Create so many; the next go() starts these."""
        self.prepared = [self._create(mac, managed, ms, options) for _ in range(count)]

    def _one(self, mac, managed, ms, again, options):
        """Create (if none is prepared), start, wait, remove; again: the start that counts is the second one, some time later."""
        with self.lock:
            prepared = self.prepared.pop(0) if self.prepared else None
        name, port = prepared or self._create(mac, managed, ms, options)
        engine = self.lab.engine
        try:
            if again:
                self._start(name)
                engine.post(f"/containers/{name}/kill")
                engine.post(f"/containers/{name}/wait")
                self.floods.tally(name).path.unlink()
                time.sleep(again)
                with self.lock:
                    self.before.update(self.arrived([name]))
            return self._start(name, managed)
        finally:
            try:
                engine.delete(f"/containers/{name}", force=1)
            except EngineError:
                pass
            with self.lock:
                self.ports.append(port)

    def wait_started(self, count):
        """While go() runs in another thread, on an otherwise idle lab: wait until so many more send; their names."""
        begun = len(self.latest)

        def look():
            names = self.latest[begun:begun + count]
            return names if len(names) == count and all(self.floods.tally(name).head() for name in names) else None

        return wait_until(f"{count} have started", look, PATIENCE, 0.02)

    def _leaks(self, done, heads, arrived):
        """[(key, count, when)], and how many came that were sent before the first instruction: the host has judged them when
        no neighbour had the address, and kept them until it was resolved."""
        leaks, queued = [], 0
        for key, row in arrived.items():
            if row.last_sent - heads[key.split(">")[0]].began <= self.grace * 1e6:
                continue
            after = (row.first_sent - heads[key.split(">")[0]].began) / 1e6
            leaks.append((key, row.count, f", the first sent {after:.1f} ms after the first instruction"))
        for name, head, came in done:
            for key, row in came.items():
                after = (row.first_seen - head.began) / 1e6
                if row.last_sent > head.began + self.grace * 1e6:
                    leaks.append((f"{key} at {name}", row.count,
                                  f" (from {row.sender}), the first {after:.1f} ms after its first instruction"))
                else:
                    queued += row.count
        return leaks, queued

    def go(self, count, at_once=1, label="", mac=False, managed=True, ms=250, again=0, moment=None, **options):
        """again: seconds after which each is started once more; only that start counts. moment: a container that needs more seconds from its
        creation to its address is not judged."""
        began = time.time()
        ms = ms if managed else OTHERS_MS
        with concurrent.futures.ThreadPoolExecutor(at_once) as pool:
            running = [pool.submit(self._one, mac, managed, ms, again, options) for _ in range(count)]
            done, failures = [], []
            for future in running:
                try:
                    done.append(future.result())
                except Exception as error:  # noqa: BLE001 — one that did not start is told, the rest are counted
                    failures.append(f"did not start: {error}")
        time.sleep(0.05)
        beyond = self._beyond(moment, began, {name for name, _, _ in done}) if moment else set()
        return self._result(label, done, failures, managed, beyond)

    def _beyond(self, moment, began, names):
        """Those of these that the engine gave an address later than so many seconds after their creation."""
        said = self.lab.engine.events(began - 1)
        created = {e["Actor"]["ID"]: e for e in said if (e["Type"], e["Action"]) == ("container", "create")}
        connected = {e["Actor"]["Attributes"]["container"]: e["timeNano"] for e in said if e["Action"] == "connect"}
        took = {e["Actor"]["Attributes"]["name"]: (connected[key] - e["timeNano"]) / 1e9 for key, e in created.items() if key in connected}
        return {name for name in names if took.get(name, moment) >= moment}

    def arrived(self, names):
        """The rows at all sinks of what these have sent."""
        return {key: row for sink in self.sinks for key, row in self.floods.tally(sink).rows().items()
                if key.split(">")[0] in names}

    def _result(self, label, done, failures, managed, beyond):
        heads = {name: head for name, head, _ in done}
        delays = {target: [] for target in self.targets}
        arrived = {}
        for key, row in self.arrived(heads).items():
            old = self.before.pop(key, None)
            if not old or row.count > old.count:
                arrived[key] = row._replace(count=row.count - old.count, first_sent=row.last_sent) if old else row
        for sink in self.sinks:
            head = self.floods.tally(sink).head()
            if head.overflow or head.lost:
                failures.append(f"{sink} could not keep up: {head.overflow + head.lost} were not counted")
        for name, head in heads.items():
            for target in self.targets:
                row = arrived.get(f"{name}>{target}")
                late = (row.first_sent - head.began) / 1e6 if row and row.first_seq > 1 else 0
                delays[target].append(late if row else None)
        judged = {key: row for key, row in arrived.items() if key.split(">")[0] not in beyond}
        leaks, queued = self._leaks([one for one in done if one[0] not in beyond], heads, judged) if managed else ([], 0)
        return Result(label, len(done), sum(head.sent for head in heads.values()), leaks, queued, delays, failures, beyond)


def _later(address, number):
    return ipaddress.ip_address(address) + number
